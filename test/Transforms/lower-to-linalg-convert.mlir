// RUN: quant-opt %s --qlinalg-lower-to-linalg | FileCheck %s

// observe, choose_params, quantize, dequantize, fake_quantize. That the arithmetic is right is shown by
// test/Integration/definition.py, which runs every scheme.

// CHECK-LABEL: func.func @observe
// CHECK-SAME: (%[[X:.*]]: tensor<4xf32>)
// CHECK-NEXT: return %[[X]]
func.func @observe(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = qlinalg.observe %x site "input" <range, moments> : tensor<4xf32>
  return %y : tensor<4xf32>
}

// One reduction over all of the tensor, from f64 to f32 first; then the scale, which is NaN if the maximum is not finite.
// CHECK-LABEL: func.func @choose_symmetric
// CHECK-DAG: %[[INFINITY:.*]] = arith.constant 0x7F800000 : f32
// CHECK-DAG: %[[NAN:.*]] = arith.constant 0x7FC00000 : f32
// CHECK-DAG: %[[DIVISOR:.*]] = arith.constant 1.270000e+02 : f32
// CHECK: %[[MAXIMUM:.*]] = linalg.generic {{.*}} iterator_types = ["reduction", "reduction"]
// CHECK: %[[NUMBER:.*]] = arith.truncf %{{.*}} : f64 to f32
// CHECK: %[[MAGNITUDE:.*]] = math.absf %[[NUMBER]] : f32
// CHECK: arith.maximumf %{{.*}}, %[[MAGNITUDE]] : f32
// CHECK: linalg.generic {{.*}} iterator_types = []} ins(%[[MAXIMUM]] : tensor<f32>)
// CHECK-NEXT: ^bb0(%[[WIDTH:.*]]: f32, %{{.*}}: f32):
// CHECK-DAG: %[[IS_FINITE:.*]] = arith.cmpf olt, %[[WIDTH]], %[[INFINITY]] : f32
// CHECK-DAG: arith.divf %[[WIDTH]], %[[DIVISOR]] : f32
// CHECK: %[[SCALE:.*]] = arith.select %[[IS_FINITE]], %{{.*}}, %[[NAN]] : f32
// CHECK-NEXT: linalg.yield %[[SCALE]] : f32
func.func @choose_symmetric(%x: tensor<4x64xf64>) -> tensor<f32> {
  %s = qlinalg.choose_params %x <int8, tensor, symmetric> by affine_map<(d0, d1) -> ()> : tensor<4x64xf64> -> tensor<f32>
  return %s : tensor<f32>
}

// Dynamic K: the number of groups is rounded up. The last group may be short.
// CHECK-LABEL: func.func @choose_affine_groups
// CHECK-DAG: %[[ROUND_UP:.*]] = arith.constant 31 : index
// CHECK-DAG: %[[GROUP:.*]] = arith.constant 32 : index
// CHECK: %[[K:.*]] = tensor.dim
// CHECK: %[[PADDED:.*]] = arith.addi %[[K]], %[[ROUND_UP]] : index
// CHECK: %[[GROUPS:.*]] = arith.divui %[[PADDED]], %[[GROUP]] : index
// CHECK: tensor.empty(%[[GROUPS]]) : tensor<4x?xf32>
// CHECK: %[[RANGE:.*]]:2 = linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]
// CHECK: arith.minimumf
// CHECK: arith.maximumf
// CHECK: linalg.generic {{.*}}ins(%[[RANGE]]#0, %[[RANGE]]#1
// CHECK: -> (tensor<4x?xf16>, tensor<4x?xi8>)
func.func @choose_affine_groups(%x: tensor<4x?xf32>) -> (tensor<4x?xf16>, tensor<4x?xi8>) {
  %s, %z = qlinalg.choose_params %x <uint4, group = 32, affine, scales = f16> by affine_map<(d0, d1) -> (d0, d1 floordiv 32)>
    : tensor<4x?xf32> -> tensor<4x?xf16>, tensor<4x?xi8>
  return %s, %z : tensor<4x?xf16>, tensor<4x?xi8>
}

// CHECK-LABEL: func.func @quantize_away_reciprocal
// CHECK: linalg.generic
// CHECK: %[[QUOTIENT:.*]] = arith.divf %[[X:.*]], %[[SCALE:.*]] : f32
// CHECK: %[[RECIPROCAL:.*]] = arith.divf %{{.*}}, %[[SCALE]] : f32
// CHECK: %[[PRODUCT:.*]] = arith.mulf %[[X]], %[[RECIPROCAL]] : f32
// CHECK: %[[RATIO:.*]] = arith.select %{{.*}}, %[[PRODUCT]], %[[QUOTIENT]] : f32
// CHECK: math.round %[[RATIO]] : f32
func.func @quantize_away_reciprocal(%x: tensor<4x64xf32>, %s: tensor<f32>) -> tensor<4x64xi8> {
  %q = qlinalg.quantize %x scales %s <int8, tensor, symmetric, rounding = away, division = reciprocal>
    by affine_map<(d0, d1) -> ()> : tensor<4x64xf32> scales tensor<f32> -> tensor<4x64xi8>
  return %q : tensor<4x64xi8>
}

// The zero point of an affine uint8 is an unsigned byte.
// CHECK-LABEL: func.func @dequantize_affine
// CHECK: ^bb0(%[[CODE:.*]]: i8, %[[SCALE:.*]]: f32, %[[ZERO:.*]]: i8, %{{.*}}: bf16):
// CHECK-DAG: %[[WIDE_CODE:.*]] = arith.extui %[[CODE]] : i8 to i32
// CHECK-DAG: %[[WIDE_ZERO:.*]] = arith.extui %[[ZERO]] : i8 to i32
// CHECK: %[[DIFFERENCE:.*]] = arith.subi %[[WIDE_CODE]], %[[WIDE_ZERO]] : i32
// CHECK: %[[LEVEL:.*]] = arith.sitofp %[[DIFFERENCE]] : i32 to f32
// CHECK: arith.mulf %[[LEVEL]], %[[SCALE]] : f32
func.func @dequantize_affine(%q: tensor<4x64xi8>, %s: tensor<4xf32>, %z: tensor<4xi8>) -> tensor<4x64xbf16> {
  %y = qlinalg.dequantize %q scales %s zero_points %z <uint8, channel, affine> by affine_map<(d0, d1) -> (d0)>
    : tensor<4x64xi8> scales tensor<4xf32> zero_points tensor<4xi8> -> tensor<4x64xbf16>
  return %y : tensor<4x64xbf16>
}

// A codebook is a table.
// CHECK-LABEL: func.func @dequantize_nf4
// CHECK: %[[TABLE:.*]] = arith.constant dense<[-1.000000e+00, {{.*}}, 1.000000e+00]> : tensor<16xf32>
// CHECK: linalg.generic
// CHECK: %[[INDEX:.*]] = arith.index_castui %{{.*}} : i4 to index
// CHECK: tensor.extract %[[TABLE]][%[[INDEX]]] : tensor<16xf32>
func.func @dequantize_nf4(%q: tensor<4x64xi4>, %s: tensor<4x1xf32>) -> tensor<4x64xf32> {
  %y = qlinalg.dequantize %q scales %s <nf4, group = 64> by affine_map<(d0, d1) -> (d0, d1 floordiv 64)>
    : tensor<4x64xi4> scales tensor<4x1xf32> -> tensor<4x64xf32>
  return %y : tensor<4x64xf32>
}

// An 8-bit float is made and read as bits: arith's own casts have no lowering on CPUs.
// CHECK-LABEL: func.func @fake_quantize_f8
// CHECK: linalg.generic
// CHECK-NOT: arith.truncf
// CHECK-NOT: arith.extf
// CHECK: linalg.yield %{{.*}} : f32
func.func @fake_quantize_f8(%x: tensor<4x64xf32>, %s: tensor<4xf32>) -> tensor<4x64xf32> {
  %y = qlinalg.fake_quantize %x scales %s <f8E4M3FN, channel> by affine_map<(d0, d1) -> (d0)>
    : tensor<4x64xf32> scales tensor<4xf32> -> tensor<4x64xf32>
  return %y : tensor<4x64xf32>
}

// CHECK-LABEL: func.func @quantize_f16
// CHECK: ^bb0(%[[X:.*]]: f32, %{{.*}}: f16):
// CHECK-NEXT: %[[CODE:.*]] = arith.truncf %[[X]] : f32 to f16
// CHECK-NEXT: linalg.yield %[[CODE]] : f16
func.func @quantize_f16(%x: tensor<4x64xf32>) -> tensor<4x64xf16> {
  %q = qlinalg.quantize %x <f16> by affine_map<(d0, d1) -> ()> : tensor<4x64xf32> -> tensor<4x64xf16>
  return %q : tensor<4x64xf16>
}
