/* Calls layers.so with inputs of several sizes: each once on this thread, which gives the expected bits; then
 * from several threads at once. Prints a sum over all bits, so that runs can be compared. */

#define _GNU_SOURCE
#include "layers.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { inputs = 8, threads = 4, calls = 200, columns = 96, results = 48 };

static const int64_t rows[inputs] = {1, 2, 3, 4, 7, 16, 33, 64};
static float *data[inputs], *expected[inputs];

static DLManagedTensor *call(int i) {
  int64_t shape[] = {rows[i], columns};
  DLTensor x = {.data = data[i], .device = {kDLCPU, 0}, .ndim = 2, .dtype = {kDLFloat, 32, 1}, .shape = shape};
  const DLTensor *arguments[] = {&x};
  DLManagedTensor *y = NULL;
  if (layers_main(arguments, 1, &y, 1) != 0) {
    fprintf(stderr, "%s\n", layers_error());
    exit(1);
  }
  return y;
}

#ifdef COUNT_ALLOCATIONS
static volatile long allocations;

extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t),
    *__libc_memalign(size_t, size_t);
/* OpenMP's own are not counted: Debian's formats a text for its debugging in each loop. */
static void *count(void *memory, void *caller) {
  Dl_info info;
  if (!dladdr(caller, &info) || !strstr(info.dli_fname, "libomp"))
    __atomic_fetch_add(&allocations, 1, __ATOMIC_RELAXED);
  return memory;
}
#define COUNT(memory) count(memory, __builtin_return_address(0))
void *malloc(size_t n) { return COUNT(__libc_malloc(n)); }
void *calloc(size_t n, size_t size) { return COUNT(__libc_calloc(n, size)); }
void *realloc(void *p, size_t n) { return COUNT(__libc_realloc(p, n)); }
void *aligned_alloc(size_t a, size_t n) { return COUNT(__libc_memalign(a, n)); }
int posix_memalign(void **p, size_t a, size_t n) {
  *p = COUNT(__libc_memalign(a, n));
  return *p ? 0 : 12;
}

static void count_allocations(void) {
  for (int i = 0; i < inputs; ++i) {
    DLManagedTensor *first = call(i);
    first->deleter(first);
    long before = allocations;
    for (int j = 0; j < 100; ++j) {
      DLManagedTensor *y = call(i);
      y->deleter(y);
    }
    printf("%d rows: %ld allocations before, %ld in 100 calls\n", (int)rows[i], before, allocations - before);
  }
}
#endif

static void *call_often(void *argument) {
  long different = 0;
  for (int j = 0; j < calls; ++j) {
    int i = (int)((7 * (size_t)argument + j) % inputs);
    DLManagedTensor *y = call(i);
    different += memcmp(y->dl_tensor.data, expected[i], rows[i] * results * sizeof(float)) != 0;
    y->deleter(y);
  }
  return (void *)different;
}

int main(void) {
  unsigned long sum = 0;
  unsigned state = 1;
  for (int i = 0; i < inputs; ++i) {
    data[i] = malloc(rows[i] * columns * sizeof(float));
    for (int64_t j = 0; j < rows[i] * columns; ++j) {
      state = state * 1664525u + 1013904223u;
      data[i][j] = (float)(int)(state >> 8) / (1 << 22) - 2;
    }
    DLManagedTensor *y = call(i);
    expected[i] = malloc(rows[i] * results * sizeof(float));
    memcpy(expected[i], y->dl_tensor.data, rows[i] * results * sizeof(float));
    for (int64_t j = 0; j < rows[i] * results; ++j) {
      unsigned bits;
      memcpy(&bits, &expected[i][j], sizeof bits);
      sum = sum * 31 + bits;
    }
    y->deleter(y);
  }
#ifdef COUNT_ALLOCATIONS
  count_allocations();
#endif
  pthread_t running[threads];
  for (size_t t = 0; t < threads; ++t)
    pthread_create(&running[t], NULL, call_often, (void *)t);
  long different = 0;
  for (size_t t = 0; t < threads; ++t) {
    void *result;
    pthread_join(running[t], &result);
    different += (long)result;
  }
  printf("bits: %016lx\n%ld of %d results differ\n", sum, different, threads * calls);
  return different != 0;
}
