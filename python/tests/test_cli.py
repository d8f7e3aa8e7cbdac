"""The commands, as programs: what they print where, and their exit codes."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import qlinalg
from conftest import REPOSITORY

LINEAR = REPOSITORY / "examples" / "linear.mlir"


def run(*arguments, code=0):
    """(standard output, standard error) of `python -m qlinalg`, which must end with `code`."""
    done = subprocess.run([sys.executable, "-m", "qlinalg", *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    return done.stdout, done.stderr


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli")
    for i in range(2):
        np.save(folder / f"x{i}.npy", np.random.default_rng(i).standard_normal((2, 8), np.float32))
    return folder


def test_calibrate_quantize_compare(folder):
    out, _ = run("calibrate", LINEAR, "-o", folder / "s.stats", "--input", folder / "x0.npy", "--input", folder / "x1.npy")
    assert "1 sites, 4 rows" in out
    out, err = run("quantize", LINEAR, "-o", folder / "m", "--weights", "int8", "--activations", "int8", "--statistics", folder / "s.stats")
    # 3 x 8 codes, 3 scales, 3 biases; the activation's scale and zero point.
    assert "bytes" in out and err == ""
    model = qlinalg.load(folder / "m")
    assert model.layers[0].scheme.storage == "int8" and "activations=int8 tensor" in str(model)
    out, err = run("compare", folder / "m", LINEAR, "--input", folder / "x0.npy", "--json")
    measured = json.loads(out)
    x = np.load(folder / "x0.npy")
    floats = qlinalg.load(LINEAR)(x)
    assert measured["results"][0]["max_abs"] == pytest.approx(np.abs(model(x) - floats).max(), rel=1e-5)


def test_wrong_input(folder):
    out, err = run("inspect", folder / "absent.mlir", code=1)
    assert out == "" and err == f"error: No such file or directory: {folder / 'absent.mlir'}\n"
    (folder / "bad.mlir").write_text("func.func @main( {\n")
    out, err = run("report", folder / "bad.mlir", code=1)
    assert f"{folder / 'bad.mlir'}:1:" in err and "Traceback" not in err
    assert "No such option" in run("quantize", LINEAR, "--nonsense", code=2)[1]
    assert "got 'int9'" in run("quantize", LINEAR, "-o", folder / "q", "--weights", "int9", code=1)[1]
    assert not os.path.exists(folder / "q")


def test_in_this_process(folder, capsys):
    """The other commands: without a new interpreter each, which costs half a second."""
    def call(*arguments):
        with pytest.raises(SystemExit) as ended:
            qlinalg.cli.app([str(argument) for argument in arguments], prog_name="qlinalg")
        assert ended.value.code == 0
        return capsys.readouterr()

    import qlinalg.cli
    for command in ("quantize", "calibrate", "report", "compare", "generate", "inspect", "convert"):
        assert "--names" in call(command, "--help").out
    assert "main(f32[2x8]) -> (f32[2x3])" in call("inspect", LINEAR).out
    assert "1 layers" in call("convert", LINEAR, "-o", folder / "c").out
    assert qlinalg.load(folder / "c").state == "float"
    call("quantize", LINEAR, "-o", folder / "g", "--weights", "int4", "--set", "group=4")
    assert "int4 g4" in call("report", folder / "g").out
    assert json.loads(call("report", folder / "g", "--json").out)["layers"][0]["bits_per_weight"] == 12


def test_interrupted(folder):
    """Ctrl-C within the search of ranges of 4M weights, which takes seconds: exit code 130, no traceback, nothing left behind."""
    size = 2048
    (folder / "large.mlir").write_text(f"""
      ml_program.global private @w(#ml_program.extern : tensor<{size}x{size}xf32>) : tensor<{size}x{size}xf32>
      func.func @main(%x: tensor<1x{size}xf32>, %init: tensor<1x{size}xf32>) -> tensor<1x{size}xf32> {{
        %w = ml_program.global_load_const @w : tensor<{size}x{size}xf32>
        %y = linalg.matmul ins(%x, %w : tensor<1x{size}xf32>, tensor<{size}x{size}xf32>) outs(%init : tensor<1x{size}xf32>) -> tensor<1x{size}xf32>
        return %y : tensor<1x{size}xf32>
      }}""")
    qlinalg.files.write_tensors(folder / "large.safetensors", {"w": np.random.default_rng(0).standard_normal((size, size), np.float32)})
    temporary = folder / "temporary"
    temporary.mkdir()
    before = sorted(os.listdir(folder))
    command = [sys.executable, "-m", "qlinalg", "quantize", str(folder / "large.mlir"), "-o", str(folder / "out"), "--weights", "int4",
               "--set", "group=16", "--set", "method=auto"]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ, TMPDIR=str(temporary)))
    # The output of `freeze` is begun where its work is.
    while running.poll() is None and not list(temporary.glob("qlinalg.*/.qlinalg.*")):
        time.sleep(0.005)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate()
    assert running.returncode == 130 and out == err == ""
    # Had the work come to its end, there would be a folder.
    assert sorted(os.listdir(folder)) == before and os.listdir(temporary) == []
