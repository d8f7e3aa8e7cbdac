"""Attention over what a cache holds and what is new, without copying the cache."""

import dataclasses

from .text import Body, Function, Size, Value

# What is added to a score that must not count: finite, so that a row without any allowed position stays a number.
MASKED = -3.4028234e38


@dataclasses.dataclass(frozen=True)
class Heads:
    """Query head `h * group + g` reads key head `h`."""

    keys: int
    group: int
    size: int


@dataclasses.dataclass(frozen=True)
class Past:
    """The first `length` positions of a cache: keys and values [layers, batch, capacity, heads, size]; `layer` is one of them."""

    keys: Value
    values: Value
    length: Size
    layer: int


def attend(f: Function, heads: Heads, queries: Value, keys: Value, values: Value, mask: Value, scale: float,
           past: Past | None = None) -> Value:
    """Queries [batch, length, heads, group, size], keys and values [batch, length, heads, size], `mask` [batch, length, past + length] of numbers
    that are added to scores. Returns [batch, length, heads, group, size]."""
    batch, length = queries.shape[:2]
    total = mask.shape[2]
    shape = (batch, heads.keys, heads.group, length, total)
    pieces = [(0, past.length, _held(f, past, past.keys, heads), _held(f, past, past.values, heads))] if past else []
    pieces.append((past.length if past else 0, length, keys, values))
    scores = f.filled(shape)
    for begin, size, own, _ in pieces:
        offsets, sizes = [0, 0, 0, 0, begin], [*shape[:4], size]
        part = f.contract("products", queries, own, "bshgd,bthd->bhgst", f.slice(scores, offsets, sizes, "part"))
        scores = f.insert(part, scores, offsets, sizes, "scores")
    shares = softmax(f, scores, mask, scale)
    result = f.filled((batch, length, heads.keys, heads.group, heads.size))
    for begin, size, _, own in pieces:
        part = f.slice(shares, [0, 0, 0, 0, begin], [*shape[:4], size], "shares_of")
        result = f.contract("attended", part, own, "bhgst,bthd->bshgd", result)
    return result


def _held(f: Function, past: Past, cache: Value, heads: Heads) -> Value:
    batch = cache.shape[1]
    return f.slice(cache, [past.layer, 0, 0, 0, 0], [1, batch, past.length, heads.keys, heads.size], "held", drop=[0])


def softmax(f: Function, scores: Value, mask: Value, scale: float) -> Value:
    """Along the last dimension, of `scores * scale + mask`."""
    dims, row = "bhgst", "bhgs"
    factor = f.number(scale)
    masked = f.map("masked", [(scores, dims), (mask, "bst")], dims, scores.shape, lambda b, x, m: b.add(b.mul(x, factor), m))
    rows = scores.shape[:4]
    greatest = f.reduce("greatest", [(masked, dims)], dims, row, f.filled(rows, MASKED), lambda b, x, so_far: b.max(x, so_far))
    powers = f.map("powers", [(masked, dims), (greatest, row)], dims, scores.shape, lambda b, x, top: b.exp(b.sub(x, top)))
    sums = f.reduce("sums", [(powers, dims)], dims, row, f.filled(rows), lambda b, x, so_far: b.add(so_far, x))
    return f.map("shares", [(powers, dims), (sums, row)], dims, scores.shape, lambda b, x, total: b.div(x, total))


def causal_mask(f: Function, shape: tuple[Size, Size, Size], past: Size, starts: Value | None, window: int | None) -> Value:
    """[batch, length, past + length]: 0 where query s may look at key t, that is t <= past + s, t >= starts[b], and t > past + s - window."""
    def body(b: Body, *own: str) -> str:
        key = b.index(2)
        query = b.add_index(b.index(1), f.size(past))
        allowed = b.compare_index("le", key, query)
        if own:
            allowed = b.both(allowed, b.compare_index("ge", key, b.to_index(own[0])))
        if window is not None:
            allowed = b.both(allowed, b.compare_index("gt", key, b.sub_index(query, f.size(window))))
        return b.select(allowed, b.number(0), b.number(MASKED))

    return f.map("mask", [(starts, "b")] if starts else [], "bst", shape, body)
