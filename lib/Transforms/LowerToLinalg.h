//===- LowerToLinalg.h - The parts of the definition ------------*- C++ -*-===//

#ifndef QLINALG_LIB_TRANSFORMS_LOWERTOLINALG_H
#define QLINALG_LIB_TRANSFORMS_LOWERTOLINALG_H

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/PatternMatch.h"

namespace qlinalg {

/// observe, quantize, dequantize, fake_quantize.
void populateLowerConvertOpsPatterns(mlir::RewritePatternSet &patterns);
void populateLowerChooseParamsPatterns(mlir::RewritePatternSet &patterns);
void populateLowerDynamicQuantizePatterns(mlir::RewritePatternSet &patterns);
/// Codes below 8 bits of which some lie across two bytes: those of 3, 5, 6 and 7 bits.
bool cutsBytes(mlir::RankedTensorType logical);
/// pack, unpack of all other types, and of those.
void populateLowerLayoutsPatterns(mlir::RewritePatternSet &patterns);
void populateLowerBitPlanesPatterns(mlir::RewritePatternSet &patterns);
/// decode_trellis, pack and unpack of its codes.
void populateLowerTrellisPatterns(mlir::RewritePatternSet &patterns);
/// sum_codes.
void populateLowerSumCodesPatterns(mlir::RewritePatternSet &patterns);
void populateLowerMatmulPatterns(mlir::RewritePatternSet &patterns);

} // namespace qlinalg

#endif // QLINALG_LIB_TRANSFORMS_LOWERTOLINALG_H
