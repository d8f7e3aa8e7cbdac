// RUN: quant-opt %s --pass-pipeline='builtin.module(func.func(qlinalg-raise-contractions))' | FileCheck %s

// CHECK-DAG: #[[MK:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-DAG: #[[KN:.*]] = affine_map<(d0, d1, d2) -> (d2, d1)>
// CHECK-DAG: #[[NK:.*]] = affine_map<(d0, d1, d2) -> (d1, d2)>
// CHECK-DAG: #[[MN:.*]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-DAG: #[[BMK:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d3)>
// CHECK-DAG: #[[BNK:.*]] = affine_map<(d0, d1, d2, d3) -> (d2, d3)>

// What has no contraction stays as it is.
// CHECK-LABEL: func.func @unchanged
// CHECK: linalg.add
// CHECK-NOT: qlinalg.matmul
func.func @unchanged(%x: tensor<4x8xf32>, %y: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %0 = linalg.add ins(%x, %y : tensor<4x8xf32>, tensor<4x8xf32>) outs(%x : tensor<4x8xf32>) -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

// CHECK-LABEL: func.func @matmul(
// CHECK-SAME: %[[X:.*]]: tensor<4x8xf32>, %[[W:.*]]: tensor<8x16xf32>, %[[INIT:.*]]: tensor<4x16xf32>)
// CHECK: qlinalg.matmul lhs(%[[X]] : tensor<4x8xf32>) rhs(%[[W]] : tensor<8x16xf32>) outs(%[[INIT]] : tensor<4x16xf32>)
// CHECK-SAME: indexing_maps = [#[[MK]], #[[KN]], #[[MN]]]
func.func @matmul(%x: tensor<4x8xf32>, %w: tensor<8x16xf32>, %init: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %0 = linalg.matmul ins(%x, %w : tensor<4x8xf32>, tensor<8x16xf32>) outs(%init : tensor<4x16xf32>) -> tensor<4x16xf32>
  return %0 : tensor<4x16xf32>
}

// A widening inside the body.
// CHECK-LABEL: func.func @mixed_types
// CHECK: qlinalg.matmul lhs(%{{.*}} : tensor<2x?x8xbf16>) rhs(%{{.*}} : tensor<2x8x?xbf16>) outs(%{{.*}} : tensor<2x?x?xf32>)
func.func @mixed_types(%x: tensor<2x?x8xbf16>, %y: tensor<2x8x?xbf16>, %init: tensor<2x?x?xf32>) -> tensor<2x?x?xf32> {
  %0 = linalg.batch_matmul ins(%x, %y : tensor<2x?x8xbf16>, tensor<2x8x?xbf16>) outs(%init : tensor<2x?x?xf32>) -> tensor<2x?x?xf32>
  return %0 : tensor<2x?x?xf32>
}

// The factors the other way round, the sum too.
#lhs = affine_map<(d0, d1, d2) -> (d0, d2)>
#rhs = affine_map<(d0, d1, d2) -> (d1, d2)>
#out = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-LABEL: func.func @generic
// CHECK: qlinalg.matmul
// CHECK-SAME: indexing_maps = [#[[MK]], #[[NK]], #[[MN]]]
func.func @generic(%x: tensor<4x8xf32>, %w: tensor<16x8xf32>, %init: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %0 = linalg.generic {indexing_maps = [#lhs, #rhs, #out], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<4x8xf32>, tensor<16x8xf32>) outs(%init : tensor<4x16xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %b, %a : f32
    %s = arith.addf %p, %acc : f32
    linalg.yield %s : f32
  } -> tensor<4x16xf32>
  return %0 : tensor<4x16xf32>
}

// Transposes, broadcasts and widenings of a weight are read through.
#from = affine_map<(d0, d1, d2) -> (d1, d2)>
#to = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
// CHECK-LABEL: func.func @read_through(
// CHECK-SAME: %[[X:.*]]: tensor<2x4x8xf32>, %[[W:.*]]: tensor<16x8xf16>
// CHECK: qlinalg.matmul lhs(%[[X]] : tensor<2x4x8xf32>) rhs(%[[W]] : tensor<16x8xf16>)
// CHECK-SAME: indexing_maps = [#[[BMK]], #[[BNK]],
func.func @read_through(%x: tensor<2x4x8xf32>, %w: tensor<16x8xf16>, %wide: tensor<16x8xf32>, %t: tensor<8x16xf32>,
                        %b: tensor<2x8x16xf32>, %init: tensor<2x4x16xf32>) -> tensor<2x4x16xf32> {
  %0 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>],
                       iterator_types = ["parallel", "parallel"]}
      ins(%w : tensor<16x8xf16>) outs(%wide : tensor<16x8xf32>) {
  ^bb0(%in: f16, %out: f32):
    %e = arith.extf %in : f16 to f32
    linalg.yield %e : f32
  } -> tensor<16x8xf32>
  %1 = linalg.transpose ins(%0 : tensor<16x8xf32>) outs(%t : tensor<8x16xf32>) permutation = [1, 0]
  %2 = linalg.generic {indexing_maps = [#from, #to], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%1 : tensor<8x16xf32>) outs(%b : tensor<2x8x16xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<2x8x16xf32>
  %3 = linalg.batch_matmul ins(%x, %2 : tensor<2x4x8xf32>, tensor<2x8x16xf32>) outs(%init : tensor<2x4x16xf32>) -> tensor<2x4x16xf32>
  return %3 : tensor<2x4x16xf32>
}

// What is repeated along the sum is no factor of it.
// CHECK-LABEL: func.func @read_through_not_along_k
// CHECK: %[[B:.*]] = linalg.broadcast
// CHECK: qlinalg.matmul lhs(%{{.*}}) rhs(%[[B]] : tensor<8x16xf32>)
func.func @read_through_not_along_k(%x: tensor<4x8xf32>, %w: tensor<16xf32>, %b: tensor<8x16xf32>, %init: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %0 = linalg.broadcast ins(%w : tensor<16xf32>) outs(%b : tensor<8x16xf32>) dimensions = [0]
  %1 = linalg.matmul ins(%x, %0 : tensor<4x8xf32>, tensor<8x16xf32>) outs(%init : tensor<4x16xf32>) -> tensor<4x16xf32>
  return %1 : tensor<4x16xf32>
}

// CHECK-LABEL: func.func @skip_integers
// CHECK-NOT: qlinalg.matmul
func.func @skip_integers(%x: tensor<4x8xi32>, %w: tensor<8x16xi32>, %init: tensor<4x16xi32>) -> tensor<4x16xi32> {
  %0 = linalg.matmul ins(%x, %w : tensor<4x8xi32>, tensor<8x16xi32>) outs(%init : tensor<4x16xi32>) -> tensor<4x16xi32>
  return %0 : tensor<4x16xi32>
}

// CHECK-LABEL: func.func @skip_two_reductions
// CHECK-NOT: qlinalg.matmul
func.func @skip_two_reductions(%x: tensor<4x8x2xf32>, %w: tensor<8x2xf32>, %init: tensor<4xf32>) -> tensor<4xf32> {
  %0 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d1, d2)>, affine_map<(d0, d1, d2) -> (d1, d2)>, affine_map<(d0, d1, d2) -> (d0)>],
                       iterator_types = ["parallel", "reduction", "reduction"]}
      ins(%x, %w : tensor<4x8x2xf32>, tensor<8x2xf32>) outs(%init : tensor<4xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %acc, %p : f32
    linalg.yield %s : f32
  } -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// Window sums are no projected permutation.
// CHECK-LABEL: func.func @skip_convolution
// CHECK-NOT: qlinalg.matmul
func.func @skip_convolution(%x: tensor<10xf32>, %w: tensor<3xf32>, %init: tensor<8xf32>) -> tensor<8xf32> {
  %0 = linalg.conv_1d ins(%x, %w : tensor<10xf32>, tensor<3xf32>) outs(%init : tensor<8xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// CHECK-LABEL: func.func @skip_other_body
// CHECK-NOT: qlinalg.matmul
func.func @skip_other_body(%x: tensor<4x8xf32>, %w: tensor<16x8xf32>, %init: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %0 = linalg.generic {indexing_maps = [#lhs, #rhs, #out], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<4x8xf32>, tensor<16x8xf32>) outs(%init : tensor<4x16xf32>) {
  ^bb0(%a: f32, %b: f32, %acc: f32):
    %p = arith.mulf %a, %a : f32
    %s = arith.addf %acc, %p : f32
    linalg.yield %s : f32
  } -> tensor<4x16xf32>
  return %0 : tensor<4x16xf32>
}
