"""SmoothQuant (arXiv 2211.10438) in NumPy: scales of an alpha, and what they cost by statistics of the activation.

Per channel k of K: `magnitudes` max |x_k|, `squares` the mean of x_k^2; weights are rows of K. Nothing here is
computed by our own code.
"""

import math

import numpy as np


def scales(magnitudes, weights, alpha):
    """Equation 4, with a geometric mean of 1. Every channel of x and of the weights has a value other than 0."""
    logs = alpha * np.log(magnitudes) - (1 - alpha) * np.log(np.abs(weights).max(axis=0))
    return np.exp(logs - logs.mean()).astype(np.float32)


def weight_error(weights, squares, s):
    """int8, a scale a row: the squared error of the results that rounding W s makes, its mean over rows of x."""
    scaled = weights * s
    steps = np.abs(scaled).max(axis=1, keepdims=True) / np.float32(127)
    error = np.clip(np.rint(scaled / steps), -128, 127) * steps - scaled
    return float((error.astype(np.float64) ** 2 / s.astype(np.float64) ** 2 * squares).sum())


def tail(magnitude, square, rows):
    """(shape, spread) of the P(|x| > t) = exp(-(t / spread)^shape) with that mean square, exceeding `magnitude` once."""
    def excess(shape):
        return 2 / shape * math.log(math.log(rows)) - math.lgamma(1 + 2 / shape) - math.log(magnitude**2 / square)
    low, high = 0.15, 16.0
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)
    return low, math.sqrt(square) * math.exp(-math.lgamma(1 + 2 / low) / 2)


def rounding_error(magnitude, square, rows, step):
    """The mean squared error of rounding to multiples of `step`: below half of it the value's own square."""
    shape, spread = tail(magnitude, square, rows)
    t = np.linspace(0, step / 2, 4001)
    beyond = np.exp(-((t / spread) ** shape))
    return float(np.trapezoid(2 * t * (beyond - beyond[-1]), t) + beyond[-1] * step**2 / 12)


def static_error(magnitudes, squares, rows, weights, s, least, greatest, symmetric):
    """Of one int8 scale for x / s, from the extremes of the channels."""
    below = (np.minimum(magnitudes, max(-least, 0)) / s).max()
    above = (np.minimum(magnitudes, max(greatest, 0)) / s).max()
    step = max(below, above) / 127 if symmetric else (below + above) / 255
    importance = (weights.astype(np.float64) ** 2).sum(axis=0)
    return sum(h * rounding_error(m, q, rows, step * own)
               for h, m, q, own in zip(importance, magnitudes, squares, s.astype(np.float64)))
