// RUN: quant-opt %s | quant-opt | FileCheck %s
// RUN: quant-opt %s --mlir-print-op-generic | quant-opt | FileCheck %s
// RUN: quant-opt %s --emit-bytecode | quant-opt | FileCheck %s

// Every op, attribute and option in custom assembly, through text, the generic form and bytecode.

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

// Storages; what has its default is not written.
// CHECK-LABEL: func.func private @storages
// CHECK-SAME: a0 = #qlinalg.scheme<int8, channel, symmetric>
// CHECK-SAME: a1 = #qlinalg.scheme<int4, group = 32, symmetric>
// CHECK-SAME: a2 = #qlinalg.scheme<int2, group = 16, affine>
// CHECK-SAME: a3 = #qlinalg.scheme<uint8, tensor, symmetric>
// CHECK-SAME: a4 = #qlinalg.scheme<uint4, group = 1, affine>
// CHECK-SAME: a5 = #qlinalg.scheme<uint2, channel, affine>
// CHECK-SAME: a6 = #qlinalg.scheme<nf4, group = 64>
// CHECK-SAME: a7 = #qlinalg.scheme<fp4, group = 32>
// CHECK-SAME: a8 = #qlinalg.scheme<f8E4M3FN, channel>
// CHECK-SAME: a9 = #qlinalg.scheme<bf16>
// CHECK-SAME: b0 = #qlinalg.scheme<f16>
// CHECK-SAME: b1 = #qlinalg.scheme<int16, tensor, symmetric>
// CHECK-SAME: b2 = #qlinalg.scheme<uint16, channel, affine>
func.func private @storages() attributes {
  a0 = #qlinalg.scheme<int8, channel>,
  a1 = #qlinalg.scheme<int4, group = 32, symmetric>,
  a2 = #qlinalg.scheme<int2, group = 16, affine>,
  a3 = #qlinalg.scheme<uint8, tensor, symmetric>,
  a4 = #qlinalg.scheme<uint4, group = 1, affine>,
  a5 = #qlinalg.scheme<uint2, channel, affine>,
  a6 = #qlinalg.scheme<nf4, group = 64, symmetric>,
  a7 = #qlinalg.scheme<fp4, group = 32>,
  a8 = #qlinalg.scheme<f8E4M3FN, channel>,
  a9 = #qlinalg.scheme<bf16>,
  b0 = #qlinalg.scheme<f16>,
  b1 = #qlinalg.scheme<int16, tensor>,
  b2 = #qlinalg.scheme<uint16, channel, affine>}

// CHECK-LABEL: func.func private @settings
// CHECK-SAME: a0 = #qlinalg.scheme<int8, token, symmetric>
// CHECK-SAME: a1 = #qlinalg.scheme<int8, token_group = 32, symmetric>
// CHECK-SAME: a2 = #qlinalg.scheme<int8, channel, symmetric, scales = f16>
// CHECK-SAME: a3 = #qlinalg.scheme<int8, channel, symmetric, scales = bf16>
// CHECK-SAME: a4 = #qlinalg.scheme<int8, channel, symmetric, rounding = away>
// CHECK-SAME: a5 = #qlinalg.scheme<int8, channel, symmetric, division = reciprocal>
// CHECK-SAME: a6 = #qlinalg.scheme<uint8, group = 7, affine, scales = f16, rounding = away, division = reciprocal>
// CHECK-SAME: a7 = #qlinalg.scheme<int8, channel, symmetric>
// CHECK-SAME: a8 = #qlinalg.scheme<nf4, group = 8, scales = bf16>
// CHECK-SAME: a9 = #qlinalg.scheme<uint6, group = 8, positive, scales = f16>
func.func private @settings() attributes {
  a0 = #qlinalg.scheme<int8, token, symmetric>,
  a1 = #qlinalg.scheme<int8, token_group = 32, symmetric>,
  a2 = #qlinalg.scheme<int8, channel, symmetric, scales = f16>,
  a3 = #qlinalg.scheme<int8, channel, symmetric, scales = bf16>,
  a4 = #qlinalg.scheme<int8, channel, symmetric, rounding = away>,
  a5 = #qlinalg.scheme<int8, channel, symmetric, division = reciprocal>,
  a6 = #qlinalg.scheme<uint8, group = 7, affine, scales = f16, rounding = away, division = reciprocal>,
  a7 = #qlinalg.scheme<int8, channel, symmetric, scales = f32, rounding = even, division = divide>,
  a8 = #qlinalg.scheme<nf4, group = 8, scales = bf16>,
  a9 = #qlinalg.scheme<uint6, group = 8, positive, scales = f16>}

// CHECK-LABEL: func.func private @others
// CHECK-SAME: a0 = #qlinalg.layout<rows>
// CHECK-SAME: a1 = #qlinalg.layout<panel = 16>
// CHECK-SAME: a2 = #qlinalg.layout<panel = 1>
// CHECK-SAME: a3 = #qlinalg.accumulator<16, bound = 32767>
// CHECK-SAME: a4 = #qlinalg.accumulator<32, bound = 32768>
// CHECK-SAME: a5 = #qlinalg.accumulator<64, bound = 9223372036854775807>
// CHECK-SAME: a6 = #qlinalg.epilogue<none>
// CHECK-SAME: a7 = #qlinalg.statistics<range, moments, channels, histogram, second_moments>
func.func private @others() attributes {
  a0 = #qlinalg.layout<rows>,
  a1 = #qlinalg.layout<panel = 16>,
  a2 = #qlinalg.layout<panel = 1>,
  a3 = #qlinalg.accumulator<16, bound = 32767>,
  a4 = #qlinalg.accumulator<32, bound = 32768>,
  a5 = #qlinalg.accumulator<64, bound = 9223372036854775807>,
  a6 = #qlinalg.epilogue<none>,
  a7 = #qlinalg.statistics<range, moments, channels, histogram, second_moments>}

//===----------------------------------------------------------------------===//
// Ops on tensors
//===----------------------------------------------------------------------===//

// Scales that are codes of 6 bits, 8 of them of one of theirs: two groups of 8 rows in a panel of 16.
// CHECK-LABEL: func.func @scale_codes
// CHECK: rhs(%{{.*}} : tensor<1x8x64xi8> scales %{{.*}} : tensor<1x2x16xi8> of %{{.*}} : tensor<1x1x16xf16> scales_scheme <uint6, group = 8, positive, scales = f16> scheme <int4, group = 32, symmetric> layout <panel = 16, step = 4, block = 32, excess>)
func.func @scale_codes(%x: tensor<4x64xf32>, %w: tensor<1x8x64xi8>, %s: tensor<1x2x16xi8>, %t: tensor<1x1x16xf16>, %i: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>)
      rhs(%w : tensor<1x8x64xi8> scales %s : tensor<1x2x16xi8> of %t : tensor<1x1x16xf16> scales_scheme <uint6, group = 8, positive, scales = f16>
        scheme <int4, group = 32> layout <panel = 16, step = 4, block = 32, excess>)
      outs(%i : tensor<4x8xf32>) {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>,
        affine_map<(m, n, k) -> (n, k floordiv 32)>, affine_map<(m, n, k) -> (m, n)>, affine_map<(m, n, k) -> (n, k floordiv 256)>]} -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

// CHECK-LABEL: func.func @observe
// CHECK: qlinalg.observe %{{.*}} site "mlp.up.input" <range> : tensor<4x64xf32>
// CHECK: qlinalg.observe %{{.*}} site "a b" <moments, channels> : tensor<4x64xf32>
// CHECK: qlinalg.observe %{{.*}} site "c" <histogram, second_moments> : tensor<?x?xbf16>
// CHECK: qlinalg.observe %{{.*}} site "d" channels [1, 0] <range> : tensor<4x64xf32>
func.func @observe(%x: tensor<4x64xf32>, %y: tensor<?x?xbf16>) {
  %0 = qlinalg.observe %x site "mlp.up.input" <range> : tensor<4x64xf32>
  %1 = qlinalg.observe %0 site "a b" <moments, channels> : tensor<4x64xf32>
  %2 = qlinalg.observe %y site "c" <histogram, second_moments> : tensor<?x?xbf16>
  %3 = qlinalg.observe %x site "d" channels [1, 0] <range> : tensor<4x64xf32>
  return
}

// Each counts: equal ones stay, and those in which nothing is read.
// CHECK-LABEL: func.func @record
// CHECK: qlinalg.record %{{.*}} observer 0 : tensor<f64>
// CHECK: qlinalg.record %{{.*}} observer 0 : tensor<f64>
// CHECK: qlinalg.record %{{.*}} observer 7 channels [2, 0] : memref<4x?x8xf16, strided<[?, ?, ?], offset: ?>>
func.func @record(%x: tensor<f64>, %y: memref<4x?x8xf16, strided<[?, ?, ?], offset: ?>>) {
  qlinalg.record %x observer 0 : tensor<f64>
  qlinalg.record %x observer 0 : tensor<f64>
  qlinalg.record %y observer 7 channels [2, 0] : memref<4x?x8xf16, strided<[?, ?, ?], offset: ?>>
  return
}

// CHECK-LABEL: func.func @choose_params
// CHECK: qlinalg.choose_params %{{.*}} <int8, token, symmetric> by #{{.*}} : tensor<4x64xf32> -> tensor<4xf32>
// CHECK: qlinalg.choose_params %{{.*}} <uint4, group = 32, affine, scales = f16> by #{{.*}} : tensor<4x64xf32> -> tensor<4x2xf16>, tensor<4x2xi8>
// CHECK: qlinalg.choose_params %{{.*}} <f8E4M3FN, tensor> by #{{.*}} : tensor<4x64xf32> -> tensor<f32>
// CHECK: qlinalg.choose_params %{{.*}} <int8, token_group = 32, symmetric> by #{{.*}} : tensor<?x?xf16> -> tensor<?x?xf32>
// The last group may be shorter: ceil(64 / 48) = 2.
// CHECK: qlinalg.choose_params %{{.*}} <nf4, group = 48> by #{{.*}} : tensor<4x64xf32> -> tensor<4x2xf32>
// CHECK: qlinalg.choose_params %{{.*}} <uint16, tensor, affine> by #{{.*}} : tensor<4x64xf32> -> tensor<f32>, tensor<i16>
func.func @choose_params(%x: tensor<4x64xf32>, %y: tensor<?x?xf16>) {
  %0 = qlinalg.choose_params %x <int8, token, symmetric> by affine_map<(d0, d1) -> (d0)>
    : tensor<4x64xf32> -> tensor<4xf32>
  %1:2 = qlinalg.choose_params %x <uint4, group = 32, affine, scales = f16> by affine_map<(d0, d1) -> (d0, d1 floordiv 32)>
    : tensor<4x64xf32> -> tensor<4x2xf16>, tensor<4x2xi8>
  %2 = qlinalg.choose_params %x <f8E4M3FN, tensor> by affine_map<(d0, d1) -> ()> : tensor<4x64xf32> -> tensor<f32>
  %3 = qlinalg.choose_params %y <int8, token_group = 32, symmetric> by affine_map<(d0, d1) -> (d0, d1 floordiv 32)>
    : tensor<?x?xf16> -> tensor<?x?xf32>
  %4 = qlinalg.choose_params %x <nf4, group = 48> by affine_map<(d0, d1) -> (d0, d1 floordiv 48)>
    : tensor<4x64xf32> -> tensor<4x2xf32>
  %5:2 = qlinalg.choose_params %x <uint16, tensor, affine> by affine_map<(d0, d1) -> ()>
    : tensor<4x64xf32> -> tensor<f32>, tensor<i16>
  return
}

// CHECK-LABEL: func.func @dynamic_quantize
// CHECK: qlinalg.dynamic_quantize %{{.*}} <int8, token, symmetric> by #{{.*}} outs(%{{.*}}, %{{.*}} : tensor<4x64xi8>, tensor<4xf32>) : tensor<4x64xf32> -> tensor<4x64xi8>, tensor<4xf32>
// CHECK: qlinalg.dynamic_quantize %{{.*}} <uint8, token_group = 48, affine, scales = f16> by #{{.*}} outs(%{{.*}} : memref<4x64xi8>, memref<4x2xf16>, memref<4x2xi8>) : memref<4x64xbf16, strided<[80, 1]>>{{$}}
func.func @dynamic_quantize(%x: tensor<4x64xf32>, %q: tensor<4x64xi8>, %s: tensor<4xf32>,
    %y: memref<4x64xbf16, strided<[80, 1]>>, %p: memref<4x64xi8>, %t: memref<4x2xf16>, %z: memref<4x2xi8>) {
  %0:2 = qlinalg.dynamic_quantize %x <int8, token, symmetric> by affine_map<(d0, d1) -> (d0)>
    outs(%q, %s : tensor<4x64xi8>, tensor<4xf32>) : tensor<4x64xf32> -> tensor<4x64xi8>, tensor<4xf32>
  qlinalg.dynamic_quantize %y <uint8, token_group = 48, affine, scales = f16> by affine_map<(d0, d1) -> (d0, d1 floordiv 48)>
    outs(%p, %t, %z : memref<4x64xi8>, memref<4x2xf16>, memref<4x2xi8>) : memref<4x64xbf16, strided<[80, 1]>>
  return
}

// CHECK-LABEL: func.func @convert
// CHECK: %[[Q:.*]] = qlinalg.quantize %{{.*}} scales %{{.*}} zero_points %{{.*}} <uint4, group = 32, affine> by #{{.*}} : tensor<4x64xf32> scales tensor<4x2xf32> zero_points tensor<4x2xi8> -> tensor<4x64xi4>
// CHECK: qlinalg.dequantize %[[Q]] scales %{{.*}} zero_points %{{.*}} <uint4, group = 32, affine> by #{{.*}} : tensor<4x64xi4> scales tensor<4x2xf32> zero_points tensor<4x2xi8> -> tensor<4x64xf32>
// CHECK: qlinalg.fake_quantize %{{.*}} scales %{{.*}} zero_points %{{.*}} <uint4, group = 32, affine> by #{{.*}} : tensor<4x64xf32> scales tensor<4x2xf32> zero_points tensor<4x2xi8> -> tensor<4x64xf32>
// CHECK: %[[P:.*]] = qlinalg.quantize %{{.*}} scales %{{.*}} <f8E4M3FN, tensor> by #{{.*}} : tensor<4x64xf32> scales tensor<f32> -> tensor<4x64xf8E4M3FN>
// CHECK: qlinalg.dequantize %[[P]] scales %{{.*}} <f8E4M3FN, tensor> by #{{.*}} : tensor<4x64xf8E4M3FN> scales tensor<f32> -> tensor<4x64xf64>
// CHECK: %[[B:.*]] = qlinalg.quantize %{{.*}} <bf16> by #{{.*}} : tensor<4x64xf32> -> tensor<4x64xbf16>
// CHECK: qlinalg.dequantize %[[B]] <bf16> by #{{.*}} : tensor<4x64xbf16> -> tensor<4x64xf32>
// CHECK: qlinalg.fake_quantize %{{.*}} <f16> by #{{.*}} : tensor<4x64xf32> -> tensor<4x64xf32>
func.func @convert(%x: tensor<4x64xf32>, %s: tensor<4x2xf32>, %z: tensor<4x2xi8>, %t: tensor<f32>) {
  %0 = qlinalg.quantize %x scales %s zero_points %z <uint4, group = 32, affine> by affine_map<(d0, d1) -> (d0, d1 floordiv 32)>
    : tensor<4x64xf32> scales tensor<4x2xf32> zero_points tensor<4x2xi8> -> tensor<4x64xi4>
  %1 = qlinalg.dequantize %0 scales %s zero_points %z <uint4, group = 32, affine> by affine_map<(d0, d1) -> (d0, d1 floordiv 32)>
    : tensor<4x64xi4> scales tensor<4x2xf32> zero_points tensor<4x2xi8> -> tensor<4x64xf32>
  %2 = qlinalg.fake_quantize %x scales %s zero_points %z <uint4, group = 32, affine> by affine_map<(d0, d1) -> (d0, d1 floordiv 32)>
    : tensor<4x64xf32> scales tensor<4x2xf32> zero_points tensor<4x2xi8> -> tensor<4x64xf32>
  %3 = qlinalg.quantize %x scales %t <f8E4M3FN, tensor> by affine_map<(d0, d1) -> ()>
    : tensor<4x64xf32> scales tensor<f32> -> tensor<4x64xf8E4M3FN>
  %4 = qlinalg.dequantize %3 scales %t <f8E4M3FN, tensor> by affine_map<(d0, d1) -> ()>
    : tensor<4x64xf8E4M3FN> scales tensor<f32> -> tensor<4x64xf64>
  %5 = qlinalg.quantize %x <bf16> by affine_map<(d0, d1) -> ()> : tensor<4x64xf32> -> tensor<4x64xbf16>
  %6 = qlinalg.dequantize %5 <bf16> by affine_map<(d0, d1) -> ()> : tensor<4x64xbf16> -> tensor<4x64xf32>
  %7 = qlinalg.fake_quantize %x <f16> by affine_map<(d0, d1) -> ()> : tensor<4x64xf32> -> tensor<4x64xf32>
  return
}

// 33 rows are three panels of 16, 5 codes of 4 bits are three bytes.
// CHECK-LABEL: func.func @layouts
// CHECK: %[[P:.*]] = qlinalg.pack %{{.*}} <panel = 16> : tensor<33x5xi4> -> tensor<3x3x16xi8>
// CHECK: qlinalg.unpack %[[P]] <panel = 16> : tensor<3x3x16xi8> -> tensor<33x5xi4>
// CHECK: qlinalg.pack %{{.*}} <panel = 8> : tensor<2x8x3xf32> -> tensor<2x1x3x8xf32>
// CHECK: qlinalg.unpack %{{.*}} <rows> : tensor<?x2xi8> -> tensor<?x7xi2>
// CHECK: qlinalg.pack %{{.*}} <panel = 4> : tensor<4x6xbf16> -> tensor<1x6x4xbf16>
func.func @layouts(%w: tensor<33x5xi4>, %s: tensor<2x8x3xf32>, %r: tensor<?x2xi8>, %b: tensor<4x6xbf16>) {
  %0 = qlinalg.pack %w <panel = 16> : tensor<33x5xi4> -> tensor<3x3x16xi8>
  %1 = qlinalg.unpack %0 <panel = 16> : tensor<3x3x16xi8> -> tensor<33x5xi4>
  %2 = qlinalg.pack %s <panel = 8> : tensor<2x8x3xf32> -> tensor<2x1x3x8xf32>
  %3 = qlinalg.unpack %r <rows> : tensor<?x2xi8> -> tensor<?x7xi2>
  %4 = qlinalg.pack %b <panel = 4> : tensor<4x6xbf16> -> tensor<1x6x4xbf16>
  return
}

//===----------------------------------------------------------------------===//
// matmul
//===----------------------------------------------------------------------===//

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#n = affine_map<(m, n, k) -> (n)>
#m = affine_map<(m, n, k) -> (m)>
#zn = affine_map<(m, n, k) -> (0, n)>
#mz = affine_map<(m, n, k) -> (m, 0)>
#ng = affine_map<(m, n, k) -> (n, k floordiv 32)>
#mg = affine_map<(m, n, k) -> (m, k floordiv 32)>

// CHECK-LABEL: func.func @matmul_weight
// CHECK: qlinalg.matmul lhs(%{{.*}} : tensor<?x64xf32>)
// CHECK-SAME: rhs(%{{.*}} : tensor<32x64xi4> scales %{{.*}} : tensor<32x2xf32> scheme <int4, group = 32, symmetric>)
// CHECK-SAME: outs(%{{.*}} : tensor<?x32xf32>) {indexing_maps = [{{.*}}], site = "mlp.up"} -> tensor<?x32xf32>
func.func @matmul_weight(%x: tensor<?x64xf32>, %w: tensor<32x64xi4>, %s: tensor<32x2xf32>, %i: tensor<?x32xf32>) -> tensor<?x32xf32> {
  %0 = qlinalg.matmul lhs(%x : tensor<?x64xf32>)
    rhs(%w : tensor<32x64xi4> scales %s : tensor<32x2xf32> scheme <int4, group = 32, symmetric>)
    outs(%i : tensor<?x32xf32>) {indexing_maps = [#mk, #nk, #ng, #mn], site = "mlp.up"} -> tensor<?x32xf32>
  return %0 : tensor<?x32xf32>
}

// Both sides integers, everything that can be there.
// CHECK-LABEL: func.func @matmul_everything
// CHECK: qlinalg.matmul lhs(%{{.*}} : tensor<4x64xi8> scales %{{.*}} : tensor<4x2xf32> scheme <int8, token_group = 32, symmetric>)
// CHECK-SAME: rhs(%{{.*}} : tensor<2x64x16xi8> scales %{{.*}} : tensor<32xf16> zero_points %{{.*}} : tensor<32xi8> scheme <uint8, channel, affine, scales = f16> layout <panel = 16>)
// CHECK-SAME: bias(%{{.*}} : tensor<1x32xf32>) epilogue <gelu> times(%{{.*}} : tensor<4x1xf16>)
// CHECK-SAME: outs(%{{.*}} : tensor<4x32xbf16>) {accumulator = #qlinalg.accumulator<32, bound = 1000000>, indexing_maps = [{{.*}}]} -> tensor<4x32xbf16>
func.func @matmul_everything(%x: tensor<4x64xi8>, %xs: tensor<4x2xf32>, %w: tensor<2x64x16xi8>, %s: tensor<32xf16>,
                             %z: tensor<32xi8>, %b: tensor<1x32xf32>, %t: tensor<4x1xf16>, %i: tensor<4x32xbf16>) {
  %0 = qlinalg.matmul
    lhs(%x : tensor<4x64xi8> scales %xs : tensor<4x2xf32> scheme <int8, token_group = 32, symmetric>)
    rhs(%w : tensor<2x64x16xi8> scales %s : tensor<32xf16> zero_points %z : tensor<32xi8>
        scheme <uint8, channel, affine, scales = f16> layout <panel = 16>)
    bias(%b : tensor<1x32xf32>) epilogue <gelu> times(%t : tensor<4x1xf16>)
    outs(%i : tensor<4x32xbf16>) {indexing_maps = [#mk, #mg, #nk, #n, #n, #zn, #mz, #mn],
      accumulator = #qlinalg.accumulator<32, bound = 1000000>} -> tensor<4x32xbf16>
  return
}

// The weight on the left, packed rows, no scales for bf16.
// CHECK-LABEL: func.func @matmul_left
// CHECK: qlinalg.matmul lhs(%{{.*}} : tensor<4x32xi8> scales %{{.*}} : tensor<4xf32> scheme <nf4, channel> layout <rows>) rhs(%{{.*}} : tensor<32x64xf16>) outs
// CHECK: qlinalg.matmul lhs(%{{.*}} : tensor<4x64xbf16> scheme <bf16>) rhs(%{{.*}} : tensor<32x64xf16>) epilogue <relu> outs
// CHECK: qlinalg.matmul lhs(%{{.*}} : tensor<4x64xbf16> scheme <bf16>) rhs(%{{.*}} : tensor<32x64xf16>) epilogue <gelu_tanh> outs
// CHECK: qlinalg.matmul lhs(%{{.*}} : tensor<4x64xbf16> scheme <bf16>) rhs(%{{.*}} : tensor<32x64xf16>) epilogue <silu> outs
// CHECK: qlinalg.matmul lhs(%{{.*}} : tensor<4x64xbf16> scheme <bf16>) rhs(%{{.*}} : tensor<32x64xf16>) outs
func.func @matmul_left(%w: tensor<4x32xi8>, %s: tensor<4xf32>, %b: tensor<4x64xbf16>, %x: tensor<32x64xf16>, %i: tensor<4x32xf32>) {
  %0 = qlinalg.matmul lhs(%w : tensor<4x32xi8> scales %s : tensor<4xf32> scheme <nf4, channel> layout <rows>)
    rhs(%x : tensor<32x64xf16>) outs(%i : tensor<4x32xf32>) {indexing_maps = [#mk, #m, #nk, #mn]} -> tensor<4x32xf32>
  %1 = qlinalg.matmul lhs(%b : tensor<4x64xbf16> scheme <bf16>) rhs(%x : tensor<32x64xf16>) epilogue <relu>
    outs(%i : tensor<4x32xf32>) {indexing_maps = [#mk, #nk, #mn]} -> tensor<4x32xf32>
  %2 = qlinalg.matmul lhs(%b : tensor<4x64xbf16> scheme <bf16>) rhs(%x : tensor<32x64xf16>) epilogue <gelu_tanh>
    outs(%i : tensor<4x32xf32>) {indexing_maps = [#mk, #nk, #mn]} -> tensor<4x32xf32>
  %3 = qlinalg.matmul lhs(%b : tensor<4x64xbf16> scheme <bf16>) rhs(%x : tensor<32x64xf16>) epilogue <silu>
    outs(%i : tensor<4x32xf32>) {indexing_maps = [#mk, #nk, #mn]} -> tensor<4x32xf32>
  %4 = qlinalg.matmul lhs(%b : tensor<4x64xbf16> scheme <bf16>) rhs(%x : tensor<32x64xf16>) epilogue <none>
    outs(%i : tensor<4x32xf32>) {indexing_maps = [#mk, #nk, #mn]} -> tensor<4x32xf32>
  return
}

// CHECK-LABEL: func.func @matmul_batch
// CHECK: qlinalg.matmul lhs(%{{.*}} : tensor<2x?x64xf32>) rhs(%{{.*}} : tensor<2x32x64xi8> scales %{{.*}} : tensor<f32> scheme <int8, tensor, symmetric>)
func.func @matmul_batch(%x: tensor<2x?x64xf32>, %w: tensor<2x32x64xi8>, %s: tensor<f32>, %i: tensor<2x?x32xf64>) {
  %0 = qlinalg.matmul lhs(%x : tensor<2x?x64xf32>) rhs(%w : tensor<2x32x64xi8> scales %s : tensor<f32> scheme <int8, tensor, symmetric>)
    outs(%i : tensor<2x?x32xf64>) {indexing_maps = [
      affine_map<(b, m, n, k) -> (b, m, k)>, affine_map<(b, m, n, k) -> (b, n, k)>, affine_map<(b, m, n, k) -> ()>,
      affine_map<(b, m, n, k) -> (b, m, n)>]} -> tensor<2x?x32xf64>
  return
}

// A dot product: no dimension but K.
// CHECK-LABEL: func.func @matmul_dot
// CHECK: qlinalg.matmul lhs(%{{.*}} : tensor<64xf32>) rhs(%{{.*}} : tensor<64xf32>) outs(%{{.*}} : tensor<f32>)
func.func @matmul_dot(%x: tensor<64xf32>, %y: tensor<64xf32>, %i: tensor<f32>) {
  %0 = qlinalg.matmul lhs(%x : tensor<64xf32>) rhs(%y : tensor<64xf32>) outs(%i : tensor<f32>)
    {indexing_maps = [affine_map<(k) -> (k)>, affine_map<(k) -> (k)>, affine_map<(k) -> ()>]} -> tensor<f32>
  return
}

// On memrefs, strided ones too, there is no result.
// CHECK-LABEL: func.func @matmul_memref
// CHECK: qlinalg.matmul lhs(%{{.*}} : memref<4x64xf32, strided<[?, 1], offset: ?>>)
// CHECK-SAME: rhs(%{{.*}} : memref<32x64xi8> scales %{{.*}} : memref<32xf32> scheme <int8, channel, symmetric>)
// CHECK-SAME: bias(%{{.*}} : memref<32xf32>)
// CHECK-SAME: outs(%{{.*}} : memref<4x32xf32>) {indexing_maps = [{{[^]]*}}]}{{$}}
func.func @matmul_memref(%x: memref<4x64xf32, strided<[?, 1], offset: ?>>, %w: memref<32x64xi8>, %s: memref<32xf32>,
                         %b: memref<32xf32>, %y: memref<4x32xf32>) {
  qlinalg.matmul lhs(%x : memref<4x64xf32, strided<[?, 1], offset: ?>>)
    rhs(%w : memref<32x64xi8> scales %s : memref<32xf32> scheme <int8, channel, symmetric>)
    bias(%b : memref<32xf32>) outs(%y : memref<4x32xf32>) {indexing_maps = [#mk, #nk, #n, #n, #mn]}
  return
}
