// After the first call with arguments of some size, no call asks the system for memory.
// UNSUPPORTED: sanitized
// RUN: rm -rf %t && mkdir %t && cd %t
// RUN: %python %S/Inputs/layers.py
// RUN: quant-opt layers.mlir --qlinalg-ptq='recipe=recipe.yaml' -o quantized.mlir
// RUN: quant-compile quantized.mlir -o layers.so --header=layers.h
// RUN: clang -std=gnu11 -Wall -Werror -DCOUNT_ALLOCATIONS -I. %S/Inputs/calls.c layers.so -Wl,-rpath,%t -lpthread -ldl -o calls
// RUN: env OMP_NUM_THREADS=1 ./calls | FileCheck %s
// RUN: env OMP_NUM_THREADS=2 ./calls | FileCheck %s

// The program counts what it should: the first calls do ask.
// CHECK: 1 rows: {{[1-9][0-9]*}} allocations before, 0 in 100 calls
// CHECK-COUNT-7: {{[0-9]+}} rows: {{.*}} before, 0 in 100 calls
// CHECK: 0 of 800 results differ
