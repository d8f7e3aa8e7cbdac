"""Codes of a trellis, from a float weight to a program that runs, against NumPy's reading of the file.

--qlinalg-ptq writes the codes; the levels that they stand for are worked out here from the packed rows, and both
lowerings must give that weight's product. Floats are within n + 2 roundings of sum |x w|, as FloatTile.h says.

    python trellis.py --bin=… --work=…
"""

import argparse
import pathlib
import re
import sys

import numpy as np
import safetensors_io
import tools

SOURCE = pathlib.Path(__file__).parents[2] / "lib" / "Numerics" / "Trellis.cpp"
# bits, rows of the weight, K, rows of the input, group (0: a scale a row), activations
CASES = [(4, 130, 33, 1, 0, "none"), (2, 64, 40, 3, 8, "none"), (8, 70, 64, 20, 0, "none"), (4, 200, 48, 100, 16, "none"),
         (2, 63, 24, 5, 0, "dynamic"), (4, 61, 24, 2, 0, "none"), (8, 1, 16, 4, 0, "none"), (2, 257, 20, 30, 0, "none")]
CPUS = ("native", "x86-64-v3", "x86-64-v2")


def polynomials():
    """f, p, q of each width: numbers that no test can know better than the source."""
    table = SOURCE.read_text().split("polynomials[] = {")[1].split("};")[0]
    found = [tuple(int(x) for x in row) for row in re.findall(r"\{(-?\d+), (\d+), (\d+)\}", table)]
    return dict(zip(range(2, 9), found, strict=True))


def wrap(x):
    return ((x + 0x8000) & 0xFFFF) - 0x8000


def multiply(a, b):
    return wrap((a * b + (1 << 14)) >> 15)


def levels(packed, bits, n, k):
    codes = np.unpackbits(packed.reshape(n, -1), axis=1, bitorder="little")[:, : k * bits].reshape(n, k, bits)
    codes = (codes.astype(np.int64) << np.arange(bits)).sum(-1)
    blocks = np.vstack([codes, np.zeros((-n % 64, k), np.int64)]).reshape(-1, 64, k)
    window = sum((np.roll(blocks, i, 1) << 12) >> (bits * (i + 1)) for i in range(-(-12 // bits)))
    f, p, q = polynomials()[bits]
    x = power = wrap(window * f)
    for _ in range(4):
        power = multiply(power, power)
    return multiply(x, wrap(p + multiply(power, np.int64(q)))).reshape(-1, k)[:n]


def program(n, k, m):
    return f"""
ml_program.global private @w(#ml_program.extern : tensor<{n}x{k}xf32>) : tensor<{n}x{k}xf32>
func.func @main(%x: tensor<{m}x{k}xf32>) -> tensor<{m}x{n}xf32> {{
  %w = ml_program.global_load_const @w : tensor<{n}x{k}xf32>
  %z = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<{m}x{n}xf32>
  %i = linalg.fill ins(%z : f32) outs(%e : tensor<{m}x{n}xf32>) -> tensor<{m}x{n}xf32>
  %y = linalg.matmul
      indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
      ins(%x, %w : tensor<{m}x{k}xf32>, tensor<{n}x{k}xf32>) outs(%i : tensor<{m}x{n}xf32>) -> tensor<{m}x{n}xf32>
  return %y : tensor<{m}x{n}xf32>
}}
"""


def check(options, folder, case, random):
    bits, n, k, m, group, activations = case
    weight, x = random.standard_normal((n, k), np.float32), random.standard_normal((m, k), np.float32)
    (folder / "m.mlir").write_text(program(n, k, m))
    safetensors_io.write(folder / "w.safetensors", {"w": ("F32", weight)})
    settings = f"weights=trellis{bits} activations={activations}" + (f" group={group}" if group else "")
    tools.run(options.bin / "quant-opt", folder / "m.mlir", "-o", folder / "q.mlir",
              f"--qlinalg-ptq={settings} parameters={folder}/w.safetensors output-parameters={folder}/q.safetensors")
    stored, _ = safetensors_io.read(folder / "q.safetensors")
    scales = np.repeat(stored["w.scales"][1].reshape(n, -1).astype(np.float64), group or k, axis=1)[:, :k]
    decoded = levels(stored["w.codes"][1], bits, n, k) * scales
    # The distortion of Trellis.h, with room for few rows.
    error = np.mean((decoded - weight) ** 2) * 4.0**bits
    if n >= 64 and not 0.9 < error < 2:
        yield f"expected a squared error of about 1.4 / 4^{bits}, got {error:.2f} / 4^{bits}"
    taken = x.astype(np.float64)
    if activations == "dynamic":
        steps = (np.abs(x).max(1, keepdims=True) / np.float32(127)).astype(np.float64)
        taken = np.clip(np.rint(x / steps.astype(np.float32)), -128, 127) * steps
    expected, bound = taken @ decoded.T, (k + 2) * 2.0**-24 * (np.abs(taken) @ np.abs(decoded).T)
    np.save(folder / "x.npy", x)
    for lowering, cpu in [("linalg", "native"), *(("cpu", cpu) for cpu in CPUS)]:
        tools.run(options.bin / "quant-run", folder / "q.mlir", f"--parameters={folder}/q.safetensors",
                  f"--input={folder}/x.npy", f"--output={folder}/y.npy", f"--lowering={lowering}", f"--cpu={cpu}")
        wrong = np.abs(np.load(folder / "y.npy") - expected) > bound
        if wrong.any():
            yield f"{lowering} {cpu}: {wrong.sum()} of {wrong.size} results off, the first at {np.argwhere(wrong)[0]}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    tools.add_options(parser)
    options = parser.parse_args()
    folder = options.work
    folder.mkdir(parents=True, exist_ok=True)
    random, failed = np.random.default_rng(0), 0
    for case in CASES:
        for text in check(options, folder, case, random):
            failed += 1
            print(f"FAIL {case}: {text}")
    print(f"trellis: {len(CASES)} cases, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
