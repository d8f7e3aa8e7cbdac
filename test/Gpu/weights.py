"""Codes beside floats on the simulated GPU: every storage, groups and ragged shapes, beside the definition.

    weights.py COMPILER WORK

Sums of f32 in another order: off by a few times 2^-24 of sum |x w|, which is some ten times a result for these sizes.
"""

import pathlib
import sys

import numpy as np
from simulated import execute, kernels, save, serve

BOUND = 1e-5  # of the greatest result
# Storage, (m, n, k), group (0: a scale for each row), zero points, element type of the rows.
CASES = [
    ("int8", (1, 9, 64), 0, False, "f32"), ("int8", (7, 5, 35), 16, True, "f32"), ("uint8", (3, 6, 48), 0, True, "f16"),
    ("int4", (1, 12, 128), 32, False, "f32"), ("int4", (4, 7, 70), 32, True, "bf16"), ("uint4", (2, 5, 37), 0, True, "f32"),
    ("uint4", (5, 8, 64), 64, False, "f16"), ("int2", (2, 6, 48), 16, False, "f32"), ("uint2", (1, 5, 27), 5, True, "f32"),
    ("nf4", (2, 8, 96), 64, False, "f32"), ("fp4", (1, 6, 40), 16, False, "f32"), ("f8E4M3FN", (3, 5, 24), 0, False, "f32"),
]


def bits_of(storage):
    return {"8": 8, "4": 4, "2": 2, "N": 8}[storage[-1]]


def matmul(number, case, rng):
    """(lines, arguments as (array, type), type of the result)."""
    storage, (m, n, k), group, affine, element = case
    bits = bits_of(storage)
    row = -(-k * bits // 8)
    codes = rng.integers(0, 256, (n, row), dtype=np.uint8)
    if storage == "f8E4M3FN":
        codes[codes & 0x7F == 0x7F] = 0x38  # no NaN
    x = rng.standard_normal((m, k)).astype(np.float32)
    x = x.astype(np.float16) if element == "f16" else (x.view(np.uint32) >> 16).astype(np.uint16) if element == "bf16" else x
    groups = -(-k // group) if group else None
    shape = f"{n}x{groups}" if group else f"{n}"
    scales = rng.uniform(0.01, 0.1, (n, groups) if group else (n,)).astype(np.float32)
    arguments = [(x, f"tensor<{m}x{k}x{element}>"),
                 (codes if storage == "f8E4M3FN" else codes.view(np.int8),
                  f"tensor<{n}x{row}x{'f8E4M3FN' if storage == 'f8E4M3FN' else 'i8'}>"), (scales, f"tensor<{shape}xf32>")]
    if affine:
        arguments.append((rng.integers(-8, 8, scales.shape).astype(np.int8), f"tensor<{shape}xi8>"))
    arguments.append((np.zeros((m, n), np.float32), f"tensor<{m}x{n}xf32>"))
    names = [f"%a{number}_{i}" for i in range(len(arguments))]
    lines, weight, kind = [], names[1], arguments[1][1]
    if bits < 8:
        weight, kind = f"%w{number}", f"tensor<{n}x{k}xi{bits}>"
        lines.append(f"{weight} = qlinalg.unpack {names[1]} <rows> : {arguments[1][1]} -> {kind}")
    params = f"affine_map<(m, n, k) -> (n{f', k floordiv {group}' if group else ''})>"
    maps = ["affine_map<(m, n, k) -> (m, k)>", "affine_map<(m, n, k) -> (n, k)>", *[params] * (2 if affine else 1),
            "affine_map<(m, n, k) -> (m, n)>"]
    zeros = f" zero_points {names[3]} : {arguments[3][1]}" if affine else ""
    asks = "affine" if affine else "symmetric"
    scheme = f"<{storage}, {f'group = {group}' if group else 'channel'}, {asks}>"
    lines.append(f"%y{number} = qlinalg.matmul lhs({names[0]} : {arguments[0][1]}) rhs({weight} : {kind} scales {names[2]} : "
                 f"{arguments[2][1]}{zeros} scheme {scheme}) outs({names[-1]} : {arguments[-1][1]}) "
                 f"{{indexing_maps = [{', '.join(maps)}]}} -> {arguments[-1][1]}")
    return lines, list(zip(names, *zip(*arguments))), arguments[-1][1]


def main(compiler, work):
    work = pathlib.Path(work)
    library = serve.build(compiler, work)
    rng = np.random.default_rng(11)
    lines, arguments, results = [], [], []
    for number, case in enumerate(CASES):
        more, given, kind = matmul(number, case, rng)
        lines += more
        arguments += given
        results.append((f"%y{number}", kind))
    values, kinds = (", ".join(x) for x in zip(*results))
    signature = ", ".join(f"{name}: {kind}" for name, _, kind in arguments)
    inputs = save(work, [array for _, array, _ in arguments])
    body = "\n".join(lines)
    (work / "m.mlir").write_text(f"func.func @main({signature}) -> ({kinds}) {{\n{body}\nreturn {values} : {kinds}\n}}\n")
    want, got, launches = execute(library, 80, work / "m.mlir", inputs, len(CASES))
    for case, a, b in zip(CASES, want, got):
        worst = np.abs(a.astype(np.float64) - b).max() / np.abs(a).max()
        assert worst <= BOUND, (case, worst)
    assert len(kernels(launches, "weight_dots")) == len(CASES), [name for name, _ in launches]
    print("all within the bound")


if __name__ == "__main__":
    main(*sys.argv[1:])
