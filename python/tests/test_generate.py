"""Generation and evaluation: the demo model against NumPy, the rest by hand."""

import json
import math
import pathlib
from types import SimpleNamespace

import numpy as np
import pytest

import qlinalg
import reference_models
from qlinalg import Error, _native, evaluate
from qlinalg.generate import Cache, generate, stream
from qlinalg.sampling import Sampling
from qlinalg.tokenizer import TextStream, chat_prompt, load_tokenizer

TINYLM = pathlib.Path(__file__).parents[2] / "examples" / "tinylm"


@pytest.fixture(scope="module")
def model():
    return qlinalg.load(TINYLM)


@pytest.fixture(scope="module")
def reference():
    """Tokens to logits, by NumPy."""
    config = json.loads((TINYLM / "config.json").read_text())
    archive = _native.Archive([str(TINYLM / "model.safetensors")])
    weights = {name: archive.tensor(name)[0].astype(np.float64) for name, *_ in archive.tensors()}
    return lambda tokens: reference_models.gpt_neox(config, weights, np.asarray(tokens))


PROMPTS = ["And it came to pass", "In the beginning God"]


def test_greedy_is_what_numpy_finds(model, reference):
    """One text, then two of different lengths as a batch: each as if it were alone."""
    tokenizer = load_tokenizer(model)
    expected = []
    for prompt in PROMPTS:
        tokens = tokenizer.encode(prompt).ids
        begin = len(tokens)
        for _ in range(6):
            tokens.append(int(reference(tokens)[-1].argmax()))
        expected.append(tokens[begin:])
    alone = generate(model, PROMPTS[0], max_tokens=6)
    assert (alone.tokens, alone.ended) == (expected[0], "length")
    assert alone.text == tokenizer.decode(tokenizer.encode(PROMPTS[0]).ids + expected[0])[len(PROMPTS[0]) :]
    both = generate(model, PROMPTS, max_tokens=6)
    assert [one.tokens for one in both] == expected
    assert "".join(stream(model, PROMPTS[0], max_tokens=6)) == alone.text
    # The text ends before the stop, and before what could become one.
    stop = alone.text[3:6]
    ended = generate(model, PROMPTS[0], max_tokens=6, stop=[stop, "never there"])
    assert (ended.text, ended.ended) == (alone.text[: alone.text.index(stop)], "stop")


def test_seeds_give_the_same_text(model):
    options = {"max_tokens": 8, "temperature": 1.5, "top_p": 0.95}
    first = generate(model, PROMPTS[0], seed=1, **options).tokens
    assert generate(model, PROMPTS[0], seed=1, **options).tokens == first
    assert generate(model, PROMPTS[::-1], seed=1, **options)[1].tokens == first
    assert len({tuple(generate(model, PROMPTS[0], seed=seed, **options).tokens) for seed in range(4)}) == 4


def test_perplexity_is_what_numpy_finds(model, reference):
    """Windows of 16 tokens, 6 apart: each token predicted once, from what stands before it in its window."""
    tokens = load_tokenizer(model).encode((TINYLM / "eval.txt").read_text(encoding="utf-8")[:400]).ids[:33]
    loss = []
    for place in range(1, len(tokens)):
        begin = next(b for b in range(0, 33, 6) if place < b + 16)
        loss.append(-evaluate.log_shares(reference(tokens[begin:place]))[-1, tokens[place]])
    assert evaluate.perplexity(model, tokens, 6, length=16) == pytest.approx(math.exp(np.mean(loss)), rel=1e-5)
    same = evaluate.distance(model, model, tokens, 6, length=16)
    assert (same.kl, same.top1, same.tokens) == (0, 1, 32) and same.perplexity == same.reference_perplexity


def test_refuses(model):
    with pytest.raises(Error, match="max_tokens to be at least 1, got 0"):
        generate(model, "a", max_tokens=0)
    with pytest.raises(Error, match="fewer than 512 tokens.*got 600"):
        generate(model, [[1] * 600])
    with pytest.raises(Error, match="at least one token, got ''"):
        generate(model, "")
    with pytest.raises(Error, match="chat template, got none"):
        chat_prompt(model, [{"role": "user", "content": "x"}])
    with pytest.raises(Error, match="two tokens, got 1"):
        evaluate.perplexity(model, [1])
    with pytest.raises(Error, match="stride from 1 to the window's 16 tokens, got 17"):
        evaluate.perplexity(model, [1] * 40, 17, length=16)


def test_tokenizer_of_another_model(tmp_path):
    files = [TINYLM / "tokenizer.json"]
    with pytest.raises(Error, match="tokens below 7.*got 2047"):
        load_tokenizer(SimpleNamespace(source=SimpleNamespace(config={"vocabulary": 7}, files=files)))
    with pytest.raises(Error, match="tokenizer.json, got none"):
        load_tokenizer(SimpleNamespace(source=SimpleNamespace(config={}, files=[])))
    (tmp_path / "tokenizer.json").write_text('{"model": 3}')
    with pytest.raises(Error, match="expected a tokenizer, got"):
        load_tokenizer(SimpleNamespace(source=SimpleNamespace(config={}, files=[tmp_path / "tokenizer.json"])))


# Without a model.


class Bytes:
    """A tokenizer whose tokens are bytes."""

    def decode(self, tokens):
        return bytes(tokens).decode("utf-8", errors="replace")


def test_text_comes_in_whole_characters():
    data = "añ€ 😀!".encode() * 12
    text = TextStream(Bytes())
    pieces = [text.add(byte) for byte in data]
    assert "".join(pieces) + text.end() == data.decode()
    assert not any("\ufffd" in piece for piece in pieces)
    # A character that never becomes whole still comes out at the end.
    text = TextStream(Bytes())
    assert [text.add(byte) for byte in b"a\xf0\x9f"] == ["a", "", ""] and text.end() == "\ufffd"


def test_stops_are_held_back():
    text = TextStream(Bytes(), ["END", "E.", ""])
    assert [text.add(byte) for byte in b"xEyENEND.z"] == ["x", "", "Ey", "", "", "EN", "", "", "", ""]
    assert text.stopped and text.end() == ""
    text = TextStream(Bytes(), ["END"])
    assert [text.add(byte) for byte in b"aEN"] == ["a", "", ""] and text.end() == "EN"


def test_candidates_by_hand():
    logits = np.log(np.array([0.1, 0.4, 0.2, 0.3]))
    tokens, shares = Sampling(temperature=1, top_k=2).candidates(logits)
    assert tokens.tolist() == [1, 3] and np.allclose(shares, [4 / 7, 3 / 7])
    # 0.4 + 0.3 do not reach 0.75, so the third stays.
    tokens, shares = Sampling(temperature=1, top_p=0.75).candidates(logits)
    assert tokens.tolist() == [1, 3, 2] and np.allclose(shares, [4 / 9, 3 / 9, 2 / 9])
    # Half the temperature squares the shares.
    tokens, shares = Sampling(temperature=0.5).candidates(logits)
    assert np.allclose(shares, np.array([16, 9, 4, 1]) / 30)


def test_draws_follow_the_shares():
    sampling, (generator,) = Sampling(temperature=1, seed=3), Sampling(seed=3).generators(1)
    logits = np.log(np.array([0.1, 0.6, 0.3]))
    counts = np.bincount([sampling.choose(logits, [], generator) for _ in range(3000)], minlength=3)
    # Five standard deviations of a count of 3000 draws are at most 137.
    assert np.all(np.abs(counts - 3000 * np.exp(logits)) < 137)


def test_repetition_and_greedy():
    logits = np.array([2.0, 1.9, -1.0])
    assert Sampling().choose(logits, [0], None) == 0
    assert Sampling(repetition_penalty=1.2).choose(logits, [0, 0], None) == 1
    # A negative logit is multiplied: it becomes smaller too.
    assert Sampling(repetition_penalty=2.0).choose(np.array([-1.0, -1.5]), [0], None) == 1
    assert logits.tolist() == [2.0, 1.9, -1.0]
    with pytest.raises(Error, match="finite logits"):
        Sampling().choose(np.array([np.nan, np.nan]), [], None)


@pytest.mark.parametrize("options, words", [({"temperature": -1}, "temperature"), ({"top_p": 0}, "top_p"), ({"top_k": -1}, "top_k"),
                                            ({"repetition_penalty": 0}, "repetition_penalty"), ({"temperature": float("nan")}, "temperature")])
def test_refuses_sampling(options, words):
    with pytest.raises(Error, match=words):
        Sampling(**options)


def test_cache_grows():
    cache = Cache({"layers": 2, "cache_heads": 1, "head_size": 4}, 1, 3)
    for i in range(5):
        cache.add(np.full((2, 1, 1, 1, 4), i), np.full((2, 1, 1, 1, 4), -i))
    assert cache.length == 5 and cache.keys[1, 0, :5, 0, 0].tolist() == [0, 1, 2, 3, 4] and cache.values[0, 0, 4, 0, 3] == -4


def test_windows():
    assert evaluate.windows(10, 4, 4) == [(0, 4, 1), (4, 8, 4), (8, 10, 8)]
    assert evaluate.windows(10, 4, 2) == [(0, 4, 1), (2, 6, 4), (4, 8, 6), (6, 10, 8)]
    assert evaluate.windows(3, 4, 2) == [(0, 3, 1)]


def test_distance_by_hand():
    """Two models that always say the same: (0.5, 0.5) and (0.25, 0.75)."""
    def fake(*shares):
        return SimpleNamespace(source=SimpleNamespace(config={"context": 8}), call=lambda name, tokens: np.log(np.tile(shares, (1, tokens.shape[1], 1))))

    found = evaluate.distance(fake(0.25, 0.75), fake(0.5, 0.5), [0, 1, 0, 1, 1])
    assert found.kl == pytest.approx(0.5 * math.log(0.5 / 0.25) + 0.5 * math.log(0.5 / 0.75))
    assert found.reference_perplexity == pytest.approx(2) and found.perplexity == pytest.approx((0.25 * 0.75**3) ** -0.25)
    # The likeliest of (0.5, 0.5) is the first.
    assert (found.top1, found.tokens) == (0, 4)


def test_chat_template():
    template = "{% for m in messages %}<{{ m['role'] }}>{{ m.content }}{% endfor %}{% if add_generation_prompt %}<bot>{% endif %}"
    model = SimpleNamespace(source=SimpleNamespace(config={"chat_template": template}, files=[]))
    assert chat_prompt(model, [{"role": "user", "content": "hi"}]) == "<user>hi<bot>"
    for wrong in ("{% for %}", "{{ ''.__class__.__mro__ }}", "{{ raise_exception('no') }}"):
        model.source.config["chat_template"] = wrong
        with pytest.raises(Error):
            chat_prompt(model, [])


def test_error_of_each_layer_on_real_tokens():
    """Through the functions of layers: 16 Linears and the head, int8 a channel."""
    model = qlinalg.load(TINYLM)
    qlinalg.quantize(model, weights="int8")
    qlinalg.freeze(model)
    tokens = load_tokenizer(model).encode(PROMPTS[0]).ids
    sites = qlinalg.compare(model, data=[np.array([tokens])]).sites
    assert len(sites) == 17 and {"embed_out", "gpt_neox.layers.3.mlp.dense_4h_to_h"} <= {site["site"].removesuffix(".weight") for site in sites}
    # 127 steps to the greatest weight of a row: about 40 dB for normal numbers.
    assert all(30 < site["sqnr_db"] < 60 for site in sites)
