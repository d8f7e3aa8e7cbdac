"""Random qlinalg.matmuls as processors run them, against NumPy: every scheme, granularity, shape and map.

Each configuration is a function that is compiled once for each target that this machine has; its weights are parameters,
loaded anew in every round, so that packing is part of the test. One problem is one configuration with the data of one
round. Integer sums are compared bit for bit wherever the floats around them are exact, all else with a bound
(matmul_problems.py derives it). A second run and other numbers of threads give the same bytes.

    python random_matmuls.py [--seed=N] [--target=REGEX] [--config=REGEX] [--round=N]
"""

# RUN: %python %s

import argparse
import os
import pathlib
import re
import shutil
import sys
import zlib

# Before libraries that read them. Threads must not spin while others have the processor.
os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", KMP_BLOCKTIME="0", OMP_DYNAMIC="false")

import numpy as np  # noqa: E402
import safetensors_io  # noqa: E402
import tools  # noqa: E402
from compiled import Inputs, Library  # noqa: E402
from matmul_configs import all_configs  # noqa: E402
from matmul_function import Function  # noqa: E402
from matmul_problems import Problem  # noqa: E402

CONFIGS, LONG_CONFIGS, LONG_ROUNDS = 48, 4, 10
# The flags of /proc/cpuinfo that LLVM's names ask for, as far as kernels differ.
TARGETS = {
    "x86-64-v2": {"sse4_2"},
    "x86-64-v3": {"avx2", "fma", "bmi2"},
    "x86-64-v4": {"avx512f", "avx512bw", "avx512vl", "avx512dq", "avx512cd"},
    "native": set(),
}
TYPES = {"f32": "F32", "f16": "F16", "bf16": "BF16", "i16": "I16", "i8": "I8", "f8E4M3FN": "F8_E4M3"}
THREADS = (1, 1, 2, 3)


def host_flags():
    text = pathlib.Path("/proc/cpuinfo").read_text()
    return set(re.search(r"^(?:flags|Features)\s*:(.*)$", text, re.M)[1].split())


def host_targets():
    return [name for name, needed in TARGETS.items() if needed <= host_flags()]


def seeded(options, *names):
    return np.random.default_rng([options.seed, *(zlib.crc32(str(n).encode()) for n in names)])


class Target:
    """The configurations of one target, compiled into one library."""

    def __init__(self, options, name):
        self.options, self.name = options, name
        self.digits = name == "native" and bool(host_flags() & {"avx512_vnni", "avx_vnni"})
        configs = all_configs(seeded(options, name), CONFIGS)
        self.configs = [c for c in configs if re.search(options.config, c.name)]
        self.functions = {c.name: Function(c) for c in self.configs}
        self.folder = options.work / "random_matmuls" / name
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        # What the parameters file holds: of those that have no problem in a round, the last.
        self.tensors = {}
        self.failures, self.problems, self.exact = 0, 0, 0

    def fail(self, config, text, *where):
        self.failures += 1
        print(f"FAIL {self.name} {config}{''.join(f', {w}' for w in where)}: {text}\n  --seed={self.options.seed} "
              f"--target=^{self.name}$ --config=^{config.name}$", flush=True)

    def _try(self, configs):
        source = self.folder / "functions.mlir"
        source.write_text("".join(self.functions[c.name].text for c in configs))
        tools.run(self.options.bin / "quant-compile", source, f"--cpu={self.name}", "-o", self.folder / "functions.so")

    def compile(self):
        """Leaves out what cannot be compiled."""
        try:
            self._try(self.configs)
        except tools.ToolError as together:
            good = []
            for config in self.configs:
                try:
                    self._try([config])
                    good.append(config)
                except tools.ToolError as alone:
                    self.fail(config, alone)
            if len(good) == len(self.configs):
                raise together
            self.configs = good
            if good:
                self._try(good)

    def run_round(self, number):
        """One problem of each configuration."""
        problems = []
        for config in self.configs:
            if config.sizes["k"] > 1000 and number >= LONG_ROUNDS and self.options.round is None:
                continue
            problem = Problem(config, seeded(self.options, self.name, config.name, number), number, self.digits)
            for name, element in self.functions[config.name].parameters:
                self.tensors[f"{config.name}.{name}"] = (TYPES[element], problem.array(name, element))
            problems.append((config, problem))
        safetensors_io.write(self.folder / "parameters.safetensors", self.tensors)
        # A new file: the same one again would be the one that is loaded, were anything to keep that.
        loaded = self.folder / "loaded" / "functions.so"
        loaded.parent.mkdir(exist_ok=True)
        loaded.unlink(missing_ok=True)
        shutil.copy(self.folder / "functions.so", loaded)
        library = Library(loaded)
        if self.tensors:
            library.load(self.folder / "parameters.safetensors")
        for config, problem in problems:
            self._judge(library, config, problem, number)
        library.close()

    def _judge(self, library, config, problem, number):
        function = self.functions[config.name]
        inputs = Inputs([(problem.array(name, element), element) for name, _, element in function.inputs])
        results, where = [], (f"round {number}", problem.kind, problem.sizes)
        self.problems += 1
        try:
            for threads in THREADS:
                library.set_threads(threads)
                results.append(library.call(config.name, inputs, config.result))
        except RuntimeError as error:
            return self.fail(config, error, *where)
        for threads, result in zip(THREADS[1:], results[1:]):
            if result.tobytes() != results[0].tobytes():
                return self.fail(config, f"other bytes in a second run with {threads} threads", *where)
        wrong, exact = problem.failure(results[0])
        self.exact += exact
        if wrong:
            self.fail(config, wrong, *where)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    tools.add_options(parser)
    parser.add_argument("--seed", type=int, default=0, help="of all configurations and data")
    parser.add_argument("--target", default="", help="regular expression on targets")
    parser.add_argument("--config", default="", help="regular expression on configurations")
    parser.add_argument("--round", type=int, help="only this one")
    parser.add_argument("--problems", type=int, default=10240, help="how many there are at least")
    options = parser.parse_args()
    targets = [t for t in host_targets() if re.search(options.target, t)]
    rounds = -(-options.problems // (len(targets) * (CONFIGS - LONG_CONFIGS)))
    chosen = range(rounds) if options.round is None else [options.round]
    print(f"random_matmuls: seed {options.seed}, {CONFIGS} configurations, {rounds} rounds, {', '.join(targets)}", flush=True)
    failures = problems = exact = 0
    for name in targets:
        target = Target(options, name)
        target.compile()
        for number in chosen:
            target.run_round(number)
        failures, problems, exact = failures + target.failures, problems + target.problems, exact + target.exact
    print(f"{exact} numbers bit for bit, all others within their bound, the same with {max(THREADS)} threads")
    print(f"{problems} problems, {failures} failed")
    return 1 if failures or not problems else 0


if __name__ == "__main__":
    sys.exit(main())
