//===- ParameterFiles.cpp - Weights read and codes written ----------------===//

#include "ParameterFiles.h"

#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/Dialect/MLProgram/IR/MLProgramAttributes.h"
#include "mlir/IR/Action.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace qlinalg {

std::optional<ElementType> elementTypeOf(Type type, bool asUnsigned) {
  if (type.isF64())
    return ElementType::F64;
  if (type.isF32())
    return ElementType::F32;
  if (type.isF16())
    return ElementType::F16;
  if (type.isBF16())
    return ElementType::BF16;
  if (isa<Float8E4M3FNType>(type))
    return ElementType::F8E4M3FN;
  if (isa<Float8E5M2Type>(type))
    return ElementType::F8E5M2;
  auto integer = dyn_cast<IntegerType>(type);
  if (!integer)
    return std::nullopt;
  bool isUnsigned = asUnsigned || integer.isUnsigned();
  switch (integer.getWidth()) {
  case 1:
    return ElementType::Bool;
  case 8:
    return isUnsigned ? ElementType::U8 : ElementType::I8;
  case 16:
    return isUnsigned ? ElementType::U16 : ElementType::I16;
  case 32:
    return isUnsigned ? ElementType::U32 : ElementType::I32;
  case 64:
    return isUnsigned ? ElementType::U64 : ElementType::I64;
  default:
    return std::nullopt;
  }
}

LogicalResult ParameterFiles::fail(const Result<void> &result) {
  return emitError(module.getLoc()) << result.error();
}

LogicalResult ParameterFiles::open(StringRef input, StringRef output) {
  if (!input.empty()) {
    Result<Archive> opened = Archive::open(input.str());
    if (!opened)
      return emitError(module.getLoc()) << opened.error();
    archive = std::move(*opened);
  }
  if (!output.empty()) {
    Result<ArchiveWriter> created = ArchiveWriter::create(output.str());
    if (!created)
      return emitError(module.getLoc()) << created.error();
    writer.emplace(std::move(*created));
    for (auto [key, value] : {std::pair("format", "qlinalg"), std::pair("format_version", "1")})
      if (Result<void> set = writer->setMetadata(key, value); !set)
        return fail(set);
  }
  return success();
}

FailureOr<const std::byte *> ParameterFiles::find(StringRef name, RankedTensorType type) {
  Operation *global = module.lookupSymbol(name);
  if (!global)
    return emitError(module.getLoc()) << "expected parameter '" << name
                                      << "' in the module itself, got one of a nested module";
  if (!archive)
    return emitError(global->getLoc())
           << "expected parameters=FILE with the bytes of parameter '" << name << "'";
  const TensorEntry *entry = archive->find(std::string_view(name));
  if (!entry)
    return emitError(global->getLoc()) << "expected a tensor '" << name << "' in "
                                       << archive->files().front().path << ", got none";
  std::optional<ElementType> signedType = elementTypeOf(type.getElementType(), false);
  std::optional<ElementType> unsignedType = elementTypeOf(type.getElementType(), true);
  bool fits = (entry->type == signedType || entry->type == unsignedType) &&
              ArrayRef<int64_t>(entry->shape) == type.getShape();
  if (!fits)
    return emitError(global->getLoc())
           << "expected parameter '" << name << "' of "
           << (signedType ? StringRef(safetensorsName(*signedType)) : "another type")
           << formatShape(type.getShape()) << ", got " << StringRef(safetensorsName(entry->type))
           << formatShape(entry->shape) << " in " << archive->files()[entry->file].path;
  return entry->bytes.data();
}

void ParameterFiles::release(StringRef name, int64_t offset, int64_t size) {
  if (const TensorEntry *entry = archive->find(std::string_view(name)))
    archive->release(entry->bytes.subspan(offset, size));
}

LogicalResult ParameterFiles::append(ArrayRef<std::byte> bytes) {
  if (Result<void> appended = writer->append(bytes); !appended)
    return fail(appended);
  return success();
}

LogicalResult ParameterFiles::end() {
  if (Result<void> ended = writer->endTensor(); !ended)
    return fail(ended);
  return success();
}

LogicalResult ParameterFiles::begin(StringRef name, RankedTensorType type, bool asUnsigned) {
  if (!writer)
    return emitError(module.getLoc())
           << "expected output-parameters=FILE for the codes of parameter '" << name << "'";
  if (module.lookupSymbol(name))
    return emitError(module.getLoc()) << "expected no symbol '" << name << "' before quantization";
  std::optional<ElementType> element = elementTypeOf(type.getElementType(), asUnsigned);
  if (Result<void> begun = writer->beginTensor(name.str(), *element, type.getShape()); !begun)
    return fail(begun);
  OpBuilder builder = OpBuilder::atBlockBegin(module.getBody());
  // After those declared before, so that they stand in the order of the file.
  for (Operation &op : *module.getBody())
    if (isa<ml_program::GlobalOp>(op))
      builder.setInsertionPointAfter(&op);
  ml_program::GlobalOp::create(builder, module.getLoc(), name, type, /*is_mutable=*/false,
                               ml_program::ExternAttr::get(module.getContext(), type),
                               builder.getStringAttr("private"));
  written.insert(name);
  return success();
}

LogicalResult ParameterFiles::rewrite(StringRef name, RankedTensorType type,
                                      function_ref<void(MutableArrayRef<std::byte>)> change) {
  if (!writer)
    return emitError(module.getLoc())
           << "expected output-parameters=FILE for what parameter '" << name << "' becomes";
  if (failed(find(name, type)))
    return failure();
  const TensorEntry *entry = archive->find(std::string_view(name));
  std::vector<std::byte> bytes(entry->bytes.begin(), entry->bytes.end());
  archive->release(entry->bytes);
  change(bytes);
  if (Result<void> added = writer->addTensor(entry->name, entry->type, entry->shape, bytes); !added)
    return fail(added);
  written.insert(name);
  return success();
}

LogicalResult ParameterFiles::describe(StringRef base, SchemeAttr scheme, int64_t columns,
                                       SchemeAttr scales, int64_t trellis) {
  for (auto [suffix, attr] : {std::pair(".scheme", scheme), {".scales_scheme", scales}}) {
    if (!attr)
      continue;
    std::string text;
    llvm::raw_string_ostream(text) << attr;
    if (Result<void> set = writer->setMetadata(base.str() + suffix, text); !set)
      return fail(set);
  }
  if (Result<void> set = writer->setMetadata(base.str() + ".columns", std::to_string(columns));
      !set)
    return fail(set);
  if (trellis)
    if (Result<void> set = writer->setMetadata(base.str() + ".trellis", std::to_string(trellis));
        !set)
      return fail(set);
  return success();
}

void ParameterFiles::eraseUnused() {
  llvm::StringSet<> used;
  if (std::optional<SymbolTable::UseRange> uses =
          SymbolTable::getSymbolUses(&module.getBodyRegion()))
    for (SymbolTable::SymbolUse use : *uses)
      used.insert(use.getSymbolRef().getRootReference().getValue());
  for (auto global : llvm::make_early_inc_range(module.getOps<ml_program::GlobalOp>()))
    if (global.isPrivate() && !used.contains(global.getSymName()))
      global.erase();
}

LogicalResult ParameterFiles::copyRest() {
  for (auto global : module.getOps<ml_program::GlobalOp>()) {
    if (!isa_and_nonnull<ml_program::ExternAttr>(global.getValue().value_or(Attribute())) ||
        written.contains(global.getSymName()))
      continue;
    auto type = dyn_cast<RankedTensorType>(global.getType());
    if (!type || !type.hasStaticShape())
      return emitError(global.getLoc())
             << "expected a parameter of static shape, got " << global.getType();
    if (failed(find(global.getSymName(), type)))
      return failure();
    const TensorEntry *entry = archive->find(std::string_view(global.getSymName()));
    if (Result<void> added =
            writer->addTensor(entry->name, entry->type, entry->shape, entry->bytes);
        !added)
      return fail(added);
    archive->release(entry->bytes);
  }
  return success();
}

namespace {
/// Giving a written file its name. A handler that leaves it out leaves no file, and the pass fails.
struct CommitAction : tracing::ActionImpl<CommitAction> {
  using ActionImpl::ActionImpl;
  static constexpr StringLiteral tag = "qlinalg-commit";
};
} // namespace

LogicalResult ParameterFiles::finish() {
  eraseUnused();
  if (!writer)
    return success();
  if (failed(copyRest()))
    return failure();
  LogicalResult result = failure();
  module.getContext()->executeAction<CommitAction>(
      [&] {
        Result<void> committed = writer->commit();
        result = committed ? success() : fail(committed);
      },
      ArrayRef<IRUnit>());
  return result;
}

} // namespace qlinalg
