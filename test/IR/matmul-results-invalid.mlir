// RUN: quant-opt %s -split-input-file -verify-diagnostics

// One function for each numbered constraint of what a matmul yields, and of sum_codes.

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#none = affine_map<(m, n, k) -> ()>
#k = affine_map<(m, n, k) -> (k)>

func.func @matmul_c2_multipliers(%x: tensor<4x64xi8>, %w: tensor<8x64xi8>, %m: tensor<64xi32>, %h: tensor<i32>, %i: tensor<4x8xi8>) {
  // expected-error @+1 {{(C2) expected a bias, multipliers or shifts mapped by dimensions of outs or constant 0, got affine_map<(d0, d1, d2) -> (d2)>}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xi8> scheme <int8, tensor>) rhs(%w : tensor<8x64xi8> scheme <int8, channel>)
    outs(%i : tensor<4x8xi8> multipliers %m : tensor<64xi32> shifts %h : tensor<i32> scheme <int8, tensor> requantize <exact>) {indexing_maps = [#mk, #nk, #mn, #k, #none]} -> tensor<4x8xi8>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#n = affine_map<(m, n, k) -> (n)>

func.func @matmul_c4_shifts(%x: tensor<4x64xi8>, %w: tensor<8x64xi8>, %m: tensor<8xi32>, %h: tensor<7xi32>, %i: tensor<4x8xi8>) {
  // expected-error @+1 {{(C4) expected size 8 for dimension 1, got 7 in 'tensor<7xi32>'}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xi8> scheme <int8, tensor>) rhs(%w : tensor<8x64xi8> scheme <int8, channel>)
    outs(%i : tensor<4x8xi8> multipliers %m : tensor<8xi32> shifts %h : tensor<7xi32> scheme <int8, tensor> requantize <exact>) {indexing_maps = [#mk, #nk, #mn, #n, #n]} -> tensor<4x8xi8>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#n = affine_map<(m, n, k) -> (n)>

func.func @matmul_c5_integers(%x: tensor<4x64xi8>, %w: tensor<8x64xi8>, %s: tensor<8xf32>, %i: tensor<4x8xi32>) {
  // expected-error @+1 {{(C5) expected no scales for rhs of #qlinalg.scheme<int8, channel, symmetric>, whose sums stay integers}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xi8> scheme <int8, tensor>) rhs(%w : tensor<8x64xi8> scales %s : tensor<8xf32> scheme <int8, channel>)
    outs(%i : tensor<4x8xi32>) {indexing_maps = [#mk, #nk, #n, #mn]} -> tensor<4x8xi32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @matmul_c11_no_scheme(%x: tensor<4x64xf32>, %w: tensor<8x64xf32>, %i: tensor<4x8xi8>) {
  // expected-error @+1 {{(C11) expected a scheme for outs of i8}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<8x64xf32>)
    outs(%i : tensor<4x8xi8>) {indexing_maps = [#mk, #nk, #mn]} -> tensor<4x8xi8>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#none = affine_map<(m, n, k) -> ()>

func.func @matmul_c11_storage(%x: tensor<4x64xf32>, %w: tensor<8x64xf32>, %s: tensor<f32>, %i: tensor<4x8xi8>) {
  // expected-error @+1 {{(C11) expected outs of an 8 bit integer scheme of granularity tensor with scales of f32, got #qlinalg.scheme<int4, tensor, symmetric>}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<8x64xf32>)
    outs(%i : tensor<4x8xi8> scales %s : tensor<f32> scheme <int4, tensor>) {indexing_maps = [#mk, #nk, #mn, #none]} -> tensor<4x8xi8>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#none = affine_map<(m, n, k) -> ()>

func.func @matmul_c11_granularity(%x: tensor<4x64xf32>, %w: tensor<8x64xf32>, %s: tensor<f32>, %i: tensor<4x8xi8>) {
  // expected-error @+1 {{(C11) expected outs of an 8 bit integer scheme of granularity tensor with scales of f32, got #qlinalg.scheme<int8, channel, symmetric>}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<8x64xf32>)
    outs(%i : tensor<4x8xi8> scales %s : tensor<f32> scheme <int8, channel>) {indexing_maps = [#mk, #nk, #mn, #none]} -> tensor<4x8xi8>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#none = affine_map<(m, n, k) -> ()>

func.func @matmul_c11_scales(%x: tensor<4x64xf32>, %w: tensor<8x64xf32>, %s: tensor<f32>, %i: tensor<4x8xi8>) {
  // expected-error @+1 {{(C11) expected outs of an 8 bit integer scheme of granularity tensor with scales of f32, got #qlinalg.scheme<int8, tensor, symmetric, scales = f16>}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<8x64xf32>)
    outs(%i : tensor<4x8xi8> scales %s : tensor<f32> scheme <int8, tensor, scales = f16>) {indexing_maps = [#mk, #nk, #mn, #none]} -> tensor<4x8xi8>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#none = affine_map<(m, n, k) -> ()>

func.func @matmul_c11_type(%x: tensor<4x64xf32>, %w: tensor<8x64xf32>, %s: tensor<f32>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{(C11) expected outs of 'i8' for #qlinalg.scheme<uint8, tensor, symmetric>, got 'f32'}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<8x64xf32>)
    outs(%i : tensor<4x8xf32> scales %s : tensor<f32> scheme <uint8, tensor>) {indexing_maps = [#mk, #nk, #mn, #none]} -> tensor<4x8xf32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @matmul_c12_no_scales(%x: tensor<4x64xf32>, %w: tensor<8x64xf32>, %i: tensor<4x8xi8>) {
  // expected-error @+1 {{(C12) expected scales of outs}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<8x64xf32>)
    outs(%i : tensor<4x8xi8> scheme <int8, tensor>) {indexing_maps = [#mk, #nk, #mn]} -> tensor<4x8xi8>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#none = affine_map<(m, n, k) -> ()>

func.func @matmul_c12_scales_without_scheme(%x: tensor<4x64xf32>, %w: tensor<8x64xf32>, %s: tensor<f32>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{(C12) expected no scales of outs without a scheme}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<8x64xf32>)
    outs(%i : tensor<4x8xf32> scales %s : tensor<f32>) {indexing_maps = [#mk, #nk, #mn, #none]} -> tensor<4x8xf32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#n = affine_map<(m, n, k) -> (n)>

func.func @matmul_c12_scale_per_row(%x: tensor<4x64xf32>, %w: tensor<8x64xf32>, %s: tensor<8xf32>, %i: tensor<4x8xi8>) {
  // expected-error @+1 {{(C12) expected scales of outs of 'f32', one for all, got 'tensor<8xf32>'}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<8x64xf32>)
    outs(%i : tensor<4x8xi8> scales %s : tensor<8xf32> scheme <int8, tensor>) {indexing_maps = [#mk, #nk, #mn, #n]} -> tensor<4x8xi8>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @matmul_c12_requantize_without_scheme(%x: tensor<4x64xi8>, %w: tensor<8x64xi8>, %i: tensor<4x8xi32>) {
  // expected-error @+1 {{(C12) expected requantize only for outs with a scheme}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xi8> scheme <int8, tensor>) rhs(%w : tensor<8x64xi8> scheme <int8, channel>)
    outs(%i : tensor<4x8xi32> requantize <exact>) {indexing_maps = [#mk, #nk, #mn]} -> tensor<4x8xi32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#none = affine_map<(m, n, k) -> ()>

func.func @matmul_c12_scales_and_requantize(%x: tensor<4x64xi8>, %w: tensor<8x64xi8>, %s: tensor<f32>, %m: tensor<i32>, %h: tensor<i32>, %i: tensor<4x8xi8>) {
  // expected-error @+1 {{(C12) expected no scales of outs}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xi8> scheme <int8, tensor>) rhs(%w : tensor<8x64xi8> scheme <int8, channel>)
    outs(%i : tensor<4x8xi8> scales %s : tensor<f32> multipliers %m : tensor<i32> shifts %h : tensor<i32> scheme <int8, tensor> requantize <exact>) {indexing_maps = [#mk, #nk, #mn, #none, #none, #none]} -> tensor<4x8xi8>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#none = affine_map<(m, n, k) -> ()>

func.func @matmul_c12_no_shifts(%x: tensor<4x64xi8>, %w: tensor<8x64xi8>, %m: tensor<i32>, %i: tensor<4x8xi8>) {
  // expected-error @+1 {{(C12) expected shifts of outs}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xi8> scheme <int8, tensor>) rhs(%w : tensor<8x64xi8> scheme <int8, channel>)
    outs(%i : tensor<4x8xi8> multipliers %m : tensor<i32> scheme <int8, tensor> requantize <twice>) {indexing_maps = [#mk, #nk, #mn, #none]} -> tensor<4x8xi8>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#none = affine_map<(m, n, k) -> ()>

func.func @matmul_c12_multipliers_type(%x: tensor<4x64xi8>, %w: tensor<8x64xi8>, %m: tensor<f32>, %h: tensor<i32>, %i: tensor<4x8xi8>) {
  // expected-error @+1 {{(C12) expected multipliers of outs of 'i32', got 'tensor<f32>'}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xi8> scheme <int8, tensor>) rhs(%w : tensor<8x64xi8> scheme <int8, channel>)
    outs(%i : tensor<4x8xi8> multipliers %m : tensor<f32> shifts %h : tensor<i32> scheme <int8, tensor> requantize <twice>) {indexing_maps = [#mk, #nk, #mn, #none, #none]} -> tensor<4x8xi8>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#none = affine_map<(m, n, k) -> ()>

func.func @matmul_c12_no_zero_points(%x: tensor<4x64xf32>, %w: tensor<8x64xf32>, %s: tensor<f32>, %i: tensor<4x8xi8>) {
  // expected-error @+1 {{(C12) expected zero points of outs}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<8x64xf32>)
    outs(%i : tensor<4x8xi8> scales %s : tensor<f32> scheme <int8, tensor, affine>) {indexing_maps = [#mk, #nk, #mn, #none]} -> tensor<4x8xi8>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#none = affine_map<(m, n, k) -> ()>

func.func @matmul_c12_zero_points(%x: tensor<4x64xf32>, %w: tensor<8x64xf32>, %s: tensor<f32>, %z: tensor<i8>, %i: tensor<4x8xi8>) {
  // expected-error @+1 {{(C12) expected no zero points of outs}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<8x64xf32>)
    outs(%i : tensor<4x8xi8> scales %s : tensor<f32> zero_points %z : tensor<i8> scheme <int8, tensor>) {indexing_maps = [#mk, #nk, #mn, #none, #none]} -> tensor<4x8xi8>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @matmul_c13_float_sides(%x: tensor<4x64xf32>, %w: tensor<8x64xf32>, %i: tensor<4x8xi32>) {
  // expected-error @+1 {{(C13) expected two sides of integers without groups for sums that stay integers}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<8x64xf32>)
    outs(%i : tensor<4x8xi32>) {indexing_maps = [#mk, #nk, #mn]} -> tensor<4x8xi32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @matmul_c13_groups(%x: tensor<4x64xi8>, %w: tensor<8x64xi8>, %i: tensor<4x8xi32>) {
  // expected-error @+1 {{(C13) expected two sides of integers without groups for sums that stay integers}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xi8> scheme <int8, tensor>) rhs(%w : tensor<8x64xi8> scheme <int8, group = 32>)
    outs(%i : tensor<4x8xi32>) {indexing_maps = [#mk, #nk, #mn]} -> tensor<4x8xi32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#n = affine_map<(m, n, k) -> (n)>

func.func @matmul_c13_float_bias(%x: tensor<4x64xi8>, %w: tensor<8x64xi8>, %b: tensor<8xf32>, %i: tensor<4x8xi32>) {
  // expected-error @+1 {{(C13) expected a bias of i32 where sums stay integers, got 'tensor<8xf32>'}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xi8> scheme <int8, tensor>) rhs(%w : tensor<8x64xi8> scheme <int8, channel>)
    bias(%b : tensor<8xf32>) outs(%i : tensor<4x8xi32>) {indexing_maps = [#mk, #nk, #n, #mn]} -> tensor<4x8xi32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#n = affine_map<(m, n, k) -> (n)>

func.func @matmul_c13_integer_bias(%x: tensor<4x64xf32>, %w: tensor<8x64xf32>, %b: tensor<8xi32>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{(C13) expected a bias of floats where sums are scaled, got 'tensor<8xi32>'}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<8x64xf32>)
    bias(%b : tensor<8xi32>) outs(%i : tensor<4x8xf32>) {indexing_maps = [#mk, #nk, #n, #mn]} -> tensor<4x8xf32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#n = affine_map<(m, n, k) -> (n)>

func.func @matmul_c13_times(%x: tensor<4x64xi8>, %w: tensor<8x64xi8>, %t: tensor<8xf32>, %i: tensor<4x8xi32>) {
  // expected-error @+1 {{(C13) expected no multiplier where sums stay integers}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xi8> scheme <int8, tensor>) rhs(%w : tensor<8x64xi8> scheme <int8, channel>)
    times(%t : tensor<8xf32>) outs(%i : tensor<4x8xi32>) {indexing_maps = [#mk, #nk, #n, #mn]} -> tensor<4x8xi32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @matmul_c13_relu_of_sums(%x: tensor<4x64xi8>, %w: tensor<8x64xi8>, %i: tensor<4x8xi32>) {
  // expected-error @+1 {{(C13) expected no epilogue where sums stay integers, got relu}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xi8> scheme <int8, tensor>) rhs(%w : tensor<8x64xi8> scheme <int8, channel>)
    epilogue <relu> outs(%i : tensor<4x8xi32>) {indexing_maps = [#mk, #nk, #mn]} -> tensor<4x8xi32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#none = affine_map<(m, n, k) -> ()>

func.func @matmul_c13_gelu(%x: tensor<4x64xi8>, %w: tensor<8x64xi8>, %m: tensor<i32>, %h: tensor<i32>, %i: tensor<4x8xi8>) {
  // expected-error @+1 {{(C13) expected no epilogue but relu where sums stay integers, got gelu}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xi8> scheme <int8, tensor>) rhs(%w : tensor<8x64xi8> scheme <int8, channel>)
    epilogue <gelu> outs(%i : tensor<4x8xi8> multipliers %m : tensor<i32> shifts %h : tensor<i32> scheme <int8, tensor> requantize <exact>) {indexing_maps = [#mk, #nk, #mn, #none, #none]} -> tensor<4x8xi8>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @matmul_c14_floats(%x: tensor<4x64xf32>, %w: tensor<8x64xf32>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{(C14) expected a result_range only for outs with a scheme}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<8x64xf32>)
    outs(%i : tensor<4x8xf32>) {indexing_maps = [#mk, #nk, #mn], result_range = array<i64: 0, 1>} -> tensor<4x8xf32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#none = affine_map<(m, n, k) -> ()>

func.func @matmul_c14_descending(%x: tensor<4x64xf32>, %w: tensor<8x64xf32>, %s: tensor<f32>, %i: tensor<4x8xi8>) {
  // expected-error @+1 {{(C14) expected a result_range of two ascending codes in [-128, 127], got [5, 4]}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<8x64xf32>)
    outs(%i : tensor<4x8xi8> scales %s : tensor<f32> scheme <int8, tensor>) {indexing_maps = [#mk, #nk, #mn, #none], result_range = array<i64: 5, 4>} -> tensor<4x8xi8>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#none = affine_map<(m, n, k) -> ()>

func.func @matmul_c14_beyond(%x: tensor<4x64xf32>, %w: tensor<8x64xf32>, %s: tensor<f32>, %i: tensor<4x8xi8>) {
  // expected-error @+1 {{(C14) expected a result_range of two ascending codes in [0, 255], got [0, 256]}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<8x64xf32>)
    outs(%i : tensor<4x8xi8> scales %s : tensor<f32> scheme <uint8, tensor>) {indexing_maps = [#mk, #nk, #mn, #none], result_range = array<i64: 0, 256>} -> tensor<4x8xi8>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#none = affine_map<(m, n, k) -> ()>

func.func @matmul_c14_three(%x: tensor<4x64xf32>, %w: tensor<8x64xf32>, %s: tensor<f32>, %i: tensor<4x8xi8>) {
  // expected-error @+1 {{(C14) expected a result_range of two ascending codes in [0, 255], got [0, 1, 2]}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<8x64xf32>)
    outs(%i : tensor<4x8xi8> scales %s : tensor<f32> scheme <uint8, tensor>) {indexing_maps = [#mk, #nk, #mn, #none], result_range = array<i64: 0, 1, 2>} -> tensor<4x8xi8>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#nz = affine_map<(m, n, k) -> (n, 0)>

func.func @matmul_c15_no_panels(%x: tensor<4x64xi8>, %w: tensor<8x64xi8>, %s: tensor<8x1xi32>, %i: tensor<4x8xi32>) {
  // expected-error @+1 {{(C15) expected sums beside exactly one side in panels, of integers}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xi8> scheme <int8, tensor>) rhs(%w : tensor<8x64xi8> scheme <int8, channel>)
    outs(%i : tensor<4x8xi32>) sums(%s : tensor<8x1xi32>) {indexing_maps = [#mk, #nk, #mn, #nz]} -> tensor<4x8xi32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @matmul_c15_map(%x: tensor<4x64xi8>, %w: tensor<1x64x16xi8>, %s: tensor<1x1x16xi32>, %i: tensor<4x8xi32>) {
  // expected-error @+1 {{(C15) expected sums mapped by affine_map<(d0, d1, d2) -> (d1, 0)>, got affine_map<(d0, d1, d2) -> (d1, d2)>}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xi8> scheme <int8, tensor>) rhs(%w : tensor<1x64x16xi8> scheme <int8, channel> layout <panel = 16>)
    outs(%i : tensor<4x8xi32>) sums(%s : tensor<1x1x16xi32>) {indexing_maps = [#mk, #nk, #mn, #nk]} -> tensor<4x8xi32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#nz = affine_map<(m, n, k) -> (n, 0)>

func.func @matmul_c15_shape(%x: tensor<4x64xi8>, %w: tensor<1x64x16xi8>, %s: tensor<1x2x16xi32>, %i: tensor<4x8xi32>) {
  // expected-error @+1 {{(C15) expected sums of 'tensor<8x1xi32>' in layout #qlinalg.layout<panel = 16>, got 'tensor<1x2x16xi32>'}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xi8> scheme <int8, tensor>) rhs(%w : tensor<1x64x16xi8> scheme <int8, channel> layout <panel = 16>)
    outs(%i : tensor<4x8xi32>) sums(%s : tensor<1x2x16xi32>) {indexing_maps = [#mk, #nk, #mn, #nz]} -> tensor<4x8xi32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#nz = affine_map<(m, n, k) -> (n, 0)>

func.func @matmul_c15_type(%x: tensor<4x64xi8>, %w: tensor<1x64x16xi8>, %s: tensor<1x1x16xf32>, %i: tensor<4x8xi32>) {
  // expected-error @+1 {{(C15) expected sums of 'tensor<8x1xi32>' in layout #qlinalg.layout<panel = 16>, got 'tensor<1x1x16xf32>'}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xi8> scheme <int8, tensor>) rhs(%w : tensor<1x64x16xi8> scheme <int8, channel> layout <panel = 16>)
    outs(%i : tensor<4x8xi32>) sums(%s : tensor<1x1x16xf32>) {indexing_maps = [#mk, #nk, #mn, #nz]} -> tensor<4x8xi32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#ng = affine_map<(m, n, k) -> (n, k floordiv 32)>
#ns = affine_map<(m, n, k) -> (n, k floordiv 64)>

func.func @matmul_c16_rows(%x: tensor<4x64xf32>, %w: tensor<8x64xi4>, %s: tensor<8x2xi8>, %t: tensor<8x1xf16>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{(C16) expected scales that are codes, with a scheme and scales of their own, beside codes in panels that have groups and f32 scales, for rhs}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<8x64xi4> scales %s : tensor<8x2xi8> of %t : tensor<8x1xf16> scales_scheme <int8, group = 2, scales = f16> scheme <int4, group = 32>)
    outs(%i : tensor<4x8xf32>) {indexing_maps = [#mk, #nk, #ng, #mn, #ns]} -> tensor<4x8xf32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#ng = affine_map<(m, n, k) -> (n, k floordiv 32)>
#ns = affine_map<(m, n, k) -> (n, k floordiv 64)>

func.func @matmul_c16_scheme(%x: tensor<4x64xf32>, %w: tensor<1x8x64xi8>, %s: tensor<1x2x16xi8>, %t: tensor<1x1x16xf32>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{(C16) expected symmetric or positive integers of at most 8 bits in groups for the scales of rhs, got #qlinalg.scheme<int8, channel, symmetric>}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<1x8x64xi8> scales %s : tensor<1x2x16xi8> of %t : tensor<1x1x16xf32> scales_scheme <int8, channel> scheme <int4, group = 32> layout <panel = 16, step = 4, block = 32, excess>)
    outs(%i : tensor<4x8xf32>) {indexing_maps = [#mk, #nk, #ng, #mn, #ns]} -> tensor<4x8xf32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#ng = affine_map<(m, n, k) -> (n, k floordiv 32)>
#ns = affine_map<(m, n, k) -> (n, k floordiv 64)>

func.func @matmul_c16_type(%x: tensor<4x64xf32>, %w: tensor<1x8x64xi8>, %s: tensor<1x2x16xi8>, %t: tensor<1x1x16xf32>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{(C16) expected scales of 'i8' of scales of 'f16' for rhs, got 'i8' of 'f32'}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<1x8x64xi8> scales %s : tensor<1x2x16xi8> of %t : tensor<1x1x16xf32> scales_scheme <int6, group = 2, scales = f16> scheme <int4, group = 32> layout <panel = 16, step = 4, block = 32, excess>)
    outs(%i : tensor<4x8xf32>) {indexing_maps = [#mk, #nk, #ng, #mn, #ns]} -> tensor<4x8xf32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#ng = affine_map<(m, n, k) -> (n, k floordiv 32)>
#ns = affine_map<(m, n, k) -> (n, k floordiv 64)>

func.func @matmul_c16_shape(%x: tensor<4x64xf32>, %w: tensor<1x8x64xi8>, %s: tensor<1x3x16xi8>, %t: tensor<1x1x16xf16>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{(C9) expected parameters of the shape of}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<1x8x64xi8> scales %s : tensor<1x3x16xi8> of %t : tensor<1x1x16xf16> scales_scheme <int6, group = 2, scales = f16> scheme <int4, group = 32> layout <panel = 16, step = 4, block = 32, excess>)
    outs(%i : tensor<4x8xf32>) {indexing_maps = [#mk, #nk, #ng, #mn, #ns]} -> tensor<4x8xf32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#ng = affine_map<(m, n, k) -> (n, k floordiv 32)>
#ns = affine_map<(m, n, k) -> (n, k floordiv 64)>

func.func @matmul_c16_map(%x: tensor<4x64xf32>, %w: tensor<1x8x64xi8>, %s: tensor<1x2x16xi8>, %t: tensor<1x1x16xf16>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{(C7) expected parameters of rhs mapped by its dimensions}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<1x8x64xi8> scales %s : tensor<1x2x16xi8> of %t : tensor<1x1x16xf16> scales_scheme <int6, group = 2, scales = f16> scheme <int4, group = 32> layout <panel = 16, step = 4, block = 32, excess>)
    outs(%i : tensor<4x8xf32>) {indexing_maps = [#mk, #nk, #ng, #mn, #ng]} -> tensor<4x8xf32>
  return
}

// -----

func.func @sum_codes_c1_type(%w: tensor<8x64xi8>) {
  // expected-error @+1 {{(C1) expected static codes of an integer scheme, of rank 1 or more, got 'tensor<8x64xi8>' and #qlinalg.scheme<int4, channel, symmetric>}}
  %0 = qlinalg.sum_codes %w <int4, channel> : tensor<8x64xi8> -> tensor<8x1xi32>
  return
}

// -----

func.func @sum_codes_c1_nf4(%w: tensor<8x64xi4>) {
  // expected-error @+1 {{(C1) expected static codes of an integer scheme}}
  %0 = qlinalg.sum_codes %w <nf4, channel> : tensor<8x64xi4> -> tensor<8x1xi32>
  return
}

// -----

func.func @sum_codes_c2_none(%w: tensor<8x64xi8>) {
  // expected-error @+1 {{(C2) expected zero points for scheme}}
  %0 = qlinalg.sum_codes %w <int8, channel, affine> : tensor<8x64xi8> -> tensor<8x1xi32>
  return
}

// -----

func.func @sum_codes_c2_shape(%w: tensor<8x64xi8>, %z: tensor<8xi8>) {
  // expected-error @+1 {{(C2) expected zero points of shape [8, 2], got [8]}}
  %0 = qlinalg.sum_codes %w zero_points %z <int8, group = 32, affine> : tensor<8x64xi8> zero_points tensor<8xi8> -> tensor<8x2xi32>
  return
}

// -----

func.func @sum_codes_c1_dynamic(%w: tensor<?x64xi8>) {
  // expected-error @+1 {{(C1) expected static codes of an integer scheme}}
  %0 = qlinalg.sum_codes %w <int8, channel> : tensor<?x64xi8> -> tensor<8x1xi32>
  return
}

// -----

func.func @sum_codes_result(%w: tensor<8x64xi8>) {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{inferred type(s) 'tensor<8x1xi32>' are incompatible with return type(s) of operation 'tensor<8x2xi32>'}}
  %0 = qlinalg.sum_codes %w <int8, channel> : tensor<8x64xi8> -> tensor<8x2xi32>
  return
}
