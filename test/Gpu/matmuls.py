"""Integer matmuls of one module on the simulated GPU and by the definition: bit for bit.

    matmuls.py COMPILER WORK

Functions of erf, exp and tanh are polynomials on one side and libm's on the other: there within 2e-6 of the result's size.
"""

import pathlib
import sys

import numpy as np
from simulated import execute, kernels, save, serve

# (m, n, k), schemes of lhs and rhs, epilogue, what else: b bias, i init, x multiplier.
CASES = [
    ((64, 64, 64), "int8", "int8", "none", ""),
    ((17, 24, 96), "int8", "int8", "relu", "b"),
    ((33, 70, 160), "uint8 affine", "int8", "gelu", "b"),
    ((40, 9, 36), "int8", "uint8 affine", "none", "ix"),  # 4 bytes at once
    ((19, 20, 50), "uint8 affine", "int8 affine", "silu", "bi"),  # 2
    ((18, 65, 31), "uint8", "uint8", "none", "b"),  # 1
    ((5, 8, 16), "int8", "int8", "none", ""),
    ((1, 40, 512), "int8", "int8", "none", "b"),  # dp4a from here on
    ((4, 33, 144), "uint8 affine", "int8 affine", "relu", "b"),
    ((3, 5, 22), "uint8 affine", "uint8", "gelu_tanh", ""),
    ((2, 12, 33), "int8", "int8 affine", "none", "i"),
]
# Chips without matrices of integers take dp4a for any number of rows.
OLD = [((21, 10, 48), "uint8 affine", "int8", "none", "b"), ((6, 9, 30), "int8", "int8", "relu", "")]
# Sizes that are known at run time: both ways in one program.
DYNAMIC = [((m, 24, 64), "uint8 affine", "int8", "none", "b") for m in (1, 4, 5, 70)]


class Program:
    def __init__(self, rng, dynamic=False):
        self.rng, self.dynamic = rng, dynamic
        self.arrays, self.types, self.lines, self.results, self.tolerances = [], [], [], [], []

    def argument(self, array, dynamic_rows=False):
        element = {"float32": "f32", "int8": "i8", "uint8": "i8", "int32": "i32"}[array.dtype.name]
        shape = [("?" if d == 0 and dynamic_rows and self.dynamic else str(s)) for d, s in enumerate(array.shape)]
        self.arrays.append(array.view(np.int8) if element == "i8" else array)
        self.types.append(f"tensor<{'x'.join([*shape, element])}>")
        return f"%a{len(self.arrays) - 1} : {self.types[-1]}"

    def side(self, scheme, rows, k, granularity, is_lhs):
        storage, *affine = scheme.split()
        limits = np.iinfo(storage)
        codes = self.rng.integers(limits.min, limits.max, (rows, k), endpoint=True).astype(storage)
        text = self.argument(codes, is_lhs)
        text += f" scales {self.argument(self.rng.uniform(0.001, 0.1, rows).astype(np.float32), is_lhs)}"
        if affine:
            zeros = self.rng.integers(limits.min, limits.max, rows, endpoint=True).astype(storage)
            text += f" zero_points {self.argument(zeros, is_lhs)}"
        maps = ["affine_map<(m, n, k) -> (m, k)>" if is_lhs else "affine_map<(m, n, k) -> (n, k)>"]
        maps += [f"affine_map<(m, n, k) -> ({'m' if is_lhs else 'n'})>"] * (2 if affine else 1)
        return f"{text} scheme <{storage}, {granularity}, {'affine' if affine else 'symmetric'}>", maps

    def matmul(self, case):
        (m, n, k), lhs, rhs, epilogue, rest = case
        left, maps = self.side(lhs, m, k, "token", True)
        right, more = self.side(rhs, n, k, "channel", False)
        maps += more
        floats = lambda *shape: self.rng.standard_normal(shape).astype(np.float32)  # noqa: E731
        middle = ""
        if "b" in rest:
            middle += f" bias({self.argument(floats(n))})"
            maps.append("affine_map<(m, n, k) -> (n)>")
        if epilogue != "none":
            middle += f" epilogue <{epilogue}>"
        if "x" in rest:
            middle += f" times({self.argument(floats(m, n), True)})"
            maps.append("affine_map<(m, n, k) -> (m, n)>")
        init = self.argument(floats(m, n) if "i" in rest else np.zeros((m, n), np.float32), True)
        maps.append("affine_map<(m, n, k) -> (m, n)>")
        kind = self.types[-1]
        name = f"%y{len(self.results)}"
        self.lines.append(f"  {name} = qlinalg.matmul lhs({left}) rhs({right}){middle} outs({init}) "
                          f"{{indexing_maps = [{', '.join(maps)}]}} -> {kind}")
        self.results.append((name, kind))
        self.tolerances.append(2e-6 if epilogue.startswith(("gelu", "silu")) else 0)

    def text(self):
        arguments = ", ".join(f"%a{i}: {t}" for i, t in enumerate(self.types))
        names, kinds = (", ".join(x) for x in zip(*self.results))
        return f"func.func @main({arguments}) -> ({kinds}) {{\n" + "\n".join(self.lines) + f"\n  return {names} : {kinds}\n}}\n"


def run(library, chip, program, folder):
    """The kernels that ran; an AssertionError where results differ."""
    inputs = save(folder, program.arrays)
    (folder / "m.mlir").write_text(program.text())
    results = execute(library, chip, folder / "m.mlir", inputs, len(program.results))
    for i, (want, got, tolerance) in enumerate(zip(*results[:2], program.tolerances)):
        worst = np.abs(want.astype(np.float64) - got).max() / max(np.abs(want).max(), 1)
        assert worst <= tolerance, f"result {i} of {folder.name}: {worst}"
    return results[2]


def main(compiler, work):
    work = pathlib.Path(work)
    library = serve.build(compiler, work)
    rng = np.random.default_rng(5)
    for chip, cases, expected in ((80, CASES, {"matmul_mma": 7, "matmul_dots": 4}), (75, OLD, {"matmul_dots": 2})):
        program = Program(rng)
        for case in cases:
            program.matmul(case)
        launches = run(library, chip, program, work / f"sm_{chip}")
        for kind, count in expected.items():
            # Neither the copies nor ldmatrix meet in a bank.
            assert len(kernels(launches, kind)) == count, (kind, [name for name, _ in launches])
    for case in DYNAMIC:
        program = Program(rng, dynamic=True)
        program.matmul(case)
        launches = run(library, 80, program, work / "dynamic")
        kind = "matmul_dots" if case[0][0] <= 4 else "matmul_mma"
        assert any(name.endswith(kind) for name, _ in launches), [name for name, _ in launches]
    print("all equal")


if __name__ == "__main__":
    main(*sys.argv[1:])
