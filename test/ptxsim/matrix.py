"""mma.sync: D = A B + C of a warp, by the fragment tables of the PTX ISA.

Of an operand with e elements a register (4 of 8 bits, 2 of 16, 1 of tf32), lane l = 4 g + t holds: of A in register r, element
j the row g + 8 (r % 2) (g alone in m8) and the column e t + j + 4 e (r / 2); of B the row e t + j + 4 e r and the column g; of C
and D of 32 bits in register r the row g + 8 (r / 2) and the column 2 t + r % 2, of 16 bits two columns a register.

Integers are exact modulo 2^32. Sums of floats are taken in f64 and rounded once to f32 or f16, to nearest: the ISA leaves order
and rounding of the additions open, and chips cut.
"""

import numpy as np

from .errors import Error
from .moves import get, put
from .formats import DTYPES, round_to

INTEGERS = {"s8": 8, "u8": 8, "s4": 4, "u4": 4}
ELEMENTS = {"f16": 2, "bf16": 2, "tf32": 1, "e4m3": 4, "e5m2": 4, "s8": 4, "u8": 4, "s4": 8, "u4": 8}
SHAPES = {("m8n8k16", 8), ("m16n8k16", 8), ("m16n8k32", 8), ("m8n8k32", 4), ("m16n8k32", 4), ("m16n8k64", 4),
          ("m16n8k8", 16), ("m16n8k16", 16), ("m16n8k4", 19), ("m16n8k8", 19)}
BITS = {"f16": 16, "bf16": 16, "tf32": 19, "e4m3": 8, "e5m2": 8, "s8": 8, "u8": 8, "s4": 4, "u4": 4}
LANE = np.arange(32)
GROUP, MEMBER = LANE // 4, LANE % 4


def decode(words, kind):
    """[..., e] f64 (floats) or i64 (integers) of u32 registers."""
    words = np.ascontiguousarray(words)[..., None]
    if kind in ("s4", "u4"):
        codes = (words >> np.arange(0, 32, 4, dtype=np.uint32) & np.uint32(15)).astype(np.int64)
        return np.where((codes > 7) & (kind == "s4"), codes - 16, codes)
    if kind == "tf32":
        return (words & np.uint32(0xFFFFE000)).view(np.float32).astype(np.float64)
    values = words.view(DTYPES[kind])
    return values.astype(np.int64 if kind in INTEGERS else np.float64)


def registers(m, operand, line):
    """[warps, 32, registers] of u32."""
    return np.stack([get(m, part, "b32", line).reshape(-1, 32) for part in operand.parts], -1)


def fragment_a(words, kind, rows, k):
    values = decode(words, kind)
    matrix = np.zeros((len(words), rows, k), values.dtype)
    e = values.shape[-1]
    for r in range(values.shape[2]):
        row = GROUP + (8 * (r % 2) if rows == 16 else 0)
        for j in range(e):
            matrix[:, row, e * MEMBER + j + 4 * e * (r // 2 if rows == 16 else r)] = values[:, :, r, j]
    return matrix


def fragment_b(words, kind, k):
    values = decode(words, kind)
    matrix = np.zeros((len(words), k, 8), values.dtype)
    e = values.shape[-1]
    for r in range(values.shape[2]):
        for j in range(e):
            matrix[:, e * MEMBER + j + 4 * e * r, GROUP] = values[:, :, r, j]
    return matrix


def multiply(m, i):
    flags = [flag for flag in i.flags if flag != "satfinite"]
    if len(flags) != 9 or flags[:2] != ["sync", "aligned"] or flags[3:5] != ["row", "col"]:
        raise Error(f"'{i.text()}' is unknown", i.line)
    shape, (d_kind, a_kind, b_kind, c_kind) = flags[2], flags[5:]
    if a_kind not in BITS or (shape, BITS[a_kind]) not in SHAPES and not (BITS[a_kind] == 8 and shape == "m16n8k32"):
        raise Error(f"'{i.text()}' is unknown", i.line)
    if BITS.get(b_kind) != BITS[a_kind] or c_kind != d_kind or (d_kind == "s32") != (a_kind in INTEGERS):
        raise Error(f"'{i.text()}' is unknown", i.line)
    rows, k = int(shape[1 : shape.index("n")]), int(shape[shape.index("k") + 1 :])
    m.whole_warps(0xFFFFFFFF, i.line)
    d, a, b, c = i.operands
    e = ELEMENTS[a_kind]
    expected = [rows * 8 // 32 // (2 if d_kind == "f16" else 1), rows * k // 32 // e, k * 8 // 32 // e]
    got = [len(d.parts), len(a.parts), len(b.parts)]
    if expected != got:
        raise Error(f"expected {expected} registers of D, A, B, got {got}", i.line)
    with np.errstate(all="ignore"):
        product = np.matmul(fragment_a(registers(m, a, i.line), a_kind, rows, k),
                            fragment_b(registers(m, b, i.line), b_kind, k))
    store(m, i, d, product, decode_c(m, c, c_kind, i.line), d_kind)


def decode_c(m, c, kind, line):
    """[warps, 32, values of a lane], in the order of the fragment."""
    words = registers(m, c, line)
    dtype = {"s32": np.int32, "f32": np.float32, "f16": np.float16}[kind]
    return np.ascontiguousarray(words).view(dtype).reshape(*words.shape[:2], -1)


def store(m, i, d, product, c, kind):
    total = np.empty(c.shape, product.dtype)
    for n in range(c.shape[-1]):
        total[:, :, n] = product[:, GROUP + 8 * (n // 2), 2 * MEMBER + n % 2]
    with np.errstate(all="ignore"):
        total = total + c
        if kind == "s32":
            if "satfinite" in i.flags:
                total = np.clip(total, -(2**31), 2**31 - 1)
            words = total.astype(np.int32).view(np.uint32)
        else:
            words = np.ascontiguousarray(round_to(total.astype(np.float64), kind)).view(np.uint32)
    for n, part in enumerate(d.parts):
        put(m, part, words[:, :, n].ravel())


HANDLERS = {"mma": multiply}
