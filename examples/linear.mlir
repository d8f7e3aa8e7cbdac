// A linear layer as a frontend writes it: y = x * transpose(w) + b.
func.func @main(%x: tensor<2x8xf32>) -> tensor<2x3xf32> {
  %w = arith.constant dense<[[0.7, -0.1, 0.2, 0.35, -0.6, 0.05, 0.0, 0.14],
                             [1.4, -0.2, 0.1, 0.0, 0.4, -1.0, 0.6, 0.8],
                             [-2.1, 0.3, 0.9, 0.6, 0.0, 1.2, -0.3, 1.5]]> : tensor<3x8xf32>
  %b = arith.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32>
  %empty = tensor.empty() : tensor<2x3xf32>
  %init = linalg.broadcast ins(%b : tensor<3xf32>) outs(%empty : tensor<2x3xf32>) dimensions = [0]
  %y = linalg.matmul
      indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
      ins(%x, %w : tensor<2x8xf32>, tensor<3x8xf32>) outs(%init : tensor<2x3xf32>) -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}
