//===- Columns.h - The columns of a statistics file -------------*- C++ -*-===//
//
// Each column is named here once, with what it holds, for the writer and the reader.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_STATISTICS_COLUMNS_H
#define QLINALG_STATISTICS_COLUMNS_H

#include "QLinalg/Parameters/ElementType.h"
#include "QLinalg/Statistics/SiteStatistics.h"

#include <string_view>

namespace qlinalg {

inline constexpr std::string_view statisticsFormat = "qlinalg.statistics";
inline constexpr std::string_view statisticsVersion = "1";

/// What a site's places in the columns of varying length depend on.
struct SiteShape {
  int64_t channels = 0;
  uint8_t hasProducts = 0;
  int64_t firstBin = 0;
  int64_t bins = 0;
};

/// Calls `visit(column, field)` for each column that has one entry a site.
template <typename Shape, typename Visit> void visitShape(Shape &shape, Visit visit) {
  visit("channels", shape.channels);
  visit("has_products", shape.hasProducts);
  visit("first_bin", shape.firstBin);
  visit("bins", shape.bins);
}

template <typename Values, typename Visit>
void visitDistribution(Values &distribution, Visit visit) {
  visit("count", distribution.count);
  visit("zeros", distribution.zeros);
  visit("nans", distribution.nans);
  visit("infinities", distribution.infinities);
  visit("minimum", distribution.least);
  visit("maximum", distribution.greatest);
  visit("sum", distribution.sum);
  visit("sum_of_squares", distribution.squares);
  visit("batches", distribution.batches);
  visit("batch_minima", distribution.leastOfBatches);
  visit("batch_maxima", distribution.greatestOfBatches);
}

template <typename Moments, typename Visit> void visitRows(Moments &channels, Visit visit) {
  visit("rows", channels.rows);
}

/// Calls `visit(column, vector)` for each column that has an entry for each channel or pair of
/// them.
template <typename Moments, typename Visit> void visitChannels(Moments &channels, Visit visit) {
  visit("channel_magnitudes", channels.magnitudes);
  visit("channel_squares", channels.squares);
  visit("channel_products", channels.products);
}

inline constexpr std::string_view weightFingerprints = "weight_fingerprints";
inline constexpr std::string_view positiveCounts = "positive_counts";
inline constexpr std::string_view negativeCounts = "negative_counts";

/// How a field is stored.
constexpr ElementType elementTypeOf(int64_t) { return ElementType::I64; }
constexpr ElementType elementTypeOf(uint8_t) { return ElementType::U8; }
constexpr ElementType elementTypeOf(float) { return ElementType::F32; }
constexpr ElementType elementTypeOf(double) { return ElementType::F64; }
/// Two numbers.
constexpr ElementType elementTypeOf(const PairSum &) { return ElementType::F64; }

} // namespace qlinalg

#endif // QLINALG_STATISTICS_COLUMNS_H
