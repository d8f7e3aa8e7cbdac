"""Random matmuls that yield codes or integer sums, as processors run them, against NumPy: bit for bit.

Each configuration is a function compiled once for each target; weights are parameters, packed anew in every round, or
arguments. By multipliers and shifts, all numbers are arguments. By a scale, codes equal those that NumPy makes of the float
result that the same matmul gives by another function. Some problems also go through the definition.

    python requantize_matmuls.py [--seed=N] [--target=REGEX] [--config=REGEX] [--problems=N]
"""

import argparse
import os
import re
import shutil
import sys
from dataclasses import dataclass

os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", KMP_BLOCKTIME="0", OMP_DYNAMIC="false")

import numpy as np  # noqa: E402
import safetensors_io  # noqa: E402
import tools  # noqa: E402
from compiled import Inputs, Library  # noqa: E402
from random_matmuls import host_targets, seeded  # noqa: E402

from requantize import LIMITS, quantize, rescale, to_codes  # noqa: E402
from rows import pack_rows  # noqa: E402

CONFIGS = 24
FORMS = ("exact", "exact", "twice", "twice", "sums", "scale")
BITS = dict(int8=8, uint8=8, int4=4, uint4=4)


@dataclass(frozen=True)
class Side:
    storage: str
    granularity: str
    affine: bool

    @property
    def limits(self):
        bits = BITS[self.storage]
        return (0, 2**bits - 1) if self.storage[0] == "u" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)

    def zero(self, given):
        """The zero point to subtract; a symmetric uint has the middle."""
        return given if self.affine else (self.limits[1] + 1) // 2 * (self.storage[0] == "u")

    def __str__(self):
        return f"<{self.storage}, {self.granularity}, {'affine' if self.affine else 'symmetric'}>"


@dataclass(frozen=True)
class Config:
    name: str
    form: str
    rows: Side
    weight: Side
    sizes: dict
    stored: bool
    flipped: bool  # the result is [n, m]
    bias: str
    relu: bool
    spread: str  # the dimensions of multipliers and shifts
    result: Side
    rounding: str
    limits: tuple
    init: bool

    @property
    def scheme(self):
        return str(self.result)[:-1] + (f", rounding = {self.rounding}>" if self.rounding != "even" else ">")


def choose(rng, *options):
    return options[rng.integers(len(options))]


def config(rng, index):
    form = FORMS[index % len(FORMS)]
    rows = Side(choose(rng, "int8", "uint8"), choose(rng, "tensor", "tensor", "token"), bool(rng.integers(2)))
    weight = Side(choose(rng, "int8", "int8", "uint8", "int4", "uint4"), choose(rng, "tensor", "channel"), bool(rng.integers(2)))
    result = Side(choose(rng, "int8", "uint8"), "tensor", bool(rng.integers(2)))
    stored = bool(rng.integers(4)) or BITS[weight.storage] < 8
    limits = tuple(int(x) for x in np.sort(rng.integers(*LIMITS[result.storage], 2, endpoint=True)))
    return Config(
        f"{form}{index}", form, rows, weight, dict(n=int(choose(rng, 1, 7, 16, 32, 33, 40, 64)), k=int(choose(rng, 1, 4, 20, 31, 64, 100, 256))),
        stored, bool(rng.integers(4) == 0), choose(rng, "", "n", "n", "0n", "mn"), bool(rng.integers(2)) and form != "sums",
        choose(rng, "", "n", "n", "n", "0n", "m", "mn"), result, choose(rng, "even", "even", "away") if form in ("exact", "scale") else "even",
        limits if rng.integers(3) == 0 else LIMITS[result.storage], form == "sums" and bool(rng.integers(2)))


class Function:
    """The text of a configuration's functions, and the names of their arrays."""

    def __init__(self, c):
        self.c, self.inputs, self.parameters, self.lines, self.maps, self.globals = c, [], [], [], [], []
        element = {"sums": "i32", "floats": "f32"}.get(c.form, "i8")
        self.result = element
        scaled = c.form in ("scale", "floats")
        text = [self._side("x", c.rows, "mk", False, scaled), self._side("w", c.weight, "nk", c.stored, scaled)]
        tail = self._bias(scaled) + (" epilogue <relu>" if c.relu else "")
        dims = "nm" if c.flipped else "mn"
        kind = self._type(dims, element)
        init = self._init(kind, dims, element)
        self.maps.append(dims)
        outs = f"outs(%init : {kind}" + self._codes() + ")"
        limits = f", result_range = array<i64: {c.limits[0]}, {c.limits[1]}>" if element == "i8" and c.limits != LIMITS[c.result.storage] else ""
        maps = ", ".join(f"affine_map<(m, n, k) -> ({', '.join(m)})>" for m in self.maps)
        self.lines += init + [f"%y = qlinalg.matmul lhs({text[0]}) rhs({text[1]}){tail} {outs} {{indexing_maps = [{maps}]{limits}}} -> {kind}"]
        arguments = ", ".join(f"%{name}: {t}" for name, t, _ in self.inputs)
        body = "".join(f"  {line}\n" for line in self.lines)
        self.text = f"{''.join(self.globals)}func.func @{c.name}({arguments}) -> {kind} {{\n{body}  return %y : {kind}\n}}\n"

    def _type(self, dims, element):
        return f"tensor<{''.join('?x' if d == 'm' else '1x' if d == '0' else f'{self.c.sizes[d]}x' for d in dims)}{element}>"

    def _array(self, name, dims, element, stored=False, bits=8):
        kind = self._type(dims, element)
        if not stored:
            self.inputs.append((name, kind, element))
            return kind
        held = kind if bits == 8 else f"tensor<{self.c.sizes['n']}x{-(-self.c.sizes['k'] * bits // 8)}xi8>"
        self.globals.append(f'ml_program.global private @"{self.c.name}.{name}"(#ml_program.extern : {held}) : {held}\n')
        given = f"%{name}" if bits == 8 else f"%{name}_rows"
        self.lines.append(f'{given} = ml_program.global_load_const @"{self.c.name}.{name}" : {held}')
        self.parameters.append(name)
        if bits < 8:
            kind = self._type(dims, f"i{bits}")
            self.lines.append(f"%{name} = qlinalg.unpack {given} <rows> : {held} -> {kind}")
        return kind

    def _side(self, name, side, dims, stored, scaled):
        text = f"%{name} : {self._array(name, dims, 'i8', stored, BITS[side.storage])}"
        self.maps.append(dims)
        spread = "" if side.granularity == "tensor" else dims[0]
        for what, element, wanted in (("scales", "f32", scaled), ("zero_points", "i8", side.affine)):
            if wanted:
                text += f" {what} %{name}_{what} : {self._array(f'{name}_{what}', spread, element, stored)}"
                self.maps.append(spread)
        return f"{text} scheme {side}"

    def _bias(self, scaled):
        if not self.c.bias:
            return ""
        self.maps.append(self.c.bias)
        return f" bias(%bias : {self._array('bias', self.c.bias, 'f32' if scaled else 'i32')})"

    def _init(self, kind, dims, element):
        if self.c.init:
            self._array("init", dims, element)
            return []
        lines = ["%c0 = arith.constant 0 : index", f"%m = tensor.dim %x, %c0 : {self._type('mk', 'i8')}", f"%e = tensor.empty(%m) : {kind}"]
        if element == "i8":
            # What outs hold is not read.
            return lines + [f"%seven = arith.constant 7 : i8", f"%init = linalg.fill ins(%seven : i8) outs(%e : {kind}) -> {kind}"]
        zero = "0.0" if element == "f32" else "0"
        return lines + [f"%zero = arith.constant {zero} : {element}", f"%init = linalg.fill ins(%zero : {element}) outs(%e : {kind}) -> {kind}"]

    def _codes(self):
        c = self.c
        if self.result != "i8":
            return ""
        parts = [("scales", "", "f32")] if c.form == "scale" else [("multipliers", c.spread, "i32"), ("shifts", c.spread, "i32")]
        parts += [("zero_points", "", "i8")] if c.result.affine else []
        text = ""
        for what, dims, element in parts:
            text += f" {what} %y_{what} : {self._array(f'y_{what}', dims, element)}"
            self.maps.append(dims)
        return f"{text} scheme {c.scheme}" + (f" requantize <{c.form}>" if c.form != "scale" else "")


class Problem:
    """Random numbers for a configuration, and what NumPy makes of them."""

    def __init__(self, c, rng):
        self.c, self.sizes = c, dict(c.sizes, m=int(rng.integers(1, 20)))
        # Sums that are small, so that their halves and quarters are often ties.
        self.small, self.ties = rng.integers(2) == 0, 0
        self.arrays = {}
        numbers = [self._side(rng, "x", c.rows, "mk"), self._side(rng, "w", c.weight, "nk")]
        total = numbers[0] @ numbers[1].T
        if c.bias:
            size = 2 ** int(rng.integers(2, 6 if self.small else 24))
            self.arrays["bias"] = rng.integers(-size, size, self._shape(c.bias))
            total = total + self.arrays["bias"]
        if c.init:
            self.arrays["init"] = rng.integers(-(2**31), 2**31, self._shape("nm" if c.flipped else "mn"))
            total = total + (self.arrays["init"].T if c.flipped else self.arrays["init"])
        # Modulo 2^32.
        self.sums = total.astype(np.int64).astype(np.uint32).astype(np.int32).astype(np.int64)
        self._result(rng)

    def _shape(self, dims):
        return tuple(1 if d == "0" else self.sizes[d] for d in dims)

    def _side(self, rng, name, side, dims):
        least, greatest = side.limits
        spread = "" if side.granularity == "tensor" else dims[0]
        self.arrays[f"{name}_scales"] = rng.choice([0.5, 0.03, 0.0078125], self._shape(spread)).astype(np.float32)
        bounds = side.limits if self.small else LIMITS["uint8" if side.storage[0] == "u" else "int8"]
        zeros = rng.integers(*bounds, self._shape(spread), endpoint=True)
        self.arrays[f"{name}_zero_points"] = zeros
        zero = side.zero(zeros)
        zero = zero[:, None] if np.ndim(zero) else zero
        codes = rng.integers(least, greatest, self._shape(dims), endpoint=True)
        if self.small:
            codes = np.clip(zero + rng.integers(-2, 2, self._shape(dims), endpoint=True), least, greatest)
        elif rng.integers(4) == 0:
            codes = rng.choice([least, greatest], self._shape(dims))
        self.arrays[name] = codes
        return codes - zero

    def _result(self, rng):
        c = self.c
        if c.form == "sums":
            self.expected = self.sums
            return
        zero = int(rng.integers(*LIMITS[c.result.storage], endpoint=True))
        self.arrays["y_zero_points"] = np.array(zero)
        zero = int(c.result.zero(zero))
        self.zero = zero
        if c.form in ("scale", "floats"):
            self.arrays["y_scales"] = np.float32(2.0 ** rng.integers(-4, 4) * rng.choice([1, 1, 0.7]))
            if c.bias:
                self.arrays["bias"] = (self.arrays["bias"] * 0.01).astype(np.float32)
            return
        # Results of some hundreds; half of the multipliers are few bits, so that there are ties.
        shape = self._shape(c.spread)
        largest = float(np.abs(self.sums).max()) + 1
        exponents = np.round(np.log2(rng.uniform(0.1, 400) / largest)).astype(np.int64) + rng.integers(-1, 2, shape)
        wild = rng.random(shape) < 0.05
        shifts = np.clip(np.where(wild, rng.integers(-31, 31, shape), exponents), -31, 30)
        exact = rng.choice([2**30, 3 * 2**29, 5 * 2**28], shape)
        multipliers = np.where(rng.random(shape) < 0.5, exact, rng.integers(2**30, 2**31, shape))
        multipliers = np.where(rng.random(shape) < 0.02, 0, multipliers)
        if self.small:
            multipliers, shifts = rng.choice([2**30, 2**30, 3 * 2**29], shape), rng.integers(-3, 1, shape, endpoint=True)
        self.arrays["y_multipliers"], self.arrays["y_shifts"] = multipliers, shifts

        def spread(a):
            return a[:, None] if c.spread == "m" else a

        down = 31 - spread(shifts)
        self.ties = int(((self.sums * spread(multipliers)) % (np.int64(1) << down) == np.int64(1) << (down - 1)).sum())
        rounded = rescale(self.sums, spread(multipliers), spread(shifts), c.form, c.rounding)
        self.expected = to_codes(rounded, zero, c.result.storage, c.relu, c.limits)

    def array(self, name, element):
        if element == "f32":
            return np.asarray(self.arrays[name], np.float32)
        wide = np.asarray(self.arrays[name])
        return wide.astype(np.int32) if element == "i32" else wide.astype(np.uint8).view(np.int8)

    def stored(self, name):
        """(type, array) of a parameter."""
        if name.endswith("scales"):
            return "F32", self.array(name, "f32")
        bits = BITS[self.c.weight.storage]
        if name == "w" and bits < 8:
            return "I8", pack_rows((self.arrays["w"] & (2**bits - 1)).astype(np.uint8), bits).view(np.int8)
        return "I8", self.array(name, "i8")


class Target:
    def __init__(self, options, name):
        self.options, self.name = options, name
        rng = seeded(options, "requantize", name)
        configs = [config(rng, i) for i in range(CONFIGS)]
        self.functions = {c.name: Function(c) for c in configs if re.search(options.config, c.name)}
        # The float result of those that are quantized by a scale.
        self.floats = {n: Function(Config(**dict(vars(f.c), name=f"{n}_floats", form="floats")))
                       for n, f in self.functions.items() if f.c.form == "scale"}
        self.folder = options.work / "requantize_matmuls" / name
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.failures = self.problems = self.ties = 0

    def compile(self):
        every = [*self.functions.values(), *self.floats.values()]
        (self.folder / "f.mlir").write_text("".join(f.text for f in every))
        lowering = ["--lowering=linalg"] if self.name == "definition" else [f"--cpu={self.name}"]
        tools.run(self.options.bin / "quant-compile", self.folder / "f.mlir", *lowering, "-o", self.folder / "f.so")

    def _call(self, library, function, problem):
        inputs = Inputs([(problem.array(n, e), e) for n, _, e in function.inputs])
        result = library.call(function.c.name, inputs, function.result)
        return result.T if function.c.flipped else result

    def run_round(self, number):
        problems, tensors = {}, {}
        for name, function in self.functions.items():
            problem = problems[name] = Problem(function.c, seeded(self.options, self.name, name, number))
            for f in (function, self.floats.get(name)):
                tensors |= {f"{f.c.name}.{p}": problem.stored(p) for p in f.parameters} if f else {}
        safetensors_io.write(self.folder / "p.safetensors", tensors)
        loaded = self.folder / "loaded" / "f.so"
        loaded.parent.mkdir(exist_ok=True)
        loaded.unlink(missing_ok=True)
        shutil.copy(self.folder / "f.so", loaded)
        library = Library(loaded)
        if tensors:
            library.load(self.folder / "p.safetensors")
        library.set_threads(1 + number % 2)
        for name, problem in problems.items():
            self._judge(library, name, problem, number)
        library.close()

    def _judge(self, library, name, problem, number):
        c = problem.c
        self.problems += 1
        self.ties += problem.ties
        actual = self._call(library, self.functions[name], problem)
        if c.form == "scale":
            floats = self._call(library, self.floats[name], problem)
            problem.expected = quantize(floats, problem.arrays["y_scales"], problem.zero, c.result.storage, c.rounding, c.limits)
        if c.form != "sums" and c.result.storage == "uint8":
            actual = actual.view(np.uint8) if actual.flags.c_contiguous else actual.astype(np.uint8)
        wrong = actual.astype(np.int64) != problem.expected
        if wrong.any():
            self.failures += 1
            at = tuple(int(i) for i in np.argwhere(wrong)[0])
            print(f"FAIL {self.name} {c}, round {number}, m = {problem.sizes['m']}: {wrong.sum()} of {wrong.size} differ, first at {at}: "
                  f"expected {problem.expected[at]}, got {actual[at]}\n  --seed={self.options.seed} --target=^{self.name}$ --config=^{name}$", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    tools.add_options(parser)
    parser.add_argument("--seed", type=int, default=0, help="of all configurations and data")
    parser.add_argument("--target", default="", help="regular expression on targets")
    parser.add_argument("--config", default="", help="regular expression on configurations")
    parser.add_argument("--problems", type=int, default=6000, help="how many there are at least")
    options = parser.parse_args()
    targets = [t for t in [*host_targets()[1:], "definition"] if re.search(options.target, t)]
    rounds = -(-options.problems // (len(targets) * CONFIGS))
    print(f"requantize_matmuls: seed {options.seed}, {CONFIGS} configurations, {rounds} rounds, {', '.join(targets)}", flush=True)
    failures = problems = ties = 0
    for name in targets:
        target = Target(options, name)
        target.compile()
        for number in range(rounds):
            target.run_round(number)
        failures, problems, ties = failures + target.failures, problems + target.problems, ties + target.ties
    print(f"{problems} problems, {ties} ties, {failures} failed")
    return 1 if failures or not ties else 0


if __name__ == "__main__":
    sys.exit(main())
