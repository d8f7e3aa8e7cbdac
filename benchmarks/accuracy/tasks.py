"""What networks are calibrated on and judged by: text for the language model, random rows for the blocks.

A task judges a function from an input to an output. What it is compared with is the network's graph, run in NumPy.
"""

import sys
from pathlib import Path
from typing import Callable

import numpy as np

from networks import TINYLM, Network

sys.path.insert(0, str(TINYLM))
from judge import WINDOW, Judge  # noqa: E402

Function = Callable[[np.ndarray], np.ndarray]


def spread(count: int, wanted: int) -> np.ndarray:
    """Indices of `wanted` of `count` things, evenly spaced."""
    return np.linspace(0, count - 1, min(count, wanted)).astype(int)


class Text:
    """Windows of 256 tokens. The first of eval.txt are for calibration, and no others of it are judged; if there is another
    `text`, windows of that, and all of eval.txt is judged."""

    HELD_APART = 30
    METRICS = {"perplexity": "{:.3f}", "change": "{:+.3%}", "kl": "{:.2e}", "agreement": "{:.2%}"}
    # What a method is better by if it is less.
    LOSS = "kl"

    def __init__(self, network: Network, text: Path | None, batches: int, windows: int | None, threads: int):
        self.network = network
        # The names of arguments differ from program to program: each function takes tokens alone.
        self.judge_of_text = Judge(TINYLM, [], threads, None)
        judge = self.judge_of_text
        if text:
            tokens = np.array(judge.encode(text.read_text(encoding="utf-8")), np.int64)
            candidates = tokens[: len(tokens) // WINDOW * WINDOW].reshape(-1, 1, WINDOW)
        else:
            candidates, judge.windows = np.split(judge.windows, [self.HELD_APART])
        self.batches = candidates[spread(len(candidates), batches)]
        judge.windows = judge.windows[spread(len(judge.windows), windows or len(judge.windows))]
        self.kind = "text"
        self.data = f"{len(self.batches)} windows of {text.name if text else 'eval.txt'}"
        self.judged = f"{len(judge.windows)} windows of eval.txt"
        self.float_perplexity = judge.evaluate(network.graph.run, lambda: None).perplexity

    def judge(self, function: Function) -> dict[str, float]:
        verdict = self.judge_of_text.evaluate(function, lambda: None)
        return {"perplexity": verdict.perplexity, "change": verdict.perplexity / self.float_perplexity - 1,
                "kl": verdict.kl, "agreement": verdict.agreement}


def normal(generator: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return generator.standard_normal(shape)


def outliers(generator: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Two channels 20 times as large, as between the layers of language models."""
    x = generator.standard_normal(shape)
    x[..., [5, 21]] *= 20
    return x


def tails(generator: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """The same with values of Student's t of 4 degrees of freedom: the greatest were never seen by a calibration."""
    x = generator.standard_t(4, shape)
    x[..., [5, 21]] *= 20
    return x


class Rows:
    """Random inputs of a block: some for calibration, others to be judged by."""

    METRICS = {"cosine": "{:.6f}", "sqnr_db": "{:.2f}"}
    # 1 - cosine. A few rows with the largest values make up most of the noise in sqnr_db; here each row counts the same.
    LOSS = "distance"

    def __init__(self, network: Network, distribution: Callable, batches: int, judged: int, seed: int):
        self.network = network
        shape = network.example.shape
        generator = np.random.default_rng(seed)
        self.batches = distribution(generator, (batches, *shape)).astype(np.float32)
        self.inputs = distribution(generator, (judged, *shape)).astype(np.float32)
        self.expected = self.run(network.graph.run)
        self.kind = distribution.__name__
        self.data = f"{batches} inputs, {self.kind}"
        self.judged = f"{judged} others"

    def run(self, function: Function) -> np.ndarray:
        """[rows, features]"""
        outputs = np.concatenate([function(x) for x in self.inputs])
        return outputs.reshape(-1, outputs.shape[-1]).astype(np.float64)

    def judge(self, function: Function) -> dict[str, float]:
        got, expected = self.run(function), self.expected
        cosines = np.sum(got * expected, 1) / np.linalg.norm(got, axis=1) / np.linalg.norm(expected, axis=1)
        noise = np.sum((got - expected) ** 2) / np.sum(expected**2)
        return {"cosine": float(cosines.mean()), "distance": float(1 - cosines.mean()),
                "sqnr_db": float(-10 * np.log10(noise)) if noise else np.inf}


DISTRIBUTIONS = [normal, outliers, tails]
