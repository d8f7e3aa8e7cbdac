"""The arithmetic of every `#qlinalg.scheme` in NumPy, as the ops' descriptions say it.

Unlike the plain schemes of ../reference/qreference.py (definition.py checks that both agree where both apply) it knows
both roundings and divisions, takes parameters that were chosen elsewhere, and says what NaN and infinity give.
A matrix is [rows, K]; parameters are [rows, runs of K], [rows] or [], as f32 and (zero points) int32.
"""

from dataclasses import dataclass

import numpy as np
from tools import HERE  # noqa: F401 (its import adds ../reference to the path)

import floats
from floats import F32

BITS = dict(int8=8, int7=7, int6=6, int5=5, int4=4, int3=3, int2=2, uint8=8, uint7=7, uint6=6, uint5=5, uint4=4, uint3=3,
            uint2=2, int16=16, uint16=16, nf4=4, fp4=4, f8E4M3FN=8, bf16=16, f16=16)  # fmt: skip
INTEGERS = [s for s in BITS if "int" in s]


@dataclass(frozen=True)
class Scheme:
    storage: str
    granularity: str = "tensor"
    group: int = 0
    symmetric: bool = True
    scales: str = "f32"
    rounding: str = "even"
    division: str = "divide"

    @property
    def bits(self):
        return BITS[self.storage]

    @property
    def integer(self):
        return self.storage in INTEGERS

    @property
    def downcast(self):
        return self.storage in ("bf16", "f16")

    @property
    def affine(self):
        return self.integer and not self.symmetric

    @property
    def least(self):
        return 0 if self.storage.startswith("uint") else -(2 ** (self.bits - 1))

    @property
    def implied_zero(self):
        """The zero point of a symmetric scheme."""
        return 2 ** (self.bits - 1) if self.storage.startswith("uint") else 0

    @property
    def code_type(self):
        return {"f8E4M3FN": "f8E4M3FN", "bf16": "bf16", "f16": "f16"}.get(self.storage, f"i{self.bits}")

    @property
    def zero_type(self):
        return "i16" if self.bits == 16 else "i8"

    def __str__(self):
        if self.downcast:
            return f"<{self.storage}>"
        parts = [self.storage, self.granularity + (f" = {self.group}" if self.group else "")]
        if self.integer:
            parts.append("symmetric" if self.symmetric else "affine")
        parts += [f"scales = {self.scales}", f"rounding = {self.rounding}", f"division = {self.division}"]
        return f"<{', '.join(parts)}>"

    def map(self, row="d0", k="d1", dims="d0, d1"):
        """The params map of a matrix."""
        results = {"tensor": "", "channel": row, "token": row}.get(
            self.granularity, f"{row}, {k} floordiv {self.group}"
        )
        return f"affine_map<({dims}) -> ({results})>"

    def shape(self, rows, k):
        """That of the parameters."""
        runs = -(-k // self.group) if self.group else 0
        return {"tensor": (), "channel": (rows,), "token": (rows,)}.get(self.granularity, (rows, runs))


def over(per_run, scheme, shape):
    """Parameters of any shape -> one for each element of [rows, K]."""
    rows, k = shape
    p = np.asarray(per_run)
    if scheme.group:
        return np.repeat(p, scheme.group, 1)[:, :k]
    return np.broadcast_to(p.reshape(-1, 1), (rows, k))


def _reduce(x, scheme, function):
    rows, k = x.shape
    if scheme.granularity == "tensor":
        return np.asarray(function(x, None))
    step = scheme.group or k
    runs = np.stack([function(x[:, i : i + step], 1) for i in range(0, k, step)], 1)
    return runs if scheme.group else runs[:, 0]


def round_ties(x, scheme):
    """To an integer that is still f32. |x| + 0.5 is exact in f64."""
    if scheme.rounding == "even":
        return np.rint(x)
    return np.copysign(np.floor(np.abs(x.astype(np.float64)) + 0.5), x).astype(F32)


def divide(x, scale, scheme):
    if scheme.division == "divide":
        return x / scale
    reciprocal = F32(1) / scale
    return np.where(np.isfinite(reciprocal), x * reciprocal, x / scale)


@np.errstate(all="ignore")
def choose(x, scheme):
    """(scales, zero points or None) in the shape of parameters."""
    x = x.astype(F32)
    finite = _reduce(np.isfinite(x), scheme, np.all)
    if scheme.affine:
        low, high = (np.minimum(_reduce(x, scheme, np.min), F32(0)), np.maximum(_reduce(x, scheme, np.max), F32(0)))
        width, divisor = high - low, 2**scheme.bits - 1
    else:
        width = _reduce(np.abs(x), scheme, np.max)
        divisor = {"nf4": 1, "fp4": 6, "f8E4M3FN": 448}.get(scheme.storage, 2 ** (scheme.bits - 1) - 1)
    scale = floats.cast(width / F32(divisor), scheme.scales)
    scale = np.where(scale == 0, floats.SMALLEST[scheme.scales], scale)
    scale = np.where(finite, np.where(width == 0, F32(1), scale), F32(np.nan)).astype(F32)
    if not scheme.affine:
        return scale, None
    zero = np.clip(round_ties(divide(-low, scale, scheme), scheme), 0, divisor)
    return scale, np.where(finite, np.nan_to_num(zero) + scheme.least, 0).astype(np.int32)


@np.errstate(all="ignore")
def encode(x, scale, zero, scheme):
    """Codes, one an element: int32, or the bits of f8, bf16 (uint8, uint16), or float16."""
    x = x.astype(F32)
    if scheme.storage == "bf16":
        return floats.to_bf16(x)
    if scheme.storage == "f16":
        return x.astype(np.float16)
    quotient = divide(x, over(scale, scheme, x.shape), scheme)
    if not scheme.integer:
        to = {"nf4": floats.to_nf4, "fp4": floats.to_fp4, "f8E4M3FN": floats.to_f8}[scheme.storage]
        if scheme.storage == "f8E4M3FN":
            return to(quotient)
        return np.where(np.isnan(quotient), 0, to(np.nan_to_num(quotient))).astype(np.int32)
    shift = over(zero, scheme, x.shape) if scheme.affine else scheme.implied_zero
    code = np.clip(
        round_ties(quotient, scheme).astype(np.float64) + shift, scheme.least, scheme.least + 2**scheme.bits - 1
    )
    return np.where(np.isnan(quotient), 0, code).astype(np.int32)


def level(codes, zero, scheme):
    """What the scale is multiplied by, f32; integers: int32."""
    if scheme.integer:
        return codes - (over(zero, scheme, codes.shape) if scheme.affine else scheme.implied_zero)
    return {"nf4": floats.NF4.__getitem__, "fp4": floats.FP4.__getitem__, "f8E4M3FN": floats.from_f8,
            "bf16": floats.from_bf16, "f16": lambda c: c.astype(F32)}[scheme.storage](codes)  # fmt: skip


@np.errstate(all="ignore")
def decode(codes, scale, zero, scheme):
    """f32 [rows, K]."""
    value = level(codes, zero, scheme).astype(F32)
    return value if scheme.downcast else value * over(scale, scheme, codes.shape)
