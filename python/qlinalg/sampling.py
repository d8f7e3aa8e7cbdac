"""Which token comes next: greedy, or drawn from what temperature, top-k and top-p leave."""

import dataclasses

import numpy as np

from .errors import Error


@dataclasses.dataclass(frozen=True)
class Sampling:
    """temperature         0 takes the likeliest; else logits are divided by it
    top_k               only the k likeliest; 0 for all
    top_p               only the likeliest whose probabilities add to p (nucleus, arXiv 1904.09751)
    repetition_penalty  logits of tokens that were there are divided by it where positive, else multiplied (CTRL, arXiv 1909.05858)
    seed                the same text for the same seed; None for another one each time
    """

    temperature: float = 0.0
    top_k: int = 0
    top_p: float = 1.0
    repetition_penalty: float = 1.0
    seed: int | None = 0

    def __post_init__(self):
        for name, good, what in (("temperature", 0 <= self.temperature < np.inf, "0 or more"), ("top_k", self.top_k >= 0, "0 or more"),
                                 ("top_p", 0 < self.top_p <= 1, "above 0 and at most 1"),
                                 ("repetition_penalty", 0 < self.repetition_penalty < np.inf, "above 0")):
            if not good:
                raise Error(f"expected {name} to be {what}, got {getattr(self, name)}")

    def generators(self, texts):
        """One for each text, so that a text does not depend on which others are in its batch."""
        return [np.random.default_rng(self.seed) for _ in range(texts)]

    def choose(self, logits, seen, generator):
        """A token by `logits` [vocabulary], after the tokens `seen`."""
        if not np.isfinite(logits).any():
            raise Error("expected finite logits, got none: a weight or an activation is not a number")
        if self.repetition_penalty != 1.0 and len(seen):
            logits = logits.copy()
            own = np.unique(np.asarray(seen))
            logits[own] = np.where(logits[own] > 0, logits[own] / self.repetition_penalty, logits[own] * self.repetition_penalty)
        if self.temperature == 0:
            return int(logits.argmax())
        tokens, shares = self.candidates(logits)
        return int(tokens[np.searchsorted(np.cumsum(shares), generator.random() * shares.sum(), side="right").clip(max=len(tokens) - 1)])

    def candidates(self, logits):
        """(tokens, probabilities) that may be drawn, the likeliest first; of equals the smaller token."""
        scaled = logits.astype(np.float64) / self.temperature
        order = np.argsort(-scaled, kind="stable")
        if self.top_k:
            order = order[: self.top_k]
        shares = np.exp(scaled[order] - scaled[order[0]])
        shares /= shares.sum()
        if self.top_p < 1:
            # The one that crosses p stays.
            count = int(np.searchsorted(np.cumsum(shares), self.top_p)) + 1
            order, shares = order[:count], shares[:count]
        return order, shares / shares.sum()
