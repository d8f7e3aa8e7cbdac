"""Error: numbers with fewer digits are other numbers."""

import numpy as np
from pictures import draw

matrix = np.array([[0.17, -0.42, 0.93], [1.28, 0.06, -0.35], [-0.71, 0.84, 0.5]], np.float32)
rounded = np.round(matrix, 1)
error = np.abs(rounded - matrix)

SHADES = " .:-=+*#%@"
for row in range(3):
    shades = "".join(2 * SHADES[int(value / error.max() * (len(SHADES) - 1))] for value in error[row])
    print(*(f"{value:6.2f}" for value in matrix[row]), "  ->", *(f"{value:5.1f}" for value in rounded[row]), "   error",
          *(f"{value:5.2f}" for value in error[row]), "  ", shades)
print(f"largest error {error.max():.2f}, mean {error.mean():.4f}")
draw("error_map", matrix, rounded, file="rounding_error.png")
