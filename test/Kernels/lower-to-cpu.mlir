// RUN: quant-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(qlinalg-lower-to-cpu{cpu=x86-64-v3},canonicalize,cse))' | FileCheck %s --check-prefixes=CHECK,AVX2
// RUN: quant-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(qlinalg-lower-to-cpu{cpu=avx2},canonicalize,cse))' | FileCheck %s --check-prefixes=CHECK,AVX2
// RUN: quant-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(qlinalg-lower-to-cpu{cpu=avx512vnni},canonicalize,cse))' | FileCheck %s --check-prefixes=CHECK,AVX512
// RUN: quant-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(qlinalg-lower-to-cpu))' -o /dev/null
// RUN: not quant-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(qlinalg-lower-to-cpu{cpu=z80}))' 2>&1 | FileCheck %s --check-prefix=UNKNOWN

// UNKNOWN: error: expected the name of a processor in cpu=, got 'z80'

#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (n, k)>
#wt = affine_map<(m, n, k) -> (k, n)>
#y = affine_map<(m, n, k) -> (m, n)>

// CHECK-LABEL: func.func @unchanged
// CHECK-NEXT: memref.load
func.func @unchanged(%m: memref<4xf32>, %i: index) -> f32 {
  %0 = memref.load %m[%i] : memref<4xf32>
  return %0 : f32
}

// Enough to do for several threads. Columns that lie near one another are read where they are, two registers at once; a tile's
// accumulators are as many as the registers of the target take: 66 rows are 11 tiles of 6 with 16 registers, 6 tiles of 11 with 32.
// CHECK-LABEL: func.func @tile(
// CHECK-SAME: %[[X:.*]]: memref<66x64xf32>, %[[W:.*]]: memref<64x64xf32>, %[[Y:.*]]: memref<66x64xf32>)
// AVX2: scf.parallel (%[[PANEL:.*]]) = (%c0) to (%c4)
// AVX512: scf.parallel (%[[PANEL:.*]]) = (%c0) to (%c2)
// AVX2: %[[N:.*]] = arith.muli %[[PANEL]], %c16
// AVX512: %[[N:.*]] = arith.muli %[[PANEL]], %c32
// CHECK-NOT: memref.alloc
// AVX2: scf.for %[[M:.*]] = %c0 to %c66 step %c6
// AVX2-COUNT-6: vector.load %[[Y]]{{.*}} vector<16xf32>
// AVX512: scf.for %[[M:.*]] = %c0 to %c66 step %c11
// AVX512-COUNT-11: vector.load %[[Y]]{{.*}} vector<32xf32>
// CHECK: scf.for %[[K:.*]] = %c0 to %c64 step %c1
// CHECK: %[[COLUMN:.*]] = vector.load %[[W]][%[[K]], %[[N]]]
// CHECK: %[[NUMBER:.*]] = memref.load %[[X]][%[[M]], %[[K]]]
// CHECK: %[[ROW:.*]] = vector.broadcast %[[NUMBER]]
// CHECK: vector.fma %[[ROW]], %[[COLUMN]]
// AVX2-COUNT-5: vector.fma
// AVX2-NOT: vector.fma
// AVX512-COUNT-10: vector.fma
// AVX512-NOT: vector.fma
// CHECK: vector.store %{{.*}}, %[[Y]]
func.func @tile(%x: memref<66x64xf32>, %w: memref<64x64xf32>, %y: memref<66x64xf32>) {
  qlinalg.matmul lhs(%x : memref<66x64xf32>) rhs(%w : memref<64x64xf32>) outs(%y : memref<66x64xf32>) {indexing_maps = [#x, #wt, #y]}
  return
}

// Many rows and few panels: threads share the rows too, in parts of 96.
// CHECK-LABEL: func.func @rows_in_parts
// AVX2: scf.parallel (%[[PART:.*]]) = (%c0) to (%c12)
// AVX512: scf.parallel (%[[PART:.*]]) = (%c0) to (%c6)
// CHECK: %[[BEGIN:.*]] = arith.muli %{{.*}}, %c96
// CHECK: %[[NEXT:.*]] = arith.addi %[[BEGIN]], %c96
// CHECK: %[[END:.*]] = arith.minui %[[NEXT]], %c500
func.func @rows_in_parts(%x: memref<500x64xf32>, %w: memref<64x32xf32>, %y: memref<500x32xf32>) {
  qlinalg.matmul lhs(%x : memref<500x64xf32>) rhs(%w : memref<64x32xf32>) outs(%y : memref<500x32xf32>) {indexing_maps = [#x, #wt, #y]}
  return
}

// Columns that lie far apart are copied for many rows.
// CHECK-LABEL: func.func @far_columns(
// CHECK-SAME: %{{.*}}: memref<66x64xf32>, %[[W:.*]]: memref<64x256xf32>
// CHECK: %[[SCRATCH:.*]] = memref.alloc() {alignment = 64 : i64} : memref<64x{{16|32}}xf32>
// CHECK: %[[COLUMNS:.*]] = vector.load %[[W]]
// CHECK: vector.store %[[COLUMNS]], %[[SCRATCH]]
// CHECK: vector.load %[[SCRATCH]]
// CHECK: memref.dealloc %[[SCRATCH]]
func.func @far_columns(%x: memref<66x64xf32>, %w: memref<64x256xf32>, %y: memref<66x256xf32>) {
  qlinalg.matmul lhs(%x : memref<66x64xf32>) rhs(%w : memref<64x256xf32>) outs(%y : memref<66x256xf32>) {indexing_maps = [#x, #wt, #y]}
  return
}

// Too little for threads. The last panel goes through a staging tile of numbers.
// CHECK-LABEL: func.func @narrow
// CHECK-NOT: scf.parallel
// CHECK: scf.if
// CHECK: else
// CHECK: %[[STAGING:.*]] = memref.alloc() {alignment = 64 : i64} : memref<{{[0-9]+}}x{{8|16}}xf32>
// CHECK: memref.store %{{.*}}, %[[STAGING]]
// CHECK: vector.store %{{.*}}, %[[STAGING]]
// CHECK: memref.load %[[STAGING]]
// CHECK: memref.dealloc %[[STAGING]]
func.func @narrow(%x: memref<2x8xf32>, %w: memref<8x36xf32>, %y: memref<2x36xf32>) {
  qlinalg.matmul lhs(%x : memref<2x8xf32>) rhs(%w : memref<8x36xf32>) outs(%y : memref<2x36xf32>) {indexing_maps = [#x, #wt, #y]}
  return
}

// Rows of any number: tiles, then smaller ones, then single rows.
// CHECK-LABEL: func.func @dynamic_rows
// AVX2: step %c6
// AVX2: step %c4
// AVX512: step %c12
// AVX512: step %c4
// CHECK: step %c1
func.func @dynamic_rows(%x: memref<?x8xf32>, %w: memref<8x16xf32>, %y: memref<?x16xf32>) {
  qlinalg.matmul lhs(%x : memref<?x8xf32>) rhs(%w : memref<8x16xf32>) outs(%y : memref<?x16xf32>) {indexing_maps = [#x, #wt, #y]}
  return
}

// A weight on the left is the side that is loaded as vectors.
// CHECK-LABEL: func.func @weight_on_the_left(
// CHECK-SAME: %[[W:.*]]: memref<2x4x16xi8>
// CHECK: vector.load %[[W]]{{.*}} : memref<2x4x16xi8>, vector<16xi8>
func.func @weight_on_the_left(%w: memref<2x4x16xi8>, %s: memref<32xf32>, %x: memref<4x3xf32>, %y: memref<32x3xf32>) {
  qlinalg.matmul lhs(%w : memref<2x4x16xi8> scales %s : memref<32xf32> scheme <int8, channel, symmetric> layout <panel = 16>)
      rhs(%x : memref<4x3xf32>) outs(%y : memref<32x3xf32>)
      {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (m)>, affine_map<(m, n, k) -> (k, n)>, #y]}
  return
}

// A contraction of two vectors has neither rows nor columns.
// CHECK-LABEL: func.func @dot
// CHECK: vector.fma
func.func @dot(%x: memref<8xf32>, %w: memref<8xf32>, %y: memref<f32>) {
  qlinalg.matmul lhs(%x : memref<8xf32>) rhs(%w : memref<8xf32>) outs(%y : memref<f32>)
      {indexing_maps = [affine_map<(k) -> (k)>, affine_map<(k) -> (k)>, affine_map<(k) -> ()>]}
  return
}
