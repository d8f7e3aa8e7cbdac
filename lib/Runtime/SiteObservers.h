//===- SiteObservers.h - The observers of a compiled module -----*- C++ -*-===//

#ifndef QLINALG_RUNTIME_SITEOBSERVERS_H
#define QLINALG_RUNTIME_SITEOBSERVERS_H

#include "QLinalg/Runtime/Abi.h"
#include "QLinalg/Statistics/Observer.h"
#include "QLinalg/Statistics/Statistics.h"

#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

namespace qlinalg {

/// What one call sees: an observer for each number of the table.
using Batch = std::deque<Observer>;

/// What the finished calls of a module have seen, for any number of threads. A batch is of one
/// call, so that one that fails leaves nothing behind; as many are kept as there were calls at
/// once.
class SiteObservers {
public:
  explicit SiteObservers(const ModuleDescriptor &module);

  std::unique_ptr<Batch> begin();
  void finish(std::unique_ptr<Batch> batch);
  void drop(std::unique_ptr<Batch> batch);

  /// By number.
  std::vector<SiteStatistics> totals() const;
  /// The totals, which begin anew.
  std::vector<SiteStatistics> take();
  void giveBack(const std::vector<SiteStatistics> &taken);

private:
  std::vector<SiteStatistics> empty() const;

  std::span<const SiteEntry> sites;
  mutable std::mutex mutex;
  std::vector<SiteStatistics> seen;
  std::vector<std::unique_ptr<Batch>> unused;
};

/// The batch of a call on this thread, while it lives; dropped unless finished.
class ObservedCall {
public:
  /// Null observers: nothing is collected.
  explicit ObservedCall(SiteObservers *observers);
  ~ObservedCall();
  ObservedCall(const ObservedCall &) = delete;
  ObservedCall &operator=(const ObservedCall &) = delete;
  void finish();

  /// Of the innermost call on this thread; null where nothing is collected.
  static Batch *current();

private:
  SiteObservers *observers;
  std::unique_ptr<Batch> batch;
  Batch *outer;
};

} // namespace qlinalg

#endif // QLINALG_RUNTIME_SITEOBSERVERS_H
