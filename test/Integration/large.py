"""The structure of a real 135 M model (SmolLM2, prefill of 32 tokens) with random weights: bound, quantized, run.

    python large.py [--weights=int8,int4,…] [--bin=DIR] [--work=DIR]

Weights are drawn with the scale that keeps activations near 1, so that the results of quantized and float weights can
be compared; what a trained model makes of them is not the point, but every contraction, parameter and loop is there.
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys

import numpy as np

import safetensors_io

HERE = pathlib.Path(__file__).parent / "large"
WEIGHT_CONTRACTIONS = 211  # 30 layers of 7, and the head
# Cosine to the float program. int8 rounds weights to about 0.5 %; 30 layers of random weights amplify that.
LEAST = {"int8": 0.99, "uint8": 0.99, "bf16": 0.999, "f16": 0.999, "f8E4M3FN": 0.9, "int4": 0.7, "uint4": 0.7, "nf4": 0.7,
         "fp4": 0.6, "int2": -1, "uint2": -1, "none": 0.999999}


def run(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"FAIL: exit code {done.returncode} of {' '.join(map(str, command))}\n{done.stderr[-2000:]}")
    return done.stdout


def argument_types(text):
    """[(shape)] of @main's arguments."""
    arguments = re.search(r"func\.func @main\((.*?)\) ->", text, re.S)[1]
    return [tuple(int(d) for d in re.findall(r"(\d+)x", t)) for t in re.findall(r"tensor<([^>]*)>", arguments)]


def write_weights(path, names, shapes):
    generator, tensors = np.random.default_rng(0), {}
    for name, shape in zip(names, shapes):
        if not name or name in tensors:
            continue
        if len(shape) == 1:  # a norm's weight
            tensors[name] = ("F32", np.ones(shape, np.float32))
        else:
            tensors[name] = ("F32", generator.standard_normal(shape, dtype=np.float32) / np.float32(shape[-1] ** 0.5))
    safetensors_io.write(path, tensors)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", default="int4", help="storages, separated by commas")
    parser.add_argument("--bin", default=os.environ.get("QLINALG_BIN", ""))
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path(os.environ.get("QLINALG_WORK", ".")) / "large")
    options = parser.parse_args()
    work, tools = options.work, pathlib.Path(options.bin)
    work.mkdir(parents=True, exist_ok=True)
    text, held = (HERE / "smollm2_prefill.mlir").read_text(), np.load(HERE / "smollm2_prefill.npz")
    # The head and the embedding are one tensor of the file.
    names = [n.replace("hf.lm_head.weight", "hf.model.embed_tokens.weight") for n in held["names"]]
    (work / "names.txt").write_text("".join(n + "\n" for n in names))
    write_weights(work / "in.safetensors", names, argument_types(text))
    inputs = []
    for i, name in enumerate(names):
        if not name:
            np.save(work / f"in{i}.npy", held[f"in{i}"])
            inputs.append(f"--input={work / f'in{i}.npy'}")
    bound = work / "bound.mlir"
    run(tools / "quant-opt", HERE / "smollm2_prefill.mlir", f"--qlinalg-bind-parameters=entry=main names={work / 'names.txt'}",
        "-o", bound)
    run(tools / "quant-run", bound, *inputs, f"--parameters={work / 'in.safetensors'}", f"--output={work / 'float.npy'}")
    failed = 0
    for weights in options.weights.split(","):
        quantized, parameters = work / f"{weights}.mlir", work / f"{weights}.safetensors"
        run(tools / "quant-opt", bound, f"--qlinalg-ptq=weights={weights} parameters={work / 'in.safetensors'} "
            f"output-parameters={parameters}", "-o", quantized)
        count = quantized.read_text().count("= qlinalg.matmul")
        printed = run(tools / "quant-run", quantized, *inputs, f"--parameters={parameters}", f"--expect={work / 'float.npy'}")
        cosine = json.loads(printed)["cosine"]
        expected = 0 if weights == "none" else WEIGHT_CONTRACTIONS
        good = count == expected and cosine is not None and cosine >= LEAST[weights]
        failed += not good
        print(f"{'ok' if good else 'FAIL'} {weights}: {count} of {expected} matmuls, cosine {cosine} (at least "
              f"{LEAST[weights]}), {parameters.stat().st_size / 1e6:.1f} MB of {(work / 'in.safetensors').stat().st_size / 1e6:.1f}")
        parameters.unlink()
    (work / "in.safetensors").unlink()
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
