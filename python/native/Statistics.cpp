//===- Statistics.cpp - What a calibration saw, for Python ----------------===//

#include "Bindings.h"
#include "Errors.h"
#include "StatisticsObject.h"

#include "QLinalg/Numerics/RangeMethod.h"
#include "QLinalg/Statistics/StatisticsFile.h"

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

namespace nb = nanobind;
using namespace qlinalg;
using namespace qlinalg::python;

static nb::list sitesOf(const StatisticsObject &self) {
  nb::list list;
  for (const Site &site : self.statistics.sites) {
    const Distribution &seen = site.statistics.distribution;
    nb::dict entry;
    entry["name"] = site.name;
    entry["rows"] = site.statistics.channels.rows;
    entry["count"] = seen.count;
    entry["nans"] = seen.nans;
    entry["infinities"] = seen.infinities;
    entry["least"] = seen.least;
    entry["greatest"] = seen.greatest;
    entry["mean"] = seen.mean();
    entry["deviation"] = seen.deviation();
    list.append(entry);
  }
  return list;
}

/// Edges of bins, ascending, and how many values lie between two: zeros in a bin of their own.
static nb::tuple histogramOf(const StatisticsObject &self, const std::string &name) {
  const Site *site = self.statistics.find(name);
  if (!site)
    throw Failed{Fault::Input, "expected the name of a site, got '" + name + "'"};
  const Histogram &histogram = site->statistics.distribution.histogram;
  std::vector<double> edges;
  std::vector<int64_t> counts;
  int32_t first = histogram.firstBin(), bins = histogram.bins();
  for (int32_t i = bins; i-- > 0;) {
    edges.push_back(-Histogram::edge(first + i + 1));
    counts.push_back(histogram.negative()[i]);
  }
  edges.push_back(-Histogram::edge(first));
  counts.push_back(site->statistics.distribution.zeros);
  for (int32_t i = 0; i < bins; ++i) {
    edges.push_back(Histogram::edge(first + i));
    counts.push_back(histogram.positive()[i]);
  }
  edges.push_back(Histogram::edge(first + bins));
  return nb::make_tuple(edges, counts);
}

void python::bindStatistics(nb::module_ &module) {
  nb::class_<StatisticsObject>(module, "Statistics", "What a calibration saw at each site.")
      .def_static(
          "read",
          [](const std::string &path) {
            checkExists(path);
            return StatisticsObject{valueOf(readStatistics(path))};
          },
          nb::arg("path"))
      .def(
          "write",
          [](const StatisticsObject &self, const std::string &path) {
            check(writeStatistics(path, self.statistics));
          },
          nb::arg("path"), "To a file, whole or not at all.")
      .def(
          "merge",
          [](StatisticsObject &self, const StatisticsObject &other) {
            check(self.statistics.merge(other.statistics));
          },
          nb::arg("other"), "Adds what the other has seen of the same sites.")
      .def("sites", &sitesOf, "A dict for each site, in the order of the program.")
      .def("histogram", &histogramOf, nb::arg("site"),
           "(edges, counts): one more edge than counts.");
}
