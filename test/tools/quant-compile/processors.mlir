// One library for several processors takes the code that this machine can run, and shares the parameters.
// RUN: rm -rf %t && split-file %s %t && cd %t
// RUN: %python make.py
// RUN: quant-compile module.mlir -o whole.so --cpu=x86-64,avx2,avx512vnni,amx --lowering=linalg --parameters=w.safetensors
// RUN: quant-compile module.mlir -o loads.so --cpu=avx2,x86-64 --header=loads.h --lowering=linalg
// RUN: quant-compile module.mlir -o future.so --cpu=sapphirerapids,graniterapids --lowering=linalg --parameters=w.safetensors
// RUN: %python check.py %S/Inputs
// RUN: llvm-nm -D --defined-only --format=just-symbols whole.so | sort | FileCheck %s
// RUN: not quant-compile module.mlir -o m.o --cpu=avx2,x86-64 --lowering=linalg 2>&1 | FileCheck %s --check-prefix=OBJECT
// RUN: not quant-compile module.mlir -o m.so --cpu=avx2,neon-i8mm --lowering=linalg 2>&1 | FileCheck %s --check-prefix=MIXED
// RUN: not quant-compile module.mlir -o m.so --cpu=avx2, --lowering=linalg 2>&1 | FileCheck %s --check-prefix=EMPTY

// CHECK: forward
// CHECK-NEXT: whole_error
// CHECK-NEXT: whole_forward
// CHECK-NOT: {{.}}
// OBJECT: error: expected an output named .so for several processors, got 'm.o'
// MIXED: error: expected several processors of x86-64, got 'neon-i8mm' of aarch64
// EMPTY: error: unknown cpu ''

//--- module.mlir
ml_program.global private @w(#ml_program.extern : tensor<4x4xf32>) : tensor<4x4xf32>
ml_program.global private @b(#ml_program.extern : tensor<4xf32>) : tensor<4xf32>
func.func @forward(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c0 = arith.constant 0 : index
  %w = ml_program.global_load_const @w : tensor<4x4xf32>
  %b = ml_program.global_load_const @b : tensor<4xf32>
  %m = tensor.dim %x, %c0 : tensor<?x4xf32>
  %e = tensor.empty(%m) : tensor<?x4xf32>
  %f = linalg.broadcast ins(%b : tensor<4xf32>) outs(%e : tensor<?x4xf32>) dimensions = [0]
  %y = linalg.matmul ins(%x, %w : tensor<?x4xf32>, tensor<4x4xf32>) outs(%f : tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

//--- make.py
import json, struct
import numpy as np
# b follows w at a multiple of 64 bytes: one piece of the file holds both.
header = {"w": {"dtype": "F32", "shape": [4, 4], "data_offsets": [0, 64]},
          "b": {"dtype": "F32", "shape": [4], "data_offsets": [64, 80]}}
text = json.dumps(header).encode()
data = np.arange(20, dtype=np.float32).tobytes()
open("w.safetensors", "wb").write(struct.pack("<Q", len(text)) + text + data)

//--- check.py
import sys
sys.path.insert(0, sys.argv[1])
import numpy as np
from dlpack import Library

w = np.arange(16, dtype=np.float32).reshape(4, 4)
b = np.arange(16, 20, dtype=np.float32)
x = np.arange(20, dtype=np.float32).reshape(5, 4) - 7
assert open("whole.so", "rb").read().count(w.tobytes()) == 1
whole = Library("./whole.so", "whole")
for name in ["forward", "whole_forward"]:
    status, [y] = whole.call(name, [x], 1)
    assert status == 0
    np.testing.assert_array_equal(y, x @ w + b)
status, _ = whole.call("forward", [x[:, :3].copy()], 1)
assert status == 4 and "got f32[5x3]" in whole.error()

loads = Library("./loads.so", "loads")
assert loads.call("forward", [x], 1)[0] == 6
assert loads.symbol("loads_load")(b"w.safetensors") == 0
status, [y] = loads.call("forward", [x], 1)
assert status == 0
np.testing.assert_array_equal(y, x @ w + b)

# No variant for this machine is an error, not an illegal instruction.
status, results = Library("./future.so", "future").call("forward", [x], 1)
if "amx_int8" in open("/proc/cpuinfo").read():
    assert status == 0
else:
    assert status == 2 and results == []
