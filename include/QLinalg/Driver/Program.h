//===- Program.h - A module compiled into this process ----------*- C++ -*-===//

#ifndef QLINALG_DRIVER_PROGRAM_H
#define QLINALG_DRIVER_PROGRAM_H

#include "QLinalg/Driver/Codegen.h"
#include "QLinalg/Runtime/Invoke.h"
#include "QLinalg/Statistics/Statistics.h"

#include <memory>

namespace qlinalg {

/// A call that did not happen or did not finish.
class CallFailure : public llvm::ErrorInfo<CallFailure> {
public:
  static char ID;
  explicit CallFailure(CallError error) : status(error.status), text(std::move(error.message)) {}
  void log(llvm::raw_ostream &os) const override { os << text; }
  std::error_code convertToErrorCode() const override { return llvm::inconvertibleErrorCode(); }

  const Status status;

private:
  std::string text;
};

/// Times of calls of one function, in nanoseconds.
struct BenchmarkResult {
  int64_t calls;
  double median;
  double minimum;
  /// The 90th percentile.
  double p90;
};

/// Compiled code and its parameters, until it is destroyed. Calls from several
/// threads at once are fine.
class Program {
public:
  /// Compiles the functions that `options` keeps. `parameters` are safetensors
  /// files or indices of shards, for the tensors outside the module.
  static llvm::Expected<Program> compile(mlir::ModuleOp module, const CompileOptions &options,
                                         const std::vector<std::string> &parameters = {});
  Program(Program &&) noexcept;
  Program &operator=(Program &&) noexcept;
  ~Program();

  const std::vector<Signature> &functions() const;

  /// Arrays that do not fit, and a failed assertion of the program, are a CallFailure.
  llvm::Expected<std::vector<OwnedArray>> call(llvm::StringRef function,
                                               llvm::ArrayRef<ArrayView> inputs);

  /// Calls once, then `calls` times with the clock running. Results are freed
  /// after each call, outside the measured time, so that the allocator hands
  /// the same memory to the next one.
  llvm::Expected<BenchmarkResult> benchmark(llvm::StringRef function,
                                            llvm::ArrayRef<ArrayView> inputs, int64_t calls);

  /// The name of a tensor outside the module where none is loaded, "" where none is missing.
  std::string missingParameter() const;

  /// What the sites saw in all calls that succeeded (`CompileOptions::observers`), a batch each.
  Statistics statistics() const;

private:
  struct State;
  explicit Program(std::unique_ptr<State> state);
  llvm::Expected<const FunctionSignature *> find(llvm::StringRef function) const;
  std::unique_ptr<State> state;
};

/// Threads for compiled code that this thread calls: at first OMP_NUM_THREADS,
/// or one for each core.
void setThreads(int threads);
int threads();

} // namespace qlinalg

#endif // QLINALG_DRIVER_PROGRAM_H
