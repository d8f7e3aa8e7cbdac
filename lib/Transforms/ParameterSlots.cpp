//===- ParameterSlots.cpp - Where the run time puts parameters ------------===//

#include "ParameterSlots.h"

#include "LLVMGlobals.h"
#include "ParameterFiles.h"
#include "QLinalg/Numerics/Packing.h"
#include "QLinalg/TrellisOps.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;

namespace qlinalg {

Value loadSlot(ImplicitLocOpBuilder &b, StringRef slot, RankedTensorType type) {
  // The descriptor of finalize-memref-to-llvm: allocated and aligned pointer, offset, sizes,
  // strides.
  Value address = LLVM::LoadOp::create(b, llvmPointer(b), llvmAddressOf(b, slot));
  SmallVector<Type> fields{llvmPointer(b), llvmPointer(b), b.getI64Type()};
  if (type.getRank() > 0)
    fields.append(2, LLVM::LLVMArrayType::get(b.getI64Type(), type.getRank()));
  Value descriptor =
      LLVM::PoisonOp::create(b, LLVM::LLVMStructType::getLiteral(b.getContext(), fields));
  auto insert = [&](Value value, ArrayRef<int64_t> position) {
    descriptor = LLVM::InsertValueOp::create(b, descriptor, value, position);
  };
  insert(address, {0});
  insert(address, {1});
  insert(llvmInteger(b, 0), {2});
  int64_t stride = 1;
  for (int64_t dim = type.getRank(); dim-- > 0;) {
    insert(llvmInteger(b, type.getDimSize(dim)), {3, dim});
    insert(llvmInteger(b, stride), {4, dim});
    stride *= type.getDimSize(dim);
  }
  auto memref = MemRefType::get(type.getShape(), type.getElementType());
  Value buffer = UnrealizedConversionCastOp::create(b, memref, descriptor).getResult(0);
  return bufferization::ToTensorOp::create(b, type, buffer, /*restrict=*/true);
}

void ParameterSlots::add(StringRef name, RankedTensorType type) {
  parameters[name] = {("qlinalg_parameter_slot." + Twine(parameters.size())).str(), type};
}

std::string ParameterSlots::get(StringRef name) const { return parameters.lookup(name).slot; }

/// `panel16`, `panel16.step4.block32.excess`.
static std::string describe(LayoutAttr layout) {
  std::string text = "panel" + std::to_string(layout.getPanel());
  if (layout.getBlock())
    text +=
        ".step" + std::to_string(layout.getStep()) + ".block" + std::to_string(layout.getBlock());
  return layout.getExcess() ? text + ".excess" : text;
}

std::string ParameterSlots::addPackedSlot(StringRef source, PackOp pack) {
  std::string slot = source.str() + "." + describe(pack.getLayout());
  packs.insert(
      {StringAttr::get(module.getContext(), slot),
       Packed{source.str(), slot, pack.getSource().getType(), pack.getType(), pack.getLayout()}});
  return slot;
}

std::string ParameterSlots::addPacked(StringRef name, PackOp pack) {
  return addPackedSlot(get(name), pack);
}

std::string ParameterSlots::addPackedSums(StringRef codes, StringRef zeroPoints, SumCodesOp op,
                                          PackOp pack) {
  const Scheme &scheme = op.getScheme().getValue();
  std::string zeros = zeroPoints.empty() ? "" : get(zeroPoints), slot = get(codes) + ".sums.";
  slot += name(scheme.storage);
  if (scheme.group)
    slot += ".group" + std::to_string(scheme.group);
  if (!zeros.empty())
    slot += "." + zeros;
  sums.insert(
      {StringAttr::get(module.getContext(), slot),
       Sums{get(codes), zeros, slot, op.getCodes().getType(), op.getType(), op.getScheme()}});
  return addPackedSlot(slot, pack);
}

//===----------------------------------------------------------------------===//
// What stands in the module
//===----------------------------------------------------------------------===//

void ParameterSlots::emitSlot(ImplicitLocOpBuilder &b, StringRef name) {
  OpBuilder::InsertionGuard guard(b);
  createGlobal(b, llvmPointer(b), /*isConstant=*/false, LLVM::Linkage::Internal, name);
  LLVM::ReturnOp::create(b, LLVM::ZeroOp::create(b, llvmPointer(b)).getResult());
}

/// Of an entry of the table.
static void emitShape(ImplicitLocOpBuilder &b, StringRef name, ArrayRef<int64_t> shape) {
  auto type = LLVM::LLVMArrayType::get(b.getI64Type(), shape.size());
  auto values = DenseElementsAttr::get(RankedTensorType::get(shape.size(), b.getI64Type()), shape);
  LLVM::GlobalOp::create(b, type, /*isConstant=*/true, LLVM::Linkage::Internal, name, values);
}

void ParameterSlots::emitTable(ImplicitLocOpBuilder &b) {
  for (auto &[name, parameter] : parameters) {
    emitString(b, parameter.slot + ".name", name);
    emitString(b, parameter.slot + ".type",
               StringRef(safetensorsName(*elementTypeOf(parameter.type.getElementType()))));
    if (parameter.type.getRank() > 0)
      emitShape(b, parameter.slot + ".shape", parameter.type.getShape());
  }
  Type p = llvmPointer(b);
  ArrayRef<std::pair<StringRef, Parameter>> entries = parameters.getArrayRef();
  qlinalg::emitTable(b, "qlinalg_parameter", entries.size(), {p, p, b.getI64Type(), p, p},
                     [&](int64_t i) -> SmallVector<Value> {
                       const Parameter &parameter = entries[i].second;
                       int64_t rank = parameter.type.getRank();
                       Value shape = rank ? llvmAddressOf(b, parameter.slot + ".shape")
                                          : Value(LLVM::ZeroOp::create(b, p));
                       return {llvmAddressOf(b, parameter.slot + ".name"),
                               llvmAddressOf(b, parameter.slot + ".type"), llvmInteger(b, rank),
                               shape, llvmAddressOf(b, parameter.slot)};
                     });
}

/// A function of the run time, declared once.
static LLVM::LLVMFuncOp declare(ImplicitLocOpBuilder &b, ModuleOp module, StringRef name,
                                Type result, ArrayRef<Type> inputs) {
  if (auto function = module.lookupSymbol<LLVM::LLVMFuncOp>(name))
    return function;
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(module.getBody());
  return LLVM::LLVMFuncOp::create(b, name, LLVM::LLVMFunctionType::get(result, inputs));
}

/// They are packed afterwards, from a slot as a parameter is.
void ParameterSlots::emitSums(ImplicitLocOpBuilder &b, const Sums &sums) {
  Type i64 = b.getI64Type(), p = llvmPointer(b), none = LLVM::LLVMVoidType::get(b.getContext());
  auto allocate = declare(b, module, "qlinalg_rt_allocate", p, {i64});
  auto sum = declare(b, module, "qlinalg_rt_sum_codes", none, {p, p, p, i64, i64, i64, i64, i64});
  const Scheme &scheme = sums.scheme.getValue();
  int64_t columns = sums.logical.getShape().back();
  int64_t rows = 1;
  for (int64_t size : sums.logical.getShape().drop_back())
    rows *= size;
  auto load = [&](StringRef slot) -> Value {
    return LLVM::LoadOp::create(b, p, llvmAddressOf(b, slot));
  };
  Value result =
      LLVM::CallOp::create(b, allocate, ValueRange{llvmInteger(b, sums.type.getNumElements() * 4)})
          .getResult();
  Value zeroPoints =
      sums.zeroPoints.empty() ? Value(LLVM::ZeroOp::create(b, p)) : load(sums.zeroPoints);
  LLVM::CallOp::create(b, sum,
                       ValueRange{load(sums.codes), zeroPoints, result,
                                  llvmInteger(b, static_cast<int64_t>(scheme.storage)),
                                  llvmInteger(b, static_cast<int64_t>(scheme.granularity)),
                                  llvmInteger(b, scheme.group), llvmInteger(b, rows),
                                  llvmInteger(b, columns)});
  LLVM::StoreOp::create(b, result, llvmAddressOf(b, sums.slot));
}

void ParameterSlots::emitPack(ImplicitLocOpBuilder &b, const Packed &packed) {
  Type i64 = b.getI64Type(), p = llvmPointer(b), none = LLVM::LLVMVoidType::get(b.getContext());
  LayoutAttr layout = packed.layout;
  auto allocate = declare(b, module, "qlinalg_rt_allocate", p, {i64});
  int64_t bits = packed.logical.getElementTypeBitWidth(),
          elementBytes = std::max<int64_t>(bits / 8, 1);
  ArrayRef<int64_t> shape = packed.logical.getShape();
  int64_t rows = shape.drop_back().back(), columns = shape.back(), matrices = 1;
  for (int64_t size : shape.drop_back(2))
    matrices *= size;
  // Where rows fill whole panels, the panels of all matrices are those of one tall matrix.
  if (rows % layout.getPanel() == 0) {
    rows *= matrices;
    matrices = 1;
  }
  int64_t rowElements = bits < 8 ? bytesPerRow(bits, columns) : columns;
  Value source = LLVM::LoadOp::create(b, p, llvmAddressOf(b, packed.source));
  Value panels =
      LLVM::CallOp::create(b, allocate,
                           ValueRange{llvmInteger(b, packed.type.getNumElements() * elementBytes)})
          .getResult();
  int64_t packedBytes = matrices ? packed.type.getNumElements() / matrices * elementBytes : 0;
  // Those of the function after the two addresses.
  SmallVector<int64_t> numbers;
  StringRef function = "qlinalg_rt_pack_panels";
  if (isTrellis(layout)) {
    function = "qlinalg_rt_pack_trellis";
    numbers = {bits, rows, columns};
  } else if (layout.getBlock()) {
    function = "qlinalg_rt_pack_blocks";
    numbers = {bits,
               rows,
               columns,
               layout.getPanel(),
               layout.getStep(),
               layout.getBlock(),
               layout.getExcess()};
  } else {
    numbers = {elementBytes, rows, rowElements, layout.getPanel()};
  }
  SmallVector<Type> types{p, p};
  types.append(numbers.size(), i64);
  auto pack = declare(b, module, function, none, types);
  for (int64_t matrix = 0; matrix < matrices; ++matrix) {
    auto at = [&](Value base, int64_t bytes) {
      return LLVM::GEPOp::create(b, p, b.getI8Type(), base,
                                 ValueRange{llvmInteger(b, matrix * bytes)});
    };
    SmallVector<Value> arguments{at(source, rows * rowElements * elementBytes),
                                 at(panels, packedBytes)};
    for (int64_t number : numbers)
      arguments.push_back(llvmInteger(b, number));
    LLVM::CallOp::create(b, pack, arguments);
  }
  LLVM::StoreOp::create(b, panels, llvmAddressOf(b, packed.slot));
}

void ParameterSlots::emitInitialize(ImplicitLocOpBuilder &b) {
  auto type =
      LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(b.getContext()), ArrayRef<Type>());
  auto function = LLVM::LLVMFuncOp::create(b, "qlinalg_initialize", type);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(function.addEntryBlock(b));
  for (auto &[name, sums] : sums)
    emitSums(b, sums);
  for (auto &[name, packed] : packs)
    emitPack(b, packed);
  LLVM::ReturnOp::create(b, ValueRange());
}

void ParameterSlots::emit() {
  if (parameters.empty())
    return;
  ImplicitLocOpBuilder b(module.getLoc(), module.getContext());
  b.setInsertionPointToEnd(module.getBody());
  for (auto &[name, parameter] : parameters)
    emitSlot(b, parameter.slot);
  for (auto &[name, sums] : sums)
    emitSlot(b, sums.slot);
  for (auto &[name, packed] : packs)
    emitSlot(b, packed.slot);
  emitTable(b);
  if (!packs.empty())
    emitInitialize(b);
}

} // namespace qlinalg
