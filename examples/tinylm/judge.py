"""What a language model is worth: perplexity, distance to the float model, the text it writes."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import numpy as np
from tokenizers import Tokenizer

from dlpack import Library

WINDOW = 256


@dataclass
class Verdict:
    perplexity: float
    # Kullback-Leibler divergence from the float model's predictions, in nats per token.
    kl: float
    # Share of positions where the likeliest token is the float model's.
    agreement: float
    # Of processor time.
    tokens_per_second: float


def log_softmax(logits: np.ndarray) -> np.ndarray:
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True, dtype=np.float64)).astype(np.float32)


class Judge:
    """`extra`: the arguments that are neither weights nor tokens (rotary frequencies)."""

    def __init__(self, model: Path, extra: list[np.ndarray], threads: int, windows: int | None):
        self.tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
        self.extra = extra
        self.threads = threads
        tokens = np.array(self.encode((model / "eval.txt").read_text(encoding="utf-8")), np.int64)
        # Full windows without overlap; what is left over at the end is not used.
        self.windows = tokens[: len(tokens) // WINDOW * WINDOW].reshape(-1, 1, WINDOW)[:windows]
        # The float model's log probabilities for each window.
        self.reference: list[np.ndarray] = []

    def encode(self, text: str) -> list[int]:
        return self.tokenizer.encode(text, add_special_tokens=False).ids

    def logits(self, library: Library, tokens: np.ndarray) -> np.ndarray:
        """[tokens, vocabulary]"""
        return library(*self.extra, tokens)[0]

    def evaluate(self, library: Library, advance: Callable[[], None]) -> Verdict:
        """The first library judged is the float model, which the others are compared with."""
        is_reference = not self.reference

        def judge(index: int):
            tokens = self.windows[index]
            # Of this thread, which computes all of it: others on the machine do not count.
            begin = time.thread_time()
            logits = self.logits(library, tokens)
            seconds = time.thread_time() - begin
            # Position i predicts token i + 1.
            ours = log_softmax(logits[:-1])
            loss = -ours[np.arange(WINDOW - 1), tokens[0, 1:]].sum(dtype=np.float64)
            theirs = ours if is_reference else self.reference[index]
            kl = np.sum(np.exp(theirs) * (theirs - ours), dtype=np.float64)
            same = np.sum(theirs.argmax(axis=-1) == ours.argmax(axis=-1))
            return loss, kl, same, seconds, ours

        results = []
        # The windows do not depend on one another: each core takes its own.
        with ThreadPoolExecutor(self.threads) as pool:
            for result in pool.map(judge, range(len(self.windows))):
                results.append(result[:-1])
                if is_reference:
                    self.reference.append(result[-1])
                advance()
        loss, kl, same, seconds = np.sum(results, axis=0)
        predictions = len(self.windows) * (WINDOW - 1)
        return Verdict(float(np.exp(loss / predictions)), kl / predictions, same / predictions,
                       len(self.windows) * WINDOW / seconds)

    def write(self, library: Library, prompt: str, count: int) -> str:
        """`prompt` and the `count` tokens that are the likeliest each, one after the other."""
        tokens = self.encode(prompt)
        for _ in range(count):
            logits = self.logits(library, np.array([tokens], np.int64))
            tokens.append(int(logits[-1].argmax()))
        return self.tokenizer.decode(tokens)
