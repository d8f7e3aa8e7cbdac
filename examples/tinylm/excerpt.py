"""The lines of IR that are about one weight."""

import re
import textwrap

OPS = re.compile(r"ml_program\.global|qlinalg\.(choose_params|quantize|unpack|matmul)")


def excerpt(ir: str, weight: str, width: int) -> list[str]:
    """Each operation at most `width` wide, what follows its first line further to the right."""
    lines = []
    for line in ir.splitlines():
        if re.search(re.escape(weight) + r"\b", line) and OPS.search(line):
            lines += textwrap.wrap(line.strip(), width, initial_indent=" " * 4, subsequent_indent=" " * 8,
                                   break_long_words=False, break_on_hyphens=False)
    return lines
