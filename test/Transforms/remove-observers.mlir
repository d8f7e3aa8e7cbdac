// RUN: quant-opt %s --qlinalg-remove-observers | FileCheck %s
// RUN: quant-opt %s --qlinalg-remove-observers --mlir-print-op-generic | FileCheck %s --check-prefix=NONE
// NONE-NOT: observe

// CHECK-LABEL: func.func @unchanged
// CHECK-NEXT: linalg.exp
// CHECK-NEXT: return
func.func @unchanged(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = linalg.exp ins(%x : tensor<4xf32>) outs(%x : tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// CHECK-LABEL: func.func @chain
// CHECK-SAME: (%[[X:[a-z0-9]+]]: tensor<4xf32>, %{{.*}}: i1)
// CHECK: scf.if
// CHECK-NEXT: scf.yield %[[X]] : tensor<4xf32>
// CHECK: return %[[X]]
func.func @chain(%x: tensor<4xf32>, %c: i1) -> (tensor<4xf32>, tensor<4xf32>) {
  %a = qlinalg.observe %x site "a" <range> : tensor<4xf32>
  %b = qlinalg.observe %a site "b" <range> : tensor<4xf32>
  %d = scf.if %c -> tensor<4xf32> {
    %e = qlinalg.observe %b site "e" channels [0] <range> : tensor<4xf32>
    scf.yield %e : tensor<4xf32>
  } else {
    scf.yield %a : tensor<4xf32>
  }
  return %b, %d : tensor<4xf32>, tensor<4xf32>
}
