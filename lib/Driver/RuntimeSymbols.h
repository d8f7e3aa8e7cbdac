//===- RuntimeSymbols.h - What code in this process may call ----*- C++ -*-===//

#ifndef QLINALG_LIB_DRIVER_RUNTIMESYMBOLS_H
#define QLINALG_LIB_DRIVER_RUNTIMESYMBOLS_H

#include "llvm/Support/Error.h"

namespace llvm::orc {
class LLJIT;
}

namespace qlinalg {

/// The functions of the run time (Runtime/Abi.h) by name. They are defined
/// one by one: a static executable does not offer its symbols to the loader.
llvm::Error defineRuntimeSymbols(llvm::orc::LLJIT &jit);

} // namespace qlinalg

#endif // QLINALG_LIB_DRIVER_RUNTIMESYMBOLS_H
