"""Memories: bytes, which of them were written, and who touched them since the last barrier."""

import mmap

import numpy as np

from .errors import Error

GLOBAL_BASE = 0x7000_0000_0000
SHARED_BASE = 0x6000_0000_0000
LOCAL_BASE = 0x5000_0000_0000
RED_ZONE = 256  # bytes between allocations, so that one past the end is nobody's


def gather(data, offsets, size):
    """[n, size] bytes at `offsets`, multiples of `size`, of a flat array."""
    if size in (1, 2, 4, 8):
        return data.view(f"u{size}")[offsets // size].view(np.uint8).reshape(len(offsets), size)
    return data.view("u8").reshape(-1, size // 8)[offsets // size].view(np.uint8).reshape(len(offsets), size)


def scatter(data, offsets, values):
    size = values.shape[1]
    values = np.ascontiguousarray(values)
    if size in (1, 2, 4, 8):
        data.view(f"u{size}")[offsets // size] = values.view(f"u{size}")[:, 0]
    else:
        data.view("u8").reshape(-1, size // 8)[offsets // size] = values.view("u8")


class Shadow:
    """Who read and wrote each byte, and when: `epoch` counts the barriers of a block, and grows from launch to launch.

    Two accesses of one byte, one of them a write, by two threads of a block need a barrier between them, or a `bar.warp.sync`
    where the threads are of one warp; threads of two blocks may never meet.
    """

    def __init__(self, size):
        # Zeros, whose pages cost nothing until they are touched: epoch 0 is before the first launch.
        self.writer, self.write_epoch, self.write_turn = (np.zeros(size, np.int32) for _ in range(3))
        self.reader, self.read_epoch, self.read_turn = (np.zeros(size, np.int32) for _ in range(3))

    @staticmethod
    def bytes_of(offsets, size, *values):
        flat = (offsets[:, None] + np.arange(size)).ravel()
        return flat, *(np.repeat(v, size) for v in values)

    @staticmethod
    def meets(other, other_epoch, other_turn, who, machine):
        """Whether what `other` did is not ordered before what `who` does now.

        `other` is a thread, -1 for threads of several blocks, or -2 - b for several threads of block b.
        """
        live = (other_epoch >= machine.launch_epoch) & (other != who)
        if not live.any():
            return live
        block = who // machine.block_threads
        other_block = np.where(other >= 0, other // machine.block_threads, -2 - other)
        ordered = (block == other_block) & (other_epoch < machine.epoch[block - machine.first_block])
        same_warp = (other >= 0) & (who // 32 == other // 32)
        return live & ~ordered & ~(same_warp & (other_turn < machine.turn_of(who)))

    def read(self, offsets, size, who, machine, line, what):
        at, who = self.bytes_of(offsets, size, who)
        bad = self.meets(self.writer[at], self.write_epoch[at], self.write_turn[at], who, machine)
        if bad.any():
            i = int(np.argmax(bad))
            raise Error(f"thread {who[i]} reads {what} byte {at[i]}, which thread {self.writer[at[i]]} wrote without a "
                        "barrier between them", line)
        block = who // machine.block_threads
        epoch = machine.epoch[block - machine.first_block]
        before = np.where(self.read_epoch[at] >= machine.launch_epoch, self.reader[at], who)
        # Of this block's reads only those since its last barrier matter.
        old = np.where(before >= 0, before // machine.block_threads, -2 - before) == block
        before = np.where(old & (self.read_epoch[at] < epoch), who, before)
        self.reader[at] = who
        several = (self.reader[at] != who) | (before != who)
        self.reader[at[several]] = -2 - block[several]
        elsewhere = (self.reader[at] >= 0) & (self.reader[at] // machine.block_threads != block)
        elsewhere |= (self.reader[at] < -1) & (-2 - self.reader[at] != block)
        elsewhere |= np.where(before >= 0, before // machine.block_threads, -2 - before) != block
        self.reader[at[elsewhere]] = -1
        self.read_epoch[at] = epoch
        self.read_turn[at] = machine.turn_of(who)

    def write(self, offsets, size, who, machine, line, what):
        at, who = self.bytes_of(offsets, size, who)
        for other, epoch, turn, did in ((self.writer, self.write_epoch, self.write_turn, "wrote"),
                                        (self.reader, self.read_epoch, self.read_turn, "read")):
            bad = self.meets(other[at], epoch[at], turn[at], who, machine)
            if bad.any():
                i = int(np.argmax(bad))
                by = f"thread {other[at[i]]}" if other[at[i]] >= 0 else "other threads"
                raise Error(f"thread {who[i]} writes {what} byte {at[i]}, which {by} {did} without a barrier between them",
                            line)
        self.writer[at] = who
        if (self.writer[at] != who).any():
            i = int(np.argmax(self.writer[at] != who))
            raise Error(f"threads {who[i]} and {self.writer[at[i]]} write {what} byte {at[i]} in one instruction", line)
        self.write_epoch[at] = machine.epoch[who // machine.block_threads - machine.first_block]
        self.write_turn[at] = machine.turn_of(who)


class GlobalMemory:
    """Allocations in one arena, which may be a file that another process maps."""

    def __init__(self, size, path=None):
        self.size = size
        if path:
            with open(path, "r+b") as file:
                self.map = mmap.mmap(file.fileno(), size)
            self.data = np.frombuffer(self.map, np.uint8)
        else:
            self.data = np.zeros(size, np.uint8)
        self.owned = np.zeros(size, bool)
        self.written = np.zeros(size, bool)
        self.shadow = Shadow(size)
        self.top = RED_ZONE

    def allocate(self, size):
        offset = self.top
        self.top += -(-max(size, 1) // 256) * 256 + RED_ZONE
        if self.top > self.size:
            raise Error(f"expected at most {self.size} bytes of device memory, got {self.top}")
        self.claim(offset, size)
        return GLOBAL_BASE + offset

    def claim(self, offset, size):
        self.owned[offset : offset + size] = True
        self.written[offset : offset + size] = False

    def free(self, pointer, size):
        self.owned[pointer - GLOBAL_BASE : pointer - GLOBAL_BASE + size] = False

    def offsets(self, addresses, size, line):
        """Of addresses that must be whole accesses within one allocation."""
        offsets = addresses.astype(np.int64) - GLOBAL_BASE
        bad = offsets % size != 0
        if bad.any():
            raise Error(f"expected a global address that is a multiple of {size}, got {int(addresses[np.argmax(bad)]):#x}", line)
        bad = (offsets < 0) | (offsets + size > self.size)
        if not bad.any():
            bad = ~(self.owned[offsets] & self.owned[offsets + size - 1])
        if bad.any():
            raise Error(f"global address {int(addresses[np.argmax(bad)]):#x} ({size} bytes) is out of bounds", line)
        return offsets

    def check_written(self, offsets, size, line):
        bad = ~(self.written[offsets] & self.written[offsets + size - 1])
        if bad.any():
            address = GLOBAL_BASE + int(offsets[np.argmax(bad)])
            raise Error(f"global address {address:#x} ({size} bytes) is read and was never written", line)
