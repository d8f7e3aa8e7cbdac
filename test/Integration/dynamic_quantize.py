"""qlinalg.dynamic_quantize as processors run it, and by the definition, against NumPy, bit for bit.

Every size from 1 to 70, known and not, every type and arithmetic, shapes and strides, with rows that hold what is
special: NaN, infinities, zeros, denormals, ties.

    python dynamic_quantize.py [--only REGEX]
"""

import argparse
import itertools
import pathlib
import re
import sys
from dataclasses import dataclass

import numpy as np
import tools
from arithmetic import F32, Scheme, choose, encode
from lowered import pack, same

import floats

ROWS = 12
CHUNK = 24  # cases in one module
CPUINFO = pathlib.Path("/proc/cpuinfo")
BOTH = ("scales", "zero_points")


def special_rows(k, element):
    """ROWS rows of k numbers of that type, as f32."""
    random = np.random.default_rng(k)
    x = random.standard_normal((ROWS, k)).astype(F32)
    least = {"f16": 2.0**-24, "bf16": 2.0**-133}.get(element, 2.0**-149)
    great = 6e4 if element == "f16" else 3.3e38
    x[1] = random.integers(-254, 255, k) / 2  # ties, once the range is 127
    x[1, 0] = 127
    x[2] = random.choice([0.0, -0.0], k)
    x[3] = random.integers(-190, 191, k) * least  # a scale of 190 / 127 steps becomes one step: codes are clamped
    x[3, k // 2] = 190 * least
    x[4] = least * (np.arange(k) == k - 1)
    x[5] = np.abs(x[5]) * F32(1e-3)
    x[6] = -np.abs(x[6])
    x[7, 0], x[7, k - 1] = -great, great  # an affine range that overflows
    x[8, k // 2], x[9, 0], x[10, k - 1], x[11, k // 3] = np.nan, np.inf, -np.inf, -np.nan
    return floats.cast(x, "f32" if element == "f64" else element)


def stored(x, element):
    if element == "bf16":
        return floats.to_bf16(x)
    return x.astype(dict(f16=np.float16, f32=F32, f64=np.float64)[element])


@dataclass
class Case:
    """One value [rows, K] in some shape. `form` says how: the names of the functions below."""

    name: str
    scheme: Scheme
    element: str
    x: np.ndarray
    form: str = "rows"

    def __post_init__(self):
        m, k = self.x.shape
        self.shape, self.given, self.view = (m, k), self.x, ""
        row, last = "d0", "d1"
        if self.form == "dynamic":
            self.shape = ("?", "?")
        elif self.form == "sliced":  # rows that do not begin where vectors do
            self.given = np.pad(self.x, ((0, 0), (1, 2)))
            self.view = f"[0, 1] [{m}, {k}] [1, 1]"
        elif self.form == "strided":
            self.given = np.repeat(self.x, 2, 1)
            self.view = f"[0, 0] [{m}, {k}] [1, 2]"
        elif self.form == "columns":
            self.shape, self.given, row, last = (k, m), self.x.T, "d1", "d0"
        elif self.form == "batch":
            self.shape, row, last = (3, m // 3, k), "d0, d1", "d2"
        elif self.form == "middle":  # K is two dimensions around that of the rows
            self.shape, row = (2, m, k // 2), "d1"
            self.given = self.x.reshape(m, 2, k // 2).transpose(1, 0, 2)
        elif self.form == "flat":
            self.shape = () if self.x.size == 1 else (self.x.size,)
        if "?" not in self.shape:
            self.given = self.given if self.view else self.given.reshape(self.shape)
        dims = ", ".join(f"d{i}" for i in range(len(self.shape)))
        group = f" floordiv {self.scheme.group}" if self.scheme.group > 1 else ""
        results = "" if self.scheme.granularity == "tensor" else f"{row}, {last}{group}" if self.scheme.group else row
        self.map = f"affine_map<({dims}) -> ({results})>"

    def types(self):
        """Of the argument and of the three results."""
        dynamic = self.form == "dynamic"
        sizes = lambda shape: "".join(f"{'?' if dynamic else n}x" for n in shape)
        params = self.scheme.shape(*self.x.shape)
        if self.form == "batch":
            params = (3, self.x.shape[0] // 3, *params[1:])
        results = [f"tensor<{sizes(self.shape)}{self.scheme.code_type}>", f"tensor<{sizes(params)}{self.scheme.scales}>"]
        if self.scheme.affine:
            results.append(f"tensor<{sizes(params)}{self.scheme.zero_type}>")
        return f"tensor<{sizes(self.given.shape)}{self.element}>", f"tensor<{sizes(self.shape)}{self.element}>", results

    def function(self, fused):
        """All but the name: with the op itself, or with the two that become it."""
        given, viewed, results = self.types()
        lines, x = [], "%given"
        if self.view:
            lines.append(f"%x = tensor.extract_slice %given{self.view} : {given} to {viewed}")
            x = "%x"
        tail, names = f"{self.scheme} by {self.map}", ["%q", "%s", "%z"][: len(results)]
        if fused:
            outs = [f"%out{i}" for i in range(len(results))]
            lines += [f"{o} = tensor.empty() : {t}" for o, t in zip(outs, results)]
            lines.append(f"{', '.join(names)} = qlinalg.dynamic_quantize {x} {tail} outs({', '.join(outs)} : "
                         f"{', '.join(results)}) : {viewed} -> {', '.join(results)}")
        else:
            lines.append(f"{', '.join(names[1:])} = qlinalg.choose_params {x} {tail} : {viewed} -> {', '.join(results[1:])}")
            params = [f"{what} {name}" for what, name in zip(BOTH, names[1:])]
            types = [f"{what} {t}" for what, t in zip(BOTH, results[1:])]
            lines.append(f"%q = qlinalg.quantize {x} {' '.join(params)} {tail} : {viewed} {' '.join(types)} -> {results[0]}")
        body = "\n".join(f"  {line}" for line in lines)
        return (f"(%given: {given}) -> ({', '.join(results)}) {{\n{body}\n"
                f"  return {', '.join(names)} : {', '.join(results)}\n}}\n")

    def expected(self):
        scale, zero = choose(self.x, self.scheme)
        codes = encode(self.x, scale, zero, self.scheme)
        if self.form == "columns":
            codes = codes.T
        elif self.form == "middle":
            codes = codes.reshape(len(codes), 2, -1).transpose(1, 0, 2)
        shape = codes.shape if "?" in self.shape else self.shape
        params = lambda p: p.reshape(3, -1, *p.shape[1:]) if self.form == "batch" else p
        found = [pack(codes.reshape(shape), self.scheme.code_type), pack(params(scale), self.scheme.scales)]
        return found + ([pack(params(zero), self.scheme.zero_type)] if self.scheme.affine else [])


def cases():
    token = Scheme("int8", "token")
    for k in range(1, 71):
        yield Case(f"size{k}", token, "f32", special_rows(k, "f32"))
        yield Case(f"unknown{k}", token, "f32", special_rows(k, "f32"), "dynamic")
        yield Case(f"groups{k}", Scheme("int8", "token_group", 16), "f16", special_rows(k, "f16"), "dynamic")
    for element, storage, symmetric in itertools.product(
        ("f32", "f16", "bf16", "f64"), ("int8", "uint8"), (True, False)
    ):
        for granularity, group in (("token", 0), ("token_group", 32), ("token_group", 24), ("tensor", 0)):
            x = special_rows(100, element)
            x = x[[0, 1, 5, 6]] if granularity == "tensor" else x
            yield Case(f"{element}_{storage}_{symmetric}_{granularity}{group}",
                       Scheme(storage, granularity, group, symmetric), element, x)
    for element, storage, symmetric in itertools.product(("f32", "f16"), ("int16", "uint16"), (True, False)):
        for granularity, group in (("token", 0), ("token_group", 24), ("tensor", 0)):
            x = special_rows(100, element)
            x = x[[0, 1, 5, 6]] if granularity == "tensor" else x
            yield Case(f"{element}_{storage}_{symmetric}_{granularity}{group}",
                       Scheme(storage, granularity, group, symmetric), element, x)
    with np.errstate(over="ignore"):
        x = special_rows(70, "f32") * F32(41)  # 41 * (1 / 41) < 1: both divisions differ
    for rounding, division, scales in itertools.product(
        ("even", "away"), ("divide", "reciprocal"), ("f32", "f16", "bf16")
    ):
        for storage, symmetric in (("int8", True), ("uint8", False)):
            scheme = Scheme(storage, "token", 0, symmetric, scales, rounding, division)
            yield Case(f"arithmetic_{scheme}", scheme, "f32", x)
    for form, symmetric, group in itertools.product(
        ("sliced", "strided", "columns", "batch", "middle"), (True, False), (0, 1, 5, 32)
    ):
        if form != "middle" or not group:
            scheme = Scheme("int8", "token_group" if group else "token", group, symmetric)
            yield Case(f"{form}_{symmetric}_{group}", scheme, "f32", special_rows(70, "f32"), form)
    for k in (1, 70):
        yield Case(f"flat{k}", Scheme("int8", "tensor"), "f32", special_rows(k, "f32")[:1], "flat")
    # Enough for several threads, known and not.
    many = np.concatenate([special_rows(70, "f32")] * 50)
    for form, group in itertools.product(("rows", "dynamic", "batch", "columns"), (0, 16)):
        yield Case(f"many_{form}_{group}", Scheme("int8", "token_group" if group else "token", group), "f32", many, form)


def module(selected, fused):
    names, calls, arguments, results = {}, [], [], []
    for i, case in enumerate(selected):
        given, _, types = case.types()
        name = names.setdefault(case.function(fused), f"case{len(names)}")
        calls.append(f"  %r{i}:{len(types)} = func.call @{name}(%x{i}) : ({given}) -> ({', '.join(types)})\n")
        arguments.append(f"%x{i}: {given}")
        results += [(f"%r{i}#{j}", t) for j, t in enumerate(types)]
    values, types = (", ".join(column) for column in zip(*results))
    return "".join(f"func.func private @{name}{text}" for text, name in names.items()) + (
        f"func.func @main({', '.join(arguments)}) -> ({types}) {{\n{''.join(calls)}  return {values} : {types}\n}}\n"
    )


def run(options, selected, fused, flags):
    """The results of each case."""
    folder = options.work / "dynamic_quantize"
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / f"{'fused' if fused else 'apart'}.mlir"
    source.write_text(module(selected, fused))
    inputs, outputs = [], []
    for i, case in enumerate(selected):
        inputs.append(folder / f"in{i}.npy")
        np.save(inputs[-1], np.array(stored(case.given, case.element), order="C"))
        outputs += [folder / f"out{i}_{j}.npy" for j in range(len(case.types()[2]))]
    tools.quant_run(options, source, inputs, outputs, *flags)
    loaded = iter(np.load(o) for o in outputs)
    return [list(itertools.islice(loaded, len(case.types()[2]))) for case in selected]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    tools.add_options(parser)
    options = parser.parse_args()
    selected = [c for c in cases() if re.search(options.only, c.name)]
    known = [c for c in selected if c.form != "dynamic"]
    failures = 0
    # What has 512-bit registers runs narrower ones too, and other packing instructions.
    narrow = "x86-64-v3" if " avx512f " in CPUINFO.read_text() else "x86-64-v2"
    for chosen, fused, *flags in (
        (selected, False, "--lowering=cpu"),
        (selected, False, "--lowering=cpu", "--threads=1", f"--cpu={narrow}"),
        (known, True, "--lowering=linalg"),
        # Only 8 bits are fused by themselves.
        ([c for c in known if c.scheme.bits == 16], True, "--lowering=cpu"),
    ):
        chunks = [chosen[i : i + CHUNK] for i in range(0, len(chosen), CHUNK)]
        found = (results for chunk in chunks for results in run(options, chunk, fused, flags))
        for case, actual in zip(chosen, found):
            for what, a, e in zip(("codes", *BOTH), actual, case.expected()):
                if not same(a, e):
                    where = np.argwhere(np.asarray(a != e))[:3].tolist() if a.shape == e.shape else [a.shape, e.shape]
                    print(f"FAIL {case.name} {' '.join(flags)}: {what} differ at {where}")
                    failures += 1
    print(f"dynamic_quantize: {len(selected)} values, {failures} failures")
    return 1 if failures or not selected else 0


if __name__ == "__main__":
    sys.exit(main())
