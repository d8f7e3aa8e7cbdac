"""Numbers of PTX's types in NumPy, and roundings that NumPy has not."""

import re

import ml_dtypes
import numpy as np

DTYPES = {
    **{f"{s}{b}": np.dtype(f"{'i' if s == 's' else 'u'}{b // 8}") for s in "sub" for b in (8, 16, 32, 64)},
    "f16": np.dtype(np.float16), "f32": np.dtype(np.float32), "f64": np.dtype(np.float64),
    "bf16": np.dtype(ml_dtypes.bfloat16), "tf32": np.dtype(np.float32),
    "e4m3": np.dtype(ml_dtypes.float8_e4m3fn), "e5m2": np.dtype(ml_dtypes.float8_e5m2),
    "f16x2": np.dtype("u4"), "bf16x2": np.dtype("u4"), "pred": np.dtype(bool),
}
FLOATS = ("f16", "bf16", "f32", "f64", "f16x2", "bf16x2")
ROUNDINGS = ("rn", "rz", "rm", "rp", "rna", "rni", "rzi", "rmi", "rpi")
BITS = {1: np.dtype("u1"), 2: np.dtype("u2"), 4: np.dtype("u4"), 8: np.dtype("u8")}


def is_type(flag):
    return flag in DTYPES or re.fullmatch(r"(e4m3|e5m2)x[24]", flag) is not None


def bits_of(values):
    """The bits of `values`, as unsigned numbers of the same width."""
    return values if values.dtype == bool else values.view(BITS[values.dtype.itemsize])


def odd(total, error):
    """f64 sums whose exact value is `total + error`: rounded to odd, so that a later rounding is as of the exact value."""
    with np.errstate(all="ignore"):
        bits = np.array(total, np.float64).view(np.int64)
        inexact = (error != 0) & np.isfinite(total) & np.isfinite(error) & (bits & 1 == 0)
        # Toward the exact value by one unit: away from zero where the error has the sign of the total.
        grows = (error > 0) == (total > 0)
        step = np.where(grows, 1, -1)
        step = np.where(total == 0, 0, step)
        return np.where(inexact, bits + step, bits).view(np.float64)


def add_odd(a, b):
    with np.errstate(all="ignore"):
        total = a + b
        part = total - a
        return odd(total, (a - (total - part)) + (b - part))


def round_to(values, name, mode="rn"):
    """f64 values to the float type `name`; directed modes by stepping from the nearest."""
    dtype = DTYPES[name]
    with np.errstate(all="ignore"):
        # ml_dtypes goes through f32: rounded to odd there, the second rounding is as of the f64.
        if name in ("bf16", "e4m3", "e5m2"):
            near32 = values.astype(np.float32)
            single = step_toward(near32, values, "odd")
            if mode == "rn":
                return single.astype(dtype)
            nearest = single.astype(dtype)
        else:
            nearest = values.astype(dtype)
        return nearest if mode == "rn" else step_toward(nearest, values, mode)


def step_toward(nearest, exact, mode):
    """`nearest` moved by at most one unit so that it lies on the side of `exact` that `mode` says."""
    with np.errstate(all="ignore"):
        back = nearest.astype(np.float64)
        signed = BITS[nearest.dtype.itemsize].str.replace("u", "i")
        bits = np.ascontiguousarray(nearest).view(signed)
        magnitude_less = np.abs(back) < np.abs(exact)
        magnitude_more = np.abs(back) > np.abs(exact)
        negative = np.signbit(exact)
        if mode == "odd":
            move = np.where(magnitude_more & (bits & 1 == 0), -1, np.where(magnitude_less & (bits & 1 == 0), 1, 0))
        else:
            toward_zero = {"rz": np.ones_like(negative), "rm": ~negative, "rp": negative}[mode]
            move = np.where(toward_zero & magnitude_more, -1, np.where(~toward_zero & magnitude_less, 1, 0))
        move = np.where(np.isnan(exact) | np.isinf(exact), 0, move)
        return (bits + move.astype(bits.dtype)).view(nearest.dtype)


def flush(values):
    """f32 with subnormal numbers as zeros of their sign (`.ftz`)."""
    small = np.abs(values) < np.float32(2.0**-126)
    return np.where(small, np.copysign(np.float32(0), values), values).astype(np.float32)
