"""Quantization of plain arrays: the very code that the compiler uses.

K, along which groups lie, is the last dimension; all others together are rows (channels).
"""

import dataclasses

import numpy as np

from . import _native
from .arrays import prepare
from .errors import Error

#: Names of Quanto's and ours.
STORAGES = {"qint8": "int8", "qint4": "int4", "qint2": "int2", "qfloat8": "f8E4M3FN", "qfloat8_e4m3fn": "f8E4M3FN",
            "float8": "f8E4M3FN", "fp8": "f8E4M3FN", "bfloat16": "bf16", "float16": "f16", "none": "none"}


def storage_of(name):
    """Our name of a storage: `qint8` is `int8`, None is `none`."""
    if name is None:
        return "none"
    if not isinstance(name, str):
        name = getattr(name, "name", None) or str(name)
    return STORAGES.get(name, name)


def make_scheme(storage="int8", granularity=None, group=None, symmetric=None, scales="f32", rounding="even", division="divide"):
    """A scheme with the defaults of `--qlinalg-ptq`: a scale a channel from 8 bits on, else for 32 elements along K (64 for nf4)."""
    storage = storage_of(storage)
    wide = _native.Scheme(storage).bits >= 8
    if granularity is None:
        granularity = "group" if group or not wide else "channel"
    if granularity == "group" and group is None:
        group = 64 if storage == "nf4" else 32
    if symmetric is None:
        symmetric = not storage.startswith("uint")
    return _native.Scheme(storage, granularity, group or 0, symmetric, scales, rounding, division)


def scheme_text(scheme):
    """`int4 g32`, `uint8 channel affine`, `nf4 g64 f16`."""
    if scheme.storage in ("bf16", "f16"):
        return scheme.storage
    parts = [scheme.storage, f"g{scheme.group}" if scheme.group else scheme.granularity]
    if not scheme.symmetric:
        parts.append("affine")
    if scheme.scales != "f32":
        parts.append(scheme.scales)
    return " ".join(parts)


@dataclasses.dataclass(frozen=True, eq=False)
class QTensor:
    """Codes with their parameters.

    `codes`: one element a code, `shape` as the floats had it (for weights of a model: [N, K]); integers, indices of a codebook's levels, or raw bits of floats.
    `scales`: [rows, groups], [rows] or [1], None for bf16 and f16. `zero_points`: as many, or None where they are 0 (2^(b-1) for symmetric
    uint). `packed`: the bytes as files hold them, rows of codes padded to bytes.
    """

    scheme: _native.Scheme
    shape: tuple
    packed: np.ndarray
    scales: np.ndarray | None
    zero_points: np.ndarray | None

    @property
    def _rows(self):
        return int(np.prod(self.shape[:-1], dtype=np.int64)), self.shape[-1]

    @property
    def codes(self):
        return _native.unpack_codes(self.scheme, *self._rows, self.packed).reshape(self.shape)

    @property
    def nbytes(self):
        """Of codes, scales and zero points together."""
        return sum(array.nbytes for array in (self.packed, self.scales, self.zero_points) if array is not None)

    def dequantize(self):
        """The f32 numbers that the codes stand for."""
        return _native.dequantize_matrix(self.scheme, *self._rows, self.packed, self.scales, self.zero_points).reshape(self.shape)

    def __repr__(self):
        with np.printoptions(threshold=64, edgeitems=3):
            parts = [f"QTensor({self.codes!r}"] + [f"{name}={value!r}" for name, value in (("scales", self.scales), ("zero_points", self.zero_points))
                                                   if value is not None]
        return ",\n        ".join([*parts, f"scheme={scheme_text(self.scheme)})"])


def quantize(array, storage="int8", *, method="nearest", **scheme):
    """Codes of an f32 array of at least one dimension.

    `storage` and `scheme`: see `make_scheme`. `method` is `nearest`, `mse` or a range method (`minmax`, `percentile:P`, `deviations:K`,
    `entropy`, `auto`). A NaN or an infinity in the array is an Error that says where.
    """
    scheme = make_scheme(storage, **scheme)
    array = prepare(array, "f32")
    packed, scales, zero_points = _native.quantize_matrix(scheme, method, array)
    shape = tuple(array.shape)
    if scales is not None and scheme.group:
        scales = scales.reshape(-1, -(-shape[-1] // scheme.group))
        zero_points = None if zero_points is None else zero_points.reshape(scales.shape)
    return QTensor(scheme, shape, packed, scales, zero_points)


def fake_quantize(array, storage="int8", **options):
    """`quantize`, then `dequantize`: what is left of the numbers."""
    return quantize(array, storage, **options).dequantize()


@dataclasses.dataclass(frozen=True)
class Range:
    """What a range method chose: the range, its scale and zero point, the method (of `auto`), the expected squared error of a value."""

    least: float
    greatest: float
    scale: float
    zero_point: int
    method: str
    expected_error: float


def choose_range(batches, method="auto", storage="int8", *, symmetric=None):
    """One range for all values of a list of f32 arrays, each a batch: `minmax average percentile:P deviations:K entropy mse auto`."""
    if not isinstance(batches, (list, tuple)):
        batches = [batches]
    scheme = make_scheme(storage, granularity="tensor", symmetric=symmetric)
    if not batches:
        raise Error("expected at least one array of values, got none")
    return Range(*_native.choose_range(scheme, method, [prepare(batch, "f32") for batch in batches]))


def codebook(storage):
    """The 16 levels of nf4 or fp4, level i for code i."""
    return np.array(_native.codebook(storage), np.float32)


def round_to(array, storage):
    """An f32 array rounded to bf16 or f16, to nearest even, and back."""
    return _native.round_floats(storage_of(storage), prepare(array, "f32"))


def error(reference, actual):
    """How far two f32 arrays are apart: max_abs, mse, relative_l2, sqnr_db, cosine."""
    return _native.measure_error(prepare(reference, "f32"), prepare(actual, "f32"))
