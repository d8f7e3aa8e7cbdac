// RUN: quant-opt %s --pass-pipeline='builtin.module(func.func(qlinalg-lower-to-cpu))' -split-input-file -verify-diagnostics

func.func @tensors(%x: tensor<2x8xf32>, %w: tensor<3x8xf32>, %i: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{expected memrefs, got tensors; bufferize first}}
  %0 = qlinalg.matmul lhs(%x : tensor<2x8xf32>) rhs(%w : tensor<3x8xf32>) outs(%i : tensor<2x3xf32>)
      {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]} -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

func.func @linalg_on_tensors(%x: tensor<2x8xf32>) -> tensor<2x8xf32> {
  // expected-error @+1 {{expected memrefs, got tensors; bufferize first}}
  %0 = linalg.add ins(%x, %x : tensor<2x8xf32>, tensor<2x8xf32>) outs(%x : tensor<2x8xf32>) -> tensor<2x8xf32>
  return %0 : tensor<2x8xf32>
}
