"""Blocks of ggml's types as f32 (docs of the format: ggml-common.h names the fields, ggml-quants.c the arithmetic).

A block is a run of K elements of a row. `d` and `m` are f16: w = d * q + m in the types that end with 1, w = d * (q - half) in those with 0. The K types
hold 256 elements whose groups have 6 bit scales (and minimums) in multiples of `d` (and `dmin`).
"""

from collections.abc import Callable

import dataclasses

import numpy as np

# arXiv has none; the levels stand in ggml's table kvalues_iq4nl.
IQ4_NL = np.array([-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113], np.float32)


@dataclasses.dataclass(frozen=True)
class BlockType:
    name: str
    # Of one block.
    elements: int
    bytes: int
    # Blocks [n, bytes] (uint8) to f32 [n, elements].
    decode: Callable[[np.ndarray], np.ndarray]


def half(blocks: np.ndarray, begin: int) -> np.ndarray:
    """The f16 at byte `begin` of each block, [n, 1]."""
    return np.ascontiguousarray(blocks[:, begin : begin + 2]).view(np.float16).astype(np.float32)


def nibbles(data: np.ndarray) -> np.ndarray:
    """Low halves of all bytes, then high halves: [n, 2 * bytes]."""
    return np.concatenate([data & 15, data >> 4], axis=1)


def fifth_bits(blocks: np.ndarray, begin: int) -> np.ndarray:
    """Bit i of the u32 at `begin` is bit 4 of element i, [n, 32]."""
    return np.unpackbits(np.ascontiguousarray(blocks[:, begin : begin + 4]), axis=1, bitorder="little") << 4


def q4_0(b):
    return half(b, 0) * (nibbles(b[:, 2:]).astype(np.float32) - 8)


def q4_1(b):
    return half(b, 0) * nibbles(b[:, 4:]).astype(np.float32) + half(b, 2)


def q5_0(b):
    return half(b, 0) * ((nibbles(b[:, 6:]) | fifth_bits(b, 2)).astype(np.float32) - 16)


def q5_1(b):
    return half(b, 0) * (nibbles(b[:, 8:]) | fifth_bits(b, 4)).astype(np.float32) + half(b, 2)


def q8_0(b):
    return half(b, 0) * np.ascontiguousarray(b[:, 2:]).view(np.int8).astype(np.float32)


def iq4_nl(b):
    return half(b, 0) * IQ4_NL[nibbles(b[:, 2:])]


def six_bits(packed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scales and minimums [n, 8] of the 12 bytes of Q4_K and Q5_K: four of each in the low 6 bits, then nibbles whose upper two bits are the
    upper two of the first eight bytes."""
    low, middle, high = packed[:, :4], packed[:, 4:8], packed[:, 8:]
    scales = np.concatenate([low & 63, (high & 15) | (low >> 6 << 4)], axis=1)
    minimums = np.concatenate([middle & 63, (high >> 4) | (middle >> 6 << 4)], axis=1)
    return scales.astype(np.float32), minimums.astype(np.float32)


def _k_scaled(b: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """`codes` [n, 8, 32] of blocks that begin with d, dmin and twelve bytes."""
    scales, minimums = six_bits(b[:, 4:16])
    values = (half(b, 0) * scales)[:, :, None] * codes.astype(np.float32) - (half(b, 2) * minimums)[:, :, None]
    return values.reshape(len(b), 256)


def _k_nibbles(data: np.ndarray) -> np.ndarray:
    """128 bytes as [n, 8, 32]: of each 32 bytes the low halves, then the high ones."""
    quarters = data.reshape(len(data), 4, 32)
    return np.stack([quarters & 15, quarters >> 4], axis=2).reshape(len(data), 8, 32)


def q4_k(b):
    return _k_scaled(b, _k_nibbles(b[:, 16:]))


def q5_k(b):
    # Bit g of byte i is bit 4 of element i of group g.
    fifth = (b[:, None, 16:48] >> np.arange(8, dtype=np.uint8)[:, None] & 1) << 4
    return _k_scaled(b, _k_nibbles(b[:, 48:]) | fifth)


def q6_k(b):
    low, high = b[:, :128].reshape(-1, 2, 64), b[:, 128:192].reshape(-1, 2, 1, 32)
    four = np.concatenate([low & 15, low >> 4], axis=2).reshape(-1, 2, 4, 32)
    two = high >> np.arange(0, 8, 2, dtype=np.uint8)[:, None] & 3
    codes = (four | two << 4).astype(np.float32).reshape(-1, 16, 16) - 32
    scales = np.ascontiguousarray(b[:, 192:208]).view(np.int8).astype(np.float32)
    return ((half(b, 208) * scales)[:, :, None] * codes).reshape(len(b), 256)


def bf16(b):
    return (np.ascontiguousarray(b).view(np.uint16).astype(np.uint32) << 16).view(np.float32)


# By the number that stands in files.
TYPES = {
    0: BlockType("F32", 1, 4, lambda b: np.ascontiguousarray(b).view(np.float32)),
    1: BlockType("F16", 1, 2, lambda b: np.ascontiguousarray(b).view(np.float16).astype(np.float32)),
    2: BlockType("Q4_0", 32, 18, q4_0),
    3: BlockType("Q4_1", 32, 20, q4_1),
    6: BlockType("Q5_0", 32, 22, q5_0),
    7: BlockType("Q5_1", 32, 24, q5_1),
    8: BlockType("Q8_0", 32, 34, q8_0),
    12: BlockType("Q4_K", 256, 144, q4_k),
    13: BlockType("Q5_K", 256, 176, q5_k),
    14: BlockType("Q6_K", 256, 210, q6_k),
    20: BlockType("IQ4_NL", 32, 18, iq4_nl),
    30: BlockType("BF16", 1, 2, bf16),
}
