//===- Levels.h - The nearest level of a codebook ---------------*- C++ -*-===//

#ifndef QLINALG_NUMERICS_LEVELS_H
#define QLINALG_NUMERICS_LEVELS_H

#include "Clones.h"

#include <bit>
#include <cstddef>
#include <cstdint>

namespace qlinalg {

// QLoRA, arXiv 2305.14314, appendix E.
inline constexpr float nf4Levels[16] = {
    -1.0f,
    -0.6961928009986877f,
    -0.5250730514526367f,
    -0.39491748809814453f,
    -0.28444138169288635f,
    -0.18477343022823334f,
    -0.09105003625154495f,
    0.0f,
    0.07958029955625534f,
    0.16093020141124725f,
    0.24611230194568634f,
    0.33791524171829224f,
    0.44070982933044434f,
    0.5626170039176941f,
    0.7229568362236023f,
    1.0f,
};

// E2M1 of the OCP Microscaling Formats specification 1.0, table 5.
inline constexpr float fp4Levels[16] = {0.0f,  0.5f,  1.0f,  1.5f,  2.0f,  3.0f,  4.0f,  6.0f,
                                        -0.0f, -0.5f, -1.0f, -1.5f, -2.0f, -3.0f, -4.0f, -6.0f};

/// For each step of ascending levels the least quotient that belongs to the upper
/// level: the midpoint itself where the upper index is even, else the next number.
/// The midpoints are exact in f64; rounding up to f32 loses no f32 quotient.
template <size_t count> struct Thresholds {
  float least[count];

  constexpr explicit Thresholds(const float *levels) : least() {
    for (size_t i = 0; i < count; ++i) {
      double midpoint = (static_cast<double>(levels[i]) + levels[i + 1]) / 2;
      float nearest = static_cast<float>(midpoint);
      bool tieGoesUp = (i + 1) % 2 == 0;
      bool belongsUp = nearest > midpoint || (nearest == midpoint && tieGoesUp);
      least[i] = belongsUp ? nearest : nextUp(nearest);
    }
  }

  /// Of a number that is not 0.
  static constexpr float nextUp(float value) {
    return std::bit_cast<float>(std::bit_cast<uint32_t>(value) + (value > 0 ? 1 : -1));
  }

  QLINALG_INLINE int32_t index(float quotient) const {
    int32_t index = 0;
    for (size_t i = 0; i < count; ++i)
      index += quotient >= least[i] ? 1 : 0;
    return index;
  }

  /// `levels[index(quotient)]` without a table in memory.
  QLINALG_INLINE float level(float quotient, const float *levels) const {
    float level = levels[0];
    for (size_t i = 0; i < count; ++i)
      level = quotient >= least[i] ? levels[i + 1] : level;
    return level;
  }
};

inline constexpr Thresholds<15> nf4Thresholds(nf4Levels);
/// Of magnitudes; the sign is apart.
inline constexpr Thresholds<7> fp4Thresholds(fp4Levels);

} // namespace qlinalg

#endif // QLINALG_NUMERICS_LEVELS_H
