"""Linalg as text: a module, its functions, and the few ops that models are made of.

Sizes of a tensor are numbers, or names of SSA values of type `index` where they are known at run time only. Names of
dimensions are letters: `f.contract(q, k, "bsgd,btd->bgst", ...)` is read as einsum reads it.
"""

from dataclasses import dataclass
from typing import Callable, Sequence

Size = int | str
FLOATS = ("f32", "f16", "bf16", "f64")


@dataclass(frozen=True)
class Value:
    """An SSA value: a tensor, or a number where `shape` is None."""

    name: str
    shape: tuple[Size, ...] | None
    element: str = "f32"

    @property
    def type(self) -> str:
        return self.element if self.shape is None else tensor_type(self.shape, self.element)


def tensor_type(shape: Sequence[Size], element: str) -> str:
    sizes = "".join(f"{'?' if isinstance(size, str) else size}x" for size in shape)
    return f"tensor<{sizes}{element}>"


def symbol(name: str) -> str:
    """`@name`, quoted where MLIR wants it."""
    plain = name and not name[0].isdigit() and all(c.isalnum() and c.isascii() or c in "_$." for c in name)
    return f"@{name}" if plain else '@"' + name.replace("\\", "\\5C").replace('"', "\\22") + '"'


class Module:
    """Parameters, then functions, in the order in which they were asked for."""

    def __init__(self, comment: str):
        self.comment = comment
        self.globals: dict[str, str] = {}
        self.functions: list[str] = []

    def declare(self, name: str, shape: Sequence[int], element: str) -> None:
        kind = tensor_type(shape, element)
        self.globals[name] = f"  ml_program.global private {symbol(name)}(#ml_program.extern : {kind}) : {kind}"

    def __str__(self) -> str:
        head = "".join(f"// {line}\n" for line in self.comment.splitlines())
        return head + "module {\n" + "\n".join([*self.globals.values(), "", *self.functions]) + "\n}\n"


class Scope:
    """Lines with names that are used once."""

    def __init__(self, indent: str):
        self.indent = indent
        self.lines: list[str] = []
        self.used: dict[str, int] = {}

    def fresh(self, hint: str) -> str:
        """`%hint`, with a number behind it from the second on."""
        count = self.used.get(hint, 0)
        self.used[hint] = count + 1
        return f"%{hint}_{count}" if count else f"%{hint}"

    def line(self, text: str) -> None:
        self.lines.append(self.indent + text)

    def define(self, hint: str, text: str) -> str:
        name = self.fresh(hint)
        self.line(f"{name} = {text}")
        return name


class Body(Scope):
    """Arithmetic on numbers inside a `linalg.generic`. Operands are names; all are f32 unless a method says otherwise."""

    def __init__(self, function: "Function"):
        super().__init__(function.indent + "  ")
        self.function = function
        # What is defined around it is seen inside.
        self.used = dict(function.used)

    def _unary(self, op: str, x: str) -> str:
        return self.define(op.split(".")[1], f"{op} {x} : f32")

    def _binary(self, op: str, x: str, y: str, kind: str = "f32") -> str:
        return self.define(op.split(".")[1].split(" ")[0], f"{op} {x}, {y} : {kind}")

    def add(self, x, y): return self._binary("arith.addf", x, y)
    def sub(self, x, y): return self._binary("arith.subf", x, y)
    def mul(self, x, y): return self._binary("arith.mulf", x, y)
    def div(self, x, y): return self._binary("arith.divf", x, y)
    def max(self, x, y): return self._binary("arith.maximumf", x, y)
    def neg(self, x): return self._unary("arith.negf", x)
    def exp(self, x): return self._unary("math.exp", x)
    def erf(self, x): return self._unary("math.erf", x)
    def tanh(self, x): return self._unary("math.tanh", x)
    def cos(self, x): return self._unary("math.cos", x)
    def sin(self, x): return self._unary("math.sin", x)
    def rsqrt(self, x): return self._unary("math.rsqrt", x)
    def number(self, value: float) -> str: return self.function.number(value)

    def index(self, loop: int) -> str:
        return self.define("i", f"linalg.index {loop} : index")

    def add_index(self, x, y): return self._binary("arith.addi", x, y, "index")
    def sub_index(self, x, y): return self._binary("arith.subi", x, y, "index")
    def max_index(self, x, y): return self._binary("arith.maxsi", x, y, "index")

    def compare_index(self, how: str, x: str, y: str) -> str:
        """`how`: lt, le, gt, ge (signed), eq, ne. The result is i1."""
        predicate = how if how in ("eq", "ne") else f"s{how}"
        return self._binary(f"arith.cmpi {predicate},", x, y, "index")

    def both(self, x, y): return self._binary("arith.andi", x, y, "i1")

    def select(self, condition: str, x: str, y: str) -> str:
        return self.define("selected", f"arith.select {condition}, {x}, {y} : f32")

    def to_index(self, x: str) -> str:
        return self.define("i", f"arith.index_cast {x} : i64 to index")

    def from_index(self, x: str) -> str:
        return self.define("whole", f"arith.index_cast {x} : index to i64")

    def whole_to_float(self, x: str) -> str:
        return self.define("position", f"arith.sitofp {x} : i64 to f32")

    def widen(self, x: str, element: str) -> str:
        return x if element == "f32" else self.define("wide", f"arith.extf {x} : {element} to f32")


class Function(Scope):
    """One `func.func`; `finish` puts it into the module."""

    def __init__(self, module: Module, name: str, arguments: Sequence[Value], public: bool = False):
        super().__init__("    ")
        self.module = module
        self.name = name
        self.arguments = list(arguments)
        self.public = public
        self.numbers: dict[str, str] = {}
        self.constants: list[str] = []
        self.used = {argument.name.lstrip("%"): 1 for argument in arguments}

    def finish(self, *results: Value) -> None:
        kinds = ", ".join(result.type for result in results)
        self.line(f"return {', '.join(result.name for result in results)} : {kinds}")
        arguments = ", ".join(f"{argument.name}: {argument.type}" for argument in self.arguments)
        kinds = f"({kinds})" if len(results) != 1 else kinds
        head = f"  func.func {'' if self.public else 'private '}{symbol(self.name)}({arguments}) -> {kinds} {{"
        self.module.functions.append("\n".join([head, *self.constants, *self.lines, "  }"]))

    def call(self, callee: str, arguments: Sequence[Value], results: Sequence[Value]) -> list[Value]:
        """`results` give names, shapes and elements."""
        values = [Value(self.fresh(value.name.lstrip("%")), value.shape, value.element) for value in results]
        self.line(f"{', '.join(v.name for v in values)} = call {symbol(callee)}({', '.join(a.name for a in arguments)}) : "
                  f"({', '.join(a.type for a in arguments)}) -> ({', '.join(v.type for v in values)})")
        return values

    # Numbers and sizes.

    def _constant(self, key: str, hint: str, text: str) -> str:
        if key not in self.numbers:
            self.numbers[key] = self.fresh(hint)
            self.constants.append(f"{self.indent}{self.numbers[key]} = arith.constant {text}")
        return self.numbers[key]

    def number(self, value: float) -> str:
        """An f32, exact: nine digits say which."""
        digits = f"{value:.8e}"
        return self._constant(digits, "cst", f"{digits} : f32")

    def size(self, size: Size) -> str:
        """A size as an SSA value."""
        return size if isinstance(size, str) else self._constant(f"index {size}", f"c{size}", f"{size} : index")

    def integers(self, op: str, x: Size, y: Size, fold: Callable[[int, int], int], hint: str) -> Size:
        if isinstance(x, int) and isinstance(y, int):
            return fold(x, y)
        return self.define(hint, f"arith.{op} {self.size(x)}, {self.size(y)} : index")

    def times(self, x: Size, y: Size, hint: str = "product") -> Size:
        if 1 in (x, y):
            return y if x == 1 else x
        return self.integers("muli", x, y, lambda a, b: a * b, hint)

    def plus(self, x: Size, y: Size, hint: str = "sum") -> Size:
        if 0 in (x, y):
            return y if x == 0 else x
        return self.integers("addi", x, y, lambda a, b: a + b, hint)

    def minus(self, x: Size, y: Size, hint: str = "difference") -> Size:
        return x if y == 0 else self.integers("subi", x, y, lambda a, b: a - b, hint)

    def dim(self, value: Value, position: int, hint: str) -> str:
        return self.define(hint, f"tensor.dim {value.name}, {self.size(position)} : {value.type}")

    def require(self, how: str, x: Size, y: Size, message: str) -> None:
        """The call fails with `message` unless `x how y` (signed, as in arith.cmpi)."""
        holds = self.define("holds", f"arith.cmpi {how}, {self.size(x)}, {self.size(y)} : index")
        self.line(f'cf.assert {holds}, "{message}"')

    # Tensors.

    def parameter(self, name: str, shape: Sequence[int], element: str, hint: str) -> Value:
        self.module.declare(name, shape, element)
        kind = tensor_type(shape, element)
        return Value(self.define(hint, f"ml_program.global_load_const {symbol(name)} : {kind}"), tuple(shape), element)

    def floats(self, values: Sequence[float], hint: str) -> Value:
        """A constant vector of f32."""
        kind = tensor_type((len(values),), "f32")
        numbers = ", ".join(f"{value:.8e}" for value in values)
        return Value(self.define(hint, f"arith.constant dense<[{numbers}]> : {kind}"), (len(values),))

    def empty(self, shape: Sequence[Size], element: str = "f32") -> Value:
        sizes = ", ".join(size for size in shape if isinstance(size, str))
        kind = tensor_type(shape, element)
        return Value(self.define("empty", f"tensor.empty({sizes}) : {kind}"), tuple(shape), element)

    def filled(self, shape: Sequence[Size], value: float = 0.0) -> Value:
        empty = self.empty(shape)
        return Value(self.define("init", f"linalg.fill ins({self.number(value)} : f32) outs({empty.name} : {empty.type}) "
                                         f"-> {empty.type}"), empty.shape)

    def expand(self, value: Value, groups: str, shape: Sequence[Size], hint: str) -> Value:
        """`groups` such as "(bs)(hd)": which dimensions of the result each one of `value` becomes."""
        kind = tensor_type(shape, value.element)
        sizes = ", ".join(map(str, shape))
        return Value(self.define(hint, f"tensor.expand_shape {value.name} {_groups(groups)} output_shape [{sizes}] : "
                                       f"{value.type} into {kind}"), tuple(shape), value.element)

    def collapse(self, value: Value, groups: str, shape: Sequence[Size], hint: str) -> Value:
        kind = tensor_type(shape, value.element)
        return Value(self.define(hint, f"tensor.collapse_shape {value.name} {_groups(groups)} : {value.type} into {kind}"),
                     tuple(shape), value.element)

    def slice(self, value: Value, offsets: Sequence[Size], sizes: Sequence[Size], hint: str,
              drop: Sequence[int] = ()) -> Value:
        """Dimensions in `drop`, of size 1, are left out of the result."""
        shape = tuple(size for i, size in enumerate(sizes) if i not in drop)
        kind = tensor_type(shape, value.element)
        return Value(self.define(hint, f"tensor.extract_slice {value.name}{_window(offsets, sizes)} : {value.type} to {kind}"),
                     shape, value.element)

    def insert(self, value: Value, into: Value, offsets: Sequence[Size], sizes: Sequence[Size], hint: str) -> Value:
        return Value(self.define(hint, f"tensor.insert_slice {value.name} into {into.name}{_window(offsets, sizes)} : "
                                       f"{value.type} into {into.type}"), into.shape, into.element)

    # Loops.

    def map(self, hint: str, inputs: Sequence[tuple[Value, str]], dims: str, shape: Sequence[Size],
            body: Callable[..., str], element: str = "f32", into: Value | None = None) -> Value:
        """Each element of the result, whose dimensions are called `dims`, from those of `inputs`, each with the dimensions
        that it has. `body(b, *names)` yields a number. Floats of 16 bits are widened first. `into` gives the memory."""
        return self._generic(hint, inputs, dims, dims, "parallel", into or self.empty(shape, element),
                             lambda b, names: body(b, *names[:-1]))

    def reduce(self, hint: str, inputs: Sequence[tuple[Value, str]], dims: str, kept: str, init: Value,
               body: Callable[..., str]) -> Value:
        """Over the dimensions of `dims` that `kept` lacks. `body(b, *names, so_far)`."""
        return self._generic(hint, inputs, dims, kept, "reduction", init, lambda b, names: body(b, *names))

    def _generic(self, hint, inputs, dims, kept, missing, init, body) -> Value:
        iterators = ", ".join(f'"{"parallel" if d in kept else missing}"' for d in dims)
        maps = ", ".join(affine_map(dims, own) for own in [*(own for _, own in inputs), kept])
        values = [value for value, _ in inputs]
        name = self.fresh(hint)
        ins = f"ins({', '.join(v.name for v in values)} : {', '.join(v.type for v in values)}) " if values else ""
        self.line(f"{name} = linalg.generic {{indexing_maps = [{maps}],")
        self.line(f"    iterator_types = [{iterators}]}}")
        self.line(f"    {ins}outs({init.name} : {init.type}) {{")
        b = Body(self)
        elements = [*(v.element for v in values), init.element]
        names = [b.fresh("in" if i < len(values) else "out") for i in range(len(elements))]
        self.line("^bb0(" + ", ".join(f"{n}: {e}" for n, e in zip(names, elements)) + "):")
        names = [b.widen(n, e) if e in FLOATS else n for n, e in zip(names, elements)]
        result = body(b, names)
        b.line(f"linalg.yield {result} : {init.element}")
        self.lines += b.lines
        self.line(f"}} -> {init.type}")
        return Value(name, init.shape, init.element)

    def contract(self, hint: str, lhs: Value, rhs: Value, dims: str, init: Value) -> Value:
        """`init` plus the sums of products that `dims`, such as "mk,nk->mn", says."""
        (left, right), kept = dims.split("->")[0].split(","), dims.split("->")[1]
        loops = kept + "".join(d for d in left if d not in kept)
        return self.reduce(hint, [(lhs, left), (rhs, right)], loops, kept, init,
                           lambda b, x, y, so_far: b.add(so_far, b.mul(x, y)))


def affine_map(dims: str, own: str) -> str:
    return f"affine_map<({', '.join(dims)}) -> ({', '.join(own)})>"


def _groups(text: str) -> str:
    groups, position = [], 0
    for group in text.strip("()").split(")("):
        groups.append("[" + ", ".join(str(position + i) for i in range(len(group))) + "]")
        position += len(group)
    return "[" + ", ".join(groups) + "]"


def _window(offsets: Sequence[Size], sizes: Sequence[Size]) -> str:
    ones = ", ".join("1" for _ in sizes)
    return f"[{', '.join(map(str, offsets))}] [{', '.join(map(str, sizes))}] [{ones}]"
