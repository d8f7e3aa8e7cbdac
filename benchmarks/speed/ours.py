"""This project's matmuls: a module with one, quantized by quant-opt, compiled by quant-compile, called over DLPack.

The number of rows is dynamic, so one library serves all. Each copy of the weight is a parameter and a function of its
own in one module; the functions share their kernels.
"""

import ctypes
import json
import struct
import subprocess
import sys
from _ctypes import dlclose
from functools import partial
from pathlib import Path

import numpy as np

from problem import Contestant, Prepared

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "examples" / "tinylm"))
from dlpack import DLManagedTensor, DLTensor, take, view  # noqa: E402

# name: options of --qlinalg-ptq, family, bits a weight
SCHEMES = {
    "w4a8": ("weights=int4 group=32 scales=f16 activations=dynamic", "w4a8", 4.5),
    "w4a8-group": ("weights=int4 group=32 scales=f16 activations=dynamic-group", "w4a8", 4.5),
    "w8a8": ("weights=int8 activations=dynamic", "w8a8", 8),
    "w4": ("weights=int4 group=32 scales=f16", "w4", 4.5),
    "w2a8": ("weights=int2 group=32 scales=f16 activations=dynamic", "w2a8", 2.5),
    "nf4a8": ("weights=nf4 group=64 scales=f16 activations=dynamic", "w4a8", 4.25),
    "nf4": ("weights=nf4 group=64 scales=f16", "w4", 4.25),
    "f32": ("weights=none", "f32", 32),
}

GLOBAL = "ml_program.global private @w{i}(#ml_program.extern : tensor<{n}x{k}xf32>) : tensor<{n}x{k}xf32>\n"

FUNCTION = """
func.func @main{i}(%x: tensor<?x{k}xf32>) -> tensor<?x{n}xf32> {{
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %w = ml_program.global_load_const @w{i} : tensor<{n}x{k}xf32>
  %rows = tensor.dim %x, %c0 : tensor<?x{k}xf32>
  %empty = tensor.empty(%rows) : tensor<?x{n}xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<?x{n}xf32>) -> tensor<?x{n}xf32>
  %y = linalg.matmul
      indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
      ins(%x, %w : tensor<?x{k}xf32>, tensor<{n}x{k}xf32>) outs(%init : tensor<?x{n}xf32>) -> tensor<?x{n}xf32>
  return %y : tensor<?x{n}xf32>
}}
"""


class ToolError(RuntimeError):
    pass


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode:
        raise ToolError(f"{Path(command[0]).name} ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def save_weights(path, weight, copies):
    size = weight.nbytes
    header = json.dumps({f"w{i}": {"dtype": "F32", "shape": weight.shape, "data_offsets": [i * size, (i + 1) * size]}
                         for i in range(copies)}).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(header)) + header)
        for _ in range(copies):
            file.write(weight.data)


class Compiled:
    """A library of one function `main0`, `main1`, ... for each copy of the weight."""

    def __init__(self, module, parameters, library, copies):
        self.module, self.parameters = module, parameters
        functions = ctypes.CDLL(str(library))
        self.close = partial(dlclose, functions._handle)
        self.error = functions.main_error
        self.error.restype = ctypes.c_char_p
        self.check(functions.main_load(str(parameters).encode()))
        self.functions = [getattr(functions, f"main_main{i}") for i in range(copies)]

    def check(self, code):
        if code:
            raise ToolError(f"{self.error().decode()} (code {code})")


class Ours:
    """The tools of a build, and the loop over copies."""

    def __init__(self, bin_folder, native, cpu):
        self.bin, self.native, self.cpu = bin_folder, native, cpu

    def contestants(self, names):
        return [Contestant(f"qlinalg {name}", SCHEMES[name][1], partial(self.prepare, name), SCHEMES[name][2], ours=True)
                for name in names]

    def compile(self, scheme, problem):
        options, _, bits = SCHEMES[scheme]
        n, k = problem.shape
        copies = problem.most_copies(n * k * bits / 8)
        folder = problem.work / scheme
        module, parameters, library = folder / "main.mlir", folder / "main.safetensors", folder / "main.so"
        if not library.exists():  # scaling.py finds what the contest left
            folder.mkdir(exist_ok=True)
            source, weights = folder / "float.mlir", folder / "float.safetensors"
            source.write_text("".join(template.format(i=i, n=n, k=k)
                                      for template in (GLOBAL, FUNCTION) for i in range(copies)))
            save_weights(weights, problem.weight, copies)
            run(self.bin / "quant-opt", source, "-o", module,
                f"--qlinalg-ptq={options} parameters={weights} output-parameters={parameters}")
            weights.unlink()
            run(self.bin / "quant-compile", module, "-o", library, f"--cpu={self.cpu}")
        compiled = Compiled(module, parameters, library, copies)
        problem.closers.append(compiled.close)
        return compiled

    def compiled(self, scheme, problem):
        return problem.once(("ours", scheme), lambda: self.compile(scheme, problem))

    def prepare(self, scheme, problem):
        compiled = self.compiled(scheme, problem)
        n, k = problem.shape
        copies = problem.copies(n * k * SCHEMES[scheme][2] / 8)
        functions = (ctypes.c_void_p * copies)(
            *(ctypes.cast(function, ctypes.c_void_p).value for function in compiled.functions[:copies]))
        tensors = {m: view(x) for m, x in problem.inputs.items()}

        def rotate(m):
            compiled.check(self.native.speed_rotate(functions, copies, ctypes.byref(tensors[m])))

        def result(m):
            inputs = (ctypes.POINTER(DLTensor) * 1)(ctypes.pointer(tensors[m]))
            outputs = (ctypes.POINTER(DLManagedTensor) * 1)()
            compiled.check(compiled.functions[0](inputs, 1, outputs, 1))
            return take(outputs[0])

        return Prepared(copies, rotate, result)

    def benchmark(self, scheme, problem, m, calls):
        """Median seconds of a call on one thread by quant-run, on the same module."""
        compiled = self.compiled(scheme, problem)
        activations = problem.work / f"x{m}.npy"
        np.save(activations, problem.inputs[m])
        line = run(self.bin / "quant-run", compiled.module, "--entry=main0", f"--parameters={compiled.parameters}",
                   f"--input={activations}", "--threads=1", f"--cpu={self.cpu}", f"--benchmark={calls}")
        return json.loads(line)["median_ns"] * 1e-9
