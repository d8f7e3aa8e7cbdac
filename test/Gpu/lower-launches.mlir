// RUN: quant-opt %s --qlinalg-lower-launches | FileCheck %s

// CHECK-DAG: llvm.mlir.global internal constant @kernels.image("PTX\00")
// CHECK-DAG: llvm.mlir.global internal @kernels.module() {{.*}}: !llvm.ptr
// CHECK-DAG: llvm.mlir.global internal constant @kernels.add.name("add\00")
module attributes {gpu.container_module} {
gpu.binary @kernels [#gpu.object<#nvvm.target, "PTX">]

// CHECK-LABEL: llvm.func @main
// CHECK-SAME: (%[[GRID:.*]]: i64, %[[BLOCK:.*]]: i64, %[[X:.*]]: !llvm.ptr, %[[N:.*]]: i64)
// CHECK: llvm.store %[[X]], %[[PLACE_X:.*]] :
// CHECK: llvm.store %[[PLACE_X]],
// CHECK: llvm.store %[[N]],
// CHECK: llvm.call @qlinalg_rt_cuda_launch(%{{.*}}, %{{.*}}, %{{.*}}, %[[GRID]], %[[GRID]], %[[GRID]], %[[BLOCK]], %[[GRID]], %[[GRID]], %{{.*}})
// CHECK-NOT: gpu.
llvm.func @main(%grid: i64, %block: i64, %x: !llvm.ptr, %n: i64) {
  gpu.launch_func @kernels::@add blocks in (%grid, %grid, %grid) threads in (%block, %grid, %grid) : i64 args(%x : !llvm.ptr, %n : i64)
  llvm.return
}
}
