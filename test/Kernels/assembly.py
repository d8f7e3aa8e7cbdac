"""The innermost loops of integer matmuls in the assembly of one processor: which instructions, how many registers.

    python assembly.py avx2|x86-64-v4|avxvnni|avx512vnni|amx|neon-dotprod|neon-i8mm [--bin=FOLDER] [--work=FOLDER]

A tile is some rows times the two registers that a panel is wide; its sums stay in registers while its loop runs. The
rows are written down here by hand: 128 rows in as few tiles as there are registers for, of two heights that differ by
one at most.
"""

import argparse
import pathlib
import re
import subprocess
import sys
from dataclasses import dataclass

from loops import innermost, read

N = K = 512
# name: storage, granularity, bits
SCHEMES = {"w4": ("int4", "group = 32", 4), "w8": ("int8", "channel", 8), "w2": ("int2", "group = 32", 2)}
# Codes in planes, for one target of each instruction. With AVX2 the three planes of 7 bits spill (6 registers with one row, 80 in the
# unrolled loop of many): the least of these kernels, right and slow.
PLANES = {"w3": ("int3", "group = 32", 3), "w7": ("int7", "group = 32", 7)}
PLANES_ON = ("avx2", "avx512vnni", "neon-dotprod")
# Sums of the second that are requantized in integers.
REQUANTIZED = {"w8exact": "exact", "w8twice": "twice"}
# No float, and no number by itself, while codes are made of a tile's sums.
UNWANTED_CODES = r"v?cvt\w*2[ps][sd]|v(add|mul|div|fmadd\w*)[ps][sd]|[us]cvtf|fadd|fmul|fdiv|idiv\w*|div"
PRODUCTS = r"vpdp\w+|vpmadd\w+|[us]*dot|[us]*mmla|tdp\w+"
# Never in a loop of products: lanes added to one another, numbers fetched one by one, numbers multiplied one by one;
# sums that saturate.
UNWANTED = (r"v?phadd\w*|v?hadd\w*|addv|addp|[us]addlv|vp?gather\w*|i?mul[lqw]?|madd|vpdp\w+s|vpmulld|v?pextr\w*|v?pinsr\w*|"
            r"umov|smov")


@dataclass
class Expected:
    """What loops of products hold: one instruction, and how many registers of sums."""

    product: str
    register: str
    sums: tuple


def expected(target, scheme, m):
    rows = {  # with M = 128: with groups, without
        "avx2": ((4,), (5, 4)),
        "x86-64-v4": ((6, 5), (12, 11)),
        "avxvnni": ((4,), (5, 4)),
        "avx512vnni": ((6, 5), (12, 11)),
        "amx": ((6, 5), (12, 11)),
        "neon-dotprod": ((4,), (8,)),
        "neon-i8mm": ((4,), (8,)),
    }[target][scheme.startswith("w8")]
    sums = tuple(2 * r for r in rows) if m > 1 else (2,)
    if target == "amx" and m > 1:
        return Expected("tdpbsud", "tmm", (4,))
    if target == "neon-i8mm" and m > 1:
        return Expected("smmla", "v", sums)
    if target.startswith("neon"):
        return Expected("sdot", "v", sums)
    register = "ymm" if target in ("avx2", "avxvnni") else "zmm"
    if target in ("avx2", "x86-64-v4"):
        if scheme.startswith("w8"):
            return Expected("vpmaddwd", register, sums)
        return Expected("vpmaddubsw", register, sums)
    return Expected("vpdpbusd", register, sums)


def module(scheme, m):
    storage, granularity, bits = {**SCHEMES, **PLANES}[scheme]
    params = f"tensor<{N}x{K // 32}xf32>" if "group" in granularity else f"tensor<{N}xf32>"
    by = "n, k floordiv 32" if "group" in granularity else "n"
    packed, codes = f"tensor<{N}x{K * bits // 8}xi8>", f"tensor<{N}x{K}xi{bits}>"
    unpack = f"  %c = qlinalg.unpack %w <rows> : {packed} -> {codes}\n" if bits < 8 else ""
    result = f"tensor<{m}x{N}xf32>"
    return f"""
#x = affine_map<(m, n, k) -> (m, k)>
#xs = affine_map<(m, n, k) -> (m)>
#w = affine_map<(m, n, k) -> (n, k)>
#ws = affine_map<(m, n, k) -> ({by})>
#y = affine_map<(m, n, k) -> (m, n)>
ml_program.global private @w(#ml_program.extern : {packed}) : {packed}
ml_program.global private @ws(#ml_program.extern : {params}) : {params}
func.func @main(%x: tensor<{m}x{K}xi8>, %xs: tensor<{m}xf32>) -> {result} {{
  %w = ml_program.global_load_const @w : {packed}
  %ws = ml_program.global_load_const @ws : {params}
{unpack}  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : {result}
  %init = linalg.fill ins(%zero : f32) outs(%empty : {result}) -> {result}
  %y = qlinalg.matmul lhs(%x : tensor<{m}x{K}xi8> scales %xs : tensor<{m}xf32> scheme <int8, token>)
      rhs({"%c" if bits < 8 else "%w"} : {codes} scales %ws : {params} scheme <{storage}, {granularity}, symmetric>)
      outs(%init : {result}) {{indexing_maps = [#x, #xs, #w, #ws, #y]}} -> {result}
  return %y : {result}
}}
"""


def requantized_module(how, m):
    """Codes to codes: no scales, multipliers and shifts of each column."""
    x, w, y, of_columns = f"tensor<{m}x{K}xi8>", f"tensor<{N}x{K}xi8>", f"tensor<{m}x{N}xi8>", f"tensor<{N}xi32>"
    return f"""
#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (n, k)>
#n = affine_map<(m, n, k) -> (n)>
#y = affine_map<(m, n, k) -> (m, n)>
ml_program.global private @w(#ml_program.extern : {w}) : {w}
func.func @main(%x: {x}, %b: {of_columns}, %m: {of_columns}, %h: {of_columns}) -> {y} {{
  %w = ml_program.global_load_const @w : {w}
  %out = tensor.empty() : {y}
  %y = qlinalg.matmul lhs(%x : {x} scheme <int8, tensor>) rhs(%w : {w} scheme <int8, channel>) bias(%b : {of_columns}) epilogue <relu>
      outs(%out : {y} multipliers %m : {of_columns} shifts %h : {of_columns} scheme <int8, tensor> requantize <{how}>)
      {{indexing_maps = [#x, #w, #n, #y, #n, #n]}} -> {y}
  return %y : {y}
}}
"""


def sums(loop, wanted):
    """The registers of sums: AMX's begin with 0 in each turn of a loop over runs."""
    return loop.written(wanted.product) if wanted.register == "tmm" else loop.carried()


def check(text, wanted):
    """What is wrong with the loops of products in `text`."""
    # One register of sums is a row's own, while it is prepared.
    around = [loop for loop in innermost(text, PRODUCTS) if len(sums(loop, wanted)) > 1]
    loops = [loop for loop in innermost(text, wanted.product) if len(sums(loop, wanted)) > 1]
    # Sums of 16 bits become such of 32 at the end of a block, or before.
    allowed = {wanted.product, *(["vpmaddwd"] if wanted.product == "vpmaddubsw" else [])}
    wrong = [f"expected no products but {wanted.product}, got {loop.matching(PRODUCTS)}" for loop in around
             if not set(loop.matching(PRODUCTS)) <= allowed]
    if not loops:
        return [*wrong, f"expected a loop of {wanted.product}, got none"]
    found = sorted({len(sums(loop, wanted)) for loop in loops}, reverse=True)
    if found != sorted(wanted.sums, reverse=True):
        wrong.append(f"expected {wanted.sums} registers of sums, got {found}")
    for loop in loops:
        count = loop.counts[wanted.product]
        if count % len(sums(loop, wanted)):
            wrong.append(f"expected whole steps of {len(sums(loop, wanted))} products, got {count}")
        for mnemonic, operands in loop.instructions:
            if mnemonic == wanted.product and not re.search(rf"%?\b{wanted.register}\d", operands):
                wrong.append(f"expected registers called {wanted.register}, got {operands}")
        if unwanted := loop.matching(UNWANTED):
            wrong.append(f"expected none of {unwanted}")
        if spills := loop.spills():
            wrong.append(f"expected no spill, got {len(spills)}: {spills[0]}")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target")
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="folder of quant-compile")
    parser.add_argument("--work", type=pathlib.Path, required=True)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    failures = 0
    planes = [name for name in PLANES if options.target in PLANES_ON and (name, options.target) != ("w7", "avx2")]
    for scheme in [*SCHEMES, *planes, *REQUANTIZED]:
        for m in (1, 128):
            source, output = (options.work / f"{scheme}_{m}.{ending}" for ending in ("mlir", "s"))
            how = REQUANTIZED.get(scheme)
            source.write_text(requantized_module(how, m) if how else module(scheme, m))
            subprocess.run([options.bin / "quant-compile", source, f"--cpu={options.target}", "-o", output], check=True)
            text = output.read_text()
            wrong = check(text, expected(options.target, scheme, m))
            if how and (floats := sorted({n for _, n, _ in read(text) if re.fullmatch(UNWANTED_CODES, n)})):
                wrong.append(f"expected integers alone, got {floats}")
            for text in wrong:
                failures += 1
                print(f"FAIL {options.target} {scheme} m={m}: {text}")
    print(f"{options.target}: {failures} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
