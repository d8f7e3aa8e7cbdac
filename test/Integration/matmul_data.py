"""Random data of several kinds for the sides of a matmul.

    exact     whole numbers and powers of two such that floats do not round
    extreme   the least and the greatest codes and zero points: first each of the four corners (all codes of a side one
              end, all zero points the other), for every sum that was proved not to overflow; then alternating, at random
    random    any codes, scales of any mantissa and sign
    wild      huge scales on one side, denormal ones on the other
    zeros     nothing but zeros
    special   NaN and infinities among the floats
"""

import numpy as np
from arithmetic import F32, encode, over

import floats

KINDS = ("exact", "extreme", "random", "wild", "exact", "extreme", "random", "special", "exact", "zeros")
# Powers of two of wild scales, by type: what is huge times what is tiny stays within f32's range.
HUGE = dict(f32=(80, 0), bf16=(80, 0), f16=(12, 0))
TINY = dict(f32=(-149, -140, -100, 0), bf16=(-133, -100, 0), f16=(-24, -16, 0))


def draw_exponents(random, kind, shape, element, is_huge):
    if kind == "wild":
        return random.choice((HUGE if is_huge else TINY)[element], shape)
    if kind in ("exact", "extreme"):
        return random.integers(0, 3, shape) if random.random() < 0.5 else np.full(shape, random.integers(-3, 4))
    return random.uniform(-8, 8, shape)


def draw_scales(random, kind, shape, element, is_huge):
    """f32 numbers that the type holds."""
    exponents = draw_exponents(random, kind, shape, element, is_huge)
    scales = np.exp2(np.asarray(exponents, np.float64))
    if kind in ("random", "wild", "special"):
        scales = scales * np.where(random.random(shape) < 0.1, -1, 1)
    if kind == "wild" and random.random() < 0.5:
        scales = scales * random.uniform(1, 1.9, shape)
    scales = np.asarray(floats.cast(np.asarray(scales, F32), element))
    if kind == "special" and scales.size:
        scales.ravel()[random.integers(scales.size)] = np.nan
    return scales


def draw_ends(random, shape, low, high, corner=None):
    """Extremes of one of several patterns; those that `corner` (0 or 1) says if it is given."""
    pattern = random.integers(5) if corner is None else corner
    if pattern < 2:
        return np.full(shape, (low, high)[pattern])
    if pattern == 2:
        return np.where(np.indices(shape).sum(0) % 2, low, high) if shape else np.asarray(low)
    if pattern == 3 and len(shape) > 1:
        return np.broadcast_to(random.choice((low, high), (shape[0], *[1] * (len(shape) - 1))), shape).copy()
    return random.choice((low, high), shape)


def draw_floats(random, kind, shape, element, is_huge, corner=None):
    """f32 numbers that the type holds, [rows, K]."""
    if kind == "zeros":
        return np.zeros(shape, F32)
    if kind in ("exact", "extreme"):
        x = random.integers(-100, 101, shape) if kind == "exact" else draw_ends(random, shape, -127, 127, corner)
        return (x * 2.0 ** random.integers(-3, 4)).astype(F32)
    exponents = draw_exponents(random, kind, (shape[0], 1), element, is_huge)
    x = floats.cast((random.standard_normal(shape) * np.exp2(np.asarray(exponents, np.float64))).astype(F32), element)
    if kind == "special":
        x[random.integers(shape[0]), random.integers(shape[1])] = random.choice((np.nan, np.inf, -np.inf))
    return x


def draw_quantizable(random, kind, shape, scheme, element, is_huge, corner):
    """Floats to be quantized at run time; where they must be exact, such that scales are powers of two."""
    if kind not in ("exact", "extreme"):
        return draw_floats(random, kind, shape, element, is_huge)
    low, high = (0, 255) if scheme.affine else (-127, 127)
    x = random.integers(low, high + 1, shape) if kind == "exact" else draw_ends(random, shape, low, high, corner)
    x[:, :: scheme.group or shape[1]] = high
    return (x * 2.0 ** random.integers(-3, 4)).astype(F32)


def draw_codes(random, kind, shape, scheme, corner):
    """(codes as `arithmetic.encode` gives them, zero points or None); shape is [rows, K]."""
    if scheme.downcast or scheme.storage == "f8E4M3FN":
        if scheme.downcast:
            return encode(draw_floats(random, kind, shape, scheme.storage, False, corner), None, None, scheme), None
        if kind in ("exact", "zeros"):
            return floats.to_f8(random.integers(-16, 17, shape) * (kind == "exact")), None
        codes = draw_ends(random, shape, 0x7E, 0xFE, corner) if kind == "extreme" else random.integers(0, 256, shape)
        if kind != "special":
            codes = np.where(codes & 0x7F == 0x7F, 0, codes)
        return codes.astype(np.uint8), None
    low, high = (scheme.least, scheme.least + 2**scheme.bits - 1) if scheme.integer else (0, 15)
    params = scheme.shape(*shape)
    zero = None
    if scheme.affine:
        other = None if corner is None else 1 - corner
        zero = draw_ends(random, params, low, high, other) if kind == "extreme" else random.integers(low, high + 1, params)
        zero = np.asarray(zero, np.int32)
    if kind == "zeros":
        codes = over(zero, scheme, shape) if scheme.affine else np.full(shape, scheme.implied_zero if scheme.integer else 0)
    else:
        codes = draw_ends(random, shape, low, high, corner) if kind == "extreme" else random.integers(low, high + 1, shape)
    return np.asarray(codes, np.int32), zero
