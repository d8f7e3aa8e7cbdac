"""What observing costs: a float matmul alone, and with an observer of its activation, in turns.

    observers.py --build BUILD [--shapes 4096x4096,...] [--rows 1,16,...] [--threads 1,2] [--rounds N] [--moments full]

Times are the least of the rounds, of a call of a compiled library; the last column is what the observer adds, in parts of the
matmul. The goal is at most 0.15 with diagonal moments.
"""

import argparse
import ctypes
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent / "speed"))
from ours import FUNCTION, GLOBAL, run, save_weights, view  # noqa: E402

VARIANTS = {"plain": "false", "observed": "true"}


class Matmul:
    """Both variants of one shape, N x K."""

    def __init__(self, build, work, n, k, moments):
        source, observed, weights = work / "float.mlir", work / "observed.mlir", work / "weights.safetensors"
        source.write_text(GLOBAL.format(i=0, n=n, k=k) + FUNCTION.format(i=0, n=n, k=k))
        save_weights(weights, np.random.default_rng(0).standard_normal((n, k), np.float32), 1)
        run(build / "bin" / "quant-opt", source, "-o", observed, f"--qlinalg-insert-observers=moments={moments}")
        self.native = ctypes.CDLL(str(build / "lib" / "libspeed-native.so"))
        self.libraries, self.functions = {}, {}
        for name, observers in VARIANTS.items():
            path = work / f"{name}_{n}_{k}.so"
            run(build / "bin" / "quant-compile", observed, "-o", path, f"--observers={observers}")
            library = self.libraries[name] = ctypes.CDLL(str(path))
            assert getattr(library, f"{path.stem}_load")(str(weights).encode()) == 0
            self.functions[name] = ctypes.cast(getattr(library, f"{path.stem}_main0"), ctypes.c_void_p).value

    def time(self, x, threads, rounds):
        """{variant: least seconds of a call}."""
        tensor, seconds = view(x), {name: [] for name in VARIANTS}
        for library in self.libraries.values():
            library.omp_set_num_threads(threads)
        calls = {name: 1 for name in VARIANTS}
        for i in range(-3, rounds):
            for name, function in self.functions.items():
                copies = (ctypes.c_void_p * calls[name])(*[function] * calls[name])
                begin = time.perf_counter()
                assert self.native.speed_rotate(copies, calls[name], ctypes.byref(tensor)) == 0
                elapsed = (time.perf_counter() - begin) / calls[name]
                if i < 0:
                    calls[name] = max(1, int(1e-3 / elapsed))
                else:
                    seconds[name].append(elapsed)
        return {name: min(s) for name, s in seconds.items()}


def numbers(text):
    return [int(n) for n in text.split(",")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default="build")
    parser.add_argument("--shapes", default="4096x4096,1536x576,576x1536,576x576", help="N x K")
    parser.add_argument("--rows", type=numbers, default="1,16,128,512")
    parser.add_argument("--threads", type=numbers, default="1,2")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--moments", default="diagonal", choices=["diagonal", "full"])
    options = parser.parse_args()
    build, worst = options.build.resolve(), 0
    print(f"{'N x K':>12} {'rows':>5} {'threads':>7} {'matmul us':>11} {'observed us':>11} {'share':>6}")
    with tempfile.TemporaryDirectory() as work:
        for shape in options.shapes.split(","):
            n, k = map(int, shape.split("x"))
            matmul = Matmul(build, Path(work), n, k, options.moments)
            for rows in options.rows:
                x = np.random.default_rng(1).standard_normal((rows, k), np.float32)
                for threads in options.threads:
                    times = matmul.time(x, threads, options.rounds)
                    share = times["observed"] / times["plain"] - 1
                    worst = max(worst, share)
                    micro = [times[name] * 1e6 for name in VARIANTS]
                    print(f"{shape:>12} {rows:>5} {threads:>7} {micro[0]:>11.1f} {micro[1]:>11.1f} {share:>6.3f}", flush=True)
    print(f"at most {worst:.3f} of a matmul")


if __name__ == "__main__":
    main()
