//===- Module.cpp - qlinalg._native ---------------------------------------===//

#include "Bindings.h"
#include "Errors.h"
#include "Stoppable.h"

#include "QLinalg/Driver/Program.h"

#include <cstdlib>

namespace nb = nanobind;
using namespace qlinalg;
using namespace qlinalg::python;

/// OpenMP's threads spin for 200 ms after each loop, in case another follows: in the way of every
/// other program. Between the loops of one call lie microseconds.
static void limitSpinning() {
  if (!std::getenv("OMP_WAIT_POLICY") && !std::getenv("KMP_LIBRARY"))
    setenv("KMP_BLOCKTIME", "1", /*overwrite=*/0);
}

NB_MODULE(_native, module) {
  module.doc() = "qlinalg's libraries: modules, passes, compiled programs, statistics, numerics.";
  limitSpinning();
  // What outlives the interpreter is ended by the process.
  nb::set_leak_warnings(false);
  registerErrors();
  bindArchives(module);
  bindPassNames(module);
  bindStatistics(module);
  bindProgram(module);
  bindModule(module);
  bindCompare(module);
  bindNumerics(module);
  module.def("set_threads", &setThreads, nb::arg("threads"),
             "Threads of compiled code that this thread calls.");
  module.def("threads", &threads, "Threads of compiled code that this thread calls.");
  module.attr("version") = QLINALG_VERSION;
  module.def("abandoned_jobs", &abandonedJobs,
             "How much interrupted work has not come to its end yet.");
}
