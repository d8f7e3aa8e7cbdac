//===- TrellisOps.h - Codes of a trellis ------------------------*- C++ -*-===//

#ifndef QLINALG_TRELLISOPS_H
#define QLINALG_TRELLISOPS_H

#include "QLinalg/Numerics/Trellis.h"
#include "QLinalg/QLinalgDialect.h"

#define GET_OP_CLASSES
#include "QLinalg/TrellisOps.h.inc"

namespace qlinalg {

/// A discardable attribute of `qlinalg.quantize` to int16: the bits of the codes of a trellis that
/// its constant becomes.
inline constexpr llvm::StringLiteral trellisAttrName = "qlinalg.trellis";

/// Panels in which the codes of a column follow one another as a stream of bits.
inline LayoutAttr getTrellisLayout(mlir::MLIRContext *context) {
  return LayoutAttr::get(context, trellisRows, 1, 1, false);
}

inline bool isTrellis(LayoutAttr layout) {
  return layout && layout == getTrellisLayout(layout.getContext());
}

/// Numbers of `scheme` in `layout` are what a trellis' codes stand for.
inline bool isTrellis(SchemeAttr scheme, LayoutAttr layout) {
  return scheme && scheme.getStorage() == Storage::Int16 && isTrellis(layout);
}

/// The bits of codes that lie so.
inline int64_t getTrellisBits(mlir::ShapedType packed) {
  return packed.getShape().back() * 8 / trellisRows;
}

} // namespace qlinalg

#endif // QLINALG_TRELLISOPS_H
