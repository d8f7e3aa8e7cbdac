"""Arrays on their way in and out.

In: anything with DLPack or the buffer protocol, read where it lies (NumPy, PyTorch, JAX, memoryview); NumPy arrays of other strides are copied
to dense ones, lists and numbers become arrays of the type that is asked for. Out: NumPy arrays that own the memory of the result.
NumPy itself has no bf16 and 8-bit floats: with `ml_dtypes` they have its types, without it they are raw bits (uint16, uint8).
"""

import numpy as np

#: NumPy's names of element types; those of ml_dtypes apart.
_NUMPY = {"f64": np.float64, "f32": np.float32, "f16": np.float16, "i64": np.int64, "i32": np.int32, "i16": np.int16, "i8": np.int8,
          "ui64": np.uint64, "ui32": np.uint32, "ui16": np.uint16, "ui8": np.uint8, "i1": np.bool_}
_ML_DTYPES = {"bf16": "bfloat16", "f8E4M3FN": "float8_e4m3fn", "f8E5M2": "float8_e5m2"}
_RAW = {1: np.uint8, 2: np.uint16}


def dtype_of(element):
    """NumPy's type of an element type (`f32`, `bf16`, ...); raw bits where there is no other."""
    if element in _NUMPY:
        return np.dtype(_NUMPY[element])
    try:
        import ml_dtypes
    except ImportError:
        return np.dtype(np.uint16 if element == "bf16" else np.uint8)
    return np.dtype(getattr(ml_dtypes, _ML_DTYPES.get(element, element)))


def prepare(array, element=None):
    """What the native module takes: `array` itself, or a dense array of raw bits, or of type `element` for lists and numbers."""
    if isinstance(array, (list, tuple, int, float, bool)):
        array = np.asarray(array, dtype=None if element is None else dtype_of(element))
    if isinstance(array, (np.ndarray, np.generic)):
        array = np.asarray(array)
        if array.dtype.name in _ML_DTYPES.values():
            array = array.view(_RAW[array.dtype.itemsize])
        if not array.flags.c_contiguous:
            array = np.ascontiguousarray(array)
    return array


def element_of(array):
    """The element type that raw bits of `prepare` are; "" where the array says it itself."""
    name = getattr(getattr(array, "dtype", None), "name", "")
    return next((ours for ours, theirs in _ML_DTYPES.items() if theirs == name), "")


def restore(array, element):
    """A result, with the type of `ml_dtypes` where that is installed."""
    return array.view(dtype_of(element)) if element in _ML_DTYPES else array
