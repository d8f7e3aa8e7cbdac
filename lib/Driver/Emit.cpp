//===- Emit.cpp - Optimization and output of LLVM IR ----------------------===//

#include "QLinalg/Driver/Codegen.h"
#include "QLinalg/Driver/Diagnostics.h"

#include "llvm/IR/LegacyPassManager.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/raw_ostream.h"

using namespace qlinalg;

void qlinalg::optimize(llvm::Module &module, llvm::TargetMachine &machine) {
  llvm::PipelineTuningOptions tuning;
  // As clang does at -O3.
  tuning.LoopVectorization = true;
  tuning.SLPVectorization = true;
  llvm::PassBuilder builder(&machine, tuning);
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager callGraph;
  llvm::ModuleAnalysisManager modules;
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(callGraph);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, callGraph, modules);
  builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O3).run(module, modules);
}

llvm::Expected<llvm::SmallVector<char, 0>>
qlinalg::emit(llvm::Module &module, llvm::TargetMachine &machine, OutputKind kind) {
  llvm::SmallVector<char, 0> contents;
  llvm::raw_svector_ostream os(contents);
  if (kind == OutputKind::IR) {
    module.print(os, nullptr);
    return contents;
  }
  llvm::legacy::PassManager passes;
  auto type = kind == OutputKind::Object ? llvm::CodeGenFileType::ObjectFile
                                         : llvm::CodeGenFileType::AssemblyFile;
  if (machine.addPassesToEmitFile(passes, os, nullptr, type))
    return makeError("cannot write such code for " + module.getTargetTriple().str());
  passes.run(module);
  return contents;
}
