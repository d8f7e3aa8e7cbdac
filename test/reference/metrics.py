"""The named metrics of every execution test, in f64."""

import numpy as np


def metrics(actual, expected):
    """{max_abs, relative_l2, sqnr_db, cosine} of two arrays of one shape.

    relative_l2 = |actual - expected| / |expected|, sqnr_db = -20 log10(relative_l2), cosine of the flattened arrays.
    Two equal arrays have relative_l2 0, sqnr_db infinity and cosine 1, also where they are all zero.
    """
    a, e = np.asarray(actual, np.float64).ravel(), np.asarray(expected, np.float64).ravel()
    if np.shape(actual) != np.shape(expected):
        raise ValueError(f"expected shape {np.shape(expected)}, got {np.shape(actual)}")
    error, size = np.linalg.norm(a - e), np.linalg.norm(e)
    relative = 0.0 if error == 0 else error / size if size else np.inf
    sqnr = np.inf if relative == 0 else -20 * np.log10(relative)
    both = np.linalg.norm(a) * size
    cosine = a @ e / both if both else float(error == 0)
    return {"max_abs": np.abs(a - e).max(initial=0.0), "relative_l2": relative, "sqnr_db": sqnr, "cosine": cosine}
