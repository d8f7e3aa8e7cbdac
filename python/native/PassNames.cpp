//===- PassNames.cpp - Every pass by its name -----------------------------===//
//
// Apart, since naming all of upstream's passes takes most of the time to compile.
//
//===----------------------------------------------------------------------===//

#include "Bindings.h"

#include "QLinalg/Pipelines.h"

#include "mlir/InitAllPasses.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

/// `name{key=value key=value}` of a pass with its defaults has all keys.
static std::vector<std::string> optionsOf(const std::string &name) {
  mlir::OpPassManager manager("builtin.module");
  std::vector<std::string> keys;
  if (failed(mlir::parsePassPipeline(name, manager, llvm::nulls())))
    return keys;
  std::string text;
  llvm::raw_string_ostream os(text);
  manager.printAsTextualPipeline(os);
  llvm::StringRef rest = llvm::StringRef(text).split('{').second;
  llvm::SmallVector<llvm::StringRef> words;
  rest.split(words, ' ');
  for (llvm::StringRef word : words)
    if (auto [key, value] = word.split('='); !key.empty() && word.contains('='))
      keys.push_back(key.str());
  return keys;
}

void qlinalg::python::bindPassNames(nanobind::module_ &module) {
  mlir::registerAllPasses();
  qlinalg::registerAllPasses();
  registerPipelines();
  module.def("pass_options", &optionsOf, nanobind::arg("name"),
             "Names of the options of a pass on builtin.module; none where there is no such pass.");
}
