// RUN: quant-opt %s --qlinalg-pack=panel=4 | FileCheck %s
// RUN: quant-opt %s --qlinalg-pack=cpu=x86-64-v3 | FileCheck %s --check-prefix=AVX2
// RUN: not quant-opt %s --qlinalg-pack=cpu=z80 2>&1 | FileCheck %s --check-prefix=CPU
// RUN: not quant-opt %s --qlinalg-pack=panel=-1 2>&1 | FileCheck %s --check-prefix=NEGATIVE
// RUN: not quant-opt %s --qlinalg-pack=panel=1000000000000 2>&1 | FileCheck %s --check-prefix=GREAT

// CPU: error: expected the name of a processor in cpu=, got 'z80'
// NEGATIVE: error: expected a panel of 1 to 1024 rows, got -1
// GREAT: error: expected a panel of 1 to 1024 rows, got 1000000000000

#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (n, k)>
#wt = affine_map<(m, n, k) -> (k, n)>
#s = affine_map<(m, n, k) -> (n)>
#y = affine_map<(m, n, k) -> (m, n)>

ml_program.global private @codes(#ml_program.extern : tensor<6x4xi8>) : tensor<6x4xi8>

// Codes that come with the call stay as they are.
// CHECK-LABEL: func.func @unchanged
// CHECK-NOT: layout
// CHECK: return
func.func @unchanged(%x: tensor<2x2xf32>, %w: tensor<6x2xi8>, %s: tensor<6xf32>, %init: tensor<2x6xf32>) -> tensor<2x6xf32> {
  %0 = qlinalg.matmul lhs(%x : tensor<2x2xf32>) rhs(%w : tensor<6x2xi8> scales %s : tensor<6xf32> scheme <int8, channel, symmetric>)
      outs(%init : tensor<2x6xf32>) {indexing_maps = [#x, #w, #s, #y]} -> tensor<2x6xf32>
  return %0 : tensor<2x6xf32>
}

// Four rows side by side, the last panel filled with zeros: 1 3 5 7 2 4 6 8, 9 11 0 0 10 12 0 0.
// CHECK-LABEL: func.func @constant
// CHECK: %[[P:.*]] = arith.constant dense_resource<[[KEY:.*]]> : tensor<2x2x4xi8>
// CHECK: rhs(%[[P]] : tensor<2x2x4xi8> scales %{{.*}} scheme <int8, channel, symmetric> layout <panel = 4>)
// AVX2-LABEL: func.func @constant
// AVX2: layout <panel = 16, step = 4, block = 4, excess>
func.func @constant(%x: tensor<2x2xf32>, %s: tensor<6xf32>, %init: tensor<2x6xf32>) -> tensor<2x6xf32> {
  %w = arith.constant dense<[[1, 2], [3, 4], [5, 6], [7, 8], [9, 10], [11, 12]]> : tensor<6x2xi8>
  %0 = qlinalg.matmul lhs(%x : tensor<2x2xf32>) rhs(%w : tensor<6x2xi8> scales %s : tensor<6xf32> scheme <int8, channel, symmetric>)
      outs(%init : tensor<2x6xf32>) {indexing_maps = [#x, #w, #s, #y]} -> tensor<2x6xf32>
  return %0 : tensor<2x6xf32>
}

// Codes below 8 bits: the rows' bytes are laid out. Two matmuls share one packed weight.
// CHECK-LABEL: func.func @rows
// CHECK: %[[P:.*]] = arith.constant dense_resource<{{.*}}> : tensor<1x1x4xi8>
// CHECK: rhs(%[[P]] : tensor<1x1x4xi8> {{.*}} layout <panel = 4>)
// CHECK: rhs(%[[P]] : tensor<1x1x4xi8> {{.*}} layout <panel = 4>)
func.func @rows(%x: tensor<2x2xf32>, %s: tensor<4xf32>, %init: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %r = arith.constant dense<[[1], [2], [3], [4]]> : tensor<4x1xi8>
  %w = qlinalg.unpack %r <rows> : tensor<4x1xi8> -> tensor<4x2xi4>
  %0 = qlinalg.matmul lhs(%x : tensor<2x2xf32>) rhs(%w : tensor<4x2xi4> scales %s : tensor<4xf32> scheme <int4, channel, symmetric>)
      outs(%init : tensor<2x4xf32>) {indexing_maps = [#x, #w, #s, #y]} -> tensor<2x4xf32>
  %1 = qlinalg.matmul lhs(%x : tensor<2x2xf32>) rhs(%w : tensor<4x2xi4> scales %s : tensor<4xf32> scheme <int4, channel, symmetric>)
      outs(%0 : tensor<2x4xf32>) {indexing_maps = [#x, #w, #s, #y]} -> tensor<2x4xf32>
  return %1 : tensor<2x4xf32>
}

// Scales from codes: the codes lie in panels, and what they are multiplied with. 0x41 0x20 0x0c is 1, 1, 2, 3 in 6 bits.
// AVX2-LABEL: func.func @scale_codes
// AVX2-NOT: qlinalg.dequantize
// AVX2: scales %{{.*}} : tensor<1x3x16xi8> of %{{.*}} : tensor<1x2x16xf16> scales_scheme <uint6, group = 2, positive, scales = f16> scheme <int4, group = 32, symmetric> layout <panel = 16, step = 4, block = 32, excess>)
func.func @scale_codes(%x: tensor<2x128xf32>, %init: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %r = arith.constant dense<17> : tensor<4x64xi8>
  %w = qlinalg.unpack %r <rows> : tensor<4x64xi8> -> tensor<4x128xi4>
  %q = arith.constant dense<[[0x41, 0x20, 0x0c], [1, 2, 3], [4, 5, 6], [7, 8, 9]]> : tensor<4x3xi8>
  %c = qlinalg.unpack %q <rows> : tensor<4x3xi8> -> tensor<4x4xi6>
  %t = arith.constant dense<0.5> : tensor<4x2xf16>
  %s = qlinalg.dequantize %c scales %t <uint6, group = 2, positive, scales = f16> by affine_map<(d0, d1) -> (d0, d1 floordiv 2)>
    : tensor<4x4xi6> scales tensor<4x2xf16> -> tensor<4x4xf32>
  %0 = qlinalg.matmul lhs(%x : tensor<2x128xf32>) rhs(%w : tensor<4x128xi4> scales %s : tensor<4x4xf32> scheme <int4, group = 32, symmetric>)
      outs(%init : tensor<2x4xf32>) {indexing_maps = [#x, #w, affine_map<(m, n, k) -> (n, k floordiv 32)>, #y]} -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// A parameter is packed when it is loaded, see lower-parameters.mlir.
// CHECK-LABEL: func.func @parameter
// CHECK: %[[CODES:.*]] = ml_program.global_load_const @codes
// CHECK: %[[P:.*]] = qlinalg.pack %[[CODES]] <panel = 4> : tensor<6x4xi8> -> tensor<2x4x4xi8>
// CHECK: rhs(%[[P]] : tensor<2x4x4xi8> {{.*}} layout <panel = 4>)
func.func @parameter(%x: tensor<2x4xf32>, %s: tensor<6xf32>, %init: tensor<2x6xf32>) -> tensor<2x6xf32> {
  %w = ml_program.global_load_const @codes : tensor<6x4xi8>
  %0 = qlinalg.matmul lhs(%x : tensor<2x4xf32>) rhs(%w : tensor<6x4xi8> scales %s : tensor<6xf32> scheme <int8, channel, symmetric>)
      outs(%init : tensor<2x6xf32>) {indexing_maps = [#x, #w, #s, #y]} -> tensor<2x6xf32>
  return %0 : tensor<2x6xf32>
}

// CHECK-LABEL: func.func @weight_on_the_left
// CHECK: lhs(%{{.*}} : tensor<1x2x4xi8> {{.*}} layout <panel = 4>) rhs(%{{.*}} : tensor<2x2xf32>)
func.func @weight_on_the_left(%x: tensor<2x2xf32>, %s: tensor<4xf32>, %init: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %w = arith.constant dense<[[1, 2], [3, 4], [5, 6], [7, 8]]> : tensor<4x2xi8>
  %0 = qlinalg.matmul lhs(%w : tensor<4x2xi8> scales %s : tensor<4xf32> scheme <int8, channel, symmetric>) rhs(%x : tensor<2x2xf32>)
      outs(%init : tensor<2x4xf32>) {indexing_maps = [#w, #s, #x, #y]} -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// Panels are of rows of K.
// CHECK-LABEL: func.func @skip_k_outermost
// CHECK-NOT: layout
// CHECK: return
func.func @skip_k_outermost(%x: tensor<2x2xf32>, %s: tensor<4xf32>, %init: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %w = arith.constant dense<[[1, 2, 3, 4], [5, 6, 7, 8]]> : tensor<2x4xi8>
  %0 = qlinalg.matmul lhs(%x : tensor<2x2xf32>) rhs(%w : tensor<2x4xi8> scales %s : tensor<4xf32> scheme <int8, channel, symmetric>)
      outs(%init : tensor<2x4xf32>) {indexing_maps = [#x, #wt, #s, #y]} -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// The bytes of @constant after its 4 bytes of alignment.
// CHECK: [[KEY]]: "0x{{([0-9A-F]+)}}0103050702040608090B00000A0C0000"
