"""GPT-NeoX, as in Pythia: queries, keys and values of a head side by side, attention and MLP beside one another."""

from .attention import Heads
from .config import Config
from .decoder import Attention, Decoder
from .parts import Parts, activation
from .rope import read_rope
from .tensors import Tensors
from .text import Value


class GPTNeoX(Decoder):
    ARCHITECTURES = ("GPTNeoXForCausalLM", "GPTNeoXModel")

    def __init__(self, config: Config, tensors: Tensors):
        size = config.divide("hidden_size", "num_attention_heads")
        self.vocabulary, self.width = config.size("vocab_size"), config.size("hidden_size")
        self.inner, self.layers = config.size("intermediate_size"), config.size("num_hidden_layers")
        self.heads = Heads(config.size("num_attention_heads"), 1, size)
        self.context = config.size("max_position_embeddings", None)
        self.rope = read_rope(config, size, config.number("rotary_pct", 0.25))
        self.epsilon, self.act = config.number("layer_norm_eps", 1e-5), config.text("hidden_act", "gelu")
        self.parallel, self.bias = config.flag("use_parallel_residual", True), config.flag("attention_bias", True)
        self.prefix = tensors.prefix("embed_in.weight", ("gpt_neox.", ""))
        self.head = f"{self.prefix}embed_in" if config.flag("tie_word_embeddings", False) else "embed_out"
        activation(self.act)

    def embed(self, parts: Parts, tokens: Value, positions: Value) -> Value:
        return parts.embedding("x", tokens, f"{self.prefix}embed_in", self.vocabulary, self.width)

    def block(self, parts: Parts, layer: int, x: Value, attend: Attention) -> Value:
        name = f"{self.prefix}layers.{layer}"
        normed = parts.layer_norm("normed", x, f"{name}.input_layernorm", self.epsilon)
        attended = self.attention(parts, f"{name}.attention", normed, attend)
        if not self.parallel:
            x = parts.add("x", attended, x)
        normed = parts.layer_norm("normed", x, f"{name}.post_attention_layernorm", self.epsilon)
        inner = parts.linear("inner", normed, f"{name}.mlp.dense_h_to_4h", self.inner, bias=True)
        inner = parts.activate("inner", inner, self.act)
        outer = parts.linear("outer", inner, f"{name}.mlp.dense_4h_to_h", self.width, bias=True)
        return parts.add("x", outer, attended, x) if self.parallel else parts.add("x", outer, x)

    def attention(self, parts: Parts, name: str, x: Value, attend: Attention) -> Value:
        f, heads = parts.f, self.heads
        joined = parts.linear("joined", x, f"{name}.query_key_value", 3 * self.width, self.bias)
        joined = attend.split("joined", joined, heads.keys, 3, heads.size)
        batch, length = joined.shape[:2]
        queries = f.slice(joined, [0, 0, 0, 0, 0], [batch, length, heads.keys, 1, heads.size], "queries")
        keys, values = (f.slice(joined, [0, 0, 0, place, 0], [batch, length, heads.keys, 1, heads.size], hint, drop=[3])
                        for place, hint in ((1, "keys"), (2, "values")))
        return parts.linear("attended", attend(queries, keys, values), f"{name}.dense", self.width, self.bias)

    def logits(self, parts: Parts, x: Value) -> Value:
        normed = parts.layer_norm("normed", x, f"{self.prefix}final_layer_norm", self.epsilon)
        if self.head == "embed_out":
            return parts.linear("logits", normed, "embed_out", self.vocabulary, bias=False)
        return parts.matmul("logits", normed, f"{self.head}.weight", self.vocabulary)
