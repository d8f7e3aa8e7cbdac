// RUN: quant-opt %s --qlinalg-requantize='rounding=float' | FileCheck %s --check-prefixes=CHECK,FLOAT
// RUN: quant-opt %s --qlinalg-requantize='rounding=exact' | FileCheck %s --check-prefixes=CHECK,EXACT
// RUN: quant-opt %s --qlinalg-requantize='rounding=twice report=false' | FileCheck %s --check-prefixes=CHECK,TWICE

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#n = affine_map<(m, n, k) -> (n)>
#zn = affine_map<(m, n, k) -> (0, n)>
#none = affine_map<(m, n, k) -> ()>
#one = affine_map<(d0, d1) -> ()>
#one3 = affine_map<(d0, d1, d2) -> ()>
#id = affine_map<(d0, d1) -> (d0, d1)>
#tokens = affine_map<(d0, d1) -> (d0)>

// Codes whose scale is made at run time are not those of one known scale.
// CHECK-LABEL: func.func @stays
// CHECK: qlinalg.matmul {{.*}} -> tensor<2x2xf32>
// CHECK: qlinalg.choose_params
// CHECK: qlinalg.quantize
func.func @stays(%a: tensor<2x4xi8>, %b: tensor<2x4xi8>, %i: tensor<2x2xf32>) -> (tensor<2x2xi8>, tensor<2xf32>) {
  %sa = arith.constant dense<0.5> : tensor<f32>
  %sb = arith.constant dense<[0.25, 0.5]> : tensor<2xf32>
  %y = qlinalg.matmul lhs(%a : tensor<2x4xi8> scales %sa : tensor<f32> scheme <int8, tensor>)
    rhs(%b : tensor<2x4xi8> scales %sb : tensor<2xf32> scheme <int8, channel>)
    outs(%i : tensor<2x2xf32>) {indexing_maps = [#mk, #none, #nk, #n, #mn]} -> tensor<2x2xf32>
  %s = qlinalg.choose_params %y <int8, token> by #tokens : tensor<2x2xf32> -> tensor<2xf32>
  %q = qlinalg.quantize %y scales %s <int8, token> by #tokens : tensor<2x2xf32> scales tensor<2xf32> -> tensor<2x2xi8>
  return %q, %s : tensor<2x2xi8>, tensor<2xf32>
}

// The scale of the sums is 0.5 * [0.25, 0.5]. In integers: divided by 0.125 that is [1, 2], 2^30 * 2^([1, 2] - 31) each; the bias
// [1, -2] is [8, -8] in it.
// CHECK-LABEL: func.func @bias_relu
// CHECK-SAME: (%[[A:.*]]: tensor<?x4xi8>, %[[B:.*]]: tensor<2x4xi8>)
// CHECK-DAG: %[[Z:.*]] = arith.constant dense<-7> : tensor<i8>
// FLOAT-DAG: %[[S:.*]] = arith.constant dense<1.250000e-01> : tensor<f32>
// FLOAT-DAG: %[[BIAS:.*]] = arith.constant dense<[1.000000e+00, -2.000000e+00]> : tensor<2xf32>
// EXACT-DAG: %[[BIAS:.*]] = arith.constant dense_resource<fc1.bias> : tensor<2xi32>
// EXACT-DAG: %[[M:.*]] = arith.constant dense_resource<fc1.multipliers> : tensor<2xi32>
// EXACT-DAG: %[[H:.*]] = arith.constant dense_resource<fc1.shifts> : tensor<2xi32>
// CHECK: %[[E:.*]] = tensor.empty(%{{.*}}) : tensor<?x2xi8>
// CHECK: %[[Q:.*]] = qlinalg.matmul
// FLOAT-SAME: lhs(%[[A]] : tensor<?x4xi8> scales %{{[^ ]+}} : tensor<f32> zero_points %{{[^ ]+}} : tensor<i8> scheme <int8, tensor, affine>)
// FLOAT-SAME: rhs(%[[B]] : tensor<2x4xi8> scales %{{[^ ]+}} : tensor<2xf32> scheme <int8, channel, symmetric>)
// EXACT-SAME: lhs(%[[A]] : tensor<?x4xi8> zero_points %{{[^ ]+}} : tensor<i8> scheme <int8, tensor, affine>)
// EXACT-SAME: rhs(%[[B]] : tensor<2x4xi8> scheme <int8, channel, symmetric>)
// FLOAT-SAME: bias(%[[BIAS]] : tensor<2xf32>) epilogue <relu>
// EXACT-SAME: bias(%[[BIAS]] : tensor<2xi32>) epilogue <relu>
// FLOAT-SAME: outs(%[[E]] : tensor<?x2xi8> scales %[[S]] : tensor<f32> zero_points %[[Z]] : tensor<i8> scheme <int8, tensor, affine>)
// EXACT-SAME: outs(%[[E]] : tensor<?x2xi8> multipliers %[[M]] : tensor<2xi32> shifts %[[H]] : tensor<2xi32> zero_points %[[Z]] : tensor<i8> scheme <int8, tensor, affine> requantize <exact>)
// TWICE-SAME: requantize <twice>)
// CHECK-SAME: qlinalg.pair_bound = 100
// CHECK-SAME: site = "fc1"} -> tensor<?x2xi8>
// CHECK-NOT: qlinalg.quantize
// CHECK: return %[[Q]]
func.func @bias_relu(%a: tensor<?x4xi8>, %b: tensor<2x4xi8>) -> tensor<?x2xi8> {
  %sa = arith.constant dense<0.5> : tensor<f32>
  %za = arith.constant dense<3> : tensor<i8>
  %sb = arith.constant dense<[0.25, 0.5]> : tensor<2xf32>
  %bias = arith.constant dense<[1.0, -2.0]> : tensor<2xf32>
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %m = tensor.dim %a, %c0 : tensor<?x4xi8>
  %e = tensor.empty(%m) : tensor<?x2xf32>
  %i = linalg.fill ins(%zero : f32) outs(%e : tensor<?x2xf32>) -> tensor<?x2xf32>
  %y = qlinalg.matmul lhs(%a : tensor<?x4xi8> scales %sa : tensor<f32> zero_points %za : tensor<i8> scheme <int8, tensor, affine>)
    rhs(%b : tensor<2x4xi8> scales %sb : tensor<2xf32> scheme <int8, channel>) bias(%bias : tensor<2xf32>) epilogue <relu>
    outs(%i : tensor<?x2xf32>) {indexing_maps = [#mk, #none, #none, #nk, #n, #n, #mn], site = "fc1", qlinalg.pair_bound = 100 : i64} -> tensor<?x2xf32>
  %s = arith.constant dense<0.125> : tensor<f32>
  %z = arith.constant dense<-7> : tensor<i8>
  %q = qlinalg.quantize %y scales %s zero_points %z <int8, tensor, affine> by #one : tensor<?x2xf32> scales tensor<f32> zero_points tensor<i8> -> tensor<?x2xi8>
  return %q : tensor<?x2xi8>
}

// A clamp to [0, 6] is one to the codes [0 + 128, 6 / 0.0625 + 128]; dimensions are split and moved as those of floats were. Two
// quantizes to the same codes are one.
// CHECK-LABEL: func.func @clamp_and_moves
// CHECK: %[[Q:.*]] = qlinalg.matmul
// CHECK-SAME: outs(%{{[^ ]+}} : tensor<6x2xi8>
// FLOAT-SAME: scales
// EXACT-SAME: multipliers %{{[^ ]+}} : tensor<i32> shifts %{{[^ ]+}} : tensor<i32>
// CHECK-SAME: result_range = array<i64: 128, 224>
// CHECK: %[[X:.*]] = tensor.expand_shape %[[Q]] {{.*}} : tensor<6x2xi8> into tensor<3x2x2xi8>
// CHECK: %[[T:.*]] = linalg.transpose ins(%[[X]] : tensor<3x2x2xi8>) outs(%{{.*}} : tensor<2x3x2xi8>) permutation = [1, 0, 2]
// CHECK: %[[C:.*]] = tensor.collapse_shape %[[T]] {{.*}} : tensor<2x3x2xi8> into tensor<2x6xi8>
// CHECK: return %[[C]], %[[T]]
func.func @clamp_and_moves(%a: tensor<6x4xi8>, %b: tensor<2x4xi8>) -> (tensor<2x6xi8>, tensor<2x3x2xi8>) {
  %sa = arith.constant dense<0.5> : tensor<f32>
  %sb = arith.constant dense<0.25> : tensor<f32>
  %s = arith.constant dense<0.0625> : tensor<f32>
  %zero = arith.constant 0.0 : f32
  %six = arith.constant 6.0 : f32
  %e = tensor.empty() : tensor<6x2xf32>
  %i = linalg.fill ins(%zero : f32) outs(%e : tensor<6x2xf32>) -> tensor<6x2xf32>
  %y = qlinalg.matmul lhs(%a : tensor<6x4xi8> scales %sa : tensor<f32> scheme <int8, tensor>)
    rhs(%b : tensor<2x4xi8> scales %sb : tensor<f32> scheme <int8, tensor>)
    outs(%i : tensor<6x2xf32>) {indexing_maps = [#mk, #none, #nk, #none, #mn]} -> tensor<6x2xf32>
  %c = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%y : tensor<6x2xf32>) outs(%e : tensor<6x2xf32>) {
    ^bb0(%x: f32, %out: f32):
      %0 = arith.maximumf %x, %zero : f32
      %1 = arith.cmpf ugt, %six, %0 : f32
      %2 = arith.select %1, %0, %six : f32
      linalg.yield %2 : f32
  } -> tensor<6x2xf32>
  %x = tensor.expand_shape %c [[0, 1], [2]] output_shape [3, 2, 2] : tensor<6x2xf32> into tensor<3x2x2xf32>
  %te = tensor.empty() : tensor<2x3x2xf32>
  %t = linalg.transpose ins(%x : tensor<3x2x2xf32>) outs(%te : tensor<2x3x2xf32>) permutation = [1, 0, 2]
  %l = tensor.collapse_shape %t [[0], [1, 2]] : tensor<2x3x2xf32> into tensor<2x6xf32>
  %q = qlinalg.quantize %l scales %s <uint8, tensor> by #one : tensor<2x6xf32> scales tensor<f32> -> tensor<2x6xi8>
  %s2 = arith.constant dense<0.0625> : tensor<f32>
  %r = qlinalg.quantize %t scales %s2 <uint8, tensor> by #one3 : tensor<2x3x2xf32> scales tensor<f32> -> tensor<2x3x2xi8>
  return %q, %r : tensor<2x6xi8>, tensor<2x3x2xi8>
}

// The value of the first matmul is codes by 0.25 wherever it is read. In the second, whose sums have the scale 0.25 * 0.5,
// they are 2 sums each; in the one after, 0.25 / (0.5 * [0.25, 0.5]) = [2, 1] sums, beside its bias [1, 1] / [0.125, 0.25].
// CHECK-LABEL: func.func @residual
// FLOAT: qlinalg.matmul {{.*}} -> tensor<2x2xf32>
// FLOAT: qlinalg.quantize
// FLOAT: qlinalg.matmul {{.*}} bias(%{{.*}} : tensor<2x2xf32>) outs(%{{.*}} : tensor<2x2xi8> scales
// FLOAT: qlinalg.matmul {{.*}} -> tensor<2x2xf32>
// EXACT: %[[Q:[^ ]+]] = qlinalg.matmul {{.*}} -> tensor<2x2xi8>
// EXACT-DAG: %[[M2:[^ ]+]] = arith.constant dense<1073741824> : tensor<i32>
// EXACT-DAG: %[[H2:[^ ]+]] = arith.constant dense<2> : tensor<i32>
// EXACT: %[[R:[^ ]+]] = linalg.generic {{.*}} ins(%[[Q]], %[[M2]], %[[H2]] : tensor<2x2xi8>, tensor<i32>, tensor<i32>) outs(%{{.*}} : tensor<2x2xi32>)
// EXACT-NEXT: ^bb0(%[[CODE:.*]]: i8, %[[M:.*]]: i32, %[[H:.*]]: i32, %{{.*}}: i32):
// EXACT-DAG: %[[WIDE:.*]] = arith.extsi %[[CODE]] : i8 to i32
// EXACT-DAG: %[[ZERO:.*]] = arith.constant 5 : i32
// EXACT-DAG: arith.subi %[[WIDE]], %[[ZERO]] : i32
// EXACT: linalg.yield
// EXACT: %[[P:[^ ]+]] = qlinalg.matmul lhs(%[[Q]] : tensor<2x2xi8>
// EXACT-SAME: bias(%[[R]] : tensor<2x2xi32>) outs(%{{[^ ]+}} : tensor<2x2xi8> multipliers
// EXACT: %[[B3:[^ ]+]] = arith.constant dense_resource<c.bias> : tensor<2xi32>
// EXACT: %[[R3:[^ ]+]] = linalg.generic {{.*}} ins(%[[Q]], %{{[^ ]+}}, %{{[^ ]+}}, %[[B3]] : tensor<2x2xi8>, tensor<2xi32>, tensor<2xi32>, tensor<2xi32>)
// EXACT: qlinalg.matmul lhs(%[[P]] : tensor<2x2xi8>
// EXACT-SAME: bias(%[[R3]] : tensor<2x2xi32>)
func.func @residual(%a: tensor<2x4xi8>, %b: tensor<2x4xi8>, %c: tensor<2x2xi8>) -> tensor<2x2xi8> {
  %half = arith.constant dense<0.5> : tensor<f32>
  %quarter = arith.constant dense<0.25> : tensor<f32>
  %sc = arith.constant dense<[0.25, 0.5]> : tensor<2xf32>
  %bias = arith.constant dense<[1.0, 1.0]> : tensor<2xf32>
  %z = arith.constant dense<5> : tensor<i8>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x2xf32>
  %i = linalg.fill ins(%zero : f32) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
  %x = qlinalg.matmul lhs(%a : tensor<2x4xi8> scales %half : tensor<f32> scheme <int8, tensor>)
    rhs(%b : tensor<2x4xi8> scales %half : tensor<f32> scheme <int8, tensor>)
    outs(%i : tensor<2x2xf32>) {indexing_maps = [#mk, #none, #nk, #none, #mn], site = "a"} -> tensor<2x2xf32>
  %xq = qlinalg.quantize %x scales %quarter zero_points %z <int8, tensor, affine> by #one : tensor<2x2xf32> scales tensor<f32> zero_points tensor<i8> -> tensor<2x2xi8>
  %y = qlinalg.matmul lhs(%xq : tensor<2x2xi8> scales %quarter : tensor<f32> zero_points %z : tensor<i8> scheme <int8, tensor, affine>)
    rhs(%c : tensor<2x2xi8> scales %half : tensor<f32> scheme <int8, tensor>)
    outs(%x : tensor<2x2xf32>) {indexing_maps = [#mk, #none, #none, #nk, #none, #mn], site = "b"} -> tensor<2x2xf32>
  %yq = qlinalg.quantize %y scales %half <int8, tensor> by #one : tensor<2x2xf32> scales tensor<f32> -> tensor<2x2xi8>
  %v = qlinalg.matmul lhs(%yq : tensor<2x2xi8> scales %half : tensor<f32> scheme <int8, tensor>)
    rhs(%c : tensor<2x2xi8> scales %sc : tensor<2xf32> scheme <int8, channel>) bias(%bias : tensor<2xf32>)
    outs(%x : tensor<2x2xf32>) {indexing_maps = [#mk, #none, #nk, #n, #n, #mn], site = "c"} -> tensor<2x2xf32>
  %vq = qlinalg.quantize %v scales %half <int8, tensor> by #one : tensor<2x2xf32> scales tensor<f32> -> tensor<2x2xi8>
  return %vq : tensor<2x2xi8>
}

// Two matmuls whose sum alone is quantized: the first one gives its integer sums, with its bias.
// CHECK-LABEL: func.func @sum_of_two
// FLOAT: qlinalg.matmul {{.*}} -> tensor<2x2xf32>
// FLOAT: qlinalg.matmul {{.*}} -> tensor<2x2xi8>
// EXACT: %[[SUMS:[^ ]+]] = qlinalg.matmul lhs(%{{.*}} : tensor<2x4xi8> scheme <int8, tensor, symmetric>)
// EXACT-SAME: bias(%{{[^ ]+}} : tensor<2xi32>) outs(%{{[^ ]+}} : tensor<2x2xi32>)
// EXACT: %[[R:[^ ]+]] = linalg.generic {{.*}} ins(%[[SUMS]],
// EXACT: qlinalg.matmul {{.*}} bias(%[[R]] : tensor<2x2xi32>)
func.func @sum_of_two(%a: tensor<2x4xi8>, %b: tensor<2x4xi8>) -> tensor<2x2xi8> {
  %half = arith.constant dense<0.5> : tensor<f32>
  %sb = arith.constant dense<[0.25, 0.5]> : tensor<2xf32>
  %bias = arith.constant dense<[1.0, 1.0]> : tensor<2xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x2xf32>
  %i = linalg.fill ins(%zero : f32) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
  %x = qlinalg.matmul lhs(%a : tensor<2x4xi8> scales %half : tensor<f32> scheme <int8, tensor>)
    rhs(%b : tensor<2x4xi8> scales %sb : tensor<2xf32> scheme <int8, channel>) bias(%bias : tensor<2xf32>)
    outs(%i : tensor<2x2xf32>) {indexing_maps = [#mk, #none, #nk, #n, #n, #mn]} -> tensor<2x2xf32>
  %y = qlinalg.matmul lhs(%a : tensor<2x4xi8> scales %half : tensor<f32> scheme <int8, tensor>)
    rhs(%b : tensor<2x4xi8> scales %half : tensor<f32> scheme <int8, tensor>)
    outs(%x : tensor<2x2xf32>) {indexing_maps = [#mk, #none, #nk, #none, #mn]} -> tensor<2x2xf32>
  %q = qlinalg.quantize %y scales %half <int8, tensor> by #one : tensor<2x2xf32> scales tensor<f32> -> tensor<2x2xi8>
  return %q : tensor<2x2xi8>
}

// [8, -8]; 2^30 twice; [1, 2].
// EXACT: fc1.bias: "0x1000000008000000F8FFFFFF"
// EXACT: fc1.multipliers: "0x100000000000004000000040"
// EXACT: fc1.shifts: "0x100000000100000002000000"
// [1, 1] / [0.125, 0.25] is [8, 4].
