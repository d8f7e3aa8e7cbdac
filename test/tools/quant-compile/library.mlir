// A shared library over DLPack tensors: right results, and a code and a message for everything that is wrong.
// RUN: rm -rf %t && split-file %s %t && cd %t
// RUN: quant-compile module.mlir -o model-1.so --header=model.h --lowering=linalg
// RUN: FileCheck %s --input-file=model.h
// RUN: clang -std=c99 -Wall -Werror -fsyntax-only -x c model.h
// RUN: %python %t/check.py %S/Inputs
// RUN: llvm-nm -D --defined-only --format=just-symbols model-1.so | sort | FileCheck %s --check-prefix=SYMBOLS

// CHECK-NOT: model_1_load
// CHECK: const char *model_1_error(void);
// CHECK: @main
// CHECK-NEXT: input 0:  f32[n1, 3]
// CHECK-NEXT: input 1:  f32[3, 2]
// CHECK-NEXT: output 0: f32[?, 2]
// CHECK-NEXT: */
// CHECK-NEXT: int32_t model_1_main(const DLTensor *const *inputs, int32_t num_inputs,
// CHECK-NEXT: DLManagedTensor **outputs, int32_t num_outputs);
// CHECK: input 1:  f32[n1]
// CHECK: int32_t model_1_same(

// Nothing of the run time is visible.
// SYMBOLS: main
// SYMBOLS-NEXT: model_1_error
// SYMBOLS-NEXT: model_1_main
// SYMBOLS-NEXT: model_1_odd_name
// SYMBOLS-NEXT: model_1_same
// SYMBOLS-NEXT: model_1_sin
// SYMBOLS-NEXT: same
// SYMBOLS-NOT: {{.}}

//--- module.mlir
func.func @main(%a: tensor<?x3xf32>, %b: tensor<3x2xf32>) -> tensor<?x2xf32> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %m = tensor.dim %a, %c0 : tensor<?x3xf32>
  %e = tensor.empty(%m) : tensor<?x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?x2xf32>) -> tensor<?x2xf32>
  %r = linalg.matmul ins(%a, %b : tensor<?x3xf32>, tensor<3x2xf32>) outs(%f : tensor<?x2xf32>) -> tensor<?x2xf32>
  return %r : tensor<?x2xf32>
}
func.func @same(%a: tensor<?xf32>, %b: tensor<?xf32>) -> (tensor<?xf32>, tensor<?xf32>) {
  %s = linalg.add ins(%a, %b : tensor<?xf32>, tensor<?xf32>) outs(%a : tensor<?xf32>) -> tensor<?xf32>
  return %s, %s : tensor<?xf32>, tensor<?xf32>
}
// Its own name would be that of the C library's function.
func.func @sin(%x: f64) -> f64 {
  return %x : f64
}
func.func @"odd.name"(%a: tensor<?xi32>) -> i1 {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %a, %c0 : tensor<?xi32>
  %ok = arith.cmpi ne, %n, %c0 : index
  cf.assert %ok, "expected at least one element"
  return %ok : i1
}
func.func private @helper(%x: f64) -> f64 {
  return %x : f64
}

//--- check.py
import sys
sys.path.insert(0, sys.argv[1])
import numpy as np
from dlpack import DataType, Device, Library, borrow

library = Library("./model-1.so", "model_1")
a = np.arange(12, dtype=np.float32).reshape(4, 3) - 5
b = np.arange(6, dtype=np.float32).reshape(3, 2)
for name in ["model_1_main", "main"]:
    for strides in [False, True]:
        status, [c] = library.call(name, [a, b], 1, strides=strides)
        assert status == 0
        np.testing.assert_array_equal(c, a @ b)
status, [c] = library.call("main", [a[:0], b], 1)
assert status == 0 and c.shape == (0, 2)
x = np.array([1, 2, 3], np.float32)
status, results = library.call("same", [x, x], 2)
np.testing.assert_array_equal(results, [2 * x, 2 * x])
np.testing.assert_array_equal(x, [1, 2, 3])
status, [y] = library.call("model_1_sin", [np.array(2.5)], 1)
assert status == 0 and y == 2.5 and y.dtype == np.float64
status, [ok] = library.call("model_1_odd_name", [np.ones(2, np.int32)], 1)
assert status == 0 and ok.dtype == np.bool_ and ok

# Views: an offset in bytes, and data at no multiple of the element's size.
offset = borrow(a)
offset.data -= 100
offset.byte_offset = 100
raw = np.zeros(a.nbytes + 1, np.uint8)
raw[1:] = a.view(np.uint8).reshape(-1)
misaligned = borrow(a)
misaligned.data = raw.ctypes.data + 1
for tensor in [offset, misaligned]:
    status, [c] = library.call("main", [tensor, b], 1)
    assert status == 0
    np.testing.assert_array_equal(c, a @ b)


def refused(code, message, name, inputs, num_outputs=1, **options):
    status, results = library.call(name, inputs, num_outputs, **options)
    assert (status, results) == (code, []), (message, status)
    assert message in library.error(), (message, library.error())


def changed(**fields):
    tensor = borrow(a)
    for key, value in fields.items():
        setattr(tensor, key, value)
    return tensor


refused(1, "expected 2 arguments of 'main', got 1", "main", [a])
refused(1, "expected room for 1 results of 'main', got 2", "main", [a, b], 2)
refused(1, "argument 0: expected data, got a null pointer", "main", [changed(data=None), b])
refused(2, "argument 0: expected a tensor in the memory of the processor (1), got device type 2", "main",
        [changed(device=Device(2, 0)), b])
refused(3, "argument 0: expected tensor<?x3xf32>, got f64[4x3]", "main", [a.astype(np.float64), b])
refused(3, "argument 0: expected tensor<?x3xf32>, got type code 2 with 32 bits and 4 lanes", "main",
        [changed(dtype=DataType(2, 32, 4)), b])
refused(3, "argument 0: expected tensor<?x3xf32>, got bf16[4x3]", "main", [changed(dtype=DataType(4, 16, 1)), b])
refused(4, "argument 0: expected tensor<?x3xf32>, got f32[4x2]", "main", [a[:, :2].copy(), b])
refused(4, "argument 0: expected tensor<?x3xf32>, got f32[3]", "main", [a[0], b])
refused(4, "argument 0: expected tensor<?x3xf32>, got a tensor of no shape", "main", [changed(ndim=-1), b])
refused(4, "expected dimension 0 of argument 1 to be that of dimension 0 of argument 0, 3, got 2", "same",
        [x, x[:2]], 2)
refused(5, "argument 0: expected a dense row-major tensor of f32[4x3], got strides [1, 4]", "main",
        [np.asfortranarray(a), b], strides=True)
refused(5, "got strides [6, 1]", "main", [np.zeros((4, 6), np.float32)[:, :3], b], strides=True)
refused(7, "expected at least one element", "model_1_odd_name", [np.ones(0, np.int32)])
function = library.symbol("main")
assert function(None, 2, None, 1) == 1 and "got a null pointer" in library.error()
# After all that it still works.
status, [c] = library.call("main", [a, b], 1)
assert status == 0
