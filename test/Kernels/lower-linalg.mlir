// RUN: quant-opt %s --pass-pipeline='builtin.module(func.func(qlinalg-lower-to-cpu))' | FileCheck %s

// CHECK-LABEL: func.func @small
// CHECK-NOT: scf.parallel
// CHECK: scf.for
func.func @small(%x: memref<16x16xf32>, %y: memref<16x16xf32>) {
  linalg.exp ins(%x : memref<16x16xf32>) outs(%y : memref<16x16xf32>)
  return
}

// Only the outermost loop is parallel.
// CHECK-LABEL: func.func @large
// CHECK: scf.parallel
// CHECK-NOT: scf.parallel
// CHECK: scf.for
// CHECK: math.exp
func.func @large(%x: memref<?x4096xf32>, %y: memref<?x4096xf32>) {
  linalg.exp ins(%x : memref<?x4096xf32>) outs(%y : memref<?x4096xf32>)
  return
}

// A failed assertion ends the call from the thread that made it.
// CHECK-LABEL: func.func @skip_assert
// CHECK-NOT: scf.parallel
// CHECK: cf.assert
func.func @skip_assert(%x: memref<256x256xi32>) {
  linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]}
      outs(%x : memref<256x256xi32>) {
  ^bb0(%v: i32):
    %zero = arith.constant 0 : i32
    %valid = arith.cmpi sge, %v, %zero : i32
    cf.assert %valid, "expected no negative index"
    linalg.yield %v : i32
  }
  return
}

// CHECK-LABEL: func.func @skip_outer_reduction
// CHECK-NOT: scf.parallel
// CHECK: return
func.func @skip_outer_reduction(%x: memref<256x256xf32>, %y: memref<256xf32>) {
  linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>],
                  iterator_types = ["reduction", "parallel"]}
      ins(%x : memref<256x256xf32>) outs(%y : memref<256xf32>) {
  ^bb0(%v: f32, %sum: f32):
    %next = arith.addf %sum, %v : f32
    linalg.yield %next : f32
  }
  return
}
