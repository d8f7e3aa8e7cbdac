"""ld, st, atom, red and ldmatrix: every access checked, see memory.py and counters.py."""

import numpy as np

from .errors import Error
from .machine import parts
from .memory import GLOBAL_BASE, LOCAL_BASE, SHARED_BASE, gather, scatter
from .formats import DTYPES, is_type

SPACES = ("global", "shared", "local", "const", "param")
HINTS = ("nc", "volatile", "relaxed", "acquire", "release", "acq_rel", "weak", "cta", "cluster", "gpu", "sys", "ca", "cg", "cs",
         "lu", "cv", "wb", "wt", "L1::no_allocate", "L1::evict_last", "L1::evict_first", "L2::128B", "L2::256B", "L2::64B")
ATOMIC = ("relaxed", "acquire", "release", "acq_rel", "volatile")


def space_and_type(i):
    """(space or None for a generic address, number of elements, type)."""
    space, count, kind = None, 1, None
    for flag in i.flags:
        if flag.split("::")[0] in SPACES and flag.split("::")[-1] in (*SPACES, "cta"):
            space = flag.split("::")[0]
        elif flag in ("v2", "v4", "v8"):
            count = int(flag[1:])
        elif is_type(flag):
            kind = flag
        elif flag not in HINTS:
            raise Error(f"'{i.text()}' is unknown", i.line)
    if kind is None:
        raise Error(f"expected a type in '{i.text()}'", i.line)
    return space, count, kind


def locate(m, i, operand, space):
    """(space, addresses within it) of the threads that run."""
    _, addresses = m.addresses(operand, i.line)
    if space is not None:
        return space, addresses
    for name, base in ("global", GLOBAL_BASE), ("shared", SHARED_BASE), ("local", LOCAL_BASE):
        if (addresses >= base).all():
            return name, addresses if name == "global" else addresses - np.uint64(base)
    raise Error(f"generic address {int(addresses.min()):#x} is in no memory", i.line)


def shared_offsets(m, addresses, size, line, align=None):
    addresses = addresses.astype(np.int64)
    bad = addresses % (align or size) != 0
    if bad.any():
        raise Error(f"expected a shared address that is a multiple of {align or size}, got {int(addresses[np.argmax(bad)])}", line)
    bad = (addresses < 0) | (addresses + size > m.shared_size)
    if bad.any():
        raise Error(f"shared address {int(addresses[np.argmax(bad)])} ({size} bytes) is out of the block's {m.shared_size} bytes",
                    line)
    return addresses + m.block_of[m.active] * m.shared_size


def local_offsets(m, addresses, size, line):
    addresses = addresses.astype(np.int64)
    bad = (addresses % size != 0) | (addresses < 0) | (addresses + size > m.local_size)
    if bad.any():
        raise Error(f"local address {int(addresses[np.argmax(bad)])} ({size} bytes) is misaligned or out of bounds", line)
    return addresses + m.active * m.local_size


def count_shared(m, line, addresses, size):
    first = m.block_of[m.active] == 0
    if first.any():
        m.counters.add_shared(line, addresses.astype(np.int64)[first], m.warp_of[m.active][first], size)


def count_global(m, line, addresses, size):
    first = m.block_of[m.active] == 0
    if first.any():
        m.counters.add_global(line, addresses.astype(np.int64)[first], m.warp_of[m.active][first], size)


def read_shared(m, addresses, size, line, align=None):
    """Bytes [threads, size]."""
    offsets = shared_offsets(m, addresses, size, line, align)
    bad = ~(m.shared_written[offsets] & m.shared_written[offsets + size - 1])
    if bad.any():
        raise Error(f"shared address {int(addresses[np.argmax(bad)])} ({size} bytes) is read and was never written, or its "
                    "cp.async was not waited for", line)
    m.shared_shadow.read(offsets, size, m.thread[m.active], m, line, "shared")
    count_shared(m, line, addresses, size)
    return gather(m.shared, offsets, size)


def write_shared(m, addresses, values, line):
    size = values.shape[1]
    offsets = shared_offsets(m, addresses, size, line)
    m.shared_shadow.write(offsets, size, m.thread[m.active], m, line, "shared")
    count_shared(m, line, addresses, size)
    scatter(m.shared, offsets, values)
    m.shared_written[(offsets[:, None] + np.arange(size)).ravel()] = True


def read_global(m, addresses, size, line, is_atomic=False):
    memory = m.device.memory
    offsets = memory.offsets(addresses, size, line)
    memory.check_written(offsets, size, line)
    if not is_atomic:
        memory.shadow.read(offsets, size, m.thread[m.active], m, line, "global")
    count_global(m, line, addresses, size)
    return gather(memory.data, offsets, size)


def write_global(m, addresses, values, line, is_atomic=False):
    memory, size = m.device.memory, values.shape[1]
    offsets = memory.offsets(addresses, size, line)
    if not is_atomic:
        memory.shadow.write(offsets, size, m.thread[m.active], m, line, "global")
    count_global(m, line, addresses, size)
    scatter(memory.data, offsets, values)
    memory.written[(offsets[:, None] + np.arange(size)).ravel()] = True


def read_parameter(m, i, operand, size):
    name = getattr(operand.base, "name", "")
    if name not in m.parameters:
        raise Error(f"expected a parameter of the kernel, got '{name}'", i.line)
    data = m.parameters[name]
    if operand.offset % size or operand.offset + size > len(data):
        raise Error(f"bytes {operand.offset} to {operand.offset + size} of {name} are misaligned or out of its {len(data)}", i.line)
    return np.broadcast_to(data[operand.offset : operand.offset + size], (len(m.active), size))


def load(m, i):
    space, count, kind = space_and_type(i)
    width = DTYPES[kind].itemsize
    size, operand = count * width, i.operands[1]
    if space == "param":
        data = read_parameter(m, i, operand, size)
    else:
        space, addresses = locate(m, i, operand, space)
        if space == "shared":
            data = read_shared(m, addresses, size, i.line)
        elif space == "local":
            data = gather(m.local, local_offsets(m, addresses, size, i.line), size)
        else:
            data = read_global(m, addresses, size, i.line, bool(set(i.flags) & set(ATOMIC)))
    values = np.ascontiguousarray(data).view(DTYPES[kind])
    for n, target in enumerate(parts(i.operands[0])):
        put(m, target, values[:, n])


def put(m, target, values):
    """One value for each thread that runs."""
    full = np.zeros(m.threads, values.dtype)
    full[m.active] = values
    m.write(target, full)


def get(m, source, kind, line):
    values = m.read(source, kind, line)
    return np.broadcast_to(values, m.threads)[m.active] if len(values) == 1 else values[m.active]


def store(m, i):
    space, count, kind = space_and_type(i)
    columns = [get(m, source, kind, i.line) for source in parts(i.operands[1])]
    if len(columns) != count:
        raise Error(f"expected {count} values of '{i.text()}', got {len(columns)}", i.line)
    values = np.ascontiguousarray(np.stack(columns, 1)).view(np.uint8).reshape(len(m.active), -1)
    space, addresses = locate(m, i, i.operands[0], space)
    if space == "shared":
        write_shared(m, addresses, values, i.line)
    elif space == "local":
        scatter(m.local, local_offsets(m, addresses, values.shape[1], i.line), values)
    elif space == "global":
        write_global(m, addresses, values, i.line, bool(set(i.flags) & set(ATOMIC)))
    else:
        raise Error(f"'{i.text()}' is unknown", i.line)


UPDATES = {
    "add": lambda old, b: old + b, "min": min, "max": max, "and": lambda old, b: old & b, "or": lambda old, b: old | b,
    "xor": lambda old, b: old ^ b, "exch": lambda old, b: b,
}


def atomic(m, i):
    """One thread after the other, in their order: a chip's order may differ."""
    flags = [flag for flag in i.flags if flag not in UPDATES and flag not in ("cas", "noftz")]
    update = next((flag for flag in i.flags if flag in UPDATES or flag == "cas"), None)
    if update is None:
        raise Error(f"'{i.text()}' is unknown", i.line)
    i_flags = type(i)(i.name, tuple(flags), i.operands, i.guard, i.line)
    space, count, kind = space_and_type(i_flags)
    if count != 1:
        raise Error(f"'{i.text()}' is unknown", i.line)
    operands = i.operands if i.name == "red" else i.operands[1:]
    space, addresses = locate(m, i, operands[0], space)
    size, dtype = DTYPES[kind].itemsize, DTYPES[kind]
    if space == "shared":
        offsets, memory, written = shared_offsets(m, addresses, size, i.line), m.shared, m.shared_written
    else:
        offsets, memory = m.device.memory.offsets(addresses, size, i.line), m.device.memory.data
        written = m.device.memory.written
        count_global(m, i.line, addresses, size)
    if not written[offsets].all():
        raise Error("an atomic operation reads memory that was never written", i.line)
    cells = memory.view(dtype) if dtype.kind != "V" else memory.view("u2").view(dtype)
    sources = [get(m, source, kind, i.line) for source in operands[1:]]
    olds = np.empty(len(offsets), dtype)
    with np.errstate(all="ignore"):
        for n, at in enumerate(offsets // size):
            old = olds[n] = cells[at]
            if update == "cas":
                cells[at] = sources[1][n] if old == sources[0][n] else old
            else:
                cells[at] = UPDATES[update](old, sources[0][n])
    if i.name == "atom":
        put(m, i.operands[0], olds)


def load_matrices(m, i):
    """ldmatrix.sync.aligned.m8n8.x1|x2|x4[.trans].shared.b16: lane l holds row l / 4, columns 2 (l % 4) and the next."""
    trans = "trans" in i.flags
    known = ("sync", "aligned", "m8n8", "shared", "shared::cta", "b16", "trans", "x1", "x2", "x4")
    if any(flag not in known for flag in i.flags):
        raise Error(f"'{i.text()}' is unknown", i.line)
    count = next(int(flag[1:]) for flag in i.flags if flag in ("x1", "x2", "x4"))
    m.whole_warps(0xFFFFFFFF, i.line)
    _, addresses = m.addresses(i.operands[1], i.line)
    warps = len(m.active) // 32
    of_warp = addresses.reshape(warps, 32)
    everyone = m.active
    targets = parts(i.operands[0])
    for n in range(count):
        # Lanes 8 n to 8 n + 7 give the rows' addresses; each row is read by the lane that gives it.
        rows = everyone.reshape(warps, 32)[:, 8 * n : 8 * n + 8].ravel()
        m.active = rows
        data = read_shared(m, of_warp[:, 8 * n : 8 * n + 8].ravel(), 16, i.line)
        m.active = everyone
        matrix = np.ascontiguousarray(data).view(np.uint16).reshape(warps, 8, 8)
        if trans:
            matrix = matrix.transpose(0, 2, 1)
        put(m, targets[n], np.ascontiguousarray(matrix).reshape(warps, -1).view(np.uint32).ravel())


HANDLERS = {"ld": load, "ldu": load, "st": store, "atom": atomic, "red": atomic, "ldmatrix": load_matrices}
