// RUN: quant-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(qlinalg-lower-to-cpu{cpu=x86-64-v3},canonicalize,cse))' | FileCheck %s --check-prefixes=CHECK,AVX2
// RUN: quant-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(qlinalg-lower-to-cpu{cpu=x86-64},canonicalize,cse))' | FileCheck %s --check-prefix=PLAIN

#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (n, k)>
#s = affine_map<(m, n, k) -> (n)>
#sg = affine_map<(m, n, k) -> (n, k floordiv 32)>
#wt = affine_map<(m, n, k) -> (k, n)>
#y = affine_map<(m, n, k) -> (m, n)>

// One row: codes are taken apart in registers, under the mantissa of a power of two (2^23 for the lowest 4 bits, 2^19 for the next),
// from which 8 more than that power is subtracted. The scale comes once a group, after its products.
// CHECK-LABEL: func.func @one_row(
// CHECK-SAME: %[[X:.*]]: memref<1x64xf32>, %[[W:.*]]: memref<1x8x64xi8>, %[[S:.*]]: memref<1x2x16xf16>,
// CHECK-DAG: %[[BASE:.*]] = arith.constant dense<0x4B000008> : vector<16xf32>
// CHECK-DAG: %[[NEXT_BASE:.*]] = arith.constant dense<5.242960e+05> : vector<16xf32>
// CHECK-DAG: %[[POWER:.*]] = arith.constant dense<1258291200> : vector<16xi32>
// CHECK-NOT: memref.alloc
// CHECK: scf.for %[[GROUP:.*]] = %c0 to %c2
// CHECK: memref.prefetch %[[W]]
// CHECK: %[[STORED:.*]] = vector.load %[[W]]{{.*}} : memref<1x8x64xi8>, vector<64xi8>
// CHECK: %[[WORDS:.*]] = vector.bitcast %[[STORED]] : vector<64xi8> to vector<16xi32>
// CHECK: %[[LOW:.*]] = arith.andi %[[WORDS]], %{{.*}} : vector<16xi32>
// CHECK: %[[RAISED:.*]] = arith.ori %[[LOW]], %[[POWER]]
// CHECK: %[[FLOAT:.*]] = arith.bitcast %[[RAISED]] : vector<16xi32> to vector<16xf32>
// CHECK: %[[NUMBER:.*]] = arith.subf %[[FLOAT]], %[[BASE]]
// CHECK: arith.subf %{{.*}}, %[[NEXT_BASE]]
// CHECK: memref.load %[[X]]
// CHECK: vector.fma %{{.*}}, %[[NUMBER]]
// CHECK: %[[PRODUCTS:.*]] = arith.addf
// CHECK: %[[SCALES:.*]] = vector.load %[[S]][%c0, %[[GROUP]], %c0] : memref<1x2x16xf16>, vector<16xf16>
// CHECK: %[[WIDE:.*]] = arith.extf %[[SCALES]]
// CHECK: vector.fma %[[PRODUCTS]], %[[WIDE]]
func.func @one_row(%x: memref<1x64xf32>, %w: memref<1x8x64xi8>, %s: memref<1x2x16xf16>, %y: memref<1x16xf32>) {
  qlinalg.matmul lhs(%x : memref<1x64xf32>)
      rhs(%w : memref<1x8x64xi8> scales %s : memref<1x2x16xf16> scheme <int4, group = 32, symmetric, scales = f16> layout <panel = 16, step = 4, block = 32, excess>)
      outs(%y : memref<1x16xf32>) {indexing_maps = [#x, #w, #sg, #y]}
  return
}

// -----

#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (n, k)>
#s = affine_map<(m, n, k) -> (n)>
#y = affine_map<(m, n, k) -> (m, n)>

// Codes that are not stored as unsigned numbers are made so, all in a word at once. K that is no whole number of blocks: the row is
// copied and filled up with zeros.
// CHECK-LABEL: func.func @signed_bytes
// CHECK: %[[HALVES:.*]] = arith.constant dense<-2139062144> : vector<16xi32>
// CHECK: %[[ROW:.*]] = memref.alloc() {{.*}} : memref<1x32xf32>
// CHECK: memref.store %cst{{.*}}, %[[ROW]]
// CHECK: arith.xori %{{.*}}, %[[HALVES]]
func.func @signed_bytes(%x: memref<1x30xf32>, %w: memref<1x8x64xi8>, %s: memref<16xf32>, %y: memref<1x16xf32>) {
  qlinalg.matmul lhs(%x : memref<1x30xf32>)
      rhs(%w : memref<1x8x64xi8> scales %s : memref<16xf32> scheme <int8, channel, symmetric> layout <panel = 16, step = 4, block = 4>)
      outs(%y : memref<1x16xf32>) {indexing_maps = [#x, #w, #s, #y]}
  return
}

// -----

#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (n, k)>
#sg = affine_map<(m, n, k) -> (n, k floordiv 32)>
#y = affine_map<(m, n, k) -> (m, n)>

// Levels come from tables in registers where there are such, two of eight with 256 bits.
// CHECK-LABEL: func.func @levels
// AVX2-COUNT-2: llvm.call_intrinsic "llvm.x86.avx2.permps"(
// AVX2: arith.select
// PLAIN-LABEL: func.func @levels
// PLAIN-COUNT-15: arith.select
func.func @levels(%x: memref<1x32xf32>, %w: memref<1x4x64xi8>, %s: memref<1x1x16xf32>, %y: memref<1x16xf32>) {
  qlinalg.matmul lhs(%x : memref<1x32xf32>)
      rhs(%w : memref<1x4x64xi8> scales %s : memref<1x1x16xf32> scheme <nf4, group = 32> layout <panel = 16, step = 4, block = 32>)
      outs(%y : memref<1x16xf32>) {indexing_maps = [#x, #w, #sg, #y]}
  return
}

// -----

#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (n, k)>
#s = affine_map<(m, n, k) -> (n)>
#y = affine_map<(m, n, k) -> (m, n)>

// Many rows: numbers times scales are made once, in memory.
// CHECK-LABEL: func.func @many_rows
// CHECK: %[[NUMBERS:.*]] = memref.alloc() {{.*}} : memref<32x16xf32>
// CHECK: %[[NUMBER:.*]] = arith.subf
// CHECK: %[[SCALED:.*]] = arith.mulf %[[NUMBER]]
// CHECK: vector.store %[[SCALED]], %[[NUMBERS]]
// CHECK: vector.load %[[NUMBERS]]
// CHECK: vector.fma
// CHECK: memref.dealloc %[[NUMBERS]]
func.func @many_rows(%x: memref<18x32xf32>, %w: memref<1x8x64xi8>, %s: memref<16xf32>, %z: memref<16xi8>, %y: memref<18x16xf32>) {
  qlinalg.matmul lhs(%x : memref<18x32xf32>)
      rhs(%w : memref<1x8x64xi8> scales %s : memref<16xf32> zero_points %z : memref<16xi8> scheme <uint8, channel, affine> layout <panel = 16, step = 4, block = 4>)
      outs(%y : memref<18x16xf32>) {indexing_maps = [#x, #w, #s, #s, #y]}
  return
}

// -----

#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (n, k)>
#y = affine_map<(m, n, k) -> (m, n)>

// Rows of 4096 bytes would fall on the same lines of the cache: they are copied, a line further apart. Floats in panels stay where they
// are for any number of rows that fit a few tiles.
// CHECK-LABEL: func.func @crowded_rows(
// CHECK-SAME: %[[X:.*]]: memref<12x1024xf32>, %[[W:.*]]: memref<1x1024x16xbf16>
// CHECK: %[[ROWS:.*]] = memref.alloc() {{.*}} : memref<12x1040xf32>
// CHECK: memref.store %{{.*}}, %[[ROWS]]
// CHECK-NOT: memref.alloc
// CHECK: %[[COLUMN:.*]] = vector.load %[[W]]
// CHECK: arith.extf %[[COLUMN]]
// CHECK: memref.load %[[ROWS]]
// CHECK: memref.dealloc %[[ROWS]]
func.func @crowded_rows(%x: memref<12x1024xf32>, %w: memref<1x1024x16xbf16>, %y: memref<12x16xf32>) {
  qlinalg.matmul lhs(%x : memref<12x1024xf32>) rhs(%w : memref<1x1024x16xbf16> scheme <bf16> layout <panel = 16>)
      outs(%y : memref<12x16xf32>) {indexing_maps = [#x, #w, #y]}
  return
}

// -----

#x = affine_map<(m, n, k) -> (m, k)>
#wt = affine_map<(m, n, k) -> (k, n)>
#y = affine_map<(m, n, k) -> (m, n)>

// Columns side by side are read in place; of the last panel only those that are there.
// CHECK-LABEL: func.func @in_place(
// CHECK-SAME: %{{.*}}, %[[W:.*]]: memref<8x?xf32>
// CHECK: %[[MASK:.*]] = arith.cmpi sgt
// CHECK: vector.maskedload %[[W]]{{.*}}, %[[MASK]]
func.func @in_place(%x: memref<2x8xf32>, %w: memref<8x?xf32>, %y: memref<2x?xf32>) {
  qlinalg.matmul lhs(%x : memref<2x8xf32>) rhs(%w : memref<8x?xf32>) outs(%y : memref<2x?xf32>) {indexing_maps = [#x, #wt, #y]}
  return
}
