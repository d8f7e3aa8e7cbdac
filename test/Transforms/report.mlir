// What quantization costs, by hand: weights as in freeze.mlir.
// RUN: quant-opt %s --qlinalg-ptq='weights=int8 recipe=%S/Inputs/exclude.yaml' --qlinalg-report --mlir-print-debuginfo -o %t.mlir 2>&1 | FileCheck %s
// The module stays as it is, and the report of the file is the same.
// RUN: quant-opt %s --qlinalg-ptq='weights=int8 recipe=%S/Inputs/exclude.yaml' --mlir-print-debuginfo -o %t2.mlir
// RUN: diff %t.mlir %t2.mlir
// RUN: quant-opt %t.mlir --qlinalg-report -o /dev/null 2>&1 | FileCheck %s
// Without locations a weight in the IR has no name of its own; those that stay floats keep the number that they had.
// RUN: quant-opt %s --qlinalg-ptq='weights=int8 recipe=%S/Inputs/exclude.yaml' 2>/dev/null | quant-opt --qlinalg-report -o /dev/null 2>&1 | FileCheck %s --check-prefix=NUMBERED
// NUMBERED: {{^}}up  {{ *}}int8 channel     2
// NUMBERED-NEXT: {{^}}down
// NUMBERED-NEXT: {{^}}main.3 {{ *}}float           16     16  32.00{{$}}

// up: 8 numbers, 32 bytes as floats, 8 and two scales as codes, two matmuls; 10 log10(84776.25 / 2.25) = 45.76.
// down: 4 numbers; each is a code times its scale, 1.
// Together (84776.25 + 16139) / 2.25 = 44851.2, 46.52 dB.
// The table and the excluded weight stay floats; the bias is a parameter too, zeros are none.
// CHECK:      {{^}}weight {{ *}}scheme  uses  before  after   bits  SQNR dB{{$}}
// CHECK-NEXT: {{^}}table {{ *}}float {{ *}}24     24  32.00{{$}}
// CHECK-NEXT: {{^}}up  {{ *}}int8 channel     2      32     16  16.00    45.76{{$}}
// CHECK-NEXT: {{^}}down {{ *}}int8 channel           16      8  16.00    exact{{$}}
// CHECK-NEXT: {{^}}excluded {{ *}}float           16     16  32.00{{$}}
// CHECK-NEXT: {{^}}all that are codes {{ *}}2 weights           48     24  16.00    46.52{{$}}
// CHECK-NEXT: {{^}}other parameters {{ *}}8      8{{$}}
// CHECK-NEXT: {{^}}all parameters {{ *}}96     72{{$}}
// CHECK-NEXT: most bytes: table, 33.3 % of all
// CHECK-NEXT: least SQNR: up, 45.76 dB

#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#row = affine_map<(d0, d1) -> (d0)>
#all = affine_map<(d0, d1) -> (d0, d1)>
func.func @main(%x: tensor<2x4xf32>, %ids: tensor<5xindex>, %e: tensor<5x2xf32>)
    -> (tensor<5x2xf32>, tensor<2x2xf32>, tensor<2x1xf32>, tensor<2x1xf32>) {
  %table = arith.constant dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]> : tensor<3x2xf32> loc("table")
  %up = arith.constant dense<[[127.0, -64.0, 1.0, 0.5], [-254.0, 3.0, 5.0, 0.0]]> : tensor<2x4xf32> loc("up.weight")
  %down = arith.constant dense<[[127.0, 3.0, 0.0, 1.0]]> : tensor<1x4xf32> loc("down")
  %excluded = arith.constant dense<[[4.0, 3.0, 2.0, 1.0]]> : tensor<1x4xf32> loc("excluded")
  %bias = arith.constant dense<[0.5, 1.5]> : tensor<2xf32>
  %zeros = arith.constant dense<0.0> : tensor<2x1xf32>
  %rows = linalg.generic {indexing_maps = [#row, #all], iterator_types = ["parallel", "parallel"]}
    ins(%ids : tensor<5xindex>) outs(%e : tensor<5x2xf32>) {
  ^bb0(%id: index, %out: f32):
    %column = linalg.index 1 : index
    %element = tensor.extract %table[%id, %column] : tensor<3x2xf32>
    linalg.yield %element : f32
  } -> tensor<5x2xf32>
  %empty = tensor.empty() : tensor<2x2xf32>
  %init = linalg.broadcast ins(%bias : tensor<2xf32>) outs(%empty : tensor<2x2xf32>) dimensions = [0]
  %0 = linalg.matmul indexing_maps = [#mk, #nk, #mn] ins(%x, %up : tensor<2x4xf32>, tensor<2x4xf32>) outs(%init : tensor<2x2xf32>) -> tensor<2x2xf32>
  %1 = linalg.matmul indexing_maps = [#mk, #nk, #mn] ins(%x, %up : tensor<2x4xf32>, tensor<2x4xf32>) outs(%0 : tensor<2x2xf32>) -> tensor<2x2xf32>
  %2 = linalg.matmul indexing_maps = [#mk, #nk, #mn] ins(%x, %down : tensor<2x4xf32>, tensor<1x4xf32>) outs(%zeros : tensor<2x1xf32>) -> tensor<2x1xf32>
  %3 = linalg.matmul indexing_maps = [#mk, #nk, #mn] ins(%x, %excluded : tensor<2x4xf32>, tensor<1x4xf32>) outs(%zeros : tensor<2x1xf32>) -> tensor<2x1xf32>
  return %rows, %1, %2, %3 : tensor<5x2xf32>, tensor<2x2xf32>, tensor<2x1xf32>, tensor<2x1xf32>
}
