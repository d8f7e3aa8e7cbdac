//===- InputMoments.cpp - What was seen of a weight's inputs --------------===//

#include "InputMoments.h"

#include "Sites.h"

#include "QLinalg/Parameters/FileMapping.h"

#include "mlir/IR/Threading.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/xxhash.h"

using namespace mlir;

namespace qlinalg {

ForEach threadsOf(MLIRContext *context) {
  return [context](int64_t count, const std::function<void(int64_t)> &work) {
    parallelFor(context, 0, count, [&](size_t i) { work(static_cast<int64_t>(i)); });
  };
}

uint64_t hashBytes(std::span<const std::byte> bytes) {
  return llvm::xxh3_64bits(ArrayRef(reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size()));
}

LogicalResult InputMoments::open(ModuleOp module, StringRef statistics, StringRef heldOutFile) {
  path = statistics.str();
  heldOutPath = heldOutFile.str();
  hash.reset();
  auto read = [&](const std::string &file, std::optional<SiteTable> &table) -> LogicalResult {
    table.reset();
    if (file.empty())
      return success();
    Result<SiteTable> result = SiteTable::read(file);
    if (!result)
      return emitError(module.getLoc()) << result.error();
    table = std::move(*result);
    return success();
  };
  if (path.empty() && !heldOutPath.empty())
    return emitError(module.getLoc()) << "expected statistics=FILE with held-out=" << heldOutPath;
  return failure(failed(read(path, fitted)) || failed(read(heldOutPath, heldOut)));
}

uint64_t InputMoments::getHash() {
  if (hash)
    return *hash;
  hash = 0;
  for (const std::string &file : {path, heldOutPath})
    if (!file.empty())
      if (Result<FileMapping> mapped = FileMapping::open(file))
        hash = *hash * 31 + hashBytes(mapped->bytes());
  return *hash;
}

/// Moments of x / f for those of x.
static void divideChannels(ChannelMoments &moments, ArrayRef<float> factors) {
  int64_t channels = moments.channels();
  for (int64_t i = 0; i < channels; ++i) {
    double factor = factors[i];
    moments.magnitudes[i] /= factors[i];
    moments.squares[i] /= factor * factor;
    if (!moments.hasProducts())
      continue;
    double *row = moments.products.data() + ChannelMoments::triangleRow(i, channels);
    for (int64_t k = i; k < channels; ++k)
      row[k] /= factor * factors[k];
  }
}

FailureOr<ChannelMoments> InputMoments::sum(const WeightReaders &weight, const SiteTable &table,
                                            StringRef file, MomentsNeeded needed) const {
  bool withProducts = needed == MomentsNeeded::Products;
  ChannelMoments sum(weight.columns, withProducts);
  for (StringRef matmul : weight.sites) {
    std::string name = (matmul + inputSuffix).str();
    const SiteTable::Entry *site = table.find(name);
    if (!site)
      return emitMissingSite(weight.loc, table, file, name);
    const ChannelMoments &seen = site->statistics.channels;
    if (seen.channels() != weight.columns)
      return emitError(weight.loc) << "layer '" << weight.layer << "': expected " << weight.columns
                                   << " channels at site '" << name << "', got " << seen.channels()
                                   << " in " << file << ": statistics of another model?";
    if (withProducts && !seen.hasProducts())
      return emitError(weight.loc)
             << "layer '" << weight.layer << "': expected all products of channels at site '"
             << name << "', got the diagonal alone in " << file
             << ": calibrate with --qlinalg-insert-observers=moments=full";
    if (seen.hasProducts() == withProducts) {
      sum.merge(seen);
      continue;
    }
    sum.rows += seen.rows;
    for (int64_t k = 0; k < weight.columns; ++k) {
      sum.magnitudes[k] = std::max(sum.magnitudes[k], seen.magnitudes[k]);
      sum.squares[k] += seen.squares[k];
    }
  }
  for (const RowScaling &scaling : weight.scalings)
    if (scaling.dim + 1 == weight.rank &&
        llvm::all_of(scaling.factors, [](float factor) { return factor != 0; }))
      divideChannels(sum, scaling.factors);
  return sum;
}

FailureOr<WeightInput> InputMoments::find(const WeightReaders &weight, MomentsNeeded needed,
                                          bool isJudged) const {
  if (!fitted)
    return emitError(weight.loc) << "layer '" << weight.layer
                                 << "': expected statistics=FILE with a method that needs data";
  FailureOr<ChannelMoments> moments = sum(weight, *fitted, path, needed);
  if (failed(moments))
    return failure();
  WeightInput input;
  input.model.emplace();
  if (std::optional<MomentError> wrong = InputModel::make(
          *moments, needed, *input.model, defaultDamping, threadsOf(weight.loc.getContext())))
    return emitError(weight.loc) << "layer '" << weight.layer << "': site '" << weight.sites.front()
                                 << inputSuffix << "' in " << path << ": " << wrong->message();
  if (isJudged && heldOut) {
    moments = sum(weight, *heldOut, heldOutPath, needed);
    if (failed(moments))
      return failure();
    input.isHeldOut = true;
  }
  if (isJudged)
    input.judged.emplace(*moments);
  return input;
}

} // namespace qlinalg
