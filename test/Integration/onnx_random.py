"""Random nodes of ONNX's quantization ops through qlinalg, against the ONNX package's own evaluator.

Values are ties, extremes of every type, denormals, infinities and NaN; scales and zero points are a tensor's, an axis's or a
block's. All results are compared bit for bit, but for what the evaluator leaves to chance or does otherwise than ONNX's text:

    QuantizeLinear          it converts x / scale to int32 first: from 2^30 on, what ONNX says stands in (saturated);
                            NaN gives code 0 of integers and fp4 here, ONNX says nothing; fp4 has no -0 here
    DynamicQuantizeLinear   of zeros its scale is 1 / 255, here 1 (as in ONNX Runtime; the formula would give 0)
    QLinearMatMul           it adds the zero point before it rounds, ONNX's text after: there the text stands in. Where
                            floats round, a code may be the next one if the exact number is within 2^-21 of a tie

    python onnx_random.py [--seed=N] [--only REGEX]
"""

import argparse
import collections
import re
import sys

import ml_dtypes
import numpy as np
import onnx
import tools
from lowered import same
from onnx.reference import ReferenceEvaluator
from onnx_ops import STORAGES, bits_of
from onnx_program import Compiled, function_of

F32 = np.float32
INTEGERS = {name: np.dtype(name if name.endswith(("8", "16")) else getattr(ml_dtypes, name))
            for name in STORAGES if "int" in name}
LEVELS = {"float8_e4m3fn": np.dtype(ml_dtypes.float8_e4m3fn), "float4_e2m1fn": np.dtype(ml_dtypes.float4_e2m1fn)}
FLOATS = {"f32": np.dtype(F32), "f16": np.dtype(np.float16), "bf16": np.dtype(ml_dtypes.bfloat16)}
FORMS, ROUNDS = 30, 6  # functions of QuantizeLinear and DequantizeLinear, problems of each


def evaluate(op, inputs, outputs, opset, **attributes):
    names = ["" if i is None else f"i{n}" for n, i in enumerate(inputs)]
    given = {n: i for n, i in zip(names, inputs) if n}
    value = onnx.helper.make_tensor_value_info
    type_of = onnx.helper.np_dtype_to_tensor_dtype
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node(op, names, [f"o{i}" for i in range(outputs)], **attributes)], "one",
        [value(n, type_of(a.dtype), a.shape) for n, a in given.items()],
        [value(f"o{i}", onnx.TensorProto.UNDEFINED, None) for i in range(outputs)])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", opset)])
    with np.errstate(all="ignore"):
        return [np.asarray(a) for a in ReferenceEvaluator(model).run(None, given)]


class Problem:
    """One node. `expected` says what its results are, `alike(actual)` whether they are that."""

    def __init__(self, op, seed, number, inputs, attributes=None, how=None):
        self.op, self.name, self.inputs, self.attributes = op, f"{op}{number} (seed {seed})", inputs, attributes or {}
        self.function = function_of(op, inputs, dynamic=True, **self.attributes, **(how or {}))
        self.near_ties = 0

    def alike(self, actual):
        return all(same(one_nan(a, e.dtype), one_nan(bits_of(e), e.dtype)) for a, e in zip(actual, self.expected, strict=True))


def one_nan(bits, dtype):
    """Bits of a float type with one NaN: its sign and payload mean nothing."""
    if dtype == ml_dtypes.bfloat16:
        return np.where(bits & 0x7FFF > 0x7F80, 0x7FC0, bits).astype(np.uint16)
    return np.where(bits & 0x7F == 0x7F, 0x7F, bits).astype(np.uint8) if dtype == ml_dtypes.float8_e4m3fn else bits


# QuantizeLinear and DequantizeLinear



def draw_form(random):
    """What a function of either op is: types, rank, axis, block."""
    granularity = str(random.choice(("tensor", "axis", "block", "block")))
    rank = int(random.integers(0 if granularity == "tensor" else 1, 4))
    names = [*INTEGERS, *LEVELS, "int16", "uint16"]
    storage = str(random.choice(names))
    return dict(storage={**INTEGERS, **LEVELS}[storage], rank=rank,
                granularity=granularity, axis=int(random.integers(-rank, max(rank, 1))), block=int(random.choice((1, 2, 3, 5, 16))),
                element=FLOATS[str(random.choice(("f32", "f32", "f16", "bf16")))], zero=bool(random.random() < 0.7),
                narrow=bool(random.random() < 0.3), exact=bool(random.random() < 0.5))  # fmt: skip


def draw_params(random, form, shape):
    """(scales as f64, integers in [0, 1) for zero points) in the shape of the granularity; and the attributes."""
    axis, block = form["axis"], form["block"]
    attributes = {}
    params = ()
    if form["granularity"] == "axis":
        params, attributes = (shape[axis],), dict(axis=axis)
    elif form["granularity"] == "block":
        params, attributes = list(shape), dict(axis=axis, block_size=block)
        params[axis] = -(-params[axis] // block)
    # Of one number the evaluator cannot tell the granularity.
    scale = np.exp2(random.integers(-6, 7, params)) * (1 if form["exact"] else random.uniform(1, 2, params))
    return np.asarray(scale), np.asarray(random.random(params)), attributes


def draw_zero(random, form, unit):
    """A zero point, or none; that of floats is 0."""
    if not form["zero"]:
        return None
    if form["storage"] in LEVELS.values():
        return np.zeros(unit.shape, form["storage"])
    info = ml_dtypes.iinfo(form["storage"])
    return np.floor(info.min + unit * (int(info.max) - int(info.min) + 1)).astype(np.int64).astype(form["storage"])


def spread(params, form, shape):
    """Parameters, one for each element."""
    if form["granularity"] == "tensor":
        return np.broadcast_to(params, shape)
    axis = form["axis"] % len(shape)
    if form["granularity"] == "axis":
        return np.broadcast_to(params.reshape([-1 if i == axis else 1 for i in range(len(shape))]), shape)
    return np.repeat(params, form["block"], axis).take(range(shape[axis]), axis)


def draw_shape(random, rank, axis):
    shape = [int(n) for n in random.integers(1, 9, rank)]
    if rank:
        shape[axis] = int(random.integers(2, 40))
    return shape


def draw_values(random, form, shape, scales):
    """Ties, everything in the range of the codes and beyond, and numbers that are special."""
    storage = form["storage"]
    greatest = 448 if storage == LEVELS["float8_e4m3fn"] else 6 if storage in LEVELS.values() else int(ml_dtypes.iinfo(storage).max)
    x = random.integers(-4 * greatest - 8, 4 * greatest + 8, shape) / 4
    if not form["exact"]:
        x = x + random.standard_normal(shape)
    special = random.choice((0.0, -0.0, 1e-45, -1e-39, 65504, -65504, 3e38, -3e38, np.inf, -np.inf, np.nan), shape)
    with np.errstate(over="ignore"):
        return np.where(random.random(shape) < 0.15, special, x * scales).astype(F32).astype(form["element"])


class Quantize(Problem):
    def __init__(self, random, seed, number, form):
        shape = draw_shape(random, form["rank"], form["axis"])
        scale, unit, attributes = draw_params(random, form, shape)
        zero = draw_zero(random, form, unit)
        scale = scale.astype(F32).astype(form["element"])
        x = draw_values(random, form, shape, spread(scale, form, shape).astype(np.float64))
        storage = form["storage"]
        if form["element"] != F32 and not form["narrow"]:
            attributes["precision"] = onnx.TensorProto.FLOAT
        if zero is None and storage != np.uint8:
            attributes["output_dtype"] = onnx.helper.np_dtype_to_tensor_dtype(storage)
        super().__init__("QuantizeLinear", seed, number, [x, scale, zero], attributes)
        division = form["element"] if form["narrow"] else F32
        with np.errstate(all="ignore"):
            quotient = (x.astype(division) / spread(scale, form, shape).astype(division)).astype(np.float64)
        plain = np.abs(quotient) < 2**30 if "int" in storage.name else ~np.isnan(quotient)
        expected = evaluate("QuantizeLinear", [np.where(plain, x, 0).astype(x.dtype), scale, zero], 1, 25, **attributes)[0]
        if "int" in storage.name:
            info = ml_dtypes.iinfo(storage)
            limit = np.where(np.isnan(quotient), 0, np.where(quotient > 0, int(info.max), int(info.min)))
            expected = np.where(plain, expected.astype(np.int64), limit).astype(storage)
        elif storage == LEVELS["float8_e4m3fn"]:
            expected = np.where(plain, expected.astype(F32), F32(np.nan)).astype(storage)
        else:
            expected = np.where(plain, expected.astype(F32), F32(0))
            expected = np.where(expected == 0, F32(0), expected).astype(storage)
        self.expected = [expected]


class Dequantize(Problem):
    def __init__(self, random, seed, number, form):
        shape = draw_shape(random, form["rank"], form["axis"])
        scale, unit, attributes = draw_params(random, form, shape)
        storage = form["storage"]
        bits = random.integers(0, 2 ** (8 if storage == LEVELS["float8_e4m3fn"] else 4), shape).astype(np.uint8)
        if "int" in storage.name:
            info = ml_dtypes.iinfo(storage)
            x = random.integers(int(info.min), int(info.max) + 1, shape).astype(storage)
        else:
            x = np.asarray(bits).view(storage)
        scale = np.asarray(scale.astype(F32).astype(form["element"]))
        if form["narrow"]:
            attributes["output_dtype"] = int(random.choice((1, 10, 16)))
        super().__init__("DequantizeLinear", seed, number, [x, scale, draw_zero(random, form, unit)], attributes)
        self.expected = evaluate("DequantizeLinear", self.inputs, 1, 25, **attributes)


# DynamicQuantizeLinear



class DynamicQuantize(Problem):
    def __init__(self, random, seed, number, form):
        rank, fused = form
        shape = [int(n) for n in random.integers(1, (200, 20, 8)[rank - 1], rank)]
        kind = random.integers(6)
        x = random.standard_normal(shape) * 10.0 ** random.integers(-30, 31)
        if kind == 0:  # a scale of 1, ties in values and in the zero point
            x = random.integers(-200, 200, shape) / 2 + 0.5
            x.flat[0], x.flat[-1] = -random.integers(0, 128) - 0.5, 254.5
            x = np.clip(x, x.flat[0], x.flat[0] + 255)
        elif kind == 1:
            x = np.abs(x) * random.choice((-1, 1))
        elif kind == 2:
            x = np.zeros(shape)
        elif kind == 3:  # max - min is beyond f32
            x = x * 0
            x.flat[0], x.flat[-1] = -3e38, 3e38
        x = x.astype(F32)
        super().__init__("DynamicQuantizeLinear", seed, number, [x], how=dict(fused=fused))
        self.expected = evaluate("DynamicQuantizeLinear", [x], 3, 11)
        if not x.any():
            self.expected[1] = np.asarray(1, F32)


# MatMulInteger and QLinearMatMul


BYTES = (np.dtype(np.int8), np.dtype(np.uint8))
# Of A and B, as letters; 1 is a size over which numpy.matmul broadcasts.
SHAPES = ["mk,kn", "mk,kn", "mk,kn", "k,kn", "mk,k", "k,k", "bmk,kn", "mk,bkn", "bmk,bkn", "1mk,bkn", "abmk,1bkn", "bmk,k"]


def draw_bytes(random, dtype, shape):
    """Anything, or only the ends."""
    info = np.iinfo(dtype)
    if random.random() < 0.25:
        return random.choice((info.min, info.max), shape).astype(dtype)
    return random.integers(info.min, info.max + 1, shape).astype(dtype)


def draw_matmul(random):
    return dict(shapes=str(random.choice(SHAPES)), types=[BYTES[i] for i in random.integers(0, 2, 3)],
                zeros=[str(random.choice(("none", "tensor", "own"))) for _ in range(2)],
                scales=FLOATS[str(random.choice(("f32", "f32", "f16", "bf16")))], exact=bool(random.random() < 0.5),
                own=bool(random.random() < 0.5))  # fmt: skip


def draw_operands(random, form):
    """A and B, and the shape of one parameter a row of A and a column of B."""
    sizes = dict(m=random.integers(1, 9), n=random.integers(1, 40), k=random.integers(1, 130), a=2, b=random.integers(1, 4))
    sizes["1"] = 1
    letters = form["shapes"].split(",")
    a, b = (draw_bytes(random, t, [int(sizes[d]) for d in s]) for s, t in zip(letters, form["types"]))
    own = [(), ()]
    if a.ndim > 1:
        own[0] = (a.shape[0],) if a.ndim == 2 else (*a.shape[:-1], 1)
    if b.ndim > 1:
        own[1] = (b.shape[-1],) if b.ndim == 2 else (*b.shape[:-2], 1, b.shape[-1])
    return (a, b), own


def as_matrix(value, is_row):
    """A parameter as it broadcasts with the operand: the evaluator takes one of a row along K."""
    return value if value is None or not is_row or value.ndim != 1 or value.size == 1 else value[:, None]


class MatMulInteger(Problem):
    def __init__(self, random, seed, number, form):
        (a, b), own = draw_operands(random, form)
        zeros = [None if how == "none" else draw_bytes(random, t, shape if how == "own" else ())
                 for how, t, shape in zip(form["zeros"], form["types"], own)]
        super().__init__("MatMulInteger", seed, number, [a, b, *zeros])
        self.expected = evaluate("MatMulInteger", [a, b, as_matrix(zeros[0], True), zeros[1]], 1, 10)


class QLinearMatMul(Problem):
    def __init__(self, random, seed, number, form):
        (a, b), own = draw_operands(random, form)
        shapes = [shape if form["own"] else () for shape in own] + [()]
        scales = [np.exp2(random.integers(-3, 4, s)) * (1 if form["exact"] else random.uniform(1, 2, s)) for s in shapes]
        scales[2] = scales[2] * 2.0 ** random.integers(4, 12)
        scales = [np.asarray(s).astype(F32).astype(form["scales"]) for s in scales]
        zeros = [draw_bytes(random, t, s) for t, s in zip(form["types"], shapes)]
        super().__init__("QLinearMatMul", seed, number,
                         [a, scales[0], zeros[0], b, scales[1], zeros[1], scales[2], zeros[2]])
        rows = [as_matrix(v[0], True) for v in (scales, zeros)]
        total = (a.astype(np.int64) - rows[1].astype(np.int64)) @ (b.astype(np.int64) - zeros[1].astype(np.int64))
        # What each row and column is multiplied by: the scale without K.
        factors = [rows[0].astype(np.float64), scales[1].astype(np.float64)]
        if a.ndim > 1 and b.ndim == 1:
            factors[0] = factors[0].squeeze(-1) if factors[0].ndim else factors[0]
        if a.ndim == 1 and b.ndim > 2 and factors[1].ndim:
            factors[1] = factors[1].squeeze(-2)
        self.exact = total * factors[0] * factors[1] / scales[2].astype(np.float64)
        info = np.iinfo(form["types"][2])
        self.expected = [np.clip(np.rint(self.exact) + zeros[2].astype(np.int64), info.min, info.max).astype(form["types"][2])]
        if form["scales"] == F32 and not form["own"]:
            self._check_text(zeros[2])

    def _check_text(self, zero):
        """The evaluator agrees but for ties."""
        theirs = evaluate(self.op, self.inputs, 1, 21)[0]
        rest = np.abs(self.exact - np.floor(self.exact) - 0.5)
        if not ((theirs == self.expected[0]) | (rest <= 2.0**-21 * (1 + np.abs(self.exact)))).all():
            raise AssertionError(f"{self.name}: the evaluator and ONNX's text differ")

    def alike(self, actual):
        ours, theirs = (v.view(self.expected[0].dtype).astype(int) for v in (actual[0], self.expected[0]))
        if ours.shape != theirs.shape:
            return False
        rest = np.abs(self.exact - np.floor(self.exact) - 0.5)
        # Ties themselves are exact where scales are powers of two.
        near = (rest <= 2.0**-21 * np.abs(self.exact)) & (rest > 0) & (np.abs(ours - theirs) == 1)
        self.near_ties = int((near & (ours != theirs)).sum())
        return bool(((ours == theirs) | near).all())


def problems(seed):
    number = 0

    def random():
        return np.random.default_rng([seed, number])

    for kind in (Quantize, Dequantize):
        for _ in range(FORMS):
            form = draw_form(random())
            for _ in range(ROUNDS):
                number += 1
                yield kind(random(), seed, number, form)
    for form in ((rank, fused) for rank in (1, 2, 3) for fused in (False, True)):
        for _ in range(12):
            number += 1
            yield DynamicQuantize(random(), seed, number, form)
    for kind in (MatMulInteger, QLinearMatMul):
        for _ in range(14):
            form = draw_matmul(random())
            for _ in range(ROUNDS):
                number += 1
                yield kind(random(), seed, number, form)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    tools.add_options(parser)
    parser.add_argument("--seed", type=int, default=0, help="of all forms and data")
    options = parser.parse_args()
    print(f"seed {options.seed}")
    selected = [p for p in problems(options.seed) if re.search(options.only, p.name)]
    failures, counts = 0, collections.Counter()
    for lowering in ("linalg", "cpu"):
        call = Compiled(options, [p.function for p in selected], lowering)
        for problem in selected:
            counts[problem.op] += 1
            actual = call(problem.function)
            if not problem.alike(actual):
                failures += 1
                kinds = [i if i is None else f"{i.dtype}{list(i.shape)}" for i in problem.inputs]
                print(f"FAIL {problem.name} --lowering={lowering} {problem.attributes}: {kinds}"
                      f"\n  expected {[bits_of(e).ravel()[:8].tolist() for e in problem.expected]}"
                      f"\n  got      {[a.ravel()[:8].tolist() for a in actual]}")
            counts["near"] += problem.near_ties
    near = counts.pop("near")
    print(", ".join(f"{op} {count // 2}" for op, count in counts.items()), "problems in 2 lowerings")
    print(f"{len(selected)} problems, {near} codes beside a tie, {failures} failures, --seed={options.seed}")
    return 1 if failures or not selected else 0


if __name__ == "__main__":
    sys.exit(main())
