"""The three commands: from linalg with float weights to a library that runs."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dlpack import Library

# Any number of tokens up to 256, and exactly 256.
PROGRAMS = {"any": "tinylm_dyn.mlir", "window": "tinylm.mlir"}


@dataclass(frozen=True)
class Variant:
    name: str
    title: str
    # Of --qlinalg-ptq.
    options: str


FLOAT = Variant("float", "float", "weights=none")
INT8 = Variant("int8", "int8", "weights=int8")
VARIANTS = [
    FLOAT,
    Variant("bf16", "bf16", "weights=bf16"),
    INT8,
    Variant("int8_dynamic", "int8, dynamic activations", "weights=int8 activations=dynamic"),
    Variant("int4", "int4, group 32", "weights=int4 group=32"),
    Variant("nf4", "nf4, group 64", "weights=nf4"),
    Variant("int2", "int2, group 32", "weights=int2"),
]


class ToolError(RuntimeError):
    pass


class Toolchain:
    def __init__(self, bin_folder: Path, work: Path, model: Path):
        self.bin = bin_folder
        self.work = work
        self.model = model
        self.parameters = model / "model.safetensors"
        self.libraries: dict[Path, Library] = {}
        work.mkdir(parents=True, exist_ok=True)

    def run(self, tool: str, *arguments) -> str:
        """What it says on standard error; an exception if it fails."""
        command = [str(self.bin / tool), *map(str, arguments)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except OSError as error:
            raise ToolError(f"cannot run {command[0]}: {error.strerror}") from error
        if done.returncode:
            raise ToolError(f"{' '.join(command)}\nended with code {done.returncode}:\n{done.stderr}")
        return done.stderr

    def bind(self, names: np.ndarray) -> None:
        """Arguments that are weights become parameters by the names of their tensors."""
        listing = self.work / "names.txt"
        listing.write_text("".join(f"{name}\n" for name in names))
        for program, file in PROGRAMS.items():
            self.run("quant-opt", self.model / file,
                     f"--qlinalg-bind-parameters=entry=main names={listing}",
                     "-o", self.bound(program))

    def bound(self, program: str) -> Path:
        return self.work / f"{program}.mlir"

    def stored(self, variant: Variant) -> Path:
        """The file that alone holds all parameters of the variant."""
        return self.work / f"{variant.name}.safetensors"

    def quantize(self, variant: Variant, program: str) -> Path:
        """Quantized IR and its parameters, by the pipeline."""
        output = self.work / f"{variant.name}_{program}.mlir"
        self.run("quant-opt", self.bound(program),
                 f"--qlinalg-ptq={variant.options} parameters={self.parameters} "
                 f"output-parameters={self.stored(variant)}",
                 "-o", output)
        return output

    def compile(self, variant: Variant, program: str) -> None:
        stem = self.work / f"{variant.name}_{program}"
        self.run("quant-compile", f"{stem}.mlir", "-o", f"{stem}.so", f"--header={stem}.h")

    def load(self, variant: Variant, program: str) -> Library:
        """A library takes its parameters once, however often it is asked for."""
        path = self.work / f"{variant.name}_{program}.so"
        if path not in self.libraries:
            self.libraries[path] = Library(path, self.stored(variant))
        return self.libraries[path]
