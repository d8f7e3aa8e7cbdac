//===- ElementType.h - Element types of tensors in files --------*- C++ -*-===//
//
// The types of the safetensors format whose elements are whole bytes. Files
// are little-endian, and so are the machines that this library supports.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_PARAMETERS_ELEMENTTYPE_H
#define QLINALG_PARAMETERS_ELEMENTTYPE_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace qlinalg {

enum class ElementType {
  Bool,
  U8,
  I8,
  U16,
  I16,
  U32,
  I32,
  U64,
  I64,
  F8E4M3FN,
  F8E5M2,
  F8E4M3FNUZ,
  F8E5M2FNUZ,
  F8E8M0FNU,
  BF16,
  F16,
  F32,
  F64,
  C64,
};

/// Bytes of one element: 1, 2, 4 or 8. C64 is two f32.
int64_t byteWidth(ElementType type);

/// "BOOL", "U8", "F8_E4M3", …: as safetensors writes it.
std::string_view safetensorsName(ElementType type);
std::optional<ElementType> parseSafetensorsName(std::string_view name);

/// The `descr` that a `.npy` file is written with: "|b1", "<f4", …; bf16 is
/// "<u2" and the 8-bit floats are "|u1", since NumPy has no names for them.
std::string_view npyName(ElementType type);
/// The element type that a `descr` is read as, see Npy.h.
std::optional<ElementType> parseNpyName(std::string_view name);

/// Most dimensions that are read from a file; NumPy's bound too.
constexpr size_t maxRank = 64;

/// Product of the sizes, 1 for no sizes; nothing when a size is negative or
/// the product of the sizes that are not 0 is above 2^63 - 1.
std::optional<int64_t> elementCount(std::span<const int64_t> shape);
/// `elementCount * byteWidth`, nothing on overflow as well.
std::optional<int64_t> byteCount(ElementType type, std::span<const int64_t> shape);

/// "[2, 3]", which is also JSON.
std::string formatShape(std::span<const int64_t> shape);

} // namespace qlinalg

#endif // QLINALG_PARAMETERS_ELEMENTTYPE_H
