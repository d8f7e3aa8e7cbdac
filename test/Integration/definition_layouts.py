"""pack and unpack by the definition, against NumPy, bit for bit: every element type, rows and panels.

python definition_layouts.py [--only REGEX]
"""

# RUN: %python %s

import argparse
import itertools
import re
import sys

import numpy as np
import tools
from lowered import Functions, same
from upstream import ELEMENTS

from rows import pack_rows

BITS = dict(i2=2, i4=4, i8=8, f8E4M3FN=8, bf16=16, f16=16, f32=32)
SHAPES = [(1, 1), (5, 7), (16, 8), (33, 18), (2, 3, 5, 9)]


def cases():
    """(name, element type, shape, rows per panel or 0)."""
    for element, shape, panel in itertools.product(BITS, SHAPES, (0, 1, 4, 16)):
        yield f"{element}_{'x'.join(map(str, shape))}_{panel}", element, shape, panel
    for element in BITS:
        yield f"{element}_13_0", element, (13,), 0


def packed(codes, element, panel):
    """Rows of bytes (or whole elements); panels are those, `panel` rows side by side."""
    rows = codes
    if BITS[element] < 8:
        flat = pack_rows(codes.reshape(-1, codes.shape[-1]), BITS[element])
        rows = flat.view(np.int8).reshape(*codes.shape[:-1], flat.shape[1])
    if not panel:
        return rows
    *others, n, columns = rows.shape
    whole = np.zeros((*others, -(-n // panel) * panel, columns), rows.dtype)
    whole[..., :n, :] = rows
    return np.ascontiguousarray(whole.reshape(*others, -1, panel, columns).swapaxes(-1, -2))


def codes_of(element, shape):
    random = np.random.default_rng(len(shape))
    if BITS[element] < 8:
        return random.integers(0, 2 ** BITS[element], shape).astype(np.uint8)
    count = int(np.prod(shape)) * BITS[element] // 8
    kind = np.dtype(ELEMENTS[element])
    # Bytes below 0x40: no NaN, which need not keep its bits.
    return random.integers(0, 0x40, count).astype(np.uint8).view(kind).reshape(shape)


def function(name, element, codes, result, panel):
    def tensor(array, kind):
        return f"tensor<{''.join(f'{d}x' for d in array.shape)}{kind}>"

    logical = tensor(codes, element)
    stored = tensor(result, "i8" if BITS[element] < 8 else element)
    layout = f"<panel = {panel}>" if panel else "<rows>"
    return (
        f"func.func @pack_{name}(%x: {logical}) -> {stored} {{\n"
        f"  %y = qlinalg.pack %x {layout} : {logical} -> {stored}\n  return %y : {stored}\n}}\n"
        f"func.func @unpack_{name}(%x: {stored}) -> {logical} {{\n"
        f"  %y = qlinalg.unpack %x {layout} : {stored} -> {logical}\n  return %y : {logical}\n}}\n"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    tools.add_options(parser)
    options = parser.parse_args()
    data = {}
    for name, element, shape, panel in cases():
        if re.search(options.only, name):
            codes = codes_of(element, shape)
            data[name] = element, codes, packed(codes, element, panel), panel
    functions = Functions(options, {name: function(name, *parts) for name, parts in data.items()})
    failures = 0
    for name, (_, codes, result, _) in data.items():
        for direction, given, wanted in (("pack", codes, result), ("unpack", result, codes)):
            actual = functions(f"{direction}_{name}", given)[0]
            if not same(actual, wanted):
                print(f"FAIL {direction} {name}: expected {wanted.ravel()[:8]}, got {actual.ravel()[:8]}")
                failures += 1
    print(f"definition_layouts: {2 * len(data)} functions, {failures} failures")
    return 1 if failures or not data else 0


if __name__ == "__main__":
    sys.exit(main())
