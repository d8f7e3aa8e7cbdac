"""Weights as they stand in safetensors files, float or as codes.

A quantized weight NAME is `NAME.codes` (below 8 bits packed in bytes along K, low
nibble or pair first), `NAME.scales`, `NAME.zero_points`; its scheme stands in the
metadata. Decoding here is NumPy written from the formulas: it judges what the
compiler wrote without asking the compiler.
"""

import json
import re
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

DTYPES = {"F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I8": "i1", "U8": "u1",
          "BF16": "<u2"}

# arXiv 2305.14314, appendix E.
NF4 = np.array([-1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453,
                -0.28444138169288635, -0.18477343022823334, -0.09105003625154495, 0.0,
                0.07958029955625534, 0.16093020141124725, 0.24611230194568634,
                0.33791524171829224, 0.44070982933044434, 0.5626170039176941,
                0.7229568362236023, 1.0], np.float32)


class ParameterFile:
    """A safetensors file. bf16 stands as its raw bits."""

    def __init__(self, path: Path):
        self.path = path
        data = path.read_bytes()
        (length,) = struct.unpack("<Q", data[:8])
        header = json.loads(data[8 : 8 + length])
        self.metadata = header.pop("__metadata__", {})
        self.dtypes = {name: entry["dtype"] for name, entry in header.items()}
        self.tensors = {}
        for name, entry in header.items():
            begin, end = (8 + length + offset for offset in entry["data_offsets"])
            flat = np.frombuffer(data[begin:end], DTYPES[entry["dtype"]])
            self.tensors[name] = flat.reshape(entry["shape"])

    def parts(self, weight: str) -> dict[str, np.ndarray]:
        """Everything stored for a weight, by suffix; the float weight has the suffix ""."""
        suffixes = ["", ".codes", ".scales", ".zero_points", ".codebook"]
        return {suffix: self.tensors[weight + suffix] for suffix in suffixes
                if weight + suffix in self.tensors}

    def bytes_of(self, weight: str) -> int:
        return sum(part.nbytes for part in self.parts(weight).values())

    def codes(self, weight: str) -> np.ndarray:
        """The codes of the stored weight, one a number."""
        packed = self.tensors[weight + ".codes"]
        bits = storage_bits(self.scheme(weight))
        if bits >= 8:
            return packed
        shifts = np.arange(0, 8, bits, dtype=np.uint8)
        codes = (packed[..., None] >> shifts) & (2**bits - 1)
        codes = codes.reshape(*packed.shape[:-1], -1)[..., : int(self.metadata[weight + ".columns"])]
        if self.scheme(weight).startswith("int"):
            half = 2 ** (bits - 1)
            return (codes.astype(np.int8) ^ half) - half
        return codes

    def scheme(self, weight: str) -> str:
        """`int4, group = 32, symmetric`"""
        return re.fullmatch(r"#qlinalg.scheme<(.*)>", self.metadata[weight + ".scheme"]).group(1)

    def decode(self, weight: str) -> np.ndarray:
        """The weight as floats, from its codes where there are any."""
        if weight in self.tensors:
            return self.tensors[weight]
        scheme = self.scheme(weight)
        codes = self.codes(weight)
        if scheme.startswith("bf16"):
            return (codes.astype(np.uint32) << 16).view(np.float32)
        values = NF4[codes] if scheme.startswith("nf4") else codes.astype(np.float32)
        scales = self.tensors[weight + ".scales"].astype(np.float32)
        group = re.search(r"group = (\d+)", scheme)
        if not group:
            return values * scales[:, None]
        columns = codes.shape[-1]
        return values * np.repeat(scales, int(group.group(1)), axis=-1)[..., :columns]


def storage_bits(scheme: str) -> int:
    storage = scheme.split(",")[0]
    return {"bf16": 16, "nf4": 4}.get(storage) or int(re.fullmatch(r"int(\d+)", storage).group(1))


def sqnr_db(weight: np.ndarray, decoded: np.ndarray) -> float:
    """Signal to quantization noise: 10 log10(sum w^2 / sum (w - decoded)^2)."""
    signal = np.sum(np.square(weight, dtype=np.float64))
    noise = np.sum(np.square(weight.astype(np.float64) - decoded))
    return float("inf") if noise == 0 else float(10 * np.log10(signal / noise))


@dataclass
class WeightReport:
    """What the stored weights of some layers cost, and how far they are from the floats."""

    bytes: int
    elements: int
    worst_sqnr_db: float
    worst_layer: str

    @property
    def bits(self) -> float:
        return 8 * self.bytes / self.elements


def report(original: ParameterFile, stored: ParameterFile, weights: list[str]) -> WeightReport:
    sqnr = {name: sqnr_db(original.tensors[name], stored.decode(name)) for name in weights}
    worst = min(sqnr, key=sqnr.get)
    return WeightReport(sum(stored.bytes_of(name) for name in weights),
                        sum(original.tensors[name].size for name in weights), sqnr[worst], worst)
