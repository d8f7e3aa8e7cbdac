"""The parts that models share: layers with parameters, activations, norms."""

import math
from collections.abc import Sequence

from ..errors import Error
from ..source import Layer
from .tensors import Tensors
from .text import Body, Function, Size, Value


class Parts:
    """Writes into `f` what reads `tensors`, and notes each layer once in `layers`."""

    def __init__(self, f: Function, tensors: Tensors, layers: dict[str, Layer]):
        self.f, self.tensors, self.layers = f, tensors, layers

    def parameter(self, name: str, shape: Sequence[int], hint: str) -> Value:
        return self.f.parameter(name, shape, self.tensors.require(name, shape).element, hint)

    def linear(self, hint: str, x: Value, name: str, columns: int, bias: bool, transposed: bool = True) -> Value:
        """x [rows, K] times NAME.weight, [N, K] or, not `transposed`, [K, N], plus NAME.bias."""
        f, (rows, k) = self.f, x.shape
        kind = "Linear" if transposed else "Conv1D"
        self.layers[name] = Layer(name, kind, f"{name}.weight", f"{name}.bias" if bias else None, k, columns)
        product = self.matmul(hint, x, f"{name}.weight", columns, transposed)
        if not bias:
            return product
        return f.map(hint, [(product, "mn"), (self.parameter(f"{name}.bias", [columns], "bias"), "n")], "mn", (rows, columns),
                     lambda b, y, own: b.add(y, own))

    def matmul(self, hint: str, x: Value, weight: str, columns: int, transposed: bool = True) -> Value:
        f, (rows, k) = self.f, x.shape
        own = self.wide(self.parameter(weight, [columns, k] if transposed else [k, columns], "weight"))
        init = f.filled((rows, columns))
        maps = ", ".join(f"affine_map<(m, n, k) -> ({d})>" for d in ("m, k", "n, k" if transposed else "k, n", "m, n"))
        name = f.fresh(hint)
        f.line(f"{name} = linalg.matmul indexing_maps = [{maps}]")
        f.line(f"    ins({x.name}, {own.name} : {x.type}, {own.type}) outs({init.name} : {init.type}) -> {init.type}")
        return Value(name, init.shape)

    def wide(self, value: Value) -> Value:
        """As f32."""
        if value.element == "f32":
            return value
        dims = "nk"[: len(value.shape)]
        return self.f.map("wide", [(value, dims)], dims, value.shape, lambda b, x: x)

    def embedding(self, hint: str, indices: Value, name: str, rows: int, width: int, note: bool = True) -> Value:
        """Rows of NAME.weight, [batch * length, width], that `indices` [batch * length] (i64) names."""
        f = self.f
        if note:
            self.layers[name] = Layer(name, "Embedding", f"{name}.weight", None, width, rows)
        table = self.parameter(f"{name}.weight", [rows, width], "table")

        def body(b: Body, index: str) -> str:
            row, column = b.to_index(index), b.index(1)
            for how, bound in (("slt", rows), ("sge", 0)):
                holds = b.define("holds", f"arith.cmpi {how}, {row}, {f.size(bound)} : index")
                b.line(f'cf.assert {holds}, "expected an index of {name} from 0 to {rows - 1}"')
            element = b.define("element", f"tensor.extract {table.name}[{row}, {column}] : {table.type}")
            return b.widen(element, table.element)

        return f.map(hint, [(indices, "m")], "mn", (*indices.shape, width), body)

    def add(self, hint: str, *values: Value) -> Value:
        """All of shape [rows, width]."""
        def body(b: Body, first: str, *others: str) -> str:
            for other in others:
                first = b.add(first, other)
            return first
        return self.f.map(hint, [(value, "mn") for value in values], "mn", values[0].shape, body)

    def rms_norm(self, hint: str, x: Value, name: str, epsilon: float) -> Value:
        """x / sqrt(mean(x^2) + epsilon) * NAME.weight."""
        f, (rows, width) = self.f, x.shape
        self.layers[name] = Layer(name, "RMSNorm", f"{name}.weight")
        own = self.parameter(f"{name}.weight", [width], "weight")
        squares = f.reduce("squares", [(x, "mn")], "mn", "m", f.filled((rows,)), lambda b, v, s: b.add(s, b.mul(v, v)))
        scale = self._inverse_root(squares, rows, width, epsilon)
        return f.map(hint, [(x, "mn"), (scale, "m"), (own, "n")], "mn", x.shape, lambda b, v, s, w: b.mul(b.mul(v, s), w))

    def layer_norm(self, hint: str, x: Value, name: str, epsilon: float) -> Value:
        """(x - mean) / sqrt(variance + epsilon) * NAME.weight + NAME.bias."""
        f, (rows, width) = self.f, x.shape
        self.layers[name] = Layer(name, "LayerNorm", f"{name}.weight", f"{name}.bias")
        weight, bias = (self.parameter(f"{name}.{part}", [width], part) for part in ("weight", "bias"))
        total = f.reduce("total", [(x, "mn")], "mn", "m", f.filled((rows,)), lambda b, v, s: b.add(s, v))
        mean = f.map("mean", [(total, "m")], "m", (rows,), lambda b, s: b.mul(s, b.number(1 / width)))

        def square(b: Body, v: str, own: str, so_far: str) -> str:
            off = b.sub(v, own)
            return b.add(so_far, b.mul(off, off))

        squares = f.reduce("squares", [(x, "mn"), (mean, "m")], "mn", "m", f.filled((rows,)), square)
        scale = self._inverse_root(squares, rows, width, epsilon)
        return f.map(hint, [(x, "mn"), (mean, "m"), (scale, "m"), (weight, "n"), (bias, "n")], "mn", x.shape,
                     lambda b, v, own, s, w, shift: b.add(b.mul(b.mul(b.sub(v, own), s), w), shift))

    def _inverse_root(self, squares: Value, rows: Size, width: int, epsilon: float) -> Value:
        return self.f.map("scale", [(squares, "m")], "m", (rows,),
                          lambda b, s: b.rsqrt(b.add(b.mul(s, b.number(1 / width)), b.number(epsilon))))

    def activate(self, hint: str, x: Value, name: str) -> Value:
        return self.f.map(hint, [(x, "mn")], "mn", x.shape, activation(name))


def _gelu(b: Body, x: str) -> str:
    return b.mul(b.mul(x, b.number(0.5)), b.add(b.erf(b.mul(x, b.number(math.sqrt(0.5)))), b.number(1)))


def _gelu_tanh(b: Body, x: str) -> str:
    cube = b.mul(b.mul(x, x), x)
    inner = b.mul(b.add(x, b.mul(cube, b.number(0.044715))), b.number(math.sqrt(2 / math.pi)))
    return b.mul(b.mul(x, b.number(0.5)), b.add(b.tanh(inner), b.number(1)))


def _silu(b: Body, x: str) -> str:
    return b.div(x, b.add(b.exp(b.neg(x)), b.number(1)))


ACTIVATIONS = {"gelu": _gelu, "gelu_new": _gelu_tanh, "gelu_fast": _gelu_tanh, "gelu_pytorch_tanh": _gelu_tanh, "silu": _silu,
               "swish": _silu, "relu": lambda b, x: b.max(x, b.number(0)), "tanh": lambda b, x: b.tanh(x)}


def activation(name: str):
    if name not in ACTIVATIONS:
        raise Error(f"expected the activation function to be one of {', '.join(ACTIVATIONS)}, got '{name}'")
    return ACTIVATIONS[name]
