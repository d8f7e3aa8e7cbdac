// Calls that fail in the middle: a code and a message, also out of a loop, and no memory is lost.
// RUN: rm -rf %t && split-file %s %t && cd %t
// RUN: quant-compile module.mlir -o fast.so
// RUN: quant-compile module.mlir -o plain.so --lowering=linalg
// RUN: %python check.py %S/Inputs fast
// RUN: %python check.py %S/Inputs plain

//--- module.mlir
#map = affine_map<(i) -> (i)>
// Two intermediates of the size of the argument are there when the assertion fails.
func.func @main(%x: tensor<?xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  %e = tensor.empty(%n) : tensor<?xf32>
  %f = linalg.exp ins(%x : tensor<?xf32>) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  %first = tensor.extract %f[%c0] : tensor<?xf32>
  %ok = arith.cmpf ogt, %first, %zero : f32
  cf.assert %ok, "first is not positive"
  %g = linalg.add ins(%f, %x : tensor<?xf32>, tensor<?xf32>) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  return %g : tensor<?xf32>
}
func.func @gather(%table: tensor<?xf32>, %indices: tensor<?xi64>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %indices, %c0 : tensor<?xi64>
  %size = tensor.dim %table, %c0 : tensor<?xf32>
  %e = tensor.empty(%n) : tensor<?xf32>
  %g = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel"]}
      ins(%indices : tensor<?xi64>) outs(%e : tensor<?xf32>) {
  ^bb0(%i: i64, %o: f32):
    %place = arith.index_cast %i : i64 to index
    %ok = arith.cmpi ult, %place, %size : index
    cf.assert %ok, "index out of range"
    %v = tensor.extract %table[%place] : tensor<?xf32>
    linalg.yield %v : f32
  } -> tensor<?xf32>
  return %g : tensor<?xf32>
}
func.func @fill(%n: i64) -> tensor<?xf32> {
  %one = arith.constant 1.0 : f32
  %size = arith.index_cast %n : i64 to index
  %e = tensor.empty(%size) : tensor<?xf32>
  %f = linalg.fill ins(%one : f32) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  return %f : tensor<?xf32>
}

//--- check.py
import resource, sys
sys.path.insert(0, sys.argv[1])
import numpy as np
from dlpack import Library

library = Library(f"./{sys.argv[2]}.so", sys.argv[2])
good, bad = np.zeros(1 << 20, np.float32), np.full(1 << 20, -np.inf, np.float32)
status, [y] = library.call("main", [good], 1)
assert status == 0 and (y == 1).all()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for _ in range(200):
    status, _ = library.call("main", [bad], 1)
    assert status == 7 and library.error() == "first is not positive", (status, library.error())
# 4 MB each time would be 800; RSS is in KB.
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
assert grown < 100_000, grown

table = np.arange(100, dtype=np.float32)
indices = np.arange(5000) % 100
status, [y] = library.call("gather", [table, indices], 1)
assert status == 0
np.testing.assert_array_equal(y, table[indices])
indices[4321] = 100
status, _ = library.call("gather", [table, indices], 1)
assert status == 7 and library.error() == "index out of range", (status, library.error())

for size in [1 << 45, (1 << 61) - 1]:
    status, _ = library.call("fill", [np.array(size)], 1)
    assert status == 7 and library.error() == "out of memory", (size, status, library.error())
status, [y] = library.call("fill", [np.array(5)], 1)
assert status == 0 and y.tolist() == [1] * 5
