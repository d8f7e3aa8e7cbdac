#!/usr/bin/env python3
"""Elementary functions of f32 by the cpu lowering, against f64, in units of the last place; special values exactly.

    python functions.py [--only REGEX]

Numbers of every magnitude: each 40,009th float (a prime, so that mantissas vary), both signs, and those near the places
where a formula changes. The length is odd, so that the last vector is not full.
"""

import argparse
import math
import re
import sys

import numpy as np
import tools

F32, F64 = np.float32, np.float64
INF, NAN = F32(np.inf), F32(np.nan)
TINY = F32(1e-45)
# With multiplications and additions in one rounding, where the processor has them, and in two.
PROCESSORS = ("native", "x86-64-v2")

# The bounds are those of include/QLinalg/Kernels/MathFunctions.h.
erf = np.vectorize(math.erf, otypes=[F64])
FUNCTIONS = {
    "exp": (np.exp, 1.5, (-104.5, 89)),
    "exp2": (np.exp2, 1.5, (-151, 129)),
    "expm1": (np.expm1, 2, (-20, 89)),
    "tanh": (np.tanh, 3, (-10, 10)),
    "erf": (erf, 2, (-4.5, 4.5)),
    "log": (np.log, 1.5, (0.25, 4)),
    "log2": (np.log2, 3, (0.25, 4)),
    "log10": (np.log10, 3, (0.25, 4)),
    "log1p": (np.log1p, 3, (-1, 3)),
    "sin": (np.sin, 2, (-400, 400)),
    "cos": (np.cos, 2, (-400, 400)),
    "rsqrt": (lambda x: 1 / np.sqrt(x), 1.5, (0, 9)),
}


def numbers(low, high):
    every = np.arange(0, 2**32, 40009, dtype=np.uint64).astype(np.uint32).view(F32)
    near = np.random.default_rng(0).uniform(low, high, 40000).astype(F32)
    # multiples of pi / 4, whose sines and cosines are smallest, and powers of two and their neighbours
    exact = np.concatenate([np.arange(-4000, 4000) * (math.pi / 4), 2.0 ** np.arange(-149, 128)]).astype(F32)
    exact = np.concatenate([exact, np.nextafter(exact, INF), np.nextafter(exact, -INF)])
    special = np.array([0, -0.0, INF, -INF, NAN, TINY, -TINY, 1, -1, 3.4028235e38, -3.4028235e38], F32)
    x = np.concatenate([every, near, exact, special])
    return x if len(x) % 2 else x[1:]


def units(actual, exact):
    """The distance in units of the last place of the f32 nearest to `exact`; infinite where one is special."""
    with np.errstate(all="ignore"):
        nearest = exact.astype(F32)
        unit = np.maximum(np.spacing(np.abs(nearest)).astype(F64), F64(TINY))
        distance = np.abs(actual.astype(F64) - exact) / unit
    same = (actual == nearest) & (np.signbit(actual) == np.signbit(nearest))
    same |= np.isnan(actual) & np.isnan(nearest)
    # Beyond the range the nearest is infinity, and the greatest number is one unit away.
    edge = np.isinf(nearest) & np.isfinite(exact) & (np.abs(actual) >= F32(3.4028234e38))
    distance = np.where(edge, 1, distance)
    return np.where(same, np.minimum(np.nan_to_num(distance, nan=0, posinf=0), 0.5), np.nan_to_num(distance, nan=np.inf))


def module(name, operands):
    parameters = ", ".join(f"%x{i}: tensor<?xf32>" for i in range(operands))
    given = ", ".join(f"%x{i}" for i in range(operands))
    numbers_ = ", ".join(f"%e{i}" for i in range(operands))
    arguments = ", ".join(f"%e{i}: f32" for i in range(operands + 1))
    types = ", ".join(["tensor<?xf32>"] * operands)
    maps = ", ".join(["affine_map<(d0) -> (d0)>"] * (operands + 1))
    return f"""func.func @main({parameters}) -> tensor<?xf32> {{
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x0, %c0 : tensor<?xf32>
  %e = tensor.empty(%n) : tensor<?xf32>
  %r = linalg.generic {{indexing_maps = [{maps}], iterator_types = ["parallel"]}} ins({given} : {types}) outs(%e : tensor<?xf32>) {{
  ^bb0({arguments}):
    %y = math.{name} {numbers_} : f32
    linalg.yield %y : f32
  }} -> tensor<?xf32>
  return %r : tensor<?xf32>
}}
"""


def run(options, name, inputs, *flags):
    folder = options.work / "functions"
    folder.mkdir(parents=True, exist_ok=True)
    program, output = folder / f"{name}.mlir", folder / f"{name}.out.npy"
    program.write_text(module(name, len(inputs)))
    paths = []
    for i, x in enumerate(inputs):
        paths.append(folder / f"{name}.{i}.npy")
        np.save(paths[-1], x)
    tools.quant_run(options, program, paths, [output], *flags)
    return np.load(output)


def check(options, name, inputs, exact, bound):
    return [failure for cpu in PROCESSORS for failure in check_on(options, name, inputs, exact, bound, cpu)]


def check_on(options, name, inputs, exact, bound, cpu):
    actual = run(options, name, inputs, f"--cpu={cpu}")
    distance = units(actual, exact)
    worst = int(np.argmax(distance))
    print(f"{name} on {cpu}: {distance[worst]:.3f} units at {[float(x[worst]) for x in inputs]}")
    if distance[worst] <= bound:
        return []
    return [f"expected at most {bound} units from {exact[worst]!r}, got {actual[worst]!r} ({distance[worst]:.2f}) on {cpu} "
            f"at {[float(x[worst]) for x in inputs]}"]


def powers():
    """Bases and exponents of every sign and size, and every pair of special ones."""
    special = np.array([0, -0.0, 1, -1, INF, -INF, NAN, 0.5, -0.5, 2, -2, 3, -3, 1e38, -1e38, 16777216, 16777217], F32)
    x, y = (a.ravel() for a in np.meshgrid(special, special))
    random = np.random.default_rng(1)
    bases = np.exp(random.uniform(-80, 80, 40000)).astype(F32)
    exponents = (random.uniform(-100, 100, 40000) / np.log(bases)).astype(F32)
    near = random.uniform(0.9, 1.1, 20000).astype(F32), random.uniform(-800, 800, 20000).astype(F32)
    whole = -random.uniform(0.1, 9, 20000).astype(F32), random.integers(-30, 30, 20000).astype(F32)
    return np.concatenate([x, bases, near[0], whole[0]]), np.concatenate([y, exponents, near[1], whole[1]])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    tools.add_options(parser)
    options = parser.parse_args()
    failed = 0
    with np.errstate(all="ignore"):
        for name, (function, bound, (low, high)) in FUNCTIONS.items():
            if re.search(options.only, name):
                x = numbers(low, high)
                failures = check(options, name, [x], function(x.astype(F64)), bound)
                tools.report(name, "f32", failures)
                failed += bool(failures)
        if re.search(options.only, "powf"):
            x, y = powers()
            failures = check(options, "powf", [x, y], np.power(x.astype(F64), y.astype(F64)), 1)
            tools.report("powf", "f32", failures)
            failed += bool(failures)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
