// The C API from a C program: load, transform, print, compile, call, and each kind of error.
// RUN: rm -rf %t && split-file %s %t && cd %t
// RUN: %python build.py %S/../../../include
// RUN: %run ./main module.mlir | FileCheck %s

// CHECK: functions: first second
// CHECK-NEXT: printed: no
// CHECK-NEXT: first: f32[3] = 11 22 33
// CHECK-NEXT: second: i1[] i64[2] = 1, 5 -6
// CHECK-NEXT: error: argument 1: expected tensor<?xf32>, got f64[3]
// CHECK-NEXT: error: expected dimension 0 of argument 1 to be that of dimension 0 of argument 0, 3, got 2
// CHECK-NEXT: error: argument 0: expected the name of an element type, got 'float'
// CHECK-NEXT: error: argument 0: expected the name of an element type, got null
// CHECK-NEXT: error: argument 0: expected a rank of 0 or more and a shape, got rank -1
// CHECK-NEXT: error: argument 0: expected data, got null
// CHECK-NEXT: error: expected the name of a compiled function, got 'third'
// CHECK-NEXT: error: unknown cpu 'z80': expected native
// CHECK-NEXT: error: expected the lowering cpu or linalg, got 'gpu'
// CHECK-NEXT: error: cannot read 'none.mlir': No such file or directory
// CHECK-NEXT: text:1:1: error: 
// CHECK-NEXT: error: cannot parse the pipeline: 

//--- module.mlir
func.func private @unused() {
  return
}
func.func @first(%a: tensor<?xf32>, %b: tensor<?xf32>) -> tensor<?xf32> {
  %s = linalg.add ins(%a, %b : tensor<?xf32>, tensor<?xf32>) outs(%a : tensor<?xf32>) -> tensor<?xf32>
  return %s : tensor<?xf32>
}
func.func @second() -> (i1, tensor<2xi64>) {
  %t = arith.constant true
  %c = arith.constant dense<[5, -6]> : tensor<2xi64>
  return %t, %c : i1, tensor<2xi64>
}

//--- build.py
import os, shutil, subprocess, sys
library = os.path.abspath(os.path.join(os.path.dirname(shutil.which("quant-run")), "..", "lib"))
compiler = shutil.which("clang-22") or shutil.which("cc")
subprocess.run([compiler, "-std=c99", "-Wall", "-Wextra", "-Werror", "main.c", "-o", "main", "-I" + sys.argv[1],
                "-L" + library, "-lQLinalgC", "-Wl,-rpath," + library], check=True)

//--- main.c
#include <qlinalg-c/qlinalg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *error = NULL;

static void expect(int condition, const char *what) {
  if (condition)
    return;
  fprintf(stderr, "%s: %s\n", what, error ? error : "no message");
  exit(1);
}

static void show_error(const void *result) {
  expect(result == NULL && error != NULL, "a failure was expected");
  printf("%s\n", error);
  qlinalg_string_free(error);
  error = NULL;
}

int main(int argc, char **argv) {
  (void)argc;
  QLinalgModule *module = qlinalg_module_load(argv[1], &error);
  expect(module != NULL, "load");
  expect(qlinalg_module_run_pipeline(module, "builtin.module(symbol-dce)", &error) == 0, "pass");
  char *text = qlinalg_module_print(module);
  QLinalgProgram *program = qlinalg_program_compile(module, "linalg", NULL, NULL, 0, &error);
  expect(program != NULL, "compile");
  printf("functions:");
  for (size_t i = 0; i < qlinalg_program_num_functions(program); ++i)
    printf(" %s", qlinalg_program_function(program, i));
  printf("\nprinted: %s\n", strstr(text, "@unused") ? "yes" : "no");
  qlinalg_string_free(text);

  float a[] = {1, 2, 3}, b[] = {10, 20, 30};
  int64_t three = 3, two = 2;
  QLinalgArray inputs[] = {{"f32", 1, &three, a}, {"f32", 1, &three, b}};
  QLinalgResults *results = qlinalg_program_call(program, "first", inputs, 2, &error);
  expect(results != NULL, "first");
  QLinalgArray r = qlinalg_results_get(results, 0);
  const float *f = r.data;
  printf("first: %s[%d] = %g %g %g\n", r.element_type, (int)r.shape[0], f[0], f[1], f[2]);
  qlinalg_results_destroy(results);
  expect(a[0] == 1 && b[0] == 10, "inputs were written to");

  results = qlinalg_program_call(program, "second", NULL, 0, &error);
  expect(results != NULL && qlinalg_results_count(results) == 2, "second");
  r = qlinalg_results_get(results, 0);
  QLinalgArray c = qlinalg_results_get(results, 1);
  const int64_t *i = c.data;
  expect(r.rank == 0, "rank");
  printf("second: %s[] %s[%d] = %d, %d %d\n", r.element_type, c.element_type, (int)c.shape[0],
         *(const unsigned char *)r.data, (int)i[0], (int)i[1]);
  qlinalg_results_destroy(results);

  inputs[1].element_type = "f64";
  show_error(qlinalg_program_call(program, "first", inputs, 2, &error));
  inputs[1].element_type = "f32";
  inputs[1].shape = &two;
  show_error(qlinalg_program_call(program, "first", inputs, 2, &error));
  inputs[0].element_type = "float";
  show_error(qlinalg_program_call(program, "first", inputs, 2, &error));
  inputs[0].element_type = NULL;
  show_error(qlinalg_program_call(program, "first", inputs, 2, &error));
  inputs[0].element_type = "f32";
  inputs[0].rank = -1;
  show_error(qlinalg_program_call(program, "first", inputs, 2, &error));
  inputs[0].rank = 1;
  inputs[0].data = NULL;
  show_error(qlinalg_program_call(program, "first", inputs, 2, &error));
  inputs[0].data = a;
  show_error(qlinalg_program_call(program, "third", inputs, 2, &error));
  show_error(qlinalg_program_compile(module, NULL, "z80", NULL, 0, &error));
  show_error(qlinalg_program_compile(module, "gpu", NULL, NULL, 0, &error));
  show_error(qlinalg_module_load("none.mlir", &error));
  show_error(qlinalg_module_parse("what", 4, "text", &error));
  expect(qlinalg_module_run_pipeline(module, "no-such-pass", &error) != 0, "bad pipeline");
  show_error(NULL);
  expect(qlinalg_module_parse("what", 4, "text", NULL) == NULL, "no place for the error");
  qlinalg_program_destroy(program);
  qlinalg_module_destroy(module);
  return 0;
}
