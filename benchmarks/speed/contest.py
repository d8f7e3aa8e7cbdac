"""Contestants in turn on one problem, limits between them: medians, and medians of ratios of neighbours in time."""

import random
import time
from dataclasses import dataclass

import numpy as np

from problem import FAMILIES

SAMPLE_SECONDS = 0.004


@dataclass
class Spread:
    """The median, and the quarters around it."""

    median: float
    low: float
    high: float

    @staticmethod
    def of(values):
        low, median, high = np.percentile(values, (25, 50, 75))
        return Spread(float(median), float(low), float(high))


class Entry:
    """A contestant that was prepared, checked, and is timed."""

    def __init__(self, contestant, prepared, problem):
        self.contestant, self.prepared, self.problem = contestant, prepared, problem
        self.errors = {}
        self.repeats = {}
        self.seconds = {}  # of one matmul, a value a round

    def check(self, m):
        """Runs once; a result too far from float is an exception."""
        error = self.problem.error(m, self.prepared.result(m))
        limit = FAMILIES[self.contestant.family]
        if not error <= limit:
            raise ValueError(f"relative error {error:.3g} against float with {m} rows, expected at most {limit}")
        self.errors[m] = error

    def warm(self, m):
        self.prepared.run(m)
        start = time.perf_counter()
        self.prepared.run(m)
        self.repeats[m] = max(1, round(SAMPLE_SECONDS / (time.perf_counter() - start)))

    def sample(self, m):
        start = time.perf_counter()
        for _ in range(self.repeats[m]):
            self.prepared.run(m)
        seconds = time.perf_counter() - start
        self.seconds.setdefault(m, []).append(seconds / self.repeats[m] / self.prepared.copies)


def enter(contestants, problem, complain):
    """Prepares and checks; one that fails is left out with a line."""
    entries = []
    for contestant in contestants:
        try:
            entry = Entry(contestant, contestant.prepare(problem), problem)
            for m in problem.rows:
                entry.check(m)
            entries.append(entry)
        except Exception as error:  # whatever a peer raises
            complain(contestant, error)
    return entries


def compete(entries, limits, m, rounds):
    """Times all entries with m rows; gives for each limit its values, one a round."""
    for entry in entries:
        entry.warm(m)
    order = random.Random(m)
    measured = {limit: [] for limit in limits}
    turns = [(lambda e=e: e.sample(m)) for e in entries]
    turns += [(lambda limit=limit: measured[limit].append(limit.measure(1))) for limit in limits]
    for _ in range(rounds):
        order.shuffle(turns)
        for turn in turns:
            turn()
    return measured


def ratio(mine, other, m):
    """How many times as fast mine is, round by round."""
    return Spread.of(np.array(other.seconds[m]) / np.array(mine.seconds[m]))
