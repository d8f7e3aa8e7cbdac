// A failed assertion ends the run with its message and exit code 1, leaves no output, and is no crash.
// RUN: rm -rf %t && split-file %s %t && cd %t
// RUN: %python make.py
// RUN: quant-run module.mlir --input=three.npy --input=other.npy --output=y.npy --lowering=linalg
// RUN: ls y.npy
// RUN: not quant-run module.mlir --input=three.npy --input=four.npy --output=z.npy --lowering=linalg 2>&1 | FileCheck %s
// RUN: not quant-run module.mlir --input=three.npy --input=four.npy --output=z.npy 2>&1 | FileCheck %s
// RUN: not ls z.npy

// CHECK: error: mismatched size for broadcast
// CHECK-NOT: Stack dump

//--- module.mlir
func.func @main(%a: tensor<?xf32>, %b: tensor<?xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %m = tensor.dim %a, %c0 : tensor<?xf32>
  %n = tensor.dim %b, %c0 : tensor<?xf32>
  %same = arith.cmpi eq, %m, %n : index
  cf.assert %same, "mismatched size for broadcast"
  %e = tensor.empty(%m) : tensor<?xf32>
  %s = tensor.insert_slice %b into %e[0] [%n] [1] : tensor<?xf32> into tensor<?xf32>
  return %s : tensor<?xf32>
}

//--- make.py
import numpy as np
np.save("three.npy", np.ones(3, np.float32))
np.save("other.npy", np.zeros(3, np.float32))
np.save("four.npy", np.ones(4, np.float32))
