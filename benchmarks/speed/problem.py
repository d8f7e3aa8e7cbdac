"""What all contestants compute: y = x W^T for a weight [N, K] and activations of several numbers of rows."""

import copy
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

import numpy as np

# Relative L2 error against float that each family may have on normal weights and activations. Rounding to b bits of a
# group of 32 gives about 2.1 / (sqrt(12) (2^(b-1) - 1)), 0.085 for 4 bits, three values about 0.8; int8 activations
# add 0.01; a result that is wrong has 1 or more.
FAMILIES = {
    "f32": 1e-3,
    "bf16": 0.01,
    "w8a8": 0.04,
    "w8": 0.04,
    "w4a8": 0.15,
    "w4": 0.15,
    "w2a8": 0.9,
}

# Up to here weights come from memory; with more rows each is read once in a long time.
COLD_ROWS = 16
MOST_COPIES = 256


@dataclass
class Problem:
    shape: tuple[int, int]  # N, K
    rows: list[int]
    cold_bytes: int  # what the copies of a weight hold together, at least, where they shall come from memory
    work: Path  # an empty folder for files, deleted afterwards
    threads: int = 1
    cold: bool = True
    weight: np.ndarray = field(init=False)
    inputs: dict[int, np.ndarray] = field(init=False)
    expected: dict[int, np.ndarray] = field(init=False)
    shared: dict = field(default_factory=dict)  # what contestants of one kind compute once
    closers: list[Callable[[], None]] = field(default_factory=list)  # that free what Python does not

    def __post_init__(self):
        n, k = self.shape
        random = np.random.default_rng(n + k)
        self.weight = random.standard_normal((n, k), np.float32) * np.float32(0.02)
        self.inputs = {m: random.standard_normal((m, k), np.float32) for m in self.rows}
        # The first rows say enough about errors.
        self.expected = {m: x[:8].astype(np.float64) @ self.weight.T for m, x in self.inputs.items()}

    def parts(self):
        """The same weight with few rows and many copies, and with many rows and one copy."""
        for cold in (True, False):
            part = copy.copy(self)
            part.rows, part.cold = [m for m in self.rows if (m <= COLD_ROWS) == cold], cold
            if part.rows:
                yield part

    def most_copies(self, size):
        """How many copies of a weight of `size` bytes fill `cold_bytes`, within reason for a tiny one."""
        needed = math.ceil(self.cold_bytes / size) if min(self.inputs) <= COLD_ROWS else 1
        return min(max(needed, 1), MOST_COPIES)

    def copies(self, size):
        return self.most_copies(size) if self.cold else 1

    def once(self, key, make):
        if key not in self.shared:
            self.shared[key] = make()
        return self.shared[key]

    def close(self):
        self.shared.clear()
        while self.closers:
            self.closers.pop()()

    def error(self, m, result):
        expected = self.expected[m]
        return float(np.linalg.norm(np.asarray(result, np.float64)[:8] - expected) / np.linalg.norm(expected))


@dataclass
class Prepared:
    """A contestant at its place: `run(m)` computes all copies with m rows, `result(m)` is one copy's result."""

    copies: int
    run: Callable[[int], None]
    result: Callable[[int], np.ndarray]


@dataclass(frozen=True)
class Contestant:
    name: str
    family: str
    prepare: Callable[[Problem], Prepared]
    bits: float  # stored per weight, scales included
    ours: bool = False
