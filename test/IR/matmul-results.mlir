// RUN: quant-opt %s | quant-opt | FileCheck %s
// RUN: quant-opt %s -mlir-print-op-generic | quant-opt | FileCheck %s

// What a matmul can yield beside floats.

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#n = affine_map<(m, n, k) -> (n)>
#zn = affine_map<(m, n, k) -> (0, n)>
#ng = affine_map<(m, n, k) -> (n, k floordiv 32)>
#nz = affine_map<(m, n, k) -> (n, 0)>
#none = affine_map<(m, n, k) -> ()>

// The sums themselves, as ONNX's MatMulInteger has them.
// CHECK-LABEL: func.func @sums
// CHECK: qlinalg.matmul lhs(%{{.*}} : tensor<?x64xi8> zero_points %{{.*}} : tensor<i8> scheme <uint8, tensor, affine>)
// CHECK-SAME: rhs(%{{.*}} : tensor<32x64xi8> zero_points %{{.*}} : tensor<32xi8> scheme <int8, channel, affine>)
// CHECK-SAME: outs(%{{.*}} : tensor<?x32xi32>) {indexing_maps = [{{[^]]*}}]} -> tensor<?x32xi32>
// CHECK: qlinalg.matmul lhs(%{{.*}} : tensor<?x64xi8> scheme <int8, token, symmetric>)
// CHECK-SAME: rhs(%{{.*}} : tensor<32x64xi4> scheme <int4, channel, symmetric>)
// CHECK-SAME: bias(%{{.*}} : tensor<1x32xi32>) outs(%{{.*}} : tensor<?x32xi32>)
func.func @sums(%x: tensor<?x64xi8>, %xz: tensor<i8>, %w: tensor<32x64xi8>, %wz: tensor<32xi8>, %v: tensor<32x64xi4>,
                %b: tensor<1x32xi32>, %i: tensor<?x32xi32>) {
  %0 = qlinalg.matmul lhs(%x : tensor<?x64xi8> zero_points %xz : tensor<i8> scheme <uint8, tensor, affine>)
    rhs(%w : tensor<32x64xi8> zero_points %wz : tensor<32xi8> scheme <int8, channel, affine>)
    outs(%i : tensor<?x32xi32>) {indexing_maps = [#mk, #none, #nk, #n, #mn]} -> tensor<?x32xi32>
  %1 = qlinalg.matmul lhs(%x : tensor<?x64xi8> scheme <int8, token>) rhs(%v : tensor<32x64xi4> scheme <int4, channel>)
    bias(%b : tensor<1x32xi32>) outs(%i : tensor<?x32xi32>) {indexing_maps = [#mk, #nk, #zn, #mn]} -> tensor<?x32xi32>
  return
}

// What quantize would give of the f32 result; any sides, with all that a float result can have.
// CHECK-LABEL: func.func @codes_by_scale
// CHECK: qlinalg.matmul lhs(%{{.*}} : tensor<?x64xf32>) rhs
// CHECK-SAME: bias(%{{.*}} : tensor<32xf32>) epilogue <gelu> times(%{{.*}} : tensor<1x32xf32>)
// CHECK-SAME: outs(%{{.*}} : tensor<?x32xi8> scales %{{.*}} : tensor<f32> zero_points %{{.*}} : tensor<i8> scheme <uint8, tensor, affine>)
// CHECK-SAME: {indexing_maps = [{{.*}}], result_range = array<i64: 3, 200>} -> tensor<?x32xi8>
func.func @codes_by_scale(%x: tensor<?x64xf32>, %w: tensor<32x64xi8>, %s: tensor<32x2xf32>, %b: tensor<32xf32>,
                          %t: tensor<1x32xf32>, %ys: tensor<f32>, %yz: tensor<i8>, %i: tensor<?x32xi8>) {
  %0 = qlinalg.matmul lhs(%x : tensor<?x64xf32>) rhs(%w : tensor<32x64xi8> scales %s : tensor<32x2xf32> scheme <int8, group = 32>)
    bias(%b : tensor<32xf32>) epilogue <gelu> times(%t : tensor<1x32xf32>)
    outs(%i : tensor<?x32xi8> scales %ys : tensor<f32> zero_points %yz : tensor<i8> scheme <uint8, tensor, affine>)
    {indexing_maps = [#mk, #nk, #ng, #n, #zn, #mn, #none, #none], result_range = array<i64: 3, 200>} -> tensor<?x32xi8>
  return
}

// No float anywhere.
// CHECK-LABEL: func.func @codes_by_multiplier
// CHECK: qlinalg.matmul lhs(%{{.*}} : tensor<?x64xi8> scheme <int8, tensor, symmetric>) rhs(%{{.*}} : tensor<32x64xi8> scheme <int8, channel, symmetric>)
// CHECK-SAME: bias(%{{.*}} : tensor<32xi32>) epilogue <relu>
// CHECK-SAME: outs(%{{.*}} : tensor<?x32xi8> multipliers %{{.*}} : tensor<32xi32> shifts %{{.*}} : tensor<1x32xi32> zero_points %{{.*}} : tensor<i8>
// CHECK-SAME: scheme <int8, tensor, affine, rounding = away> requantize <exact>)
// CHECK: qlinalg.matmul
// CHECK-SAME: outs(%{{.*}} : tensor<?x32xi8> multipliers %{{.*}} : tensor<i32> shifts %{{.*}} : tensor<i32> scheme <int8, tensor, symmetric> requantize <twice>)
func.func @codes_by_multiplier(%x: tensor<?x64xi8>, %w: tensor<32x64xi8>, %b: tensor<32xi32>, %m: tensor<32xi32>,
                               %h: tensor<1x32xi32>, %yz: tensor<i8>, %m1: tensor<i32>, %h1: tensor<i32>, %i: tensor<?x32xi8>) {
  %0 = qlinalg.matmul lhs(%x : tensor<?x64xi8> scheme <int8, tensor>) rhs(%w : tensor<32x64xi8> scheme <int8, channel>)
    bias(%b : tensor<32xi32>) epilogue <relu>
    outs(%i : tensor<?x32xi8> multipliers %m : tensor<32xi32> shifts %h : tensor<1x32xi32> zero_points %yz : tensor<i8>
      scheme <int8, tensor, affine, rounding = away> requantize <exact>)
    {indexing_maps = [#mk, #nk, #n, #mn, #n, #zn, #none]} -> tensor<?x32xi8>
  %1 = qlinalg.matmul lhs(%x : tensor<?x64xi8> scheme <int8, tensor>) rhs(%w : tensor<32x64xi8> scheme <int8, channel>)
    outs(%i : tensor<?x32xi8> multipliers %m1 : tensor<i32> shifts %h1 : tensor<i32> scheme <int8, tensor> requantize <twice>)
    {indexing_maps = [#mk, #nk, #mn, #none, #none]} -> tensor<?x32xi8>
  return
}

// Sums of the weight that are known beforehand lie in panels as the weight does, for each group and without groups.
// CHECK-LABEL: func.func @known_sums
// CHECK: qlinalg.matmul
// CHECK-SAME: outs(%{{.*}} : tensor<?x40xf32>) sums(%{{.*}} : tensor<3x2x16xi32>) {indexing_maps
// CHECK: qlinalg.matmul
// CHECK-SAME: outs(%{{.*}} : memref<?x40xi32>) sums(%{{.*}} : memref<3x1x16xi32>) {indexing_maps
func.func @known_sums(%x: tensor<?x64xi8>, %xs: tensor<f32>, %xz: tensor<i8>, %w: tensor<3x64x16xi8>, %s: tensor<40x2xf32>,
                      %sums: tensor<3x2x16xi32>, %i: tensor<?x40xf32>, %bx: memref<?x64xi8>, %bz: memref<i8>,
                      %bw: memref<3x64x16xi8>, %bsums: memref<3x1x16xi32>, %bi: memref<?x40xi32>) {
  %0 = qlinalg.matmul lhs(%x : tensor<?x64xi8> scales %xs : tensor<f32> zero_points %xz : tensor<i8> scheme <int8, tensor, affine>)
    rhs(%w : tensor<3x64x16xi8> scales %s : tensor<40x2xf32> scheme <int8, group = 32> layout <panel = 16>)
    outs(%i : tensor<?x40xf32>) sums(%sums : tensor<3x2x16xi32>)
    {indexing_maps = [#mk, #none, #none, #nk, #ng, #mn, #ng]} -> tensor<?x40xf32>
  qlinalg.matmul lhs(%bx : memref<?x64xi8> zero_points %bz : memref<i8> scheme <int8, tensor, affine>)
    rhs(%bw : memref<3x64x16xi8> scheme <int8, channel> layout <panel = 16>)
    outs(%bi : memref<?x40xi32>) sums(%bsums : memref<3x1x16xi32>) {indexing_maps = [#mk, #none, #nk, #mn, #nz]}
  return
}

// CHECK-LABEL: func.func @sum_codes
// CHECK: qlinalg.sum_codes %{{.*}} <int4, group = 32, symmetric> : tensor<2x3x80xi4> -> tensor<2x3x3xi32>
// CHECK: qlinalg.sum_codes %{{.*}} zero_points %{{.*}} <uint8, channel, affine> : tensor<3x80xi8> zero_points tensor<3xi8> -> tensor<3x1xi32>
// CHECK: qlinalg.sum_codes %{{.*}} zero_points %{{.*}} <uint8, tensor, affine> : tensor<3x80xi8> zero_points tensor<i8> -> tensor<3x1xi32>
func.func @sum_codes(%w: tensor<2x3x80xi4>, %v: tensor<3x80xi8>, %z: tensor<3xi8>, %one: tensor<i8>) {
  %0 = qlinalg.sum_codes %w <int4, group = 32> : tensor<2x3x80xi4> -> tensor<2x3x3xi32>
  %1 = qlinalg.sum_codes %v zero_points %z <uint8, channel, affine> : tensor<3x80xi8> zero_points tensor<3xi8> -> tensor<3x1xi32>
  %2 = qlinalg.sum_codes %v zero_points %one <uint8, tensor, affine> : tensor<3x80xi8> zero_points tensor<i8> -> tensor<3x1xi32>
  return
}
