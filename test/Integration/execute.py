"""Forms put together as one module, quantized, run through @all, and compared."""

import re
import shutil

import numpy as np
import tools
from form import decode, encode
from stored import Constants

from metrics import metrics
from qreference import Scheme, stored

# Weight-only, f32: the same dequantized weights, f32 sums in another order (about 1e-6 at K = 257).
EXACT = 1e-4
# Quantized activations: codes are integers and sums of their products exact, so that only the products with the scales
# and the sum over groups round (f32, about 1e-7 each).
INTEGER = 1e-5
# Narrow types: the result is rounded to its type, and dequantized weights may be rounded to the weight's type and sums
# to the accumulator's before that.
NARROW = {"f16": 2e-3, "bf16": 1.6e-2}


def module(forms):
    """The module's text: one function a form, and @all, which calls each."""
    functions, arguments, calls, results = [], [], [], []
    for i, form in enumerate(forms):
        text, given, result = form.function()
        functions.append(text)
        names = [f"%f{i}_{j}" for j in range(len(given))]
        types = [v.type for v in given]
        arguments += [f"{n}: {t}" for n, t in zip(names, types)]
        calls.append(f"    %r{i} = func.call @{form.name}({', '.join(names)}) : ({', '.join(types)}) -> {result.type}\n")
        results.append(result.type)
    returned = ", ".join(f"%r{i}" for i in range(len(forms)))
    functions.append(f"  func.func @all({', '.join(arguments)}) -> ({', '.join(results)}) {{\n{''.join(calls)}"
                     f"    return {returned} : {', '.join(results)}\n  }}\n")
    blobs = ",\n".join(f.blob() for f in forms if f.resource)
    resources = f"{{-#\n  dialect_resources: {{\n    builtin: {{\n{blobs}\n    }}\n  }}\n#-}}\n" if blobs else ""
    return "module {\n" + "".join(functions) + "}\n" + resources


def check_text(forms, text, scheme):
    """Every contraction quantized once, every code and scale bit for bit. {form's name: failures}."""
    held, found = Constants(text), {}
    bodies = re.split(r"^\s*func\.func (?:\w+ )?@(\w+)", text, flags=re.M)
    bodies = dict(zip(bodies[1::2], bodies[2::2]))
    for form in forms:
        failures = found.setdefault(form.name, [])
        count = len(re.findall(r'= "?qlinalg\.matmul\b', bodies.get(form.name, "")))
        if count != form.matmuls:
            failures.append(f"expected {form.matmuls} qlinalg.matmul, got {count}")
        for w, k_axes in form.weights_stored():
            failures += [f"no constant holds the expected {part} ({kind} {list(a.shape)})"
                         for part, (kind, a) in stored(w, k_axes, scheme).items()
                         if not held.hold(kind, a)]
    return found


def tolerance(form, activations):
    narrow = [NARROW[t] for t in form.types if t in NARROW]
    return max(narrow, default=INTEGER if activations else EXACT)


def group_of(scheme, config):
    """The argument `group` of Form.expected."""
    if "activations=dynamic-group" in config:
        return scheme.group
    return 0 if "activations=dynamic" in config else None


def compare(form, actual, expected, printed, activations):
    failures, element = [], form.types[2]
    worst = tolerance(form, activations)
    m = metrics(decode(actual, element), expected)
    if not m["relative_l2"] <= worst:
        failures.append(f"expected relative_l2 <= {worst}, got {m['relative_l2']:.2e}")
    if printed is not None:  # quant-run's own numbers, against what --expect named
        own = metrics(decode(actual, element), decode(encode(expected, element), element))
        for key in ("max_abs", "relative_l2", "cosine"):
            if not np.isclose(printed[key], own[key], rtol=1e-3, atol=1e-6):
                failures.append(f"quant-run printed {key} {printed[key]}, expected {own[key]}")
    return failures


def run(options, forms, text_file, lowering, expected, folder):
    """(results of @all, printed metrics) of quant-run."""
    inputs, wanted, outputs = [], [], []
    for form in forms:
        for a in form.inputs:
            inputs.append(folder / f"in{len(inputs)}.npy")
            np.save(inputs[-1], a)
        wanted.append(folder / f"expect{len(wanted)}.npy")
        np.save(wanted[-1], encode(expected[form.name], form.types[2]))
        outputs.append(folder / f"out{len(outputs)}.npy")
    printed = tools.quant_run(options, text_file, inputs, outputs, "--entry=all", f"--lowering={lowering}",
                              *(f"--expect={w}" for w in wanted))
    return [np.load(o) for o in outputs], {line["result"]: line for line in printed}


def check(options, forms, config, lowerings, folder):
    """{form's name: failures} of forms under one configuration. If they fail together, each is tried alone."""
    scheme = Scheme.parse(config)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "a.mlir").write_text(module(forms))
    group = group_of(scheme, config)
    expected = {f.name: f.expected(scheme, group) for f in forms}
    try:
        text = tools.quant_opt(options, folder / "a.mlir", folder / "q.mlir", f"--qlinalg-ptq={config}")
        found = check_text(forms, text, scheme)
        for lowering in lowerings:
            results, printed = run(options, forms, folder / "q.mlir", lowering, expected, folder)
            for i, (form, actual) in enumerate(zip(forms, results)):
                found[form.name] += [f"--lowering={lowering}: {e}" for e in compare(
                    form, actual, expected[form.name], printed[i], group is not None)]
    except tools.ToolError as e:
        if len(forms) == 1:
            return {forms[0].name: [str(e)]}
        found = {}
        for form in forms:
            found |= check(options, [form], config, lowerings, folder / form.name)
        if not any(found.values()):
            found[forms[0].name] = [f"in one module with {', '.join(f.name for f in forms[1:])}: {e}"]
    if not any(found.values()):
        shutil.rmtree(folder)
    return found
