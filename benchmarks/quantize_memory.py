"""How much memory quantizing a large model takes, and how fast it goes: the model is made here, and deleted.

    quantize_memory.py --bin BUILD/bin --work FOLDER [--gigabytes 2]

One function calls linear layers of 4096 x 4096 f32 and a head of 65536 x 4096 bf16 (512 MB, the largest tensor) that stand
in one safetensors file. What counts is the peak of resident memory above the largest tensor; pages of the mapped files are
in it while they are held.
"""

import argparse
import json
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import time

import numpy as np

N = 4096
HEAD = 65536
LIMIT = 500  # MB above the largest tensor, whatever the size of the model
CONFIGS = ("weights=int8", "weights=int4", "weights=int8 granularity=tensor", "weights=bf16", "weights=int8 method=mse")


def module(layers):
    square, head = f"tensor<{N}x{N}xf32>", f"tensor<{HEAD}x{N}xbf16>"
    result = f"tensor<4x{HEAD}xf32>"
    maps = ("indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, "
            "affine_map<(m, n, k) -> (m, n)>]")
    globals_ = [f'ml_program.global private @"layers.{i}.weight"(#ml_program.extern : {square}) : {square}'
                for i in range(layers)]
    globals_.append(f'ml_program.global private @head.weight(#ml_program.extern : {head}) : {head}')
    body = []
    for i in range(layers):
        body += [f'  %w{i} = ml_program.global_load_const @"layers.{i}.weight" : {square}',
                 f"  %x{i + 1} = linalg.matmul {maps}",
                 f"      ins(%x{i}, %w{i} : tensor<4x{N}xf32>, {square}) outs(%init : tensor<4x{N}xf32>)"
                 f" -> tensor<4x{N}xf32>"]
    body += [f"  %head = ml_program.global_load_const @head.weight : {head}",
             f"  %wide = tensor.empty() : {result}",
             f"  %zeros = linalg.fill ins(%zero : f32) outs(%wide : {result}) -> {result}",
             f"  %y = linalg.matmul {maps} ins(%x{layers}, %head : tensor<4x{N}xf32>, {head}) outs(%zeros : {result})"
             f" -> {result}"]
    return "\n".join([*globals_, f"func.func @main(%x0: tensor<4x{N}xf32>) -> {result} {{",
                      "  %zero = arith.constant 0.0 : f32", f"  %empty = tensor.empty() : tensor<4x{N}xf32>",
                      f"  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<4x{N}xf32>) -> tensor<4x{N}xf32>",
                      *body, f"  return %y : {result}", "}", ""])


def write_model(path, layers):
    size = N * N * 4
    header = {f"layers.{i}.weight": {"dtype": "F32", "shape": [N, N], "data_offsets": [i * size, (i + 1) * size]}
              for i in range(layers)}
    header["head.weight"] = {"dtype": "BF16", "shape": [HEAD, N], "data_offsets": [layers * size, layers * size + HEAD * N * 2]}
    text = json.dumps(header).encode()
    random = np.random.default_rng(0)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for _ in range(layers):
            file.write((random.standard_normal((N, N), np.float32) * np.float32(0.02)).data)
        for _ in range(HEAD // N):  # bf16 is the upper half of f32
            values = random.standard_normal((N, N), np.float32) * np.float32(0.02)
            file.write((values.view(np.uint32) >> 16).astype(np.uint16).data)


def measure(command):
    """(seconds, peak resident MB) of a command."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"error: exit status {status} of {' '.join(command)}")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--gigabytes", type=float, default=2)
    options = parser.parse_args()
    layers = max(1, round((options.gigabytes * 2**30 - HEAD * N * 2) / (N * N * 4)))
    largest = HEAD * N * 2 / 2**20
    shutil.rmtree(options.work, ignore_errors=True)
    options.work.mkdir(parents=True)
    try:
        source, model = options.work / "model.mlir", options.work / "model.safetensors"
        source.write_text(module(layers))
        write_model(model, layers)
        print(f"model: {layers + 1} tensors, the largest {largest:.0f} MB, {model.stat().st_size / 1e9:.2f} GB")
        print(f"{'configuration':24} {'seconds':>8} {'GB/s':>6} {'peak MB':>8} {'above tensor':>13} {'written GB':>11}")
        worst = 0
        for config in CONFIGS:
            output = options.work / "quantized.safetensors"
            seconds, peak = measure([str(options.bin / "quant-opt"), str(source),
                                     f"--qlinalg-ptq={config} parameters={model} output-parameters={output}"])
            written, above = output.stat().st_size, peak - largest
            print(f"{config:24} {seconds:8.1f} {model.stat().st_size / seconds / 1e9:6.2f} {peak:8.0f} {above:13.0f} "
                  f"{written / 1e9:11.2f}", flush=True)
            worst = max(worst, above)
            output.unlink()
    finally:
        shutil.rmtree(options.work)
    print(f"memory above the largest tensor: {worst:.0f} MB (at most {LIMIT})")
    return 0 if worst <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
