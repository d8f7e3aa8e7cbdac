//===- OutlineKernels.cpp - Loop nests into functions, equal ones once ----===//
//
//   scf.for … { … }  ->  call @kernel.0(captured values)
//
// Constants that a nest uses are made again inside, so that nests of equal text do equal things.
// What LLVM has to compile is then each different nest once.
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;

namespace qlinalg {

#define GEN_PASS_DEF_OUTLINEKERNELS
#include "QLinalg/Passes.h.inc"

/// A function that does what `nest` does with the values that it captures, not yet in the module.
static func::FuncOp createKernel(Operation *nest, ArrayRef<Value> captured,
                                 ArrayRef<Operation *> constants) {
  OpBuilder builder(nest->getContext());
  SmallVector<Type> inputs =
      llvm::map_to_vector(captured, [](Value value) { return value.getType(); });
  auto type = builder.getFunctionType(inputs, nest->getResultTypes());
  // Without a location, so that equal nests print equally.
  auto function = func::FuncOp::create(builder.getUnknownLoc(), "kernel", type);
  function.setPrivate();
  // LLVM would inline what is called once, and then takes minutes for one great function.
  // func.func's own `no_inline` does not reach it.
  function->setAttr("passthrough", builder.getStrArrayAttr({"noinline"}));
  function->setAttr("llvm.linkage",
                    LLVM::LinkageAttr::get(builder.getContext(), LLVM::Linkage::Internal));
  Block *body = function.addEntryBlock();
  builder.setInsertionPointToStart(body);
  IRMapping mapping;
  mapping.map(captured, body->getArguments());
  for (Operation *constant : constants)
    builder.clone(*constant, mapping);
  Operation *copy = builder.clone(*nest, mapping);
  func::ReturnOp::create(builder, nest->getLoc(), copy->getResults());
  return function;
}

static std::string print(func::FuncOp function) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  function->print(stream, OpPrintingFlags().elideLargeElementsAttrs(false).printGenericOpForm());
  return text;
}

/// A loop, or a choice between loops.
static bool isNest(Operation *op) {
  return isa<scf::ForOp, scf::ParallelOp, scf::ExecuteRegionOp>(op) ||
         (isa<scf::IfOp>(op) && op->walk([](Operation *inner) {
                                    return isa<scf::ForOp, scf::ParallelOp>(inner)
                                               ? WalkResult::interrupt()
                                               : WalkResult::advance();
                                  }).wasInterrupted());
}

/// Whether a function can take or give it: AMX's tiles are registers alone.
static bool canPass(Type type) {
  return type.isIntOrIndexOrFloat() || isa<BaseMemRefType, VectorType>(type);
}

namespace {
struct OutlineKernelsPass : impl::OutlineKernelsBase<OutlineKernelsPass> {
  void outline(Operation *nest, SymbolTable &symbols) {
    llvm::SetVector<Value> used;
    getUsedValuesDefinedAbove(nest->getRegions(), used);
    used.insert_range(nest->getOperands());
    SmallVector<Value> captured;
    SmallVector<Operation *> constants;
    for (Value value : used) {
      Operation *op = value.getDefiningOp();
      if (op && op->hasTrait<OpTrait::ConstantLike>())
        constants.push_back(op);
      else
        captured.push_back(value);
    }
    if (!llvm::all_of(captured, [](Value value) { return canPass(value.getType()); }) ||
        !llvm::all_of(nest->getResultTypes(), canPass))
      return;
    func::FuncOp kernel = createKernel(nest, captured, constants);
    func::FuncOp &known = kernels[print(kernel)];
    if (known) {
      kernel.erase();
      ++shared;
    } else {
      known = kernel;
      symbols.insert(kernel);
      ++outlined;
    }
    OpBuilder builder(nest);
    auto call = func::CallOp::create(builder, nest->getLoc(), known, captured);
    nest->replaceAllUsesWith(call);
    nest->erase();
  }

  void runOnOperation() override {
    ModuleOp module = getOperation();
    SymbolTable symbols(module);
    SmallVector<Operation *> nests;
    for (auto function : module.getOps<func::FuncOp>())
      for (Block &block : function.getBody())
        for (Operation &op : block)
          if (isNest(&op))
            nests.push_back(&op);
    for (Operation *nest : nests)
      outline(nest, symbols);
    kernels.clear();
  }

  llvm::StringMap<func::FuncOp> kernels;
};
} // namespace

} // namespace qlinalg
