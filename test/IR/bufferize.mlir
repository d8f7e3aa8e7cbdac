// RUN: quant-opt %s -one-shot-bufferize="bufferize-function-boundaries function-boundary-type-conversion=identity-layout-map" -canonicalize -cse -drop-equivalent-buffer-results | FileCheck %s

// A matmul writes where `outs` is, or into a copy where its old value is still needed.

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#n = affine_map<(m, n, k) -> (n)>
#mn = affine_map<(m, n, k) -> (m, n)>

// CHECK-LABEL: func.func @in_place
// CHECK-SAME: %[[X:[a-z0-9_]+]]: memref<4x64xf32>, %[[W:[a-z0-9_]+]]: memref<8x64xi8>, %[[S:[a-z0-9_]+]]: memref<8xf32>, %[[Z:[a-z0-9_]+]]: memref<8xi8>, %[[B:[a-z0-9_]+]]: memref<8xf32>
// CHECK: %[[Y:[a-z0-9_]+]] = memref.alloc() {{.*}} : memref<4x8xf32>
// CHECK: linalg.fill {{.*}} outs(%[[Y]] : memref<4x8xf32>)
// CHECK-NOT: memref.copy
// CHECK: qlinalg.matmul lhs(%[[X]] : memref<4x64xf32>)
// CHECK-SAME: rhs(%[[W]] : memref<8x64xi8> scales %[[S]] : memref<8xf32> zero_points %[[Z]] : memref<8xi8> scheme <uint8, channel, affine>)
// CHECK-SAME: bias(%[[B]] : memref<8xf32>) epilogue <relu> outs(%[[Y]] : memref<4x8xf32>)
// CHECK-SAME: {indexing_maps = [{{[^]]*}}], site = "mlp"}{{$}}
// CHECK: return %[[Y]]
func.func @in_place(%x: tensor<4x64xf32>, %w: tensor<8x64xi8>, %s: tensor<8xf32>, %z: tensor<8xi8>, %b: tensor<8xf32>) -> tensor<4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<4x8xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<4x8xf32>) -> tensor<4x8xf32>
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>)
    rhs(%w : tensor<8x64xi8> scales %s : tensor<8xf32> zero_points %z : tensor<8xi8> scheme <uint8, channel, affine>)
    bias(%b : tensor<8xf32>) epilogue <relu> outs(%init : tensor<4x8xf32>)
    {indexing_maps = [#mk, #nk, #n, #n, #n, #mn], site = "mlp"} -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

// The old value is read afterwards.
// CHECK-LABEL: func.func @copied
// CHECK-SAME: %[[X:[a-z0-9_]+]]: memref<4x64xf32>, %[[W:[a-z0-9_]+]]: memref<8x64xf32>, %[[INIT:[a-z0-9_]+]]: memref<4x8xf32>
// CHECK: %[[Y:[a-z0-9_]+]] = memref.alloc() {{.*}} : memref<4x8xf32>
// CHECK: memref.copy %[[INIT]], %[[Y]]
// CHECK: qlinalg.matmul lhs(%[[X]] : memref<4x64xf32>) rhs(%[[W]] : memref<8x64xf32>) outs(%[[Y]] : memref<4x8xf32>)
// CHECK: linalg.add ins(%[[Y]], %[[INIT]] :
func.func @copied(%x: tensor<4x64xf32>, %w: tensor<8x64xf32>, %i: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %0 = qlinalg.matmul lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<8x64xf32>) outs(%i : tensor<4x8xf32>)
    {indexing_maps = [#mk, #nk, #mn]} -> tensor<4x8xf32>
  %1 = linalg.add ins(%0, %i : tensor<4x8xf32>, tensor<4x8xf32>) outs(%0 : tensor<4x8xf32>) -> tensor<4x8xf32>
  return %1 : tensor<4x8xf32>
}

// An operand that is also `outs` must not be written to while it is read.
// CHECK-LABEL: func.func @own_operand
// CHECK-SAME: %[[X:[a-z0-9_]+]]: memref<8x8xf32>, %[[W:[a-z0-9_]+]]: memref<8x8xf32>
// CHECK: %[[Y:[a-z0-9_]+]] = memref.alloc() {{.*}} : memref<8x8xf32>
// CHECK: memref.copy %[[X]], %[[Y]]
// CHECK: qlinalg.matmul lhs(%[[X]] : memref<8x8xf32>) rhs(%[[W]] : memref<8x8xf32>) outs(%[[Y]] : memref<8x8xf32>)
func.func @own_operand(%x: tensor<8x8xf32>, %w: tensor<8x8xf32>) -> tensor<8x8xf32> {
  %0 = qlinalg.matmul lhs(%x : tensor<8x8xf32>) rhs(%w : tensor<8x8xf32>) outs(%x : tensor<8x8xf32>)
    {indexing_maps = [#mk, #nk, #mn]} -> tensor<8x8xf32>
  return %0 : tensor<8x8xf32>
}

// Slices stay views.
// CHECK-LABEL: func.func @slice
// CHECK: memref.subview
// CHECK-NOT: memref.copy
// CHECK: qlinalg.matmul lhs(%{{.*}} : memref<4x64xf32, strided<[128, 1]>>)
func.func @slice(%x: tensor<4x128xf32>, %w: tensor<8x64xf32>) -> tensor<4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<4x8xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<4x8xf32>) -> tensor<4x8xf32>
  %part = tensor.extract_slice %x[0, 0] [4, 64] [1, 1] : tensor<4x128xf32> to tensor<4x64xf32>
  %0 = qlinalg.matmul lhs(%part : tensor<4x64xf32>) rhs(%w : tensor<8x64xf32>) outs(%init : tensor<4x8xf32>)
    {indexing_maps = [#mk, #nk, #mn]} -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

// The outs are written without having been read.
// CHECK-LABEL: func.func @dynamic_quantize
// CHECK-SAME: %[[X:[a-z0-9_]+]]: memref<4x64xf32>
// CHECK-DAG: %[[Q:[a-z0-9_]+]] = memref.alloc() {{.*}} : memref<4x64xi8>
// CHECK-DAG: %[[S:[a-z0-9_]+]] = memref.alloc() {{.*}} : memref<4xf32>
// CHECK-NOT: memref.copy
// CHECK: qlinalg.dynamic_quantize %[[X]] <int8, token, symmetric> by #{{.*}} outs(%[[Q]], %[[S]] : memref<4x64xi8>, memref<4xf32>) : memref<4x64xf32>{{$}}
// CHECK: return %[[Q]], %[[S]]
func.func @dynamic_quantize(%x: tensor<4x64xf32>) -> (tensor<4x64xi8>, tensor<4xf32>) {
  %codes = tensor.empty() : tensor<4x64xi8>
  %scales = tensor.empty() : tensor<4xf32>
  %0:2 = qlinalg.dynamic_quantize %x <int8, token, symmetric> by affine_map<(d0, d1) -> (d0)>
    outs(%codes, %scales : tensor<4x64xi8>, tensor<4xf32>) : tensor<4x64xf32> -> tensor<4x64xi8>, tensor<4xf32>
  return %0#0, %0#1 : tensor<4x64xi8>, tensor<4xf32>
}

// An argument that is read afterwards keeps its value.
// CHECK-LABEL: func.func @dynamic_quantize_copied
// CHECK-SAME: %[[X:[a-z0-9_]+]]: memref<4x64xf32>, %[[OUT:[a-z0-9_]+]]: memref<4x64xi8>
// CHECK: %[[Q:[a-z0-9_]+]] = memref.alloc() {{.*}} : memref<4x64xi8>
// CHECK: qlinalg.dynamic_quantize %[[X]] {{.*}} outs(%[[Q]],
// CHECK: linalg.add ins(%[[Q]], %[[OUT]] :
func.func @dynamic_quantize_copied(%x: tensor<4x64xf32>, %codes: tensor<4x64xi8>) -> tensor<4x64xi8> {
  %scales = tensor.empty() : tensor<4xf32>
  %0:2 = qlinalg.dynamic_quantize %x <int8, token, symmetric> by affine_map<(d0, d1) -> (d0)>
    outs(%codes, %scales : tensor<4x64xi8>, tensor<4xf32>) : tensor<4x64xf32> -> tensor<4x64xi8>, tensor<4xf32>
  %1 = linalg.add ins(%0#0, %codes : tensor<4x64xi8>, tensor<4x64xi8>) outs(%0#0 : tensor<4x64xi8>) -> tensor<4x64xi8>
  return %1 : tensor<4x64xi8>
}

// What is recorded are the values as they were there: the buffer may be written only after it.
// CHECK-LABEL: func.func @recorded
// CHECK: %[[X:[a-z0-9_]+]] = memref.alloc() {{.*}} : memref<4xf32>
// CHECK: linalg.fill {{.*}} outs(%[[X]] : memref<4xf32>)
// CHECK-NOT: memref.copy
// CHECK: qlinalg.record %[[X]] observer 2 channels [0] : memref<4xf32>
// CHECK-NOT: memref.copy
// CHECK: linalg.exp {{.*}} outs(%[[X]] : memref<4xf32>)
// CHECK: qlinalg.record %[[X]] observer 3 : memref<4xf32>
// CHECK: return %[[X]]
func.func @recorded() -> tensor<4xf32> {
  %one = arith.constant 1.0 : f32
  %empty = tensor.empty() : tensor<4xf32>
  %x = linalg.fill ins(%one : f32) outs(%empty : tensor<4xf32>) -> tensor<4xf32>
  qlinalg.record %x observer 2 channels [0] : tensor<4xf32>
  %y = linalg.exp ins(%x : tensor<4xf32>) outs(%x : tensor<4xf32>) -> tensor<4xf32>
  qlinalg.record %y observer 3 : tensor<4xf32>
  return %y : tensor<4xf32>
}

// The old value is recorded after the new one was made.
// CHECK-LABEL: func.func @recorded_later
// CHECK: %[[X:[a-z0-9_]+]] = memref.alloc() {{.*}} : memref<4xf32>
// CHECK: %[[Y:[a-z0-9_]+]] = memref.alloc() {{.*}} : memref<4xf32>
// CHECK: linalg.exp ins(%[[X]] : memref<4xf32>) outs(%[[Y]] : memref<4xf32>)
// CHECK: qlinalg.record %[[X]] observer 0 : memref<4xf32>
// CHECK: return %[[Y]]
func.func @recorded_later() -> tensor<4xf32> {
  %one = arith.constant 1.0 : f32
  %empty = tensor.empty() : tensor<4xf32>
  %x = linalg.fill ins(%one : f32) outs(%empty : tensor<4xf32>) -> tensor<4xf32>
  %y = linalg.exp ins(%x : tensor<4xf32>) outs(%x : tensor<4xf32>) -> tensor<4xf32>
  qlinalg.record %x observer 0 : tensor<4xf32>
  return %y : tensor<4xf32>
}

// Codes are written where outs are; what stood there is not read, so that nothing is copied.
// CHECK-LABEL: func.func @codes
// CHECK-NOT: memref.copy
// CHECK: qlinalg.matmul {{.*}} outs(%{{[a-z0-9_]+}} : memref<4x8xi8> multipliers %{{[a-z0-9_]+}} : memref<i32{{.*}}> shifts %{{[a-z0-9_]+}} : memref<i32{{.*}}> scheme <int8, tensor, symmetric> requantize <twice>)
// CHECK-NOT: memref.copy
// CHECK: return
func.func @codes(%x: tensor<4x16xi8>, %w: tensor<8x16xi8>, %m: tensor<i32>, %h: tensor<i32>) -> tensor<4x8xi8> {
  %empty = tensor.empty() : tensor<4x8xi8>
  %0 = qlinalg.matmul lhs(%x : tensor<4x16xi8> scheme <int8, tensor>) rhs(%w : tensor<8x16xi8> scheme <int8, channel>)
    outs(%empty : tensor<4x8xi8> multipliers %m : tensor<i32> shifts %h : tensor<i32> scheme <int8, tensor> requantize <twice>)
    {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>, affine_map<(m, n, k) -> ()>, affine_map<(m, n, k) -> ()>]} -> tensor<4x8xi8>
  return %0 : tensor<4x8xi8>
}
