//===- LayerSettings.cpp - Options of a pass and its recipe ---------------===//

#include "LayerSettings.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace qlinalg {

FailureOr<Recipe> readSettings(ModuleOp module, SettingOptions options, StringRef path) {
  Settings settings;
  for (auto [key, value] : options)
    if (std::optional<std::string> wrong = settings.set(key, value))
      return emitError(module.getLoc()) << *wrong;
  std::optional<std::string> wrong = settings.check();
  // In a recipe there may be rules that make it static.
  if (!wrong && path.empty())
    wrong = settings.checkStaticOnly();
  if (wrong)
    return emitError(module.getLoc()) << *wrong;
  if (path.empty())
    return Recipe(settings);
  llvm::Expected<Recipe> loaded = Recipe::load(path, settings);
  if (loaded)
    return std::move(*loaded);
  return emitError(module.getLoc()) << llvm::toString(loaded.takeError());
}

LogicalResult checkPatterns(ModuleOp module, Recipe &recipe, StringRef path,
                            ArrayRef<MatmulSite> sites) {
  for (const MatmulSite &site : sites)
    recipe.markUsed(site.layer);
  SmallVector<std::string> unused = recipe.unused();
  if (unused.empty())
    return success();
  InFlightDiagnostic error = emitError(module.getLoc())
                             << path << ": expected each pattern to match a layer, got none for '"
                             << llvm::join(unused, "', '") << "'";
  Diagnostic &note = error.attachNote() << "layers: ";
  llvm::interleaveComma(sites, note, [&](const MatmulSite &site) { note << site.layer; });
  return error;
}

} // namespace qlinalg
