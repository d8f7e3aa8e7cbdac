//===- ElementType.cpp - Element types of tensors in files ----------------===//

#include "QLinalg/Parameters/ElementType.h"

#include <bit>
#include <limits>
#include <utility>

namespace qlinalg {

static_assert(std::endian::native == std::endian::little, "files are mapped and never swapped");

namespace {
struct TypeFacts {
  ElementType type;
  int64_t width;
  std::string_view safetensors;
  std::string_view npy;
};
} // namespace

static constexpr TypeFacts allTypes[] = {
    {ElementType::Bool, 1, "BOOL", "|b1"},
    {ElementType::U8, 1, "U8", "|u1"},
    {ElementType::I8, 1, "I8", "|i1"},
    {ElementType::U16, 2, "U16", "<u2"},
    {ElementType::I16, 2, "I16", "<i2"},
    {ElementType::U32, 4, "U32", "<u4"},
    {ElementType::I32, 4, "I32", "<i4"},
    {ElementType::U64, 8, "U64", "<u8"},
    {ElementType::I64, 8, "I64", "<i8"},
    {ElementType::F8E4M3FN, 1, "F8_E4M3", "|u1"},
    {ElementType::F8E5M2, 1, "F8_E5M2", "|u1"},
    {ElementType::F8E4M3FNUZ, 1, "F8_E4M3FNUZ", "|u1"},
    {ElementType::F8E5M2FNUZ, 1, "F8_E5M2FNUZ", "|u1"},
    {ElementType::F8E8M0FNU, 1, "F8_E8M0", "|u1"},
    {ElementType::BF16, 2, "BF16", "<u2"},
    {ElementType::F16, 2, "F16", "<f2"},
    {ElementType::F32, 4, "F32", "<f4"},
    {ElementType::F64, 8, "F64", "<f8"},
    {ElementType::C64, 8, "C64", "<c8"},
};

// What is read from `.npy` files beside the names that are written.
static constexpr std::pair<std::string_view, ElementType> npyAliases[] = {
    {"<u1", ElementType::U8},
    {"<i1", ElementType::I8},
    {"<b1", ElementType::Bool},
    {"<V1", ElementType::U8},
    {"|V1", ElementType::U8},
    {"<V2", ElementType::BF16},
    {"|V2", ElementType::BF16},
    {"<f1", ElementType::F8E5M2},
    {"|f1", ElementType::F8E5M2},
    {"bfloat16", ElementType::BF16},
    {"float8_e4m3fn", ElementType::F8E4M3FN},
    {"float8_e5m2", ElementType::F8E5M2},
    {"float8_e4m3fnuz", ElementType::F8E4M3FNUZ},
    {"float8_e5m2fnuz", ElementType::F8E5M2FNUZ},
    {"float8_e8m0fnu", ElementType::F8E8M0FNU},
};

static constexpr bool inOrder() {
  int place = 0;
  for (const TypeFacts &facts : allTypes)
    if (static_cast<int>(facts.type) != place++)
      return false;
  return true;
}
static_assert(inOrder(), "the table is indexed by the enumerator");

static const TypeFacts &factsOf(ElementType type) { return allTypes[static_cast<int>(type)]; }

int64_t byteWidth(ElementType type) { return factsOf(type).width; }

std::string_view safetensorsName(ElementType type) { return factsOf(type).safetensors; }

std::string_view npyName(ElementType type) { return factsOf(type).npy; }

std::optional<ElementType> parseSafetensorsName(std::string_view name) {
  for (const TypeFacts &facts : allTypes)
    if (facts.safetensors == name)
      return facts.type;
  return std::nullopt;
}

std::optional<ElementType> parseNpyName(std::string_view name) {
  // The first type with a name is the one that the name says: "|u1" is U8.
  for (const TypeFacts &facts : allTypes)
    if (facts.npy == name)
      return facts.type;
  for (const auto &[alias, type] : npyAliases)
    if (alias == name)
      return type;
  return std::nullopt;
}

/// The product of `factor` and the sizes that are not 0; whoever multiplies
/// the sizes in any order then stays within 64 bits.
static std::optional<int64_t> product(int64_t factor, std::span<const int64_t> shape) {
  int64_t result = factor;
  bool isEmpty = false;
  for (int64_t size : shape) {
    if (size < 0)
      return std::nullopt;
    if (size == 0)
      isEmpty = true;
    else if (size > std::numeric_limits<int64_t>::max() / result)
      return std::nullopt;
    else
      result *= size;
  }
  return isEmpty ? 0 : result;
}

std::optional<int64_t> elementCount(std::span<const int64_t> shape) { return product(1, shape); }

std::optional<int64_t> byteCount(ElementType type, std::span<const int64_t> shape) {
  return product(byteWidth(type), shape);
}

std::string formatShape(std::span<const int64_t> shape) {
  std::string text = "[";
  for (int64_t size : shape) {
    if (text.size() > 1)
      text += ", ";
    text += std::to_string(size);
  }
  return text + "]";
}

} // namespace qlinalg
