//===- QuantizeError.cpp - Why a matrix could not be quantized ------------===//

#include "QLinalg/Numerics/Float.h"
#include "QLinalg/Numerics/Quantize.h"

#include <charconv>
#include <cmath>

using namespace qlinalg;

/// The fewest digits that read back as `value`.
static std::string shortest(float value) {
  if (std::isnan(value)) // whatever its sign
    return "nan";
  char text[32];
  return {text, std::to_chars(text, text + sizeof(text), value).ptr};
}

std::string QuantizeError::message() const {
  std::string limit = " is beyond " + std::string(name(type)) + ", whose greatest number is " +
                      shortest(largestFinite(type));
  switch (kind) {
  case Kind::NotFinite:
    return "weight is " + shortest(value);
  case Kind::ScaleOverflow:
    return "scale " + shortest(value) + limit;
  case Kind::ValueOverflow:
    return "weight " + shortest(value) + limit;
  }
  return {};
}
