// RUN: quant-opt %s --pass-pipeline='builtin.module(func.func(qlinalg-lower-to-cpu{cpu=x86-64-v3},canonicalize,cse))' | FileCheck %s --check-prefixes=CHECK,AVX2
// RUN: quant-opt %s --pass-pipeline='builtin.module(func.func(qlinalg-lower-to-cpu{cpu=x86-64-v4},canonicalize,cse))' | FileCheck %s --check-prefixes=CHECK,AVX512
// RUN: not quant-opt %S/../Transforms/fuse-dynamic-quantize.mlir --pass-pipeline='builtin.module(func.func(qlinalg-fuse-dynamic-quantize,qlinalg-lower-to-cpu))' 2>&1 | FileCheck %s --check-prefix=TENSORS

// TENSORS: error: 'qlinalg.dynamic_quantize' op expected memrefs, got tensors; bufferize first

#token = affine_map<(d0, d1) -> (d0)>
#group = affine_map<(d0, d1) -> (d0, d1 floordiv 32)>
#column = affine_map<(d0, d1) -> (d1)>

// A register of codes at a time; what vectors leave over is done by one that overlaps. The range is that of integers.
// CHECK-LABEL: func.func @tokens(
// CHECK-SAME: %[[X:.*]]: memref<2x200xf32>, %[[Q:.*]]: memref<2x200xi8>, %[[S:.*]]: memref<2xf32>)
// CHECK: scf.for %[[ROW:.*]] = %c0 to %c2
// AVX2: scf.for %[[K:.*]] = %c0 to %c192 step %c32 iter_args({{.*}}) -> (vector<32xi32>)
// AVX512: scf.for %[[K:.*]] = %c0 to %c192 step %c64 iter_args({{.*}}) -> (vector<64xi32>)
// CHECK: %[[BITS:.*]] = arith.bitcast
// CHECK: %[[MAGNITUDES:.*]] = arith.andi %[[BITS]]
// CHECK: arith.maxui %{{.*}}, %[[MAGNITUDES]]
// CHECK: vector.reduction <maxui>
// AVX2: vector.load %[[X]][%[[ROW]], %c168] : memref<2x200xf32>, vector<32xf32>
// AVX512: vector.load %[[X]][%[[ROW]], %c136] : memref<2x200xf32>, vector<64xf32>
// CHECK: memref.store %[[SCALE:.*]], %[[S]][%[[ROW]]]
// CHECK: %[[NORMAL:.*]] = arith.cmpf oge, %[[SCALE]]
// CHECK: scf.if %[[NORMAL]]
// CHECK: scf.for
// CHECK: arith.divf
// CHECK-NEXT: %[[ROUNDED:.*]] = arith.addf
// CHECK-NEXT: %[[WIDE:.*]] = arith.bitcast %[[ROUNDED]]
// CHECK-NEXT: %[[CODES:.*]] = arith.trunci %[[WIDE]]
// CHECK-NEXT: vector.store %[[CODES]], %[[Q]]
// CHECK: else
// CHECK: arith.cmpf ord, %[[SCALE]], %[[SCALE]]
// CHECK: vector.store
func.func @tokens(%x: memref<2x200xf32>, %q: memref<2x200xi8>, %s: memref<2xf32>) {
  qlinalg.dynamic_quantize %x <int8, token, symmetric> by #token outs(%q, %s : memref<2x200xi8>, memref<2xf32>) : memref<2x200xf32>
  return
}

// The range of halves is found without widening them; an affine scheme clamps always.
// CHECK-LABEL: func.func @affine(
// CHECK: vector.load %{{.*}} : memref<2x64xf16>, vector<[[LANES:32|64]]xf16>
// CHECK: arith.xori %{{.*}} : vector<[[LANES]]xi16>
// CHECK: arith.minsi %{{.*}} : vector<[[LANES]]xi16>
// CHECK: arith.maxsi %{{.*}} : vector<[[LANES]]xi16>
// CHECK: arith.divf %{{.*}} : vector<[[LANES]]xf32>
// CHECK-COUNT-2: arith.select %{{.*}} : vector<[[LANES]]xi1>
// CHECK: arith.addi %{{.*}} : vector<[[LANES]]xi32>
func.func @affine(%x: memref<2x64xf16>, %q: memref<2x64xi8>, %s: memref<2xf32>, %z: memref<2xi8>) {
  qlinalg.dynamic_quantize %x <int8, token, affine> by #token outs(%q, %s, %z : memref<2x64xi8>, memref<2xf32>, memref<2xi8>) : memref<2x64xf16>
  return
}

// Enough for several threads. Two groups of 32, and one of 6 by two vectors of 4.
// CHECK-LABEL: func.func @groups(
// CHECK: scf.parallel (%[[ROW:.*]]) = (%c0) to (%c600)
// CHECK: scf.for %[[GROUP:.*]] = %c0 to %c2
// CHECK: vector.load %{{.*}} : memref<600x70xf32>, vector<32xf32>
// CHECK: memref.store %{{.*}}, %{{.*}}[%[[ROW]], %[[GROUP]]] : memref<600x3xf32>
// CHECK: vector.load %{{.*}}[%[[ROW]], %c64] : memref<600x70xf32>, vector<4xf32>
// CHECK: vector.load %{{.*}}[%[[ROW]], %c66] : memref<600x70xf32>, vector<4xf32>
// CHECK: memref.store %{{.*}}, %{{.*}}[%[[ROW]], %c2] : memref<600x3xf32>
func.func @groups(%x: memref<600x70xf32>, %q: memref<600x70xi8>, %s: memref<600x3xf32>) {
  qlinalg.dynamic_quantize %x <int8, token_group = 32, symmetric> by #group outs(%q, %s : memref<600x70xi8>, memref<600x3xf32>) : memref<600x70xf32>
  return
}

// Whether there is enough for several threads is decided at run time; what vectors leave over goes one by one.
// CHECK-LABEL: func.func @unknown(
// CHECK: %[[ENOUGH:.*]] = arith.cmpi uge, %{{.*}}, %c32768
// CHECK: scf.if %[[ENOUGH]]
// CHECK: scf.parallel
// CHECK: scf.for {{.*}} -> (vector<{{32|64}}xi32>)
// CHECK: scf.for {{.*}} step %c1 iter_args({{.*}}) -> (i32)
// CHECK: else
// CHECK-NOT: scf.parallel
func.func @unknown(%x: memref<?x?xf32>, %q: memref<?x?xi8>, %s: memref<?xf32>) {
  qlinalg.dynamic_quantize %x <int8, token, symmetric> by #token outs(%q, %s : memref<?x?xi8>, memref<?xf32>) : memref<?x?xf32>
  return
}

// What shares a scale does not lie side by side.
// CHECK-LABEL: func.func @columns(
// CHECK-NOT: vector.
// CHECK: return
func.func @columns(%x: memref<64x4xf32>, %q: memref<64x4xi8>, %s: memref<4xf32>) {
  qlinalg.dynamic_quantize %x <int8, token, symmetric> by #column outs(%q, %s : memref<64x4xi8>, memref<4xf32>) : memref<64x4xf32>
  return
}
