//===- Statistics.cpp - What was seen of a model --------------------------===//

#include "QLinalg/Statistics/Statistics.h"
#include "QLinalg/Parameters/Json.h"

#include <algorithm>
#include <cstdio>
#include <map>

using namespace qlinalg;

namespace {

using ByName = std::map<std::string_view, const Site *>;

ByName byName(const Statistics &statistics) {
  ByName sites;
  for (const Site &site : statistics.sites)
    sites.emplace(site.name, &site);
  return sites;
}

std::string quoted(const Site &site) { return "site " + quoteForMessage(site.name); }

/// What keeps two sites of one name from being merged; empty when nothing does.
std::string difference(const Site &ourSite, const Site &theirSite) {
  const SiteStatistics &ours = ourSite.statistics, &theirs = theirSite.statistics;
  int64_t channels = ours.channels.channels(), others = theirs.channels.channels();
  if (channels != others)
    return "expected " + std::to_string(channels) + " channels, got " + std::to_string(others);
  auto kind = [](const SiteStatistics &site) {
    return site.channels.hasProducts() ? "full" : "diagonal";
  };
  if (ours.channels.hasProducts() != theirs.channels.hasProducts())
    return std::string("expected ") + kind(ours) + " moments, got " + kind(theirs);
  if (!mergeWeights(ourSite.weight, theirSite.weight))
    return "expected values that meet the same weight, got those of another";
  return {};
}

} // namespace

std::optional<int64_t> qlinalg::mergeWeights(int64_t ours, int64_t theirs) {
  for (uint64_t half : {uint64_t{0xffffffff} << 32, uint64_t{0xffffffff}})
    if (uint64_t x = ours & half, y = theirs & half; x && y && x != y)
      return std::nullopt;
  return ours | theirs;
}

const Site *Statistics::find(std::string_view name) const {
  auto place = std::ranges::find(sites, name, &Site::name);
  return place == sites.end() ? nullptr : &*place;
}

std::string Statistics::fingerprint() const {
  uint64_t hash = 0xcbf29ce484222325;
  for (const auto &[name, site] : byName(*this)) {
    std::string text(name);
    text += '\0';
    text += std::to_string(site->statistics.channels.channels()) + "\n";
    for (char c : text)
      hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  }
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(hash));
  return digits;
}

Result<void> Statistics::merge(const Statistics &other) {
  ByName theirs = byName(other);
  for (const Site &site : sites) {
    auto found = theirs.find(site.name);
    if (found == theirs.end())
      return Failure{"expected statistics of the same model, got none of " + quoted(site)};
    if (std::string problem = difference(site, *found->second); !problem.empty())
      return Failure{"expected statistics of the same model: " + quoted(site) + ": " + problem};
  }
  if (other.sites.size() > sites.size()) {
    ByName ours = byName(*this);
    for (const Site &site : other.sites)
      if (!ours.contains(site.name))
        return Failure{"expected statistics of the same model, got an unknown " + quoted(site)};
  }
  for (Site &site : sites) {
    const Site &their = *theirs.find(site.name)->second;
    site.statistics.merge(their.statistics);
    site.weight = *mergeWeights(site.weight, their.weight);
  }
  return {};
}
