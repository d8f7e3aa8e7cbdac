//===- NpyHeader.h - The dictionary before an array -------------*- C++ -*-===//

#ifndef QLINALG_PARAMETERS_NPYHEADER_H
#define QLINALG_PARAMETERS_NPYHEADER_H

#include "QLinalg/Parameters/ElementType.h"
#include "QLinalg/Parameters/Result.h"

#include <string_view>
#include <vector>

namespace qlinalg {

struct NpyHeader {
  ElementType type;
  bool isFortranOrder;
  std::vector<int64_t> shape;
};

/// Reads `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }`, a
/// Python literal with these three keys in any order. Messages do not name the
/// file. The shape has no negative size and fewer than 2^63 bytes.
Result<NpyHeader> parseNpyHeader(std::string_view text);

} // namespace qlinalg

#endif // QLINALG_PARAMETERS_NPYHEADER_H
