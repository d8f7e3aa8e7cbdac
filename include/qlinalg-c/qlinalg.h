/*===- qlinalg.h - qlinalg from C -------------------------------------------===
 *
 * Modules in, passes, programs that run. Strings are NUL-terminated UTF-8.
 * A function that can fail has `char **error` last: on failure it returns NULL
 * (or nonzero) and, unless `error` is NULL, stores a message there that the
 * caller frees with `qlinalg_string_free`. Objects may be used on one thread
 * at a time; programs may be called on several.
 *
 *===------------------------------------------------------------------------===*/

#ifndef QLINALG_C_QLINALG_H
#define QLINALG_C_QLINALG_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct QLinalgModule QLinalgModule;
typedef struct QLinalgProgram QLinalgProgram;
typedef struct QLinalgResults QLinalgResults;

/* A dense, row-major array of `rank` sizes. `element_type` is MLIR's name: "f32", "bf16", "i8",
 * "i1" (one byte each), "ui8", "f8E4M3FN", and so on. */
typedef struct QLinalgArray {
  const char *element_type;
  int64_t rank;
  const int64_t *shape;
  const void *data;
} QLinalgArray;

void qlinalg_string_free(char *string);

/* Text or bytecode of any upstream dialect and ours. */
QLinalgModule *qlinalg_module_load(const char *path, char **error);
/* The same from memory; `name` stands for the path in messages. */
QLinalgModule *qlinalg_module_parse(const char *contents, size_t size, const char *name,
                                    char **error);
void qlinalg_module_destroy(QLinalgModule *module);

/* A textual pipeline such as "builtin.module(qlinalg-ptq{weights=int4 group=32})". Nonzero on
 * failure; the module is then valid only to be destroyed. */
int qlinalg_module_run_pipeline(QLinalgModule *module, const char *pipeline, char **error);

/* The module as text; the caller frees it. */
char *qlinalg_module_print(const QLinalgModule *module);

/* Compiles all public functions for this machine. `lowering` is "cpu" or "linalg", `cpu` as in
 * `quant-run --cpu`; NULL for either is the default ("cpu", "native"). `parameters` are
 * safetensors files or indices of shards. The module is not needed afterwards. */
QLinalgProgram *qlinalg_program_compile(const QLinalgModule *module, const char *lowering,
                                        const char *cpu, const char *const *parameters,
                                        size_t num_parameters, char **error);
void qlinalg_program_destroy(QLinalgProgram *program);

/* Names of the functions, in the order of the module. They live as long as the program. */
size_t qlinalg_program_num_functions(const QLinalgProgram *program);
const char *qlinalg_program_function(const QLinalgProgram *program, size_t index);

/* Calls a function. A number that is passed by value is an array of rank 0. Inputs are not
 * kept and not written to. */
QLinalgResults *qlinalg_program_call(QLinalgProgram *program, const char *function,
                                     const QLinalgArray *inputs, size_t num_inputs, char **error);

/* The arrays of a call; they live until the results are destroyed. */
size_t qlinalg_results_count(const QLinalgResults *results);
QLinalgArray qlinalg_results_get(const QLinalgResults *results, size_t index);
void qlinalg_results_destroy(QLinalgResults *results);

/* Threads of the calls that this thread makes. */
void qlinalg_set_threads(int threads);

#ifdef __cplusplus
}
#endif

#endif /* QLINALG_C_QLINALG_H */
