"""How fast matmuls are: ours beside peers on the same problems, and beside the limits of the machine.

    speed.py --build BUILD [--shapes 4096x4096,1536x576] [--rows 1,16,128] [--schemes w4a8,w8a8] [--peers none] [--quick]

One thread for all comparisons; every round runs all contestants and limits in a new order. For few rows the weights
are copied until they do not fit the last cache twice. Writes speed.json and, with matplotlib, speed.png.
"""

import argparse
import contextlib
import functools
import json
import os
import sys
import tempfile
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"  # before any library reads it

import contest
import machine
import ours
import peers
import plot
import report
import scaling
from problem import COLD_ROWS, Problem

SHAPES = "4096x4096,14336x4096,4096x14336,1536x576"
ROWS = "1,4,16,128,512"
QUICK_SHAPES = "4096x4096,1536x576"
QUICK_ROWS = "1,16,128"
QUICK_SCHEMES = "w4a8,w8a8,w4"


def shapes(text):
    return [tuple(int(size) for size in shape.split("x", 1)) for shape in text.split(",")]


def numbers(text):
    return [int(number) for number in text.split(",")]


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, default=Path("build"), help="the project's build folder")
    parser.add_argument("--output", type=Path, help="folder of speed.json and speed.png (BUILD/bench)")
    parser.add_argument("--shapes", type=shapes, help=f"N x K ({SHAPES})")
    parser.add_argument("--rows", type=numbers, help=f"rows of the activations ({ROWS})")
    parser.add_argument("--schemes", help=f"of ours ({','.join(ours.SCHEMES)}; quick {QUICK_SCHEMES})")
    parser.add_argument("--peers", default="all", help="names of files in peers/, all, or none")
    parser.add_argument("--rounds", type=int, help="samples of each contestant (9; quick 5)")
    parser.add_argument("--cpu", default="native", help="what ours is compiled for, as quant-compile --cpu")
    parser.add_argument("--cold-megabytes", type=int, help="what copies of a weight fill (twice the last cache)")
    parser.add_argument("--quick", action="store_true", help="fewer of everything: under 3 minutes on an idle machine")
    parser.add_argument("--no-scaling", action="store_true", help="without two threads against one")
    parser.add_argument("--quant-run", action="store_true", help="the same by quant-run --benchmark")
    parser.add_argument("--markdown", type=Path, help="also write the tables to this file")
    options = parser.parse_args()
    options.shapes = options.shapes or shapes(QUICK_SHAPES if options.quick else SHAPES)
    options.rows = options.rows or numbers(QUICK_ROWS if options.quick else ROWS)
    options.rounds = options.rounds or (5 if options.quick else 9)
    options.schemes = (options.schemes or (QUICK_SCHEMES if options.quick else ",".join(ours.SCHEMES))).split(",")
    if unknown := set(options.schemes) - set(ours.SCHEMES):
        parser.error(f"expected schemes among {', '.join(ours.SCHEMES)}, got {', '.join(sorted(unknown))}")
    return options


@functools.cache  # each line once
def say(text):
    print(text, file=sys.stderr, flush=True)


def find_peers(wanted):
    """({name: version}, contestants) of those that are asked for and installed."""
    versions, contestants = {}, []
    found = peers.find() if wanted != "none" else {}
    if unknown := set(wanted.split(",")) - {"all", "none"} - set(found):
        sys.exit(f"error: expected peers among {', '.join(found)}, got {', '.join(sorted(unknown))}")
    for name, peer in found.items():
        if wanted != "all" and name not in wanted.split(","):
            continue
        try:
            versions[name] = peer.version()
            contestants += peer.CONTESTANTS
        except Exception as error:  # whatever an import raises
            say(f"{name} is left out: {first_line(error)}")
    return versions, contestants


def first_line(error):
    return (str(error).strip() or type(error).__name__).splitlines()[0][:160]


class Benchmark:
    def __init__(self, options):
        self.options = options
        self.failed = False  # one of ours; peers may
        native = options.build / "lib" / "libspeed-native.so"
        self.limits = machine.limits(machine.load(native))
        self.ours = ours.Ours(options.build / "bin", machine.load(native), options.cpu)
        self.cold_bytes = (2 * machine.last_cache_bytes() if options.cold_megabytes is None
                           else options.cold_megabytes << 20)
        versions, self.peers = find_peers(options.peers)
        self.samples = {(limit, threads): [] for limit in self.limits for threads in (1, 2)}
        self.report = {
            "processor": machine.processor(), "features": machine.features(),
            "last_cache_bytes": machine.last_cache_bytes(), "cpu": options.cpu, "peers": versions,
            "rounds": options.rounds, "shapes": [list(shape) for shape in options.shapes],
            "results": [], "ratios": [], "scaling": [], "quant_run": []}

    def run(self):
        for shape in self.options.shapes:
            with tempfile.TemporaryDirectory(prefix="qlinalg-speed-") as folder:
                self.run_shape(shape, Path(folder))
            # What took minutes is kept if the next shape is interrupted.
            save(self.report, self.options.output)
        for limit in self.limits:
            self.samples[limit, 2] += [limit.measure(2) for _ in range(self.options.rounds)]
        self.report["limits"] = report.summarize_limits(
            [(limit, threads, values) for (limit, threads), values in self.samples.items() if values])
        return self.report

    def run_shape(self, shape, folder):
        with contextlib.closing(Problem(shape, self.options.rows, self.cold_bytes, folder)) as problem:
            for part in problem.parts():
                self.run_part(part)
            if self.options.quant_run:
                self.run_tool(problem)
            if not self.options.no_scaling and len(os.sched_getaffinity(0)) > 1:
                self.run_scaling(problem)

    def run_part(self, problem):
        """The contest for numbers of rows that share copies."""
        def complain(contestant, error):
            self.failed |= contestant.ours
            say(f"{contestant.name} is left out on {problem.shape[0]} x {problem.shape[1]}: {first_line(error)}")

        entries = contest.enter([*self.ours.contestants(self.options.schemes), *self.peers], problem, complain)
        for m in problem.rows:
            say(f"{problem.shape[0]} x {problem.shape[1]}, n = {m}: {len(entries)} contestants")
            measured = contest.compete(entries, self.limits, m, self.options.rounds)
            for limit, values in measured.items():
                self.samples[limit, 1] += values
            results, ratios = report.collect(entries, measured, m)
            self.report["results"] += results
            self.report["ratios"] += ratios

    def run_scaling(self, problem):
        try:
            self.report["scaling"] += scaling.measure(
                folder=str(problem.work), bin=str(self.options.build / "bin"), cpu=self.options.cpu,
                native=str(self.options.build / "lib" / "libspeed-native.so"), schemes=self.options.schemes,
                shape=problem.shape, rows=problem.rows, cold_bytes=problem.cold_bytes, rounds=self.options.rounds)
        except RuntimeError as error:
            self.failed = True
            say(first_line(error))

    def run_tool(self, problem):
        """quant-run keeps one weight: only what is larger than the cache, or has many rows, is comparable."""
        n, k = problem.shape
        for scheme in self.options.schemes:
            for m in problem.rows:
                if m <= COLD_ROWS and problem.most_copies(n * k * ours.SCHEMES[scheme][2] / 8) > 1:
                    continue
                seconds = self.ours.benchmark(scheme, problem, m, 20)
                mine = report.select(self.report["results"], shape=[n, k], rows=m, contestant=f"qlinalg {scheme}")
                self.report["quant_run"].append(
                    {"shape": [n, k], "rows": m, "scheme": scheme, "gmacs": n * k * m / seconds / 1e9,
                     "here": mine[0]["gmacs"]["median"] if mine else None})


def save(result, folder):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "speed.json").write_text(json.dumps(result, indent=1) + "\n")


def main():
    options = parse_arguments()
    options.output = output = options.output or options.build / "bench"
    if os.getloadavg()[0] > 1:
        say(f"others are at work here (load {os.getloadavg()[0]:.1f}): expect wide spreads, and of two threads nothing")
    benchmark = Benchmark(options)
    result = benchmark.run()
    save(result, output)
    print(report.terminal(result))
    for line in result["quant_run"]:
        print("quant-run {}: {} x {}, n = {}: {:.1f} GMAC/s, here {:.1f}".format(
            line["scheme"], *line["shape"], line["rows"], line["gmacs"], line["here"] or float("nan")))
    if options.markdown:
        options.markdown.write_text(report.markdown(result))
    try:
        plot.draw(result, output / "speed.png")
    except ImportError as error:
        say(f"speed.png is left out: {error}")
    return 1 if benchmark.failed else 0


if __name__ == "__main__":
    sys.exit(main())
