"""Downcasting: bf16 keeps the range of f32 and loses precision; errors of a sum add up."""

import numpy as np
from qlinalg import numerics

x = np.random.default_rng(828).random(1000, dtype=np.float32)
narrow = numerics.round_to(x, "bf16")
print("f32: ", *(f"{value:.7f}" for value in x[:4]))
print("bf16:", *(f"{value:.7f}" for value in narrow[:4]))
print(f"largest error of a value: {np.abs(narrow - x).max():.4f}")
print(f"x . x in f32: {np.dot(x, x):.1f}")
total = np.zeros(1, np.float32)
for value in narrow:
    # Product and sum are rounded to bf16; from 256 on its steps are 2, and a product below 1 is lost.
    total = numerics.round_to(total + numerics.round_to(np.array([value * value]), "bf16"), "bf16")
print(f"x . x multiplied and added in bf16: {total[0]:.0f}")
print(f"x . x of bf16 values, added in f32: {np.dot(narrow, narrow):.1f}")
# An int8 is no small float: without a scale 0.17 and 0.42 are both 0.
print("int8 without a scale:", *np.rint(x[:4]).astype(np.int8))
