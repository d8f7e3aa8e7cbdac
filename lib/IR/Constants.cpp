//===- Constants.cpp - Bytes of constants, resources from bytes -----------===//

#include "QLinalg/Constants.h"

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/DialectResourceBlobManager.h"

#include <cstring>

using namespace mlir;

namespace qlinalg {

std::optional<ConstantBytes> getConstantBytes(ElementsAttr attr) {
  auto type = cast<ShapedType>(attr.getType());
  if (!type.getElementType().isIntOrFloat() || type.getElementTypeBitWidth() % 8 != 0)
    return std::nullopt;
  int64_t width = type.getElementTypeBitWidth() / 8;
  int64_t size = type.getNumElements() * width;
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(attr)) {
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    if (!blob || static_cast<int64_t>(blob->getData().size()) != size)
      return std::nullopt;
    return ConstantBytes(blob->getData());
  }
  auto dense = dyn_cast<DenseElementsAttr>(attr);
  if (!dense)
    return std::nullopt;
  if (!dense.isSplat())
    return ConstantBytes(dense.getRawData());
  std::vector<char> copy(size);
  for (int64_t offset = 0; offset < size; offset += width)
    std::memcpy(copy.data() + offset, dense.getRawData().data(), width);
  return ConstantBytes(std::move(copy));
}

std::string getConstantName(ElementsAttr attr) {
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(attr))
    return resource.getRawHandle().getKey().str();
  return "";
}

DenseResourceElementsAttr createResource(RankedTensorType type, StringRef name,
                                         llvm::function_ref<void(std::byte *)> fill) {
  int64_t size = type.getNumElements() * type.getElementTypeBitWidth() / 8;
  // A larger alignment is written into bytecode, and readers refuse a file whose buffer happens not
  // to have it.
  AsmResourceBlob blob = HeapAsmResourceBlob::allocate(size, /*align=*/16);
  fill(reinterpret_cast<std::byte *>(blob.getMutableData().data()));
  return DenseResourceElementsAttr::get(type, name.empty() ? "codes" : name, std::move(blob));
}

} // namespace qlinalg
