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
  /// A slot that `@qlinalg_initialize` fills with what `pack` makes of the parameter; the same for
  /// the same layout.
  std::string addPacked(llvm::StringRef name, PackOp pack);
  /// The same of the sums of parameter `codes`; `zeroPoints` is empty where there are none.
  std::string addPackedSums(llvm::StringRef codes, llvm::StringRef zeroPoints, SumCodesOp op,
                            PackOp pack);

  /// Writes slots, table and initialization into the module; nothing if there are no parameters.
  void emit();

private:
  struct Parameter {
    std::string slot;
    mlir::RankedTensorType type;
  };
  struct Packed {
    std::string source, slot;
    /// Of the codes or parameters, and as they are packed.
    mlir::RankedTensorType logical, type;
    LayoutAttr layout;
  };

  struct Sums {
    /// Those of the zero points are null without them.
    std::string codes, zeroPoints, slot;
    mlir::RankedTensorType logical, type;
    SchemeAttr scheme;
  };

  std::string addPackedSlot(llvm::StringRef source, PackOp pack);
  void emitSlot(mlir::ImplicitLocOpBuilder &b, llvm::StringRef name);
  void emitTable(mlir::ImplicitLocOpBuilder &b);
  void emitInitialize(mlir::ImplicitLocOpBuilder &b);
  void emitSums(mlir::ImplicitLocOpBuilder &b, const Sums &sums);
  void emitPack(mlir::ImplicitLocOpBuilder &b, const Packed &packed);

  mlir::ModuleOp module;
  llvm::MapVector<llvm::StringRef, Parameter> parameters;
  llvm::MapVector<mlir::StringAttr, Packed> packs;
  llvm::MapVector<mlir::StringAttr, Sums> sums;
};

} // namespace qlinalg

#endif // QLINALG_LIB_TRANSFORMS_PARAMETERSLOTS_H
