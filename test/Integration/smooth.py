"""Scales moved from activations into weights: the float function stays, and the search finds what NumPy finds.

    python smooth.py [--only REGEX]

For each program of models/: quant-opt --qlinalg-smooth with statistics made up at random (any s must keep the function),
results against those before. For one linear layer: alpha, expected errors and, run, the error of the results.
"""

import argparse
import re
import shutil
import subprocess
import sys

import numpy as np
import tools  # first: it puts the reference on the path
from cases import all_cases

import smooth_reference as reference
from metrics import metrics

# Every form of a norm and of a layer that frontends write; narrow types round s * w and x / s, half an ulp each.
PROGRAMS = {"mlp": 1e-5, "mlp_args": 1e-5, "bert_layer": 1e-5, "gptneox_block": 1e-5, "gptneox_block_args": 1e-5, "llama_block": 1e-5,
            "llama_lm_dyn_seq": 1e-5, "jax_mlp_3d": 1e-5, "onnx_mlp_3d": 1e-5, "linear_f16": 4e-3}
# Activations whose 1 / s goes into constants before them: in a block the norm's before Q, K, V and before gate and up, and the
# gated product before down; after an activation function, and into values of attention, it does not.
MIGRATED = {"llama_block": 3, "gptneox_block_args": 2, "mlp": 0}


def observe(options, path, sites, full=False):
    arguments = []
    for i, (site, rows) in enumerate(sites.items()):
        np.save(f"{path}.{i}.npy", rows)
        arguments.append(f"{site}={rows.shape[1]}:{path}.{i}.npy")
    path.unlink(missing_ok=True)
    tools.run(options.bin / "ObserveArrays", path, "full" if full else "diagonal", *arguments)


def remarks_of(options, *command):
    done = subprocess.run([options.bin / "quant-opt", *map(str, command)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise tools.ToolError(f"{command}: {done.stderr[:2000]}")
    return done.stderr


def check_program(case, worst, folder):
    """What is wrong with the results of a program after smoothing."""
    options, random, source = case.options, np.random.default_rng(3), folder / "bound.mlir"
    flags, before, after = [], [], []
    if case.bound:
        (folder / "names.txt").write_text("".join(n + "\n" for n in case.names))
        flags = [f"--qlinalg-bind-parameters=entry=main names={folder / 'names.txt'}"]
        parameters = case.write_parameters(folder / "in.safetensors")
        before, after = [f"--parameters={parameters}"], [f"--parameters={folder / 'out.safetensors'}"]
    tools.quant_opt(options, case.path, source, *flags, "--canonicalize", "--cse")
    files = f" parameters={parameters} output-parameters={folder / 'out.safetensors'}" if case.bound else ""
    quantized = tools.quant_opt(options, source, folder / "q.mlir", "--qlinalg-quantize")
    # The weight's rows of K: site and number of channels.
    sites = {site: int(k) for k, site in re.findall(r"rhs\([^)]*?: tensor<(?:\d+x)*?(\d+)x[a-z]\w+> scales.*?site = \"([^\"]+)\"", quantized)}
    observe(options, folder / "s", {
        f"{site}.input": (random.normal(size=(200, k)) * np.exp(random.normal(size=k))).astype(np.float32) for site, k in sites.items()})
    said = remarks_of(options, source, f"--qlinalg-smooth=smooth=0.5 statistics={folder / 's'}{files}", "-o", folder / "smooth.mlir")
    inputs = []
    for i, array in enumerate(case.inputs):
        inputs.append(folder / f"in{i}.npy")
        np.save(inputs[-1], array)
    results = {}
    for name, program, extra in (("before", source, before), ("after", folder / "smooth.mlir", after)):
        outputs = [folder / f"{name}{i}.npy" for i in range(len(case.expected))]
        tools.quant_run(options, program, inputs, outputs, *extra)
        results[name] = [np.load(o) for o in outputs]
    failures = [] if len(sites) == len(re.findall("qlinalg.matmul", quantized)) else [f"the harness found {len(sites)} sites"]
    for i, (got, expected) in enumerate(zip(results["after"], results["before"])):
        m = metrics(got, expected)
        if not m["relative_l2"] <= worst:
            failures.append(f"result {i}: expected relative_l2 <= {worst}, got {m['relative_l2']:.2e}")
    # Keys of resources are unique, so that those have a number after them now; parameters keep their names.
    again = tools.quant_opt(options, folder / "smooth.mlir", folder / "q2.mlir", "--qlinalg-quantize")
    names = [sorted(re.findall(r"site = \"[^\"]+\"", text)) for text in (quantized, again)]
    if len(names[0]) != len(names[1]) or (case.bound and names[0] != names[1]):
        failures.append("expected the same sites after smoothing")
    moved = len(set(re.findall(r"(\S+:\d+:\d+): remark: site '[^']+': 1 / s went into", said)))
    if moved != MIGRATED.get(case.name, moved):
        failures.append(f"expected 1 / s in constants for {MIGRATED[case.name]} activations, got {moved}")
    return failures


LAYER = """func.func @main(%x: tensor<ROWSx64xf32>) -> tensor<ROWSx40xf32> {
  %w = ml_program.global_load_const @w : tensor<40x64xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<ROWSx40xf32>
  %i = linalg.fill ins(%zero : f32) outs(%e : tensor<ROWSx40xf32>) -> tensor<ROWSx40xf32>
  %0 = linalg.matmul indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
    ins(%x, %w : tensor<ROWSx64xf32>, tensor<40x64xf32>) outs(%i : tensor<ROWSx40xf32>) -> tensor<ROWSx40xf32>
  return %0 : tensor<ROWSx40xf32>
}
ml_program.global private @w(#ml_program.extern : tensor<40x64xf32>) : tensor<40x64xf32>
"""


def check_search(options, symmetric, positive, folder):
    """One layer: what the remark says against the reference, and the error that is really there."""
    import safetensors_io
    random = np.random.default_rng(17 + symmetric)
    x = random.normal(size=(1000, 64)) * np.exp(0.7 * random.normal(size=64))
    x[:, 5] *= 12
    x = (np.maximum(x, 0.02 * x) if positive else x).astype(np.float32)
    w = (random.normal(size=(40, 64)) * np.exp(0.5 * random.normal(size=64))).astype(np.float32)
    safetensors_io.write(folder / "w.safetensors", {"w": ("F32", w)})
    (folder / "layer.mlir").write_text(LAYER.replace("ROWS", str(len(x))))
    observe(options, folder / "s", {"w.input": x}, full=True)
    np.save(folder / "x.npy", x)

    magnitudes, squares = np.abs(x).max(axis=0).astype(np.float64), (x.astype(np.float64) ** 2).mean(axis=0)
    found = {}
    for alpha in [i / 20 for i in range(21)]:
        s = reference.scales(magnitudes, w, alpha)
        static = reference.static_error(magnitudes, squares, len(x), w, s, x.min(), x.max(), symmetric)
        found[alpha] = reference.weight_error(w, squares, s) + static
    best = min(found, key=found.get)
    exact = x.astype(np.float64) @ w.T.astype(np.float64)
    output = (exact**2).sum(axis=1).mean()

    keys = f"activations=static activation-symmetric={str(symmetric).lower()} statistics={folder / 's'} parameters={folder / 'w.safetensors'}"
    failures, errors = [], {}
    for smooth, alpha in (("auto", best), ("0.5", 0.5)):
        files = f"output-parameters={folder / 'q.safetensors'}"
        said = remarks_of(options, folder / "layer.mlir", f"--qlinalg-ptq={keys} {files} smooth={smooth}", "-o", folder / "q.mlir")
        match = re.search(r"site 'w.input': alpha (\S+) .*?expected error (\S+) of the output", said.replace(" (auto)", " ").replace(",", " "))
        if not match:
            return failures + [f"smooth={smooth}: expected a remark with alpha and error, got {said[:300]}"]
        if float(match[1]) != alpha:
            failures.append(f"smooth={smooth}: expected alpha {alpha}, got {match[1]}")
        # Three digits are printed; the library's integral has 32 points.
        if abs(float(match[2]) * output / found[alpha] - 1) > 0.01:
            failures.append(f"smooth={smooth}: expected error {found[alpha] / output:.3g}, got {match[2]}")
        tools.quant_run(options, folder / "q.mlir", [folder / "x.npy"], [folder / "y.npy"], f"--parameters={folder / 'q.safetensors'}")
        errors[smooth] = ((np.load(folder / "y.npy") - exact) ** 2).sum(axis=1).mean()
        # Half of the values of the second kind are nearly 0, which statistics of channels do not say.
        if not (0.55 if positive else 0.9) < errors[smooth] / found[alpha] < 1.1:
            failures.append(f"smooth={smooth}: expected an error of {found[alpha]:.3g}, got {errors[smooth]:.3g} in the results")
    if not errors["auto"] <= errors["0.5"] * 1.02:
        failures.append(f"expected auto no worse than alpha 0.5, got errors of {errors['auto']:.3g} and {errors['0.5']:.3g}")
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    tools.add_options(parser)
    options = parser.parse_args()
    work = {f"search symmetric={s} positive={p}": (lambda f, s=s, p=p: check_search(options, s, p, f))
            for s in (True, False) for p in (False, True)}
    for case in all_cases(options):
        if case.name in PROGRAMS:
            work[case.name] = lambda f, case=case: check_program(case, PROGRAMS[case.name], f)
    passed, run = 0, 0
    for name, check in work.items():
        if not re.search(options.only, name):
            continue
        folder = options.work / re.sub(r"\W+", "-", name)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        try:
            failures = check(folder)
        except tools.ToolError as e:
            failures = [str(e)]
        tools.report(name, "", failures)
        run, passed = run + 1, passed + (not failures)
    print(f"{passed} of {run} passed")
    return 1 if passed < run or not run else 0


if __name__ == "__main__":
    sys.exit(main())
