"""What stands in parameter and statistics files, read with NumPy alone: nothing that is judged judges itself."""

import json
import re
import struct
from pathlib import Path

import numpy as np

TYPES = {"F64": np.float64, "F32": np.float32, "F16": np.float16, "I64": np.int64, "I8": np.int8, "U8": np.uint8}
# QLoRA, arXiv 2305.14314, appendix E.
NF4 = np.array([-1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334,
                -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
                0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0], np.float32)


def read(path: Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Tensors and metadata of a safetensors file."""
    data = path.read_bytes()
    (size,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + size])
    metadata = header.pop("__metadata__", {})
    return {name: np.frombuffer(data[8 + size :][slice(*entry["data_offsets"])], TYPES[entry["dtype"]]).reshape(entry["shape"])
            for name, entry in header.items()}, metadata


def moments(path: Path) -> dict[str, np.ndarray]:
    """Mean second moments [K, K] of each site: StatisticsFile.h."""
    columns, metadata = read(path)
    found, place = {}, 0
    for name, k, rows in zip(json.loads(metadata["sites"]), columns["channels"], columns["rows"]):
        size = k * (k + 1) // 2
        matrix = np.zeros((k, k))
        matrix[np.triu_indices(k)] = columns["channel_products"][place : place + size] / rows
        found[name] = matrix + np.triu(matrix, 1).T
        place += size
    return found


def codes(packed: np.ndarray, k: int, bits: int, signed: bool) -> np.ndarray:
    """A row is a stream of bits, the lowest first."""
    rows = packed.view(np.uint8).reshape(len(packed), -1)
    spread = np.unpackbits(rows, axis=1, bitorder="little")[:, : k * bits].reshape(len(rows), k, bits)
    found = (spread.astype(np.int32) << np.arange(bits, dtype=np.int32)).sum(-1)
    return found - (found >> (bits - 1) << bits) if signed else found


def decode(path: Path, weights: dict[str, np.ndarray], factors: dict[str, np.ndarray]) -> tuple[dict[str, np.ndarray], int]:
    """Each weight's floats, and the bytes of all that is stored of them. `factors` of a weight were multiplied into it."""
    tensors, metadata = read(path)
    decoded, size = {}, 0
    for name, weight in weights.items():
        base = f"{name}.weight"
        parts = {part: tensors[f"{base}.{part}"] for part in ("codes", "scales", "zero_points") if f"{base}.{part}" in tensors}
        size += sum(part.nbytes for part in parts.values())
        scheme = metadata[f"{base}.scheme"]
        n, k = weight.shape
        storage, group = re.search(r"u?int\d|nf4", scheme)[0], re.search(r"group = (\d+)", scheme)
        levels = codes(parts["codes"], k, 4 if storage == "nf4" else int(storage[-1]), storage.startswith("int"))
        levels = NF4[levels] if storage == "nf4" else levels.astype(np.float32)
        run = int(group[1]) if group else k
        if "zero_points" in parts:
            levels -= np.repeat(parts["zero_points"].reshape(n, -1).astype(np.float32), run, axis=1)[:, :k]
        levels *= np.repeat(parts["scales"].reshape(n, -1).astype(np.float32), run, axis=1)[:, :k]
        if name in factors:
            levels /= factors[name]
            size += factors[name].nbytes
        decoded[name] = levels
    return decoded, size
