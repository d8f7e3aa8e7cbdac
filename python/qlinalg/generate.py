"""Text from a model with `prefill` and `decode`: one text or a batch, whole or token by token."""

import dataclasses

import numpy as np

from .errors import Error
from .sampling import Sampling
from .tokenizer import TextStream, load_tokenizer

# Places that a cache grows by.
STEP = 256


@dataclasses.dataclass(frozen=True)
class Generated:
    """`text` is what followed the prompt; `ended` says why it ends: "stop", "end" (the model's own token) or "length"."""

    text: str
    tokens: list
    ended: str


class Cache:
    """Keys and values [layers, texts, places, heads, size] of `length` positions; it grows when it is full."""

    def __init__(self, facts, texts, places):
        self.shape = facts["layers"], texts, facts["cache_heads"], facts["head_size"]
        self.length = 0
        self.keys, self.values = self._new(places), self._new(places)

    def _new(self, places):
        layers, texts, heads, size = self.shape
        return np.zeros((layers, texts, places, heads, size), np.float32)

    def add(self, keys, values):
        """What a call gave, behind what is there."""
        end = self.length + keys.shape[2]
        if end > self.keys.shape[2]:
            for name in ("keys", "values"):
                larger = self._new(-(-end // STEP) * STEP + STEP)
                larger[:, :, : self.length] = getattr(self, name)[:, :, : self.length]
                setattr(self, name, larger)
        self.keys[:, :, self.length : end] = keys
        self.values[:, :, self.length : end] = values
        self.length = end


class Session:
    """Texts that grow. `advance` takes tokens [texts, count] and gives logits [texts, vocabulary] of what follows."""

    def __init__(self, model, starts, places):
        missing = {"prefill", "decode"} - set(model.functions)
        if missing or "cache_heads" not in model.source.config:
            raise Error(f"expected a language model with functions prefill and decode, got {', '.join(model.functions)}")
        self.model, self.starts = model, np.asarray(starts, np.int64)
        self.cache = Cache(model.source.config, len(starts), places)

    def advance(self, tokens):
        # `decode` is compiled for one token of one text.
        function = "decode" if tokens.shape == (1, 1) else "prefill"
        cache = self.cache
        logits, keys, values = self.model.call(function, np.ascontiguousarray(tokens, np.int64), self.starts, np.int64(cache.length), cache.keys,
                                               cache.values)
        cache.add(keys, values)
        return logits


def encode_prompts(model, tokenizer, prompts):
    """Token lists; the model's first token before each where its files ask for it."""
    lists = [list(map(int, prompt)) if not isinstance(prompt, str) else tokenizer.encode(prompt).ids for prompt in prompts]
    first = model.source.config.get("bos_token_id")
    if model.source.config.get("add_bos") and first is not None:
        lists = [tokens if tokens[:1] == [first] else [first, *tokens] for tokens in lists]
    for tokens, prompt in zip(lists, prompts):
        if not tokens:
            raise Error(f"expected a prompt of at least one token, got {prompt!r}")
    return lists


def end_tokens(config):
    ends = config.get("eos_token_id")
    return set(ends if isinstance(ends, list) else [] if ends is None else [ends])


def stream(model, prompt, *, max_tokens=128, stop=(), tokenizer=None, **sampling):
    """Pieces of the text that follows `prompt` (a text or a list of tokens), each as soon as it is certain. `sampling`: see Sampling."""
    tokenizer = tokenizer or load_tokenizer(model)
    texts = _Texts(model, tokenizer, [prompt], max_tokens, stop, Sampling(**sampling))
    for pieces in texts.run():
        if pieces[0]:
            yield pieces[0]


def generate(model, prompts, *, max_tokens=128, stop=(), tokenizer=None, **sampling):
    """What follows `prompts`: a Generated for a text, a list of them for a list of texts, which then run as one batch.

    `max_tokens` new tokens at most, no more than the model's context holds; `stop` is a text or several that end it and are left out. `sampling`:
    temperature, top_k, top_p, repetition_penalty, seed (see Sampling); without them the likeliest token is taken.
    """
    tokenizer = tokenizer or load_tokenizer(model)
    single = isinstance(prompts, str)
    texts = _Texts(model, tokenizer, [prompts] if single else list(prompts), max_tokens, stop, Sampling(**sampling))
    pieces = [""] * len(texts.prompts)
    for new in texts.run():
        pieces = [piece + added for piece, added in zip(pieces, new)]
    results = [Generated(piece, tokens, ended) for piece, tokens, ended in zip(pieces, texts.tokens, texts.ended)]
    return results[0] if single else results


class _Texts:
    """A batch on its way."""

    def __init__(self, model, tokenizer, prompts, max_tokens, stop, sampling):
        if not prompts:
            raise Error("expected at least one prompt, got none")
        if max_tokens < 1:
            raise Error(f"expected max_tokens to be at least 1, got {max_tokens}")
        self.prompts = encode_prompts(model, tokenizer, prompts)
        self.length = max(map(len, self.prompts))
        context = model.source.config.get("context")
        if context is not None and self.length >= context:
            raise Error(f"expected a prompt of fewer than {context} tokens, the model's context, got {self.length}")
        self.steps = min(max_tokens, context - self.length) if context else max_tokens
        self.model, self.sampling, self.ends = model, sampling, end_tokens(model.source.config)
        self.streams = [TextStream(tokenizer, [stop] if isinstance(stop, str) else stop) for _ in prompts]
        self.tokens = [[] for _ in prompts]
        self.ended = [""] * len(prompts)

    def run(self):
        """For each step, what each text gained."""
        count = len(self.prompts)
        generators = self.sampling.generators(count)
        padded = np.zeros((count, self.length), np.int64)
        for row, tokens in zip(padded, self.prompts):
            row[self.length - len(tokens) :] = tokens
        session = Session(self.model, [self.length - len(tokens) for tokens in self.prompts], self.length + min(self.steps, STEP))
        logits = session.advance(padded)
        for step in range(self.steps):
            chosen = [0 if self.ended[i] else self.sampling.choose(logits[i], self.prompts[i] + self.tokens[i], generators[i]) for i in range(count)]
            yield [self._add(i, token, step + 1 == self.steps) for i, token in enumerate(chosen)]
            if all(self.ended):
                return
            logits = session.advance(np.array(chosen)[:, None])

    def _add(self, i, token, last):
        if self.ended[i]:
            return ""
        if token in self.ends:
            self.ended[i] = "end"
            return self.streams[i].end()
        self.tokens[i].append(token)
        piece = self.streams[i].add(token)
        if self.streams[i].stopped:
            self.ended[i] = "stop"
        elif last:
            self.ended[i] = "length"
            piece += self.streams[i].end()
        return piece
