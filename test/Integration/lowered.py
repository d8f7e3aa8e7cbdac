"""Runs qlinalg ops by the definition: `--qlinalg-lower-to-linalg`, then upstream's tools only.

Elements that NumPy lacks are bytes (i2 to i7 in the low bits, 8-bit floats as bits) or, for bf16, uint16.
"""

import hashlib
import pathlib

import numpy as np
import tools
import upstream

import floats

NARROW = tuple(f"i{bits}" for bits in range(2, 8))
upstream.ELEMENTS.update({name: np.uint8 for name in (*NARROW, "f8E4M3FN")})


class Functions:
    """The functions of one module, lowered and compiled together: call them by name."""

    def __init__(self, options, functions):
        """functions: {name: text of func.func @name}."""
        text = "\n".join(functions.values())
        folder = pathlib.Path(options.work) / "definition"
        folder.mkdir(parents=True, exist_ok=True)
        source = folder / f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.mlir"
        source.write_text(text)
        lowered = source.with_suffix(".linalg.mlir")
        self.text = tools.quant_opt(options, source, lowered, "--qlinalg-lower-to-linalg")
        if "qlinalg." in self.text:
            raise AssertionError(f"expected no op of qlinalg, got one in {lowered}")
        self.options = options

    def __call__(self, name, *arrays):
        return upstream.Program(self.options, self.text, name)(*arrays)


def pack(array, element):
    """An array of numbers (integers may be int32, floats f32) as elements of that MLIR type."""
    a = np.asarray(array)
    if element == "bf16":
        return floats.to_bf16(a) if a.dtype != np.uint16 else a
    if element in NARROW:
        return (a & (2 ** int(element[1:]) - 1)).astype(np.uint8)
    if element in ("i8", "i16"):  # unsigned ones too
        return a.astype(np.int64).astype(f"u{int(element[1:]) // 8}").view(upstream.ELEMENTS[element])
    return a.astype(upstream.ELEMENTS[element])


def same(actual, expected):
    """Equal to the bit, any NaN equal to any."""
    a, e = np.asarray(actual), np.asarray(expected)
    if a.shape != e.shape or a.dtype != e.dtype:
        return False
    if a.dtype.kind != "f":
        return bool((a == e).all())
    bits = np.dtype(f"u{a.itemsize}")
    both = np.isnan(a) & np.isnan(e)
    return bool(((np.ascontiguousarray(a).view(bits) == np.ascontiguousarray(e).view(bits)) | both).all())
