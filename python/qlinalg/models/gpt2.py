"""GPT-2: learned positions, LayerNorm before each part, weights stored as [K, N], the head is the embedding."""

from .attention import Heads
from .config import Config
from .decoder import Attention, Decoder
from .parts import Parts, activation
from .tensors import Tensors
from .text import Value


class GPT2(Decoder):
    ARCHITECTURES = ("GPT2LMHeadModel", "GPT2Model")

    def __init__(self, config: Config, tensors: Tensors):
        self.vocabulary, self.width = config.size("vocab_size"), config.size("n_embd")
        self.inner = config.size("n_inner", 4 * self.width)
        self.layers, self.context = config.size("n_layer"), config.size("n_positions")
        self.heads = Heads(config.size("n_head"), 1, config.divide("n_embd", "n_head"))
        self.epsilon, self.act = config.number("layer_norm_epsilon", 1e-5), config.text("activation_function", "gelu_new")
        self.scaled, self.by_layer = config.flag("scale_attn_weights", True), config.flag("scale_attn_by_inverse_layer_idx", False)
        self.prefix = tensors.prefix("wte.weight", ("transformer.", ""))
        # Weights are [K, N], unless who wrote them turned them.
        self.turned = config.flag("rows_of_k", False)
        # Files keep a head of its own only where it is not tied.
        self.tied = config.flag("tie_word_embeddings", True) or "lm_head.weight" not in tensors
        activation(self.act)

    def scale(self, layer: int) -> float:
        return (self.heads.size**-0.5 if self.scaled else 1.0) / (layer + 1 if self.by_layer else 1)

    def embed(self, parts: Parts, tokens: Value, positions: Value) -> Value:
        words = parts.embedding("words", tokens, f"{self.prefix}wte", self.vocabulary, self.width)
        places = parts.embedding("places", positions, f"{self.prefix}wpe", self.context, self.width)
        return parts.add("x", words, places)

    def block(self, parts: Parts, layer: int, x: Value, attend: Attention) -> Value:
        name = f"{self.prefix}h.{layer}"
        normed = parts.layer_norm("normed", x, f"{name}.ln_1", self.epsilon)
        x = parts.add("x", self.attention(parts, f"{name}.attn", normed, attend), x)
        normed = parts.layer_norm("normed", x, f"{name}.ln_2", self.epsilon)
        inner = parts.linear("inner", normed, f"{name}.mlp.c_fc", self.inner, bias=True, transposed=self.turned)
        inner = parts.activate("inner", inner, self.act)
        return parts.add("x", parts.linear("outer", inner, f"{name}.mlp.c_proj", self.width, bias=True, transposed=self.turned), x)

    def attention(self, parts: Parts, name: str, x: Value, attend: Attention) -> Value:
        f, heads = parts.f, self.heads
        joined = parts.linear("joined", x, f"{name}.c_attn", 3 * self.width, bias=True, transposed=self.turned)
        joined = attend.split("joined", joined, 3, heads.keys, 1, heads.size)
        batch, length = joined.shape[:2]
        sizes = [batch, length, 1, heads.keys, 1, heads.size]
        queries, keys, values = (f.slice(joined, [0, 0, place, 0, 0, 0], sizes, hint, drop=drop)
                                 for place, hint, drop in ((0, "queries", [2]), (1, "keys", [2, 4]), (2, "values", [2, 4])))
        attended = attend(queries, keys, values)
        return parts.linear("attended", attended, f"{name}.c_proj", self.width, bias=True, transposed=self.turned)

    def logits(self, parts: Parts, x: Value) -> Value:
        normed = parts.layer_norm("normed", x, f"{self.prefix}ln_f", self.epsilon)
        if self.tied:
            return parts.matmul("logits", normed, f"{self.prefix}wte.weight", self.vocabulary)
        return parts.linear("logits", normed, "lm_head", self.vocabulary, bias=False)
