//===- WeightHolder.cpp - What holds codes, scales and floats -------------===//

#include "WeightHolder.h"

#include "QLinalg/Constants.h"
#include "QLinalg/TrellisOps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/SymbolTable.h"

using namespace mlir;

namespace qlinalg {

std::string WeightHolder::name() const {
  if (auto global = dyn_cast<ml_program::GlobalOp>(op))
    return global.getSymName().str();
  return getConstantName(cast<ElementsAttr>(cast<arith::ConstantOp>(op).getValue()));
}

Attribute WeightHolder::key() const {
  if (auto global = dyn_cast<ml_program::GlobalOp>(op))
    return global.getSymNameAttr();
  return cast<arith::ConstantOp>(op).getValue();
}

std::string WeightHolder::layer() const {
  std::string whole = name();
  StringRef name = whole, stem = name.rtrim("0123456789");
  // MLIR calls a second resource of one name `NAME.codes_1`.
  if (stem.size() < name.size() && stem.consume_back("_") && stem.ends_with(".codes"))
    name = stem;
  return name.consume_back(".codes") ? name.str() : "";
}

int64_t WeightHolder::bytes() const {
  int64_t bits = type.getElementTypeBitWidth(),
          columns = type.getRank() ? type.getShape().back() : 1;
  // Codes below 8 bits that are not packed yet will be, row by row.
  return columns == 0 ? 0 : type.getNumElements() / columns * llvm::divideCeil(columns * bits, 8);
}

static std::optional<WeightHolder> holderOf(Operation *op) {
  if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    auto type = dyn_cast<RankedTensorType>(constant.getType());
    if (type && isa<ElementsAttr>(constant.getValue()))
      return WeightHolder{op, type, type};
    return std::nullopt;
  }
  auto load = dyn_cast<ml_program::GlobalLoadConstOp>(op);
  if (!load)
    return std::nullopt;
  auto global =
      SymbolTable::lookupNearestSymbolFrom<ml_program::GlobalOp>(load, load.getGlobalAttr());
  auto type = dyn_cast<RankedTensorType>(load.getType());
  if (!global || global.getIsMutable() || !type || !type.hasStaticShape())
    return std::nullopt;
  return WeightHolder{global, type, type};
}

Value elementsOf(Operation *op) {
  if (isa<UnpackOp, PackOp, DecodeTrellisOp, tensor::CollapseShapeOp, tensor::ExpandShapeOp,
          tensor::CastOp>(op))
    return op->getOperand(0);
  auto generic = dyn_cast<linalg::GenericOp>(op);
  if (!generic || generic->getNumResults() != 1)
    return {};
  auto extract =
      generic.getBody()->getTerminator()->getOperand(0).getDefiningOp<tensor::ExtractOp>();
  return extract ? extract.getTensor() : Value();
}

std::optional<WeightHolder> findHolder(Value value) {
  RankedTensorType unpacked;
  bool isInRows = true;
  while (Operation *op = value.getDefiningOp()) {
    if (std::optional<WeightHolder> holder = holderOf(op)) {
      holder->isInRows = isInRows;
      if (unpacked) {
        // Of what was gathered only the row is that of all codes.
        SmallVector<int64_t> shape(holder->type.getShape());
        shape.back() = unpacked.getShape().back();
        holder->logical =
            isInRows ? RankedTensorType::get(shape, unpacked.getElementType()) : unpacked;
      }
      return holder;
    }
    if (auto unpack = dyn_cast<UnpackOp>(op)) {
      unpacked = unpack.getType();
      isInRows = unpack.getLayout().isRows();
    }
    value = elementsOf(op);
    if (!value)
      return std::nullopt;
  }
  return std::nullopt;
}

} // namespace qlinalg
