// RUN: quant-opt %s -transform-interpreter -canonicalize -cse -split-input-file | FileCheck %s

// Tiles of qlinalg.matmul: parameters are sliced with the data, through their own maps.

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#ng = affine_map<(m, n, k) -> (n, k floordiv 32)>
#mn = affine_map<(m, n, k) -> (m, n)>

// CHECK: #[[$GROUP:.*]] = affine_map<()[s0] -> (s0 floordiv 32)>
// CHECK-LABEL: func.func @tile_m_n_k
// CHECK-SAME: %[[X:[a-z0-9_]+]]: tensor<64x256xf32>, %[[W:[a-z0-9_]+]]: tensor<128x256xi4>, %[[S:[a-z0-9_]+]]: tensor<128x8xf32>, %[[Z:[a-z0-9_]+]]: tensor<128x8xi8>, %[[INIT:[a-z0-9_]+]]: tensor<64x128xf32>
// CHECK: scf.for %[[M:[a-z0-9_]+]] = {{.*}} iter_args(%[[MACC:[a-z0-9_]+]] = %[[INIT]])
// CHECK: scf.for %[[N:[a-z0-9_]+]] = {{.*}} iter_args(%[[NACC:[a-z0-9_]+]] = %[[MACC]])
// CHECK: scf.for %[[K:[a-z0-9_]+]] = {{.*}} iter_args(%[[ACC:[a-z0-9_]+]] = %[[NACC]])
// CHECK-DAG: %[[G:[a-z0-9_]+]] = affine.apply #[[$GROUP]]()[%[[K]]]
// CHECK-DAG: %[[XT:[a-z0-9_]+]] = tensor.extract_slice %[[X]][%[[M]], %[[K]]] [16, 64] [1, 1] : tensor<64x256xf32> to tensor<16x64xf32>
// CHECK-DAG: %[[WT:[a-z0-9_]+]] = tensor.extract_slice %[[W]][%[[N]], %[[K]]] [32, 64] [1, 1] : tensor<128x256xi4> to tensor<32x64xi4>
// CHECK-DAG: %[[ST:[a-z0-9_]+]] = tensor.extract_slice %[[S]][%[[N]], %[[G]]] [32, 2] [1, 1] : tensor<128x8xf32> to tensor<32x2xf32>
// CHECK-DAG: %[[ZT:[a-z0-9_]+]] = tensor.extract_slice %[[Z]][%[[N]], %[[G]]] [32, 2] [1, 1] : tensor<128x8xi8> to tensor<32x2xi8>
// CHECK-DAG: %[[YT:[a-z0-9_]+]] = tensor.extract_slice %[[ACC]][%[[M]], %[[N]]] [16, 32] [1, 1] : tensor<64x128xf32> to tensor<16x32xf32>
// CHECK: %[[TILE:[a-z0-9_]+]] = qlinalg.matmul lhs(%[[XT]] : tensor<16x64xf32>)
// CHECK-SAME: rhs(%[[WT]] : tensor<32x64xi4> scales %[[ST]] : tensor<32x2xf32> zero_points %[[ZT]] : tensor<32x2xi8> scheme <uint4, group = 32, affine>)
// CHECK-SAME: outs(%[[YT]] : tensor<16x32xf32>)
// CHECK-SAME: site = "mlp"
// CHECK: tensor.insert_slice %[[TILE]] into %[[ACC]][%[[M]], %[[N]]] [16, 32] [1, 1]
func.func @tile_m_n_k(%x: tensor<64x256xf32>, %w: tensor<128x256xi4>, %s: tensor<128x8xf32>, %z: tensor<128x8xi8>, %i: tensor<64x128xf32>) -> tensor<64x128xf32> {
  %0 = qlinalg.matmul lhs(%x : tensor<64x256xf32>)
    rhs(%w : tensor<128x256xi4> scales %s : tensor<128x8xf32> zero_points %z : tensor<128x8xi8> scheme <uint4, group = 32, affine>)
    outs(%i : tensor<64x128xf32>) {indexing_maps = [#mk, #nk, #ng, #ng, #mn], site = "mlp"} -> tensor<64x128xf32>
  return %0 : tensor<64x128xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %0 = transform.structured.match ops{["qlinalg.matmul"]} in %root : (!transform.any_op) -> !transform.any_op
    %1, %loops:3 = transform.structured.tile_using_for %0 tile_sizes [16, 32, 64]
      : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#ng = affine_map<(m, n, k) -> (n, k floordiv 32)>
#m = affine_map<(m, n, k) -> (m)>
#zn = affine_map<(m, n, k) -> (0, n)>
#mn = affine_map<(m, n, k) -> (m, n)>

// In parallel on n, with everything that can be there, a dynamic m, and a K that is no multiple of the group: all of K fits.
// CHECK-LABEL: func.func @tile_n_parallel
// CHECK-SAME: %[[X:[a-z0-9_]+]]: tensor<?x80xi8>, %[[T:[a-z0-9_]+]]: tensor<?xf32>, %[[W:[a-z0-9_]+]]: tensor<128x80xi8>, %[[S:[a-z0-9_]+]]: tensor<128x3xf32>, %[[B:[a-z0-9_]+]]: tensor<1x128xf32>, %[[Y:[a-z0-9_]+]]: tensor<?x128xf32>
// CHECK: scf.forall (%[[TILE:[a-z0-9_]+]]) in (4)
// CHECK: %[[N:[a-z0-9_]+]] = affine.apply #{{.*}}(%[[TILE]])
// CHECK-DAG: %[[WT:[a-z0-9_]+]] = tensor.extract_slice %[[W]][%[[N]], 0] [32, 80] [1, 1]
// CHECK-DAG: %[[ST:[a-z0-9_]+]] = tensor.extract_slice %[[S]][%[[N]], 0] [32, 3] [1, 1]
// CHECK-DAG: %[[BT:[a-z0-9_]+]] = tensor.extract_slice %[[B]][0, %[[N]]] [1, 32] [1, 1]
// CHECK-DAG: %[[YT:[a-z0-9_]+]] = tensor.extract_slice %[[Y]][0, %[[N]]] [%{{.*}}, 32] [1, 1]
// CHECK: qlinalg.matmul lhs(%{{.*}} : tensor<?x80xi8> scales %{{.*}} : tensor<?xf32> scheme <int8, token, symmetric>)
// CHECK-SAME: rhs(%[[WT]] : tensor<32x80xi8> scales %[[ST]] : tensor<32x3xf32> scheme <int8, group = 32, symmetric>)
// CHECK-SAME: bias(%[[BT]] : tensor<1x32xf32>) epilogue <silu> times(%[[YT]] : tensor<?x32xf32>)
// CHECK-SAME: accumulator = #qlinalg.accumulator<32, bound = 500000>
func.func @tile_n_parallel(%x: tensor<?x80xi8>, %t: tensor<?xf32>, %w: tensor<128x80xi8>, %s: tensor<128x3xf32>, %b: tensor<1x128xf32>, %y: tensor<?x128xf32>, %i: tensor<?x128xf32>) -> tensor<?x128xf32> {
  %0 = qlinalg.matmul lhs(%x : tensor<?x80xi8> scales %t : tensor<?xf32> scheme <int8, token>)
    rhs(%w : tensor<128x80xi8> scales %s : tensor<128x3xf32> scheme <int8, group = 32>)
    bias(%b : tensor<1x128xf32>) epilogue <silu> times(%y : tensor<?x128xf32>) outs(%i : tensor<?x128xf32>)
    {indexing_maps = [#mk, #m, #nk, #ng, #zn, #mn, #mn], accumulator = #qlinalg.accumulator<32, bound = 500000>} -> tensor<?x128xf32>
  return %0 : tensor<?x128xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %0 = transform.structured.match ops{["qlinalg.matmul"]} in %root : (!transform.any_op) -> !transform.any_op
    %1, %loop = transform.structured.tile_using_forall %0 tile_sizes [0, 32] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#ng = affine_map<(m, n, k) -> (n, k floordiv 32)>
#mn = affine_map<(m, n, k) -> (m, n)>

// All of a dynamic K is a tile, whatever the group.
// CHECK-LABEL: func.func @tile_m_dynamic_k
// CHECK: scf.for
// CHECK: qlinalg.matmul lhs(%{{.*}} : tensor<?x?xf32>) rhs(%{{.*}} : tensor<16x?xi8> scales %{{.*}} : tensor<16x?xf32> scheme <int8, group = 32, symmetric>)
func.func @tile_m_dynamic_k(%x: tensor<?x?xf32>, %w: tensor<16x?xi8>, %s: tensor<16x?xf32>, %i: tensor<?x16xf32>) -> tensor<?x16xf32> {
  %0 = qlinalg.matmul lhs(%x : tensor<?x?xf32>) rhs(%w : tensor<16x?xi8> scales %s : tensor<16x?xf32> scheme <int8, group = 32>)
    outs(%i : tensor<?x16xf32>) {indexing_maps = [#mk, #nk, #ng, #mn]} -> tensor<?x16xf32>
  return %0 : tensor<?x16xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %0 = transform.structured.match ops{["qlinalg.matmul"]} in %root : (!transform.any_op) -> !transform.any_op
    %1, %loop = transform.structured.tile_using_for %0 tile_sizes [4] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#ng = affine_map<(m, n, k) -> (n, k floordiv 32)>
#mn = affine_map<(m, n, k) -> (m, n)>

// The tile is fused into a loop over its result.
// CHECK-LABEL: func.func @fuse
// CHECK: scf.for %[[I:[a-z0-9_]+]] =
// CHECK: tensor.extract_slice %{{.*}}[%[[I]], 0] [8, 64] [1, 1] : tensor<32x64xf32> to tensor<8x64xf32>
// CHECK: qlinalg.matmul lhs(%{{.*}} : tensor<8x64xf32>) rhs(%{{.*}} : tensor<16x64xi8> scales %{{.*}} : tensor<16x2xf32> scheme
// CHECK: linalg.exp ins(%{{.*}} : tensor<8x16xf32>)
func.func @fuse(%x: tensor<32x64xf32>, %w: tensor<16x64xi8>, %s: tensor<16x2xf32>, %i: tensor<32x16xf32>) -> tensor<32x16xf32> {
  %0 = qlinalg.matmul lhs(%x : tensor<32x64xf32>) rhs(%w : tensor<16x64xi8> scales %s : tensor<16x2xf32> scheme <int8, group = 32>)
    outs(%i : tensor<32x16xf32>) {indexing_maps = [#mk, #nk, #ng, #mn]} -> tensor<32x16xf32>
  %1 = linalg.exp ins(%0 : tensor<32x16xf32>) outs(%i : tensor<32x16xf32>) -> tensor<32x16xf32>
  return %1 : tensor<32x16xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %0 = transform.structured.match ops{["linalg.exp"]} in %root : (!transform.any_op) -> !transform.any_op
    %1, %loop = transform.structured.fuse %0 tile_sizes [8] interchange [0] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#n = affine_map<(m, n, k) -> (n)>
#none = affine_map<(m, n, k) -> ()>
#mn = affine_map<(m, n, k) -> (m, n)>

// Codes of a result: multipliers, shifts and the bias are sliced, the zero point is the same for all.
// CHECK-LABEL: func.func @tile_codes
// CHECK-SAME: %{{[a-z0-9_]+}}: tensor<8x64xi8>, %[[W:[a-z0-9_]+]]: tensor<128x64xi8>, %[[B:[a-z0-9_]+]]: tensor<128xi32>, %[[M:[a-z0-9_]+]]: tensor<128xi32>, %[[H:[a-z0-9_]+]]: tensor<128xi32>, %[[Z:[a-z0-9_]+]]: tensor<i8>, %[[Y:[a-z0-9_]+]]: tensor<8x128xi8>
// CHECK: scf.for %[[N:[a-z0-9_]+]] = {{.*}} iter_args(%[[ACC:[a-z0-9_]+]] = %[[Y]])
// CHECK-DAG: %[[WT:[a-z0-9_]+]] = tensor.extract_slice %[[W]][%[[N]], 0] [32, 64] [1, 1]
// CHECK-DAG: %[[BT:[a-z0-9_]+]] = tensor.extract_slice %[[B]][%[[N]]] [32] [1]
// CHECK-DAG: %[[MT:[a-z0-9_]+]] = tensor.extract_slice %[[M]][%[[N]]] [32] [1]
// CHECK-DAG: %[[HT:[a-z0-9_]+]] = tensor.extract_slice %[[H]][%[[N]]] [32] [1]
// CHECK-DAG: %[[YT:[a-z0-9_]+]] = tensor.extract_slice %[[ACC]][0, %[[N]]] [8, 32] [1, 1]
// CHECK: qlinalg.matmul {{.*}} rhs(%[[WT]] : tensor<32x64xi8> scheme <int8, channel, symmetric>) bias(%[[BT]] : tensor<32xi32>) epilogue <relu>
// CHECK-SAME: outs(%[[YT]] : tensor<8x32xi8> multipliers %[[MT]] : tensor<32xi32> shifts %[[HT]] : tensor<32xi32> zero_points %[[Z]] : tensor<i8> scheme <int8, tensor, affine> requantize <exact>)
func.func @tile_codes(%x: tensor<8x64xi8>, %w: tensor<128x64xi8>, %b: tensor<128xi32>, %m: tensor<128xi32>, %h: tensor<128xi32>, %z: tensor<i8>, %i: tensor<8x128xi8>) -> tensor<8x128xi8> {
  %0 = qlinalg.matmul lhs(%x : tensor<8x64xi8> scheme <int8, tensor>) rhs(%w : tensor<128x64xi8> scheme <int8, channel>)
    bias(%b : tensor<128xi32>) epilogue <relu>
    outs(%i : tensor<8x128xi8> multipliers %m : tensor<128xi32> shifts %h : tensor<128xi32> zero_points %z : tensor<i8> scheme <int8, tensor, affine> requantize <exact>)
    {indexing_maps = [#mk, #nk, #n, #mn, #n, #n, #none]} -> tensor<8x128xi8>
  return %0 : tensor<8x128xi8>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %0 = transform.structured.match ops{["qlinalg.matmul"]} in %root : (!transform.any_op) -> !transform.any_op
    %1, %loop = transform.structured.tile_using_for %0 tile_sizes [0, 32, 0] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}
