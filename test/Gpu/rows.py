"""Rows quantized at run time, and functions in kernels, on the simulated GPU and by the definition.

    rows.py COMPILER WORK

Codes, scales and zero points bit for bit: rows of ragged lengths, with zeros alone, a NaN, an infinity, subnormal numbers.
"""

import pathlib
import sys

import numpy as np
from simulated import execute, kernels, save, serve

SIZES = [(3, 1), (5, 33), (9, 300)]
SCHEMES = ["int8, token, symmetric", "uint8, token, affine", "int8, token, affine, rounding = away"]


def conversions():
    """A function of one argument a size, with a result for each scheme's codes, scales and zero points."""
    lines, results = [], []
    for n, (rows, columns) in enumerate(SIZES):
        kind = f"tensor<{rows}x{columns}xf32>"
        for k, scheme in enumerate(SCHEMES):
            params = [f"tensor<{rows}xf32>"] + ([f"tensor<{rows}xi8>"] if "affine" in scheme else [])
            name, by = f"{n}_{k}", "by affine_map<(i, j) -> (i)>"
            names = [f"%s{name}"] + ([f"%z{name}"] if len(params) == 2 else [])
            lines.append(f"{', '.join(names)} = qlinalg.choose_params %x{n} <{scheme}> {by} : {kind} -> {', '.join(params)}")
            zeros = f" zero_points {names[1]}" if len(names) == 2 else ""
            kinds = f"{kind} scales {params[0]}" + (f" zero_points {params[1]}" if zeros else "")
            codes = f"tensor<{rows}x{columns}xi8>"
            lines.append(f"%q{name} = qlinalg.quantize %x{n} scales {names[0]}{zeros} <{scheme}> {by} : {kinds} -> {codes}")
            results += [(f"%q{name}", codes), *zip(names, params)]
    arguments = ", ".join(f"%x{n}: tensor<{m}x{k}xf32>" for n, (m, k) in enumerate(SIZES))
    values, kinds = (", ".join(x) for x in zip(*results))
    return f"func.func @main({arguments}) -> ({kinds}) {{\n" + "\n".join(lines) + f"\nreturn {values} : {kinds}\n}}\n", len(results)


def cosines():
    return """#m = affine_map<(i) -> (i)>
    func.func @main(%x: tensor<64xf32>) -> (tensor<64xf32>, tensor<64xf32>) {
      %o = tensor.empty() : tensor<64xf32>
      %y:2 = linalg.generic {indexing_maps = [#m, #m, #m], iterator_types = ["parallel"]} ins(%x : tensor<64xf32>)
          outs(%o, %o : tensor<64xf32>, tensor<64xf32>) {
      ^bb0(%e: f32, %a: f32, %b: f32):
        %s = math.sin %e : f32
        %c = math.cos %e : f32
        linalg.yield %s, %c : f32, f32
      } -> (tensor<64xf32>, tensor<64xf32>)
      return %y#0, %y#1 : tensor<64xf32>, tensor<64xf32>
    }
    """


def run(library, folder, text, arrays, results):
    inputs = save(folder, arrays)
    (folder / "m.mlir").write_text(text)
    return execute(library, 80, folder / "m.mlir", inputs, results)


def main(compiler, work):
    work = pathlib.Path(work)
    library = serve.build(compiler, work)
    rng = np.random.default_rng(3)
    arrays = [(rng.standard_normal(size) * 10.0 ** rng.integers(-3, 4, (size[0], 1))).astype(np.float32) for size in SIZES]
    arrays[1][0] = 0
    arrays[1][1, 7], arrays[1][2, 32] = np.nan, -np.inf
    arrays[2][3] = rng.standard_normal(300) * 1e-41
    arrays[2][4] = np.abs(arrays[2][4])
    text, count = conversions()
    want, got, launches = run(library, work / "rows", text, arrays, count)
    for i, (a, b) in enumerate(zip(want, got)):
        assert np.array_equal(a, b, equal_nan=a.dtype.kind == "f"), f"result {i}: {np.argwhere(a != b)[:4]}"
    assert len(kernels(launches, "quantize_rows")) == len(SIZES) * len(SCHEMES), [name for name, _ in launches]
    # Angles of f32 from 1 to 2^48, past 2^24 by f64: NumPy's are libm's, correct to the last place but one.
    x = (rng.uniform(1, 2, 64) * 2.0 ** rng.integers(-3, 49, 64)).astype(np.float32)
    _, got, _ = run(library, work / "cosines", cosines(), [x], 2)
    for function, values in zip((np.sin, np.cos), got):
        assert np.abs(function(x.astype(np.float64)) - values).max() < 2e-7
    print("all equal")


if __name__ == "__main__":
    main(*sys.argv[1:])
