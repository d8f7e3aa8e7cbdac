"""Calibration: which range do representative data ask for? A few outliers decide about the widest one, and 4 bits cannot afford it."""

import numpy as np
from pictures import draw
from qlinalg import numerics

random = np.random.default_rng(0)
batches = [random.standard_normal((64, 64)).astype(np.float32) for _ in range(20)]
for batch in batches[::5]:
    batch[random.integers(64), random.integers(64)] = 8
values = np.concatenate(batches)

print("method              range             scale    mean squared error: expected  measured")
for method in ("minmax", "average", "percentile:99.9", "deviations:4", "entropy", "mse", "auto"):
    chosen = numerics.choose_range(batches, method, "int4", symmetric=True)
    codes = np.clip(np.rint(values / np.float32(chosen.scale)), -8, 7)
    measured = np.mean((codes * np.float32(chosen.scale) - values) ** 2)
    print(f"{method:17} {chosen.least:6.2f} to {chosen.greatest:5.2f}   {chosen.scale:.5f}   {chosen.expected_error:25.6f} {measured:9.6f}"
          + (f"   ({chosen.method})" if method == "auto" else ""))
draw("histogram", values, file="calibration.png", title="an activation with outliers")
