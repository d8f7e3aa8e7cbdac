// Each way in which inputs can be wrong is one line that says what was expected and what was found.
// RUN: rm -rf %t && split-file %s %t && cd %t
// RUN: %python make.py
// RUN: quant-run module.mlir --input=a.npy --input=b.npy --expect=ab.npy --lowering=linalg | FileCheck %s --check-prefix=GOOD
// RUN: not quant-run module.mlir --input=a.npy 2>&1 | FileCheck %s --check-prefix=COUNT
// RUN: not quant-run module.mlir --input=rank3.npy --input=b.npy 2>&1 | FileCheck %s --check-prefix=RANK
// RUN: not quant-run module.mlir --input=a.npy --input=wide.npy 2>&1 | FileCheck %s --check-prefix=SIZE
// RUN: not quant-run module.mlir --input=double.npy --input=b.npy 2>&1 | FileCheck %s --check-prefix=TYPE
// RUN: not quant-run module.mlir --input=a.npy --input=long.npy 2>&1 | FileCheck %s --check-prefix=EQUAL
// RUN: not quant-run module.mlir --input=missing.npy --input=b.npy 2>&1 | FileCheck %s --check-prefix=MISSING
// RUN: not quant-run module.mlir --input=make.py --input=b.npy 2>&1 | FileCheck %s --check-prefix=NOTNPY
// RUN: not quant-run module.mlir --input=a.npy --input=b.npy --expect=a.npy 2>&1 | FileCheck %s --check-prefix=EXPECT
// RUN: not quant-run module.mlir --input=a.npy --input=b.npy --output=1.npy --output=2.npy 2>&1 | FileCheck %s --check-prefix=OUTPUTS
// RUN: not ls 1.npy

// GOOD: {"result": 0, "max_abs": 0, "relative_l2": 0, "sqnr_db": 1e999, "cosine": 1}
// COUNT: error: expected 2 arguments of 'main', got 1
// RANK: error: argument 0: expected tensor<?x?xf32>, got f32[1x2x3]
// SIZE: error: argument 1: expected tensor<?x4xf32>, got f32[3x5]
// TYPE: error: argument 0: expected tensor<?x?xf32>, got f64[2x3]
// EQUAL: error: expected dimension 0 of argument 1 to be that of dimension 1 of argument 0, 3, got 7
// MISSING: error: {{.*}}missing.npy
// NOTNPY: error: {{.*}}make.py
// EXPECT: error: result 0: expected f32[2x3], got f32[2x4]
// OUTPUTS: error: expected --output at most once for each of the 1 results of 'main', got 2

//--- module.mlir
func.func @main(%a: tensor<?x?xf32>, %b: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %m = tensor.dim %a, %c0 : tensor<?x?xf32>
  %e = tensor.empty(%m) : tensor<?x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?x4xf32>) -> tensor<?x4xf32>
  %r = linalg.matmul ins(%a, %b : tensor<?x?xf32>, tensor<?x4xf32>) outs(%f : tensor<?x4xf32>) -> tensor<?x4xf32>
  return %r : tensor<?x4xf32>
}

//--- make.py
import numpy as np
a = np.arange(6, dtype=np.float32).reshape(2, 3)
b = np.arange(12, dtype=np.float32).reshape(3, 4) - 5
np.save("a.npy", a)
np.save("b.npy", b)
np.save("ab.npy", a @ b)
np.save("rank3.npy", a[None])
np.save("wide.npy", np.zeros((3, 5), np.float32))
np.save("double.npy", a.astype(np.float64))
np.save("long.npy", np.zeros((7, 4), np.float32))
