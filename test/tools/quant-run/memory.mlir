// No memory is an error, and functions may be called as those that memory comes from.
// RUN: rm -rf %t && split-file %s %t && cd %t
// RUN: %python -c "import numpy as np; np.save('n.npy', np.array(1 << 45)); np.save('x.npy', np.arange(1, 4, dtype=np.float32))"
// RUN: not quant-run huge.mlir --input=n.npy --output=y.npy 2>&1 | FileCheck %s
// RUN: not quant-run huge.mlir --input=n.npy --output=y.npy --lowering=linalg 2>&1 | FileCheck %s
// RUN: not ls y.npy
// CHECK: error: out of memory
// CHECK-NOT: Stack dump

// RUN: %python expect.py
// RUN: quant-run names.mlir --entry=malloc --input=x.npy --expect=y.npy | FileCheck %s --check-prefix=NAMES
// RUN: quant-run names.mlir --entry=malloc --input=x.npy --expect=y.npy --lowering=linalg | FileCheck %s --check-prefix=NAMES
// RUN: quant-compile names.mlir -o names.so
// NAMES: "max_abs": 0,

//--- huge.mlir
func.func @main(%n: i64) -> tensor<?xf32> {
  %one = arith.constant 1.0 : f32
  %size = arith.index_cast %n : i64 to index
  %e = tensor.empty(%size) : tensor<?xf32>
  %f = linalg.fill ins(%one : f32) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  return %f : tensor<?xf32>
}

//--- names.mlir
func.func @malloc(%x: tensor<?xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  %y = call @free(%x) : (tensor<?xf32>) -> tensor<?xf32>
  %e = tensor.empty(%n) : tensor<?xf32>
  %s = linalg.add ins(%y, %x : tensor<?xf32>, tensor<?xf32>) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  %z = call @memcpy(%s) : (tensor<?xf32>) -> tensor<?xf32>
  return %z : tensor<?xf32>
}
func.func @free(%x: tensor<?xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  %e = tensor.empty(%n) : tensor<?xf32>
  %s = linalg.add ins(%x, %x : tensor<?xf32>, tensor<?xf32>) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  %t = call @aligned_alloc(%s) : (tensor<?xf32>) -> tensor<?xf32>
  return %t : tensor<?xf32>
}
func.func private @memcpy(%x: tensor<?xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  %e = tensor.empty(%n) : tensor<?xf32>
  %s = linalg.mul ins(%x, %x : tensor<?xf32>, tensor<?xf32>) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  return %s : tensor<?xf32>
}
func.func private @aligned_alloc(%x: tensor<?xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  %e = tensor.empty(%n) : tensor<?xf32>
  %s = linalg.negf ins(%x : tensor<?xf32>) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  return %s : tensor<?xf32>
}
func.func @qlinalg_rt_acquire(%x: f32) -> f32 {
  %y = call @tanf(%x) : (f32) -> f32
  %z = math.tan %y : f32
  return %z : f32
}
func.func private @tanf(%x: f32) -> f32 {
  %y = arith.mulf %x, %x : f32
  return %y : f32
}

//--- expect.py
import numpy as np
x = np.load("x.npy")
# malloc(x) = memcpy(free(x) + x), free(x) = -(x + x)
np.save("y.npy", (x - 2 * x) ** 2)
