"""Arithmetic of floats: each result is the exact one, rounded once as the instruction says.

The functions that the hardware approximates (ex2, rcp, rsqrt, lg2, tanh, sin, cos with .approx, div.full) are rounded
correctly here: within the bounds that the ISA states, and not the bits of a chip.
"""

import numpy as np

from .errors import Error
from .formats import DTYPES, add_odd, flush, round_to

PACKED = {"f16x2": "f16", "bf16x2": "bf16"}
FLAGS = {"rn", "rz", "rm", "rp", "ftz", "sat", "approx", "full", "NaN", "relu"}


def read(m, operand, kind, line):
    """f64 values [n], or [n, 2] of packed ones."""
    if kind in PACKED:
        return m.read(operand, "u32", line).view(DTYPES[PACKED[kind]]).reshape(-1, 2).astype(np.float64)
    values = m.read(operand, kind, line)
    return values.astype(np.float64)


def write(m, i, kind, values, mode):
    """Rounds f64 values and applies what the flags ask for after rounding."""
    each = PACKED.get(kind, kind)
    rounded = values if each == "f64" else round_to(np.asarray(values, np.float64), each, mode)
    if "ftz" in i.flags and each == "f32":
        rounded = flush(rounded)
    if "sat" in i.flags:
        rounded = np.where(np.isnan(rounded), 0, np.clip(rounded, 0, 1)).astype(rounded.dtype)
    if "relu" in i.flags:
        rounded = np.where(rounded > 0, rounded, 0).astype(rounded.dtype)
    if kind in PACKED:
        rounded = np.ascontiguousarray(rounded).view(np.uint32).reshape(-1)
    m.write(i.operands[0], rounded)


def kind_and_mode(i):
    kind, mode = i.flags[-1], "rn"
    for flag in i.flags[:-1]:
        if flag not in FLAGS:
            raise Error(f"'{i.text()}' is unknown", i.line)
        if flag in ("rn", "rz", "rm", "rp"):
            mode = flag
    return kind, mode


def operation(compute, count):
    """`compute` takes f64 values and gives f64 rounded to odd (or exact ones); of f64 it gives the nearest."""

    def handler(m, i):
        kind, mode = kind_and_mode(i)
        if len(i.operands) != count + 1:
            raise Error(f"expected {count} sources of '{i.text()}', got {len(i.operands) - 1}", i.line)
        values = [read(m, o, kind, i.line) for o in i.operands[1:]]
        if "ftz" in i.flags and kind == "f32":
            values = [flush(v).astype(np.float64) for v in values]
        if kind == "f64" and mode != "rn":
            raise Error(f"'{i.text()}' is unknown", i.line)
        with np.errstate(all="ignore"):
            write(m, i, kind, compute(*values, kind == "f64"), mode)

    return handler


def fused(a, b, c, double):
    if double:
        return fused64(a, b, c)
    return add_odd(a * b, c)


def fused64(a, b, c):
    """One rounding: a product in two parts (Veltkamp, Dekker), added with the error kept."""

    def split(x):
        t = x * 134217729.0
        high = t - (t - x)
        return high, x - high

    (ah, al), (bh, bl) = split(a), split(b)
    product = a * b
    rest = ((ah * bh - product) + ah * bl + al * bh) + al * bl
    total = product + c
    part = total - product
    error = (product - (total - part)) + (c - part)
    return np.where(np.isfinite(rest), total + (error + rest), total)


def extreme(least):
    """The operand that is not NaN where one is, -0 below 0; `.NaN` gives NaN."""

    def compute(a, b, keeps_nan):
        below = (a < b) | ((a == b) & np.signbit(a) & ~np.signbit(b))
        result = np.where(below == least, a, b)
        if keeps_nan:
            return np.where(np.isnan(a) | np.isnan(b), np.nan, result)
        return np.where(np.isnan(a), b, np.where(np.isnan(b), a, result))

    def handler(m, i):
        kind, _ = kind_and_mode(i)
        values = [read(m, o, kind, i.line) for o in i.operands[1:]]
        result = values[0]
        for value in values[1:]:
            result = compute(result, value, "NaN" in i.flags)
        write(m, i, kind, result, "rn")

    return handler


def quotient(a, b, double):
    """f64 quotients round twice to f32 as once: 53 >= 2 * 24 + 2; so do square roots."""
    return a / b


def reciprocal_root(a, double):
    return (1 / np.sqrt(a.astype(np.longdouble))).astype(np.float64)


HANDLERS_OF_BOTH = {
    "add": operation(lambda a, b, double: a + b if double else add_odd(a, b), 2),
    "sub": operation(lambda a, b, double: a - b if double else add_odd(a, -b), 2),
    "mul": operation(lambda a, b, double: a * b, 2),
    "mad": operation(fused, 3),
    "div": operation(quotient, 2),
    "min": extreme(True), "max": extreme(False),
    "neg": operation(lambda a, double: -a, 1), "abs": operation(lambda a, double: np.abs(a), 1),
}
HANDLERS = {
    "fma": operation(fused, 3),
    "rcp": operation(lambda a, double: 1 / a, 1),
    "sqrt": operation(lambda a, double: np.sqrt(a), 1),
    "rsqrt": operation(reciprocal_root, 1),
    "ex2": operation(lambda a, double: np.exp2(a), 1),
    "lg2": operation(lambda a, double: np.log2(a), 1),
    "tanh": operation(lambda a, double: np.tanh(a), 1),
    "sin": operation(lambda a, double: np.sin(a), 1),
    "cos": operation(lambda a, double: np.cos(a), 1),
    "copysign": operation(lambda a, b, double: np.copysign(b, a), 2),
}
