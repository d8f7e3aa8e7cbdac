// Results are the caller's own, whatever the function returns: an argument, a constant, one value twice.
// RUN: rm -rf %t && split-file %s %t && cd %t
// RUN: %python make.py
// RUN: quant-run module.mlir --entry=argument --input=x.npy --output=a.npy --lowering=linalg
// RUN: quant-run module.mlir --entry=constant --output=b.npy --lowering=linalg
// RUN: quant-run module.mlir --entry=twice --input=x.npy --output=c.npy --output=d.npy --lowering=linalg
// RUN: quant-run module.mlir --entry=slice --input=x.npy --output=e.npy --lowering=linalg
// RUN: quant-run module.mlir --entry=destination --input=x.npy --output=f.npy --lowering=linalg --benchmark=3
// RUN: quant-run module.mlir --entry=nothing --input=x.npy --lowering=linalg | count 0
// RUN: quant-run module.mlir --entry=argument --input=x.npy --output=a2.npy
// RUN: quant-run module.mlir --entry=constant --output=b2.npy
// RUN: quant-run module.mlir --entry=twice --input=x.npy --output=c2.npy --output=d2.npy --benchmark=3 | FileCheck %s
// RUN: %python check.py
// A pipe is not replaced by a file.
// RUN: mkfifo pipe
// RUN: not quant-run module.mlir --entry=constant --output=pipe 2>&1 | FileCheck %s --check-prefix=PIPE
// RUN: test -p pipe
// PIPE: error: cannot write 'pipe': expected a regular file, got a device or a pipe

// CHECK: {"calls": 3, "median_ns": {{[0-9.e+]+}}, "min_ns": {{[0-9.e+]+}}, "p90_ns": {{[0-9.e+]+}}, "threads": {{[0-9]+}}, "cpu": "{{.+}}"}

//--- module.mlir
func.func @argument(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  return %x : tensor<2x3xf32>
}
func.func @constant() -> tensor<2xi32> {
  %c = arith.constant dense<[7, -8]> : tensor<2xi32>
  return %c : tensor<2xi32>
}
func.func @twice(%x: tensor<2x3xf32>) -> (tensor<2x3xf32>, tensor<2x3xf32>) {
  %e = tensor.empty() : tensor<2x3xf32>
  %s = linalg.add ins(%x, %x : tensor<2x3xf32>, tensor<2x3xf32>) outs(%e : tensor<2x3xf32>) -> tensor<2x3xf32>
  return %s, %s : tensor<2x3xf32>, tensor<2x3xf32>
}
func.func @slice(%x: tensor<2x3xf32>) -> tensor<2x2xf32> {
  %s = tensor.extract_slice %x[0, 1] [2, 2] [1, 1] : tensor<2x3xf32> to tensor<2x2xf32>
  return %s : tensor<2x2xf32>
}
func.func @destination(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %s = linalg.add ins(%x, %x : tensor<2x3xf32>, tensor<2x3xf32>) outs(%x : tensor<2x3xf32>) -> tensor<2x3xf32>
  return %s : tensor<2x3xf32>
}
func.func @nothing(%x: tensor<2x3xf32>) {
  return
}

//--- make.py
import numpy as np
np.save("x.npy", np.arange(6, dtype=np.float32).reshape(2, 3))

//--- check.py
import numpy as np
x = np.arange(6, dtype=np.float32).reshape(2, 3)
expected = {"a": x, "b": np.array([7, -8], np.int32), "c": 2 * x, "d": 2 * x, "e": x[:, 1:], "f": 2 * x,
            "a2": x, "b2": np.array([7, -8], np.int32), "c2": 2 * x, "d2": 2 * x}
for name, value in expected.items():
    got = np.load(name + ".npy")
    assert got.dtype == value.dtype, (name, got.dtype)
    np.testing.assert_array_equal(got, value, err_msg=name)
