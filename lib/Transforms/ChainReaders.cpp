//===- ChainReaders.cpp - Who reads the result of a matmul ----------------===//

#include "Chain.h"
#include "ReadThrough.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace qlinalg {

static bool isKnown(Value value) {
  return !value ||
         isa_and_nonnull<arith::ConstantOp, ml_program::GlobalLoadConstOp>(value.getDefiningOp());
}

bool isStaticQuantize(QuantizeOp op) {
  const Scheme &scheme = op.getScheme().getValue();
  return isInteger(scheme.storage) && bitWidth(scheme.storage) == 8 &&
         scheme.granularity == Granularity::Tensor && scheme.scales == FloatType::F32 &&
         isKnown(op.getScales()) && isKnown(op.getZeroPoints());
}

bool makeSameCodes(QuantizeOp lhs, QuantizeOp rhs) {
  return lhs.getScheme() == rhs.getScheme() && areEqual(lhs.getScales(), rhs.getScales()) &&
         areEqual(lhs.getZeroPoints(), rhs.getZeroPoints());
}

/// What `op` computes element by element, perhaps in several ops, becomes codes.
static bool leadsToCodes(Operation *op, DenseSet<Operation *> &visited) {
  if (!visited.insert(op).second)
    return false;
  auto quantize = dyn_cast<QuantizeOp>(op);
  if (quantize)
    return isStaticQuantize(quantize);
  if (!isElementwise(op) && !getCodeStep(op))
    return false;
  return llvm::any_of(op->getResult(0).getUsers(),
                      [&](Operation *user) { return leadsToCodes(user, visited); });
}

static void collect(Value value, Clamp clamp, ChainReaders &readers) {
  auto reach = [&] {
    readers.clampsDiffer |= readers.clamp && *readers.clamp != clamp;
    readers.clamp = clamp;
  };
  for (OpOperand &use : value.getUses()) {
    Operation *user = use.getOwner();
    auto follow = [&](Clamp next) {
      readers.steps.push_back(user);
      collect(user->getResult(0), next, readers);
    };
    auto quantize = dyn_cast<QuantizeOp>(user);
    auto matmul = dyn_cast<MatmulOp>(user);
    if (isa<tensor::DimOp>(user)) {
      readers.sizes.push_back(user);
    } else if (quantize && isStaticQuantize(quantize)) {
      reach();
      readers.quantizes.push_back(quantize);
    } else if (matmul && matmul.isDpsInit(&use)) {
      reach();
      readers.residuals.push_back(&use);
    } else if (auto step = getCodeStep(user); step && step->source == &use) {
      follow(clamp.then(step->clamp));
    } else {
      DenseSet<Operation *> visited;
      readers.leadsToCodes = readers.leadsToCodes || leadsToCodes(user, visited);
      if (!readers.other)
        readers.other = user;
    }
  }
}

ChainReaders collectReaders(MatmulOp op) {
  ChainReaders readers;
  collect(op.getResult(), {}, readers);
  return readers;
}

} // namespace qlinalg
