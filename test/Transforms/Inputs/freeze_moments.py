"""What each method minimises, against a plain NumPy version of the paper: ours is not worse by more than 1 %.

    freeze_moments.py BIN OBSERVE_ARRAYS TINYLM
"""

import json
import pathlib
import struct
import subprocess
import sys

import numpy as np

BIN, OBSERVE, TINYLM = pathlib.Path(sys.argv[1]), sys.argv[2], pathlib.Path(sys.argv[3])
GROUP = 32
MODULE = """
ml_program.global private @w(#ml_program.extern : tensor<{n}x{k}xf32>) : tensor<{n}x{k}xf32>
func.func @main(%x: tensor<2x{k}xf32>, %i: tensor<2x{n}xf32>) -> tensor<2x{n}xf32> {{
  %w = ml_program.global_load_const @w : tensor<{n}x{k}xf32>
  %0 = linalg.matmul indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>,
    affine_map<(m, n, k) -> (m, n)>] ins(%x, %w : tensor<2x{k}xf32>, tensor<{n}x{k}xf32>) outs(%i : tensor<2x{n}xf32>) -> tensor<2x{n}xf32>
  return %0 : tensor<2x{n}xf32>
}}
"""


def read(path):
    data = pathlib.Path(path).read_bytes()
    (size,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + size])
    header.pop("__metadata__", None)
    types = {"F32": np.float32, "F16": np.float16, "U8": np.uint8, "I8": np.int8}
    return {name: np.frombuffer(data[8 + size :][slice(*entry["data_offsets"])], types[entry["dtype"]]).reshape(entry["shape"])
            for name, entry in header.items()}


def write(path, array):
    header = json.dumps({"w": {"dtype": "F32", "shape": list(array.shape), "data_offsets": [0, array.nbytes]}}).encode()
    header += b" " * (-len(header) % 8)
    pathlib.Path(path).write_bytes(struct.pack("<Q", len(header)) + header + array.tobytes())


def quantized(weight, options):
    """What the codes decode to: int4, two codes a byte, the lower first."""
    subprocess.run([BIN / "quant-opt", "one.mlir", f"--qlinalg-ptq=weights=int4 group={GROUP} parameters=w.safetensors "
                    f"output-parameters=out.safetensors statistics=x.stats {options}", "-o", "out.mlir"],
                   check=True, capture_output=True)
    stored = read("out.safetensors")
    packed = stored["w.codes"]
    codes = np.stack([packed & 15, packed >> 4], -1).reshape(len(packed), -1)[:, : weight.shape[1]].astype(np.int32)
    codes -= 16 * (codes > 7)
    return codes * np.repeat(stored["w.scales"].astype(np.float64), GROUP, axis=1)[:, : weight.shape[1]]


def nearest(w, scales):
    """Of columns w [N, k] with scales [N]."""
    scales = scales.reshape(-1, *[1] * (w.ndim - 1))
    return np.clip(np.rint(w / scales), -8, 7) * scales


def groups(k):
    return [slice(first, min(first + GROUP, k)) for first in range(0, k, GROUP)]


def search(weight, cost, signs=(1, -1)):
    """By brute force: for each group the scale of least cost(decoded - w, w, columns), rows by themselves."""
    scales = np.empty((len(weight), len(groups(weight.shape[1]))))
    for g, columns in enumerate(groups(weight.shape[1])):
        w = weight[:, columns]
        least, greatest = np.full(len(w), np.inf), np.abs(w).max(1)
        for sign in signs:
            for factor in np.linspace(0.4, 1.3, 91):
                scale = sign * greatest * factor / 8
                error = cost(nearest(w, scale) - w, w, columns)
                scales[:, g] = np.where(error < least, scale, scales[:, g])
                least = np.minimum(least, error)
    return scales


def spread(scales, k):
    return np.repeat(scales, GROUP, axis=1)[:, :k]


def gptq(weight, moments, scales):
    """As the paper has it: the Cholesky factor of the inverse, damping of 1 %, the largest columns first."""
    k = len(moments)
    order = np.argsort(-np.diag(moments), kind="stable")
    h = moments[np.ix_(order, order)] + 0.01 * np.mean(np.diag(moments)) * np.eye(k)
    upper = np.linalg.cholesky(np.linalg.inv(h)).T
    w, s, decoded = weight[:, order].copy(), spread(scales, k)[:, order], np.empty_like(weight)
    for i in range(k):
        decoded[:, order[i]] = np.clip(np.rint(w[:, i] / s[:, i]), -8, 7) * s[:, i]
        error = (w[:, i] - decoded[:, order[i]]) / upper[i, i]
        w[:, i + 1 :] -= np.outer(error, upper[i, i + 1 :])
    return decoded


def output_error(weight, decoded, moments):
    e = decoded - weight
    return np.sum((e @ moments) * e)


def compare(name, weight, x):
    n, k = weight.shape
    pathlib.Path("one.mlir").write_text(MODULE.format(n=n, k=k))
    write("w.safetensors", weight)
    np.save("x.npy", x.astype(np.float32))
    pathlib.Path("x.stats").unlink(missing_ok=True)
    subprocess.run([OBSERVE, "x.stats", "full", f"w.input={k}:x.npy"], check=True)
    weight, x = weight.astype(np.float64), x.astype(np.float64)
    moments = x.T @ x / len(x)
    importance = np.diag(moments)

    def weighted(e, w, columns):
        return np.sum(importance[columns] * np.sqrt(w**2 + np.mean(w**2, 1, keepdims=True)) * e**2, 1)

    def power(e, w, columns):
        return np.sum(np.abs(e) ** 0.7, 1)

    def total(cost, decoded):
        return sum(cost(decoded[:, c] - weight[:, c], weight[:, c], c).sum() for c in groups(k))

    scales = search(weight, weighted)
    plain = np.stack([np.abs(weight[:, c]).max(1) / 7 for c in groups(k)], 1)
    by_gptq = output_error(weight, gptq(weight, moments, scales), moments)
    # HQQ as published starts from the range and takes few steps; its own objective then is less than the range's.
    at_range = total(power, np.clip(np.rint(weight / spread(plain, k)), -8, 7) * spread(plain, k))
    found = [
        ("weighted", total(weighted, quantized(weight, "method=weighted")),
         total(weighted, np.clip(np.rint(weight / spread(scales, k)), -8, 7) * spread(scales, k))),
        ("hqq", total(power, quantized(weight, "method=hqq")), at_range),
        ("gptq", output_error(weight, quantized(weight, "method=gptq"), moments), by_gptq),
        ("gptq of the range", by_gptq, output_error(weight, gptq(weight, moments, plain), moments)),
        # Ours alone goes on from there.
        ("rounding", output_error(weight, quantized(weight, "method=rounding"), moments), 0.95 * by_gptq),
    ]
    for method, ours, reference in found:
        print(f"{name}, {method}: {ours / reference:.3f} of the reference")
        assert ours <= 1.01 * reference, (name, method, ours, reference)


def embedded():
    """The first layer of the demo model: what its norm makes of 1500 tokens."""
    weights = {name.removeprefix("gpt_neox."): array for name, array in read(TINYLM / "model.safetensors").items()}
    tokens = np.random.default_rng(3).zipf(1.3, 4000)
    rows = weights["embed_in.weight"][tokens[tokens < 2048][:1500]]
    rows = rows - rows.mean(1, keepdims=True)
    norm = "layers.0.post_attention_layernorm"
    rows = rows / np.sqrt(np.mean(rows**2, 1, keepdims=True) + 1e-5) * weights[f"{norm}.weight"] + weights[f"{norm}.bias"]
    return weights["layers.0.mlp.dense_h_to_4h.weight"][:200], rows


def main():
    rng = np.random.default_rng(2)
    # The last group is shorter; channels depend on one another and differ in size.
    x = rng.standard_normal((700, 150)) @ (np.eye(150) + 0.3 * rng.standard_normal((150, 150))) * np.exp(rng.standard_normal(150))
    compare("random", rng.standard_t(5, (60, 150)).astype(np.float32), x)
    compare("tinylm", *embedded())


main()
