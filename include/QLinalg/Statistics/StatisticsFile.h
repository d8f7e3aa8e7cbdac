//===- StatisticsFile.h - Statistics on disk --------------------*- C++ -*-===//
//
// A safetensors file (Archive.h), one tensor a column. With S sites, K channels and B bins
// of a site (each its own):
//
//   batches           I64 [S]     finished batches that had a finite value
//   batch_maxima      F64 [S, 2]  the sum of their greatest values, see below
//   batch_minima      F64 [S, 2]  the sum of their least values
//   bins              I64 [S]     B
//   channel_magnitudes F32 [sum of K]  max |x_k|, site after site
//   channel_products  F64 [sum of K (K + 1) / 2]  sums of x_i x_k for i <= k: the upper triangle,
//                                 row after row, of each site that has it
//   channel_squares   F64 [sum of K]  sums of x_k^2
//   channels          I64 [S]     K
//   count             I64 [S]     all values, NaN and infinities among them
//   first_bin         I64 [S]     the number of the first bin
//   has_products      U8  [S]     1 for sites in channel_products
//   infinities, nans, zeros  I64 [S]  how many values
//   maximum, minimum  F32 [S]     of finite values; -infinity and infinity without one
//   negative_counts, positive_counts  I64 [sum of B]  how many values of each sign
//   rows              I64 [S]     values of each channel
//   sum, sum_of_squares  F64 [S, 2]  of finite values
//   weight_fingerprints  I64 [S]  of the weight that the values meet: its shape in the upper 32
//   bits,
//                                 its values in the lower ones, each 0 where it is not known; files
//                                 may be without
//
// Pairs are one number as a sum of two. Bin i holds magnitudes above f(i) up to f(i + 1), where
// f(i) is the f32 of bits i * 2^17 (Histogram.h). `__metadata__` has `format`
// ("qlinalg.statistics"), `version` ("1"), `sites` (a JSON array of names), `fingerprint`
// (Statistics.h) and `checksum`: the CRC-32 (IEEE 802.3, that of zlib) of all tensors' bytes by
// ascending name, 8 hexadecimal digits.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_STATISTICS_STATISTICSFILE_H
#define QLINALG_STATISTICS_STATISTICSFILE_H

#include "QLinalg/Statistics/Statistics.h"

namespace qlinalg {

/// Everything is checked, against the checksum and for sense: a file that is read can be
/// merged and shown.
Result<Statistics> readStatistics(const std::string &path);

/// Atomically. Names must be UTF-8, each once. Unfinished batches are written as finished.
Result<void> writeStatistics(const std::string &path, const Statistics &statistics);

/// Adds to the file's statistics, or makes a new file. Whoever else continues a file in the same
/// folder waits; a program that is killed meanwhile leaves the file as it was.
Result<void> continueStatistics(const std::string &path, const Statistics &statistics);

} // namespace qlinalg

#endif // QLINALG_STATISTICS_STATISTICSFILE_H
