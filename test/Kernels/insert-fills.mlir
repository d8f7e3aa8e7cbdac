// RUN: quant-opt %s --pass-pipeline='builtin.module(func.func(qlinalg-insert-fills))' | FileCheck %s

#in = affine_map<(d0, d1) -> (d0, d1)>
#out = affine_map<(d0, d1) -> (d0)>

// CHECK-LABEL: func.func @one_reader
// CHECK-COUNT-1: linalg.fill
// CHECK-NOT: linalg.fill
func.func @one_reader(%v: f32) -> tensor<4xf32> {
  %e = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%v : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  return %f : tensor<4xf32>
}

// CHECK-LABEL: func.func @two_readers
// CHECK: %[[FIRST_EMPTY:.+]] = tensor.empty() : tensor<4xf32>
// CHECK-NEXT: %[[FIRST:.+]] = linalg.fill {{.*}} outs(%[[FIRST_EMPTY]]
// CHECK-NEXT: linalg.generic {{.*}} outs(%[[FIRST]]
// CHECK: %[[SECOND_EMPTY:.+]] = tensor.empty() : tensor<4xf32>
// CHECK-NEXT: %[[SECOND:.+]] = linalg.fill {{.*}} outs(%[[SECOND_EMPTY]]
// CHECK-NEXT: linalg.generic {{.*}} outs(%[[SECOND]]
func.func @two_readers(%v: f32, %x: tensor<4x8xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %e = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%v : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %0 = linalg.generic {indexing_maps = [#in, #out], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<4x8xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%in: f32, %sum: f32):
    %1 = arith.addf %sum, %in : f32
    linalg.yield %1 : f32
  } -> tensor<4xf32>
  %2 = linalg.generic {indexing_maps = [#in, #out], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<4x8xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%in: f32, %most: f32):
    %3 = arith.maximumf %most, %in : f32
    linalg.yield %3 : f32
  } -> tensor<4xf32>
  return %0, %2 : tensor<4xf32>, tensor<4xf32>
}

// What is filled is the caller's.
// CHECK-LABEL: func.func @skip_argument
// CHECK-COUNT-1: linalg.fill
// CHECK-NOT: linalg.fill
func.func @skip_argument(%v: f32, %e: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %f = linalg.fill ins(%v : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  return %f, %f : tensor<4xf32>, tensor<4xf32>
}
