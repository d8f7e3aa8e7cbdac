//===- Program.cpp - A module compiled into this process ------------------===//

#include "QLinalg/Driver/Program.h"
#include "QLinalg/Driver/Diagnostics.h"
#include "QLinalg/Runtime/Calibration.h"
#include "QLinalg/Runtime/Cuda.h"
#include "QLinalg/Runtime/Load.h"
#include "RuntimeSymbols.h"

#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SmallVectorMemoryBuffer.h"

#include <algorithm>
#include <chrono>
#include <omp.h>

using namespace qlinalg;

char CallFailure::ID = 0;

struct Program::State {
  std::unique_ptr<llvm::orc::LLJIT> jit;
  ModuleDescriptor *module = nullptr;
  std::vector<Signature> functions;
  std::vector<const FunctionSignature *> compiled;
  bool usesGpu = false;

  ~State() {
    if (usesGpu)
      releaseCuda();
    if (module)
      unloadParameters(*module);
    // Another program needs blocks of other sizes.
    freeKeptBlocks();
  }
};

Program::Program(std::unique_ptr<State> state) : state(std::move(state)) {}
Program::Program(Program &&) noexcept = default;
Program &Program::operator=(Program &&) noexcept = default;
Program::~Program() = default;

/// Takes the module over, since its memory is not needed any more afterwards.
static llvm::Expected<llvm::SmallVector<char, 0>> compileObject(LoweredModule lowered,
                                                                const Processor &processor) {
  auto machine = createTargetMachine(processor);
  if (!machine)
    return machine.takeError();
  optimize(*lowered.module, **machine);
  return emit(*lowered.module, **machine, OutputKind::Object);
}

static llvm::Expected<std::unique_ptr<llvm::orc::LLJIT>>
linkIntoProcess(llvm::SmallVector<char, 0> object, const Processor &processor) {
  auto jit = llvm::orc::LLJITBuilder()
                 .setJITTargetMachineBuilder(llvm::orc::JITTargetMachineBuilder(processor.triple))
                 // There are no constructors to run, and nothing to compile for it.
                 .setPlatformSetUp(llvm::orc::setUpInactivePlatform)
                 .create();
  if (!jit)
    return jit.takeError();
  if (llvm::Error error = defineRuntimeSymbols(**jit))
    return error;
  if (llvm::Error error = (*jit)->addObjectFile(
          std::make_unique<llvm::SmallVectorMemoryBuffer>(std::move(object), "qlinalg", false)))
    return error;
  return std::move(*jit);
}

llvm::Expected<Program> Program::compile(mlir::ModuleOp module, const CompileOptions &options,
                                         const std::vector<std::string> &parameters) {
  if (llvm::Error error = checkRunsHere(options.processor))
    return error;
  auto lowered = lowerModule(module, options);
  if (!lowered)
    return lowered.takeError();
  auto state = std::make_unique<State>();
  state->functions = lowered->functions;
  state->usesGpu = options.lowering == Lowering::Gpu;
  auto object = compileObject(std::move(*lowered), options.processor);
  if (!object)
    return object.takeError();
  auto jit = linkIntoProcess(std::move(*object), options.processor);
  if (!jit)
    return jit.takeError();
  state->jit = std::move(*jit);
  for (const Signature &function : state->functions) {
    auto address = state->jit->lookup(signatureName(function.name));
    if (!address)
      return address.takeError();
    state->compiled.push_back(address->toPtr<const FunctionSignature *>());
  }
  auto descriptor = state->jit->lookup(moduleDescriptorName);
  if (!descriptor)
    return descriptor.takeError();
  state->module = descriptor->toPtr<ModuleDescriptor *>();
  if (!parameters.empty())
    if (auto loaded = loadParameters(*state->module, parameters); !loaded)
      return makeError(loaded.error());
  return Program(std::move(state));
}

const std::vector<Signature> &Program::functions() const { return state->functions; }

llvm::Expected<const FunctionSignature *> Program::find(llvm::StringRef function) const {
  for (const FunctionSignature *signature : state->compiled)
    if (function == signature->name)
      return signature;
  return makeError("expected the name of a compiled function, got '" + function + "'");
}

llvm::Expected<std::vector<OwnedArray>> Program::call(llvm::StringRef function,
                                                      llvm::ArrayRef<ArrayView> inputs) {
  auto signature = find(function);
  if (!signature)
    return signature.takeError();
  if (auto error = checkInputs(**signature, inputs))
    return llvm::make_error<CallFailure>(std::move(*error));
  if (auto loaded = ensureLoaded(*state->module); !loaded)
    return makeError(loaded.error());
  std::vector<OwnedArray> results((*signature)->numResults);
  if (auto error = invoke(**signature, inputs, results))
    return llvm::make_error<CallFailure>(std::move(*error));
  return results;
}

llvm::Expected<BenchmarkResult>
Program::benchmark(llvm::StringRef function, llvm::ArrayRef<ArrayView> inputs, int64_t calls) {
  if (calls < 1)
    return makeError("expected at least one call, got " + llvm::Twine(calls));
  auto first = call(function, inputs);
  if (!first)
    return first.takeError();
  const FunctionSignature &signature = **find(function);
  std::vector<double> times(calls);
  std::vector<OwnedArray> results = std::move(*first);
  for (double &time : times) {
    for (OwnedArray &result : results)
      result = {};
    auto begin = std::chrono::steady_clock::now();
    auto error = invoke(signature, inputs, results);
    std::chrono::duration<double, std::nano> elapsed = std::chrono::steady_clock::now() - begin;
    if (error)
      return makeError(error->message);
    time = elapsed.count();
  }
  std::ranges::sort(times);
  double median = (times[(calls - 1) / 2] + times[calls / 2]) / 2;
  // The least time that 90 of 100 calls do not exceed.
  return BenchmarkResult{calls, median, times.front(), times[(calls * 9 + 9) / 10 - 1]};
}

std::string Program::missingParameter() const {
  const ModuleDescriptor &module = *state->module;
  return !module.state && module.numParameters ? module.parameters[0].name : "";
}

Statistics Program::statistics() const { return collectedStatistics(*state->module); }

void qlinalg::setThreads(int threads) { omp_set_num_threads(threads); }
int qlinalg::threads() { return omp_get_max_threads(); }
