//===- SiteObservers.cpp - The observers of a compiled module -------------===//

#include "SiteObservers.h"

using namespace qlinalg;

/// The first site of each number, in their order.
static std::vector<const SiteEntry *> observersOf(std::span<const SiteEntry> sites) {
  std::vector<const SiteEntry *> observers;
  for (const SiteEntry &site : sites)
    if (site.observer == static_cast<int64_t>(observers.size()))
      observers.push_back(&site);
  return observers;
}

SiteObservers::SiteObservers(const ModuleDescriptor &module)
    : sites(module.sites, static_cast<size_t>(module.numSites)), seen(empty()) {}

std::vector<SiteStatistics> SiteObservers::empty() const {
  std::vector<SiteStatistics> statistics;
  for (const SiteEntry *site : observersOf(sites))
    statistics.emplace_back(site->channels, site->withProducts != 0);
  return statistics;
}

std::unique_ptr<Batch> SiteObservers::begin() {
  {
    std::lock_guard lock(mutex);
    if (!unused.empty()) {
      std::unique_ptr<Batch> batch = std::move(unused.back());
      unused.pop_back();
      return batch;
    }
  }
  auto batch = std::make_unique<Batch>();
  for (const SiteEntry *site : observersOf(sites))
    batch->emplace_back(site->channels, site->withProducts != 0);
  return batch;
}

void SiteObservers::finish(std::unique_ptr<Batch> batch) {
  std::lock_guard lock(mutex);
  for (size_t i = 0; i < seen.size(); ++i)
    (*batch)[i].moveTo(seen[i]);
  unused.push_back(std::move(batch));
}

void SiteObservers::drop(std::unique_ptr<Batch> batch) {
  for (Observer &observer : *batch)
    observer.clear();
  std::lock_guard lock(mutex);
  unused.push_back(std::move(batch));
}

std::vector<SiteStatistics> SiteObservers::totals() const {
  std::lock_guard lock(mutex);
  return seen;
}

std::vector<SiteStatistics> SiteObservers::take() {
  std::vector<SiteStatistics> taken = empty();
  std::lock_guard lock(mutex);
  taken.swap(seen);
  return taken;
}

void SiteObservers::giveBack(const std::vector<SiteStatistics> &taken) {
  std::lock_guard lock(mutex);
  for (size_t i = 0; i < seen.size(); ++i)
    seen[i].merge(taken[i]);
}

static thread_local Batch *innermost = nullptr;

ObservedCall::ObservedCall(SiteObservers *observers)
    : observers(observers), batch(observers ? observers->begin() : nullptr), outer(innermost) {
  innermost = batch.get();
}

ObservedCall::~ObservedCall() {
  innermost = outer;
  if (batch)
    observers->drop(std::move(batch));
}

void ObservedCall::finish() {
  if (batch)
    observers->finish(std::move(batch));
}

Batch *ObservedCall::current() { return innermost; }
