// RUN: quant-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(qlinalg-lower-to-cpu{cpu=x86-64-v3},canonicalize,cse))' | FileCheck %s

// Matmuls of one input are one parallel loop over the panels of all.

#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (n, k)>
#y = affine_map<(m, n, k) -> (m, n)>

// 12 panels of 16 columns, then 4, then 2.
// CHECK-LABEL: func.func @floats(
// CHECK-SAME: %[[X:.*]]: memref<4x256xf32>, %[[Q:.*]]: memref<192x256xf32>, %[[K:.*]]: memref<64x256xf32>, %[[V:.*]]: memref<32x256xf32>
// CHECK: scf.parallel (%[[I:.*]]) = (%c0) to (%c18)
// CHECK: %[[IS_Q:.*]] = arith.cmpi ult, %[[I]], %c12
// CHECK: scf.if %[[IS_Q]] {
// CHECK-NOT: %[[K]]
// CHECK: %[[Q]]
// CHECK: } else {
// CHECK: %[[IS_K:.*]] = arith.cmpi ult, %[[I]], %c16
// CHECK: scf.if %[[IS_K]] {
// CHECK: %[[OF_K:.*]] = arith.subi %[[I]], %c12
// CHECK: arith.muli %[[OF_K]], %c16
// CHECK: %[[K]]
// CHECK: } else {
// CHECK: arith.subi %[[I]], %c16
// CHECK: %[[V]]
// CHECK-NOT: scf.parallel
func.func @floats(%x: memref<4x256xf32>, %wq: memref<192x256xf32>, %wk: memref<64x256xf32>, %wv: memref<32x256xf32>)
    -> (memref<4x192xf32>, memref<4x64xf32>, memref<4x32xf32>) {
  %zero = arith.constant 0.0 : f32
  %q = memref.alloc() : memref<4x192xf32>
  linalg.fill ins(%zero : f32) outs(%q : memref<4x192xf32>)
  qlinalg.matmul lhs(%x : memref<4x256xf32>) rhs(%wq : memref<192x256xf32>) outs(%q : memref<4x192xf32>) {indexing_maps = [#x, #w, #y]}
  %heads = memref.expand_shape %q [[0], [1, 2]] output_shape [4, 3, 64] : memref<4x192xf32> into memref<4x3x64xf32>
  %k = memref.alloc() : memref<4x64xf32>
  linalg.fill ins(%zero : f32) outs(%k : memref<4x64xf32>)
  qlinalg.matmul lhs(%x : memref<4x256xf32>) rhs(%wk : memref<64x256xf32>) outs(%k : memref<4x64xf32>) {indexing_maps = [#x, #w, #y]}
  %v = memref.alloc() : memref<4x32xf32>
  linalg.fill ins(%zero : f32) outs(%v : memref<4x32xf32>)
  qlinalg.matmul lhs(%x : memref<4x256xf32>) rhs(%wv : memref<32x256xf32>) outs(%v : memref<4x32xf32>) {indexing_maps = [#x, #w, #y]}
  return %q, %k, %v : memref<4x192xf32>, memref<4x64xf32>, memref<4x32xf32>
}

// -----

#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (n, k)>
#s = affine_map<(m, n, k) -> (n, k floordiv 32)>
#t = affine_map<(m, n, k) -> (m)>
#y = affine_map<(m, n, k) -> (m, n)>

// Codes of rows are copied once, with their sums, for as long as both need them.
// CHECK-LABEL: func.func @codes(
// CHECK: %[[ROWS:.*]] = memref.alloc() {{.*}}: memref<4x{{[0-9]+}}xi8>
// CHECK-NOT: memref.alloc() {{.*}}: memref<4x{{[0-9]+}}xi8>
// CHECK: scf.parallel (%{{.*}}) = (%c0) to (%c8)
// CHECK-NOT: scf.parallel
// CHECK: memref.dealloc %[[ROWS]]
func.func @codes(%x: memref<4x256xi8>, %t: memref<4xf32>, %wq: memref<4x32x64xi8>, %wk: memref<4x32x64xi8>, %s: memref<4x8x16xf32>,
                 %q: memref<4x64xf32>, %k: memref<4x64xf32>) {
  qlinalg.matmul lhs(%x : memref<4x256xi8> scales %t : memref<4xf32> scheme <int8, token, symmetric>)
    rhs(%wq : memref<4x32x64xi8> scales %s : memref<4x8x16xf32> scheme <int4, group = 32, symmetric> layout <panel = 16, step = 4, block = 32, excess>)
    outs(%q : memref<4x64xf32>) {indexing_maps = [#x, #t, #w, #s, #y]}
  qlinalg.matmul lhs(%x : memref<4x256xi8> scales %t : memref<4xf32> scheme <int8, token, symmetric>)
    rhs(%wk : memref<4x32x64xi8> scales %s : memref<4x8x16xf32> scheme <int4, group = 32, symmetric> layout <panel = 16, step = 4, block = 32, excess>)
    outs(%k : memref<4x64xf32>) {indexing_maps = [#x, #t, #w, #s, #y]}
  return
}

// -----

#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (n, k)>
#y = affine_map<(m, n, k) -> (m, n)>

// The second reads what the first wrote.
// CHECK-LABEL: func.func @skip_dependent(
// CHECK-COUNT-2: scf.parallel (%{{.*}}) = (%c0) to (%c16)
func.func @skip_dependent(%x: memref<4x256xf32>, %w: memref<256x256xf32>, %y: memref<4x256xf32>, %z: memref<4x256xf32>) {
  qlinalg.matmul lhs(%x : memref<4x256xf32>) rhs(%w : memref<256x256xf32>) outs(%y : memref<4x256xf32>) {indexing_maps = [#x, #w, #y]}
  qlinalg.matmul lhs(%y : memref<4x256xf32>) rhs(%w : memref<256x256xf32>) outs(%z : memref<4x256xf32>) {indexing_maps = [#x, #w, #y]}
  return
}

// -----

#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (n, k)>
#y = affine_map<(m, n, k) -> (m, n)>

// What stands between reads the first result.
// CHECK-LABEL: func.func @skip_read_between(
// CHECK-COUNT-2: scf.parallel (%{{.*}}) = (%c0) to (%c16)
func.func @skip_read_between(%x: memref<4x256xf32>, %w: memref<256x256xf32>, %u: memref<256x256xf32>, %y: memref<4x256xf32>,
                             %z: memref<4x256xf32>, %i: index) -> f32 {
  qlinalg.matmul lhs(%x : memref<4x256xf32>) rhs(%w : memref<256x256xf32>) outs(%y : memref<4x256xf32>) {indexing_maps = [#x, #w, #y]}
  %0 = memref.load %y[%i, %i] : memref<4x256xf32>
  qlinalg.matmul lhs(%x : memref<4x256xf32>) rhs(%u : memref<256x256xf32>) outs(%z : memref<4x256xf32>) {indexing_maps = [#x, #w, #y]}
  return %0 : f32
}

// -----

#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (n, k)>
#y = affine_map<(m, n, k) -> (m, n)>

// What stands between writes the input.
// CHECK-LABEL: func.func @skip_write_between(
// CHECK-COUNT-2: scf.parallel (%{{.*}}) = (%c0) to (%c16)
func.func @skip_write_between(%x: memref<4x256xf32>, %w: memref<256x256xf32>, %u: memref<256x256xf32>, %y: memref<4x256xf32>,
                              %z: memref<4x256xf32>, %i: index, %v: f32) {
  qlinalg.matmul lhs(%x : memref<4x256xf32>) rhs(%w : memref<256x256xf32>) outs(%y : memref<4x256xf32>) {indexing_maps = [#x, #w, #y]}
  memref.store %v, %x[%i, %i] : memref<4x256xf32>
  qlinalg.matmul lhs(%x : memref<4x256xf32>) rhs(%u : memref<256x256xf32>) outs(%z : memref<4x256xf32>) {indexing_maps = [#x, #w, #y]}
  return
}

// -----

#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (n, k)>
#y = affine_map<(m, n, k) -> (m, n)>

// Nothing is known of a call.
// CHECK-LABEL: func.func @skip_call_between(
// CHECK-COUNT-2: scf.parallel (%{{.*}}) = (%c0) to (%c16)
func.func private @other()
func.func @skip_call_between(%x: memref<4x256xf32>, %w: memref<256x256xf32>, %u: memref<256x256xf32>, %y: memref<4x256xf32>,
                             %z: memref<4x256xf32>) {
  qlinalg.matmul lhs(%x : memref<4x256xf32>) rhs(%w : memref<256x256xf32>) outs(%y : memref<4x256xf32>) {indexing_maps = [#x, #w, #y]}
  func.call @other() : () -> ()
  qlinalg.matmul lhs(%x : memref<4x256xf32>) rhs(%u : memref<256x256xf32>) outs(%z : memref<4x256xf32>) {indexing_maps = [#x, #w, #y]}
  return
}

// -----

#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (n, k)>
#y = affine_map<(m, n, k) -> (m, n)>

// Of different inputs, which gain nothing by it.
// CHECK-LABEL: func.func @skip_inputs(
// CHECK-COUNT-2: scf.parallel (%{{.*}}) = (%c0) to (%c16)
func.func @skip_inputs(%x: memref<4x256xf32>, %a: memref<4x256xf32>, %w: memref<256x256xf32>, %u: memref<256x256xf32>,
                       %y: memref<4x256xf32>, %z: memref<4x256xf32>) {
  qlinalg.matmul lhs(%x : memref<4x256xf32>) rhs(%w : memref<256x256xf32>) outs(%y : memref<4x256xf32>) {indexing_maps = [#x, #w, #y]}
  qlinalg.matmul lhs(%a : memref<4x256xf32>) rhs(%u : memref<256x256xf32>) outs(%z : memref<4x256xf32>) {indexing_maps = [#x, #w, #y]}
  return
}

// -----

#x = affine_map<(m, n, k) -> (m, k)>
#xt = affine_map<(m, n, k) -> (k, m)>
#w = affine_map<(m, n, k) -> (n, k)>
#s = affine_map<(m, n, k) -> (n, k floordiv 32)>
#t = affine_map<(m, n, k) -> ()>
#y = affine_map<(m, n, k) -> (m, n)>

// One input read along either of its dimensions: rows of their own, in one loop all the same.
// CHECK-LABEL: func.func @input_and_transposed(
// CHECK-COUNT-2: memref.alloc() {{.*}}: memref<64x128xi8>
// CHECK: scf.parallel (%{{.*}}) = (%c0) to (%c8)
func.func @input_and_transposed(%x: memref<64x64xi8>, %t: memref<f32>, %wq: memref<4x8x64xi8>, %wk: memref<4x8x64xi8>,
                                %s: memref<4x2x16xf32>, %q: memref<64x64xf32>, %k: memref<64x64xf32>) {
  qlinalg.matmul lhs(%x : memref<64x64xi8> scales %t : memref<f32> scheme <int8, tensor, symmetric>)
    rhs(%wq : memref<4x8x64xi8> scales %s : memref<4x2x16xf32> scheme <int4, group = 32, symmetric> layout <panel = 16, step = 4, block = 32, excess>)
    outs(%q : memref<64x64xf32>) {indexing_maps = [#x, #t, #w, #s, #y]}
  qlinalg.matmul lhs(%x : memref<64x64xi8> scales %t : memref<f32> scheme <int8, tensor, symmetric>)
    rhs(%wk : memref<4x8x64xi8> scales %s : memref<4x2x16xf32> scheme <int4, group = 32, symmetric> layout <panel = 16, step = 4, block = 32, excess>)
    outs(%k : memref<64x64xf32>) {indexing_maps = [#xt, #t, #w, #s, #y]}
  return
}
