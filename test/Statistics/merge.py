"""merge.py BIN REFERENCE WORK: exactly for counts and extremes, to 1e-12 for moments."""

import subprocess
import sys

import numpy as np

binaries, reference, work = sys.argv[1:]
sys.path.insert(0, reference)
from statistics_file import read_statistics  # noqa: E402

EXACT = ["count", "zeros", "nans", "infinities", "rows", "batches", "minimum", "maximum", "first_bin", "bins", "channels",
         "positive_counts", "negative_counts", "channel_magnitudes"]
random = np.random.default_rng(2)
for batch in range(12):
    values = random.standard_t(2, (50, 24)).astype(np.float32) * 10.0 ** random.integers(-3, 3)
    values[random.integers(0, 50, 3), 5] = 0, np.nan, np.inf
    np.save(f"{work}/x.npy", values)
    for path in ("whole", f"run{batch % 4}"):
        subprocess.run([f"{binaries}/ObserveArrays", f"{work}/{path}", "full", f"x=24:{work}/x.npy"], check=True)

whole = read_statistics(f"{work}/whole")["x"]


def check(path):
    merged = read_statistics(path)["x"]
    for name in EXACT:
        assert np.array_equal(merged[name], whole[name]), name
    for name in ("sum", "sum_of_squares", "batch_minima", "batch_maxima", "channel_squares"):
        np.testing.assert_allclose(merged[name].astype(np.longdouble).sum(), whole[name].astype(np.longdouble).sum(), rtol=1e-12)
    scale = np.sqrt(np.outer(np.diag(whole["products"]), np.diag(whole["products"])))
    assert (abs(merged["products"] - whole["products"]) <= 1e-12 * scale).all()


def merge(out, *paths):
    subprocess.run([f"{binaries}/quant-stats", "merge", *(f"{work}/{p}" for p in paths), "-o", f"{work}/{out}"], check=True)
    return f"{work}/{out}"


check(merge("forward", "run0", "run1", "run2", "run3"))
check(merge("backward", "run3", "run2", "run1", "run0"))
merge("left", "run1", "run3")
merge("right", "run2", "run0")
check(merge("nested", "right", "left"))
check(merge("run0", "run0", "run1", "run2", "run3"))  # into one of its inputs
