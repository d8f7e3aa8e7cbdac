//===- ProgramObject.cpp - Compiled programs for Python -------------------===//

#include "Arrays.h"
#include "Bindings.h"
#include "ModuleObject.h"
#include "StatisticsObject.h"

#include "QLinalg/Driver/Program.h"
#include "QLinalg/Runtime/TypeNames.h"

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

namespace nb = nanobind;
using namespace qlinalg;
using namespace qlinalg::python;

namespace {
/// The module stays as long: its constants are the program's.
struct ProgramObject {
  ModuleObject module;
  std::shared_ptr<Program> program;
};
} // namespace

static ProgramObject compile(const ModuleObject &module, const std::vector<std::string> &parameters,
                             const std::string &lowering, const std::string &cpu,
                             const std::vector<std::string> &entries, bool observers) {
  for (const std::string &path : parameters)
    checkExists(path);
  CompileOptions options;
  if (lowering != "cpu" && lowering != "linalg")
    throw Failed{Fault::Input, "expected the lowering cpu or linalg, got '" + lowering + "'"};
  options.lowering = lowering == "cpu" ? Lowering::Cpu : Lowering::Linalg;
  options.processor = valueOf(resolveProcessor(cpu));
  options.entries = entries;
  options.observers = observers;
  return ContextState::run<ProgramObject>(module.state, [=](Job &) {
    return ProgramObject{module, std::make_shared<Program>(
                                     valueOf(Program::compile(module.get(), options, parameters)))};
  });
}

static const Signature &find(const ProgramObject &self, const std::string &function) {
  for (const Signature &signature : self.program->functions())
    if (signature.name == function)
      return signature;
  throw Failed{Fault::Input, "expected the name of a compiled function, got '" + function + "'"};
}

static Inputs readInputs(const ProgramObject &self, const std::string &function,
                         nb::args arguments) {
  const Signature &signature = find(self, function);
  Inputs inputs;
  // Views hold places in it.
  inputs.shapes.reserve(arguments.size());
  for (size_t i = 0; i < arguments.size(); ++i) {
    addInput(inputs, arguments[i], "argument " + std::to_string(i));
    if (i < signature.inputs.size())
      adoptRawBits(inputs.views.back(), signature.inputs[i].element);
  }
  return inputs;
}

static nb::tuple call(const ProgramObject &self, const std::string &function, nb::args arguments) {
  Inputs inputs = readInputs(self, function, arguments);
  std::vector<OwnedArray> results;
  {
    nb::gil_scoped_release release;
    results = valueOf(self.program->call(function, inputs.views));
  }
  nb::list list;
  for (OwnedArray &result : results) {
    std::string type(qlinalg::name(result.element));
    list.append(nb::make_tuple(toNumpy(std::move(result)), type));
  }
  return nb::tuple(list);
}

static nb::dict benchmark(const ProgramObject &self, const std::string &function,
                          nb::args arguments, int64_t calls) {
  Inputs inputs = readInputs(self, function, arguments);
  BenchmarkResult result;
  {
    nb::gil_scoped_release release;
    result = valueOf(self.program->benchmark(function, inputs.views, calls));
  }
  nb::dict times;
  times["calls"] = result.calls;
  times["median_ns"] = result.median;
  times["min_ns"] = result.minimum;
  times["p90_ns"] = result.p90;
  return times;
}

void python::bindProgram(nb::module_ &module) {
  nb::class_<ProgramObject>(module, "Program",
                            "Compiled functions of a module. Calls from several threads are fine.")
      .def_static("compile", &compile, nb::arg("module"),
                  nb::arg("parameters") = std::vector<std::string>(), nb::arg("lowering") = "cpu",
                  nb::arg("cpu") = "native", nb::arg("entries") = std::vector<std::string>(),
                  nb::arg("observers") = false,
                  "Compiles the functions `entries`, or all public ones. `parameters` are "
                  "safetensors files.")
      .def("call", &call, nb::arg("function"), nb::arg("arrays"),
           "Calls with arrays by DLPack or the buffer protocol, which are read where they lie. "
           "Gives (array, "
           "element type) for each result; bf16 and f8 as raw bits. The GIL is released meanwhile.")
      .def("benchmark", &benchmark, nb::arg("function"), nb::arg("arrays"), nb::kw_only(),
           nb::arg("calls"), "Times of `calls` calls after a first one, in nanoseconds.")
      .def(
          "statistics",
          [](const ProgramObject &self) { return StatisticsObject{self.program->statistics()}; },
          "What the sites saw in all calls that succeeded.");
}
