"""ONNX nodes, each a function of one module, run by quant-run or in a library of quant-compile."""

import itertools

import numpy as np
import tools
from compiled import Inputs, Library
from onnx_matmul import matmul_integer, qlinear_matmul
from onnx_ops import Function, dequantize, dynamic_quantize, quantize

OPS = {"QuantizeLinear": quantize, "DequantizeLinear": dequantize, "DynamicQuantizeLinear": dynamic_quantize,
       "MatMulInteger": matmul_integer, "QLinearMatMul": qlinear_matmul}
CHUNK = 25  # functions of one program


def function_of(op, inputs, dynamic=False, **attributes):
    """The function of a node; NotApplicable says why there is none."""
    f = Function(dynamic)
    OPS[op](f, *inputs, **attributes)
    return f


def _one_module(functions):
    """All of them called by @main."""
    calls, arguments, results = [], [], []
    for i, f in enumerate(functions):
        types, given = [r.type for r in f.results], [a.type for a in f.arguments]
        values = [f"%x{i}_{j}" for j in range(len(given))]
        calls.append(f"  %r{i}:{len(types)} = func.call @node{i}({', '.join(values)}) : ({', '.join(given)}) -> "
                     f"({', '.join(types)})\n")
        arguments += [f"{v}: {t}" for v, t in zip(values, given)]
        results += [(f"%r{i}#{j}", t) for j, t in enumerate(types)]
    values, types = (", ".join(column) for column in zip(*results))
    return "".join(f"func.func private @node{i}{f.text}" for i, f in enumerate(functions)) + (
        f"func.func @main({', '.join(arguments)}) -> ({types}) {{\n{''.join(calls)}  return {values} : {types}\n}}\n")


def run(options, functions, lowering):
    """The results of each function, as bits, by quant-run."""
    results = []
    for first in range(0, len(functions), CHUNK):
        chunk = functions[first : first + CHUNK]
        folder = options.work / f"{lowering}{first}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "nodes.mlir").write_text(_one_module(chunk))
        inputs = []
        for i, array in enumerate(a for f in chunk for a in f.arrays):
            inputs.append(folder / f"in{i}.npy")
            np.save(inputs[-1], array)
        outputs = [folder / f"out{i}.npy" for i in range(sum(len(f.results) for f in chunk))]
        tools.quant_run(options, folder / "nodes.mlir", inputs, outputs, f"--lowering={lowering}")
        loaded = iter(np.load(o) for o in outputs)
        results += [list(itertools.islice(loaded, len(f.results))) for f in chunk]
    return results


class Compiled:
    """Functions in one library of quant-compile, those of one text once: calling them costs nothing."""

    def __init__(self, options, functions, lowering):
        self.names = {}
        for f in functions:
            self.names.setdefault(f.text, f"node{len(self.names)}")
        folder = options.work / lowering
        folder.mkdir(parents=True, exist_ok=True)
        source, library = folder / "nodes.mlir", folder / "nodes.so"
        source.write_text("".join(f"func.func @{name}{text}" for text, name in self.names.items()))
        tools.run(options.bin / "quant-compile", source, f"--lowering={lowering}", "-o", library)
        self.library = Library(library)
        self.library.set_threads(1)

    def __call__(self, f):
        """The results, as bits."""
        inputs = Inputs([(array, value.element) for array, value in zip(f.arrays, f.arguments)])
        return self.library.call_all(self.names[f.text], inputs, [r.element for r in f.results])
