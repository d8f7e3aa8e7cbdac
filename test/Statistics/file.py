"""file.py OBSERVE REFERENCE WORK: what ObserveArrays writes, against NumPy on all values together."""

import subprocess
import sys

import numpy as np

observe, reference, work = sys.argv[1:]
sys.path.insert(0, reference)
from statistics_file import read_statistics  # noqa: E402

random = np.random.default_rng(1)
seen = {"a": [], "b": []}
for batch in range(7):
    arguments = []
    for name, channels, make in (
        ("a", 5, lambda s: random.normal(1000, 1, s)),
        ("b", 33, lambda s: np.exp(random.normal(0, 4, s)) * random.integers(-1, 2, s)),
    ):
        values = make((17 + batch, channels)).astype(np.float32)
        if batch == 3:
            values[2, 1:4] = np.nan, np.inf, -np.inf
        np.save(f"{work}/{name}.npy", values)
        arguments.append(f"{name}={channels}:{work}/{name}.npy")
        seen[name].append(values)
    subprocess.run([observe, f"{work}/s", "full", *arguments, "never=4"], check=True)

sites = read_statistics(f"{work}/s")
assert list(sites) == ["a", "b", "never"]
for name, batches in seen.items():
    site, rows = sites[name], np.concatenate(batches)
    finite = rows[np.isfinite(rows)].astype(np.longdouble)
    assert site["count"] == rows.size and site["rows"] == len(rows) and site["batches"] == 7
    assert (site["nans"], site["infinities"], site["zeros"]) == (1, 2, (rows == 0).sum())
    assert (site["minimum"], site["maximum"]) == (finite.min(), finite.max())
    total, squares = (np.longdouble(site[n]).sum() for n in ("sum", "sum_of_squares"))
    np.testing.assert_allclose(float(total / finite.size), float(finite.mean()), rtol=1e-12)
    variance = squares / finite.size - (total / finite.size) ** 2
    np.testing.assert_allclose(float(variance), float(finite.var()), rtol=1e-10)
    lows, highs = ([f(b[np.isfinite(b)].astype(np.float64)) for b in batches] for f in (np.min, np.max))
    np.testing.assert_allclose(site["batch_minima"].sum(), sum(lows), rtol=1e-12)
    np.testing.assert_allclose(site["batch_maxima"].sum(), sum(highs), rtol=1e-12)
    clean = np.where(np.isfinite(rows), rows, 0).astype(np.float64)
    assert (site["channel_magnitudes"] == abs(clean).max(0)).all()
    np.testing.assert_allclose(site["channel_squares"], (clean**2).sum(0), rtol=1e-12)
    np.testing.assert_allclose(site["products"], clean.T @ clean, rtol=1e-12, atol=1e-12 * (clean**2).sum())
    # np.histogram has bins [a, b): with signs turned (a, b].
    for sign, counts in ((1, site["positive_counts"]), (-1, site["negative_counts"])):
        magnitudes = sign * rows[np.isfinite(rows) & (sign * rows > 0)]
        expected = np.histogram(-magnitudes.astype(np.float64), -site["edges"][::-1].astype(np.float64))[0][::-1]
        # The last bin of np.histogram is closed: the lower edge of the first bin here.
        assert (magnitudes > site["edges"][0]).all() and (counts == expected).all(), name
assert sites["never"]["count"] == 0 and sites["never"]["minimum"] == np.inf
print("NumPy reads it")
