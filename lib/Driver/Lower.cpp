//===- Lower.cpp - From a module to LLVM IR -------------------------------===//

#include "EmitInterface.h"
#include "QLinalg/Driver/Codegen.h"
#include "QLinalg/Driver/Diagnostics.h"
#include "QLinalg/Gpu/Passes.h"
#include "QLinalg/Passes.h"
#include "QLinalg/Pipelines.h"
#include "QLinalg/QLinalgDialect.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace qlinalg;

/// Keeps the wanted functions public, with a C interface, and reads their signatures.
static llvm::Expected<std::vector<Signature>> prepareFunctions(ModuleOp module,
                                                               const CompileOptions &options) {
  std::vector<Signature> signatures;
  for (func::FuncOp function : publicFunctions(module)) {
    if (!options.entries.empty() && !llvm::is_contained(options.entries, function.getName())) {
      function.setPrivate();
      continue;
    }
    auto signature = readSignature(function);
    if (!signature)
      return signature.takeError();
    signatures.push_back(std::move(*signature));
    function->setAttr(LLVM::LLVMDialect::getEmitCWrapperAttrName(),
                      UnitAttr::get(module.getContext()));
    // The caller's arrays are not ours to write into, also where they are a destination.
    for (auto [i, type] : llvm::enumerate(function.getArgumentTypes()))
      if (isa<TensorType>(type))
        function.setArgAttr(i, bufferization::BufferizationDialect::kWritableAttrName,
                            BoolAttr::get(module.getContext(), false));
  }
  for (const std::string &entry : options.entries)
    if (!llvm::is_contained(llvm::map_range(signatures, [](auto &s) { return s.name; }), entry))
      return chooseEntry(module, entry).takeError();
  return signatures;
}

/// Gives functions their `bodyName`, so that also what the pipelines call, such as libm's
/// functions, is free of theirs.
static void renameFunctions(ModuleOp module) {
  SymbolTableCollection tables;
  SymbolUserMap users(tables, module);
  for (auto function : module.getOps<func::FuncOp>()) {
    if (function.isExternal())
      continue;
    auto name = StringAttr::get(module.getContext(), bodyName(function.getName()));
    users.replaceAllUsesWith(function, name);
    function.setName(name);
  }
}

/// Memory comes from the run time: it stays from call to call, and there is an error where there is
/// none.
static void useRuntimeMemory(llvm::Module &module) {
  using llvm::Attribute;
  llvm::LLVMContext &context = module.getContext();
  auto makeAllocator = [&](llvm::Function &function, StringRef name, llvm::AllocFnKind kind) {
    function.setName(name);
    function.setDoesNotThrow();
    function.addFnAttr(Attribute::get(context, Attribute::AllocKind, static_cast<uint64_t>(kind)));
    function.addFnAttr("alloc-family", "qlinalg");
  };
  if (llvm::Function *acquire = module.getFunction("aligned_alloc")) {
    makeAllocator(*acquire, "qlinalg_rt_acquire",
                  llvm::AllocFnKind::Alloc | llvm::AllocFnKind::Uninitialized |
                      llvm::AllocFnKind::Aligned);
    acquire->addFnAttr(Attribute::getWithAllocSizeArgs(context, 1, std::nullopt));
    acquire->addParamAttr(0, Attribute::AllocAlign);
    acquire->addRetAttr(Attribute::NoAlias);
    acquire->setOnlyAccessesInaccessibleMemory();
  }
  if (llvm::Function *release = module.getFunction("free")) {
    makeAllocator(*release, "qlinalg_rt_release", llvm::AllocFnKind::Free);
    release->addParamAttr(0, Attribute::AllocatedPointer);
    release->setOnlyAccessesInaccessibleMemOrArgMem();
  }
}

static llvm::Error runPipeline(ModuleOp module, const CompileOptions &options) {
  PassManager manager(module.getContext());
  // While all functions are there: statistics of one module have the same sites whichever ran.
  manager.addPass(options.observers ? createLowerObservers() : createRemoveObservers());
  // Functions that are no longer called need no code.
  manager.addPass(createSymbolDCEPass());
  if (options.lowering == Lowering::Linalg) {
    buildReferencePipeline(manager);
  } else if (options.lowering == Lowering::Gpu) {
    GpuPipelineOptions gpu;
    gpu.chip = options.chip;
    gpu.report = options.report;
    buildGpuPipeline(manager, gpu);
    buildGpuBinaryPipeline(manager);
    manager.addPass(createLowerLaunches());
  } else {
    CpuPipelineOptions cpu;
    cpu.cpu = options.processor.name;
    cpu.report = options.report;
    buildCpuPipeline(manager, cpu);
  }
  DiagnosticCollector diagnostics(module.getContext());
  if (failed(manager.run(module)))
    return diagnostics.take("lowering to LLVM failed");
  return llvm::Error::success();
}

llvm::Expected<LoweredModule> qlinalg::lowerModule(ModuleOp module, const CompileOptions &options) {
  if (options.observers &&
      !module.walk([](ObserveOp) { return WalkResult::interrupt(); }).wasInterrupted())
    return makeError("expected a module whose values are observed, got none that is: "
                     "quant-opt --qlinalg-insert-observers makes one");
  OwningOpRef<ModuleOp> copy = module.clone();
  auto signatures = prepareFunctions(*copy, options);
  if (!signatures)
    return signatures.takeError();
  renameFunctions(*copy);
  if (llvm::Error error = runPipeline(*copy, options))
    return error;

  LoweredModule lowered{std::make_unique<llvm::LLVMContext>(), nullptr, std::move(*signatures)};
  DiagnosticCollector diagnostics(module.getContext());
  lowered.module = translateModuleToLLVMIR(*copy, *lowered.context, "qlinalg");
  if (!lowered.module)
    return diagnostics.take("translation to LLVM IR failed");
  auto machine = createTargetMachine(options.processor);
  if (!machine)
    return machine.takeError();
  lowered.module->setTargetTriple(options.processor.triple);
  lowered.module->setDataLayout((*machine)->createDataLayout());
  useRuntimeMemory(*lowered.module);
  emitInterface(*lowered.module, lowered.functions);
  for (llvm::Function &function : *lowered.module) {
    function.addFnAttr("target-cpu", options.processor.cpu);
    if (!options.processor.features.empty())
      function.addFnAttr("target-features", options.processor.features);
  }
  return lowered;
}
