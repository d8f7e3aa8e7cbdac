// RUN: quant-opt %s --qlinalg-lower-to-linalg | FileCheck %s

// Rows of any number: embeddings of a sequence are looked up as bytes and unpacked.

// CHECK-LABEL: func.func @unpack
// CHECK-SAME: (%[[BYTES:[a-z0-9]+]]: tensor<2x?x48xi8>)
// CHECK: %[[SIZE:.*]] = tensor.dim %[[BYTES]], %{{.*}} : tensor<2x?x48xi8>
// CHECK: tensor.empty(%[[SIZE]]) : tensor<2x?x96xi4>
// CHECK: linalg.generic
func.func @unpack(%bytes: tensor<2x?x48xi8>) -> tensor<2x?x96xi4> {
  %0 = qlinalg.unpack %bytes <rows> : tensor<2x?x48xi8> -> tensor<2x?x96xi4>
  return %0 : tensor<2x?x96xi4>
}

// Five codes of 4 bits are padded to six.
// CHECK-LABEL: func.func @pack
// CHECK-SAME: (%[[CODES:[a-z0-9]+]]: tensor<?x5xi4>)
// CHECK: tensor.pad %[[CODES]]
// CHECK: tensor.empty(%{{.*}}) : tensor<?x3xi8>
// CHECK: linalg.generic
func.func @pack(%codes: tensor<?x5xi4>) -> tensor<?x3xi8> {
  %0 = qlinalg.pack %codes <rows> : tensor<?x5xi4> -> tensor<?x3xi8>
  return %0 : tensor<?x3xi8>
}
