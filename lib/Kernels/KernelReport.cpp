//===- KernelReport.cpp - What a matmul is lowered to, in words -----------===//

#include "QLinalg/Kernels/KernelReport.h"

#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace qlinalg::kernels {

static std::string describeSize(int64_t size) {
  return ShapedType::isDynamic(size) ? "?" : std::to_string(size);
}

static StringRef getInstruction(const DotPlan &plan) {
  if (plan.matrix == MatrixUnit::Amx)
    return "tdpbsud";
  if (plan.matrix == MatrixUnit::I8mm)
    return "smmla";
  switch (plan.unit) {
  case DotUnit::Vnni:
    return plan.product == DotProduct::Words ? "vpdpwssd" : "vpdpbusd";
  case DotUnit::SignedDot:
    return "sdot";
  default:
    return plan.product == DotProduct::Words ? "vpmaddwd" : "vpmaddubsw";
  }
}

/// The share of the product instructions among those of a tile that go through the same ports: each
/// run ends with a conversion and a multiply-add a sum, and vpmaddubsw and vpmaddwd need additions
/// of their own, of which two of four ports do half. AMX's unit takes as long for a short step as
/// for a whole one. Each four sums of smmla are also moved to their rows.
static int64_t getPeakShare(const DotPlan &plan) {
  if (plan.matrix == MatrixUnit::Amx)
    return 100 * plan.getStep() / amxBytes;
  if (plan.product == DotProduct::ProvedPairs)
    return 50; // each vpmaddubsw has its vpmaddwd
  if (plan.run == 0)
    return 100;
  if (plan.matrix == MatrixUnit::I8mm)
    return 100 * plan.run / (plan.run + 3 * plan.getStep());
  int64_t products = plan.run / plan.getLaneElements();
  int64_t pairs = plan.product == DotProduct::BytePairs ? products / plan.pairedLanes : 0;
  // A row's scale is multiplied with; the sums of three digits become one.
  int64_t scales = plan.digits > 1 ? 6 : plan.quantizesRows ? 2 : 1;
  products *= plan.digits;
  return 100 * products / (products + pairs * plan.digits + scales);
}

/// A side that is codes: what they are, and how they lie.
static void describeSide(llvm::raw_ostream &os, StringRef name, const Side &side) {
  if (!side.scheme)
    return;
  os << ", " << name << " " << side.scheme;
  if (side.layout)
    os << " in " << side.layout;
  if (side.scalesScheme)
    os << ", its scales " << side.scalesScheme;
}

std::string describeKernel(const Contraction &c, const Target &target, const DotPlan *plan,
                           int64_t tileRows) {
  std::string text;
  llvm::raw_string_ostream os(text);
  MatmulOp op = c.op;
  os << "matmul";
  if (op.getSite())
    os << " '" << *op.getSite() << "'";
  os << ", m x n x k = " << describeSize(c.getStaticSize(c.m)) << " x "
     << describeSize(c.getStaticSize(c.n)) << " x " << describeSize(c.staticSizes[c.k]) << ": ";
  if (plan) {
    os << getInstruction(*plan) << " on " << target.vectorBits << " bits, tile of " << tileRows
       << " x " << plan->getPanel();
    if (plan->quantizesRows)
      os << ", rows of floats as " << (plan->digits > 1 ? 8 * plan->digits : 16) << " bits";
    os << ", at most " << getPeakShare(*plan) << " % of its peak";
    if (c.sums)
      os << ", sums of columns known";
  } else {
    os << (c.integer ? "slow: integers multiplied and added one by one" : "multiply-add of floats")
       << " on " << target.vectorBits << " bits, tile of " << tileRows << " rows";
  }
  describeSide(os, "rows", c.rows);
  describeSide(os, "columns", c.columns);
  if (op.givesCodes())
    os << ", result " << op.getResultSchemeAttr()
       << (op.getRequantize() ? " by multiplier and shift" : " by scale");
  return text;
}

} // namespace qlinalg::kernels
