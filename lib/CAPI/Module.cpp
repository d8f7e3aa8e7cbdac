//===- Module.cpp - Modules and passes from C -----------------------------===//

#include "Objects.h"
#include "QLinalg/Driver/Diagnostics.h"
#include "QLinalg/Driver/Load.h"
#include "QLinalg/Pipelines.h"

#include "mlir/InitAllPasses.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "llvm/Support/MemAlloc.h"

#include <cstring>
#include <mutex>

using namespace qlinalg;

char *qlinalg::copyString(llvm::StringRef text) {
  auto *copy = static_cast<char *>(llvm::safe_malloc(text.size() + 1));
  std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = '\0';
  return copy;
}

void qlinalg::storeError(llvm::Error error, char **destination) {
  std::string text = formatError(std::move(error));
  if (destination)
    *destination = copyString(llvm::StringRef(text).rtrim());
}

void qlinalg_string_free(char *string) { std::free(string); }

/// The module that `read` gives in a new context.
template <typename Read> static QLinalgModule *makeModule(Read read, char **error) {
  auto module = std::make_unique<QLinalgModule>();
  mlir::DialectRegistry registry;
  registerForCompilation(registry);
  module->context.appendDialectRegistry(registry);
  auto loaded = read(module->context);
  if (!loaded) {
    storeError(loaded.takeError(), error);
    return nullptr;
  }
  module->module = std::move(*loaded);
  return module.release();
}

QLinalgModule *qlinalg_module_load(const char *path, char **error) {
  return makeModule([&](mlir::MLIRContext &context) { return loadModule(context, path); }, error);
}

QLinalgModule *qlinalg_module_parse(const char *contents, size_t size, const char *name,
                                    char **error) {
  return makeModule(
      [&](mlir::MLIRContext &context) {
        return parseModule(context, llvm::StringRef(contents, size), name);
      },
      error);
}

void qlinalg_module_destroy(QLinalgModule *module) { delete module; }

static llvm::Error runPipeline(QLinalgModule &module, llvm::StringRef pipeline) {
  static std::once_flag once;
  std::call_once(once, [] {
    mlir::registerAllPasses();
    qlinalg::registerAllPasses();
    registerPipelines();
  });
  std::string message;
  llvm::raw_string_ostream os(message);
  auto parsed = mlir::parsePassPipeline(pipeline, os);
  if (failed(parsed))
    return makeError("cannot parse the pipeline: " + llvm::StringRef(message).trim());
  if (parsed->getOpAnchorName() != "builtin.module" && parsed->getOpAnchorName() != "any")
    return makeError("expected a pipeline on builtin.module, got one on " +
                     parsed->getOpAnchorName());
  mlir::PassManager manager(&module.context, "builtin.module");
  static_cast<mlir::OpPassManager &>(manager) = std::move(*parsed);
  DiagnosticCollector diagnostics(&module.context);
  if (failed(manager.run(*module.module)))
    return diagnostics.take("a pass failed without a message");
  return llvm::Error::success();
}

int qlinalg_module_run_pipeline(QLinalgModule *module, const char *pipeline, char **error) {
  llvm::Error result = runPipeline(*module, pipeline);
  if (!result)
    return 0;
  storeError(std::move(result), error);
  return 1;
}

char *qlinalg_module_print(const QLinalgModule *module) {
  std::string text;
  llvm::raw_string_ostream os(text);
  module->module.get().print(os);
  return copyString(text);
}
