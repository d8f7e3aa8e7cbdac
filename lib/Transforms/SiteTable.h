//===- SiteTable.h - The sites of a statistics file -------------*- C++ -*-===//
//
// Apart from Statistics.h: to the dialect, `Statistics` is what an observer shall collect.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_TRANSFORMS_SITETABLE_H
#define QLINALG_TRANSFORMS_SITETABLE_H

#include "QLinalg/Parameters/Result.h"
#include "QLinalg/Statistics/SiteStatistics.h"

#include "mlir/IR/Location.h"
#include "mlir/Support/LLVM.h"

#include <string>
#include <string_view>
#include <vector>

namespace qlinalg {

class SiteTable {
public:
  static Result<SiteTable> read(const std::string &path);

  struct Entry {
    std::string name;
    SiteStatistics statistics;
    /// `Site::weight` of Statistics.h.
    int64_t weight;
  };

  /// Null when there is no such site.
  const Entry *find(std::string_view name) const;

  /// In the order of the program.
  std::vector<Entry> sites;
};

/// An error that says which sites the file at `path` has.
mlir::LogicalResult emitMissingSite(mlir::Location loc, const SiteTable &table,
                                    llvm::StringRef path, llvm::StringRef site);

} // namespace qlinalg

#endif // QLINALG_TRANSFORMS_SITETABLE_H
