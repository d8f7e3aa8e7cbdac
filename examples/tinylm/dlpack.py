"""Call a library that quant-compile wrote, with NumPy arrays.

The library exports, for a file NAME.so and a function `main` of its module,
`NAME_main`, `NAME_error` and, where parameters stand outside, `NAME_load`; its
header (`--header`) says so in C. Tensors travel as DLPack structures
(dlpack.h 1.0): an address, a shape and an element type, no copy.
"""

import ctypes
from pathlib import Path

import numpy as np


class DLDevice(ctypes.Structure):
    _fields_ = [("device_type", ctypes.c_int32), ("device_id", ctypes.c_int32)]


class DLDataType(ctypes.Structure):
    _fields_ = [("code", ctypes.c_uint8), ("bits", ctypes.c_uint8), ("lanes", ctypes.c_uint16)]


class DLTensor(ctypes.Structure):
    _fields_ = [
        ("data", ctypes.c_void_p),
        ("device", DLDevice),
        ("ndim", ctypes.c_int32),
        ("dtype", DLDataType),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", ctypes.c_uint64),
    ]


class DLManagedTensor(ctypes.Structure):
    pass


DELETER = ctypes.CFUNCTYPE(None, ctypes.POINTER(DLManagedTensor))
DLManagedTensor._fields_ = [
    ("dl_tensor", DLTensor),
    ("manager_ctx", ctypes.c_void_p),
    ("deleter", DELETER),
]

CPU = 1
KIND_OF_CODE = {0: "i", 1: "u", 2: "f"}
CODE_OF_KIND = {kind: code for code, kind in KIND_OF_CODE.items()}


def view(array: np.ndarray) -> DLTensor:
    """A description of `array`, which must stay alive and be C-contiguous."""
    kind, bits = array.dtype.kind, 8 * array.dtype.itemsize
    shape = (ctypes.c_int64 * array.ndim)(*array.shape)
    return DLTensor(array.ctypes.data, DLDevice(CPU, 0), array.ndim,
                    DLDataType(CODE_OF_KIND[kind], bits, 1), shape, None, 0)


def take(managed) -> np.ndarray:
    """A copy of a result, which is then given back to the library."""
    tensor = managed.contents.dl_tensor
    dtype = np.dtype(f"{KIND_OF_CODE[tensor.dtype.code]}{tensor.dtype.bits // 8}")
    shape = tensor.shape[: tensor.ndim]
    count = int(np.prod(shape, dtype=np.int64))
    source = (ctypes.c_char * (count * dtype.itemsize)).from_address(tensor.data + tensor.byte_offset)
    array = np.frombuffer(source, dtype).reshape(shape).copy()
    managed.contents.deleter(managed)
    return array


class Library:
    """A compiled module. Calling it calls its function `main`, which has one result. Without `parameters` none stand outside."""

    def __init__(self, path: Path, parameters: Path | None = None):
        self.name = path.stem
        self.functions = ctypes.CDLL(str(path.resolve()))
        self.error = getattr(self.functions, f"{self.name}_error")
        self.error.restype = ctypes.c_char_p
        self.main = getattr(self.functions, f"{self.name}_main")
        if parameters:
            load = getattr(self.functions, f"{self.name}_load")
            self.check(load(str(parameters).encode()))

    def check(self, status: int) -> None:
        if status:
            raise RuntimeError(f"{self.name}: {self.error().decode()} (code {status})")

    def __call__(self, *arrays: np.ndarray) -> np.ndarray:
        arrays = [np.ascontiguousarray(array) for array in arrays]
        tensors = [view(array) for array in arrays]
        inputs = (ctypes.POINTER(DLTensor) * len(tensors))(*map(ctypes.pointer, tensors))
        result = (ctypes.POINTER(DLManagedTensor) * 1)()
        self.check(self.main(inputs, len(tensors), result, 1))
        return take(result[0])
