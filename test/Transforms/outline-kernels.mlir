// RUN: quant-opt %s --qlinalg-outline-kernels | FileCheck %s

// CHECK-LABEL: func.func @unchanged
// CHECK-NEXT: memref.load
func.func @unchanged(%m: memref<4xf32>, %i: index) -> f32 {
  %0 = memref.load %m[%i] : memref<4xf32>
  return %0 : f32
}

// Two nests that differ in what they work on are one function; the constant is made again inside.
// CHECK-LABEL: func.func @equal(
// CHECK-SAME: %[[A:.*]]: memref<8xf32>, %[[B:.*]]: memref<8xf32>)
// CHECK: call @[[KERNEL:kernel]](%[[A]]) : (memref<8xf32>) -> ()
// CHECK: call @[[KERNEL]](%[[B]]) : (memref<8xf32>) -> ()
func.func @equal(%a: memref<8xf32>, %b: memref<8xf32>) {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %eight = arith.constant 8 : index
  %two = arith.constant 2.0 : f32
  scf.for %i = %zero to %eight step %one {
    memref.store %two, %a[%i] : memref<8xf32>
  }
  scf.for %i = %zero to %eight step %one {
    memref.store %two, %b[%i] : memref<8xf32>
  }
  return
}

// Another constant is another function. A value that a nest carries is a result.
// CHECK-LABEL: func.func @different(
// CHECK-SAME: %[[A:.*]]: memref<8xf32>, %[[SIZE:.*]]: index)
// CHECK: call @[[OTHER:kernel_[0-9]+]](%[[A]], %[[SIZE]])
// CHECK: %[[SUM:.*]] = call @[[CARRYING:kernel_[0-9]+]](
// CHECK: return %[[SUM]]
func.func @different(%a: memref<8xf32>, %size: index) -> f32 {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %three = arith.constant 3.0 : f32
  scf.parallel (%i) = (%zero) to (%size) step (%one) {
    memref.store %three, %a[%i] : memref<8xf32>
    scf.reduce
  }
  %sum = scf.for %i = %zero to %size step %one iter_args(%s = %three) -> f32 {
    %x = memref.load %a[%i] : memref<8xf32>
    %next = arith.addf %s, %x : f32
    scf.yield %next : f32
  }
  return %sum : f32
}

// A choice between loops is a nest.
// CHECK-LABEL: func.func @choice(
// CHECK-SAME: %[[A:.*]]: memref<8xf32>, %[[MANY:.*]]: i1)
// CHECK: call @[[CHOICE:kernel_[0-9]+]](%[[A]], %[[MANY]])
// CHECK-NEXT: scf.if
// CHECK-NEXT: memref.store
func.func @choice(%a: memref<8xf32>, %many: i1) {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %eight = arith.constant 8 : index
  %two = arith.constant 2.0 : f32
  scf.if %many {
    scf.parallel (%i) = (%zero) to (%eight) step (%one) {
      memref.store %two, %a[%i] : memref<8xf32>
      scf.reduce
    }
  } else {
    scf.for %i = %zero to %eight step %one {
      memref.store %two, %a[%i] : memref<8xf32>
    }
  }
  scf.if %many {
    memref.store %two, %a[%one] : memref<8xf32>
  }
  return
}

// LLVM neither inlines the functions nor shows them to other modules.
// CHECK: func.func private @[[KERNEL]](%{{.*}}: memref<8xf32>)
// CHECK-SAME: llvm.linkage = #llvm.linkage<internal>
// CHECK-SAME: passthrough = ["noinline"]
// CHECK: arith.constant 2.000000e+00
// CHECK: func.func private @[[OTHER]](
// CHECK: scf.parallel
// CHECK: func.func private @[[CARRYING]](
// CHECK: %[[CARRIED:.*]] = scf.for
// CHECK: return %[[CARRIED]]
// CHECK-NOT: func.func
// CHECK: func.func private @[[CHOICE]](
// CHECK: scf.if
