"""Dynamic int8 activations and the exact integer product, in NumPy. A token is one row."""

import numpy as np

from floats import F32, SMALLEST
from qreference import Scheme, _over_k, _unshape_scales


def quantize_tokens(x2d, group=0):
    """[tokens, K] -> (int8 codes [tokens, K], f32 scales [tokens, runs]).

    Symmetric int8 at run time, one scale per token, or per token and `group` columns. Where a NaN or an infinity
    stands the scale is NaN and the codes are 0, so that everything computed from them is NaN.
    """
    x = np.asarray(x2d).astype(F32)
    scheme = Scheme("int8", group=group) if group else Scheme("int8")
    peak = np.stack([np.abs(x[:, run]).max(1) for run in scheme.runs(x.shape[1])], 1)
    bad = ~np.isfinite(peak)
    scale = np.where(bad, F32(1), peak) / F32(127)
    scale = np.where(peak == 0, F32(1), np.where(scale == 0, SMALLEST["f32"], scale))
    finite = np.where(_over_k(bad, scheme, x.shape[1]), F32(0), x)
    codes = np.clip(np.rint(finite / _over_k(scale, scheme, x.shape[1])), F32(-128), F32(127)).astype(np.int8)
    return codes, np.where(bad, F32(np.nan), scale)


def dequantize_tokens(codes, scales, group=0):
    """The inverse of quantize_tokens, f32 [tokens, K]."""
    scheme = Scheme("int8", group=group) if group else Scheme("int8")
    return codes.astype(F32) * _over_k(scales, scheme, codes.shape[1])


def integer_matmul(x_codes, x_scales, codes, scales, zero_points, scheme):
    """x [tokens, K] times the transpose of w [rows, K], both quantized -> f64 [tokens, rows].

    Codes are multiplied and summed as integers within each run of K that shares its scales, so that the only
    roundings are those of the f64 products with the scales. `x_scales` is [tokens, 1] or [tokens, runs of the scheme].
    """
    k = codes.shape[1]
    w_scales = _unshape_scales(scales, scheme, codes.shape[0]).astype(np.float64)
    w = codes.astype(np.int64)
    if zero_points is not None:
        w = w - _over_k(_unshape_scales(zero_points, scheme, codes.shape[0]), scheme, k).astype(np.int64)
    x_scales = np.asarray(x_scales, np.float64)
    out = np.zeros((x_codes.shape[0], codes.shape[0]))
    for i, run in enumerate(scheme.runs(k)):
        exact = x_codes[:, run].astype(np.int64) @ w[:, run].T
        out += exact * (x_scales[:, i if x_scales.shape[1] > 1 else 0][:, None] * w_scales[:, i][None])
    return out
