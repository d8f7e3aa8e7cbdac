// What an unmodified mlir-opt makes of a module becomes a program with upstream's tools: memory is the C library's, OpenMP
// LLVM's, the rest in the archives of the run time.
// RUN: rm -rf %t && split-file %s %t && cd %t
// RUN: %mlir-opt module.mlir --load-dialect-plugin=%plugin --load-pass-plugin=%plugin \
// RUN:   --pass-pipeline='builtin.module(qlinalg-ptq{weights=int4 group=4},qlinalg-cpu{cpu=x86-64-v2})' | mlir-translate --mlir-to-llvmir -o module.ll
// RUN: FileCheck %s < module.ll
// RUN: %cxx -O1 -c -Wno-override-module module.ll -o module.o && %cc -std=c99 -Wall -Wextra -Werror -c main.c
// RUN: %cxx main.o module.o %build/lib/libQLinalgRuntime.a %build/lib/libQLinalgStatistics.a %build/lib/libQLinalgParameters.a %build/lib/libQLinalgNumerics.a \
// RUN:   -L%mlir_bin/../lib -lomp -Wl,-rpath,%mlir_bin/../lib -lm -o main
// RUN: ./main | FileCheck %s --check-prefix=RESULT
// UNSUPPORTED: sanitized

// CHECK-DAG: declare ptr @aligned_alloc(i64, i64)
// CHECK-DAG: declare void @free(ptr)

// By hand, as in README.md: 1 + 7 * 0.1, 2 + 7 * 0.2, 3 - 7 * 0.3.
// RESULT: 1.7 3.4 0.9

//--- module.mlir
func.func @layer(%x: tensor<1x8xf32>, %bias: tensor<1x3xf32>) -> tensor<1x3xf32> attributes {llvm.emit_c_interface} {
  %w = arith.constant dense<[[0.7, -0.1, 0.2, 0.35, -0.6, 0.05, 0.0, 0.14],
                             [1.4, -0.2, 0.1, 0.0, 0.4, -1.0, 0.6, 0.8],
                             [-2.1, 0.3, 0.9, 0.6, 0.0, 1.2, -0.3, 1.5]]> : tensor<3x8xf32>
  %e = tensor.empty() : tensor<8x3xf32>
  %t = linalg.transpose ins(%w : tensor<3x8xf32>) outs(%e : tensor<8x3xf32>) permutation = [1, 0]
  %y = linalg.matmul ins(%x, %t : tensor<1x8xf32>, tensor<8x3xf32>) outs(%bias : tensor<1x3xf32>) -> tensor<1x3xf32>
  return %y : tensor<1x3xf32>
}

//--- main.c
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct memref {
  float *allocated, *aligned;
  int64_t offset, sizes[2], strides[2];
};
void _mlir_ciface_layer(struct memref *result, struct memref *x, struct memref *bias);

int main(void) {
  float ones[8] = {1}, numbers[3] = {1, 2, 3};
  struct memref x = {ones, ones, 0, {1, 8}, {8, 1}}, bias = {numbers, numbers, 0, {1, 3}, {3, 1}}, y;
  _mlir_ciface_layer(&y, &x, &bias);
  printf("%g %g %g\n", y.aligned[y.offset], y.aligned[y.offset + 1], y.aligned[y.offset + 2]);
  if (y.allocated != numbers)
    free(y.allocated);
  return 0;
}
