//===- quant-run.cpp - Run a module on .npy files -------------------------===//
//
// Compiles one function of a module into this process, calls it, compares its
// results and measures its time. Standard output carries JSON lines only. A
// measure that is infinite is written 1e999, which readers of JSON take for
// infinity; NaN is null.
//
//===----------------------------------------------------------------------===//

#include "Arrays.h"
#include "Collected.h"
#include "QLinalg/Driver/CommandLine.h"
#include "QLinalg/Driver/Diagnostics.h"
#include "QLinalg/Driver/Load.h"
#include "QLinalg/Driver/Program.h"

#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>
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
  --target=cpu               where the code runs
)";

namespace {
struct Options {
  std::string file, entry, lowering = "cpu", cpu = "native", target = "cpu", threads, benchmark,
                           report = "false", statistics;
  std::vector<std::string> inputs, outputs, expects, parameters;
  Processor processor;
  int64_t calls = 0, threadCount = 0;
};
} // namespace

static llvm::Error parse(llvm::ArrayRef<const char *> arguments, Options &o) {
  const CommandLineOption options[] = {
      {"entry", &o.entry},        {"lowering", &o.lowering},         {"cpu", &o.cpu},
      {"target", &o.target},      {"threads", &o.threads},           {"benchmark", &o.benchmark},
      {"report", &o.report},      {"input", {}, &o.inputs},          {"output", {}, &o.outputs},
      {"expect", {}, &o.expects}, {"parameters", {}, &o.parameters}, {"statistics", &o.statistics},
  };
  if (llvm::Error error = parseCommandLine(arguments, options, o.file))
    return error;
  if (o.lowering != "cpu" && o.lowering != "linalg")
    return makeError("expected --lowering=cpu or linalg, got '" + o.lowering + "'");
  if (o.report != "true" && o.report != "false")
    return makeError("expected --report=true or false, got '" + o.report + "'");
  if (o.target != "cpu" && o.target != "cuda")
    return makeError("expected --target=cpu or cuda, got '" + o.target + "'");
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

static std::string json(double value) {
  if (std::isnan(value))
    return "null";
  if (std::isinf(value))
    return value > 0 ? "1e999" : "-1e999";
  char text[32];
  std::snprintf(text, sizeof(text), "%.9g", value);
  return text;
}

static std::string compareLine(size_t index, const ErrorMeasures &measures) {
  return "{\"result\": " + std::to_string(index) + ", \"max_abs\": " + json(measures.maxAbsolute) +
         ", \"relative_l2\": " + json(measures.relativeL2) +
         ", \"sqnr_db\": " + json(measures.sqnr) + ", \"cosine\": " + json(measures.cosine) + "}\n";
}

static std::string benchmarkLine(const BenchmarkResult &result, const Processor &processor) {
  return "{\"calls\": " + std::to_string(result.calls) + ", \"median_ns\": " + json(result.median) +
         ", \"min_ns\": " + json(result.minimum) + ", \"p90_ns\": " + json(result.p90) +
         ", \"threads\": " + std::to_string(threads()) + ", \"cpu\": \"" +
         (processor.name == "native" ? processor.cpu : processor.name) + "\"}\n";
}

/// Runs everything; `lines` is what goes to standard output, after the files are written.
static llvm::Error run(const Options &options, std::string &lines) {
  if (options.target == "cuda")
    return makeError("cannot run on --target=cuda: this build has no CUDA support");
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
  auto inputs = readArrays(options.inputs);
  if (!inputs)
    return inputs.takeError();
  auto expected = readArrays(options.expects);
  if (!expected)
    return expected.takeError();
  std::vector<ArrayView> views = asInputs(*inputs, *signature);
  if (llvm::Error error = checkInputs(*signature, views))
    return error;

  CompileOptions compile;
  compile.lowering = options.lowering == "cpu" ? Lowering::Cpu : Lowering::Linalg;
  compile.processor = options.processor;
  compile.report = options.report == "true";
  compile.observers = !options.statistics.empty();
  compile.entries = {*entry};
  auto program = Program::compile(**module, compile, options.parameters);
  if (!program)
    return program.takeError();
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
    lines += compareLine(i, *measures);
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
