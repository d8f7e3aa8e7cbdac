#!/usr/bin/env python3
"""Every form of a contraction under a few schemes, every scheme on a few forms.

    python run_forms.py [--only REGEX] [--configs REGEX] [--part forms|schemes|codes] [--upstream-only]

forms: all of forms.py and special.py, run with both lowerings. schemes: the core forms under every scheme and granularity,
run. codes: the core forms under the full product of scheme, granularity, symmetry and scale type, codes compared
bit for bit, not run. --upstream-only judges the harness: every form in float, NumPy against upstream's tools.
"""

import argparse
import concurrent.futures
import itertools
import re
import sys

import tools  # first: it puts the reference on the path
from execute import check, check_text, compare, module
from forms import CORE, FORMS
from special import SPECIAL
from upstream import Program

from qreference import Scheme

# Groups that divide no K, that are larger than K, and one that splits it evenly but for a rest of 5.
FORM_CONFIGS = ["weights=int8", "weights=int4 group=16", "weights=uint4 group=5", "weights=nf4",
                "weights=int4 group=32 scales=f16", "weights=int8 activations=dynamic",
                "weights=int4 group=16 activations=dynamic", "weights=uint4 group=5 activations=dynamic-group"]
INTEGERS = ("int8", "int4", "int2", "uint8", "uint4", "uint2", "int16", "uint16")
GRANULARITIES = ("granularity=tensor", "granularity=channel", "group=16", "group=5", "group=64")
CHUNK = 14  # forms in one module


def code_configs():
    for name in (*INTEGERS, "nf4", "fp4", "f8E4M3FN"):
        symmetries = ("symmetric=true", "symmetric=false") if name in INTEGERS else ("",)
        for rest in itertools.product(GRANULARITIES, symmetries, ("scales=f32", "scales=f16", "scales=bf16")):
            yield f"weights={name} " + " ".join(r for r in rest if r)
    yield from ("weights=bf16", "weights=f16")


def scheme_configs():
    """Every scheme, granularity and symmetry; the scale types take turns."""
    configs = list(code_configs())
    yield from (c for i, c in enumerate(configs) if "scales" not in c or i % 3 == (i // 3) % 3)
    for name, granularity in itertools.product((*INTEGERS, "nf4", "fp4", "f8E4M3FN"), GRANULARITIES[:3]):
        yield f"weights={name} {granularity} activations=dynamic"
    for name in INTEGERS:
        yield f"weights={name} group=16 activations=dynamic-group"


def check_codes(options, forms, config, folder):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "a.mlir").write_text(module(forms))
    try:
        text = tools.quant_opt(options, folder / "a.mlir", folder / "q.mlir", f"--qlinalg-ptq={config}")
    except tools.ToolError as e:
        return {forms[0].name: [str(e)]}
    return check_text(forms, text, Scheme.parse(config))


def check_upstream(options, forms):
    try:
        program = Program(options, module(forms), "all")
    except tools.ToolError as e:
        return {forms[0].name: [str(e)]}
    results = program(*(a for form in forms for a in form.inputs))
    return {f.name: compare(f, r, f.expected(), None, False) for f, r in zip(forms, results)}


def chunks(forms):
    return [forms[i : i + CHUNK] for i in range(0, len(forms), CHUNK)]


def work(options, forms):
    """(what is checked, function) for each piece of work."""
    folder = lambda *words: options.work / "forms" / re.sub(r"[^A-Za-z0-9]+", "-", "-".join(map(str, words)))
    core = [f for f in forms if f in CORE]
    if options.upstream_only:
        runnable = [f for f in forms if not f.as_global]
        return [("float", lambda c=c: check_upstream(options, c)) for c in chunks(runnable)]
    found = []
    both = ("linalg", "cpu")
    if options.part in ("", "forms"):
        for config, (i, chunk) in itertools.product(FORM_CONFIGS, enumerate(chunks(forms))):
            at = folder("all", i, config)
            found.append((config, lambda g=config, c=chunk, at=at: check(options, c, g, both, at)))
    if options.part in ("", "schemes") and core:
        for config in scheme_configs():
            at = folder("core", config)
            found.append((config, lambda g=config, at=at: check(options, core, g, both, at)))
    if options.part in ("", "codes") and core:
        for config in code_configs():
            at = folder("codes", config)
            found.append((config, lambda g=config, at=at: check_codes(options, core, g, at)))
    return [(name, job) for name, job in found if re.search(options.configs, name)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    tools.add_options(parser)
    parser.add_argument("--configs", default="", help="regular expression on configurations")
    parser.add_argument("--part", default="", choices=["", "forms", "schemes", "codes"])
    parser.add_argument("--upstream-only", action="store_true", help="without quant-opt and quant-run")
    options = parser.parse_args()
    jobs = work(options, [f for f in FORMS + SPECIAL if re.search(options.only, f.name)])
    checked = failed = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for (config, _), found in zip(jobs, pool.map(lambda job: job[1](), jobs)):
            for name, failures in found.items():
                checked, failed = checked + 1, failed + bool(failures)
                tools.report(name, config, failures)
    print(f"{checked - failed} of {checked} passed")
    return 1 if failed or not checked else 0


if __name__ == "__main__":
    sys.exit(main())
