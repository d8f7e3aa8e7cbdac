"""What transformers are made of, as nodes of a graph. Activations are [1, rows, features], heads [1, heads, rows, size]."""

import math

import numpy as np

from graph import Graph


def integers(*values):
    return np.array(values, np.int64)


def layer_norm(graph: Graph, x: str, weight: np.ndarray, bias: np.ndarray, epsilon: float) -> str:
    return graph.add("LayerNormalization", x, weight, bias, axis=-1, epsilon=epsilon)


def rms_norm(graph: Graph, x: str, weight: np.ndarray, epsilon: float) -> str:
    mean = graph.add("ReduceMean", graph.add("Mul", x, x), integers(-1))
    root = graph.add("Sqrt", graph.add("Add", mean, epsilon))
    return graph.add("Mul", graph.add("Div", x, root), weight)


def gelu(graph: Graph, x: str) -> str:
    """The exact one."""
    erf = graph.add("Erf", graph.add("Div", x, math.sqrt(2)))
    return graph.add("Mul", graph.add("Mul", x, graph.add("Add", erf, 1.0)), 0.5)


def silu(graph: Graph, x: str) -> str:
    return graph.add("Mul", x, graph.add("Sigmoid", x))


def last(graph: Graph, x: str, begin: int, end: int) -> str:
    """A part of the last dimension."""
    return graph.add("Slice", x, integers(begin), integers(end), integers(-1))


def split_heads(graph: Graph, x: str, heads: int) -> str:
    return graph.add("Transpose", graph.add("Reshape", x, integers(1, -1, heads, width(graph, x) // heads)), perm=[0, 2, 1, 3])


def width(graph: Graph, x: str) -> int:
    """The features of a Linear's result, with its bias or without."""
    nodes = {node.name: node for node in graph.nodes}
    node = nodes[x]
    linear = node if node.op == "MatMul" else nodes[node.inputs[0]]
    return graph.constants[linear.inputs[1]].shape[1]


def rotary_tables(frequencies: np.ndarray, rows: int) -> tuple[np.ndarray, np.ndarray]:
    angles = np.arange(rows, dtype=np.float32)[:, None] * frequencies[None]
    angles = np.concatenate([angles, angles], axis=1)
    return np.cos(angles), np.sin(angles)


def rotate(graph: Graph, x: str, size: int, tables: tuple[np.ndarray, np.ndarray]) -> str:
    """Positions turn the first features of each head, as many as the tables have, of `size`."""
    cos, sin = tables
    turned = cos.shape[1]
    head = x if turned == size else last(graph, x, 0, turned)
    swapped = graph.add("Concat", graph.add("Neg", last(graph, head, turned // 2, turned)),
                        last(graph, head, 0, turned // 2), axis=-1)
    head = graph.add("Add", graph.add("Mul", head, cos), graph.add("Mul", swapped, sin))
    return head if turned == size else graph.add("Concat", head, last(graph, x, turned, size), axis=-1)


def attention(graph: Graph, q: str, k: str, v: str, size: int, features: int, mask: np.ndarray | None) -> str:
    scores = graph.add("MatMul", q, graph.add("Transpose", k, perm=[0, 1, 3, 2]))
    scores = graph.add("Mul", scores, 1 / math.sqrt(size))
    if mask is not None:
        scores = graph.add("Add", scores, mask)
    mixed = graph.add("MatMul", graph.add("Softmax", scores, axis=-1), v)
    return graph.add("Reshape", graph.add("Transpose", mixed, perm=[0, 2, 1, 3]), integers(1, -1, features))


def causal_mask(rows: int) -> np.ndarray:
    return np.triu(np.full((rows, rows), np.finfo(np.float32).min, np.float32), 1)
