// RUN: quant-opt %s --qlinalg-quantize='weights=int4' | FileCheck %s

// A contraction of two values that are computed stays as it is.
// CHECK-LABEL: func.func @two_activations
// CHECK-NEXT: linalg.matmul
// CHECK-NEXT: return
func.func @two_activations(%x: tensor<4x64xf32>, %y: tensor<64x32xf32>, %init: tensor<4x32xf32>) -> tensor<4x32xf32> {
  %z = linalg.matmul ins(%x, %y : tensor<4x64xf32>, tensor<64x32xf32>) outs(%init : tensor<4x32xf32>) -> tensor<4x32xf32>
  return %z : tensor<4x32xf32>
}

// The weight becomes rows of K, with a scale for each 32 elements of a row.
// CHECK-LABEL: func.func @linear
// CHECK-SAME: (%[[X:[a-z0-9]+]]: tensor<4x64xf32>, %[[INIT:[a-z0-9]+]]: tensor<4x32xf32>)
// CHECK: %[[WEIGHT:.*]] = arith.constant dense_resource<weight> : tensor<64x32xf32>
// CHECK: %[[ROWS:.*]] = linalg.transpose ins(%[[WEIGHT]] : tensor<64x32xf32>) {{.*}} permutation = [1, 0]
// CHECK: %[[SCALES:.*]] = qlinalg.choose_params %[[ROWS]] <int4, group = 32, symmetric> by #{{.*}} : tensor<32x64xf32> -> tensor<32x2xf32>
// CHECK: %[[CODES:.*]] = qlinalg.quantize %[[ROWS]] scales %[[SCALES]] <int4, group = 32, symmetric> by #{{.*}} -> tensor<32x64xi4>
// CHECK: %[[Y:.*]] = qlinalg.matmul lhs(%[[X]] : tensor<4x64xf32>)
// CHECK-SAME: rhs(%[[CODES]] : tensor<32x64xi4> scales %[[SCALES]] : tensor<32x2xf32> scheme <int4, group = 32, symmetric>)
// CHECK-SAME: outs(%[[INIT]] : tensor<4x32xf32>)
// CHECK-SAME: site = "weight"
// CHECK: return %[[Y]]
func.func @linear(%x: tensor<4x64xf32>, %init: tensor<4x32xf32>) -> tensor<4x32xf32> {
  %weight = arith.constant dense_resource<weight> : tensor<64x32xf32>
  %y = linalg.matmul ins(%x, %weight : tensor<4x64xf32>, tensor<64x32xf32>) outs(%init : tensor<4x32xf32>) -> tensor<4x32xf32>
  return %y : tensor<4x32xf32>
}
