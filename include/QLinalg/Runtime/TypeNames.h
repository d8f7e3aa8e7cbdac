//===- TypeNames.h - Element types as programs write them -------*- C++ -*-===//
//
// MLIR's integers have no sign; an array of them is taken as signed.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_RUNTIME_TYPENAMES_H
#define QLINALG_RUNTIME_TYPENAMES_H

#include "QLinalg/Parameters/ElementType.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace qlinalg {

/// MLIR's names: f32, bf16, f8E4M3FN, i8, i1, and ui8 for unsigned integers.
std::string_view name(ElementType type);
std::optional<ElementType> parseElementType(std::string_view name);

/// Whether an array of `given` may stand where the program says `expected`:
/// unsigned integers where they are signed, and bytes where they are booleans.
bool accepts(ElementType expected, ElementType given);

/// `f32[4x15]`; `f32[]` for rank 0. Negative sizes are written `?`.
std::string describe(ElementType element, std::span<const int64_t> shape);

} // namespace qlinalg

#endif // QLINALG_RUNTIME_TYPENAMES_H
