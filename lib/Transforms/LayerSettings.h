//===- LayerSettings.h - Options of a pass and its recipe -------*- C++ -*-===//

#ifndef QLINALG_TRANSFORMS_LAYERSETTINGS_H
#define QLINALG_TRANSFORMS_LAYERSETTINGS_H

#include "Recipe.h"
#include "Sites.h"

namespace qlinalg {

/// Keys with what a pass was given for them, "" for nothing.
using SettingOptions = llvm::ArrayRef<std::pair<llvm::StringRef, llvm::StringRef>>;

/// The options, and the recipe at `path` unless that is "". Errors are at `module`.
mlir::FailureOr<Recipe> readSettings(mlir::ModuleOp module, SettingOptions options,
                                     llvm::StringRef path);

/// An error where a pattern of the recipe matches no layer.
mlir::LogicalResult checkPatterns(mlir::ModuleOp module, Recipe &recipe, llvm::StringRef path,
                                  llvm::ArrayRef<MatmulSite> sites);

} // namespace qlinalg

#endif // QLINALG_TRANSFORMS_LAYERSETTINGS_H
