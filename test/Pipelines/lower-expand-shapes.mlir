// RUN: quant-opt %s --qlinalg-cpu -o /dev/null
// RUN: %python -c "import numpy as np; x, a, b = np.arange(24.0), np.arange(2.0), np.arange(3.0); np.save('%t.x.npy', x.reshape(6, 4).astype('f4')); np.save('%t.a.npy', a.astype('f4')); np.save('%t.b.npy', b.astype('f4')); np.save('%t.y.npy', (x.reshape(2, 3, 4)[:, :, 1:3] + 100 * a[:, None, None] + 1000 * b[:, None]).astype('f4'))"
// RUN: quant-run %s --input=%t.x.npy --input=%t.a.npy --input=%t.b.npy --expect=%t.y.npy | FileCheck %s
// RUN: quant-run %s --lowering=linalg --input=%t.x.npy --input=%t.a.npy --input=%t.b.npy --expect=%t.y.npy | FileCheck %s
// CHECK: "max_abs": 0,

// One dimension becomes two of unknown size, of an array with strides.
func.func @main(%x: tensor<?x4xf32>, %a: tensor<?xf32>, %b: tensor<?xf32>) -> tensor<?x?x2xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x4xf32>
  %i = tensor.dim %a, %c0 : tensor<?xf32>
  %j = tensor.dim %b, %c0 : tensor<?xf32>
  %part = tensor.extract_slice %x[0, 1] [%n, 2] [1, 1] : tensor<?x4xf32> to tensor<?x2xf32>
  %both = tensor.expand_shape %part [[0, 1], [2]] output_shape [%i, %j, 2] : tensor<?x2xf32> into tensor<?x?x2xf32>
  %empty = tensor.empty(%i, %j) : tensor<?x?x2xf32>
  %hundred = arith.constant 100.0 : f32
  %thousand = arith.constant 1000.0 : f32
  %y = linalg.generic {
      indexing_maps = [affine_map<(i, j, k) -> (i, j, k)>, affine_map<(i, j, k) -> (i)>, affine_map<(i, j, k) -> (j)>,
                       affine_map<(i, j, k) -> (i, j, k)>],
      iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%both, %a, %b : tensor<?x?x2xf32>, tensor<?xf32>, tensor<?xf32>) outs(%empty : tensor<?x?x2xf32>) {
  ^bb0(%in: f32, %u: f32, %v: f32, %out: f32):
    %0 = arith.mulf %u, %hundred : f32
    %1 = arith.mulf %v, %thousand : f32
    %2 = arith.addf %in, %0 : f32
    %3 = arith.addf %2, %1 : f32
    linalg.yield %3 : f32
  } -> tensor<?x?x2xf32>
  return %y : tensor<?x?x2xf32>
}
