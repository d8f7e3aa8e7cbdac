#!/usr/bin/env python3
"""What --qlinalg-report and quant-run --compare=float say, against NumPy in f64 and against --expect.

    python costs.py [--only REGEX]
"""

import argparse
import json
import math
import re
import shutil
import sys

import literals
import numpy as np
import tools  # first: it puts the reference on the path
from cases import TINYLM, Case

from activations import dequantize_tokens, quantize_tokens
from metrics import metrics
from qreference import Scheme, round_trip, stored

BIASES = ["torch_tensor_64_torch.float32", None, "torch_tensor_8_torch.float32"]
# Options, group of dynamic activations (None: floats, 0: a whole row), and how far decibels may be from NumPy's: the
# programs sum in f32, 1e-6 of the errors of weights; where activations are codes, single codes may be the neighbours.
CONFIGS = [("weights=int8", None, 1e-3), ("weights=int4", None, 1e-3), ("weights=nf4", None, 1e-3),
           ("weights=uint4 group=16 scales=f16", None, 1e-3), ("weights=int8 activations=dynamic", 0, 0.1),
           ("weights=int4 activations=dynamic-group", 32, 0.1)]


def gelu(x):
    return x * (1 + np.vectorize(math.erf)(x / np.sqrt(2))) / 2


def forward(x, weights, biases, group, given=None):
    """The output of each matmul, and the function's. With `given` what comes before each is its float output."""
    outputs = []
    for i, (w, b) in enumerate(zip(weights, biases)):
        if group is not None:
            x = dequantize_tokens(*quantize_tokens(x, group), group).astype(np.float64)
        y = x @ w.T
        outputs.append(y)
        if given is not None:
            y = given[i]
        y = y if b is None else y + b
        x = [gelu, lambda v: np.maximum(v, 0), lambda v: v][i](y)
    return outputs, x


def near(failures, what, got, expected, tolerance):
    if got is None or not abs(got - expected) <= tolerance:
        failures.append(f"{what}: expected {expected:.9g}, got {got}")


def check_mlp(options, config, group, tolerance):
    case, scheme, failures = Case(options, tools.HERE / "models" / "mlp.mlir"), Scheme.parse(config), []
    folder = options.work / re.sub(r"[^a-z0-9]+", "-", config)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    np.save(folder / "x.npy", case.inputs[0])
    tools.quant_opt(options, case.path, folder / "q.mlir", f"--qlinalg-ptq={config}",
                    f"--qlinalg-report=output={folder / 'report.json'}")
    lines = tools.quant_run(options, folder / "q.mlir", [folder / "x.npy"], [], "--compare=float",
                            f"--reference={case.path}", f"--report-output={folder / 'compared.json'}")
    weights = [case.program.constant(use.root) for use in case.program.weights]
    biases = [None if b is None else b.astype(np.float64) for b in held_biases(case)]
    coded = [round_trip(w, [1], scheme) for w in weights]

    report = json.loads((folder / "report.json").read_text())
    total = np.zeros(2)
    for layer, w, c in zip(report["layers"], weights, coded, strict=True):
        sums = np.array([(w.astype(np.float64) ** 2).sum(), ((c.astype(np.float64) - w) ** 2).sum()])
        total += sums
        nbytes = sum(part.nbytes for _, part in stored(w, [1], scheme).values())
        if (layer["bytes_before"], layer["bytes_after"], layer["weights"]) != (w.nbytes, nbytes, w.size):
            failures.append(f"expected {w.nbytes} and {nbytes} bytes, got {layer}")
        near(failures, "bits", layer["bits_per_weight"], 8 * nbytes / w.size, 1e-7)
        near(failures, "weight SQNR", layer["weight_sqnr_db"], 10 * np.log10(sums[0] / sums[1]), 1e-4)
    near(failures, "SQNR of all", report["quantized"]["weight_sqnr_db"], 10 * np.log10(total[0] / total[1]), 1e-4)

    x = case.inputs[0].astype(np.float64)
    floats, wanted = forward(x, [w.astype(np.float64) for w in weights], biases, None)
    quantized, got = forward(x, [c.astype(np.float64) for c in coded], biases, group)
    local, _ = forward(x, [c.astype(np.float64) for c in coded], biases, group, given=floats)
    names = [layer["name"] for layer in report["layers"]]
    sites = {line["site"]: line for line in lines if "site" in line}
    if set(sites) != set(names):
        return failures + [f"expected sites {names}, got {list(sites)}"]
    for name, f, q, own in zip(names, floats, quantized, local):
        line = sites[name]
        for prefix, actual in ("", q), ("local_", own):
            m = metrics(actual, f)
            near(failures, f"{name} {prefix}SQNR", line[prefix + "sqnr_db"], m["sqnr_db"], tolerance)
            near(failures, f"{name} {prefix}cosine", line[prefix + "cosine"], m["cosine"], 1e-6 + tolerance / 100)
        if (line["saturation"] is None) != (group is None):
            failures.append(f"{name}: expected a saturation where activations are codes, got {line['saturation']}")
    if group == 0:
        codes = quantize_tokens(x, 0)[0]
        near(failures, "saturation", sites[names[0]]["saturation"], np.isin(codes, [-128, 127]).mean(), 1e-8)
    near(failures, "result", lines[-1]["sqnr_db"], metrics(got, wanted)["sqnr_db"], tolerance)
    order = [line["sqnr_db"] for line in lines if "site" in line]
    compared = json.loads((folder / "compared.json").read_text())
    if order != sorted(order) or compared["sites"] + compared["results"] != lines:
        failures.append("expected the worst site first, in lines and file alike")
    return failures


def held_biases(case):
    """Of the three layers, the second of which has none."""
    blobs = literals.blobs(case.path.read_text())
    return [None if b is None else np.frombuffer(blobs[b], np.float32) for b in BIASES]


def check_tinylm(options):
    failures, folder = [], options.work / "tinylm"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    held = np.load(TINYLM / "tinylm.npz")
    (folder / "names.txt").write_text("".join(n + "\n" for n in held["names"]))
    inputs = []
    for i in 52, 53, 54:
        inputs.append(folder / f"in{i}.npy")
        np.save(inputs[-1], held[f"in{i}"])
    floats, codes = TINYLM / "model.safetensors", folder / "q.safetensors"
    tools.quant_opt(options, TINYLM / "tinylm.mlir", folder / "f.mlir",
                    f"--qlinalg-bind-parameters=entry=main names={folder / 'names.txt'}")
    tools.quant_opt(options, folder / "f.mlir", folder / "q.mlir",
                    f"--qlinalg-ptq=weights=int4 embeddings=int8 activations=dynamic parameters={floats} output-parameters={codes}",
                    f"--qlinalg-report=output={folder / 'facts.json'}")
    tools.run(options.bin / "quant-opt", folder / "q.mlir", "-o", "/dev/null",
              f"--qlinalg-report=reference={folder / 'f.mlir'} reference-parameters={floats} parameters={codes} "
              f"output={folder / 'measured.json'}")
    facts, measured = (json.loads((folder / f"{n}.json").read_text()) for n in ("facts", "measured"))
    for a, b in zip(facts["layers"], measured["layers"], strict=True):
        near(failures, a["name"], a["weight_sqnr_db"], b["weight_sqnr_db"], 1e-4)
        if a["bytes_before"] != b["bytes_before"]:
            failures.append(f"expected {b['bytes_before']} bytes before, got {a}")
    if facts["parameters"]["bytes_before"] > floats.stat().st_size:
        failures.append(f"expected at most the file's {floats.stat().st_size} bytes, got {facts['parameters']}")
    tools.quant_run(options, folder / "f.mlir", inputs, [folder / "float.npy"], f"--parameters={floats}")
    expect, = tools.quant_run(options, folder / "q.mlir", inputs, [], f"--parameters={codes}",
                              f"--expect={folder / 'float.npy'}")
    *sites, result = tools.quant_run(options, folder / "q.mlir", inputs, [], f"--parameters={codes}", "--compare=float",
                                     f"--reference={folder / 'f.mlir'}", f"--reference-parameters={floats}")
    # Where outputs of sites are results less is fused, and some f32 are rounded otherwise.
    near(failures, "--expect", result["sqnr_db"], expect["sqnr_db"], 1e-3)
    by_name = {site["site"]: site for site in sites}
    gather = by_name.pop("gpt_neox.embed_in.weight.gather", None)
    if len(by_name) != 17 or not gather:
        return failures + [f"expected 17 matmuls and a gather, got {list(by_name)}"]
    # The logits are the last matmul.
    near(failures, "logits", by_name["embed_out.weight"]["sqnr_db"], result["sqnr_db"], 0)
    # Nothing comes before rows that are looked up, so all of their error is their own.
    near(failures, "gather", gather["local_sqnr_db"], gather["sqnr_db"], 0)
    for name, site in by_name.items():
        # At least one code of each row is 127; more than 5 % would be no activation of this model.
        if not 0 < site["saturation"] < 0.05 or site["local_sqnr_db"] + 0.5 < site["sqnr_db"]:
            failures.append(f"{name}: expected some saturation, and no more error by itself than in all, got {site}")
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    tools.add_options(parser)
    options = parser.parse_args()
    work = [("mlp", c, lambda c=c, g=g, t=t: check_mlp(options, c, g, t)) for c, g, t in CONFIGS]
    work.append(("tinylm", "weights=int4 embeddings=int8 activations=dynamic", lambda: check_tinylm(options)))
    failed, done = 0, 0
    for name, config, check in work:
        if not re.search(options.only, name):
            continue
        failures = check()
        failed, done = failed + bool(failures), done + 1
        tools.report(name, config, failures)
    print(f"{done - failed} of {done} passed")
    return 1 if failed or not done else 0


if __name__ == "__main__":
    sys.exit(main())
