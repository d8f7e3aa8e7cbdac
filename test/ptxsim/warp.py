"""What lanes of a warp, and warps of a block, do together."""

import numpy as np

from .errors import Error
from .machine import WAITS
from .moves import get, put
from .parse import Immediate


def lanes_of_warps(m, values, fill=0):
    """[warps, 32] values of the lanes that run, `fill` for the others."""
    full = np.full(m.threads, fill, values.dtype)
    full[m.active] = values
    return full.reshape(-1, 32)


def runs(m):
    mask = np.zeros(m.threads, bool)
    mask[m.active] = True
    return mask.reshape(-1, 32)


def shuffle(m, i):
    """shfl.sync.MODE.b32 d[|p], a, b, c, members: the ISA's algorithm, lane by lane."""
    mode = i.flags[1]
    if i.flags[0] != "sync" or mode not in ("up", "down", "bfly", "idx") or i.flags[2:] != ("b32",):
        raise Error(f"'{i.text()}' is unknown", i.line)
    *targets, a, b, c, members = i.operands
    m.whole_warps(m.read(members, "u32", i.line), i.line)
    values = lanes_of_warps(m, get(m, a, "u32", i.line))
    lane = m.lane.reshape(-1, 32)
    b = lanes_of_warps(m, get(m, b, "u32", i.line).astype(np.int64)) & 31
    c = lanes_of_warps(m, get(m, c, "u32", i.line).astype(np.int64))
    segment, clamp = c >> 8 & 31, c & 31
    most = lane & segment | clamp & ~segment
    least = lane & segment
    source = {"up": lane - b, "down": lane + b, "bfly": lane ^ b, "idx": least | b & ~segment}[mode]
    inside = source >= most if mode == "up" else source <= most
    source = np.where(inside, source, lane)
    if not np.take_along_axis(runs(m), source, 1)[runs(m)].all():
        raise Error("a lane is read that does not run", i.line)
    put(m, targets[0], np.take_along_axis(values, source, 1).ravel()[m.active])
    if len(targets) > 1:
        m.write(targets[1], inside.ravel())


def vote(m, i):
    mode = i.flags[1]
    m.whole_warps(m.read(i.operands[2], "u32", i.line), i.line)
    chosen = lanes_of_warps(m, get(m, i.operands[1], "pred", i.line))
    running = runs(m)
    if mode == "ballot":
        bits = (chosen & running).astype(np.uint64) << np.arange(32, dtype=np.uint64)
        return m.write(i.operands[0], np.repeat(bits.sum(1).astype(np.uint32), 32))
    every, some = (chosen | ~running).all(1), (chosen & running).any(1)
    if mode not in ("all", "any", "uni"):
        raise Error(f"'{i.text()}' is unknown", i.line)
    return m.write(i.operands[0], np.repeat({"all": every, "any": some, "uni": every | ~some}[mode], 32))


def active_mask(m, i):
    bits = runs(m).astype(np.uint64) << np.arange(32, dtype=np.uint64)
    m.write(i.operands[0], np.repeat(bits.sum(1).astype(np.uint32), 32))


def reduce(m, i):
    """redux.sync of 32 bit integers over the lanes of the member mask."""
    _, what, kind = i.flags
    m.whole_warps(m.read(i.operands[2], "u32", i.line), i.line)
    values = get(m, i.operands[1], kind, i.line)
    limits = np.iinfo(values.dtype)
    neutral = {"add": 0, "min": limits.max, "max": limits.min, "and": -1 if limits.min else limits.max, "or": 0, "xor": 0}
    combine = {"add": np.add, "min": np.minimum, "max": np.maximum, "and": np.bitwise_and, "or": np.bitwise_or,
               "xor": np.bitwise_xor}
    if what not in combine:
        raise Error(f"'{i.text()}' is unknown", i.line)
    lanes = lanes_of_warps(m, values, neutral[what])
    m.write(i.operands[0], np.repeat(combine[what].reduce(lanes, 1).astype(values.dtype), 32))


def barrier(m, i):
    if i.flags[:1] == ("warp",):
        m.whole_warps(m.read(i.operands[0], "u32", i.line), i.line)
        m.warp_turn[np.unique(m.warp_of[m.active])] += 1
        return False
    if i.flags[0] != "sync" or set(i.flags) - {"sync", "aligned"} or len(i.operands) != 1 or i.operands[0] != Immediate(0):
        raise Error(f"'{i.text()}' is unknown: only barrier 0 of all threads", i.line)
    if len(m.active) == m.exists.sum():
        m.epoch += 1
        return False
    m.state[m.active] = WAITS
    return True


def fence(m, i):
    """Orders nothing here that atomic operations, which run one after the other, do not."""


HANDLERS = {"shfl": shuffle, "vote": vote, "activemask": active_mask, "redux": reduce, "bar": barrier, "barrier": barrier,
            "membar": fence, "fence": fence}
