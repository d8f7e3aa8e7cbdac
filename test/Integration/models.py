#!/usr/bin/env python3
"""Frontends' programs, quantized and run, against the frontend and against upstream's tools.

    python models.py [--only REGEX] [--upstream-only]

For each program and each configuration: the number of qlinalg.matmul, the stored codes and scales bit for bit, the
results against the frontend's float results (cosine), and, where only weights are quantized, against the original program
run by upstream's tools with every weight replaced by what the NumPy reference makes of it.
--upstream-only judges the harness: the same bounds with upstream in the place of ours.
"""

import argparse
import concurrent.futures
import re
import shutil
import sys

import numpy as np
import tools  # first: it puts the reference on the path
from cases import all_cases
from stored import check_blobs, check_file

import floats
from metrics import metrics
from qreference import Scheme, round_trip

# Least cosine to the float results. int8 keeps about 8 bits of each weight; 4 bits lose 10 % of a random weight's norm
# at group 32, and these models are small and random, so that nothing averages out.
ALL = [("weights=int8", 0.9995), ("weights=int8 activations=dynamic", 0.99), ("weights=int4", 0.85),
       ("weights=nf4", 0.85)]
# Every other scheme, on programs that hold every form of the catalogue. 2 bits keep no quality that could be named.
CORE = r"linear_3d_bmm|linear_f16|linear_vec|mlp_args|llama_block|gptneox_block_args|jax_mlp_3d|jax_transposed|onnx_mlp_3d|decode_step_dyn"
MORE = [("weights=uint8", 0.9995), ("weights=uint4 group=16 scales=f16", 0.85), ("weights=fp4 group=16", 0.85),
        ("weights=f8E4M3FN", 0.99), ("weights=bf16", 0.9999), ("weights=f16", 0.9999), ("weights=int2", -1),
        ("weights=uint2 group=5 scales=bf16", -1), ("weights=int4 granularity=tensor symmetric=false", -1),
        ("weights=int4 activations=dynamic-group", 0.85)]
# Read back from text and bytecode: with packed codes, with 8-bit floats.
ROUND_TRIPPED = ("weights=int4", "weights=f8E4M3FN")
# Both sides sum f32 products of the same dequantized weights; only the order of the sums differs (1e-6 at these K),
# and softmax and the norms amplify that a little.
EXACT = 1e-4
# Upstream holds the dequantized weights in the program's narrow type: half an ulp of each (2^-11 for f16, 2^-9 for
# bf16, relative), and the results are rounded to it too.
NARROW = {"f16": 2e-3, "bf16": 8e-3}


def dequantized(case, scheme):
    """What each of upstream's weight arguments is: the reference's round trip, in the program's type."""
    for use in case.program.weights:
        w, element = case.root_value(use)
        w = round_trip(floats.from_bf16(w) if element == "bf16" else w, use.k_axes, scheme)
        yield floats.to_bf16(w) if element == "bf16" else w.astype(case.root_value(use)[0].dtype)


def run_upstream(case, scheme):
    return case.cut(case.upstream(*dequantized(case, scheme), *case.arguments))


def round_trips(case, text, folder):
    """What is wrong where the quantized module does not come back the same from text and from bytecode."""
    again = tools.quant_opt(case.options, folder / "q.mlir", folder / "again.mlir")
    tools.run(case.options.bin / "quant-opt", folder / "q.mlir", "--emit-bytecode", "-o", folder / "q.mlirbc")
    back = tools.quant_opt(case.options, folder / "q.mlirbc", folder / "back.mlir")
    # Resources are printed in the order in which they were read, which is another one in bytecode.
    return [f"expected the same text after a round trip through {what}" for what, got in (("text", again), ("bytecode", back))
            if sorted(got.replace(",\n", "\n").splitlines()) != sorted(text.replace(",\n", "\n").splitlines())]


def run_ours(case, config, scheme, folder, failures):
    """Quantizes and runs one case with our tools, checking counts and codes on the way."""
    flags, run_flags = [], []
    if case.bound:
        (folder / "names.txt").write_text("".join(n + "\n" for n in case.names))
        parameters, quantized = case.write_parameters(folder / "in.safetensors"), folder / "out.safetensors"
        flags = [f"--qlinalg-bind-parameters=entry=main names={folder / 'names.txt'}"]
        config += f" parameters={parameters} output-parameters={quantized}"
        run_flags = [f"--parameters={quantized}"]
    text = tools.quant_opt(case.options, case.path, folder / "q.mlir", *flags, f"--qlinalg-ptq={config}")
    count = len(re.findall(r'= "?qlinalg\.matmul\b', text))
    if count != case.weights:
        failures.append(f"expected {case.weights} qlinalg.matmul, got {count}")
    if config.split()[0] in ROUND_TRIPPED:
        failures += round_trips(case, text, folder)
    failures += check_file(case, scheme, parameters, quantized, text) if case.bound else check_blobs(case, scheme, text)
    inputs, outputs = [], [folder / f"out{i}.npy" for i in range(len(case.expected))]
    for i, a in enumerate(case.inputs):
        inputs.append(folder / f"in{i}.npy")
        np.save(inputs[-1], a)
    tools.quant_run(case.options, folder / "q.mlir", inputs, outputs, *run_flags)
    return case.cut([np.load(o) for o in outputs])


def check(case, config, least):
    failures, scheme = [], Scheme.parse(config)
    weight_only = "activations" not in config
    folder = case.options.work / "models" / f"{case.name}-{re.sub(r'[^A-Za-z0-9]+', '-', config)}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if (case.program.activation_contractions, sum(u.contractions for u in case.program.weights)) != (
            case.activations, case.weights):
        failures.append("the harness's own count of contractions differs from the table in cases.py")
    reference = run_upstream(case, scheme) if weight_only else None
    try:
        ours = reference if case.options.upstream_only else run_ours(case, config, scheme, folder, failures)
    except tools.ToolError as e:
        return failures + [str(e)]
    element = case.types[-1][1]
    for i, (actual, expected) in enumerate(zip(ours, case.expected)):
        m = metrics(actual, expected)
        if not m["cosine"] >= least:
            failures.append(f"result {i}: expected cosine to the frontend of {least} or more, got {m['cosine']:.6f}")
        if weight_only:
            worst, m = NARROW.get(element, EXACT), metrics(actual, reference[i])
            if not m["relative_l2"] <= worst:
                failures.append(f"result {i}: expected relative_l2 to upstream <= {worst}, got {m['relative_l2']:.2e}")
    if not failures:
        shutil.rmtree(folder)
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    tools.add_options(parser)
    parser.add_argument("--upstream-only", action="store_true", help="without quant-opt and quant-run")
    parser.add_argument("--every", action="store_true", help="every scheme on every program (10 minutes)")
    parser.add_argument("--configs", default="", help="regular expression on configurations")
    options = parser.parse_args()
    work = []
    for case in all_cases(options):
        for config, least in ALL + (MORE if options.every or re.match(CORE, case.name) else []):
            chosen = re.search(options.only, case.name) and re.search(options.configs, config)
            if chosen and not (options.upstream_only and "activations" in config):
                work.append((case, config, least))
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for (case, config, _), failures in zip(work, pool.map(lambda w: check(*w), work)):
            failed += bool(failures)
            tools.report(case.name, config, failures)
    print(f"{len(work) - failed} of {len(work)} passed")
    return 1 if failed or not work else 0


if __name__ == "__main__":
    sys.exit(main())
