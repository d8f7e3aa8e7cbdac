//===- quant-run.cpp - Run a module on .npy files -------------------------===//
//
// Compiles one function of a module into this process, calls it, compares its
// results and measures its time. Standard output carries JSON lines only.
//
//===----------------------------------------------------------------------===//

#include "Arrays.h"
#include "Collected.h"
#include "QLinalg/Driver/CommandLine.h"
#include "QLinalg/Driver/CompareText.h"
#include "QLinalg/Driver/Diagnostics.h"
#include "QLinalg/Driver/Load.h"
#include "QLinalg/Driver/Program.h"
#include "QLinalg/Runtime/Cuda.h"

#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/raw_ostream.h"

#include <cstdlib>

using namespace qlinalg;

static constexpr llvm::StringLiteral usage =
    R"(usage: quant-run FILE [options]
  FILE                       a module of linalg or qlinalg, text or bytecode
  --entry=NAME               the function to run (main, or the only public one)
  --input=A.npy              one for each argument, in their order
  --output=Y.npy             where results go, in their order
  --expect=E.npy             what results are compared with, in their order
  --parameters=W.safetensors tensors outside the module; shards, or their index, too
  --lowering=cpu|linalg      the fast code, or the definition as plain loops
  --cpu=NAME                 native, a name of LLVM's, avx2, avxvnni, avx512vnni, amx
  --threads=N                all cores if not given
  --benchmark=N              the times of N calls
  --statistics=FILE          add what the first call's values were where qlinalg.observe
                             stands, or make a new file
  --report=true|false        on standard error, what each matmul is lowered to
  --compare=float            each quantized site beside what it gives in floats, instead of outputs
  --reference=FLOAT.mlir     the module before quantization; without it, activations are left in floats
  --reference-parameters=W.safetensors  the tensors outside of the reference
  --report-output=FILE.json  the comparison, and what each weight costs, as one object
  --target=cpu|cuda          where the code runs: the processor, or the first GPU
)";

namespace {
struct Options {
  std::string file, entry, lowering = "cpu", cpu = "native", target = "cpu", threads, benchmark,
                           report = "false", statistics, compare, reference, reportOutput;
  std::vector<std::string> inputs, outputs, expects, parameters, referenceParameters;
  Processor processor;
  int64_t calls = 0, threadCount = 0;
};
} // namespace

static llvm::Error parse(llvm::ArrayRef<const char *> arguments, Options &o) {
  const CommandLineOption options[] = {
      {"entry", &o.entry},
      {"lowering", &o.lowering},
      {"cpu", &o.cpu},
      {"target", &o.target},
      {"threads", &o.threads},
      {"benchmark", &o.benchmark},
      {"report", &o.report},
      {"input", {}, &o.inputs},
      {"output", {}, &o.outputs},
      {"expect", {}, &o.expects},
      {"parameters", {}, &o.parameters},
      {"statistics", &o.statistics},
      {"compare", &o.compare},
      {"reference", &o.reference},
      {"report-output", &o.reportOutput},
      {"reference-parameters", {}, &o.referenceParameters},
  };
  if (llvm::Error error = parseCommandLine(arguments, options, o.file))
    return error;
  if (o.lowering != "cpu" && o.lowering != "linalg")
    return makeError("expected --lowering=cpu or linalg, got '" + o.lowering + "'");
  if (o.report != "true" && o.report != "false")
    return makeError("expected --report=true or false, got '" + o.report + "'");
  if (o.target != "cpu" && o.target != "cuda")
    return makeError("expected --target=cpu or cuda, got '" + o.target + "'");
  if (o.target == "cuda" && (o.lowering != "cpu" || !o.compare.empty() || !o.statistics.empty()))
    return makeError("expected --target=cuda without --lowering, --compare and --statistics");
  if (!o.compare.empty() && o.compare != "float")
    return makeError("expected --compare=float, got '" + o.compare + "'");
  for (auto [name, isGiven] : {std::pair("--reference", !o.reference.empty()),
                               {"--reference-parameters", !o.referenceParameters.empty()},
                               {"--report-output", !o.reportOutput.empty()}})
    if (isGiven && o.compare.empty())
      return makeError(llvm::Twine("expected ") + name + " with --compare=float");
  for (auto [name, isGiven] : {std::pair("--output", !o.outputs.empty()),
                               {"--expect", !o.expects.empty()},
                               {"--benchmark", !o.benchmark.empty()},
                               {"--statistics", !o.statistics.empty()}})
    if (isGiven && !o.compare.empty())
      return makeError(llvm::Twine("expected --compare without ") + name);
  if (o.reference.empty() && !o.referenceParameters.empty())
    return makeError("expected --reference-parameters with --reference");
  for (auto [name, text, number] : {std::tuple("threads", &o.threads, &o.threadCount),
                                    std::tuple("benchmark", &o.benchmark, &o.calls)}) {
    if (text->empty())
      continue;
    auto parsed = parseNumber(name, *text, 1);
    if (!parsed)
      return parsed.takeError();
    *number = *parsed;
  }
  auto processor = resolveProcessor(o.cpu);
  if (!processor)
    return processor.takeError();
  o.processor = *processor;
  return llvm::Error::success();
}

static std::string benchmarkLine(const BenchmarkResult &result, const Processor &processor) {
  return JsonObject()
             .add("calls", result.calls)
             .add("median_ns", result.median)
             .add("min_ns", result.minimum)
             .add("p90_ns", result.p90)
             .add("threads", static_cast<int64_t>(threads()))
             .add("cpu", processor.name == "native" ? processor.cpu : processor.name)
             .text() +
         "\n";
}

/// Each batch is all inputs of one call.
static llvm::Expected<std::vector<std::vector<ArrayView>>>
splitBatches(std::vector<NpyArray> &inputs, const Signature &signature) {
  size_t each = signature.inputs.size();
  if (inputs.empty() && each == 0)
    return std::vector<std::vector<ArrayView>>(1);
  if (each == 0 || inputs.empty() || inputs.size() % each != 0)
    return makeError("expected --input for each of the " + llvm::Twine(each) + " arguments of '" +
                     signature.name + "', once or for each of several calls, got " +
                     llvm::Twine(inputs.size()));
  std::vector<std::vector<ArrayView>> batches;
  for (size_t first = 0; first < inputs.size(); first += each) {
    batches.push_back(asInputs(llvm::MutableArrayRef(inputs).slice(first, each), signature));
    if (llvm::Error error = checkInputs(signature, batches.back()))
      return error;
  }
  return batches;
}

/// Compares the quantized function with its floats; `lines` as in `run`.
static llvm::Error runComparison(const Options &options, mlir::ModuleOp module,
                                 const Signature &signature, const CompileOptions &compile,
                                 std::string &lines) {
  auto inputs = readArrays(options.inputs);
  if (!inputs)
    return inputs.takeError();
  auto batches = splitBatches(*inputs, signature);
  if (!batches)
    return batches.takeError();
  mlir::OwningOpRef<mlir::ModuleOp> reference;
  if (!options.reference.empty()) {
    auto loaded = loadModule(*module.getContext(), options.reference);
    if (!loaded)
      return loaded.takeError();
    reference = std::move(*loaded);
  }
  auto comparison = compareWithFloats(module, signature.name, compile, options.parameters,
                                      {reference.get(), options.referenceParameters}, *batches);
  if (!comparison)
    return comparison.takeError();
  if (!options.reportOutput.empty()) {
    DiagnosticCollector diagnostics(module.getContext());
    if (failed(writeReport(mlir::UnknownLoc::get(module.getContext()), options.reportOutput,
                           comparisonJson(*comparison, options.reference, batches->size()))))
      return diagnostics.take("cannot write '" + options.reportOutput + "'");
  }
  llvm::errs() << comparisonTable(*comparison, options.reference);
  lines = comparisonLines(*comparison);
  return llvm::Error::success();
}

/// Runs everything; `lines` is what goes to standard output, after the files are written.
static llvm::Error run(const Options &options, std::string &lines) {
  std::string chip;
  if (options.target == "cuda") {
    auto opened = openCuda();
    if (!opened)
      return makeError("cannot run on --target=cuda: " + opened.error());
    chip = *opened;
  }
  if (options.threadCount)
    setThreads(static_cast<int>(std::min<int64_t>(options.threadCount, 1024)));
  mlir::DialectRegistry registry;
  registerForCompilation(registry);
  mlir::MLIRContext context(registry);
  auto module = loadModule(context, options.file);
  if (!module)
    return module.takeError();
  auto entry = chooseEntry(**module, options.entry);
  if (!entry)
    return entry.takeError();
  auto signature = readSignature((*module)->lookupSymbol<mlir::func::FuncOp>(*entry));
  if (!signature)
    return signature.takeError();
  for (auto [option, given] : {std::pair("--output", options.outputs.size()),
                               std::pair("--expect", options.expects.size())})
    if (given > signature->results.size())
      return makeError("expected " + llvm::Twine(option) + " at most once for each of the " +
                       llvm::Twine(signature->results.size()) + " results of '" + *entry +
                       "', got " + llvm::Twine(given));
  CompileOptions compile;
  compile.lowering = options.lowering == "cpu" ? Lowering::Cpu : Lowering::Linalg;
  if (!chip.empty())
    compile.lowering = Lowering::Gpu;
  compile.chip = chip;
  compile.processor = options.processor;
  compile.report = options.report == "true";
  compile.observers = !options.statistics.empty();
  compile.entries = {*entry};
  if (!options.compare.empty())
    return runComparison(options, **module, *signature, compile, lines);
  auto inputs = readArrays(options.inputs);
  if (!inputs)
    return inputs.takeError();
  auto expected = readArrays(options.expects);
  if (!expected)
    return expected.takeError();
  std::vector<ArrayView> views = asInputs(*inputs, *signature);
  if (llvm::Error error = checkInputs(*signature, views))
    return error;

  auto program = Program::compile(**module, compile, options.parameters);
  if (!program)
    return program.takeError();
  if (std::string name = program->missingParameter(); !name.empty())
    return makeError(
        "expected --parameters=FILE with the tensors outside of the module, such as '" + name +
        "', got none");
  if (compile.observers)
    if (llvm::Error error = checkStatisticsFile(options.statistics, program->statistics()))
      return error;
  auto results = program->call(*entry, views);
  if (!results)
    return results.takeError();
  // Timed calls see the same values again.
  Statistics seen = program->statistics();
  for (auto [i, expect] : llvm::enumerate(*expected)) {
    auto measures = compare(i, (*results)[i], expect);
    if (!measures)
      return measures.takeError();
    lines += resultJson(i, *measures) + "\n";
  }
  if (options.calls) {
    auto times = program->benchmark(*entry, views, options.calls);
    if (!times)
      return times.takeError();
    lines += benchmarkLine(*times, options.processor);
  }
  if (llvm::Error error = writeArrays(*results, options.outputs))
    return error;
  if (!compile.observers)
    return llvm::Error::success();
  llvm::errs() << warningsOf(seen);
  return addToStatisticsFile(options.statistics, seen);
}

/// OpenMP's threads spin for 200 ms after each loop, in case another follows: in the way of every
/// other program. Between the loops of one call lie microseconds.
static void limitSpinning() {
  if (!std::getenv("OMP_WAIT_POLICY") && !std::getenv("KMP_LIBRARY"))
    setenv("KMP_BLOCKTIME", "1", /*overwrite=*/0);
}

int main(int argc, char **argv) {
  limitSpinning();
  llvm::InitLLVM init(argc, argv);
  llvm::ArrayRef<const char *> arguments(argv + 1, argv + argc);
  if (llvm::is_contained(arguments, llvm::StringRef("--help"))) {
    llvm::outs() << usage;
    return 0;
  }
  Options options;
  if (llvm::Error error = parse(arguments, options)) {
    llvm::errs() << formatError(std::move(error));
    return 2;
  }
  std::string lines;
  if (llvm::Error error = run(options, lines)) {
    llvm::errs() << formatError(std::move(error));
    return 1;
  }
  llvm::outs() << lines;
  return 0;
}
