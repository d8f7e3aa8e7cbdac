"""Programs made of Hugging Face folders: against NumPy, against transformers where it is installed, and what is refused."""

import json
import pathlib
import shutil
import subprocess

import ml_dtypes
import numpy as np
import pytest

import reference_models
from qlinalg import Error, _native
from qlinalg.models import folder

TINYLM = pathlib.Path(__file__).parents[2] / "examples" / "tinylm"
LLAMA = {
    "architectures": ["MistralForCausalLM"], "model_type": "mistral", "vocab_size": 64, "hidden_size": 32, "intermediate_size": 48,
    "num_hidden_layers": 1, "num_attention_heads": 6, "num_key_value_heads": 2, "head_dim": 8, "rms_norm_eps": 1e-5, "hidden_act": "silu",
    "max_position_embeddings": 128, "rope_theta": 100.0, "tie_word_embeddings": True, "sliding_window": 6,
}


def write(path, config, weights):
    path.mkdir(exist_ok=True)
    (path / "config.json").write_text(json.dumps(config))
    writer = _native.ArchiveWriter(str(path / "model.safetensors"))
    for name, array in weights.items():
        if array.dtype == ml_dtypes.bfloat16:
            writer.add(name, array.view(np.uint16), "bf16")
        else:
            writer.add(name, array)
    writer.commit()
    return path


def llama_weights(config):
    draw, width, inner = np.random.default_rng(0), config["hidden_size"], config["intermediate_size"]
    queries, keys = (config[name] * config["head_dim"] for name in ("num_attention_heads", "num_key_value_heads"))
    shapes = {"model.embed_tokens": (config["vocab_size"], width), "model.norm": (width,)}
    for i in range(config["num_hidden_layers"]):
        name = f"model.layers.{i}"
        shapes |= {f"{name}.input_layernorm": (width,), f"{name}.post_attention_layernorm": (width,), f"{name}.self_attn.q_proj": (queries, width),
                   f"{name}.self_attn.k_proj": (keys, width), f"{name}.self_attn.v_proj": (keys, width), f"{name}.self_attn.o_proj": (width, queries),
                   f"{name}.mlp.gate_proj": (inner, width), f"{name}.mlp.up_proj": (inner, width), f"{name}.mlp.down_proj": (width, inner)}
    weights = {f"{name}.weight": (draw.standard_normal(shape) * 0.3 + (len(shape) == 1)).astype(np.float32) for name, shape in shapes.items()}
    # Files of two types of floats are common.
    name = "model.layers.0.mlp.up_proj.weight"
    weights[name] = weights[name].astype(ml_dtypes.bfloat16)
    return weights


@pytest.fixture(scope="module")
def llama(tmp_path_factory):
    """(folder, weights as f64)"""
    weights = llama_weights(LLAMA)
    path = write(tmp_path_factory.mktemp("llama"), LLAMA, weights)
    return path, {name: array.astype(np.float64) for name, array in weights.items()}


class Compiled:
    """A folder's program; `lowering` linalg is slower and sooner compiled."""

    def __init__(self, path, lowering="cpu", entries=()):
        self.source = folder.load(path)
        parameters = [str(file) for file in self.source.parameters]
        module = _native.Module.parse(self.source.module)
        self.program = _native.Program.compile(module, parameters, lowering=lowering, entries=list(entries))

    def __call__(self, entry, *arrays):
        dense = [np.ascontiguousarray(array) if array.ndim else array for array in arrays]
        results = [array for array, _ in self.program.call(entry, *dense)]
        return results[0] if len(results) == 1 else results

    def cache(self, texts, capacity):
        facts = self.source.config
        return np.zeros((facts["layers"], texts, capacity, facts["cache_heads"], facts["head_size"]), np.float32)


def error(found, expected):
    """Greatest difference, relative to the greatest number."""
    return np.abs(found - expected).max() / np.abs(expected).max()


# f32 sums of at most some hundred products against f64.
BOUND = 1e-5


def test_llama_prefill_and_decode(llama):
    """Texts of different lengths, padded on the left, in two pieces; then one token of one text."""
    path, weights = llama
    model = Compiled(path)
    draw = np.random.default_rng(1)
    tokens, starts = draw.integers(0, 64, (2, 12)), np.array([0, 3])
    wanted = [reference_models.llama(LLAMA, weights, row[start:]) for row, start in zip(tokens, starts)]
    assert error(model("main", tokens)[0], wanted[0]) < BOUND

    keys, values = model.cache(2, 16), model.cache(2, 16)
    for begin, end in ((0, 8), (8, 11)):
        logits, keys[:, :, begin:end], values[:, :, begin:end] = model("prefill", tokens[:, begin:end], starts, np.int64(begin), keys, values)
        for text in range(2):
            assert error(logits[text], wanted[text][end - 1 - starts[text]]) < BOUND
    for text in range(2):
        own = (cache[:, text : text + 1].copy() for cache in (keys, values))
        logits, _, _ = model("decode", tokens[text : text + 1, 11:], starts[text : text + 1], np.int64(11), *own)
        assert error(logits[0], wanted[text][-1]) < BOUND

    with pytest.raises(ValueError, match="from 0 to 63"):
        model("main", np.array([[64]]))
    with pytest.raises(ValueError, match="room"):
        model("prefill", tokens[:, :1], starts, np.int64(17), keys, values)


def test_demo_model():
    config = json.loads((TINYLM / "config.json").read_text())
    archive = _native.Archive([str(TINYLM / "model.safetensors")])
    weights = {name: archive.tensor(name)[0].astype(np.float64) for name, *_ in archive.tensors()}
    tokens = np.load(TINYLM / "tinylm.npz")["in54"][:, :24]
    found = Compiled(TINYLM, "linalg", ["main"])("main", tokens)
    assert error(found[0], reference_models.gpt_neox(config, weights, tokens[0])) < BOUND


def test_layers_are_named_and_verified(llama):
    source = folder.load(llama[0])
    names = {layer.name: layer for layer in source.layers}
    assert list(names)[0] == "model.embed_tokens" and len(names) == 11
    up = names["model.layers.0.mlp.up_proj"]
    assert (up.kind, up.in_features, up.out_features, up.weight) == ("Linear", 32, 48, "model.layers.0.mlp.up_proj.weight")
    # Every weight of the file is a parameter of the program.
    declared = {line.split('"')[1] if '"' in line else line.split("@")[1].split("(")[0] for line in source.module.splitlines() if "ml_program.global " in line}
    assert declared == set(llama[1])


# Against transformers: each architecture and its variants, with random weights.

PEER = pathlib.Path(__file__).with_name("make_transformers_models.py")


@pytest.fixture(scope="module")
def peers(tmp_path_factory, peer_python):
    """Folders that transformers wrote, with tokens and its results in `expected.npz`."""
    if not peer_python or subprocess.run([peer_python, "-c", "import transformers, torch"], capture_output=True).returncode:
        pytest.skip("transformers is not installed in build/venv-bench (make bench-peers)")
    path = tmp_path_factory.mktemp("transformers")
    done = subprocess.run([peer_python, PEER, path], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return path


@pytest.mark.parametrize("name", ["llama", "llama3", "linear", "yarn", "qwen2", "gpt_neox", "gpt2", "bert", "roberta"])
def test_transformers_gives_the_same(peers, name):
    expected = np.load(peers / name / "expected.npz")
    model = Compiled(peers / name, "linalg", ["main"])
    result = model("main", *(expected[f"in{i}"] for i in range(sum(key.startswith("in") for key in expected))))
    results = result if isinstance(result, list) else [result]
    for i, found in enumerate(results):
        shown = expected[f"shown{i}"]
        assert error(found[shown], expected[f"out{i}"][shown]) < 1e-4


# What is refused.


def changed(llama, tmp_path, **entries):
    path = shutil.copytree(llama[0], tmp_path / "changed")
    (path / "config.json").write_text(json.dumps({**LLAMA, **entries}))
    return path


@pytest.mark.parametrize("entries, words", [
    ({"architectures": ["FalconForCausalLM"]}, "'architectures'.*LlamaForCausalLM.*got FalconForCausalLM"),
    ({"architectures": None}, "got nothing"),
    ({"hidden_size": 40}, r"embed_tokens.weight' of shape \[64, 40\].*got \[64, 32\]"),
    ({"hidden_size": "32"}, "'hidden_size' to be a positive whole number, got '32'"),
    ({"vocab_size": -1}, "'vocab_size'.*got -1"),
    ({"num_hidden_layers": 2}, "expected a tensor 'model.layers.1.input_layernorm.weight', got 11 others.*model.layers.0.input_layernorm.weight"),
    ({"num_key_value_heads": 4}, "multiple of 'num_key_value_heads', got 6 and 4"),
    ({"rope_scaling": {"rope_type": "longrope"}}, "rope_type default, linear, llama3 or yarn, got 'longrope'"),
    ({"hidden_act": "mish"}, "activation function.*got 'mish'"),
    ({"rms_norm_eps": float("nan")}, "'rms_norm_eps' to be a finite number"),
    ({"layer_types": ["full_attention"] * 3}, "1 'layer_types'"),
])
def test_refuses_configurations(llama, tmp_path, entries, words):
    with pytest.raises(Error, match=words):
        folder.load(changed(llama, tmp_path, **entries))


def test_refuses_damaged_folders(llama, tmp_path):
    path = changed(llama, tmp_path)
    (path / "config.json").write_text('{"architectures": [')
    with pytest.raises(Error, match="config.json: expected JSON"):
        folder.load(path)
    (path / "config.json").write_text("[" * 100000)
    with pytest.raises(Error, match="config.json: expected JSON"):
        folder.load(path)
    (path / "config.json").write_text(json.dumps(LLAMA))
    data = (path / "model.safetensors").read_bytes()
    (path / "model.safetensors").write_bytes(data[:-8])
    with pytest.raises(Error, match="model.safetensors"):
        folder.load(path)
    (path / "model.safetensors").unlink()
    with pytest.raises(FileNotFoundError, match="expected model.safetensors.*found config.json"):
        folder.load(path)
    index = path / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"a": "one.safetensors", "b": "two.safetensors"}}))
    (path / "one.safetensors").write_bytes(data)
    with pytest.raises(FileNotFoundError, match="expected 2 shards beside it, missing two.safetensors"):
        folder.load(path)
    index.write_text('{"weight_map": [1]}')
    with pytest.raises(Error, match="expected an object with a 'weight_map'"):
        folder.load(path)


def test_loads_shards(llama, tmp_path):
    path = changed(llama, tmp_path)
    archive = _native.Archive([str(path / "model.safetensors")])
    names = [name for name, *_ in archive.tensors()]
    shards = {name: f"model-0000{i % 2 + 1}-of-00002.safetensors" for i, name in enumerate(names)}
    for shard in set(shards.values()):
        writer = _native.ArchiveWriter(str(path / shard))
        for name in names:
            if shards[name] == shard:
                array, kind = archive.tensor(name)
                writer.add(name, array, kind)
        writer.commit()
    (path / "model.safetensors").unlink()
    (path / "model.safetensors.index.json").write_text(json.dumps({"weight_map": shards}))
    source = folder.load(path)
    assert [file.name for file in source.parameters] == ["model.safetensors.index.json"]
    assert source.module == folder.load(llama[0]).module
