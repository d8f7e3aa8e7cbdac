"""What a launch cost, in the units of the hardware.

Accesses are counted in one block of each batch, the first; `blocks` says how many were counted. Per access of a warp:

* shared memory serves up to 128 bytes at once, from 32 banks of 4 bytes: a warp of 8 byte accesses takes two turns, of 16
  bytes four, a matrix of `ldmatrix` one. Different words of one bank take a turn each; what exceeds the least number is a
  conflict.
* global memory is read and written in sectors of 32 bytes.
"""

import collections

import numpy as np


class Counters:
    def __init__(self):
        self.instructions = collections.Counter()  # of warps, by name with flags
        self.conflicts = collections.Counter()  # turns beyond the least, by line
        self.sectors = collections.Counter()  # touched, by line
        self.ideal_sectors = collections.Counter()  # that the bytes asked for would fill, by line
        self.blocks = 0

    def count(self, pattern):
        """Instructions of warps whose text begins with `pattern`."""
        return sum(n for text, n in self.instructions.items() if text.startswith(pattern))

    def add_shared(self, line, addresses, warps, size):
        """Byte addresses of lanes of one block, the warp of each, bytes of each."""
        lanes = max(1, min(32, 128 // size))
        order = np.argsort(warps, kind="stable")
        addresses, warps = addresses[order], warps[order]
        first = np.searchsorted(warps, warps)
        turn = warps.astype(np.int64) * 32 + (np.arange(len(warps)) - first) // lanes
        words = addresses[:, None] // 4 + np.arange(max(1, size // 4))
        keys = np.unique((turn[:, None] << 32 | words).ravel())
        _, each = np.unique(keys >> 32 << 5 | (keys & 31), return_counts=True)
        banks = np.unique(keys >> 32 << 5 | (keys & 31)) >> 5
        turns, start = np.unique(banks, return_index=True)
        self.conflicts[line] += int(np.maximum.reduceat(each, start).sum()) - len(turns)

    def add_global(self, line, addresses, warps, size):
        sectors = np.unique(warps.astype(np.int64) << 48 | addresses >> 5)
        last = np.unique(warps.astype(np.int64) << 48 | (addresses + size - 1) >> 5)
        self.sectors[line] += len(np.union1d(sectors, last))
        asked = np.unique((warps.astype(np.int64)[:, None] << 48 | addresses[:, None] + np.arange(size)).ravel()) >> 48
        self.ideal_sectors[line] += int((-(-np.unique(asked, return_counts=True)[1] // 32)).sum())
