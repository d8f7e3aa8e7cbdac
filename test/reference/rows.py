"""Rows of K: how a weight of any rank becomes a matrix, and how codes are packed into bytes."""

import numpy as np


def split_axes(rank, k_axes):
    """(other axes, contracted axes), each in the order in which they stand in the weight."""
    k = sorted(a % rank for a in k_axes)
    return [a for a in range(rank) if a not in k], k


def as_rows(weight, k_axes):
    """weight of any shape -> [rows, K]: every other axis, then every contracted axis, flattened row-major."""
    weight = np.asarray(weight)
    other, k = split_axes(weight.ndim, k_axes)
    columns = int(np.prod([weight.shape[a] for a in k], dtype=np.int64))
    return np.ascontiguousarray(weight.transpose(other + k)).reshape(-1, columns)


def from_rows(rows, shape, k_axes):
    """The inverse of as_rows: [rows, K] -> `shape`."""
    other, k = split_axes(len(shape), k_axes)
    order = other + k
    return np.asarray(rows).reshape([shape[a] for a in order]).transpose(np.argsort(order))


def pack_rows(codes, bits):
    """[rows, K] codes of 1 to 8 bits -> uint8 [rows, ceil(K * bits / 8)].

    A row is a stream of bits, the lowest first: code i has bits i * bits to (i + 1) * bits of it; its last byte is padded
    with zero bits. Signed codes are stored in two's complement.
    """
    codes = np.asarray(codes).astype(np.uint8)
    stream = np.unpackbits(codes[..., None], axis=2, bitorder="little")[..., :bits]
    return np.packbits(stream.reshape(codes.shape[0], -1), axis=1, bitorder="little")


def unpack_rows(packed, bits, k, signed):
    """The inverse of pack_rows: uint8 [rows, bytes] -> int8 or uint8 [rows, k]."""
    packed = np.asarray(packed, np.uint8)
    stream = np.unpackbits(packed, axis=1, count=k * bits, bitorder="little").reshape(packed.shape[0], k, bits)
    codes = (stream.astype(np.int16) << np.arange(bits, dtype=np.int16)).sum(2, dtype=np.int16)
    if signed:
        codes[codes >= 2 ** (bits - 1)] -= 2**bits
    return codes.astype(np.int8 if signed else np.uint8)
