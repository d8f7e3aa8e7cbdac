//===- Constants.h - Bytes of constants, resources from bytes ---*- C++ -*-===//

#ifndef QLINALG_CONSTANTS_H
#define QLINALG_CONSTANTS_H

#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/STLFunctionalExtras.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace qlinalg {

/// The bytes of a constant, row-major, little-endian: a view of the attribute's own where it can
/// be, else a copy (a splat is spread out).
class ConstantBytes {
public:
  explicit ConstantBytes(llvm::ArrayRef<char> view) : view(view) {}
  explicit ConstantBytes(std::vector<char> copy) : copy(std::move(copy)) {}
  const std::byte *data() const {
    return reinterpret_cast<const std::byte *>(copy.empty() ? view.data() : copy.data());
  }
  int64_t size() const { return copy.empty() ? view.size() : copy.size(); }

private:
  llvm::ArrayRef<char> view;
  std::vector<char> copy;
};

/// Nothing for constants that are neither dense nor a resource whose bytes are there and of the
/// right number, and for elements that are not whole bytes.
std::optional<ConstantBytes> getConstantBytes(mlir::ElementsAttr attr);

/// The key of a resource, "" for others.
std::string getConstantName(mlir::ElementsAttr attr);

/// A `dense_resource` of `type` called `name` (made unique), its bytes written by `fill`.
mlir::DenseResourceElementsAttr createResource(mlir::RankedTensorType type, llvm::StringRef name,
                                               llvm::function_ref<void(std::byte *)> fill);

} // namespace qlinalg

#endif // QLINALG_CONSTANTS_H
