"""Finds the weights of a program's contractions by itself, and makes them arguments.

The program is read in mlir-opt's generic form, one op a line. From each operand of a contraction the chain of
layout ops (transpose, broadcast, reshape, cast, extf) is followed back to its root; each axis of a value on the way is
the list of the root's axes that it is made of. A weight is a root that is a constant or an argument named as a
parameter.
"""

import re
from dataclasses import dataclass, field

import literals
from tools import run

OP = re.compile(r'^\s*(?:(%\w+)(?::\d+)? = )?"([\w.]+)"\(([^)]*)\)')
PURE_BODY = ({"linalg.yield"}, {"arith.extf", "linalg.yield"}, {"arith.truncf", "linalg.yield"})


@dataclass
class Op:
    line: int
    name: str
    operands: list
    text: str
    body: list = field(default_factory=list)  # names of the ops of the region

    def numbers(self, key):
        """The integers of an array attribute; nested lists for a reassociation."""
        found = re.search(rf"{key} = (?:array<i64: ([^>]*)>|\[\[(.*?)\]\])", self.text)
        if found[1] is not None:
            return [int(n) for n in found[1].split(",")]
        return [[int(n) for n in part.split(",")] for part in found[2].split("], [")]


@dataclass
class Weight:
    """One use of a root by contractions: operand `operand` of the op on `line` reads `root`."""

    root: str
    line: int
    operand: int
    k_axes: tuple
    contractions: int = 1


class ProgramText:
    """`parameters`: indices of @main's arguments that are parameters."""

    def __init__(self, options, path, parameters=()):
        self.text = run(options.mlir_bin / "mlir-opt", "--mlir-print-op-generic", path)
        self.lines = self.text.split("\n")
        self.resources = literals.blobs(self.text)
        self.maps = dict(re.findall(r"^(#map\d*) = affine_map<(.*)>$", self.text, re.M))
        self.ops, self.arguments = {}, []
        self._read()
        self.parameters = {self.arguments[i]: i for i in parameters}
        self.activation_contractions = 0
        self.weights = self._find_weights()

    def _read(self):
        function, open_op, self.contractions = "", None, []
        for number, line in enumerate(self.lines):
            found = OP.match(line)
            if not found:
                if line.lstrip().startswith("^bb0(") and function == "main" and not self.arguments:
                    self.arguments = re.findall(r"(%\w+): ", line)
                elif line.lstrip().startswith("})"):
                    open_op = None
                continue
            result, name, operands = found.groups()
            if name == "func.func":
                function = re.search(r'sym_name = "(\w+)"', line)[1]
            elif function == "main" and open_op is not None:
                open_op.body.append(name)
            elif function == "main":
                op = Op(number, name, operands.split(", ") if operands else [], line)
                open_op = op if line.endswith("({") else None
                if result:
                    self.ops[result] = op
                if "indexing_maps" in line:
                    self.contractions.append(op)

    def _maps(self, op):
        """Each indexing map as (number of loops, its results as text)."""
        names = re.search(r"indexing_maps = \[(.*?)\]", op.text)[1].split(", ")
        sides = [self.maps[n].split(" -> ") for n in names]
        return [(len(d.split(",")), re.findall(r"[\w]+", r)) for d, r in sides]

    def _is_contraction(self, op):
        if op.name in ("linalg.matmul", "linalg.batch_matmul"):
            return True
        return op.name == "linalg.generic" and "<reduction>" in op.text and len(op.operands) == 3 and (
            op.body[-3:] == ["arith.mulf", "arith.addf", "linalg.yield"])

    def _find_weights(self):
        found = {}
        for op in self.contractions:
            if not self._is_contraction(op):
                continue
            maps = self._maps(op)
            inner = set(maps[0][1]) & set(maps[1][1]) - set(maps[2][1])
            rooted = 0
            for side in (0, 1):
                chain = self._chain(op, side)
                if chain is None:
                    continue
                rooted += 1
                root, line, operand, axes = chain
                k = {a for axis, loop in zip(axes, maps[side][1], strict=True) if loop in inner for a in axis}
                other = {a for axis, loop in zip(axes, maps[side][1], strict=True) if loop not in inner for a in axis}
                if k & other:
                    raise ValueError(f"line {op.line}: axes {k & other} of {root} are both contracted and not")
                use = Weight(root, line, operand, tuple(sorted(k)))
                old = found.setdefault((root, line), use)
                if old is not use:
                    if old.k_axes != use.k_axes:
                        raise ValueError(f"line {op.line}: {root} is contracted over {old.k_axes} and {use.k_axes}")
                    old.contractions += 1
            if rooted == 2:
                raise ValueError(f"line {op.line}: both sides are weights")
            self.activation_contractions += not rooted
        return list(found.values())

    def _chain(self, op, operand):
        """(root, line and operand of its first use, axes of the operand), or None for an activation."""
        value = op.operands[operand]
        made_by = self.ops.get(value)
        if value in self.parameters or (made_by and made_by.name == "arith.constant" and "tensor<" in made_by.text):
            rank = len(self.type_of(value)[0])
            return value, op.line, operand, [[a] for a in range(rank)]
        if made_by is None or not self._is_layout(made_by):
            return None
        chain = self._chain(made_by, 0)
        return chain and (*chain[:3], self._axes(made_by, chain[3]))

    @staticmethod
    def _is_layout(op):
        if op.name == "linalg.generic":
            return len(op.operands) == 2 and set(op.body) in PURE_BODY
        return op.name in ("linalg.transpose", "linalg.broadcast", "tensor.cast", "tensor.collapse_shape", "arith.extf")

    def _axes(self, op, axes):
        if op.name == "linalg.transpose":
            return [axes[p] for p in op.numbers("permutation")]
        if op.name == "tensor.collapse_shape":
            return [sum((axes[i] for i in group), []) for group in op.numbers("reassociation")]
        if op.name == "linalg.broadcast":
            for d in op.numbers("dimensions"):
                axes = axes[:d] + [[]] + axes[d:]
            return axes
        if op.name == "linalg.generic":
            source, target = (m[1] for m in self._maps(op))
            return [axes[source.index(loop)] if loop in source else [] for loop in target]
        return axes

    def type_of(self, value):
        """(dims, element) of a root."""
        if value in self.arguments:
            kind = re.search(rf"{value}: tensor<([^>]*)>", self.text)[1]
        else:
            kind = self.ops[value].text.rsplit("tensor<", 1)[1].rstrip(">")
        return literals.tensor(kind)

    def constant(self, root):
        attribute = re.search(r"<\{value = (.*)\}>", self.ops[root].text)[1]
        return literals.value(attribute, self.resources)

    def with_weight_arguments(self):
        """The program in which the i-th leading argument of @main is what the i-th of `weights` reads."""
        lines = list(self.lines)
        types, names = [], []
        for i, use in enumerate(self.weights):
            dims, element = self.type_of(use.root)
            types.append(f"tensor<{''.join(f'{d}x' for d in dims)}{element}>")
            names.append(f"%weight{i}")
            head, operands, rest = re.match(r'^(.*?"[\w.]+"\()([^)]*)(\).*)$', lines[use.line]).groups()
            operands = operands.split(", ")
            operands[use.operand] = names[-1]
            lines[use.line] = head + ", ".join(operands) + rest
        start = next(i for i, line in enumerate(lines) if 'sym_name = "main"' in line)
        if "arg_attrs" in lines[start]:
            raise ValueError("expected @main without argument attributes")
        lines[start] = lines[start].replace("function_type = (", "function_type = (" + "".join(t + ", " for t in types))
        both = "".join(f"{n}: {t}, " for n, t in zip(names, types))
        lines[start + 1] = lines[start + 1].replace("^bb0(", "^bb0(" + both, 1)
        return "\n".join(lines)
