// RUN: quant-opt %s --pass-pipeline='builtin.module(func.func(qlinalg-lower-to-cpu{cpu=x86-64-v3},canonicalize,cse))' | FileCheck %s

#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (n, k)>
#s = affine_map<(m, n, k) -> (n)>
#sg = affine_map<(m, n, k) -> (n, k floordiv 8)>
#y = affine_map<(m, n, k) -> (m, n)>

// Two codes a byte: shifted up and down again, with their sign; the scales of a group once.
// CHECK-LABEL: func.func @int4_groups(
// CHECK-SAME: %{{.*}}, %[[W:.*]]: memref<1x8x16xi8>, %[[S:.*]]: memref<16x2xf32>
// CHECK: %[[NUMBERS:.*]] = memref.alloc() {{.*}} : memref<16x16xf32>
// CHECK: %[[SCALES:.*]] = memref.alloc() {{.*}} : memref<2x16xf32>
// CHECK: memref.load %[[S]]
// CHECK: scf.for %[[GROUP:.*]] = %c0 to %c2 step %c1
// CHECK: %[[BYTES:.*]] = vector.load %[[W]]{{.*}} : memref<1x8x16xi8>, vector<16xi8>
// CHECK: %[[WIDE:.*]] = arith.extui %[[BYTES]] : vector<16xi8> to vector<16xi32>
// CHECK: %[[UP:.*]] = arith.shli %[[WIDE]], %[[BY28:.*]] : vector<16xi32>
// CHECK: %[[CODE:.*]] = arith.shrsi %[[UP]], %[[BY28]] : vector<16xi32>
// CHECK: %[[SCALE:.*]] = vector.load %[[SCALES]][%[[GROUP]], %c0]
// CHECK: %[[FLOAT:.*]] = arith.sitofp %[[CODE]]
// CHECK: %[[NUMBER:.*]] = arith.mulf %[[FLOAT]], %[[SCALE]]
// CHECK: vector.store %[[NUMBER]], %[[NUMBERS]]
func.func @int4_groups(%x: memref<2x16xf32>, %w: memref<1x8x16xi8>, %s: memref<16x2xf32>, %y: memref<2x16xf32>) {
  qlinalg.matmul lhs(%x : memref<2x16xf32>)
      rhs(%w : memref<1x8x16xi8> scales %s : memref<16x2xf32> scheme <int4, group = 8, symmetric> layout <panel = 16>)
      outs(%y : memref<2x16xf32>) {indexing_maps = [#x, #w, #sg, #y]}
  return
}

// Unsigned codes less their zero points.
// CHECK-LABEL: func.func @uint8_affine
// CHECK: %[[ZEROS:.*]] = memref.alloc() {{.*}} : memref<1x16xi32>
// CHECK: %[[CODE:.*]] = arith.extui %{{.*}} : vector<16xi8> to vector<16xi32>
// CHECK: %[[ZERO:.*]] = vector.load %[[ZEROS]]
// CHECK: arith.subi %[[CODE]], %[[ZERO]] : vector<16xi32>
func.func @uint8_affine(%x: memref<2x16xf32>, %w: memref<1x16x16xi8>, %s: memref<16xf32>, %z: memref<16xi8>, %y: memref<2x16xf32>) {
  qlinalg.matmul lhs(%x : memref<2x16xf32>)
      rhs(%w : memref<1x16x16xi8> scales %s : memref<16xf32> zero_points %z : memref<16xi8> scheme <uint8, channel, affine> layout <panel = 16>)
      outs(%y : memref<2x16xf32>) {indexing_maps = [#x, #w, #s, #s, #y]}
  return
}

// Levels of a codebook by selects, no table in memory.
// CHECK-LABEL: func.func @nf4
// CHECK-COUNT-15: arith.select %{{.*}} : vector<16xi1>, vector<16xf32>
func.func @nf4(%x: memref<2x16xf32>, %w: memref<1x8x16xi8>, %s: memref<16xf32>, %y: memref<2x16xf32>) {
  qlinalg.matmul lhs(%x : memref<2x16xf32>)
      rhs(%w : memref<1x8x16xi8> scales %s : memref<16xf32> scheme <nf4, channel> layout <panel = 16>)
      outs(%y : memref<2x16xf32>) {indexing_maps = [#x, #w, #s, #y]}
  return
}

// An 8-bit float by its bits: times 2^(127 - 7); the code without sign of all ones is NaN.
// CHECK-LABEL: func.func @f8
// CHECK: arith.mulf %{{.*}}, %[[POWER:.*]] : vector<16xf32>
// CHECK: arith.cmpi eq
// CHECK: arith.select
func.func @f8(%x: memref<2x16xf32>, %w: memref<1x16x16xf8E4M3FN>, %s: memref<16xf32>, %y: memref<2x16xf32>) {
  qlinalg.matmul lhs(%x : memref<2x16xf32>)
      rhs(%w : memref<1x16x16xf8E4M3FN> scales %s : memref<16xf32> scheme <f8E4M3FN, channel> layout <panel = 16>)
      outs(%y : memref<2x16xf32>) {indexing_maps = [#x, #w, #s, #y]}
  return
}

// Not packed: number by number; vectors of i4 would be read wrong.
// CHECK-LABEL: func.func @logical_int4
// CHECK: memref.load %{{.*}} : memref<16x16xi4>
// CHECK-NOT: vector.load %{{.*}} : memref<16x16xi4>
func.func @logical_int4(%x: memref<2x16xf32>, %w: memref<16x16xi4>, %s: memref<16xf32>, %y: memref<2x16xf32>) {
  qlinalg.matmul lhs(%x : memref<2x16xf32>) rhs(%w : memref<16x16xi4> scales %s : memref<16xf32> scheme <int4, channel, symmetric>)
      outs(%y : memref<2x16xf32>) {indexing_maps = [#x, #w, #s, #y]}
  return
}

// Floats with k innermost are transposed four by four in registers.
// CHECK-LABEL: func.func @transposed_floats
// CHECK: scf.for %{{.*}} = %c0 to %c16 step %c4
// CHECK: vector.shuffle
// CHECK-LABEL: func.func @narrow_floats
func.func @transposed_floats(%x: memref<18x16xf32>, %w: memref<16x16xf32>, %y: memref<18x16xf32>) {
  qlinalg.matmul lhs(%x : memref<18x16xf32>) rhs(%w : memref<16x16xf32>) outs(%y : memref<18x16xf32>) {indexing_maps = [#x, #w, #y]}
  return
}

// bf16 is multiplied in f32; rows are widened once, before the loop over panels.
// CHECK: %[[ROWS:.*]] = memref.alloc() {{.*}} : memref<18x16xf32>
// CHECK: arith.extf %{{.*}} : bf16 to f32
// CHECK: memref.store %{{.*}}, %[[ROWS]]
// CHECK: memref.load %[[ROWS]]
// CHECK: memref.dealloc %[[ROWS]]
func.func @narrow_floats(%x: memref<18x16xbf16>, %w: memref<16x16xf32>, %y: memref<18x16xf32>) {
  qlinalg.matmul lhs(%x : memref<18x16xbf16>) rhs(%w : memref<16x16xf32>) outs(%y : memref<18x16xf32>) {indexing_maps = [#x, #w, #y]}
  return
}
