"""Kernels of processors that this machine is not, against NumPy: AArch64's under qemu, AMX's with its instructions in C.

    python emulated.py neon-dotprod|neon-i8mm|amx [--seed=N] [--config=REGEX]

The matmuls are those of matmul_configs.py, with integers on both sides, and with as many rows as instructions for
matrices are used for, and those of requantize_matmuls.py that yield codes by multipliers, or sums. Weights are constants, which are packed as parameters are; the program has no library below it.
"""

import argparse
import dataclasses
import re
import subprocess
import sys

import numpy as np
import requantize_matmuls
import tools
from arithmetic import INTEGERS, Scheme
from compiled import TYPES
from matmul_configs import Config, draw
from matmul_function import Function
from matmul_problems import Problem

AARCH64, X86 = "aarch64-linux-gnu", "x86_64-linux-gnu"
TARGETS = {"neon-dotprod": AARCH64, "neon-i8mm": AARCH64, "amx": X86}
ROWS = (17, 19, 32, 33, 40, 48, 50)
RANDOM = 24
# Of six, one is by a float scale: left out.
INTEGER_RESULTS = 18


def chosen_configs():
    """The common schemes, with sizes that are whole tiles and panels, and sizes that are not."""
    tokens, unsigned = Scheme("int8", "token"), Scheme("uint8", "token", symmetric=False)
    for name, weight, rows in (
        ("w4", Scheme("int4", "group", 32), tokens), ("w8", Scheme("int8", "channel"), tokens),
        ("w2", Scheme("int2", "group", 32), tokens), ("u4", Scheme("uint4", "group", 32, False), unsigned),
        ("u8", Scheme("uint8", "channel", symmetric=False), unsigned), ("w8g64", Scheme("int8", "group", 64), unsigned),
        ("w4g16", Scheme("int4", "group", 16), tokens), ("w8g12", Scheme("int8", "group", 12), tokens),
    ):  # fmt: skip
        for m, n, k in ((1, 64, 192), (32, 64, 192), (37, 45, 172), (200, 64, 96)):
            yield Config(f"{name}_{m}", weight, rows, sizes=dict(m=m, n=n, k=k))


def random_configs(random):
    count = 0
    while count < RANDOM:
        config = draw(random, f"random{count}", INTEGERS[count % len(INTEGERS)])
        # Parameters are constants here, of known sizes.
        if set(config.dynamic) - {"m"}:
            continue
        # Nothing that calls libm.
        if not config.integer or config.rows.bits != 8 or config.epilogue not in ("none", "relu"):
            continue
        if "m" in config.sizes:
            sizes = {**config.sizes, "m": int(random.choice(ROWS))}
            config = dataclasses.replace(config, sizes=sizes)
        count += 1
        yield dataclasses.replace(config, stored=True)


def constant(array):
    return f'dense<"0x{array.tobytes().hex().upper()}">' if array.size else "dense<0>"


class FloatResult:
    """A matmul of matmul_configs.py."""

    def __init__(self, config, problem):
        self.config, self.problem, self.function = config, problem, Function(config)
        self.name, self.rank, self.result = config.name, len(config.result_dims), config.result

    def stored(self):
        """(name, array) of each parameter."""
        for name, element in self.function.parameters:
            yield name, np.asarray(self.problem.array(name, element), TYPES[element][2])

    def failure(self, result):
        wrong = self.problem.failure(result)[0]
        return wrong and f"{self.config} {self.problem.kind} {self.problem.sizes}: {wrong}"


class IntegerResult:
    """A matmul of requantize_matmuls.py."""

    def __init__(self, config, random):
        self.function, self.problem = requantize_matmuls.Function(config), requantize_matmuls.Problem(config, random)
        self.config, self.name, self.rank, self.result = config, config.name, 2, self.function.result

    def stored(self):
        for name in self.function.parameters:
            yield name, self.problem.stored(name)[1]

    def failure(self, result):
        result = result.T if self.config.flipped else result
        if self.result == "i8" and self.config.result.storage == "uint8":
            result = result.astype(np.uint8)
        wrong = result.astype(np.int64) != self.problem.expected
        return f"{self.config} {self.problem.sizes}: {wrong.sum()} of {wrong.size} differ" if wrong.any() else ""


def integer_results(random):
    wanted = ("exact", "twice", "sums")
    configs = (requantize_matmuls.config(random, i) for i in range(INTEGER_RESULTS))
    return [IntegerResult(c, random) for c in configs if c.form in wanted]


def module(case):
    """The function with the problem's parameters as constants."""
    function = case.function
    text = re.sub(r"^ml_program.global.*\n", "", function.text, flags=re.M)
    for name, array in case.stored():
        load = re.compile(rf'ml_program.global_load_const @"[^"]*\.{name}" :')
        value = constant(array)
        text, count = load.subn(f"arith.constant {value} :", text)
        assert count == 1, (name, function.text)
    return text


def compile_object(options, folder):
    """What quant-compile makes of `problems.mlir`, without instructions that only AMX has."""
    source, target = folder / "problems.mlir", folder / "problems.o"
    if options.target != "amx":
        tools.run(options.bin / "quant-compile", source, f"--cpu={options.target}", "-o", target)
        return target
    ir = folder / "problems.ll"
    tools.run(options.bin / "quant-compile", source, "--cpu=amx", "-o", ir)
    text = ir.read_text()
    assert "@llvm.x86.tdpbsud.internal" in text
    text = re.sub(r"@llvm\.x86\.(t\w+)\.internal", r"@emulated_\1", text).replace("x86_amx", "ptr")
    ir.write_text(text.replace('"target-cpu"="sapphirerapids"', '"target-cpu"="icelake-server"'))
    tools.run(options.mlir_bin / "clang", "-O1", "-fPIC", "-c", "-x", "ir", ir, "-o", target)
    return target


def link(options, folder, names):
    """A program without libraries."""
    triple, here = TARGETS[options.target], tools.HERE / "Inputs"
    table = folder / "table.c"
    declared = "".join(f"int problems_{n}(void *, int, void *, int);\n" for n in names)
    entries = ", ".join(f"problems_{n}" for n in names)
    table.write_text(f"{declared}int (*const functions[])(void *, int, void *, int) = {{{entries}}};\n"
                     f"const int numFunctions = {len(names)};\n")
    sources = [table, here / "bare.c", *([here / "amx.c"] if options.target == "amx" else [])]
    program = folder / "problems"
    tools.run(options.mlir_bin / "clang", f"--target={triple}", "-O1", "-ffreestanding", "-fno-stack-protector", "-fno-builtin",
              "-static", "-nostdlib", "-fuse-ld=lld", *sources, folder / "problems.o", "-o", program)
    return program


def numbers(*values):
    return np.array(values, np.int64).tobytes()


def encode(case):
    """The arguments as bare.c reads them."""
    parts = [numbers(len(case.function.inputs))]
    for name, _, element in case.function.inputs:
        array = np.asarray(case.problem.array(name, element), TYPES[element][2], order="C")
        parts += [numbers(array.ndim, *array.shape, array.nbytes), array.tobytes()]
    return b"".join([*parts, numbers(case.rank, TYPES[case.result][1] // 8)])


def decode(case, data):
    """(the result, what follows it)."""
    shape = np.frombuffer(data, np.int64, case.rank)
    kind = np.dtype(TYPES[case.result][2])
    first, count = 8 * case.rank, int(np.prod(shape))
    return np.frombuffer(data, kind, count, first).reshape(shape), data[first + count * kind.itemsize :]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    tools.add_options(parser)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seed", type=int, default=0, help="of all configurations and data")
    parser.add_argument("--config", default="", help="regular expression on configurations")
    options = parser.parse_args()
    folder = options.work / "emulated" / options.target
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(options.seed)
    cases = []
    for i, config in enumerate([*chosen_configs(), *random_configs(random)]):
        cases.append(FloatResult(config, Problem(config, random, i)))
    cases += integer_results(random)
    cases = [case for case in cases if re.search(options.config, case.name)]
    (folder / "problems.mlir").write_text("".join(map(module, cases)))
    compile_object(options, folder)
    program = link(options, folder, [case.name for case in cases])
    emulator = ["qemu-aarch64", "-cpu", "max"] if TARGETS[options.target] == AARCH64 else []
    ran = subprocess.run([*emulator, program], input=b"".join(map(encode, cases)), capture_output=True, timeout=600)
    data, failures = ran.stdout, 0
    for case in cases:
        if ran.returncode:
            break
        result, data = decode(case, data)
        if wrong := case.failure(result):
            failures += 1
            print(f"FAIL {wrong}")
    if ran.returncode:
        print(f"FAIL exit code {ran.returncode} {ran.stderr.decode()}")
    print(f"{options.target}: {len(cases)} problems, {failures} failed")
    return 1 if failures or ran.returncode or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
