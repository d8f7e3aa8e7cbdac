//===- Calibration.h - What a compiled module's sites saw -------*- C++ -*-===//

#ifndef QLINALG_RUNTIME_CALIBRATION_H
#define QLINALG_RUNTIME_CALIBRATION_H

#include "QLinalg/Runtime/Abi.h"
#include "QLinalg/Statistics/Statistics.h"

namespace qlinalg {

/// Of all calls that finished, each a batch; all sites of the module, those too that were never
/// reached. Calls may go on meanwhile.
Statistics collectedStatistics(const ModuleDescriptor &module);

/// Writes or continues the file (`continueStatistics`) and begins anew. After an error nothing is
/// lost: it can be written elsewhere.
Result<void> writeCollectedStatistics(const ModuleDescriptor &module, const std::string &path);

} // namespace qlinalg

#endif // QLINALG_RUNTIME_CALIBRATION_H
