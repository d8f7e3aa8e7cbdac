"""file.py OBSERVE REFERENCE WORK: what ObserveArrays writes, against NumPy on all values together."""

import subprocess
import sys

import numpy as np

observe, reference, work = sys.argv[1:]
sys.path.insert(0, reference)
from expected_statistics import check_site  # noqa: E402
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
    check_site(name, sites[name], batches)
assert sites["never"]["count"] == 0 and sites["never"]["minimum"] == np.inf
print("NumPy reads it")
