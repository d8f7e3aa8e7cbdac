"""The programs of examples/guide: what they print, against arithmetic done here."""

import re
import runpy
import sys

import numpy as np
import pytest

from conftest import REPOSITORY

GUIDE = REPOSITORY / "examples" / "guide"


@pytest.fixture
def run(monkeypatch, capsys):
    def program(name, *arguments):
        monkeypatch.setattr(sys, "argv", [name, *map(str, arguments)])
        monkeypatch.syspath_prepend(str(GUIDE))
        runpy.run_path(str(GUIDE / f"{name}.py"), run_name="__main__")
        return capsys.readouterr().out

    return program


def numbers(pattern, text):
    return [float(number) for number in re.findall(pattern, text)]


def test_every_program_is_listed():
    programs = {path.name for path in GUIDE.glob("*.py")} - {"pictures.py"}
    assert programs == set(re.findall(r"\[(\w+\.py)\]", (GUIDE / "README.md").read_text()))


def test_rounding_error(run):
    # 0.35 is nearest to 0.4 or 0.3 alike: the error is half a step.
    assert "largest error 0.05" in run("rounding_error")


def test_memory(run):
    printed = run("memory")
    assert "f32:  36 bytes" in printed and "int8: 9 bytes" in printed and "int4: 6 bytes" in printed
    assert numbers(r"of +\d+ bits: +([\d.]+) GB", printed) == [28, 14, 7.44, 3.94]


def test_downcasting(run):
    printed = run("downcasting")
    assert "x . x in f32: 322.1" in printed and "added in bf16: 256" in printed
    # Half a step of 8 bits of mantissa, below 1.
    assert numbers("error of a value: (.*)", printed)[0] <= 2**-9


def test_linear_quantization(run):
    printed = run("linear_quantization")
    scale = 0.9 / 255
    matrix = np.array([[-0.40, -0.13, 0.02], [0.22, 0.50, -0.33], [0.44, 0.08, -0.27]])
    codes = np.rint(matrix / scale) + np.rint(0.4 / scale)
    assert [int(code) for code in re.findall(r"\d+", printed.split("zero point\n")[1].split("4.")[0])] == codes.ravel().tolist()
    assert codes[0, 0] == 0 and codes[1, 1] == 255
    assert numbers("largest error ([\\d.]+)", printed)[0] == pytest.approx(np.abs((codes - 113) * scale - matrix).max(), abs=6e-5)


def test_blockwise(run):
    sqnr = numbers(r"SQNR +([\d.]+) dB", run("blockwise"))
    # A smaller group is never worse where one number is 40 times the others; nf4 beats int4 of the same size on normal numbers.
    assert sqnr[:6] == sorted(sqnr[:6]) and sqnr[7] > sqnr[3] and sqnr[6] > sqnr[3]


def test_weights_and_activations(run):
    near, far = zip(*(numbers(r"([\d.]+) dB", line) for line in run("weights_and_activations").splitlines()[2:]))
    assert min(near) > 30
    # Ten times what a calibration saw saturates; ranges of run time follow.
    assert far[1] > 30 and far[2] < 15


def test_ptq_and_qat(run):
    printed = run("ptq_and_qat")
    floats, after, aware = numbers("loss (.*)", printed)
    assert floats < 1e-2 < aware < 0.7 * after and "codes again: True" in printed


def test_calibration(run):
    rows = [line.split() for line in run("calibration").splitlines()[1:]]
    expected, measured = {row[0]: float(row[5]) for row in rows}, {row[0]: float(row[6]) for row in rows}
    assert all(expected[name] == pytest.approx(measured[name], rel=0.02, abs=1e-6) for name in expected)
    assert expected["auto"] == min(expected.values()) and measured["percentile:99.9"] < 0.5 * measured["minmax"]


def test_pictures(run, tmp_path):
    pytest.importorskip("matplotlib")
    for name in ("rounding_error", "linear_quantization", "blockwise", "calibration"):
        run(name, tmp_path)
    images = sorted(tmp_path.glob("*.png"))
    assert [image.name for image in images] == ["calibration.png", "linear_quantization.png", "nf4.png", "rounding_error.png"]
    assert all(image.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n" and image.stat().st_size > 5000 for image in images)
