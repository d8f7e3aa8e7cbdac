// Numbers are passed by value inside the program, and are arrays without dimensions outside.
// RUN: rm -rf %t && split-file %s %t && cd %t
// RUN: %python make.py
// RUN: quant-run module.mlir --entry=one --input=f.npy --input=f.npy --output=one.npy --lowering=linalg
// RUN: quant-run module.mlir --entry=mixed --input=x.npy --input=h.npy --input=b.npy --input=i.npy --output=m0.npy --output=m1.npy --output=m2.npy --output=m3.npy --lowering=linalg
// RUN: %python check.py
// RUN: not quant-run module.mlir --entry=one --input=x.npy --input=f.npy 2>&1 | FileCheck %s

// CHECK: error: argument 0: expected f32, got f32[2]

//--- module.mlir
func.func @one(%a: f32, %b: f32) -> f32 {
  %s = arith.subf %a, %b : f32
  %t = arith.addf %s, %a : f32
  return %t : f32
}
func.func @mixed(%x: tensor<2xf32>, %h: f16, %b: i1, %i: index) -> (i1, tensor<2xf32>, f16, index) {
  %true = arith.constant true
  %n = arith.xori %b, %true : i1
  %two = arith.addf %h, %h : f16
  %j = arith.addi %i, %i : index
  return %n, %x, %two, %j : i1, tensor<2xf32>, f16, index
}

//--- make.py
import numpy as np
np.save("f.npy", np.float32(2.5))
np.save("x.npy", np.array([1, 2], np.float32))
np.save("h.npy", np.float16(0.75))
np.save("b.npy", np.bool_(True))
np.save("i.npy", np.int64(21))

//--- check.py
import numpy as np
for name, value in [("one", np.float32(2.5)), ("m0", np.bool_(False)), ("m1", np.array([1, 2], np.float32)),
                    ("m2", np.float16(1.5)), ("m3", np.int64(42))]:
    got = np.load(name + ".npy")
    assert got.dtype == value.dtype and got.shape == value.shape, (name, got.dtype, got.shape)
    np.testing.assert_array_equal(got, value, err_msg=name)
