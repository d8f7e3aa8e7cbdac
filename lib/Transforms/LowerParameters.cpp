//===- LowerParameters.cpp - Parameters outside the IR into slots ---------===//
//
//   %0 = ml_program.global_load_const @w            ->  %p = llvm.load @qlinalg_parameter_slot.0
//                                                       %0 = bufferization.to_tensor (memref at %p)
//   %1 = qlinalg.pack %0 <panel = 16>               ->  the same of a slot that @qlinalg_initialize
//   fills
//
// @qlinalg_parameter_table names what the run time puts into the slots; its entries have the layout
// of `ParameterEntry` in Runtime/Abi.h.
//
//===----------------------------------------------------------------------===//

#include "ParameterFiles.h"
#include "ParameterSlots.h"
#include "QLinalg/Constants.h"
#include "QLinalg/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/SymbolTable.h"

using namespace mlir;

namespace qlinalg {

#define GEN_PASS_DEF_LOWERPARAMETERS
#include "QLinalg/Passes.h.inc"

namespace {
struct LowerParametersPass : impl::LowerParametersBase<LowerParametersPass> {
  /// The global that `load` reads if it is a parameter.
  ml_program::GlobalOp getParameter(ml_program::GlobalLoadConstOp load) {
    auto global = dyn_cast_or_null<ml_program::GlobalOp>(
        symbols->lookup(load.getGlobalAttr().getLeafReference()));
    return global && isa_and_nonnull<ml_program::ExternAttr>(global.getValueAttr()) ? global
                                                                                    : nullptr;
  }

  /// The parameter that holds `rows`, as they are or several codes to a byte.
  ml_program::GlobalOp getStoredParameter(Value rows) {
    if (auto unpack = rows.getDefiningOp<UnpackOp>(); unpack && unpack.getLayout().isRows())
      rows = unpack.getSource();
    auto load = rows.getDefiningOp<ml_program::GlobalLoadConstOp>();
    return load ? getParameter(load) : nullptr;
  }

  /// The parameter whose rows `pack` lays out.
  ml_program::GlobalOp getPackedParameter(PackOp pack) {
    return pack.getLayout().isRows() ? nullptr : getStoredParameter(pack.getSource());
  }

  /// The slot of sums that are taken of parameters and then packed; "" where `pack` is of
  /// something else.
  std::string addPackedSums(ParameterSlots &slots, PackOp pack) {
    auto sums = pack.getSource().getDefiningOp<SumCodesOp>();
    ml_program::GlobalOp codes = sums ? getStoredParameter(sums.getCodes()) : nullptr;
    if (!codes || pack.getLayout().isRows())
      return "";
    if (!sums.getZeroPoints())
      return slots.addPackedSums(codes.getSymName(), "", sums, pack);
    ml_program::GlobalOp zeroPoints = getStoredParameter(sums.getZeroPoints());
    return zeroPoints ? slots.addPackedSums(codes.getSymName(), zeroPoints.getSymName(), sums, pack)
                      : "";
  }

  /// Globals of the module itself are read, and hold what their type says (which upstream does not
  /// verify).
  LogicalResult checkLoads() {
    WalkResult result = getOperation().walk([&](ml_program::GlobalLoadConstOp load) -> WalkResult {
      if (SymbolTable::getNearestSymbolTable(load) != getOperation().getOperation() ||
          !load.getGlobalAttr().getNestedReferences().empty())
        return load.emitOpError() << "expected a global of the module itself, got "
                                  << load.getGlobalAttr() << " of a nested module";
      auto global = symbols->lookup<ml_program::GlobalOp>(load.getGlobalAttr().getLeafReference());
      auto initial = dyn_cast_or_null<TypedAttr>(global.getValueAttr());
      if (!initial || initial.getType() != global.getType())
        return global.emitOpError() << "expected an initial value of " << global.getType()
                                    << ", got " << global.getValueAttr();
      return WalkResult::advance();
    });
    return failure(result.wasInterrupted());
  }

  /// Slots for all parameters that are read, in the order of the module.
  LogicalResult createSlots(ParameterSlots &slots) {
    llvm::SmallPtrSet<Operation *, 16> read;
    getOperation().walk([&](ml_program::GlobalLoadConstOp load) {
      if (ml_program::GlobalOp parameter = getParameter(load))
        read.insert(parameter);
    });
    for (auto global : getOperation().getOps<ml_program::GlobalOp>()) {
      if (!read.contains(global))
        continue;
      auto type = dyn_cast<RankedTensorType>(global.getType());
      if (!type || !type.hasStaticShape() || !elementTypeOf(type.getElementType()))
        return global.emitOpError()
               << "expected a parameter of static shape and of a type that safetensors "
                  "knows, got "
               << global.getType();
      slots.add(global.getSymName(), type);
    }
    return success();
  }

  /// What codes and sums came through on their way to a pack.
  static void eraseUnused(Operation *op) {
    if (!isa_and_nonnull<UnpackOp, SumCodesOp>(op) || !op->use_empty())
      return;
    SmallVector<Value> operands(op->getOperands());
    op->erase();
    for (Value operand : operands)
      eraseUnused(operand.getDefiningOp());
  }

  void lowerPacks(ParameterSlots &slots) {
    SmallVector<PackOp> packs;
    getOperation().walk([&](PackOp pack) { packs.push_back(pack); });
    for (PackOp pack : packs) {
      ml_program::GlobalOp parameter = getPackedParameter(pack);
      std::string slot =
          parameter ? slots.addPacked(parameter.getSymName(), pack) : addPackedSums(slots, pack);
      if (slot.empty())
        continue;
      ImplicitLocOpBuilder b(pack.getLoc(), pack);
      Value tensor = loadSlot(b, slot, pack.getType());
      Operation *source = pack.getSource().getDefiningOp();
      pack.replaceAllUsesWith(tensor);
      pack.erase();
      eraseUnused(source);
    }
  }

  /// Loads of parameters from slots, of other constants as constants.
  void lowerLoads(ParameterSlots &slots) {
    SmallVector<ml_program::GlobalLoadConstOp> loads;
    getOperation().walk([&](ml_program::GlobalLoadConstOp load) { loads.push_back(load); });
    for (ml_program::GlobalLoadConstOp load : loads) {
      ImplicitLocOpBuilder b(load.getLoc(), load);
      auto global =
          cast<ml_program::GlobalOp>(symbols->lookup(load.getGlobalAttr().getLeafReference()));
      auto type = dyn_cast<RankedTensorType>(load.getType());
      if (getParameter(load)) {
        load.replaceAllUsesWith(loadSlot(b, slots.get(global.getSymName()), type));
      } else {
        auto value = cast<TypedAttr>(global.getValueAttr());
        load.replaceAllUsesWith(arith::ConstantOp::create(b, value).getResult());
      }
      load.erase();
    }
    for (auto global : llvm::make_early_inc_range(getOperation().getOps<ml_program::GlobalOp>()))
      if (!global.getIsMutable() && SymbolTable::symbolKnownUseEmpty(global, getOperation()))
        symbols->erase(global);
  }

  /// Constants that upstream's translation to LLVM IR does not survive: those without elements
  /// become tensors without elements, resources of one number that number. A resource whose bytes
  /// are missing is an error.
  LogicalResult replaceConstants() {
    SmallVector<arith::ConstantOp> constants;
    getOperation().walk([&](arith::ConstantOp constant) {
      if (isa<RankedTensorType>(constant.getType()))
        constants.push_back(constant);
    });
    for (arith::ConstantOp constant : constants) {
      OpBuilder builder(constant);
      auto type = cast<RankedTensorType>(constant.getType());
      auto resource = dyn_cast<DenseResourceElementsAttr>(constant.getValue());
      std::optional<ConstantBytes> bytes = resource ? getConstantBytes(resource) : std::nullopt;
      if (type.getNumElements() == 0) {
        Value empty = tensor::EmptyOp::create(builder, constant.getLoc(), type.getShape(),
                                              type.getElementType());
        constant.replaceAllUsesWith(empty);
        constant.erase();
      } else if (resource && !bytes) {
        return constant.emitError() << "expected the bytes of " << type
                                    << " in the module's resources, got an elided or cut-off one";
      } else if (resource && type.getRank() == 0) {
        ArrayRef<char> raw(reinterpret_cast<const char *>(bytes->data()), bytes->size());
        constant.setValueAttr(DenseElementsAttr::getFromRawBuffer(type, raw));
      }
    }
    return success();
  }

  void runOnOperation() override {
    SymbolTable table(getOperation());
    symbols = &table;
    ParameterSlots slots(getOperation());
    if (failed(checkLoads()) || failed(createSlots(slots)))
      return signalPassFailure();
    lowerPacks(slots);
    lowerLoads(slots);
    if (failed(replaceConstants()))
      return signalPassFailure();
    slots.emit();
  }

  SymbolTable *symbols = nullptr;
};
} // namespace

} // namespace qlinalg
