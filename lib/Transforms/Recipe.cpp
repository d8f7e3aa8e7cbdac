//===- Recipe.cpp - Settings per layer, from a YAML file ------------------===//

#include "Recipe.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/YAMLParser.h"

using namespace llvm;

namespace qlinalg {

/// Reads one file. The first error is kept, with its place.
class RecipeReader {
public:
  RecipeReader(MemoryBufferRef buffer, Recipe &recipe)
      : stream(buffer, sources, /*ShowColors=*/false), recipe(recipe) {
    sources.setDiagHandler(
        [](const SMDiagnostic &diagnostic, void *reader) {
          static_cast<RecipeReader *>(reader)->fail(
              diagnostic.getFilename(), diagnostic.getLineNo(), diagnostic.getColumnNo() + 1,
              diagnostic.getMessage());
        },
        this);
  }

  Error read() {
    yaml::document_iterator document = stream.begin();
    yaml::Node *root = document == stream.end() ? nullptr : document->getRoot();
    auto *mapping = dyn_cast_or_null<yaml::MappingNode>(root);
    if (!mapping && root)
      fail(root, "expected a mapping of keys to values");
    if (mapping)
      for (yaml::KeyValueNode &entry : *mapping)
        readTop(entry);
    if (message.empty() && root && ++document != stream.end())
      message = "expected one document in a recipe, got several";
    if (message.empty() && !root)
      message = "expected a recipe, got an empty file";
    if (message.empty())
      if (std::optional<std::string> wrong = recipe.defaults.check())
        message = *wrong;
    if (message.empty())
      return Error::success();
    return createStringError(message);
  }

private:
  void fail(StringRef file, int line, int column, StringRef what) {
    if (message.empty())
      message = (file + ":" + Twine(line) + ":" + Twine(column) + ": " + what).str();
  }

  void fail(yaml::Node *node, const Twine &what) {
    if (message.empty())
      sources.PrintMessage(node->getSourceRange().Start, SourceMgr::DK_Error, what);
  }

  /// The text of a scalar.
  std::optional<std::string> text(yaml::Node *node) {
    SmallString<64> storage;
    auto *scalar = dyn_cast_or_null<yaml::ScalarNode>(node);
    std::string word = scalar ? scalar->getValue(storage).str() : "";
    if (!word.empty())
      return word;
    if (node)
      fail(node, "expected a word");
    return std::nullopt;
  }

  void readPattern(yaml::Node *node, SmallVector<Recipe::Pattern> &patterns) {
    std::optional<std::string> pattern = text(node);
    if (!pattern)
      return;
    auto stored = std::make_shared<const std::string>(std::move(*pattern));
    Expected<GlobPattern> glob = GlobPattern::create(*stored);
    if (!glob)
      return fail(node, "expected a pattern, got '" + *stored + "': " + toString(glob.takeError()));
    patterns.push_back({stored, std::move(*glob)});
  }

  /// One pattern or a list.
  void readPatterns(yaml::Node *node, SmallVector<Recipe::Pattern> &patterns) {
    auto *sequence = dyn_cast_or_null<yaml::SequenceNode>(node);
    if (!sequence)
      return readPattern(node, patterns);
    for (yaml::Node &item : *sequence)
      readPattern(&item, patterns);
  }

  void readRule(yaml::Node &node) {
    auto *mapping = dyn_cast<yaml::MappingNode>(&node);
    if (!mapping)
      return fail(&node, "expected a rule with 'match' and settings");
    Recipe::Rule rule;
    for (yaml::KeyValueNode &entry : *mapping) {
      std::optional<std::string> key = text(entry.getKey());
      if (!key)
        return;
      if (*key == "match") {
        readPatterns(entry.getValue(), rule.patterns);
        continue;
      }
      std::optional<std::string> value = text(entry.getValue());
      if (!value)
        return;
      rule.settings.emplace_back(*key, *value);
    }
    if (rule.patterns.empty())
      return fail(&node, "expected a rule with 'match'");
    Settings trial = recipe.defaults;
    if (std::optional<std::string> wrong = rule.apply(trial))
      return fail(&node, *wrong);
    recipe.rules.push_back(std::move(rule));
  }

  void readTop(yaml::KeyValueNode &entry) {
    std::optional<std::string> key = text(entry.getKey());
    if (!key)
      return;
    if (*key == "include")
      return readPatterns(entry.getValue(), recipe.include);
    if (*key == "exclude")
      return readPatterns(entry.getValue(), recipe.exclude);
    if (*key == "observe")
      return readPatterns(entry.getValue(), recipe.observe);
    if (*key == "layers") {
      auto *sequence = dyn_cast_or_null<yaml::SequenceNode>(entry.getValue());
      if (!sequence)
        return fail(entry.getKey(), "expected a list of rules");
      for (yaml::Node &rule : *sequence)
        readRule(rule);
      return;
    }
    std::optional<std::string> value = text(entry.getValue());
    if (!value)
      return;
    if (std::optional<std::string> wrong = recipe.defaults.set(*key, *value))
      fail(entry.getKey(), *wrong);
  }

  SourceMgr sources;
  yaml::Stream stream;
  Recipe &recipe;
  std::string message;
};

Expected<Recipe> Recipe::load(StringRef path, Settings defaults) {
  // A device may never end.
  if (sys::fs::get_file_type(path) == sys::fs::file_type::character_file)
    return createStringError(path + ": expected a file with a recipe, got a device");
  ErrorOr<std::unique_ptr<MemoryBuffer>> buffer = MemoryBuffer::getFile(path, /*IsText=*/true);
  if (!buffer)
    return createStringError(path + ": cannot read the recipe: " + buffer.getError().message());
  Recipe recipe(defaults);
  RecipeReader reader((*buffer)->getMemBufferRef(), recipe);
  if (Error error = reader.read())
    return std::move(error);
  return recipe;
}

bool Recipe::Pattern::matches(StringRef name) const {
  StringRef shorter = name;
  return glob.match(name) || (shorter.consume_back(".weight") && glob.match(shorter));
}

std::optional<std::string> Recipe::Rule::apply(Settings &settings) const {
  // A rule that sets one of granularity and group does not mean the other that it inherits.
  auto sets = [&](StringRef key) {
    return any_of(this->settings, [&](const auto &entry) { return entry.first == key; });
  };
  if (sets("granularity") && !sets("group"))
    settings.group.reset();
  if (sets("group") && !sets("granularity"))
    settings.granularity.reset();
  // Nor what depends on the granularity of activations.
  if (sets("activation-granularity") && !sets("activation-range"))
    settings.activationRange.reset();
  if (sets("activation-granularity") && !sets("activation-symmetric"))
    settings.activationSymmetric.reset();
  for (const auto &[key, value] : this->settings)
    if (std::optional<std::string> wrong = settings.set(key, value))
      return wrong;
  return settings.check();
}

Settings Recipe::settingsFor(StringRef name, std::string &why) const {
  Settings settings = defaults;
  auto matches = [&](const Pattern &pattern) { return pattern.matches(name); };
  for (const Rule &rule : rules)
    if (any_of(rule.patterns, matches))
      // Its keys and values were checked when the file was read.
      (void)rule.apply(settings);
  bool excluded = any_of(exclude, matches) || (!include.empty() && none_of(include, matches));
  if (excluded) {
    settings.weights.reset();
    settings.embeddings.reset();
    why = "excluded by the recipe";
  } else if (!settings.weights) {
    why = "weights=none";
  }
  return settings;
}

void Recipe::markUsed(StringRef name) {
  auto mark = [&](SmallVector<Pattern> &patterns) {
    for (Pattern &pattern : patterns)
      pattern.used |= pattern.matches(name);
  };
  mark(include);
  mark(exclude);
  for (Rule &rule : rules)
    mark(rule.patterns);
}

void Recipe::collectUnused(const SmallVector<Pattern> &patterns, SmallVector<std::string> &texts) {
  for (const Pattern &pattern : patterns)
    if (!pattern.used)
      texts.push_back(*pattern.text);
}

SmallVector<std::string> Recipe::unused() const {
  SmallVector<std::string> result;
  collectUnused(include, result);
  collectUnused(exclude, result);
  for (const Rule &rule : rules)
    collectUnused(rule.patterns, result);
  return result;
}

bool Recipe::observes(StringRef name) {
  bool wanted = false;
  for (Pattern &pattern : observe)
    if (!name.empty() && pattern.matches(name))
      pattern.used = wanted = true;
  return wanted;
}

SmallVector<std::string> Recipe::unusedObserve() const {
  SmallVector<std::string> result;
  collectUnused(observe, result);
  return result;
}

} // namespace qlinalg
