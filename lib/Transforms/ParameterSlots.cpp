//===- ParameterSlots.cpp - Where the run time puts parameters ------------===//

#include "ParameterSlots.h"

#include "ParameterFiles.h"
#include "QLinalg/Numerics/Packing.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;

namespace qlinalg {

static Value integer(ImplicitLocOpBuilder &b, int64_t value) {
  return LLVM::ConstantOp::create(b, b.getI64Type(), b.getI64IntegerAttr(value));
}

static Type pointer(ImplicitLocOpBuilder &b) { return LLVM::LLVMPointerType::get(b.getContext()); }

static Value addressOf(ImplicitLocOpBuilder &b, StringRef name) {
  return LLVM::AddressOfOp::create(b, pointer(b), name);
}

Value loadSlot(ImplicitLocOpBuilder &b, StringRef slot, RankedTensorType type) {
  // The descriptor of finalize-memref-to-llvm: allocated and aligned pointer, offset, sizes,
  // strides.
  Value address = LLVM::LoadOp::create(b, pointer(b), addressOf(b, slot));
  SmallVector<Type> fields{pointer(b), pointer(b), b.getI64Type()};
  if (type.getRank() > 0)
    fields.append(2, LLVM::LLVMArrayType::get(b.getI64Type(), type.getRank()));
  Value descriptor =
      LLVM::PoisonOp::create(b, LLVM::LLVMStructType::getLiteral(b.getContext(), fields));
  auto insert = [&](Value value, ArrayRef<int64_t> position) {
    descriptor = LLVM::InsertValueOp::create(b, descriptor, value, position);
  };
  insert(address, {0});
  insert(address, {1});
  insert(integer(b, 0), {2});
  int64_t stride = 1;
  for (int64_t dim = type.getRank(); dim-- > 0;) {
    insert(integer(b, type.getDimSize(dim)), {3, dim});
    insert(integer(b, stride), {4, dim});
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

std::string ParameterSlots::addPacked(StringRef name, PackOp pack) {
  Parameter parameter = parameters.lookup(name);
  std::string slot = parameter.slot + "." + describe(pack.getLayout());
  packs.insert(
      {StringAttr::get(module.getContext(), slot),
       Packed{parameter.slot, slot, pack.getSource().getType(), pack.getType(), pack.getLayout()}});
  return slot;
}

//===----------------------------------------------------------------------===//
// What stands in the module
//===----------------------------------------------------------------------===//

/// A global whose value the region computes; the builder stands in the region afterwards.
static LLVM::GlobalOp createGlobal(ImplicitLocOpBuilder &b, Type type, bool isConstant,
                                   LLVM::Linkage linkage, StringRef name) {
  auto global = LLVM::GlobalOp::create(b, type, isConstant, linkage, name, Attribute());
  b.createBlock(&global.getInitializerRegion());
  return global;
}

void ParameterSlots::emitSlot(ImplicitLocOpBuilder &b, StringRef name) {
  OpBuilder::InsertionGuard guard(b);
  createGlobal(b, pointer(b), /*isConstant=*/false, LLVM::Linkage::Internal, name);
  LLVM::ReturnOp::create(b, LLVM::ZeroOp::create(b, pointer(b)).getResult());
}

/// Internal constants that entries of the table point to.
static void emitString(ImplicitLocOpBuilder &b, StringRef name, StringRef text) {
  std::string bytes = text.str();
  bytes.push_back('\0');
  auto type = LLVM::LLVMArrayType::get(b.getI8Type(), bytes.size());
  LLVM::GlobalOp::create(b, type, /*isConstant=*/true, LLVM::Linkage::Internal, name,
                         b.getStringAttr(bytes));
}

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
  LLVM::GlobalOp::create(b, b.getI64Type(), /*isConstant=*/true, LLVM::Linkage::External,
                         "qlinalg_parameter_count", b.getI64IntegerAttr(parameters.size()));
  Type p = pointer(b);
  auto entry = LLVM::LLVMStructType::getLiteral(b.getContext(), {p, p, b.getI64Type(), p, p});
  auto type = LLVM::LLVMArrayType::get(entry, parameters.size());
  OpBuilder::InsertionGuard guard(b);
  createGlobal(b, type, /*isConstant=*/true, LLVM::Linkage::External, "qlinalg_parameter_table");
  Value table = LLVM::PoisonOp::create(b, type);
  for (auto [i, named] : llvm::enumerate(parameters)) {
    const Parameter &parameter = named.second;
    int64_t rank = parameter.type.getRank();
    Value shape =
        rank ? addressOf(b, parameter.slot + ".shape") : Value(LLVM::ZeroOp::create(b, p));
    Value fields[] = {addressOf(b, parameter.slot + ".name"),
                      addressOf(b, parameter.slot + ".type"), integer(b, rank), shape,
                      addressOf(b, parameter.slot)};
    for (auto [j, field] : llvm::enumerate(fields))
      table = LLVM::InsertValueOp::create(b, table, field,
                                          {static_cast<int64_t>(i), static_cast<int64_t>(j)});
  }
  LLVM::ReturnOp::create(b, table);
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

void ParameterSlots::emitPack(ImplicitLocOpBuilder &b, const Packed &packed) {
  Type i64 = b.getI64Type(), p = pointer(b), none = LLVM::LLVMVoidType::get(b.getContext());
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
  Value source = LLVM::LoadOp::create(b, p, addressOf(b, packed.source));
  Value panels =
      LLVM::CallOp::create(b, allocate,
                           ValueRange{integer(b, packed.type.getNumElements() * elementBytes)})
          .getResult();
  int64_t packedBytes = matrices ? packed.type.getNumElements() / matrices * elementBytes : 0;
  // Those of the function after the two addresses.
  SmallVector<int64_t> numbers;
  if (layout.getBlock())
    numbers = {bits,
               rows,
               columns,
               layout.getPanel(),
               layout.getStep(),
               layout.getBlock(),
               layout.getExcess()};
  else
    numbers = {elementBytes, rows, rowElements, layout.getPanel()};
  SmallVector<Type> types{p, p};
  types.append(numbers.size(), i64);
  auto pack =
      declare(b, module, layout.getBlock() ? "qlinalg_rt_pack_blocks" : "qlinalg_rt_pack_panels",
              none, types);
  for (int64_t matrix = 0; matrix < matrices; ++matrix) {
    auto at = [&](Value base, int64_t bytes) {
      return LLVM::GEPOp::create(b, p, b.getI8Type(), base, ValueRange{integer(b, matrix * bytes)});
    };
    SmallVector<Value> arguments{at(source, rows * rowElements * elementBytes),
                                 at(panels, packedBytes)};
    for (int64_t number : numbers)
      arguments.push_back(integer(b, number));
    LLVM::CallOp::create(b, pack, arguments);
  }
  LLVM::StoreOp::create(b, panels, addressOf(b, packed.slot));
}

void ParameterSlots::emitInitialize(ImplicitLocOpBuilder &b) {
  auto type =
      LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(b.getContext()), ArrayRef<Type>());
  auto function = LLVM::LLVMFuncOp::create(b, "qlinalg_initialize", type);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(function.addEntryBlock(b));
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
  for (auto &[name, packed] : packs)
    emitSlot(b, packed.slot);
  emitTable(b);
  if (!packs.empty())
    emitInitialize(b);
}

} // namespace qlinalg
