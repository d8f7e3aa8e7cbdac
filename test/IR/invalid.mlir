// RUN: quant-opt %s -split-input-file -verify-diagnostics

// One function for each numbered constraint of each op, and what attributes refuse.

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

// expected-error @+1 {{expected an unsigned integer storage without zero points for a positive scheme, got int8}}
func.func private @scheme_positive() attributes {a = #qlinalg.scheme<int8, channel, positive>}

// -----

// expected-error @+1 {{expected a storage such as int8, uint4 or nf4, got 'int9'}}
func.func private @scheme_storage() attributes {a = #qlinalg.scheme<int9, channel>}

// -----

// expected-error @+1 {{expected a granularity after int8}}
func.func private @scheme_without_granularity() attributes {a = #qlinalg.scheme<int8>}

// -----

// expected-error @+1 {{expected a granularity (tensor, channel, group, token or token_group), got 'row'}}
func.func private @scheme_granularity() attributes {a = #qlinalg.scheme<int8, row>}

// -----

// expected-error @+1 {{expected a group of 1 or more, got 0}}
func.func private @scheme_group_0() attributes {a = #qlinalg.scheme<int4, group = 0>}

// -----

// expected-error @+1 {{expected a group of 1 or more, got -3}}
func.func private @scheme_group_negative() attributes {a = #qlinalg.scheme<int8, token_group = -3>}

// -----

// expected-error @+1 {{expected an integer storage for an affine scheme, got nf4}}
func.func private @scheme_affine_codebook() attributes {a = #qlinalg.scheme<nf4, group = 64, affine>}

// -----

// expected-error @+1 {{expected scales of f32, f16 or bf16, got f64}}
func.func private @scheme_scales_f64() attributes {a = #qlinalg.scheme<int8, channel, symmetric, scales = f64>}

// -----

// expected-error @+1 {{expected f32, f16 or bf16, got 'f8'}}
func.func private @scheme_scales() attributes {a = #qlinalg.scheme<int8, channel, symmetric, scales = f8>}

// -----

// expected-error @+1 {{expected even or away, got 'up'}}
func.func private @scheme_rounding() attributes {a = #qlinalg.scheme<int8, channel, symmetric, rounding = up>}

// -----

// expected-error @+1 {{expected divide or reciprocal, got 'shift'}}
func.func private @scheme_division() attributes {a = #qlinalg.scheme<int8, channel, symmetric, division = shift>}

// -----

// expected-error @+1 {{expected symmetric, affine, positive, scales, rounding or division, got 'ties'}}
func.func private @scheme_key() attributes {a = #qlinalg.scheme<int8, channel, ties = even>}

// -----

// expected-error @+1 {{expected neither granularity nor scales for storage bf16}}
func.func private @scheme_bf16() attributes {a = #qlinalg.scheme<bf16, channel>}

// -----

// expected-error @+1 {{expected neither granularity nor scales for storage f16}}
func.func private @scheme_f16() attributes {a = #qlinalg.scheme<f16, tensor, scales = f16>}

// -----

// expected-error @+1 {{expected rows or panel, got 'columns'}}
func.func private @layout_keyword() attributes {a = #qlinalg.layout<columns>}

// -----

// expected-error @+1 {{expected a panel of 1 to 1024 rows, got 0}}
func.func private @layout_panel_0() attributes {a = #qlinalg.layout<panel = 0>}

// -----

// expected-error @+1 {{expected a panel of 1 to 1024 rows, got 1025}}
func.func private @layout_panel_1025() attributes {a = #qlinalg.layout<panel = 1025>}

// -----

// expected-error @+1 {{expected a panel of 1 to 1024 rows, got -1}}
func.func private @layout_panel_negative() attributes {a = #qlinalg.layout<panel = -1>}

// -----

// expected-error @+1 {{expected an accumulator of 16, 32 or 64 bits, got 8}}
func.func private @accumulator_width() attributes {a = #qlinalg.accumulator<8, bound = 1>}

// -----

// 2^15 does not fit 16 bits.
// expected-error @+1 {{expected a bound that 16 bits hold, got 32768}}
func.func private @accumulator_bound_16() attributes {a = #qlinalg.accumulator<16, bound = 32768>}

// -----

// 2^31 does not fit 32 bits.
// expected-error @+1 {{expected a bound that 32 bits hold, got 2147483648}}
func.func private @accumulator_bound_32() attributes {a = #qlinalg.accumulator<32, bound = 2147483648>}

// -----

// expected-error @+1 {{expected a bound that 64 bits hold, got -1}}
func.func private @accumulator_negative() attributes {a = #qlinalg.accumulator<64, bound = -1>}

// -----

//===----------------------------------------------------------------------===//
// observe
//===----------------------------------------------------------------------===//

func.func @observe_c1(%x: tensor<4x64xf32>) {
  // expected-error @+1 {{(C1) expected a site name, got an empty one}}
  %0 = qlinalg.observe %x site "" <range> : tensor<4x64xf32>
  return
}

// -----

func.func @observe_c2(%x: tensor<4x64xf32>) {
  // expected-error @+1 {{(C2) expected channels that are dimensions of 'tensor<4x64xf32>', each once at most, got [1, 1]}}
  %0 = qlinalg.observe %x site "x" channels [1, 1] <range> : tensor<4x64xf32>
  return
}

// -----

func.func @observe_c3(%x: tensor<4x?xf32>) {
  // expected-error @+1 {{(C3) expected channels that are static and not 0, got dimension 1 of 'tensor<4x?xf32>'}}
  %0 = qlinalg.observe %x site "x" channels [1] <range> : tensor<4x?xf32>
  return
}

// -----

//===----------------------------------------------------------------------===//
// record
//===----------------------------------------------------------------------===//

func.func @record_c1(%x: tensor<4x64xf32>) {
  // expected-error @+1 {{(C1) expected the number of an observer, 0 or more, got -1}}
  qlinalg.record %x observer -1 : tensor<4x64xf32>
  return
}

// -----

func.func @record_c2(%x: tensor<4x64xf32>) {
  // expected-error @+1 {{(C2) expected channels that are dimensions of 'tensor<4x64xf32>', each once at most, got [2]}}
  qlinalg.record %x observer 0 channels [2] : tensor<4x64xf32>
  return
}

// -----

func.func @record_c3(%x: memref<0x64xf32>) {
  // expected-error @+1 {{(C3) expected channels that are static and not 0, got dimension 0 of 'memref<0x64xf32>'}}
  qlinalg.record %x observer 0 channels [0] : memref<0x64xf32>
  return
}

// -----

//===----------------------------------------------------------------------===//
// choose_params
//===----------------------------------------------------------------------===//

func.func @choose_params_c1(%x: tensor<4x64xf32>) {
  // expected-error @+1 {{(C1) expected a scheme with scales, got #qlinalg.scheme<bf16>}}
  %0 = qlinalg.choose_params %x <bf16> by affine_map<(d0, d1) -> ()> : tensor<4x64xf32> -> tensor<f32>
  return
}

// -----

func.func @choose_params_c2_rank(%x: tensor<4x64xf32>) {
  // expected-error @+1 {{(C2) expected a params_map of 2 dimensions, the rank of the data, got affine_map<(d0) -> (d0)>}}
  %0 = qlinalg.choose_params %x <int8, token> by affine_map<(d0) -> (d0)> : tensor<4x64xf32> -> tensor<4xf32>
  return
}

// -----

func.func @choose_params_c2_sum(%x: tensor<4x64xf32>) {
  // expected-error @+1 {{(C2) expected params_map results that are dimensions or 'dimension floordiv constant', each dimension once at most, got affine_map<(d0, d1) -> (d0 + d1)>}}
  %0 = qlinalg.choose_params %x <int8, token> by affine_map<(d0, d1) -> (d0 + d1)> : tensor<4x64xf32> -> tensor<4xf32>
  return
}

// -----

func.func @choose_params_c2_twice(%x: tensor<4x64xf32>) {
  // expected-error @+1 {{(C2) expected params_map results that are dimensions}}
  %0 = qlinalg.choose_params %x <int8, token> by affine_map<(d0, d1) -> (d0, d0)> : tensor<4x64xf32> -> tensor<4x4xf32>
  return
}

// -----

func.func @choose_params_c2_ceil(%x: tensor<4x64xf32>) {
  // expected-error @+1 {{(C2) expected params_map results that are dimensions}}
  %0 = qlinalg.choose_params %x <int8, group = 32> by affine_map<(d0, d1) -> (d0, d1 ceildiv 32)> : tensor<4x64xf32> -> tensor<4x2xf32>
  return
}

// -----

func.func @choose_params_c3_tensor(%x: tensor<4x64xf32>) {
  // expected-error @+1 {{(C3) expected a params_map for granularity tensor, got affine_map<(d0, d1) -> (d0)>}}
  %0 = qlinalg.choose_params %x <int8, tensor> by affine_map<(d0, d1) -> (d0)> : tensor<4x64xf32> -> tensor<4xf32>
  return
}

// -----

func.func @choose_params_c3_channel(%x: tensor<4x64xf32>) {
  // expected-error @+1 {{(C3) expected a params_map for granularity channel, got affine_map<(d0, d1) -> (d0, d1 floordiv 32)>}}
  %0 = qlinalg.choose_params %x <int8, channel> by affine_map<(d0, d1) -> (d0, d1 floordiv 32)> : tensor<4x64xf32> -> tensor<4x2xf32>
  return
}

// -----

func.func @choose_params_c3_group(%x: tensor<4x64xf32>) {
  // expected-error @+1 {{(C3) expected a params_map for granularity group = 32, got affine_map<(d0, d1) -> (d0, d1 floordiv 16)>}}
  %0 = qlinalg.choose_params %x <int8, group = 32> by affine_map<(d0, d1) -> (d0, d1 floordiv 16)> : tensor<4x64xf32> -> tensor<4x4xf32>
  return
}

// -----

func.func @choose_params_shape(%x: tensor<4x65xf32>) {
  // ceil(65 / 32) = 3
  // expected-error @+1 {{expected parameters of shape [4, 3], got 'tensor<4x2xf32>'}}
  %0 = qlinalg.choose_params %x <int8, group = 32> by affine_map<(d0, d1) -> (d0, d1 floordiv 32)> : tensor<4x65xf32> -> tensor<4x2xf32>
  return
}

// -----

func.func @choose_params_scale_type(%x: tensor<4x64xf32>) {
  // expected-error @+1 {{expected scales of 'f16', got 'f32'}}
  %0 = qlinalg.choose_params %x <int8, token, symmetric, scales = f16> by affine_map<(d0, d1) -> (d0)> : tensor<4x64xf32> -> tensor<4xf32>
  return
}

// -----

func.func @choose_params_zero_point_type(%x: tensor<4x64xf32>) {
  // expected-error @+1 {{expected zero points of 'i16', got 'i8'}}
  %0:2 = qlinalg.choose_params %x <int16, token, affine> by affine_map<(d0, d1) -> (d0)>
    : tensor<4x64xf32> -> tensor<4xf32>, tensor<4xi8>
  return
}

// -----

func.func @choose_params_zero_points(%x: tensor<4x64xf32>) {
  // expected-error @+1 {{expected zero points for scheme #qlinalg.scheme<int8, token, affine>}}
  %0 = qlinalg.choose_params %x <int8, token, affine> by affine_map<(d0, d1) -> (d0)> : tensor<4x64xf32> -> tensor<4xf32>
  return
}

// -----

//===----------------------------------------------------------------------===//
// quantize
//===----------------------------------------------------------------------===//

func.func @quantize_c1(%x: tensor<4x64xf32>, %s: tensor<4xf32>) {
  // expected-error @+1 {{(C1) expected a params_map of 2 dimensions, the rank of the data, got affine_map<(d0, d1, d2) -> (d0)>}}
  %0 = qlinalg.quantize %x scales %s <int8, token> by affine_map<(d0, d1, d2) -> (d0)>
    : tensor<4x64xf32> scales tensor<4xf32> -> tensor<4x64xi8>
  return
}

// -----

func.func @quantize_c2(%x: tensor<4x64xf32>, %s: tensor<4xf32>) {
  // expected-error @+1 {{(C2) expected a params_map for granularity tensor, got affine_map<(d0, d1) -> (d0)>}}
  %0 = qlinalg.quantize %x scales %s <int8, tensor> by affine_map<(d0, d1) -> (d0)>
    : tensor<4x64xf32> scales tensor<4xf32> -> tensor<4x64xi8>
  return
}

// -----

func.func @quantize_c3_no_scales(%x: tensor<4x64xf32>) {
  // expected-error @+1 {{(C3) expected scales for storage int8}}
  %0 = qlinalg.quantize %x <int8, token> by affine_map<(d0, d1) -> (d0)> : tensor<4x64xf32> -> tensor<4x64xi8>
  return
}

// -----

func.func @quantize_c3_scales(%x: tensor<4x64xf32>, %s: tensor<f32>) {
  // expected-error @+1 {{(C3) expected no scales for storage bf16}}
  %0 = qlinalg.quantize %x scales %s <bf16> by affine_map<(d0, d1) -> ()> : tensor<4x64xf32> scales tensor<f32> -> tensor<4x64xbf16>
  return
}

// -----

func.func @quantize_c3_no_zero_points(%x: tensor<4x64xf32>, %s: tensor<4xf32>) {
  // expected-error @+1 {{(C3) expected zero points for scheme #qlinalg.scheme<uint8, token, affine>}}
  %0 = qlinalg.quantize %x scales %s <uint8, token, affine> by affine_map<(d0, d1) -> (d0)>
    : tensor<4x64xf32> scales tensor<4xf32> -> tensor<4x64xi8>
  return
}

// -----

// A symmetric uint8 has the zero point 128 without an operand.
func.func @quantize_c3_zero_points(%x: tensor<4x64xf32>, %s: tensor<4xf32>, %z: tensor<4xi8>) {
  // expected-error @+1 {{(C3) expected no zero points for scheme #qlinalg.scheme<uint8, token, symmetric>}}
  %0 = qlinalg.quantize %x scales %s zero_points %z <uint8, token, symmetric> by affine_map<(d0, d1) -> (d0)>
    : tensor<4x64xf32> scales tensor<4xf32> zero_points tensor<4xi8> -> tensor<4x64xi8>
  return
}

// -----

func.func @quantize_c4(%x: tensor<4x64xf32>, %s: tensor<4xf16>) {
  // expected-error @+1 {{(C4) expected scales of 'f32', got 'f16'}}
  %0 = qlinalg.quantize %x scales %s <int8, token> by affine_map<(d0, d1) -> (d0)>
    : tensor<4x64xf32> scales tensor<4xf16> -> tensor<4x64xi8>
  return
}

// -----

func.func @quantize_c4_zero_points(%x: tensor<4x64xf32>, %s: tensor<4xf32>, %z: tensor<4xi8>) {
  // expected-error @+1 {{(C4) expected zero points of 'i16', got 'i8'}}
  %0 = qlinalg.quantize %x scales %s zero_points %z <uint16, token, affine> by affine_map<(d0, d1) -> (d0)>
    : tensor<4x64xf32> scales tensor<4xf32> zero_points tensor<4xi8> -> tensor<4x64xi16>
  return
}

// -----

func.func @dequantize_c4_zero_points(%x: tensor<4x64xi4>, %s: tensor<4xf32>, %z: tensor<4xi16>) {
  // expected-error @+1 {{(C4) expected zero points of 'i8', got 'i16'}}
  %0 = qlinalg.dequantize %x scales %s zero_points %z <uint4, token, affine> by affine_map<(d0, d1) -> (d0)>
    : tensor<4x64xi4> scales tensor<4xf32> zero_points tensor<4xi16> -> tensor<4x64xf32>
  return
}

// -----

// No storage has zero points of 4 bits.
func.func @quantize_zero_points_of_i4(%x: tensor<4x64xf32>, %s: tensor<4xf32>, %z: tensor<4xi4>) {
  // expected-error @+1 {{operand #2 must be ranked tensor of 8-bit signless integer or 16-bit signless integer values, but got 'tensor<4xi4>'}}
  %0 = qlinalg.quantize %x scales %s zero_points %z <uint4, token, affine> by affine_map<(d0, d1) -> (d0)>
    : tensor<4x64xf32> scales tensor<4xf32> zero_points tensor<4xi4> -> tensor<4x64xi4>
  return
}

// -----

func.func @quantize_c5_scales(%x: tensor<4x64xf32>, %s: tensor<4xf32>) {
  // expected-error @+1 {{(C5) expected scales of shape [4, 2] for affine_map<(d0, d1) -> (d0, d1 floordiv 32)>, got [4]}}
  %0 = qlinalg.quantize %x scales %s <int8, group = 32> by affine_map<(d0, d1) -> (d0, d1 floordiv 32)>
    : tensor<4x64xf32> scales tensor<4xf32> -> tensor<4x64xi8>
  return
}

// -----

func.func @quantize_c5_zero_points(%x: tensor<4x64xf32>, %s: tensor<4xf32>, %z: tensor<5xi8>) {
  // expected-error @+1 {{(C5) expected zero points of shape [4] for affine_map<(d0, d1) -> (d0)>, got [5]}}
  %0 = qlinalg.quantize %x scales %s zero_points %z <int8, token, affine> by affine_map<(d0, d1) -> (d0)>
    : tensor<4x64xf32> scales tensor<4xf32> zero_points tensor<5xi8> -> tensor<4x64xi8>
  return
}

// -----

func.func @quantize_c6_type(%x: tensor<4x64xf32>, %s: tensor<4xf32>) {
  // expected-error @+1 {{(C6) expected codes of 'i4' for storage nf4, got 'i8'}}
  %0 = qlinalg.quantize %x scales %s <nf4, token> by affine_map<(d0, d1) -> (d0)>
    : tensor<4x64xf32> scales tensor<4xf32> -> tensor<4x64xi8>
  return
}

// -----

func.func @quantize_c6_shape(%x: tensor<4x64xf32>, %s: tensor<4xf32>) {
  // expected-error @+1 {{(C6) expected codes and floats of one shape, got 'tensor<4x32xi8>' and 'tensor<4x64xf32>'}}
  %0 = qlinalg.quantize %x scales %s <int8, token> by affine_map<(d0, d1) -> (d0)>
    : tensor<4x64xf32> scales tensor<4xf32> -> tensor<4x32xi8>
  return
}

// -----

//===----------------------------------------------------------------------===//
// dequantize
//===----------------------------------------------------------------------===//

func.func @dequantize_c1(%x: tensor<4x64xi8>, %s: tensor<4xf32>) {
  // expected-error @+1 {{(C1) expected a params_map of 2 dimensions, the rank of the data, got affine_map<(d0) -> (d0)>}}
  %0 = qlinalg.dequantize %x scales %s <int8, token> by affine_map<(d0) -> (d0)>
    : tensor<4x64xi8> scales tensor<4xf32> -> tensor<4x64xf32>
  return
}

// -----

func.func @dequantize_c2(%x: tensor<4x64xi8>, %s: tensor<4x64xf32>) {
  // expected-error @+1 {{(C2) expected a params_map for granularity group = 8, got affine_map<(d0, d1) -> (d0, d1)>}}
  %0 = qlinalg.dequantize %x scales %s <int8, group = 8> by affine_map<(d0, d1) -> (d0, d1)>
    : tensor<4x64xi8> scales tensor<4x64xf32> -> tensor<4x64xf32>
  return
}

// -----

func.func @dequantize_c3(%x: tensor<4x64xi8>) {
  // expected-error @+1 {{(C3) expected scales for storage uint8}}
  %0 = qlinalg.dequantize %x <uint8, token> by affine_map<(d0, d1) -> (d0)> : tensor<4x64xi8> -> tensor<4x64xf32>
  return
}

// -----

func.func @dequantize_c4(%x: tensor<4x64xi8>, %s: tensor<4xf32>) {
  // expected-error @+1 {{(C4) expected scales of 'bf16', got 'f32'}}
  %0 = qlinalg.dequantize %x scales %s <int8, token, symmetric, scales = bf16> by affine_map<(d0, d1) -> (d0)>
    : tensor<4x64xi8> scales tensor<4xf32> -> tensor<4x64xf32>
  return
}

// -----

func.func @dequantize_c5(%x: tensor<4x64xi8>, %s: tensor<64xf32>) {
  // expected-error @+1 {{(C5) expected scales of shape [4] for affine_map<(d0, d1) -> (d0)>, got [64]}}
  %0 = qlinalg.dequantize %x scales %s <int8, token> by affine_map<(d0, d1) -> (d0)>
    : tensor<4x64xi8> scales tensor<64xf32> -> tensor<4x64xf32>
  return
}

// -----

func.func @dequantize_c6_type(%x: tensor<4x64xi8>, %s: tensor<4xf32>) {
  // expected-error @+1 {{(C6) expected codes of 'i2' for storage int2, got 'i8'}}
  %0 = qlinalg.dequantize %x scales %s <int2, token> by affine_map<(d0, d1) -> (d0)>
    : tensor<4x64xi8> scales tensor<4xf32> -> tensor<4x64xf32>
  return
}

// -----

func.func @dequantize_c6_shape(%x: tensor<4x64xi8>, %s: tensor<4xf32>) {
  // expected-error @+1 {{(C6) expected codes and floats of one shape, got 'tensor<4x64xi8>' and 'tensor<64x4xf32>'}}
  %0 = qlinalg.dequantize %x scales %s <int8, token> by affine_map<(d0, d1) -> (d0)>
    : tensor<4x64xi8> scales tensor<4xf32> -> tensor<64x4xf32>
  return
}

// -----

//===----------------------------------------------------------------------===//
// fake_quantize
//===----------------------------------------------------------------------===//

func.func @fake_quantize_c1(%x: tensor<4x64xf32>, %s: tensor<4xf32>) {
  // expected-error @+1 {{(C1) expected params_map results that are dimensions}}
  %0 = qlinalg.fake_quantize %x scales %s <int8, token> by affine_map<(d0, d1) -> (d0 mod 4)>
    : tensor<4x64xf32> scales tensor<4xf32> -> tensor<4x64xf32>
  return
}

// -----

func.func @fake_quantize_c2(%x: tensor<4x64xf32>) {
  // expected-error @+1 {{(C2) expected a params_map for granularity tensor, got affine_map<(d0, d1) -> (d0)>}}
  %0 = qlinalg.fake_quantize %x <bf16> by affine_map<(d0, d1) -> (d0)> : tensor<4x64xf32> -> tensor<4x64xf32>
  return
}

// -----

func.func @fake_quantize_c3(%x: tensor<4x64xf32>) {
  // expected-error @+1 {{(C3) expected scales for storage fp4}}
  %0 = qlinalg.fake_quantize %x <fp4, token> by affine_map<(d0, d1) -> (d0)> : tensor<4x64xf32> -> tensor<4x64xf32>
  return
}

// -----

func.func @fake_quantize_c4(%x: tensor<4x64xf32>, %s: tensor<4xbf16>) {
  // expected-error @+1 {{(C4) expected scales of 'f32', got 'bf16'}}
  %0 = qlinalg.fake_quantize %x scales %s <int8, token> by affine_map<(d0, d1) -> (d0)>
    : tensor<4x64xf32> scales tensor<4xbf16> -> tensor<4x64xf32>
  return
}

// -----

func.func @fake_quantize_c5(%x: tensor<4x64xf32>, %s: tensor<3xf32>) {
  // expected-error @+1 {{(C5) expected scales of shape [4] for affine_map<(d0, d1) -> (d0)>, got [3]}}
  %0 = qlinalg.fake_quantize %x scales %s <int8, token> by affine_map<(d0, d1) -> (d0)>
    : tensor<4x64xf32> scales tensor<3xf32> -> tensor<4x64xf32>
  return
}

// -----

func.func @fake_quantize_c6(%x: tensor<4x64xf32>, %s: tensor<4xf32>) {
  // expected-error @+1 {{(C6) expected a result of the input's type 'tensor<4x64xf32>', got 'tensor<4x64xf16>'}}
  %0 = qlinalg.fake_quantize %x scales %s <int8, token> by affine_map<(d0, d1) -> (d0)>
    : tensor<4x64xf32> scales tensor<4xf32> -> tensor<4x64xf16>
  return
}

// -----

//===----------------------------------------------------------------------===//
// dynamic_quantize
//===----------------------------------------------------------------------===//

func.func @dynamic_quantize_c1(%x: tensor<4x64xf32>, %q: tensor<4x64xi4>, %s: tensor<4xf32>) {
  // expected-error @+1 {{(C1) expected a scheme of integers, got #qlinalg.scheme<nf4, channel>}}
  %0:2 = qlinalg.dynamic_quantize %x <nf4, channel> by affine_map<(d0, d1) -> (d0)>
    outs(%q, %s : tensor<4x64xi4>, tensor<4xf32>) : tensor<4x64xf32> -> tensor<4x64xi4>, tensor<4xf32>
  return
}

// -----

func.func @dynamic_quantize_c1_rank(%x: tensor<4x64xf32>, %q: tensor<4x64xi8>, %s: tensor<4xf32>) {
  // expected-error @+1 {{(C1) expected a params_map of 2 dimensions, the rank of the data, got affine_map<(d0) -> (d0)>}}
  %0:2 = qlinalg.dynamic_quantize %x <int8, token> by affine_map<(d0) -> (d0)>
    outs(%q, %s : tensor<4x64xi8>, tensor<4xf32>) : tensor<4x64xf32> -> tensor<4x64xi8>, tensor<4xf32>
  return
}

// -----

func.func @dynamic_quantize_c1_granularity(%x: tensor<4x64xf32>, %q: tensor<4x64xi8>, %s: tensor<4x2xf32>) {
  // expected-error @+1 {{(C1) expected a params_map for granularity token, got affine_map<(d0, d1) -> (d0, d1 floordiv 32)>}}
  %0:2 = qlinalg.dynamic_quantize %x <int8, token> by affine_map<(d0, d1) -> (d0, d1 floordiv 32)>
    outs(%q, %s : tensor<4x64xi8>, tensor<4x2xf32>) : tensor<4x64xf32> -> tensor<4x64xi8>, tensor<4x2xf32>
  return
}

// -----

func.func @dynamic_quantize_c2(%x: tensor<4x64xf32>, %q: memref<4x64xi8>, %s: tensor<4xf32>) {
  // expected-error @+1 {{(C2) expected operands that are all tensors or all memrefs, got 'tensor<4x64xf32>' and 'memref<4x64xi8>'}}
  %0:2 = qlinalg.dynamic_quantize %x <int8, token> by affine_map<(d0, d1) -> (d0)>
    outs(%q, %s : memref<4x64xi8>, tensor<4xf32>) : tensor<4x64xf32> -> tensor<4x64xi8>, tensor<4xf32>
  return
}

// -----

func.func @dynamic_quantize_c2_results(%x: tensor<4x64xf32>, %q: tensor<4x64xi8>, %s: tensor<4xf32>) {
  // expected-error @+1 {{(C2) expected results of the types of the outs}}
  %0 = qlinalg.dynamic_quantize %x <int8, token> by affine_map<(d0, d1) -> (d0)>
    outs(%q, %s : tensor<4x64xi8>, tensor<4xf32>) : tensor<4x64xf32> -> tensor<4x64xi8>
  return
}

// -----

func.func @dynamic_quantize_c2_memrefs(%x: memref<4x64xf32>, %q: memref<4x64xi8>, %s: memref<4xf32>) {
  // expected-error @+1 {{(C2) expected no results on memrefs}}
  %0:2 = qlinalg.dynamic_quantize %x <int8, token> by affine_map<(d0, d1) -> (d0)>
    outs(%q, %s : memref<4x64xi8>, memref<4xf32>) : memref<4x64xf32> -> tensor<4x64xi8>, tensor<4xf32>
  return
}

// -----

func.func @dynamic_quantize_c3(%x: tensor<4x64xf32>, %q: tensor<4x64xi8>, %s: tensor<4xf32>) {
  // expected-error @+1 {{(C3) expected 3 outs for scheme #qlinalg.scheme<int8, token, affine>, got 2}}
  %0:2 = qlinalg.dynamic_quantize %x <int8, token, affine> by affine_map<(d0, d1) -> (d0)>
    outs(%q, %s : tensor<4x64xi8>, tensor<4xf32>) : tensor<4x64xf32> -> tensor<4x64xi8>, tensor<4xf32>
  return
}

// -----

func.func @dynamic_quantize_c3_codes(%x: tensor<4x64xf32>, %q: tensor<4x64xi4>, %s: tensor<4xf32>) {
  // expected-error @+1 {{(C3) expected codes of shape [4, 64] and 'i8', got 'tensor<4x64xi4>'}}
  %0:2 = qlinalg.dynamic_quantize %x <int8, token> by affine_map<(d0, d1) -> (d0)>
    outs(%q, %s : tensor<4x64xi4>, tensor<4xf32>) : tensor<4x64xf32> -> tensor<4x64xi4>, tensor<4xf32>
  return
}

// -----

func.func @dynamic_quantize_c3_scales(%x: tensor<4x65xf32>, %q: tensor<4x65xi8>, %s: tensor<4x2xf16>) {
  // ceil(65 / 32) = 3
  // expected-error @+1 {{(C3) expected scales of shape [4, 3] and 'f16', got 'tensor<4x2xf16>'}}
  %0:2 = qlinalg.dynamic_quantize %x <int8, token_group = 32, symmetric, scales = f16> by affine_map<(d0, d1) -> (d0, d1 floordiv 32)>
    outs(%q, %s : tensor<4x65xi8>, tensor<4x2xf16>) : tensor<4x65xf32> -> tensor<4x65xi8>, tensor<4x2xf16>
  return
}

// -----

func.func @dynamic_quantize_c3_zero_points(%x: tensor<4x64xf32>, %q: tensor<4x64xi8>, %s: tensor<4xf32>, %z: tensor<4xi32>) {
  // expected-error @+1 {{(C3) expected zero points of shape [4] and 'i8', got 'tensor<4xi32>'}}
  %0:3 = qlinalg.dynamic_quantize %x <uint8, token, affine> by affine_map<(d0, d1) -> (d0)>
    outs(%q, %s, %z : tensor<4x64xi8>, tensor<4xf32>, tensor<4xi32>)
    : tensor<4x64xf32> -> tensor<4x64xi8>, tensor<4xf32>, tensor<4xi32>
  return
}

// -----

//===----------------------------------------------------------------------===//
// pack, unpack
//===----------------------------------------------------------------------===//

func.func @pack_c1_dynamic(%x: tensor<?x64xi8>) {
  // expected-error @+1 {{(C1) expected a tensor of rank 2 or more and static shape, got 'tensor<?x64xi8>'}}
  %0 = qlinalg.pack %x <panel = 16> : tensor<?x64xi8> -> tensor<?x64x16xi8>
  return
}

// -----

func.func @pack_c1_rank(%x: tensor<64xi8>) {
  // expected-error @+1 {{(C1) expected a tensor of rank 2 or more and static shape, got 'tensor<64xi8>'}}
  %0 = qlinalg.pack %x <panel = 16> : tensor<64xi8> -> tensor<4x16xi8>
  return
}

// -----

func.func @pack_c1_rows(%x: tensor<4x?xi4>) {
  // expected-error @+1 {{(C1) expected a tensor whose last dimension is static, got 'tensor<4x?xi4>'}}
  %0 = qlinalg.pack %x <rows> : tensor<4x?xi4> -> tensor<4x?xi8>
  return
}

// -----

func.func @pack_c2(%x: tensor<32x64xi4>) {
  // expected-error @+1 {{(C2) expected 'tensor<2x32x16xi8>' for 'tensor<32x64xi4>' in layout #qlinalg.layout<panel = 16>, got 'tensor<2x64x16xi4>'}}
  %0 = qlinalg.pack %x <panel = 16> : tensor<32x64xi4> -> tensor<2x64x16xi4>
  return
}

// -----

func.func @unpack_c1(%x: tensor<2x32x16xi8>) {
  // expected-error @+1 {{(C1) expected a tensor of rank 2 or more and static shape, got 'tensor<?x64xi4>'}}
  %0 = qlinalg.unpack %x <panel = 16> : tensor<2x32x16xi8> -> tensor<?x64xi4>
  return
}

// -----

func.func @unpack_c2(%x: tensor<32x32xi8>) {
  // expected-error @+1 {{(C2) expected 'tensor<32x33xi8>' for 'tensor<32x65xi4>' in layout #qlinalg.layout<rows>, got 'tensor<32x32xi8>'}}
  %0 = qlinalg.unpack %x <rows> : tensor<32x32xi8> -> tensor<32x65xi4>
  return
}

// -----

//===----------------------------------------------------------------------===//
// matmul
//===----------------------------------------------------------------------===//

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @matmul_c1_count(%x: tensor<4x64xf32>, %w: tensor<8x64xf32>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{(C1) expected an indexing map for each of the 3 operands, got 2}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<8x64xf32>) outs(%i : tensor<4x8xf32>)
    {indexing_maps = [#mk, #nk]} -> tensor<4x8xf32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n) -> (m, n)>

func.func @matmul_c1_dims(%x: tensor<4x64xf32>, %w: tensor<8x64xf32>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{(C1) expected indexing maps of 3 dimensions and no symbols, got affine_map<(d0, d1) -> (d0, d1)>}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<8x64xf32>) outs(%i : tensor<4x8xf32>)
    {indexing_maps = [#mk, #nk, #mn]} -> tensor<4x8xf32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#zk = affine_map<(m, n, k) -> (0, k)>

func.func @matmul_c2_constant(%x: tensor<1x64xf32>, %w: tensor<8x64xf32>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{(C2) expected a projected permutation for lhs, rhs and outs, got affine_map<(d0, d1, d2) -> (0, d2)>}}
  %0 = qlinalg.matmul lhs(%x : tensor<1x64xf32>) rhs(%w : tensor<8x64xf32>) outs(%i : tensor<4x8xf32>)
    {indexing_maps = [#zk, #nk, #mn]} -> tensor<4x8xf32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#k = affine_map<(m, n, k) -> (k)>

func.func @matmul_c2_bias(%x: tensor<4x64xf32>, %w: tensor<8x64xf32>, %b: tensor<64xf32>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{(C2) expected a bias, multipliers or shifts mapped by dimensions of outs or constant 0, got affine_map<(d0, d1, d2) -> (d2)>}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<8x64xf32>) bias(%b : tensor<64xf32>) outs(%i : tensor<4x8xf32>)
    {indexing_maps = [#mk, #nk, #k, #mn]} -> tensor<4x8xf32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#k = affine_map<(m, n, k) -> (k)>

func.func @matmul_c2_multiplier(%x: tensor<4x64xf32>, %w: tensor<8x64xf32>, %y: tensor<64xf32>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{(C2) expected a bias, multipliers or shifts mapped by dimensions of outs or constant 0, got affine_map<(d0, d1, d2) -> (d2)>}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<8x64xf32>) times(%y : tensor<64xf32>) outs(%i : tensor<4x8xf32>)
    {indexing_maps = [#mk, #nk, #k, #mn]} -> tensor<4x8xf32>
  return
}

// -----

#mkl = affine_map<(m, n, k, l) -> (m, k, l)>
#nkl = affine_map<(m, n, k, l) -> (n, k, l)>
#mn = affine_map<(m, n, k, l) -> (m, n)>

func.func @matmul_c3_two(%x: tensor<4x8x8xf32>, %w: tensor<8x8x8xf32>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{(C3) expected exactly one reduced dimension, got 2}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x8x8xf32>) rhs(%w : tensor<8x8x8xf32>) outs(%i : tensor<4x8xf32>)
    {indexing_maps = [#mkl, #nkl, #mn]} -> tensor<4x8xf32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mnk = affine_map<(m, n, k) -> (m, n, k)>

func.func @matmul_c3_none(%x: tensor<4x64xf32>, %w: tensor<8x64xf32>, %i: tensor<4x8x64xf32>) {
  // expected-error @+1 {{(C3) expected exactly one reduced dimension, got 0}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<8x64xf32>) outs(%i : tensor<4x8x64xf32>)
    {indexing_maps = [#mk, #nk, #mnk]} -> tensor<4x8x64xf32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#m = affine_map<(m, n, k) -> (m)>

func.func @matmul_c3_side(%x: tensor<4x64xf32>, %w: tensor<8x64xf32>, %i: tensor<4xf32>) {
  // expected-error @+1 {{(C3) expected dimension 1, which is not in outs, in lhs and in rhs}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<8x64xf32>) outs(%i : tensor<4xf32>)
    {indexing_maps = [#mk, #nk, #m]} -> tensor<4xf32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @matmul_c4_size(%x: tensor<4x64xf32>, %w: tensor<8x32xf32>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{(C4) expected size 64 for dimension 2, got 32 in 'tensor<8x32xf32>'}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<8x32xf32>) outs(%i : tensor<4x8xf32>)
    {indexing_maps = [#mk, #nk, #mn]} -> tensor<4x8xf32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @matmul_c4_rank(%x: tensor<4x64xf32>, %w: tensor<8x64x1xf32>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{(C4) expected an indexing map with a result for each dimension of 'tensor<8x64x1xf32>', got affine_map<(d0, d1, d2) -> (d1, d2)>}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<8x64x1xf32>) outs(%i : tensor<4x8xf32>)
    {indexing_maps = [#mk, #nk, #mn]} -> tensor<4x8xf32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#zn = affine_map<(m, n, k) -> (0, n)>

func.func @matmul_c4_bias(%x: tensor<4x64xf32>, %w: tensor<8x64xf32>, %b: tensor<4x8xf32>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{(C4) expected size 1 where the map of 'tensor<4x8xf32>' is constant, got 4}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<8x64xf32>) bias(%b : tensor<4x8xf32>) outs(%i : tensor<4x8xf32>)
    {indexing_maps = [#mk, #nk, #zn, #mn]} -> tensor<4x8xf32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @matmul_c4_multiplier(%x: tensor<4x64xf32>, %w: tensor<8x64xf32>, %y: tensor<4x7xf32>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{(C4) expected size 8 for dimension 1, got 7 in 'tensor<4x7xf32>'}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<8x64xf32>) times(%y : tensor<4x7xf32>) outs(%i : tensor<4x8xf32>)
    {indexing_maps = [#mk, #nk, #mn, #mn]} -> tensor<4x8xf32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#ng = affine_map<(m, n, k) -> (n, k floordiv 32)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @matmul_c4_params(%x: tensor<4x64xf32>, %w: tensor<8x64xi8>, %s: tensor<8x4xf32>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{(C4) expected parameters of shape [8, 2] for rhs, got [8, 4]}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<8x64xi8> scales %s : tensor<8x4xf32> scheme <int8, group = 32>)
    outs(%i : tensor<4x8xf32>) {indexing_maps = [#mk, #nk, #ng, #mn]} -> tensor<4x8xf32>
  return
}

// -----

// One value on both sides, packed on one of them.
#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#m = affine_map<(m, n, k) -> (m)>
#n = affine_map<(m, n, k) -> (n)>

func.func @matmul_c4_packed_once(%p: tensor<1x64x16xi8>, %s: tensor<16xf32>, %i: tensor<16x16xf32>) {
  // expected-error @+1 {{(C4) expected an indexing map with a result for each dimension of 'tensor<1x64x16xi8>', got affine_map<(d0, d1, d2) -> (d1, d2)>}}
  %0 = qlinalg.matmul lhs(%p : tensor<1x64x16xi8> scales %s : tensor<16xf32> scheme <int8, channel> layout <panel = 16>)
    rhs(%p : tensor<1x64x16xi8> scales %s : tensor<16xf32> scheme <int8, channel>) outs(%i : tensor<16x16xf32>)
    {indexing_maps = [#mk, #m, #nk, #n, #mn]} -> tensor<16x16xf32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @matmul_c5_no_scales(%x: tensor<4x64xf32>, %w: tensor<8x64xi8>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{(C5) expected scales for rhs of #qlinalg.scheme<int8, channel, symmetric>}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<8x64xi8> scheme <int8, channel>)
    outs(%i : tensor<4x8xf32>) {indexing_maps = [#mk, #nk, #mn]} -> tensor<4x8xf32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#n = affine_map<(m, n, k) -> (n)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @matmul_c5_scales(%x: tensor<4x64xf32>, %w: tensor<8x64xbf16>, %s: tensor<8xf32>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{(C5) expected no scales for rhs of #qlinalg.scheme<bf16>}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<8x64xbf16> scales %s : tensor<8xf32> scheme <bf16>)
    outs(%i : tensor<4x8xf32>) {indexing_maps = [#mk, #nk, #n, #mn]} -> tensor<4x8xf32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#m = affine_map<(m, n, k) -> (m)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @matmul_c5_no_zero_points(%x: tensor<4x64xi8>, %s: tensor<4xf32>, %w: tensor<8x64xf32>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{(C5) expected zero points for lhs of #qlinalg.scheme<uint8, token, affine>}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xi8> scales %s : tensor<4xf32> scheme <uint8, token, affine>) rhs(%w : tensor<8x64xf32>)
    outs(%i : tensor<4x8xf32>) {indexing_maps = [#mk, #m, #nk, #mn]} -> tensor<4x8xf32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#m = affine_map<(m, n, k) -> (m)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @matmul_c5_no_scheme(%x: tensor<4x64xf32>, %s: tensor<4xf32>, %w: tensor<8x64xf32>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{(C5) expected no scales and zero points for lhs, which has no scheme}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32> scales %s : tensor<4xf32>) rhs(%w : tensor<8x64xf32>)
    outs(%i : tensor<4x8xf32>) {indexing_maps = [#mk, #m, #nk, #mn]} -> tensor<4x8xf32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#n = affine_map<(m, n, k) -> (n)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @matmul_c6_codes(%x: tensor<4x64xf32>, %w: tensor<8x64xi8>, %s: tensor<8xf32>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{(C6) expected codes of 'i4' for rhs of #qlinalg.scheme<int4, channel, symmetric>, got 'i8'}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<8x64xi8> scales %s : tensor<8xf32> scheme <int4, channel>)
    outs(%i : tensor<4x8xf32>) {indexing_maps = [#mk, #nk, #n, #mn]} -> tensor<4x8xf32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#n = affine_map<(m, n, k) -> (n)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @matmul_c6_scales(%x: tensor<4x64xf32>, %w: tensor<8x64xi8>, %s: tensor<8xf16>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{(C6) expected scales of 'f32' for rhs, got 'f16'}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<8x64xi8> scales %s : tensor<8xf16> scheme <int8, channel>)
    outs(%i : tensor<4x8xf32>) {indexing_maps = [#mk, #nk, #n, #mn]} -> tensor<4x8xf32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#n = affine_map<(m, n, k) -> (n)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @matmul_c6_zero_points(%x: tensor<4x64xf32>, %w: tensor<8x64xi4>, %s: tensor<8xf32>, %z: tensor<8xi4>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{(C6) expected zero points of 'i8' for rhs, got 'i4'}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>)
    rhs(%w : tensor<8x64xi4> scales %s : tensor<8xf32> zero_points %z : tensor<8xi4> scheme <uint4, channel, affine>)
    outs(%i : tensor<4x8xf32>) {indexing_maps = [#mk, #nk, #n, #n, #mn]} -> tensor<4x8xf32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @matmul_c6_float(%x: tensor<4x64xf32>, %w: tensor<8x64xi8>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{(C6) expected floats for rhs, which has no scheme, got 'i8'}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<8x64xi8>)
    outs(%i : tensor<4x8xf32>) {indexing_maps = [#mk, #nk, #mn]} -> tensor<4x8xf32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#m = affine_map<(m, n, k) -> (m)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @matmul_c7_other_side(%x: tensor<4x64xf32>, %w: tensor<8x64xi8>, %s: tensor<4xf32>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{(C7) expected parameters of rhs mapped by its dimensions, k divided by the group of #qlinalg.scheme<int8, channel, symmetric>, got affine_map<(d0, d1, d2) -> (d0)>}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<8x64xi8> scales %s : tensor<4xf32> scheme <int8, channel>)
    outs(%i : tensor<4x8xf32>) {indexing_maps = [#mk, #nk, #m, #mn]} -> tensor<4x8xf32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#ng = affine_map<(m, n, k) -> (n, k floordiv 16)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @matmul_c7_group(%x: tensor<4x64xf32>, %w: tensor<8x64xi8>, %s: tensor<8x4xf32>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{(C7) expected parameters of rhs mapped by its dimensions, k divided by the group of #qlinalg.scheme<int8, group = 32, symmetric>}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<8x64xi8> scales %s : tensor<8x4xf32> scheme <int8, group = 32>)
    outs(%i : tensor<4x8xf32>) {indexing_maps = [#mk, #nk, #ng, #mn]} -> tensor<4x8xf32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#gk = affine_map<(m, n, k) -> (n floordiv 4)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @matmul_c7_divided_n(%x: tensor<4x64xf32>, %w: tensor<8x64xi8>, %s: tensor<2xf32>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{(C7) expected parameters of rhs mapped by its dimensions}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<8x64xi8> scales %s : tensor<2xf32> scheme <int8, group = 4>)
    outs(%i : tensor<4x8xf32>) {indexing_maps = [#mk, #nk, #gk, #mn]} -> tensor<4x8xf32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @matmul_c8_mixed(%x: tensor<4x64xf32>, %w: memref<8x64xf32>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{(C8) expected operands that are all tensors or all memrefs, got 'memref<8x64xf32>' and 'tensor<4x8xf32>'}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%w : memref<8x64xf32>)
    outs(%i : tensor<4x8xf32>) {indexing_maps = [#mk, #nk, #mn]} -> tensor<4x8xf32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @matmul_c8_result(%x: tensor<4x64xf32>, %w: tensor<8x64xf32>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{(C8) expected a result of the type of outs 'tensor<4x8xf32>'}}
  qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<8x64xf32>)
    outs(%i : tensor<4x8xf32>) {indexing_maps = [#mk, #nk, #mn]}
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @matmul_c8_no_result(%x: memref<4x64xf32>, %w: memref<8x64xf32>, %i: memref<4x8xf32>) {
  // expected-error @+1 {{(C8) expected no result on memrefs}}
  %0 = qlinalg.matmul lhs(%x : memref<4x64xf32>) rhs(%w : memref<8x64xf32>)
    outs(%i : memref<4x8xf32>) {indexing_maps = [#mk, #nk, #mn]} -> tensor<4x8xf32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#n = affine_map<(m, n, k) -> (n)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @matmul_c9_order(%x: tensor<4x64xf32>, %w: tensor<4x8x16xi8>, %s: tensor<8xf32>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{(C9) expected codes whose map ends in (n, k) for rhs with a layout, got affine_map<(d0, d1, d2) -> (d2, d1)>}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>)
    rhs(%w : tensor<4x8x16xi8> scales %s : tensor<8xf32> scheme <int8, channel> layout <panel = 16>)
    outs(%i : tensor<4x8xf32>) {indexing_maps = [#mk, #kn, #n, #mn]} -> tensor<4x8xf32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#n = affine_map<(m, n, k) -> (n)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @matmul_c9_shape(%x: tensor<4x64xf32>, %w: tensor<2x64x16xi8>, %s: tensor<8xf32>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{(C9) expected the shape of 'tensor<8x64xi8>' in layout #qlinalg.layout<panel = 16> for rhs, got [2, 64, 16]}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>)
    rhs(%w : tensor<2x64x16xi8> scales %s : tensor<8xf32> scheme <int8, channel> layout <panel = 16>)
    outs(%i : tensor<4x8xf32>) {indexing_maps = [#mk, #nk, #n, #mn]} -> tensor<4x8xf32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#n = affine_map<(m, n, k) -> (n)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @matmul_c9_rank(%x: tensor<4x64xf32>, %w: tensor<64xi8>, %s: tensor<8xf32>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{for rhs, got [64]}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>)
    rhs(%w : tensor<64xi8> scales %s : tensor<8xf32> scheme <int8, channel> layout <panel = 16>)
    outs(%i : tensor<4x8xf32>) {indexing_maps = [#mk, #nk, #n, #mn]} -> tensor<4x8xf32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @matmul_c9_float(%x: tensor<4x64xf32>, %w: tensor<1x64x16xf32>, %i: tensor<4x16xf32>) {
  // expected-error @+1 {{(C9) expected codes whose map ends in (n, k) for rhs with a layout}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<1x64x16xf32> layout <panel = 16>)
    outs(%i : tensor<4x16xf32>) {indexing_maps = [#mk, #nk, #mn]} -> tensor<4x16xf32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#n = affine_map<(m, n, k) -> (n)>
#mn = affine_map<(m, n, k) -> (m, n)>

func.func @matmul_c10(%x: tensor<4x64xf32>, %w: tensor<8x64xi8>, %s: tensor<8xf32>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{(C10) expected an accumulator only where both sides are integers}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<8x64xi8> scales %s : tensor<8xf32> scheme <int8, channel>)
    outs(%i : tensor<4x8xf32>) {indexing_maps = [#mk, #nk, #n, #mn], accumulator = #qlinalg.accumulator<32, bound = 5>} -> tensor<4x8xf32>
  return
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#n = affine_map<(m, n, k) -> (n)>
#mn = affine_map<(m, n, k) -> (m, n)>

// A group says that k is divided.
func.func @matmul_c7_undivided(%x: tensor<4x64xf32>, %w: tensor<8x64xi8>, %s: tensor<8xf32>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{(C7) expected parameters of rhs mapped by its dimensions, k divided by the group of #qlinalg.scheme<int8, group = 32, symmetric>}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<8x64xi8> scales %s : tensor<8xf32> scheme <int8, group = 32>)
    outs(%i : tensor<4x8xf32>) {indexing_maps = [#mk, #nk, #n, #mn]} -> tensor<4x8xf32>
  return
}

// -----

//===----------------------------------------------------------------------===//
// Facts
//===----------------------------------------------------------------------===//

func.func @weight_facts_of_no_codes(%x: tensor<4xf32>) {
  // expected-error @+1 {{expected qlinalg.weight on what holds codes: arith.constant or ml_program.global}}
  %0 = tensor.cast %x {qlinalg.weight = {bytes = 8 : i64, energy = 1.0 : f64, sqnr_db = 20.0 : f64}} : tensor<4xf32> to tensor<?xf32>
  return
}

// -----

func.func @weight_facts_incomplete() {
  // expected-error @+1 {{expected qlinalg.weight = {bytes = n : i64, energy = e : f64, sqnr_db = q : f64}, got {bytes = 8 : i64}}}
  %0 = arith.constant {qlinalg.weight = {bytes = 8 : i64}} dense<1> : tensor<2xi8>
  return
}

// -----

func.func @weight_facts_types() {
  // expected-error @+1 {{expected qlinalg.weight = }}
  %0 = arith.constant {qlinalg.weight = {bytes = 8 : i64, energy = 1.0 : f32, sqnr_db = 20.0 : f64}} dense<1> : tensor<2xi8>
  return
}

// -----

func.func @weight_facts_negative() {
  // expected-error @+1 {{expected qlinalg.weight = }}
  %0 = arith.constant {qlinalg.weight = {bytes = 8 : i64, energy = -1.0 : f64, sqnr_db = 20.0 : f64}} dense<1> : tensor<2xi8>
  return
}

// -----

// expected-error @+1 {{expected qlinalg.weight = }}
ml_program.global private @weight_facts_no_dictionary(dense<1> : tensor<2xi8>) : tensor<2xi8> {qlinalg.weight = 3 : i64}

// -----

func.func @sum_codes_c2_type(%w: tensor<2x4xi8>, %z: tensor<2xi16>) -> tensor<2x1xi32> {
  // expected-error @below {{(C2) expected zero points of 'i8', got 'i16'}}
  %0 = qlinalg.sum_codes %w zero_points %z <int8, channel, affine> : tensor<2x4xi8> zero_points tensor<2xi16> -> tensor<2x1xi32>
  return %0 : tensor<2x1xi32>
}

// -----

func.func @decode_trellis_c1(%c: tensor<64xi4>) -> tensor<64xi16> {
  // expected-error @below {{(C1) expected codes of rank 2 or more, got 'tensor<64xi4>'}}
  %0 = qlinalg.decode_trellis %c : tensor<64xi4> -> tensor<64xi16>
  return %0 : tensor<64xi16>
}

// -----

func.func @decode_trellis_c2(%c: tensor<64x8xi4>) -> tensor<8x64xi16> {
  // expected-error @below {{(C2) expected 'tensor<64x8xi16>' for codes 'tensor<64x8xi4>', got 'tensor<8x64xi16>'}}
  %0 = qlinalg.decode_trellis %c : tensor<64x8xi4> -> tensor<8x64xi16>
  return %0 : tensor<8x64xi16>
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#n = affine_map<(m, n, k) -> (n)>
#mn = affine_map<(m, n, k) -> (m, n)>

// 70 rows are two blocks of 64, and 32 bytes hold 64 codes of 4 bits.
func.func @matmul_c9_trellis(%x: tensor<4x8xf32>, %w: tensor<1x8x32xi8>, %s: tensor<70xf32>, %i: tensor<4x70xf32>) {
  // expected-error @+1 {{(C9) expected the shape of 'tensor<70x8xi4>' in layout #qlinalg.layout<panel = 64, step = 1, block = 1> for rhs, got [1, 8, 32]}}
  %0 = qlinalg.matmul lhs(%x : tensor<4x8xf32>) rhs(%w : tensor<1x8x32xi8> scales %s : tensor<70xf32> scheme <int16, channel, symmetric> layout <panel = 64, step = 1, block = 1>) outs(%i : tensor<4x70xf32>)
    {indexing_maps = [#mk, #nk, #n, #mn]} -> tensor<4x70xf32>
  return
}
