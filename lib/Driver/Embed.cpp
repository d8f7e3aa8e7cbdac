//===- Embed.cpp - Parameters inside a compiled module --------------------===//
//
// The bytes never pass through LLVM's constants: module assembly has `.incbin`
// of the files' parts, each tensor at a multiple of 64 bytes, and the slot of the
// parameter becomes a constant that points there.
//
//===----------------------------------------------------------------------===//

#include "EmitInterface.h"
#include "QLinalg/Driver/Diagnostics.h"
#include "QLinalg/Driver/Library.h"
#include "QLinalg/Runtime/Load.h"

#include "llvm/IR/Constants.h"
#include "llvm/Support/FileSystem.h"

#include <set>

using namespace llvm;
using namespace qlinalg;

namespace {
/// A row of the table that the pipeline left, see ParameterEntry.
struct Parameter {
  std::string name;
  std::string dtype;
  std::vector<int64_t> shape;
  GlobalVariable *slot;
};
} // namespace

static Constant *initializerOf(Value *pointer) {
  return cast<GlobalVariable>(pointer->stripPointerCasts())->getInitializer();
}

static std::string readString(Value *pointer) {
  if (auto *data = dyn_cast<ConstantDataSequential>(initializerOf(pointer)))
    return data->isCString() ? data->getAsCString().str() : data->getAsString().str();
  return "";
}

static std::vector<Parameter> readTable(const llvm::Module &module) {
  std::vector<Parameter> parameters;
  const GlobalVariable *table = module.getGlobalVariable(parameterTableName, true);
  if (!table)
    return parameters;
  for (const Use &row : table->getInitializer()->operands()) {
    auto *fields = cast<Constant>(row);
    auto rank = cast<ConstantInt>(fields->getAggregateElement(2))->getSExtValue();
    Parameter parameter{readString(fields->getAggregateElement(0u)),
                        readString(fields->getAggregateElement(1)),
                        {},
                        cast<GlobalVariable>(fields->getAggregateElement(4)->stripPointerCasts())};
    for (int64_t i = 0; i < rank; ++i) {
      Constant *sizes = initializerOf(fields->getAggregateElement(3));
      parameter.shape.push_back(cast<ConstantInt>(sizes->getAggregateElement(i))->getSExtValue());
    }
    parameters.push_back(std::move(parameter));
  }
  return parameters;
}

/// Where a tensor lies in its file. The tensors of a file cover its data to
/// the end, so that the data begin where the header ends.
static llvm::Expected<uint64_t> offsetInFile(const Archive &archive, const TensorEntry &tensor) {
  const std::byte *begin = nullptr, *end = nullptr;
  for (const TensorEntry &other : archive) {
    if (other.file != tensor.file)
      continue;
    begin = begin ? std::min(begin, other.bytes.data()) : other.bytes.data();
    end = std::max(end, other.bytes.data() + other.bytes.size());
  }
  uint64_t size;
  const std::string &path = archive.files()[tensor.file].path;
  if (std::error_code error = sys::fs::file_size(path, size))
    return makeError("cannot read '" + path + "': " + error.message());
  return size - (end - begin) + (tensor.bytes.data() - begin);
}

static std::string quoted(StringRef path) {
  SmallString<128> absolute(path);
  sys::fs::make_absolute(absolute);
  std::string text = "\"";
  for (char c : absolute) {
    if (c == '"' || c == '\\')
      text += '\\';
    text += c;
  }
  return text + '"';
}

/// The place in the archive names a tensor, so that all variants agree.
static std::string symbolOf(const Archive &archive, const TensorEntry &tensor) {
  return "qlinalg_parameter_data." + std::to_string(&tensor - archive.tensors().data());
}

/// Tensors that one `.incbin` can define: they follow one another in a file, at multiples of 64
/// bytes from the first. The assembler opens the file for each, and then holds all of it in memory
/// if its size is a multiple of a page.
static std::vector<std::vector<const TensorEntry *>>
findRuns(std::set<const TensorEntry *> tensors) {
  std::vector<std::vector<const TensorEntry *>> runs;
  // The archive has them file after file, by ascending place.
  for (const TensorEntry *tensor : tensors) {
    bool follows = false;
    if (!runs.empty()) {
      const TensorEntry &first = *runs.back().front(), &last = *runs.back().back();
      follows = last.file == tensor->file &&
                last.bytes.data() + last.bytes.size() == tensor->bytes.data() &&
                (tensor->bytes.data() - first.bytes.data()) % 64 == 0;
    }
    if (!follows)
      runs.emplace_back();
    runs.back().push_back(tensor);
  }
  return runs;
}

/// Assembly that defines the symbols of a run.
static llvm::Expected<std::string>
defineData(const Archive &archive, ArrayRef<const TensorEntry *> run, Embedding embedding) {
  const TensorEntry &first = *run.front();
  auto offset = offsetInFile(archive, first);
  if (!offset)
    return offset.takeError();
  std::string text = ".section .rodata.qlinalg,\"a\",%progbits\n.p2align 6\n";
  std::string base = symbolOf(archive, first);
  for (const TensorEntry *tensor : run) {
    std::string symbol = symbolOf(archive, *tensor);
    if (embedding == Embedding::Shared)
      text += ".globl " + symbol + "\n.hidden " + symbol + "\n";
    if (tensor != &first)
      text += ".set " + symbol + ", " + base + " + " +
              std::to_string(tensor->bytes.data() - first.bytes.data()) + "\n";
  }
  std::ptrdiff_t size = run.back()->bytes.data() + run.back()->bytes.size() - first.bytes.data();
  return text + base + ":\n.incbin " + quoted(archive.files()[first.file].path) + ", " +
         std::to_string(*offset) + ", " + std::to_string(size) + "\n.text";
}

/// Makes the slot a constant: the address of the tensor's bytes.
static void fillSlot(llvm::Module &module, const Archive &archive, const TensorEntry &tensor,
                     GlobalVariable &slot) {
  std::string symbol = symbolOf(archive, tensor);
  GlobalVariable *data = module.getGlobalVariable(symbol);
  if (!data) {
    auto *type = ArrayType::get(Type::getInt8Ty(module.getContext()), tensor.bytes.size());
    data = new GlobalVariable(module, type, /*isConstant=*/true, GlobalValue::ExternalLinkage,
                              nullptr, symbol);
    // Only the assembler sees the definition, which is not exported.
    data->setVisibility(GlobalValue::HiddenVisibility);
    data->setDSOLocal(true);
    data->setAlignment(Align(64));
  }
  slot.setInitializer(data);
  slot.setConstant(true);
}

llvm::Error qlinalg::embedParameters(llvm::Module &module, const std::vector<std::string> &paths,
                                     Embedding embedding) {
  auto archive = Archive::open(paths);
  if (!archive)
    return makeError(archive.error());
  std::set<const TensorEntry *> tensors;
  for (const Parameter &parameter : readTable(module)) {
    std::optional<ElementType> element = parseSafetensorsName(parameter.dtype);
    if (!element)
      return makeError("expected parameter \"" + parameter.name +
                       "\" of a known element type, got " + parameter.dtype);
    auto tensor = findParameter(*archive, parameter.name, *element, parameter.shape);
    if (!tensor)
      return makeError(tensor.error());
    fillSlot(module, *archive, **tensor, *parameter.slot);
    tensors.insert(*tensor);
  }
  if (embedding != Embedding::FromFirst)
    for (const auto &run : findRuns(std::move(tensors))) {
      auto definition = defineData(*archive, run, embedding);
      if (!definition)
        return definition.takeError();
      module.appendModuleInlineAsm(*definition);
    }
  // Nothing is left to load.
  GlobalVariable *descriptor = module.getGlobalVariable(moduleDescriptorName, true);
  Constant *value = descriptor->getInitializer();
  SmallVector<Constant *> fields;
  for (unsigned i = 0; i < value->getNumOperands(); ++i)
    fields.push_back(value->getAggregateElement(i));
  fields[0] = Constant::getNullValue(fields[0]->getType());
  fields[1] = Constant::getNullValue(fields[1]->getType());
  descriptor->setInitializer(ConstantStruct::getAnon(fields));
  return Error::success();
}
