// RUN: quant-opt %s --qlinalg-lower-to-linalg | FileCheck %s

// That the results are right is shown by test/Integration/definition_matmul.py.

// Integers: products are summed as integers until a run of k ends that shares the scales of both sides, here after
// every multiple of 16 and of 24, and after the last k.
// CHECK-LABEL: func.func @integers
// CHECK-SAME: (%[[X:[a-z0-9]+]]: tensor<?x70xi8>
// CHECK-SAME: %[[INIT:[a-z0-9]+]]: tensor<?x6xf32>)
// CHECK-DAG: %[[LAST:.*]] = arith.constant 70 : index
// CHECK-DAG: %[[LHS_GROUP:.*]] = arith.constant 16 : index
// CHECK-DAG: %[[RHS_GROUP:.*]] = arith.constant 24 : index
// CHECK: %[[SUMS:.*]] = linalg.fill ins(%{{.*}} : i32) outs(%{{.*}} : tensor<?x6xi32>)
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "reduction"]
// CHECK-SAME: outs(%[[INIT]], %[[SUMS]] : tensor<?x6xf32>, tensor<?x6xi32>)
// CHECK-NEXT: ^bb0(%[[A:.*]]: i8, %[[SA:.*]]: f32, %[[B:.*]]: i4, %[[SB:.*]]: f16, %[[TOTAL:.*]]: f32, %[[SUM:.*]]: i32):
// CHECK-DAG: %[[WIDE_A:.*]] = arith.extsi %[[A]] : i8 to i32
// CHECK-DAG: %[[WIDE_B:.*]] = arith.extsi %[[B]] : i4 to i32
// CHECK: %[[PRODUCT:.*]] = arith.muli %[[WIDE_A]], %[[WIDE_B]] : i32
// CHECK: %[[NEW_SUM:.*]] = arith.addi %[[SUM]], %[[PRODUCT]] : i32
// CHECK: %[[WIDE_SB:.*]] = arith.extf %[[SB]] : f16 to f32
// CHECK: %[[SCALE:.*]] = arith.mulf %[[SA]], %[[WIDE_SB]] : f32
// CHECK: %[[FLOAT:.*]] = arith.sitofp %[[NEW_SUM]] : i32 to f32
// CHECK: %[[SCALED:.*]] = arith.mulf %[[FLOAT]], %[[SCALE]] : f32
// CHECK: %[[K:.*]] = linalg.index 2 : index
// CHECK: %[[NEXT:.*]] = arith.addi %[[K]], %{{.*}} : index
// CHECK: arith.cmpi eq, %[[NEXT]], %[[LAST]] : index
// CHECK: arith.remui %[[NEXT]], %[[LHS_GROUP]] : index
// CHECK: arith.remui %[[NEXT]], %[[RHS_GROUP]] : index
// CHECK: %[[NEW_TOTAL:.*]] = arith.addf %[[TOTAL]], %[[SCALED]] : f32
// CHECK: arith.select %[[IS_END:.*]], %[[NEW_TOTAL]], %[[TOTAL]] : f32
// CHECK: arith.select %[[IS_END]], %{{.*}}, %[[NEW_SUM]] : i32
func.func @integers(%x: tensor<?x70xi8>, %xs: tensor<?x5xf32>, %w: tensor<6x70xi4>, %ws: tensor<6x3xf16>,
                    %init: tensor<?x6xf32>) -> tensor<?x6xf32> {
  %y = qlinalg.matmul lhs(%x : tensor<?x70xi8> scales %xs : tensor<?x5xf32> scheme <int8, token_group = 16, symmetric>)
      rhs(%w : tensor<6x70xi4> scales %ws : tensor<6x3xf16> scheme <int4, group = 24, symmetric, scales = f16>)
      outs(%init : tensor<?x6xf32>) {indexing_maps = [
        affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (m, k floordiv 16)>,
        affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (n, k floordiv 24)>,
        affine_map<(m, n, k) -> (m, n)>]} -> tensor<?x6xf32>
  return %y : tensor<?x6xf32>
}

// 128 * 128 * 131072 = 2^31: one k more than 32 bits hold.
// CHECK-LABEL: func.func @long
// CHECK: linalg.fill ins(%{{.*}} : i64)
func.func @long(%x: tensor<4x131072xi8>, %xs: tensor<4xf32>, %w: tensor<6x131072xi8>, %ws: tensor<6xf32>,
                %init: tensor<4x6xf32>) -> tensor<4x6xf32> {
  %y = qlinalg.matmul lhs(%x : tensor<4x131072xi8> scales %xs : tensor<4xf32> scheme <int8, token, symmetric>)
      rhs(%w : tensor<6x131072xi8> scales %ws : tensor<6xf32> scheme <int8, channel, symmetric>)
      outs(%init : tensor<4x6xf32>) {indexing_maps = [
        affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (m)>, affine_map<(m, n, k) -> (n, k)>,
        affine_map<(m, n, k) -> (n)>, affine_map<(m, n, k) -> (m, n)>]} -> tensor<4x6xf32>
  return %y : tensor<4x6xf32>
}

// CHECK-LABEL: func.func @long_by_one_less
// CHECK: linalg.fill ins(%{{.*}} : i32)
func.func @long_by_one_less(%x: tensor<4x131071xi8>, %xs: tensor<4xf32>, %w: tensor<6x131071xi8>, %ws: tensor<6xf32>,
                            %init: tensor<4x6xf32>) -> tensor<4x6xf32> {
  %y = qlinalg.matmul lhs(%x : tensor<4x131071xi8> scales %xs : tensor<4xf32> scheme <int8, token, symmetric>)
      rhs(%w : tensor<6x131071xi8> scales %ws : tensor<6xf32> scheme <int8, channel, symmetric>)
      outs(%init : tensor<4x6xf32>) {indexing_maps = [
        affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (m)>, affine_map<(m, n, k) -> (n, k)>,
        affine_map<(m, n, k) -> (n)>, affine_map<(m, n, k) -> (m, n)>]} -> tensor<4x6xf32>
  return %y : tensor<4x6xf32>
}

// Groups bound the sums however long k is.
// CHECK-LABEL: func.func @dynamic_k_in_groups
// CHECK: linalg.fill ins(%{{.*}} : i32)
func.func @dynamic_k_in_groups(%x: tensor<4x?xi8>, %xs: tensor<4xf32>, %w: tensor<6x?xi4>, %ws: tensor<6x?xf32>,
                               %init: tensor<4x6xf32>) -> tensor<4x6xf32> {
  %y = qlinalg.matmul lhs(%x : tensor<4x?xi8> scales %xs : tensor<4xf32> scheme <int8, token, symmetric>)
      rhs(%w : tensor<6x?xi4> scales %ws : tensor<6x?xf32> scheme <int4, group = 32, symmetric>)
      outs(%init : tensor<4x6xf32>) {indexing_maps = [
        affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (m)>, affine_map<(m, n, k) -> (n, k)>,
        affine_map<(m, n, k) -> (n, k floordiv 32)>, affine_map<(m, n, k) -> (m, n)>]} -> tensor<4x6xf32>
  return %y : tensor<4x6xf32>
}

// A packed side is unpacked first; init and bias are added first, in f32; the epilogue and the cast come last.
// CHECK-LABEL: func.func @packed_bias_epilogue
// CHECK-SAME: %[[BIAS:[a-z0-9]+]]: tensor<1x20xf32>, %[[INIT:[a-z0-9]+]]: tensor<4x20xf16>)
// CHECK: %[[CODES:.*]] = linalg.generic
// CHECK: arith.trunci %{{.*}} : i8 to i4
// CHECK: %[[START:.*]] = linalg.generic
// CHECK-SAME: ins(%[[INIT]], %[[BIAS]] : tensor<4x20xf16>, tensor<1x20xf32>)
// CHECK: arith.addf
// CHECK: %[[TOTAL:.*]] = linalg.generic
// CHECK-SAME: ins(%{{.*}}, %[[CODES]], %{{.*}} : tensor<4x64xf32>, tensor<20x64xi4>, tensor<20xf32>)
// CHECK-SAME: outs(%[[START]] : tensor<4x20xf32>)
// CHECK: linalg.generic
// CHECK-SAME: ins(%[[TOTAL]] : tensor<4x20xf32>)
// CHECK: arith.maximumf
// CHECK: arith.truncf %{{.*}} : f32 to f16
func.func @packed_bias_epilogue(%x: tensor<4x64xf32>, %p: tensor<2x32x16xi8>, %s: tensor<20xf32>, %bias: tensor<1x20xf32>,
                                %init: tensor<4x20xf16>) -> tensor<4x20xf16> {
  %y = qlinalg.matmul lhs(%x : tensor<4x64xf32>)
      rhs(%p : tensor<2x32x16xi8> scales %s : tensor<20xf32> scheme <int4, channel, symmetric> layout <panel = 16>)
      bias(%bias : tensor<1x20xf32>) epilogue <relu>
      outs(%init : tensor<4x20xf16>) {indexing_maps = [
        affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (n)>,
        affine_map<(m, n, k) -> (0, n)>, affine_map<(m, n, k) -> (m, n)>]} -> tensor<4x20xf16>
  return %y : tensor<4x20xf16>
}

// CHECK-LABEL: func.func @gelu
// CHECK: math.erf
func.func @gelu(%x: tensor<4x64xf32>, %w: tensor<20x64xbf16>, %init: tensor<4x20xf32>) -> tensor<4x20xf32> {
  %y = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<20x64xbf16> scheme <bf16>) epilogue <gelu>
      outs(%init : tensor<4x20xf32>) {indexing_maps = [
        affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]} -> tensor<4x20xf32>
  return %y : tensor<4x20xf32>
}

// CHECK-LABEL: func.func @gelu_tanh
// CHECK: math.tanh
func.func @gelu_tanh(%x: tensor<4x64xf32>, %w: tensor<20x64xf32>, %init: tensor<4x20xf32>) -> tensor<4x20xf32> {
  %y = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<20x64xf32>) epilogue <gelu_tanh>
      outs(%init : tensor<4x20xf32>) {indexing_maps = [
        affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]} -> tensor<4x20xf32>
  return %y : tensor<4x20xf32>
}

// An f64 init is summed in f64.
// CHECK-LABEL: func.func @silu_f64
// CHECK: arith.extf %{{.*}} : f32 to f64
// CHECK: arith.mulf %{{.*}} : f64
// CHECK: math.exp %{{.*}} : f64
func.func @silu_f64(%x: tensor<4x64xf32>, %w: tensor<20x64xf32>, %init: tensor<4x20xf64>) -> tensor<4x20xf64> {
  %y = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<20x64xf32>) epilogue <silu>
      outs(%init : tensor<4x20xf64>) {indexing_maps = [
        affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]} -> tensor<4x20xf64>
  return %y : tensor<4x20xf64>
}
