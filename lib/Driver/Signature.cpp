//===- Signature.cpp - What public functions take and give ----------------===//

#include "QLinalg/Driver/Signature.h"
#include "QLinalg/Driver/Diagnostics.h"
#include "ShapeConstraints.h"

#include "mlir/IR/BuiltinTypes.h"

using namespace mlir;
using namespace qlinalg;

/// The type of such elements outside the program.
static std::optional<ElementType> elementOf(Type type) {
  if (type.isIndex())
    return ElementType::I64;
  if (type.isInteger(1))
    return ElementType::Bool;
  std::string name;
  llvm::raw_string_ostream(name) << type;
  // MLIR's signed and signless integers are one here.
  if (llvm::StringRef(name).starts_with("si"))
    name.erase(0, 1);
  static constexpr std::pair<llvm::StringLiteral, ElementType> known[] = {
      {"f64", ElementType::F64},           {"f32", ElementType::F32},
      {"f16", ElementType::F16},           {"bf16", ElementType::BF16},
      {"f8E4M3FN", ElementType::F8E4M3FN}, {"f8E5M2", ElementType::F8E5M2},
      {"i64", ElementType::I64},           {"i32", ElementType::I32},
      {"i16", ElementType::I16},           {"i8", ElementType::I8},
      {"ui64", ElementType::U64},          {"ui32", ElementType::U32},
      {"ui16", ElementType::U16},          {"ui8", ElementType::U8}};
  for (auto [known, element] : known)
    if (name == known)
      return element;
  return std::nullopt;
}

static llvm::Expected<TensorSignature> describeType(func::FuncOp function, Type type,
                                                    const llvm::Twine &place) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  std::optional<ElementType> element = elementOf(tensor ? tensor.getElementType() : type);
  if (!element) {
    DiagnosticCollector diagnostics(function.getContext());
    function.emitError() << "expected " << place.str() << " of '" << function.getName()
                         << "' to be a ranked tensor or a number of whole bytes, got " << type;
    return diagnostics.take("unreachable");
  }
  TensorSignature signature{*element, {}, !tensor};
  if (tensor)
    signature.shape.assign(tensor.getShape().begin(), tensor.getShape().end());
  return signature;
}

llvm::Expected<Signature> qlinalg::readSignature(func::FuncOp function) {
  Signature signature{function.getName().str(), {}, {}};
  for (auto [i, type] : llvm::enumerate(function.getArgumentTypes())) {
    auto input = describeType(function, type, "argument " + llvm::Twine(i));
    if (!input)
      return input.takeError();
    signature.inputs.push_back(std::move(*input));
  }
  for (auto [i, type] : llvm::enumerate(function.getResultTypes())) {
    auto result = describeType(function, type, "result " + llvm::Twine(i));
    if (!result)
      return result.takeError();
    for (int64_t &size : result->shape)
      size = std::max<int64_t>(size, -1);
    signature.results.push_back(std::move(*result));
  }
  findShapeConstraints(function, signature);
  return signature;
}

llvm::Error qlinalg::checkInputs(const Signature &signature, llvm::ArrayRef<ArrayView> inputs) {
  std::vector<TypeDescriptor> types;
  for (const TensorSignature &input : signature.inputs)
    types.push_back({static_cast<int64_t>(input.element), static_cast<int64_t>(input.shape.size()),
                     input.shape.data(), input.isScalar});
  FunctionSignature compiled{};
  compiled.name = signature.name.c_str();
  compiled.numInputs = types.size();
  compiled.inputs = types.data();
  if (auto error = checkInputs(compiled, std::span<const ArrayView>(inputs)))
    return makeError(error->message);
  return llvm::Error::success();
}

std::vector<func::FuncOp> qlinalg::publicFunctions(ModuleOp module) {
  std::vector<func::FuncOp> functions;
  for (auto function : module.getOps<func::FuncOp>())
    if (function.isPublic() && !function.isDeclaration())
      functions.push_back(function);
  return functions;
}

llvm::Expected<std::string> qlinalg::chooseEntry(ModuleOp module, llvm::StringRef name) {
  llvm::StringRef wanted = name.empty() ? "main" : name;
  std::vector<func::FuncOp> functions = publicFunctions(module);
  std::string others;
  for (func::FuncOp function : functions) {
    if (function.getName() == wanted)
      return wanted.str();
    others += (others.empty() ? "@" : ", @") + function.getName().str();
  }
  if (name.empty() && functions.size() == 1)
    return functions.front().getName().str();
  return makeError("expected a public function @" + wanted + " with a body, got " +
                   (others.empty() ? "none" : others));
}
