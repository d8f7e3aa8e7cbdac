"""Static activations in every form of a contraction, against NumPy: scales, zero points, codes, results, all bit for bit.

Ranges and weights are such that all scales are powers of two, so that a result is an integer times a power of two, which
floats hold; activations are any numbers, beyond the calibrated range too. Nothing here is computed by our own code.

    python static_activations.py [--only REGEX] [--configs REGEX]
"""

import argparse
import copy
import dataclasses
import re
import shutil
import subprocess
import sys

import numpy as np
import tools  # first: it puts the reference on the path
from execute import check_text, module
from form import decode, encode
from forms import CORE, FORMS
from safetensors_io import write

from floats import F32
from qreference import Scheme, _over_k, _unshape_scales, quantize
from rows import as_rows, from_rows, split_axes

WEIGHTS = ("weights=int8", "weights=uint8", "weights=int8 granularity=tensor", "weights=int4 group=16",
           "weights=uint4 group=5", "weights=int2 group=32")
ACTIVATIONS = ("storage=int8 symmetric=true", "storage=int8 symmetric=false", "storage=uint8 symmetric=true",
               "storage=uint8 symmetric=false", "storage=int8 granularity=channel", "storage=uint8 granularity=channel")
CHUNK = 20  # forms in one module
SAFETENSORS = {"f32": "F32", "f16": "F16", "bf16": "BF16", "f64": "F64"}


class Static:
    """What a configuration says of activations."""

    def __init__(self, config):
        pairs = dict(word.split("=") for word in config.split())
        self.unsigned = pairs["storage"] == "uint8"
        self.channel = pairs.get("granularity") == "channel"
        self.affine = pairs.get("symmetric") == "false"
        self.options = "activations=static activation-range=minmax " + " ".join(
            f"activation-{word}" for word in config.split())
        self.least = 0 if self.unsigned else -128


def integers(random, shape, bits, affine, group):
    """Numbers of which each run of `group` columns has the extremes that make its scale 1."""
    half, whole = 2 ** (bits - 1) - 1, 2**bits - 1
    rows, k = shape
    result = np.zeros(shape)
    for row in range(rows):
        for first in range(0, k, group or k):
            count = min(group or k, k - first)
            low = -int(random.integers(0, whole + 1)) if affine and count > 1 else 0 if affine else -half
            high = low + whole if affine else half
            run = random.integers(low, high + 1, count)
            run[random.permutation(count)[:2]] = (low, high)[-count:]
            result[row, first : first + count] = run
    return result


class Case:
    """A form with a weight and inputs of its own, and what must come of it."""

    def __init__(self, form, scheme, static, random):
        self.form, self.scheme, self.static = copy.copy(form), scheme, static
        form = self.form
        k = int(np.prod([form.w_shape[a] for a in form.k_axes]))
        self.rows = int(np.prod(form.w_shape)) // k
        low = -128 if static.affine else -127
        # Halves of codes fall on ties; some values lie beyond what was calibrated.
        x = np.round(random.standard_normal((9, k)) * 150) / 2
        self.x_scale = np.exp2(random.integers(-3, 1, k)) if static.channel else np.exp2(np.full(k, -2.0))
        calibrated = np.clip(np.round(x), low, 127)
        zero = int(random.integers(0, 256)) - 128 if static.affine else 0
        if static.affine:
            calibrated = np.clip(calibrated, -128 - zero, 127 - zero)
            calibrated.flat[:2] = (-128 - zero, 127 - zero) if calibrated.size > 1 else 0
            self.zero = zero + 128 + static.least
        else:
            calibrated[random.integers(9, size=k), np.arange(k)] = 127
            self.zero = 128 if static.unsigned else 0
        self.calibrated = (calibrated * self.x_scale).astype(F32)
        granularity = scheme.granularity
        levels = integers(random, (1, self.rows * k) if granularity == "tensor" else (self.rows, k), scheme.bits,
                          scheme.affine, scheme.group if granularity == "group" else 0).reshape(self.rows, k)
        if form.zero:
            levels *= 0
        factors = self.x_scale if static.channel else np.ones(k)
        exponents = random.integers(-3, 1, (self.rows, 1)) if granularity == "channel" else np.zeros((1, 1))
        self.scaled = (levels * np.exp2(exponents)).astype(F32)
        weight = from_rows((self.scaled / factors).astype(F32), form.w_shape, form.k_axes)
        form.weight = encode(weight, form.types[1])
        form.weights_stored = lambda: [(from_rows(self.scaled, form.w_shape, form.k_axes), form.k_axes)]
        x = np.round(random.standard_normal(form.x_dims) * 300) / 4
        form.inputs = [encode(self._along_k(x.reshape(form.x_view)).reshape(form.x_dims).astype(F32), form.types[0])]
        if form.init:
            form.inputs.append(encode(random.integers(-9, 10, form.out_dims).astype(F32), form.types[2]))

    def _order(self):
        others, _ = split_axes(len(self.form.xs), self.form.x_k_axes)
        return others + self.form.x_k_axes

    def _tokens(self, x):
        order = self._order()
        return as_rows(x.transpose(order), range(len(order) - len(self.form.x_k_axes), len(order)))

    def _from_tokens(self, tokens):
        order = self._order()
        shape = [self.form.x_view[a] for a in order]
        held = from_rows(tokens, shape, range(len(order) - len(self.form.x_k_axes), len(order)))
        return held.transpose(np.argsort(order))

    def _along_k(self, x):
        """x with the scale of each index of K."""
        return self._from_tokens(self._tokens(x) * self.x_scale)

    def expected(self):
        """The result in f64, exact: codes minus zero points, and powers of two."""
        x = self._tokens(decode(self.form.inputs[0], self.form.types[0]).astype(F32).reshape(self.form.x_view))
        quotient = np.rint(x / self.x_scale.astype(F32)) + F32(self.zero)
        codes = np.clip(quotient, self.static.least, self.static.least + 255)
        # With a scale for each index of K those are in the weight.
        levels = (codes.astype(np.int64) - self.zero) * (1.0 if self.static.channel else self.x_scale[0])
        w_codes, scales, zeros = quantize(self.scaled, self.scheme)
        w = w_codes.astype(np.int64)
        spread = lambda p: _over_k(_unshape_scales(p, self.scheme, self.rows), self.scheme, w.shape[1])
        if zeros is not None:
            w = w - spread(zeros).astype(np.int64)
        w = from_rows(w * spread(scales).astype(np.float64), self.form.w_shape, self.form.k_axes)
        out = np.einsum(self.form.sums, self._from_tokens(levels), w).reshape(self.form.out_dims)
        return out + decode(self.form.inputs[1], self.form.types[2]) if self.form.init else out

    def site(self):
        form = self.form
        layer = f"{form.name}_weight" if form.resource or form.as_global else f"{form.name}.0"
        return f"{layer}.input"

    def parameters_in(self, text):
        """What is wrong with the scale and the zero point of the function's activation."""
        body = re.split(rf"func\.func @{self.form.name}\(", text)[1].split("func.func")[0]
        failures = []
        kind = "affine" if self.static.affine else "symmetric"
        wanted = f"{'u' if self.static.unsigned else ''}int8, tensor, {kind}"
        sides = re.findall(r"scheme <(u?int8, tensor, \w+)>", body)
        if wanted not in sides:
            failures.append(f"expected an activation of {wanted}, got {sides}")
        if self.static.affine:
            byte = (self.zero + 128) % 256 - 128
            if f"dense<{byte}> : tensor<i8>" not in body:
                failures.append(f"expected a zero point of {byte}")
        scale = 1.0 if self.static.channel else self.x_scale[0]
        if f"dense<{scale:.6e}> : tensor<f32>" not in body:
            failures.append(f"expected a scale of {scale}")
        return failures


def observe(options, cases, path, folder):
    sites = []
    for case in cases:
        np.save(folder / f"{case.form.name}.npy", case.calibrated)
        sites.append(f"{case.site()}={case.calibrated.shape[1]}:{folder / (case.form.name + '.npy')}")
    tools.run(options.bin / "ObserveArrays", path, "diagonal", *sites)


def compare(case, actual):
    element = case.form.types[2]
    expected = case.expected()
    wanted = decode(encode(expected.astype(F32) if element == "bf16" else expected, element), element)
    got = decode(actual, element)
    wrong = int((got != wanted).sum())
    if not wrong:
        return []
    at = tuple(np.argwhere(got != wanted)[0])
    return [f"{wrong} of {got.size} numbers, at {[int(i) for i in at]} expected {wanted[at]!r}, got {got[at]!r}"]


def run(options, cases, text_file, lowering, folder, *flags):
    inputs, outputs = [], []
    for case in cases:
        for array in case.form.inputs:
            inputs.append(folder / f"in{len(inputs)}.npy")
            np.save(inputs[-1], array)
        outputs.append(folder / f"out{len(outputs)}.npy")
    tools.quant_run(options, text_file, inputs, outputs, "--entry=all", f"--lowering={lowering}", *flags)
    return [np.load(o) for o in outputs]


def check(options, forms, weights, activations, folder, as_parameters=False):
    """{form's name: failures}"""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    scheme, static = Scheme.parse(weights), Static(activations)
    random = np.random.default_rng(len(forms) + 1000 * len(weights) + len(activations))
    cases = [Case(form, scheme, static, random) for form in forms]
    held = [case.form for case in cases]
    text, flags, keys = module(held), [], ""
    if as_parameters:
        text = re.sub(r'@(\w+_weight)\(dense<"0x\w*"> : ', r"@\1(#ml_program.extern : ", text)
        write(folder / "in.safetensors", {f"{f.name}_weight": (SAFETENSORS[f.types[1]], f.weight) for f in held})
        keys = f" parameters={folder / 'in.safetensors'} output-parameters={folder / 'out.safetensors'}"
        flags = [f"--parameters={folder / 'out.safetensors'}"]
    (folder / "a.mlir").write_text(text)
    try:
        observe(options, cases, folder / "a.stats", folder)
        text = tools.quant_opt(options, folder / "a.mlir", folder / "q.mlir",
                               f"--qlinalg-ptq={weights} {static.options} statistics={folder / 'a.stats'}{keys}")
        found = {f.name: [] for f in held} if as_parameters else check_text(held, text, scheme)
        for case in cases:
            found[case.form.name] += case.parameters_in(text)
        for lowering in ("linalg", "cpu"):
            for case, actual in zip(cases, run(options, cases, folder / "q.mlir", lowering, folder, *flags)):
                found[case.form.name] += [f"--lowering={lowering}: {e}" for e in compare(case, actual)]
    except (tools.ToolError, subprocess.SubprocessError) as error:
        return {"+".join(f.name for f in held)[:60]: [str(error)]}
    if not any(found.values()):
        shutil.rmtree(folder)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    tools.add_options(parser)
    parser.add_argument("--configs", default="", help="regular expression on configurations")
    options = parser.parse_args()
    # A weight's numbers must be integers times powers of two, whatever type holds them; bf16 has 8 bits.
    forms = [f for f in FORMS if re.search(options.only, f.name) and not f.exact_in]
    checked = failed = 0

    def judge(some, weights, activations, parameters=False):
        nonlocal checked, failed
        config = f"{weights} {activations}" + (" parameters" if parameters else "")
        if not some or not re.search(options.configs, config):
            return
        folder = options.work / re.sub(r"[^A-Za-z0-9]+", "-", f"{config} {some[0].name}")
        for name, failures in check(options, some, weights, activations, folder, parameters).items():
            checked, failed = checked + 1, failed + bool(failures)
            tools.report(name, config, failures)

    for i, activations in enumerate(ACTIVATIONS):
        # Every form with three kinds of activations, every kind of weight and activation on the core forms.
        some = forms[(i + i // 2) % 2 :: 2]
        for first in range(0, len(some), CHUNK):
            judge(some[first : first + CHUNK], WEIGHTS[i % len(WEIGHTS)], activations)
        core = [f for f in forms if f in CORE]
        for weights in WEIGHTS:
            judge(core, weights, activations)
        judge([dataclasses.replace(f, as_global=True) for f in core], WEIGHTS[(i + 3) % len(WEIGHTS)], activations, True)
    print(f"{checked - failed} of {checked} passed")
    return 1 if failed or not checked else 0


if __name__ == "__main__":
    sys.exit(main())
