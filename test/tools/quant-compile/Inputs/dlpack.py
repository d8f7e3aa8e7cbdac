"""Calls a library that quant-compile made, over DLPack structures laid out by hand."""
import ctypes

import numpy as np


class Device(ctypes.Structure):
    _fields_ = [("type", ctypes.c_int32), ("id", ctypes.c_int32)]


class DataType(ctypes.Structure):
    _fields_ = [("code", ctypes.c_uint8), ("bits", ctypes.c_uint8), ("lanes", ctypes.c_uint16)]


class Tensor(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("device", Device), ("ndim", ctypes.c_int32), ("dtype", DataType),
                ("shape", ctypes.POINTER(ctypes.c_int64)), ("strides", ctypes.POINTER(ctypes.c_int64)),
                ("byte_offset", ctypes.c_uint64)]


class Managed(ctypes.Structure):
    pass


Managed._fields_ = [("tensor", Tensor), ("context", ctypes.c_void_p),
                    ("deleter", ctypes.CFUNCTYPE(None, ctypes.POINTER(Managed)))]

CODES = {"i": 0, "u": 1, "f": 2, "b": 6}
TYPES = {(0, 8): np.int8, (0, 32): np.int32, (0, 64): np.int64, (1, 8): np.uint8, (2, 16): np.float16,
         (2, 32): np.float32, (2, 64): np.float64, (4, 16): np.uint16, (6, 8): np.bool_}


def borrow(array, strides=False):
    """A tensor that points into `array`, which must live as long."""
    tensor = Tensor()
    tensor.data = array.ctypes.data
    tensor.device = Device(1, 0)
    tensor.ndim = array.ndim
    tensor.dtype = DataType(CODES[array.dtype.kind], array.dtype.itemsize * 8, 1)
    tensor.shape = (ctypes.c_int64 * max(array.ndim, 1))(*array.shape)
    if strides:
        tensor.strides = (ctypes.c_int64 * max(array.ndim, 1))(*(s // array.itemsize for s in array.strides))
    return tensor


class Library:
    def __init__(self, path, prefix):
        self.dll = ctypes.CDLL(path)
        self.prefix = prefix

    def symbol(self, name):
        return getattr(self.dll, name)

    def error(self):
        function = getattr(self.dll, self.prefix + "_error")
        function.restype = ctypes.c_char_p
        return function().decode()

    def call(self, name, inputs, num_outputs, **options):
        """The status, and the results as arrays."""
        tensors = [x if isinstance(x, Tensor) else borrow(x, **options) for x in inputs]
        pointers = (ctypes.POINTER(Tensor) * max(len(tensors), 1))(*(ctypes.pointer(t) for t in tensors))
        outputs = (ctypes.POINTER(Managed) * max(num_outputs, 1))()
        status = getattr(self.dll, name)(pointers, len(tensors), outputs, num_outputs)
        results = []
        for output in outputs[:num_outputs]:
            if not output:
                assert status != 0
                continue
            t = output.contents.tensor
            assert (t.device.type, t.dtype.lanes, t.byte_offset) == (1, 1, 0)
            shape = [t.shape[i] for i in range(t.ndim)]
            dtype = np.dtype(TYPES[t.dtype.code, t.dtype.bits])
            size = int(np.prod(shape)) * dtype.itemsize
            results.append(np.frombuffer(ctypes.string_at(t.data, size), dtype).reshape(shape))
            output.contents.deleter(output)
        return status, results
