// Tensors outside the module: loaded by the caller, or embedded into the library.
// RUN: rm -rf %t && split-file %s %t && cd %t
// RUN: %python make.py
// RUN: quant-compile module.mlir -o loads.so --header=loads.h --lowering=linalg
// RUN: quant-compile module.mlir -o whole.so --header=whole.h --lowering=linalg --parameters=one.safetensors --parameters=two.safetensors
// RUN: quant-compile module.mlir -o whole.s --lowering=linalg --parameters=w.safetensors
// RUN: grep -c "int32_t loads_load(const char \*path);" loads.h
// RUN: not grep _load whole.h
// RUN: quant-compile module.mlir -o whole.ll --lowering=linalg --parameters=w.safetensors
// RUN: FileCheck %s --implicit-check-not=qlinalg_rt_load < whole.s
// RUN: FileCheck %s --check-prefix=LL < whole.ll
// RUN: %python check.py %S/Inputs
// RUN: not quant-compile module.mlir -o bad.so --header=bad.h --lowering=linalg --parameters=one.safetensors 2>&1 | FileCheck %s --check-prefix=ABSENT
// RUN: not quant-compile module.mlir -o bad.so --header=bad.h --lowering=linalg --parameters=shape.safetensors 2>&1 | FileCheck %s --check-prefix=SHAPE
// RUN: not ls bad.so
// RUN: not ls bad.h

// CHECK: .section .rodata.qlinalg
// CHECK-NEXT: .p2align 6
// CHECK-NEXT: qlinalg_parameter_data.{{[0-9]+}}:
// LL: module asm ".incbin \22{{/.*}}w.safetensors\22, {{[0-9]+}}, {{48|12}}"
// ABSENT: error: expected parameter "layer.bias" of f32[3], got none of that name in one.safetensors
// SHAPE: error: expected parameter "layer.weight" of f32[4x3], got f32[3x4] in shape.safetensors

//--- module.mlir
ml_program.global private @"layer.weight"(#ml_program.extern : tensor<4x3xf32>) : tensor<4x3xf32>
ml_program.global private @"layer.bias"(#ml_program.extern : tensor<3xf32>) : tensor<3xf32>
func.func @forward(%x: tensor<2x4xf32>) -> tensor<2x3xf32> {
  %w = ml_program.global_load_const @"layer.weight" : tensor<4x3xf32>
  %b = ml_program.global_load_const @"layer.bias" : tensor<3xf32>
  %e = tensor.empty() : tensor<2x3xf32>
  %init = linalg.broadcast ins(%b : tensor<3xf32>) outs(%e : tensor<2x3xf32>) dimensions = [0]
  %y = linalg.matmul ins(%x, %w : tensor<2x4xf32>, tensor<4x3xf32>) outs(%init : tensor<2x3xf32>) -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

//--- make.py
import json, struct
import numpy as np

def save(path, **tensors):
    header, data = {}, b""
    for name, array in tensors.items():
        header[name.replace("_", ".")] = {"dtype": "F32", "shape": array.shape,
                                          "data_offsets": [len(data), len(data) + array.nbytes]}
        data += array.tobytes()
    text = json.dumps(header).encode()
    open(path, "wb").write(struct.pack("<Q", len(text)) + text + data)

w = np.arange(12, dtype=np.float32).reshape(4, 3) * 0.5 - 2
b = np.array([10, 20, -30], np.float32)
np.savez("wb.npz", w=w, b=b)
save("w.safetensors", layer_bias=b, layer_weight=w, other=w)
save("one.safetensors", other=b, layer_weight=w)
save("two.safetensors", layer_bias=b)
save("shape.safetensors", layer_weight=np.ascontiguousarray(w.T), layer_bias=b)

//--- check.py
import os, sys
sys.path.insert(0, sys.argv[1])
import numpy as np
from dlpack import Library

wb = np.load("wb.npz")
x = np.arange(8, dtype=np.float32).reshape(2, 4) - 3
expected = x @ wb["w"] + wb["b"]

# Embedded: the files are not needed any more.
os.rename("one.safetensors", "moved.safetensors")
whole = Library("./whole.so", "whole")
os.rename("moved.safetensors", "one.safetensors")
status, [y] = whole.call("forward", [x], 1)
assert status == 0
np.testing.assert_array_equal(y, expected)

loads = Library("./loads.so", "loads")
load = loads.symbol("loads_load")
status, _ = loads.call("forward", [x], 1)
assert status == 6 and "to be loaded before the first call" in loads.error(), loads.error()
assert load(b"missing.safetensors") == 6 and "missing.safetensors" in loads.error()
assert load(b"shape.safetensors") == 6
assert loads.error() == 'expected parameter "layer.weight" of f32[4x3], got f32[3x4] in shape.safetensors'
status, _ = loads.call("forward", [x], 1)
assert status == 6
assert load(None) == 1
assert load(b"w.safetensors") == 0
status, [y] = loads.call("loads_forward", [x], 1)
assert status == 0
np.testing.assert_array_equal(y, expected)
assert load(b"w.safetensors") == 6 and "once" in loads.error()
