"""Memory: fewer bits a number are fewer bytes."""

import numpy as np
from qlinalg import numerics

matrix = np.linspace(-1, 1, 9, dtype=np.float32).reshape(3, 3)
print(f"f32:  {matrix.nbytes} bytes")
for storage in ("bf16", "int8", "int4"):
    coded = numerics.quantize(matrix, storage, **({} if storage == "bf16" else {"granularity": "tensor"}))
    scales = 0 if coded.scales is None else coded.scales.nbytes
    print(f"{storage + ':':5} {coded.packed.nbytes} bytes of codes" + (f", {scales} of scales" if scales else ""))

# 7 billion weights, as codes with a scale of 16 bits for each 32.
for bits in (32, 16, 8, 4):
    scales = 0 if bits > 8 else 16 / 32
    print(f"7e9 weights of {bits:2} bits: {7e9 * (bits + scales) / 8 / 1e9:6.2f} GB")
