"""Encoders as BERT and RoBERTa are: every position looks at every other one, LayerNorm after each part.

    main(tokens [B, S], mask [B, S], types [B, S]) -> the last layer [B, S, width], and the pooled first position [B, width] where the file has its
    weights; all i64, `mask` 1 for tokens and 0 for padding
"""

from ..errors import Error
from ..source import Layer
from . import attention
from .attention import Heads
from .config import Config
from .parts import Parts, activation
from .tensors import Tensors
from .text import Body, Function, Module, Value


class Bert:
    ARCHITECTURES = ("BertModel", "BertForMaskedLM", "BertForPreTraining", "RobertaModel", "RobertaForMaskedLM")

    def __init__(self, config: Config, tensors: Tensors):
        self.vocabulary, self.width = config.size("vocab_size"), config.size("hidden_size")
        self.inner, self.layers = config.size("intermediate_size"), config.size("num_hidden_layers")
        self.heads = Heads(config.size("num_attention_heads"), 1, config.divide("hidden_size", "num_attention_heads"))
        self.context, self.types = config.size("max_position_embeddings"), config.size("type_vocab_size", 2)
        self.epsilon, self.act = config.number("layer_norm_eps", 1e-12), config.text("hidden_act", "gelu")
        kind = config.text("position_embedding_type", "absolute")
        if kind != "absolute":
            raise Error(f"{config.origin}: expected 'position_embedding_type' absolute, got '{kind}'")
        # RoBERTa counts from behind the index that stands for padding.
        roberta = config.text("model_type", "bert") == "roberta"
        self.first = int(config.number("pad_token_id", 1)) + 1 if roberta else 0
        self.prefix = tensors.prefix("embeddings.word_embeddings.weight", ("bert.", "roberta.", ""))
        self.pools = f"{self.prefix}pooler.dense.weight" in tensors
        activation(self.act)

    def build(self, tensors: Tensors, comment: str) -> tuple[str, list[Layer]]:
        module, noted = Module(comment), {}
        shape = ("%batch", "%length")
        tokens, mask, types = (Value(name, shape, "i64") for name in ("%tokens", "%mask", "%types"))
        f = Function(module, "main", [tokens, mask, types], public=True)
        for position, size in enumerate(shape):
            f.dim(tokens, position, size[1:])
            for other in (mask, types):
                f.require("eq", f.dim(other, position, "other"), size, f"expected {other.name[1:]} of the shape of tokens")
        rows = f.times(*shape, "rows")
        parts = Parts(f, tensors, noted)
        x = self.embed(parts, *(f.collapse(value, "(bs)", (rows,), "flat") for value in (tokens, types)), rows)
        shown = self.shown(f, mask)
        for layer in range(self.layers):
            (x,) = f.call(f"layers.{layer}", [x, shown], [Value("x", x.shape)])
        result = f.expand(x, "(bs)(m)", (*shape, self.width), "hidden")
        results = [result]
        if self.pools:
            first = f.slice(result, [0, 0, 0], [shape[0], 1, self.width], "first", drop=[1])
            results.append(parts.activate("pooled", parts.linear("pooled", first, f"{self.prefix}pooler.dense", self.width, True), "tanh"))
        f.finish(*results)
        for layer in range(self.layers):
            self.layer(module, tensors, noted, layer)
        return str(module), list(noted.values())

    def embed(self, parts: Parts, tokens: Value, types: Value, rows: str) -> Value:
        f, name = parts.f, f"{self.prefix}embeddings"
        places = f.map("places", [], "bs", ("%batch", "%length"),
                       lambda b: b.from_index(b.add_index(b.index(1), f.size(self.first))), element="i64")
        places = f.collapse(places, "(bs)", (rows,), "places")
        x = parts.add("x", parts.embedding("words", tokens, f"{name}.word_embeddings", self.vocabulary, self.width),
                      parts.embedding("kinds", types, f"{name}.token_type_embeddings", self.types, self.width),
                      parts.embedding("spots", places, f"{name}.position_embeddings", self.context, self.width))
        return parts.layer_norm("x", x, f"{name}.LayerNorm", self.epsilon)

    def shown(self, f: Function, mask: Value) -> Value:
        """What is added to scores [batch, length, length]."""
        def body(b: Body, own: str) -> str:
            return b.select(b.compare_index("ne", b.to_index(own), f.size(0)), b.number(0), b.number(attention.MASKED))
        return f.map("shown", [(mask, "bt")], "bst", (mask.shape[0], mask.shape[1], mask.shape[1]), body)

    def layer(self, module: Module, tensors: Tensors, noted: dict, layer: int) -> None:
        batch, length = "%batch", "%length"
        x, shown = Value("%x", ("%rows", self.width)), Value("%shown", (batch, length, length))
        f = Function(module, f"layers.{layer}", [x, shown])
        f.dim(shown, 0, "batch"), f.dim(shown, 1, "length")
        f.times(batch, length, "rows")
        parts, name, heads = Parts(f, tensors, noted), f"{self.prefix}encoder.layer.{layer}", self.heads
        split = []
        for part in ("query", "key", "value"):
            own = parts.linear(part, x, f"{name}.attention.self.{part}", self.width, bias=True)
            group = (1,) if part == "query" else ()
            split.append(f.expand(own, "(bs)(hgd)" if group else "(bs)(hd)", (batch, length, heads.keys, *group, heads.size), part))
        attended = attention.attend(f, heads, *split, shown, heads.size**-0.5)
        attended = f.collapse(attended, "(bs)(hgd)", ("%rows", self.width), "attended")
        attended = parts.linear("attended", attended, f"{name}.attention.output.dense", self.width, bias=True)
        x = parts.layer_norm("x", parts.add("x", attended, x), f"{name}.attention.output.LayerNorm", self.epsilon)
        inner = parts.activate("inner", parts.linear("inner", x, f"{name}.intermediate.dense", self.inner, bias=True), self.act)
        outer = parts.linear("outer", inner, f"{name}.output.dense", self.width, bias=True)
        f.finish(parts.layer_norm("x", parts.add("x", outer, x), f"{name}.output.LayerNorm", self.epsilon))
