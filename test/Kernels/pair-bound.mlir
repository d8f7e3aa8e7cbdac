// Weights whose neighbours are proved to fit vpmaddubsw take it; with one weight more they do not.
//
// RUN: quant-opt %s --split-input-file --qlinalg-freeze | FileCheck %s --check-prefix=FREEZE
// RUN: quant-opt %s --split-input-file --pass-pipeline='builtin.module(qlinalg-freeze,qlinalg-pack{cpu=avx2},one-shot-bufferize{bufferize-function-boundaries=1},func.func(qlinalg-lower-to-cpu{cpu=avx2}))' | FileCheck %s --check-prefix=AVX2
// RUN: quant-opt %s --split-input-file --pass-pipeline='builtin.module(qlinalg-freeze,qlinalg-pack{cpu=avx512vnni},one-shot-bufferize{bufferize-function-boundaries=1},func.func(qlinalg-lower-to-cpu{cpu=avx512vnni}))' | FileCheck %s --check-prefix=VNNI
// RUN: quant-opt %s --split-input-file --qlinalg-freeze | sed 's/qlinalg.pair_bound = 128/qlinalg.pair_bound = 129/' \
// RUN:   | quant-opt --split-input-file --qlinalg-pack=cpu=avx2 | FileCheck %s --check-prefix=GREATER

#x = affine_map<(m, n, k) -> (m, k)>
#t = affine_map<(m, n, k) -> (m)>
#w = affine_map<(m, n, k) -> (n, k)>
#c = affine_map<(m, n, k) -> (n)>
#y = affine_map<(m, n, k) -> (m, n)>

// The scale is 1: codes are the weights. 127 + 1 = 128 is the most that fits, 255 * 128 = 32640.
// FREEZE-LABEL: func.func @fits
// FREEZE: qlinalg.matmul {{.*}} qlinalg.pair_bound = 128 : i64
// AVX2-LABEL: func.func @fits
// AVX2: "llvm.x86.avx2.pmadd.ub.sw"
// AVX2: return
// Four bytes at once need no proof.
// VNNI-LABEL: func.func @fits
// VNNI: "llvm.x86.avx512.vpdpbusd.512"
// What is above 128 proves nothing.
// GREATER-LABEL: func.func @fits
// GREATER: layout <panel = 16, step = 4, block = 4, excess>
func.func @fits(%x: tensor<3x4xi8>, %t: tensor<3xf32>, %i: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %w = arith.constant dense<[[127.0, -1.0, 100.0, 28.0], [0.0, 1.0, -127.0, 0.0]]> : tensor<2x4xf32>
  %s = qlinalg.choose_params %w <int8, channel> by affine_map<(d0, d1) -> (d0)> : tensor<2x4xf32> -> tensor<2xf32>
  %q = qlinalg.quantize %w scales %s <int8, channel> by affine_map<(d0, d1) -> (d0)> : tensor<2x4xf32> scales tensor<2xf32> -> tensor<2x4xi8>
  %0 = qlinalg.matmul lhs(%x : tensor<3x4xi8> scales %t : tensor<3xf32> scheme <int8, token>) rhs(%q : tensor<2x4xi8> scales %s : tensor<2xf32> scheme <int8, channel>)
    outs(%i : tensor<3x2xf32>) {indexing_maps = [#x, #t, #w, #c, #y]} -> tensor<3x2xf32>
  return %0 : tensor<3x2xf32>
}

// -----

#x = affine_map<(m, n, k) -> (m, k)>
#t = affine_map<(m, n, k) -> (m)>
#w = affine_map<(m, n, k) -> (n, k)>
#c = affine_map<(m, n, k) -> (n)>
#y = affine_map<(m, n, k) -> (m, n)>

// One weight is 2 and not 1: 127 + 2.
// FREEZE-LABEL: func.func @one_more
// FREEZE-NOT: pair_bound
// AVX2-LABEL: func.func @one_more
// AVX2-NOT: pmadd.ub.sw
// AVX2: "llvm.x86.avx2.pmadd.wd"
// AVX2-NOT: pmadd.ub.sw
func.func @one_more(%x: tensor<3x4xi8>, %t: tensor<3xf32>, %i: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %w = arith.constant dense<[[127.0, -2.0, 100.0, 28.0], [0.0, 1.0, -127.0, 0.0]]> : tensor<2x4xf32>
  %s = qlinalg.choose_params %w <int8, channel> by affine_map<(d0, d1) -> (d0)> : tensor<2x4xf32> -> tensor<2xf32>
  %q = qlinalg.quantize %w scales %s <int8, channel> by affine_map<(d0, d1) -> (d0)> : tensor<2x4xf32> scales tensor<2xf32> -> tensor<2x4xi8>
  %0 = qlinalg.matmul lhs(%x : tensor<3x4xi8> scales %t : tensor<3xf32> scheme <int8, token>) rhs(%q : tensor<2x4xi8> scales %s : tensor<2xf32> scheme <int8, channel>)
    outs(%i : tensor<3x2xf32>) {indexing_maps = [#x, #t, #w, #c, #y]} -> tensor<3x2xf32>
  return %0 : tensor<3x2xf32>
}
