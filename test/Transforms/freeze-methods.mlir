// How codes are chosen: by the pass, or by the attribute of a weight.

// RUN: quant-opt %s --qlinalg-freeze 2>/dev/null | FileCheck %s --check-prefixes=CHECK,NEAREST
// RUN: quant-opt %s --qlinalg-freeze=method=minmax 2>/dev/null | FileCheck %s --check-prefixes=CHECK,NEAREST
// RUN: quant-opt %s --qlinalg-freeze=method=average 2>/dev/null | FileCheck %s --check-prefixes=CHECK,NEAREST
// RUN: quant-opt %s --qlinalg-freeze=method=percentile:100 2>/dev/null | FileCheck %s --check-prefixes=CHECK,NEAREST
// RUN: quant-opt %s --qlinalg-freeze=method=deviations:0.5 2>/dev/null | FileCheck %s --check-prefixes=CHECK,DEVIATIONS
// RUN: quant-opt %s --qlinalg-freeze=method=entropy -o /dev/null
// RUN: quant-opt %s --qlinalg-freeze=method=mse 2>/dev/null | FileCheck %s --check-prefixes=CHECK,EXACT
// RUN: quant-opt %s --qlinalg-freeze=method=auto 2>%t | FileCheck %s --check-prefixes=CHECK,EXACT
// RUN: FileCheck %s --check-prefix=TAKEN --implicit-check-not=remark: < %t

// Scales and codes of two weights, whose bytes come at the end.
// CHECK-LABEL: func.func @main
// CHECK: return
func.func @main() -> (tensor<1x4xi4>, tensor<1x1xf32>, tensor<2x4xi8>, tensor<f32>) {
  // The deviation is 2.
  // TAKEN: remark: layer 'w': auto took {{[a-z]+[0-9.:]*}} 1 times
  %w = arith.constant dense<[[2.0, -2.0, 2.0, -2.0]]> : tensor<1x4xf32> loc("w")
  %s = qlinalg.choose_params %w <int4, group = 4> by affine_map<(d0, d1) -> (d0, d1 floordiv 4)> : tensor<1x4xf32> -> tensor<1x1xf32>
  %q = qlinalg.quantize %w scales %s <int4, group = 4> by affine_map<(d0, d1) -> (d0, d1 floordiv 4)> : tensor<1x4xf32> scales tensor<1x1xf32> -> tensor<1x4xi4>
  // TAKEN: remark: layer 'own': auto took minmax 1 times
  %v = arith.constant dense<[[127.0, -64.0, 1.0, 0.0], [3.0, 5.0, 7.0, 9.0]]> : tensor<2x4xf32> loc("own")
  %t = qlinalg.choose_params %v <int8, tensor> by affine_map<(d0, d1) -> ()> : tensor<2x4xf32> -> tensor<f32>
  %u = qlinalg.quantize %v scales %t <int8, tensor> by affine_map<(d0, d1) -> ()> {qlinalg.method = "auto"} : tensor<2x4xf32> scales tensor<f32> -> tensor<2x4xi8>
  return %q, %s, %u, %t : tensor<1x4xi4>, tensor<1x1xf32>, tensor<2x4xi8>, tensor<f32>
}

// CHECK-DAG: own.codes: "0x100000007FC0010003050709"
// 2 / 7: 7 and -7, two to a byte.
// NEAREST-DAG: w.scales: "0x100000002549923E"
// NEAREST-DAG: w.codes: "0x100000009797"
// 1 / 7: all saturate, at 7 and at -8.
// DEVIATIONS-DAG: w.scales: "0x100000002549123E"
// DEVIATIONS-DAG: w.codes: "0x100000008787"
// EXACT-DAG: w.codes:
