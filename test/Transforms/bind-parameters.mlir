// RUN: quant-opt %s --qlinalg-bind-parameters='entry=main names=%S/Inputs/names.txt' | FileCheck %s

// The file's one line, "layer.weight", names the first argument; the others stay.
// CHECK: ml_program.global private @layer.weight(#{{.*}}) : tensor<8x4xf32>
// CHECK-LABEL: func.func @main
// CHECK-SAME: (%[[X:[a-z0-9]+]]: tensor<4xf32>, %[[INIT:[a-z0-9]+]]: tensor<8xf32>) -> tensor<8xf32>
// CHECK: %[[WEIGHT:.*]] = ml_program.global_load_const @layer.weight : tensor<8x4xf32>
// CHECK: linalg.matvec ins(%[[WEIGHT]], %[[X]] : tensor<8x4xf32>, tensor<4xf32>) outs(%[[INIT]] : tensor<8xf32>)
func.func @main(%weight: tensor<8x4xf32>, %x: tensor<4xf32>, %init: tensor<8xf32>) -> tensor<8xf32> {
  %y = linalg.matvec ins(%weight, %x : tensor<8x4xf32>, tensor<4xf32>) outs(%init : tensor<8xf32>) -> tensor<8xf32>
  return %y : tensor<8xf32>
}
