// The same bits with every number of threads, and from several callers at once.
// RUN: rm -rf %t && mkdir %t && cd %t
// RUN: %python %S/Inputs/layers.py
// RUN: quant-opt layers.mlir --qlinalg-ptq='recipe=recipe.yaml' -o quantized.mlir
// RUN: FileCheck %s --check-prefix=LAYERS < quantized.mlir
// RUN: quant-compile quantized.mlir -o layers.so --header=layers.h
// RUN: clang -std=gnu11 -Wall -Werror -I. %S/Inputs/calls.c layers.so -Wl,-rpath,%t -lpthread -o calls
// RUN: env OMP_NUM_THREADS=1 %run ./calls > one.txt
// RUN: FileCheck %s < one.txt
// RUN: env OMP_NUM_THREADS=2 %run ./calls | diff one.txt -
// RUN: env OMP_NUM_THREADS=3 %run ./calls | diff one.txt -
// RUN: env OMP_NUM_THREADS=7 OMP_SCHEDULE=dynamic OMP_WAIT_POLICY=passive %run ./calls | diff one.txt -

// The recipe has made of the three what it says.
// LAYERS: scheme <int8, token
// LAYERS-SAME: scheme <int4, group = 32
// LAYERS: scheme <int8, channel
// CHECK: bits: {{[0-9a-f]+}}
// CHECK-NEXT: 0 of 800 results differ

// quant-run too.
// RUN: %python -c "import numpy as np; np.save('x.npy', np.random.default_rng(1).standard_normal((33, 96)).astype(np.float32))"
// RUN: env OMP_NUM_THREADS=3 quant-run quantized.mlir --input=x.npy --output=y3.npy
// RUN: quant-run quantized.mlir --input=x.npy --output=y1.npy --threads=1
// RUN: quant-run quantized.mlir --input=x.npy --output=y5.npy --threads=5
// RUN: cmp y1.npy y3.npy && cmp y1.npy y5.npy
