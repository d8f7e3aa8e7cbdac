"""Contractions for qlinalg.matmul: their text and data, and their result in NumPy, summed as the op says."""

import math
from dataclasses import dataclass

import numpy as np
from arithmetic import F32, Scheme, choose, decode, encode, level, over
from lowered import pack

import floats

NUMPY = dict(f64=np.float64, f32=F32)
# (lhs map, rhs map, outs map); data is made as [b, m, k] and [b, n, k].
FORMS = {
    "plain": ("m, k", "n, k", "m, n"),
    "columns": ("m, k", "k, n", "m, n"),
    "transposed": ("k, m", "n, k", "n, m"),
    "batch": ("b, m, k", "b, n, k", "b, m, n"),
    "vector": ("k", "n, k", "n"),
}
# In f64, of f32: erf, tanh and exp of a libm are within a few units in the last place.
EPILOGUES = dict(
    none=lambda x: x,
    relu=lambda x: np.where(np.isnan(x), x, np.maximum(x, 0)),
    gelu=lambda x: x / 2 * (1 + np.vectorize(math.erf)(x / math.sqrt(2))),
    gelu_tanh=lambda x: x / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
    silu=lambda x: x / (1 + np.exp(-x)),
)


@dataclass(frozen=True)
class Contraction:
    name: str
    lhs: object  # a Scheme, or a float type
    rhs: object
    form: str = "plain"
    result: str = "f32"
    sizes: tuple = (("b", 2), ("m", 5), ("n", 6), ("k", 70))
    dynamic: str = "m"  # the dimensions whose size is not known
    bias: str = ""  # its map
    epilogue: str = "none"
    multiplier: str = ""  # its map
    layout: str = ""  # that of rhs
    accumulator: str = ""
    bad: str = ""  # nan or inf in row 1 of lhs
    extreme: bool = False  # every code is the least

    @property
    def compute(self):
        return "f64" if self.result == "f64" else "f32"

    def dims(self):
        return [d for d in "bmnk" if any(d in part.split(", ") for part in FORMS[self.form])]

    def size(self, dim):
        return dict(self.sizes)[dim]

    def logical(self, part):
        return FORMS[self.form][part].split(", ")


def data(c):
    """{part: array in canonical order, f32}: lhs [b * m, K], rhs [b * n, K], init, bias, multiplier."""
    random = np.random.default_rng(3)
    dims = c.dims()
    rows = {
        0: int(np.prod([c.size(d) for d in dims if d in "bm"])),
        1: int(np.prod([c.size(d) for d in dims if d in "bn"])),
    }
    lhs, rhs = (random.standard_normal((rows[i], c.size("k"))).astype(F32) for i in (0, 1))
    if c.bad:
        lhs[1, 3] = F32(c.bad)
    init = random.standard_normal([c.size(d) for d in c.logical(2)]).astype(F32)
    bias, multiplier = (
        random.standard_normal([c.size(d) if d in dims else 1 for d in m.split(", ")]).astype(F32) if m else None
        for m in (c.bias, c.multiplier)
    )
    return lhs, rhs, init, bias, multiplier


def parts(c, side, x):
    """(codes or floats, scales, zero points) in canonical order."""
    if not isinstance(side, Scheme):
        return floats.cast(x, side) if side != "f64" else x, None, None
    if side.downcast:
        return encode(x, None, None, side), None, None
    scale, zero = choose(x, side)
    codes = np.full(x.shape, side.least, np.int32) if c.extreme else encode(x, scale, zero, side)
    return codes, scale, zero


def _params_dims(c, side, part):
    row = [d for d in c.logical(part) if d != "k"]
    row.sort(key="bmn".index)
    return {"tensor": [], "channel": row, "token": row}.get(side.granularity, [*row, f"k floordiv {side.group}"])


def _arrange(array, c, part):
    """[rows, K] in the order of the operand's map."""
    dims = sorted(c.logical(part), key="bmnk".index)
    shaped = np.asarray(array).reshape([c.size(d) for d in dims])
    return np.ascontiguousarray(shaped.transpose([dims.index(d) for d in c.logical(part)]))


def _params_shape(c, side, part):
    return [-(-c.size("k") // side.group) if d.startswith("k") else c.size(d) for d in _params_dims(c, side, part)]


def _tensor(c, dims, shape, element):
    return f"tensor<{''.join(('?' if d in c.dynamic else str(n)) + 'x' for d, n in zip(dims, shape))}{element}>"


def program(c):
    """(text of the function, its arguments)."""
    lhs, rhs, init, bias, multiplier = data(c)
    loops = ", ".join(c.dims())
    arguments, values, maps, text = [], [], [], {}

    def add(name, array, dims, element):
        kind = _tensor(c, dims, array.shape, element)
        arguments.append(f"%{name}: {kind}")
        values.append(pack(array, element))
        maps.append(f"affine_map<({loops}) -> ({', '.join(dims)})>")
        return f"%{name} : {kind}"

    for part, (name, side, x) in enumerate((("lhs", c.lhs, lhs), ("rhs", c.rhs, rhs))):
        codes, scale, zero = parts(c, side, x)
        element = side.code_type if isinstance(side, Scheme) else side
        text[name] = add(name, _arrange(codes, c, part), c.logical(part), element)
        if scale is not None:
            shape = _params_shape(c, side, part)
            text[name] += " scales " + add(f"{name}_s", scale.reshape(shape), _params_dims(c, side, part), side.scales)
            if side.affine:
                text[name] += " zero_points " + add(f"{name}_z", zero.reshape(shape), _params_dims(c, side, part), side.zero_type)
        if isinstance(side, Scheme):
            text[name] += f" scheme {side}"
    packing = ""
    if c.layout:
        logical = text["rhs"].split(" : ")[1].split(" ")[0]
        packed = _packed_type(c)
        packing = f"  %packed = qlinalg.pack %rhs {c.layout} : {logical} -> {packed}\n"
        text["rhs"] = text["rhs"].replace(f"%rhs : {logical}", f"%packed : {packed}") + f" layout {c.layout}"
    tail = ""
    if c.bias:
        tail += f" bias({add('bias', bias, c.bias.split(', '), c.compute)})"
    if c.epilogue != "none":
        tail += f" epilogue <{c.epilogue}>"
    if c.multiplier:
        tail += f" times({add('multiplier', multiplier, c.multiplier.split(', '), c.compute)})"
    outs = add("init", init, c.logical(2), c.result)
    kind = outs.split(" : ")[1]
    attributes = f"indexing_maps = [{', '.join(maps)}]"
    if c.accumulator:
        attributes += f", accumulator = #qlinalg.accumulator{c.accumulator}"
    return (
        f"func.func @{c.name}({', '.join(arguments)}) -> {kind} {{\n{packing}"
        f"  %y = qlinalg.matmul lhs({text['lhs']}) rhs({text['rhs']}){tail} outs({outs}) {{{attributes}}} -> {kind}\n"
        f"  return %y : {kind}\n}}\n"
    ), values


def _packed_type(c):
    """For [n, k] codes in a panel."""
    panel = int(c.layout.strip("<>").split("= ")[1])
    columns = -(-c.size("k") * c.rhs.bits // 8) if c.rhs.bits < 8 else c.size("k")
    element = "i8" if c.rhs.bits < 8 else c.rhs.code_type
    return f"tensor<{-(-c.size('n') // panel)}x{columns}x{panel}x{element}>"


def _run_ends(c):
    """Where runs of k end that share the scales of both sides."""
    k = c.size("k")
    ends = {k}
    for side in (c.lhs, c.rhs):
        ends |= set(range(side.group, k, side.group)) if side.group else set()
    return sorted(ends)


def _products(c, lhs, rhs, accumulator):
    """Adds to accumulator [m, n] the sum over k, ascending, each operation rounded to the compute type."""
    kind = NUMPY[c.compute]
    sides = [(c.lhs, *lhs), (c.rhs, *rhs)]
    if all(isinstance(side, Scheme) and side.integer for side, *_ in sides):
        (a, b), (sa, sb) = (
            [level(codes, zero, side).astype(np.int64) for side, codes, _, zero in sides],
            [over(scale, side, codes.shape).astype(kind) for side, codes, scale, _ in sides],
        )
        first = 0
        for end in _run_ends(c):
            exact = a[:, first:end] @ b[:, first:end].T
            accumulator = accumulator + exact.astype(kind) * (sa[:, first, None] * sb[None, :, first])
            first = end
        return accumulator
    a, b = (
        decode(codes, scale, zero, side) if isinstance(side, Scheme) else codes.astype(kind)
        for side, codes, scale, zero in sides
    )
    a, b = a.astype(kind), b.astype(kind)
    for k in range(c.size("k")):
        accumulator = accumulator + a[:, k, None] * b[None, :, k]
    return accumulator


def _spread(c, operand, dims):
    """A bias or multiplier that NumPy broadcasts to the result."""
    names, results = dims.split(", "), c.logical(2)
    named = operand.reshape([n for n, d in zip(operand.shape, names) if d in c.dims()])
    order = [[d for d in names if d in c.dims()].index(d) for d in results if d in names]
    return named.transpose(order).reshape([c.size(d) if d in names else 1 for d in results])


@np.errstate(all="ignore")
def expected(c):
    """In the compute type, before the cast to the result's."""
    lhs, rhs, init, bias, multiplier = data(c)
    kind = NUMPY[c.compute]
    canonical = sorted(c.logical(2), key="bmn".index)
    order = [canonical.index(d) for d in c.logical(2)]
    start = (init if c.result == "f64" else floats.cast(init, c.result)).astype(kind)
    if c.bias:
        start = start + _spread(c, bias, c.bias).astype(kind)
    start = start.transpose(np.argsort(order))
    lhs, rhs = parts(c, c.lhs, lhs), parts(c, c.rhs, rhs)
    batches = c.size("b") if "b" in c.dims() else 1
    per_batch = start.reshape(batches, c.size("m") if "m" in c.dims() else 1, c.size("n"))

    def one(values, i):
        def of(v):
            return v if v is None or np.ndim(v) == 0 else np.split(v, batches)[i]

        return [of(v) for v in values]

    total = np.stack([_products(c, one(lhs, i), one(rhs, i), per_batch[i]) for i in range(batches)])
    result = EPILOGUES[c.epilogue](total).reshape(start.shape).transpose(order)
    return result * _spread(c, multiplier, c.multiplier).astype(kind) if c.multiplier else result
