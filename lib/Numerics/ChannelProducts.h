//===- ChannelProducts.h - Sums of products of channels ---------*- C++ -*-===//

#ifndef QLINALG_NUMERICS_CHANNELPRODUCTS_H
#define QLINALG_NUMERICS_CHANNELPRODUCTS_H

#include <cstdint>

namespace qlinalg {

/// Adds the sum over rows of x_i x_k, for i <= k, to the upper triangle of `ChannelMoments`.
void addProducts(const float *values, int64_t rows, int64_t channels, double *triangle);

} // namespace qlinalg

#endif // QLINALG_NUMERICS_CHANNELPRODUCTS_H
