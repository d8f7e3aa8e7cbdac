"""choose_params, quantize, dequantize and fake_quantize by the definition, against NumPy, bit for bit.

Every storage, granularity, symmetry, rounding and division; every scale type with the default arithmetic.

    python definition.py [--only REGEX]
"""

# RUN: %python %s

import argparse
import itertools
import re
import sys

import numpy as np
import tools
from arithmetic import BITS, INTEGERS, F32, Scheme, choose, decode, encode
from lowered import Functions, pack, same

import floats
import qreference

ROWS, K, GROUP = 9, 70, 16


def schemes():
    shapes = [("tensor", 0), ("channel", 0), ("group", GROUP), ("token", 0), ("token_group", 24)]
    for (granularity, group), rounding, division, scales in itertools.product(
        shapes, ("even", "away"), ("divide", "reciprocal"), ("f32", "f16", "bf16")
    ):
        default = (rounding, division) == ("even", "divide")
        if (granularity.startswith("token") and not default) or (scales != "f32" and not default):
            continue
        rest = dict(granularity=granularity, group=group, scales=scales, rounding=rounding, division=division)
        for storage in BITS:
            for symmetric in (True, False) if storage in INTEGERS else (True,):
                if not storage.endswith("f16"):
                    yield Scheme(storage, symmetric=symmetric, **rest)
    yield Scheme("bf16")
    yield Scheme("f16")


def data(scheme, element):
    """Random rows, ties, and rows whose range is special. With one scale for the tensor: no special rows."""
    random = np.random.default_rng(0)
    x = random.standard_normal((ROWS, K)).astype(F32)
    # Rows 0 to 2: multiples of a quarter step, with the range's ends where each group begins: ties in each code.
    if scheme.integer:
        steps = 2**scheme.bits - 1 if scheme.affine else 2 ** (scheme.bits - 1) - 1
        low = -(steps // 3) if scheme.affine else -steps
        x[:3] = random.integers(low * 4, (low + steps if scheme.affine else steps) * 4 + 1, (3, K)) / 4
        x[:3, ::8], x[:3, 1::8] = low, low + steps if scheme.affine else steps
    else:
        levels = {"nf4": floats.NF4, "fp4": floats.FP4[:8]}.get(scheme.storage, floats.from_f8(np.arange(0x7F)))
        middle = (levels[1:] + levels[:-1]) / 2
        x[:3] = random.choice(np.concatenate([middle, -middle, np.nextafter(middle, F32(0))]), (3, K))
        x[:3, ::8] = levels.max()
    # Steps such that where x is a tie `x / scale` and `x * (1 / scale)` often differ: in f32, 41 * (1 / 41) < 1.
    if element != "f16" or scheme.bits < 16:  # f16 ends at 65504
        x[0 if scheme.granularity == "tensor" else 1 : 3] *= F32(41)
    if scheme.granularity == "tensor":
        x[3:] *= np.abs(x[:3]).max() / np.abs(x).max()
    else:
        x[3], x[4] = 0, np.where(np.arange(K) % 2, 1e-38, -3e-39)
        x[5] = np.abs(x[5])
        x[6] *= F32(3e37 if element in ("f32", "f64") else 100)
        x[7, ::3] = 0
        x[8, -1] = 1e-44
    return x


def typed(x, element):
    """x as elements of that type, and the f32 numbers that those are."""
    if element == "bf16":
        return floats.to_bf16(x), floats.cast(x, "bf16")
    return x.astype(dict(f16=np.float16, f32=F32, f64=np.float64)[element]), floats.cast(
        x, element.replace("f64", "f32")
    )


def types(scheme, element):
    shape = "".join(f"{'?' if i == 0 else n}x" for i, n in enumerate(scheme.shape(ROWS, K)))
    return (
        f"tensor<?x{K}x{element}>",
        f"tensor<{shape}{scheme.scales}>",
        f"tensor<{shape}{scheme.zero_type}>",
        f"tensor<?x{K}x{scheme.code_type}>",
    )


def function(name, scheme, element, chosen):
    """Parameters from the tensor itself (chosen), or as arguments."""
    x, s, z, q = types(scheme, element)
    params, given, values = ("", "", "") if scheme.downcast else ("scales %s", f" scales {s}", ["%s"])
    results, kinds = ([], []) if scheme.downcast or not chosen else (["%s"], [s])
    arguments = [f"%x: {x}"] + ([] if scheme.downcast or chosen else [f"%s: {s}"])
    if scheme.affine:
        params, given = f"{params} zero_points %z", f"{given} zero_points {z}"
        results, kinds = (results + ["%z"], kinds + [z]) if chosen else ([], [])
        arguments += [] if chosen else [f"%z: {z}"]
    tail = f"{params} {scheme} by {scheme.map()}"
    lines = []
    if chosen and not scheme.downcast:
        lines.append(
            f"{', '.join(results)} = qlinalg.choose_params %x {scheme} by {scheme.map()} : {x} -> {', '.join(kinds)}"
        )
    lines += [
        f"%q = qlinalg.quantize %x {tail} : {x}{given} -> {q}",
        f"%y = qlinalg.dequantize %q {tail} : {q}{given} -> {x}",
        f"%f = qlinalg.fake_quantize %x {tail} : {x}{given} -> {x}",
    ]
    results, kinds = results + ["%q", "%y", "%f"], kinds + [q, x, x]
    body = "\n".join("  " + line for line in lines)
    return (
        f"func.func @{name}({', '.join(arguments)}) -> ({', '.join(kinds)}) {{\n{body}\n"
        f"  return {', '.join(results)} : {', '.join(kinds)}\n}}\n"
    )


def expected(x, scheme, element, params=None):
    """The results of a function: parameters (if chosen), codes, twice the dequantized values."""
    scale, zero = (None, None) if scheme.downcast else params or choose(x, scheme)
    codes = encode(x, scale, zero, scheme)
    value, _ = typed(decode(codes, scale, zero, scheme), element)
    results = [pack(codes, scheme.code_type), value, value]
    if not params and not scheme.downcast:
        results[:0] = [pack(scale, scheme.scales)] + ([pack(zero, scheme.zero_type)] if scheme.affine else [])
    return results


def agrees_with_reference(x, scheme):
    """Two NumPy implementations, written apart, of the plain schemes."""
    if scheme.rounding != "even" or scheme.division != "divide" or scheme.granularity.startswith("token"):
        return True
    plain = qreference.Scheme(scheme.storage, scheme.granularity, scheme.group, scheme.symmetric, scheme.scales)
    try:
        codes, scale, zero = qreference.quantize(x, plain)
    except OverflowError:
        return True
    if scheme.downcast:
        return same(encode(x, None, None, scheme), codes)
    own_scale, own_zero = choose(x, scheme)
    return (
        same(own_scale, np.asarray(scale, F32))
        and (encode(x, own_scale, own_zero, scheme) == codes).all()
        and (not scheme.affine or (own_zero == zero).all())
    )


def cases():
    """(name, scheme, element type, matrix, parameters or None)."""
    for i, scheme in enumerate(schemes()):
        yield f"chosen{i}", scheme, "f32", data(scheme, "f32"), None
    for element, storage in itertools.product(("f64", "f16", "bf16"), BITS):
        scheme = Scheme(storage) if storage.endswith("f16") else Scheme(storage, "group", GROUP)
        yield f"{element}_{storage}", scheme, element, data(scheme, element), None
    # NaN and infinity: rows that hold one, and the others as they were.
    for storage, symmetric, granularity in itertools.product(BITS, (True, False), ("channel", "group", "tensor")):
        if storage.endswith("f16") or (storage not in INTEGERS and not symmetric):
            continue
        scheme = Scheme(storage, granularity, GROUP if granularity == "group" else 0, symmetric)
        x = data(scheme, "f32")
        x[1, 5], x[3, 69], x[5, 20], x[6, 0], x[6, 1] = np.nan, np.inf, -np.inf, np.inf, np.nan
        yield f"special_{storage}_{granularity}_{'symmetric' if symmetric else 'affine'}", scheme, "f32", x, None
    # Parameters that were chosen elsewhere: values beyond the range saturate, NaN and infinity with a finite scale.
    x = np.zeros((ROWS, K), F32)
    x[0, :14] = [np.nan, np.inf, -np.inf, 0, -0.0, 1e30, -1e30, 1e-30, -1e-30, 3e38, -3e38, 0.2, -0.2, 447]
    # Ties and limits of bf16 and f16.
    x[0, 14:22] = [1 + 2**-8, 1 + 3 * 2**-8, 1 + 2**-11, 1 + 3 * 2**-11, 65519, 65520, -65520, 3.4e38]
    x[0, 22:28] = [2.0**-25, 3 * 2.0**-25, -(2.0**-24), 2.0**-134, 3 * 2.0**-134, -1e-45]
    x[1:] = np.random.default_rng(1).standard_normal((ROWS - 1, K)) * 40
    for storage, symmetric, rounding, division, scale in itertools.product(
        BITS, (True, False), ("even", "away"), ("divide", "reciprocal"), (0.5, 1e-40)
    ):
        if storage not in INTEGERS and not (symmetric and rounding == "even"):
            continue
        scheme = Scheme(storage, symmetric=symmetric, rounding=rounding, division=division)
        if scheme.downcast:
            scheme = Scheme(storage)
        zero = np.int32(scheme.least + 2) if scheme.affine else None
        name = f"given_{storage}_{symmetric}_{rounding}_{division}_{scale == 0.5}"
        yield name, scheme, "f32", x, (np.asarray(scale, F32), zero)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    tools.add_options(parser)
    options = parser.parse_args()
    selected = [c for c in cases() if re.search(options.only, f"{c[0]} {c[1]}")]
    functions = Functions(options, {c[0]: function(c[0], c[1], c[2], c[4] is None) for c in selected})
    failures = 0
    for name, scheme, element, x, params in selected:
        stored, x = typed(x, element)
        if np.isfinite(x).all() and not agrees_with_reference(x, scheme):
            print(f"FAIL {name} {scheme}: the two NumPy implementations differ")
            failures += 1
        arguments = [stored]
        if params and not scheme.downcast:
            arguments += [pack(params[0], scheme.scales)] + ([pack(params[1], scheme.zero_type)] if scheme.affine else [])
        actual = functions(name, *arguments)
        for i, (a, e) in enumerate(zip(actual, expected(x, scheme, element, params), strict=True)):
            if scheme.storage == "f8E4M3FN" and a.dtype == np.uint8:
                # A NaN keeps the sign of whatever NaN it was made of.
                a, e = (np.where(b & 0x7F == 0x7F, 0x7F, b) for b in (a, e))
            if not same(a, e):
                where = np.argwhere(np.asarray(a != e))[:3].tolist()
                print(
                    f"FAIL {name} {scheme} {element}: result {i} differs at {where}: "
                    f"expected {[e[tuple(w)] for w in where]}, got {[a[tuple(w)] for w in where]}"
                )
                failures += 1
    print(f"definition: {len(selected)} functions, {failures} failures")
    return 1 if failures or not selected else 0


if __name__ == "__main__":
    sys.exit(main())
