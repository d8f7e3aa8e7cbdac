"""Random chains of quantized matmuls through --qlinalg-requantize, in integers, against NumPy: bit for bit.

Each chain is written as frontends write it: bias by an elementwise add, a broadcast or an init, relu and clamps in generics,
reshapes, transposes, values that are added to later ones. It becomes integers (no remark, no float result in the IR between the
first codes and the last), is compiled for each target, and called with random codes; the reference repeats what the pass's
description says, from the float scales on.

    python requantize_chains.py [--seed=N] [--target=REGEX] [--chain=REGEX] [--problems=N]
"""

import argparse
import os
import re
import shutil
import subprocess
import sys

os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", KMP_BLOCKTIME="0", OMP_DYNAMIC="false")

import numpy as np  # noqa: E402
import tools  # noqa: E402
from builder import Builder, Value, affine  # noqa: E402
from compiled import Inputs, Library  # noqa: E402
from random_matmuls import host_targets, seeded  # noqa: E402

from requantize import LIMITS, fixed_points, quantize, rescale, to_codes  # noqa: E402

CHAINS = 24
PIPELINE = ("builtin.module(canonicalize,cse,func.func(qlinalg-fuse-epilogues),qlinalg-requantize{{rounding={how}}},"
            "canonicalize,cse)")


class Codes:
    """A value that is codes: where it stands in the text, and its parameters."""

    def __init__(self, value, storage, affine, scale, zero):
        self.value, self.storage, self.affine, self.scale, self.zero = value, storage, affine, np.float32(scale), zero

    @property
    def scheme(self):
        return f"<{self.storage}, tensor, {'affine' if self.affine else 'symmetric'}>"


class Chain(Builder):
    """One function of codes [m, k] to codes; `steps` compute the same in NumPy, each from the list of values so far."""

    def __init__(self, name, how, rng):
        super().__init__()
        self.name, self.how, self.rng, self.steps = name, how, rng, []
        self.m, k = int(rng.integers(1, 14)), int(rng.choice([3, 16, 33, 64]))
        self.hidden = int(rng.choice([5, 16, 32, 40]))
        self.codes = [self._new_codes(Value("%x", (self.m, k), "i8"))]
        self.floats = {}
        for layer in range(int(rng.integers(1, 4))):
            self._layer(layer)
        last = self.codes[-1].value
        body = "\n".join(self.lines)
        self.text = f"func.func @{name}(%x: {self.codes[0].value.type}) -> {last.type} {{\n{body}\n    return {last.name} : {last.type}\n}}\n"

    def _new_codes(self, value):
        rng = self.rng
        storage, affine = str(rng.choice(["int8", "uint8"])), bool(rng.integers(2))
        zero = int(rng.integers(*LIMITS[storage], endpoint=True)) if affine else 128 * (storage == "uint8")
        return Codes(value, storage, affine, float(np.float32(rng.uniform(0.01, 0.2))), zero)

    def constant(self, array, element):
        array = np.asarray(array)
        dims = "".join(f"{d}x" for d in array.shape)
        if element == "i8":
            data = '"0x' + array.astype(np.uint8).tobytes().hex().upper() + '"'
        else:
            data = '"0x' + array.astype(np.float32).tobytes().hex().upper() + '"'
        self.count += 1
        self.lines.append(f"    %v{self.count} = arith.constant dense<{data}> : tensor<{dims}{element}>")
        return Value(f"%v{self.count}", array.shape, element)

    def _parameters(self, codes):
        """Text of scales and zero points as operands, and their number."""
        scale = self.constant(codes.scale, "f32")
        text = f"scales {scale.name} : {scale.type}"
        if not codes.affine:
            return text, 1
        zero = self.constant(np.int64(codes.zero) & 255, "i8")
        return f"{text} zero_points {zero.name} : {zero.type}", 2

    def _matmul(self, codes, n, init, transposed):
        """(value, scales of its sums, integer weights)"""
        rng, k = self.rng, codes.value.dims[0 if transposed else 1]
        storage = str(rng.choice(["int8", "int8", "int4"]))
        limit = 127 if storage == "int8" else 7
        weight = rng.integers(-limit, limit, (n, k), endpoint=True)
        channels = bool(rng.integers(3))
        scales = rng.uniform(0.001, 0.02, n if channels else ()).astype(np.float32)
        if storage == "int8":
            w = self.constant(weight, "i8")
        else:
            nibbles = np.pad(weight & 15, ((0, 0), (0, k % 2)))
            rows = self.constant(nibbles[:, ::2] | nibbles[:, 1::2] << 4, "i8")
            w = self.emit(f"qlinalg.unpack {rows.name} <rows> : {rows.type} -> {Value('', (n, k), 'i4').type}", (n, k), "i4")
        s = self.constant(scales, "f32")
        text, count = self._parameters(codes)
        maps = ["km" if transposed else "mk", *[""] * count, "nk", "n" if channels else "", "mn"]
        value = self.emit(
            f"qlinalg.matmul lhs({codes.value.name} : {codes.value.type} {text} scheme {codes.scheme}) rhs({w.name} : {w.type} scales "
            f"{s.name} : {s.type} scheme <{storage}, {'channel' if channels else 'tensor'}>) outs({init.name} : {init.type}) "
            f"{{indexing_maps = [{', '.join(affine('mnk', m) for m in maps)}], site = \"{self.name}\"}} -> {init.type}", init.dims, "f32")
        return value, np.float64(codes.scale) * scales.astype(np.float64), weight

    def _body(self, v, ops, element="f32"):
        """A generic of one input; `ops` are lines from %a to %r."""
        out = self.empty(v.dims, element)
        kinds = ", ".join(['"parallel"'] * len(v.dims))
        loops = "abcd"[: len(v.dims)]
        maps = ", ".join([affine(loops, loops)] * 2)
        body = "\n      ".join(ops)
        return self.emit(f"linalg.generic {{indexing_maps = [{maps}], iterator_types = [{kinds}]}} ins({v.name} : {v.type}) "
                         f"outs({out.name} : {out.type}) {{\n    ^bb0(%a: f32, %o: f32):\n      {body}\n      linalg.yield %r : f32\n    }} -> {out.type}", v.dims, element)

    def _relu(self, v):
        zero = self.scalar("arith.constant 0.0 : f32")
        if self.rng.integers(2):
            return self._body(v, [f"%r = arith.maximumf %a, {zero} : f32"])
        return self._body(v, [f"%c = arith.cmpf ugt, %a, {zero} : f32", f"%r = arith.select %c, %a, {zero} : f32"])

    def _clamp(self, v, least, greatest):
        low, high = (self.scalar(f"arith.constant {x} : f32") for x in (least, greatest))
        if self.rng.integers(2):
            return self._body(v, [f"%p = arith.maximumf {low}, %a : f32", f"%r = arith.minimumf %p, {high} : f32"])
        return self._body(self._body(v, [f"%r = arith.maxnumf %a, {low} : f32"]), [
            f"%c = arith.cmpf olt, %a, {high} : f32", f"%r = arith.select %c, %a, {high} : f32"])

    def _add_bias(self, v, bias):
        b = self.constant(bias, "f32")
        if self.rng.integers(2):
            return self.add(v, self.broadcast(b, [0], v.dims))
        out = self.empty(v.dims, "f32")
        maps = ", ".join(affine("ab", m) for m in ("ab", "b", "ab"))
        return self.emit(f"linalg.generic {{indexing_maps = [{maps}], iterator_types = [\"parallel\", \"parallel\"]}} ins({v.name}, {b.name} : "
                         f"{v.type}, {b.type}) outs({out.name} : {out.type}) {{\n    ^bb0(%a: f32, %b: f32, %o: f32):\n"
                         f"      %r = arith.addf %a, %b : f32\n      linalg.yield %r : f32\n    }} -> {out.type}", v.dims, "f32")

    def _layer(self, layer):
        rng, source = self.rng, self.codes[-1]
        transposed = getattr(self, "transposed", False)
        dims = (self.m, self.hidden)
        bias = rng.uniform(-2, 2, self.hidden).astype(np.float32) if rng.integers(4) else None
        # Another value of the same shape: codes of an earlier layer, or the sums of a second matmul of the same codes.
        residual = str(rng.choice(["", "", "codes", "sums"]))
        if residual == "codes" and not self.floats:
            residual = ""
        as_init = bias is not None and not residual and rng.integers(3) == 0
        init = self.broadcast(self.constant(bias, "f32"), [0], dims) if as_init else self.zeros(dims, "f32")
        value, scales, weight = self._matmul(source, self.hidden, init, transposed)
        if bias is not None and not as_init:
            value = self._add_bias(value, bias)
        other = None
        if residual == "codes":
            index = int(rng.choice(list(self.floats)))
            value = self.add(value, self.floats[index]) if rng.integers(2) else self.add(self.floats[index], value)
            other = ("codes", index)
        elif residual == "sums":
            second, second_scales, second_weight = self._matmul(source, self.hidden, self.zeros(dims, "f32"), transposed)
            value = self.add(value, second)
            other = ("sums", second_weight, second_scales)
        relu = bool(rng.integers(2))
        if relu:
            value = self._relu(value)
        limits = tuple(float(np.float32(x)) for x in (rng.uniform(-3, 0), rng.uniform(0.5, 6))) if rng.integers(3) == 0 else None
        if limits:
            value = self._clamp(value, *limits)
        read = value
        self.transposed = False
        move = str(rng.choice(["", "", "reshape", "transpose"]))
        if move == "reshape":
            wide = self.expand(value, "[[0, 1], [2]]", (1, self.m, self.hidden))
            read = self.collapse(wide, "[[0, 1], [2]]", dims)
        elif move == "transpose":
            read, self.transposed = self.transpose(value, (1, 0)), True
        codes = self._new_codes(None)
        text, _ = self._parameters(codes)
        operands = re.sub(r" : tensor<[^>]*>", "", text)
        types = re.sub(r"%\w+ : ", "", text)
        codes.value = self.emit(f"qlinalg.quantize {read.name} {operands} {codes.scheme} by affine_map<(d0, d1) -> ()> : {read.type} {types} -> "
                                f"{Value('', read.dims, 'i8').type}", read.dims, "i8")
        self.steps.append((transposed, weight, scales, bias, other, relu, limits, self.transposed))
        self.codes.append(codes)
        if not self.transposed and move == "":
            self.floats[len(self.codes) - 1] = value

    def expected(self, x):
        """The codes that the chain gives of codes `x`."""
        values = [x.astype(np.int64)]
        for i, (transposed, weight, scales, bias, other, relu, limits, moved) in enumerate(self.steps):
            source, result = self.codes[i], self.codes[i + 1]
            given = values[-1] - source.zero
            rows = given.T if transposed else given
            total = rows @ weight.T
            if bias is not None:
                total = total + np.rint(bias.astype(np.float64) / scales).astype(np.int64)
            if other and other[0] == "codes":
                held = self.codes[other[1]]
                total = total + rescale(values[other[1]] - held.zero, *fixed_points(np.float64(held.scale) / scales), self.how)
            elif other:
                _, second, second_scales = other
                total = total + rescale(rows @ second.T, *fixed_points(second_scales / scales), self.how)
            assert np.abs(total).max() < 2**31
            rounded = rescale(total, *fixed_points(scales / np.float64(result.scale)), self.how)
            bounds = tuple(int(quantize(b, result.scale, result.zero, result.storage)) for b in limits) if limits else None
            codes = to_codes(rounded, result.zero, result.storage, relu, bounds)
            values.append(codes.T if moved else codes)
        return values[-1]


class Module:
    def __init__(self, options, how):
        self.options, self.how = options, how
        self.chains = [Chain(f"{how}{i}", how, seeded(options, "chains", how, i)) for i in range(CHAINS)]
        self.chains = [c for c in self.chains if re.search(options.chain, c.name)]
        self.folder = options.work / "requantize_chains" / how
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.failures = self.problems = 0

    def rewrite(self):
        """All integers: nothing is said, and no matmul has a float result."""
        (self.folder / "a.mlir").write_text("".join(c.text for c in self.chains))
        command = [self.options.bin / "quant-opt", self.folder / "a.mlir", f"--pass-pipeline={PIPELINE.format(how=self.how)}", "-o",
                   self.folder / "b.mlir"]
        done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
        text = (self.folder / "b.mlir").read_text() if done.returncode == 0 else ""
        floats = re.findall(r"^.*(?:qlinalg\.matmul.*-> tensor<[0-9x]*f32>|qlinalg\.quantize).*$", text.replace("\n        ", " "), re.M)
        if done.returncode or done.stderr or floats:
            self.failures += 1
            print(f"FAIL {self.how}: {done.stderr[:2000]}{floats[:2]}", flush=True)
        return not done.returncode

    def run(self, target, rounds):
        flags = ["--lowering=linalg"] if target == "definition" else [f"--cpu={target}"]
        path = self.folder / target / "chains.so"
        path.parent.mkdir()
        tools.run(self.options.bin / "quant-compile", self.folder / "b.mlir", *flags, "-o", path)
        library = Library(path)
        for number in range(rounds):
            library.set_threads(1 + number % 2)
            for chain in self.chains:
                self._judge(library, chain, target, number)
        library.close()

    def _judge(self, library, chain, target, number):
        rng = seeded(self.options, "chains", target, chain.name, number)
        first, last = chain.codes[0], chain.codes[-1]
        least, greatest = LIMITS[first.storage]
        x = rng.integers(least, greatest, first.value.dims, endpoint=True)
        if rng.integers(4) == 0:
            x = rng.choice([least, greatest], first.value.dims)
        expected = chain.expected(x)
        actual = library.call(chain.name, Inputs([(x.astype(np.uint8).view(np.int8), "i8")]), "i8")
        actual = actual.view(np.uint8) if last.storage == "uint8" else actual
        self.problems += 1
        wrong = actual.astype(np.int64) != expected
        if wrong.any():
            self.failures += 1
            at = tuple(int(i) for i in np.argwhere(wrong)[0])
            print(f"FAIL {target} {chain.name}, round {number}: {wrong.sum()} of {wrong.size} differ, first at {at}: expected "
                  f"{expected[at]}, got {actual[at]}\n  --seed={self.options.seed} --target=^{target}$ --chain=^{chain.name}$", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    tools.add_options(parser)
    parser.add_argument("--seed", type=int, default=0, help="of all chains and data")
    parser.add_argument("--target", default="", help="regular expression on targets")
    parser.add_argument("--chain", default="", help="regular expression on chains")
    parser.add_argument("--problems", type=int, default=4200, help="how many there are at least")
    options = parser.parse_args()
    targets = [t for t in [*(t for t in host_targets() if t in ("x86-64-v3", "native")), "definition"] if re.search(options.target, t)]
    rounds = -(-options.problems // (2 * CHAINS * len(targets)))
    print(f"requantize_chains: seed {options.seed}, {2 * CHAINS} chains, {rounds} rounds, {', '.join(targets)}", flush=True)
    failures = problems = 0
    for how in ("exact", "twice"):
        module = Module(options, how)
        if module.rewrite():
            for target in targets:
                module.run(target, rounds)
        failures, problems = failures + module.failures, problems + module.problems
    print(f"{problems} problems, {failures} failed")
    return 1 if failures or not problems else 0


if __name__ == "__main__":
    sys.exit(main())
