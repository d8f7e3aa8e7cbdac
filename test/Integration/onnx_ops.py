"""ONNX's quantization ops in qlinalg: the function of a node, and its arrays as bits.

    QuantizeLinear          qlinalg.quantize
    DequantizeLinear        qlinalg.dequantize
    DynamicQuantizeLinear   qlinalg.choose_params and quantize, or dynamic_quantize: <uint8, tensor, affine>
    MatMulInteger           qlinalg.matmul of codes without scales, which gives i32
    QLinearMatMul           qlinalg.matmul of codes, which gives codes (with a scale of f16 or bf16 qlinalg.quantize does)

Arrays are ONNX's (NumPy's types and those of ml_dtypes). A division in f16 or bf16, as QuantizeLinear asks for where its
scale is of that type and `precision` says nothing, is arith.divf: what is quantized then is a quotient, its scale 1.
"""

from dataclasses import dataclass, field

import ml_dtypes
import numpy as np

STORAGES = {"float8_e4m3fn": "f8E4M3FN", "float4_e2m1fn": "fp4"} | {
    name: name for name in ("int8", "uint8", "int16", "uint16", "int4", "uint4", "int2", "uint2")
}
CODES = {"f8E4M3FN": "f8E4M3FN", "fp4": "i4"} | {s: f"i{s.lstrip('uint')}" for s in STORAGES if "int" in s}
FLOATS = {"float32": "f32", "float16": "f16", "bfloat16": "bf16"}
# Of TensorProto.DataType, for the attributes output_dtype and precision.
DATA_TYPES = {1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 10: "float16", 16: "bfloat16",
              17: "float8_e4m3fn", 18: "float8_e4m3fnuz", 19: "float8_e5m2", 20: "float8_e5m2fnuz", 21: "uint4",
              22: "int4", 23: "float4_e2m1fn", 24: "float8_e8m0fnu", 25: "uint2", 26: "int2"}  # fmt: skip


class NotApplicable(Exception):
    """Says why qlinalg has no op for a node."""


def storage_of(dtype):
    if str(dtype) not in STORAGES:
        raise NotApplicable(f"no storage {dtype}")
    return STORAGES[str(dtype)]


def bits_of(array):
    """An ONNX array as what crosses to quant-run: codes as signed integers or bytes, floats as they are or as bits."""
    a = np.asarray(array)
    if str(a.dtype) in ("float8_e4m3fn", "float4_e2m1fn"):
        return a.view(np.uint8) if a.dtype == ml_dtypes.float8_e4m3fn else a.view(np.uint8).astype(np.int8)
    if str(a.dtype) == "bfloat16":
        return a.view(np.uint16)
    if a.dtype.kind == "u" and a.itemsize <= 2:
        return a.view(f"i{a.itemsize}")
    if str(a.dtype).endswith(("int4", "int2")):
        return a.astype(np.int8)
    return a


def split_axes(shape, axis, block, params_shape):
    """(granularity, group, results of the params map), as the shape of a scale says."""
    if np.prod(params_shape, dtype=int) == 1 and len(params_shape) <= 1:
        return "tensor", 0, []
    axis %= len(shape)
    if not block:
        return "channel", 0, [f"d{axis}"]
    group = "" if block == 1 else f" floordiv {block}"
    return "group", block, [f"d{i}{group if i == axis else ''}" for i in range(len(shape))]


@dataclass
class Value:
    name: str
    shape: tuple
    element: str
    dynamic: bool

    @property
    def type(self):
        return f"tensor<{''.join('?x' if self.dynamic else f'{n}x' for n in self.shape)}{self.element}>"


@dataclass
class Function:
    """One function, its arguments in order with their arrays, its results. With `dynamic` sizes are not in its types."""

    dynamic: bool = False
    lines: list = field(default_factory=list)
    arguments: list = field(default_factory=list)
    arrays: list = field(default_factory=list)
    results: list = field(default_factory=list)

    def argument(self, array, element):
        array = np.ascontiguousarray(array).reshape(np.shape(array))
        value = Value(f"%a{len(self.arrays)}", array.shape, element, self.dynamic)
        self.arguments.append(value)
        self.arrays.append(array)
        return value

    def emit(self, text, shape, element):
        value = Value(f"%v{len(self.lines)}", tuple(shape), element, self.dynamic)
        self.lines.append(f"{value.name} = {text}{value.type}")
        return value

    def cast(self, op, value, element):
        return self.emit(f"arith.{op} {value.name} : {value.type} to ", value.shape, element)

    def codes(self, array, storage):
        """An argument of codes; below 8 bits they come in bytes."""
        element = CODES[storage]
        small = element in ("i4", "i2")
        value = self.argument(bits_of(array), "i8" if small else element)
        return self.cast("trunci", value, element) if small else value

    def give_codes(self, value, storage):
        if value.element in ("i4", "i2"):
            value = self.cast("extui" if storage[0] != "i" else "extsi", value, "i8")
        self.results.append(value)

    def zero_points(self, array, storage):
        """Zero points are bytes beside codes of fewer bits."""
        size = 2 if storage.endswith("16") else 1
        array = np.asarray(array).astype(np.int64).astype(f"u{size}")
        return self.argument(array.view(f"i{size}"), f"i{8 * size}")

    def empty(self, like, shape, element):
        """tensor.empty of the sizes of `like`, or of none."""
        sizes = []
        if self.dynamic:
            for i in range(len(shape)):
                index = f"%c{len(self.lines)}"
                self.lines.append(f"{index} = arith.constant {i} : index")
                sizes.append(f"%n{len(self.lines)}")
                self.lines.append(f"{sizes[-1]} = tensor.dim {like.name}, {index} : {like.type}")
        return self.emit(f"tensor.empty({', '.join(sizes)}) : ", shape, element)

    @property
    def text(self):
        """All but the name."""
        given = ", ".join(f"{a.name}: {a.type}" for a in self.arguments)
        types = ", ".join(r.type for r in self.results)
        body = "".join(f"  {line}\n" for line in self.lines)
        return f"({given}) -> ({types}) {{\n{body}  return {', '.join(r.name for r in self.results)} : {types}\n}}\n"


def affine_map(rank, results):
    return f"affine_map<({', '.join(f'd{i}' for i in range(rank))}) -> ({', '.join(results)})>"


@dataclass
class Parameters:
    """What stands beside codes: the scheme, the values, their map."""

    scheme: str
    scale: Value
    zero: Value | None
    map: str

    @classmethod
    def of(cls, f, storage, shape, scale, zero, axis=1, block=0):
        """From ONNX's inputs; a zero point that is not there is 0, which only `int*` may leave out."""
        granularity, group, results = split_axes(shape, axis, block, np.shape(scale))
        size = [] if granularity == "tensor" else np.shape(scale)
        integers = "int" in storage
        if zero is None and storage[0] == "u":
            zero = np.zeros(np.shape(scale), np.uint8)
        if zero is not None and not integers:
            if np.asarray(zero).astype(np.float32).any():
                raise NotApplicable(f"a zero point of {storage} that is not 0")
            zero = None
        element = FLOATS.get(str(scale.dtype))
        if not element:
            raise NotApplicable(f"scales of {scale.dtype}")
        symmetry = ("" if not integers else ", symmetric" if zero is None else ", affine")
        group = f" = {group}" if group else ""
        scales = "" if element == "f32" else f", scales = {element}"
        return cls(f"<{storage}, {granularity}{group}{symmetry}{scales}>",
                   f.argument(bits_of(scale).reshape(size), element),
                   None if zero is None else f.zero_points(np.reshape(zero, size), storage),
                   affine_map(len(shape), results))

    @property
    def names(self):
        zero = f" zero_points {self.zero.name}" if self.zero else ""
        return f"scales {self.scale.name}{zero} {self.scheme} by {self.map}"

    @property
    def types(self):
        return f"scales {self.scale.type}" + (f" zero_points {self.zero.type}" if self.zero else "")


def divide(f, x, scale, axis, block):
    """The quotient in the type of both."""
    rank, (granularity, _, results) = len(x.shape), split_axes(x.shape, axis, block, np.shape(scale))
    s = f.argument(bits_of(scale).reshape(() if granularity == "tensor" else scale.shape), x.element)
    maps = [affine_map(rank, [f"d{i}" for i in range(rank)]), affine_map(rank, results)]
    kinds = ", ".join(['"parallel"'] * rank)
    out = f.empty(x, x.shape, x.element)
    return f.emit(f"linalg.generic {{indexing_maps = [{maps[0]}, {maps[1]}, {maps[0]}], iterator_types = [{kinds}]}} "
                  f"ins({x.name}, {s.name} : {x.type}, {s.type}) outs({out.name} : {out.type}) {{\n"
                  f"  ^bb0(%a: {x.element}, %b: {x.element}, %c: {x.element}):\n"
                  f"    %d = arith.divf %a, %b : {x.element}\n    linalg.yield %d : {x.element}\n  }} -> ",
                  x.shape, x.element)


def quantize(f, x, scale, zero=None, axis=1, block_size=0, output_dtype=0, saturate=1, precision=0):
    if output_dtype and output_dtype not in DATA_TYPES:
        raise NotApplicable(f"no storage of TensorProto.DataType {output_dtype}")
    dtype = zero.dtype if zero is not None else DATA_TYPES[output_dtype or 2]
    storage = storage_of(dtype)
    if not saturate:
        raise NotApplicable("saturate = 0: codes of f8E4M3FN saturate")
    if str(x.dtype) not in FLOATS:
        raise NotApplicable(f"values of {x.dtype}")
    number = f.argument(bits_of(x), FLOATS[str(x.dtype)])
    division = DATA_TYPES[precision] if precision else str(scale.dtype)
    if division != "float32":
        if (str(x.dtype), str(scale.dtype)) != (division, division):
            raise NotApplicable(f"{x.dtype} divided by {scale.dtype} in {division}")
        number = divide(f, number, scale, axis, block_size)
        scale = np.ones(np.shape(scale), np.float32)
    p = Parameters.of(f, storage, x.shape, scale, zero, axis, block_size)
    q = f.emit(f"qlinalg.quantize {number.name} {p.names} : {number.type} {p.types} -> ", x.shape, CODES[storage])
    f.give_codes(q, storage)


def dequantize(f, x, scale, zero=None, axis=1, block_size=0, output_dtype=0):
    storage = storage_of(x.dtype)
    element = FLOATS[DATA_TYPES[output_dtype] if output_dtype else str(scale.dtype)]
    q = f.codes(x, storage)
    p = Parameters.of(f, storage, x.shape, scale, zero, axis, block_size)
    f.results.append(f.emit(f"qlinalg.dequantize {q.name} {p.names} : {q.type} {p.types} -> ", x.shape, element))


def dynamic_quantize(f, x, fused=False):
    number = f.argument(x, "f32")
    scheme = f"<uint8, tensor, affine> by {affine_map(len(x.shape), [])}"
    results = [Value(f"%{name}", shape, element, f.dynamic)
               for name, shape, element in (("q", x.shape, "i8"), ("s", (), "f32"), ("z", (), "i8"))]
    q, s, z = results
    if fused:
        outs = [f.empty(number, r.shape, r.element) for r in results]
        f.lines.append(f"%q, %s, %z = qlinalg.dynamic_quantize {number.name} {scheme} outs("
                       f"{', '.join(o.name for o in outs)} : {', '.join(o.type for o in outs)}) : {number.type} -> "
                       f"{', '.join(r.type for r in results)}")
    else:
        f.lines += [f"%s, %z = qlinalg.choose_params {number.name} {scheme} : {number.type} -> {s.type}, {z.type}",
                    f"%q = qlinalg.quantize {number.name} scales %s zero_points %z {scheme} : {number.type} "
                    f"scales {s.type} zero_points {z.type} -> {q.type}"]
    f.results += results
