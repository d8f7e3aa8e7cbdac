// What cannot be compared is one line that says why.
// RUN: rm -rf %t && split-file %s %t && cd %t
// RUN: %python check.py

//--- q.mlir
#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#n = affine_map<(m, n, k) -> (n)>
#mn = affine_map<(m, n, k) -> (m, n)>
func.func @main(%x: tensor<2x4xf32>) -> tensor<2x3xf32> {
  %zeros = arith.constant dense<0.0> : tensor<2x3xf32>
  %w = arith.constant dense<2> : tensor<3x4xi8>
  %s = arith.constant dense<1.0> : tensor<3xf32>
  %0 = qlinalg.matmul lhs(%x : tensor<2x4xf32>) rhs(%w : tensor<3x4xi8> scales %s : tensor<3xf32> scheme <int8, channel>)
    outs(%zeros : tensor<2x3xf32>) {indexing_maps = [#mk, #nk, #n, #mn], site = "w"} -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}
//--- floats.mlir
func.func @main(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  return %x : tensor<2x4xf32>
}
//--- none.mlir
func.func @main(%x: tensor<2x4xf32>) -> tensor<2x3xf32> {
  %zeros = arith.constant dense<0.0> : tensor<2x3xf32>
  return %zeros : tensor<2x3xf32>
}
//--- other.mlir
func.func @other(%x: tensor<2x4xf32>) -> tensor<2x3xf32> {
  %zeros = arith.constant dense<0.0> : tensor<2x3xf32>
  return %zeros : tensor<2x3xf32>
}
//--- argument.mlir
func.func @main(%x: tensor<2x5xf32>) -> tensor<2x3xf32> {
  %zeros = arith.constant dense<0.0> : tensor<2x3xf32>
  return %zeros : tensor<2x3xf32>
}
//--- shape.mlir
func.func @main(%x: tensor<2x4xf32>) -> tensor<2x3xf32> {
  %w = arith.constant dense_resource<w> : tensor<4x1xf32>
  %zeros = arith.constant dense<0.0> : tensor<2x1xf32>
  %0 = linalg.matmul ins(%x, %w : tensor<2x4xf32>, tensor<4x1xf32>) outs(%zeros : tensor<2x1xf32>) -> tensor<2x1xf32>
  %e = tensor.empty() : tensor<2x3xf32>
  %c = tensor.collapse_shape %0 [[0, 1]] : tensor<2x1xf32> into tensor<2xf32>
  %1 = linalg.broadcast ins(%c : tensor<2xf32>) outs(%e : tensor<2x3xf32>) dimensions = [1]
  return %1 : tensor<2x3xf32>
}
{-#
  dialect_resources: { builtin: { w: "0x040000000000803F0000803F0000803F0000803F" } }
#-}
//--- extern.mlir
ml_program.global private @w(#ml_program.extern : tensor<4x3xf32>) : tensor<4x3xf32>
func.func @main(%x: tensor<2x4xf32>) -> tensor<2x3xf32> {
  %w = ml_program.global_load_const @w : tensor<4x3xf32>
  %zeros = arith.constant dense<0.0> : tensor<2x3xf32>
  %0 = linalg.matmul ins(%x, %w : tensor<2x4xf32>, tensor<4x3xf32>) outs(%zeros : tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}
//--- returns.mlir
func.func @main(%x: tensor<2x4xf32>, %c: i1) -> tensor<2x4xf32> {
  cf.cond_br %c, ^a, ^b
^a:
  return %x : tensor<2x4xf32>
^b:
  return %x : tensor<2x4xf32>
}
//--- broken.mlir
nonsense
//--- check.py
import os
import subprocess

import numpy as np

np.save("x.npy", np.ones((2, 4), np.float32))
np.save("c.npy", np.ones((), bool))

def run(*arguments):
    return subprocess.run(["quant-run", *arguments], capture_output=True, text=True)

def refused(code, message, *arguments):
    done = run(*arguments)
    assert done.returncode == code, (arguments, done)
    assert done.stdout == "" and message in done.stderr.splitlines(), (arguments, done.stderr)

q, x, compare = "q.mlir", "--input=x.npy", "--compare=float"
refused(2, "error: expected --compare=float, got 'int8'", q, x, "--compare=int8")
refused(2, "error: expected --reference with --compare=float", q, x, "--reference=floats.mlir")
refused(2, "error: expected --reference-parameters with --compare=float", q, x, "--reference-parameters=w")
refused(2, "error: expected --report-output with --compare=float", q, x, "--report-output=r.json")
refused(2, "error: expected --reference-parameters with --reference", q, x, compare, "--reference-parameters=w")
refused(2, "error: expected --compare without --output", q, x, compare, "--output=y.npy")
refused(2, "error: expected --compare without --expect", q, x, compare, "--expect=y.npy")
refused(2, "error: expected --compare without --benchmark", q, x, compare, "--benchmark=3")

inputs = "error: expected --input for each of the 1 arguments of 'main', once or for each of several calls, got 0"
refused(1, inputs, q, compare)
inputs = "error: expected --input for each of the 2 arguments of 'main', once or for each of several calls, got 3"
refused(1, inputs, "returns.mlir", compare, x, x, x)
refused(1, "error: expected a quantized matmul in @main, got none", "floats.mlir", x, compare)
refused(1, "returns.mlir:1:1: error: expected a function with one return, got 2", "returns.mlir", x, "--input=c.npy", compare)

def beside(message, reference, *more):
    refused(1, message, q, x, compare, "--reference=" + reference, *more)

beside("error: cannot read 'missing.mlir': No such file or directory", "missing.mlir")
beside("broken.mlir:1:1: error: custom op 'nonsense' is unknown (tried 'builtin.nonsense' as well)", "broken.mlir")
beside("error: expected a function @main with a body in the reference, got none", "other.mlir")
beside("error: expected a site 'w' in @main of the reference, got none", "none.mlir")
beside("error: site 'w': expected tensor<2x3xf32> in the reference, got tensor<2x1xf32>", "shape.mlir")
refused(1, "error: expected --reference-parameters=FILE with the tensors outside of the module, such as 'w', got none", q, x, compare, "--reference=extern.mlir")
done = run(q, x, compare, "--reference=argument.mlir")
assert done.returncode == 1 and done.stderr.startswith("error: the reference: "), done
assert "2x5" in done.stderr and "2x4" in done.stderr, done
done = run(q, x, compare, "--report-output=nowhere/r.json")
assert done.returncode == 1 and done.stdout == "" and "nowhere" in done.stderr, done
assert not os.path.exists("r.json")
