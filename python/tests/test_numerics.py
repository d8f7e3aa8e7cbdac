"""Quantization of plain arrays against NumPy and hand arithmetic."""

import numpy as np
import pytest

from qlinalg import numerics as q

W = np.random.default_rng(1).standard_normal((6, 40)).astype(np.float32)


def test_symmetric_groups():
    coded = q.quantize(W, "int4", group=16)
    for row in range(6):
        for group in range(3):
            run = W[row, 16 * group:16 * (group + 1)]
            scale = np.abs(run).max() / np.float32(7)
            assert coded.scales[row, group] == scale
            assert np.array_equal(coded.codes[row, 16 * group:16 * (group + 1)], np.clip(np.rint(run / scale), -8, 7))
    assert coded.nbytes == 6 * 20 + 4 * 18
    assert np.array_equal(coded.dequantize(), coded.codes * np.repeat(coded.scales, 16, 1)[:, :40])


def test_affine():
    coded = q.quantize(W, "uint8", granularity="tensor")
    scale = (W.max() - W.min()) / np.float32(255)
    zero = np.rint(-W.min() / scale)
    assert coded.scales == [scale] and coded.zero_points == [zero]
    assert np.array_equal(coded.codes, np.clip(np.rint(W / scale) + zero, 0, 255))


def test_levels():
    levels = q.codebook("nf4")
    assert levels[0] == -1 and levels[7] == 0 and levels[15] == 1
    coded = q.quantize(W[:, :32], "nf4", group=32)
    scaled = W[:, :32] / coded.scales
    assert np.array_equal(coded.codes, np.abs(scaled[..., None] - levels).argmin(-1))
    assert list(q.codebook("fp4")[:8]) == [0, 0.5, 1, 1.5, 2, 3, 4, 6]


def test_narrow_floats():
    ml_dtypes = pytest.importorskip("ml_dtypes")
    assert np.array_equal(q.round_to(W, "bf16"), W.astype(ml_dtypes.bfloat16).astype(np.float32))
    coded = q.quantize(W, "qfloat8")
    scale = np.abs(W).max(1, keepdims=True) / np.float32(448)
    assert np.array_equal(coded.codes.view(ml_dtypes.float8_e4m3fn), (W / scale).astype(ml_dtypes.float8_e4m3fn))


def test_ranges():
    batches = [W[:3], W[3:]]
    chosen = q.choose_range(batches, "minmax", symmetric=True)
    assert (chosen.least, chosen.greatest) == (W.min(), W.max())
    assert chosen.scale == np.abs(W).max() / np.float32(127) and chosen.zero_point == 0
    average = q.choose_range(batches, "average", "uint8")
    assert average.least == pytest.approx((W[:3].min() + W[3:].min()) / 2) and average.greatest == pytest.approx((W[:3].max() + W[3:].max()) / 2)
    assert q.choose_range(batches, "percentile:90", symmetric=True).greatest < chosen.greatest


def test_errors():
    measured = q.error(W, W + np.float32(0.5))
    assert measured["max_abs"] == pytest.approx(0.5, rel=1e-6)
    assert measured["sqnr_db"] == pytest.approx(10 * np.log10((W.astype(float)**2).sum() / (0.25 * W.size)), rel=1e-5)


def test_fake_quantize_is_quantize_then_dequantize():
    assert np.array_equal(q.fake_quantize(W, "int4", group=8), q.quantize(W, "int4", group=8).dequantize())
