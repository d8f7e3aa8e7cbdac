"""Calibration from end to end: observers in compiled programs, against NumPy.

    calibration.py PART    values | merge | kill | memory
"""

import argparse
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import time

import compiled
import numpy as np
import tools

import statistics_file
from expected_statistics import check_site
from floats import from_bf16, to_bf16

# Operands of many forms: element type, shape (? is 5 rows, or 0), K's dimensions as the weight stores them, and the
# einsum with a weight of shape `weight`.
FORMS = {
    "plain": ("f32", "?x24", (1,), "mk,kn->mn", (24, 3)),
    "transposed": ("f32", "24x?", (0,), "km,kn->mn", (24, 3)),
    "batched": ("f32", "3x?x16", (2,), "bmk,nk->bmn", (4, 16)),
    "split": ("f32", "4x?x6", (2, 0), "jmk,nkj->mn", (2, 6, 4)),
    "half": ("f16", "?x40", (1,), "mk,kn->mn", (40, 3)),
    "brain": ("bf16", "?x33", (1,), "mk,nk->mn", (3, 33)),
    "wide": ("f64", "?x7", (1,), "mk,kn->mn", (7, 2)),
    "parallel": ("f32", "3000x17", (1,), "mk,kn->mn", (17, 2)),
}  # fmt: skip
TYPES = {"f32": np.float32, "f16": np.float16, "bf16": np.uint16, "f64": np.float64}
SCHEME = "--qlinalg-insert-observers=moments=full"


def generic(name, element, shape, equation, weight):
    """A function whose operand is that of a contraction with a constant weight."""
    operands, result = equation.split("->")
    x, w = operands.split(",")
    loops = result + "".join(c for c in x if c not in result)
    maps = ", ".join(f"affine_map<({', '.join(loops)}) -> ({', '.join(m)})>" for m in (x, w, result))
    kinds = ", ".join('"parallel"' if c in result else '"reduction"' for c in loops)
    sizes = dict(zip(w, map(str, weight))) | {c: s for c, s in zip(x, shape.split("x"))}
    out = f"tensor<{'x'.join(sizes[c] for c in result)}x{element}>"
    xt, wt = f"tensor<{shape}x{element}>", f"tensor<{'x'.join(map(str, weight))}x{element}>"
    return f"""  func.func @{name}(%x: {xt}, %i: {out}) -> {out} {{
    %w = arith.constant dense<0.5> : {wt}
    %y = linalg.generic {{indexing_maps = [{maps}], iterator_types = [{kinds}]}} ins(%x, %w : {xt}, {wt}) outs(%i : {out}) {{
    ^bb0(%a: {element}, %b: {element}, %c: {element}):
      %p = arith.mulf %a, %b : {element}
      %s = arith.addf %c, %p : {element}
      linalg.yield %s : {element}
    }} -> {out}
    return %y : {out}
  }}
"""


def program(options):
    """The observed module of all forms: one public function @all, which calls each."""
    functions, arguments, calls = "", [], ""
    for name, (element, shape, _, equation, weight) in FORMS.items():
        text = generic(name, element, shape, equation, weight)
        functions += text.replace("func.func @", "func.func private @")
        types = [t.split(", ")[0] for t in text.splitlines()[0].split(": ")[1:3]]
        result = types[1] = types[1].split(")")[0]
        arguments += [f"%{name}_x: {types[0]}", f"%{name}_i: {result}"]
        calls += f"    %{name} = func.call @{name}(%{name}_x, %{name}_i) : ({', '.join(types)}) -> {result}\n"
    source, observed = options.work / "forms.mlir", options.work / "observed.mlir"
    source.write_text(f"module {{\n{functions}  func.func @all({', '.join(arguments)}) {{\n{calls}    return\n  }}\n}}\n")
    tools.quant_opt(options, source, observed, SCHEME)
    return observed


def batch(generator, number):
    """Operands of one call, and of each form the rows of f32 that its site must see."""
    inputs, rows = [], {}
    for name, (element, shape, k, equation, weight) in FORMS.items():
        dims = [5 + number if s == "?" else int(s) for s in shape.split("x")]
        values = (generator.standard_t(2, dims) * generator.integers(0, 3, dims)).astype(np.float32)
        if number == 2:
            values.flat[:3] = np.nan, np.inf, -np.inf
        held = to_bf16(values) if element == "bf16" else values.astype(TYPES[element])
        seen = from_bf16(held) if element == "bf16" else held.astype(np.float32)
        others = [d for d in range(len(dims)) if d not in k]
        rows[name + ".0.input"] = seen.transpose(*others, *k).reshape(-1, np.prod([dims[d] for d in k]))
        operands, result = equation.split("->")
        x, w = operands.split(",")
        sizes = dict(zip(w, weight)) | dict(zip(x, dims))
        inputs += [held, np.zeros([sizes[c] for c in result], held.dtype)]
    return inputs, rows


def compile_library(options):
    library = options.work / "observed.so"
    tools.run(options.bin / "quant-compile", program(options), "-o", library, "--observers=true")
    return compiled.Library(library)


def arguments_of(inputs):
    """A batch as the library's @all takes it."""
    return compiled.Inputs([(a, FORMS[n][0]) for a, n in zip(inputs, [n for n in FORMS for _ in "xi"])])


def calibrate(options, observed, path, inputs, *flags):
    files = []
    for i, array in enumerate(inputs):
        files.append(options.work / f"in{i}.npy")
        np.save(files[-1], array)
    tools.quant_run(options, observed, files, [], f"--statistics={path}", "--entry=all", *flags)


def check_file(path, batches):
    sites = statistics_file.read_statistics(path)
    assert sorted(sites) == sorted(batches[0]), sorted(sites)
    for name, site in sites.items():
        check_site(name, site, [rows[name] for rows in batches])


def values(options):
    """What the sites of compiled programs see is what NumPy sees."""
    observed, generator = program(options), np.random.default_rng(1)
    for flags in (["--threads=1"], ["--threads=2"], ["--threads=3", "--lowering=linalg"]):
        path, batches = options.work / "values.stats", []
        path.unlink(missing_ok=True)
        for number in range(3):
            inputs, rows = batch(generator, number)
            batches.append(rows)
            calibrate(options, observed, path, inputs, *flags)
        check_file(path, batches)
        print(f"NumPy finds the same: {len(FORMS)} sites, 3 batches, {' '.join(flags)}")


def merge(options):
    """The file merged from those of four runs is that of one run over all. A run is a library's, compiled once for all."""
    code, generator = compile_library(options), np.random.default_rng(2)
    parts = [options.work / f"part{i}.stats" for i in range(4)]
    whole, merged, batches = options.work / "whole.stats", options.work / "merged.stats", []
    for path in (*parts, whole):
        path.unlink(missing_ok=True)
    for number in range(8):
        inputs, rows = batch(generator, number)
        batches.append(rows)
        for path, threads in ((whole, 1 + number % 2), (parts[number % 4], 2 - number % 2)):
            code.set_threads(threads)
            code.call_without_results("all", arguments_of(inputs))
            code.write_statistics(path)
    tools.run(options.bin / "quant-stats", "merge", *parts, "-o", merged)
    check_file(whole, batches)
    check_file(merged, batches)
    one, other = (statistics_file.read_statistics(p) for p in (whole, merged))
    for name in one:
        for column in ("first_bin", "bins", "positive_counts", "negative_counts", "channel_magnitudes"):
            assert np.array_equal(one[name][column], other[name][column]), (name, column)
    print("four runs, merged, are one run")


def kill_it(process, seconds, folder):
    """After so many seconds, or (below 0) as soon as the run writes in the folder."""
    names, end = os.listdir(folder), time.monotonic() + (60 if seconds < 0 else seconds)
    while process.poll() is None and time.monotonic() < end and (seconds >= 0 or os.listdir(folder) == names):
        if seconds >= 0:
            time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.wait()


def kill(options, rounds=24):
    """Runs that are killed anywhere leave a file with every batch of those that were not, and perhaps theirs."""
    observed = program(options)
    inputs, rows = batch(np.random.default_rng(3), 0)
    files = [options.work / f"in{i}.npy" for i in range(len(inputs))]
    for file, array in zip(files, inputs):
        np.save(file, array)
    folder = options.work / "killed"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    path, chance = folder / "seen.stats", random.Random(4)
    command = [str(options.bin / "quant-run"), str(observed), "--entry=all", f"--statistics={path}",
               *(f"--input={f}" for f in files)]
    begin = time.monotonic()
    subprocess.run(command, check=True)
    duration, batches, interrupted = time.monotonic() - begin, 1, 0
    for i in range(rounds):
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        kill_it(process, -1 if i % 2 else chance.uniform(0, 1.2 * duration), folder)
        assert process.returncode in (0, -signal.SIGKILL), process.returncode
        held = statistics_file.read_statistics(path)["plain.0.input"]["batches"]
        # One that is killed between the last write and its end has counted.
        assert held == batches + 1 or (held == batches and process.returncode), (held, batches)
        batches, interrupted = int(held), interrupted + (process.returncode != 0)
    assert interrupted > rounds / 3, interrupted
    check_file(path, [rows] * batches)
    print(f"{interrupted} of {rounds} runs were killed, {batches} batches are there")


def memory(options):
    """1000 batches take the file and the memory of 10."""
    code = compile_library(options)
    arguments = arguments_of(batch(np.random.default_rng(5), 0)[0])
    sizes, used = [], []
    for calls, total in ((10, 10), (990, 1000)):
        path = options.work / f"{total}.stats"
        path.unlink(missing_ok=True)
        for _ in range(calls):
            code.call_without_results("all", arguments)
        code.write_statistics(path)
        sizes.append(os.path.getsize(path))
        used.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
        assert statistics_file.read_statistics(path)["plain.0.input"]["batches"] == calls
    # Decimal numbers in the header may have more digits.
    assert sizes[0] == sizes[1], sizes
    assert used[1] - used[0] < 4096, used
    print(json.dumps({"bytes": sizes[0], "kilobytes more after 1000 calls than after 10": used[1] - used[0]}))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=["values", "merge", "kill", "memory"])
    tools.add_options(parser)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    globals()[options.part](options)


if __name__ == "__main__":
    main()
