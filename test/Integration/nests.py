#!/usr/bin/env python3
"""What surrounds matmuls, by the cpu lowering, against NumPy in f64: norms, softmax, gathers, transposes, masks.

    python nests.py [--only REGEX]

Sizes that fill no vector (1, 7, 8, 17, 63) and sizes known at run time only; rows with NaN and infinities; f16, bf16 and
f64 elements; one thread and two, which must agree to the bit.
"""

import argparse
import re
import sys

import numpy as np
import tools

import floats
from metrics import metrics

F64 = np.float64
# Sums of up to 300 numbers in another order: 300 * 2^-24 at worst, far less in truth. f16 and bf16: one rounding of the
# result and one of each step between.
BOUND = {"f32": 2e-6, "f64": 1e-14, "f16": 2e-3, "bf16": 1.6e-2}
SIZES = [1, 7, 8, 17, 63, 300]


def encode(x, element):
    if element == "bf16":
        return floats.to_bf16(x)
    return x.astype({"f16": np.float16, "f32": np.float32, "f64": F64, "i64": np.int64, "i1": np.bool_}[element])


def decode(x, element):
    return floats.from_bf16(x).astype(F64) if element == "bf16" else x.astype(F64)


def generic(result, inputs, init, maps, kinds, body, element):
    """One linalg.generic; `inputs`: (value, type), `init`: (value, type)."""
    maps = ", ".join(f"affine_map<{m}>" for m in maps)
    kinds = ", ".join(f'"{"reduction" if k == "r" else "parallel"}"' for k in kinds)
    given = f"ins({', '.join(v for v, _ in inputs)} : {', '.join(t for _, t in inputs)}) " if inputs else ""
    scalars = [re.search(r"x?([a-z]+\d+)>$", t).group(1) for _, t in [*inputs, init]]
    arguments = ", ".join(f"%a{i}: {t}" for i, t in enumerate(scalars))
    return (f"  {result} = linalg.generic {{indexing_maps = [{maps}], iterator_types = [{kinds}]}} {given}outs({init[0]} : {init[1]}) {{\n"
            f"  ^bb0({arguments}):\n    {body}\n  }} -> {init[1]}\n")


ROWS = "(d0, d1) -> (d0, d1)"
ROW = "(d0, d1) -> (d0)"
COLUMN = "(d0, d1) -> (d1)"


def softmax(shape, e, random):
    t, r = f"tensor<{shape}x{e}>", f"tensor<?x{e}>"
    text = (f"  %low = arith.constant 0xFF800000 : f32\n  %lowest = arith.truncf %low : f32 to {e}\n" if e in ("f16", "bf16")
            else f"  %low = arith.constant {'0xFF800000' if e == 'f32' else '0xFFF0000000000000'} : {e}\n")
    lowest = "%lowest" if e in ("f16", "bf16") else "%low"
    text += f"  %m0 = linalg.fill ins({lowest} : {e}) outs(%row : {r}) -> {r}\n"
    text += generic("%m", [("%x", t)], ("%m0", r), [ROWS, ROW], "pr", f"%v = arith.maximumf %a0, %a1 : {e}\n    linalg.yield %v : {e}", e)
    text += generic("%p", [("%x", t), ("%m", r)], ("%full", t), [ROWS, ROW, ROWS], "pp",
                    f"%d = arith.subf %a0, %a1 : {e}\n    %v = math.exp %d : {e}\n    linalg.yield %v : {e}", e)
    text += f"  %zero = arith.constant 0.0 : {e}\n  %s0 = linalg.fill ins(%zero : {e}) outs(%row : {r}) -> {r}\n"
    text += generic("%s", [("%p", t)], ("%s0", r), [ROWS, ROW], "pr", f"%v = arith.addf %a0, %a1 : {e}\n    linalg.yield %v : {e}", e)
    text += generic("%y", [("%p", t), ("%s", r)], ("%full", t), [ROWS, ROW, ROWS], "pp", f"%v = arith.divf %a0, %a1 : {e}\n    linalg.yield %v : {e}", e)

    def expected(x):
        x = np.exp(x - x.max(-1, keepdims=True))
        return x / x.sum(-1, keepdims=True)
    return text, expected


def layer_norm(shape, e, random):
    t, r = f"tensor<{shape}x{e}>", f"tensor<?x{e}>"
    text = f"  %zero = arith.constant 0.0 : {e}\n  %ni = arith.index_cast %n : index to i64\n  %nf = arith.sitofp %ni : i64 to {e}\n"
    text += f"  %eps = arith.constant 1.0e-5 : {e}\n  %s0 = linalg.fill ins(%zero : {e}) outs(%row : {r}) -> {r}\n"
    text += generic("%s", [("%x", t)], ("%s0", r), [ROWS, ROW], "pr", f"%v = arith.addf %a0, %a1 : {e}\n    linalg.yield %v : {e}", e)
    text += generic("%mean", [("%s", r)], ("%row", r), ["(d0) -> (d0)"] * 2, "p", f"%v = arith.divf %a0, %nf : {e}\n    linalg.yield %v : {e}", e)
    text += generic("%q", [("%x", t), ("%mean", r)], ("%s0", r), [ROWS, ROW, ROW], "pr",
                    f"%d = arith.subf %a0, %a1 : {e}\n    %d2 = arith.mulf %d, %d : {e}\n    %v = arith.addf %d2, %a2 : {e}\n    linalg.yield %v : {e}", e)
    text += generic("%y", [("%x", t), ("%mean", r), ("%q", r)], ("%full", t), [ROWS, ROW, ROW, ROWS], "pp",
                    f"%d = arith.subf %a0, %a1 : {e}\n    %var = arith.divf %a2, %nf : {e}\n    %ve = arith.addf %var, %eps : {e}\n"
                    f"    %i = math.rsqrt %ve : {e}\n    %v = arith.mulf %d, %i : {e}\n    linalg.yield %v : {e}", e)

    def expected(x):
        d = x - x.mean(-1, keepdims=True)
        return d / np.sqrt((d * d).mean(-1, keepdims=True) + 1e-5)
    return text, expected


def gelu(shape, e, random):
    t = f"tensor<{shape}x{e}>"
    text = f"  %half = arith.constant 0.5 : {e}\n  %one = arith.constant 1.0 : {e}\n  %root = arith.constant 0.70710678118654757 : {e}\n"
    text += generic("%y", [("%x", t)], ("%full", t), [ROWS] * 2, "pp",
                    f"%s = arith.mulf %a0, %root : {e}\n    %f = math.erf %s : {e}\n    %o = arith.addf %f, %one : {e}\n"
                    f"    %h = arith.mulf %a0, %half : {e}\n    %v = arith.mulf %h, %o : {e}\n    linalg.yield %v : {e}", e)
    import math
    erf = np.vectorize(math.erf, otypes=[F64])
    return text, lambda x: x / 2 * (1 + erf(x / np.sqrt(2)))


def column_sums(shape, e, random):
    """Reduced along the outer loop; each sum minus its column's greatest."""
    t, c = f"tensor<{shape}x{e}>", f"tensor<?x{e}>"
    text = f"  %zero = arith.constant 0.0 : {e}\n  %c0f = linalg.fill ins(%zero : {e}) outs(%column : {c}) -> {c}\n"
    text += generic("%s", [("%x", t)], ("%c0f", c), [ROWS, COLUMN], "rp", f"%v = arith.addf %a0, %a1 : {e}\n    linalg.yield %v : {e}", e)
    text += generic("%y", [("%x", t), ("%s", c)], ("%full", t), [ROWS, COLUMN, ROWS], "pp", f"%v = arith.subf %a0, %a1 : {e}\n    linalg.yield %v : {e}", e)
    return text, lambda x: x - x.sum(0)


def transposed(shape, e, random):
    """x^T, doubled, and back."""
    t, u = f"tensor<{shape}x{e}>", f"tensor<{shape.split('x')[1]}x?x{e}>"
    text = f"  %other = tensor.empty({'%n, ' if shape.endswith('?') else ''}%m_) : {u}\n  %two = arith.constant 2.0 : {e}\n"
    text += f"  %tr = linalg.transpose ins(%x : {t}) outs(%other : {u}) permutation = [1, 0]\n"
    text += generic("%y", [("%tr", u)], ("%full", t), ["(d0, d1) -> (d1, d0)", ROWS], "pp", f"%v = arith.mulf %a0, %two : {e}\n    linalg.yield %v : {e}", e)
    return text, lambda x: 2 * x


def causal(shape, e, random):
    """A mask of i1, made from indices, and a select."""
    t = f"tensor<{shape}x{e}>"
    k = f"tensor<{shape}xi1>"
    text = f"  %zero = arith.constant 0.0 : {e}\n  %kempty = tensor.empty(%m_{', %n' if shape.endswith('?') else ''}) : {k}\n"
    text += generic("%k", [], ("%kempty", k), [ROWS], "pp",
                    "%i = linalg.index 0 : index\n    %j = linalg.index 1 : index\n    %v = arith.cmpi sle, %j, %i : index\n    linalg.yield %v : i1", e)
    text += generic("%y", [("%k", k), ("%x", t)], ("%full", t), [ROWS] * 3, "pp", f"%v = arith.select %a0, %a1, %zero : {e}\n    linalg.yield %v : {e}", e)
    return text, lambda x: np.tril(x)


def gathered(shape, e, random):
    """Rows of x in reverse, by an index that each row computes, with the bounds asserted."""
    t = f"tensor<{shape}x{e}>"
    text = "  %c1 = arith.constant 1 : index\n"
    text += generic("%y", [], ("%full", t), [ROWS], "pp",
                    "%i = linalg.index 0 : index\n    %j = linalg.index 1 : index\n    %last = arith.subi %m_, %c1 : index\n    %from = arith.subi %last, %i : index\n"
                    "    %ok = arith.cmpi slt, %from, %m_ : index\n    cf.assert %ok, \"expected a row\"\n"
                    f"    %v = tensor.extract %x[%from, %j] : {t}\n    linalg.yield %v : {e}", e)
    return text, lambda x: x[::-1]


PROGRAMS = [softmax, layer_norm, gelu, column_sums, transposed, causal, gathered]


def module(build, columns, dynamic, element):
    shape = "?x?" if dynamic else f"?x{columns}"
    t = f"tensor<{shape}x{element}>"
    text, expected = build(shape, element, None)
    return f"""func.func @main(%x: {t}) -> {t} {{
  %c0 = arith.constant 0 : index
  %c1_ = arith.constant 1 : index
  %m_ = tensor.dim %x, %c0 : {t}
  %n = tensor.dim %x, %c1_ : {t}
  %row = tensor.empty(%m_) : tensor<?x{element}>
  %column = tensor.empty(%n) : tensor<?x{element}>
  %full = tensor.empty(%m_{', %n' if dynamic else ''}) : {t}
{text}  return %y : {t}
}}
""", expected


def run(options, folder, x, threads):
    np.save(folder / "x.npy", x)
    tools.quant_run(options, folder / "program.mlir", [folder / "x.npy"], [folder / "y.npy"], f"--threads={threads}")
    return np.load(folder / "y.npy")


def check(options, build, element, columns, dynamic):
    failures = []
    name = f"{build.__name__}-{element}-{columns}{'-dynamic' if dynamic else ''}"
    folder = options.work / "nests" / name
    folder.mkdir(parents=True, exist_ok=True)
    text, expected = module(build, columns, dynamic, element)
    (folder / "program.mlir").write_text(text)
    random = np.random.default_rng(columns)
    for rows in (1, 5, 70):
        x = encode(random.standard_normal((rows, columns)) * 2, element)
        if rows == 70:
            x[3, columns // 2] = encode(np.array(np.nan), element)
            x[4, -1] = encode(np.array(np.inf), element)
            x[5, 0] = encode(np.array(-np.inf), element)
        try:
            y = run(options, folder, x, 1)
        except tools.ToolError as e:
            return [str(e)]
        with np.errstate(all="ignore"):
            exact = expected(decode(x, element))
        got = decode(y, element)
        if (np.isnan(got) != np.isnan(exact)).any() or (np.isinf(got) != np.isinf(exact)).any():
            failures.append(f"{rows} rows: expected NaN and infinities at {np.argwhere(~np.isfinite(exact)).tolist()[:9]}, "
                            f"got {np.argwhere(~np.isfinite(got)).tolist()[:9]}")
            continue
        finite = np.isfinite(exact)
        m = metrics(got[finite], exact[finite])
        if not m["relative_l2"] <= BOUND[element]:
            failures.append(f"{rows} rows: expected relative_l2 <= {BOUND[element]}, got {m['relative_l2']:.2e}")
        if y.tobytes() != run(options, folder, x, 2).tobytes():
            failures.append(f"{rows} rows: expected the same bits with two threads")
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    tools.add_options(parser)
    options = parser.parse_args()
    failed = count = 0
    for build in PROGRAMS:
        for element in ("f32", "f64", "f16", "bf16"):
            for columns in SIZES if element == "f32" else (7, 63):
                for dynamic in (False, True):
                    name = f"{build.__name__} {element} {columns}{' dynamic' if dynamic else ''}"
                    if re.search(options.only, name):
                        failures = check(options, build, element, columns, dynamic)
                        tools.report(name, "", failures)
                        failed, count = failed + bool(failures), count + 1
    print(f"{count - failed} of {count} passed")
    return 1 if failed or not count else 0


if __name__ == "__main__":
    sys.exit(main())
