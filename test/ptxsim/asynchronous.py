"""cp.async: 4, 8 or 16 bytes from global to shared memory, there for the thread when its group is waited for.

Until then the bytes count as never written, and for races the copy is a write when it is issued and when it arrives.
"""

import numpy as np

from .errors import Error
from .memory import gather, scatter
from .moves import count_global, count_shared, get, shared_offsets
from .parse import Immediate


class Copies:
    """Of one launch: what is under way, and how many groups each thread has committed."""

    def __init__(self, threads):
        self.committed = np.zeros(threads, np.int64)
        self.pending = []  # (threads, offsets, bytes, group of each)


def copies_of(m):
    if not isinstance(m.groups, Copies):
        m.groups = Copies(m.threads)
    return m.groups


def copy(m, i):
    known = ("async", "ca", "cg", "shared", "shared::cta", "global", "L2::128B", "L2::256B", "L2::64B")
    if any(flag not in known for flag in i.flags):
        raise Error(f"'{i.text()}' is unknown", i.line)
    size = i.operands[2].value
    if size not in (4, 8, 16) or ("cg" in i.flags and size != 16):
        raise Error(f"expected cp.async of 4, 8 or 16 bytes (16 with .cg), got {size}", i.line)
    _, target = m.addresses(i.operands[0], i.line)
    _, source = m.addresses(i.operands[1], i.line)
    taken = get(m, i.operands[3], "u32", i.line) if len(i.operands) > 3 else np.full(len(m.active), size)
    if (taken > size).any():
        raise Error(f"expected at most {size} bytes to be read, got {int(taken.max())}", i.line)
    offsets = shared_offsets(m, target, size, i.line)
    # What is not read becomes 0; where nothing is read the address may be any.
    data = np.zeros((len(m.active), size), np.uint8)
    memory = m.device.memory
    for width in np.unique(taken):
        if width == 0:
            continue
        lanes = np.flatnonzero(taken == width)
        if (source[lanes] % size).any():
            raise Error(f"expected a global address that is a multiple of {size}", i.line)
        steps = int(width) & -int(width)
        for at in range(0, int(width), steps):
            part = memory.offsets(source[lanes] + np.uint64(at), steps, i.line)
            memory.check_written(part, steps, i.line)
            data[lanes, at : at + steps] = gather(memory.data, part, steps)
    if (taken > 0).any():
        everyone = m.active
        m.active = everyone[taken > 0]
        memory.shadow.read(memory.offsets(source[taken > 0], 4, i.line), 4, m.thread[m.active], m, i.line, "global")
        count_global(m, i.line, source[taken > 0], size)
        m.active = everyone
    m.shared_shadow.write(offsets, size, m.thread[m.active], m, i.line, "shared")
    m.shared_written[(offsets[:, None] + np.arange(size)).ravel()] = False
    count_shared(m, i.line, target, size)
    copies = copies_of(m)
    copies.pending.append((m.active, offsets, data, copies.committed[m.active]))


def commit(m, i):
    copies_of(m).committed[m.active] += 1


def wait(m, i, newest):
    """Of each thread that runs, all groups but the `newest` latest arrive; None: all copies, committed or not."""
    copies = copies_of(m)
    runs = np.zeros(m.threads, bool)
    runs[m.active] = True
    left = []
    for threads, offsets, data, group in copies.pending:
        arrives = runs[threads]
        if newest is not None:
            arrives = arrives & (group < copies.committed[threads] - newest)
        if arrives.any():
            size = data.shape[1]
            scatter(m.shared, offsets[arrives], data[arrives])
            m.shared_written[(offsets[arrives][:, None] + np.arange(size)).ravel()] = True
            m.shared_shadow.write(offsets[arrives], size, m.thread[threads[arrives]], m, i.line, "shared")
        if not arrives.all():
            left.append((threads[~arrives], offsets[~arrives], data[~arrives], group[~arrives]))
    copies.pending = left


def handle(m, i):
    if i.flags[:1] != ("async",):
        raise Error(f"'{i.text()}' is unknown", i.line)
    rest = i.flags[1:]
    if rest == ("commit_group",):
        commit(m, i)
    elif rest == ("wait_group",) and isinstance(i.operands[0], Immediate):
        wait(m, i, i.operands[0].value)
    elif rest == ("wait_all",):
        wait(m, i, None)
    else:
        copy(m, i)


HANDLERS = {"cp": handle}
