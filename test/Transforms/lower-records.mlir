// RUN: quant-opt %s --split-input-file --qlinalg-lower-records --verify-diagnostics | FileCheck %s

// CHECK-LABEL: func.func @unchanged
// CHECK-NEXT: return
func.func @unchanged() {
  return
}

// -----

// CHECK: func.func private @qlinalg_rt_record_bf16(i64, i64, memref<*xbf16>)
// CHECK: func.func private @qlinalg_rt_record_f32(i64, i64, memref<*xf32>)

// The channels are last, in their order.
// CHECK-LABEL: func.func @main
// CHECK-SAME: (%[[X:[a-z0-9]+]]: memref<2x3x4xf32>, %[[Y:[a-z0-9]+]]: memref<?xbf16, strided<[?], offset: ?>>)
// CHECK: %[[VIEW:.*]] = memref.transpose %[[X]] (d0, d1, d2) -> (d1, d2, d0)
// CHECK-DAG: %[[OBSERVER:.*]] = arith.constant 3 : i64
// CHECK-DAG: %[[DIMS:.*]] = arith.constant 2 : i64
// CHECK: %[[STACK:.*]] = llvm.intr.stacksave
// CHECK: %[[ANY:.*]] = memref.cast %[[VIEW]] : {{.*}} to memref<*xf32>
// CHECK: call @qlinalg_rt_record_f32(%[[OBSERVER]], %[[DIMS]], %[[ANY]])
// CHECK: llvm.intr.stackrestore %[[STACK]]
// CHECK-NOT: memref.transpose
// CHECK: %[[WHOLE:.*]] = memref.cast %[[X]] : memref<2x3x4xf32> to memref<*xf32>
// CHECK: call @qlinalg_rt_record_f32(%{{.*}}, %{{.*}}, %[[WHOLE]])
// CHECK: %[[LINE:.*]] = memref.cast %[[Y]]
// CHECK: call @qlinalg_rt_record_bf16(%{{.*}}, %{{.*}}, %[[LINE]])
// CHECK-NOT: qlinalg.record
func.func @main(%x: memref<2x3x4xf32>, %y: memref<?xbf16, strided<[?], offset: ?>>) {
  qlinalg.record %x observer 3 channels [2, 0] : memref<2x3x4xf32>
  qlinalg.record %x observer 4 channels [1, 2] : memref<2x3x4xf32>
  qlinalg.record %y observer 0 : memref<?xbf16, strided<[?], offset: ?>>
  return
}

// -----

func.func @tensor(%x: tensor<4xf32>) {
  // expected-error @+1 {{expected a memref, got a tensor; bufferize first}}
  qlinalg.record %x observer 0 : tensor<4xf32>
  return
}
