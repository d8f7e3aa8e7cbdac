//===- Program.cpp - Programs that run, from C ----------------------------===//

#include "Objects.h"
#include "QLinalg/Driver/Diagnostics.h"
#include "QLinalg/Runtime/TypeNames.h"

using namespace qlinalg;

static llvm::Expected<Program> compile(const QLinalgModule &module, llvm::StringRef lowering,
                                       llvm::StringRef cpu,
                                       const std::vector<std::string> &parameters) {
  CompileOptions options;
  if (lowering != "cpu" && lowering != "linalg")
    return makeError("expected the lowering cpu or linalg, got '" + lowering + "'");
  options.lowering = lowering == "cpu" ? Lowering::Cpu : Lowering::Linalg;
  auto processor = resolveProcessor(cpu);
  if (!processor)
    return processor.takeError();
  options.processor = *processor;
  return Program::compile(module.module.get(), options, parameters);
}

QLinalgProgram *qlinalg_program_compile(const QLinalgModule *module, const char *lowering,
                                        const char *cpu, const char *const *parameters,
                                        size_t num_parameters, char **error) {
  auto program = compile(*module, lowering ? lowering : "cpu", cpu ? cpu : "native",
                         {parameters, parameters + num_parameters});
  if (program)
    return new QLinalgProgram{std::move(*program)};
  storeError(program.takeError(), error);
  return nullptr;
}

void qlinalg_program_destroy(QLinalgProgram *program) { delete program; }

size_t qlinalg_program_num_functions(const QLinalgProgram *program) {
  return program->program.functions().size();
}

const char *qlinalg_program_function(const QLinalgProgram *program, size_t index) {
  return program->program.functions()[index].name.c_str();
}

static llvm::Expected<std::vector<OwnedArray>> call(Program &program, llvm::StringRef function,
                                                    llvm::ArrayRef<QLinalgArray> inputs) {
  std::vector<ArrayView> views;
  for (auto [i, input] : llvm::enumerate(inputs)) {
    if (!input.element_type)
      return makeError("argument " + llvm::Twine(i) +
                       ": expected the name of an element type, got null");
    if (input.rank < 0 || (input.rank > 0 && !input.shape))
      return makeError("argument " + llvm::Twine(i) +
                       ": expected a rank of 0 or more and a shape, got rank " +
                       llvm::Twine(input.rank) + (input.shape ? "" : " and null"));
    std::span<const int64_t> shape(input.shape, static_cast<size_t>(input.rank));
    if (!input.data && elementCount(shape).value_or(1) != 0)
      return makeError("argument " + llvm::Twine(i) + ": expected data, got null");
    auto element = parseElementType(input.element_type);
    if (!element)
      return makeError("argument " + llvm::Twine(i) + ": expected the name of an element type, " +
                       "got '" + input.element_type + "'");
    views.push_back({input.data, *element, shape});
  }
  return program.call(function, views);
}

QLinalgResults *qlinalg_program_call(QLinalgProgram *program, const char *function,
                                     const QLinalgArray *inputs, size_t num_inputs, char **error) {
  auto results = call(program->program, function, {inputs, num_inputs});
  if (results)
    return new QLinalgResults{std::move(*results)};
  storeError(results.takeError(), error);
  return nullptr;
}

size_t qlinalg_results_count(const QLinalgResults *results) { return results->arrays.size(); }

QLinalgArray qlinalg_results_get(const QLinalgResults *results, size_t index) {
  const OwnedArray &array = results->arrays[index];
  // The names are literals, so they end with NUL.
  return {name(array.element).data(), static_cast<int64_t>(array.shape.size()), array.shape.data(),
          array.data};
}

void qlinalg_results_destroy(QLinalgResults *results) { delete results; }

void qlinalg_set_threads(int threads) { setThreads(threads); }
