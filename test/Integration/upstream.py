"""Runs a linalg program with upstream's tools only: mlir-opt, mlir-translate, clang, then ctypes.

A program is compiled once into a shared library, kept in the work folder under a hash of its text, and called
with NumPy arrays; weights that vary with the scheme are therefore arguments, not constants. The loops are naive.
"""

import ctypes
import hashlib
import os
import pathlib
import re
import threading

import numpy as np
from tools import run

# Function boundaries are bufferized to identity layouts so that every argument and result is a plain row-major
# array; the deallocation pipeline makes every result a fresh allocation (never freed here: the process is short).
PIPELINE = ",".join(
    [
        "one-shot-bufferize{bufferize-function-boundaries=1 function-boundary-type-conversion=identity-layout-map}",
        "buffer-deallocation-pipeline", "convert-bufferization-to-memref", "func.func(convert-linalg-to-loops)",
        "math-expand-ops{ops=rsqrt}", "expand-strided-metadata", "lower-affine", "convert-scf-to-cf",
        "func.func(llvm-request-c-wrappers)", "convert-math-to-llvm", "convert-math-to-libm",
        "finalize-memref-to-llvm", "convert-func-to-llvm", "convert-arith-to-llvm", "convert-cf-to-llvm",
        "convert-index-to-llvm", "convert-vector-to-llvm", "reconcile-unrealized-casts",
    ]
)
ELEMENTS = dict(f64=np.float64, f32=np.float32, f16=np.float16, bf16=np.uint16, i64=np.int64, i32=np.int32, i16=np.int16,
                i8=np.int8)


def tensor(text):
    """'4x?x16xf32' -> ([4, -1, 16], 'f32')."""
    *dims, element = text.split("x")
    return [-1 if d == "?" else int(d) for d in dims], element


def signature(text, entry="main"):
    """(argument, result) tensor types of a function in the custom or the generic form, as 'DxDxELEMENT'."""
    generic = re.search(rf'function_type = \((.*?)\) -> ([^\n]*?), (?:res_attrs[^\n]*?, )?sym_name = "{entry}"', text)
    custom = re.search(rf"func\.func (?:public )?@{entry}\(([^\n]*?)\)\s*->\s*([^\n]*?) (?:attributes|\{{\n)", text)
    found = generic or custom
    if not found:
        raise ValueError(f"expected a function @{entry} with results, found none")
    return tuple(re.findall(r"tensor<([^>]*)>", part) for part in found.groups())


def descriptor(rank):
    """MLIR's strided memref of one rank, as the C interface passes it."""
    fields = [("base", ctypes.c_void_p), ("data", ctypes.c_void_p), ("offset", ctypes.c_int64)]
    if rank:
        fields += [("sizes", ctypes.c_int64 * rank), ("strides", ctypes.c_int64 * rank)]
    return type(f"MemRef{rank}", (ctypes.Structure,), {"_fields_": fields})


class Program:
    """A compiled program: call it with arrays in the order of the function's arguments."""

    def __init__(self, options, text, entry="main"):
        self.arguments, self.results = signature(text, entry)
        key = hashlib.sha256((PIPELINE + text).encode()).hexdigest()[:24]
        folder = pathlib.Path(options.work) / "upstream"
        folder.mkdir(parents=True, exist_ok=True)
        library = folder / f"{key}.so"
        if not library.exists():
            self._compile(options, text, folder / f"{key}.{os.getpid()}.{threading.get_ident()}", library)
        self.function = getattr(ctypes.CDLL(str(library)), f"_mlir_ciface_{entry}")

    @staticmethod
    def _compile(options, text, stem, library):
        source, lowered, ir, built = (stem.with_name(stem.name + end) for end in (".mlir", ".low.mlir", ".ll", ".so"))
        source.write_text(text)
        run(options.mlir_bin / "mlir-opt", source, f"--pass-pipeline=builtin.module({PIPELINE})", "-o", lowered)
        run(options.mlir_bin / "mlir-translate", "--mlir-to-llvmir", lowered, "-o", ir)
        support = options.mlir_bin.parent / "lib"
        run(options.mlir_bin / "clang", "-O1", "-fPIC", "-shared", "-Wno-override-module", ir, "-o", built,
            f"-L{support}", f"-Wl,-rpath,{support}", "-lmlir_c_runner_utils", "-lmlir_float16_utils", "-lm")
        for path in (source, lowered, ir):
            path.unlink()
        built.replace(library)  # atomic: two processes may build the same one

    def __call__(self, *arrays):
        results = type("Results", (ctypes.Structure,), {
            "_fields_": [(f"r{i}", descriptor(len(tensor(t)[0]))) for i, t in enumerate(self.results)]})()
        kept, passed = [], [ctypes.byref(results)]
        for i, (array, kind) in enumerate(zip(arrays, self.arguments, strict=True)):
            dims, element = tensor(kind)
            a = np.array(array, order="C")  # a copy: bufferization may write into arguments
            if a.dtype != ELEMENTS[element] or len(dims) != a.ndim or any(
                    d not in (-1, n) for d, n in zip(dims, a.shape)):
                raise ValueError(f"argument {i}: expected tensor<{kind}>, got {a.dtype} {a.shape}")
            strides = [s // a.itemsize for s in a.strides]
            extra = [(ctypes.c_int64 * a.ndim)(*a.shape), (ctypes.c_int64 * a.ndim)(*strides)] if a.ndim else []
            kept.append((a, descriptor(a.ndim)(a.ctypes.data, a.ctypes.data, 0, *extra)))
            passed.append(ctypes.byref(kept[-1][1]))
        self.function(*passed)
        return [self._array(getattr(results, f"r{i}"), t) for i, t in enumerate(self.results)]

    @staticmethod
    def _array(result, kind):
        dims, element = tensor(kind)
        shape = list(result.sizes) if dims else []
        count = int(np.prod(shape, dtype=np.int64))
        pointer = ctypes.cast(result.data, ctypes.POINTER(np.ctypeslib.as_ctypes_type(
            np.uint16 if element in ("f16", "bf16") else ELEMENTS[element])))
        flat = np.ctypeslib.as_array(pointer, (result.offset + count,))[result.offset :]
        return flat.view(ELEMENTS[element]).reshape(shape).copy()
