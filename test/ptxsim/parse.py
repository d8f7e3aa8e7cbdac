"""PTX text into functions of instructions.

Operands are Register, Immediate, Symbol, Address or Vector. Registers that are declared inside braces get names of their own.
"""

import dataclasses
import re

from .errors import Error

TOKEN = re.compile(
    r"""(?P<string>"[^"]*")|(?P<float>0[fF][0-9a-fA-F]{8}\b|0[dD][0-9a-fA-F]{16}\b)
        |(?P<number>0[xX][0-9a-fA-F]+U?|\d+\.\d+|\d+U?)
        |(?P<name>[.%$A-Za-z_][\w.$%]*(?:::[\w.]+)*)|(?P<mark>[\[\]{}()<>,;:@!|+=*-])""",
    re.VERBOSE,
)


@dataclasses.dataclass(frozen=True)
class Register:
    name: str


@dataclasses.dataclass(frozen=True)
class Immediate:
    """An integer, or the bits of a float of `bits` bits (0: an integer)."""

    value: int
    bits: int = 0


@dataclasses.dataclass(frozen=True)
class Symbol:
    name: str


@dataclasses.dataclass(frozen=True)
class Address:
    base: object
    offset: int


@dataclasses.dataclass(frozen=True)
class Vector:
    parts: tuple


@dataclasses.dataclass
class Instruction:
    """`name` is the opcode's first word, `flags` the rest; `guard` is (register, negated) or None."""

    name: str
    flags: tuple
    operands: list
    guard: object
    line: int

    def text(self):
        return ".".join((self.name, *self.flags))


@dataclasses.dataclass
class Variable:
    """`size` in bytes, 0 where the launch says it (`extern .shared`)."""

    name: str
    space: str
    align: int
    size: int
    data: bytes = b""


@dataclasses.dataclass
class Function:
    name: str
    parameters: list = dataclasses.field(default_factory=list)
    registers: dict = dataclasses.field(default_factory=dict)
    variables: dict = dataclasses.field(default_factory=dict)
    instructions: list = dataclasses.field(default_factory=list)
    labels: dict = dataclasses.field(default_factory=dict)
    branch_targets: dict = dataclasses.field(default_factory=dict)
    block: tuple = ()


@dataclasses.dataclass
class Module:
    target: str = ""
    functions: dict = dataclasses.field(default_factory=dict)
    variables: dict = dataclasses.field(default_factory=dict)


def width_of(kind):
    """Bytes of a type such as `.b32`."""
    return 1 if kind == "pred" else int(re.sub(r"\D*", "", kind.replace("x2", ""), count=1)) // 8


def tokenize(text):
    text = re.sub(r"/\*.*?\*/", lambda m: "\n" * m[0].count("\n"), text, flags=re.DOTALL)
    for number, line in enumerate(text.split("\n"), 1):
        line = line.split("//")[0]
        position = 0
        while position < len(line):
            if line[position].isspace():
                position += 1
                continue
            match = TOKEN.match(line, position)
            if not match:
                raise Error(f"expected PTX, got '{line[position:].strip()}'", number)
            yield match.lastgroup, match[0], number
            position = match.end()


class Parser:
    def __init__(self, text):
        self.tokens = list(tokenize(text))
        self.at = 0
        self.module = Module()

    def peek(self, ahead=0):
        return self.tokens[self.at + ahead][1] if self.at + ahead < len(self.tokens) else ""

    @property
    def line(self):
        return self.tokens[min(self.at, len(self.tokens) - 1)][2]

    def take(self, expected=None):
        text = self.peek()
        if not text or (expected is not None and text != expected):
            raise Error(f"expected '{expected or 'more'}', got '{text}'", self.line)
        self.at += 1
        return text

    def accept(self, text):
        if self.peek() != text:
            return False
        self.at += 1
        return True

    def skip_past(self, mark):
        while self.take() != mark:
            pass

    def integer(self):
        negative = self.accept("-")
        value = int(self.take().rstrip("U"), 0)
        return -value if negative else value

    def parse(self):
        linkage = (".visible", ".extern", ".weak", ".common")
        while self.at < len(self.tokens):
            word = self.take()
            if word == ".target":
                self.module.target = self.take()
                while self.accept(","):
                    self.take()
            elif word in (".version", ".address_size"):
                self.take()
            elif word in linkage:
                continue
            elif word == ".entry":
                self.function()
            elif word in (".global", ".const", ".shared"):
                self.variable(word[1:], self.module.variables)
            else:
                raise Error(f"expected a directive of PTX, got '{word}'", self.line)
        return self.module

    def variable(self, space, into):
        align, kind, size, data = 1, None, None, b""
        while self.peek().startswith("."):
            word = self.take()
            if word == ".align":
                align = self.integer()
            elif word != ".ptr" and word not in (".attribute",):
                kind = word[1:]
        name = self.take()
        width = width_of(kind)
        count = 1
        while self.accept("["):
            count = 0 if self.peek() == "]" else count * self.integer()
            self.take("]")
        size = width * count
        if self.accept("="):
            braces = self.accept("{")
            values = [self.initial(width)]
            while braces and self.accept(","):
                values.append(self.initial(width))
            if braces:
                self.take("}")
            data = b"".join(values).ljust(size, b"\0")
        self.take(";")
        into[name] = Variable(name, space, max(align, width), size, data)

    def initial(self, width):
        operand = self.operand_value()
        if not isinstance(operand, Immediate):
            raise Error("expected numbers in an initial value, got a name", self.line)
        return (operand.value % (1 << 8 * width)).to_bytes(width, "little")

    def function(self):
        function = Function(self.take())
        self.take("(")
        while not self.accept(")"):
            self.accept(",")
            self.take(".param")
            align, kind = 0, None
            while self.peek().startswith("."):
                word = self.take()
                if word == ".align":
                    align = self.integer()
                elif word not in (".ptr", ".global", ".shared", ".const"):
                    kind = word[1:]
            name, size = self.take(), width_of(kind)
            while self.accept("["):
                size *= self.integer()
                self.take("]")
            function.parameters.append(Variable(name, "param", align or size, size))
        while not self.accept("{"):
            directive = self.take()
            numbers = [self.integer()] if self.peek()[:1].isdigit() else []
            while self.accept(","):
                numbers.append(self.integer())
            if directive in (".maxntid", ".reqntid"):
                function.block = tuple(numbers + [1] * (3 - len(numbers)))
        self.body(function, {})
        self.module.functions[function.name] = function

    def body(self, function, names):
        """Until the closing brace; `names` maps registers of the braces around to unique names."""
        names = dict(names)
        while not self.accept("}"):
            if self.accept("{"):
                self.body(function, names)
            elif self.peek() == ".reg":
                self.declare(function, names)
            elif self.peek() in (".local", ".shared"):
                self.variable(self.take()[1:], function.variables)
            elif self.peek() in (".pragma", ".loc", ".file"):
                self.skip_past(";")
            elif self.peek(1) == ":":
                label = self.take()
                self.take(":")
                if self.accept(".branchtargets"):
                    targets = [self.take()]
                    while self.accept(","):
                        targets.append(self.take())
                    self.take(";")
                    function.branch_targets[label] = targets
                else:
                    function.labels[label] = len(function.instructions)
            elif self.peek().startswith("."):
                raise Error(f"expected a directive of a body, got '{self.peek()}'", self.line)
            else:
                function.instructions.append(self.instruction(names))

    def declare(self, function, names):
        self.take(".reg")
        kind = self.take()[1:]
        while True:
            name = self.take()
            listed = [name]
            if self.accept("<"):
                listed = [f"{name}{i}" for i in range(self.integer())]
                self.take(">")
            for each in listed:
                unique = f"{each}'{len(function.registers)}" if each in function.registers else each
                function.registers[unique] = kind
                names[each] = Register(unique)
            if not self.accept(","):
                break
        self.take(";")

    def instruction(self, names):
        line, guard = self.line, None
        if self.accept("@"):
            negated = self.accept("!")
            guard = (names[self.take()], negated)
        name, *flags = self.take().split(".")
        operands = []
        while not self.accept(";"):
            operands.append(self.operand(names))
            if not self.accept(",") and not self.accept("|"):
                self.take(";")
                break
        return Instruction(name, tuple(flags), operands, guard, line)

    def operand(self, names):
        if self.accept("{"):
            parts = []
            while not self.accept("}"):
                parts.append(self.operand(names))
                self.accept(",")
            return Vector(tuple(parts))
        if self.accept("["):
            base, offset = self.operand_value(names), 0
            if self.accept("+"):
                offset = self.integer()
            elif self.peek() == "-":
                offset = self.integer()
            self.take("]")
            return Address(base, offset)
        if self.accept("!"):
            raise Error("expected an operand without '!', got one", self.line)
        return self.operand_value(names)

    def operand_value(self, names=()):
        kind, text, line = self.tokens[self.at]
        if text == "-" or kind == "number":
            return Immediate(self.integer())
        self.at += 1
        if kind == "float":
            return Immediate(int(text[2:], 16), 32 if text[1] in "fF" else 64)
        if kind != "name":
            raise Error(f"expected an operand, got '{text}'", line)
        if text in names:
            return names[text]
        return Symbol(text)


def parse(text):
    """The module that `text` says; an Error names what it does not know."""
    return Parser(text).parse()
