//===- TypeNames.cpp - Element types as programs write them ---------------===//

#include "QLinalg/Runtime/TypeNames.h"

using namespace qlinalg;

namespace {
struct Row {
  ElementType type;
  std::string_view name;
};
} // namespace

static constexpr Row table[] = {
    {ElementType::F64, "f64"},
    {ElementType::F32, "f32"},
    {ElementType::F16, "f16"},
    {ElementType::BF16, "bf16"},
    {ElementType::F8E4M3FN, "f8E4M3FN"},
    {ElementType::F8E5M2, "f8E5M2"},
    {ElementType::F8E8M0FNU, "f8E8M0FNU"},
    {ElementType::I64, "i64"},
    {ElementType::I32, "i32"},
    {ElementType::I16, "i16"},
    {ElementType::I8, "i8"},
    {ElementType::U64, "ui64"},
    {ElementType::U32, "ui32"},
    {ElementType::U16, "ui16"},
    {ElementType::U8, "ui8"},
    {ElementType::Bool, "i1"},
    {ElementType::C64, "complex<f32>"},
};

std::string_view qlinalg::name(ElementType type) {
  for (const Row &row : table)
    if (row.type == type)
      return row.name;
  return "an unknown type";
}

std::optional<ElementType> qlinalg::parseElementType(std::string_view name) {
  for (const Row &row : table)
    if (row.name == name)
      return row.type;
  return std::nullopt;
}

bool qlinalg::accepts(ElementType expected, ElementType given) {
  if (expected == given)
    return true;
  switch (expected) {
  case ElementType::Bool:
  case ElementType::I8:
    return given == ElementType::U8;
  case ElementType::I16:
    return given == ElementType::U16;
  case ElementType::I32:
    return given == ElementType::U32;
  case ElementType::I64:
    return given == ElementType::U64;
  default:
    return false;
  }
}

std::string qlinalg::describe(ElementType element, std::span<const int64_t> shape) {
  std::string text(name(element));
  text += '[';
  for (size_t i = 0; i < shape.size(); ++i) {
    if (i)
      text += 'x';
    text += shape[i] < 0 ? "?" : std::to_string(shape[i]);
  }
  return text + ']';
}
