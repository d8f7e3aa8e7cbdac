//===- Loops.h - Index arithmetic and loops ---------------------*- C++ -*-===//

#ifndef QLINALG_KERNELS_LOOPS_H
#define QLINALG_KERNELS_LOOPS_H

#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace qlinalg::kernels {

mlir::Value indexConstant(mlir::ImplicitLocOpBuilder &b, int64_t value);

/// On indices; constants are folded.
mlir::Value add(mlir::ImplicitLocOpBuilder &b, mlir::Value lhs, mlir::Value rhs);
mlir::Value add(mlir::ImplicitLocOpBuilder &b, mlir::Value lhs, int64_t rhs);
mlir::Value subtract(mlir::ImplicitLocOpBuilder &b, mlir::Value lhs, mlir::Value rhs);
mlir::Value multiply(mlir::ImplicitLocOpBuilder &b, mlir::Value lhs, int64_t rhs);
mlir::Value multiply(mlir::ImplicitLocOpBuilder &b, mlir::Value lhs, mlir::Value rhs);
mlir::Value minimum(mlir::ImplicitLocOpBuilder &b, mlir::Value lhs, mlir::Value rhs);
/// Of indices that are not negative by a positive constant.
mlir::Value divide(mlir::ImplicitLocOpBuilder &b, mlir::Value lhs, int64_t rhs);
mlir::Value remainder(mlir::ImplicitLocOpBuilder &b, mlir::Value lhs, int64_t rhs);
mlir::Value divideUp(mlir::ImplicitLocOpBuilder &b, mlir::Value lhs, int64_t rhs);

/// The indices of `sizes` (the first varies slowest) that number `linear` stands for.
llvm::SmallVector<mlir::Value> delinearize(mlir::ImplicitLocOpBuilder &b, mlir::Value linear,
                                           llvm::ArrayRef<mlir::Value> sizes);

using LoopBody = llvm::function_ref<void(mlir::Value)>;

/// `for (i = begin; i < end; i += step) body(i)`; the builder stands behind the loop afterwards.
void forEach(mlir::ImplicitLocOpBuilder &b, mlir::Value begin, mlir::Value end, int64_t step,
             LoopBody body);

/// The same over 0 .. count, by several threads where `parallel`.
void forEachParallel(mlir::ImplicitLocOpBuilder &b, mlir::Value count, bool parallel,
                     LoopBody body);

/// A nest over 0 .. sizes[i]; the body gets all indices.
void forEachIndex(mlir::ImplicitLocOpBuilder &b, llvm::ArrayRef<mlir::Value> sizes,
                  llvm::function_ref<void(llvm::ArrayRef<mlir::Value>)> body);

/// A loop that carries `values`; the body gives the next ones.
llvm::SmallVector<mlir::Value>
forCarrying(mlir::ImplicitLocOpBuilder &b, mlir::Value begin, mlir::Value end, int64_t step,
            mlir::ValueRange values,
            llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::Value, mlir::ValueRange)> body);

/// `otherwise` may be null.
void ifThenElse(mlir::ImplicitLocOpBuilder &b, mlir::Value condition,
                llvm::function_ref<void()> then, llvm::function_ref<void()> otherwise);

} // namespace qlinalg::kernels

#endif // QLINALG_KERNELS_LOOPS_H
