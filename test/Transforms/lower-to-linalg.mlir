// RUN: quant-opt %s --qlinalg-lower-to-linalg | FileCheck %s

// Each op becomes linalg on tensors whose body is the arithmetic of its description.

// What is not of the dialect stays.
// CHECK-LABEL: func.func @unchanged
// CHECK-SAME: (%[[X:.*]]: tensor<4xf32>)
// CHECK-NEXT: %[[Y:.*]] = math.exp %[[X]] : tensor<4xf32>
// CHECK-NEXT: return %[[Y]]
func.func @unchanged(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = math.exp %x : tensor<4xf32>
  return %y : tensor<4xf32>
}

// clamp(round(x / scale), -128, 127), and 0 for NaN.
// CHECK-LABEL: func.func @quantize
// CHECK-SAME: (%[[X:.*]]: tensor<4x64xf32>, %[[SCALES:.*]]: tensor<4xf32>)
// CHECK-DAG: %[[ZERO:.*]] = arith.constant 0.000000e+00 : f32
// CHECK-DAG: %[[LEAST:.*]] = arith.constant -1.280000e+02 : f32
// CHECK-DAG: %[[GREATEST:.*]] = arith.constant 1.270000e+02 : f32
// CHECK: %[[EMPTY:.*]] = tensor.empty() : tensor<4x64xi8>
// CHECK: %[[CODES:.*]] = linalg.generic
// CHECK-SAME: iterator_types = ["parallel", "parallel"]
// CHECK-SAME: ins(%[[X]], %[[SCALES]] : tensor<4x64xf32>, tensor<4xf32>) outs(%[[EMPTY]] : tensor<4x64xi8>)
// CHECK-NEXT: ^bb0(%[[NUMBER:.*]]: f32, %[[SCALE:.*]]: f32, %{{.*}}: i8):
// CHECK-NEXT: %[[QUOTIENT:.*]] = arith.divf %[[NUMBER]], %[[SCALE]] : f32
// CHECK-NEXT: %[[ROUNDED:.*]] = math.roundeven %[[QUOTIENT]] : f32
// CHECK-NEXT: %[[ABOVE:.*]] = arith.maximumf %[[ROUNDED]], %[[LEAST]] : f32
// CHECK-NEXT: %[[CLAMPED:.*]] = arith.minimumf %[[ABOVE]], %[[GREATEST]] : f32
// CHECK-NEXT: %[[IS_NAN:.*]] = arith.cmpf uno, %[[ROUNDED]], %[[ROUNDED]] : f32
// CHECK-NEXT: %[[SAFE:.*]] = arith.select %[[IS_NAN]], %[[ZERO]], %[[CLAMPED]] : f32
// CHECK-NEXT: %[[WIDE:.*]] = arith.fptosi %[[SAFE]] : f32 to i32
// CHECK-NEXT: %[[CODE:.*]] = arith.trunci %[[WIDE]] : i32 to i8
// CHECK-NEXT: linalg.yield %[[CODE]] : i8
// CHECK: return %[[CODES]]
func.func @quantize(%x: tensor<4x64xf32>, %scales: tensor<4xf32>) -> tensor<4x64xi8> {
  %codes = qlinalg.quantize %x scales %scales <int8, token, symmetric> by affine_map<(d0, d1) -> (d0)>
    : tensor<4x64xf32> scales tensor<4xf32> -> tensor<4x64xi8>
  return %codes : tensor<4x64xi8>
}

// The contraction decodes the weight where it reads it: `code * scale` of its group of 32.
// CHECK-LABEL: func.func @matmul
// CHECK-SAME: (%[[X:.*]]: tensor<?x64xf32>, %[[CODES:.*]]: tensor<32x64xi4>, %[[SCALES:.*]]: tensor<32x2xf32>, %[[INIT:.*]]: tensor<?x32xf32>)
// CHECK: %[[Y:.*]] = linalg.generic
// CHECK-SAME: iterator_types = ["parallel", "parallel", "reduction"]
// CHECK-SAME: ins(%[[X]], %[[CODES]], %[[SCALES]] : tensor<?x64xf32>, tensor<32x64xi4>, tensor<32x2xf32>)
// CHECK-SAME: outs(%[[INIT]] : tensor<?x32xf32>)
// CHECK-NEXT: ^bb0(%[[LHS:.*]]: f32, %[[CODE:.*]]: i4, %[[SCALE:.*]]: f32, %[[SUM:.*]]: f32):
// CHECK-NEXT: %[[WIDE:.*]] = arith.extsi %[[CODE]] : i4 to i32
// CHECK-NEXT: %[[LEVEL:.*]] = arith.sitofp %[[WIDE]] : i32 to f32
// CHECK-NEXT: %[[RHS:.*]] = arith.mulf %[[LEVEL]], %[[SCALE]] : f32
// CHECK-NEXT: %[[PRODUCT:.*]] = arith.mulf %[[LHS]], %[[RHS]] : f32
// CHECK-NEXT: %[[NEXT:.*]] = arith.addf %[[SUM]], %[[PRODUCT]] : f32
// CHECK-NEXT: linalg.yield %[[NEXT]] : f32
// CHECK: return %[[Y]]
func.func @matmul(%x: tensor<?x64xf32>, %codes: tensor<32x64xi4>, %scales: tensor<32x2xf32>,
                  %init: tensor<?x32xf32>) -> tensor<?x32xf32> {
  %y = qlinalg.matmul lhs(%x : tensor<?x64xf32>)
      rhs(%codes : tensor<32x64xi4> scales %scales : tensor<32x2xf32> scheme <int4, group = 32, symmetric>)
      outs(%init : tensor<?x32xf32>) {indexing_maps = [
        affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>,
        affine_map<(m, n, k) -> (n, k floordiv 32)>, affine_map<(m, n, k) -> (m, n)>]} -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}
