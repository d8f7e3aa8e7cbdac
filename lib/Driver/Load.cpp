//===- Load.cpp - Read a module of any dialect ----------------------------===//

#include "QLinalg/Driver/Load.h"
#include "QLinalg/Driver/Diagnostics.h"
#include "QLinalg/Pipelines.h"

#include "mlir/Parser/Parser.h"
#include "mlir/Target/LLVMIR/Dialect/All.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;
using namespace qlinalg;

void qlinalg::registerForCompilation(DialectRegistry &registry) {
  qlinalg::registerAllDialects(registry);
  registerAllToLLVMIRTranslations(registry);
}

static llvm::Expected<OwningOpRef<ModuleOp>> parse(MLIRContext &context,
                                                   std::unique_ptr<llvm::MemoryBuffer> buffer) {
  std::string name = buffer->getBufferIdentifier().str();
  auto sources = std::make_shared<llvm::SourceMgr>();
  sources->AddNewSourceBuffer(std::move(buffer), llvm::SMLoc());
  DiagnosticCollector diagnostics(&context);
  OwningOpRef<ModuleOp> module = parseSourceFile<ModuleOp>(sources, &context);
  if (!module)
    return diagnostics.take(name + ": expected a module, got something else");
  return module;
}

llvm::Expected<OwningOpRef<ModuleOp>> qlinalg::loadModule(MLIRContext &context,
                                                          llvm::StringRef path) {
  // Bytecode refers to its resources where they lie in the file.
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/true,
                                            /*IsVolatile=*/false, llvm::Align(64));
  if (!buffer)
    return makeError("cannot read '" + path + "': " + buffer.getError().message());
  return parse(context, std::move(*buffer));
}

llvm::Expected<OwningOpRef<ModuleOp>>
qlinalg::parseModule(MLIRContext &context, llvm::StringRef contents, llvm::StringRef name) {
  return parse(context, llvm::MemoryBuffer::getMemBufferCopy(contents, name));
}
