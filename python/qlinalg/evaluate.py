"""What a language model is worth on a text: perplexity, distance to another model, and the error of each layer."""

import dataclasses
import math

import numpy as np

from .errors import Error
from .tokenizer import load_tokenizer


@dataclasses.dataclass(frozen=True)
class Distance:
    """Per predicted token: `kl`, the Kullback-Leibler divergence from the reference in nats, `top1`, how often both find the same token likeliest,
    and the perplexities of both."""

    kl: float
    top1: float
    perplexity: float
    reference_perplexity: float
    tokens: int


def windows(count, length, stride):
    """(begin, end, first predicted position) over `count` tokens: each token but the first is predicted once, with at least `length - stride`
    tokens before it where there are so many."""
    if not 1 <= stride <= length:
        raise Error(f"expected a stride from 1 to the window's {length} tokens, got {stride}")
    done, parts = 1, []
    for begin in range(0, count, stride):
        end = min(begin + length, count)
        if end > done:
            parts.append((begin, end, done))
        done = max(done, end)
        if end == count:
            break
    return parts


def log_shares(logits):
    """Logarithms of probabilities along the last axis, f64."""
    shifted = logits.astype(np.float64) - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def _tokens(model, text, tokenizer):
    tokens = (tokenizer or load_tokenizer(model)).encode(text).ids if isinstance(text, str) else list(text)
    if len(tokens) < 2:
        raise Error(f"expected a text of at least two tokens, got {len(tokens)}")
    return np.asarray(tokens, np.int64)


def _predictions(model, tokens, length, stride, label):
    """(log probabilities [n, vocabulary], the tokens [n] that came) of each window."""
    from .progress import track

    length = length or min(model.source.config.get("context") or 512, 512)
    stride = stride or length
    for begin, end, first in track(windows(len(tokens), length, stride), label):
        logits = model.call("main", tokens[None, begin:end])[0]
        # The logits at a position predict the next one.
        places = np.arange(max(first, begin + 1), end)
        yield log_shares(logits[places - 1 - begin]), tokens[places], (begin, end, places)


def perplexity(model, text, stride=None, *, length=None, tokenizer=None):
    """exp of the mean negative log likelihood of `text` (a string or tokens), predicted in windows of `length` tokens (512, or the model's
    context) that move by `stride` (default: `length`, without overlap); a smaller stride gives each token more before it and takes longer."""
    total = count = 0
    for shares, came, _ in _predictions(model, _tokens(model, text, tokenizer), length, stride, "perplexity"):
        total -= float(shares[np.arange(len(came)), came].sum())
        count += len(came)
    return math.exp(total / count)


def distance(model, reference, text, stride=None, *, length=None, tokenizer=None):
    """How far `model` is from `reference`, window by window: a Distance."""
    tokens = _tokens(model, text, tokenizer)
    losses, kl, same, count = np.zeros(2), 0.0, 0, 0
    length = length or min(model.source.config.get("context") or 512, 512)
    for ours, came, (begin, end, places) in _predictions(model, tokens, length, stride, "distance"):
        theirs = log_shares(reference.call("main", tokens[None, begin:end])[0][places - 1 - begin])
        rows = np.arange(len(came))
        losses -= [ours[rows, came].sum(), theirs[rows, came].sum()]
        kl += float((np.exp(theirs) * (theirs - ours)).sum())
        same += int((ours.argmax(axis=-1) == theirs.argmax(axis=-1)).sum())
        count += len(came)
    return Distance(kl / count, same / count, *(float(value) for value in np.exp(losses / count)), count)
