"""A program on the simulated GPU and, as what is expected, by its definition on the processor."""

import pathlib
import subprocess
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from ptxsim import serve  # noqa: E402, F401


def save(folder, arrays):
    """The options that give `arrays` to quant-run."""
    folder.mkdir(parents=True, exist_ok=True)
    for i, array in enumerate(arrays):
        np.save(folder / f"x{i}.npy", array)
    return [f"--input={folder}/x{i}.npy" for i in range(len(arrays))]


def execute(library, chip, module, inputs, results, expected=("--lowering=linalg",)):
    """(results wanted, results got, kernels that ran with their Counters); an AssertionError where something is left behind."""
    folder = module.parent
    outputs = [[f"--output={folder}/{kind}{i}.npy" for i in range(results)] for kind in ("want", "got")]
    subprocess.run(["quant-run", module, *inputs, *outputs[0], *expected], check=True)
    process, server = serve.run(library, chip, ["quant-run", module, *inputs, *outputs[1], "--target=cuda"])
    assert process.returncode == 0, server.errors
    assert not list(server.left()), list(server.left())
    want, got = ([np.load(folder / f"{kind}{i}.npy") for i in range(results)] for kind in ("want", "got"))
    return want, got, server.launches


def kernels(launches, kind):
    """The Counters of kernels of that kind, none of which may have bank conflicts."""
    found = [counters for name, counters in launches if name.endswith(kind)]
    assert not any(sum(counters.conflicts.values()) for counters in found)
    return found
