// RUN: quant-opt %s --qlinalg-pack=cpu=x86-64-v3 | FileCheck %s --check-prefixes=CHECK,PAIRS
// RUN: quant-opt %s --qlinalg-pack=cpu=avx512vnni | FileCheck %s --check-prefixes=CHECK,VNNI
// RUN: quant-opt %s --qlinalg-pack=cpu=x86-64-v3 --qlinalg-lower-parameters | FileCheck %s --check-prefix=PARAMETERS

// Sums of a weight's codes, where the activation has zero points.

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#n = affine_map<(m, n, k) -> (n)>
#ng = affine_map<(m, n, k) -> (n, k floordiv 4)>
#mg = affine_map<(m, n, k) -> (m, k floordiv 8)>
#none = affine_map<(m, n, k) -> ()>

// A symmetric activation needs none.
// CHECK-LABEL: func.func @unchanged
// CHECK-NOT: sums
// CHECK: return
func.func @unchanged(%x: tensor<2x8xi8>, %i: tensor<2x2xi32>) -> tensor<2x2xi32> {
  %w = arith.constant dense<3> : tensor<2x8xi8>
  %0 = qlinalg.matmul lhs(%x : tensor<2x8xi8> scheme <int8, tensor>) rhs(%w : tensor<2x8xi8> scheme <int8, channel>)
    outs(%i : tensor<2x2xi32>) {indexing_maps = [#mk, #nk, #mn]} -> tensor<2x2xi32>
  return %0 : tensor<2x2xi32>
}

// CHECK-LABEL: func.func @rows
// PAIRS: %[[S:.*]] = arith.constant dense_resource<{{.*}}> : tensor<1x1x16xi32>
// PAIRS: qlinalg.matmul {{.*}} sums(%[[S]] : tensor<1x1x16xi32>)
// VNNI: %[[S:.*]] = arith.constant dense_resource<{{.*}}> : tensor<1x1x32xi32>
func.func @rows(%x: tensor<2x8xi8>, %z: tensor<i8>, %i: tensor<2x2xi32>) -> tensor<2x2xi32> {
  %w = arith.constant dense<3> : tensor<2x8xi8>
  %0 = qlinalg.matmul lhs(%x : tensor<2x8xi8> zero_points %z : tensor<i8> scheme <int8, tensor, affine>)
    rhs(%w : tensor<2x8xi8> scheme <int8, channel>)
    outs(%i : tensor<2x2xi32>) {indexing_maps = [#mk, #none, #nk, #mn]} -> tensor<2x2xi32>
  return %0 : tensor<2x2xi32>
}

// One for each group: rows 1 1 1 1 2 2 2 2 with the zero points 0 and 1 are 4 and 4.
// CHECK-LABEL: func.func @groups
// CHECK: %[[S:.*]] = arith.constant dense_resource<[[KEY:.*]]> : tensor<1x2x{{16|32}}xi32>
// CHECK: qlinalg.matmul
// CHECK: sums(%[[S]] : tensor<1x2x{{16|32}}xi32>)
func.func @groups(%x: tensor<2x8xi8>, %s: tensor<f32>, %z: tensor<i8>, %ws: tensor<1x2xf32>, %i: tensor<2x1xf32>) -> tensor<2x1xf32> {
  %w = arith.constant dense<[[1, 1, 1, 1, 2, 2, 2, 2]]> : tensor<1x8xi8>
  %wz = arith.constant dense<[[0, 1]]> : tensor<1x2xi8>
  %0 = qlinalg.matmul lhs(%x : tensor<2x8xi8> scales %s : tensor<f32> zero_points %z : tensor<i8> scheme <uint8, tensor, affine>)
    rhs(%w : tensor<1x8xi8> scales %ws : tensor<1x2xf32> zero_points %wz : tensor<1x2xi8> scheme <int8, group = 4, affine>)
    outs(%i : tensor<2x1xf32>) {indexing_maps = [#mk, #none, #none, #nk, #ng, #ng, #mn]} -> tensor<2x1xf32>
  return %0 : tensor<2x1xf32>
}

// Where vpmaddubsw takes the activation's signed bytes for unsigned ones, 128 is as a zero point.
// CHECK-LABEL: func.func @proved_pairs
// PAIRS: sums(
// VNNI-NOT: sums(
// CHECK: return
func.func @proved_pairs(%x: tensor<2x8xi8>, %i: tensor<2x2xi32>) -> tensor<2x2xi32> {
  %w = arith.constant dense<3> : tensor<2x8xi8>
  %0 = qlinalg.matmul lhs(%x : tensor<2x8xi8> scheme <int8, tensor>) rhs(%w : tensor<2x8xi8> scheme <int8, channel>)
    outs(%i : tensor<2x2xi32>) {indexing_maps = [#mk, #nk, #mn], qlinalg.pair_bound = 6 : i64} -> tensor<2x2xi32>
  return %0 : tensor<2x2xi32>
}

// Runs end with the activation's groups, inside of the weight's.
// CHECK-LABEL: func.func @skip_groups_of_the_activation
// CHECK-NOT: sums(
// CHECK: return
func.func @skip_groups_of_the_activation(%x: tensor<2x8xi8>, %s: tensor<2x1xf32>, %z: tensor<2x1xi8>, %ws: tensor<2xf32>, %i: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %w = arith.constant dense<3> : tensor<2x8xi8>
  %0 = qlinalg.matmul lhs(%x : tensor<2x8xi8> scales %s : tensor<2x1xf32> zero_points %z : tensor<2x1xi8> scheme <uint8, token_group = 8, affine>)
    rhs(%w : tensor<2x8xi8> scales %ws : tensor<2xf32> scheme <int8, channel>)
    outs(%i : tensor<2x2xf32>) {indexing_maps = [#mk, #mg, #mg, #nk, #n, #mn]} -> tensor<2x2xf32>
  return %0 : tensor<2x2xf32>
}

// CHECK-LABEL: func.func @skip_zero_points_of_the_call
// CHECK-NOT: sums(
// CHECK: return
func.func @skip_zero_points_of_the_call(%x: tensor<2x8xi8>, %z: tensor<i8>, %wz: tensor<2xi8>, %i: tensor<2x2xi32>) -> tensor<2x2xi32> {
  %w = arith.constant dense<3> : tensor<2x8xi8>
  %0 = qlinalg.matmul lhs(%x : tensor<2x8xi8> zero_points %z : tensor<i8> scheme <int8, tensor, affine>)
    rhs(%w : tensor<2x8xi8> zero_points %wz : tensor<2xi8> scheme <int8, channel, affine>)
    outs(%i : tensor<2x2xi32>) {indexing_maps = [#mk, #none, #nk, #n, #mn]} -> tensor<2x2xi32>
  return %0 : tensor<2x2xi32>
}

// Of parameters they are taken once, when these are loaded.
ml_program.global private @codes(#ml_program.extern : tensor<2x8xi8>) : tensor<2x8xi8>
ml_program.global private @zeros(#ml_program.extern : tensor<2xi8>) : tensor<2xi8>
// PARAMETERS-LABEL: func.func @parameters
// PARAMETERS-NOT: sum_codes
// PARAMETERS: llvm.mlir.addressof @qlinalg_parameter_slot.0.sums.int8.qlinalg_parameter_slot.1.panel16
// PARAMETERS: bufferization.to_tensor %{{.*}} : memref<1x1x16xi32>
func.func @parameters(%x: tensor<2x8xi8>, %z: tensor<i8>, %i: tensor<2x2xi32>) -> tensor<2x2xi32> {
  %w = ml_program.global_load_const @codes : tensor<2x8xi8>
  %wz = ml_program.global_load_const @zeros : tensor<2xi8>
  %0 = qlinalg.matmul lhs(%x : tensor<2x8xi8> zero_points %z : tensor<i8> scheme <int8, tensor, affine>)
    rhs(%w : tensor<2x8xi8> zero_points %wz : tensor<2xi8> scheme <int8, channel, affine>)
    outs(%i : tensor<2x2xi32>) {indexing_maps = [#mk, #none, #nk, #n, #mn]} -> tensor<2x2xi32>
  return %0 : tensor<2x2xi32>
}
// PARAMETERS: llvm.func @qlinalg_initialize()
// PARAMETERS: llvm.call @qlinalg_rt_sum_codes
// PARAMETERS: llvm.call @qlinalg_rt_pack

// 4 and 4, in the first lane of each group.
// CHECK: [[KEY]]: "0x10000000040000000000{{(00)*}}04000000{{(00)*}}"
