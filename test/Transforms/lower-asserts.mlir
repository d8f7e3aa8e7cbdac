// RUN: quant-opt %s --qlinalg-lower-asserts | FileCheck %s
// RUN: quant-opt %s --qlinalg-lower-asserts | FileCheck %s --check-prefix=ONCE

// CHECK-DAG: llvm.mlir.global internal constant @[[NEGATIVE:.*]]("index is negative\00")
// CHECK-DAG: llvm.mlir.global internal constant @[[SIZE:.*]]("sizes differ\00")
// CHECK-DAG: llvm.func @qlinalg_rt_assert_fail(!llvm.ptr) attributes {passthrough = ["noreturn", "cold"]}

// One constant for a message that occurs twice.
// ONCE-COUNT-2: llvm.mlir.global
// ONCE-NOT: llvm.mlir.global

// CHECK-LABEL: func.func @unchanged
// CHECK-NEXT: return
func.func @unchanged() {
  return
}

// CHECK-LABEL: func.func @asserts(
// CHECK-SAME: %[[FIRST:.*]]: i1, %[[SECOND:.*]]: i1)
// CHECK: %[[FAILED:.*]] = arith.xori %[[FIRST]], %true
// CHECK: scf.if %[[FAILED]] {
// CHECK: %[[MESSAGE:.*]] = llvm.mlir.addressof @[[NEGATIVE]]
// CHECK: llvm.call @qlinalg_rt_assert_fail(%[[MESSAGE]])
// CHECK: llvm.mlir.addressof @[[SIZE]]
// CHECK: llvm.mlir.addressof @[[SIZE]]
// CHECK-NOT: cf.assert
func.func @asserts(%first: i1, %second: i1) {
  cf.assert %first, "index is negative"
  cf.assert %second, "sizes differ"
  cf.assert %first, "sizes differ"
  return
}

// Only the loop around an assertion loses its threads.
// CHECK-LABEL: func.func @in_loops
// CHECK: scf.parallel
// CHECK: scf.for
// CHECK-NEXT: scf.for
// CHECK: llvm.call @qlinalg_rt_assert_fail
// CHECK-NOT: scf.parallel
func.func @in_loops(%n: index, %m: memref<?x?xi1>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %yes = arith.constant true
  scf.parallel (%i, %j) = (%c0, %c0) to (%n, %n) step (%c1, %c1) {
    memref.store %yes, %m[%i, %j] : memref<?x?xi1>
  }
  scf.parallel (%i, %j) = (%c0, %c0) to (%n, %n) step (%c1, %c1) {
    %ok = memref.load %m[%i, %j] : memref<?x?xi1>
    cf.assert %ok, "index is negative"
  }
  return
}
