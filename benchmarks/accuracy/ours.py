"""This project's quantization of a network's program, by its tools: observed, calibrated, quantized, compiled, called."""

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from batches import NAME as ENTRY
from batches import add_loop
from networks import TINYLM, Network

sys.path.insert(0, str(TINYLM))
from dlpack import Library  # noqa: E402

STORAGES = {"int8": "activation-storage=int8 activation-symmetric=true",
            "uint8": "activation-storage=uint8 activation-symmetric=false"}
# By the names of the table, where ONNX Runtime's methods have theirs.
RANGES = {"minmax": "minmax", "average": "average", "percentile 99.999": "percentile:99.999",
          "percentile 99.9": "percentile:99.9", "deviations 6": "deviations:6", "entropy": "entropy", "mse": "mse",
          "auto": "auto"}
# Beside the ranges: `auto` where the statistics also say whether zero points help, that with a scale for each of K, and that on
# smoothed activations.
MORE = {"default": "", "channel": "activation-granularity=channel", "smooth": "smooth=auto"}
# Of calibration: each continues the statistics of the one before.
RUNS = 2


@dataclass(frozen=True)
class Way:
    """A way to quantize, with what --qlinalg-ptq is told beside the files."""

    method: str
    storage: str
    options: str

    @property
    def title(self) -> str:
        return self.method


STATIC = "weights=int8 activations=static"
WAYS = [
    Way("float", "float", "weights=none"),
    Way("dynamic", "int8", "weights=int8 activations=dynamic"),
    *(Way(method, storage, f"{STATIC} {options} activation-range={chosen}")
      for storage, options in STORAGES.items() for method, chosen in RANGES.items()),
    *(Way(method, storage, f"{STATIC} activation-storage={storage} {options}")
      for storage in STORAGES for method, options in MORE.items()),
]  # fmt: skip


class ToolError(RuntimeError):
    pass


def run(*command) -> None:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode:
        raise ToolError(f"{' '.join(map(str, command))}\nended with {done.returncode}: {done.stderr.strip()}")


class Ours:
    """Folders and files of one network, calibrated on `batches` when that is first needed."""

    def __init__(self, bin_folder: Path, network: Network, batches: np.ndarray, work: Path):
        self.bin, self.network, self.batches, self.work = bin_folder, network, batches, work
        self.statistics: Path | None = None
        work.mkdir(parents=True, exist_ok=True)
        # The same layers as in the graph: all but the head of a language model.
        self.recipe = work / "recipe.yaml"
        self.recipe.write_text('exclude: ["*embed_out*"]\n')
        self.program = self.bind()

    def bind(self) -> Path:
        """Arguments that are weights become parameters."""
        if not self.network.parameters:
            return self.network.program
        names, bound = self.work / "names.txt", self.work / "bound.mlir"
        names.write_text("".join(f"{name}\n" for name in self.network.names))
        run(self.bin / "quant-opt", self.network.program, "-o", bound,
            f"--qlinalg-bind-parameters=entry=main names={names}")
        return bound

    def calibrate(self, moments: str = "diagonal") -> Path:
        """Statistics of all batches, a part of them a run."""
        observed, statistics = self.work / "observed.mlir", self.work / "calibration.stats"
        run(self.bin / "quant-opt", self.program, f"--qlinalg-insert-observers=moments={moments}", "-o", observed)
        text, output = observed.read_text(), self.network.graph.run(self.network.example)
        flags = [f"--parameters={self.network.parameters}"] if self.network.parameters else []
        for part in np.array_split(self.batches, min(RUNS, len(self.batches))):
            observed.write_text(add_loop(text, self.network.extra, part, output))
            inputs = []
            for i, array in enumerate([*self.network.extra, part]):
                inputs.append(self.work / f"in{i}.npy")
                np.save(inputs[-1], array)
            run(self.bin / "quant-run", observed, f"--entry={ENTRY}", *flags, *(f"--input={path}" for path in inputs),
                f"--statistics={statistics}")
        return statistics

    def freeze(self, options: str) -> tuple[Path, dict[str, np.ndarray]]:
        """The parameters that --qlinalg-ptq writes, and the factors with which AWQ multiplied columns of which Linear."""
        module, parameters = self.work / "frozen.mlir", self.work / "frozen.safetensors"
        run(self.bin / "quant-opt", self.program, f"--qlinalg-ptq={options} parameters={self.network.parameters} "
            f"output-parameters={parameters} recipe={self.recipe} statistics={self.statistics}", "-o", module)
        found = re.findall(r'"?([\w.]+)\.weight\.input\.reciprocals"?: "0x([0-9A-Fa-f]+)"', module.read_text())
        # The first four bytes are an alignment.
        return parameters, {name: 1 / np.frombuffer(bytes.fromhex(data)[4:], np.float32) for name, data in found}

    def prepare(self, way: Way):
        """A function from an input to the output."""
        stem = self.work / "".join(c if c.isalnum() else "_" for c in f"{way.method}_{way.storage}")
        module, library, parameters = stem.with_suffix(".mlir"), stem.with_suffix(".so"), None
        options = way.options
        if self.network.parameters:
            parameters = stem.with_suffix(".safetensors")
            options += f" parameters={self.network.parameters} output-parameters={parameters}"
            options += "" if way.method == "float" else f" recipe={self.recipe}"
        if "static" in way.options:
            self.statistics = self.statistics or self.calibrate()
            options += f" statistics={self.statistics}"
        run(self.bin / "quant-opt", self.program, f"--qlinalg-ptq={options}", "-o", module)
        run(self.bin / "quant-compile", module, "-o", library)
        function = Library(library, parameters)
        return lambda array: function(*self.network.extra, array)
