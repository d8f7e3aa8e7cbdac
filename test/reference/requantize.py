"""Integer sums to codes, in NumPy: by multipliers and shifts, and by a float scale."""

import math

import numpy as np

LIMITS = {"int8": (-128, 127), "uint8": (0, 255)}
LEAST, GREATEST = -(2**31), 2**31 - 1


def divide(numerator, exponent, ties):
    """numerator / 2^exponent in int64, rounded to nearest; 2^exponent and what is added to it fit."""
    exponent = np.asarray(exponent, np.int64)
    below = numerator >> exponent
    rest = numerator - (below << exponent)
    half = np.where(exponent > 0, np.int64(1) << np.maximum(exponent - 1, 0), 0)
    tie = (rest == half) & (exponent > 0)
    upward = {"up": True, "even": below % 2 == 1, "away": numerator > 0}[ties]
    return below + np.where(tie, upward, rest > half) * (exponent > 0)


def rescale(total, multiplier, shift, how, ties="even"):
    """round(total * multiplier * 2^(shift - 31)) for int32 `total`: once ("exact"), or as gemmlowp does ("twice")."""
    total, multiplier, shift = (np.asarray(a, np.int64) for a in (total, multiplier, shift))
    if how == "exact":
        return divide(total * multiplier, 31 - shift, ties)
    shifted = np.clip(total << np.maximum(shift, 0), LEAST, GREATEST)
    return divide(divide(shifted * multiplier, 31, "up"), np.maximum(-shift, 0), "away")


def fixed_point(scale):
    """(multiplier, shift) of a positive number: 31 bits of it."""
    fraction, exponent = math.frexp(scale)
    multiplier = math.floor(fraction * 2**31 + 0.5)
    if multiplier == 2**31:
        multiplier, exponent = 2**30, exponent + 1
    return (0, 0) if exponent < -31 else (multiplier, exponent)


def fixed_points(scales):
    """The same of an array: two arrays."""
    pairs = np.array([fixed_point(float(s)) for s in np.ravel(scales)], np.int64)
    return pairs[:, 0].reshape(np.shape(scales)), pairs[:, 1].reshape(np.shape(scales))


def to_codes(rounded, zero, storage, relu=False, limits=None):
    """Rounded numbers around a zero point as codes (int64)."""
    least, greatest = limits or LIMITS[storage]
    if relu:
        least = min(max(least, zero), greatest)
    return np.clip(rounded + zero, least, greatest)


def quantize(values, scale, zero, storage, ties="even", limits=None):
    """f32 values by a scale: round half to even or away, add the zero point, clamp; a NaN gives 0."""
    least, greatest = limits or LIMITS[storage]
    quotient = (np.asarray(values, np.float32) / np.float32(scale)).astype(np.float32)
    rounded = np.rint(quotient) if ties == "even" else np.trunc(quotient.astype(np.float64) + np.copysign(0.5, quotient))
    codes = np.clip(rounded.astype(np.float32) + np.float32(zero), np.float32(least), np.float32(greatest))
    return np.where(np.isnan(codes), 0, codes).astype(np.int64)
