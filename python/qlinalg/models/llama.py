"""Llama and what is built like it (SmolLM, Mistral, Qwen2): RMSNorm, rotary positions, grouped queries, a gated MLP."""

from ..errors import Error
from .attention import Heads
from .config import Config
from .decoder import Attention, Decoder
from .parts import Parts, activation
from .rope import read_rope
from .tensors import Tensors
from .text import Value


class Llama(Decoder):
    ARCHITECTURES = ("LlamaForCausalLM", "LlamaModel", "MistralForCausalLM", "MistralModel", "Qwen2ForCausalLM", "Qwen2Model")

    def __init__(self, config: Config, tensors: Tensors):
        queries = config.size("num_attention_heads")
        keys = config.size("num_key_value_heads", queries)
        size = config.size("head_dim", None) or config.divide("hidden_size", "num_attention_heads")
        if queries % keys:
            raise Error(f"{config.origin}: expected 'num_attention_heads' to be a multiple of 'num_key_value_heads', got {queries} and {keys}")
        self.vocabulary, self.width = config.size("vocab_size"), config.size("hidden_size")
        self.inner, self.layers = config.size("intermediate_size"), config.size("num_hidden_layers")
        self.heads = Heads(keys, queries // keys, size)
        self.context = config.size("max_position_embeddings", None)
        self.rope = read_rope(config, size)
        self.epsilon, self.act = config.number("rms_norm_eps", 1e-6), config.text("hidden_act", "silu")
        qwen = config.text("model_type", "").startswith("qwen2")
        self.bias = True if qwen else config.flag("attention_bias", False)
        self.output_bias = False if qwen else self.bias
        self.mlp_bias = config.flag("mlp_bias", False)
        self.windows = _windows(config, self.layers)
        self.prefix = tensors.prefix("embed_tokens.weight", ("model.", ""))
        self.tied = config.flag("tie_word_embeddings", False) or "lm_head.weight" not in tensors
        activation(self.act)

    def window(self, layer: int) -> int | None:
        return self.windows[layer]

    def embed(self, parts: Parts, tokens: Value, positions: Value) -> Value:
        return parts.embedding("x", tokens, f"{self.prefix}embed_tokens", self.vocabulary, self.width)

    def block(self, parts: Parts, layer: int, x: Value, attend: Attention) -> Value:
        name = f"{self.prefix}layers.{layer}"
        normed = parts.rms_norm("normed", x, f"{name}.input_layernorm", self.epsilon)
        x = parts.add("x", self.attention(parts, f"{name}.self_attn", normed, attend), x)
        normed = parts.rms_norm("normed", x, f"{name}.post_attention_layernorm", self.epsilon)
        gate = parts.linear("gate", normed, f"{name}.mlp.gate_proj", self.inner, self.mlp_bias)
        up = parts.linear("up", normed, f"{name}.mlp.up_proj", self.inner, self.mlp_bias)
        act = activation(self.act)
        inner = parts.f.map("inner", [(gate, "mn"), (up, "mn")], "mn", gate.shape, lambda b, g, u: b.mul(act(b, g), u))
        return parts.add("x", parts.linear("outer", inner, f"{name}.mlp.down_proj", self.width, self.mlp_bias), x)

    def attention(self, parts: Parts, name: str, x: Value, attend: Attention) -> Value:
        heads = self.heads
        shapes = {"q": (heads.keys, heads.group, heads.size), "k": (heads.keys, heads.size), "v": (heads.keys, heads.size)}
        columns = {"q": heads.keys * heads.group * heads.size, "k": heads.keys * heads.size, "v": heads.keys * heads.size}
        values = [parts.linear(part, x, f"{name}.{part}_proj", columns[part], self.bias) for part in shapes]
        split = [attend.split(part, value, *shapes[part]) for part, value in zip(shapes, values)]
        return parts.linear("attended", attend(*split), f"{name}.o_proj", self.width, self.output_bias)

    def logits(self, parts: Parts, x: Value) -> Value:
        normed = parts.rms_norm("normed", x, f"{self.prefix}norm", self.epsilon)
        if self.tied:
            return parts.matmul("logits", normed, f"{self.prefix}embed_tokens.weight", self.vocabulary)
        return parts.linear("logits", normed, "lm_head", self.vocabulary, bias=False)


def _windows(config: Config, layers: int) -> list[int | None]:
    """How far each layer looks back. Qwen2 has a switch, and full layers first."""
    window = config.size("sliding_window", None)
    qwen = config.text("model_type", "").startswith("qwen2")
    if qwen and not config.flag("use_sliding_window", False):
        window = None
    kinds = config.names("layer_types")
    if kinds is not None:
        if len(kinds) != layers or set(kinds) - {"full_attention", "sliding_attention"}:
            raise Error(f"{config.origin}: expected {layers} 'layer_types', each full_attention or sliding_attention, got {kinds}")
        return [window if kind == "sliding_attention" else None for kind in kinds]
    first = config.size("max_window_layers", layers) if qwen else 0
    return [window if layer >= first else None for layer in range(layers)]
