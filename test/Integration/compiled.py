"""Calls the functions of a library that quant-compile made, with NumPy arrays, through DLPack and ctypes."""

import _ctypes
import ctypes

import numpy as np

# Element type of MLIR: (DLPack's code and bits, NumPy's type). bf16 and 8-bit floats are held as bits.
TYPES = dict(
    f64=(2, 64, np.float64), f32=(2, 32, np.float32), f16=(2, 16, np.float16), bf16=(4, 16, np.uint16),
    f8E4M3FN=(10, 8, np.uint8), i8=(0, 8, np.int8), i16=(0, 16, np.int16), i32=(0, 32, np.int32),
)  # fmt: skip
PROCESSOR = 1


class DLTensor(ctypes.Structure):
    _fields_ = [
        ("data", ctypes.c_void_p), ("device_type", ctypes.c_int32), ("device_id", ctypes.c_int32),
        ("ndim", ctypes.c_int32), ("code", ctypes.c_uint8), ("bits", ctypes.c_uint8), ("lanes", ctypes.c_uint16),
        ("shape", ctypes.POINTER(ctypes.c_int64)), ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", ctypes.c_uint64),
    ]  # fmt: skip


class DLManagedTensor(ctypes.Structure):
    pass


DELETER = ctypes.CFUNCTYPE(None, ctypes.POINTER(DLManagedTensor))
DLManagedTensor._fields_ = [("tensor", DLTensor), ("context", ctypes.c_void_p), ("deleter", DELETER)]


class Inputs:
    """Arrays as a function takes them: [(array, element type)]. Keeps them alive."""

    def __init__(self, arrays):
        self.arrays = [np.asarray(a, TYPES[element][2], order="C") for a, element in arrays]
        self.tensors = [self._tensor(a, element) for a, (_, element) in zip(self.arrays, arrays)]
        self.pointers = (ctypes.POINTER(DLTensor) * len(arrays))(*map(ctypes.pointer, self.tensors))

    @staticmethod
    def _tensor(array, element):
        code, bits, _ = TYPES[element]
        shape = (ctypes.c_int64 * array.ndim)(*array.shape)
        return DLTensor(array.ctypes.data, PROCESSOR, 0, array.ndim, code, bits, 1, shape, None, 0)


class Library:
    """A library at `path`; its prefix is the file's name. Close it before the file is loaded anew."""

    def __init__(self, path):
        self.prefix, self.library = path.stem, ctypes.CDLL(str(path))
        self._function("error").restype = ctypes.c_char_p

    def _function(self, name):
        return getattr(self.library, f"{self.prefix}_{name}")

    def _check(self, status):
        if status:
            raise RuntimeError(f"status {status}: {self._function('error')().decode()}")

    def load(self, parameters):
        self._check(self._function("load")(str(parameters).encode()))

    def set_threads(self, count):
        self.library.omp_set_num_threads(count)

    def call(self, name, inputs, element):
        """The only result of a function, of that element type."""
        return self.call_all(name, inputs, [element])[0]

    def call_all(self, name, inputs, elements):
        """The results of a function, of those element types."""
        outputs = (ctypes.POINTER(DLManagedTensor) * len(elements))()
        self._check(self._function(name)(inputs.pointers, len(inputs.arrays), outputs, len(elements)))
        return [self._take(output, element) for output, element in zip(outputs, elements)]

    @staticmethod
    def _take(output, element):
        tensor = output.contents.tensor
        code, bits, kind = TYPES[element]
        if (tensor.code, tensor.bits) != (code, bits):
            raise RuntimeError(f"expected a result of {element}, got DLPack's type {tensor.code}, {tensor.bits} bits")
        shape = tensor.shape[: tensor.ndim]
        held = ctypes.string_at(tensor.data, int(np.prod(shape, dtype=np.int64)) * bits // 8)
        output.contents.deleter(output)
        return np.frombuffer(held, kind).reshape(shape)

    def call_without_results(self, name, inputs):
        self._check(self._function(name)(inputs.pointers, len(inputs.arrays), None, 0))

    def write_statistics(self, path):
        self._check(self._function("write_statistics")(str(path).encode()))

    def close(self):
        _ctypes.dlclose(self.library._handle)
