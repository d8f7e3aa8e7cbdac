//===- PanelLayout.h - The layout that the kernels read ---------*- C++ -*-===//

#ifndef QLINALG_KERNELS_PANELLAYOUT_H
#define QLINALG_KERNELS_PANELLAYOUT_H

#include "QLinalg/Kernels/TargetTable.h"
#include "QLinalg/QLinalgDialect.h"

namespace qlinalg {

/// Bytes of one row in a lane of 32 bits.
inline constexpr int64_t laneBytes = 4;

/// The panels in which `target` reads codes of `scheme`: in blocks where groups are whole blocks
/// and whole lanes, else without. `exactPairs`: bytes stay signed, see PairBound.h.
LayoutAttr getPanelLayout(SchemeAttr scheme, const Target &target, bool exactPairs = false);

/// For the codes of one side of `op`, the other side's scheme being `other`.
LayoutAttr getPanelLayout(MatmulOp op, SchemeAttr scheme, std::optional<SchemeAttr> other,
                          const Target &target);

/// What is to be taken from a stored code, read as the number that the target's instruction takes
/// it for (unsigned, but for bytes of a `DotUnit::SignedDot`), to give the code.
int64_t getStoredOffset(SchemeAttr scheme, LayoutAttr layout, const Target &target);

} // namespace qlinalg

#endif // QLINALG_KERNELS_PANELLAYOUT_H
