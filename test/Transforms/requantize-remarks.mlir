// RUN: quant-opt %s --qlinalg-requantize='rounding=exact' -split-input-file -verify-diagnostics -o %t
// RUN: FileCheck %s < %t

// What cannot be done in integers is done by a scale, and what cannot be done at all stays; the remark says why.

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#n = affine_map<(m, n, k) -> (n)>
#none = affine_map<(m, n, k) -> ()>
#one = affine_map<(d0, d1) -> ()>

// CHECK-LABEL: func.func @skip_floats_read
// CHECK: qlinalg.matmul {{.*}} -> tensor<2x2xf32>
// CHECK: qlinalg.quantize
func.func @skip_floats_read(%a: tensor<2x4xi8>, %b: tensor<2x4xi8>, %s: tensor<f32>) -> (tensor<2x2xi8>, tensor<2x2xf32>) {
  %half = arith.constant dense<0.5> : tensor<f32>
  %i = arith.constant dense<0.0> : tensor<2x2xf32>
  // expected-remark @+1 {{'up' keeps its float result: 'func.return' reads the floats}}
  %y = qlinalg.matmul lhs(%a : tensor<2x4xi8> scales %half : tensor<f32> scheme <int8, tensor>)
    rhs(%b : tensor<2x4xi8> scales %half : tensor<f32> scheme <int8, tensor>)
    outs(%i : tensor<2x2xf32>) {indexing_maps = [#mk, #none, #nk, #none, #mn], site = "up"} -> tensor<2x2xf32>
  %q = qlinalg.quantize %y scales %half <int8, tensor> by #one : tensor<2x2xf32> scales tensor<f32> -> tensor<2x2xi8>
  return %q, %y : tensor<2x2xi8>, tensor<2x2xf32>
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#none = affine_map<(m, n, k) -> ()>
#one = affine_map<(d0, d1) -> ()>

// CHECK-LABEL: func.func @skip_two_scales
// CHECK: qlinalg.matmul {{.*}} -> tensor<2x2xf32>
// CHECK: qlinalg.quantize
func.func @skip_two_scales(%a: tensor<2x4xi8>, %b: tensor<2x4xi8>) -> (tensor<2x2xi8>, tensor<2x2xi8>) {
  %half = arith.constant dense<0.5> : tensor<f32>
  %i = arith.constant dense<0.0> : tensor<2x2xf32>
  %quarter = arith.constant dense<0.25> : tensor<f32>
  // expected-remark @+1 {{keeps its float result: expected one scheme, scale and zero point, got several of those who read the value}}
  %y = qlinalg.matmul lhs(%a : tensor<2x4xi8> scales %half : tensor<f32> scheme <int8, tensor>) rhs(%b : tensor<2x4xi8> scales %half : tensor<f32> scheme <int8, tensor>)
    outs(%i : tensor<2x2xf32>) {indexing_maps = [#mk, #none, #nk, #none, #mn]} -> tensor<2x2xf32>
  %q = qlinalg.quantize %y scales %half <int8, tensor> by #one : tensor<2x2xf32> scales tensor<f32> -> tensor<2x2xi8>
  %r = qlinalg.quantize %y scales %quarter <int8, tensor> by #one : tensor<2x2xf32> scales tensor<f32> -> tensor<2x2xi8>
  return %q, %r : tensor<2x2xi8>, tensor<2x2xi8>
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#none = affine_map<(m, n, k) -> ()>
#one = affine_map<(d0, d1) -> ()>
#id = affine_map<(d0, d1) -> (d0, d1)>

// CHECK-LABEL: func.func @skip_clamped_and_not
// CHECK: qlinalg.matmul {{.*}} -> tensor<2x2xf32>
// CHECK: qlinalg.quantize
func.func @skip_clamped_and_not(%a: tensor<2x4xi8>, %b: tensor<2x4xi8>) -> (tensor<2x2xi8>, tensor<2x2xi8>) {
  %half = arith.constant dense<0.5> : tensor<f32>
  %i = arith.constant dense<0.0> : tensor<2x2xf32>
  %zero = arith.constant 0.0 : f32
  // expected-remark @+1 {{keeps its float result: expected those who read the value to clamp it alike}}
  %y = qlinalg.matmul lhs(%a : tensor<2x4xi8> scales %half : tensor<f32> scheme <int8, tensor>) rhs(%b : tensor<2x4xi8> scales %half : tensor<f32> scheme <int8, tensor>)
    outs(%i : tensor<2x2xf32>) {indexing_maps = [#mk, #none, #nk, #none, #mn]} -> tensor<2x2xf32>
  %q = qlinalg.quantize %y scales %half <int8, tensor> by #one : tensor<2x2xf32> scales tensor<f32> -> tensor<2x2xi8>
  %c = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%y : tensor<2x2xf32>) outs(%i : tensor<2x2xf32>) {
    ^bb0(%x: f32, %out: f32):
      %0 = arith.maximumf %x, %zero : f32
      linalg.yield %0 : f32
  } -> tensor<2x2xf32>
  %r = qlinalg.quantize %c scales %half <int8, tensor> by #one : tensor<2x2xf32> scales tensor<f32> -> tensor<2x2xi8>
  return %q, %r : tensor<2x2xi8>, tensor<2x2xi8>
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#none = affine_map<(m, n, k) -> ()>
#one = affine_map<(d0, d1) -> ()>
#id = affine_map<(d0, d1) -> (d0, d1)>

// There is no NaN in integers.
// CHECK-LABEL: func.func @integers_of_a_clamp_that_drops_nan
// CHECK: qlinalg.matmul {{.*}} outs({{.*}} : tensor<2x2xi8> multipliers {{.*}} result_range = array<i64: 0, 127>
func.func @integers_of_a_clamp_that_drops_nan(%a: tensor<2x4xi8>, %b: tensor<2x4xi8>) -> tensor<2x2xi8> {
  %half = arith.constant dense<0.5> : tensor<f32>
  %i = arith.constant dense<0.0> : tensor<2x2xf32>
  %zero = arith.constant 0.0 : f32
  %y = qlinalg.matmul lhs(%a : tensor<2x4xi8> scales %half : tensor<f32> scheme <int8, tensor>) rhs(%b : tensor<2x4xi8> scales %half : tensor<f32> scheme <int8, tensor>)
    outs(%i : tensor<2x2xf32>) {indexing_maps = [#mk, #none, #nk, #none, #mn]} -> tensor<2x2xf32>
  %c = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%y : tensor<2x2xf32>) outs(%i : tensor<2x2xf32>) {
    ^bb0(%x: f32, %out: f32):
      %0 = arith.maxnumf %x, %zero : f32
      linalg.yield %0 : f32
  } -> tensor<2x2xf32>
  %q = qlinalg.quantize %c scales %half <int8, tensor> by #one : tensor<2x2xf32> scales tensor<f32> -> tensor<2x2xi8>
  return %q : tensor<2x2xi8>
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#one = affine_map<(d0, d1) -> ()>
#id = affine_map<(d0, d1) -> (d0, d1)>

// A float may be a NaN.
// CHECK-LABEL: func.func @skip_clamp_that_drops_nan
// CHECK: qlinalg.matmul {{.*}} -> tensor<2x2xf32>
// CHECK: linalg.generic
// CHECK: qlinalg.quantize
func.func @skip_clamp_that_drops_nan(%a: tensor<2x4xf32>, %b: tensor<2x4xf32>) -> tensor<2x2xi8> {
  %half = arith.constant dense<0.5> : tensor<f32>
  %i = arith.constant dense<0.0> : tensor<2x2xf32>
  %zero = arith.constant 0.0 : f32
  // expected-remark @+1 {{keeps its float result: a clamp takes a NaN for a number}}
  %y = qlinalg.matmul lhs(%a : tensor<2x4xf32>) rhs(%b : tensor<2x4xf32>)
    outs(%i : tensor<2x2xf32>) {indexing_maps = [#mk, #nk, #mn]} -> tensor<2x2xf32>
  %c = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%y : tensor<2x2xf32>) outs(%i : tensor<2x2xf32>) {
    ^bb0(%x: f32, %out: f32):
      %0 = arith.maxnumf %x, %zero : f32
      linalg.yield %0 : f32
  } -> tensor<2x2xf32>
  %q = qlinalg.quantize %c scales %half <int8, tensor> by #one : tensor<2x2xf32> scales tensor<f32> -> tensor<2x2xi8>
  return %q : tensor<2x2xi8>
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#n = affine_map<(m, n, k) -> (n)>
#none = affine_map<(m, n, k) -> ()>
#one = affine_map<(d0, d1) -> ()>

// CHECK-LABEL: func.func @skip_value_and_bias
// CHECK: qlinalg.matmul {{.*}} -> tensor<2x2xf32>
// CHECK: qlinalg.quantize
func.func @skip_value_and_bias(%a: tensor<2x4xi8>, %b: tensor<2x4xi8>, %r: tensor<2x2xf32>) -> tensor<2x2xi8> {
  %half = arith.constant dense<0.5> : tensor<f32>
  %i = arith.constant dense<0.0> : tensor<2x2xf32>
  %bias = arith.constant dense<1.0> : tensor<2xf32>
  // expected-remark @+1 {{keeps its float result: a value and a bias are added as floats}}
  %y = qlinalg.matmul lhs(%a : tensor<2x4xi8> scales %half : tensor<f32> scheme <int8, tensor>) rhs(%b : tensor<2x4xi8> scales %half : tensor<f32> scheme <int8, tensor>) bias(%bias : tensor<2xf32>)
    outs(%r : tensor<2x2xf32>) {indexing_maps = [#mk, #none, #nk, #none, #n, #mn]} -> tensor<2x2xf32>
  %q = qlinalg.quantize %y scales %half <int8, tensor> by #one : tensor<2x2xf32> scales tensor<f32> -> tensor<2x2xi8>
  return %q : tensor<2x2xi8>
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#none = affine_map<(m, n, k) -> ()>
#one = affine_map<(d0, d1) -> ()>
#ng = affine_map<(m, n, k) -> (n, k floordiv 2)>

// The second matmul adds floats, since it has groups: the first one's are needed.
// CHECK-LABEL: func.func @skip_value_that_stays_float
// CHECK: qlinalg.matmul {{.*}} -> tensor<2x2xf32>
// CHECK: qlinalg.quantize
// CHECK: qlinalg.matmul {{.*}} bias({{.*}} : tensor<2x2xf32>) outs({{.*}} : tensor<2x2xi8> scales
func.func @skip_value_that_stays_float(%a: tensor<2x4xi8>, %b: tensor<2x4xi8>, %c: tensor<2x2xi8>, %s: tensor<2x1xf32>) -> tensor<2x2xi8> {
  %half = arith.constant dense<0.5> : tensor<f32>
  %i = arith.constant dense<0.0> : tensor<2x2xf32>
  // expected-remark @+1 {{keeps its float result: 'qlinalg.matmul' adds the floats}}
  %y = qlinalg.matmul lhs(%a : tensor<2x4xi8> scales %half : tensor<f32> scheme <int8, tensor>) rhs(%b : tensor<2x4xi8> scales %half : tensor<f32> scheme <int8, tensor>)
    outs(%i : tensor<2x2xf32>) {indexing_maps = [#mk, #none, #nk, #none, #mn]} -> tensor<2x2xf32>
  %q = qlinalg.quantize %y scales %half <int8, tensor> by #one : tensor<2x2xf32> scales tensor<f32> -> tensor<2x2xi8>
  // expected-remark @+1 {{is requantized by a float scale: expected scales of channels or of the whole, got groups: sums of groups are added as floats}}
  %z = qlinalg.matmul lhs(%q : tensor<2x2xi8> scales %half : tensor<f32> scheme <int8, tensor>)
    rhs(%c : tensor<2x2xi8> scales %s : tensor<2x1xf32> scheme <int8, group = 2>)
    outs(%y : tensor<2x2xf32>) {indexing_maps = [#mk, #none, #nk, #ng, #mn]} -> tensor<2x2xf32>
  %r = qlinalg.quantize %z scales %half <int8, tensor> by #one : tensor<2x2xf32> scales tensor<f32> -> tensor<2x2xi8>
  return %r : tensor<2x2xi8>
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#none = affine_map<(m, n, k) -> ()>
#one = affine_map<(d0, d1) -> ()>
#ng = affine_map<(m, n, k) -> (n, k floordiv 2)>

// CHECK-LABEL: func.func @scale_for_groups
// CHECK: qlinalg.matmul {{.*}} outs({{.*}} : tensor<2x2xi8> scales
func.func @scale_for_groups(%a: tensor<2x4xi8>, %b: tensor<2x4xi8>, %s: tensor<2x2xf32>) -> tensor<2x2xi8> {
  %half = arith.constant dense<0.5> : tensor<f32>
  %i = arith.constant dense<0.0> : tensor<2x2xf32>
  // expected-remark @+1 {{is requantized by a float scale: expected scales of channels or of the whole, got groups}}
  %y = qlinalg.matmul lhs(%a : tensor<2x4xi8> scales %half : tensor<f32> scheme <int8, tensor>) rhs(%b : tensor<2x4xi8> scales %s : tensor<2x2xf32> scheme <int8, group = 2>)
    outs(%i : tensor<2x2xf32>) {indexing_maps = [#mk, #none, #nk, #ng, #mn]} -> tensor<2x2xf32>
  %q = qlinalg.quantize %y scales %half <int8, tensor> by #one : tensor<2x2xf32> scales tensor<f32> -> tensor<2x2xi8>
  return %q : tensor<2x2xi8>
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#none = affine_map<(m, n, k) -> ()>
#one = affine_map<(d0, d1) -> ()>

// CHECK-LABEL: func.func @scale_for_floats
// CHECK: qlinalg.matmul {{.*}} outs({{.*}} : tensor<2x2xi8> scales
func.func @scale_for_floats(%a: tensor<2x4xf32>, %b: tensor<2x4xi8>) -> tensor<2x2xi8> {
  %half = arith.constant dense<0.5> : tensor<f32>
  %i = arith.constant dense<0.0> : tensor<2x2xf32>
  // expected-remark @+1 {{is requantized by a float scale: expected two sides of integers}}
  %y = qlinalg.matmul lhs(%a : tensor<2x4xf32>) rhs(%b : tensor<2x4xi8> scales %half : tensor<f32> scheme <int8, tensor>)
    outs(%i : tensor<2x2xf32>) {indexing_maps = [#mk, #nk, #none, #mn]} -> tensor<2x2xf32>
  %q = qlinalg.quantize %y scales %half <int8, tensor> by #one : tensor<2x2xf32> scales tensor<f32> -> tensor<2x2xi8>
  return %q : tensor<2x2xi8>
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#none = affine_map<(m, n, k) -> ()>
#one = affine_map<(d0, d1) -> ()>
#m = affine_map<(m, n, k) -> (m)>

// CHECK-LABEL: func.func @scale_for_dynamic_scales
// CHECK: qlinalg.matmul {{.*}} outs({{.*}} : tensor<2x2xi8> scales
func.func @scale_for_dynamic_scales(%a: tensor<2x4xi8>, %b: tensor<2x4xi8>, %s: tensor<2xf32>) -> tensor<2x2xi8> {
  %half = arith.constant dense<0.5> : tensor<f32>
  %i = arith.constant dense<0.0> : tensor<2x2xf32>
  // expected-remark @+1 {{is requantized by a float scale: expected scales, zero points and a bias that are constant, got ones made at run time}}
  %y = qlinalg.matmul lhs(%a : tensor<2x4xi8> scales %s : tensor<2xf32> scheme <int8, token>) rhs(%b : tensor<2x4xi8> scales %half : tensor<f32> scheme <int8, tensor>)
    outs(%i : tensor<2x2xf32>) {indexing_maps = [#mk, #m, #nk, #none, #mn]} -> tensor<2x2xf32>
  %q = qlinalg.quantize %y scales %half <int8, tensor> by #one : tensor<2x2xf32> scales tensor<f32> -> tensor<2x2xi8>
  return %q : tensor<2x2xi8>
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#n = affine_map<(m, n, k) -> (n)>
#one = affine_map<(d0, d1) -> ()>
#m = affine_map<(m, n, k) -> (m)>

// CHECK-LABEL: func.func @scale_for_scales_of_both
// CHECK: qlinalg.matmul {{.*}} outs({{.*}} : tensor<2x2xi8> scales
func.func @scale_for_scales_of_both(%a: tensor<2x4xi8>, %b: tensor<2x4xi8>) -> tensor<2x2xi8> {
  %half = arith.constant dense<0.5> : tensor<f32>
  %i = arith.constant dense<0.0> : tensor<2x2xf32>
  %s = arith.constant dense<[0.5, 0.25]> : tensor<2xf32>
  // expected-remark @+1 {{is requantized by a float scale: expected one scale for one side, got many for both}}
  %y = qlinalg.matmul lhs(%a : tensor<2x4xi8> scales %s : tensor<2xf32> scheme <int8, token>) rhs(%b : tensor<2x4xi8> scales %s : tensor<2xf32> scheme <int8, channel>)
    outs(%i : tensor<2x2xf32>) {indexing_maps = [#mk, #m, #nk, #n, #mn]} -> tensor<2x2xf32>
  %q = qlinalg.quantize %y scales %half <int8, tensor> by #one : tensor<2x2xf32> scales tensor<f32> -> tensor<2x2xi8>
  return %q : tensor<2x2xi8>
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#none = affine_map<(m, n, k) -> ()>
#one = affine_map<(d0, d1) -> ()>

// CHECK-LABEL: func.func @scale_for_gelu
// CHECK: qlinalg.matmul {{.*}} outs({{.*}} : tensor<2x2xi8> scales
func.func @scale_for_gelu(%a: tensor<2x4xi8>, %b: tensor<2x4xi8>) -> tensor<2x2xi8> {
  %half = arith.constant dense<0.5> : tensor<f32>
  %i = arith.constant dense<0.0> : tensor<2x2xf32>
  // expected-remark @+1 {{is requantized by a float scale: expected a bias and relu after the sums and nothing else}}
  %y = qlinalg.matmul lhs(%a : tensor<2x4xi8> scales %half : tensor<f32> scheme <int8, tensor>) rhs(%b : tensor<2x4xi8> scales %half : tensor<f32> scheme <int8, tensor>) epilogue <gelu>
    outs(%i : tensor<2x2xf32>) {indexing_maps = [#mk, #none, #nk, #none, #mn]} -> tensor<2x2xf32>
  %q = qlinalg.quantize %y scales %half <int8, tensor> by #one : tensor<2x2xf32> scales tensor<f32> -> tensor<2x2xi8>
  return %q : tensor<2x2xi8>
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#n = affine_map<(m, n, k) -> (n)>
#none = affine_map<(m, n, k) -> ()>
#one = affine_map<(d0, d1) -> ()>
#m = affine_map<(m, n, k) -> (m)>

// CHECK-LABEL: func.func @scale_for_bias_along_m
// CHECK: qlinalg.matmul {{.*}} outs({{.*}} : tensor<2x2xi8> scales
func.func @scale_for_bias_along_m(%a: tensor<2x4xi8>, %b: tensor<2x4xi8>) -> tensor<2x2xi8> {
  %half = arith.constant dense<0.5> : tensor<f32>
  %i = arith.constant dense<0.0> : tensor<2x2xf32>
  %s = arith.constant dense<[0.5, 0.25]> : tensor<2xf32>
  // expected-remark @+1 {{is requantized by a float scale: expected a bias along the dimension of the scales}}
  %y = qlinalg.matmul lhs(%a : tensor<2x4xi8> scales %half : tensor<f32> scheme <int8, tensor>) rhs(%b : tensor<2x4xi8> scales %s : tensor<2xf32> scheme <int8, channel>) bias(%s : tensor<2xf32>)
    outs(%i : tensor<2x2xf32>) {indexing_maps = [#mk, #none, #nk, #n, #m, #mn]} -> tensor<2x2xf32>
  %q = qlinalg.quantize %y scales %half <int8, tensor> by #one : tensor<2x2xf32> scales tensor<f32> -> tensor<2x2xi8>
  return %q : tensor<2x2xi8>
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#n = affine_map<(m, n, k) -> (n)>
#none = affine_map<(m, n, k) -> ()>
#one = affine_map<(d0, d1) -> ()>

// CHECK-LABEL: func.func @scale_for_large_bias
// CHECK: qlinalg.matmul {{.*}} outs({{.*}} : tensor<2x2xi8> scales
func.func @scale_for_large_bias(%a: tensor<2x4xi8>, %b: tensor<2x4xi8>) -> tensor<2x2xi8> {
  %half = arith.constant dense<0.5> : tensor<f32>
  %i = arith.constant dense<0.0> : tensor<2x2xf32>
  %s = arith.constant dense<[1.0e9, 0.25]> : tensor<2xf32>
  // expected-remark @+1 {{is requantized by a float scale: expected a bias that 32 bits hold in the scale of the sums}}
  %y = qlinalg.matmul lhs(%a : tensor<2x4xi8> scales %half : tensor<f32> scheme <int8, tensor>) rhs(%b : tensor<2x4xi8> scales %half : tensor<f32> scheme <int8, tensor>) bias(%s : tensor<2xf32>)
    outs(%i : tensor<2x2xf32>) {indexing_maps = [#mk, #none, #nk, #none, #n, #mn]} -> tensor<2x2xf32>
  %q = qlinalg.quantize %y scales %half <int8, tensor> by #one : tensor<2x2xf32> scales tensor<f32> -> tensor<2x2xi8>
  return %q : tensor<2x2xi8>
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#none = affine_map<(m, n, k) -> ()>
#one = affine_map<(d0, d1) -> ()>

// CHECK-LABEL: func.func @scale_for_large_multiplier
// CHECK: qlinalg.matmul {{.*}} outs({{.*}} : tensor<2x2xi8> scales
func.func @scale_for_large_multiplier(%a: tensor<2x4xi8>, %b: tensor<2x4xi8>) -> tensor<2x2xi8> {
  %half = arith.constant dense<0.5> : tensor<f32>
  %i = arith.constant dense<0.0> : tensor<2x2xf32>
  %s = arith.constant dense<1.0e-10> : tensor<f32>
  // expected-remark @+1 {{is requantized by a float scale: expected a multiplier from 0 to 2^30, got 249}}
  %y = qlinalg.matmul lhs(%a : tensor<2x4xi8> scales %half : tensor<f32> scheme <int8, tensor>) rhs(%b : tensor<2x4xi8> scales %half : tensor<f32> scheme <int8, tensor>)
    outs(%i : tensor<2x2xf32>) {indexing_maps = [#mk, #none, #nk, #none, #mn]} -> tensor<2x2xf32>
  %q = qlinalg.quantize %y scales %s <int8, tensor> by #one : tensor<2x2xf32> scales tensor<f32> -> tensor<2x2xi8>
  return %q : tensor<2x2xi8>
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#none = affine_map<(m, n, k) -> ()>
#one = affine_map<(d0, d1) -> ()>

// CHECK-LABEL: func.func @scale_for_long_sums
// CHECK: qlinalg.matmul {{.*}} outs({{.*}} : tensor<2x2xi8> scales
func.func @scale_for_long_sums(%a: tensor<2x?xi8>, %b: tensor<2x?xi8>) -> tensor<2x2xi8> {
  %half = arith.constant dense<0.5> : tensor<f32>
  %i = arith.constant dense<0.0> : tensor<2x2xf32>
  // expected-remark @+1 {{is requantized by a float scale: expected sums that 32 bits hold}}
  %y = qlinalg.matmul lhs(%a : tensor<2x?xi8> scales %half : tensor<f32> scheme <int8, tensor>) rhs(%b : tensor<2x?xi8> scales %half : tensor<f32> scheme <int8, tensor>)
    outs(%i : tensor<2x2xf32>) {indexing_maps = [#mk, #none, #nk, #none, #mn]} -> tensor<2x2xf32>
  %q = qlinalg.quantize %y scales %half <int8, tensor> by #one : tensor<2x2xf32> scales tensor<f32> -> tensor<2x2xi8>
  return %q : tensor<2x2xi8>
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#none = affine_map<(m, n, k) -> ()>
#one = affine_map<(d0, d1) -> ()>

// CHECK-LABEL: func.func @scale_for_value_without_codes
// CHECK: qlinalg.matmul {{.*}} bias(%{{.*}} : tensor<2x2xf32>) outs({{.*}} : tensor<2x2xi8> scales
func.func @scale_for_value_without_codes(%a: tensor<2x4xi8>, %b: tensor<2x4xi8>, %r: tensor<2x2xf32>) -> tensor<2x2xi8> {
  %half = arith.constant dense<0.5> : tensor<f32>
  %i = arith.constant dense<0.0> : tensor<2x2xf32>
  // expected-remark @+1 {{is requantized by a float scale: the value that is added has no codes of one scale}}
  %y = qlinalg.matmul lhs(%a : tensor<2x4xi8> scales %half : tensor<f32> scheme <int8, tensor>) rhs(%b : tensor<2x4xi8> scales %half : tensor<f32> scheme <int8, tensor>)
    outs(%r : tensor<2x2xf32>) {indexing_maps = [#mk, #none, #nk, #none, #mn]} -> tensor<2x2xf32>
  %q = qlinalg.quantize %y scales %half <int8, tensor> by #one : tensor<2x2xf32> scales tensor<f32> -> tensor<2x2xi8>
  return %q : tensor<2x2xi8>
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#none = affine_map<(m, n, k) -> ()>
#one = affine_map<(d0, d1) -> ()>

// Of an argument that is quantized elsewhere.
// CHECK-LABEL: func.func @integers_for_value_with_codes
// CHECK: %[[R:.*]] = qlinalg.quantize
// CHECK: linalg.generic {{.*}} ins(%[[R]]
// CHECK: qlinalg.matmul {{.*}} multipliers
func.func @integers_for_value_with_codes(%a: tensor<2x4xi8>, %b: tensor<2x4xi8>, %r: tensor<2x2xf32>) -> (tensor<2x2xi8>, tensor<2x2xi8>) {
  %half = arith.constant dense<0.5> : tensor<f32>
  %i = arith.constant dense<0.0> : tensor<2x2xf32>
  %y = qlinalg.matmul lhs(%a : tensor<2x4xi8> scales %half : tensor<f32> scheme <int8, tensor>) rhs(%b : tensor<2x4xi8> scales %half : tensor<f32> scheme <int8, tensor>)
    outs(%r : tensor<2x2xf32>) {indexing_maps = [#mk, #none, #nk, #none, #mn]} -> tensor<2x2xf32>
  %q = qlinalg.quantize %y scales %half <int8, tensor> by #one : tensor<2x2xf32> scales tensor<f32> -> tensor<2x2xi8>
  %s = qlinalg.quantize %r scales %half <int8, tensor> by #one : tensor<2x2xf32> scales tensor<f32> -> tensor<2x2xi8>
  return %q, %s : tensor<2x2xi8>, tensor<2x2xi8>
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#none = affine_map<(m, n, k) -> ()>
#one = affine_map<(d0, d1) -> ()>

// CHECK-LABEL: func.func @scale_for_sums_beyond_32_bits
// CHECK: qlinalg.matmul {{.*}} bias(%{{.*}} : tensor<2x2xf32>) outs({{.*}} : tensor<2x2xi8> scales
func.func @scale_for_sums_beyond_32_bits(%a: tensor<2x4xi8>, %b: tensor<2x4xi8>, %r: tensor<2x2xf32>) -> (tensor<2x2xi8>, tensor<2x2xi8>) {
  %half = arith.constant dense<0.5> : tensor<f32>
  %i = arith.constant dense<0.0> : tensor<2x2xf32>
  %large = arith.constant dense<1.0e7> : tensor<f32>
  // expected-remark @+1 {{is requantized by a float scale: expected sums that 32 bits hold with the value that is added}}
  %y = qlinalg.matmul lhs(%a : tensor<2x4xi8> scales %half : tensor<f32> scheme <int8, tensor>) rhs(%b : tensor<2x4xi8> scales %half : tensor<f32> scheme <int8, tensor>)
    outs(%r : tensor<2x2xf32>) {indexing_maps = [#mk, #none, #nk, #none, #mn]} -> tensor<2x2xf32>
  %q = qlinalg.quantize %y scales %half <int8, tensor> by #one : tensor<2x2xf32> scales tensor<f32> -> tensor<2x2xi8>
  %s = qlinalg.quantize %r scales %large <int8, tensor> by #one : tensor<2x2xf32> scales tensor<f32> -> tensor<2x2xi8>
  return %q, %s : tensor<2x2xi8>, tensor<2x2xi8>
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#n = affine_map<(m, n, k) -> (n)>
#none = affine_map<(m, n, k) -> ()>
#one = affine_map<(d0, d1) -> ()>

// CHECK-LABEL: func.func @scale_for_parameters
// CHECK: qlinalg.matmul {{.*}} outs({{.*}} : tensor<2x2xi8> scales
func.func @scale_for_parameters(%a: tensor<2x4xi8>, %b: tensor<2x4xi8>) -> tensor<2x2xi8> {
  %half = arith.constant dense<0.5> : tensor<f32>
  %i = arith.constant dense<0.0> : tensor<2x2xf32>
  %s = ml_program.global_load_const @"w.scales" : tensor<2xf32>
  // expected-remark @+1 {{is requantized by a float scale: expected parameters=FILE with the bytes of parameter 'w.scales'}}
  %y = qlinalg.matmul lhs(%a : tensor<2x4xi8> scales %half : tensor<f32> scheme <int8, tensor>) rhs(%b : tensor<2x4xi8> scales %s : tensor<2xf32> scheme <int8, channel>)
    outs(%i : tensor<2x2xf32>) {indexing_maps = [#mk, #none, #nk, #n, #mn]} -> tensor<2x2xf32>
  %q = qlinalg.quantize %y scales %half <int8, tensor> by #one : tensor<2x2xf32> scales tensor<f32> -> tensor<2x2xi8>
  return %q : tensor<2x2xi8>
}
ml_program.global private @"w.scales"(#ml_program.extern : tensor<2xf32>) : tensor<2xf32>

// -----

// The bias is 2147000000 of the sums' scale: with a sum of 1032256 it would wrap around.
#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#n = affine_map<(m, n, k) -> (n)>
#none = affine_map<(m, n, k) -> ()>
#one = affine_map<(d0, d1) -> ()>
func.func @bias_overflows(%a: tensor<2x64xi8>, %b: tensor<2x64xi8>) -> tensor<2x2xi8> {
  %sa = arith.constant dense<1.0> : tensor<f32>
  %sb = arith.constant dense<1.0e-9> : tensor<f32>
  %bias = arith.constant dense<[2.147, -2.0]> : tensor<2xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x2xf32>
  %i = linalg.fill ins(%zero : f32) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
  // expected-remark @below {{is requantized by a float scale: expected sums that 32 bits hold with the bias}}
  %y = qlinalg.matmul lhs(%a : tensor<2x64xi8> scales %sa : tensor<f32> scheme <int8, tensor>)
    rhs(%b : tensor<2x64xi8> scales %sb : tensor<f32> scheme <int8, tensor>) bias(%bias : tensor<2xf32>)
    outs(%i : tensor<2x2xf32>) {indexing_maps = [#mk, #none, #nk, #none, #n, #mn]} -> tensor<2x2xf32>
  %s = arith.constant dense<0.02> : tensor<f32>
  %q = qlinalg.quantize %y scales %s <int8, tensor> by #one : tensor<2x2xf32> scales tensor<f32> -> tensor<2x2xi8>
  return %q : tensor<2x2xi8>
}

// -----

// Relu cuts off positive codes there.
#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#none = affine_map<(m, n, k) -> ()>
#one = affine_map<(d0, d1) -> ()>
func.func @negative_scale(%a: tensor<2x4xi8>, %b: tensor<2x4xi8>) -> tensor<2x2xi8> {
  %sa = arith.constant dense<1.0> : tensor<f32>
  %sb = arith.constant dense<-1.0> : tensor<f32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x2xf32>
  %i = linalg.fill ins(%zero : f32) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
  // expected-remark @below {{is requantized by a float scale: expected a positive scale of codes, got -1.000000}}
  %y = qlinalg.matmul lhs(%a : tensor<2x4xi8> scales %sa : tensor<f32> scheme <int8, tensor>)
    rhs(%b : tensor<2x4xi8> scales %sb : tensor<f32> scheme <int8, tensor>) epilogue <relu>
    outs(%i : tensor<2x2xf32>) {indexing_maps = [#mk, #none, #nk, #none, #mn]} -> tensor<2x2xf32>
  %s = arith.constant dense<-1.0> : tensor<f32>
  %q = qlinalg.quantize %y scales %s <int8, tensor> by #one : tensor<2x2xf32> scales tensor<f32> -> tensor<2x2xi8>
  return %q : tensor<2x2xi8>
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#none = affine_map<(m, n, k) -> ()>
#one = affine_map<(d0, d1) -> ()>

// The value that is added comes from outside of the block.
// CHECK-LABEL: func.func @skip_residual_of_another_block
// CHECK: qlinalg.matmul {{.*}} -> tensor<2x2xf32>
// CHECK: scf.if
// CHECK: qlinalg.matmul {{.*}} outs(%{{.*}} : tensor<2x2xi8> scales
func.func @skip_residual_of_another_block(%a: tensor<2x4xi8>, %b: tensor<2x4xi8>, %c: i1, %q: tensor<2x2xi8>) -> tensor<2x2xi8> {
  %half = arith.constant dense<0.5> : tensor<f32>
  %i = arith.constant dense<0.0> : tensor<2x2xf32>
  %y = qlinalg.matmul lhs(%a : tensor<2x4xi8> scales %half : tensor<f32> scheme <int8, tensor>) rhs(%b : tensor<2x4xi8> scales %half : tensor<f32> scheme <int8, tensor>)
    outs(%i : tensor<2x2xf32>) {indexing_maps = [#mk, #none, #nk, #none, #mn]} -> tensor<2x2xf32>
  %r = scf.if %c -> tensor<2x2xi8> {
    // expected-remark @+1 {{'down' is requantized by a float scale: expected the value that is added in the same block}}
    %z = qlinalg.matmul lhs(%a : tensor<2x4xi8> scales %half : tensor<f32> scheme <int8, tensor>) rhs(%b : tensor<2x4xi8> scales %half : tensor<f32> scheme <int8, tensor>)
      outs(%y : tensor<2x2xf32>) {indexing_maps = [#mk, #none, #nk, #none, #mn], site = "down"} -> tensor<2x2xf32>
    %p = qlinalg.quantize %z scales %half <int8, tensor> by #one : tensor<2x2xf32> scales tensor<f32> -> tensor<2x2xi8>
    scf.yield %p : tensor<2x2xi8>
  } else {
    scf.yield %q : tensor<2x2xi8>
  }
  return %r : tensor<2x2xi8>
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#none = affine_map<(m, n, k) -> ()>
#one = affine_map<(d0, d1) -> ()>

// Its own rule wins, and is gone when it is done.
// CHECK-LABEL: func.func @rules_of_their_own
// CHECK: qlinalg.matmul {{.*}} -> tensor<2x2xf32>
// CHECK: qlinalg.quantize
// CHECK: qlinalg.matmul {{.*}} requantize <twice>
// CHECK-NOT: qlinalg.requantize
func.func @rules_of_their_own(%a: tensor<2x4xi8>, %b: tensor<2x4xi8>) -> (tensor<2x2xi8>, tensor<2x2xi8>) {
  %half = arith.constant dense<0.5> : tensor<f32>
  %i = arith.constant dense<0.0> : tensor<2x2xf32>
  %y = qlinalg.matmul lhs(%a : tensor<2x4xi8> scales %half : tensor<f32> scheme <int8, tensor>) rhs(%b : tensor<2x4xi8> scales %half : tensor<f32> scheme <int8, tensor>)
    outs(%i : tensor<2x2xf32>) {indexing_maps = [#mk, #none, #nk, #none, #mn], qlinalg.requantize = "none"} -> tensor<2x2xf32>
  %q = qlinalg.quantize %y scales %half <int8, tensor> by #one : tensor<2x2xf32> scales tensor<f32> -> tensor<2x2xi8>
  %z = qlinalg.matmul lhs(%q : tensor<2x2xi8> scales %half : tensor<f32> scheme <int8, tensor>) rhs(%q : tensor<2x2xi8> scales %half : tensor<f32> scheme <int8, tensor>)
    outs(%i : tensor<2x2xf32>) {indexing_maps = [#mk, #none, #nk, #none, #mn], qlinalg.requantize = "twice"} -> tensor<2x2xf32>
  %p = qlinalg.quantize %z scales %half <int8, tensor> by #one : tensor<2x2xf32> scales tensor<f32> -> tensor<2x2xi8>
  return %q, %p : tensor<2x2xi8>, tensor<2x2xi8>
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#none = affine_map<(m, n, k) -> ()>

func.func @unknown_rule(%a: tensor<2x4xi8>, %b: tensor<2x4xi8>) -> tensor<2x2xf32> {
  %half = arith.constant dense<0.5> : tensor<f32>
  %i = arith.constant dense<0.0> : tensor<2x2xf32>
  // expected-error @+1 {{expected none, float, exact or twice for qlinalg.requantize, got "often"}}
  %y = qlinalg.matmul lhs(%a : tensor<2x4xi8> scales %half : tensor<f32> scheme <int8, tensor>) rhs(%b : tensor<2x4xi8> scales %half : tensor<f32> scheme <int8, tensor>)
    outs(%i : tensor<2x2xf32>) {indexing_maps = [#mk, #none, #nk, #none, #mn], qlinalg.requantize = "often"} -> tensor<2x2xf32>
  return %y : tensor<2x2xf32>
}
