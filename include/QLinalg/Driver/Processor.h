//===- Processor.h - What code is generated for -----------------*- C++ -*-===//

#ifndef QLINALG_DRIVER_PROCESSOR_H
#define QLINALG_DRIVER_PROCESSOR_H

#include "llvm/Support/Error.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Triple.h"

#include <memory>
#include <string>

namespace qlinalg {

struct Processor {
  /// As it was asked for.
  std::string name;
  llvm::Triple triple;
  /// LLVM's name, and features that are not those of the name ("+avx2,-avx512f").
  std::string cpu;
  std::string features;
};

/// `native`, LLVM's name of a processor of x86-64 or AArch64, or one of
/// Kernels/TargetTable.h. An unknown name is an error.
llvm::Expected<Processor> resolveProcessor(llvm::StringRef name);

/// An error that names what this machine's processor lacks.
llvm::Error checkRunsHere(const Processor &processor);

/// LLVM's names of the instruction sets that code for it comes to use.
std::vector<std::string> instructionSets(const Processor &processor);

/// Position independent code, full optimization.
llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
createTargetMachine(const Processor &processor);

} // namespace qlinalg

#endif // QLINALG_DRIVER_PROCESSOR_H
