"""The plain quantization schemes in NumPy: the second implementation that the first is judged against.

Written from the definition of the schemes (docs: "Meaning of the plain schemes"), not from the C++. All arithmetic
is f32, one NumPy operation per operation of the formula, rounding half to even, saturating.

Axes. K is all contracted dimensions of a weight in the order in which they stand in it as stored, flattened row-major; a
*group* is a run along K, the last one may be shorter. Everything here works on "rows of K", a matrix [rows, K] (see rows.py).

As stored, in IR and in safetensors files, for a weight whose other dimensions (stored order) are `others`:

    codes        [others..., K]                 int8: I8, uint8: U8, int16: I16, uint16: U16, f8E4M3FN: F8_E4M3,
                                                bf16: BF16, f16: F16
                 [others..., ceil(K*bits/8)]    below 8 bits (int2 to int7, uint2 to uint7, nf4, fp4): U8, see pack_rows
    scales       [others..., ceil(K/g)] for groups, [others...] per channel, [] per tensor; none for bf16 and f16
    zero_points  the shape of scales, I8 or U8 (I16 or U16 beside codes of 16 bits); affine schemes only (a symmetric
                 uint scheme has 2^(bits-1) throughout)
"""

from dataclasses import dataclass

import numpy as np

import floats
from floats import F32
from rows import as_rows, from_rows, pack_rows, split_axes, unpack_rows  # noqa: F401 (part of this module's interface)

BITS = dict(int8=8, int7=7, int6=6, int5=5, int4=4, int3=3, int2=2, uint8=8, uint7=7, uint6=6, uint5=5, uint4=4, uint3=3,
            uint2=2, int16=16, uint16=16, nf4=4, fp4=4, f8E4M3FN=8, bf16=16, f16=16)  # fmt: skip


@dataclass(frozen=True)
class Scheme:
    """One plain scheme; what is not given has the default of `--qlinalg-ptq`."""

    weights: str = "int8"
    granularity: str = ""
    group: int = 0
    symmetric: bool | None = None
    scales: str = "f32"

    def __post_init__(self):
        below8 = self.bits < 8
        granularity = self.granularity or ("group" if below8 or self.group else "channel")
        object.__setattr__(self, "granularity", granularity)
        if granularity == "group" and not self.group:
            object.__setattr__(self, "group", 64 if self.weights == "nf4" else 32)
        if self.symmetric is None:
            object.__setattr__(self, "symmetric", not self.unsigned)

    @property
    def bits(self):
        return BITS[self.weights]

    @property
    def integer(self):
        return "int" in self.weights

    @property
    def unsigned(self):
        return self.weights.startswith("uint")

    @property
    def plain_float(self):
        """bf16 and f16 storage: no scales, no granularity."""
        return self.weights in ("bf16", "f16")

    @property
    def affine(self):
        return self.integer and not self.symmetric

    @property
    def code_kind(self):
        """NumPy's type of an integer code, one an element, and of its zero point."""
        return np.dtype(f"{'u' if self.unsigned else 'i'}{max(self.bits // 8, 1)}")

    @classmethod
    def parse(cls, options):
        """From `--qlinalg-ptq` text; keys that do not concern weights are skipped."""
        pairs = dict(word.split("=", 1) for word in options.split())
        known = {k: pairs[k] for k in ("weights", "granularity", "scales") if k in pairs}
        if "group" in pairs:
            known["group"] = int(pairs["group"])
        if "symmetric" in pairs:
            known["symmetric"] = pairs["symmetric"] in ("true", "1")
        return cls(**known)

    def runs(self, k):
        """The columns that share a scale, as slices of 0..k."""
        step = self.group if self.granularity == "group" else max(k, 1)
        return [slice(i, min(i + step, k)) for i in range(0, k, step)]


def _per_run(rows, scheme, reduce):
    """One number for each scale, f32 [rows, runs]; one for the whole matrix when the scheme is per tensor."""
    found = np.stack([reduce(rows[:, run], 1) for run in scheme.runs(rows.shape[1])], 1)
    return np.full_like(found, reduce(found, None)) if scheme.granularity == "tensor" else found


def _over_k(per_run, scheme, k):
    """[rows, runs] -> [rows, k]."""
    return np.concatenate([np.repeat(per_run[:, i : i + 1], run.stop - run.start, 1)
                           for i, run in enumerate(scheme.runs(k))], 1)


def _finish_scales(scale, zero_group, scheme):
    """The cast to the scheme's scale type, with the two special cases of the definition."""
    cast = floats.cast(scale, scheme.scales)
    cast = np.where(zero_group, F32(1), np.where(cast == 0, floats.SMALLEST[scheme.scales], cast))
    if not np.isfinite(cast).all():
        raise OverflowError(f"a scale does not fit {scheme.scales}")
    return cast


def _shape_scales(per_run, scheme):
    """[rows, runs] -> the shape in which scales are kept: [rows, runs], [rows] or []."""
    if scheme.granularity == "tensor":
        return per_run[0, 0]
    return per_run if scheme.granularity == "group" else per_run[:, 0]


def _unshape_scales(scales, scheme, rows):
    """The inverse: [rows, runs]."""
    if scheme.granularity == "tensor":
        return np.full((rows, 1), scales)
    return np.asarray(scales).reshape(rows, -1)


def _quantize_affine(w, scheme):
    levels = F32(2**scheme.bits - 1)
    shift = 0 if scheme.unsigned else 2 ** (scheme.bits - 1)
    low = np.minimum(_per_run(w, scheme, np.min), F32(0))
    high = np.maximum(_per_run(w, scheme, np.max), F32(0))
    with np.errstate(over="ignore"):
        scale = _finish_scales((high - low) / levels, (low == 0) & (high == 0), scheme)
    zero = np.clip(np.rint(-low / scale), F32(0), levels)
    code = np.rint(w / _over_k(scale, scheme, w.shape[1])) + _over_k(zero, scheme, w.shape[1])
    kind = scheme.code_kind
    return (np.clip(code, F32(0), levels) - shift).astype(kind), scale, (zero - shift).astype(kind)


def _quantize_symmetric(w, scheme):
    largest = {"nf4": 1, "fp4": 6, "f8E4M3FN": 448}.get(scheme.weights, 2 ** (scheme.bits - 1) - 1)
    peak = _per_run(np.abs(w), scheme, np.max)
    scale = _finish_scales(peak / F32(largest), peak == 0, scheme)
    x = w / _over_k(scale, scheme, w.shape[1])
    if not scheme.integer:
        return {"nf4": floats.to_nf4, "fp4": floats.to_fp4, "f8E4M3FN": floats.to_f8}[scheme.weights](x), scale, None
    half = 2 ** (scheme.bits - 1)
    code = np.clip(np.rint(x), F32(-half), F32(half - 1))
    if scheme.unsigned:
        return (code + half).astype(scheme.code_kind), scale, np.full(scale.shape, half, scheme.code_kind)
    return code.astype(scheme.code_kind), scale, None


def quantize(w2d, scheme):
    """[rows, K] of any float type -> (codes [rows, K], scales, zero_points); shapes as in the file's head.

    Codes are int8 or int16, uint8 (uint* of at most 8 bits, nf4 and fp4 indices, f8 bits), uint16 (uint16, bf16 bits) or
    float16, one an element, not packed. Scales are f32 numbers already rounded to the scheme's scale type. Absent parts are None.
    """
    w = np.asarray(w2d).astype(F32)
    if not np.isfinite(w).all():
        raise ValueError(f"weight {np.argwhere(~np.isfinite(w))[0].tolist()} is not finite")
    if scheme.plain_float:
        if not np.isfinite(floats.cast(w, scheme.weights)).all():
            raise OverflowError(f"a weight does not fit {scheme.weights}")
        return (floats.to_bf16(w) if scheme.weights == "bf16" else w.astype(np.float16)), None, None
    codes, scale, zero = (_quantize_affine if scheme.affine else _quantize_symmetric)(w, scheme)
    return codes, _shape_scales(scale, scheme), None if zero is None else _shape_scales(zero, scheme)


def dequantize(codes, scales, zero_points, scheme):
    """The parts that quantize() gives -> f32 [rows, K]: (code - zero) * scale, or level * scale."""
    if scheme.plain_float:
        return floats.from_bf16(codes) if scheme.weights == "bf16" else codes.astype(F32)
    rows, k = codes.shape
    scale = _over_k(_unshape_scales(scales, scheme, rows), scheme, k)
    if scheme.integer:
        value = codes.astype(np.int32)
        if zero_points is not None:
            value = value - _over_k(_unshape_scales(zero_points, scheme, rows), scheme, k).astype(np.int32)
        value = value.astype(F32)
    else:
        value = {"nf4": floats.NF4.__getitem__, "fp4": floats.FP4.__getitem__,
                 "f8E4M3FN": floats.from_f8}[scheme.weights](codes)
    return value * scale


def round_trip(weight, k_axes, scheme):
    """A weight of any shape, quantized and dequantized: f32 of the same shape."""
    return from_rows(dequantize(*quantize(as_rows(weight, k_axes), scheme), scheme), np.shape(weight), k_axes)


def stored(weight, k_axes, scheme):
    """What a file keeps for one weight: {"codes" | "scales" | "zero_points": (safetensors type, array of its bytes' type)}.

    Shapes and types as in the head of this file; bf16 arrays are uint16, f8 ones uint8.
    """
    other, _ = split_axes(np.ndim(weight), k_axes)
    others = tuple(np.shape(weight)[a] for a in other)
    codes, scales, zero = quantize(as_rows(weight, k_axes), scheme)
    kind = {"int8": "I8", "int16": "I16", "uint16": "U16", "f8E4M3FN": "F8_E4M3", "bf16": "BF16",
            "f16": "F16"}.get(scheme.weights, "U8")  # fmt: skip
    if scheme.bits < 8:
        codes = pack_rows(codes, scheme.bits)
    parts = {"codes": (kind, codes.reshape(others + codes.shape[1:]))}
    if scales is None:
        return parts
    shape = {"group": others + scales.shape[1:], "channel": others, "tensor": ()}[scheme.granularity]
    bits = {"f32": ("F32", lambda s: s.astype(F32)), "f16": ("F16", lambda s: s.astype(np.float16)),
            "bf16": ("BF16", floats.to_bf16)}[scheme.scales]
    parts["scales"] = (bits[0], np.asarray(bits[1](scales)).reshape(shape))
    if scheme.affine:
        kind = f"{'U' if scheme.unsigned else 'I'}{8 * scheme.code_kind.itemsize}"
        parts["zero_points"] = (kind, np.asarray(zero).reshape(shape))
    return parts
