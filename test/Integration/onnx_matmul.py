"""ONNX's MatMulInteger and QLinearMatMul in qlinalg. Shapes are those of numpy.matmul, with parameters a row or a column."""

import numpy as np
from onnx_ops import CODES, FLOATS, NotApplicable, Value, bits_of, storage_of


class Loops:
    """The loops of numpy.matmul, those of a, b and the result by name: batches (b0, b1, ..), m, n, k."""

    def __init__(self, a, b):
        self.batches = max(len(a), len(b)) - 2
        full = [(1,) * (self.batches - len(s) + 2) + tuple(s[:-2]) for s in (a, b)]
        self.sizes = {f"b{i}": max(pair) if 0 not in pair else 0 for i, pair in enumerate(zip(*full))}
        self.sizes |= ({"m": a[-2]} if len(a) > 1 else {}) | ({"n": b[-1]} if len(b) > 1 else {})
        self.result = list(self.sizes)
        self.names = [*self.result, "k"]
        self.a = self._dims(len(a), ["m", "k"] if len(a) > 1 else ["k"])
        self.b = self._dims(len(b), ["k", "n"] if len(b) > 1 else ["k"])

    def _dims(self, rank, last):
        batches = [f"b{i}" for i in range(self.batches)]
        return (batches[-(rank - 2):] if rank > 2 else []) + last

    def squeeze(self, array, dims):
        """Without dimensions of size 1 over which it is broadcast."""
        keep = [i for i, d in enumerate(dims) if d == "k" or array.shape[i] != 1 or self.sizes[d] == 1]
        return array.reshape([array.shape[i] for i in keep]), [dims[i] for i in keep]

    def map(self, dims):
        return f"affine_map<({', '.join(self.names)}) -> ({', '.join(dims)})>"


class Side:
    """One operand with its parameters: the text of it in the op, and its maps."""

    def __init__(self, f, loops, name, array, scale, zero):
        self.f, self.loops = f, loops
        self.own, self.dims = ("m", loops.a) if name == "lhs" else ("n", loops.b)
        storage = storage_of(array.dtype)
        if storage not in ("int8", "uint8"):
            raise NotApplicable(f"a matmul of {array.dtype}")
        codes, dims = loops.squeeze(array, self.dims)
        values, words = [(f.codes(codes, storage), dims)], [""]
        element = "f32" if scale is None else FLOATS[str(scale.dtype)]
        if scale is not None:
            values.append(self._param(bits_of(scale), lambda array: f.argument(array, element)))
            words.append(" scales ")
        if zero is None and storage[0] == "u":
            zero = np.zeros((), np.uint8)
        if zero is not None:
            values.append(self._param(zero, lambda array: f.zero_points(array, storage)))
            words.append(" zero_points ")
        granularity = "tensor" if not any(d for _, d in values[1:]) else "token" if name == "lhs" else "channel"
        symmetry = "symmetric" if zero is None else "affine"
        scales = "" if element == "f32" else f", scales = {element}"
        self.text = f"{name}({''.join(f'{w}{v.name} : {v.type}' for w, (v, _) in zip(words, values))} scheme " \
                    f"<{storage}, {granularity}, {symmetry}{scales}>)"
        self.maps = [loops.map(d) for _, d in values]

    def _param(self, array, argument):
        array = np.asarray(array)
        if array.size == 1:
            return argument(array.reshape(())), []
        dims = [self.own]
        if array.ndim > 1:
            along_k = self.dims.index("k")
            array, dims = np.squeeze(array, along_k - len(self.dims)), [d for d in self.dims if d != "k"]
            array, dims = self.loops.squeeze(array, dims)
        return argument(array), dims


def multiply(f, a, b, scales, zeros, element, result=("", [])):
    """sum of (a - zero) * (b - zero): of integers without scales, times them in f32, or made codes as `result` says: the
    rest of `outs` and the parameters in it, which are scalars."""
    loops = Loops(a.shape, b.shape)
    lhs, rhs = (Side(f, loops, *side) for side in zip(("lhs", "rhs"), (a, b), scales, zeros))
    shape = [loops.sizes[d] for d in loops.result]
    text, params = result
    init = f.argument(np.zeros(shape, dict(f32=np.float32, i32=np.int32, i8=np.int8)[element]), element)
    maps = ", ".join([*lhs.maps, *rhs.maps, loops.map(loops.result), *[loops.map([]) for _ in params]])
    return f.emit(f"qlinalg.matmul {lhs.text} {rhs.text} outs({init.name} : {init.type}{text}) {{indexing_maps = [{maps}]}} -> ",
                  shape, element)


def matmul_integer(f, a, b, a_zero=None, b_zero=None):
    f.results.append(multiply(f, a, b, (None, None), (a_zero, b_zero), "i32"))


def qlinear_matmul(f, a, a_scale, a_zero, b, b_scale, b_zero, y_scale, y_zero):
    storage = storage_of(y_zero.dtype)
    if storage not in ("int8", "uint8"):
        raise NotApplicable(f"a matmul with results of {y_zero.dtype}")
    if y_scale.size != 1:
        raise NotApplicable("a result with more than one scale")
    scales, zeros = (a_scale, b_scale), (a_zero, b_zero)
    element = FLOATS[str(y_scale.dtype)]
    s = f.argument(bits_of(y_scale).reshape(()), element)
    z = f.zero_points(np.reshape(y_zero, ()), storage)
    params = f" scales {s.name} : {s.type} zero_points {z.name} : {z.type} scheme <{storage}, tensor, affine>"
    if element == "f32":
        return f.give_codes(multiply(f, a, b, scales, zeros, "i8", (params, [s, z])), storage)
    # Codes of a matmul have a scale of f32.
    y = multiply(f, a, b, scales, zeros, "f32")
    dims = ", ".join(f"d{i}" for i in range(len(y.shape)))
    f.give_codes(f.emit(f"qlinalg.quantize {y.name} scales {s.name} zero_points {z.name} "
                        f"<{storage}, tensor, affine, scales = {element}> by "
                        f"affine_map<({dims}) -> ()> : {y.type} scales {s.type} zero_points {z.type} -> ",
                        y.shape, CODES[storage]), storage)
