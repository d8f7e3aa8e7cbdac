"""How good static 8-bit activations are: ours beside ONNX Runtime's own quantization, same network, same calibration data.

    static.py --build BUILD [--networks tinylm,bert_layer,llama_block] [--peers onnxruntime|none] [--quick] [--text FILE]

Only the Linears of the networks are quantized, on both sides. Writes accuracy.json; ends with code 1 if a check fails.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before any library reads it

import numpy as np

import checks
import report
from networks import NETWORKS, Network

try:
    import ours
    import tasks
except ModuleNotFoundError as missing:
    sys.exit(f"error: {missing}; `make bench-peers` installs what benchmarks/*/requirements.txt name")

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "speed"))
import machine  # noqa: E402


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, default=Path("build"), help="the project's build folder")
    parser.add_argument("--output", type=Path, help="folder of accuracy.json (BUILD/bench)")
    parser.add_argument("--networks", default=",".join(NETWORKS), help="%(default)s")
    parser.add_argument("--methods", help="of ours and the peer's, by the names in the table (all)")
    parser.add_argument("--storages", default="int8,uint8", help="of the activations: %(default)s")
    parser.add_argument("--peers", default="all", help="onnxruntime, all, or none")
    parser.add_argument("--text", type=Path, help="what tinylm is calibrated on, in place of a part of eval.txt")
    parser.add_argument("--batches", type=int, help="inputs for calibration (30 windows of text, 256 inputs of blocks)")
    parser.add_argument("--seed", type=int, default=20, help="of the blocks' inputs: %(default)s")
    parser.add_argument("--quick", action="store_true", help="few windows and inputs: half a minute")
    parser.add_argument("--markdown", type=Path, help="also write the tables to this file")
    options = parser.parse_args()
    options.networks = options.networks.split(",")
    if unknown := set(options.networks) - set(NETWORKS):
        parser.error(f"expected networks among {', '.join(NETWORKS)}, got {', '.join(sorted(unknown))}")
    known = [way.method for way in ours.WAYS if way.method != "float"]
    options.methods = options.methods.split(",") if options.methods else None
    if unknown := set(options.methods or []) - set(known):
        parser.error(f"expected methods among {', '.join(dict.fromkeys(known))}, got {', '.join(sorted(unknown))}")
    options.storages = options.storages.split(",")
    if options.peers not in ("all", "none", "onnxruntime"):
        parser.error(f"expected peers among onnxruntime, all, none, got {options.peers}")
    return options


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[-1][:200]


class Benchmark:
    def __init__(self, options: argparse.Namespace):
        self.options = options
        self.threads = len(os.sched_getaffinity(0))
        self.report = {"processor": f"{machine.processor()} ({', '.join(machine.features())})", "threads": self.threads,
                       "versions": {"numpy": np.__version__}, "sections": [], "checks": []}
        self.peer = None
        if options.peers != "none":
            try:
                import peer

                self.peer = peer
                self.report["versions"] |= peer.VERSIONS
            except ImportError as error:
                if options.peers != "all":
                    raise SystemExit(f"error: {error}; make bench-peers installs it") from error
                say(f"onnxruntime is left out: {first_line(error)}")

    def run(self) -> dict:
        for name in self.options.networks:
            network = NETWORKS[name]()
            for task in self.tasks(network):
                with tempfile.TemporaryDirectory(prefix="qlinalg-accuracy-") as folder:
                    self.run_task(task, Path(folder))
        return self.report

    def tasks(self, network: Network):
        quick, batches = self.options.quick, self.options.batches
        if network.name == "tinylm":
            yield tasks.Text(network, self.options.text, batches or (4 if quick else 30), 4 if quick else None, self.threads)
        else:
            for distribution in tasks.DISTRIBUTIONS[:2] if quick else tasks.DISTRIBUTIONS:
                yield tasks.Rows(network, distribution, batches or (64 if quick else 256), 64 if quick else 256,
                                 self.options.seed)

    def run_task(self, task, folder: Path) -> None:
        network = task.network
        section = {"network": network.name, "title": f"{network.name}, {task.kind}", "data": task.data,
                   "judged": task.judged, "linears": len(network.graph.linears), "metrics": task.METRICS,
                   "loss": task.LOSS, "results": [],
                   "graph_error": network.float_error(network.graph.run(network.example))}
        mine = ours.Ours(self.options.build / "bin", network, task.batches, folder / "ours")
        sides = [("ours", mine, ours.WAYS)]
        if self.peer:
            theirs = self.peer.Peer(network.graph, task.batches, folder / "peer")
            sides.append(("ONNX Runtime", theirs, self.peer.WAYS))
        for side, maker, ways in sides:
            for way in ways:
                if way.method == "float" or self.wanted(way):
                    section["results"].append(self.judge(task, side, maker, way))
        self.report["sections"].append(section)
        self.report["checks"] += checks.check(section)

    def wanted(self, way) -> bool:
        return way.storage in self.options.storages and way.method in (self.options.methods or [way.method])

    def judge(self, task, side: str, maker, way) -> dict:
        result = {"network": task.network.name, "side": side, "method": way.title, "storage": way.storage}
        say(f"{task.network.name}: {side}, {way.title}, {way.storage}")
        try:
            function = maker.prepare(way)
            if way.method == "float":
                result["float_error"] = task.network.float_error(function(task.network.example))
            return result | task.judge(function)
        except Exception as error:  # whatever a peer raises; it fails a check
            return result | {"error": first_line(error)}


def main() -> int:
    options = parse_arguments()
    result = Benchmark(options).run()
    output = options.output or options.build / "bench"
    output.mkdir(parents=True, exist_ok=True)
    (output / "accuracy.json").write_text(json.dumps(result, indent=1) + "\n")
    print(report.terminal(result))
    if options.markdown:
        options.markdown.write_text(report.markdown(result))
    return 0 if all(check["holds"] for check in result["checks"]) else 1


if __name__ == "__main__":
    sys.exit(main())
