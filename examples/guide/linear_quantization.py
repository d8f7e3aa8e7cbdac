"""Linear quantization in four steps: range, scale and zero point, codes, and back."""

import numpy as np
from pictures import draw
from qlinalg import numerics

matrix = np.array([[-0.40, -0.13, 0.02], [0.22, 0.50, -0.33], [0.44, 0.08, -0.27]], np.float32)
least, greatest = matrix.min(), matrix.max()
print(f"1. range: {least:.2f} to {greatest:.2f}")
coded = numerics.quantize(matrix, "uint8", granularity="tensor")
print(f"2. scale: ({greatest:.2f} - {least:.2f}) / 255 = {coded.scales[0]:.7f}; zero point: round({-least:.2f} / scale) = {coded.zero_points[0]}")
print("3. codes: round(w / scale) + zero point")
print(coded.codes)
decoded = coded.dequantize()
print("4. back: (code - zero point) * scale")
print(np.round(decoded, 4))
print(f"largest error {np.abs(decoded - matrix).max():.4f}, half a step is {coded.scales[0] / 2:.4f}")
draw("error_map", matrix, decoded, file="linear_quantization.png")
