// RUN: not quant-opt %s -transform-interpreter -split-input-file 2>&1 | FileCheck %s

// Tiles that would give another result.

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#ng = affine_map<(m, n, k) -> (n, k floordiv 32)>
#mn = affine_map<(m, n, k) -> (m, n)>

// CHECK: error: 'qlinalg.matmul' op expected tiles along k that are a multiple of the group
func.func @skip_part_of_a_group(%x: tensor<16x64xf32>, %w: tensor<16x64xi8>, %s: tensor<16x2xf32>, %i: tensor<16x16xf32>) -> tensor<16x16xf32> {
  %0 = qlinalg.matmul lhs(%x : tensor<16x64xf32>) rhs(%w : tensor<16x64xi8> scales %s : tensor<16x2xf32> scheme <int8, group = 32>)
    outs(%i : tensor<16x16xf32>) {indexing_maps = [#mk, #nk, #ng, #mn]} -> tensor<16x16xf32>
  return %0 : tensor<16x16xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %0 = transform.structured.match ops{["qlinalg.matmul"]} in %root : (!transform.any_op) -> !transform.any_op
    %1, %loop = transform.structured.tile_using_for %0 tile_sizes [0, 0, 16] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#n = affine_map<(m, n, k) -> (n)>
#mn = affine_map<(m, n, k) -> (m, n)>

// Added once per tile of K, the bias would come several times.
// CHECK: error: 'qlinalg.matmul' op expected tiles of all of k with a bias, an epilogue, a multiplier or codes in outs
func.func @skip_k_with_bias(%x: tensor<16x64xf32>, %w: tensor<16x64xf32>, %b: tensor<16xf32>, %i: tensor<16x16xf32>) -> tensor<16x16xf32> {
  %0 = qlinalg.matmul lhs(%x : tensor<16x64xf32>) rhs(%w : tensor<16x64xf32>) bias(%b : tensor<16xf32>)
    outs(%i : tensor<16x16xf32>) {indexing_maps = [#mk, #nk, #n, #mn]} -> tensor<16x16xf32>
  return %0 : tensor<16x16xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %0 = transform.structured.match ops{["qlinalg.matmul"]} in %root : (!transform.any_op) -> !transform.any_op
    %1, %loop = transform.structured.tile_using_for %0 tile_sizes [0, 0, 32] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

// CHECK: error: 'qlinalg.matmul' op expected tiles of all of k with a bias, an epilogue, a multiplier or codes in outs
func.func @skip_k_with_multiplier(%x: tensor<16x64xf32>, %w: tensor<16x64xf32>, %y: tensor<16x16xf32>, %i: tensor<16x16xf32>) -> tensor<16x16xf32> {
  %0 = qlinalg.matmul lhs(%x : tensor<16x64xf32>) rhs(%w : tensor<16x64xf32>) times(%y : tensor<16x16xf32>)
    outs(%i : tensor<16x16xf32>) {indexing_maps = [#mk, #nk, #mn, #mn]} -> tensor<16x16xf32>
  return %0 : tensor<16x16xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %0 = transform.structured.match ops{["qlinalg.matmul"]} in %root : (!transform.any_op) -> !transform.any_op
    %1, %loop = transform.structured.tile_using_for %0 tile_sizes [0, 0, 32] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

// CHECK: error: 'qlinalg.matmul' op expected tiles of all of k with a bias, an epilogue, a multiplier or codes in outs
func.func @skip_k_with_epilogue(%x: tensor<16x64xf32>, %w: tensor<16x64xf32>, %i: tensor<16x16xf32>) -> tensor<16x16xf32> {
  %0 = qlinalg.matmul lhs(%x : tensor<16x64xf32>) rhs(%w : tensor<16x64xf32>) epilogue <relu>
    outs(%i : tensor<16x16xf32>) {indexing_maps = [#mk, #nk, #mn]} -> tensor<16x16xf32>
  return %0 : tensor<16x16xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %0 = transform.structured.match ops{["qlinalg.matmul"]} in %root : (!transform.any_op) -> !transform.any_op
    %1, %loop = transform.structured.tile_using_for %0 tile_sizes [0, 0, 32] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#n = affine_map<(m, n, k) -> (n)>
#mn = affine_map<(m, n, k) -> (m, n)>

// CHECK: error: 'qlinalg.matmul' op expected logical codes to tile, got a layout; tile before packing
func.func @skip_layout(%x: tensor<16x64xf32>, %w: tensor<1x64x16xi8>, %s: tensor<16xf32>, %i: tensor<16x16xf32>) -> tensor<16x16xf32> {
  %0 = qlinalg.matmul lhs(%x : tensor<16x64xf32>) rhs(%w : tensor<1x64x16xi8> scales %s : tensor<16xf32> scheme <int8, channel> layout <panel = 16>)
    outs(%i : tensor<16x16xf32>) {indexing_maps = [#mk, #nk, #n, #mn]} -> tensor<16x16xf32>
  return %0 : tensor<16x16xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %0 = transform.structured.match ops{["qlinalg.matmul"]} in %root : (!transform.any_op) -> !transform.any_op
    %1, %loop = transform.structured.tile_using_for %0 tile_sizes [4] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#m = affine_map<(m, n, k) -> (m)>
#nk = affine_map<(m, n, k) -> (n, k)>
#n = affine_map<(m, n, k) -> (n)>
#mn = affine_map<(m, n, k) -> (m, n)>

// One sum of integers, which is rounded once: two sums would be rounded twice.
// CHECK: error: 'qlinalg.matmul' op expected tiles along k that are a multiple of the group
func.func @skip_k_of_one_sum(%x: tensor<16x64xi8>, %t: tensor<16xf32>, %w: tensor<16x64xi8>, %s: tensor<16xf32>, %i: tensor<16x16xf32>) -> tensor<16x16xf32> {
  %0 = qlinalg.matmul lhs(%x : tensor<16x64xi8> scales %t : tensor<16xf32> scheme <int8, token>)
    rhs(%w : tensor<16x64xi8> scales %s : tensor<16xf32> scheme <int8, channel>)
    outs(%i : tensor<16x16xf32>) {indexing_maps = [#mk, #m, #nk, #n, #mn]} -> tensor<16x16xf32>
  return %0 : tensor<16x16xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %0 = transform.structured.match ops{["qlinalg.matmul"]} in %root : (!transform.any_op) -> !transform.any_op
    %1, %loop = transform.structured.tile_using_for %0 tile_sizes [0, 0, 32] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}
