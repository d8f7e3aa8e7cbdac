// NVIDIA's assembler takes the kernels for every chip, and spills no register: 64 x 64 results a block in 32 KB of shared memory.
// REQUIRES: ptxas
// RUN: rm -rf %t && mkdir %t && cd %t
// RUN: quant-compile %s -o 80.ptx --chip=sm_80 && %ptxas -arch=sm_80 -v 80.ptx -o 80.o 2>&1 | FileCheck %s
// RUN: quant-compile %s -o 89.ptx --chip=sm_89 && %ptxas -arch=sm_89 -v 89.ptx -o 89.o 2>&1 | FileCheck %s
// RUN: quant-compile %s -o 90.ptx --chip=sm_90 && %ptxas -arch=sm_90 -v 90.ptx -o 90.o 2>&1 | FileCheck %s
// RUN: quant-compile %s -o 90a.ptx --chip=sm_90a && %ptxas -arch=sm_90a -v 90a.ptx -o 90a.o 2>&1 | FileCheck %s
// RUN: quant-compile %s -o 100.ptx --chip=sm_100 && %ptxas -arch=sm_100 -v 100.ptx -o 100.o 2>&1 | FileCheck %s
// RUN: quant-compile %s -o 75.ptx --chip=sm_75 && %ptxas -arch=sm_75 -v 75.ptx -o 75.o 2>&1 | FileCheck %s --check-prefix=OLD
// RUN: quant-compile %s -o m.cubin --chip=sm_80 && test -s m.cubin

// CHECK: Compiling entry function 'main_{{[0-9]}}_matmul_mma'
// CHECK: 0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
// CHECK-NEXT: Used {{[0-9]+}} registers, used 1 barriers, 32768 bytes smem
// OLD: Compiling entry function 'main_{{[0-9]}}_matmul_dots'
// OLD: 0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
func.func @main(%x: tensor<48x96xi8>, %s: tensor<48xf32>, %z: tensor<48xi8>, %w: tensor<80x96xi8>, %t: tensor<80xf32>, %i: tensor<48x80xf32>) -> tensor<48x80xf32> {
  %y = qlinalg.matmul lhs(%x : tensor<48x96xi8> scales %s : tensor<48xf32> zero_points %z : tensor<48xi8> scheme <uint8, token, affine>)
      rhs(%w : tensor<80x96xi8> scales %t : tensor<80xf32> scheme <int8, channel>) epilogue <gelu> outs(%i : tensor<48x80xf32>)
      {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (m)>, affine_map<(m, n, k) -> (m)>,
                        affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (n)>, affine_map<(m, n, k) -> (m, n)>]} -> tensor<48x80xf32>
  return %y : tensor<48x80xf32>
}
