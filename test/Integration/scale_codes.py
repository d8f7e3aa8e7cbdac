"""Scales that are codes themselves: what is stored, bit for bit, and what runs, against NumPy.

One weight outside the IR for each configuration, quantized by --qlinalg-ptq, compared with the formulas as they stand in
the README; then run as the definition, and as the processor does for few rows and many. Bounds are those of f32 sums.

    python scale_codes.py [--only=REGEX]
"""

# RUN: %python %s

import argparse
import re
import sys

import numpy as np
import safetensors_io
import tools

import floats
from floats import F32
from rows import pack_rows, unpack_rows

ROWS, N, K = (3, 70), 50, 320
# weights, group, symmetric, scales, scales that share one, type of that, activations
CONFIGS = [
    ("int4", 32, True, "int6", 8, "f16", "none"), ("int4", 32, True, "uint6", 8, "f16", "dynamic-group"),
    ("uint4", 32, False, "uint6", 3, "bf16", "dynamic-group"), ("nf4", 64, True, "int8", 256, "f32", "none"),
    ("int3", 32, True, "uint4", 4, "f16", "dynamic-group"), ("int6", 16, True, "int8", 16, "f32", "none"),
    ("int8", 20, True, "uint8", 256, "f32", "dynamic"),
]  # fmt: skip
BITS = {name: int(re.sub(r"\D", "", name)) for name in ("int3", "int4", "int6", "int8", "uint4", "uint6", "uint8", "nf4")}


def runs(x, step, reduce):
    """[rows, runs of columns]."""
    return np.stack([reduce(x[:, i : i + step], axis=1) for i in range(0, x.shape[1], step)], 1)


def over(x, step, columns):
    return np.repeat(x, step, 1)[:, :columns]


def expected(w, config):
    """(codes, scales' codes, their scales, zero points or None, decoded): f32 arithmetic, half to even."""
    weights, group, symmetric, scales, share, kind, _ = config
    bits, scale_bits = BITS[weights], BITS[scales]
    low, high = np.minimum(runs(w, group, np.min), 0), np.maximum(runs(w, group, np.max), 0)
    peak = runs(np.abs(w), group, np.max)
    divisor = 1 if weights == "nf4" else 2 ** (bits - 1) - 1 if symmetric else 2**bits - 1
    chosen = (peak if symmetric else high - low) / F32(divisor)  # 0 for a group of zeros
    positive = scales.startswith("uint")
    most = 2**scale_bits - 1 if positive else 2 ** (scale_bits - 1) - 1
    of_scales = floats.cast(runs(chosen, share, np.max) / F32(most), kind)
    of_scales = np.where(of_scales == 0, F32(1), of_scales)
    spread = over(of_scales, share, chosen.shape[1])
    scale_codes = np.clip(np.rint(chosen / spread), 0 if positive else -most - 1, most)
    scale_codes = np.where((scale_codes == 0) & (chosen != 0), 1, scale_codes).astype(np.int32)
    scale = scale_codes.astype(F32) * spread
    wide = over(np.where(scale == 0, F32(1), scale), group, w.shape[1])
    if weights == "nf4":
        codes = floats.to_nf4(w / wide)
        return codes, scale_codes, of_scales, None, floats.NF4[codes] * wide
    if symmetric:
        codes = np.clip(np.rint(w / wide), -(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
        return codes, scale_codes, of_scales, None, codes.astype(F32) * wide
    # The zero point is chosen with the scale before it is rounded.
    zero = np.clip(np.rint(-low / np.where(chosen == 0, F32(1), chosen)), 0, divisor)
    spread_zero = over(zero, group, w.shape[1])
    codes = np.clip(np.rint(w / wide) + spread_zero, 0, divisor)
    return codes, scale_codes, of_scales, zero.astype(np.uint8), (codes - spread_zero).astype(F32) * wide


def module():
    w = f"tensor<{N}x{K}xf32>"
    return f"""ml_program.global private @w(#ml_program.extern : {w}) : {w}
func.func @main(%x: tensor<?x{K}xf32>) -> tensor<?x{N}xf32> {{
  %w = ml_program.global_load_const @w : {w}
  %t = tensor.empty() : tensor<{K}x{N}xf32>
  %wt = linalg.transpose ins(%w : {w}) outs(%t : tensor<{K}x{N}xf32>) permutation = [1, 0]
  %c0 = arith.constant 0 : index
  %m = tensor.dim %x, %c0 : tensor<?x{K}xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty(%m) : tensor<?x{N}xf32>
  %i = linalg.fill ins(%zero : f32) outs(%e : tensor<?x{N}xf32>) -> tensor<?x{N}xf32>
  %y = linalg.matmul ins(%x, %wt : tensor<?x{K}xf32>, tensor<{K}x{N}xf32>) outs(%i : tensor<?x{N}xf32>) -> tensor<?x{N}xf32>
  return %y : tensor<?x{N}xf32>
}}
"""


def rounded_rows(x, group):
    """What int8 makes of activations, per token or per token and group."""
    step = group or x.shape[1]
    scale = runs(np.abs(x), step, np.max) / F32(127)
    wide = over(scale, step, x.shape[1])
    return np.clip(np.rint(x / wide), -128, 127).astype(np.float64) * wide


def check_stored(path, config, wanted):
    codes, scale_codes, of_scales, zero, _ = wanted
    tensors, metadata = safetensors_io.read(path)
    parts = {
        "w.codes": pack_rows(codes.astype(np.int64), BITS[config[0]]),
        "w.scales": pack_rows(scale_codes, BITS[config[3]]),
        "w.scale_scales": {"f32": of_scales, "f16": of_scales.astype(np.float16), "bf16": floats.to_bf16(of_scales)}[config[5]],
    }
    if zero is not None:
        parts["w.zero_points"] = zero
    wrong = [f"expected {sorted(parts)}, got {sorted(tensors)}"] if set(parts) != set(tensors) else []
    wrong += [f"{name}: other bytes" for name, array in parts.items()
              if name in tensors and tensors[name][1].tobytes() != array.tobytes()]
    sign = "positive" if config[3].startswith("uint") else "symmetric"
    kind = f", scales = {config[5]}" if config[5] != "f32" else ""
    text = f"#qlinalg.scheme<{config[3]}, group = {config[4]}, {sign}{kind}>"
    if metadata.get("w.scales_scheme") != text:
        wrong.append(f"expected scales_scheme {text}, got {metadata.get('w.scales_scheme')}")
    assert (unpack_rows(parts["w.scales"], BITS[config[3]], scale_codes.shape[1], sign == "symmetric") == scale_codes).all()
    return wrong


def check(options, config, random):
    weights, group, symmetric, scales, share, kind, activations = config
    folder = options.work / "scale_codes"
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{weights}-{scales}"
    w = (random.standard_normal((N, K)) * np.exp2(random.integers(-6, 3, (N, 1)))).astype(F32)
    w[3, :group] *= F32(1e-4)  # a scale that would become 0
    w[4, :group] = 0
    safetensors_io.write(folder / "w.safetensors", {"w": ("F32", w)})
    (folder / "m.mlir").write_text(module())
    frozen, codes = folder / f"{name}.mlirbc", folder / f"{name}.safetensors"
    ptq = (f"weights={weights} group={group} scales={scales} scale-group={share} scale-scales={kind} activations={activations} "
           f"parameters={folder / 'w.safetensors'} output-parameters={codes}")
    ptq += "" if weights == "nf4" else f" symmetric={str(symmetric).lower()}"
    tools.run(options.bin / "quant-opt", folder / "m.mlir", f"--qlinalg-ptq={ptq}", "--emit-bytecode", "-o", frozen)
    wanted = expected(w, config)
    wrong = check_stored(codes, config, wanted)
    decoded = wanted[-1].astype(np.float64)
    for m in ROWS:
        x = random.standard_normal((m, K)).astype(F32)
        np.save(folder / "x.npy", x)
        seen = x if activations == "none" else rounded_rows(x, group if activations == "dynamic-group" else 0)
        y = seen.astype(np.float64) @ decoded.T
        # K products and sums, each rounded; scales and codes of activations may differ in their last bit.
        bound = (np.abs(seen) @ np.abs(decoded).T) * (2 * K * 2.0**-24)
        for lowering in ("linalg", "cpu"):
            tools.quant_run(options, frozen, [folder / "x.npy"], [folder / "y.npy"], f"--lowering={lowering}", f"--parameters={codes}")
            error = np.abs(np.load(folder / "y.npy") - y)
            if not (error <= bound).all():
                wrong.append(f"{lowering}, {m} rows: off by {(error / bound).max():.3g} bounds")
    return wrong


def check_memory(options):
    """The processor's code has no float for each scale: a panel of codes, and of their scales."""
    folder = options.work / "scale_codes"
    printed = tools.run(options.bin / "quant-opt", folder / "int4-int6.mlirbc", "--qlinalg-pack=cpu=x86-64-v3", "--canonicalize")
    wrong = []
    if not re.search(r"of %\w+ : tensor<4x2x16xf16> scales_scheme <int6, group = 8", printed):
        wrong.append("expected scales of scales in panels")
    if "qlinalg.dequantize" in printed:
        wrong.append("expected no dequantize")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    tools.add_options(parser)
    options = parser.parse_args()
    random, failures = np.random.default_rng(8), 0
    for config in CONFIGS:
        if not re.search(options.only, f"{config[0]}-{config[3]}"):
            continue
        wrong = check(options, config, random)
        tools.report("scale_codes", f"{config[0]}-{config[3]}", wrong)
        failures += len(wrong)
    wrong = check_memory(options)
    tools.report("scale_codes", "memory", wrong)
    print(f"scale_codes: {len(CONFIGS)} configurations, {failures + len(wrong)} failures")
    return 1 if failures + len(wrong) else 0


if __name__ == "__main__":
    sys.exit(main())
