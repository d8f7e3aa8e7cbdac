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
