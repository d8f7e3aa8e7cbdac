//===- NestGroup.cpp - Linalg ops that run row by row together ------------===//

#include "QLinalg/Kernels/NestGroup.h"

#include "QLinalg/Kernels/Access.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;

namespace qlinalg::kernels {

/// How many parallel loops lie around the one that runs in vectors when the op is alone.
static size_t countOwnRows(Nest nest, const Target &target) {
  chooseVectorDim(nest, {}, target);
  SmallVector<unsigned> dims = nest.getParallelDims();
  if (nest.vectorDim)
    llvm::erase(dims, *nest.vectorDim);
  if (nest.innerDim)
    llvm::erase(dims, *nest.innerDim);
  return dims.size();
}

/// The loops of `other` that index the same memory as `rows` of a nest do, as many as there are.
static SmallVector<unsigned> getSameRows(ArrayRef<unsigned> rows, const Access &access,
                                         const Nest &other, const Access &otherAccess) {
  SmallVector<unsigned> same;
  if (access.base != otherAccess.base || access.indices.size() != otherAccess.indices.size())
    return same;
  for (unsigned row : rows) {
    const auto *position = llvm::find_if(access.indices, [&](AffineExpr expr) {
      auto dim = dyn_cast<AffineDimExpr>(expr);
      return dim && dim.getPosition() == row;
    });
    if (position == access.indices.end())
      break;
    auto dim = dyn_cast<AffineDimExpr>(otherAccess.indices[position - access.indices.begin()]);
    if (!dim || other.isReduction(dim.getPosition()) || llvm::is_contained(same, dim.getPosition()))
      break;
    same.push_back(dim.getPosition());
  }
  return same;
}

bool NestGroup::add(Nest nest, const Target &target) {
  if (nests.empty()) {
    rows.push_back(nest.getParallelDims());
    nests.push_back(nest);
    return true;
  }
  SmallVector<Access> own = getAccesses(nest);
  SmallVector<unsigned> best;
  // Any memory that both touch says which loops are the same.
  for (auto [other, otherRows] : llvm::zip_equal(nests, rows))
    for (const Access &access : getAccesses(other))
      for (const Access &mine : own) {
        SmallVector<unsigned> same = getSameRows(otherRows, access, nest, mine);
        if (same.size() > best.size())
          best = same;
      }
  // Where one writes what the other touches, rows end where they are not indexed alike.
  size_t count = best.size(), least = std::max<size_t>(1, countOwnRows(nest, target));
  for (auto [other, otherRows] : llvm::zip_equal(nests, rows)) {
    least = std::max(least, countOwnRows(other, target));
    for (const Access &access : getAccesses(other))
      for (const Access &mine : own)
        if ((access.writes || mine.writes) && mayAlias(access.base, mine.base)) {
          SmallVector<unsigned> same = getSameRows(otherRows, access, nest, mine);
          same.truncate(std::min(same.size(), count));
          while (same != ArrayRef(best).take_front(same.size()))
            same.pop_back();
          count = same.size();
        }
  }
  if (count < least)
    return false;
  best.truncate(count);
  NestGroup both = *this;
  for (SmallVector<unsigned> &otherRows : both.rows)
    otherRows.truncate(count);
  both.nests.push_back(nest);
  both.rows.push_back(best);
  if (both.losesVectors(target))
    return false;
  *this = both;
  return true;
}

bool NestGroup::losesVectors(const Target &target) const {
  NestGroup finished = *this;
  finished.finish(target);
  return llvm::any_of(llvm::zip_equal(finished.nests, finished.rows), [&](auto pair) {
    auto [nest, own] = pair;
    if (nest.vectorDim ||
        own.size() == nest.getParallelDims().size() + nest.getReductionDims().size())
      return false;
    Nest alone = nest;
    chooseVectorDim(alone, {}, target);
    return alone.vectorDim.has_value();
  });
}

bool NestGroup::uses(Value memref) const {
  return llvm::any_of(nests, [&](const Nest &nest) {
    return llvm::any_of(getAccesses(nest),
                        [&](const Access &access) { return mayAlias(access.base, memref); });
  });
}

void NestGroup::finish(const Target &target) {
  // Alone, or where all of each nest would be rows, the innermost loop is left for vectors.
  auto isAllRows = [&](auto pair) {
    auto [nest, own] = pair;
    return nest.getParallelDims().size() == own.size() && nest.getReductionDims().empty();
  };
  if (nests.size() == 1) {
    chooseVectorDim(nests.front(), {}, target);
    if (nests.front().vectorDim)
      llvm::erase(rows.front(), *nests.front().vectorDim);
    if (nests.front().innerDim)
      llvm::erase(rows.front(), *nests.front().innerDim);
    return;
  }
  if (llvm::all_of(llvm::zip_equal(nests, rows), isAllRows))
    for (SmallVector<unsigned> &own : rows)
      own.pop_back();
  for (auto [nest, own] : llvm::zip_equal(nests, rows))
    chooseVectorDim(nest, own, target);
}

} // namespace qlinalg::kernels
