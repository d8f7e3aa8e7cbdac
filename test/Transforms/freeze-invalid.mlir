// RUN: not quant-opt %s --qlinalg-freeze -split-input-file 2>&1 | FileCheck %s

// Weights that no codes can stand for: the layer and where it is, as the constant is stored.

// CHECK: error: layer 'layer.nan': weight is nan at index [1, 2]
func.func @nan() -> tensor<2x3xi8> {
  %w = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 0x7FC00000]]> : tensor<2x3xf32> loc("layer.nan")
  %s = qlinalg.choose_params %w <int8, channel> by affine_map<(d0, d1) -> (d0)> : tensor<2x3xf32> -> tensor<2xf32>
  %q = qlinalg.quantize %w scales %s <int8, channel> by affine_map<(d0, d1) -> (d0)> : tensor<2x3xf32> scales tensor<2xf32> -> tensor<2x3xi8>
  return %q : tensor<2x3xi8>
}

// -----

// Row 2 of the rows of K is column 2 of the constant.
// CHECK: error: layer 'layer.inf': weight is -inf at index [1, 2]
func.func @infinity_transposed() -> tensor<3x2xi8> {
  %w = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 0xFF800000]]> : tensor<2x3xf32> loc("layer.inf")
  %e = tensor.empty() : tensor<3x2xf32>
  %t = linalg.transpose ins(%w : tensor<2x3xf32>) outs(%e : tensor<3x2xf32>) permutation = [1, 0]
  %s = qlinalg.choose_params %t <int8, tensor> by affine_map<(d0, d1) -> ()> : tensor<3x2xf32> -> tensor<f32>
  %q = qlinalg.quantize %t scales %s <int8, tensor> by affine_map<(d0, d1) -> ()> : tensor<3x2xf32> scales tensor<f32> -> tensor<3x2xi8>
  return %q : tensor<3x2xi8>
}

// -----

// 1.27e9 / 127 = 1e7, more than f16 holds.
// CHECK: error: layer 'layer.scale': scale 1e+07 is beyond f16, whose greatest number is 65504 at index [0, 1]
func.func @scale_overflow() -> tensor<1x2xi8> {
  %w = arith.constant dense<[[1.0, 1.27e9]]> : tensor<1x2xf32> loc("layer.scale")
  %s = qlinalg.choose_params %w <int8, channel, symmetric, scales = f16> by affine_map<(d0, d1) -> (d0)> : tensor<1x2xf32> -> tensor<1xf16>
  %q = qlinalg.quantize %w scales %s <int8, channel, symmetric, scales = f16> by affine_map<(d0, d1) -> (d0)>
    : tensor<1x2xf32> scales tensor<1xf16> -> tensor<1x2xi8>
  return %q : tensor<1x2xi8>
}

// -----

// CHECK: error: layer 'layer.value': weight -1e+06 is beyond f16, whose greatest number is 65504 at index [0, 0]
func.func @value_overflow() -> tensor<1x2xf16> {
  %w = arith.constant dense<[[-1.0e6, 1.0]]> : tensor<1x2xf32> loc("layer.value")
  %q = qlinalg.quantize %w <f16> by affine_map<(d0, d1) -> ()> : tensor<1x2xf32> -> tensor<1x2xf16>
  return %q : tensor<1x2xf16>
}

// -----

// CHECK: error: layer '__elided__': expected a constant whose bytes are in the module, got an elided or cut-off resource
func.func @elided() -> tensor<1x2xbf16> {
  %w = arith.constant dense_resource<__elided__> : tensor<1x2xf32>
  %q = qlinalg.quantize %w <bf16> by affine_map<(d0, d1) -> ()> : tensor<1x2xf32> -> tensor<1x2xbf16>
  return %q : tensor<1x2xbf16>
}

// -----

// Seven bytes for two floats.
// CHECK: error: layer 'short': expected a constant whose bytes are in the module, got an elided or cut-off resource
func.func @short() -> tensor<1x2xbf16> {
  %w = arith.constant dense_resource<short> : tensor<1x2xf32>
  %q = qlinalg.quantize %w <bf16> by affine_map<(d0, d1) -> ()> : tensor<1x2xf32> -> tensor<1x2xbf16>
  return %q : tensor<1x2xbf16>
}
{-#
  dialect_resources: { builtin: { short: "0x0400000000000000000000" } }
#-}

// -----

// A constant without a name goes by the site of its matmul.
// CHECK: error: layer 'mlp.up': weight is nan at index [0, 1]
func.func @site(%x: tensor<2xf32>, %i: tensor<1xf32>) -> tensor<1xf32> {
  %w = arith.constant dense<[[1.0, 0x7FC00000]]> : tensor<1x2xf32>
  %s = qlinalg.choose_params %w <int8, channel> by affine_map<(d0, d1) -> (d0)> : tensor<1x2xf32> -> tensor<1xf32>
  %q = qlinalg.quantize %w scales %s <int8, channel> by affine_map<(d0, d1) -> (d0)> : tensor<1x2xf32> scales tensor<1xf32> -> tensor<1x2xi8>
  %0 = qlinalg.matmul lhs(%x : tensor<2xf32>) rhs(%q : tensor<1x2xi8> scales %s : tensor<1xf32> scheme <int8, channel>) outs(%i : tensor<1xf32>)
    {indexing_maps = [affine_map<(n, k) -> (k)>, affine_map<(n, k) -> (n, k)>, affine_map<(n, k) -> (n)>, affine_map<(n, k) -> (n)>], site = "mlp.up"} -> tensor<1xf32>
  return %0 : tensor<1xf32>
}

// -----

// CHECK: error: expected parameters=FILE with the bytes of parameter 'outside'
ml_program.global private @outside(#ml_program.extern : tensor<1x2xf32>) : tensor<1x2xf32>
func.func @no_parameters() -> tensor<1x2xbf16> {
  %w = ml_program.global_load_const @outside : tensor<1x2xf32>
  %q = qlinalg.quantize %w <bf16> by affine_map<(d0, d1) -> ()> : tensor<1x2xf32> -> tensor<1x2xbf16>
  return %q : tensor<1x2xbf16>
}

// -----

// Parameters of a module within the module are not those of the file.
// CHECK: error: expected parameter 'inner' in the module itself, got one of a nested module
module {
  module @nested {
    ml_program.global private @inner(#ml_program.extern : tensor<1x2xf32>) : tensor<1x2xf32>
    func.func @load() -> tensor<1x2xbf16> {
      %w = ml_program.global_load_const @inner : tensor<1x2xf32>
      %q = qlinalg.quantize %w <bf16> by affine_map<(d0, d1) -> ()> : tensor<1x2xf32> -> tensor<1x2xbf16>
      return %q : tensor<1x2xbf16>
    }
  }
}

// -----

// CHECK: error: 'qlinalg.quantize' op expected a constant matrix for codes of a trellis
func.func @trellis_of_argument(%w: tensor<4x3xf32>, %s: tensor<4xf32>) -> tensor<4x3xi16> {
  %q = qlinalg.quantize %w scales %s <int16, channel> by affine_map<(d0, d1) -> (d0)> {qlinalg.trellis = 4 : i64} : tensor<4x3xf32> scales tensor<4xf32> -> tensor<4x3xi16>
  return %q : tensor<4x3xi16>
}

// -----

// CHECK: error: 'qlinalg.quantize' op expected int16 by channel or group, symmetric, for codes of a trellis of 2 to 8 bits, got #qlinalg.scheme<int8, channel, symmetric> and 4 : i64
func.func @trellis_of_int8(%w: tensor<4x3xf32>, %s: tensor<4xf32>) -> tensor<4x3xi8> {
  %q = qlinalg.quantize %w scales %s <int8, channel> by affine_map<(d0, d1) -> (d0)> {qlinalg.trellis = 4 : i64} : tensor<4x3xf32> scales tensor<4xf32> -> tensor<4x3xi8>
  return %q : tensor<4x3xi8>
}

// -----

// CHECK: error: 'qlinalg.quantize' op expected method=nearest or gptq for codes of a trellis
func.func @trellis_by_mse() -> tensor<2x3xi16> {
  %w = arith.constant dense<1.0> : tensor<2x3xf32>
  %s = qlinalg.choose_params %w <int16, channel> by affine_map<(d0, d1) -> (d0)> : tensor<2x3xf32> -> tensor<2xf32>
  %q = qlinalg.quantize %w scales %s <int16, channel> by affine_map<(d0, d1) -> (d0)> {qlinalg.method = "mse", qlinalg.trellis = 4 : i64} : tensor<2x3xf32> scales tensor<2xf32> -> tensor<2x3xi16>
  return %q : tensor<2x3xi16>
}
