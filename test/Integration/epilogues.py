"""What follows a matmul, fused into it by the cpu pipeline, against NumPy in f64 and against the definition.

    python epilogues.py [--only REGEX]

Each case is a matmul of floats or of constant codes and some elementwise ops. The matmul must take all of them (`left`
says how many generics remain), and the results must lie within the bound that rounding gives.
"""

import argparse
import math
import re
import sys
from dataclasses import dataclass

import numpy as np
import tools

import floats

M, N, K = 5, 37, 64
BAD = 4  # the row with a NaN
STEP = 2.0**-24  # half a unit in the last place of f32


def silu(x):
    return x / (1 + np.exp(-x))


def gelu(x):
    return x / 2 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


def gelu_tanh(x):
    return x / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def relu(x):
    return np.where(np.isnan(x), x, np.maximum(x, 0))


CONSTANTS = dict(zero=0.0, one=1.0, half=0.5, root="1.41421354", cubic="4.471500e-02", factor="0.797884583")
SIGMOID = "%n = arith.negf %v : f32\n%x = math.exp %n : f32\n%d = arith.addf %x, %one : f32\n"
BODIES = dict(
    maximum="%r = arith.maximumf %zero, %v : f32",
    select="%c = arith.cmpf ugt, %v, %zero : f32\n%r = arith.select %c, %v, %zero : f32",
    select_below="%c = arith.cmpf ole, %v, %zero : f32\n%r = arith.select %c, %zero, %v : f32",
    maxnum="%r = arith.maxnumf %v, %zero : f32",
    gelu="%q = arith.divf %v, %root : f32\n%e = math.erf %q : f32\n%s = arith.addf %e, %one : f32\n"
    "%h = arith.mulf %s, %half : f32\n%r = arith.mulf %v, %h : f32",
    gelu_tanh="%a = arith.mulf %v, %v : f32\n%b = arith.mulf %a, %v : f32\n%c = arith.mulf %cubic, %b : f32\n"
    "%d = arith.addf %c, %v : f32\n%e = arith.mulf %d, %factor : f32\n%f = math.tanh %e : f32\n"
    "%g = arith.addf %one, %f : f32\n%h = arith.mulf %half, %v : f32\n%r = arith.mulf %h, %g : f32",
    gelu_tanh_factored="%a = arith.mulf %v, %v : f32\n%c = arith.mulf %cubic, %a : f32\n%d = arith.addf %one, %c : f32\n"
    "%i = arith.mulf %v, %factor : f32\n%e = arith.mulf %d, %i : f32\n%f = math.tanh %e : f32\n"
    "%h = arith.mulf %half, %v : f32\n%g = arith.mulf %h, %f : f32\n%r = arith.addf %h, %g : f32",
    silu=SIGMOID + "%r = arith.divf %v, %d : f32",
    silu_reciprocal=SIGMOID + "%q = arith.divf %one, %d : f32\n%r = arith.mulf %q, %v : f32",
    silu_tanh="%a = arith.mulf %v, %half : f32\n%b = math.tanh %a : f32\n%c = arith.addf %b, %one : f32\n"
    "%d = arith.mulf %c, %half : f32\n%r = arith.mulf %d, %v : f32",
    sigmoid=SIGMOID + "%r = arith.divf %one, %d : f32",
    add="%r = arith.addf %v, %w : f32",
    add_before="%r = arith.addf %w, %v : f32",
    multiply="%r = arith.mulf %w, %v : f32",
    bf16="%r = arith.truncf %v : f32 to bf16",
    f16="%r = arith.truncf %v : f32 to f16",
)
MAPS = dict(mn="d0, d1", n="d1", m="d0", nm="d1, d0")
# {argument: (its map, shape)}
OPERANDS = dict(b=("n", (N,)), c=("m", (M,)), r=("mn", (M, N)), u=("mn", (M, N)), t=("nm", (N, M)))


@dataclass
class Case:
    """`ops` are (body, values that it reads): y is the matmul's, 0, 1 .. are earlier results, others are arguments."""

    name: str
    ops: list
    numpy: object
    left: int = 0
    zeros: bool = True
    split: bool = False  # the rows' dimension, before the ops
    result: str = "f32"
    scale: object = 1  # what the sum's error is multiplied by


def cases():
    for body, function in dict(
        maximum=relu, select=relu, select_below=relu, gelu=gelu, gelu_tanh=gelu_tanh, gelu_tanh_factored=gelu_tanh,
        silu=silu, silu_reciprocal=silu, silu_tanh=silu,
    ).items():
        yield Case(body, [(body, "y")], lambda y, a, f=function: f(y))
        yield Case(f"bias_{body}", [("add", "yb"), (body, "0")], lambda y, a, f=function: f(y + a["b"]))
    yield Case("maxnum", [("maxnum", "y")], lambda y, a: np.where(np.isnan(y), 0, np.maximum(y, 0)), left=1)
    yield Case("bias_rows", [("add_before", "yc")], lambda y, a: y + a["c"][:, None])
    yield Case("bias_twice", [("add", "yb"), ("add", "0c")], lambda y, a: y + a["b"] + a["c"][:, None], left=1)
    yield Case("residual", [("add", "yr")], lambda y, a: y + a["r"])
    yield Case("residual_to_init", [("add", "yr")], lambda y, a: y + 2 * a["r"], zeros=False)
    yield Case("bias_residual", [("add", "yb"), ("add_before", "0r")], lambda y, a: y + a["b"] + a["r"])
    yield Case("bias_residual_split", [("add", "yb"), ("add", "0r")], lambda y, a: y + a["b"] + a["r"], split=True)
    yield Case("transposed", [("add", "yt")], lambda y, a: y + a["t"].T, left=1)
    yield Case("times", [("multiply", "yu")], lambda y, a: y * a["u"], scale="u")
    yield Case("gate", [("silu", "y"), ("multiply", "0u")], lambda y, a: silu(y) * a["u"], scale="u")
    yield Case("gate_split", [("sigmoid", "y"), ("multiply", "y0"), ("multiply", "1u")], lambda y, a: silu(y) * a["u"],
               split=True, scale="u")
    yield Case("all", [("add", "yb"), ("add", "0r"), ("sigmoid", "1"), ("multiply", "12"), ("multiply", "3u"), ("bf16", "4")],
               lambda y, a: silu(y + a["b"] + a["r"]) * a["u"], left=1, result="bf16", scale="u")
    yield Case("narrow_f16", [("add", "yb"), ("gelu", "0"), ("f16", "1")], lambda y, a: gelu(y + a["b"]), result="f16")
    yield Case("narrow_bf16", [("bf16", "y")], lambda y, a: y, result="bf16")


def tensor(case, dims="mn", element="f32"):
    sizes = {"m": f"1x{M}" if case.split else M, "n": N}
    return f"tensor<{''.join(f'{sizes[d]}x' for d in dims)}{element}>"


def generic(case, result, body, values, of):
    """One op on values [(name, dims)]; its body reads them as %v and %w."""
    loops = "d0, d1" + (", d2" if case.split else "")
    expanded = {"d0, d1": "d0, d1, d2", "d1": "d2"}
    named = [(v, dims, expanded[MAPS[dims]] if case.split else MAPS[dims]) for v, dims in values]
    maps = ", ".join(f"affine_map<({loops}) -> ({m})>" for *_, m in [*named, ("", "", loops)])
    reads = ", ".join(f"%.{n}: f32" for n, _ in zip("vw", values))
    # Names of their own, beside those of the function.
    scalars = re.sub(r"%(\w)\b", r"%.\1", BODIES[body])
    kind, kinds = tensor(case, "mn", of), ", ".join(['"parallel"'] * loops.count("d"))
    return (
        f"%e{result} = tensor.empty() : {kind}\n"
        f"%{result} = linalg.generic {{indexing_maps = [{maps}], iterator_types = [{kinds}]}}\n"
        f"ins({', '.join(v for v, *_ in named)} : {', '.join(tensor(case, d) for _, d, _ in named)}) outs(%e{result} : {kind}) {{\n"
        f"^bb0({reads}, %out: {of}):\n{scalars}\nlinalg.yield %.r : {of}\n}} -> {kind}\n"
    )


def matmul(codes, weights):
    """%y of the arguments."""
    flat = f"tensor<{M}x{N}xf32>"
    if not codes:
        return f"%y = linalg.matmul ins(%x, %k : tensor<{M}x{K}xf32>, tensor<{K}x{N}xf32>) outs(%i : {flat}) -> {flat}\n"
    maps = ", ".join(f"affine_map<(m, n, k) -> ({m})>" for m in ("m, k", "m", "n, k", "n", "m, n"))
    return (
        f'%k = arith.constant dense<"0x{weights.tobytes().hex()}"> : tensor<{N}x{K}xi8>\n'
        f"%y = qlinalg.matmul lhs(%x : tensor<{M}x{K}xi8> scales %xs : tensor<{M}xf32> scheme <int8, token>)\n"
        f"rhs(%k : tensor<{N}x{K}xi8> scales %ks : tensor<{N}xf32> scheme <int8, channel>)\n"
        f"outs(%i : {flat}) {{indexing_maps = [{maps}]}} -> {flat}\n"
    )


def function(case, codes, weights):
    """(its text, the names of its arguments)."""
    used = sorted({v for _, values in case.ops for v in values if v in OPERANDS} | ({"r"} if not case.zeros else set()))
    given = (["x", "xs", "ks"] if codes else ["x", "k"]) + used
    text = "".join(f"%{n} = arith.constant {v} : f32\n" for n, v in CONSTANTS.items())
    flat = f"tensor<{M}x{N}xf32>"
    if case.zeros:
        text += f"%ei = tensor.empty() : {flat}\n%i = linalg.fill ins(%zero : f32) outs(%ei : {flat}) -> {flat}\n"
    text += matmul(codes, weights) if case.zeros else matmul(codes, weights).replace("%i", "%r")
    if case.split:
        text += f"%s = tensor.expand_shape %y [[0, 1], [2]] output_shape [1, {M}, {N}] : {flat} into {tensor(case)}\n"
        for name in used:
            dims, shape = OPERANDS[name]
            if dims == "mn":
                text += (f"%s{name} = tensor.expand_shape %{name} [[0, 1], [2]] output_shape [1, {M}, {N}] : "
                         f"{flat} into {tensor(case)}\n")
    names = {"y": ("%s" if case.split else "%y", "mn")}
    names |= {n: (f"%s{n}" if case.split and d == "mn" else f"%{n}", d) for n, (d, _) in OPERANDS.items()}
    for i, (body, values) in enumerate(case.ops):
        of = body if body in ("bf16", "f16") else "f32"
        text += generic(case, f"o{i}", body, [names[v] for v in values], of)
        names[str(i)] = (f"%o{i}", "mn")
    kind, last = f"tensor<{M}x{N}x{case.result}>", f"%o{len(case.ops) - 1}"
    if case.split:
        text += f"%flat = tensor.collapse_shape {last} [[0, 1], [2]] : {tensor(case, 'mn', case.result)} into {kind}\n"
        last = "%flat"
    name = f"{case.name}_{'codes' if codes else 'floats'}"
    return name, text + f"return {last} : {kind}\n", given, kind


def argument_types(codes):
    types = {n: f"tensor<{'x'.join(map(str, s))}xf32>" for n, (_, s) in OPERANDS.items()}
    x, k = (f"tensor<{M}x{K}xi8>", None) if codes else (f"tensor<{M}x{K}xf32>", f"tensor<{K}x{N}xf32>")
    return types | {"x": x, "k": k, "xs": f"tensor<{M}xf32>", "ks": f"tensor<{N}xf32>"}


def module(selected, codes, weights):
    """(its text, the arguments of @main in their order)."""
    types, functions, calls, results = argument_types(codes), "", "", []
    order = [n for n in types if types[n] and (codes or n not in ("xs", "ks")) and not (codes and n == "k")]
    for i, case in enumerate(selected):
        name, body, given, kind = function(case, codes, weights)
        head = ", ".join(f"%{n}: {types[n]}" for n in given)
        functions += f"func.func private @{name}({head}) -> {kind} {{\n{body}}}\n"
        calls += f"%f{i} = call @{name}({', '.join('%' + n for n in given)}) : ({', '.join(types[n] for n in given)}) -> {kind}\n"
        results.append(kind)
    head = ", ".join(f"%{n}: {types[n]}" for n in order)
    returned = ", ".join(f"%f{i}" for i in range(len(selected)))
    main = f"func.func @main({head}) -> ({', '.join(results)}) {{\n{calls}return {returned} : {', '.join(results)}\n}}\n"
    return functions + main, order


def data(codes):
    """({argument: array}, the sums in f64 and the sums of their absolute values, the codes of the weight)."""
    random = np.random.default_rng(11)
    arrays = {n: random.standard_normal(s).astype(np.float32) for n, (_, s) in OPERANDS.items()}
    x, k = random.standard_normal((M, K)).astype(np.float32), random.standard_normal((K, N)).astype(np.float32) / 4
    weights = random.integers(-127, 128, (N, K)).astype(np.int8)
    if codes:
        x = random.integers(-127, 128, (M, K)).astype(np.int8)
        arrays["xs"] = random.uniform(1e-3, 1e-2, M).astype(np.float32)
        arrays["ks"] = random.uniform(1e-3, 1e-2, N).astype(np.float32)
        arrays["xs"][BAD] = np.nan
        a, b = x * arrays["xs"][:, None].astype(np.float64), (weights * arrays["ks"][:, None].astype(np.float64)).T
    else:
        x[BAD, 3] = np.nan
        arrays["k"] = k
        a, b = x.astype(np.float64), k.astype(np.float64)
    arrays["x"] = x
    return arrays, a @ b, np.abs(a) @ np.abs(b), weights


def bound(case, sums, arrays, expected):
    """Each sum of K products and what is added to it rounds K + 4 times; no epilogue's slope is beyond 1.2. Then each of about
    ten operations of the epilogue, some within libm's two units."""
    sums = sums + sum(np.abs(arrays[n]).max() for n in "bcrt")
    factor = np.abs(arrays[case.scale]) if isinstance(case.scale, str) else 1
    narrow = {"f32": 0, "f16": 2.0**-11, "bf16": 2.0**-8}[case.result]
    return 1.2 * factor * (K + 4) * STEP * sums + 32 * STEP * (factor * sums + np.abs(expected)) + narrow * np.abs(expected)


def check_text(options, selected, path, folder):
    """How many generics the pass leaves in each function."""
    text = tools.quant_opt(options, path, folder / "fused.mlir", "--pass-pipeline=builtin.module(canonicalize,cse,func.func("
                           "qlinalg-raise-contractions,qlinalg-fuse-epilogues,qlinalg-fuse-elementwise),canonicalize)")
    functions = dict(re.findall(r"func\.func private @(\w+)(.*?)\n  }\n", text, flags=re.S))
    for name, body in functions.items():
        left, wanted = body.count("linalg.generic"), {c.name: c.left for c in selected}[name.rsplit("_", 1)[0]]
        if left != wanted or body.count("qlinalg.matmul") != 1:
            yield f"{name}: expected {wanted} generics beside the matmul, got {left}"


def check(options, selected, codes):
    arrays, sums, absolute, weights = data(codes)
    folder = options.work / ("codes" if codes else "floats")
    folder.mkdir(parents=True, exist_ok=True)
    text, order = module(selected, codes, weights)
    path = folder / "cases.mlir"
    path.write_text(text)
    for name in order:
        np.save(folder / f"{name}.npy", arrays[name])
    inputs = [folder / f"{n}.npy" for n in order]
    yield from check_text(options, selected, path, folder)
    for lowering in ("cpu", "linalg"):
        outputs = [folder / f"{i}.{lowering}.npy" for i in range(len(selected))]
        tools.quant_run(options, path, inputs, outputs, f"--lowering={lowering}")
        for case, output in zip(selected, outputs):
            actual = np.load(output)
            number = (floats.from_bf16(actual) if case.result == "bf16" else actual).astype(np.float64)
            with np.errstate(all="ignore"):
                wanted = case.numpy(sums, {n: a.astype(np.float64) for n, a in arrays.items() if n != "x"})
                worst = np.abs(number - wanted) / bound(case, absolute, arrays, wanted)
            if (np.isnan(number) != np.isnan(wanted)).any() or np.nanmax(worst) > 1:
                yield f"{case.name} [{'codes' if codes else 'floats'}, {lowering}]: {np.nanmax(worst):.3g} of the bound"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    tools.add_options(parser)
    options = parser.parse_args()
    selected = [c for c in cases() if re.search(options.only, c.name)]
    failures = [f for codes in (False, True) for f in check(options, selected, codes)]
    for failure in failures:
        print(f"FAIL {failure}")
    print(f"epilogues: {len(selected)} cases, {len(failures)} failures")
    return 1 if failures or not selected else 0


if __name__ == "__main__":
    sys.exit(main())
