// What matmuls are called, whatever a program went through that leaves them what they are: canonicalization, named
// ops as generics, elementwise ops fused into what reads them.

// RUN: quant-opt %s --qlinalg-quantize 2>/dev/null | FileCheck %s
// RUN: quant-opt %s --canonicalize --cse --qlinalg-quantize 2>/dev/null | FileCheck %s
// RUN: quant-opt %s --linalg-generalize-named-ops --linalg-fuse-elementwise-ops --canonicalize --cse --qlinalg-quantize 2>/dev/null \
// RUN:   | FileCheck %s --check-prefixes=FUSED

#nk = affine_map<(m, n, k) -> (n, k)>
#mk = affine_map<(m, n, k) -> (m, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#row = affine_map<(m, n) -> (m, n)>
#bias = affine_map<(m, n) -> (n)>

// The parameter's name, for each use of it; the location's; the resource's; numbers for what has none.
// CHECK-LABEL: func.func @main
// CHECK: site = "up.weight"
// CHECK: site = "main.1"
// CHECK: site = "located"
// CHECK: site = "blob"
// CHECK: site = "up.weight#2"
// CHECK: site = "main.5"

// The activation's relu is now in the body of the second, which is not quantized but counts.
// FUSED-LABEL: func.func @main
// FUSED: site = "up.weight"
// FUSED-NOT: main.1
// FUSED: site = "located"
// FUSED: site = "blob"
// FUSED: site = "up.weight#2"
// FUSED: site = "main.5"
ml_program.global private @"up.weight"(#ml_program.extern : tensor<2x2xf32>) : tensor<2x2xf32>
func.func @main(%x: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %up = ml_program.global_load_const @"up.weight" : tensor<2x2xf32>
  %plain = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %located = arith.constant dense<[[1.0, 2.0], [3.0, 5.0]]> : tensor<2x2xf32> loc("located")
  %blob = arith.constant dense_resource<blob> : tensor<2x2xf32>
  %last = arith.constant dense<[[1.0, 2.0], [3.0, 6.0]]> : tensor<2x2xf32>
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<4x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<4x2xf32>) -> tensor<4x2xf32>
  %0 = linalg.matmul ins(%x, %up : tensor<4x2xf32>, tensor<2x2xf32>) outs(%init : tensor<4x2xf32>) -> tensor<4x2xf32>
  %1 = linalg.generic {indexing_maps = [#row, #row], iterator_types = ["parallel", "parallel"]}
      ins(%0 : tensor<4x2xf32>) outs(%empty : tensor<4x2xf32>) {
  ^bb0(%a: f32, %b: f32):
    %r = arith.maximumf %a, %zero : f32
    linalg.yield %r : f32
  } -> tensor<4x2xf32>
  %2 = linalg.matmul ins(%1, %plain : tensor<4x2xf32>, tensor<2x2xf32>) outs(%init : tensor<4x2xf32>) -> tensor<4x2xf32>
  %3 = linalg.matmul indexing_maps = [#mk, #nk, #mn] ins(%2, %located : tensor<4x2xf32>, tensor<2x2xf32>)
      outs(%init : tensor<4x2xf32>) -> tensor<4x2xf32>
  %4 = linalg.matmul ins(%3, %blob : tensor<4x2xf32>, tensor<2x2xf32>) outs(%init : tensor<4x2xf32>) -> tensor<4x2xf32>
  %5 = linalg.matmul ins(%4, %up : tensor<4x2xf32>, tensor<2x2xf32>) outs(%init : tensor<4x2xf32>) -> tensor<4x2xf32>
  %6 = linalg.matmul ins(%5, %last : tensor<4x2xf32>, tensor<2x2xf32>) outs(%init : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %6 : tensor<4x2xf32>
}

// Observers say the names, also where the numbers would be others. Those of what is quantized now are gone.
// CHECK-LABEL: func.func @observed(
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<4x2xf32>, 
// CHECK-NOT: observe
// CHECK: %[[Y:.*]] = qlinalg.matmul lhs(%[[X]] : tensor<4x2xf32>) {{.*}} site = "first"
// CHECK-NOT: observe
// CHECK: %[[VALUE:.*]] = qlinalg.observe %[[Y]] site "value"
// CHECK-NOT: observe
// CHECK: qlinalg.matmul lhs(%[[VALUE]] : tensor<4x2xf32>) {{.*}} site = "first#3"
// CHECK-NOT: observe
// CHECK: site = "observed.2"
func.func @observed(%x: tensor<4x2xf32>, %init: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %w = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %v = arith.constant dense<[[1.0, 2.0], [3.0, 5.0]]> : tensor<2x2xf32>
  %0 = qlinalg.observe %x site "first.input" <range> : tensor<4x2xf32>
  %1 = linalg.matmul ins(%0, %w : tensor<4x2xf32>, tensor<2x2xf32>) outs(%init : tensor<4x2xf32>) -> tensor<4x2xf32>
  %2 = qlinalg.observe %1 site "first#3.input" <range> : tensor<4x2xf32>
  %3 = qlinalg.observe %2 site "value" <range> : tensor<4x2xf32>
  %4 = linalg.matmul ins(%3, %w : tensor<4x2xf32>, tensor<2x2xf32>) outs(%init : tensor<4x2xf32>) -> tensor<4x2xf32>
  %6 = qlinalg.observe %4 site "first#3.output" <range> : tensor<4x2xf32>
  %5 = linalg.matmul ins(%6, %v : tensor<4x2xf32>, tensor<2x2xf32>) outs(%init : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %5 : tensor<4x2xf32>
}
