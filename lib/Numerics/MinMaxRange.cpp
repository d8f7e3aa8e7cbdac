//===- MinMaxRange.cpp - Everything that was seen -------------------------===//

#include "Ranges.h"

using namespace qlinalg;

Bounds qlinalg::minMaxRange(const Distribution &distribution) {
  return {distribution.least, distribution.greatest};
}
