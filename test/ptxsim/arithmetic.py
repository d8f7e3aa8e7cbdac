"""Integers, bits, predicates, comparisons and moves between registers."""

import numpy as np

from . import floats
from .errors import Error
from .machine import parts
from .memory import LOCAL_BASE, SHARED_BASE
from .formats import DTYPES, FLOATS, flush
from .parse import Address, Vector


def kind_of(i):
    """The type that an instruction works on: its last flag that is one."""
    for flag in reversed(i.flags):
        if flag in DTYPES:
            return flag
    raise Error(f"expected a type in '{i.text()}'", i.line)


def only(i, *allowed):
    """An Error if `i` has flags that its handler does not know."""
    for flag in i.flags:
        if flag not in allowed and flag not in DTYPES:
            raise Error(f"'{i.text()}' is unknown", i.line)


def sources(m, i, kind, count=None):
    operands = i.operands[1:]
    if count is not None and len(operands) != count:
        raise Error(f"expected {count} sources of '{i.text()}', got {len(operands)}", i.line)
    return [m.read(o, kind, i.line) for o in operands]


def bits(kind):
    return DTYPES[kind].itemsize * 8


def unary(compute):
    def handler(m, i):
        kind = kind_of(i)
        if kind in FLOATS:
            return floats.HANDLERS_OF_BOTH[i.name](m, i)
        only(i)
        (a,) = sources(m, i, kind, 1)
        with np.errstate(all="ignore"):
            m.write(i.operands[0], compute(a).astype(a.dtype))

    return handler


def binary(compute):
    def handler(m, i):
        kind = kind_of(i)
        if kind in FLOATS:
            return floats.HANDLERS_OF_BOTH[i.name](m, i)
        only(i)
        a, b = sources(m, i, kind, 2)
        with np.errstate(all="ignore"):
            m.write(i.operands[0], compute(a, b).astype(a.dtype))

    return handler


def wide(kind):
    """The type of twice as many bits."""
    return DTYPES[f"{kind[0].replace('b', 'u')}{bits(kind) * 2}"]


def high(a, b, kind):
    if bits(kind) == 64:
        product = a.astype(object) * b.astype(object)
        return np.array([int(p) >> 64 for p in np.broadcast_to(product, np.broadcast(a, b).shape)], dtype=object).astype(a.dtype)
    return (a.astype(wide(kind)) * b.astype(wide(kind)) >> bits(kind)).astype(a.dtype)


def multiply(m, i):
    kind = kind_of(i)
    if kind in FLOATS:
        return floats.HANDLERS_OF_BOTH[i.name](m, i)
    only(i, "lo", "hi", "wide")
    a, b, *c = sources(m, i, kind, 3 if i.name == "mad" else 2)
    with np.errstate(all="ignore"):
        if "wide" in i.flags:
            product = a.astype(wide(kind)) * b.astype(wide(kind))
            c = [m.read(i.operands[3], f"{kind[0]}{bits(kind) * 2}", i.line)] if c else []
        else:
            product = high(a, b, kind) if "hi" in i.flags else a * b
        m.write(i.operands[0], product + c[0] if c else product)


def multiply24(m, i):
    only(i, "lo")
    a, b, *c = sources(m, i, kind_of(i))
    with np.errstate(all="ignore"):
        product = (a << 8 >> 8) * (b << 8 >> 8)
        m.write(i.operands[0], product + c[0] if c else product)


def divide(m, i):
    kind = kind_of(i)
    if kind in FLOATS:
        return floats.HANDLERS_OF_BOTH[i.name](m, i)
    only(i)
    a, b = np.broadcast_arrays(*sources(m, i, kind, 2))
    if (b[m.active] == 0).any() if len(b) > 1 else b[0] == 0:
        raise Error("an integer is divided by 0", i.line)
    with np.errstate(all="ignore"):
        b = np.where(b == 0, 1, b)
        # Toward zero, the remainder with the sign of the dividend.
        rest = np.fmod(a, b)
        m.write(i.operands[0], (rest if i.name == "rem" else (a - rest) // b).astype(a.dtype))


def shift(m, i):
    kind = kind_of(i)
    only(i)
    a = m.read(i.operands[1], kind, i.line)
    n = np.minimum(m.read(i.operands[2], "u32", i.line), bits(kind)).astype(np.uint64)
    if i.name == "shl":
        result = np.where(n >= bits(kind), 0, a.astype(np.uint64) << np.minimum(n, 63))
    elif kind[0] == "s":
        result = a >> np.minimum(n, bits(kind) - 1).astype(a.dtype)
    else:
        result = np.where(n >= bits(kind), 0, a.astype(np.uint64) >> np.minimum(n, 63))
    m.write(i.operands[0], result.astype(a.dtype))


def funnel(m, i):
    only(i, "l", "r", "wrap", "clamp")
    low, upper, n = (x.astype(np.uint64) for x in sources(m, i, "u32", 3))
    n = n & 31 if "wrap" in i.flags else np.minimum(n, 32)
    both = upper << 32 | low
    m.write(i.operands[0], ((both << n >> 32) if i.flags[0] == "l" else both >> n).astype(np.uint32))


def extract(m, i):
    kind = kind_of(i)
    only(i)
    a = m.read(i.operands[1], kind, i.line)
    at, length = (m.read(o, "u32", i.line).astype(np.int64) & 255 for o in i.operands[2:])
    a, at, length = np.broadcast_arrays(a.astype(np.int64 if kind != "u64" else np.uint64), at, length)
    width = bits(kind)
    length = np.minimum(length, width)
    at = np.minimum(at, 63)
    mask = np.where(length >= 64, -1, (1 << np.minimum(length, 62)) - 1)
    field = (a.view(np.int64) >> at) & mask if kind[0] == "s" else (a.astype(np.uint64) >> at.astype(np.uint64)).astype(np.int64) & mask
    if kind[0] == "s":
        # The sign is the field's last bit, or a's where the field goes beyond it.
        top = np.minimum(at + length, width) - 1
        sign = (length > 0) & (a >> np.maximum(top, 0) & 1 == 1)
        field = np.where(sign, field | ~mask, field)
    m.write(i.operands[0], field.astype(DTYPES[kind]))


def insert(m, i):
    kind = kind_of(i)
    only(i)
    a, b = (m.read(o, kind, i.line) for o in i.operands[1:3])
    at, length = (m.read(o, "u32", i.line).astype(np.uint64) & 255 for o in i.operands[3:])
    field = np.where(length >= 64, ~np.uint64(0), (np.uint64(1) << np.minimum(length, 63)) - 1)
    mask = np.where(at >= 64, 0, field << np.minimum(at, 63))
    moved = a.astype(np.uint64) << np.minimum(at, 63)
    m.write(i.operands[0], (moved & mask | b & ~mask).astype(DTYPES[kind]))


def logic(m, i):
    """lop3: bit t of the table is the result for the bits (a, b, c) = t."""
    only(i)
    a, b, c = sources(m, i, "b32")[:3]
    table = i.operands[4].value
    result = np.zeros(1, np.uint32)
    for t in range(8):
        if table >> t & 1:
            result = result | (a if t & 4 else ~a) & (b if t & 2 else ~b) & (c if t & 1 else ~c)
    m.write(i.operands[0], result)


def permute(m, i):
    if any(flag != "b32" for flag in i.flags):
        raise Error(f"'{i.text()}' is unknown", i.line)
    a, b, c = sources(m, i, "u32", 3)
    both = b.astype(np.uint64) << 32 | a
    result = np.zeros(1, np.uint64)
    for byte in range(4):
        selector = (c >> (4 * byte) & 15).astype(np.uint64)
        value = both >> (8 * (selector & 7)) & 255
        value = np.where(selector & 8, (value >> np.uint64(7)) * np.uint64(255), value)
        result = result | value << np.uint64(8 * byte)
    m.write(i.operands[0], result.astype(np.uint32))


def dot4(m, i):
    a_kind, b_kind = i.flags
    c = m.read(i.operands[3], "s32" if "s32" in i.flags else "u32", i.line)
    a, b = (np.atleast_1d(m.read(o, "u32", i.line)) for o in i.operands[1:3])
    total = np.zeros(1, np.int64)
    for byte in range(4):
        x, y = ((v >> (8 * byte) & 255).astype(np.uint8).view(np.int8 if k == "s32" else np.uint8).astype(np.int64)
                for v, k in ((a, a_kind), (b, b_kind)))
        total = total + x * y
    m.write(i.operands[0], (total + c).astype(np.int64).astype(np.uint32))


def count(compute):
    def handler(m, i):
        only(i)
        (a,) = sources(m, i, kind_of(i), 1)
        m.write(i.operands[0], compute(a).astype(np.uint32))

    return handler


def leading_zeros(a):
    width = a.dtype.itemsize * 8
    result, left = np.full(a.shape, width), a.astype(np.uint64)
    for n in range(width):
        result = np.where(left >> np.uint64(width - 1 - n) & 1, np.minimum(result, n), result)
    return result


def reverse(a):
    width = a.dtype.itemsize * 8
    result = np.zeros_like(a)
    for n in range(width):
        result |= (a >> a.dtype.type(n) & a.dtype.type(1)) << a.dtype.type(width - 1 - n)
    return result


ORDERS = {"eq": np.equal, "ne": np.not_equal, "lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal,
          "lo": np.less, "ls": np.less_equal, "hi": np.greater, "hs": np.greater_equal}
COMBINE = {"and": np.logical_and, "or": np.logical_or, "xor": np.logical_xor}


def compare(m, i):
    kind = kind_of(i)
    last = len(i.operands) - len(combined(i))
    a, b = (m.read(o, kind, i.line) for o in i.operands[last - 2 : last])
    name = i.flags[0]
    known = {name, "ftz", kind, *COMBINE}
    if set(i.flags) - known:
        raise Error(f"'{i.text()}' is unknown", i.line)
    if kind in FLOATS:
        if "ftz" in i.flags:
            a, b = flush(a), flush(b)
        unordered = np.isnan(a) | np.isnan(b)
        if name in ("num", "nan"):
            result = unordered == (name == "nan")
        elif name.endswith("u"):
            result = ORDERS[name[:-1]](a, b) | unordered
        else:
            result = ORDERS[name](a, b) & ~unordered
    else:
        result = ORDERS[name](a, b)
    result = np.asarray(result)
    second = ~result
    for flag in combined(i):
        other = m.read(i.operands[-1], "pred", i.line)
        result, second = COMBINE[flag](result, other), COMBINE[flag](second, other)
    m.write(i.operands[0], result)
    if last == 4:
        m.write(i.operands[1], second)


def combined(i):
    return [flag for flag in i.flags if flag in COMBINE]


def select(m, i):
    kind = kind_of(i)
    a, b = (m.read(o, kind, i.line) for o in i.operands[1:3])
    m.write(i.operands[0], np.where(m.read(i.operands[3], "pred", i.line), a, b))


def move(m, i):
    kind = kind_of(i)
    target, source = i.operands
    if isinstance(source, Vector):
        width = bits(kind) // len(source.parts)
        value = np.zeros(1, np.uint64)
        for n, part in enumerate(source.parts):
            value = value | m.read(part, f"u{width}", i.line).astype(np.uint64) << np.uint64(n * width)
        return m.write(target, value.astype(f"u{bits(kind) // 8}"))
    value = m.read(source, kind, i.line)
    if isinstance(target, Vector):
        width = bits(kind) // len(target.parts)
        value = value.view(f"u{bits(kind) // 8}").astype(np.uint64)
        for n, part in enumerate(parts(target)):
            m.write(part, (value >> np.uint64(n * width)).astype(f"u{width // 8}"))
        return None
    return m.write(target, value)


def to_address(m, i):
    """cvta: generic addresses are those of the windows of memory.py."""
    source = i.operands[1]
    value = m.read(source.base if isinstance(source, Address) else source, "u64", i.line)
    window = np.uint64({"shared": SHARED_BASE, "local": LOCAL_BASE}.get(i.flags[-2], 0))
    only(i, "to", "shared", "local", "global", "const", "param")
    m.write(i.operands[0], value - window if "to" in i.flags else value + window)


HANDLERS = {
    "add": binary(lambda a, b: a + b), "sub": binary(lambda a, b: a - b), "mul": multiply, "mad": multiply,
    "mul24": multiply24, "mad24": multiply24, "div": divide, "rem": divide,
    "min": binary(np.minimum), "max": binary(np.maximum), "neg": unary(lambda a: 0 - a), "abs": unary(np.abs),
    "and": binary(lambda a, b: a & b), "or": binary(lambda a, b: a | b), "xor": binary(lambda a, b: a ^ b),
    "not": unary(lambda a: ~a), "shl": shift, "shr": shift, "shf": funnel, "bfe": extract, "bfi": insert, "lop3": logic,
    "prmt": permute, "dp4a": dot4, "popc": count(np.bitwise_count), "clz": count(leading_zeros), "brev": unary(reverse),
    "setp": compare, "selp": select, "mov": move, "cvta": to_address,
}
