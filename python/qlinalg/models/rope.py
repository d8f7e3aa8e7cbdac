"""Rotary position embedding (arXiv 2104.09864): what rotates by how much, and the variants that stretch it."""

import dataclasses
import math

from ..errors import Error
from .config import Config
from .text import Function, Size, Value


@dataclasses.dataclass(frozen=True)
class Rope:
    """Pair i of a head's first `2 * len(frequencies)` numbers turns by `position * frequencies[i]`; both results are multiplied by `factor`."""

    frequencies: tuple[float, ...]
    factor: float = 1.0

    @property
    def dims(self) -> int:
        return 2 * len(self.frequencies)


def read_rope(config: Config, head_size: int, share: float = 1.0) -> Rope:
    """`share` of a head turns where config.json does not say itself. Files have it in "rope_parameters", older ones in "rope_scaling" beside
    "rope_theta"."""
    own = config.part("rope_parameters") or config.part("rope_scaling") or Config({}, config.origin)
    base = own.number("rope_theta", None) or config.number("rope_theta", None) or config.number("rotary_emb_base", 10000.0)
    share = own.number("partial_rotary_factor", None) or config.number("partial_rotary_factor", None) or share
    kind = own.text("rope_type", None) or own.text("type", "default")
    dims = int(head_size * share)
    if not 0 < dims <= head_size or dims % 2 or base <= 0:
        raise Error(f"{own.origin}: expected an even number of at most {head_size} rotary dimensions and a positive base, got {dims} and {base}")
    plain = [base ** (-2 * i / dims) for i in range(dims // 2)]
    if kind == "default":
        return Rope(tuple(plain))
    if kind == "linear":
        return Rope(tuple(f / own.number("factor") for f in plain))
    if kind == "divided":
        return Rope(tuple(f / factor for f, factor in zip(plain, own.numbers("factors", len(plain)))))
    if kind == "llama3":
        return Rope(tuple(_llama3(own, config, f) for f in plain))
    if kind == "yarn":
        return _yarn(own, config, base, plain)
    raise Error(f"{own.origin}: expected rope_type default, linear, llama3 or yarn, got '{kind}'")


def _length(own: Config, config: Config) -> float:
    """In tokens, of the texts that the model was trained on first."""
    return own.number("original_max_position_embeddings", None) or config.number("max_position_embeddings")


def _llama3(own: Config, config: Config, frequency: float) -> float:
    """Waves longer than a part of the first training's texts are stretched, short ones not, those between in part."""
    low, high, factor = own.number("low_freq_factor"), own.number("high_freq_factor"), own.number("factor")
    waves = _length(own, config) * frequency / (2 * math.pi)
    share = min(max((waves - low) / (high - low), 0.0), 1.0)
    return (1 - share) * frequency / factor + share * frequency


def _yarn(own: Config, config: Config, base: float, plain: list[float]) -> Rope:
    """arXiv 2309.00071, equations 22 to 25."""
    length, factor, dims = _length(own, config), own.number("factor"), 2 * len(plain)

    def pair_of(turns: float) -> float:
        """The pair that turns that often over the length."""
        return dims * math.log(length / (turns * 2 * math.pi)) / (2 * math.log(base))

    low, high = pair_of(own.number("beta_fast", 32.0)), pair_of(own.number("beta_slow", 1.0))
    if own.flag("truncate", True):
        low, high = math.floor(low), math.ceil(high)
    low, high = max(low, 0), min(high, dims - 1)

    def frequency(i: int) -> float:
        share = 1 - min(max((i - low) / ((high - low) or 0.001), 0.0), 1.0)
        return (1 - share) * plain[i] / factor + share * plain[i]

    def gain(weight: float) -> float:
        return 0.1 * weight * math.log(factor) + 1 if factor > 1 else 1.0

    attention = own.number("attention_factor", None)
    if attention is None:
        scale, scale_all = own.number("mscale", None), own.number("mscale_all_dim", None)
        attention = gain(scale) / gain(scale_all) if scale and scale_all else gain(1.0)
    return Rope(tuple(frequency(i) for i in range(len(plain))), attention)


def angles(f: Function, rope: Rope, positions: Value, shape: tuple[Size, Size]) -> tuple[Value, Value]:
    """Cosines and sines [batch, length, dims / 2] of `positions` [batch, length] (i64)."""
    frequencies = f.floats(rope.frequencies, "frequencies")

    def turn(function: str):
        def body(b, position, frequency):
            value = getattr(b, function)(b.mul(b.whole_to_float(position), frequency))
            return value if rope.factor == 1 else b.mul(value, b.number(rope.factor))
        return f.map(function, [(positions, "bs"), (frequencies, "i")], "bsi", (*shape, rope.dims // 2), body)

    return turn("cos"), turn("sin")


def rotate(f: Function, hint: str, x: Value, dims: str, cos: Value, sin: Value) -> Value:
    """`x` with the dimensions `dims` ("bshd" or more between), whose pairs are element i and i + rotary / 2 of the last one."""
    half, head = cos.shape[-1], x.shape[-1]
    whole = [0] * (len(dims) - 1)
    sizes = [*x.shape[:-1], half]
    lower = f.slice(x, [*whole, 0], sizes, "lower")
    upper = f.slice(x, [*whole, half], sizes, "upper")
    ins = [(lower, dims), (upper, dims), (cos, "bs" + dims[-1]), (sin, "bs" + dims[-1])]
    result = f.empty(x.shape)
    for at, name, body in ((0, "lower", lambda b, l, u, c, s: b.sub(b.mul(l, c), b.mul(u, s))),
                           (half, "upper", lambda b, l, u, c, s: b.add(b.mul(u, c), b.mul(l, s)))):
        into = f.slice(result, [*whole, at], sizes, f"{name}_of")
        result = f.insert(f.map(f"{name}_turned", ins, dims, sizes, body, into=into), result, [*whole, at], sizes, hint)
    if 2 * half == head:
        return result
    rest = [*x.shape[:-1], head - 2 * half]
    return f.insert(f.slice(x, [*whole, 2 * half], rest, "rest"), result, [*whole, 2 * half], rest, hint)
