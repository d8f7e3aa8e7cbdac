"""A decoder of any architecture as a module: `main`, `prefill` and `decode` over one function a layer.

    main(tokens [B, S]) -> logits [B, S, V]                                     all positions, nothing before them
    prefill(tokens [B, S], starts [B], past, keys, values) -> logits [B, V] of the last position, new keys, new values
    decode                                                  the same for one token of one text: its sizes are known to the compiler

`keys` and `values` [layers, B, capacity, heads, size] (f32) hold `past` positions and are only read; new ones [layers, B, S, heads, size] are
results, which the caller writes behind the old ones: a step moves what is new and nothing else. Position `starts[b]` is the first
of text b; what lies before it pads texts of a batch on the left to one length. Indices are i64, `past` is a number.
"""

import dataclasses
from collections.abc import Sequence

from ..source import Layer
from . import attention
from .attention import Heads, Past
from .parts import Parts
from .rope import Rope, angles, rotate
from .tensors import Tensors
from .text import Function, Module, Size, Value


class Decoder:
    """What an architecture says of itself; one subclass a file."""

    vocabulary: int
    width: int
    layers: int
    heads: Heads
    # Tokens that the model can tell apart by position; None where nothing ends.
    context: int | None
    rope: Rope | None = None

    def window(self, layer: int) -> int | None:
        """How many positions, its own among them, a query of the layer looks back at; None for all."""
        return None

    def scale(self, layer: int) -> float:
        """Of scores."""
        return self.heads.size ** -0.5

    def embed(self, parts: Parts, tokens: Value, positions: Value) -> Value:
        """[rows, width] of tokens and positions [rows] (i64)."""
        raise NotImplementedError

    def block(self, parts: Parts, layer: int, x: Value, attend: "Attention") -> Value:
        raise NotImplementedError

    def logits(self, parts: Parts, x: Value) -> Value:
        """[rows, vocabulary]"""
        raise NotImplementedError


class Attention:
    """Of one layer: called with queries, keys and values, it keeps the last two for the cache."""

    def __init__(self, f: Function, decoder: Decoder, layer: int, turns: Sequence[Value], mask: Value, past: Past):
        self.f, self.decoder, self.layer, self.turns, self.mask, self.past = f, decoder, layer, turns, mask, past
        self.batch, self.length = mask.shape[:2]
        self.keys = self.values = None

    def split(self, hint: str, x: Value, *sizes: int) -> Value:
        """[rows, product of sizes] as [batch, length, *sizes]."""
        letters = "hgdefi"[: len(sizes)]
        return self.f.expand(x, f"(bs)({letters})", (self.batch, self.length, *sizes), hint)

    def __call__(self, queries: Value, keys: Value, values: Value) -> Value:
        """Queries [batch, length, heads, group, size], keys and values [batch, length, heads, size]. Returns [rows, all query heads]."""
        f, heads = self.f, self.decoder.heads
        if self.turns:
            queries = rotate(f, "queries", queries, "bshgd", *self.turns)
            keys = rotate(f, "keys", keys, "bshd", *self.turns)
        self.keys, self.values = keys, values
        result = attention.attend(f, heads, queries, keys, values, self.mask, self.decoder.scale(self.layer), self.past)
        rows = f.times(self.batch, self.length, "rows")
        return f.collapse(result, "(bs)(hgd)", (rows, heads.keys * heads.group * heads.size), "attended")


@dataclasses.dataclass(frozen=True)
class Phase:
    """How many texts and tokens a call has: numbers, or None where it says so itself."""

    prefix: str
    batch: int | None = None
    length: int | None = None


class Builder:
    def __init__(self, decoder: Decoder, tensors: Tensors, comment: str):
        self.decoder, self.tensors = decoder, tensors
        self.module = Module(comment)
        self.noted: dict[str, Layer] = {}

    def build(self) -> str:
        several, one = Phase(""), Phase("decode.", 1, 1)
        self.entry_all(several)
        self.entry("prefill", several)
        self.entry("decode", one)
        for phase in (several, one):
            for layer in range(self.decoder.layers):
                self.layer(phase, layer)
        return str(self.module)

    def parts(self, f: Function) -> Parts:
        return Parts(f, self.tensors, self.noted)

    def cache(self, name: str, batch: Size, length: Size) -> Value:
        heads = self.decoder.heads
        return Value(name, (self.decoder.layers, batch, length, heads.keys, heads.size))

    def sizes(self, phase: Phase) -> tuple[Size, Size]:
        return phase.batch or "%batch", phase.length or "%length"

    # Entries.

    def entry_all(self, phase: Phase) -> None:
        batch, length = self.sizes(phase)
        tokens = Value("%tokens", (batch, length), "i64")
        f = Function(self.module, "main", [tokens], public=True)
        self.define_sizes(f, tokens)
        # Room for one position, of which none is read: upstream rejects a slice without elements of a size 0 that it knows.
        nothing = f.empty(self.cache("", batch, f.size(1)).shape)
        x, _, _ = self.run(f, phase, tokens, None, 0, nothing, nothing)
        logits = self.decoder.logits(self.parts(f), x)
        f.finish(f.expand(logits, "(bs)(v)", (batch, length, self.decoder.vocabulary), "logits"))

    def entry(self, name: str, phase: Phase) -> None:
        batch, length = self.sizes(phase)
        tokens, starts = Value("%tokens", (batch, length), "i64"), Value("%starts", (batch,), "i64")
        past = Value("%past", None, "index")
        keys, values = (self.cache(name, batch, "%capacity") for name in ("%keys", "%values"))
        f = Function(self.module, name, [tokens, starts, past, keys, values], public=True)
        self.define_sizes(f, tokens)
        self.check(f, tokens, starts, keys, values)
        x, new_keys, new_values = self.run(f, phase, tokens, starts, past.name, keys, values)
        if length != 1:
            rows = f.expand(x, "(bs)(m)", (batch, length, self.decoder.width), "rows_of")
            last = f.minus(length, 1, "last")
            x = f.slice(rows, [0, last, 0], [batch, 1, self.decoder.width], "x", drop=[1])
        f.finish(self.decoder.logits(self.parts(f), x), new_keys, new_values)

    def define_sizes(self, f: Function, tokens: Value) -> None:
        for position, size in enumerate(tokens.shape):
            if isinstance(size, str):
                f.dim(tokens, position, size[1:])

    def check(self, f: Function, tokens: Value, starts: Value, keys: Value, values: Value) -> None:
        batch = tokens.shape[0]
        if isinstance(batch, str):
            for value, position in ((starts, 0), (keys, 1), (values, 1)):
                f.require("eq", f.dim(value, position, "texts"), batch, f"expected {value.name[1:]} of as many texts as tokens")
        capacity = f.dim(keys, 2, "capacity")
        f.require("eq", f.dim(values, 2, "room"), capacity, "expected keys and values of one capacity")
        f.require("ule", "%past", capacity, "expected at most as many past tokens as the cache has room for")

    def run(self, f: Function, phase: Phase, tokens: Value, starts: Value | None, past: Size, keys: Value,
            values: Value) -> tuple[Value, Value, Value]:
        """All layers: [rows, width], and what they add to the cache."""
        decoder, (batch, length) = self.decoder, tokens.shape
        rows = f.times(batch, length, "rows")
        positions = self.positions(f, (batch, length), starts, past)
        flat, places = (f.collapse(value, "(bs)", (rows,), hint) for value, hint in ((tokens, "flat"), (positions, "places")))
        x = decoder.embed(self.parts(f), flat, places)
        turns = angles(f, decoder.rope, positions, (batch, length)) if decoder.rope else ()
        total = f.plus(past, length, "total")
        windows = {decoder.window(layer) for layer in range(decoder.layers)}
        masks = {window: attention.causal_mask(f, (batch, length, total), past, starts, window) for window in sorted(windows, key=str)}
        new_keys, new_values = (f.empty(self.cache("", batch, length).shape) for _ in range(2))
        offset = Value(f.size(past), None, "index")
        own = self.cache("", batch, length).shape[1:]
        for layer in range(decoder.layers):
            x, k, v = f.call(f"{phase.prefix}layers.{layer}", [x, *turns, masks[decoder.window(layer)], offset, keys, values],
                             [Value("x", x.shape), Value("k", own), Value("v", own)])
            window = [layer, 0, 0, 0, 0], [1, *own]
            new_keys = f.insert(k, new_keys, *window, "new_keys")
            new_values = f.insert(v, new_values, *window, "new_values")
        return x, new_keys, new_values

    def positions(self, f: Function, shape: tuple[Size, Size], starts: Value | None, past: Size) -> Value:
        """[batch, length], counted from each text's start; 0 before it."""
        def body(b, *own: str) -> str:
            position = b.add_index(b.index(1), f.size(past))
            if own:
                position = b.max_index(b.sub_index(position, b.to_index(own[0])), f.size(0))
            return b.from_index(position)

        return f.map("positions", [(starts, "b")] if starts else [], "bs", shape, body, element="i64")

    # A layer.

    def layer(self, phase: Phase, layer: int) -> None:
        decoder, (batch, length) = self.decoder, self.sizes(phase)
        dynamic = isinstance(batch, str)
        rows = "%rows" if dynamic else batch * length
        x = Value("%x", (rows, decoder.width))
        turns = [Value(name, (batch, length, decoder.rope.dims // 2)) for name in ("%cos", "%sin")] if decoder.rope else []
        mask, past = Value("%mask", (batch, length, "%total")), Value("%past", None, "index")
        keys, values = (self.cache(name, batch, "%capacity") for name in ("%keys", "%values"))
        f = Function(self.module, f"{phase.prefix}layers.{layer}", [x, *turns, mask, past, keys, values])
        self.define_sizes(f, mask)
        if dynamic:
            f.times(batch, length, "rows")
        attend = Attention(f, decoder, layer, turns, mask, Past(keys, values, past.name, layer))
        x = decoder.block(self.parts(f), layer, x, attend)
        f.finish(x, attend.keys, attend.values)
