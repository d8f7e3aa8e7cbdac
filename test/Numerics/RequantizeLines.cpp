//===- RequantizeLines.cpp - requantize.py asks, this answers -------------===//
//
// Reads lines "SUM MULTIPLIER SHIFT" and prints what the four roundings give: once with ties
// up, to even, away; twice.
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Numerics/Requantize.h"

#include <cstdio>

using namespace qlinalg;

int main() {
  int sum, multiplier, shift;
  while (std::scanf("%d %d %d", &sum, &multiplier, &shift) == 3) {
    FixedPointScale scale{multiplier, shift};
    std::printf("%d %d %d %d\n", requantizeExactly(sum, scale, TieRounding::Up),
                requantizeExactly(sum, scale, TieRounding::Even),
                requantizeExactly(sum, scale, TieRounding::Away), requantizeTwice(sum, scale));
  }
  return 0;
}
