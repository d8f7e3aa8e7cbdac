//===- ModuleObject.cpp - A module for Python -----------------------------===//

#include "ModuleObject.h"
#include "Arrays.h"
#include "Bindings.h"

#include "QLinalg/Driver/Diagnostics.h"
#include "QLinalg/Driver/Load.h"
#include "QLinalg/Driver/Signature.h"
#include "QLinalg/Parameters/AtomicFile.h"
#include "QLinalg/Runtime/TypeNames.h"
#include "QLinalg/Transforms/ModelReport.h"

#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/IR/Action.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

namespace nb = nanobind;
using namespace qlinalg;
using namespace qlinalg::python;

static const mlir::DialectRegistry &allDialects() {
  static const mlir::DialectRegistry *registry = [] {
    auto *made = new mlir::DialectRegistry;
    registerForCompilation(*made);
    return made;
  }();
  return *registry;
}

ContextState::ContextState() : context(allDialects()) {
  context.registerActionHandler(
      [this](llvm::function_ref<void()> action, const mlir::tracing::Action &) {
        Job *job = current.load(std::memory_order_relaxed);
        if (!job || !job->isStopped())
          action();
      });
}

/// `read` gives a module in the new context.
template <typename Read> static ModuleObject makeModule(Read read) {
  auto state = std::make_shared<ContextState>();
  return ContextState::run<ModuleObject>(state, [state, read = std::move(read)](Job &) {
    auto module = valueOf(read(state->context));
    return ModuleObject{state,
                        std::make_shared<mlir::OwningOpRef<mlir::ModuleOp>>(std::move(module))};
  });
}

static ModuleObject load(const std::string &path) {
  checkExists(path);
  return makeModule([path](mlir::MLIRContext &context) { return loadModule(context, path); });
}

static ModuleObject parse(std::string text, std::string name) {
  return makeModule([text = std::move(text), name = std::move(name)](mlir::MLIRContext &context) {
    return parseModule(context, text, name);
  });
}

static ModuleObject cloneModule(const ModuleObject &module) {
  return ContextState::run<ModuleObject>(module.state, [module](Job &) {
    return ModuleObject{module.state,
                        std::make_shared<mlir::OwningOpRef<mlir::ModuleOp>>(module.get().clone())};
  });
}

namespace {
/// What passes say beside errors: remarks and warnings, a line each.
class NoteCollector {
public:
  NoteCollector(mlir::MLIRContext *context, std::vector<std::string> &lines)
      : handler(context, [&lines](mlir::Diagnostic &diagnostic) {
          if (diagnostic.getSeverity() == mlir::DiagnosticSeverity::Error)
            return mlir::failure();
          bool isWarning = diagnostic.getSeverity() == mlir::DiagnosticSeverity::Warning;
          std::string line = formatLocation(diagnostic.getLocation());
          lines.push_back((line.empty() ? "" : line + ": ") +
                          (isWarning ? "warning: " : "remark: ") + diagnostic.str());
          return mlir::success();
        }) {}

private:
  mlir::ScopedDiagnosticHandler handler;
};
} // namespace

static std::vector<std::string> runPasses(const ModuleObject &module, std::string pipeline) {
  return ContextState::run<std::vector<std::string>>(
      module.state, [module, pipeline = std::move(pipeline)](Job &job) {
        std::string message;
        llvm::raw_string_ostream os(message);
        auto parsed = mlir::parsePassPipeline(pipeline, os);
        if (failed(parsed))
          throw Failed{Fault::Input,
                       "cannot parse the pipeline: " + llvm::StringRef(message).trim().str()};
        mlir::MLIRContext *context = &module.state->context;
        mlir::PassManager manager(context, "builtin.module");
        if (parsed->getOpAnchorName() != "builtin.module" && parsed->getOpAnchorName() != "any")
          throw Failed{Fault::Input, "expected a pipeline on builtin.module, got one on " +
                                         parsed->getOpAnchorName().str()};
        static_cast<mlir::OpPassManager &>(manager) = std::move(*parsed);
        mlir::OwningOpRef<mlir::ModuleOp> copy = module.get().clone();
        std::vector<std::string> notes;
        DiagnosticCollector errors(context);
        NoteCollector others(context, notes);
        if (failed(manager.run(*copy)))
          raise(errors.take("a pass failed without a message"));
        if (!job.isStopped())
          *module.module = std::move(copy);
        return notes;
      });
}

static std::string textOf(const ModuleObject &module, std::optional<int64_t> elide) {
  return ContextState::run<std::string>(module.state, [module, elide](Job &) {
    std::string text;
    llvm::raw_string_ostream os(text);
    mlir::OpPrintingFlags flags;
    if (elide)
      flags.elideLargeElementsAttrs(*elide).elideLargeResourceString(*elide);
    module.get().print(os, flags);
    return text;
  });
}

static std::string bytecodeOf(const ModuleObject &module) {
  return ContextState::run<std::string>(module.state, [module](Job &) {
    std::string text;
    llvm::raw_string_ostream os(text);
    if (failed(mlir::writeBytecodeToFile(module.get(), os)))
      throw Failed{Fault::Input, "cannot write the module as bytecode"};
    return text;
  });
}

static void writeFile(const ModuleObject &module, const std::string &path, bool bytecode) {
  std::string text = bytecode ? bytecodeOf(module) : textOf(module, std::nullopt) + "\n";
  AtomicFile file = valueOf(AtomicFile::create(path));
  check(file.append(std::string_view(text)));
  check(file.commit());
}

static std::vector<std::string> functionsOf(const ModuleObject &module) {
  std::vector<std::string> names;
  for (mlir::func::FuncOp function : publicFunctions(module.get()))
    names.push_back(function.getName().str());
  return names;
}

static nb::list describe(const std::vector<TensorSignature> &types) {
  nb::list list;
  for (const TensorSignature &type : types) {
    nb::list shape;
    for (int64_t size : type.shape)
      shape.append(std::max<int64_t>(size, -1));
    list.append(nb::make_tuple(std::string(name(type.element)), nb::tuple(shape)));
  }
  return list;
}

static nb::tuple signatureOf(const ModuleObject &module, const std::string &function) {
  std::string entry = valueOf(chooseEntry(module.get(), function));
  auto op = mlir::cast<mlir::func::FuncOp>(module.get().lookupSymbol(entry));
  Signature signature = valueOf(readSignature(op));
  return nb::make_tuple(entry, describe(signature.inputs), describe(signature.results));
}

static nb::tuple describeType(mlir::Type type) {
  auto tensor = mlir::dyn_cast<mlir::RankedTensorType>(type);
  std::string element;
  llvm::raw_string_ostream(element) << (tensor ? tensor.getElementType() : type);
  nb::list shape;
  if (tensor)
    for (int64_t size : tensor.getShape())
      shape.append(mlir::ShapedType::isDynamic(size) ? -1 : size);
  return nb::make_tuple(element, nb::tuple(shape));
}

/// (name, element type, shape) of each tensor that stands outside of the module.
static nb::list parametersOf(const ModuleObject &module) {
  nb::list list;
  for (auto global : module.get().getOps<mlir::ml_program::GlobalOp>())
    if (mlir::isa_and_nonnull<mlir::ml_program::ExternAttr>(global.getValueAttr())) {
      nb::tuple type = describeType(global.getType());
      list.append(nb::make_tuple(global.getName().str(), type[0], type[1]));
    }
  return list;
}

static nb::tuple reportOf(const ModuleObject &module) {
  auto texts =
      ContextState::run<std::pair<std::string, std::string>>(module.state, [module](Job &) {
        ModelReport report = collectReport(module.get());
        return std::pair(toJson(report).text(), toTable(report));
      });
  return nb::make_tuple(texts.first, texts.second);
}

/// What `holder` holds: the name of a parameter outside, or its bytes; None for null.
static nb::object heldBy(mlir::Operation *holder) {
  if (!holder)
    return nb::none();
  mlir::Attribute value;
  if (auto global = mlir::dyn_cast<mlir::ml_program::GlobalOp>(holder)) {
    if (mlir::isa_and_nonnull<mlir::ml_program::ExternAttr>(global.getValueAttr()))
      return nb::str(global.getName().data(), global.getName().size());
    value = global.getValueAttr();
  } else if (auto constant = mlir::dyn_cast<mlir::arith::ConstantOp>(holder)) {
    value = constant.getValue();
  }
  llvm::ArrayRef<char> bytes;
  if (auto resource = mlir::dyn_cast_or_null<mlir::DenseResourceElementsAttr>(value)) {
    if (mlir::AsmResourceBlob *blob = resource.getRawHandle().getBlob())
      bytes = blob->getData();
  } else if (auto dense = mlir::dyn_cast_or_null<mlir::DenseElementsAttr>(value)) {
    if (!dense.isSplat())
      bytes = dense.getRawData();
  }
  nb::tuple type = describeType(mlir::cast<mlir::TypedAttr>(value).getType());
  return nb::make_tuple(nb::bytes(bytes.data(), bytes.size()), type[0], type[1]);
}

/// Where the numbers of each layer are, in the order of the report.
static nb::list layersOf(const ModuleObject &module) {
  nb::list list;
  for (const Layer &layer : collectReport(module.get()).layers) {
    nb::dict entry;
    entry["name"] = layer.name;
    entry["rows"] = layer.rows;
    entry["columns"] = layer.columns;
    entry["in_rows"] = layer.isInRows;
    entry["data"] = heldBy(layer.data);
    entry["scales"] = heldBy(layer.scales);
    entry["zero_points"] = heldBy(layer.zeroPoints);
    entry["scheme"] = nb::none();
    if (layer.scheme) {
      const Scheme &scheme = layer.scheme.getValue();
      nb::dict members;
      members["storage"] = std::string(name(scheme.storage));
      members["granularity"] = std::string(name(scheme.granularity));
      members["group"] = scheme.group;
      members["symmetric"] = scheme.symmetric;
      members["scales"] = std::string(name(scheme.scales));
      members["rounding"] = std::string(name(scheme.rounding));
      members["division"] = std::string(name(scheme.division));
      entry["scheme"] = members;
    }
    list.append(entry);
  }
  return list;
}

void python::bindModule(nb::module_ &module) {
  nb::class_<ModuleObject>(module, "Module", "An MLIR module, text or bytecode, of any dialect.")
      .def_static("load", &load, nb::arg("path"),
                  "From a file; a qlinalg.Error says where it is wrong.")
      .def_static("parse", &parse, nb::arg("text"), nb::arg("name") = "<text>",
                  "From text; `name` stands for the path in messages.")
      .def_static(
          "from_bytecode",
          [](nb::bytes bytes, std::string name) {
            return parse(std::string(bytes.c_str(), bytes.size()), std::move(name));
          },
          nb::arg("bytecode"), nb::arg("name") = "<bytecode>")
      .def("clone", &cloneModule, "A copy that passes may change.")
      .def("run", &runPasses, nb::arg("pipeline"),
           "Runs passes, in the spelling of --pass-pipeline, and gives their remarks and warnings. "
           "After "
           "an error the module is what it was.")
      .def("text", &textOf, nb::arg("elide") = nb::none(),
           "The module as text; constants of more than `elide` elements as `...`.")
      .def("bytecode",
           [](const ModuleObject &self) {
             std::string code = bytecodeOf(self);
             return nb::bytes(code.data(), code.size());
           })
      .def("write", &writeFile, nb::arg("path"), nb::arg("bytecode") = false,
           "To a file, whole or not at all.")
      .def("functions", &functionsOf, "Names of the public functions.")
      .def("signature", &signatureOf, nb::arg("function") = "",
           "(name, inputs, results) of a function: main, or the only one, if no name is given. "
           "Each input "
           "and result is (element type, shape), with -1 for sizes of run time.")
      .def("parameters", &parametersOf,
           "(name, element type, shape) of each tensor outside of the module.")
      .def("report", &reportOf, "What quantization costs each weight: (JSON, table).")
      .def("layers", &layersOf, "Where the numbers of each weight are.");
}
