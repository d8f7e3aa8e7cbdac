"""Writes the body of one function on tensors, in MLIR's custom syntax of version 22.

A size is an int, or the name of an index value where it is dynamic.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Value:
    name: str
    dims: tuple
    element: str

    @property
    def type(self):
        return "tensor<" + "".join("?x" if isinstance(d, str) else f"{d}x" for d in self.dims) + self.element + ">"


def affine(loops, letters):
    """('mnk', 'mk') -> affine_map<(d0, d1, d2) -> (d0, d2)>."""
    names = {letter: f"d{i}" for i, letter in enumerate(loops)}
    return f"affine_map<({', '.join(names.values())}) -> ({', '.join(names[x] for x in letters)})>"


class Builder:
    def __init__(self):
        self.lines, self.count = [], 0

    def emit(self, text, dims, element):
        """One op with one tensor result."""
        self.count += 1
        value = Value(f"%v{self.count}", tuple(dims), element)
        self.lines.append(f"    {value.name} = {text}")
        return value

    def scalar(self, text):
        self.count += 1
        self.lines.append(f"    %v{self.count} = {text}")
        return f"%v{self.count}"

    def size(self, value, axis):
        """The dynamic size of an axis, to be used in dims."""
        return self.scalar(f"tensor.dim {value.name}, {self.scalar(f'arith.constant {axis} : index')} : {value.type}")

    def empty(self, dims, element):
        dynamic = ", ".join(d for d in dims if isinstance(d, str))
        return self.emit(f"tensor.empty({dynamic}) : {Value('', tuple(dims), element).type}", dims, element)

    def zeros(self, dims, element):
        out, zero = self.empty(dims, element), self.scalar(f"arith.constant 0.0 : {element}")
        return self.emit(f"linalg.fill ins({zero} : {element}) outs({out.name} : {out.type}) -> {out.type}", dims, element)

    def transpose(self, v, order):
        dims = [v.dims[i] for i in order]
        out = self.empty(dims, v.element)
        return self.emit(f"linalg.transpose ins({v.name} : {v.type}) outs({out.name} : {out.type}) "
                         f"permutation = {list(order)}", dims, v.element)

    def broadcast(self, v, axes, dims):
        """linalg.broadcast to `dims`, in which `axes` are new."""
        out = self.empty(dims, v.element)
        return self.emit(f"linalg.broadcast ins({v.name} : {v.type}) outs({out.name} : {out.type}) "
                         f"dimensions = {list(axes)}", dims, v.element)

    def elementwise(self, v, loops, letters, dims, element="", op=""):
        """A generic over `loops` that reads v at `letters` and yields it, through `op` (extf, truncf) if given."""
        element = element or v.element
        out = self.empty(dims, element)
        kinds = ", ".join(['"parallel"'] * len(loops))
        body = f"%c = arith.{op} %a : {v.element} to {element}\n      " if op else ""
        return self.emit(
            f"linalg.generic {{indexing_maps = [{affine(loops, letters)}, {affine(loops, loops)}], iterator_types = "
            f"[{kinds}]}} ins({v.name} : {v.type}) outs({out.name} : {out.type}) {{\n"
            f"    ^bb0(%a: {v.element}, %b: {element}):\n      {body}linalg.yield {'%c' if op else '%a'} : {element}\n"
            f"    }} -> {out.type}", dims, element)

    def convert(self, v, element, op):
        loops = "abcdefgh"[: len(v.dims)]
        return self.elementwise(v, loops, loops, v.dims, element, op)

    def collapse(self, v, groups, dims):
        to = Value("", tuple(dims), v.element)
        return self.emit(f"tensor.collapse_shape {v.name} {groups} : {v.type} into {to.type}", dims, v.element)

    def expand(self, v, groups, dims):
        to = Value("", tuple(dims), v.element)
        sizes = ", ".join(str(d) for d in dims)
        return self.emit(f"tensor.expand_shape {v.name} {groups} output_shape [{sizes}] : {v.type} into {to.type}",
                         dims, v.element)

    def add(self, v, w):
        out = self.empty(v.dims, v.element)
        return self.emit(f"linalg.add ins({v.name}, {w.name} : {v.type}, {w.type}) outs({out.name} : {out.type}) "
                         f"-> {out.type}", v.dims, v.element)

    def cast(self, v, dims):
        return self.emit(f"tensor.cast {v.name} : {v.type} to {Value('', tuple(dims), v.element).type}", dims, v.element)

    def named(self, op, a, b, out, loops="", maps=()):
        """A named contraction; `maps` are the letters of its operands where it takes indexing_maps."""
        given = f" indexing_maps = [{', '.join(affine(loops, m) for m in maps)}]" if maps else ""
        return self.emit(f"linalg.{op}{given} ins({a.name}, {b.name} : {a.type}, {b.type}) "
                         f"outs({out.name} : {out.type}) -> {out.type}", out.dims, out.element)

    def generic(self, a, b, out, loops, maps, flip=False):
        """A contraction as linalg.generic; operands narrower than the result are extended in its body.

        flip: the operands of mulf and of addf in the other order.
        """
        kinds = ", ".join('"parallel"' if x in maps[2] else '"reduction"' for x in loops)
        lines, names = [], ["%a", "%b"]
        for i, v in enumerate((a, b)):
            if v.element != out.element:
                lines.append(f"%x{i} = arith.extf {names[i]} : {v.element} to {out.element}")
                names[i] = f"%x{i}"
        product = reversed(names) if flip else names
        lines += [f"%p = arith.mulf {', '.join(product)} : {out.element}",
                  f"%s = arith.addf {'%p, %c' if flip else '%c, %p'} : {out.element}",
                  f"linalg.yield %s : {out.element}"]
        return self.emit(
            f"linalg.generic {{indexing_maps = [{', '.join(affine(loops, m) for m in maps)}], iterator_types = [{kinds}]}} "
            f"ins({a.name}, {b.name} : {a.type}, {b.type}) outs({out.name} : {out.type}) {{\n"
            f"    ^bb0(%a: {a.element}, %b: {b.element}, %c: {out.element}):\n      " + "\n      ".join(lines)
            + f"\n    }} -> {out.type}", out.dims, out.element)
