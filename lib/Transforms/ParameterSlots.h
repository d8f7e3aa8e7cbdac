//===- ParameterSlots.h - Where the run time puts parameters ----*- C++ -*-===//

#ifndef QLINALG_LIB_TRANSFORMS_PARAMETERSLOTS_H
#define QLINALG_LIB_TRANSFORMS_PARAMETERSLOTS_H

#include "QLinalg/QLinalgDialect.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringMap.h"

#include <string>

namespace qlinalg {

/// The tensor of `type` whose address stands in the pointer `@slot`; nothing writes to it.
mlir::Value loadSlot(mlir::ImplicitLocOpBuilder &b, llvm::StringRef slot,
                     mlir::RankedTensorType type);

/// The slots of a module.
class ParameterSlots {
public:
  explicit ParameterSlots(mlir::ModuleOp module) : module(module) {}

  /// A slot that the run time fills.
  void add(llvm::StringRef name, mlir::RankedTensorType type);
  /// The slot of a parameter that was added.
  std::string get(llvm::StringRef name) const;
  /// A slot that `@qlinalg_initialize` fills with the parameter in `layout`; the same for the same
  /// layout.
  std::string addPacked(llvm::StringRef name, LayoutAttr layout, mlir::RankedTensorType packed);

  /// Writes slots, table and initialization into the module; nothing if there are no parameters.
  void emit();

private:
  struct Parameter {
    std::string slot;
    mlir::RankedTensorType type;
  };
  struct Packed {
    std::string source, slot;
    mlir::RankedTensorType sourceType, type;
    int64_t panel;
  };

  void emitSlot(mlir::ImplicitLocOpBuilder &b, llvm::StringRef name);
  void emitTable(mlir::ImplicitLocOpBuilder &b);
  void emitInitialize(mlir::ImplicitLocOpBuilder &b);
  void emitPack(mlir::ImplicitLocOpBuilder &b, const Packed &packed);

  mlir::ModuleOp module;
  llvm::MapVector<llvm::StringRef, Parameter> parameters;
  llvm::MapVector<mlir::StringAttr, Packed> packs;
};

} // namespace qlinalg

#endif // QLINALG_LIB_TRANSFORMS_PARAMETERSLOTS_H
