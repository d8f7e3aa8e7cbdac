"""The five lines, and what can be asked of a model before and after each."""

import json
import os
import struct
import warnings

import numpy as np
import pytest

import qlinalg
from conftest import MODELS, TINYLM


def reference_int8(w):
    """Symmetric, a scale a row: interfaces' formula in NumPy."""
    scale = (np.abs(w).max(axis=1) / np.float32(127)).astype(np.float32)
    return np.clip(np.rint(w / scale[:, None]), -128, 127).astype(np.int8), scale


def test_five_lines(mlp, mlp_files, tmp_path):
    arrays = mlp_files[3]
    x = arrays["in5"]
    assert np.allclose(mlp(x), arrays["out0"], rtol=1e-4, atol=1e-5)
    weight = mlp["0"].weight
    assert np.array_equal(weight, arrays["in0"])

    qlinalg.quantize(mlp, weights="int8", activations=None)
    assert mlp.state == "quantized" and np.array_equal(mlp["0"].weight, weight)
    before = mlp(x)
    qlinalg.freeze(mlp)
    codes = mlp["0"].weight
    expected, scale = reference_int8(weight)
    assert codes.codes.dtype == np.int8
    assert np.array_equal(codes.codes, expected) and np.array_equal(codes.scales, scale)
    # The same codes, in code that adds in another order.
    assert np.allclose(mlp(x), before, rtol=1e-5, atol=1e-6)
    decoded = {name: mlp[name].weight.dequantize() for name in ("0", "2", "4")}
    assert np.array_equal(decoded["0"], expected.astype(np.float32) * scale[:, None])

    mlp.save(tmp_path / "saved")
    assert sorted(os.listdir(tmp_path / "saved")) == ["model.json", "model.mlir", "model.safetensors"]
    again = qlinalg.load(tmp_path / "saved")
    assert again.state == "frozen" and str(again) == str(mlp) and np.array_equal(again(x), mlp(x))
    # The file's format is open: names, and int8 codes as they are.
    archive = qlinalg._native.Archive([str(tmp_path / "saved" / "model.safetensors")])
    assert np.array_equal(archive.tensor("0.weight.codes")[0], expected)


def test_printed_tree(mlp):
    assert str(mlp) == """Model(
  (0): Linear(in_features=16, out_features=64, bias=True)
  (2): Linear(in_features=64, out_features=16, bias=False)
  (4): Linear(in_features=16, out_features=8, bias=True)
)"""
    qlinalg.quantize(mlp, weights="qint4", group=8, scales="f16", exclude="4")
    assert str(mlp) == """Model(
  (0): QLinear(in_features=16, out_features=64, bias=True, weights=int4 g8 f16)
  (2): QLinear(in_features=64, out_features=16, bias=False, weights=int4 g8 f16)
  (4): Linear(in_features=16, out_features=8, bias=True)
)"""


def test_equal_blocks_are_printed_once():
    text = qlinalg.layers.tree_text("M", [("h.0.fc", "Linear"), ("h.1.fc", "Linear"), ("h.2.fc", "QLinear"), ("out", "Linear")])
    assert text == """M(
  (h): ModuleList(
    (0-1): 2 x Module(
      (fc): Linear
    )
    (2): Module(
      (fc): QLinear
    )
  )
  (out): Linear
)"""


def test_sizes_by_module(mlp):
    sizes = mlp.size()
    assert sizes[""] == 4 * (64 * 16 + 64 + 16 * 64 + 8 * 16 + 8)
    assert sizes["0"] == 4 * (64 * 16 + 64) and sizes["0.weight"] == 4 * 64 * 16
    qlinalg.quantize(mlp, weights="int8")
    assert mlp.size() == sizes
    qlinalg.freeze(mlp)
    assert mlp.size()["0"] == 64 * 16 + 4 * 64 + 4 * 64
    assert mlp.size()[""] == (64 * 16 + 16 * 64 + 8 * 16) + 4 * (64 + 16 + 8) + 4 * (64 + 8)


def test_calibration_gives_static_activations(mlp, mlp_files):
    x = mlp_files[3]["in5"]
    qlinalg.quantize(mlp, weights="int8", activations="int8", activation_range="minmax", activation_symmetric=True)
    assert "activations=not calibrated" in str(mlp)
    with pytest.raises(qlinalg.Error, match="Calibration"):
        qlinalg.freeze(mlp)
    with qlinalg.Calibration(mlp):
        floats = mlp(x)
        mlp(2 * x)
    site = mlp.statistics.sites()[0]
    assert site["name"] == "0.weight.input" and site["count"] == 2 * x.size and site["greatest"] == 2 * x.max()
    assert "activations=int8 tensor symmetric" in str(mlp)
    qlinalg.freeze(mlp)
    # One scale for all: max |2 x| / 127.
    scale = np.float32(np.abs(2 * x).max()) / np.float32(127)
    codes = np.rint(x / scale)
    w, s = reference_int8(mlp_files[3]["in0"])
    comparison = qlinalg.compare(mlp, data=[x])
    site = next(site for site in comparison.sites if site["site"] == "0.weight")
    exact = x.astype(np.float64) @ mlp_files[3]["in0"].T.astype(np.float64)
    ours = (codes * scale).astype(np.float64) @ (w * s[:, None].astype(np.float64)).T
    assert site["relative_l2"] == pytest.approx(np.linalg.norm(ours - exact) / np.linalg.norm(exact), rel=1e-3)
    assert comparison.results[0]["relative_l2"] == pytest.approx(np.linalg.norm(mlp(x) - floats) / np.linalg.norm(floats), rel=1e-3)


def test_methods_that_need_data(mlp, mlp_files):
    """Weights that inputs of one direction read: gptq's results are nearer to the floats' than nearest's."""
    random = np.random.default_rng(0)
    x = (random.standard_normal((32, 4, 3)) @ random.standard_normal((3, 16)) + 0.05 * random.standard_normal((32, 4, 16))).astype(np.float32)
    expected = [mlp(batch) for batch in x]
    errors = {}
    for method in ("nearest", "gptq"):
        qlinalg.quantize(mlp, weights="int4", group=16, method=method)
        if method == "gptq":
            with pytest.raises(qlinalg.Error, match="Calibration"):
                qlinalg.freeze(mlp)
            with qlinalg.Calibration(mlp, moments="full"):
                for batch in x:
                    mlp(batch)
        qlinalg.freeze(mlp)
        errors[method] = sum(np.square(mlp(batch) - float_).sum() for batch, float_ in zip(x, expected))
        module, parameters, names, _ = mlp_files
        mlp = qlinalg.load(module, parameters=parameters, names=names)
    assert errors["gptq"] < 0.8 * errors["nearest"]


def test_report_counts_bits(mlp):
    qlinalg.quantize(mlp, weights="int4", group=16)
    qlinalg.freeze(mlp)
    report = qlinalg.report(mlp)
    # 4 bits and a scale of 32 for 16 weights.
    assert [layer["bits_per_weight"] for layer in report.layers] == [6.0, 6.0, 6.0]
    assert "int4 g16" in str(report)
    codes = mlp["2"].weight
    assert codes.packed.shape == (16, 32) and codes.codes.shape == (16, 64) and codes.scales.shape == (16, 4)


def test_weights_in_the_module():
    model = qlinalg.load(MODELS / "mlp_3d_dyn_batch.mlir")
    arrays = np.load(MODELS / "mlp_3d_dyn_batch.npz")
    assert np.allclose(model(arrays["in0"]), arrays["out0"], rtol=1e-4, atol=1e-5)
    floats = model.layers[0].weight
    assert floats.dtype == np.float32 and floats.size == 64 * 16
    qlinalg.quantize(model, weights="int8")
    qlinalg.freeze(model)
    assert model.layers[0].weight.codes.dtype == np.int8
    assert np.abs(np.sort(model.layers[0].weight.dequantize(), axis=None) - np.sort(floats, axis=None)).max() <= np.abs(floats).max() / 127
    y = model(arrays["in0"])
    assert np.linalg.norm(y - arrays["out0"]) < 0.02 * np.linalg.norm(arrays["out0"])
    # f16 in, f16 out.
    half = np.load(MODELS / "linear_f16.npz")
    result = qlinalg.load(MODELS / "linear_f16.mlir")(half["in0"])
    assert result.dtype == np.float16 and np.allclose(result, half["out0"], atol=2e-2)


def test_demo_model_sizes():
    names = np.load(TINYLM / "tinylm.npz")["names"]
    sizes = {}
    for embeddings in (None, "qint8"):
        model = qlinalg.load(TINYLM / "tinylm.mlir", parameters=TINYLM / "model.safetensors", names=names)
        before = model.size()[""]
        qlinalg.quantize(model, weights=qlinalg.qint8, embeddings=embeddings)
        qlinalg.freeze(model)
        sizes[embeddings] = model.size()[""] / before
    assert sizes[None] <= 0.35 and sizes["qint8"] <= 0.27
    assert "(0-3): 4 x Module(" in str(model) and "(embed_in): QEmbedding(2048, 256, weights=int8 channel)" in str(model)


def test_pythia_410m_sizes(tmp_path):
    """A file of its shapes that is one hole: planned sizes need no data."""
    width, layers, words = 1024, 24, 50304
    config = dict(architectures=["GPTNeoXForCausalLM"], model_type="gpt_neox", hidden_size=width, num_hidden_layers=layers, num_attention_heads=16,
                  intermediate_size=4 * width, vocab_size=words, max_position_embeddings=2048, rotary_pct=0.25, rotary_emb_base=10000,
                  layer_norm_eps=1e-5, use_parallel_residual=True, hidden_act="gelu", tie_word_embeddings=False, torch_dtype="float32")
    (tmp_path / "config.json").write_text(json.dumps(config))
    shapes = {"gpt_neox.embed_in.weight": (words, width), "embed_out.weight": (words, width)}
    modules = {"gpt_neox.final_layer_norm": (width,)}
    for layer in range(layers):
        for name, shape in {"input_layernorm": (width,), "post_attention_layernorm": (width,), "attention.query_key_value": (3 * width, width),
                            "attention.dense": (width, width), "mlp.dense_h_to_4h": (4 * width, width), "mlp.dense_4h_to_h": (width, 4 * width)}.items():
            modules[f"gpt_neox.layers.{layer}.{name}"] = shape
    for name, shape in modules.items():
        shapes |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    header, end = {}, 0
    for name, shape in shapes.items():
        begin, end = end, end + 4 * int(np.prod(shape))
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    with open(tmp_path / "model.safetensors", "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(8 + len(text) + end)
    model = qlinalg.load(tmp_path)
    assert model.size()[""] == end
    rest = 4 * sum(shape[0] for shape in modules.values()) + 4 * sum(shape[0] for shape in modules.values() if len(shape) == 1)
    linear = sum(shape[0] * (shape[1] + 4) for shape in modules.values() if len(shape) == 2)
    for embeddings, table, bound in ((None, 4 * words * width, 0.35), ("int8", words * (width + 4), 0.27)):
        qlinalg.quantize(model, weights="int8", embeddings=embeddings)
        after = qlinalg.report(model).data["parameters"]["bytes_after"]
        # Codes and a scale a row; the program's own few numbers beside them.
        assert after == pytest.approx(linear + words * (width + 4) + table + rest, abs=1000) and after <= bound * end


def test_a_source_of_arrays(tmp_path):
    ml_dtypes = pytest.importorskip("ml_dtypes")
    text = """
    ml_program.global private @"a.weight"(#ml_program.extern : tensor<2x3xbf16>) : tensor<2x3xbf16>
    func.func @double(%x: tensor<2x3xbf16>) -> tensor<2x3xbf16> {
      %w = ml_program.global_load_const @"a.weight" : tensor<2x3xbf16>
      %y = arith.mulf %x, %w : tensor<2x3xbf16>
      return %y : tensor<2x3xbf16>
    }
    func.func @main(%x: i64, %y: f32) -> (i64, f32) { return %x, %y : i64, f32 }
    """
    two = np.full((2, 3), 2, ml_dtypes.bfloat16)
    extra = tmp_path / "tokenizer.json"
    extra.write_text("{}")
    source = qlinalg.Source(text, {"a.weight": lambda: two}, [qlinalg.Layer("a", "Scale", "a.weight")], config={"k": 1}, files=[extra])
    model = qlinalg.Model(source)
    assert np.array_equal(model.call("double", two), two * two) and model.call("double", two).dtype == two.dtype
    assert model(3, 0.5) == (3, 0.5)
    assert model.functions["double"].inputs == [("bf16", (2, 3))]
    model.save(tmp_path / "saved")
    again = qlinalg.load(tmp_path / "saved")
    assert again.source.config == {"k": 1} and (tmp_path / "saved" / "tokenizer.json").read_text() == "{}"
    assert np.array_equal(again.call("double", two), two * two)


def test_recipes(mlp):
    qlinalg.quantize(mlp, recipe={"layers": [{"match": "2", "weights": "int4", "group": 8}]})
    assert [str(layer.scheme and layer.scheme.storage) for layer in mlp.layers] == ["int8", "int4", "int8"]
    qlinalg.quantize(mlp, include=["0", "2"])
    assert [layer.scheme is not None for layer in mlp.layers] == [True, True, False]


def test_statistics_add_up_and_warn(mlp, mlp_files, tmp_path):
    x = mlp_files[3]["in5"]
    for _ in range(2):
        with qlinalg.Calibration(mlp):
            mlp(x)
    mlp.statistics.write(str(tmp_path / "s"))
    assert qlinalg.Statistics.read(str(tmp_path / "s")).sites()[0]["rows"] == 8
    edges, counts = mlp.statistics.histogram("0.weight.input")
    assert sum(counts) == 2 * x.size and len(edges) == len(counts) + 1 and edges == sorted(edges)
    wrong = x.copy()
    wrong[0, 0] = np.nan
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with qlinalg.Calibration(mlp):
            mlp(wrong)
    assert any("1 NaN" in str(warning.message) for warning in caught)


def test_other_frameworks_hand_in_arrays(mlp, mlp_files):
    torch = pytest.importorskip("torch")
    x = mlp_files[3]["in5"]
    assert np.array_equal(mlp(torch.from_numpy(x)), mlp(x))
