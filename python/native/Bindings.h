//===- Bindings.h - The parts of the module ---------------------*- C++ -*-===//

#ifndef QLINALG_PYTHON_NATIVE_BINDINGS_H
#define QLINALG_PYTHON_NATIVE_BINDINGS_H

#include <nanobind/nanobind.h>

namespace qlinalg::python {

void bindArchives(nanobind::module_ &module);
void bindModule(nanobind::module_ &module);
void bindPassNames(nanobind::module_ &module);
void bindProgram(nanobind::module_ &module);
void bindCompare(nanobind::module_ &module);
void bindStatistics(nanobind::module_ &module);
void bindNumerics(nanobind::module_ &module);

} // namespace qlinalg::python

#endif // QLINALG_PYTHON_NATIVE_BINDINGS_H
