"""After training (PTQ) or while training (QAT): floats are updated, the loss sees what their codes stand for.

NumPy alone; `qlinalg.qat` is the same for torch.
"""

import numpy as np
from qlinalg import numerics

random = np.random.default_rng(0)
# Inputs that depend on one another, as activations do: an error of one weight can be made good by another.
x = random.standard_normal((512, 6)) @ random.standard_normal((6, 16)) / np.sqrt(6) + 0.1 * random.standard_normal((512, 16))
x = x.astype(np.float32)
y = x @ random.standard_normal((4, 16)).astype(np.float32).T
RATE = np.float32(0.02 / np.linalg.eigvalsh(x.T @ x / len(x)).max())
SCHEME = {"storage": "int4", "granularity": "channel"}


def loss(weights):
    return float(np.mean((x @ weights.T - y) ** 2))


def train_quantized(weights, steps):
    """The best quantized weights on the way."""
    best = used = numerics.fake_quantize(weights, **SCHEME)
    for step in range(steps):
        # Rounding counts as the identity: the gradient at the quantized weights moves the floats.
        weights = weights - RATE * ((x @ used.T - y).T @ x / len(x))
        used = numerics.fake_quantize(weights, **SCHEME)
        best = min(best, used, key=loss)
    return best


floats = np.linalg.lstsq(x, y, rcond=None)[0].T.copy()
print(f"floats:                        loss {loss(floats):.6f}")
after = numerics.fake_quantize(floats, **SCHEME)
print(f"4 bits after training (PTQ):   loss {loss(after):.4f}")
aware = train_quantized(floats, 500)
print(f"4 bits while training (QAT):   loss {loss(aware):.4f}")
# What QAT left are numbers that quantization does not change any more.
print("codes again:", np.array_equal(numerics.fake_quantize(aware, **SCHEME), aware))
