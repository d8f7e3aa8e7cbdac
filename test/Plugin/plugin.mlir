// The dialect and the passes in an unmodified mlir-opt: text is read and printed, pipelines and passes are found by name.

// RUN: %mlir-opt %s --load-dialect-plugin=%plugin --load-pass-plugin=%plugin \
// RUN:   --pass-pipeline='builtin.module(qlinalg-ptq{weights=int4 group=4})' | FileCheck %s --check-prefix=PTQ
// RUN: %mlir-opt %s --load-dialect-plugin=%plugin --load-pass-plugin=%plugin \
// RUN:   --pass-pipeline='builtin.module(qlinalg-ptq{weights=int4 group=4},qlinalg-lower-to-linalg)' | FileCheck %s --check-prefix=LINALG
// RUN: %mlir-opt %s --load-dialect-plugin=%plugin --load-pass-plugin=%plugin \
// RUN:   --pass-pipeline='builtin.module(qlinalg-ptq{weights=int4 group=4},qlinalg-cpu{cpu=x86-64-v3})' | FileCheck %s --check-prefix=LLVM
// RUN: not %mlir-opt %s --load-dialect-plugin=%plugin --load-pass-plugin=%plugin \
// RUN:   --pass-pipeline='builtin.module(qlinalg-ptq{weights=int9})' 2>&1 | FileCheck %s --check-prefix=ERROR

// PTQ-LABEL: func.func @layer
// PTQ: qlinalg.matmul lhs({{.*}}) rhs({{.*}} scheme <int4, group = 4, symmetric>)
// LINALG-LABEL: func.func @layer
// LINALG-NOT: qlinalg
// LINALG: linalg.generic
// LLVM: llvm.func @layer
// LLVM-NOT: qlinalg.{{matmul|unpack}}
// ERROR: error: expected int8, {{.*}} for weights, got 'int9'
func.func @layer(%x: tensor<2x8xf32>, %init: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %w = arith.constant dense<[[0.7, -0.1, 0.2, 0.35, -0.6, 0.05, 0.0, 0.14],
                             [1.4, -0.2, 0.1, 0.0, 0.4, -1.0, 0.6, 0.8],
                             [-2.1, 0.3, 0.9, 0.6, 0.0, 1.2, -0.3, 1.5]]> : tensor<3x8xf32>
  %e = tensor.empty() : tensor<8x3xf32>
  %t = linalg.transpose ins(%w : tensor<3x8xf32>) outs(%e : tensor<8x3xf32>) permutation = [1, 0]
  %y = linalg.matmul ins(%x, %t : tensor<2x8xf32>, tensor<8x3xf32>) outs(%init : tensor<2x3xf32>) -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// The dialect by itself.
// PTQ-LABEL: func.func @ours
// PTQ: qlinalg.observe %{{.*}} site "x" <range, moments>
func.func @ours(%x: tensor<2x8xf32>) -> tensor<2x8xf32> {
  %0 = qlinalg.observe %x site "x" <range, moments> : tensor<2x8xf32>
  return %0 : tensor<2x8xf32>
}
