"""Weights are constants: their ranges are known. Activations change with each input: their ranges are measured at run time, or calibrated."""

import pathlib

import numpy as np
import qlinalg

LINEAR = pathlib.Path(__file__).parents[1] / "linear.mlir"
random = np.random.default_rng(0)
seen = [random.standard_normal((2, 8), np.float32) for _ in range(50)]
model = qlinalg.load(LINEAR)
weight = model.layers[0].weight
print(f"weight: {weight.min():.2f} to {weight.max():.2f}, today and tomorrow")
print("activation: up to", *(f"{np.abs(x).max():.2f}" for x in seen[:6]), "...")

x = random.standard_normal((2, 8), np.float32)
expected, larger = model(x), model(10 * x)
for activations in (None, "dynamic", "int8"):
    model = qlinalg.load(LINEAR)
    qlinalg.quantize(model, weights="int8", activations=activations)
    if activations == "int8":
        with qlinalg.Calibration(model):
            for batch in seen:
                model(batch)
    qlinalg.freeze(model)
    error = qlinalg.numerics.error(expected, model(x))
    print(f"int8 weights, activations {activations or 'in floats':9}: SQNR {error['sqnr_db']:.1f} dB; with inputs 10 times as large",
          f"{qlinalg.numerics.error(larger, model(10 * x))['sqnr_db']:.1f} dB")
