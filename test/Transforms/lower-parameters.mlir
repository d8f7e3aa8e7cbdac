// RUN: quant-opt %s --split-input-file --qlinalg-lower-parameters --verify-diagnostics | FileCheck %s

// A module without parameters has no table.
// CHECK-LABEL: func.func @unchanged
// CHECK-NOT: qlinalg_parameter
func.func @unchanged(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}

// -----

// CHECK-NOT: ml_program
ml_program.global private @unused(#ml_program.extern : tensor<8xf32>) : tensor<8xf32>
ml_program.global private @"layer.weight"(#ml_program.extern : tensor<2x3xf8E4M3FN>) : tensor<2x3xf8E4M3FN>
ml_program.global private @inline(dense<2.0> : tensor<4xf32>) : tensor<4xf32>
ml_program.global private @scalar(#ml_program.extern : tensor<f32>) : tensor<f32>

// CHECK-LABEL: func.func @load
// CHECK: %[[SLOT:.*]] = llvm.mlir.addressof @qlinalg_parameter_slot.0
// CHECK: %[[DATA:.*]] = llvm.load %[[SLOT]]
// CHECK: %[[BUFFER:.*]] = builtin.unrealized_conversion_cast %{{.*}} to memref<2x3xf8E4M3FN>
// CHECK: %[[WEIGHT:.*]] = bufferization.to_tensor %[[BUFFER]] restrict : memref<2x3xf8E4M3FN>
// CHECK: %[[SCALAR:.*]] = bufferization.to_tensor %{{.*}} restrict : memref<f32>
// CHECK: %[[INLINE:.*]] = arith.constant dense<2.000000e+00> : tensor<4xf32>
// CHECK: return %[[WEIGHT]], %[[SCALAR]], %[[INLINE]]
func.func @load() -> (tensor<2x3xf8E4M3FN>, tensor<f32>, tensor<4xf32>) {
  %0 = ml_program.global_load_const @"layer.weight" : tensor<2x3xf8E4M3FN>
  %1 = ml_program.global_load_const @scalar : tensor<f32>
  %2 = ml_program.global_load_const @inline : tensor<4xf32>
  return %0, %1, %2 : tensor<2x3xf8E4M3FN>, tensor<f32>, tensor<4xf32>
}

// CHECK: llvm.mlir.global internal @qlinalg_parameter_slot.0() {{.*}}: !llvm.ptr
// CHECK: llvm.mlir.global internal @qlinalg_parameter_slot.1() {{.*}}: !llvm.ptr
// CHECK: llvm.mlir.global internal constant @qlinalg_parameter_slot.0.name("layer.weight\00")
// CHECK: llvm.mlir.global internal constant @qlinalg_parameter_slot.0.type("F8_E4M3\00")
// CHECK: llvm.mlir.global internal constant @qlinalg_parameter_slot.0.shape(dense<[2, 3]>
// CHECK: llvm.mlir.global internal constant @qlinalg_parameter_slot.1.name("scalar\00")
// CHECK: llvm.mlir.global external constant @qlinalg_parameter_count(2 : i64)
// CHECK: llvm.mlir.global external constant @qlinalg_parameter_table() {{.*}} !llvm.array<2 x struct<(ptr, ptr, i64, ptr, ptr)>>
// CHECK-NOT: qlinalg_initialize

// -----

// Rows in panels: in a slot of its own, filled once; the matrices one by one, as 6 rows fill no whole panels.
ml_program.global private @codes(#ml_program.extern : tensor<2x6x2xi8>) : tensor<2x6x2xi8>

// CHECK-DAG: llvm.func @qlinalg_rt_allocate(i64) -> !llvm.ptr
// CHECK-DAG: llvm.func @qlinalg_rt_pack_panels(!llvm.ptr, !llvm.ptr, i64, i64, i64, i64)
// CHECK-LABEL: func.func @pack
// CHECK-NOT: qlinalg.
// CHECK: llvm.mlir.addressof @qlinalg_parameter_slot.0.panel4
// CHECK: bufferization.to_tensor %{{.*}} restrict : memref<2x2x2x4xi8>
func.func @pack() -> (tensor<2x2x2x4xi8>, tensor<2x2x2x4xi8>) {
  %0 = ml_program.global_load_const @codes : tensor<2x6x2xi8>
  %1 = qlinalg.unpack %0 <rows> : tensor<2x6x2xi8> -> tensor<2x6x4xi4>
  %2 = qlinalg.pack %1 <panel = 4> : tensor<2x6x4xi4> -> tensor<2x2x2x4xi8>
  %3 = qlinalg.pack %1 <panel = 4> : tensor<2x6x4xi4> -> tensor<2x2x2x4xi8>
  return %2, %3 : tensor<2x2x2x4xi8>, tensor<2x2x2x4xi8>
}

// CHECK: llvm.mlir.global external constant @qlinalg_parameter_count(1 : i64)
// CHECK-LABEL: llvm.func @qlinalg_initialize()
// CHECK-DAG: %[[SOURCE:.*]] = llvm.load
// CHECK-DAG: %[[BYTES:.*]] = llvm.mlir.constant(32 : i64)
// CHECK: %[[PANELS:.*]] = llvm.call @qlinalg_rt_allocate(%[[BYTES]])
// CHECK-COUNT-2: llvm.call @qlinalg_rt_pack_panels
// CHECK-NOT: llvm.call
// CHECK: llvm.store %[[PANELS]]

// -----

// expected-error @below {{expected a parameter of static shape and of a type that safetensors knows, got 'tensor<?xf32>'}}
ml_program.global private @dynamic(#ml_program.extern : tensor<?xf32>) : tensor<?xf32>
func.func @skip_dynamic() -> tensor<?xf32> {
  %0 = ml_program.global_load_const @dynamic : tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

module {
  module @inner {
    ml_program.global private @w(#ml_program.extern : tensor<4xf32>) : tensor<4xf32>
    func.func @skip_nested() -> tensor<4xf32> {
      // expected-error @below {{expected a global of the module itself, got @w of a nested module}}
      %0 = ml_program.global_load_const @w : tensor<4xf32>
      return %0 : tensor<4xf32>
    }
  }
}

// -----

// expected-error @below {{expected an initial value of 'tensor<4x4xf32>', got dense<2.000000e+00> : tensor<2xf32>}}
ml_program.global private @mistyped(dense<2.0> : tensor<2xf32>) : tensor<4x4xf32>
func.func @skip_mistyped() -> tensor<4x4xf32> {
  %0 = ml_program.global_load_const @mistyped : tensor<4x4xf32>
  return %0 : tensor<4x4xf32>
}
