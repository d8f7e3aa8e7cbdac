// RUN: quant-opt %s --qlinalg-lower-to-linalg --split-input-file --verify-diagnostics

func.func @memrefs(%x: memref<4x64xf32>, %w: memref<20x64xf32>, %init: memref<4x20xf32>) {
  // expected-error @below {{expected tensors, got memrefs; run it before bufferization}}
  qlinalg.matmul lhs(%x : memref<4x64xf32>) rhs(%w : memref<20x64xf32>)
      outs(%init : memref<4x20xf32>) {indexing_maps = [
        affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]}
  return
}
