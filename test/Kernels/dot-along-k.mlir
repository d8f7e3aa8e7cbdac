// RUN: quant-opt %s --pass-pipeline='builtin.module(func.func(qlinalg-lower-to-cpu{cpu=x86-64-v3},canonicalize,cse))' | FileCheck %s

#x = affine_map<(b, m, n, k) -> (b, m, k)>
#w = affine_map<(b, m, n, k) -> (b, n, k)>
#y = affine_map<(b, m, n, k) -> (b, m, n)>

// Few rows, and k innermost on both sides: sums along k, four columns at once, whose lanes are added up together: halves of 8 lanes, then
// of 4, 2.
// CHECK-LABEL: func.func @scores(
// CHECK-SAME: %[[Q:.*]]: memref<2x1x64xf32>, %[[K:.*]]: memref<2x16x64xf32>, %[[Y:.*]]: memref<2x1x16xf32>)
// CHECK: scf.for %[[K1:.*]] = %c0 to %c64 step %c8
// CHECK: %[[QUERY:.*]] = vector.load %[[Q]]{{.*}} : memref<2x1x64xf32>, vector<8xf32>
// CHECK-COUNT-4: vector.load %[[K]]
// CHECK-NOT: vector.load %[[K]]
// CHECK: vector.shuffle %{{.*}} [0, 1, 2, 3, 8, 9, 10, 11]
// CHECK: vector.shuffle %{{.*}} [4, 5, 6, 7, 12, 13, 14, 15]
// CHECK: vector.shuffle %{{.*}} [0, 1, 4, 5, 8, 9, 12, 13]
// CHECK: %[[SUMS:.*]] = arith.addf %{{.*}} : vector<4xf32>
// CHECK: %[[INIT:.*]] = vector.load %[[Y]]{{.*}} : memref<2x1x16xf32>, vector<4xf32>
// CHECK: %[[RESULT:.*]] = arith.addf %[[INIT]], %[[SUMS]]
// CHECK: vector.store %[[RESULT]], %[[Y]]
func.func @scores(%q: memref<2x1x64xf32>, %k: memref<2x16x64xf32>, %y: memref<2x1x16xf32>) {
  qlinalg.matmul lhs(%q : memref<2x1x64xf32>) rhs(%k : memref<2x16x64xf32>) outs(%y : memref<2x1x16xf32>) {indexing_maps = [#x, #w, #y]}
  return
}

// What is over of k is masked, what is over of the columns comes one by one; many rows, known at run time only, are worth transposing.
// CHECK-LABEL: func.func @any_size
// CHECK: arith.cmpi ule, %{{.*}}, %c16
// CHECK: vector.maskedload
// CHECK: vector.reduction <add>
// CHECK: else
// CHECK: memref.alloc
func.func @any_size(%q: memref<2x?x?xf32>, %k: memref<2x?x?xf32>, %y: memref<2x?x?xf32>) {
  qlinalg.matmul lhs(%q : memref<2x?x?xf32>) rhs(%k : memref<2x?x?xf32>) outs(%y : memref<2x?x?xf32>) {indexing_maps = [#x, #w, #y]}
  return
}
