"""cvt: between all types, with its roundings and saturations."""

import numpy as np

from .errors import Error
from .formats import DTYPES, FLOATS, ROUNDINGS, bits_of, flush, is_type, round_to

TO_INTEGER = {"rni": np.rint, "rzi": np.trunc, "rmi": np.floor, "rpi": np.ceil}
LARGEST = {"e4m3": 448.0, "e5m2": 57344.0}


def float_to_integer(values, kind, mode):
    """Saturating; a NaN becomes 0 (the ISA: for all but f64, which gives the most negative number: not used here)."""
    limits = np.iinfo(DTYPES[kind])
    whole = TO_INTEGER[mode](values)
    inside = np.clip(np.where(np.isnan(whole), 0, whole), float(limits.min), float(limits.max))
    result = np.where(inside >= float(limits.max), limits.max, np.minimum(inside, float(limits.max) / 2 if
                                                                         limits.max > 1 << 53 else limits.max))
    big = (inside > float(limits.max) / 2) & (inside < float(limits.max)) & (limits.max > 1 << 53)
    result = result.astype(DTYPES[kind])
    return np.where(big, inside.astype(DTYPES[kind]), result)


def tf32(values, mode):
    """f32 with 10 bits of mantissa: nearest, ties away from 0 (rna), to even (rn), or cut (rz)."""
    bits = values.astype(np.float32).view(np.uint32)
    if mode == "rna":
        rounded = bits + np.uint32(0x1000)
    elif mode == "rn":
        rounded = bits + np.uint32(0x0FFF) + (bits >> np.uint32(13) & np.uint32(1))
    else:
        rounded = bits
    special = ~np.isfinite(values)
    return np.where(special, bits, rounded & np.uint32(0xFFFFE000)).astype(np.uint32)


def narrow_pair(m, i, to, mode):
    """cvt d, a, b: b in the low half."""
    each = to[:-2]
    halves = []
    for operand in (i.operands[2], i.operands[1]):
        values = m.read(operand, "f32", i.line).astype(np.float64)
        if "relu" in i.flags:
            values = np.where(values > 0, values, np.where(np.isnan(values), values, 0))
        if "satfinite" in i.flags and each in LARGEST:
            values = np.clip(values, -LARGEST[each], LARGEST[each])
        halves.append(bits_of(round_to(values, each, mode)))
    low, high = halves
    width = low.dtype.itemsize * 8
    result = low.astype(np.uint32) | high.astype(np.uint32) << np.uint32(width)
    m.write(i.operands[0], result.astype(f"u{width * 2 // 8}"))


def widen_pair(m, i, source):
    values = m.read(i.operands[1], "u16", i.line).view(np.uint8).reshape(-1, 2).view(DTYPES[source[:-2]])
    halves = np.ascontiguousarray(values.astype(np.float32).astype(np.float16))
    m.write(i.operands[0], halves.view(np.uint32).reshape(-1))


def pack(m, i):
    """cvt.pack.sat.{s8,u8}.s32.b32 d, a, b, c: c moved up by two bytes, below it a and b saturated, b lowest."""
    _, _, to, source, _ = i.flags
    if i.flags[:2] != ("pack", "sat") or to not in ("s8", "u8") or source != "s32" or i.flags[4] != "b32":
        raise Error(f"'{i.text()}' is unknown", i.line)
    limits = np.iinfo(DTYPES[to])
    a, b = (np.clip(m.read(o, "s32", i.line), limits.min, limits.max).astype(np.uint32) & np.uint32(255)
            for o in i.operands[1:3])
    m.write(i.operands[0], m.read(i.operands[3], "u32", i.line) << np.uint32(16) | a << np.uint32(8) | b)


def convert(m, i):
    if "pack" in i.flags:
        return pack(m, i)
    types = [flag for flag in i.flags if is_type(flag)]
    modes = [flag for flag in i.flags if flag in ROUNDINGS]
    rest = set(i.flags) - set(types) - set(modes) - {"sat", "ftz", "satfinite", "relu"}
    if len(types) != 2 or rest:
        raise Error(f"'{i.text()}' is unknown", i.line)
    to, source = types
    mode = modes[0] if modes else "rn"
    if to.endswith("x2") and source == "f32":
        return narrow_pair(m, i, to, mode)
    if to == "f16x2":
        return widen_pair(m, i, source)
    if source.startswith("e") or to.startswith("e"):
        raise Error(f"'{i.text()}' is unknown", i.line)
    values = m.read(i.operands[1], source, i.line)
    if "ftz" in i.flags and source == "f32":
        values = flush(values)
    with np.errstate(all="ignore"):
        return m.write(i.operands[0], converted(values, to, source, mode, "sat" in i.flags))


def converted(values, to, source, mode, saturates):
    if source in FLOATS:
        wide = values.astype(np.float64)
        if to == "tf32":
            return tf32(wide, mode)
        if to not in FLOATS:
            return float_to_integer(wide, to, mode)
        if mode in TO_INTEGER:
            wide, mode = TO_INTEGER[mode](wide), "rn"
        rounded = wide if to == "f64" else round_to(wide, to, mode)
        return np.clip(np.where(np.isnan(rounded), 0, rounded), 0, 1).astype(rounded.dtype) if saturates else rounded
    if to in FLOATS:
        if to == "f64" or mode == "rn" and to == "f32":
            return values.astype(DTYPES[to])
        # Integers of up to 53 bits are exact in f64.
        return round_to(values.astype(np.float64), to, mode)
    if saturates:
        limits = np.iinfo(DTYPES[to])
        low = max(limits.min, np.iinfo(values.dtype).min)
        values = np.clip(values, low, min(limits.max, np.iinfo(values.dtype).max))
    return values.astype(DTYPES[to])




HANDLERS = {"cvt": convert}
