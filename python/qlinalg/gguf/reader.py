"""What a GGUF file holds: metadata and tensors (docs/gguf.md of ggml), checked before anything is believed.

Versions 1 (counts of 32 bits), 2 and 3, little-endian. The file is mapped; a tensor is decoded when it is asked for.
"""

import dataclasses
import math
import mmap
import pathlib
import struct

import numpy as np

from ..errors import Error
from .blocks import TYPES, BlockType

# Kinds of metadata: struct's letter of each number.
NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
STRING, ARRAY = 8, 9
MOST_DIMENSIONS = 4
# Arrays in arrays, which no writer makes deeper than one.
MOST_DEPTH = 4


@dataclasses.dataclass(frozen=True)
class Tensor:
    """`shape` as NumPy has it: K last."""

    name: str
    shape: tuple[int, ...]
    type: BlockType
    data: np.ndarray

    def blocks(self) -> np.ndarray:
        """[blocks, bytes]"""
        return self.data.reshape(-1, self.type.bytes)

    def floats(self) -> np.ndarray:
        return self.type.decode(self.blocks()).reshape(self.shape)


class Cursor:
    """Reads forward in `data`; what would lie behind its end is an error."""

    def __init__(self, data, path: pathlib.Path):
        self.data, self.path, self.at, self.count_letter = data, path, 0, "Q"

    def fail(self, expected: str, got: object) -> Error:
        return Error(f"{self.path}: expected {expected} at byte {self.at}, got {got}")

    def take(self, size: int) -> bytes:
        if size > len(self.data) - self.at:
            raise self.fail(f"{size} more bytes", f"{len(self.data) - self.at}: the file is cut off or damaged")
        begin, self.at = self.at, self.at + size
        return self.data[begin : self.at]

    def number(self, letter: str):
        return struct.unpack("<" + letter, self.take(struct.calcsize("<" + letter)))[0]

    def count(self, least_bytes: int, what: str) -> int:
        """A number of things that take at least so many bytes each."""
        count = self.number(self.count_letter)
        if count * least_bytes > len(self.data) - self.at:
            raise self.fail(f"a number of {what} for which {len(self.data) - self.at} bytes are enough", count)
        return count

    def text(self) -> str:
        # Bytes of single tokens are not always whole characters.
        return self.take(self.count(1, "letters")).decode("utf-8", errors="replace")

    def value(self, kind: int, depth: int = 0):
        if kind in NUMBERS:
            return self.number(NUMBERS[kind])
        if kind == STRING:
            return self.text()
        if kind != ARRAY or depth >= MOST_DEPTH:
            raise self.fail(f"a kind of value from 0 to 12, arrays at most {MOST_DEPTH} deep", kind)
        inner = self.number("I")
        if inner in NUMBERS:
            width = struct.calcsize(NUMBERS[inner])
            count = self.count(width, "elements")
            return np.frombuffer(self.take(count * width), "<" + NUMBERS[inner]).tolist()
        return [self.value(inner, depth + 1) for _ in range(self.count(4, "elements"))]


class File:
    """`metadata` by key, `tensors` by name."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        with self.path.open("rb") as file:
            empty = self.path.stat().st_size == 0
            self.map = b"" if empty else mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        cursor = Cursor(self.map, self.path)
        if cursor.take(4) != b"GGUF":
            cursor.at = 0
            raise cursor.fail("the letters GGUF", bytes(self.map[:4]))
        version = cursor.number("I")
        if version not in (1, 2, 3):
            raise cursor.fail("version 1, 2 or 3, little-endian", version)
        cursor.count_letter = "I" if version == 1 else "Q"
        # A name's length, its first letter, then for tensors dimensions, type and offset.
        tensors = cursor.count(16, "tensors")
        entries = cursor.count(9, "entries")
        self.metadata = {}
        for _ in range(entries):
            key = cursor.text()
            self.metadata[key] = cursor.value(cursor.number("I"))
        infos = [self._info(cursor) for _ in range(tensors)]
        alignment = self.metadata.get("general.alignment", 32)
        if not isinstance(alignment, int) or not 0 < alignment <= 1 << 20 or alignment & (alignment - 1):
            raise Error(f"{self.path}: expected general.alignment to be a power of two, got {alignment!r}")
        begin = (cursor.at + alignment - 1) // alignment * alignment
        self.tensors = {}
        for info in infos:
            tensor = self._tensor(begin, *info)
            if tensor.name in self.tensors:
                raise Error(f"{self.path}: expected each tensor once, got '{tensor.name}' twice")
            self.tensors[tensor.name] = tensor

    @staticmethod
    def _info(cursor: Cursor):
        name, dimensions = cursor.text(), cursor.number("I")
        if dimensions > MOST_DIMENSIONS:
            raise cursor.fail(f"at most {MOST_DIMENSIONS} dimensions of tensor '{name}'", dimensions)
        shape = tuple(reversed([cursor.number(cursor.count_letter) for _ in range(dimensions)]))
        return name, shape, cursor.number("I"), cursor.number("Q")

    def _tensor(self, begin: int, name: str, shape: tuple[int, ...], kind: int, offset: int) -> Tensor:
        if kind not in TYPES:
            known = ", ".join(type.name for type in TYPES.values())
            raise Error(f"{self.path}: expected tensor '{name}' of type {known}, got type {kind}")
        type, columns = TYPES[kind], shape[-1] if shape else 1
        if columns % type.elements:
            raise Error(f"{self.path}: expected rows of whole blocks of {type.elements} for {type.name}, got {columns} columns in tensor '{name}'")
        size = math.prod(shape) // type.elements * type.bytes
        if offset + size > len(self.map) - begin or size > len(self.map):
            raise Error(f"{self.path}: expected {size} bytes of tensor '{name}' from {begin + offset} on, got a file of {len(self.map)}")
        return Tensor(name, shape, type, np.frombuffer(self.map, np.uint8, size, begin + offset))
