"""Forms that are not one contraction with one weight: shared and tied weights, and what must stay as it is."""

import re

import numpy as np
from builder import Value
from form import Form
from forms import linear

from qreference import round_trip


def both_ways(b, x, w):
    straight = b.named("matmul", x, w, b.zeros([3, 37], "f32"))
    return b.add(straight, linear(b, x, w))


def tied(b, x, w):
    """The rows of w are gathered as an embedding's are (tensor.extract in a body), then multiplied by w."""
    out = b.empty((3, 37), "f32")
    rows = b.emit(
        f"linalg.generic {{indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>], "
        f'iterator_types = ["parallel", "parallel"]}} outs({out.name} : {out.type}) {{\n    ^bb0(%o: f32):\n'
        f"      %i = linalg.index 0 : index\n      %j = linalg.index 1 : index\n"
        f"      %e = tensor.extract {w.name}[%i, %j] : {w.type}\n      linalg.yield %e : f32\n    }} -> {out.type}",
        (3, 37), "f32")
    return linear(b, b.add(x, rows), w)


def attention(b, x, y):
    return b.named("matmul", x, b.transpose(y, [1, 0]), b.zeros([3, 19], "f32"))


def grouped_query(b, x, y):
    wide = b.elementwise(y, "abc", "bc", (3, 19, 37))  # an activation, broadcast as some frontends do a weight
    return b.named("batch_matvec", wide, x, b.zeros([3, 19], "f32"))


def largest_product(b, x, w):
    """Not a contraction: the products' maximum."""
    out = b.generic(x, w, b.zeros([3, 19], "f32"), "mnk", ["mk", "nk", "mn"])
    b.lines[-1] = b.lines[-1].replace("arith.addf", "arith.maximumf")
    return out


class BothWays(Form):
    """One weight, contracted over its first axis and over its second: two sets of codes."""

    def weights_stored(self):
        w = super().weights_stored()[0][0]
        return [(w, [0]), (w, [1])]

    def expected(self, scheme=None, group=None):
        x, (w, _) = self._activation(group), self.weights_stored()[0]
        a, c = (w, w) if scheme is None else (round_trip(w, [0], scheme), round_trip(w, [1], scheme))
        return x @ a.astype(np.float64) + x @ c.T.astype(np.float64)


class Tied(Form):
    """A weight that is also read as it is, as tied embeddings are: only the contraction's use is quantized."""

    def expected(self, scheme=None, group=None):
        given = self.inputs[0]
        self.inputs[0] = given + self.weight[:3]
        try:
            return super().expected(scheme, group)
        finally:
            self.inputs[0] = given


class Untouched(Form):
    """Nothing here is a contraction with a weight; the weight, if any, is the second argument."""

    def weights_stored(self):
        return []

    def argument(self, index):
        return super().argument(0) if index == 0 else Value("%arg1", self.w_shape, "f32")

    def function(self):
        text, arguments, result = super().function()
        constant = next(line for line in text.split("\n") if "arith.constant dense" in line)
        return re.sub(r"%v1\b", "%arg1", text.replace(constant + "\n", "")), arguments, result

    def __post_init__(self):
        super().__post_init__()
        self.inputs.append(self.weight)

    def expected(self, scheme=None, group=None):
        return np.einsum("mk,nk->mn", *(i.astype(np.float64) for i in self.inputs))


class LargestProduct(Form):
    def weights_stored(self):
        return []

    def expected(self, scheme=None, group=None):
        products = self.inputs[0][:, None].astype(np.float64) * self.weight[None]
        return np.maximum(products.max(2), 0)


SPECIAL = [
    BothWays("shared_weight", "mk,kn->mn", both_ways, dict(n=37), matmuls=2),
    Tied("tied_weight", "mk,nk->mn", tied),
    Untouched("two_activations", "mk,nk->mn", attention, matmuls=0),
    Untouched("grouped_query", "mk,nk->mn", grouped_query, matmuls=0),
    LargestProduct("largest_product", "mk,nk->mn", largest_product, matmuls=0),
]
