// RUN: quant-opt %s --split-input-file --qlinalg-lower-observers --verify-diagnostics | FileCheck %s

// Without observers there is no table.
// CHECK-LABEL: func.func @unchanged
// CHECK-NOT: qlinalg_site
func.func @unchanged(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}

// -----

// One value under three names is looked at once. Another K, the K x K matrix and another value are observers of
// their own, also in another function.
// CHECK-LABEL: func.func @main
// CHECK-SAME: (%[[X:[a-z0-9]+]]: tensor<2x3x4xf32>, %[[Y:[a-z0-9]+]]: tensor<?xbf16>)
// CHECK-NEXT: qlinalg.record %[[X]] observer 0 channels [2] : tensor<2x3x4xf32>
// CHECK-NEXT: qlinalg.record %[[X]] observer 1 channels [1, 2] : tensor<2x3x4xf32>
// CHECK-NEXT: qlinalg.record %[[X]] observer 2 channels [2] : tensor<2x3x4xf32>
// CHECK-NEXT: qlinalg.record %[[Y]] observer 3 : tensor<?xbf16>
// CHECK-NEXT: return %[[X]], %[[X]], %[[X]], %[[X]], %[[X]], %[[Y]]
func.func @main(%x: tensor<2x3x4xf32>, %y: tensor<?xbf16>)
    -> (tensor<2x3x4xf32>, tensor<2x3x4xf32>, tensor<2x3x4xf32>, tensor<2x3x4xf32>, tensor<2x3x4xf32>, tensor<?xbf16>) {
  %q = qlinalg.observe %x site "q.input" channels [2] <range, moments> : tensor<2x3x4xf32>
  %k = qlinalg.observe %x site "k.input" channels [2] <range, channels> : tensor<2x3x4xf32>
  %v = qlinalg.observe %k site "v.input" channels [2] <range> : tensor<2x3x4xf32>
  %o = qlinalg.observe %v site "o.input" channels [1, 2] <range> : tensor<2x3x4xf32>
  %f = qlinalg.observe %x site "f.input" channels [2] <range, second_moments> : tensor<2x3x4xf32>
  %b = qlinalg.observe %y site "b" <range> : tensor<?xbf16>
  return %q, %k, %v, %o, %f, %b : tensor<2x3x4xf32>, tensor<2x3x4xf32>, tensor<2x3x4xf32>, tensor<2x3x4xf32>, tensor<2x3x4xf32>, tensor<?xbf16>
}

// What runs how often depends on the block. A site of several places goes on in one observer.
// CHECK-LABEL: func.func @blocks
// CHECK: qlinalg.record %[[Z:.*]] observer 4 : tensor<4xf32>
// CHECK: scf.if
// CHECK-NEXT: qlinalg.record %[[Z]] observer 4 : tensor<4xf32>
// CHECK-NEXT: qlinalg.record %[[Z]] observer 5 : tensor<4xf32>
// CHECK-NOT: qlinalg.record
func.func @blocks(%z: tensor<4xf32>, %c: i1) -> tensor<4xf32> {
  %0 = qlinalg.observe %z site "twice" <range> : tensor<4xf32>
  %1 = scf.if %c -> tensor<4xf32> {
    %2 = qlinalg.observe %0 site "twice" <range> : tensor<4xf32>
    %3 = qlinalg.observe %2 site "inner" <range> : tensor<4xf32>
    scf.yield %3 : tensor<4xf32>
  } else {
    scf.yield %0 : tensor<4xf32>
  }
  return %1 : tensor<4xf32>
}

// Names end with a zero. Name, channels, matrix, observer.
// CHECK: llvm.mlir.global internal constant @qlinalg_site.0.name("q.input\00")
// CHECK: @qlinalg_site.7.name("inner\00")
// CHECK: llvm.mlir.global external constant @qlinalg_site_count(8 : i64) {{.*}} : i64
// CHECK: llvm.mlir.global external constant @qlinalg_site_table() {{.*}} : !llvm.array<8 x struct<(ptr, i64, i64, i64, i64)>>
// CHECK: llvm.mlir.addressof @qlinalg_site.0.name
// CHECK-NEXT: llvm.mlir.constant(4 : i64)
// CHECK-NEXT: llvm.mlir.constant(0 : i64)
// CHECK-NEXT: llvm.mlir.constant(0 : i64)
// CHECK: llvm.mlir.addressof @qlinalg_site.3.name
// CHECK-NEXT: llvm.mlir.constant(12 : i64)
// CHECK-NEXT: llvm.mlir.constant(0 : i64)
// CHECK-NEXT: llvm.mlir.constant(1 : i64)
// CHECK: llvm.mlir.addressof @qlinalg_site.4.name
// CHECK-NEXT: llvm.mlir.constant(4 : i64)
// CHECK-NEXT: llvm.mlir.constant(1 : i64)
// CHECK-NEXT: llvm.mlir.constant(2 : i64)
// CHECK: llvm.mlir.addressof @qlinalg_site.5.name
// CHECK-NEXT: llvm.mlir.constant(1 : i64)

// -----

func.func @disagree_channels(%x: tensor<4x2xf32>) -> (tensor<4x2xf32>, tensor<4x2xf32>) {
  %0 = qlinalg.observe %x site "x" channels [1] <range> : tensor<4x2xf32>
  // expected-error @+1 {{expected 2 channels as at the first observer of this site, got 4}}
  %1 = qlinalg.observe %x site "x" channels [0] <range> : tensor<4x2xf32>
  return %0, %1 : tensor<4x2xf32>, tensor<4x2xf32>
}

// -----

func.func @disagree_matrix(%x: tensor<4x2xf32>) -> (tensor<4x2xf32>, tensor<4x2xf32>) {
  %0 = qlinalg.observe %x site "x" <range> : tensor<4x2xf32>
  // expected-error @+1 {{expected second_moments at all observers of this site or at none, got them here and not at the first}}
  %1 = qlinalg.observe %x site "x" <second_moments> : tensor<4x2xf32>
  return %0, %1 : tensor<4x2xf32>, tensor<4x2xf32>
}

// -----

llvm.mlir.global external constant @qlinalg_site_table(0 : i64) : i64
func.func @lowered_before(%x: tensor<4x2xf32>) -> tensor<4x2xf32> {
  // expected-error @+1 {{expected a module whose observers are lowered once, all together, got one with a table of sites}}
  %0 = qlinalg.observe %x site "x" <range> : tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}
