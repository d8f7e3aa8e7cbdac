"""Frontends' programs, quantized, on the simulated GPU: results as on the processor.

    models.py COMPILER WORK NAME[:OPTIONS]…

NAME.mlir and NAME.npz (in0, in1, … are its arguments) stand in test/Integration/models. Both sides take the same codes; sums of
floats in another order, and exponentials, differ by a few units of the last place, which norms and softmax amplify.
"""

import pathlib
import subprocess
import sys

import numpy as np
from simulated import execute, save, serve

MODELS = pathlib.Path(__file__).parents[1] / "Integration" / "models"
BOUND = 2e-5  # of the greatest result


def check(library, work, name, options):
    held = np.load(MODELS / f"{name}.npz")
    inputs = save(work, [held[f"in{i}"] for i in range(sum(key.startswith("in") for key in held))])
    module = work / f"{name}.mlir"
    subprocess.run(["quant-opt", MODELS / f"{name}.mlir", f"--qlinalg-ptq={options}", "-o", module], check=True,
                   stderr=subprocess.DEVNULL)
    (want,), (got,), launches = execute(library, 80, module, inputs, 1, expected=())
    want, got = want.astype(np.float64), got.astype(np.float64)
    worst = np.abs(want - got).max() / np.abs(want).max()
    assert worst <= BOUND, f"{name}: {worst}"
    kinds = sorted({kernel.split("_", 4)[-1] for kernel, _ in launches})
    print(f"{name} {options}: {len(launches)} launches of {', '.join(kinds)}, off by {worst:.1e}")


def main(compiler, work, *cases):
    work = pathlib.Path(work)
    library = serve.build(compiler, work)
    for case in cases:
        name, _, options = case.partition(":")
        check(library, work, name, options or "weights=int8 activations=dynamic")


if __name__ == "__main__":
    main(*sys.argv[1:])
