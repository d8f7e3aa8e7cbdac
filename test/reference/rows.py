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
    """[rows, K] codes of 2, 4 or 8 bits -> uint8 [rows, ceil(K * bits / 8)].

    The first code of a byte stands in its low bits; a row's last byte is padded with zero bits. Signed codes are
    stored in two's complement.
    """
    codes = np.asarray(codes)
    rows, k = codes.shape
    per_byte = 8 // bits
    padded = np.zeros((rows, -(-k // per_byte) * per_byte), np.uint8)
    padded[:, :k] = codes.astype(np.uint8) & (2**bits - 1)
    packed = np.zeros((rows, padded.shape[1] // per_byte), np.uint8)
    for i in range(per_byte):
        packed |= padded[:, i::per_byte] << np.uint8(bits * i)
    return packed


def unpack_rows(packed, bits, k, signed):
    """The inverse of pack_rows: uint8 [rows, bytes] -> int8 or uint8 [rows, k]."""
    packed = np.asarray(packed, np.uint8)
    per_byte = 8 // bits
    codes = np.zeros((packed.shape[0], packed.shape[1] * per_byte), np.int16)
    for i in range(per_byte):
        codes[:, i::per_byte] = (packed >> (bits * i)) & (2**bits - 1)
    if signed:
        codes[codes >= 2 ** (bits - 1)] -= 2**bits
    return codes[:, :k].astype(np.int8 if signed else np.uint8)
