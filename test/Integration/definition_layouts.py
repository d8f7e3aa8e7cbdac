"""pack and unpack by the definition, against NumPy, bit for bit: every element type, rows, panels and blocks.

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

BITS = dict(i2=2, i3=3, i4=4, i5=5, i6=6, i7=7, i8=8, f8E4M3FN=8, bf16=16, f16=16, f32=32)
# Of bits that lie together in blocks, those of the lowest first.
PLANES = {2: [2], 3: [2, 1], 4: [4], 5: [4, 1], 6: [4, 2], 7: [4, 2, 1], 8: [8]}
# (rows per panel, bytes of a row side by side, codes per block, in excess form); 0: none.
ROWS = (0, 1, 0, False)
PANELS = [ROWS, (1, 1, 0, False), (4, 1, 0, False), (16, 1, 0, False)]
BLOCKS = [(4, 4, 32, True), (16, 4, 16, False), (8, 2, 8, True), (3, 1, 4, False), (3, 1, 8, False), (2, 4, 4, True)]
SHAPES = [(1, 1), (5, 7), (16, 8), (33, 18), (2, 3, 5, 9)]
# For widths that cut bytes.
FEW_SHAPES, FEW_PANELS = [(5, 37), (2, 3, 5, 9)], [ROWS, (4, 1, 0, False)]


def cases():
    """(name, element type, shape, layout)."""
    for element, shape, layout in itertools.product(BITS, SHAPES + FEW_SHAPES[:1], PANELS + BLOCKS):
        panel, step, block, excess = layout
        bits = BITS[element]
        if bits < 8 and 8 % bits and (shape not in FEW_SHAPES or (not block and layout not in FEW_PANELS)):
            continue
        whole = bits <= 8 and all(block * plane % (8 * step) == 0 for plane in PLANES[bits])
        if block == 0 or (whole and not (excess and element.startswith("f"))):
            yield f"{element}_{'x'.join(map(str, shape))}_{panel}_{step}_{block}", element, shape, layout
    for element in BITS:
        yield f"{element}_13_0", element, (13,), ROWS


def blocks(codes, element, layout):
    """Byte t of a plane of T bytes holds its codes t, t + T, ...; `step` bytes of a row lie side by side in a panel."""
    panel, step, block, excess = layout
    bits = BITS[element]
    *others, n, k = codes.shape
    count, size = -(-k // block), block * bits // 8
    whole = np.zeros((*others, -(-n // panel) * panel, count * block), np.uint8)
    whole[..., :n, :k] = codes.view(np.uint8)
    if excess:
        whole ^= 1 << (bits - 1)
    planes, shift = [], 0
    for width in PLANES[bits]:
        own = (whole >> shift) & (2**width - 1)
        parts = own.reshape(*whole.shape[:-1], count, 8 // width, block * width // 8)
        plane = np.zeros((*parts.shape[:-2], parts.shape[-1]), np.uint8)
        for place in range(8 // width):
            plane |= parts[..., place, :] << (width * place)
        planes.append(plane)
        shift += width
    data = np.concatenate(planes, -1)
    lanes = data.reshape(*others, -1, panel, count * size // step, step)
    return np.ascontiguousarray(np.moveaxis(lanes, -3, -2)).reshape(*others, -1, count * size // step, panel * step)


def packed(codes, element, layout):
    """Rows of bytes (or whole elements); panels are those, `panel` rows side by side."""
    panel, _, block, _ = layout
    if block:
        return blocks(codes, element, layout).view(np.int8 if BITS[element] < 8 else codes.dtype)
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


def spell(layout):
    panel, step, block, excess = layout
    if not panel:
        return "<rows>"
    return f"<panel = {panel}{f', step = {step}, block = {block}' if block else ''}{', excess' if excess else ''}>"


def function(name, element, codes, result, layout):
    def tensor(array, kind):
        return f"tensor<{''.join(f'{d}x' for d in array.shape)}{kind}>"

    logical = tensor(codes, element)
    stored = tensor(result, "i8" if BITS[element] < 8 else element)
    layout = spell(layout)
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
    for name, element, shape, layout in cases():
        if re.search(options.only, name):
            codes = codes_of(element, shape)
            data[name] = element, codes, packed(codes, element, layout), layout
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
