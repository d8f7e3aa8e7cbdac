// RUN: quant-opt %s --pass-pipeline='builtin.module(func.func(qlinalg-fuse-dynamic-quantize))' | FileCheck %s

#token = affine_map<(d0, d1) -> (d0)>
#group = affine_map<(d0, d1) -> (d0, d1 floordiv 32)>

// CHECK-DAG: #[[TOKEN:.*]] = affine_map<(d0, d1) -> (d0)>
// CHECK-DAG: #[[GROUP:.*]] = affine_map<(d0, d1) -> (d0, d1 floordiv 32)>

// Scales alone are wanted.
// CHECK-LABEL: func.func @unchanged
// CHECK-NEXT: %[[S:.*]] = qlinalg.choose_params
// CHECK-NEXT: return %[[S]]
func.func @unchanged(%x: tensor<4x64xf32>) -> tensor<4xf32> {
  %s = qlinalg.choose_params %x <int8, token, symmetric> by #token : tensor<4x64xf32> -> tensor<4xf32>
  return %s : tensor<4xf32>
}

// CHECK-LABEL: func.func @tokens
// CHECK-SAME: %[[X:.*]]: tensor<4x64xf32>
// CHECK-DAG: %[[Q:.*]] = tensor.empty() : tensor<4x64xi8>
// CHECK-DAG: %[[S:.*]] = tensor.empty() : tensor<4xf32>
// CHECK: %[[R:.*]]:2 = qlinalg.dynamic_quantize %[[X]] <int8, token, symmetric> by #[[TOKEN]] outs(%[[Q]], %[[S]] : tensor<4x64xi8>, tensor<4xf32>)
// CHECK-NEXT: return %[[R]]#0, %[[R]]#1
func.func @tokens(%x: tensor<4x64xf32>) -> (tensor<4x64xi8>, tensor<4xf32>) {
  %s = qlinalg.choose_params %x <int8, token, symmetric> by #token : tensor<4x64xf32> -> tensor<4xf32>
  %q = qlinalg.quantize %x scales %s <int8, token, symmetric> by #token : tensor<4x64xf32> scales tensor<4xf32> -> tensor<4x64xi8>
  return %q, %s : tensor<4x64xi8>, tensor<4xf32>
}

// Zero points, and sizes that are known at run time: ceil(? / 32) groups.
// CHECK-LABEL: func.func @groups
// CHECK-SAME: %[[X:.*]]: tensor<?x?xf16>
// CHECK-DAG: tensor.empty(%{{.*}}, %{{.*}}) : tensor<?x?xi8>
// CHECK-DAG: %[[S:.*]] = tensor.empty(%{{.*}}, %{{.*}}) : tensor<?x?xbf16>
// CHECK: %[[R:.*]]:3 = qlinalg.dynamic_quantize %[[X]] <uint8, token_group = 32, affine, scales = bf16> by #[[GROUP]] outs(%{{.*}}, %[[S]], %{{.*}} : tensor<?x?xi8>, tensor<?x?xbf16>, tensor<?x?xi8>)
// CHECK-NEXT: return %[[R]]#0, %[[R]]#1, %[[R]]#2
func.func @groups(%x: tensor<?x?xf16>) -> (tensor<?x?xi8>, tensor<?x?xbf16>, tensor<?x?xi8>) {
  %s, %z = qlinalg.choose_params %x <uint8, token_group = 32, affine, scales = bf16> by #group : tensor<?x?xf16> -> tensor<?x?xbf16>, tensor<?x?xi8>
  %q = qlinalg.quantize %x scales %s zero_points %z <uint8, token_group = 32, affine, scales = bf16> by #group
    : tensor<?x?xf16> scales tensor<?x?xbf16> zero_points tensor<?x?xi8> -> tensor<?x?xi8>
  return %q, %s, %z : tensor<?x?xi8>, tensor<?x?xbf16>, tensor<?x?xi8>
}

// CHECK-LABEL: func.func @several_readers
// CHECK-COUNT-1: qlinalg.dynamic_quantize
// CHECK-NOT: qlinalg.
func.func @several_readers(%x: tensor<4x64xf32>) -> (tensor<4x64xi8>, tensor<4x64xi8>) {
  %s = qlinalg.choose_params %x <int8, token, symmetric> by #token : tensor<4x64xf32> -> tensor<4xf32>
  %p = qlinalg.quantize %x scales %s <int8, token, symmetric> by #token : tensor<4x64xf32> scales tensor<4xf32> -> tensor<4x64xi8>
  %q = qlinalg.quantize %x scales %s <int8, token, symmetric> by #token : tensor<4x64xf32> scales tensor<4xf32> -> tensor<4x64xi8>
  return %p, %q : tensor<4x64xi8>, tensor<4x64xi8>
}

// CHECK-LABEL: func.func @skip_constant
// CHECK-NOT: dynamic_quantize
func.func @skip_constant() -> tensor<4x64xi8> {
  %x = arith.constant dense<1.0> : tensor<4x64xf32>
  %s = qlinalg.choose_params %x <int8, token, symmetric> by #token : tensor<4x64xf32> -> tensor<4xf32>
  %q = qlinalg.quantize %x scales %s <int8, token, symmetric> by #token : tensor<4x64xf32> scales tensor<4xf32> -> tensor<4x64xi8>
  return %q : tensor<4x64xi8>
}

// CHECK-LABEL: func.func @skip_four_bits
// CHECK-NOT: dynamic_quantize
func.func @skip_four_bits(%x: tensor<4x64xf32>) -> tensor<4x64xi4> {
  %s = qlinalg.choose_params %x <int4, token, symmetric> by #token : tensor<4x64xf32> -> tensor<4xf32>
  %q = qlinalg.quantize %x scales %s <int4, token, symmetric> by #token : tensor<4x64xf32> scales tensor<4xf32> -> tensor<4x64xi4>
  return %q : tensor<4x64xi4>
}

// CHECK-LABEL: func.func @skip_other_rounding
// CHECK-NOT: dynamic_quantize
func.func @skip_other_rounding(%x: tensor<4x64xf32>) -> tensor<4x64xi8> {
  %s = qlinalg.choose_params %x <int8, token, symmetric> by #token : tensor<4x64xf32> -> tensor<4xf32>
  %q = qlinalg.quantize %x scales %s <int8, token, symmetric, rounding = away> by #token : tensor<4x64xf32> scales tensor<4xf32> -> tensor<4x64xi8>
  return %q : tensor<4x64xi8>
}

// CHECK-LABEL: func.func @skip_other_value
// CHECK-NOT: dynamic_quantize
func.func @skip_other_value(%x: tensor<4x64xf32>, %y: tensor<4x64xf32>) -> tensor<4x64xi8> {
  %s = qlinalg.choose_params %x <int8, token, symmetric> by #token : tensor<4x64xf32> -> tensor<4xf32>
  %q = qlinalg.quantize %y scales %s <int8, token, symmetric> by #token : tensor<4x64xf32> scales tensor<4xf32> -> tensor<4x64xi8>
  return %q : tensor<4x64xi8>
}

// CHECK-LABEL: func.func @skip_other_zero_points
// CHECK-NOT: dynamic_quantize
func.func @skip_other_zero_points(%x: tensor<4x64xf32>, %z: tensor<4xi8>) -> tensor<4x64xi8> {
  %s, %unused = qlinalg.choose_params %x <int8, token, affine> by #token : tensor<4x64xf32> -> tensor<4xf32>, tensor<4xi8>
  %q = qlinalg.quantize %x scales %s zero_points %z <int8, token, affine> by #token
    : tensor<4x64xf32> scales tensor<4xf32> zero_points tensor<4xi8> -> tensor<4x64xi8>
  return %q : tensor<4x64xi8>
}
