"""Loops of an assembly file of x86-64 (AT&T syntax) or AArch64, as LLVM prints it."""

import re
from collections import Counter

LABEL = re.compile(r"^([.\w$\"]+):")
INSTRUCTION = re.compile(r"^\s+(?:\{vex\}\s+)?(?!\.)([a-z][\w.]*)(?:\s+(.*?))?\s*(?:(?://|#).*)?$")
# Jumps, whose last operand is the label that they go to.
JUMP = re.compile(r"^(j[a-z]+|b|b\.[a-z]+|cbn?z|tbn?z)$")


def read(text):
    """[(label or "", mnemonic, operands)]: a label, or an instruction."""
    lines = []
    for line in text.splitlines():
        if label := LABEL.match(line):
            lines.append((label[1], "", ""))
        elif instruction := INSTRUCTION.match(line):
            lines.append(("", instruction[1], instruction[2] or ""))
    return lines


def find_loops(lines):
    """Ranges of lines between a label and the last jump back to it."""
    places, loops = {}, {}
    for i, (label, mnemonic, operands) in enumerate(lines):
        if label:
            places[label] = i
        elif JUMP.match(mnemonic) and (target := operands.split(",")[-1].strip()) in places:
            loops[places[target]] = i
    return sorted(loops.items())


# Vector registers by their numbers: %ymm3 and %zmm3 are one, and so are v3.16b and q3.
VECTOR = re.compile(r"(?:%[xyzt]mm|\b[qv])(\d+)\b")
# These add to what they write to.
ACCUMULATES = re.compile(r"vpdp\w+|vf?n?m(add|sub)\d+[ps][sd]|tdp\w+|[us]*dot|[us]*mmla|f?ml[as]|ld1|ins")


def accesses(mnemonic, operands):
    """The vector registers that an instruction reads, and those that it writes."""
    parts = re.split(r",\s*(?![^(\[{]*[)\]}])", operands)
    if "%" in operands:  # AT&T: what is written comes last; a comparison of vectors writes a mask
        targets = set(VECTOR.findall(parts.pop()))
    else:
        count = 0 if mnemonic.startswith(("st", "cmp", "prfm")) else 2 if mnemonic.startswith(("ldp", "ldnp")) else 1
        targets, parts = set(VECTOR.findall(" ".join(parts[:count]))), parts[count:]
    sources = set(VECTOR.findall(" ".join(parts)))
    return sources | targets if ACCUMULATES.fullmatch(mnemonic) else sources, targets


class Loop:
    """What stands between its label and its last jump."""

    def __init__(self, lines):
        self.instructions = [(mnemonic, operands) for label, mnemonic, operands in lines if not label]
        self.counts = Counter(mnemonic for mnemonic, _ in self.instructions)

    def matching(self, pattern):
        """{mnemonic: count} of the instructions whose whole mnemonic it matches."""
        return {m: n for m, n in self.counts.items() if re.fullmatch(pattern, m)}

    def carried(self):
        """The vector registers that one turn of the loop hands to the next: read before they are written, and written."""
        read, written = set(), set()
        for mnemonic, operands in self.instructions:
            sources, targets = accesses(mnemonic, operands)
            read |= sources - written
            written |= targets
        return read & written

    def written(self, mnemonic):
        """The vector registers that this instruction writes."""
        return set().union(*(accesses(m, operands)[1] for m, operands in self.instructions if m == mnemonic))

    def spills(self):
        """Accesses to the stack by vector instructions; addresses of rows may stay there."""
        return [f"{m} {o}" for m, o in self.instructions if re.search(r"\(%rsp\)|\[sp\b", o) and VECTOR.search(o)]


def innermost(text, pattern):
    """For each instruction that `pattern` matches, the smallest loop around it: each such loop once."""
    lines = read(text)
    loops = find_loops(lines)
    found = set()
    for i, (_, mnemonic, _) in enumerate(lines):
        around = [(last - first, first, last) for first, last in loops if first < i < last]
        if mnemonic and re.fullmatch(pattern, mnemonic) and around:
            found.add(min(around)[1:])
    return [Loop(lines[first : last + 1]) for first, last in sorted(found)]
