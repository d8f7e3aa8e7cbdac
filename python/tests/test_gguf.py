"""GGUF: blocks by hand and against the package `gguf`, hostile files, and models against the folders that they came from."""

import pathlib
import struct
import subprocess

import numpy as np
import pytest

import gguf_writer
import reference_models
import test_models
from qlinalg import Error, _native
from qlinalg.gguf import models
from qlinalg.gguf.blocks import TYPES
from qlinalg.gguf.reader import File

BLOCKS = {type.name: type for type in TYPES.values()}
ONE, TWO = np.float16(1).tobytes(), np.float16(2).tobytes()


def decode(name, data):
    return BLOCKS[name].decode(np.frombuffer(data, np.uint8).reshape(1, -1))[0]


def test_blocks_by_hand():
    assert decode("Q8_0", TWO + struct.pack("32b", *range(-16, 16))).tolist() == [2 * i for i in range(-16, 16)]
    # Byte i holds element i low and element i + 16 high.
    nibbles = bytes(i | (15 - i) << 4 for i in range(16))
    codes = [*range(16), *reversed(range(16))]
    assert decode("Q4_0", TWO + nibbles).tolist() == [2 * (q - 8) for q in codes]
    assert decode("Q4_1", TWO + ONE + nibbles).tolist() == [2 * q + 1 for q in codes]
    # Bit 0 and bit 31 of the fifth bits: the first and the last element.
    fifth = struct.pack("<I", 1 | 1 << 31)
    high = [16, *[0] * 30, 16]
    assert decode("Q5_0", TWO + fifth + nibbles).tolist() == [2 * (q + h - 16) for q, h in zip(codes, high)]
    assert decode("Q5_1", TWO + ONE + fifth + nibbles).tolist() == [2 * (q + h) + 1 for q, h in zip(codes, high)]
    assert decode("IQ4_NL", ONE + nibbles)[[0, 15, 16, 31]].tolist() == [-127, 113, 113, -127]
    assert decode("BF16", b"\x80\x3f").tolist() == [1] and decode("F16", TWO).tolist() == [2]


def test_blocks_of_256_by_hand():
    # Scales 1 to 8 and minimums 0, all below 16: four plain bytes, four of zeros, four nibbles.
    scales = bytes([1, 2, 3, 4, 0, 0, 0, 0, 5, 6, 7, 8])
    ones = decode("Q4_K", ONE + TWO + scales + bytes([0x31] * 128)).reshape(8, 32)
    assert np.array_equal(ones, np.array([1, 6, 3, 12, 5, 18, 7, 24])[:, None] * np.ones(32))
    # The upper bits of scale 4 and minimum 4 are those of bytes 0 and 4: 2 * 16 + 1 and 3 * 16 + 2.
    upper = bytes([2 << 6, 0, 0, 0, 3 << 6, 0, 0, 0, 2 << 4 | 1, 0, 0, 0])
    assert decode("Q4_K", ONE + ONE + upper + bytes([1] * 128)).reshape(8, 32)[4].tolist() == [33 - 50] * 32
    # Bit g of byte i is bit 4 of element i of group g.
    five = decode("Q5_K", ONE + ONE + scales + bytes([1 << 3] + [0] * 31) + bytes(128)).reshape(8, 32)
    assert five[3, 0] == 16 * 4 and np.count_nonzero(five) == 1
    # Codes of 6 bits less 32; scales of 16 elements each.
    six = decode("Q6_K", bytes([0x21] * 128) + bytes([0b11100100] * 64) + struct.pack("16b", *range(1, 17)) + ONE).reshape(2, 4, 2, 16)
    expected = np.array([1, 1 + 16, 2 + 32, 2 + 48])[:, None] - 32
    assert np.array_equal(six[..., 0], np.arange(1, 17).reshape(2, 4, 2) * expected)


def test_blocks_as_the_package_reads_them(tmp_path, peer_python):
    if not peer_python or subprocess.run([peer_python, "-c", "import gguf"], capture_output=True).returncode:
        pytest.skip("gguf is not installed in build/venv-bench (make bench-peers)")
    script = pathlib.Path(__file__).with_name("make_gguf_blocks.py")
    subprocess.run([peer_python, script, tmp_path / "blocks.npz"], check=True, capture_output=True)
    held = np.load(tmp_path / "blocks.npz")
    names = sorted({key.split(".")[0] for key in held})
    assert set(names) == set(BLOCKS) - {"F32"}
    for name in names:
        assert np.array_equal(BLOCKS[name].decode(held[f"{name}.blocks"]), held[f"{name}.floats"]), name


# Models.

CHARACTERS = [chr(c) for c in (*range(33, 127), *range(161, 173), *range(174, 256))] + [chr(256 + n) for n in range(68)]


def byte_tokens():
    """Byte-level BPE of 256 bytes, two merges and a control token."""
    tokens = [*CHARACTERS, "th", "the", "<|end|>"]
    return {"tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": "smollm", "tokenizer.ggml.tokens": tokens,
            "tokenizer.ggml.token_type": [1] * 258 + [3], "tokenizer.ggml.merges": ["t h", "th e"], "tokenizer.ggml.eos_token_id": 258,
            "tokenizer.chat_template": "{% for m in messages %}{{ m['content'] }}<|end|>{% endfor %}"}


LLAMA = {**test_models.LLAMA, "architectures": ["LlamaForCausalLM"], "vocab_size": 259, "num_attention_heads": 6, "head_dim": 8, "hidden_size": 48,
         "intermediate_size": 64}
LLAMA.pop("sliding_window")
METADATA = {"general.architecture": "llama", "llama.block_count": 1, "llama.context_length": 128, "llama.embedding_length": 48,
            "llama.feed_forward_length": 64, "llama.attention.head_count": 6, "llama.attention.head_count_kv": 2, "llama.rope.dimension_count": 8,
            "llama.rope.freq_base": 100.0, "llama.attention.layer_norm_rms_epsilon": 1e-5}
NAMES = {new: old for old, new in models.LLAMA.items()}


def llama_tensors(weights, kind=lambda name: "F32"):
    """As llama.cpp's converter writes them: the halves of a head of q and k interleaved."""
    tensors = {}
    for name, array in weights.items():
        stem = name.replace("layers.0", "layers.#").removesuffix(".weight")
        if stem.endswith(("q_proj", "k_proj")):
            heads = 6 if stem.endswith("q_proj") else 2
            array = array.reshape(heads, 2, 4, -1).swapaxes(1, 2).reshape(array.shape)
        own = NAMES[stem].replace("#", "0") + ".weight"
        tensors[own] = array, kind(own) if array.ndim == 2 else "F32"
    return tensors


@pytest.fixture(scope="module")
def weights():
    return {name: np.asarray(array, np.float32) for name, array in test_models.llama_weights(LLAMA).items()}


def run(source, tmp_path, tokens):
    writer = _native.ArchiveWriter(str(tmp_path / "w.safetensors"))
    for name, array in source.parameters.items():
        writer.add(name, array())
    writer.commit()
    program = _native.Program.compile(_native.Module.parse(source.module), [str(tmp_path / "w.safetensors")], lowering="linalg", entries=["main"])
    return program.call("main", tokens)[0][0]


def test_llama_in_a_file(weights, tmp_path):
    """Embeddings in Q8_0, f16 and floats; the tokenizer is that of the file."""
    path = tmp_path / "m.gguf"
    kinds = {"blk.0.ffn_down.weight": "Q8_0", "blk.0.ffn_gate.weight": "F16"}
    tensors = llama_tensors(weights, lambda name: kinds.get(name, "F32"))
    path.write_bytes(gguf_writer.gguf({**METADATA, **byte_tokens()}, tensors))
    source = models.load(path)
    stored = {**weights, "model.layers.0.mlp.gate_proj.weight": weights["model.layers.0.mlp.gate_proj.weight"].astype(np.float16)}
    stored["model.layers.0.mlp.down_proj.weight"] = File(path).tensors["blk.0.ffn_down.weight"].floats()
    tokens = np.random.default_rng(1).integers(0, 259, (1, 9))
    expected = reference_models.llama(LLAMA, {name: array.astype(np.float64) for name, array in stored.items()}, tokens[0])
    assert test_models.error(run(source, tmp_path, tokens)[0], expected) < test_models.BOUND
    assert source.config["eos_token_id"] == 258 and "messages" in source.config["chat_template"]

    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(source.files[0]))
    ids = tokenizer.encode("the 12<|end|>").ids
    # Bytes: a space is the 33rd of those without a letter of their own, digits stand alone.
    assert ids == [257, CHARACTERS.index("Ġ"), CHARACTERS.index("1"), CHARACTERS.index("2"), 258]
    assert tokenizer.decode(ids) == "the 12"


def test_rows_of_queries_keys_and_values():
    """GPT-NeoX: all queries, all keys, all values in the file; those of a head together here."""
    order = models.row_orders("gptneox", models.Config({"num_attention_heads": 2}, ""))[r"query_key_value\.(weight|bias)$"]
    assert order(np.arange(12)).tolist() == [0, 1, 4, 5, 8, 9, 2, 3, 6, 7, 10, 11]


def test_sentence_pieces(tmp_path):
    """The merge of the greatest score first: 'ab' before 'bc'; what has no token is bytes."""
    from qlinalg.gguf.tokens import read_tokenizer

    tokens = ["<unk>", "<s>", "a", "b", "c", "\u2581", "ab", "bc", "\u2581ab", *(f"<0x{i:02X}>" for i in range(256))]
    scores = [0.0, 0.0, -10.0, -11.0, -12.0, -13.0, -1.0, -2.0, -3.0] + [0.0] * 256
    metadata = {"general.architecture": "llama", "tokenizer.ggml.model": "llama", "tokenizer.ggml.tokens": tokens, "tokenizer.ggml.scores": scores,
                "tokenizer.ggml.token_type": [2, 3] + [1] * 7 + [6] * 256}
    (tmp_path / "t.gguf").write_bytes(gguf_writer.gguf(metadata, {}))
    tokenizer = read_tokenizer(File(tmp_path / "t.gguf"))
    assert tokenizer.encode("abc").tokens == ["\u2581ab", "c"]
    ids = tokenizer.encode("c\u00e9 ab").ids
    assert [tokens[i] for i in ids] == ["\u2581", "c", "<0xC3>", "<0xA9>", "\u2581ab"]
    assert tokenizer.decode(ids) == "c\u00e9 ab"


# Hostile files.


def test_every_cut_is_an_error(tmp_path, weights):
    """At each byte of a small file but what pads its end."""
    data = gguf_writer.gguf({"general.architecture": "llama", "a": [1, 2], "b": "c"}, {"token_embd.weight": (np.full((2, 32), 127, np.float32), "Q8_0")})
    path = tmp_path / "cut.gguf"
    # Two blocks of 34 bytes are padded to 96.
    data = data[: len(data) - 28]
    for size in range(len(data)):
        path.write_bytes(data[:size])
        with pytest.raises(Error, match="cut.gguf: expected"):
            File(path)
    path.write_bytes(data)
    assert File(path).tensors["token_embd.weight"].floats().tolist() == np.full((2, 32), 127).tolist()


def test_random_damage_never_does_more_than_raise(tmp_path):
    data = bytearray(gguf_writer.gguf({**METADATA, **byte_tokens()}, {"token_embd.weight": (np.ones((2, 32), np.float32), "Q8_0")}))
    draw, path = np.random.default_rng(0), tmp_path / "damaged.gguf"
    for _ in range(300):
        copy = bytearray(data)
        for at in draw.integers(0, len(data), 3):
            copy[at] = draw.integers(0, 256)
        path.write_bytes(copy)
        try:
            models.load(path)
        except Error:
            pass


def head(tensors=0, entries=0, rest=b"", version=3):
    return b"GGUF" + struct.pack("<IQQ", version, tensors, entries) + rest


def info(dims, kind=0, offset=0):
    return gguf_writer.text("t") + struct.pack(f"<I{len(dims)}QIQ", len(dims), *dims, kind, offset)


@pytest.mark.parametrize("data, words", [
    (b"GGML" + bytes(60), "the letters GGUF"),
    (head(version=9), "version 1, 2 or 3"),
    (b"GGUF" + struct.pack(">IQQ", 3, 0, 0), "little-endian"),
    (head(tensors=2**62), "number of tensors"),
    (head(entries=2**64 - 1), "number of entries"),
    (head(entries=1, rest=gguf_writer.text("k") + struct.pack("<IIQ", 9, 4, 2**63)), "number of elements"),
    (head(entries=1, rest=struct.pack("<Q", 2**64 - 8) + bytes(64)), "number of letters"),
    (head(entries=1, rest=gguf_writer.text("k") + struct.pack("<I", 9) + struct.pack("<IQ", 9, 1) * 9 + bytes(64)), "deep"),
    (head(tensors=1, rest=info([2**32, 2**32]) + bytes(64)), "bytes of tensor 't'"),
    (head(tensors=1, rest=info([4], offset=2**64 - 4) + bytes(64)), "bytes of tensor 't'"),
    (head(tensors=1, rest=info([4], kind=99) + bytes(64)), "type 99"),
    (head(tensors=1, rest=info([33], kind=8) + bytes(64)), "whole blocks of 32"),
    (head(tensors=1, rest=info([1] * 9) + bytes(64)), "at most 4 dimensions"),
    (head(tensors=2, rest=info([0]) * 2 + bytes(64)), "each tensor once"),
])
def test_refuses(tmp_path, data, words):
    (tmp_path / "bad.gguf").write_bytes(data)
    with pytest.raises(Error, match=words):
        File(tmp_path / "bad.gguf")


@pytest.mark.parametrize("changes, words", [
    ({"general.architecture": "mamba"}, "general.architecture.*got 'mamba'"),
    ({"llama.block_count": 2}, "model.layers.1"),
    ({"llama.embedding_length": 96}, r"of shape \[259, 96\]"),
    ({"tokenizer.ggml.model": "rwkv"}, "gpt2, llama or bert, got 'rwkv'"),
    ({"tokenizer.ggml.token_type": [1, 2]}, "a type each, got 259 and 2"),
    ({"tokenizer.ggml.merges": ["q zzz"]}, "parts fit"),
])
def test_refuses_models(tmp_path, weights, changes, words):
    (tmp_path / "bad.gguf").write_bytes(gguf_writer.gguf({**METADATA, **byte_tokens(), **changes}, llama_tensors(weights)))
    with pytest.raises(Error, match=words):
        models.load(tmp_path / "bad.gguf")
