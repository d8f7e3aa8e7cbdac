"""The narrow float formats, bit by bit, in NumPy only.

Every conversion rounds to nearest, ties to even. Arrays of bits keep the shape of their input:
bf16 is uint16 (the upper half of an f32), f8E4M3FN is uint8 (1 sign, 4 exponent, 3 mantissa bits, bias 7, no
infinity, 0x7F and 0xFF are NaN; OCP 8-bit Floating Point Specification 1.0), fp4 is an index 0..15 (E2M1).
"""

import numpy as np

F32 = np.float32

# QLoRA (arXiv 2305.14314), appendix E: the 16 levels of NormalFloat4, ascending.
NF4 = np.array(
    [
        -1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453,
        -0.28444138169288635, -0.18477343022823334, -0.09105003625154495, 0.0,
        0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
        0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0,
    ],
    F32,
)

_E2M1 = np.array([0, 0.5, 1, 1.5, 2, 3, 4, 6], F32)
# Index 8 is -0: it can be read, it is never written.
FP4 = np.concatenate([_E2M1, -_E2M1])


def nearest_level(x, levels):
    """The index of the level nearest to each x; `levels` ascends, ties go to the even index.

    The midpoints of f32 levels are exact in f64, hence so is every comparison.
    """
    levels = np.asarray(levels, np.float64)
    middle = (levels[1:] + levels[:-1]) / 2
    x = np.asarray(x, np.float64)
    below = np.searchsorted(middle, x, side="left")
    tie = np.isin(x, middle)
    return np.where(tie & (below % 2 == 1), below + 1, below).astype(np.uint8)


def to_nf4(x):
    return nearest_level(x, NF4)


def to_fp4(x):
    """E2M1 indices; what rounds to zero from below is index 0, beyond 6 is 6."""
    magnitude = nearest_level(np.abs(x), _E2M1)
    return np.where((np.asarray(x) < 0) & (magnitude > 0), magnitude + 8, magnitude).astype(np.uint8)


def from_f8(bits):
    """f8E4M3FN bits to f32."""
    bits = np.asarray(bits, np.int32)
    exponent, mantissa = (bits >> 3) & 15, bits & 7
    normal = (1 + mantissa / 8) * 2.0 ** (exponent - 7)
    value = np.where(exponent == 0, mantissa / 8 * 2.0**-6, normal)
    value = np.where(bits & 0x7F == 0x7F, np.nan, value)
    return np.where(bits & 0x80, -value, value).astype(F32)


_F8 = from_f8(np.arange(0x7F))  # 0 .. 448; the even code is the one with the even mantissa


def to_f8(x):
    """f32 to f8E4M3FN bits, saturating at 448; a NaN is 0x7F."""
    x = np.asarray(x, F32)
    bits = nearest_level(np.abs(x), _F8)
    bits = np.where(np.isnan(x), 0x7F, bits)
    return np.where(np.signbit(x), bits | 0x80, bits).astype(np.uint8)


def to_bf16(x):
    """f32 to bf16 bits; beyond the range is infinity, a NaN stays one (quiet)."""
    x = np.asarray(x, F32)
    bits = x.view(np.uint32).astype(np.uint64)
    rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16
    return np.where(np.isnan(x), (bits >> 16) | 0x40, rounded).astype(np.uint16)


def from_bf16(bits):
    return (np.asarray(bits, np.uint32) << 16).view(F32)


def cast(x, to):
    """x rounded to `to` (f32, f16 or bf16), still held as f32."""
    x = np.asarray(x, F32)
    if to == "f16":
        with np.errstate(over="ignore"):
            return x.astype(np.float16).astype(F32)
    return from_bf16(to_bf16(x)) if to == "bf16" else x


# The smallest positive (subnormal) number of each type.
SMALLEST = {"f32": F32(2.0**-149), "f16": F32(2.0**-24), "bf16": F32(2.0**-133)}
