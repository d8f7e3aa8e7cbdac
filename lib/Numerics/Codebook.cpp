//===- Codebook.cpp - The levels of nf4 and fp4 ---------------------------===//

#include "QLinalg/Numerics/Codebook.h"

#include "Levels.h"

using namespace qlinalg;

std::span<const float> qlinalg::codebook(Storage storage) {
  if (storage == Storage::NF4)
    return nf4Levels;
  if (storage == Storage::FP4)
    return fp4Levels;
  return {};
}

float qlinalg::largestLevel(Storage storage) {
  switch (storage) {
  case Storage::FP4:
    return 6;
  case Storage::F8E4M3FN:
    return 448;
  case Storage::NF4:
  case Storage::BF16:
  case Storage::F16:
    return 1;
  default:
    return static_cast<float>((1 << (bitWidth(storage) - 1)) - 1);
  }
}
