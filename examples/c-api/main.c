/* Quantizes the weights of an MLIR file to int4 in groups of 4, prints the module, compiles it and
 * calls its main on a 2 x 8 array. */

#include "qlinalg-c/qlinalg.h"

#include <stdio.h>
#include <stdlib.h>

static void check(int ok, char *error) {
  if (ok)
    return;
  fprintf(stderr, "%s\n", error);
  qlinalg_string_free(error);
  exit(1);
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: run_quantized FILE\n");
    return 2;
  }
  char *error = NULL;
  QLinalgModule *module = qlinalg_module_load(argv[1], &error);
  check(module != NULL, error);
  check(!qlinalg_module_run_pipeline(module, "builtin.module(qlinalg-ptq{weights=int4 group=4})",
                                     &error),
        error);
  char *text = qlinalg_module_print(module);
  fputs(text, stdout);
  qlinalg_string_free(text);

  QLinalgProgram *program = qlinalg_program_compile(module, NULL, NULL, NULL, 0, &error);
  check(program != NULL, error);
  qlinalg_module_destroy(module);

  const float x[2][8] = {{1, 0, 0, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 0, 0, 0, 10}};
  const int64_t shape[] = {2, 8};
  QLinalgArray input = {.element_type = "f32", .rank = 2, .shape = shape, .data = x};
  QLinalgResults *results = qlinalg_program_call(program, "main", &input, 1, &error);
  check(results != NULL, error);
  QLinalgArray y = qlinalg_results_get(results, 0);
  for (int64_t i = 0; i < y.shape[0]; ++i) {
    for (int64_t j = 0; j < y.shape[1]; ++j)
      printf("%s%.4f", j ? " " : "y: ", ((const float *)y.data)[i * y.shape[1] + j]);
    printf("\n");
  }
  qlinalg_results_destroy(results);
  qlinalg_program_destroy(program);
  return 0;
}
