// RUN: rm -rf %t && split-file %s %t && cd %t
// RUN: quant-run only.mlir --output=y.npy --lowering=linalg
// RUN: not quant-run only.mlir --entry=main 2>&1 | FileCheck %s --check-prefix=ONLY
// RUN: not quant-run two.mlir 2>&1 | FileCheck %s --check-prefix=TWO
// RUN: quant-run two.mlir --entry=b --output=b.npy --lowering=linalg
// RUN: not quant-run two.mlir --entry=hidden 2>&1 | FileCheck %s --check-prefix=HIDDEN
// RUN: not quant-run none.mlir 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not quant-run wrong.mlir 2>&1 | FileCheck %s --check-prefix=WRONG
// RUN: not quant-run missing.mlir 2>&1 | FileCheck %s --check-prefix=MISSING
// RUN: %python -c "import numpy as np; assert np.load('y.npy') == 5 and np.load('b.npy') == 7"

// ONLY: error: expected a public function @main with a body, got @main_graph
// TWO: error: expected a public function @main with a body, got @a, @b
// HIDDEN: error: expected a public function @hidden with a body, got @a, @b
// NONE: error: expected a public function @main with a body, got none
// WRONG: wrong.mlir:2:{{[0-9]+}}: error: use of undeclared SSA value name
// MISSING: error: cannot read 'missing.mlir': No such file or directory

//--- only.mlir
func.func private @helper() -> i32 {
  %c = arith.constant 5 : i32
  return %c : i32
}
func.func @main_graph() -> i32 {
  %c = func.call @helper() : () -> i32
  return %c : i32
}
//--- two.mlir
// The function that is not run has types that could not be passed.
func.func @a(%x: tensor<*xf32>) { return }
func.func @b() -> i32 {
  %c = func.call @hidden() : () -> i32
  return %c : i32
}
func.func private @hidden() -> i32 {
  %c = arith.constant 7 : i32
  return %c : i32
}
//--- none.mlir
func.func private @main()
//--- wrong.mlir
func.func @main() -> i32 {
  return %c : i32
}
