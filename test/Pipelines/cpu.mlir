// RUN: quant-opt %s --qlinalg-cpu='cpu=x86-64-v3' | FileCheck %s
// RUN: quant-opt %s --qlinalg-cpu='cpu=x86-64-v3' | mlir-translate --mlir-to-llvmir | FileCheck %s --check-prefix=LLVM
// RUN: quant-opt %s --qlinalg-cpu -o /dev/null

// From codes and linalg to nothing but the LLVM dialect and OpenMP: packed, shared between equal layers, parallel.
// CHECK-NOT: {{(qlinalg\.(matmul|pack|unpack)|linalg|scf|memref|vector|arith|cf|bufferization|builtin.unrealized_conversion_cast)[ .]}}
// LLVM-DAG: @qlinalg_parameter_count = constant i64 1
// LLVM-DAG: @qlinalg_parameter_table = constant [1 x { ptr, ptr, i64, ptr, ptr }]
// LLVM-DAG: define void @qlinalg_initialize()
// LLVM-DAG: declare void @qlinalg_rt_assert_fail(ptr)
// LLVM-DAG: attributes #{{[0-9]+}} = { cold noreturn }

#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (n, k)>
#s = affine_map<(m, n, k) -> (n, k floordiv 32)>
#y = affine_map<(m, n, k) -> (m, n)>

ml_program.global private @"layer.codes"(#ml_program.extern : tensor<64x32xi8>) : tensor<64x32xi8>

// Both contractions call one kernel.
// CHECK-LABEL: llvm.func @main
// CHECK: llvm.call @[[CONTRACTION:kernel[_0-9]*]](%{{.*}} : (!llvm.ptr
// CHECK: llvm.call @[[CONTRACTION]](
// CHECK: llvm.func internal @[[CONTRACTION]](
// CHECK: omp.parallel
// CHECK: llvm.intr.fmuladd{{.*}}vector<16xf32>
// LLVM-DAG: define { ptr, ptr, i64, [2 x i64], [2 x i64] } @main
func.func @main(%x: tensor<32x64xf32>, %scales: tensor<64x2xf32>, %init: tensor<32x64xf32>, %valid: i1) -> tensor<32x64xf32> {
  cf.assert %valid, "expected a valid input"
  %codes = ml_program.global_load_const @"layer.codes" : tensor<64x32xi8>
  %w = qlinalg.unpack %codes <rows> : tensor<64x32xi8> -> tensor<64x64xi4>
  %0 = qlinalg.matmul lhs(%x : tensor<32x64xf32>) rhs(%w : tensor<64x64xi4> scales %scales : tensor<64x2xf32> scheme <int4, group = 32, symmetric>)
      outs(%init : tensor<32x64xf32>) {indexing_maps = [#x, #w, #s, #y]} -> tensor<32x64xf32>
  %1 = qlinalg.matmul lhs(%0 : tensor<32x64xf32>) rhs(%w : tensor<64x64xi4> scales %scales : tensor<64x2xf32> scheme <int4, group = 32, symmetric>)
      outs(%init : tensor<32x64xf32>) {indexing_maps = [#x, #w, #s, #y]} -> tensor<32x64xf32>
  return %1 : tensor<32x64xf32>
}
