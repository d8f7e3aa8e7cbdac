// Calls compiled functions without any library, so that they run in an emulator: a program that
// reads arguments and writes results. For each entry of `functions`, from the standard input: the
// number of arguments; for each its rank, sizes, bytes, data; the result's rank. To the standard
// output: the result's sizes and data.

#include <stdint.h>

struct Type {
  int64_t element, rank;
  const int64_t *shape;
  int64_t isScalar;
};

// QLinalg/Runtime/Abi.h
struct Function {
  const char *name;
  void *module;
  void (*call)(void **arguments);
  int64_t numInputs;
  const struct Type *inputs;
  int64_t numResults;
  const struct Type *results;
};

enum { mostDims = 8, mostInputs = 12 };

// A descriptor of MLIR: after `offset` come the sizes, then the strides.
struct MemRef {
  void *allocated, *aligned;
  int64_t offset, dims[2 * mostDims];
};

static int64_t system3(int64_t number, int64_t a, int64_t b, int64_t c) {
#ifdef __x86_64__
  int64_t result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c)
                   : "rcx", "r11", "memory");
  return result;
#else
  register int64_t x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c,
                      x8 __asm__("x8") = number;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x1), "r"(x2), "r"(x8) : "memory");
  return x0;
#endif
}

#ifdef __x86_64__
enum { callRead = 0, callWrite = 1, callExit = 231 };
#else
enum { callRead = 63, callWrite = 64, callExit = 94 };
#endif

static void leave(int status) {
  system3(callExit, status, 0, 0);
  __builtin_trap();
}

static void get(void *data, int64_t bytes) {
  for (char *at = data; bytes > 0;) {
    int64_t count = system3(callRead, 0, (int64_t)at, bytes);
    if (count <= 0)
      leave(3);
    at += count, bytes -= count;
  }
}

static int64_t getNumber(void) {
  int64_t number;
  get(&number, sizeof number);
  return number;
}

static void put(const void *data, int64_t bytes) {
  for (const char *at = data; bytes > 0;) {
    int64_t count = system3(callWrite, 1, (int64_t)at, bytes);
    if (count <= 0)
      leave(4);
    at += count, bytes -= count;
  }
}

// The run time

static char memory[256 << 20] __attribute__((aligned(4096)));
static int64_t used;

// Not initialized, so filled with what gives wrong results where it is used.
void *qlinalg_rt_acquire(int64_t alignment, int64_t bytes) {
  used = (used + alignment - 1) / alignment * alignment;
  char *result = memory + used;
  used += bytes;
  if (used > (int64_t)sizeof memory)
    leave(5);
  for (int64_t i = 0; i < bytes; ++i)
    result[i] = 0x5b;
  return result;
}

void qlinalg_rt_release(void *block) { (void)block; }

void qlinalg_rt_assert_fail(const char *message) {
  (void)message;
  leave(6);
}

const char *qlinalg_rt_error(void) { return ""; }

void *memset(void *to, int value, uint64_t bytes) {
  for (uint64_t i = 0; i < bytes; ++i)
    ((volatile char *)to)[i] = value;
  return to;
}

void *memcpy(void *to, const void *from, uint64_t bytes) {
  for (uint64_t i = 0; i < bytes; ++i)
    ((volatile char *)to)[i] = ((const char *)from)[i];
  return to;
}

void *memmove(void *to, const void *from, uint64_t bytes) {
  if (to < from)
    return memcpy(to, from, bytes);
  for (uint64_t i = bytes; i-- > 0;)
    ((volatile char *)to)[i] = ((const char *)from)[i];
  return to;
}

// OpenMP's, of one thread

int32_t __kmpc_global_thread_num(void *location) { return location && 0; }

void __kmpc_fork_call(void *location, int32_t count, void (*body)(int32_t *, int32_t *, void *),
                      void *argument) {
  int32_t thread = 0;
  if (!location || count > 1)
    leave(7);
  body(&thread, &thread, argument);
}

void __kmpc_for_static_init_8u(void *location, int32_t thread, int32_t schedule, int32_t *last,
                               uint64_t *lower, uint64_t *upper, int64_t *stride, int64_t increment,
                               int64_t chunk) {
  (void)location, (void)thread, (void)schedule, (void)lower, (void)increment, (void)chunk;
  *last = 1;
  *stride = *upper + 1;
}

void __kmpc_for_static_fini(void *location, int32_t thread) { (void)location, (void)thread; }
void __kmpc_barrier(void *location, int32_t thread) { (void)location, (void)thread; }

// The calls

int32_t qlinalg_rt_call(const struct Function *function, void *inputs, int32_t numInputs,
                        void *outputs, int32_t numOutputs) {
  (void)inputs, (void)numInputs, (void)outputs, (void)numOutputs;
  static struct MemRef descriptors[mostInputs + 1];
  void *arguments[mostInputs + 1] = {&descriptors[mostInputs]};
  used = 0;
  int64_t count = getNumber();
  if (count != function->numInputs || count > mostInputs)
    leave(8);
  for (int64_t i = 0; i < count; ++i) {
    int64_t rank = getNumber(), stride = 1;
    struct MemRef *input = &descriptors[i];
    if (rank != function->inputs[i].rank || rank > mostDims)
      leave(9);
    for (int64_t d = 0; d < rank; ++d)
      input->dims[d] = getNumber();
    for (int64_t d = rank; d-- > 0; stride *= input->dims[d])
      input->dims[rank + d] = stride;
    int64_t bytes = getNumber();
    input->allocated = input->aligned = qlinalg_rt_acquire(64, bytes);
    input->offset = 0;
    get(input->aligned, bytes);
    arguments[i + 1] = input;
  }
  int64_t rank = getNumber(), bytes = getNumber();
  function->call(arguments);
  const struct MemRef *result = &descriptors[mostInputs];
  for (int64_t d = 0; d < rank; ++d)
    bytes *= result->dims[d];
  put(result->dims, rank * sizeof(int64_t));
  put((char *)result->aligned, bytes);
  return 0;
}

extern int32_t (*const functions[])(void *, int32_t, void *, int32_t);
extern const int32_t numFunctions;

__attribute__((used)) static void start(void) {
  for (int32_t i = 0; i < numFunctions; ++i)
    functions[i](0, 0, 0, 0);
  leave(0);
}

// The stack is aligned before a call.
#ifdef __x86_64__
__asm__(".globl _start\n_start: andq $-64, %rsp\n call start\n");
#else
__asm__(".globl _start\n_start: bl start\n");
#endif
