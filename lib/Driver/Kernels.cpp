//===- Kernels.cpp - The kernels of a module as files ---------------------===//

#include "QLinalg/Driver/Kernels.h"

#include "QLinalg/Driver/Diagnostics.h"
#include "QLinalg/Driver/OutputFiles.h"
#include "QLinalg/Kernels/GpuTarget.h"
#include "QLinalg/Parameters/AtomicFile.h"
#include "QLinalg/Pipelines.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"

using namespace llvm;
using namespace qlinalg;

Error qlinalg::checkChip(StringRef chip) {
  if (lookupGpuTarget(chip))
    return Error::success();
  return makeError("expected " + gpuTargetNames + " in --chip, got '" + chip + "'");
}

Expected<std::string> qlinalg::generatePtx(mlir::ModuleOp module, StringRef chip, bool report) {
  mlir::OwningOpRef<mlir::ModuleOp> copy = module.clone();
  mlir::PassManager manager(module.getContext());
  GpuPipelineOptions options;
  options.chip = chip.str();
  options.report = report;
  buildGpuPipeline(manager, options);
  buildGpuBinaryPipeline(manager);
  DiagnosticCollector diagnostics(module.getContext());
  if (failed(manager.run(*copy)))
    return diagnostics.take("lowering to PTX failed");
  auto binaries = copy->getOps<mlir::gpu::BinaryOp>();
  if (binaries.empty())
    return makeError("expected a module with something to compute, got none");
  auto object = cast<mlir::gpu::ObjectAttr>((*binaries.begin()).getObjects()[0]);
  return object.getObject().getValue().str();
}

/// Of the toolkit on the path, or where it is installed by default.
static ErrorOr<std::string> findAssembler() {
  if (auto found = sys::findProgramByName("ptxas"))
    return found;
  return sys::findProgramByName("ptxas", {"/usr/local/cuda/bin"});
}

/// `ptx` into the file `output`.
static Error assemble(StringRef ptx, StringRef chip, StringRef output) {
  auto assembler = findAssembler();
  if (!assembler)
    return makeError("expected ptxas on the path to write '" + output +
                     "', got none: install NVIDIA's toolkit, or write .ptx");
  std::string source = temporaryName(output, ".ptx"), log = temporaryName(output, ".log");
  scope_exit remove([&] {
    sys::fs::remove(source);
    sys::fs::remove(log);
  });
  std::error_code error;
  {
    raw_fd_ostream os(source, error);
    os << ptx;
  }
  if (error)
    return makeError("cannot write '" + output + "': " + error.message());
  SmallVector<StringRef> arguments{*assembler, "-arch", chip, source, "-o", output};
  std::optional<StringRef> redirects[] = {std::nullopt, StringRef(log), StringRef(log)};
  std::string reason;
  if (sys::ExecuteAndWait(*assembler, arguments, std::nullopt, redirects, 0, 0, &reason) == 0)
    return Error::success();
  if (auto said = MemoryBuffer::getFile(log); said && reason.empty())
    reason = (*said)->getBuffer().split('\n').first.str();
  return makeError("ptxas refuses the kernels: " + reason);
}

Error qlinalg::writeKernels(mlir::ModuleOp module, StringRef chip, StringRef output, bool report) {
  if (Error error = checkWritable(output))
    return error;
  auto ptx = generatePtx(module, chip, report);
  if (!ptx)
    return ptx.takeError();
  if (sys::path::extension(output) == ".cubin") {
    std::string temporary = temporaryName(output);
    scope_exit remove([&] { sys::fs::remove(temporary); });
    if (Error error = assemble(*ptx, chip, temporary))
      return error;
    if (std::error_code error = sys::fs::rename(temporary, output))
      return makeError("cannot write '" + output + "': " + error.message());
    return Error::success();
  }
  auto file = AtomicFile::create(output.str());
  if (!file)
    return makeError(file.error());
  if (auto appended = file->append(std::string_view(*ptx)); !appended)
    return makeError(appended.error());
  if (auto committed = file->commit(); !committed)
    return makeError(committed.error());
  return Error::success();
}
