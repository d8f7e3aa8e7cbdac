//===- Calibration.cpp - What a compiled module's sites saw ---------------===//

#include "QLinalg/Runtime/Calibration.h"

#include "ModuleState.h"
#include "QLinalg/Statistics/StatisticsFile.h"
#include "RowReader.h"

#include <new>
#include <omp.h>

using namespace qlinalg;

//===----------------------------------------------------------------------===//
// In a call
//===----------------------------------------------------------------------===//

/// Values below which waking other threads costs more than it saves.
static constexpr int64_t leastParallelValues = 1 << 15;
/// Values that are converted or gathered at a time, and rows where all products are wanted.
static constexpr int64_t blockValues = 1 << 14, productRows = 256;

/// Hands the rows that are the share of one of `parts` to `seen`.
template <typename Seen>
static void recordPart(Seen &seen, const RowReader &rows, int64_t most, int64_t part,
                       int64_t parts) {
  int64_t begin = rows.rows() * part / parts, end = rows.rows() * (part + 1) / parts;
  if (begin < end)
    rows.read(begin, end, most,
              [&](const float *values, int64_t count) { seen.update(values, count); });
}

/// False if there is no memory.
static bool recordRows(Observer &observer, const RowReader &rows) {
  bool isParallel = rows.rows() * rows.width() >= leastParallelValues;
  int64_t threads = isParallel ? std::min<int64_t>(omp_get_max_threads(), rows.rows()) : 1;
  int64_t parts = observer.prepare(threads);
  int64_t most = observer.part(0).channels.hasProducts()
                     ? productRows
                     : std::max<int64_t>(1, blockValues / rows.width());
  if (parts == 1) {
    recordPart(observer, rows, most, 0, 1);
    return true;
  }
  bool isComplete = true;
#pragma omp parallel for schedule(static, 1)
  for (int64_t part = 0; part < parts; ++part) {
    try {
      recordPart(observer.part(part), rows, most, part, parts);
    } catch (const std::bad_alloc &) {
      __atomic_store_n(&isComplete, false, __ATOMIC_RELAXED);
    }
  }
  return isComplete;
}

static void record(ElementType element, int64_t number, int64_t channelDims, int64_t rank,
                   void *descriptor) {
  Batch *batch = ObservedCall::current();
  if (!batch)
    return;
  bool isComplete = true;
  try {
    RowReader rows(element, rank, channelDims, descriptor);
    if (rows.rows() > 0 && rows.width() > 0)
      isComplete = recordRows((*batch)[number], rows);
  } catch (const std::bad_alloc &) {
    isComplete = false;
  }
  // Here nothing is left to destroy: the call is left by a jump.
  if (!isComplete)
    qlinalg_rt_assert_fail("out of memory");
}

void qlinalg_rt_record_f64(int64_t observer, int64_t channelDims, int64_t rank, void *descriptor) {
  record(ElementType::F64, observer, channelDims, rank, descriptor);
}
void qlinalg_rt_record_f32(int64_t observer, int64_t channelDims, int64_t rank, void *descriptor) {
  record(ElementType::F32, observer, channelDims, rank, descriptor);
}
void qlinalg_rt_record_f16(int64_t observer, int64_t channelDims, int64_t rank, void *descriptor) {
  record(ElementType::F16, observer, channelDims, rank, descriptor);
}
void qlinalg_rt_record_bf16(int64_t observer, int64_t channelDims, int64_t rank, void *descriptor) {
  record(ElementType::BF16, observer, channelDims, rank, descriptor);
}

//===----------------------------------------------------------------------===//
// After calls
//===----------------------------------------------------------------------===//

/// `seen` by number of the observer; none before the first call.
static Statistics nameSites(const ModuleDescriptor &module, std::span<const SiteStatistics> seen) {
  Statistics statistics;
  for (const SiteEntry &site : std::span(module.sites, static_cast<size_t>(module.numSites)))
    statistics.sites.push_back(
        {site.name,
         seen.empty() ? SiteStatistics(site.channels, site.withProducts != 0) : seen[site.observer],
         site.weight});
  return statistics;
}

/// Null before the first call.
static SiteObservers *observersOf(const ModuleDescriptor &module) {
  ModuleState *state = readState(module);
  return state && state->observers ? &*state->observers : nullptr;
}

Statistics qlinalg::collectedStatistics(const ModuleDescriptor &module) {
  SiteObservers *observers = observersOf(module);
  return nameSites(module, observers ? observers->totals() : std::vector<SiteStatistics>());
}

Result<void> qlinalg::writeCollectedStatistics(const ModuleDescriptor &module,
                                               const std::string &path) {
  SiteObservers *observers = observersOf(module);
  std::vector<SiteStatistics> taken;
  if (observers)
    taken = observers->take();
  Result<void> written = continueStatistics(path, nameSites(module, taken));
  if (!written && observers)
    observers->giveBack(taken);
  return written;
}
