"""What is wrong is an exception of the right type that says what was expected and found, and nothing is left behind."""

import json
import os

import numpy as np
import pytest

import qlinalg
from conftest import MODELS


def test_nothing_there(tmp_path):
    for path in (tmp_path / "absent", tmp_path / "absent.mlir"):
        with pytest.raises(FileNotFoundError, match="absent"):
            qlinalg.load(path)
    with pytest.raises(FileNotFoundError, match="absent.safetensors"):
        qlinalg.load(MODELS / "mlp_args.mlir", parameters=tmp_path / "absent.safetensors")
    with pytest.raises(FileNotFoundError, match="absent.stats"):
        qlinalg.quantize(qlinalg.load(MODELS / "linear.mlir"), statistics=tmp_path / "absent.stats")


def test_something_else(tmp_path):
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(qlinalg.Error, match="one of .*mlir.* reads"):
        qlinalg.load(tmp_path / "notes.txt")
    (tmp_path / "broken.mlir").write_text("module {\n  func.func @main( {\n}")
    with pytest.raises(qlinalg.Error) as raised:
        qlinalg.load(tmp_path / "broken.mlir")
    assert raised.value.location[1] == 2
    (tmp_path / "cut.mlirbc").write_bytes(b"ML\xefR\x00\x01")
    with pytest.raises(qlinalg.Error):
        qlinalg.load(tmp_path / "cut.mlirbc")


@pytest.mark.parametrize("content", ["[" * 200_000, "{}", "\xff", '{"format": "qlinalg.model", "version": 1}', "[]",
                                     '{"format": "qlinalg.model", "version": 9}'])
def test_damaged_folder(tmp_path, content):
    (tmp_path / "model.json").write_text(content, encoding="latin-1")
    with pytest.raises(qlinalg.Error, match="model.json"):
        qlinalg.load(tmp_path)


def test_missing_shard_and_parameter(tmp_path, mlp_files):
    module, parameters, names, _ = mlp_files
    index = tmp_path / "m.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"0.weight": "model-00001-of-00002.safetensors"}}))
    with pytest.raises(qlinalg.Error, match="model-00001-of-00002"):
        qlinalg.load(module, parameters=index, names=names)
    with pytest.raises(qlinalg.Error, match="expected a parameter '0.weight' of f32.*got none"):
        qlinalg.load(module, parameters=[], names=names)
    writer = qlinalg._native.ArchiveWriter(str(tmp_path / "wrong.safetensors"))
    held = qlinalg._native.Archive([str(parameters)])
    for name, kind, _, _ in held.tensors():
        array = held.tensor(name)[0]
        writer.add(name, np.ascontiguousarray(array.T) if name == "0.weight" else array, kind)
    writer.commit()
    with pytest.raises(qlinalg.Error, match=r"'0.weight' of f32\[64, 16\], got f32\[16, 64\]"):
        qlinalg.load(module, parameters=tmp_path / "wrong.safetensors", names=names)


@pytest.mark.parametrize("options, words", [
    (dict(weights="int9"), "got 'int9'"),
    (dict(exclude="no.such.layer"), "no.such.layer"),
    (dict(group=0), "group"),
    (dict(nonsense=1), "nonsense"),
    (dict(activations="sometimes"), "sometimes"),
    (dict(recipe={"weihgts": "int8"}), "weihgts"),
])
def test_wrong_settings(mlp, options, words):
    before = str(mlp)
    with pytest.raises(ValueError, match=words):
        qlinalg.quantize(mlp, **options)
        qlinalg.freeze(mlp)
    assert str(mlp).replace("QLinear", "Linear").startswith(before[:20])


def test_steps_in_the_wrong_order(mlp, tmp_path, mlp_files):
    x = mlp_files[3]["in5"]
    with pytest.raises(qlinalg.Error, match="call quantize before freeze"):
        qlinalg.freeze(mlp)
    with pytest.raises(qlinalg.Error, match="expected at least one call"):
        with qlinalg.Calibration(mlp):
            pass
    assert mlp.statistics is None and mlp.calibration is None
    with pytest.raises(ZeroDivisionError):
        with qlinalg.Calibration(mlp):
            mlp(x)
            1 / 0
    assert mlp.statistics is None and mlp.calibration is None
    qlinalg.quantize(mlp)
    with pytest.raises(qlinalg.Error, match="call freeze before save"):
        mlp.save(tmp_path / "m")
    assert os.listdir(tmp_path) == []
    qlinalg.freeze(mlp)
    for again in (lambda: qlinalg.quantize(mlp), lambda: qlinalg.Calibration(mlp)):
        with pytest.raises(qlinalg.Error, match="frozen"):
            again()
    with pytest.raises(qlinalg.Error, match="to be absent or a folder with model.json"):
        mlp.save(tmp_path)


def test_weights_that_cannot_be_coded(tmp_path):
    text = """
    ml_program.global private @"w"(#ml_program.extern : tensor<2x2xf32>) : tensor<2x2xf32>
    func.func @main(%x: tensor<1x2xf32>, %init: tensor<1x2xf32>) -> tensor<1x2xf32> {
      %w = ml_program.global_load_const @"w" : tensor<2x2xf32>
      %y = linalg.matmul ins(%x, %w : tensor<1x2xf32>, tensor<2x2xf32>) outs(%init : tensor<1x2xf32>) -> tensor<1x2xf32>
      return %y : tensor<1x2xf32>
    }"""
    model = qlinalg.Model(qlinalg.Source(text, {"w": np.array([[1, 2], [np.nan, 3]], np.float32)}))
    qlinalg.quantize(model)
    with pytest.raises(qlinalg.Error, match=r"layer 'w': weight is nan at index \[1, 0\]"):
        qlinalg.freeze(model)
    assert model.state == "quantized"


def test_arrays(mlp):
    with pytest.raises(TypeError, match="argument 0"):
        mlp(np.zeros((4, 16)))
    with pytest.raises(ValueError, match=r"4x17"):
        mlp(np.zeros((4, 17), np.float32))
    with pytest.raises(TypeError, match="str"):
        mlp("words")
    with pytest.raises(ValueError, match="expected 1 argument"):
        mlp()
    with pytest.raises(KeyError, match="no.layer"):
        mlp["no.layer"]
    # Other strides are made dense, lists become arrays.
    x = np.ones((16, 4), np.float32)
    assert np.array_equal(mlp(x.T), mlp([[1] * 16] * 4))


def test_numerics():
    with pytest.raises(qlinalg.Error, match="storage.*'int9'"):
        qlinalg.numerics.quantize(np.zeros((2, 2), np.float32), "int9")
    with pytest.raises(TypeError, match="f64"):
        qlinalg.numerics.quantize(np.zeros((2, 2)))
    with pytest.raises(qlinalg.Error, match="inf at row 1, column 0"):
        qlinalg.numerics.quantize(np.array([[0, 1], [np.inf, 0]], np.float32))
    with pytest.raises(qlinalg.Error, match="no finite value"):
        qlinalg.numerics.choose_range([np.full(3, np.nan, np.float32)], "minmax")
    with pytest.raises(qlinalg.Error, match="method"):
        qlinalg.numerics.choose_range([np.ones(3, np.float32)], "percentile:0")
    with pytest.raises(qlinalg.Error, match="bytes"):
        qlinalg._native.dequantize_matrix(qlinalg.numerics.make_scheme("int8"), 2, 4, np.zeros(7, np.uint8), np.ones(2, np.float32), None)
