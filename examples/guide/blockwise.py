"""Blockwise quantization: each group has a scale of its own, so one large number spoils its group alone; levels may follow how often values occur."""

import numpy as np
from pictures import draw
from qlinalg import numerics

weights = np.random.default_rng(0).standard_normal((64, 256)).astype(np.float32)
weights[7, 13] = 40


def show(name, coded):
    print(f"{name:28} {8 * coded.nbytes / weights.size:5.2f} bits  SQNR {numerics.error(weights, coded.dequantize())['sqnr_db']:6.2f} dB")


show("int4, one scale for all", numerics.quantize(weights, "int4", granularity="tensor"))
show("int4, a scale a row", numerics.quantize(weights, "int4", granularity="channel"))
for group in (128, 64, 32, 16):
    show(f"int4, groups of {group}", numerics.quantize(weights, "int4", group=group, scales="f16"))
show("int4, groups of 64, by mse", numerics.quantize(weights, "int4", group=64, scales="f16", method="mse"))
# nf4 has its 16 levels where a normal distribution has its values.
show("nf4, groups of 64", numerics.quantize(weights, "nf4", group=64, scales="f16"))
print("nf4 levels:", *(f"{level:.3f}" for level in numerics.codebook("nf4")))
normal = weights[8:]
draw("histogram", normal, file="nf4.png", coded=numerics.quantize(normal, "nf4", granularity="tensor"), title="weights and the levels of nf4")
