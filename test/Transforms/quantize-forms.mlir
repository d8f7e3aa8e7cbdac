// RUN: quant-opt %s --qlinalg-quantize='weights=int8 granularity=group group=2' -split-input-file | FileCheck %s

// Each form in which a frontend writes a contraction with a weight: what becomes the rows of K, and which map it gets.
// The number of rows and K are in the types: [rows .., K].

//===----------------------------------------------------------------------===//
// Named ops
//===----------------------------------------------------------------------===//

// CHECK-DAG: #[[$MK:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-DAG: #[[$NK:.*]] = affine_map<(d0, d1, d2) -> (d1, d2)>
// CHECK-DAG: #[[$NG:.*]] = affine_map<(d0, d1, d2) -> (d1, d2 floordiv 2)>
// CHECK-DAG: #[[$MG:.*]] = affine_map<(d0, d1, d2) -> (d0, d2 floordiv 2)>
// CHECK-DAG: #[[$MN:.*]] = affine_map<(d0, d1, d2) -> (d0, d1)>

// CHECK-LABEL: func.func @matmul
// CHECK: linalg.transpose ins(%{{.*}} : tensor<6x5xf32>) outs(%{{.*}} : tensor<5x6xf32>) permutation = [1, 0]
// CHECK: qlinalg.matmul lhs(%{{.*}} : tensor<4x6xf32>) rhs(%{{.*}} : tensor<5x6xi8> scales %{{.*}} : tensor<5x3xf32>
// CHECK-SAME: indexing_maps = [#[[$MK]], #[[$NK]], #[[$NG]], #[[$MN]]]
func.func @matmul(%x: tensor<4x6xf32>, %i: tensor<4x5xf32>) -> tensor<4x5xf32> {
  %w = arith.constant dense_resource<w> : tensor<6x5xf32>
  %0 = linalg.matmul ins(%x, %w : tensor<4x6xf32>, tensor<6x5xf32>) outs(%i : tensor<4x5xf32>) -> tensor<4x5xf32>
  return %0 : tensor<4x5xf32>
}

// Rows of K as they are stored: nothing is transposed.
// CHECK-LABEL: func.func @matmul_transposed
// CHECK-NOT: linalg.transpose
// CHECK: qlinalg.matmul lhs(%{{.*}} : tensor<4x6xf32>) rhs(%{{.*}} : tensor<5x6xi8> scales %{{.*}} : tensor<5x3xf32>
// CHECK-SAME: indexing_maps = [#[[$MK]], #[[$NK]], #[[$NG]], #[[$MN]]]
func.func @matmul_transposed(%x: tensor<4x6xf32>, %i: tensor<4x5xf32>) -> tensor<4x5xf32> {
  %w = arith.constant dense_resource<w> : tensor<5x6xf32>
  %0 = linalg.matmul indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
    ins(%x, %w : tensor<4x6xf32>, tensor<5x6xf32>) outs(%i : tensor<4x5xf32>) -> tensor<4x5xf32>
  return %0 : tensor<4x5xf32>
}

// The weight on the left.
// CHECK-LABEL: func.func @weight_left
// CHECK-NOT: linalg.transpose
// CHECK: qlinalg.matmul lhs(%{{.*}} : tensor<5x6xi8> scales %{{.*}} : tensor<5x3xf32> scheme <int8, group = 2, symmetric>) rhs(%{{.*}} : tensor<6x4xf32>)
// CHECK-SAME: indexing_maps = [#[[$MK]], #[[$MG]], #{{.*}}, #[[$MN]]]
func.func @weight_left(%x: tensor<6x4xf32>, %i: tensor<5x4xf32>) -> tensor<5x4xf32> {
  %w = arith.constant dense_resource<w> : tensor<5x6xf32>
  %0 = linalg.matmul ins(%w, %x : tensor<5x6xf32>, tensor<6x4xf32>) outs(%i : tensor<5x4xf32>) -> tensor<5x4xf32>
  return %0 : tensor<5x4xf32>
}

// Both are constants: the right one is the weight.
// CHECK-LABEL: func.func @both_constant
// CHECK: %[[A:.*]] = arith.constant dense_resource<a>
// CHECK: qlinalg.matmul lhs(%[[A]] : tensor<5x6xf32>) rhs(%{{.*}} : tensor<3x6xi8>
// CHECK-SAME: site = "b"
func.func @both_constant(%i: tensor<5x3xf32>) -> tensor<5x3xf32> {
  %a = arith.constant dense_resource<a> : tensor<5x6xf32>
  %b = arith.constant dense_resource<b> : tensor<6x3xf32>
  %0 = linalg.matmul ins(%a, %b : tensor<5x6xf32>, tensor<6x3xf32>) outs(%i : tensor<5x3xf32>) -> tensor<5x3xf32>
  return %0 : tensor<5x3xf32>
}

// CHECK-LABEL: func.func @weight_times_itself
// CHECK: %[[W:.*]] = arith.constant
// CHECK: qlinalg.matmul lhs(%[[W]] : tensor<6x6xf32>) rhs(%{{.*}} : tensor<6x6xi8>
func.func @weight_times_itself(%i: tensor<6x6xf32>) -> tensor<6x6xf32> {
  %w = arith.constant dense_resource<w> : tensor<6x6xf32>
  %0 = linalg.matmul ins(%w, %w : tensor<6x6xf32>, tensor<6x6xf32>) outs(%i : tensor<6x6xf32>) -> tensor<6x6xf32>
  return %0 : tensor<6x6xf32>
}

// CHECK-LABEL: func.func @matvec
// CHECK: qlinalg.matmul lhs(%{{.*}} : tensor<5x6xi8> scales %{{.*}} : tensor<5x3xf32> {{.*}}) rhs(%{{.*}} : tensor<6xf32>) outs(%{{.*}} : tensor<5xf32>)
func.func @matvec(%x: tensor<6xf32>, %i: tensor<5xf32>) -> tensor<5xf32> {
  %w = arith.constant dense_resource<w> : tensor<5x6xf32>
  %0 = linalg.matvec ins(%w, %x : tensor<5x6xf32>, tensor<6xf32>) outs(%i : tensor<5xf32>) -> tensor<5xf32>
  return %0 : tensor<5xf32>
}

// CHECK-LABEL: func.func @vecmat
// CHECK: qlinalg.matmul lhs(%{{.*}} : tensor<6xf32>) rhs(%{{.*}} : tensor<5x6xi8> scales %{{.*}} : tensor<5x3xf32>
func.func @vecmat(%x: tensor<6xf32>, %i: tensor<5xf32>) -> tensor<5xf32> {
  %w = arith.constant dense_resource<w> : tensor<6x5xf32>
  %0 = linalg.vecmat ins(%x, %w : tensor<6xf32>, tensor<6x5xf32>) outs(%i : tensor<5xf32>) -> tensor<5xf32>
  return %0 : tensor<5xf32>
}

// One row, no dimension but K.
// CHECK-LABEL: func.func @dot
// CHECK: qlinalg.quantize %{{.*}} : tensor<6xf32> scales tensor<3xf32> -> tensor<6xi8>
// CHECK: qlinalg.matmul lhs(%{{.*}} : tensor<6xf32>) rhs(%{{.*}} : tensor<6xi8> scales %{{.*}} : tensor<3xf32> {{.*}}) outs(%{{.*}} : tensor<f32>)
func.func @dot(%x: tensor<6xf32>, %i: tensor<f32>) -> tensor<f32> {
  %w = arith.constant dense_resource<w> : tensor<6xf32>
  %0 = linalg.dot ins(%x, %w : tensor<6xf32>, tensor<6xf32>) outs(%i : tensor<f32>) -> tensor<f32>
  return %0 : tensor<f32>
}

// Experts: each matrix of the batch has its own rows.
// CHECK-LABEL: func.func @batch_matmul
// CHECK: linalg.transpose ins(%{{.*}} : tensor<3x6x5xf32>) outs(%{{.*}} : tensor<3x5x6xf32>) permutation = [0, 2, 1]
// CHECK: qlinalg.matmul lhs(%{{.*}} : tensor<3x4x6xf32>) rhs(%{{.*}} : tensor<3x5x6xi8> scales %{{.*}} : tensor<3x5x3xf32>
func.func @batch_matmul(%x: tensor<3x4x6xf32>, %i: tensor<3x4x5xf32>) -> tensor<3x4x5xf32> {
  %w = arith.constant dense_resource<w> : tensor<3x6x5xf32>
  %0 = linalg.batch_matmul ins(%x, %w : tensor<3x4x6xf32>, tensor<3x6x5xf32>) outs(%i : tensor<3x4x5xf32>) -> tensor<3x4x5xf32>
  return %0 : tensor<3x4x5xf32>
}

// CHECK-LABEL: func.func @batch_matvec
// CHECK: qlinalg.matmul lhs(%{{.*}} : tensor<3x5x6xi8> scales %{{.*}} : tensor<3x5x3xf32> {{.*}}) rhs(%{{.*}} : tensor<3x6xf32>)
func.func @batch_matvec(%x: tensor<3x6xf32>, %i: tensor<3x5xf32>) -> tensor<3x5xf32> {
  %w = arith.constant dense_resource<w> : tensor<3x5x6xf32>
  %0 = linalg.batch_matvec ins(%w, %x : tensor<3x5x6xf32>, tensor<3x6xf32>) outs(%i : tensor<3x5xf32>) -> tensor<3x5xf32>
  return %0 : tensor<3x5xf32>
}

// Two dimensions are contracted: K is both, in the order in which the weight stores them.
// CHECK-LABEL: func.func @batch_reduce_matmul
// CHECK: linalg.transpose ins(%{{.*}} : tensor<3x6x5xf32>) outs(%{{.*}} : tensor<5x3x6xf32>) permutation = [2, 0, 1]
// CHECK: linalg.transpose ins(%{{.*}} : tensor<3x4x6xf32>) outs(%{{.*}} : tensor<4x3x6xf32>) permutation = [1, 0, 2]
// CHECK: qlinalg.matmul lhs(%{{.*}} : tensor<4x18xf32>) rhs(%{{.*}} : tensor<5x18xi8> scales %{{.*}} : tensor<5x9xf32>
func.func @batch_reduce_matmul(%x: tensor<3x4x6xf32>, %i: tensor<4x5xf32>) -> tensor<4x5xf32> {
  %w = arith.constant dense_resource<w> : tensor<3x6x5xf32>
  %0 = linalg.batch_reduce_matmul ins(%x, %w : tensor<3x4x6xf32>, tensor<3x6x5xf32>) outs(%i : tensor<4x5xf32>) -> tensor<4x5xf32>
  return %0 : tensor<4x5xf32>
}

// CHECK-LABEL: func.func @mmt4d
// CHECK: qlinalg.matmul lhs(%{{.*}} : tensor<2x4x6xf32>) rhs(%{{.*}} : tensor<5x7x6xi8> scales %{{.*}} : tensor<5x7x3xf32>
func.func @mmt4d(%x: tensor<2x3x4x2xf32>, %i: tensor<2x5x4x7xf32>) -> tensor<2x5x4x7xf32> {
  %w = arith.constant dense_resource<w> : tensor<5x3x7x2xf32>
  %0 = linalg.mmt4d ins(%x, %w : tensor<2x3x4x2xf32>, tensor<5x3x7x2xf32>) outs(%i : tensor<2x5x4x7xf32>) -> tensor<2x5x4x7xf32>
  return %0 : tensor<2x5x4x7xf32>
}

// CHECK-LABEL: func.func @contract
// CHECK: qlinalg.matmul lhs(%{{.*}} : tensor<4x6xf32>) rhs(%{{.*}} : tensor<5x6xi8> scales %{{.*}} : tensor<5x3xf32> {{.*}}) outs(%{{.*}} : tensor<5x4xf32>)
func.func @contract(%x: tensor<4x6xf32>, %i: tensor<5x4xf32>) -> tensor<5x4xf32> {
  %w = arith.constant dense_resource<w> : tensor<5x6xf32>
  %0 = linalg.contract indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (n, m)>]
    ins(%x, %w : tensor<4x6xf32>, tensor<5x6xf32>) outs(%i : tensor<5x4xf32>) -> tensor<5x4xf32>
  return %0 : tensor<5x4xf32>
}

//===----------------------------------------------------------------------===//
// Generics
//===----------------------------------------------------------------------===//

// Widened in the body.
// CHECK-LABEL: func.func @generic_extf
// CHECK: qlinalg.matmul lhs(%{{.*}} : tensor<4x6xf16>) rhs(%{{.*}} : tensor<5x6xi8> scales %{{.*}} : tensor<5x3xf32> {{.*}}) outs(%{{.*}} : tensor<4x5xf32>)
func.func @generic_extf(%x: tensor<4x6xf16>, %i: tensor<4x5xf32>) -> tensor<4x5xf32> {
  %w = arith.constant dense_resource<w> : tensor<5x6xf16>
  %0 = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>],
                       iterator_types = ["parallel", "parallel", "reduction"]}
    ins(%x, %w : tensor<4x6xf16>, tensor<5x6xf16>) outs(%i : tensor<4x5xf32>) {
  ^bb0(%a: f16, %b: f16, %c: f32):
    %1 = arith.extf %a : f16 to f32
    %2 = arith.extf %b : f16 to f32
    %3 = arith.mulf %1, %2 : f32
    %4 = arith.addf %c, %3 : f32
    linalg.yield %4 : f32
  } -> tensor<4x5xf32>
  return %0 : tensor<4x5xf32>
}

// Two dimensions of K that the activation has in the other order: K is the weight's order.
// CHECK-LABEL: func.func @generic_two_k
// CHECK: linalg.transpose ins(%{{.*}} : tensor<2x4x3xf32>) outs(%{{.*}} : tensor<4x3x2xf32>) permutation = [1, 2, 0]
// CHECK: qlinalg.matmul lhs(%{{.*}} : tensor<4x6xf32>) rhs(%{{.*}} : tensor<5x6xi8> scales %{{.*}} : tensor<5x3xf32>
func.func @generic_two_k(%x: tensor<2x4x3xf32>, %i: tensor<4x5xf32>) -> tensor<4x5xf32> {
  %w = arith.constant dense_resource<w> : tensor<5x3x2xf32>
  %0 = linalg.generic {indexing_maps = [affine_map<(m, n, k, l) -> (l, m, k)>, affine_map<(m, n, k, l) -> (n, k, l)>, affine_map<(m, n, k, l) -> (m, n)>],
                       iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
    ins(%x, %w : tensor<2x4x3xf32>, tensor<5x3x2xf32>) outs(%i : tensor<4x5xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %1 = arith.mulf %a, %b : f32
    %2 = arith.addf %c, %1 : f32
    linalg.yield %2 : f32
  } -> tensor<4x5xf32>
  return %0 : tensor<4x5xf32>
}

// N stands between the two dimensions of K, and in two dimensions itself.
// CHECK-LABEL: func.func @generic_interleaved
// CHECK: linalg.transpose ins(%{{.*}} : tensor<5x3x4x2xf32>) outs(%{{.*}} : tensor<5x4x3x2xf32>) permutation = [0, 2, 1, 3]
// CHECK: qlinalg.matmul lhs(%{{.*}} : tensor<7x6xf32>) rhs(%{{.*}} : tensor<5x4x6xi8> scales %{{.*}} : tensor<5x4x3xf32>
func.func @generic_interleaved(%x: tensor<7x3x2xf32>, %i: tensor<7x4x5xf32>) -> tensor<7x4x5xf32> {
  %w = arith.constant dense_resource<w> : tensor<5x3x4x2xf32>
  %0 = linalg.generic {indexing_maps = [affine_map<(m, n, p, k, l) -> (m, k, l)>, affine_map<(m, n, p, k, l) -> (p, k, n, l)>, affine_map<(m, n, p, k, l) -> (m, n, p)>],
                       iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction"]}
    ins(%x, %w : tensor<7x3x2xf32>, tensor<5x3x4x2xf32>) outs(%i : tensor<7x4x5xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %1 = arith.mulf %a, %b : f32
    %2 = arith.addf %c, %1 : f32
    linalg.yield %2 : f32
  } -> tensor<7x4x5xf32>
  return %0 : tensor<7x4x5xf32>
}

//===----------------------------------------------------------------------===//
// What lies between the constant and the contraction
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @through_transpose
// CHECK: %[[W:.*]] = arith.constant
// CHECK: qlinalg.quantize %[[W]]
func.func @through_transpose(%x: tensor<4x6xf32>, %i: tensor<4x5xf32>) -> tensor<4x5xf32> {
  %w = arith.constant dense_resource<w> : tensor<5x6xf32>
  %e = tensor.empty() : tensor<6x5xf32>
  %t = linalg.transpose ins(%w : tensor<5x6xf32>) outs(%e : tensor<6x5xf32>) permutation = [1, 0]
  %0 = linalg.matmul ins(%x, %t : tensor<4x6xf32>, tensor<6x5xf32>) outs(%i : tensor<4x5xf32>) -> tensor<4x5xf32>
  return %0 : tensor<4x5xf32>
}

// A generic that transposes, and one that casts.
// CHECK-LABEL: func.func @through_generics
// CHECK: %[[W:.*]] = arith.constant {{.*}} : tensor<5x6xf16>
// CHECK: qlinalg.quantize %[[W]] {{.*}} : tensor<5x6xf16>
func.func @through_generics(%x: tensor<4x6xf32>, %i: tensor<4x5xf32>) -> tensor<4x5xf32> {
  %w = arith.constant dense_resource<w> : tensor<5x6xf16>
  %e = tensor.empty() : tensor<6x5xf16>
  %t = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1, d0)>], iterator_types = ["parallel", "parallel"]}
    ins(%w : tensor<5x6xf16>) outs(%e : tensor<6x5xf16>) {
  ^bb0(%a: f16, %b: f16):
    linalg.yield %a : f16
  } -> tensor<6x5xf16>
  %f = tensor.empty() : tensor<6x5xf32>
  %u = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]}
    ins(%t : tensor<6x5xf16>) outs(%f : tensor<6x5xf32>) {
  ^bb0(%a: f16, %b: f32):
    %1 = arith.extf %a : f16 to f32
    linalg.yield %1 : f32
  } -> tensor<6x5xf32>
  %0 = linalg.matmul ins(%x, %u : tensor<4x6xf32>, tensor<6x5xf32>) outs(%i : tensor<4x5xf32>) -> tensor<4x5xf32>
  return %0 : tensor<4x5xf32>
}

// The whole tensor cast at once, and an observer.
// CHECK-LABEL: func.func @through_casts
// CHECK: %[[W:.*]] = arith.constant {{.*}} : tensor<5x6xbf16>
// CHECK: qlinalg.quantize %[[W]]
func.func @through_casts(%x: tensor<4x6xf32>, %i: tensor<4x5xf32>) -> tensor<4x5xf32> {
  %w = arith.constant dense_resource<w> : tensor<5x6xbf16>
  %f = arith.extf %w : tensor<5x6xbf16> to tensor<5x6xf32>
  %o = qlinalg.observe %f site "w" <range> : tensor<5x6xf32>
  %0 = linalg.matmul indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
    ins(%x, %o : tensor<4x6xf32>, tensor<5x6xf32>) outs(%i : tensor<4x5xf32>) -> tensor<4x5xf32>
  return %0 : tensor<4x5xf32>
}

// Heads split and merged again: [H * D, K] -> [H, D, K] -> transposed -> [K, H * D]. The rows are those that are stored.
// CHECK-LABEL: func.func @through_reshapes
// CHECK: %[[W:.*]] = arith.constant
// CHECK: qlinalg.quantize %[[W]] {{.*}} : tensor<8x6xf32>
func.func @through_reshapes(%x: tensor<4x6xf32>, %i: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %w = arith.constant dense_resource<w> : tensor<8x6xf32>
  %h = tensor.expand_shape %w [[0, 1], [2]] output_shape [2, 4, 6] : tensor<8x6xf32> into tensor<2x4x6xf32>
  %e = tensor.empty() : tensor<6x2x4xf32>
  %t = linalg.transpose ins(%h : tensor<2x4x6xf32>) outs(%e : tensor<6x2x4xf32>) permutation = [2, 0, 1]
  %c = tensor.collapse_shape %t [[0], [1, 2]] : tensor<6x2x4xf32> into tensor<6x8xf32>
  %0 = linalg.matmul ins(%x, %c : tensor<4x6xf32>, tensor<6x8xf32>) outs(%i : tensor<4x8xf32>) -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

// A flat constant: K and N are split out of one dimension.
// CHECK-LABEL: func.func @from_flat
// CHECK: tensor.expand_shape %{{.*}} {{\[\[}}0, 1]] output_shape [5, 6] : tensor<30xf32> into tensor<5x6xf32>
// CHECK: qlinalg.matmul lhs(%{{.*}} : tensor<4x6xf32>) rhs(%{{.*}} : tensor<5x6xi8> scales %{{.*}} : tensor<5x3xf32>
func.func @from_flat(%x: tensor<4x6xf32>, %i: tensor<4x5xf32>) -> tensor<4x5xf32> {
  %w = arith.constant dense_resource<w> : tensor<30xf32>
  %m = tensor.expand_shape %w [[0, 1]] output_shape [5, 6] : tensor<30xf32> into tensor<5x6xf32>
  %0 = linalg.matmul indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
    ins(%x, %m : tensor<4x6xf32>, tensor<5x6xf32>) outs(%i : tensor<4x5xf32>) -> tensor<4x5xf32>
  return %0 : tensor<4x5xf32>
}

// K split in two that the contraction takes in the other order: K stays as stored, the activation is reordered.
// CHECK-LABEL: func.func @k_split
// CHECK: %[[W:.*]] = arith.constant
// CHECK: qlinalg.quantize %[[W]] {{.*}} : tensor<5x6xf32>
// CHECK: tensor.expand_shape %{{.*}} {{\[\[}}0], [1, 2]] {{.*}} : tensor<4x6xf32> into tensor<4x2x3xf32>
// CHECK: linalg.transpose ins(%{{.*}} : tensor<4x2x3xf32>) outs(%{{.*}} : tensor<4x3x2xf32>) permutation = [0, 2, 1]
// CHECK: qlinalg.matmul lhs(%{{.*}} : tensor<4x6xf32>) rhs(%{{.*}} : tensor<5x6xi8>
func.func @k_split(%x: tensor<4x6xf32>, %i: tensor<4x5xf32>) -> tensor<4x5xf32> {
  %w = arith.constant dense_resource<w> : tensor<5x6xf32>
  %h = tensor.expand_shape %w [[0], [1, 2]] output_shape [5, 3, 2] : tensor<5x6xf32> into tensor<5x3x2xf32>
  %e = tensor.empty() : tensor<2x3x5xf32>
  %t = linalg.transpose ins(%h : tensor<5x3x2xf32>) outs(%e : tensor<2x3x5xf32>) permutation = [2, 1, 0]
  %c = tensor.collapse_shape %t [[0, 1], [2]] : tensor<2x3x5xf32> into tensor<6x5xf32>
  %0 = linalg.matmul ins(%x, %c : tensor<4x6xf32>, tensor<6x5xf32>) outs(%i : tensor<4x5xf32>) -> tensor<4x5xf32>
  return %0 : tensor<4x5xf32>
}

// Repeated along a batch of any size: the matmul's weight has no batch.
// CHECK-LABEL: func.func @broadcast_batch
// CHECK: qlinalg.matmul lhs(%{{.*}} : tensor<?x4x6xf32>) rhs(%{{.*}} : tensor<5x6xi8> scales %{{.*}} : tensor<5x3xf32>
func.func @broadcast_batch(%x: tensor<?x4x6xf32>, %i: tensor<?x4x5xf32>) -> tensor<?x4x5xf32> {
  %w = arith.constant dense_resource<w> : tensor<6x5xf32>
  %c0 = arith.constant 0 : index
  %d = tensor.dim %x, %c0 : tensor<?x4x6xf32>
  %e = tensor.empty(%d) : tensor<?x6x5xf32>
  %b = linalg.broadcast ins(%w : tensor<6x5xf32>) outs(%e : tensor<?x6x5xf32>) dimensions = [0]
  %0 = linalg.batch_matmul ins(%x, %b : tensor<?x4x6xf32>, tensor<?x6x5xf32>) outs(%i : tensor<?x4x5xf32>) -> tensor<?x4x5xf32>
  return %0 : tensor<?x4x5xf32>
}

// The same by a generic, and two batches made one: [6, 5] -> [2, 3, 6, 5] -> [6, 6, 5].
// CHECK-LABEL: func.func @broadcast_two_batches
// CHECK: qlinalg.matmul lhs(%{{.*}} : tensor<6x4x6xf32>) rhs(%{{.*}} : tensor<5x6xi8> scales %{{.*}} : tensor<5x3xf32>
func.func @broadcast_two_batches(%x: tensor<6x4x6xf32>, %i: tensor<6x4x5xf32>) -> tensor<6x4x5xf32> {
  %w = arith.constant dense_resource<w> : tensor<6x5xf32>
  %e = tensor.empty() : tensor<2x3x6x5xf32>
  %b = linalg.generic {indexing_maps = [affine_map<(a, b, k, n) -> (k, n)>, affine_map<(a, b, k, n) -> (a, b, k, n)>],
                       iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
    ins(%w : tensor<6x5xf32>) outs(%e : tensor<2x3x6x5xf32>) {
  ^bb0(%a: f32, %o: f32):
    linalg.yield %a : f32
  } -> tensor<2x3x6x5xf32>
  %c = tensor.collapse_shape %b [[0, 1], [2], [3]] : tensor<2x3x6x5xf32> into tensor<6x6x5xf32>
  %0 = linalg.batch_matmul ins(%x, %c : tensor<6x4x6xf32>, tensor<6x6x5xf32>) outs(%i : tensor<6x4x5xf32>) -> tensor<6x4x5xf32>
  return %0 : tensor<6x4x5xf32>
}

// Sizes of one everywhere.
// CHECK-LABEL: func.func @ones
// CHECK: qlinalg.matmul lhs(%{{.*}} : tensor<1x1x1xf32>) rhs(%{{.*}}scales
func.func @ones(%x: tensor<1x1x1xf32>, %i: tensor<1x1x1xf32>) -> tensor<1x1x1xf32> {
  %w = arith.constant dense_resource<w> : tensor<1x1x1xf32>
  %0 = linalg.batch_matmul ins(%x, %w : tensor<1x1x1xf32>, tensor<1x1x1xf32>) outs(%i : tensor<1x1x1xf32>) -> tensor<1x1x1xf32>
  return %0 : tensor<1x1x1xf32>
}

// K of size one, and a row of size one.
// CHECK-LABEL: func.func @k_of_one
// CHECK: qlinalg.matmul lhs(%{{.*}} : tensor<4x1xf32>) rhs(%{{.*}} : tensor<5x1xi8> scales %{{.*}} : tensor<5x1xf32>
// CHECK: qlinalg.matmul lhs(%{{.*}} : tensor<4x5xf32>) rhs(%{{.*}} : tensor<1x5xi8> scales %{{.*}} : tensor<1x3xf32>
func.func @k_of_one(%x: tensor<4x1xf32>, %i: tensor<4x5xf32>, %j: tensor<4x1xf32>) -> tensor<4x1xf32> {
  %w = arith.constant dense_resource<w> : tensor<1x5xf32>
  %v = arith.constant dense_resource<v> : tensor<5x1xf32>
  %0 = linalg.matmul ins(%x, %w : tensor<4x1xf32>, tensor<1x5xf32>) outs(%i : tensor<4x5xf32>) -> tensor<4x5xf32>
  %1 = linalg.matmul ins(%0, %v : tensor<4x5xf32>, tensor<5x1xf32>) outs(%j : tensor<4x1xf32>) -> tensor<4x1xf32>
  return %1 : tensor<4x1xf32>
}

// f64 throughout.
// CHECK-LABEL: func.func @f64
// CHECK: qlinalg.quantize %{{.*}} : tensor<5x6xf64> scales tensor<5x3xf32> -> tensor<5x6xi8>
// CHECK: qlinalg.matmul lhs(%{{.*}} : tensor<4x6xf64>) rhs(%{{.*}} : tensor<5x6xi8> {{.*}}) outs(%{{.*}} : tensor<4x5xf64>)
func.func @f64(%x: tensor<4x6xf64>, %i: tensor<4x5xf64>) -> tensor<4x5xf64> {
  %w = arith.constant dense_resource<w> : tensor<6x5xf64>
  %0 = linalg.matmul ins(%x, %w : tensor<4x6xf64>, tensor<6x5xf64>) outs(%i : tensor<4x5xf64>) -> tensor<4x5xf64>
  return %0 : tensor<4x5xf64>
}

// -----

//===----------------------------------------------------------------------===//
// Weights that several contractions read
//===----------------------------------------------------------------------===//

// Prefill and decode: one quantize serves both, whether the weight is transposed between or not. A second read of a layer
// is a second site.
// CHECK-LABEL: func.func @shared
// CHECK-COUNT-1: qlinalg.quantize
// CHECK-NOT: qlinalg.quantize
// CHECK: qlinalg.matmul {{.*}} rhs(%[[Q:[a-z0-9_]+]] {{.*}} site = "w"}
// CHECK: qlinalg.matmul lhs(%[[Q]] {{.*}} site = "w#2"}
// CHECK-NOT: qlinalg.quantize
func.func @shared(%x: tensor<4x6xf32>, %i: tensor<4x5xf32>, %y: tensor<6xf32>, %j: tensor<5xf32>) -> (tensor<4x5xf32>, tensor<5xf32>) {
  %w = arith.constant dense_resource<w> : tensor<6x5xf32>
  %0 = linalg.matmul ins(%x, %w : tensor<4x6xf32>, tensor<6x5xf32>) outs(%i : tensor<4x5xf32>) -> tensor<4x5xf32>
  %e = tensor.empty() : tensor<5x6xf32>
  %t = linalg.transpose ins(%w : tensor<6x5xf32>) outs(%e : tensor<5x6xf32>) permutation = [1, 0]
  %1 = linalg.matvec ins(%t, %y : tensor<5x6xf32>, tensor<6xf32>) outs(%j : tensor<5xf32>) -> tensor<5xf32>
  return %0, %1 : tensor<4x5xf32>, tensor<5xf32>
}

// The result of one is the activation of the next.
// CHECK-LABEL: func.func @chain
// CHECK: %[[FIRST:.*]] = qlinalg.matmul lhs(%{{.*}} : tensor<4x6xf32>)
// CHECK: %[[SECOND:.*]] = qlinalg.matmul lhs(%[[FIRST]] : tensor<4x6xf32>)
// CHECK: return %[[SECOND]]
func.func @chain(%x: tensor<4x6xf32>, %i: tensor<4x6xf32>) -> tensor<4x6xf32> {
  %w = arith.constant dense_resource<w> : tensor<6x6xf32>
  %0 = linalg.matmul ins(%x, %w : tensor<4x6xf32>, tensor<6x6xf32>) outs(%i : tensor<4x6xf32>) -> tensor<4x6xf32>
  %1 = linalg.matmul ins(%0, %w : tensor<4x6xf32>, tensor<6x6xf32>) outs(%i : tensor<4x6xf32>) -> tensor<4x6xf32>
  return %1 : tensor<4x6xf32>
}

// A second function reads the layer too: its sites count on.
// CHECK-LABEL: func.func @second_function
// CHECK: site = "w#{{[0-9]+}}"
func.func @second_function(%x: tensor<6xf32>, %i: tensor<6xf32>) -> tensor<6xf32> {
  %w = arith.constant dense_resource<w> : tensor<6x6xf32>
  %0 = linalg.matvec ins(%w, %x : tensor<6x6xf32>, tensor<6xf32>) outs(%i : tensor<6xf32>) -> tensor<6xf32>
  return %0 : tensor<6xf32>
}

// -----

// Names: the location's, the resource's key, the global's; else the function and the number of the contraction.
ml_program.global private @"layer.0.weight"(#ml_program.extern : tensor<5x6xf32>) : tensor<5x6xf32>

// CHECK-LABEL: func.func @names
// CHECK: site = "named.by.location"
// CHECK: site = "layer.0.weight"
// CHECK: site = "names.2"
func.func @names(%x: tensor<6xf32>, %i: tensor<5xf32>) -> (tensor<5xf32>, tensor<5xf32>, tensor<5xf32>) {
  %w = arith.constant dense_resource<key> : tensor<5x6xf32> loc("named.by.location")
  %g = ml_program.global_load_const @"layer.0.weight" : tensor<5x6xf32>
  %s = arith.constant dense<0.5> : tensor<5x6xf32>
  %0 = linalg.matvec ins(%w, %x : tensor<5x6xf32>, tensor<6xf32>) outs(%i : tensor<5xf32>) -> tensor<5xf32>
  %1 = linalg.matvec ins(%g, %x : tensor<5x6xf32>, tensor<6xf32>) outs(%i : tensor<5xf32>) -> tensor<5xf32>
  %2 = linalg.matvec ins(%s, %x : tensor<5x6xf32>, tensor<6xf32>) outs(%i : tensor<5xf32>) -> tensor<5xf32>
  return %0, %1, %2 : tensor<5xf32>, tensor<5xf32>, tensor<5xf32>
}
