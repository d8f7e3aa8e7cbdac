// RUN: quant-opt %s --pass-pipeline='builtin.module(func.func(qlinalg-lower-to-cpu{cpu=x86-64-v3},canonicalize,cse))' | FileCheck %s

#x = affine_map<(m, n, k) -> (m, k)>
#xs = affine_map<(m, n, k) -> (m)>
#xs12 = affine_map<(m, n, k) -> (m, k floordiv 12)>
#w = affine_map<(m, n, k) -> (n, k)>
#s = affine_map<(m, n, k) -> (n)>
#s8 = affine_map<(m, n, k) -> (n, k floordiv 8)>
#y = affine_map<(m, n, k) -> (m, n)>

// Both sides as i16, sums in i32, one scaling at the end: 128 * 128 * 24 fits.
// CHECK-LABEL: func.func @one_run(
// CHECK: %[[ROWS:.*]] = memref.alloc() {{.*}} : memref<2x24xi16>
// CHECK: %[[COLUMNS:.*]] = memref.alloc() {{.*}} : memref<24x16xi16>
// CHECK: %[[SUMS:.*]]:2 = scf.for %{{.*}} = %c0 to %c24 step %c1 iter_args({{.*}}) -> (vector<16xi32>, vector<16xi32>)
// CHECK: arith.muli %{{.*}} : vector<16xi32>
// CHECK: arith.addi %{{.*}} : vector<16xi32>
// CHECK: %[[SCALE:.*]] = arith.mulf %{{.*}} : vector<16xf32>
// CHECK: %[[FLOAT:.*]] = arith.sitofp %[[SUMS]]#0
// CHECK: %[[SCALED:.*]] = arith.mulf %[[FLOAT]], %[[SCALE]]
// CHECK: arith.addf %{{.*}}, %[[SCALED]]
func.func @one_run(%x: memref<2x24xi8>, %xs: memref<2xf32>, %w: memref<1x24x16xi8>, %s: memref<16xf32>, %y: memref<2x16xf32>) {
  qlinalg.matmul lhs(%x : memref<2x24xi8> scales %xs : memref<2xf32> scheme <int8, token, symmetric>)
      rhs(%w : memref<1x24x16xi8> scales %s : memref<16xf32> scheme <int8, channel, symmetric> layout <panel = 16>)
      outs(%y : memref<2x16xf32>) {indexing_maps = [#x, #xs, #w, #s, #y]}
  return
}

// CHECK-LABEL: func.func @groups(
// CHECK: scf.for %{{.*}} = %c0 to %c24 step %c8 iter_args({{.*}}) -> (vector<16xf32>, vector<16xf32>)
// CHECK: scf.for {{.*}} -> (vector<16xi32>, vector<16xi32>)
// CHECK-NOT: scf.if
func.func @groups(%x: memref<2x24xi8>, %xs: memref<2xf32>, %w: memref<1x12x16xi8>, %s: memref<16x3xf32>, %y: memref<2x16xf32>) {
  qlinalg.matmul lhs(%x : memref<2x24xi8> scales %xs : memref<2xf32> scheme <int8, token, symmetric>)
      rhs(%w : memref<1x12x16xi8> scales %s : memref<16x3xf32> scheme <int4, group = 8, symmetric> layout <panel = 16>)
      outs(%y : memref<2x16xf32>) {indexing_maps = [#x, #xs, #w, #s8, #y]}
  return
}

// Groups of 12 and of 8: runs end at 8, 12, 16 and 24, found in steps of 4.
// CHECK-LABEL: func.func @groups_that_do_not_nest(
// CHECK: scf.for %{{.*}} = %c0 to %c24 step %c4
// CHECK: arith.select %[[ENDS:[0-9]+]], %{{.*}} : vector<16xi32>
// CHECK: scf.if %[[ENDS]] -> (vector<16xf32>, vector<16xf32>)
func.func @groups_that_do_not_nest(%x: memref<2x24xi8>, %xs: memref<2x2xf32>, %w: memref<1x24x16xi8>, %s: memref<16x3xf32>, %y: memref<2x16xf32>) {
  qlinalg.matmul lhs(%x : memref<2x24xi8> scales %xs : memref<2x2xf32> scheme <int8, token_group = 12, symmetric>)
      rhs(%w : memref<1x24x16xi8> scales %s : memref<16x3xf32> scheme <int8, group = 8, symmetric> layout <panel = 16>)
      outs(%y : memref<2x16xf32>) {indexing_maps = [#x, #xs12, #w, #s8, #y]}
  return
}

// Nothing is known of k: 64 bits. With a proof on the op: 32.
// CHECK-LABEL: func.func @unknown_length(
// CHECK: iter_args({{.*}}) -> (vector<16xi64>)
// CHECK-LABEL: func.func @proved_length(
// CHECK: iter_args({{.*}}) -> (vector<16xi32>)
func.func @unknown_length(%x: memref<1x?xi8>, %xs: memref<1xf32>, %w: memref<16x?xi8>, %s: memref<16xf32>, %y: memref<1x16xf32>) {
  qlinalg.matmul lhs(%x : memref<1x?xi8> scales %xs : memref<1xf32> scheme <int8, token, symmetric>)
      rhs(%w : memref<16x?xi8> scales %s : memref<16xf32> scheme <int8, channel, symmetric>)
      outs(%y : memref<1x16xf32>) {indexing_maps = [#x, #xs, #w, #s, #y]}
  return
}
func.func @proved_length(%x: memref<1x?xi8>, %xs: memref<1xf32>, %w: memref<16x?xi8>, %s: memref<16xf32>, %y: memref<1x16xf32>) {
  qlinalg.matmul lhs(%x : memref<1x?xi8> scales %xs : memref<1xf32> scheme <int8, token, symmetric>)
      rhs(%w : memref<16x?xi8> scales %s : memref<16xf32> scheme <int8, channel, symmetric>)
      outs(%y : memref<1x16xf32>) {accumulator = #qlinalg.accumulator<32, bound = 1000000>, indexing_maps = [#x, #xs, #w, #s, #y]}
  return
}
