"""What the chapters of the demo share: the model, the tools, the screen."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule

from checks import Checks
from excerpt import excerpt
from judge import Judge
from outcome import Outcome
from progress import Steps
from stored import ParameterFile, report
from toolchain import FLOAT, INT8, VARIANTS, Toolchain, Variant

MODEL = Path(__file__).resolve().parent
PROMPT = "And it came to pass"
QUICK_WINDOWS = 6
# Effort of each step in windows evaluated, for the progress bar.
COMPILE, WRITE = 40, 20


class Session:
    """`quick`: only float and int8, on a few windows."""

    def __init__(self, bin_folder: Path, work: Path, quick: bool):
        # Windows of text are spread over the cores, one thread each. Read when compiled code is loaded.
        os.environ["OMP_NUM_THREADS"] = "1"
        # Logs of automatic runs have no width of their own.
        self.console = Console(width=None if sys.stdout.isatty() else 160, highlight=False)
        self.quick = quick
        self.variants = [FLOAT, INT8] if quick else VARIANTS
        # The program for any length also runs whole windows: one compilation less.
        self.programs = ["any"] if quick else ["any", "window"]
        self.cores = len(os.sched_getaffinity(0))
        self.tools = Toolchain(bin_folder, work, MODEL)
        self.original = ParameterFile(MODEL / "model.safetensors")
        self.arguments = np.load(MODEL / "tinylm.npz")
        names = self.arguments["names"]
        inputs = [self.arguments[f"in{i}"] for i, name in enumerate(names) if not name]
        self.judge = Judge(MODEL, inputs[:-1], self.cores, QUICK_WINDOWS if quick else None)
        self.tokens = 12 if quick else 40
        self.outcomes: dict[str, Outcome] = {}
        total = len(self.variants) * (len(self.judge.windows) + WRITE + COMPILE * len(self.programs))
        self.steps = Steps(self.console, total)
        self.results = Checks()
        self.tools.bind(names)

    # Steps that take a while.

    def build(self, variants: list[Variant]) -> None:
        """From linalg to shared libraries, as many at a time as there are cores."""
        def job(variant: Variant) -> Variant:
            for program in self.programs:
                self.tools.quantize(variant, program)
                self.tools.compile(variant, program)
            return variant

        self.steps.begin("compile " + ", ".join(variant.title.split(",")[0] for variant in variants))
        with ThreadPoolExecutor(self.cores) as pool:
            for future in as_completed([pool.submit(job, variant) for variant in variants]):
                future.result()
                self.steps.advance(COMPILE * len(self.programs))

    def evaluate(self, variant: Variant) -> None:
        self.steps.begin(f"{variant.title}: perplexity")
        window = self.tools.load(variant, self.programs[-1])
        verdict = self.judge.evaluate(window, self.steps.advance)
        self.steps.begin(f"{variant.title}: text")
        program = window if self.quick else self.tools.load(variant, "any")
        text = self.judge.write(program, PROMPT, self.tokens)
        self.steps.advance(WRITE)
        weights = report(self.original, ParameterFile(self.tools.stored(variant)), self.weight_names())
        self.outcomes[variant.name] = Outcome(variant.title, weights, verdict, text)

    def weight_names(self) -> list[str]:
        """Of the Linear layers: all matrices but the embeddings, which are looked up."""
        return [name for name, tensor in self.original.tensors.items()
                if tensor.ndim == 2 and "embed_in" not in name]

    # The screen.

    def say(self, *sentences: str) -> None:
        """A paragraph."""
        self.console.print()
        self.console.print(" ".join(sentences))

    def title(self, text: str) -> None:
        self.console.print()
        self.console.print(Rule(f"[bold]{text}", align="left"))

    def show(self, thing) -> None:
        self.console.print(Padding(thing, (0, 2)))

    def show_matrix(self, matrix: np.ndarray, form: str) -> None:
        for row in matrix:
            self.console.print("   ", " ".join(form.format(value) for value in row.tolist()), " ...", markup=False)

    def show_ir(self, ir: str, weight: str) -> None:
        for line in excerpt(ir, weight, self.console.width):
            self.console.print(line, markup=False, style="cyan")
