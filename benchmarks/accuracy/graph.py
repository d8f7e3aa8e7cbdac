"""A network as nodes of ONNX's ops (opset 18), and what it computes, in NumPy.

Values have names. A Linear is a MatMul whose name stands in `linears`: what is quantized, and nothing else is.
"""

import math
from dataclasses import dataclass, field

import numpy as np


@dataclass
class Node:
    op: str
    name: str
    inputs: list[str]
    attributes: dict


@dataclass
class Graph:
    input: str
    shape: tuple[int, ...]
    dtype: type
    output: str = ""
    nodes: list[Node] = field(default_factory=list)
    constants: dict[str, np.ndarray] = field(default_factory=dict)
    linears: list[str] = field(default_factory=list)

    def constant(self, array, name: str = "") -> str:
        name = name or f"constant.{len(self.constants)}"
        self.constants[name] = np.asarray(array)
        return name

    def add(self, op: str, *inputs, name: str = "", **attributes) -> str:
        """The node's result, which is called as the node is. Arrays and numbers become constants, numbers of f32."""
        name = name or f"{op}.{len(self.nodes)}"
        names = [x if isinstance(x, str) else self.constant(np.float32(x) if isinstance(x, float) else x) for x in inputs]
        self.nodes.append(Node(op, name, names, attributes))
        self.output = name
        return name

    def linear(self, x: str, weight: np.ndarray, bias: np.ndarray | None, name: str, quantized: bool = True) -> str:
        """`weight` is [N, K], as PyTorch stores it."""
        weights = self.constant(np.ascontiguousarray(weight.T), f"{name}.weight")
        y = self.add("MatMul", x, weights, name=name)
        if quantized:
            self.linears.append(name)
        return y if bias is None else self.add("Add", y, bias)

    def run(self, array: np.ndarray) -> np.ndarray:
        """In f32, one NumPy call a node."""
        values = {**self.constants, self.input: array}
        for node in self.nodes:
            values[node.name] = OPS[node.op](*(values[x] for x in node.inputs), **node.attributes)
        return values[self.output]


def layer_norm(x, scale, bias, axis, epsilon):
    centred = x - x.mean(axis=axis, keepdims=True)
    variance = np.mean(centred * centred, axis=axis, keepdims=True)
    return centred / np.sqrt(variance + np.float32(epsilon)) * scale + bias


def softmax(x, axis):
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def take_slice(x, starts, ends, axes):
    index = [slice(None)] * x.ndim
    for start, end, axis in zip(starts, ends, axes):
        index[axis] = slice(start, end)
    return x[tuple(index)]


# Between points so close a straight line is 5e-9 off; beyond 6 the f32 is 1.
POINTS = np.linspace(-6, 6, 2**16)
ERF = np.array([math.erf(x) for x in POINTS])
OPS = {
    "Add": np.add, "Sub": np.subtract, "Mul": np.multiply, "Div": np.divide, "MatMul": np.matmul,
    "Neg": np.negative, "Sqrt": np.sqrt,
    "Erf": lambda x: np.interp(x, POINTS, ERF).astype(np.float32),
    "Sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "Softmax": softmax,
    "LayerNormalization": layer_norm,
    "ReduceMean": lambda x, axes: x.mean(axis=tuple(axes), keepdims=True),
    "Gather": lambda table, ids: table[ids],
    "Reshape": lambda x, shape: x.reshape(shape),
    "Transpose": lambda x, perm: x.transpose(perm),
    "Slice": take_slice,
    "Concat": lambda *parts, axis: np.concatenate(parts, axis),
}  # fmt: skip
