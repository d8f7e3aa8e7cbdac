"""Language models in NumPy, written from their papers: one text at a time, f64, no cache. Judges of the builder."""

import math

import numpy as np


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def layer_norm(x, w, name, epsilon):
    off = x - x.mean(axis=-1, keepdims=True)
    return off / np.sqrt((off**2).mean(axis=-1, keepdims=True) + epsilon) * w[f"{name}.weight"] + w[f"{name}.bias"]


def rms_norm(x, weight, epsilon):
    return x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + epsilon) * weight


def gelu(x):
    return x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


def linear(x, w, name):
    return x @ w[f"{name}.weight"].T + w.get(f"{name}.bias", 0)


def rotate(x, base, dims):
    """x [tokens, heads, size], whose first `dims` numbers turn."""
    half = dims // 2
    angle = np.arange(len(x))[:, None] * base ** (-np.arange(half) * 2 / dims)
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
    a, b = x[..., :half], x[..., half:dims]
    return np.concatenate([a * cos - b * sin, b * cos + a * sin, x[..., dims:]], axis=-1)


def attend(q, k, v, window=None):
    """[tokens, heads, size] each; fewer heads of k and v serve several of q."""
    tokens, heads, size = q.shape
    k, v = (np.repeat(x, heads // x.shape[1], axis=1) for x in (k, v))
    scores = np.einsum("shd,thd->hst", q, k) / math.sqrt(size)
    s, t = np.arange(tokens)[:, None], np.arange(tokens)
    hidden = (t > s) | ((t <= s - window) if window else False)
    return np.einsum("hst,thd->shd", softmax(np.where(hidden, -np.inf, scores)), v).reshape(tokens, -1)


def gpt_neox(config, w, tokens):
    """Logits [tokens, vocabulary] of Hugging Face's names and configuration."""
    heads, width, eps = config["num_attention_heads"], config["hidden_size"], config["layer_norm_eps"]
    size = width // heads
    rope = config["rope_parameters"]
    dims = int(size * rope["partial_rotary_factor"])
    x = w["gpt_neox.embed_in.weight"][tokens]
    for i in range(config["num_hidden_layers"]):
        name = f"gpt_neox.layers.{i}"
        joined = linear(layer_norm(x, w, f"{name}.input_layernorm", eps), w, f"{name}.attention.query_key_value")
        q, k, v = np.moveaxis(joined.reshape(len(tokens), heads, 3, size), 2, 0)
        own = attend(rotate(q, rope["rope_theta"], dims), rotate(k, rope["rope_theta"], dims), v)
        inner = gelu(linear(layer_norm(x, w, f"{name}.post_attention_layernorm", eps), w, f"{name}.mlp.dense_h_to_4h"))
        x = x + linear(own, w, f"{name}.attention.dense") + linear(inner, w, f"{name}.mlp.dense_4h_to_h")
    return linear(layer_norm(x, w, "gpt_neox.final_layer_norm", eps), w, "embed_out")


def llama(config, w, tokens):
    heads, keys, size = config["num_attention_heads"], config["num_key_value_heads"], config["head_dim"]
    eps, base = config["rms_norm_eps"], config["rope_theta"]
    x = w["model.embed_tokens.weight"][tokens]
    for i in range(config["num_hidden_layers"]):
        name = f"model.layers.{i}"
        normed = rms_norm(x, w[f"{name}.input_layernorm.weight"], eps)
        q, k, v = (linear(normed, w, f"{name}.self_attn.{part}_proj").reshape(len(tokens), -1, size) for part in "qkv")
        own = attend(rotate(q, base, size), rotate(k, base, size), v, config.get("sliding_window"))
        x = x + linear(own, w, f"{name}.self_attn.o_proj")
        normed = rms_norm(x, w[f"{name}.post_attention_layernorm.weight"], eps)
        gate = linear(normed, w, f"{name}.mlp.gate_proj")
        x = x + linear(gate / (1 + np.exp(-gate)) * linear(normed, w, f"{name}.mlp.up_proj"), w, f"{name}.mlp.down_proj")
    return rms_norm(x, w["model.norm.weight"], eps) @ w["model.embed_tokens.weight"].T
