// RUN: quant-opt %s --split-input-file --qlinalg-insert-observers 2>%t.warnings | FileCheck %s
// RUN: FileCheck %s --check-prefix=INTERLEAVED < %t.warnings
// RUN: quant-opt %s --split-input-file --qlinalg-insert-observers='moments=full' | FileCheck %s --check-prefix=FULL
// RUN: not quant-opt %s --split-input-file --qlinalg-insert-observers='moments=some' 2>&1 | FileCheck %s --check-prefix=INVALID
// INVALID: error: expected moments=diagonal or full, got 'some'

// Once more changes nothing; a matrix can still be added.
// RUN: quant-opt %s --split-input-file --qlinalg-insert-observers -o %t.once
// RUN: quant-opt %t.once --split-input-file --qlinalg-insert-observers | diff %t.once -
// RUN: quant-opt %s --split-input-file --qlinalg-insert-observers --qlinalg-insert-observers='moments=full' | FileCheck %s --check-prefix=FULL
// FULL: site "lhs.input" channels [1] weight {{-?[0-9]+}} <range, moments, channels, histogram, second_moments>

// No matmul of floats.
// CHECK-LABEL: func.func @unchanged
// CHECK-NOT: observe
func.func @unchanged(%x: tensor<4x6xi8>, %y: tensor<6x5xi8>, %z: tensor<4x5xi32>, %s: tensor<4xf32>, %t: tensor<4xf32>) -> (tensor<4x5xi32>, tensor<4xf32>) {
  %0 = linalg.matmul ins(%x, %y : tensor<4x6xi8>, tensor<6x5xi8>) outs(%z : tensor<4x5xi32>) -> tensor<4x5xi32>
  %1 = linalg.mul ins(%s, %t : tensor<4xf32>, tensor<4xf32>) outs(%s : tensor<4xf32>) -> tensor<4xf32>
  return %0, %1 : tensor<4x5xi32>, tensor<4xf32>
}

// -----

#km = affine_map<(m, n, j, k) -> (k, m, j)>
#kn = affine_map<(m, n, j, k) -> (j, n, k)>
#mn = affine_map<(m, n, j, k) -> (m, n)>

// The activation beside a weight, on either side; K in the order in which the weight stores it, of two dimensions here.
// CHECK-LABEL: func.func @weights
// CHECK-SAME: (%[[X:[a-z0-9]+]]: tensor<4x6xf32>, %[[Y:[a-z0-9]+]]: tensor<3x4x2xf16>,
// CHECK: %[[LHS:.*]] = qlinalg.observe %[[X]] site "lhs.input" channels [1] weight {{-?[0-9]+}} <range, moments, channels, histogram> : tensor<4x6xf32>
// CHECK: linalg.matmul ins(%[[LHS]], %{{.*}} :
// CHECK: %[[RHS:.*]] = qlinalg.observe %[[X]] site "rhs.input" channels [0] weight {{-?[0-9]+}} <range, moments, channels, histogram> : tensor<4x6xf32>
// CHECK: linalg.matmul ins(%{{.*}}, %[[RHS]] :
// CHECK: %[[TWO:.*]] = qlinalg.observe %[[Y]] site "weights.2.input" channels [2, 0] weight {{-?[0-9]+}} <range, moments, channels, histogram> : tensor<3x4x2xf16>
// CHECK: linalg.generic {{.*}} ins(%[[TWO]], %{{.*}} :
// CHECK-NOT: observe
func.func @weights(%x: tensor<4x6xf32>, %y: tensor<3x4x2xf16>, %i: tensor<4x5xf32>, %j: tensor<3x6xf32>, %k: tensor<4x5xf32>)
    -> (tensor<4x5xf32>, tensor<3x6xf32>, tensor<4x5xf32>) {
  %w = arith.constant dense_resource<lhs> : tensor<6x5xf32>
  %v = arith.constant dense_resource<rhs> : tensor<3x4xf32>
  %u = arith.constant dense<0.5> : tensor<2x5x3xf16>
  %0 = linalg.matmul ins(%x, %w : tensor<4x6xf32>, tensor<6x5xf32>) outs(%i : tensor<4x5xf32>) -> tensor<4x5xf32>
  %1 = linalg.matmul ins(%v, %x : tensor<3x4xf32>, tensor<4x6xf32>) outs(%j : tensor<3x6xf32>) -> tensor<3x6xf32>
  %2 = linalg.generic {indexing_maps = [#km, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%y, %u : tensor<3x4x2xf16>, tensor<2x5x3xf16>) outs(%k : tensor<4x5xf32>) {
  ^bb0(%a: f16, %b: f16, %c: f32):
    %d = arith.extf %a : f16 to f32
    %e = arith.extf %b : f16 to f32
    %p = arith.mulf %d, %e : f32
    %s = arith.addf %c, %p : f32
    linalg.yield %s : f32
  } -> tensor<4x5xf32>
  return %0, %1, %2 : tensor<4x5xf32>, tensor<3x6xf32>, tensor<4x5xf32>
}

// -----

// Two activations; K that is not known is one channel.
// CHECK-LABEL: func.func @products
// CHECK-SAME: (%[[X:[a-z0-9]+]]: tensor<2x4x6xf32>, %[[Y:[a-z0-9]+]]: tensor<2x6x5xf32>, %[[V:[a-z0-9]+]]: tensor<?xf32>,
// CHECK: %[[LHS:.*]] = qlinalg.observe %[[X]] site "products.bmm.0.lhs" channels [2] <
// CHECK: %[[RHS:.*]] = qlinalg.observe %[[Y]] site "products.bmm.0.rhs" channels [1] <
// CHECK: linalg.batch_matmul ins(%[[LHS]], %[[RHS]] :
// CHECK: %[[A:.*]] = qlinalg.observe %[[V]] site "products.bmm.1.lhs" <
// CHECK: %[[B:.*]] = qlinalg.observe %[[V]] site "products.bmm.1.rhs" <
// CHECK: linalg.dot ins(%[[A]], %[[B]] :
func.func @products(%x: tensor<2x4x6xf32>, %y: tensor<2x6x5xf32>, %v: tensor<?xf32>, %i: tensor<2x4x5xf32>, %j: tensor<f32>) -> (tensor<2x4x5xf32>, tensor<f32>) {
  %0 = linalg.batch_matmul ins(%x, %y : tensor<2x4x6xf32>, tensor<2x6x5xf32>) outs(%i : tensor<2x4x5xf32>) -> tensor<2x4x5xf32>
  %1 = linalg.dot ins(%v, %v : tensor<?xf32>, tensor<?xf32>) outs(%j : tensor<f32>) -> tensor<f32>
  return %0, %1 : tensor<2x4x5xf32>, tensor<f32>
}

// -----

#row = affine_map<(m, n) -> (m, n)>
#bias = affine_map<(m, n) -> (n)>

// Results are observed where they meet another computed value on the elementwise way to a matmul, with their bias; not
// where the operand of that matmul says it all, nor after a sum, nor at the end.
// CHECK-LABEL: func.func @results
// CHECK-SAME: (%[[X:[a-z0-9]+]]: tensor<4x4xf32>)
// CHECK: linalg.matmul
// CHECK: %[[BIASED:.*]] = linalg.generic
// CHECK: %[[OUTPUT:.*]] = qlinalg.observe %[[BIASED]] site "up.output" channels [1] <range, moments, channels, histogram>
// CHECK: %[[RESIDUAL:.*]] = linalg.add ins(%[[X]], %[[OUTPUT]] :
// CHECK: %[[DOWN:.*]] = qlinalg.observe %[[RESIDUAL]] site "down.input"
// CHECK: %[[Y:.*]] = linalg.matmul ins(%[[DOWN]], %{{.*}} :
// CHECK: %[[RELU:.*]] = linalg.max ins(%[[Y]], %{{.*}} :
// CHECK: %[[HEAD:.*]] = qlinalg.observe %[[RELU]] site "head.input"
// CHECK: %[[Z:.*]] = linalg.matmul ins(%[[HEAD]], %{{.*}} :
// CHECK: linalg.add ins(%[[Z]], %[[X]] :
// CHECK-NOT: observe
func.func @results(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %w = arith.constant dense_resource<up> : tensor<4x4xf32>
  %v = arith.constant dense_resource<down> : tensor<4x4xf32>
  %u = arith.constant dense_resource<head> : tensor<4x4xf32>
  %b = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %zero = arith.constant dense<0.0> : tensor<4x4xf32>
  %0 = linalg.matmul ins(%x, %w : tensor<4x4xf32>, tensor<4x4xf32>) outs(%zero : tensor<4x4xf32>) -> tensor<4x4xf32>
  %1 = linalg.generic {indexing_maps = [#row, #bias, #row], iterator_types = ["parallel", "parallel"]}
      ins(%0, %b : tensor<4x4xf32>, tensor<4xf32>) outs(%zero : tensor<4x4xf32>) {
  ^bb0(%a: f32, %c: f32, %d: f32):
    %s = arith.addf %a, %c : f32
    linalg.yield %s : f32
  } -> tensor<4x4xf32>
  %2 = linalg.add ins(%x, %1 : tensor<4x4xf32>, tensor<4x4xf32>) outs(%zero : tensor<4x4xf32>) -> tensor<4x4xf32>
  %3 = linalg.matmul ins(%2, %v : tensor<4x4xf32>, tensor<4x4xf32>) outs(%zero : tensor<4x4xf32>) -> tensor<4x4xf32>
  %4 = linalg.max ins(%3, %zero : tensor<4x4xf32>, tensor<4x4xf32>) outs(%zero : tensor<4x4xf32>) -> tensor<4x4xf32>
  %5 = linalg.matmul ins(%4, %u : tensor<4x4xf32>, tensor<4x4xf32>) outs(%zero : tensor<4x4xf32>) -> tensor<4x4xf32>
  %6 = linalg.add ins(%5, %x : tensor<4x4xf32>, tensor<4x4xf32>) outs(%zero : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %6 : tensor<4x4xf32>
}

// -----

// K that only the weight knows.
// CHECK-LABEL: func.func @dynamic_k
// CHECK-SAME: (%[[X:[a-z0-9]+]]: tensor<?x?xf32>,
// CHECK: %[[KNOWN:.*]] = tensor.cast %[[X]] : tensor<?x?xf32> to tensor<?x6xf32>
// CHECK: %[[SEEN:.*]] = qlinalg.observe %[[KNOWN]] site "lhs.input" channels [1] weight {{-?[0-9]+}} <{{.*}}> : tensor<?x6xf32>
// CHECK: linalg.matmul ins(%[[SEEN]], %{{.*}} : tensor<?x6xf32>, tensor<6x5xf32>)
func.func @dynamic_k(%x: tensor<?x?xf32>, %i: tensor<?x5xf32>) -> tensor<?x5xf32> {
  %w = arith.constant dense_resource<lhs> : tensor<6x5xf32>
  %0 = linalg.matmul ins(%x, %w : tensor<?x?xf32>, tensor<6x5xf32>) outs(%i : tensor<?x5xf32>) -> tensor<?x5xf32>
  return %0 : tensor<?x5xf32>
}

// -----

// The weight is stored as (a, b), the activation is of (b, a): its channels are none of the weight's.
// INTERLEAVED: warning: site 'lhs.input' is not observed: expected K of the activation in the order in which the weight stores it, got another
// CHECK-LABEL: func.func @skip_other_order_of_k
// CHECK-NOT: observe
// CHECK: return
func.func @skip_other_order_of_k(%x: tensor<4x6xf32>, %i: tensor<4x5xf32>) -> tensor<4x5xf32> {
  %w = arith.constant dense_resource<lhs> : tensor<2x3x5xf32>
  %e = tensor.empty() : tensor<3x2x5xf32>
  %t = linalg.transpose ins(%w : tensor<2x3x5xf32>) outs(%e : tensor<3x2x5xf32>) permutation = [1, 0, 2]
  %v = tensor.collapse_shape %t [[0, 1], [2]] : tensor<3x2x5xf32> into tensor<6x5xf32>
  %0 = linalg.matmul ins(%x, %v : tensor<4x6xf32>, tensor<6x5xf32>) outs(%i : tensor<4x5xf32>) -> tensor<4x5xf32>
  return %0 : tensor<4x5xf32>
}
