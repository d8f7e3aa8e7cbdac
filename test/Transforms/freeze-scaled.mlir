// RUN: quant-opt %s --qlinalg-freeze | FileCheck %s

// A weight that is multiplied with constant vectors is scaled before it is quantized.

#nk = affine_map<(n, k) -> (n, k)>
#n = affine_map<(n, k) -> (n)>
#k = affine_map<(n, k) -> (k)>

// A vector that is computed is no constant: codes and scales are those of run time.
// CHECK-LABEL: func.func @skip_computed
// CHECK: linalg.generic
// CHECK: qlinalg.choose_params
// CHECK: qlinalg.quantize
func.func @skip_computed(%f: tensor<2xf32>) -> (tensor<2x2xi8>, tensor<2xf32>) {
  %w = arith.constant dense<[[1.0, 2.0], [3.0, -4.0]]> : tensor<2x2xf32>
  %e = tensor.empty() : tensor<2x2xf32>
  %r = linalg.generic {indexing_maps = [#nk, #k, #nk], iterator_types = ["parallel", "parallel"]}
      ins(%w, %f : tensor<2x2xf32>, tensor<2xf32>) outs(%e : tensor<2x2xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.mulf %a, %b : f32
    linalg.yield %p : f32
  } -> tensor<2x2xf32>
  %s = qlinalg.choose_params %r <int8, channel> by affine_map<(d0, d1) -> (d0)> : tensor<2x2xf32> -> tensor<2xf32>
  %q = qlinalg.quantize %r scales %s <int8, channel> by affine_map<(d0, d1) -> (d0)> : tensor<2x2xf32> scales tensor<2xf32> -> tensor<2x2xi8>
  return %q, %s : tensor<2x2xi8>, tensor<2xf32>
}

// Neither is a sum a product.
// CHECK-LABEL: func.func @skip_sum
// CHECK: linalg.generic
// CHECK: qlinalg.quantize
func.func @skip_sum() -> (tensor<2x2xi8>, tensor<2xf32>) {
  %w = arith.constant dense<[[1.0, 2.0], [3.0, -4.0]]> : tensor<2x2xf32>
  %f = arith.constant dense<[127.0, 0.5]> : tensor<2xf32>
  %e = tensor.empty() : tensor<2x2xf32>
  %r = linalg.generic {indexing_maps = [#nk, #k, #nk], iterator_types = ["parallel", "parallel"]}
      ins(%w, %f : tensor<2x2xf32>, tensor<2xf32>) outs(%e : tensor<2x2xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.addf %a, %b : f32
    linalg.yield %p : f32
  } -> tensor<2x2xf32>
  %s = qlinalg.choose_params %r <int8, channel> by affine_map<(d0, d1) -> (d0)> : tensor<2x2xf32> -> tensor<2xf32>
  %q = qlinalg.quantize %r scales %s <int8, channel> by affine_map<(d0, d1) -> (d0)> : tensor<2x2xf32> scales tensor<2xf32> -> tensor<2x2xi8>
  return %q, %s : tensor<2x2xi8>, tensor<2xf32>
}

// Along K: [1 * 127, 2 * 0.5] = [127, 1] has the scale 1, [3 * 127, -4 * 0.5] = [381, -2] 3, and -2 / 3 rounds to -1.
// CHECK-LABEL: func.func @along_k
// CHECK: %[[SCALES:.*]] = arith.constant {{.*}}dense_resource<columns.scales>
// CHECK: %[[CODES:.*]] = arith.constant {{.*}}dense_resource<columns.codes>
// CHECK-NEXT: return %[[CODES]], %[[SCALES]]
func.func @along_k() -> (tensor<2x2xi8>, tensor<2xf32>) {
  %w = arith.constant dense<[[1.0, 2.0], [3.0, -4.0]]> : tensor<2x2xf32> loc("columns")
  %f = arith.constant dense<[127.0, 0.5]> : tensor<2xf32>
  %e = tensor.empty() : tensor<2x2xf32>
  %r = linalg.generic {indexing_maps = [#nk, #k, #nk], iterator_types = ["parallel", "parallel"]}
      ins(%w, %f : tensor<2x2xf32>, tensor<2xf32>) outs(%e : tensor<2x2xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.mulf %b, %a : f32
    linalg.yield %p : f32
  } -> tensor<2x2xf32>
  %s = qlinalg.choose_params %r <int8, channel> by affine_map<(d0, d1) -> (d0)> : tensor<2x2xf32> -> tensor<2xf32>
  %q = qlinalg.quantize %r scales %s <int8, channel> by affine_map<(d0, d1) -> (d0)> : tensor<2x2xf32> scales tensor<2xf32> -> tensor<2x2xi8>
  return %q, %s : tensor<2x2xi8>, tensor<2xf32>
}

// Along the rows of a transposed f16 weight [[1, 3], [2, -4]]: [1 * 63.5, 2 * 63.5] has the scale 1, and 63.5 is a tie; [3, -4] has 4 / 127,
// and 3 * 127 / 4 = 95.25.
// CHECK-LABEL: func.func @along_n
// CHECK: arith.constant {{.*}}dense_resource<rows.scales>
// CHECK: arith.constant {{.*}}dense_resource<rows.codes>
// CHECK-NEXT: return
func.func @along_n() -> (tensor<2x2xi8>, tensor<2xf32>) {
  %w = arith.constant dense<[[1.0, 3.0], [2.0, -4.0]]> : tensor<2x2xf16> loc("rows")
  %f = arith.constant dense<[63.5, 1.0]> : tensor<2xf32>
  %h = tensor.empty() : tensor<2x2xf16>
  %t = linalg.transpose ins(%w : tensor<2x2xf16>) outs(%h : tensor<2x2xf16>) permutation = [1, 0]
  %e = tensor.empty() : tensor<2x2xf32>
  %r = linalg.generic {indexing_maps = [#nk, #n, #nk], iterator_types = ["parallel", "parallel"]}
      ins(%t, %f : tensor<2x2xf16>, tensor<2xf32>) outs(%e : tensor<2x2xf32>) {
  ^bb0(%a: f16, %b: f32, %c: f32):
    %x = arith.extf %a : f16 to f32
    %p = arith.mulf %x, %b : f32
    linalg.yield %p : f32
  } -> tensor<2x2xf32>
  %s = qlinalg.choose_params %r <int8, channel> by affine_map<(d0, d1) -> (d0)> : tensor<2x2xf32> -> tensor<2xf32>
  %q = qlinalg.quantize %r scales %s <int8, channel> by affine_map<(d0, d1) -> (d0)> : tensor<2x2xf32> scales tensor<2xf32> -> tensor<2x2xi8>
  return %q, %s : tensor<2x2xi8>, tensor<2xf32>
}

// One after the other, and of one weight by other factors other codes: [1 * 2 * 31.75, 2 * 31.75] has 0.5, [3 * 2, -4] 6 / 127.
// CHECK-LABEL: func.func @twice
// CHECK-DAG: arith.constant {{.*}}dense_resource<both.scales>
// CHECK-DAG: arith.constant {{.*}}dense_resource<both.codes>
// CHECK-DAG: arith.constant {{.*}}dense_resource<"both#2.codes">
// CHECK: return
func.func @twice() -> (tensor<2x2xi8>, tensor<2xf32>, tensor<2x2xi8>, tensor<2xf32>) {
  %w = arith.constant dense<[[1.0, 2.0], [3.0, -4.0]]> : tensor<2x2xf32> loc("both")
  %f = arith.constant dense<[2.0, 1.0]> : tensor<2xf32>
  %g = arith.constant dense<[31.75, 1.0]> : tensor<2xf32>
  %e = tensor.empty() : tensor<2x2xf32>
  %0 = linalg.generic {indexing_maps = [#nk, #k, #nk], iterator_types = ["parallel", "parallel"]}
      ins(%w, %f : tensor<2x2xf32>, tensor<2xf32>) outs(%e : tensor<2x2xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.mulf %a, %b : f32
    linalg.yield %p : f32
  } -> tensor<2x2xf32>
  %r = linalg.generic {indexing_maps = [#nk, #n, #nk], iterator_types = ["parallel", "parallel"]}
      ins(%0, %g : tensor<2x2xf32>, tensor<2xf32>) outs(%e : tensor<2x2xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %p = arith.mulf %a, %b : f32
    linalg.yield %p : f32
  } -> tensor<2x2xf32>
  %s = qlinalg.choose_params %r <int8, channel> by affine_map<(d0, d1) -> (d0)> : tensor<2x2xf32> -> tensor<2xf32>
  %q = qlinalg.quantize %r scales %s <int8, channel> by affine_map<(d0, d1) -> (d0)> : tensor<2x2xf32> scales tensor<2xf32> -> tensor<2x2xi8>
  %t = qlinalg.choose_params %0 <int8, channel> by affine_map<(d0, d1) -> (d0)> : tensor<2x2xf32> -> tensor<2xf32>
  %u = qlinalg.quantize %0 scales %t <int8, channel> by affine_map<(d0, d1) -> (d0)> : tensor<2x2xf32> scales tensor<2xf32> -> tensor<2x2xi8>
  return %q, %s, %u, %t : tensor<2x2xi8>, tensor<2xf32>, tensor<2x2xi8>, tensor<2xf32>
}

// CHECK-DAG: columns.codes: "0x100000007F017FFF"
// CHECK-DAG: columns.scales: "0x100000000000803F00004040"
// CHECK-DAG: rows.codes: "0x10000000407F5F81"
// CHECK-DAG: rows.scales: "0x100000000000803F0402013D"
// CHECK-DAG: both.codes: "0x100000007F7F7FAB"
// CHECK-DAG: both.scales: "0x100000000000003F0683413D"
