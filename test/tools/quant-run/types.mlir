// Every element type crosses the border unchanged; bf16 and 8-bit floats as raw bits.
// RUN: rm -rf %t && split-file %s %t && cd %t
// RUN: %python check.py

//--- f64.mlir
func.func @main(%x: tensor<4xf64>) -> tensor<4xf64> { return %x : tensor<4xf64> }
//--- f16.mlir
func.func @main(%x: tensor<4xf16>) -> tensor<4xf16> {
  %e = tensor.empty() : tensor<4xf16>
  %s = linalg.add ins(%x, %x : tensor<4xf16>, tensor<4xf16>) outs(%e : tensor<4xf16>) -> tensor<4xf16>
  return %s : tensor<4xf16>
}
//--- bf16.mlir
func.func @main(%x: tensor<4xbf16>) -> tensor<4xbf16> {
  %e = tensor.empty() : tensor<4xbf16>
  %s = linalg.add ins(%x, %x : tensor<4xbf16>, tensor<4xbf16>) outs(%e : tensor<4xbf16>) -> tensor<4xbf16>
  return %s : tensor<4xbf16>
}
//--- f8.mlir
func.func @main(%x: tensor<4xf8E4M3FN>) -> tensor<4xf8E4M3FN> { return %x : tensor<4xf8E4M3FN> }
//--- i8.mlir
func.func @main(%x: tensor<4xi8>) -> tensor<4xi8> {
  %e = tensor.empty() : tensor<4xi8>
  %s = linalg.add ins(%x, %x : tensor<4xi8>, tensor<4xi8>) outs(%e : tensor<4xi8>) -> tensor<4xi8>
  return %s : tensor<4xi8>
}
//--- i1.mlir
func.func @main(%x: tensor<4xi1>) -> tensor<4xi1> { return %x : tensor<4xi1> }
//--- i64.mlir
func.func @main(%x: tensor<4xi64>) -> tensor<4xi64> { return %x : tensor<4xi64> }
//--- index.mlir
func.func @main(%x: tensor<4xindex>) -> tensor<4xindex> { return %x : tensor<4xindex> }
//--- i4.mlir
func.func @main(%x: tensor<4xi4>) -> tensor<4xi4> { return %x : tensor<4xi4> }
//--- unranked.mlir
func.func @main(%x: tensor<*xf32>) -> tensor<*xf32> { return %x : tensor<*xf32> }

//--- check.py
import subprocess
import numpy as np

def run(module, x):
    np.save("x.npy", x)
    done = subprocess.run(["quant-run", module + ".mlir", "--input=x.npy", "--output=y.npy", "--lowering=linalg"],
                          capture_output=True, text=True)
    return done

def check(module, x, expected):
    done = run(module, x)
    assert done.returncode == 0, (module, done.stderr)
    y = np.load("y.npy")
    assert y.dtype == expected.dtype, (module, y.dtype)
    np.testing.assert_array_equal(y, expected, err_msg=module)

check("f64", np.array([1e300, -0.0, np.inf, 3]), np.array([1e300, -0.0, np.inf, 3]))
check("f16", np.array([1, -2.5, 6e4, 0], np.float16), np.array([2, -5, np.inf, 0], np.float16))
# 1, -2.5, 3, 256 as the upper halves of f32
bf16 = lambda values: (np.array(values, np.float32).view(np.uint32) >> 16).astype(np.uint16)
check("bf16", bf16([1, -2.5, 3, 256]), bf16([2, -5, 6, 512]))
check("f8", np.array([0, 0x38, 0x7e, 0xff], np.uint8), np.array([0, 0x38, 0x7e, 0xff], np.uint8))
check("i8", np.array([1, -64, 63, 100], np.int8), np.array([2, -128, 126, -56], np.int8))
check("i8", np.array([1, 200, 63, 100], np.uint8), np.array([2, -112, 126, -56], np.int8))
check("i1", np.array([1, 0, 1, 1], bool), np.array([1, 0, 1, 1], bool))
check("i64", np.array([1, -2**60, 3, 4]), np.array([1, -2**60, 3, 4]))
check("index", np.array([1, 2, 3, 4]), np.array([1, 2, 3, 4]))
for module, x, message in [
        ("bf16", np.zeros(4, np.float16), "argument 0: expected tensor<4xbf16>, got f16[4]"),
        ("f16", np.zeros(4, np.uint16), "argument 0: expected tensor<4xf16>, got ui16[4]"),
        ("i64", np.zeros(4, np.int32), "argument 0: expected tensor<4xi64>, got i32[4]"),
        ("i4", np.zeros(4, np.int8), "i4.mlir:1:1: error: expected argument 0 of 'main' to be a ranked tensor "
                                     "or a number of whole bytes, got 'tensor<4xi4>'"),
        ("unranked", np.zeros(4, np.float32), "got 'tensor<*xf32>'")]:
    done = run(module, x)
    assert done.returncode == 1 and message in done.stderr and done.stderr.count("\n") == 1, (module, done.stderr)
