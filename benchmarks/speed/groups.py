"""Weights in groups as peers want them, rounded as this project rounds; computed once a problem."""

import numpy as np


def symmetric(problem, bits, group):
    """(codes [N, G, group] as int8, scales [N, G] as f32), group 0: one scale a row."""

    def make():
        n, k = problem.shape
        blocks = problem.weight.reshape(n, -1, group or k)
        scales = np.abs(blocks).max(axis=2) / np.float32(2 ** (bits - 1) - 1)
        scales = scales.astype(np.float16).astype(np.float32)
        codes = np.rint(blocks / scales[:, :, None]).astype(np.int8)
        return codes, scales

    return problem.once((bits, group), make)


def nibbles(codes):
    """Two codes to a byte, the first in the low half, with 8 added."""
    shifted = (codes + np.int8(8)).view(np.uint8)
    return shifted[..., 0::2] | (shifted[..., 1::2] << np.uint8(4))
