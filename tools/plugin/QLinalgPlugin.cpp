//===- QLinalgPlugin.cpp - qlinalg in a stock mlir-opt --------------------===//
//
// mlir-opt-22 --load-dialect-plugin=libQLinalgPlugin.so --load-pass-plugin=libQLinalgPlugin.so
//     --pass-pipeline='builtin.module(qlinalg-ptq{weights=int4})'
//
//===----------------------------------------------------------------------===//

#include "QLinalg/BufferizableOpInterface.h"
#include "QLinalg/Pipelines.h"
#include "QLinalg/QLinalgDialect.h"

#include "mlir/Tools/Plugins/DialectPlugin.h"
#include "mlir/Tools/Plugins/PassPlugin.h"
#include "llvm/Support/Compiler.h"

/// The host has registered the upstream dialects.
static void registerDialect(mlir::DialectRegistry *registry) {
  registry->insert<qlinalg::QLinalgDialect>();
  qlinalg::registerBufferizableOpInterfaceExternalModels(*registry);
}

static void registerPassesAndPipelines() {
  qlinalg::registerAllPasses();
  qlinalg::registerPipelines();
}

extern "C" LLVM_ATTRIBUTE_WEAK mlir::DialectPluginLibraryInfo mlirGetDialectPluginInfo() {
  return {MLIR_PLUGIN_API_VERSION, "QLinalg", LLVM_VERSION_STRING, registerDialect};
}

extern "C" LLVM_ATTRIBUTE_WEAK mlir::PassPluginLibraryInfo mlirGetPassPluginInfo() {
  return {MLIR_PLUGIN_API_VERSION, "QLinalg", LLVM_VERSION_STRING, registerPassesAndPipelines};
}
