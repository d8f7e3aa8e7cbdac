//===- Library.cpp - Modules as files that other programs call ------------===//

#include "QLinalg/Driver/Library.h"
#include "QLinalg/Driver/Diagnostics.h"
#include "QLinalg/Driver/OutputFiles.h"
#include "QLinalg/Parameters/AtomicFile.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"

using namespace llvm;
using namespace qlinalg;

static llvm::Error write(StringRef path, StringRef contents) {
  auto file = AtomicFile::create(path.str());
  if (!file)
    return makeError(file.error());
  if (auto appended = file->append(std::string_view(contents)); !appended)
    return makeError(appended.error());
  if (auto committed = file->commit(); !committed)
    return makeError(committed.error());
  return Error::success();
}

static llvm::Expected<OutputKind> kindOf(StringRef output) {
  StringRef extension = sys::path::extension(output);
  if (extension == ".so" || extension == ".o")
    return OutputKind::Object;
  if (extension == ".s")
    return OutputKind::Assembly;
  if (extension == ".ll")
    return OutputKind::IR;
  return makeError("expected an output named .so, .o, .s or .ll, got '" + output + "'");
}

namespace {
/// The parts of an output: one object for each processor, and one that chooses.
class Builder {
public:
  Builder(mlir::ModuleOp module, const BuildOptions &options, OutputKind kind, bool isShared)
      : module(module), options(options), kind(kind), isShared(isShared),
        processors(options.processors) {
    // The dispatcher takes the first that runs.
    llvm::sort(processors, [](const Processor &a, const Processor &b) {
      return instructionSets(a).size() > instructionSets(b).size();
    });
  }

  llvm::Error build();
  /// Writes the output to `path`.
  llvm::Error write(StringRef path);

  LibraryInterface interface;

private:
  /// AMX is asked for where a variant is chosen.
  bool hasVariants() const {
    return processors.size() > 1 ||
           (isShared && llvm::is_contained(instructionSets(processors.front()), "amx-tile"));
  }
  llvm::Error buildVariant(size_t number);
  llvm::Error generate(LoweredModule lowered, const Processor &processor);
  std::string prefix() const { return makeIdentifier(sys::path::stem(options.output)); }

  mlir::ModuleOp module;
  const BuildOptions &options;
  OutputKind kind;
  bool isShared;
  std::vector<Processor> processors;
  std::vector<SmallVector<char, 0>> parts;
};
} // namespace

llvm::Error Builder::generate(LoweredModule lowered, const Processor &processor) {
  auto machine = createTargetMachine(processor);
  if (!machine)
    return machine.takeError();
  optimize(*lowered.module, **machine);
  auto contents = emit(*lowered.module, **machine, kind);
  if (!contents)
    return contents.takeError();
  parts.push_back(std::move(*contents));
  return Error::success();
}

llvm::Error Builder::buildVariant(size_t number) {
  CompileOptions compile;
  compile.lowering = options.lowering;
  compile.processor = processors[number];
  compile.report = options.report;
  compile.observers = options.observers;
  auto lowered = lowerModule(module, compile);
  if (!lowered)
    return lowered.takeError();
  Embedding embedding = !hasVariants() ? Embedding::Private
                        : number == 0  ? Embedding::Shared
                                       : Embedding::FromFirst;
  if (!options.parameters.empty())
    if (Error error = embedParameters(*lowered->module, options.parameters, embedding))
      return error;
  // In an object, plain names could meet those of the program it is linked into.
  auto exported = exportFunctions(*lowered, prefix(), isShared && !hasVariants());
  if (!exported)
    return exported.takeError();
  interface = *exported;
  if (hasVariants())
    makeVariant(*lowered->module, number);
  return generate(std::move(*lowered), processors[number]);
}

llvm::Error Builder::build() {
  for (size_t i = 0; i < processors.size(); ++i)
    if (Error error = buildVariant(i))
      return error;
  if (!hasVariants())
    return Error::success();
  // What every processor of the architecture runs.
  Processor least{"x86-64", processors.front().triple, "x86-64", ""};
  return generate(makeDispatcher(interface, processors), least);
}

llvm::Error Builder::write(StringRef path) {
  if (!isShared)
    return ::write(path, StringRef(parts[0].data(), parts[0].size()));
  std::vector<std::string> objects;
  scope_exit removeObjects([&] {
    for (const std::string &object : objects)
      sys::fs::remove(object);
  });
  for (const auto &[i, part] : llvm::enumerate(parts)) {
    objects.push_back(temporaryName(path, "." + std::to_string(i) + ".o"));
    if (Error error = ::write(objects.back(), StringRef(part.data(), part.size())))
      return error;
  }
  return linkLibrary(objects, path);
}

/// Whether these can be the variants of one output.
static llvm::Error checkProcessors(ArrayRef<Processor> processors, bool isShared) {
  if (processors.size() < 2)
    return Error::success();
  if (!isShared)
    return makeError("expected an output named .so for several processors, got another");
  for (const Processor &processor : processors)
    if (!processor.triple.isX86_64())
      return makeError("expected several processors of x86-64, got '" + processor.name + "' of " +
                       processor.triple.getArchName());
  return Error::success();
}

llvm::Error qlinalg::buildLibrary(mlir::ModuleOp module, const BuildOptions &options) {
  auto kind = kindOf(options.output);
  if (!kind)
    return kind.takeError();
  bool isShared = sys::path::extension(options.output) == ".so";
  if (Error error = checkProcessors(options.processors, isShared))
    return error;
  if (options.header == options.output)
    return makeError("expected different names for output and header, got '" + options.output +
                     "' twice");
  for (StringRef path : {StringRef(options.output), StringRef(options.header)})
    if (Error error = checkWritable(path))
      return error;
  Builder builder(module, options, *kind, isShared);
  if (Error error = builder.build())
    return error;

  // Both files are written before either gets its name.
  std::string output = temporaryName(options.output);
  std::string header = temporaryName(options.header);
  scope_exit removeTemporaries([&] {
    sys::fs::remove(output);
    if (!options.header.empty())
      sys::fs::remove(header);
  });
  if (Error error = builder.write(output))
    return error;
  if (!options.header.empty())
    if (Error error = write(header, generateHeader(builder.interface)))
      return error;
  // Both can be written; what could fail now has failed for the temporary files beside them.
  if (!options.header.empty())
    if (std::error_code error = sys::fs::rename(header, options.header))
      return makeError("cannot write '" + options.header + "': " + error.message());
  if (std::error_code error = sys::fs::rename(output, options.output))
    return makeError("cannot write '" + options.output + "': " + error.message());
  return Error::success();
}
