// RUN: quant-opt %s --qlinalg-ptq='requantize=exact' -o %t.exact.mlir
// RUN: quant-opt %s --qlinalg-ptq='requantize=twice' -o %t.twice.mlir
// RUN: quant-opt %s --qlinalg-ptq='requantize=float' -o %t.float.mlir
// RUN: quant-opt %s --qlinalg-ptq='requantize=none' -o %t.none.mlir
// RUN: FileCheck %s --check-prefixes=IR,EXACT --implicit-check-not=f32 < %t.exact.mlir
// RUN: FileCheck %s --check-prefixes=IR,TWICE --implicit-check-not=f32 < %t.twice.mlir
// RUN: FileCheck %s --check-prefix=NONE < %t.none.mlir

// Lowered, there is no float in the whole program: codes go in, codes come out.
// RUN: quant-opt %t.exact.mlir --qlinalg-cpu=cpu=x86-64-v4 | FileCheck %s --check-prefix=NOFLOAT
// RUN: quant-opt %t.exact.mlir --qlinalg-cpu=cpu=avx512vnni | FileCheck %s --check-prefix=NOFLOAT
// RUN: quant-opt %t.twice.mlir --qlinalg-cpu=cpu=x86-64-v3 | FileCheck %s --check-prefix=NOFLOAT
// RUN: quant-opt %t.exact.mlir --qlinalg-cpu=cpu=amx | FileCheck %s --check-prefix=NOFLOAT
// RUN: quant-opt %t.twice.mlir --qlinalg-cpu=cpu=neon-i8mm | FileCheck %s --check-prefix=NOFLOAT
// RUN: quant-opt %t.exact.mlir --qlinalg-lower-to-linalg | FileCheck %s --check-prefix=NOFLOAT
// RUN: quant-opt %t.twice.mlir --qlinalg-lower-to-linalg | FileCheck %s --check-prefix=NOFLOAT
// RUN: quant-opt %t.float.mlir --qlinalg-cpu=cpu=x86-64-v4 | FileCheck %s --check-prefix=FLOAT
// NOFLOAT-NOT: {{[^0-9a-zA-Z]f(32|64)[^0-9a-zA-Z]}}
// NOFLOAT: func @main
// NOFLOAT-NOT: {{[^0-9a-zA-Z]f(32|64)[^0-9a-zA-Z]}}
// FLOAT: llvm.fdiv

// A chain of three with biases, relu, a clamp, a reshape, a transpose and a value that is added, as frontends write it.

#mk = affine_map<(m, n, k) -> (m, k)>
#km = affine_map<(m, n, k) -> (k, m)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#n = affine_map<(m, n, k) -> (n)>
#none = affine_map<(m, n, k) -> ()>
#one = affine_map<(d0, d1) -> ()>
#one3 = affine_map<(d0, d1, d2) -> ()>
#bmk = affine_map<(b, m, n, k) -> (b, m, k)>
#bnk = affine_map<(b, m, n, k) -> (n, k)>
#bn = affine_map<(b, m, n, k) -> (n)>
#bmn = affine_map<(b, m, n, k) -> (b, m, n)>
#none4 = affine_map<(b, m, n, k) -> ()>
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d1)>

// IR-LABEL: func.func @main
// IR: %[[FIRST:.*]] = qlinalg.matmul
// IR: epilogue <relu>
// EXACT: requantize <exact>
// TWICE: requantize <twice>
// IR: linalg.generic {{.*}} ins(%{{[^ ]+}} : tensor<48x64xi8>) outs(%{{[^ ]+}} : tensor<64x48xi8>)
// IR: linalg.generic
// IR: qlinalg.matmul
// IR: result_range
// IR: tensor.expand_shape {{.*}} : tensor<48x64xi8> into tensor<6x8x64xi8>
// IR: qlinalg.matmul
// IR: tensor.collapse_shape {{.*}} : tensor<6x8x64xi8> into tensor<6x512xi8>

// NONE-COUNT-3: qlinalg.quantize
func.func @main(%x: tensor<48x64xi8>) -> tensor<6x512xi8> {
  %s0 = arith.constant dense<0.05> : tensor<f32>
  %z0 = arith.constant dense<-3> : tensor<i8>
  %s1 = arith.constant dense<0.11> : tensor<f32>
  %s2 = arith.constant dense<0.07> : tensor<f32>
  %z2 = arith.constant dense<12> : tensor<i8>
  %w1 = arith.constant dense<5> : tensor<64x64xi8>
  %w2 = arith.constant dense<-7> : tensor<64x64xi8>
  %w3 = arith.constant dense<9> : tensor<64x64xi8>
  %c = arith.constant dense<0.013> : tensor<64xf32>
  %t = arith.constant dense<0.02> : tensor<f32>
  %b1 = arith.constant dense<0.3> : tensor<64xf32>
  %b2 = arith.constant dense<-0.2> : tensor<64xf32>
  %zero = arith.constant 0.0 : f32
  %six = arith.constant 6.0 : f32
  %e = tensor.empty() : tensor<48x64xf32>
  %i = linalg.fill ins(%zero : f32) outs(%e : tensor<48x64xf32>) -> tensor<48x64xf32>
  %y1 = qlinalg.matmul lhs(%x : tensor<48x64xi8> scales %s0 : tensor<f32> zero_points %z0 : tensor<i8> scheme <int8, tensor, affine>)
    rhs(%w1 : tensor<64x64xi8> scales %c : tensor<64xf32> scheme <int8, channel>)
    outs(%i : tensor<48x64xf32>) {indexing_maps = [#mk, #none, #none, #nk, #n, #mn]} -> tensor<48x64xf32>
  %a1 = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%y1, %b1 : tensor<48x64xf32>, tensor<64xf32>) outs(%e : tensor<48x64xf32>) {
    ^bb0(%u: f32, %v: f32, %o: f32):
      %0 = arith.addf %u, %v : f32
      %1 = arith.maximumf %0, %zero : f32
      linalg.yield %1 : f32
  } -> tensor<48x64xf32>
  %te = tensor.empty() : tensor<64x48xf32>
  %r1 = linalg.transpose ins(%a1 : tensor<48x64xf32>) outs(%te : tensor<64x48xf32>) permutation = [1, 0]
  %q1 = qlinalg.quantize %r1 scales %s1 <uint8, tensor> by #one : tensor<64x48xf32> scales tensor<f32> -> tensor<64x48xi8>
  %be = linalg.broadcast ins(%b2 : tensor<64xf32>) outs(%e : tensor<48x64xf32>) dimensions = [0]
  %y2 = qlinalg.matmul lhs(%q1 : tensor<64x48xi8> scales %s1 : tensor<f32> scheme <uint8, tensor>)
    rhs(%w2 : tensor<64x64xi8> scales %t : tensor<f32> scheme <int8, tensor>)
    outs(%be : tensor<48x64xf32>) {indexing_maps = [#km, #none, #nk, #none, #mn]} -> tensor<48x64xf32>
  %a2 = linalg.add ins(%y2, %a1 : tensor<48x64xf32>, tensor<48x64xf32>) outs(%e : tensor<48x64xf32>) -> tensor<48x64xf32>
  %p2 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%a2 : tensor<48x64xf32>) outs(%e : tensor<48x64xf32>) {
    ^bb0(%u: f32, %o: f32):
      %0 = arith.maximumf %u, %zero : f32
      %1 = arith.minimumf %0, %six : f32
      linalg.yield %1 : f32
  } -> tensor<48x64xf32>
  %l2 = tensor.expand_shape %p2 [[0, 1], [2]] output_shape [6, 8, 64] : tensor<48x64xf32> into tensor<6x8x64xf32>
  %q2 = qlinalg.quantize %l2 scales %s2 zero_points %z2 <int8, tensor, affine> by #one3 : tensor<6x8x64xf32> scales tensor<f32> zero_points tensor<i8> -> tensor<6x8x64xi8>
  %e3 = tensor.empty() : tensor<6x8x64xf32>
  %i3 = linalg.fill ins(%zero : f32) outs(%e3 : tensor<6x8x64xf32>) -> tensor<6x8x64xf32>
  %y3 = qlinalg.matmul lhs(%q2 : tensor<6x8x64xi8> scales %s2 : tensor<f32> zero_points %z2 : tensor<i8> scheme <int8, tensor, affine>)
    rhs(%w3 : tensor<64x64xi8> scales %c : tensor<64xf32> scheme <int8, channel>)
    outs(%i3 : tensor<6x8x64xf32>) {indexing_maps = [#bmk, #none4, #none4, #bnk, #bn, #bmn]} -> tensor<6x8x64xf32>
  %m3 = tensor.collapse_shape %y3 [[0], [1, 2]] : tensor<6x8x64xf32> into tensor<6x512xf32>
  %q3 = qlinalg.quantize %m3 scales %s1 <int8, tensor> by #one : tensor<6x512xf32> scales tensor<f32> -> tensor<6x512xi8>
  return %q3 : tensor<6x512xi8>
}
