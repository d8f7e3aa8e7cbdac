//===- Scheme.h - How numbers become codes ----------------------*- C++ -*-===//
//
// A scheme says how the elements of a weight or an activation become codes.
// This header is free of MLIR; `#qlinalg.scheme` wraps it one to one.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_NUMERICS_SCHEME_H
#define QLINALG_NUMERICS_SCHEME_H

#include <cstdint>
#include <optional>
#include <string_view>

namespace qlinalg {

/// What a code is. The names are those of the option `weights=`. In this order: integers, indices
/// of levels that the storage fixes, floats.
enum class Storage {
  Int8,
  Int7,
  Int6,
  Int5,
  Int4,
  Int3,
  Int2,
  UInt8,
  UInt7,
  UInt6,
  UInt5,
  UInt4,
  UInt3,
  UInt2,
  Int16,
  UInt16,
  NF4,
  FP4,
  F8E4M3FN,
  BF16,
  F16,
};

/// Which elements share a scale. `Channel` (a weight) and `Token` (an
/// activation) share along all of K, `Group` along a run of K, `TokenGroup` is
/// a group of an activation.
enum class Granularity { Tensor, Channel, Group, Token, TokenGroup };

/// The element types of floats in files and of scales.
enum class FloatType { F64, F32, F16, BF16 };

/// How a quotient that lies between two integers is rounded, that of a zero point
/// too. `Even` rounds ties to the even one, `Away` away from zero. Codebooks and f8
/// know only `Even`.
enum class Rounding { Even, Away };

/// Whether a value is divided by the scale or multiplied by `1 / scale`,
/// both in f32; so too the zero point. They differ in the last code where a
/// quotient is near a tie.
enum class Division { Divide, Reciprocal };

struct Scheme {
  Storage storage = Storage::Int8;
  Granularity granularity = Granularity::Channel;
  /// Elements along K that share a scale; 0 unless the granularity is `Group`
  /// or `TokenGroup`. The last group may be shorter.
  int64_t group = 0;
  bool symmetric = true;
  /// Of symmetric `uint*`: a code is a number of scales, without zero point, for what is never
  /// negative, as scales are.
  bool positive = false;
  FloatType scales = FloatType::F32;
  Rounding rounding = Rounding::Even;
  Division division = Division::Divide;

  bool operator==(const Scheme &) const = default;
};

/// Bits of one code: 2 to 8, or 16.
int bitWidth(Storage storage);
/// int2 to int8, int16, uint2 to uint8, uint16.
bool isInteger(Storage storage);
/// uint2 to uint8, uint16.
bool isUnsigned(Storage storage);
/// nf4 and fp4: a code is an index into `codebook(storage)`.
bool isCodebook(Storage storage);
/// bf16 and f16: a code is the number itself, there are no scales.
bool isDowncast(Storage storage);
/// The least and the greatest code of an integer storage.
int64_t minCode(Storage storage);
int64_t maxCode(Storage storage);
/// True when zero points are stored beside the scales: for the affine integers.
/// That of others is `impliedZeroPoint`.
bool storesZeroPoints(const Scheme &scheme);
/// The zero point of a symmetric scheme: 2^(b-1) for `uint*`, else 0.
int64_t symmetricZeroPoint(Storage storage);
/// The zero point where none is stored: that of a symmetric scheme, 0 for a positive one.
int64_t impliedZeroPoint(const Scheme &scheme);
/// Bits of a stored zero point: 8, or 16 where codes have as many; unsigned for `uint*`.
int zeroPointWidth(Storage storage);
/// The greatest |code - zero| of an integer scheme. A stored zero point may be any number of its
/// width; a symmetric code reaches 2^(b-1), not one less, where the scale was rounded to a
/// denormal.
int64_t largestDifference(const Scheme &scheme);
/// Number of scales along K for `columns` elements: `ceil(columns / group)`
/// for groups, else 1.
int64_t groupsPerRow(const Scheme &scheme, int64_t columns);

/// Bytes of one element.
int64_t byteWidth(FloatType type);

/// Names as they are written in options, attributes and files; the parsers
/// give nothing for an unknown name.
std::string_view name(Storage storage);
std::string_view name(Granularity granularity);
std::string_view name(FloatType type);
std::string_view name(Rounding rounding);
std::string_view name(Division division);
std::optional<Storage> parseStorage(std::string_view name);
std::optional<Granularity> parseGranularity(std::string_view name);
std::optional<FloatType> parseFloatType(std::string_view name);
std::optional<Rounding> parseRounding(std::string_view name);
std::optional<Division> parseDivision(std::string_view name);

} // namespace qlinalg

#endif // QLINALG_NUMERICS_SCHEME_H
