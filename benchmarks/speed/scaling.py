"""This project's own scaling: two threads against one, in a process of its own, in which OpenMP pins its threads.

Peers stay out: their idle threads spin into the turns of others. Reads a JSON object on standard input
({"folder", "bin", "native", "cpu", "schemes", "shape", "rows", "cold_bytes", "rounds"}), writes a list.
"""

import ctypes
import json
import os
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np

import machine
from contest import Entry, Spread, enter
from ours import Ours
from problem import Problem

ENVIRONMENT = {"OMP_NUM_THREADS": "2", "OMP_PROC_BIND": "true", "OMP_PLACES": "cores", "KMP_BLOCKTIME": "10"}
# Longer than an idle thread spins.
REST_SECONDS = 0.015


def measure(**job):
    """Starts the process; results of each scheme and number of rows."""
    done = subprocess.run([sys.executable, __file__], input=json.dumps(job), capture_output=True, text=True,
                          env=dict(os.environ, **ENVIRONMENT))
    if done.returncode:
        raise RuntimeError(f"two threads: {done.stderr.strip()[-160:]}")
    sys.stderr.write(done.stderr)
    return json.loads(done.stdout)


def alternate(entry: Entry, read, openmp, m, rounds):
    seconds, bandwidth = {1: [], 2: []}, []
    for threads in (1, 2):
        openmp.omp_set_num_threads(threads)
        entry.warm(m)
    for _ in range(rounds):
        for threads in (1, 2):
            openmp.omp_set_num_threads(threads)
            entry.prepared.run(m)
            entry.sample(m)
            seconds[threads].append(entry.seconds[m][-1])
            time.sleep(REST_SECONDS)
        bandwidth.append(read.measure(2))
    n, k = entry.problem.shape
    one, two = np.array(seconds[1]), np.array(seconds[2])
    stored = n * k * entry.contestant.bits / 8
    return {"shape": [n, k], "rows": m, "contestant": entry.contestant.name, "scaling": asdict(Spread.of(one / two)),
            "gmacs_2": asdict(Spread.of(n * k * m / two / 1e9)),
            "of_read_2": asdict(Spread.of(stored / two / 1e9 / np.array(bandwidth)))}


def main():
    job = json.load(sys.stdin)
    native = machine.load(job["native"])
    read = next(limit for limit in machine.limits(native) if limit.kind == "read")
    ours = Ours(Path(job["bin"]), native, job["cpu"])
    problem = Problem(tuple(job["shape"]), job["rows"], job["cold_bytes"], Path(job["folder"]))

    def complain(contestant, error):
        print(f"{contestant.name}: {error}", file=sys.stderr)

    openmp = ctypes.CDLL("libomp.so.5")  # that of the libraries
    results = []
    for part in problem.parts():
        for entry in enter(ours.contestants(job["schemes"]), part, complain):
            results += [alternate(entry, read, openmp, m, job["rounds"]) for m in part.rows]
    json.dump(results, sys.stdout)


if __name__ == "__main__":
    main()
