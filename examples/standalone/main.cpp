// Quantizes the weights of an MLIR file to int4 in groups of 4 and prints the module.

#include "QLinalg/Pipelines.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"

int main(int argc, char **argv) {
  if (argc != 2) {
    llvm::errs() << "usage: quantize FILE\n";
    return 2;
  }
  mlir::DialectRegistry registry;
  qlinalg::registerAllDialects(registry);
  mlir::MLIRContext context(registry);
  auto module = mlir::parseSourceFile<mlir::ModuleOp>(argv[1], &context);
  if (!module)
    return 1;

  qlinalg::PtqPipelineOptions options;
  options.weights = "int4";
  options.group = "4";
  mlir::PassManager manager(&context);
  qlinalg::buildPtqPipeline(manager, options);
  if (failed(manager.run(*module)))
    return 1;
  module->print(llvm::outs());
  return 0;
}
