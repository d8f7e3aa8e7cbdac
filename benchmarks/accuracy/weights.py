"""Weights alone: every method and width on the demo model, beside the quantizers of others on the same weights.

    weights.py --build BUILD [--text FILE] [--batches N] [--windows N] [--peers ggml,hqq,bitsandbytes,all,none] [--quick]

Only the 16 Linears of the blocks are quantized. All sides are decoded to floats and judged by one float graph: KL to the float
model in nats, agreement of the likeliest token, perplexity, and the mean over layers of the output error on the calibration
data, tr(E H E^T) / tr(W H W^T). Bits are those of the bytes that are stored. Writes weights.json and weights.png.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before any library reads it

import numpy as np

try:
    import coders
    import decoding
    import ours
    import tasks
    from networks import tinylm
except ModuleNotFoundError as missing:
    sys.exit(f"error: {missing}; `make bench-peers` installs what benchmarks/*/requirements.txt name")

sys.path.append(str(Path(__file__).resolve().parents[1] / "speed"))
import machine  # noqa: E402

METHODS = ["nearest", "mse", "weighted", "hqq", "awq", "gptq", "rounding"]
# What is stored, by what --qlinalg-ptq is told.
STORAGES = {
    "int8 channel": "weights=int8",
    "int8 g32": "weights=int8 group=32 scales=f16",
    "int6 g32": "weights=int6 group=32 scales=f16",
    "int5 g32": "weights=int5 group=32 scales=f16",
    "int4 g32": "weights=int4 group=32 scales=f16",
    "int4 g64": "weights=int4 group=64 scales=f16",
    "nf4 g64": "weights=nf4 group=64 scales=f16",
    "int3 g32": "weights=int3 group=32 scales=f16",
    "int2 g32": "weights=int2 group=32 scales=f16",
}
BITS = [8.25, 6.5, 5.5, 4.5, 4.25, 3.5, 2.6]
# Where all methods are compared; elsewhere those that matter.
COMPARED, OTHERS = "int4 g32", ["nearest", "gptq", "rounding"]


def ways(quick: bool) -> list[tuple[str, str]]:
    """(title, options)."""
    found = [(f"{storage} {method}", f"{options} method={method}") for storage, options in STORAGES.items()
             for method in (METHODS if storage == COMPARED else OTHERS)]
    found += [(f"bits={bits}", f"bits={bits}") for bits in BITS]
    return [way for way in found if not quick or way[0] in (f"{COMPARED} nearest", f"{COMPARED} gptq", "bits=4.25")]


class Benchmark:
    def __init__(self, options: argparse.Namespace, folder: Path):
        self.options = options
        self.network = tinylm()
        self.weights = {name: self.network.graph.constants[f"{name}.weight"].T for name in self.network.graph.linears}
        self.task = tasks.Text(self.network, options.text, options.batches, options.windows, len(os.sched_getaffinity(0)))
        self.ours = ours.Ours(options.build / "bin", self.network, self.task.batches, folder)
        self.ours.statistics = self.ours.calibrate("full")
        self.moments = decoding.moments(self.ours.statistics)
        self.report = {"processor": machine.processor(), "versions": {"numpy": np.__version__}, "data": self.task.data,
                       "judged": self.task.judged, "float_perplexity": self.task.float_perplexity, "results": []}

    def judge(self, side: str, title: str, decoded: dict[str, np.ndarray], bytes_: int, seconds: float) -> None:
        constants, errors = self.network.graph.constants, []
        kept = {name: constants[f"{name}.weight"] for name in self.weights}
        for name, weight in self.weights.items():
            constants[f"{name}.weight"] = np.ascontiguousarray(decoded[name].T, np.float32)
            e, h = decoded[name].astype(np.float64) - weight, self.moments[f"{name}.weight.input"]
            errors.append(np.sum((e @ h) * e) / np.sum((weight @ h) * weight))
        verdict = self.task.judge(self.network.graph.run)
        for name, array in kept.items():
            constants[f"{name}.weight"] = array
        bits = 8 * bytes_ / sum(weight.size for weight in self.weights.values())
        self.report["results"].append({"side": side, "title": title, "bits": bits, "output_error": float(np.mean(errors)),
                                       "seconds": seconds, **verdict})
        say(line(self.report["results"][-1]))

    def run(self) -> dict:
        for title, options in ways(self.options.quick):
            begin = time.monotonic()
            try:
                parameters, factors = self.ours.freeze(options)
            except ours.ToolError as error:
                say(f"left out: {title}: {next((text for text in str(error).splitlines() if ' error: ' in text), error)}")
                continue
            seconds = time.monotonic() - begin
            decoded, size = decoding.decode(parameters, self.weights, factors)
            self.judge("ours", title, decoded, size, seconds)
        for coder in coders.available(self.options.peers, self.report["versions"], say):
            for title, code in coder.ways(self.options.quick):
                begin = time.monotonic()
                coded = {name: code(weight, np.diag(self.moments[f"{name}.weight.input"]))
                         for name, weight in self.weights.items()}
                self.judge(coder.name, title, {name: array for name, (array, _) in coded.items()},
                           sum(size for _, size in coded.values()), time.monotonic() - begin)
        return self.report


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def line(r: dict) -> str:
    return (f"{r['bits']:6.3f}  {r['side']:13s}{r['title']:24s}{r['kl']:.2e}  {r['agreement']:.2%}  {r['perplexity']:.3f}  "
            f"{r['output_error']:.2e}  {r['seconds']:.1f} s")


def table(report: dict) -> str:
    head = ["processor: " + report["processor"], ", ".join(f"{k} {v}" for k, v in report["versions"].items()),
            f"calibrated on {report['data']}; judged by {report['judged']}; float perplexity {report['float_perplexity']:.3f}",
            "  bits  by           way                     KL        top-1   ppl     output    time"]
    return "\n".join(head + [line(r) for r in sorted(report["results"], key=lambda r: (-r["bits"], r["kl"]))])


def draw(report: dict, path: Path) -> None:
    """Bits against KL; the line goes through what nothing else is both smaller and better than."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, panel = pyplot.subplots(figsize=(8, 5))
    for side in dict.fromkeys(r["side"] for r in report["results"]):
        points = sorted((r["bits"], r["kl"], r["title"]) for r in report["results"] if r["side"] == side)
        (drawn,) = panel.plot([p[0] for p in points], [p[1] for p in points], "o" if side == "ours" else "s", label=side, markersize=4)
        best, front = np.inf, []
        for bits, kl, title in points:
            if kl < best:
                best = kl
                front.append((bits, kl, title))
        panel.plot([p[0] for p in front], [p[1] for p in front], color=drawn.get_color(), linewidth=0.8)
        for bits, kl, title in front:
            panel.annotate(title, (bits, kl), fontsize=5, xytext=(3, 3), textcoords="offset points")
    panel.set_yscale("log")
    panel.set_xlabel("bits a weight, everything stored")
    panel.set_ylabel("KL to the float model, nats")
    panel.grid(alpha=0.3)
    panel.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=120)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, default=Path("build"), help="the project's build folder")
    parser.add_argument("--output", type=Path, help="folder of weights.json and weights.png (BUILD/bench)")
    parser.add_argument("--text", type=Path, help="what is calibrated on, in place of a part of eval.txt")
    parser.add_argument("--batches", type=int, help="windows for calibration (30)")
    parser.add_argument("--windows", type=int, help="windows to judge by (all)")
    parser.add_argument("--peers", default="all", help=f"{', '.join(coders.CODERS)}, all or none")
    parser.add_argument("--quick", action="store_true", help="three ways, four windows")
    options = parser.parse_args()
    options.batches = options.batches or (4 if options.quick else 30)
    options.windows = options.windows or (4 if options.quick else None)
    with tempfile.TemporaryDirectory(prefix="qlinalg-weights-") as folder:
        report = Benchmark(options, Path(folder)).run()
    output = options.output or options.build / "bench"
    output.mkdir(parents=True, exist_ok=True)
    (output / "weights.json").write_text(json.dumps(report, indent=1) + "\n")
    print(table(report))
    try:
        draw(report, output / "weights.png")
    except ImportError as error:
        say(f"no plot: {error}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
