// RUN: quant-opt %s --split-input-file --verify-diagnostics --pass-pipeline='builtin.module(gpu.module(qlinalg-lower-kernel-math))' | FileCheck %s

// CHECK-LABEL: gpu.func @signs
// CHECK: llvm.call_intrinsic "llvm.fabs"(%{{.*}}) : (f32) -> f32
// CHECK: llvm.call_intrinsic "llvm.copysign"
// CHECK: llvm.call_intrinsic "llvm.roundeven"
// CHECK: llvm.call_intrinsic "llvm.sqrt"
gpu.module @kernels {
  gpu.func @signs(%x: f32, %p: memref<f32>) kernel {
    %a = math.absf %x : f32
    %b = math.copysign %a, %x : f32
    %c = math.roundeven %b : f32
    %d = math.sqrt %c : f32
    memref.store %d, %p[] : memref<f32>
    gpu.return
  }
}

// -----

gpu.module @kernels {
  gpu.func @skip_f64(%x: f64, %p: memref<f64>) kernel {
    // expected-error@+1 {{'math.exp' op expected a function that kernels have, of f32 or narrower, got one of 'f64'}}
    %a = math.exp %x : f64
    memref.store %a, %p[] : memref<f64>
    gpu.return
  }
}
