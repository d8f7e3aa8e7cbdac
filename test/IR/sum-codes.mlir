// RUN: quant-opt %s -canonicalize | FileCheck %s
// RUN: quant-opt %s --qlinalg-lower-to-linalg | FileCheck %s --check-prefix=LINALG

// Sums of constant codes are constants; of others they are taken where they stand.
// CHECK-LABEL: func.func @stays
// CHECK: qlinalg.sum_codes
// LINALG-LABEL: func.func @stays
// LINALG: linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]} ins(%{{.*}}, %{{.*}} : tensor<3x4xi8>, tensor<3x2xi8>)
// LINALG: arith.extui %{{.*}} : i8 to i32
// LINALG: arith.extui %{{.*}} : i8 to i32
// LINALG: arith.subi
// LINALG: arith.addi
func.func @stays(%w: tensor<3x4xi8>, %z: tensor<3x2xi8>) -> tensor<3x2xi32> {
  %0 = qlinalg.sum_codes %w zero_points %z <uint8, group = 2, affine> : tensor<3x4xi8> zero_points tensor<3x2xi8> -> tensor<3x2xi32>
  return %0 : tensor<3x2xi32>
}

// [1 + 2 - 3, 4 - 5 + 6]
// CHECK-LABEL: func.func @whole_rows
// CHECK: arith.constant dense_resource<[[ROWS:.*]]> : tensor<2x1xi32>
func.func @whole_rows() -> tensor<2x1xi32> {
  %w = arith.constant dense<[[1, 2, -3], [4, -5, 6]]> : tensor<2x3xi8>
  %0 = qlinalg.sum_codes %w <int8, channel> : tensor<2x3xi8> -> tensor<2x1xi32>
  return %0 : tensor<2x1xi32>
}

// 21 0F is 1 2 -1, and 43 05 is 3 4 5: [3, -1] and [7, 5], less twice and once the zero points 1 and 2.
// CHECK-LABEL: func.func @groups_of_nibbles
// CHECK: arith.constant dense_resource<[[GROUPS:.*]]> : tensor<2x2xi32>
func.func @groups_of_nibbles() -> tensor<2x2xi32> {
  %r = arith.constant dense<[[0x21, 0x0F], [0x43, 0x05]]> : tensor<2x2xi8>
  %z = arith.constant dense<[[1, 2], [1, 2]]> : tensor<2x2xi8>
  %w = qlinalg.unpack %r <rows> : tensor<2x2xi8> -> tensor<2x3xi4>
  %0 = qlinalg.sum_codes %w zero_points %z <int4, group = 2, affine> : tensor<2x3xi4> zero_points tensor<2x2xi8> -> tensor<2x2xi32>
  return %0 : tensor<2x2xi32>
}

// CHECK-LABEL: func.func @skip_zero_points_of_the_call
// CHECK: qlinalg.sum_codes
func.func @skip_zero_points_of_the_call(%z: tensor<i8>) -> tensor<2x1xi32> {
  %w = arith.constant dense<[[1, 2], [4, -5]]> : tensor<2x2xi8>
  %0 = qlinalg.sum_codes %w zero_points %z <int8, tensor, affine> : tensor<2x2xi8> zero_points tensor<i8> -> tensor<2x1xi32>
  return %0 : tensor<2x1xi32>
}

// CHECK-DAG: [[ROWS]]: "0x100000000000000005000000"
// CHECK-DAG: [[GROUPS]]: "0x1000000001000000FDFFFFFF0500000003000000"
