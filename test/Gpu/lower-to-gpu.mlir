// RUN: quant-opt %s --split-input-file --qlinalg-lower-to-gpu='chip=sm_80 report=true' 2>%t | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK < %t
// RUN: quant-opt %s --split-input-file --qlinalg-lower-to-gpu='chip=sm_75' | FileCheck %s --check-prefix=OLD
// RUN: not quant-opt %s --qlinalg-lower-to-gpu='chip=sm_12' 2>&1 | FileCheck %s --check-prefix=CHIP

// CHIP: error: expected sm_75, sm_80, sm_86, sm_87, sm_89, sm_90, sm_90a, sm_100, sm_100a or sm_120 in chip=, got 'sm_12'

// A thread for each element; names of kernels count those of the function.
// CHECK-LABEL: @elementwise
// CHECK: gpu.launch blocks{{.*}} module(@qlinalg_kernels) function(@elementwise_0_loop)
// CHECK: scf.if
// CHECK: memref.store
// CHECK: gpu.terminator
func.func @elementwise(%x: memref<4x?xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} outs(%x : memref<4x?xf32>) {
  ^bb0(%e: f32):
    %y = arith.addf %e, %e : f32
    linalg.yield %y : f32
  }
  return
}

// -----

// Reductions are loops of a thread, in whatever order the loops stand.
// CHECK-LABEL: @sums
// CHECK: gpu.launch {{.*}} function(@sums_0_loop)
// CHECK: scf.for
// CHECK: gpu.terminator
// CHECK: gpu.launch {{.*}} function(@sums_1_single)
// CHECK: scf.for
func.func @sums(%x: memref<8x4xf32>, %columns: memref<4xf32>, %all: memref<f32>) {
  linalg.generic {indexing_maps = [affine_map<(k, i) -> (k, i)>, affine_map<(k, i) -> (i)>], iterator_types = ["reduction", "parallel"]}
      ins(%x : memref<8x4xf32>) outs(%columns : memref<4xf32>) {
  ^bb0(%e: f32, %s: f32):
    %y = arith.addf %e, %s : f32
    linalg.yield %y : f32
  }
  linalg.generic {indexing_maps = [affine_map<(k) -> (k)>, affine_map<(k) -> ()>], iterator_types = ["reduction"]}
      ins(%columns : memref<4xf32>) outs(%all : memref<f32>) {
  ^bb0(%e: f32, %s: f32):
    %y = arith.addf %e, %s : f32
    linalg.yield %y : f32
  }
  return
}

// -----

// CHECK-LABEL: @assertion
// CHECK: gpu.launch
// CHECK-NOT: cf.assert
// CHECK: llvm.intr.trap
func.func @assertion(%x: memref<4xi1>, %y: memref<4xi1>) {
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%x : memref<4xi1>) outs(%y : memref<4xi1>) {
  ^bb0(%e: i1, %o: i1):
    cf.assert %e, "expected true"
    linalg.yield %e : i1
  }
  return
}

// -----

// REMARK: remark: mma.sync.m16n8k32, blocks of 64 x 64 results by 4 warps, 4 stages of 64 bytes of k, 32768 bytes of shared memory
// CHECK-LABEL: @matrices
// CHECK: gpu.launch {{.*}} workgroup(%{{.*}} : memref<32768xi8, #gpu.address_space<workgroup>>)
// CHECK: nvvm.cp.async.cg.shared.global.16
// CHECK: nvvm.cp.async.wait.group
// CHECK: gpu.barrier
// CHECK: nvvm.ldmatrix.sync.aligned.m8n8.x4.b16
// CHECK: nvvm.mma.m16n8k32.row.col.s8
// Before sm_80 by dp4a, 21 rows in blocks of four.
// OLD-LABEL: @matrices
// OLD-NOT: nvvm.mma
// OLD: nvvm.idp4a.s.s
func.func @matrices(%x: memref<21x96xi8>, %s: memref<21xf32>, %w: memref<80x96xi8>, %t: memref<80xf32>, %y: memref<21x80xf32>) {
  qlinalg.matmul lhs(%x : memref<21x96xi8> scales %s : memref<21xf32> scheme <int8, token>)
      rhs(%w : memref<80x96xi8> scales %t : memref<80xf32> scheme <int8, channel>) outs(%y : memref<21x80xf32>)
      {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (m)>, affine_map<(m, n, k) -> (n, k)>,
                        affine_map<(m, n, k) -> (n)>, affine_map<(m, n, k) -> (m, n)>]}
  return
}

// -----

// Unknown rows: the call chooses. K = 20 is copied by 4 bytes.
// CHECK-LABEL: @rows
// CHECK: scf.if
// CHECK: nvvm.idp4a.u.s
// CHECK: nvvm.shfl.sync.bfly.i32
// CHECK: } else {
// CHECK: nvvm.cp.async.ca.shared.global.4
// CHECK: nvvm.mma.m16n8k32.row.col.u8.s8
func.func @rows(%x: memref<?x20xi8>, %s: memref<?xf32>, %z: memref<?xi8>, %w: memref<80x20xi8>, %t: memref<80xf32>, %y: memref<?x80xf32>) {
  qlinalg.matmul lhs(%x : memref<?x20xi8> scales %s : memref<?xf32> zero_points %z : memref<?xi8> scheme <uint8, token, affine>)
      rhs(%w : memref<80x20xi8> scales %t : memref<80xf32> scheme <int8, channel>) outs(%y : memref<?x80xf32>)
      {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (m)>, affine_map<(m, n, k) -> (m)>,
                        affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (n)>, affine_map<(m, n, k) -> (m, n)>]}
  return
}

// -----

// CHECK-LABEL: @conversion
// CHECK: gpu.launch {{.*}} function(@conversion_0_quantize_rows)
// CHECK: nvvm.shfl.sync.bfly.i32
// CHECK: gpu.barrier
func.func @conversion(%x: memref<4x64xf32>, %c: memref<4x64xi8>, %s: memref<4xf32>) {
  qlinalg.dynamic_quantize %x <int8, token, symmetric> by affine_map<(d0, d1) -> (d0)>
      outs(%c, %s : memref<4x64xi8>, memref<4xf32>) : memref<4x64xf32>
  return
}
