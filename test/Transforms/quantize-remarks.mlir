// RUN: quant-opt %s --qlinalg-quantize='recipe=%S/Inputs/exclude.yaml' -split-input-file -verify-diagnostics | FileCheck %s
// RUN: sed -e '/expected-remark/d' %s | quant-opt --qlinalg-quantize='weights=none' -split-input-file 2>&1 | FileCheck %s --check-prefix=NONE

// A contraction that stays says why.

// NONE-NOT: qlinalg.matmul

// CHECK-LABEL: func.func @skip_two_activations
// CHECK: linalg.matmul
func.func @skip_two_activations(%x: tensor<4x6xf32>, %y: tensor<6x5xf32>, %i: tensor<4x5xf32>) -> tensor<4x5xf32> {
  // expected-remark @+1 {{not quantized: weight is not a constant}}
  %0 = linalg.matmul ins(%x, %y : tensor<4x6xf32>, tensor<6x5xf32>) outs(%i : tensor<4x5xf32>) -> tensor<4x5xf32>
  return %0 : tensor<4x5xf32>
}

// A parameter that the program writes is none.
ml_program.global private mutable @state(dense<0.0> : tensor<6x5xf32>) : tensor<6x5xf32>
// CHECK-LABEL: func.func @skip_mutable
// CHECK: linalg.matmul
func.func @skip_mutable(%x: tensor<4x6xf32>, %i: tensor<4x5xf32>) -> tensor<4x5xf32> {
  %w = ml_program.global_load @state : tensor<6x5xf32>
  // expected-remark @+1 {{not quantized: weight is not a constant}}
  %0 = linalg.matmul ins(%x, %w : tensor<4x6xf32>, tensor<6x5xf32>) outs(%i : tensor<4x5xf32>) -> tensor<4x5xf32>
  return %0 : tensor<4x5xf32>
}

// CHECK-LABEL: func.func @skip_computed
// CHECK: linalg.matmul
func.func @skip_computed(%x: tensor<4x5xf32>, %i: tensor<4x6xf32>) -> tensor<4x6xf32> {
  %w = arith.constant dense_resource<computed> : tensor<5x5xf32>
  %e = tensor.empty() : tensor<5x6xf32>
  // The diagonal of the weight.
  %d = linalg.generic {indexing_maps = [affine_map<(k, n) -> (k, k)>, affine_map<(k, n) -> (k, n)>], iterator_types = ["parallel", "parallel"]}
    ins(%w : tensor<5x5xf32>) outs(%e : tensor<5x6xf32>) {
  ^bb0(%a: f32, %b: f32):
    linalg.yield %a : f32
  } -> tensor<5x6xf32>
  // expected-remark @+1 {{not quantized: weight is not a constant but computed by linalg.generic}}
  %0 = linalg.matmul ins(%x, %d : tensor<4x5xf32>, tensor<5x6xf32>) outs(%i : tensor<4x6xf32>) -> tensor<4x6xf32>
  return %0 : tensor<4x6xf32>
}

// CHECK-LABEL: func.func @skip_integers
// CHECK: linalg.matmul
func.func @skip_integers(%x: tensor<4x6xi8>, %i: tensor<4x5xi32>) -> tensor<4x5xi32> {
  %w = arith.constant dense<1> : tensor<6x5xi8>
  // expected-remark @+1 {{not quantized: operands are not floats}}
  %0 = linalg.matmul ins(%x, %w : tensor<4x6xi8>, tensor<6x5xi8>) outs(%i : tensor<4x5xi32>) -> tensor<4x5xi32>
  return %0 : tensor<4x5xi32>
}

// Sums of the activation alone, and of the weight alone, are no part of a matmul.
// CHECK-LABEL: func.func @skip_sum_of_activation
// CHECK: linalg.generic
func.func @skip_sum_of_activation(%x: tensor<3x5x4xf32>, %i: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %w = arith.constant dense<1.5> : tensor<4x2xf32>
  // expected-remark @+1 {{not quantized: a dimension that is summed over is not in both operands}}
  %0 = linalg.generic {indexing_maps = [affine_map<(m, n, d, k) -> (m, d, k)>, affine_map<(m, n, d, k) -> (k, n)>, affine_map<(m, n, d, k) -> (m, n)>],
      iterator_types = ["parallel", "parallel", "reduction", "reduction"]} ins(%x, %w : tensor<3x5x4xf32>, tensor<4x2xf32>) outs(%i : tensor<3x2xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<3x2xf32>
  return %0 : tensor<3x2xf32>
}

// CHECK-LABEL: func.func @skip_sum_of_weight
// CHECK: linalg.generic
func.func @skip_sum_of_weight(%x: tensor<3x4xf32>, %i: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %w = arith.constant dense<1.5> : tensor<5x4x2xf32>
  // expected-remark @+1 {{not quantized: a dimension that is summed over is not in both operands}}
  %0 = linalg.generic {indexing_maps = [affine_map<(m, n, d, k) -> (m, k)>, affine_map<(m, n, d, k) -> (d, k, n)>, affine_map<(m, n, d, k) -> (m, n)>],
      iterator_types = ["parallel", "parallel", "reduction", "reduction"]} ins(%x, %w : tensor<3x4xf32>, tensor<5x4x2xf32>) outs(%i : tensor<3x2xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.mulf %a, %b : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<3x2xf32>
  return %0 : tensor<3x2xf32>
}

// The initial value is of another type than the global, which upstream lets pass.
ml_program.global private @mistyped(dense<1.0> : tensor<2x2xf32>) : tensor<64x64xf32>
// CHECK-LABEL: func.func @skip_mistyped
// CHECK: linalg.matmul
func.func @skip_mistyped(%x: tensor<3x64xf32>, %i: tensor<3x64xf32>) -> tensor<3x64xf32> {
  %w = ml_program.global_load_const @mistyped : tensor<64x64xf32>
  // expected-remark @+1 {{not quantized: weight is not a constant}}
  %0 = linalg.matmul ins(%x, %w : tensor<3x64xf32>, tensor<64x64xf32>) outs(%i : tensor<3x64xf32>) -> tensor<3x64xf32>
  return %0 : tensor<3x64xf32>
}

// CHECK-LABEL: func.func @skip_convolution
// CHECK: linalg.conv_1d
func.func @skip_convolution(%x: tensor<8xf32>, %i: tensor<6xf32>) -> tensor<6xf32> {
  %w = arith.constant dense_resource<filter> : tensor<3xf32>
  // expected-remark @+1 {{not quantized: convolution}}
  %0 = linalg.conv_1d ins(%x, %w : tensor<8xf32>, tensor<3xf32>) outs(%i : tensor<6xf32>) -> tensor<6xf32>
  return %0 : tensor<6xf32>
}

// A maximum of products.
// CHECK-LABEL: func.func @skip_maximum
// CHECK: linalg.generic
func.func @skip_maximum(%x: tensor<4x6xf32>, %i: tensor<4x5xf32>) -> tensor<4x5xf32> {
  %w = arith.constant dense_resource<maximum> : tensor<5x6xf32>
  // expected-remark @+1 {{not quantized: not a contraction}}
  %0 = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>],
                       iterator_types = ["parallel", "parallel", "reduction"]}
    ins(%x, %w : tensor<4x6xf32>, tensor<5x6xf32>) outs(%i : tensor<4x5xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %1 = arith.mulf %a, %b : f32
    %2 = arith.maximumf %c, %1 : f32
    linalg.yield %2 : f32
  } -> tensor<4x5xf32>
  return %0 : tensor<4x5xf32>
}

// Upstream calls this a contraction, and it is not that of the weight.
// CHECK-LABEL: func.func @skip_negated
// CHECK: linalg.generic
func.func @skip_negated(%x: tensor<4x6xf32>, %i: tensor<4x5xf32>) -> tensor<4x5xf32> {
  %w = arith.constant dense_resource<negated> : tensor<5x6xf32>
  // expected-remark @+1 {{not quantized: operands are changed before they are multiplied}}
  %0 = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>],
                       iterator_types = ["parallel", "parallel", "reduction"]}
    ins(%x, %w : tensor<4x6xf32>, tensor<5x6xf32>) outs(%i : tensor<4x5xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %n = arith.negf %b : f32
    %1 = arith.mulf %a, %n : f32
    %2 = arith.addf %c, %1 : f32
    linalg.yield %2 : f32
  } -> tensor<4x5xf32>
  return %0 : tensor<4x5xf32>
}

// A bias that is repeated along N is not a batch: the matmul would multiply it 5 times.
// CHECK-LABEL: func.func @skip_broadcast_n
// CHECK: linalg.matmul
func.func @skip_broadcast_n(%x: tensor<4x6xf32>, %i: tensor<4x5xf32>) -> tensor<4x5xf32> {
  %w = arith.constant dense_resource<broadcast_n> : tensor<6xf32>
  %e = tensor.empty() : tensor<6x5xf32>
  %b = linalg.broadcast ins(%w : tensor<6xf32>) outs(%e : tensor<6x5xf32>) dimensions = [1]
  // expected-remark @+1 {{not quantized: weight is broadcast along a dimension that is not a batch}}
  %0 = linalg.matmul ins(%x, %b : tensor<4x6xf32>, tensor<6x5xf32>) outs(%i : tensor<4x5xf32>) -> tensor<4x5xf32>
  return %0 : tensor<4x5xf32>
}

// CHECK-LABEL: func.func @skip_broadcast_k
// CHECK: linalg.matmul
func.func @skip_broadcast_k(%x: tensor<4x6xf32>, %i: tensor<4x5xf32>) -> tensor<4x5xf32> {
  %w = arith.constant dense_resource<broadcast_k> : tensor<5xf32>
  %e = tensor.empty() : tensor<6x5xf32>
  %b = linalg.broadcast ins(%w : tensor<5xf32>) outs(%e : tensor<6x5xf32>) dimensions = [0]
  // expected-remark @+1 {{not quantized: weight is broadcast along a dimension that is not a batch}}
  %0 = linalg.matmul ins(%x, %b : tensor<4x6xf32>, tensor<6x5xf32>) outs(%i : tensor<4x5xf32>) -> tensor<4x5xf32>
  return %0 : tensor<4x5xf32>
}

// [2, 3] of the stored [3, 2]: N runs through memory in another order than rows do.
// CHECK-LABEL: func.func @skip_interleaved
// CHECK: linalg.matmul
func.func @skip_interleaved(%x: tensor<4x5xf32>, %i: tensor<4x6xf32>) -> tensor<4x6xf32> {
  %w = arith.constant dense_resource<interleaved> : tensor<2x3x5xf32>
  %e = tensor.empty() : tensor<5x3x2xf32>
  %t = linalg.transpose ins(%w : tensor<2x3x5xf32>) outs(%e : tensor<5x3x2xf32>) permutation = [2, 1, 0]
  %c = tensor.collapse_shape %t [[0], [1, 2]] : tensor<5x3x2xf32> into tensor<5x6xf32>
  // expected-remark @+1 {{not quantized: weight's dimensions are interleaved in memory in another order than in the contraction}}
  %0 = linalg.matmul ins(%x, %c : tensor<4x5xf32>, tensor<5x6xf32>) outs(%i : tensor<4x6xf32>) -> tensor<4x6xf32>
  return %0 : tensor<4x6xf32>
}

// CHECK-LABEL: func.func @skip_empty
// CHECK-COUNT-2: linalg.matmul
func.func @skip_empty(%x: tensor<4x0xf32>, %i: tensor<4x5xf32>, %j: tensor<4x0xf32>) -> (tensor<4x5xf32>, tensor<4x0xf32>) {
  %w = arith.constant dense<> : tensor<0x5xf32>
  %v = arith.constant dense<> : tensor<5x0xf32>
  // expected-remark @+1 {{not quantized: weight has no elements}}
  %0 = linalg.matmul ins(%x, %w : tensor<4x0xf32>, tensor<0x5xf32>) outs(%i : tensor<4x5xf32>) -> tensor<4x5xf32>
  // expected-remark @+1 {{not quantized: weight has no elements}}
  %1 = linalg.matmul ins(%0, %v : tensor<4x5xf32>, tensor<5x0xf32>) outs(%j : tensor<4x0xf32>) -> tensor<4x0xf32>
  return %0, %1 : tensor<4x5xf32>, tensor<4x0xf32>
}

// An activation that is rounded on the way would lose that; a sum that is cast to the accumulator's type would not.
// CHECK-LABEL: func.func @skip_rounded
// CHECK: linalg.generic
// CHECK: qlinalg.matmul
func.func @skip_rounded(%x: tensor<4x6xf32>, %i: tensor<4x5xf32>, %j: tensor<4x5xbf16>) -> (tensor<4x5xf32>, tensor<4x5xbf16>) {
  %w = arith.constant dense_resource<rounded> : tensor<6x5xf32>
  // expected-remark @+1 {{not quantized: operands are changed before they are multiplied}}
  %0 = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
      iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %w : tensor<4x6xf32>, tensor<6x5xf32>) outs(%i : tensor<4x5xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %narrow = arith.truncf %a : f32 to bf16
    %wide = arith.extf %narrow : bf16 to f32
    %product = arith.mulf %wide, %b : f32
    %sum = arith.addf %c, %product : f32
    linalg.yield %sum : f32
  } -> tensor<4x5xf32>
  %1 = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>],
      iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %w : tensor<4x6xf32>, tensor<6x5xf32>) outs(%j : tensor<4x5xbf16>) {
  ^bb0(%a: f32, %b: f32, %c: bf16):
    %product = arith.mulf %a, %b : f32
    %wide = arith.extf %c : bf16 to f32
    %sum = arith.addf %wide, %product : f32
    %narrow = arith.truncf %sum : f32 to bf16
    linalg.yield %narrow : bf16
  } -> tensor<4x5xbf16>
  return %0, %1 : tensor<4x5xf32>, tensor<4x5xbf16>
}

// CHECK-LABEL: func.func @skip_memrefs
// CHECK: linalg.matmul
func.func @skip_memrefs(%x: memref<4x6xf32>, %w: memref<6x5xf32>, %y: memref<4x5xf32>) {
  // expected-remark @+1 {{not quantized: operands are not tensors}}
  linalg.matmul ins(%x, %w : memref<4x6xf32>, memref<6x5xf32>) outs(%y : memref<4x5xf32>)
  return
}

// What is no sum of products is not spoken of.
// CHECK-LABEL: func.func @silent
func.func @silent(%x: tensor<4x6xf32>, %i: tensor<4xf32>) -> tensor<4xf32> {
  %w = arith.constant dense_resource<silent> : tensor<4x6xf32>
  %0 = linalg.add ins(%x, %w : tensor<4x6xf32>, tensor<4x6xf32>) outs(%x : tensor<4x6xf32>) -> tensor<4x6xf32>
  %1 = linalg.reduce { arith.addf } ins(%0 : tensor<4x6xf32>) outs(%i : tensor<4xf32>) dimensions = [1]
  return %1 : tensor<4xf32>
}

// The recipe of the first RUN line excludes it; the second asks for nothing.
// CHECK-LABEL: func.func @skip_excluded
// CHECK: linalg.matmul
// NONE: remark: not quantized: weights=none
func.func @skip_excluded(%x: tensor<4x6xf32>, %i: tensor<4x5xf32>) -> tensor<4x5xf32> {
  %w = arith.constant dense_resource<excluded> : tensor<6x5xf32>
  // expected-remark @+1 {{not quantized: excluded by the recipe}}
  %0 = linalg.matmul ins(%x, %w : tensor<4x6xf32>, tensor<6x5xf32>) outs(%i : tensor<4x5xf32>) -> tensor<4x5xf32>
  return %0 : tensor<4x5xf32>
}
