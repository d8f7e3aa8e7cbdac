// A matmul that requantizes in integers: its multipliers and shifts are what its scales were, its i32 bias is a parameter like others.
// RUN: quant-opt %s --qlinalg-report -o /dev/null 2>&1 | FileCheck %s
// 8 codes, 2 multipliers and 2 shifts of 4 bytes: 24 bytes for 8 weights. 2 biases of 4 bytes.
// CHECK: {{^}}fc {{ *}}int8 channel {{ *}}? {{ *}}24 {{ *}}24.00 {{ *}}?
// CHECK: {{^}}other parameters {{ *}}8 {{ *}}8{{$}}
// CHECK: {{^}}all parameters {{ *}}? {{ *}}32{{$}}
func.func @main(%x: tensor<2x4xi8>, %i: tensor<2x2xi8>) -> tensor<2x2xi8> {
  %w = arith.constant dense<[[1, 2, 3, 4], [5, 6, 7, 8]]> : tensor<2x4xi8>
  %b = arith.constant dense<[100, -100]> : tensor<2xi32>
  %m = arith.constant dense<[1073741824, 1610612736]> : tensor<2xi32>
  %h = arith.constant dense<[-4, -5]> : tensor<2xi32>
  %0 = qlinalg.matmul lhs(%x : tensor<2x4xi8> scheme <int8, tensor>) rhs(%w : tensor<2x4xi8> scheme <int8, channel>)
    bias(%b : tensor<2xi32>) outs(%i : tensor<2x2xi8> multipliers %m : tensor<2xi32> shifts %h : tensor<2xi32> scheme <int8, tensor> requantize <exact>)
    {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (n)>, affine_map<(m, n, k) -> (m, n)>, affine_map<(m, n, k) -> (n)>, affine_map<(m, n, k) -> (n)>], site = "fc"} -> tensor<2x2xi8>
  return %0 : tensor<2x2xi8>
}
