//===- CompareText.h - What --compare prints --------------------*- C++ -*-===//
//
// --report-output is the object of --qlinalg-report (QLinalg/Transforms/ModelReport.h) for the
// quantized module, with more members:
//
//   reference     the file that --reference names, null without
//   batches       number of calls
//   sites         worst first, by sqnr_db; each also a line of standard output:
//     site                 the matmul's name; LAYER.gather for rows that are looked up
//     layer                its weight's name in `layers`; null where it is not known
//     location             FILE:LINE:COLUMN in the quantized module
//     reference_location   and in the reference; null without
//     scheme, activations  as in `layers`
//     weight_sqnr_db       of the layer
//     sqnr_db, cosine, relative_l2                    of its output in the quantized program
//     local_sqnr_db, local_cosine, local_relative_l2  of its output where all sites before it give
//     what floats give saturation           share of the activation's codes that are the least or
//     the greatest code, unless that stands
//                          for 0; null where the activations are floats
//   unquantized   names of the reference's sites that are floats in the quantized module too
//   results       result, max_abs, relative_l2, sqnr_db, cosine of each of the function's results;
//   lines too
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_DRIVER_COMPARETEXT_H
#define QLINALG_DRIVER_COMPARETEXT_H

#include "QLinalg/Driver/Compare.h"

namespace qlinalg {

/// `{"result": 0, "max_abs": …}`
std::string resultJson(size_t index, const ErrorMeasures &measures);

/// The lines of standard output.
std::string comparisonLines(const Comparison &comparison);

/// For 80 columns; `reference` is "" where the floats are made of the module itself.
std::string comparisonTable(const Comparison &comparison, llvm::StringRef reference);

std::string comparisonJson(const Comparison &comparison, llvm::StringRef reference, size_t batches);

} // namespace qlinalg

#endif // QLINALG_DRIVER_COMPARETEXT_H
