//===- Compare.cpp - A quantized module beside its floats -----------------===//

#include "Arrays.h"
#include "Bindings.h"
#include "ModuleObject.h"

#include "QLinalg/Driver/CompareText.h"
#include "QLinalg/Driver/Load.h"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

namespace nb = nanobind;
using namespace qlinalg;
using namespace qlinalg::python;

static Signature entryOf(const ModuleObject &module, const std::string &entry) {
  std::string name = valueOf(chooseEntry(module.get(), entry));
  return valueOf(readSignature(mlir::cast<mlir::func::FuncOp>(module.get().lookupSymbol(name))));
}

/// (JSON, table)
static std::pair<std::string, std::string>
compare(const ModuleObject &module, const std::vector<std::string> &parameters,
        std::optional<nb::bytes> reference, const std::vector<std::string> &referenceParameters,
        nb::list batches, const std::string &entry, const std::string &referenceName) {
  Signature signature = entryOf(module, entry);
  auto inputs = std::make_shared<std::vector<Inputs>>();
  for (nb::handle batch : batches) {
    nb::tuple arrays = nb::borrow<nb::tuple>(batch);
    Inputs &read = inputs->emplace_back();
    read.shapes.reserve(arrays.size());
    for (size_t i = 0; i < arrays.size(); ++i) {
      addInput(read, arrays[i], "argument " + std::to_string(i));
      if (i < signature.inputs.size())
        adoptRawBits(read.views.back(), signature.inputs[i].element);
    }
    if (llvm::Error error = checkInputs(signature, read.views))
      raise(std::move(error));
  }
  CompileOptions options;
  options.processor = valueOf(resolveProcessor("native"));
  options.entries = {signature.name};
  std::string text = reference ? std::string(reference->c_str(), reference->size()) : std::string();
  // Only for as long as the caller waits: the arrays are Python's.
  ModuleObject copy = module;
  return ContextState::run<std::pair<std::string, std::string>>(module.state, [=](Job &) {
    mlir::OwningOpRef<mlir::ModuleOp> floats;
    if (!text.empty())
      floats = valueOf(parseModule(copy.state->context, text, referenceName));
    std::vector<std::vector<ArrayView>> views;
    for (const Inputs &batch : *inputs)
      views.push_back(batch.views);
    mlir::OwningOpRef<mlir::ModuleOp> own = copy.get().clone();
    Comparison result = valueOf(compareWithFloats(*own, signature.name, options, parameters,
                                                  {floats.get(), referenceParameters}, views));
    return std::pair(comparisonJson(result, referenceName, views.size()),
                     comparisonTable(result, referenceName));
  });
}

void python::bindCompare(nb::module_ &module) {
  module.def("compare", &compare, nb::arg("module"), nb::arg("parameters"),
             nb::arg("reference").none(), nb::arg("reference_parameters"), nb::arg("batches"),
             nb::arg("entry") = "", nb::arg("reference_name") = "",
             "Each site of a quantized module beside what it gives in floats: (JSON, table). "
             "`reference` is the "
             "bytecode of the module before quantization, or None for the same weights with "
             "activations in floats; "
             "a batch is a tuple of all arrays of one call.");
}
