"""One form of a contraction: its MLIR function, its data, and what NumPy says it computes."""

import zlib
from dataclasses import dataclass, field

import numpy as np
import tools  # noqa: F401 (puts the reference on the path)
from builder import Builder, Value
from literals import literal

import floats
from activations import dequantize_tokens, quantize_tokens
from qreference import round_trip
from rows import as_rows, from_rows, split_axes

DTYPES = {"f64": np.float64, "f32": np.float32, "f16": np.float16}


def encode(x, element):
    """f32 -> an array of the element type (bf16: its bits, as .npy files hold it)."""
    return floats.to_bf16(x) if element == "bf16" else np.asarray(x).astype(DTYPES[element])


def decode(x, element):
    """The inverse, as f64."""
    return (floats.from_bf16(x) if element == "bf16" else np.asarray(x)).astype(np.float64)


@dataclass
class Form:
    """`sums` is the einsum of activation, weight as stored and result, such as "mk,nk->mn"; K is its summed letters.

    `build(b, x, w)` emits the program and returns its result. x and out are x_dims and out_dims where the program has
    them in another shape than the einsum; sizes of letters in `dynamic` are unknown to the program.
    """

    name: str
    sums: str
    build: object
    sizes: dict = field(default_factory=dict)
    x_dims: tuple = ()
    out_dims: tuple = ()
    types: tuple = ("f32", "f32", "f32")  # activation, weight as stored, result
    exact_in: str = ""  # round the weight's data to this type
    dynamic: str = ""
    init: bool = False  # the accumulator is a second argument
    resource: bool = False  # the weight is a dense_resource
    as_global: bool = False  # the weight is an ml_program.global; upstream cannot bufferize that
    zero: bool = False  # all weights are zero
    matmuls: int = 1

    def __post_init__(self):
        left, out = self.sums.split("->")
        self.xs, self.ws = left.split(",")
        self.outs = out
        size = lambda letters: tuple(self.sizes.get(c, dict(m=3, k=37, n=19, b=2, e=3)[c] if c in "mknbe" else 0)
                                     for c in letters)
        self.x_view, self.w_shape, self.out_view = size(self.xs), size(self.ws), size(self.outs)
        self.x_dims = tuple(self.x_dims) or self.x_view
        self.out_dims = tuple(self.out_dims) or self.out_view
        shared = [c for c in self.ws if c in self.xs and c not in self.outs]
        self.k_axes = [self.ws.index(c) for c in shared]
        # The activation's K in the weight's order, so that groups of one are groups of the other.
        self.x_k_axes = [self.xs.index(c) for c in shared]
        random = np.random.default_rng(zlib.crc32(self.name.encode()))
        number = lambda shape: random.standard_normal(shape).astype(np.float32)
        w = number(self.w_shape) * (0 if self.zero else 1)
        self.weight = encode(floats.cast(w, self.exact_in) if self.exact_in else w, self.types[1])
        self.inputs = [encode(number(self.x_dims), self.types[0])]
        if self.init:
            self.inputs.append(encode(number(self.out_dims), self.types[2]))

    # -- the program

    def argument(self, index):
        dims, letters = (self.x_dims, self.xs) if index == 0 else (self.out_dims, self.outs)
        if self.dynamic:  # only where the shapes are the einsum's
            dims = tuple("?" if c in self.dynamic else d for c, d in zip(letters, dims))
        return Value(f"%arg{index}", dims, self.types[0 if index == 0 else 2])

    def function(self):
        """(text of the function @<name>, argument values, result value)."""
        b = Builder()
        x = self.argument(0)
        if self.dynamic:
            x = Value(x.name, tuple(b.size(x, i) if d == "?" else d for i, d in enumerate(x.dims)), x.element)
        kind = Value("", self.w_shape, self.types[1]).type
        source = f"arith.constant {literal(self.weight, self.types[1])}"
        if self.resource:
            source = f"arith.constant dense_resource<{self.name}_weight> : {kind}"
        if self.as_global:
            source = f"ml_program.global_load_const @{self.name}_weight : {kind}"
        w = b.emit(source, self.w_shape, self.types[1])
        arguments = [self.argument(i) for i in range(len(self.inputs))]
        result = self.build(b, x, w, arguments[1]) if self.init else self.build(b, x, w)
        signature = ", ".join(f"{a.name}: {a.type}" for a in arguments)
        text = (f"  func.func @{self.name}({signature}) -> {result.type} {{\n" + "\n".join(b.lines)
                + f"\n    return {result.name} : {result.type}\n  }}\n")
        if self.as_global:
            text = f"  ml_program.global private @{self.name}_weight({literal(self.weight, self.types[1])}) : {kind}\n" + text
        return text, arguments, result

    def blob(self):
        """The line of the resource section that holds the weight."""
        return f'      {self.name}_weight: "0x{(8).to_bytes(4, "little").hex()}{self.weight.tobytes().hex().upper()}"'

    # -- what it computes

    def weights_stored(self):
        """[(weight as f32, K axes)] of each qlinalg.matmul."""
        return [(decode(self.weight, self.types[1]).astype(np.float32), self.k_axes)]

    def _activation(self, group):
        """The activation as the quantized program sees it; group None: float, 0: one scale a token."""
        x = decode(self.inputs[0], self.types[0]).reshape(self.x_view)
        if group is None:
            return x
        others, _ = split_axes(x.ndim, self.x_k_axes)
        order = others + self.x_k_axes
        tokens = as_rows(x.transpose(order), range(len(others), x.ndim))
        back = dequantize_tokens(*quantize_tokens(tokens, group), group)
        ordered = from_rows(back, [x.shape[a] for a in order], range(len(others), x.ndim))
        return ordered.transpose(np.argsort(order)).astype(np.float64)

    def expected(self, scheme=None, group=None):
        """The result in f64: with float weights, or with the scheme's; activations as in _activation."""
        w, k_axes = self.weights_stored()[0]
        if scheme is not None:
            w = round_trip(w, k_axes, scheme)
        out = np.einsum(self.sums, self._activation(group), w.astype(np.float64)).reshape(self.out_dims)
        return out + decode(self.inputs[1], self.types[2]) if self.init else out
