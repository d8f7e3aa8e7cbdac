//===- MSERange.cpp - The range of least expected squared error -----------===//
//
// Ends move towards 0 in steps of 1/16 of a binade, both together, then each by itself, then all
// in eighths of such steps around the best. Saturation only grows on the way, so an end stops
// where that alone costs more than the best range.
//
//===----------------------------------------------------------------------===//

#include "ErrorModel.h"

#include <algorithm>
#include <cmath>

using namespace qlinalg;

namespace {

struct Search {
  const ErrorModel &model;
  Bounds best;
  double error;

  /// Takes the bounds where they are better; false when no narrower ones can be.
  bool look(Bounds bounds) {
    ExpectedError found = model.of(withinSeen(model.distribution, bounds));
    if (found.total() < error) {
      best = bounds;
      error = found.total();
    }
    return found.saturation < error;
  }

  /// Two ends are cut at a magnitude, or scaled alone from where they stand.
  template <typename Narrow> void shrink(Narrow narrow) {
    constexpr int binades = 32; // from there on the lowest codes hold everything
    for (int step = 1; step <= 16 * binades; ++step)
      if (!look(narrow(std::exp2(-step / 16.0))))
        return;
  }
  template <typename Narrow> void refine(Narrow narrow) {
    for (int step = -7; step <= 7; ++step)
      look(narrow(std::exp2(-step / 128.0)));
  }
};

} // namespace

Bounds qlinalg::mseRange(const ErrorModel &model) {
  Bounds whole = minMaxRange(model.distribution);
  Search search{model, whole, model.of(withinSeen(model.distribution, whole)).total()};
  double magnitude = model.distribution.magnitude();
  auto bothTo = [&](double factor) {
    double end = magnitude * factor;
    return Bounds{std::max(whole.least, -end), std::min(whole.greatest, end)};
  };
  auto both = [&](Bounds from) {
    return [=](double factor) { return Bounds{from.least * factor, from.greatest * factor}; };
  };
  auto lower = [&](Bounds from) {
    return [=](double factor) { return Bounds{from.least * factor, from.greatest}; };
  };
  auto upper = [&](Bounds from) {
    return [=](double factor) { return Bounds{from.least, from.greatest * factor}; };
  };
  search.shrink(bothTo);
  if (storesZeroPoints(model.scheme)) {
    search.shrink(lower(search.best));
    search.shrink(upper(search.best));
    search.refine(lower(search.best));
    search.refine(upper(search.best));
  }
  search.refine(both(search.best));
  return search.best;
}
