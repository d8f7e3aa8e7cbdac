"""Random qlinalg.matmuls: what each is.

Letters name dimensions: n of the weight, m of the activation (its rows), b of the result and one or both, k summed.
"""

import dataclasses
from dataclasses import dataclass, field

from arithmetic import BITS, INTEGERS, Scheme

# Integers, for which kernels have most ways, twice.
STORAGES = [*INTEGERS, *BITS]
GROUPS = (4, 8, 16, 20, 32, 32, 32, 33, 64, 64, 128, 300)
SCALES = ("f32", "f32", "f16", "bf16")
FLOATS = ("f32", "bf16", "f16")
EPILOGUES = ("relu", "gelu", "gelu_tanh", "silu")


@dataclass(frozen=True)
class Config:
    name: str
    weight: Scheme
    # A scheme, or a float type.
    rows: object
    # The maps, as letters; those of the weight and of the rows hold k.
    weight_dims: str = "nk"
    row_dims: str = "mk"
    result_dims: str = "mn"
    # Of every dimension; what is dynamic differs from call to call.
    sizes: dict = field(default_factory=dict)
    dynamic: str = ""
    # The type of the floats that are quantized at run time; empty: codes are arguments.
    quantized_from: str = ""
    weight_is_lhs: bool = False
    # The weight is a parameter of the module, which is packed; else an argument.
    stored: bool = True
    init: bool = False
    bias: str = ""
    multiplier: str = ""
    epilogue: str = "none"
    result: str = "f32"
    # |code - zero| of the weight is no greater, and an attribute proves that the sums fit 32 bits.
    greatest: int = 0
    # The scale and the zero point of the rows, where they are constants of the function.
    constants: tuple = ()

    @property
    def integer(self):
        return isinstance(self.rows, Scheme) and self.weight.integer and self.rows.integer

    @property
    def loops(self):
        return [d for d in "bmnk" if d in self.weight_dims + self.row_dims]

    @property
    def compute(self):
        return "f64" if self.result == "f64" else "f32"

    def others(self, dims):
        """The dimensions beside k in the order in which a side is a matrix [rows, K]."""
        return "".join(d for d in "bmn" if d in dims)

    def __str__(self):
        rows = f"{self.rows} of {self.quantized_from}" if self.quantized_from else str(self.rows)
        rows += f" {self.constants}" if self.constants else ""
        sizes = " ".join(f"{d}={'?' if d in self.dynamic else n}" for d, n in self.sizes.items())
        return (f"{self.name}: weight {self.weight} {self.weight_dims}{' parameter' if self.stored else ''}"
                f"{' lhs' if self.weight_is_lhs else ''}, rows {rows} {self.row_dims} -> {self.result_dims} {self.result}, "
                f"{sizes}, bias '{self.bias}' {self.epilogue} times '{self.multiplier}'")


def draw_size(random):
    edges = (1, 2, 15, 16, 17, 31, 32, 33, 63, 64, 65, 96, 100, 128, 130)
    return int(random.choice(edges) if random.random() < 0.6 else random.integers(1, 140))


def draw_k(random):
    k = int(random.integers(1, 201))
    step = int(random.choice((1, 1, 4, 16, 32, 64)))
    return min(-(-k // step) * step, 200 // step * step)


def draw_rows(random, weight):
    """(scheme or float type, the type of the floats that are quantized)."""
    if random.random() < (0.25 if weight.integer else 0.8):
        return str(random.choice(FLOATS)), ""
    # As for most users, or codes of any kind.
    usual = random.random() < 0.7
    storage = "int8" if usual else str(random.choice(("int8", "uint8", "uint8", "int4", "int16")))
    granularity = str(random.choice(("token", "token", "token_group", "tensor")))
    group = (weight.group or 32) if usual else int(random.choice(GROUPS))
    scheme = Scheme(storage, granularity, group if granularity == "token_group" else 0, usual or random.random() < 0.4,
                    "f32" if usual else str(random.choice(SCALES)))
    from_floats = str(random.choice(FLOATS)) if scheme.bits == 8 and random.random() < 0.5 else ""
    return scheme, from_floats


def draw_weight(random, storage):
    if storage in ("bf16", "f16"):
        return Scheme(storage)
    granularity = str(random.choice(("group", "group", "group", "channel", "channel", "tensor")))
    group = int(random.choice(GROUPS)) if granularity == "group" else 0
    symmetric = storage not in INTEGERS or random.random() < 0.5
    return Scheme(storage, granularity, group, symmetric, str(random.choice(SCALES)))


def draw_dims(random):
    """The letters of weight, rows and result."""
    def shuffled(letters):
        return "".join(random.permutation(list(letters)))

    form = random.random()
    if form < 0.5:
        return "nk", "mk", "mn"
    if form < 0.6:
        return "nk", "k", "n"
    if form < 0.7:
        return "nk", shuffled("mk"), shuffled("mn")
    if form < 0.8:
        return "nk", shuffled("bmk"), shuffled("bmn")
    if form < 0.95:
        return "bnk", shuffled("bmk"), shuffled("bmn")
    return shuffled("bnk"), "bmk", shuffled("bmn")


def draw_spread(random, result_dims):
    """The map of a bias or multiplier."""
    choice = random.random()
    if choice < 0.4:
        return "n"
    return result_dims if choice < 0.7 else "".join(d if d == "n" else "0" for d in result_dims)


def draw(random, name, storage):
    weight = draw_weight(random, storage)
    rows, quantized_from = draw_rows(random, weight)
    weight_dims, row_dims, result_dims = draw_dims(random)
    stored = random.random() < 0.85
    sizes = {d: draw_size(random) if d == "n" else draw_k(random) if d == "k" else int(random.integers(1, 4))
             for d in "bmnk" if d in weight_dims + row_dims}
    if "b" in weight_dims:
        sizes["n"] = min(sizes["n"], 40)
    dynamic = ""
    if "m" in sizes:
        sizes["m"] = int(random.choice((1, 2, 3, 4, 5, 7, 16, 17, 22, 33, 40)))
        dynamic = "m" if random.random() < 0.6 else ""
    if "b" in sizes and "b" not in weight_dims and random.random() < 0.5:
        dynamic += "b"
    if not stored and weight.bits >= 8 and random.random() < 0.3:
        dynamic += "n"
    if isinstance(rows, Scheme) and rows.bits < 8:  # rows of bytes are of a known size
        dynamic = dynamic.replace(row_dims[-1], "")
    return Config(
        name, weight, rows, weight_dims, row_dims, result_dims, sizes, dynamic, quantized_from,
        weight_is_lhs=random.random() < 0.2, stored=stored, init=random.random() < 0.3,
        bias=draw_spread(random, result_dims) if random.random() < 0.4 else "",
        multiplier=draw_spread(random, result_dims) if random.random() < 0.2 else "",
        epilogue=str(random.choice(EPILOGUES)) if random.random() < 0.3 else "none",
        result=str(random.choice(("f32", "f32", "f32", "f32", "f16", "bf16", "f64"))),
    )  # fmt: skip


def long_sums():
    """Sums as long as 32 bits hold, one longer than that, and one that an attribute proves to fit."""
    affine, symmetric = Scheme("uint8", "channel", symmetric=False), Scheme("int8", "channel")
    tokens = Scheme("uint8", "token", symmetric=False)
    for name, weight, rows, k, greatest in (
        ("longest_affine", affine, tokens, 33025, 0),
        ("longest", symmetric, Scheme("int8", "token"), 131071, 0),
        ("too_long", symmetric, Scheme("int8", "token"), 131072, 0),
        ("proved", affine, tokens, 40000, 100),
    ):
        yield Config(name, weight, rows, sizes=dict(m=2, n=3, k=k), greatest=greatest)


def static(random, name, storage):
    """Rows with constants: zero points at the ends of the codes, and between them."""
    config = draw(random, name, storage)
    rows = Scheme(str(random.choice(("int8", "uint8"))), "tensor", 0, random.random() < 0.25)
    zero = rows.implied_zero
    if rows.affine:
        zero = rows.least + int(random.choice((0, 255, random.integers(256))))
    return dataclasses.replace(config, rows=rows, result="f32", quantized_from=str(random.choice(("", *FLOATS))),
                               constants=(float(2.0 ** random.integers(-4, 3)), zero))


def all_configs(random, count):
    long = list(long_sums())
    drawn = [draw(random, f"config{i}", STORAGES[i % len(STORAGES)]) for i in range(count - len(long))]
    return drawn + long + [static(random, f"static{i}", s) for i, s in enumerate(("int8", "int8", "int8", *INTEGERS))]
