// The number of threads comes from the command line or the environment; waiting threads sleep after 1 ms, unless the
// environment says otherwise.
// RUN: %python -c "import numpy as np; np.save('%t.npy', np.ones(10000, np.float32))"
// RUN: env KMP_SETTINGS=1 OMP_NUM_THREADS=3 quant-run %s --input=%t.npy --benchmark=1 2>&1 | FileCheck %s
// RUN: env KMP_SETTINGS=1 KMP_BLOCKTIME=17 OMP_NUM_THREADS=3 quant-run %s --input=%t.npy --benchmark=1 --threads=5 2>&1 | FileCheck %s --check-prefix=USER
// RUN: env KMP_SETTINGS=1 OMP_WAIT_POLICY=active quant-run %s --input=%t.npy --benchmark=1 --threads=1 2>&1 | FileCheck %s --check-prefix=POLICY

// CHECK: KMP_BLOCKTIME=1{{$}}
// CHECK: "threads": 3
// USER: KMP_BLOCKTIME=17{{$}}
// USER: "threads": 5
// POLICY-NOT: KMP_BLOCKTIME=1{{$}}
// POLICY: "threads": 1
func.func @main(%x: tensor<?xf32>) -> tensor<?xf32> {
  %s = linalg.add ins(%x, %x : tensor<?xf32>, tensor<?xf32>) outs(%x : tensor<?xf32>) -> tensor<?xf32>
  return %s : tensor<?xf32>
}
