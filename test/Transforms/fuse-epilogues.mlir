// RUN: quant-opt %s --pass-pipeline='builtin.module(func.func(qlinalg-raise-contractions,qlinalg-fuse-epilogues))' | FileCheck %s

// That the results are right is shown by test/Integration/epilogues.py.

#mn = affine_map<(d0, d1) -> (d0, d1)>
#nm = affine_map<(d0, d1) -> (d1, d0)>
#m = affine_map<(d0, d1) -> (d0)>
#n = affine_map<(d0, d1) -> (d1)>
#bmn = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#mbn = affine_map<(d0, d1, d2) -> (d1, d0, d2)>

// CHECK-DAG: #[[MK:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-DAG: #[[KN:.*]] = affine_map<(d0, d1, d2) -> (d2, d1)>
// CHECK-DAG: #[[MN:.*]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-DAG: #[[M:.*]] = affine_map<(d0, d1, d2) -> (d0)>
// CHECK-DAG: #[[N:.*]] = affine_map<(d0, d1, d2) -> (d1)>
// CHECK-DAG: #[[ZN:.*]] = affine_map<(d0, d1, d2) -> (0, d1)>
// CHECK-DAG: #[[MBN:.*]] = affine_map<(d0, d1, d2, d3) -> (d1, d0, d2)>

// Nothing follows.
// CHECK-LABEL: func.func @unchanged(
// CHECK-SAME: %[[X:.*]]: tensor<4x8xf32>, %[[W:.*]]: tensor<8x16xf32>, %[[INIT:.*]]: tensor<4x16xf32>)
// CHECK-NEXT: %[[Y:.*]] = qlinalg.matmul lhs(%[[X]] : tensor<4x8xf32>) rhs(%[[W]] : tensor<8x16xf32>) outs(%[[INIT]] : tensor<4x16xf32>)
// CHECK-NEXT: return %[[Y]]
func.func @unchanged(%x: tensor<4x8xf32>, %w: tensor<8x16xf32>, %init: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %y = linalg.matmul ins(%x, %w : tensor<4x8xf32>, tensor<8x16xf32>) outs(%init : tensor<4x16xf32>) -> tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}

// A vector that is widened and repeated before it is added.
// CHECK-LABEL: func.func @bias(
// CHECK-SAME: %[[B:[a-z0-9]*]]: tensor<16xf16>
// CHECK: %[[Y:.*]] = qlinalg.matmul {{.*}} bias(%[[B]] : tensor<16xf16>) outs
// CHECK-SAME: indexing_maps = [#[[MK]], #[[KN]], #[[N]], #[[MN]]]
// CHECK-NEXT: return %[[Y]]
func.func @bias(%x: tensor<4x8xf32>, %w: tensor<8x16xf32>, %b: tensor<16xf16>, %init: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %y = linalg.matmul ins(%x, %w : tensor<4x8xf32>, tensor<8x16xf32>) outs(%init : tensor<4x16xf32>) -> tensor<4x16xf32>
  %v = tensor.empty() : tensor<16xf32>
  %e = tensor.empty() : tensor<4x16xf32>
  %wide = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]}
      ins(%b : tensor<16xf16>) outs(%v : tensor<16xf32>) {
  ^bb0(%in: f16, %out: f32):
    %0 = arith.extf %in : f16 to f32
    linalg.yield %0 : f32
  } -> tensor<16xf32>
  %all = linalg.broadcast ins(%wide : tensor<16xf32>) outs(%e : tensor<4x16xf32>) dimensions = [0]
  %z = linalg.add ins(%all, %y : tensor<4x16xf32>, tensor<4x16xf32>) outs(%e : tensor<4x16xf32>) -> tensor<4x16xf32>
  return %z : tensor<4x16xf32>
}

// Along the rows; as the outs of the body.
// CHECK-LABEL: func.func @bias_rows(
// CHECK-SAME: %[[B:[a-z0-9]*]]: tensor<4xf32>
// CHECK: qlinalg.matmul {{.*}} bias(%[[B]] : tensor<4xf32>) outs
// CHECK-SAME: indexing_maps = [#[[MK]], #[[KN]], #[[M]], #[[MN]]]
// CHECK-NEXT: return
func.func @bias_rows(%x: tensor<4x8xf32>, %w: tensor<8x16xf32>, %b: tensor<4xf32>, %init: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %y = linalg.matmul ins(%x, %w : tensor<4x8xf32>, tensor<8x16xf32>) outs(%init : tensor<4x16xf32>) -> tensor<4x16xf32>
  %z = linalg.generic {indexing_maps = [#m, #mn], iterator_types = ["parallel", "parallel"]}
      ins(%b : tensor<4xf32>) outs(%y : tensor<4x16xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.addf %out, %in : f32
    linalg.yield %0 : f32
  } -> tensor<4x16xf32>
  return %z : tensor<4x16xf32>
}

// JAX's dimensions of size 1.
// CHECK-LABEL: func.func @bias_unit_dimension(
// CHECK-SAME: %[[B:[a-z0-9]*]]: tensor<1x16xf32>
// CHECK: qlinalg.matmul {{.*}} bias(%[[B]] : tensor<1x16xf32>) outs
// CHECK-SAME: indexing_maps = [#[[MK]], #[[KN]], #[[ZN]], #[[MN]]]
// CHECK-NEXT: return
func.func @bias_unit_dimension(%x: tensor<4x8xf32>, %w: tensor<8x16xf32>, %b: tensor<1x16xf32>, %init: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %y = linalg.matmul ins(%x, %w : tensor<4x8xf32>, tensor<8x16xf32>) outs(%init : tensor<4x16xf32>) -> tensor<4x16xf32>
  %e = tensor.empty() : tensor<4x16xf32>
  %z = linalg.generic {indexing_maps = [#mn, affine_map<(d0, d1) -> (0, d1)>, #mn], iterator_types = ["parallel", "parallel"]}
      ins(%y, %b : tensor<4x16xf32>, tensor<1x16xf32>) outs(%e : tensor<4x16xf32>) {
  ^bb0(%a: f32, %c: f32, %out: f32):
    %0 = arith.addf %a, %c : f32
    linalg.yield %0 : f32
  } -> tensor<4x16xf32>
  return %z : tensor<4x16xf32>
}

// CHECK-LABEL: func.func @bias_in_outs(
// CHECK-SAME: %[[B:[a-z0-9]*]]: tensor<16xf32>
// CHECK: %[[ZEROS:.*]] = linalg.fill
// CHECK: qlinalg.matmul {{.*}} bias(%[[B]] : tensor<16xf32>) outs(%[[ZEROS]] : tensor<?x16xf32>)
func.func @bias_in_outs(%x: tensor<?x8xf32>, %w: tensor<8x16xf32>, %b: tensor<16xf32>, %e: tensor<?x16xf32>) -> tensor<?x16xf32> {
  %all = linalg.broadcast ins(%b : tensor<16xf32>) outs(%e : tensor<?x16xf32>) dimensions = [0]
  %y = linalg.matmul ins(%x, %w : tensor<?x8xf32>, tensor<8x16xf32>) outs(%all : tensor<?x16xf32>) -> tensor<?x16xf32>
  return %y : tensor<?x16xf32>
}

// A bias and then a residual, whose dimensions are split.
// CHECK-LABEL: func.func @residual(
// CHECK-SAME: %[[B:[a-z0-9]*]]: tensor<16xf32>, %[[R:[a-z0-9]*]]: tensor<1x4x16xf32>
// CHECK: %[[FLAT:.*]] = tensor.collapse_shape %[[R]]
// CHECK: %[[Y:.*]] = qlinalg.matmul {{.*}} bias(%[[B]] : tensor<16xf32>) outs(%[[FLAT]] : tensor<4x16xf32>)
// CHECK: %[[SPLIT:.*]] = tensor.expand_shape %[[Y]]
// CHECK: return %[[SPLIT]]
func.func @residual(%x: tensor<4x8xf32>, %w: tensor<8x16xf32>, %b: tensor<16xf32>, %r: tensor<1x4x16xf32>) -> tensor<1x4x16xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x16xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<4x16xf32>) -> tensor<4x16xf32>
  %y = linalg.matmul ins(%x, %w : tensor<4x8xf32>, tensor<8x16xf32>) outs(%init : tensor<4x16xf32>) -> tensor<4x16xf32>
  %all = linalg.broadcast ins(%b : tensor<16xf32>) outs(%e : tensor<4x16xf32>) dimensions = [0]
  %biased = linalg.add ins(%y, %all : tensor<4x16xf32>, tensor<4x16xf32>) outs(%e : tensor<4x16xf32>) -> tensor<4x16xf32>
  %split = tensor.expand_shape %biased [[0, 1], [2]] output_shape [1, 4, 16] : tensor<4x16xf32> into tensor<1x4x16xf32>
  %e3 = tensor.empty() : tensor<1x4x16xf32>
  %z = linalg.add ins(%r, %split : tensor<1x4x16xf32>, tensor<1x4x16xf32>) outs(%e3 : tensor<1x4x16xf32>) -> tensor<1x4x16xf32>
  return %z : tensor<1x4x16xf32>
}

// Sizes that are not known are those of the outs.
// CHECK-LABEL: func.func @split_dynamic(
// CHECK: %[[Y:.*]] = qlinalg.matmul {{.*}} epilogue <relu> outs
// CHECK: tensor.expand_shape %[[Y]]
// CHECK-NOT: linalg.generic
func.func @split_dynamic(%x: tensor<?x8xf32>, %w: tensor<8x16xf32>, %init: tensor<?x16xf32>, %m: index) -> tensor<2x?x16xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty(%m) : tensor<2x?x16xf32>
  %y = linalg.matmul ins(%x, %w : tensor<?x8xf32>, tensor<8x16xf32>) outs(%init : tensor<?x16xf32>) -> tensor<?x16xf32>
  %split = tensor.expand_shape %y [[0, 1], [2]] output_shape [2, %m, 16] : tensor<?x16xf32> into tensor<2x?x16xf32>
  %z = linalg.generic {indexing_maps = [#bmn, #bmn], iterator_types = ["parallel", "parallel", "parallel"]} ins(%split : tensor<2x?x16xf32>) outs(%e : tensor<2x?x16xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.maximumf %in, %zero : f32
    linalg.yield %0 : f32
  } -> tensor<2x?x16xf32>
  return %z : tensor<2x?x16xf32>
}

// The forms of relu that keep NaN.
// CHECK-LABEL: func.func @relu(
// CHECK-COUNT-3: qlinalg.matmul {{.*}} epilogue <relu> outs
// CHECK-NOT: linalg.generic
// CHECK: return
func.func @relu(%x: tensor<4x8xf32>, %w: tensor<8x16xf32>, %init: tensor<4x16xf32>) -> (tensor<4x16xf32>, tensor<4x16xf32>, tensor<4x16xf32>) {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x16xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%e : tensor<4x16xf32>) -> tensor<4x16xf32>
  %y0 = linalg.matmul ins(%x, %w : tensor<4x8xf32>, tensor<8x16xf32>) outs(%init : tensor<4x16xf32>) -> tensor<4x16xf32>
  %z0 = linalg.max ins(%zeros, %y0 : tensor<4x16xf32>, tensor<4x16xf32>) outs(%e : tensor<4x16xf32>) -> tensor<4x16xf32>
  %y1 = linalg.matmul ins(%x, %w : tensor<4x8xf32>, tensor<8x16xf32>) outs(%init : tensor<4x16xf32>) -> tensor<4x16xf32>
  %z1 = linalg.generic {indexing_maps = [#mn, #mn], iterator_types = ["parallel", "parallel"]} ins(%y1 : tensor<4x16xf32>) outs(%e : tensor<4x16xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.cmpf ugt, %in, %zero : f32
    %1 = arith.select %0, %in, %zero : f32
    linalg.yield %1 : f32
  } -> tensor<4x16xf32>
  %y2 = linalg.matmul ins(%x, %w : tensor<4x8xf32>, tensor<8x16xf32>) outs(%init : tensor<4x16xf32>) -> tensor<4x16xf32>
  %z2 = linalg.generic {indexing_maps = [#mn, #mn], iterator_types = ["parallel", "parallel"]} ins(%y2 : tensor<4x16xf32>) outs(%e : tensor<4x16xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.cmpf ogt, %zero, %in : f32
    %1 = arith.select %0, %zero, %in : f32
    linalg.yield %1 : f32
  } -> tensor<4x16xf32>
  return %z0, %z1, %z2 : tensor<4x16xf32>, tensor<4x16xf32>, tensor<4x16xf32>
}

// Those that make 0 of NaN.
// CHECK-LABEL: func.func @skip_relu_without_nan(
// CHECK-NOT: epilogue
// CHECK: return
func.func @skip_relu_without_nan(%x: tensor<4x8xf32>, %w: tensor<8x16xf32>, %init: tensor<4x16xf32>) -> (tensor<4x16xf32>, tensor<4x16xf32>) {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x16xf32>
  %y0 = linalg.matmul ins(%x, %w : tensor<4x8xf32>, tensor<8x16xf32>) outs(%init : tensor<4x16xf32>) -> tensor<4x16xf32>
  %z0 = linalg.generic {indexing_maps = [#mn, #mn], iterator_types = ["parallel", "parallel"]} ins(%y0 : tensor<4x16xf32>) outs(%e : tensor<4x16xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.maxnumf %in, %zero : f32
    linalg.yield %0 : f32
  } -> tensor<4x16xf32>
  %y1 = linalg.matmul ins(%x, %w : tensor<4x8xf32>, tensor<8x16xf32>) outs(%init : tensor<4x16xf32>) -> tensor<4x16xf32>
  %z1 = linalg.generic {indexing_maps = [#mn, #mn], iterator_types = ["parallel", "parallel"]} ins(%y1 : tensor<4x16xf32>) outs(%e : tensor<4x16xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.cmpf ogt, %in, %zero : f32
    %1 = arith.select %0, %in, %zero : f32
    linalg.yield %1 : f32
  } -> tensor<4x16xf32>
  return %z0, %z1 : tensor<4x16xf32>, tensor<4x16xf32>
}

// torch's x / sqrt(2), and what is left of a longer body.
// CHECK-LABEL: func.func @gelu(
// CHECK: %[[Y:.*]] = qlinalg.matmul {{.*}} epilogue <gelu> outs
// CHECK: linalg.generic {{.*}} ins(%[[Y]]
// CHECK-NEXT: ^bb0
// CHECK-NEXT: math.absf
// CHECK-NEXT: linalg.yield
func.func @gelu(%x: tensor<4x8xf32>, %w: tensor<8x16xf32>, %init: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %root = arith.constant 1.41421354 : f32
  %one = arith.constant 1.0 : f32
  %half = arith.constant 0.5 : f32
  %e = tensor.empty() : tensor<4x16xf32>
  %y = linalg.matmul ins(%x, %w : tensor<4x8xf32>, tensor<8x16xf32>) outs(%init : tensor<4x16xf32>) -> tensor<4x16xf32>
  %z = linalg.generic {indexing_maps = [#mn, #mn], iterator_types = ["parallel", "parallel"]} ins(%y : tensor<4x16xf32>) outs(%e : tensor<4x16xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.divf %in, %root : f32
    %1 = math.erf %0 : f32
    %2 = arith.addf %1, %one : f32
    %3 = arith.mulf %2, %half : f32
    %4 = arith.mulf %in, %3 : f32
    %5 = math.absf %4 : f32
    linalg.yield %5 : f32
  } -> tensor<4x16xf32>
  return %z : tensor<4x16xf32>
}

// One op after the other, as JAX has them, with sqrt(2 / pi) in f32.
// CHECK-LABEL: func.func @gelu_tanh(
// CHECK: %[[Y:.*]] = qlinalg.matmul {{.*}} epilogue <gelu_tanh> outs
// CHECK-NEXT: return %[[Y]]
func.func @gelu_tanh(%x: tensor<4x8xf32>, %w: tensor<8x16xf32>, %init: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %c0 = arith.constant 4.471500e-02 : f32
  %c1 = arith.constant 0.797884583 : f32
  %one = arith.constant 1.0 : f32
  %half = arith.constant 0.5 : f32
  %e = tensor.empty() : tensor<4x16xf32>
  %a = linalg.fill ins(%c0 : f32) outs(%e : tensor<4x16xf32>) -> tensor<4x16xf32>
  %b = linalg.fill ins(%c1 : f32) outs(%e : tensor<4x16xf32>) -> tensor<4x16xf32>
  %ones = linalg.fill ins(%one : f32) outs(%e : tensor<4x16xf32>) -> tensor<4x16xf32>
  %halves = linalg.fill ins(%half : f32) outs(%e : tensor<4x16xf32>) -> tensor<4x16xf32>
  %y = linalg.matmul ins(%x, %w : tensor<4x8xf32>, tensor<8x16xf32>) outs(%init : tensor<4x16xf32>) -> tensor<4x16xf32>
  %0 = linalg.mul ins(%y, %y : tensor<4x16xf32>, tensor<4x16xf32>) outs(%e : tensor<4x16xf32>) -> tensor<4x16xf32>
  %1 = linalg.mul ins(%0, %y : tensor<4x16xf32>, tensor<4x16xf32>) outs(%e : tensor<4x16xf32>) -> tensor<4x16xf32>
  %2 = linalg.mul ins(%1, %a : tensor<4x16xf32>, tensor<4x16xf32>) outs(%e : tensor<4x16xf32>) -> tensor<4x16xf32>
  %3 = linalg.add ins(%y, %2 : tensor<4x16xf32>, tensor<4x16xf32>) outs(%e : tensor<4x16xf32>) -> tensor<4x16xf32>
  %4 = linalg.mul ins(%3, %b : tensor<4x16xf32>, tensor<4x16xf32>) outs(%e : tensor<4x16xf32>) -> tensor<4x16xf32>
  %5 = linalg.tanh ins(%4 : tensor<4x16xf32>) outs(%e : tensor<4x16xf32>) -> tensor<4x16xf32>
  %6 = linalg.add ins(%5, %ones : tensor<4x16xf32>, tensor<4x16xf32>) outs(%e : tensor<4x16xf32>) -> tensor<4x16xf32>
  %7 = linalg.mul ins(%6, %halves : tensor<4x16xf32>, tensor<4x16xf32>) outs(%e : tensor<4x16xf32>) -> tensor<4x16xf32>
  %8 = linalg.mul ins(%y, %7 : tensor<4x16xf32>, tensor<4x16xf32>) outs(%e : tensor<4x16xf32>) -> tensor<4x16xf32>
  return %8 : tensor<4x16xf32>
}

// 0.0447 for 0.044715.
// CHECK-LABEL: func.func @skip_gelu_constant(
// CHECK-NOT: epilogue
// CHECK: return
func.func @skip_gelu_constant(%x: tensor<4x8xf32>, %w: tensor<8x16xf32>, %init: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %c0 = arith.constant 4.470000e-02 : f32
  %c1 = arith.constant 0.797884583 : f32
  %one = arith.constant 1.0 : f32
  %half = arith.constant 0.5 : f32
  %e = tensor.empty() : tensor<4x16xf32>
  %y = linalg.matmul ins(%x, %w : tensor<4x8xf32>, tensor<8x16xf32>) outs(%init : tensor<4x16xf32>) -> tensor<4x16xf32>
  %z = linalg.generic {indexing_maps = [#mn, #mn], iterator_types = ["parallel", "parallel"]} ins(%y : tensor<4x16xf32>) outs(%e : tensor<4x16xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.mulf %in, %in : f32
    %1 = arith.mulf %0, %in : f32
    %2 = arith.mulf %1, %c0 : f32
    %3 = arith.addf %in, %2 : f32
    %4 = arith.mulf %3, %c1 : f32
    %5 = math.tanh %4 : f32
    %6 = arith.addf %5, %one : f32
    %7 = arith.mulf %in, %half : f32
    %8 = arith.mulf %7, %6 : f32
    linalg.yield %8 : f32
  } -> tensor<4x16xf32>
  return %z : tensor<4x16xf32>
}

// torch's two ops, the gate times what is computed in between, all behind a reshape.
// CHECK-LABEL: func.func @gate(
// CHECK: %[[UP:.*]] = qlinalg.matmul
// CHECK: %[[GATE:.*]] = qlinalg.matmul {{.*}} epilogue <silu> times(%{{.*}} : tensor<4x16xf32>)
// CHECK-NOT: linalg.generic
// CHECK: tensor.expand_shape %[[GATE]]
func.func @gate(%x: tensor<4x8xf32>, %w: tensor<8x16xf32>, %v: tensor<8x16xf32>, %init: tensor<4x16xf32>) -> tensor<1x4x16xf32> {
  %one = arith.constant 1.0 : f32
  %e = tensor.empty() : tensor<1x4x16xf32>
  %y = linalg.matmul ins(%x, %w : tensor<4x8xf32>, tensor<8x16xf32>) outs(%init : tensor<4x16xf32>) -> tensor<4x16xf32>
  %gate = tensor.expand_shape %y [[0, 1], [2]] output_shape [1, 4, 16] : tensor<4x16xf32> into tensor<1x4x16xf32>
  %sigmoid = linalg.generic {indexing_maps = [#bmn, #bmn], iterator_types = ["parallel", "parallel", "parallel"]} ins(%gate : tensor<1x4x16xf32>) outs(%e : tensor<1x4x16xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.negf %in : f32
    %1 = math.exp %0 : f32
    %2 = arith.addf %1, %one : f32
    %3 = arith.divf %one, %2 : f32
    linalg.yield %3 : f32
  } -> tensor<1x4x16xf32>
  %silu = linalg.mul ins(%sigmoid, %gate : tensor<1x4x16xf32>, tensor<1x4x16xf32>) outs(%e : tensor<1x4x16xf32>) -> tensor<1x4x16xf32>
  %u = linalg.matmul ins(%x, %v : tensor<4x8xf32>, tensor<8x16xf32>) outs(%init : tensor<4x16xf32>) -> tensor<4x16xf32>
  %up = tensor.expand_shape %u [[0, 1], [2]] output_shape [1, 4, 16] : tensor<4x16xf32> into tensor<1x4x16xf32>
  %z = linalg.mul ins(%silu, %up : tensor<1x4x16xf32>, tensor<1x4x16xf32>) outs(%e : tensor<1x4x16xf32>) -> tensor<1x4x16xf32>
  return %z : tensor<1x4x16xf32>
}

// Everything in one body, narrowed at its end.
// CHECK-LABEL: func.func @everything(
// CHECK-SAME: %[[B:[a-z0-9]*]]: tensor<16xbf16>, %[[R:[a-z0-9]*]]: tensor<4x16xf32>
// CHECK: %[[ZEROS:.*]] = linalg.fill {{.*}} -> tensor<4x16xbf16>
// CHECK: %[[Y:.*]] = qlinalg.matmul {{.*}} bias(%[[B]] : tensor<16xbf16>) epilogue <silu> times(%[[R]] : tensor<4x16xf32>) outs(%[[ZEROS]] : tensor<4x16xbf16>)
// CHECK-NEXT: return %[[Y]]
func.func @everything(%x: tensor<4x8xf32>, %w: tensor<8x16xf32>, %b: tensor<16xbf16>, %r: tensor<4x16xf32>) -> tensor<4x16xbf16> {
  %one = arith.constant 1.0 : f32
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x16xf32>
  %narrow = tensor.empty() : tensor<4x16xbf16>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<4x16xf32>) -> tensor<4x16xf32>
  %y = linalg.matmul ins(%x, %w : tensor<4x8xf32>, tensor<8x16xf32>) outs(%init : tensor<4x16xf32>) -> tensor<4x16xf32>
  %z = linalg.generic {indexing_maps = [#mn, #n, #mn, #mn], iterator_types = ["parallel", "parallel"]}
      ins(%y, %b, %r : tensor<4x16xf32>, tensor<16xbf16>, tensor<4x16xf32>) outs(%narrow : tensor<4x16xbf16>) {
  ^bb0(%in: f32, %c: bf16, %f: f32, %out: bf16):
    %0 = arith.extf %c : bf16 to f32
    %1 = arith.addf %0, %in : f32
    %2 = arith.subf %zero, %1 : f32
    %3 = math.exp %2 : f32
    %4 = arith.addf %one, %3 : f32
    %5 = arith.divf %1, %4 : f32
    %6 = arith.mulf %f, %5 : f32
    %7 = arith.truncf %6 : f32 to bf16
    linalg.yield %7 : bf16
  } -> tensor<4x16xbf16>
  return %z : tensor<4x16xbf16>
}

// Rows in another order.
// CHECK-LABEL: func.func @permuted_rows(
// CHECK: %[[Y:.*]] = qlinalg.matmul {{.*}} outs(%{{.*}} : tensor<4x2x16xf32>)
// CHECK-SAME: #[[MBN]]]} -> tensor<4x2x16xf32>
// CHECK-NEXT: return %[[Y]]
func.func @permuted_rows(%x: tensor<2x4x8xf32>, %w: tensor<2x8x16xf32>) -> tensor<4x2x16xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x4x16xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<2x4x16xf32>) -> tensor<2x4x16xf32>
  %y = linalg.batch_matmul ins(%x, %w : tensor<2x4x8xf32>, tensor<2x8x16xf32>) outs(%init : tensor<2x4x16xf32>) -> tensor<2x4x16xf32>
  %t = tensor.empty() : tensor<4x2x16xf32>
  %z = linalg.transpose ins(%y : tensor<2x4x16xf32>) outs(%t : tensor<4x2x16xf32>) permutation = [1, 0, 2]
  return %z : tensor<4x2x16xf32>
}

// Vectors would no longer lie along memory.
// CHECK-LABEL: func.func @skip_transposed(
// CHECK: qlinalg.matmul {{.*}} outs(%{{.*}} : tensor<4x16xf32>)
// CHECK: linalg.generic
func.func @skip_transposed(%x: tensor<4x8xf32>, %w: tensor<8x16xf32>) -> tensor<16x4xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x16xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<4x16xf32>) -> tensor<4x16xf32>
  %y = linalg.matmul ins(%x, %w : tensor<4x8xf32>, tensor<8x16xf32>) outs(%init : tensor<4x16xf32>) -> tensor<4x16xf32>
  %t = tensor.empty() : tensor<16x4xf32>
  %z = linalg.transpose ins(%y : tensor<4x16xf32>) outs(%t : tensor<16x4xf32>) permutation = [1, 0]
  return %z : tensor<16x4xf32>
}

// CHECK-LABEL: func.func @skip_transposed_bias(
// CHECK-NOT: bias
// CHECK: linalg.generic
func.func @skip_transposed_bias(%x: tensor<4x8xf32>, %w: tensor<8x16xf32>, %b: tensor<16x4xf32>, %init: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %e = tensor.empty() : tensor<4x16xf32>
  %y = linalg.matmul ins(%x, %w : tensor<4x8xf32>, tensor<8x16xf32>) outs(%init : tensor<4x16xf32>) -> tensor<4x16xf32>
  %z = linalg.generic {indexing_maps = [#mn, #nm, #mn], iterator_types = ["parallel", "parallel"]}
      ins(%y, %b : tensor<4x16xf32>, tensor<16x4xf32>) outs(%e : tensor<4x16xf32>) {
  ^bb0(%a: f32, %c: f32, %out: f32):
    %0 = arith.addf %a, %c : f32
    linalg.yield %0 : f32
  } -> tensor<4x16xf32>
  return %z : tensor<4x16xf32>
}

// The sum is needed as it is.
// CHECK-LABEL: func.func @skip_two_uses(
// CHECK: qlinalg.matmul
// CHECK-NOT: epilogue
// CHECK: linalg.generic
func.func @skip_two_uses(%x: tensor<4x8xf32>, %w: tensor<8x16xf32>, %init: tensor<4x16xf32>) -> (tensor<4x16xf32>, tensor<4x16xf32>) {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x16xf32>
  %y = linalg.matmul ins(%x, %w : tensor<4x8xf32>, tensor<8x16xf32>) outs(%init : tensor<4x16xf32>) -> tensor<4x16xf32>
  %z = linalg.generic {indexing_maps = [#mn, #mn], iterator_types = ["parallel", "parallel"]} ins(%y : tensor<4x16xf32>) outs(%e : tensor<4x16xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.maximumf %in, %zero : f32
    linalg.yield %0 : f32
  } -> tensor<4x16xf32>
  return %y, %z : tensor<4x16xf32>, tensor<4x16xf32>
}

// Within the body too.
// CHECK-LABEL: func.func @skip_two_uses_in_body(
// CHECK: qlinalg.matmul
// CHECK-NOT: epilogue
// CHECK: linalg.generic
func.func @skip_two_uses_in_body(%x: tensor<4x8xf32>, %w: tensor<8x16xf32>, %init: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x16xf32>
  %y = linalg.matmul ins(%x, %w : tensor<4x8xf32>, tensor<8x16xf32>) outs(%init : tensor<4x16xf32>) -> tensor<4x16xf32>
  %z = linalg.generic {indexing_maps = [#mn, #mn], iterator_types = ["parallel", "parallel"]} ins(%y : tensor<4x16xf32>) outs(%e : tensor<4x16xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.maximumf %in, %zero : f32
    %1 = arith.subf %0, %in : f32
    linalg.yield %1 : f32
  } -> tensor<4x16xf32>
  return %z : tensor<4x16xf32>
}

// The sum has been rounded to f16 before the bias is added.
// CHECK-LABEL: func.func @skip_narrow(
// CHECK: qlinalg.matmul
// CHECK-NOT: bias
// CHECK: linalg.generic
func.func @skip_narrow(%x: tensor<4x8xf16>, %w: tensor<8x16xf16>, %b: tensor<16xf16>, %init: tensor<4x16xf16>) -> tensor<4x16xf16> {
  %e = tensor.empty() : tensor<4x16xf16>
  %y = linalg.matmul ins(%x, %w : tensor<4x8xf16>, tensor<8x16xf16>) outs(%init : tensor<4x16xf16>) -> tensor<4x16xf16>
  %z = linalg.generic {indexing_maps = [#mn, #n, #mn], iterator_types = ["parallel", "parallel"]}
      ins(%y, %b : tensor<4x16xf16>, tensor<16xf16>) outs(%e : tensor<4x16xf16>) {
  ^bb0(%a: f16, %c: f16, %out: f16):
    %0 = arith.addf %a, %c : f16
    linalg.yield %0 : f16
  } -> tensor<4x16xf16>
  return %z : tensor<4x16xf16>
}

// The outs are not zeros: they would be rounded first.
// CHECK-LABEL: func.func @skip_narrowing(
// CHECK: qlinalg.matmul {{.*}} outs(%{{.*}} : tensor<4x16xf32>)
// CHECK: linalg.generic
func.func @skip_narrowing(%x: tensor<4x8xf32>, %w: tensor<8x16xf32>, %init: tensor<4x16xf32>) -> tensor<4x16xf16> {
  %e = tensor.empty() : tensor<4x16xf16>
  %y = linalg.matmul ins(%x, %w : tensor<4x8xf32>, tensor<8x16xf32>) outs(%init : tensor<4x16xf32>) -> tensor<4x16xf32>
  %z = linalg.generic {indexing_maps = [#mn, #mn], iterator_types = ["parallel", "parallel"]} ins(%y : tensor<4x16xf32>) outs(%e : tensor<4x16xf16>) {
  ^bb0(%in: f32, %out: f16):
    %0 = arith.truncf %in : f32 to f16
    linalg.yield %0 : f16
  } -> tensor<4x16xf16>
  return %z : tensor<4x16xf16>
}

// A multiplication by a number is cheaper where it is.
// CHECK-LABEL: func.func @skip_number(
// CHECK-NOT: times
// CHECK: linalg.generic
func.func @skip_number(%x: tensor<4x8xf32>, %w: tensor<8x16xf32>, %init: tensor<4x16xf32>) -> tensor<4x16xf32> {
  %two = arith.constant 2.0 : f32
  %e = tensor.empty() : tensor<4x16xf32>
  %twos = linalg.fill ins(%two : f32) outs(%e : tensor<4x16xf32>) -> tensor<4x16xf32>
  %y = linalg.matmul ins(%x, %w : tensor<4x8xf32>, tensor<8x16xf32>) outs(%init : tensor<4x16xf32>) -> tensor<4x16xf32>
  %z = linalg.mul ins(%y, %twos : tensor<4x16xf32>, tensor<4x16xf32>) outs(%e : tensor<4x16xf32>) -> tensor<4x16xf32>
  return %z : tensor<4x16xf32>
}
