//===- PassNames.cpp - Every pass by its name -----------------------------===//
//
// Apart, since naming all of upstream's passes takes most of the time to compile.
//
//===----------------------------------------------------------------------===//

#include "Bindings.h"

#include "QLinalg/Pipelines.h"

#include "mlir/InitAllPasses.h"

void qlinalg::python::bindPassNames(nanobind::module_ &) {
  mlir::registerAllPasses();
  qlinalg::registerAllPasses();
  registerPipelines();
}
