// RUN: quant-opt %s --qlinalg-place-on-device | FileCheck %s

memref.global "private" constant @weights : memref<2x3xf32> = dense<1.0>

// Arguments are copied, constants live on the device, and the host waits before it returns.
// CHECK-LABEL: func.func @main
// CHECK-SAME: (%[[X:.*]]: memref<?x3xf32>)
// CHECK: %[[SIZE:.*]] = memref.dim %[[X]]
// CHECK: %[[COPY:.*]] = memref.alloc(%[[SIZE]]) : memref<?x3xf32>
// CHECK: memref.copy %[[X]], %[[COPY]]
// CHECK: memref.get_global
// CHECK: %[[BYTES:.*]] = arith.constant 24 : i64
// CHECK: llvm.call @qlinalg_rt_cuda_resident(%{{.*}}, %[[BYTES]])
// CHECK: %[[WEIGHTS:.*]] = builtin.unrealized_conversion_cast
// CHECK: gpu.launch
// CHECK: memref.load %[[COPY]]
// CHECK: memref.load %[[WEIGHTS]]
// CHECK: memref.dealloc %[[COPY]]
// CHECK: llvm.call @qlinalg_rt_cuda_wait()
// CHECK-NEXT: return
func.func @main(%x: memref<?x3xf32>) -> memref<2x3xf32> {
  %c1 = arith.constant 1 : index
  %w = memref.get_global @weights : memref<2x3xf32>
  %y = memref.alloc() : memref<2x3xf32>
  gpu.launch blocks(%bx, %by, %bz) in (%gx = %c1, %gy = %c1, %gz = %c1) threads(%tx, %ty, %tz) in (%sx = %c1, %sy = %c1, %sz = %c1) {
    %a = memref.load %x[%tx, %tx] : memref<?x3xf32>
    %b = memref.load %w[%tx, %tx] : memref<2x3xf32>
    %c = arith.addf %a, %b : f32
    memref.store %c, %y[%tx, %tx] : memref<2x3xf32>
    gpu.terminator
  }
  return %y : memref<2x3xf32>
}

// What a private function gets is there already; without kernels nothing is waited for.
// CHECK-LABEL: func.func private @inner
// CHECK-NOT: memref.alloc
// CHECK-NOT: llvm.call
// CHECK: return
func.func private @inner(%x: memref<4xf32>, %i: index) -> f32 {
  %e = memref.load %x[%i] : memref<4xf32>
  return %e : f32
}
