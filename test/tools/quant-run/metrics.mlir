// The numbers of --expect, by hand: the result is 3 4 0 0.
// RUN: rm -rf %t && split-file %s %t && cd %t
// RUN: %python make.py
// RUN: quant-run module.mlir --expect=e.npy --lowering=linalg | FileCheck %s --check-prefix=OFF
// RUN: quant-run module.mlir --expect=zero.npy --lowering=linalg | FileCheck %s --check-prefix=ZERO
// RUN: quant-run module.mlir --expect=nan.npy --lowering=linalg | FileCheck %s --check-prefix=NAN
// RUN: quant-run module.mlir --expect=e.npy --benchmark=2 --threads=1 --cpu=native --lowering=linalg | %python check.py

// reference 3 0 4 0: difference 0 4 -4 0, |difference| = sqrt(32), |reference| = 5, cosine 9/25
// relative 1.13137085, 10 log10(25 / 32) = -1.07209970
// OFF: {"result": 0, "max_abs": 4, "relative_l2": 1.13137085, "sqnr_db": -1.0720997, "cosine": 0.36}
// ZERO: {"result": 0, "max_abs": 4, "relative_l2": 1e999, "sqnr_db": -1e999, "cosine": 0}
// NAN: {"result": 0, "max_abs": null, "relative_l2": null, "sqnr_db": null, "cosine": null}

//--- module.mlir
func.func @main() -> tensor<2x2xf32> {
  %c = arith.constant dense<[[3.0, 4.0], [0.0, 0.0]]> : tensor<2x2xf32>
  return %c : tensor<2x2xf32>
}

//--- make.py
import numpy as np
np.save("e.npy", np.array([[3, 0], [4, 0]], np.float32))
np.save("zero.npy", np.zeros((2, 2), np.float32))
np.save("nan.npy", np.array([[3, 0], [4, np.nan]], np.float32))

//--- check.py
import json, sys
error, times = [json.loads(line) for line in sys.stdin]
assert list(error) == ["result", "max_abs", "relative_l2", "sqnr_db", "cosine"]
assert list(times) == ["calls", "median_ns", "min_ns", "p90_ns", "threads", "cpu"]
assert times["calls"] == 2 and times["threads"] == 1
assert 0 < times["min_ns"] <= times["median_ns"] <= times["p90_ns"]
