//===- LowerObservers.cpp - qlinalg.observe into updates and a table ------===//
//
//   %0 = qlinalg.observe %x site "a" …       qlinalg.record %x observer 0 …
//   %1 = qlinalg.observe %x site "b" …   ->  @qlinalg_site_table: a and b, both of observer 0
//
// Entries of the table have the layout of `SiteEntry` in Runtime/Abi.h.
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Passes.h"

#include "LLVMGlobals.h"

#include "QLinalg/QLinalgDialect.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;

namespace qlinalg {

#define GEN_PASS_DEF_LOWEROBSERVERS
#include "QLinalg/Passes.h.inc"

namespace {

/// Where a value is seen, and what is its K. Observers of one value in one block see it equally
/// often.
struct Place {
  Value value;
  Block *block;
  DenseI64ArrayAttr channels;

  bool operator==(const Place &other) const {
    return value == other.value && block == other.block && channels == other.channels;
  }
};

struct Site {
  int64_t channels = 1;
  bool withProducts = false;
  SmallVector<Place, 1> places;
  int64_t observer = 0;
  /// 0 where observers of the site say different things.
  int64_t weight = 0;

  bool seesTheSameAs(const Site &other) const {
    return channels == other.channels && withProducts == other.withProducts &&
           places == other.places;
  }
};

struct LowerObserversPass : impl::LowerObserversBase<LowerObserversPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    sites.clear();
    SmallVector<ObserveOp> observers;
    module.walk([&](ObserveOp observe) { observers.push_back(observe); });
    if (observers.empty())
      return;
    if (module.lookupSymbol("qlinalg_site_table")) {
      observers.front().emitOpError("expected a module whose observers are lowered once, all "
                                    "together, got one with a table of sites");
      return signalPassFailure();
    }
    for (ObserveOp observe : observers)
      if (failed(addSite(observe)))
        return signalPassFailure();
    numberObservers();
    for (ObserveOp observe : observers)
      record(observe);
    for (ObserveOp observe : observers) {
      observe.replaceAllUsesWith(observe.getInput());
      observe.erase();
    }
    emitSites();
  }

private:
  static Place placeOf(ObserveOp observe) {
    Value value = observe.getInput();
    while (auto inner = value.getDefiningOp<ObserveOp>())
      value = inner.getInput();
    return {value, observe->getBlock(), observe.getChannelsAttr()};
  }

  LogicalResult addSite(ObserveOp observe) {
    auto type = cast<RankedTensorType>(observe.getInput().getType());
    int64_t channels = 1;
    for (int64_t dim : observe.getChannels())
      channels *= type.getDimSize(dim);
    bool withProducts =
        bitEnumContainsAny(observe.getStatistics(), ObservedStatistics::SecondMoments);
    int64_t weight = observe.getWeight().value_or(0);
    auto [entry, isNew] =
        sites.try_emplace(observe.getSite(), Site{channels, withProducts, {}, 0, weight});
    Site &site = entry->second;
    if (site.weight != weight)
      site.weight = 0;
    if (site.channels != channels)
      return observe.emitOpError() << "expected " << site.channels << " channels as at the first "
                                   << "observer of this site, got " << channels;
    if (site.withProducts != withProducts)
      return observe.emitOpError()
             << "expected second_moments at all observers of this site or at "
                "none, got them "
             << (withProducts ? "here and not at the first" : "at the first and not here");
    Place place = placeOf(observe);
    if (!llvm::is_contained(site.places, place))
      site.places.push_back(place);
    return success();
  }

  void numberObservers() {
    SmallVector<Site *> distinct;
    for (auto &[name, site] : sites) {
      auto *same = llvm::find_if(distinct, [&](Site *other) { return other->seesTheSameAs(site); });
      site.observer = same - distinct.begin();
      if (same == distinct.end())
        distinct.push_back(&site);
    }
    recorded.assign(distinct.size(), {});
  }

  /// At the first of the observers of a place.
  void record(ObserveOp observe) {
    int64_t observer = sites[observe.getSite()].observer;
    Place place = placeOf(observe);
    if (llvm::is_contained(recorded[observer], place))
      return;
    recorded[observer].push_back(place);
    OpBuilder builder(observe);
    RecordOp::create(builder, observe.getLoc(), place.value, observer, place.channels);
  }

  void emitSites() {
    ImplicitLocOpBuilder b(getOperation().getLoc(), &getContext());
    b.setInsertionPointToEnd(getOperation().getBody());
    auto nameOf = [](int64_t i) { return "qlinalg_site." + std::to_string(i) + ".name"; };
    ArrayRef<std::pair<StringRef, Site>> entries = sites.getArrayRef();
    for (auto [i, entry] : llvm::enumerate(entries))
      emitString(b, nameOf(i), entry.first);
    Type i64 = b.getI64Type();
    emitTable(b, "qlinalg_site", entries.size(), {llvmPointer(b), i64, i64, i64, i64},
              [&](int64_t i) -> SmallVector<Value> {
                const Site &site = entries[i].second;
                return {llvmAddressOf(b, nameOf(i)), llvmInteger(b, site.channels),
                        llvmInteger(b, site.withProducts), llvmInteger(b, site.observer),
                        llvmInteger(b, site.weight)};
              });
  }

  llvm::MapVector<StringRef, Site> sites;
  /// Of each observer, the places that have a record.
  SmallVector<SmallVector<Place, 1>> recorded;
};

} // namespace
} // namespace qlinalg
