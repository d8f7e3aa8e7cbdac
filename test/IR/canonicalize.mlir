// RUN: quant-opt %s -canonicalize -split-input-file | FileCheck %s

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>
#id = affine_map<(d0, d1) -> (d0)>

// What is asked for on purpose stays, on constants too.
// CHECK-LABEL: func.func @stays
// CHECK-DAG: %[[FLOATS:[a-z0-9_]+]] = arith.constant dense<{{.*}}> : tensor<2x2xf32>
// CHECK-DAG: %[[CODES:[a-z0-9_]+]] = arith.constant dense<{{.*}}> : tensor<2x2xi8>
// CHECK: %[[OBSERVED:[a-z0-9_]+]] = qlinalg.observe %[[FLOATS]] site "x" <range>
// CHECK: %[[FAKE:[a-z0-9_]+]] = qlinalg.fake_quantize %[[FLOATS]]
// CHECK: %[[FLOAT_WEIGHT:[a-z0-9_]+]] = qlinalg.dequantize %[[CODES]]
// CHECK: return %[[OBSERVED]], %[[FAKE]], %[[FLOAT_WEIGHT]]
func.func @stays() -> (tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>) {
  %x = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %s = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %q = arith.constant dense<[[1, 2], [3, 4]]> : tensor<2x2xi8>
  %0 = qlinalg.observe %x site "x" <range> : tensor<2x2xf32>
  %1 = qlinalg.fake_quantize %x scales %s <int8, channel> by #id : tensor<2x2xf32> scales tensor<2xf32> -> tensor<2x2xf32>
  %2 = qlinalg.dequantize %q scales %s <int8, channel> by #id : tensor<2x2xi8> scales tensor<2xf32> -> tensor<2x2xf32>
  return %0, %1, %2 : tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>
}

//===----------------------------------------------------------------------===//
// matmul takes the codes of what was dequantized
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @absorb_rhs
// CHECK-SAME: %[[X:[a-z0-9_]+]]: tensor<4x64xf32>, %[[W:[a-z0-9_]+]]: tensor<8x64xi4>, %[[S:[a-z0-9_]+]]: tensor<8x2xf32>, %[[Z:[a-z0-9_]+]]: tensor<8x2xi8>
// CHECK-NOT: dequantize
// CHECK: qlinalg.matmul lhs(%[[X]] : tensor<4x64xf32>) rhs(%[[W]] : tensor<8x64xi4> scales %[[S]] : tensor<8x2xf32> zero_points %[[Z]] : tensor<8x2xi8> scheme <uint4, group = 32, affine>)
// CHECK-SAME: indexing_maps = [#[[MK:.*]], #[[NK:.*]], #[[NG:.*]], #[[NG]], #[[MN:.*]]]
func.func @absorb_rhs(%x: tensor<4x64xf32>, %w: tensor<8x64xi4>, %s: tensor<8x2xf32>, %z: tensor<8x2xi8>, %i: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %f = qlinalg.dequantize %w scales %s zero_points %z <uint4, group = 32, affine> by affine_map<(d0, d1) -> (d0, d1 floordiv 32)>
    : tensor<8x64xi4> scales tensor<8x2xf32> zero_points tensor<8x2xi8> -> tensor<8x64xf32>
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%f : tensor<8x64xf32>) outs(%i : tensor<4x8xf32>)
    {indexing_maps = [#mk, #nk, #mn]} -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

// -----

// Codes stored K by N; their groups run along the first dimension.
// CHECK: #[[$GN:.*]] = affine_map<(d0, d1, d2) -> (d2 floordiv 32, d1)>
// CHECK-LABEL: func.func @absorb_transposed
// CHECK-NOT: dequantize
// CHECK: qlinalg.matmul lhs(%{{.*}} : tensor<4x64xf32>) rhs(%{{.*}} : tensor<64x8xi4> scales %{{.*}} : tensor<2x8xf32> scheme <nf4, group = 32>)
// CHECK-SAME: indexing_maps = [#{{.*}}, #{{.*}}, #[[$GN]], #{{.*}}]
func.func @absorb_transposed(%x: tensor<4x64xf32>, %w: tensor<64x8xi4>, %s: tensor<2x8xf32>, %i: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %f = qlinalg.dequantize %w scales %s <nf4, group = 32> by affine_map<(d0, d1) -> (d0 floordiv 32, d1)>
    : tensor<64x8xi4> scales tensor<2x8xf32> -> tensor<64x8xf32>
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%f : tensor<64x8xf32>) outs(%i : tensor<4x8xf32>)
    {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]} -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>
#n = affine_map<(m, n, k) -> (n)>
#id = affine_map<(d0, d1) -> (d0)>
#no = affine_map<(d0, d1) -> ()>

// A group of one: each element of K has its scale.
// CHECK-LABEL: func.func @absorb_group_of_one
// CHECK-NOT: dequantize
// CHECK: rhs(%{{.*}} : tensor<8x64xi8> scales %{{.*}} : tensor<8x64xf32> scheme <int8, group = 1, symmetric>)
func.func @absorb_group_of_one(%x: tensor<4x64xf32>, %w: tensor<8x64xi8>, %s: tensor<8x64xf32>, %i: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %f = qlinalg.dequantize %w scales %s <int8, group = 1> by affine_map<(d0, d1) -> (d0, d1)>
    : tensor<8x64xi8> scales tensor<8x64xf32> -> tensor<8x64xf32>
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%f : tensor<8x64xf32>) outs(%i : tensor<4x8xf32>)
    {indexing_maps = [#mk, #nk, #mn]} -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

// Groups of one along N: those of a matmul lie along K.
// CHECK-LABEL: func.func @skip_group_of_one_along_n
// CHECK: qlinalg.dequantize
// CHECK: rhs(%{{.*}} : tensor<8x64xf32>)
func.func @skip_group_of_one_along_n(%x: tensor<4x64xf32>, %w: tensor<8x64xi8>, %s: tensor<8xf32>, %i: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %f = qlinalg.dequantize %w scales %s <int8, group = 1> by #id : tensor<8x64xi8> scales tensor<8xf32> -> tensor<8x64xf32>
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%f : tensor<8x64xf32>) outs(%i : tensor<4x8xf32>)
    {indexing_maps = [#mk, #nk, #mn]} -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

// On the left, without scales, beside a bias: each map stays with its operand.
// CHECK-LABEL: func.func @absorb_lhs
// CHECK-SAME: %[[X:[a-z0-9_]+]]: tensor<4x64xbf16>, %[[W:[a-z0-9_]+]]: tensor<8x64xi8>, %[[S:[a-z0-9_]+]]: tensor<8xf32>
// CHECK-NOT: dequantize
// CHECK: qlinalg.matmul lhs(%[[X]] : tensor<4x64xbf16> scheme <bf16>) rhs(%[[W]] : tensor<8x64xi8> scales %[[S]] : tensor<8xf32> scheme <int8, channel, symmetric>) bias(
func.func @absorb_lhs(%x: tensor<4x64xbf16>, %w: tensor<8x64xi8>, %s: tensor<8xf32>, %b: tensor<8xf32>, %i: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %f = qlinalg.dequantize %x <bf16> by #no : tensor<4x64xbf16> -> tensor<4x64xf32>
  %0 = qlinalg.matmul lhs(%f : tensor<4x64xf32>) rhs(%w : tensor<8x64xi8> scales %s : tensor<8xf32> scheme <int8, channel>)
    bias(%b : tensor<8xf32>) outs(%i : tensor<4x8xf32>) {indexing_maps = [#mk, #nk, #n, #n, #mn]} -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

// Two sides of integers would be summed in integers, another result: one of them stays floats.
// CHECK-LABEL: func.func @skip_two_integers
// CHECK-COUNT-1: qlinalg.dequantize
// CHECK-NOT: qlinalg.dequantize
// CHECK: qlinalg.matmul lhs(%{{.*}} : tensor<4x64xi8> scales %{{.*}} : tensor<4xf32> scheme <int8, token, symmetric>) rhs(%{{.*}} : tensor<8x64xf32>)
func.func @skip_two_integers(%x: tensor<4x64xi8>, %t: tensor<4xf32>, %w: tensor<8x64xi8>, %s: tensor<8xf32>, %i: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %e = qlinalg.dequantize %x scales %t <int8, token> by #id : tensor<4x64xi8> scales tensor<4xf32> -> tensor<4x64xf32>
  %f = qlinalg.dequantize %w scales %s <int8, channel> by #id : tensor<8x64xi8> scales tensor<8xf32> -> tensor<8x64xf32>
  %0 = qlinalg.matmul lhs(%e : tensor<4x64xf32>) rhs(%f : tensor<8x64xf32>) outs(%i : tensor<4x8xf32>)
    {indexing_maps = [#mk, #nk, #mn]} -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

// f16 has been rounded, which the codes in the matmul are not.
// CHECK-LABEL: func.func @skip_narrow
// CHECK: qlinalg.dequantize
// CHECK: rhs(%{{.*}} : tensor<8x64xf16>)
func.func @skip_narrow(%x: tensor<4x64xf32>, %w: tensor<8x64xi8>, %s: tensor<8xf32>, %i: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %f = qlinalg.dequantize %w scales %s <int8, channel> by #id : tensor<8x64xi8> scales tensor<8xf32> -> tensor<8x64xf16>
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%f : tensor<8x64xf16>) outs(%i : tensor<4x8xf32>)
    {indexing_maps = [#mk, #nk, #mn]} -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

// The groups run along N.
// CHECK-LABEL: func.func @skip_groups_along_n
// CHECK: qlinalg.dequantize
// CHECK: rhs(%{{.*}} : tensor<64x8xf32>)
func.func @skip_groups_along_n(%x: tensor<4x64xf32>, %w: tensor<64x8xi8>, %s: tensor<64x2xf32>, %i: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %f = qlinalg.dequantize %w scales %s <int8, group = 4> by affine_map<(d0, d1) -> (d0, d1 floordiv 4)>
    : tensor<64x8xi8> scales tensor<64x2xf32> -> tensor<64x8xf32>
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%f : tensor<64x8xf32>) outs(%i : tensor<4x8xf32>)
    {indexing_maps = [#mk, #kn, #mn]} -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

// A channel of the dequantized value is K of the matmul.
// CHECK-LABEL: func.func @skip_channel_along_k
// CHECK: qlinalg.dequantize
// CHECK: rhs(%{{.*}} : tensor<64x8xf32>)
func.func @skip_channel_along_k(%x: tensor<4x64xf32>, %w: tensor<64x8xi8>, %s: tensor<64xf32>, %i: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %f = qlinalg.dequantize %w scales %s <int8, channel> by #id : tensor<64x8xi8> scales tensor<64xf32> -> tensor<64x8xf32>
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%f : tensor<64x8xf32>) outs(%i : tensor<4x8xf32>)
    {indexing_maps = [#mk, #kn, #mn]} -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

// CHECK-LABEL: func.func @absorb_cast
// CHECK-SAME: %[[X:[a-z0-9_]+]]: tensor<4x64xf32>
// CHECK-NOT: tensor.cast
// CHECK: lhs(%[[X]] : tensor<4x64xf32>)
func.func @absorb_cast(%x: tensor<4x64xf32>, %w: tensor<8x64xf32>, %i: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %c = tensor.cast %x : tensor<4x64xf32> to tensor<?x64xf32>
  %0 = qlinalg.matmul lhs(%c : tensor<?x64xf32>) rhs(%w : tensor<8x64xf32>) outs(%i : tensor<?x8xf32>)
    {indexing_maps = [#mk, #nk, #mn]} -> tensor<?x8xf32>
  return %0 : tensor<?x8xf32>
}

// The cast says more than its source.
// CHECK-LABEL: func.func @skip_cast_to_static
// CHECK: tensor.cast
// CHECK: lhs(%{{.*}} : tensor<4x64xf32>)
func.func @skip_cast_to_static(%x: tensor<?x64xf32>, %w: tensor<8x64xf32>, %i: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %c = tensor.cast %x : tensor<?x64xf32> to tensor<4x64xf32>
  %0 = qlinalg.matmul lhs(%c : tensor<4x64xf32>) rhs(%w : tensor<8x64xf32>) outs(%i : tensor<4x8xf32>)
    {indexing_maps = [#mk, #nk, #mn]} -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

// -----

//===----------------------------------------------------------------------===//
// pack and unpack
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @inverse
// CHECK-SAME: %[[LOGICAL:[a-z0-9_]+]]: tensor<33x5xi4>, %[[PACKED:[a-z0-9_]+]]: tensor<3x3x16xi8>, %[[BYTES:[a-z0-9_]+]]: tensor<?x5xi8>
// CHECK-NEXT: return %[[LOGICAL]], %[[PACKED]], %[[BYTES]]
func.func @inverse(%l: tensor<33x5xi4>, %p: tensor<3x3x16xi8>, %b: tensor<?x5xi8>) -> (tensor<33x5xi4>, tensor<3x3x16xi8>, tensor<?x5xi8>) {
  %0 = qlinalg.pack %l <panel = 16> : tensor<33x5xi4> -> tensor<3x3x16xi8>
  %1 = qlinalg.unpack %0 <panel = 16> : tensor<3x3x16xi8> -> tensor<33x5xi4>
  %2 = qlinalg.unpack %p <panel = 16> : tensor<3x3x16xi8> -> tensor<33x5xi4>
  %3 = qlinalg.pack %2 <panel = 16> : tensor<33x5xi4> -> tensor<3x3x16xi8>
  // Whole bytes in rows are what they were.
  %4 = qlinalg.unpack %b <rows> : tensor<?x5xi8> -> tensor<?x5xi8>
  return %1, %3, %4 : tensor<33x5xi4>, tensor<3x3x16xi8>, tensor<?x5xi8>
}

// The same bytes can be rows of 5 or of 6 codes.
// CHECK-LABEL: func.func @skip_other_type
// CHECK: qlinalg.pack
// CHECK: qlinalg.unpack
func.func @skip_other_type(%l: tensor<4x5xi4>) -> tensor<4x6xi4> {
  %0 = qlinalg.pack %l <rows> : tensor<4x5xi4> -> tensor<4x3xi8>
  %1 = qlinalg.unpack %0 <rows> : tensor<4x3xi8> -> tensor<4x6xi4>
  return %1 : tensor<4x6xi4>
}

// Other panels are other bytes.
// CHECK-LABEL: func.func @skip_other_layout
// CHECK: qlinalg.unpack
// CHECK: qlinalg.pack
func.func @skip_other_layout(%l: tensor<32x4xi8>) -> tensor<1x4x32xi8> {
  %0 = qlinalg.unpack %l <rows> : tensor<32x4xi8> -> tensor<32x8xi4>
  %1 = qlinalg.pack %0 <panel = 32> : tensor<32x8xi4> -> tensor<1x4x32xi8>
  return %1 : tensor<1x4x32xi8>
}

// Packed codes are the only copy: they are not unpacked at compile time.
// CHECK-LABEL: func.func @skip_unpack_constant
// CHECK: qlinalg.unpack
func.func @skip_unpack_constant() -> tensor<2x2xi4> {
  %c = arith.constant dense<[[16], [50]]> : tensor<2x1xi8>
  %0 = qlinalg.unpack %c <rows> : tensor<2x1xi8> -> tensor<2x2xi4>
  return %0 : tensor<2x2xi4>
}

// -----

// Constants are packed at compile time. Three rows of two bytes in panels of two rows:
//   1 2        1 3  2 4
//   3 4   ->   5 0  6 0
//   5 6
// CHECK-LABEL: func.func @fold_bytes
// CHECK-NEXT: %[[C:[a-z0-9_]+]] = arith.constant dense_resource<bytes_1> : tensor<2x2x2xi8>
// CHECK-NEXT: return %[[C]]
// CHECK: bytes_1: "0x100000000103020405000600"
func.func @fold_bytes() -> tensor<2x2x2xi8> {
  %c = arith.constant dense_resource<bytes> : tensor<3x2xi8>
  %0 = qlinalg.pack %c <panel = 2> : tensor<3x2xi8> -> tensor<2x2x2xi8>
  return %0 : tensor<2x2x2xi8>
}
{-#
  dialect_resources: { builtin: { bytes: "0x01000000010203040506" } }
#-}

// -----

// A DenseElementsAttr too, and a splat of f32: 1.5 = 0x3FC00000, a third row is padding.
// CHECK-LABEL: func.func @fold_dense
// CHECK-DAG: dense_resource<[[BYTES:.*]]> : tensor<1x2x2xi8>
// CHECK-DAG: dense_resource<[[SPLAT:.*]]> : tensor<2x1x2xf32>
// CHECK-DAG: [[BYTES]]: "0x100000000103FE04"
// CHECK-DAG: [[SPLAT]]: "0x100000000000C03F0000C03F0000C03F00000000"
func.func @fold_dense() -> (tensor<1x2x2xi8>, tensor<2x1x2xf32>) {
  %c = arith.constant dense<[[1, -2], [3, 4]]> : tensor<2x2xi8>
  %s = arith.constant dense<1.5> : tensor<3x1xf32>
  %0 = qlinalg.pack %c <panel = 2> : tensor<2x2xi8> -> tensor<1x2x2xi8>
  %1 = qlinalg.pack %s <panel = 2> : tensor<3x1xf32> -> tensor<2x1x2xf32>
  return %0, %1 : tensor<1x2x2xi8>, tensor<2x1x2xf32>
}

// -----

// Rows of three 4-bit codes, the first in the low bits, as panels of two rows; the codes themselves are never written out.
//    1  2 -1        21 0F
//    3  4  5   is   43 05   ->   21 43  0F 05
//   -8  7  0        78 00        78 00  00 00
// CHECK-LABEL: func.func @fold_int4
// CHECK-NEXT: %[[C:[a-z0-9_]+]] = arith.constant dense_resource<codes_1> : tensor<2x2x2xi8>
// CHECK-NEXT: return %[[C]]
// CHECK: codes_1: "0x1000000021430F0578000000"
func.func @fold_int4() -> tensor<2x2x2xi8> {
  %c = arith.constant dense_resource<codes> : tensor<3x2xi8>
  %0 = qlinalg.unpack %c <rows> : tensor<3x2xi8> -> tensor<3x3xi4>
  %1 = qlinalg.pack %0 <panel = 2> : tensor<3x3xi4> -> tensor<2x2x2xi8>
  return %1 : tensor<2x2x2xi8>
}
{-#
  dialect_resources: { builtin: { codes: "0x01000000210F43057800" } }
#-}

// -----

// Each matrix of a batch by itself; 16-bit codes stay whole: 1.0 = 0x3F80, 2.0 = 0x4000, 3.0 = 0x4040, 4.0 = 0x4080.
//   [1 2], [3 4]  ->  [1 0  2 0], [3 0  4 0]
// CHECK-LABEL: func.func @fold_batch
// CHECK: dense_resource<[[KEY:.*]]> : tensor<2x1x2x2xbf16>
// CHECK: [[KEY]]: "0x10000000803F000000400000404000008040{{0000}}"
func.func @fold_batch() -> tensor<2x1x2x2xbf16> {
  %c = arith.constant dense<[[[1.0, 2.0]], [[3.0, 4.0]]]> : tensor<2x1x2xbf16>
  %0 = qlinalg.pack %c <panel = 2> : tensor<2x1x2xbf16> -> tensor<2x1x2x2xbf16>
  return %0 : tensor<2x1x2x2xbf16>
}

// -----

// The bytes are not at hand.
// CHECK-LABEL: func.func @skip_elided
// CHECK: qlinalg.pack
func.func @skip_elided() -> tensor<2x2x2xi8> {
  %c = arith.constant dense_resource<__elided__> : tensor<3x2xi8>
  %0 = qlinalg.pack %c <panel = 2> : tensor<3x2xi8> -> tensor<2x2x2xi8>
  return %0 : tensor<2x2x2xi8>
}

// -----

// The resource is one byte short.
// CHECK-LABEL: func.func @skip_short
// CHECK: qlinalg.pack
func.func @skip_short() -> tensor<2x2x2xi8> {
  %c = arith.constant dense_resource<short> : tensor<3x2xi8>
  %0 = qlinalg.pack %c <panel = 2> : tensor<3x2xi8> -> tensor<2x2x2xi8>
  return %0 : tensor<2x2x2xi8>
}
{-#
  dialect_resources: { builtin: { short: "0x010000000102030405" } }
#-}
