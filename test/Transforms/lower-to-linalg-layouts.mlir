// RUN: quant-opt %s --qlinalg-lower-to-linalg | FileCheck %s

// pack and unpack become index arithmetic in the maps of a generic.

// CHECK-DAG: #[[EVEN:.*]] = affine_map<(d0, d1) -> (d0, d1 * 2)>
// CHECK-DAG: #[[ODD:.*]] = affine_map<(d0, d1) -> (d0, d1 * 2 + 1)>
// CHECK-DAG: #[[BYTE:.*]] = affine_map<(d0, d1) -> (d0, d1 floordiv 2)>
// CHECK-DAG: #[[PANEL:.*]] = affine_map<(d0, d1, d2) -> (d0 * 16 + d2, d1)>
// CHECK-DAG: #[[IN_PANEL:.*]] = affine_map<(d0, d1) -> (d0 floordiv 16, d1 floordiv 4, d0 mod 16)>

// An odd K is padded with a code 0; the first code lies in the low bits.
// CHECK-LABEL: func.func @pack_rows
// CHECK-SAME: (%[[X:.*]]: tensor<3x5xi4>)
// CHECK: %[[PADDED:.*]] = tensor.pad %[[X]] low[0, 0] high[0, 1]
// CHECK: linalg.generic {indexing_maps = [#[[EVEN]], #[[ODD]], #{{.*}}]
// CHECK-SAME: ins(%[[PADDED]], %[[PADDED]] : tensor<3x6xi4>, tensor<3x6xi4>)
// CHECK-NEXT: ^bb0(%[[FIRST:.*]]: i4, %[[SECOND:.*]]: i4, %{{.*}}: i8):
// CHECK-DAG: %[[LOW:.*]] = arith.extui %[[FIRST]] : i4 to i8
// CHECK-DAG: %[[WIDE:.*]] = arith.extui %[[SECOND]] : i4 to i8
// CHECK: %[[HIGH:.*]] = arith.shli %[[WIDE]], %c4_i8 : i8
// CHECK: arith.ori %[[LOW]], %[[HIGH]] : i8
func.func @pack_rows(%x: tensor<3x5xi4>) -> tensor<3x3xi8> {
  %p = qlinalg.pack %x <rows> : tensor<3x5xi4> -> tensor<3x3xi8>
  return %p : tensor<3x3xi8>
}

// CHECK-LABEL: func.func @unpack_rows
// CHECK: linalg.generic {indexing_maps = [#[[BYTE]], #{{.*}}]
// CHECK: %[[COLUMN:.*]] = linalg.index 1 : index
// CHECK: %[[CODE:.*]] = arith.remui %[[COLUMN]], %c2 : index
// CHECK: %[[BITS:.*]] = arith.muli %[[CODE]], %c4 : index
// CHECK: %[[SHIFT:.*]] = arith.index_castui %[[BITS]] : index to i8
// CHECK: %[[SHIFTED:.*]] = arith.shrui %{{.*}}, %[[SHIFT]] : i8
// CHECK: arith.trunci %[[SHIFTED]] : i8 to i4
func.func @unpack_rows(%p: tensor<3x3xi8>) -> tensor<3x5xi4> {
  %x = qlinalg.unpack %p <rows> : tensor<3x3xi8> -> tensor<3x5xi4>
  return %x : tensor<3x5xi4>
}

// Whole bytes, and no row missing: nothing is padded.
// CHECK-LABEL: func.func @pack_panel
// CHECK-NOT: tensor.pad
// CHECK: linalg.generic {indexing_maps = [#[[PANEL]], #{{.*}}]
func.func @pack_panel(%x: tensor<32x5xi8>) -> tensor<2x5x16xi8> {
  %p = qlinalg.pack %x <panel = 16> : tensor<32x5xi8> -> tensor<2x5x16xi8>
  return %p : tensor<2x5x16xi8>
}

// CHECK-LABEL: func.func @unpack_panel
// CHECK: linalg.generic {indexing_maps = [#[[IN_PANEL]], #{{.*}}]
func.func @unpack_panel(%p: tensor<2x2x16xi8>) -> tensor<20x7xi2> {
  %x = qlinalg.unpack %p <panel = 16> : tensor<2x2x16xi8> -> tensor<20x7xi2>
  return %x : tensor<20x7xi2>
}
