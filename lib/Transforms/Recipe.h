//===- Recipe.h - Settings per layer, from a YAML file ----------*- C++ -*-===//
//
//   weights: int8                  # settings of every layer
//   exclude: ["*embed_out*"]       # layers that stay as they are
//   observe: ["*.residual"]        # values that are observed too (--qlinalg-insert-observers)
//   layers:                        # rules, in this order, the later one wins
//     - match: "*.attention.*"     # a pattern or a list of them: * ? [abc]
//       weights: int4
//       group: 64
//
// A pattern is matched against the layer's name with and without ".weight" at its end. `include`
// names those that alone are quantized. A pattern that no layer matches is an error.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_TRANSFORMS_RECIPE_H
#define QLINALG_TRANSFORMS_RECIPE_H

#include "Settings.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/GlobPattern.h"

#include <memory>

namespace qlinalg {

class Recipe {
public:
  /// Without a file: `defaults` for all layers.
  explicit Recipe(Settings defaults) : defaults(defaults) {}

  /// Reads `path`, whose keys override `defaults`. Errors say "FILE:LINE:COLUMN: …".
  static llvm::Expected<Recipe> load(llvm::StringRef path, Settings defaults);

  /// The settings of the layer called `name`; `why` says why its weights are `none` where the
  /// recipe excludes it.
  Settings settingsFor(llvm::StringRef name, std::string &why) const;

  /// Marks the patterns that match a layer, whether or not it is quantized.
  void markUsed(llvm::StringRef name);
  /// The patterns that matched no layer, as they were written.
  llvm::SmallVector<std::string> unused() const;

  /// Whether a value of this name is to be observed; marks the patterns that say so.
  bool observes(llvm::StringRef name);
  /// The patterns of `observe` that matched no value.
  llvm::SmallVector<std::string> unusedObserve() const;

private:
  struct Pattern {
    /// `glob` points into it.
    std::shared_ptr<const std::string> text;
    llvm::GlobPattern glob;
    bool used = false;
    bool matches(llvm::StringRef name) const;
  };
  struct Rule {
    llvm::SmallVector<Pattern> patterns;
    llvm::SmallVector<std::pair<std::string, std::string>> settings;
    /// Sets what the rule says; gives what is wrong with it, if anything.
    std::optional<std::string> apply(Settings &settings) const;
  };
  /// Appends those that matched nothing.
  static void collectUnused(const llvm::SmallVector<Pattern> &patterns,
                            llvm::SmallVector<std::string> &texts);
  friend class RecipeReader;

  Settings defaults;
  llvm::SmallVector<Pattern> include, exclude, observe;
  std::vector<Rule> rules;
};

} // namespace qlinalg

#endif // QLINALG_TRANSFORMS_RECIPE_H
