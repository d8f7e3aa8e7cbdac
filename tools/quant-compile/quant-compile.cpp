//===- quant-compile.cpp - Compile a module ahead of time -----------------===//
//
// Writes a shared library that exports the public functions over DLPack
// tensors, or what comes before it: an object, assembly, LLVM IR.
//
//===----------------------------------------------------------------------===//

#include "QLinalg/Driver/CommandLine.h"
#include "QLinalg/Driver/Diagnostics.h"
#include "QLinalg/Driver/Kernels.h"
#include "QLinalg/Driver/Library.h"
#include "QLinalg/Driver/Load.h"

#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace qlinalg;

static constexpr llvm::StringLiteral usage =
    R"(usage: quant-compile FILE -o OUT [options]
  FILE                       a module of linalg or qlinalg, text or bytecode
  -o OUT.{so,o,s,ll}         what to write; its name begins the name of each function
  -o OUT.{ptx,cubin}         the kernels of the module for a GPU (.cubin: by ptxas, on the path)
  --header=OUT.h             C declarations of the functions
  --cpu=NAME[,NAME]...       native, a name of LLVM's, avx2, avxvnni, avx512vnni, amx,
                             neon-dotprod, neon-i8mm; of several the machine takes what it
                             can run
  --chip=NAME                the GPU for .ptx and .cubin: sm_75, sm_80 (the default), sm_86,
                             sm_87, sm_89, sm_90, sm_90a, sm_100, sm_100a, sm_120
  --parameters=W.safetensors tensors outside the module, to be embedded; shards, or their
                             index, too
  --lowering=cpu|linalg      the fast code, or the definition as plain loops
  --report=true|false        on standard error, what each matmul is lowered to
  --observers=true|false     collect statistics where qlinalg.observe stands (false: drop it)
)";

namespace {
struct Options {
  std::string file, output, header, cpu = "native", lowering = "cpu", report = "false",
                                    observers = "false", chip = "sm_80";
  std::vector<std::string> parameters;
  BuildOptions build;
};
} // namespace

static llvm::Error parse(llvm::ArrayRef<const char *> arguments, Options &o) {
  const CommandLineOption options[] = {
      {"o", &o.output},
      {"header", &o.header},
      {"cpu", &o.cpu},
      {"chip", &o.chip},
      {"lowering", &o.lowering},
      {"report", &o.report},
      {"parameters", {}, &o.parameters},
      {"observers", &o.observers},
  };
  if (llvm::Error error = parseCommandLine(arguments, options, o.file))
    return error;
  if (o.output.empty())
    return makeError("expected an output, -o OUT.{so,o,s,ll,ptx,cubin}, got none");
  if (o.lowering != "cpu" && o.lowering != "linalg")
    return makeError("expected --lowering=cpu or linalg, got '" + o.lowering + "'");
  if (o.report != "true" && o.report != "false")
    return makeError("expected --report=true or false, got '" + o.report + "'");
  if (o.observers != "true" && o.observers != "false")
    return makeError("expected --observers=true or false, got '" + o.observers + "'");
  llvm::StringRef extension = llvm::sys::path::extension(o.output);
  static constexpr llvm::StringLiteral extensions[] = {".so", ".o", ".s", ".ll", ".ptx", ".cubin"};
  if (!llvm::is_contained(extensions, extension))
    return makeError("expected an output named .so, .o, .s, .ll, .ptx or .cubin, got '" + o.output +
                     "'");
  if (llvm::Error error = checkChip(o.chip))
    return error;
  llvm::SmallVector<llvm::StringRef> names;
  llvm::StringRef(o.cpu).split(names, ',');
  for (llvm::StringRef name : names) {
    auto processor = resolveProcessor(name);
    if (!processor)
      return processor.takeError();
    o.build.processors.push_back(*processor);
  }
  if (names.size() > 1 && extension != ".so")
    return makeError("expected an output named .so for several processors, got '" + o.output + "'");
  o.build.lowering = o.lowering == "cpu" ? Lowering::Cpu : Lowering::Linalg;
  o.build.output = o.output;
  o.build.header = o.header;
  o.build.parameters = o.parameters;
  o.build.report = o.report == "true";
  o.build.observers = o.observers == "true";
  return llvm::Error::success();
}

static llvm::Error run(const Options &options) {
  llvm::StringRef extension = llvm::sys::path::extension(options.output);
  mlir::DialectRegistry registry;
  registerForCompilation(registry);
  mlir::MLIRContext context(registry);
  auto module = loadModule(context, options.file);
  if (!module)
    return module.takeError();
  if (extension == ".ptx" || extension == ".cubin")
    return writeKernels(**module, options.chip, options.output, options.build.report);
  return buildLibrary(**module, options.build);
}

int main(int argc, char **argv) {
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
  if (llvm::Error error = run(options)) {
    llvm::errs() << formatError(std::move(error));
    return 1;
  }
  return 0;
}
