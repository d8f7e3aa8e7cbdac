"""qlinalg.matmul by the definition, against NumPy: bit for bit, but for epilogues that call a libm.

python definition_matmul.py [--only REGEX]
"""

# RUN: %python %s

import argparse
import itertools
import re
import sys

import numpy as np
import tools
from arithmetic import BITS, INTEGERS, F32, Scheme
from contractions import EPILOGUES, FORMS, Contraction, expected, program
from lowered import Functions, pack, same

import floats

# erff, tanhf and expf are good to about 2 units in the last place, and the rest of an epilogue rounds as often; 1e-6 is
# 8 units.
LIBM = 1e-6
LONG = (("m", 2), ("n", 2), ("k", 140001))  # 128 * 128 * K > 2^31


def weight(storage, symmetric=True, **rest):
    if storage.endswith("f16"):
        return Scheme(storage)
    return Scheme(
        storage,
        rest.pop("granularity", "group"),
        rest.pop("group", 24 if "granularity" not in rest else 0),
        symmetric,
        **rest,
    )


TOKEN, TOKEN_GROUP = Scheme("int8", "token"), Scheme("int8", "token_group", 16)
CHANNEL, ONE = Scheme("int8", "channel"), Scheme("int8")
INT4 = Scheme("int4", "group", 24, scales="f16")


def cases():
    yield Contraction("floats", "f32", "f32")
    for lhs, rhs, result in itertools.product(
        ("f64", "f32", "f16", "bf16"), ("f32", "bf16"), ("f64", "f32", "f16", "bf16")
    ):
        yield Contraction(f"floats_{lhs}_{rhs}_{result}", lhs, rhs, result=result)
    # Codes by floats, on either side.
    for storage, symmetric in itertools.product(BITS, (True, False)):
        if storage in INTEGERS or symmetric:
            yield Contraction(f"{storage}_{symmetric}", "f32", weight(storage, symmetric))
            yield Contraction(f"left_{storage}_{symmetric}", weight(storage, symmetric), "f32", form="transposed")
    for granularity, group in (("tensor", 0), ("channel", 0), ("group", 1), ("group", 7), ("group", 100)):
        yield Contraction(
            f"weight_{granularity}{group}", "f16", Scheme("uint4", granularity, group, False, "bf16"), result="f16"
        )
        yield Contraction(f"weight_f64_{granularity}{group}", "f64", Scheme("nf4", granularity, group), result="f64")
    # 16 bits beside 8 and beside 16: sums of 64 bits.
    for lhs, symmetric in itertools.product((TOKEN, Scheme("uint16", "token", 0, False), Scheme("int16")), (True, False)):
        name = f"wide_{lhs.storage}_{'symmetric' if symmetric else 'affine'}"
        yield Contraction(name, lhs, Scheme("int16", "group", 24, symmetric))
    yield Contraction("both_levels", Scheme("f8E4M3FN", "token"), Scheme("nf4", "group", 24))
    yield Contraction("integer_and_level", TOKEN, Scheme("fp4", "group", 24))
    # Integers on both sides; groups of which neither divides the other, the last one short.
    for lhs in (TOKEN, TOKEN_GROUP, Scheme("uint8", "token", 0, False), Scheme("int8")):
        for storage, symmetric, (granularity, group) in itertools.product(
            INTEGERS, (True, False), (("tensor", 0), ("channel", 0), ("group", 24), ("group", 1))
        ):
            rhs = Scheme(storage, granularity, group, symmetric)
            kind = "symmetric" if symmetric else "affine"
            name = f"{lhs.storage}_{lhs.granularity}_{storage}_{granularity}{group}_{kind}"
            yield Contraction(f"integers_{name}", lhs, rhs)
    for form, result in itertools.product(FORMS, ("f32", "f64", "bf16")):
        yield Contraction(f"form_integer_{form}_{result}", TOKEN_GROUP, INT4, form=form, result=result)
        yield Contraction(f"form_float_{form}_{result}", "f32", INT4, form=form, result=result)
    for dynamic in ("", "k", "mnk", "bmn"):
        yield Contraction(f"dynamic_{dynamic}_", TOKEN_GROUP, INT4, form="batch", dynamic=dynamic)
    yield Contraction("odd", TOKEN, CHANNEL, sizes=(("m", 3), ("n", 1), ("k", 1)))
    # Sums that need 64 bits, by their size, or because the accumulator says so; those that need 32.
    yield Contraction("wide", TOKEN, CHANNEL, sizes=LONG, extreme=True)
    yield Contraction("wide_dynamic", TOKEN, CHANNEL, sizes=LONG, dynamic="k", extreme=True)
    yield Contraction("wide_affine", Scheme("int8", "token", 0, False), CHANNEL, sizes=LONG, extreme=True)
    yield Contraction("proved", TOKEN, CHANNEL, sizes=LONG, accumulator="<64, bound = 3000000000>", extreme=True)
    yield Contraction("narrow", TOKEN, CHANNEL, accumulator="<16, bound = 20000>")
    # A row with a NaN or an infinity gives NaN, the others are what they were.
    for bad, (name, lhs) in itertools.product(
        ("nan", "inf", "-inf"), dict(token=TOKEN, group=TOKEN_GROUP, affine=Scheme("uint8", "token", 0, False)).items()
    ):
        yield Contraction(f"bad_{name}_{bad.replace('-', 'minus_')}", lhs, INT4, bad=bad)
    for panel, storage in itertools.product((1, 4, 16), BITS):
        yield Contraction(f"panel{panel}_{storage}", "f32", weight(storage), layout=f"<panel = {panel}>", dynamic="m")
    for i, bias in enumerate(("n", "m, n", "n, m", "0, n", "m, 0")):
        yield Contraction(f"bias{i}", TOKEN, CHANNEL, bias=bias, dynamic="")
        yield Contraction(f"bias_transposed{i}", CHANNEL, "f32", bias=bias, form="transposed", result="f64", dynamic="")
    for i, multiplier in enumerate(("n", "m, n", "n, m", "0, n", "m, 0")):
        yield Contraction(f"multiplier{i}", TOKEN, CHANNEL, multiplier=multiplier, bias="n", dynamic="")
        yield Contraction(
            f"multiplier_transposed{i}", CHANNEL, "f32", multiplier=multiplier, form="transposed", result="f64", dynamic=""
        )
    for epilogue in EPILOGUES:
        yield Contraction(f"multiplier_{epilogue}", TOKEN, INT4, epilogue=epilogue, multiplier="b, m, n", form="batch")
    for epilogue, result in itertools.product(EPILOGUES, ("f32", "f64", "f16")):
        yield Contraction(f"epilogue_{epilogue}_{result}", TOKEN, CHANNEL, result=result, epilogue=epilogue, bias="n")
    yield Contraction("epilogue_relu_nan", TOKEN, CHANNEL, epilogue="relu", bad="nan")


def agree(c, actual, wanted):
    with np.errstate(over="ignore"):
        cast = wanted if c.result in ("f64", "f32") else floats.cast(wanted, c.result)
    stored = pack(cast.astype(F32) if c.compute == "f32" else cast, c.result)
    if c.epilogue in ("none", "relu"):
        return same(actual, stored)
    number = floats.from_bf16(actual) if c.result == "bf16" else actual
    # Beside the libm's error that of the result's type.
    worst = {"f16": 2.0**-10, "f32": LIBM, "f64": 1e-12}[c.result]
    return bool(np.allclose(number, wanted, rtol=worst, atol=worst))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    tools.add_options(parser)
    options = parser.parse_args()
    selected = [c for c in cases() if re.search(options.only, c.name)]
    programs = {c.name: program(c) for c in selected}
    functions = Functions(options, {name: text for name, (text, _) in programs.items()})
    failures = 0
    for c in selected:
        actual, wanted = functions(c.name, *programs[c.name][1])[0], expected(c)
        if c.bad and not (np.isnan(actual[1]).all() and np.isfinite(np.delete(actual, 1, 0)).all()):
            print(f"FAIL {c.name}: expected NaN in row 1 only, got {actual}")
            failures += 1
        if not agree(c, actual, wanted):
            print(f"FAIL {c.name}: expected {wanted.ravel()[:4]}, got {actual.ravel()[:4]}")
            failures += 1
    print(f"definition_matmul: {len(selected)} functions, {failures} failures")
    return 1 if failures or not selected else 0


if __name__ == "__main__":
    sys.exit(main())
