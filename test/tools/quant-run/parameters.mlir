// Tensors outside the module: found by name in files or shards, and checked.
// RUN: rm -rf %t && split-file %s %t && cd %t
// RUN: %python make.py
// RUN: quant-run module.mlir --parameters=w.safetensors --input=x.npy --expect=y.npy --lowering=linalg | FileCheck %s
// RUN: quant-run module.mlir --parameters=w.safetensors --input=x.npy --expect=y.npy | FileCheck %s
// RUN: quant-run module.mlir --parameters=one.safetensors --parameters=two.safetensors --input=x.npy --expect=y.npy --lowering=linalg | FileCheck %s
// RUN: quant-run module.mlir --parameters=w.safetensors.index.json --input=x.npy --expect=y.npy --lowering=linalg | FileCheck %s
// RUN: not quant-run module.mlir --input=x.npy --lowering=linalg 2>&1 | FileCheck %s --check-prefix=NOT-GIVEN
// RUN: not quant-run module.mlir --parameters=one.safetensors --input=x.npy --lowering=linalg 2>&1 | FileCheck %s --check-prefix=ABSENT
// RUN: not quant-run module.mlir --parameters=shape.safetensors --input=x.npy --lowering=linalg 2>&1 | FileCheck %s --check-prefix=SHAPE
// RUN: not quant-run module.mlir --parameters=type.safetensors --input=x.npy --lowering=linalg 2>&1 | FileCheck %s --check-prefix=TYPE
// RUN: not quant-run module.mlir --parameters=missing.safetensors --input=x.npy --lowering=linalg 2>&1 | FileCheck %s --check-prefix=MISSING

// CHECK: {"result": 0, "max_abs": 0, "relative_l2": 0
// NOT-GIVEN: error: expected --parameters=FILE with the tensors outside of the module, such as 'layer.{{weight|bias}}', got none
// ABSENT: error: expected parameter "layer.bias" of f32[3], got none of that name in one.safetensors
// SHAPE: error: expected parameter "layer.weight" of f32[4x3], got f32[3x4] in shape.safetensors
// TYPE: error: expected parameter "layer.weight" of f32[4x3], got i32[4x3] in type.safetensors
// MISSING: error: {{.*}}missing.safetensors

//--- module.mlir
ml_program.global private @"layer.weight"(#ml_program.extern : tensor<4x3xf32>) : tensor<4x3xf32>
ml_program.global private @"layer.bias"(#ml_program.extern : tensor<3xf32>) : tensor<3xf32>
func.func @main(%x: tensor<2x4xf32>) -> tensor<2x3xf32> {
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
        name = name.replace("_", ".")
        dtype = {"float32": "F32", "int32": "I32"}[array.dtype.name]
        header[name] = {"dtype": dtype, "shape": array.shape, "data_offsets": [len(data), len(data) + array.nbytes]}
        data += array.tobytes()
    text = json.dumps(header).encode()
    open(path, "wb").write(struct.pack("<Q", len(text)) + text + data)

x = np.arange(8, dtype=np.float32).reshape(2, 4) - 3
w = np.arange(12, dtype=np.float32).reshape(4, 3) * 0.5 - 2
b = np.array([10, 20, -30], np.float32)
np.save("x.npy", x)
np.save("y.npy", x @ w + b)
# The bias first, so that the weight lies at no multiple of 64 bytes.
save("w.safetensors", layer_bias=b, layer_weight=w, other=w)
save("one.safetensors", layer_weight=w)
save("two.safetensors", layer_bias=b)
save("shape.safetensors", layer_weight=np.ascontiguousarray(w.T), layer_bias=b)
save("type.safetensors", layer_weight=w.astype(np.int32), layer_bias=b)
index = {"metadata": {}, "weight_map": {"layer.weight": "one.safetensors", "layer.bias": "two.safetensors"}}
json.dump(index, open("w.safetensors.index.json", "w"))
