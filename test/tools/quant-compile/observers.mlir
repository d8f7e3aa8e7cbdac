// Observers of a library: gone unless they are asked for; then it writes statistics, from C.
// RUN: rm -rf %t && split-file %s %t && cd %t
// RUN: quant-opt module.mlir --qlinalg-insert-observers -o observed.mlir
// RUN: quant-compile observed.mlir -o plain.so --header=plain.h
// RUN: not grep statistics plain.h
// RUN: llvm-nm -D --defined-only --format=just-symbols plain.so | FileCheck %s --check-prefix=PLAIN
// PLAIN-NOT: statistics

// RUN: quant-compile observed.mlir -o observed.so --header=observed.h --observers=true
// RUN: FileCheck %s --input-file=observed.h
// CHECK: OBSERVED_STATISTICS = 8,
// CHECK: int32_t observed_write_statistics(const char *path);
// RUN: llvm-nm -D --defined-only --format=just-symbols observed.so | FileCheck %s --check-prefix=SYMBOLS
// SYMBOLS: observed_write_statistics
// RUN: %cc -std=gnu11 -Wall -Werror -I. calls.c observed.so -Wl,-rpath,%t -lpthread -o calls
// RUN: %run ./calls | FileCheck %s --check-prefix=ERRORS
// ERRORS: 1 expected a path, got a null pointer
// ERRORS: 8 nowhere/x.stats: {{.*}}No such file or directory
// ERRORS: 8 other.stats: {{.*}}
// RUN: %python check.py %source/test/reference

// One of several processors, and an object that is linked as the manual says.
// RUN: quant-compile observed.mlir -o observed.so --header=observed.h --observers=true --cpu=x86-64-v3,x86-64 --lowering=linalg
// RUN: rm seen.stats && %run ./calls && %python check.py %source/test/reference
// RUN: quant-compile observed.mlir -o observed.o --header=observed.h --observers=true
// RUN: %cc -std=gnu11 -Wall -Werror -I. calls.c observed.o %build/lib/libQLinalgRuntime.a %build/lib/libQLinalgStatistics.a \
// RUN:   %build/lib/libQLinalgParameters.a %build/lib/libQLinalgNumerics.a -L%mlir_bin/../lib -lomp -Wl,-rpath,%mlir_bin/../lib -lstdc++ -lm -lpthread -o linked
// RUN: rm seen.stats && %run ./linked && %python check.py %source/test/reference

// RUN: not quant-compile module.mlir -o none.so --observers=true 2>&1 | FileCheck %s --check-prefix=NONE
// NONE: error: expected a module whose values are observed, got none that is
// RUN: not ls none.so
// RUN: not quant-compile observed.mlir -o x.so --observers=yes 2>&1 | FileCheck %s --check-prefix=VALUE
// VALUE: error: expected --observers=true or false, got 'yes'

//--- module.mlir
func.func @main(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %w = arith.constant dense<[[1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 5.0]]> : tensor<4x4xf32> loc("w")
  %0 = linalg.matmul ins(%x, %w : tensor<?x4xf32>, tensor<4x4xf32>) outs(%x : tensor<?x4xf32>) -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

//--- calls.c
#include "observed.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { threads = 3, calls = 10, rows = 50 };

static float values[rows * 4];

static void *call(void *nothing) {
  int64_t shape[] = {rows, 4};
  DLTensor x = {.data = values, .device = {kDLCPU, 0}, .ndim = 2, .dtype = {kDLFloat, 32, 1}, .shape = shape};
  const DLTensor *inputs[] = {&x};
  for (int i = 0; i < calls; ++i) {
    DLManagedTensor *y = NULL;
    if (observed_main(inputs, 1, &y, 1) != 0)
      exit(2);
    y->deleter(y);
  }
  return nothing;
}

static void write_to(const char *path) {
  int code = observed_write_statistics(path);
  if (code)
    printf("%d %s\n", code, observed_error());
}

int main(void) {
  for (int i = 0; i < rows * 4; ++i)
    values[i] = (float)(i % 9 - 4);
  FILE *other = fopen("other.stats", "w");
  fputs("no statistics", other);
  fclose(other);
  pthread_t workers[threads];
  for (int i = 0; i < threads; ++i)
    pthread_create(&workers[i], NULL, call, NULL);
  for (int i = 0; i < threads; ++i)
    pthread_join(workers[i], NULL);
  write_to(NULL);
  write_to("nowhere/x.stats");
  write_to("other.stats");
  /* The second has nothing new to add. */
  write_to("seen.stats");
  write_to("seen.stats");
  call(NULL);
  write_to("seen.stats");
  return 0;
}

//--- check.py
import sys

import numpy as np

sys.path.insert(0, sys.argv[1])
from statistics_file import read_statistics

(site,) = read_statistics("seen.stats").values()
values = (np.arange(200) % 9 - 4).reshape(50, 4)
assert site["batches"] == 40 and site["rows"] == 40 * 50, site
assert (site["minimum"], site["maximum"], site["zeros"]) == (-4, 4, 40 * (values == 0).sum()), site
assert (site["channel_magnitudes"] == abs(values).max(0)).all(), site
assert (site["channel_squares"] == 40 * (values**2).sum(0)).all(), site
