/* A libcuda whose kernels run in the simulator: memory is a file that both map, at one address; modules and launches go over
 * a socket to serve.py, which answers. Only what lib/Runtime calls. PTXSIM_FD, PTXSIM_MEMORY, PTXSIM_BYTES and PTXSIM_CHIP
 * come from serve.py. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef int CUresult;
typedef unsigned long long CUdeviceptr;

static int fd = -1;
static char *memory;
static char failure[4096];
/* Sticky, as the driver's: what a kernel did is told when it is waited for. */
static int failed;

static void sendAll(const void *data, size_t bytes) {
  for (const char *at = data; bytes > 0;) {
    ssize_t sent = write(fd, at, bytes);
    if (sent <= 0)
      exit(97);
    at += sent;
    bytes -= (size_t)sent;
  }
}

static void receiveLine(char *line, size_t size) {
  size_t n = 0;
  while (n + 1 < size && read(fd, line + n, 1) == 1 && line[n] != '\n')
    ++n;
  line[n] = 0;
}

/* The answer, "ok VALUE" or "error TEXT"; its value. */
static unsigned long long ask(const char *request, CUresult *result) {
  char line[4096];
  sendAll(request, strlen(request));
  receiveLine(line, sizeof(line));
  *result = strncmp(line, "ok", 2) != 0;
  if (*result)
    snprintf(failure, sizeof(failure), "%s", line + 6);
  return *result ? 0 : strtoull(line + 2, NULL, 10);
}

CUresult cuInit(unsigned flags) {
  (void)flags;
  if (!getenv("PTXSIM_FD"))
    return 100;
  fd = atoi(getenv("PTXSIM_FD"));
  int file = open(getenv("PTXSIM_MEMORY"), O_RDWR);
  memory = mmap((void *)0x700000000000, strtoull(getenv("PTXSIM_BYTES"), NULL, 10), PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_FIXED_NOREPLACE, file, 0);
  return memory == (char *)0x700000000000 ? 0 : 101;
}
CUresult cuDeviceGetCount(int *count) { return *count = 1, 0; }
CUresult cuDeviceGet(int *device, int ordinal) { return *device = ordinal, 0; }
CUresult cuDeviceGetAttribute(int *value, int attribute, int device) {
  int capability = atoi(getenv("PTXSIM_CHIP"));
  (void)device;
  *value = attribute == 75 ? capability / 10 : capability % 10;
  return 0;
}
CUresult cuDevicePrimaryCtxRetain(void **context, int device) { return (void)device, *context = &memory, 0; }
CUresult cuCtxSetCurrent(void *context) { return context == &memory ? 0 : 201; }

CUresult cuModuleLoadDataEx(void **module, const void *image, unsigned count, int *options, void **values) {
  char request[64];
  CUresult result;
  snprintf(request, sizeof(request), "module %zu\n", strlen(image));
  sendAll(request, strlen(request));
  *module = (void *)ask(image, &result);
  for (unsigned i = 0; result && i < count; ++i)
    if (options[i] == 5)
      snprintf(values[i], 128, "%s", failure);
  return result ? 218 : 0;
}
CUresult cuModuleUnload(void *module) {
  char request[64];
  CUresult result;
  snprintf(request, sizeof(request), "unload %llu\n", (unsigned long long)module);
  ask(request, &result);
  return result;
}

/* The name, and the sizes of the parameters, which the caller of cuLaunchKernel does not give. */
struct Function {
  unsigned long long module;
  char name[256];
  int count, sizes[256];
};
CUresult cuModuleGetFunction(void **function, void *module, const char *name) {
  char request[512], line[4096];
  struct Function *made = calloc(1, sizeof(*made));
  snprintf(request, sizeof(request), "function %llu %s\n", (unsigned long long)module, name);
  sendAll(request, strlen(request));
  receiveLine(line, sizeof(line));
  if (strncmp(line, "ok", 2) != 0)
    return free(made), 500;
  made->module = (unsigned long long)module;
  snprintf(made->name, sizeof(made->name), "%s", name);
  for (char *at = strtok(line + 2, " "); at; at = strtok(NULL, " "))
    made->sizes[made->count++] = atoi(at);
  return *function = made, 0;
}

CUresult cuMemAllocManaged(CUdeviceptr *pointer, size_t bytes, unsigned flags) {
  char request[64];
  CUresult result;
  (void)flags;
  snprintf(request, sizeof(request), "allocate %zu\n", bytes);
  *pointer = ask(request, &result);
  return result ? 2 : 0;
}
CUresult cuMemFree_v2(CUdeviceptr pointer) {
  char request[64];
  CUresult result;
  snprintf(request, sizeof(request), "free %llu\n", pointer);
  ask(request, &result);
  return result;
}
CUresult cuStreamCreate(void **stream, unsigned flags) {
  CUresult result;
  (void)flags;
  ask("stream 1\n", &result);
  return *stream = &fd, result;
}
CUresult cuStreamDestroy_v2(void *stream) {
  CUresult result;
  (void)stream;
  ask("stream -1\n", &result);
  return result;
}
CUresult cuStreamSynchronize(void *stream) { return stream == &fd ? (failed ? 719 : 0) : 400; }

CUresult cuLaunchKernel(void *handle, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX, unsigned blockY,
                        unsigned blockZ, unsigned shared, void *stream, void **arguments, void **extra) {
  struct Function *function = handle;
  char request[1024];
  CUresult result;
  (void)stream, (void)extra;
  snprintf(request, sizeof(request), "launch %llu %s %u %u %u %u %u %u %u\n", function->module, function->name, gridX, gridY,
           gridZ, blockX, blockY, blockZ, shared);
  sendAll(request, strlen(request));
  for (int i = 0; i < function->count; ++i)
    sendAll(arguments[i], (size_t)function->sizes[i]);
  ask("", &result);
  failed |= result;
  return 0;
}
CUresult cuGetErrorString(int error, const char **text) {
  *text = error == 719 || error == 218 ? failure : error == 2 ? "out of memory" : "an error of the simulated driver";
  return 0;
}
