"""Quantizers of others, each as functions from a weight [N, K] and the mean squares of its input [K] to (floats, bytes)."""

import ctypes
import importlib.metadata
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import numpy as np

# After this folder: both have an ours.py.
sys.path.append(str(Path(__file__).resolve().parents[1] / "speed"))

Code = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, int]]


@dataclass
class Coder:
    name: str
    version: str
    # Titles with what does it; the first alone when quick.
    all: list[tuple[str, Code]]

    def ways(self, quick: bool) -> list[tuple[str, Code]]:
        return self.all[:1] if quick else self.all


# By ggml's numbers.
TYPES = {"Q4_K": 12, "Q8_0": 8, "Q6_K": 14, "Q5_K": 13, "IQ4_XS": 23, "Q4_0": 2, "IQ3_S": 21, "IQ2_S": 22}


class Traits(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("block", ctypes.c_int64), ("interleaved", ctypes.c_int64),
                ("size", ctypes.c_size_t), ("quantized", ctypes.c_bool),
                ("to_float", ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64))]


def ggml() -> Coder:
    """With an importance matrix: the mean squares."""
    from peers.ggml import library, version

    functions = library()
    base = functions.parts[0]
    base.ggml_get_type_traits.restype = ctypes.POINTER(Traits)
    quantize = base.ggml_quantize_chunk
    quantize.restype = ctypes.c_size_t
    quantize.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, *[ctypes.c_int64] * 3, ctypes.c_void_p]

    def coder(number: int) -> Code:
        def code(weight, importance):
            rows, columns = weight.shape
            weight, importance = np.ascontiguousarray(weight, np.float32), np.ascontiguousarray(importance, np.float32)
            traits = base.ggml_get_type_traits(number).contents
            packed = np.zeros(rows * columns // traits.block * traits.size, np.uint8)
            size = quantize(number, weight.ctypes.data, packed.ctypes.data, 0, rows, columns, importance.ctypes.data)
            assert size == packed.nbytes
            floats = np.empty(weight.shape, np.float32)
            traits.to_float(packed.ctypes.data, floats.ctypes.data, weight.size)
            return floats, size

        return code

    return Coder("ggml", version(), [(name, coder(number)) for name, number in TYPES.items()])


def hqq() -> Coder:
    import torch
    from hqq.core.quantize import Quantizer

    def coder(bits: int) -> Code:
        def code(weight, importance):
            packed, meta = Quantizer.quantize(torch.tensor(weight), nbits=bits, group_size=64, axis=1, device="cpu",
                                              compute_dtype=torch.float32, bitpack=False)
            floats = Quantizer.dequantize(packed, meta).numpy().astype(np.float32)
            # Scale and zero of f16 a group.
            return floats, weight.size * bits // 8 + weight.size // 64 * 4

        return code

    return Coder("hqq", importlib.metadata.version("hqq"), [(f"{bits} b g64", coder(bits)) for bits in (4, 8, 3, 2)])


def bitsandbytes() -> Coder:
    import torch
    from bitsandbytes import functional

    def coder(kind: str) -> Code:
        def code(weight, importance):
            packed, state = functional.quantize_4bit(torch.tensor(weight), blocksize=64, quant_type=kind)
            floats = functional.dequantize_4bit(packed, state).numpy()
            return floats, packed.numel() * packed.element_size() + state.absmax.numel() * state.absmax.element_size()

        return code

    return Coder("bitsandbytes", importlib.metadata.version("bitsandbytes"), [(kind, coder(kind)) for kind in ("nf4", "fp4")])


CODERS = {"ggml": ggml, "hqq": hqq, "bitsandbytes": bitsandbytes}


def available(names: str, versions: dict[str, str], say: Callable[[str], None]):
    """Those that are installed; with a name, that one or an error."""
    for name, make in CODERS.items():
        if names not in ("all", "none") and name not in names.split(",") or names == "none":
            continue
        try:
            coder = make()
        except Exception as error:  # whatever a package raises when its libraries do not fit
            if names != "all":
                raise SystemExit(f"error: {name}: {error}; make bench-peers installs it") from error
            say(f"{name} is left out: {error}")
            continue
        versions[name] = coder.version
        yield coder
