//===- ShapeConstraints.cpp - Which sizes must be equal -------------------===//
//
// Union-find over (tensor value, dimension). Two are joined when a linalg op
// runs one loop over both, when an op gives its operand's sizes to its result,
// or when a tensor is made with `tensor.dim` of the other.
//
//===----------------------------------------------------------------------===//

#include "ShapeConstraints.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/EquivalenceClasses.h"

#include <map>

using namespace mlir;
using namespace qlinalg;

namespace {
using Size = std::pair<void *, int64_t>;

class SizeClasses {
public:
  void visit(Operation *op);
  void fill(func::FuncOp function, Signature &signature);

private:
  void join(Value a, int64_t i, Value b, int64_t j);
  void visitLinalg(linalg::LinalgOp op);
  void visitEmpty(tensor::EmptyOp op);

  llvm::EquivalenceClasses<Size> classes;
  /// A static size of some member.
  std::map<Size, int64_t> known;
};
} // namespace

static bool isRankedTensor(Value value) { return isa<RankedTensorType>(value.getType()); }

void SizeClasses::join(Value a, int64_t i, Value b, int64_t j) {
  for (auto [value, dimension] : {std::pair(a, i), std::pair(b, j)}) {
    int64_t size = cast<RankedTensorType>(value.getType()).getDimSize(dimension);
    if (!ShapedType::isDynamic(size))
      known[{value.getAsOpaquePointer(), dimension}] = size;
  }
  classes.unionSets({a.getAsOpaquePointer(), i}, {b.getAsOpaquePointer(), j});
}

void SizeClasses::visitLinalg(linalg::LinalgOp op) {
  std::map<unsigned, std::pair<Value, int64_t>> first;
  for (OpOperand &operand : op->getOpOperands()) {
    if (!isRankedTensor(operand.get()))
      continue;
    AffineMap map = op.getMatchingIndexingMap(&operand);
    for (auto [i, expression] : llvm::enumerate(map.getResults()))
      if (auto loop = dyn_cast<AffineDimExpr>(expression)) {
        auto [other, isNew] = first.try_emplace(loop.getPosition(), operand.get(), i);
        if (!isNew)
          join(other->second.first, other->second.second, operand.get(), i);
      }
  }
}

void SizeClasses::visitEmpty(tensor::EmptyOp op) {
  auto type = op.getType();
  for (int64_t i = 0; i < type.getRank(); ++i) {
    if (!type.isDynamicDim(i))
      continue;
    auto dim = op.getDynamicSize(i).getDefiningOp<tensor::DimOp>();
    std::optional<int64_t> index = dim ? dim.getConstantIndex() : std::nullopt;
    if (index && isRankedTensor(dim.getSource()) &&
        *index < cast<RankedTensorType>(dim.getSource().getType()).getRank())
      join(dim.getSource(), *index, op.getResult(), i);
  }
}

void SizeClasses::visit(Operation *op) {
  if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op))
    visitLinalg(linalgOp);
  if (auto empty = dyn_cast<tensor::EmptyOp>(op))
    visitEmpty(empty);
  // A destination, and the operand of a cast, have the sizes of the result.
  SmallVector<std::pair<Value, Value>> same;
  if (auto destinationStyle = dyn_cast<DestinationStyleOpInterface>(op))
    for (OpResult result : op->getResults())
      same.emplace_back(destinationStyle.getTiedOpOperand(result)->get(), result);
  if (auto cast = dyn_cast<tensor::CastOp>(op))
    same.emplace_back(cast.getSource(), cast.getDest());
  for (auto [from, to] : same)
    if (isRankedTensor(from) && isRankedTensor(to))
      for (int64_t i = 0; i < cast<RankedTensorType>(to.getType()).getRank(); ++i)
        join(from, i, to, i);
}

void SizeClasses::fill(func::FuncOp function, Signature &signature) {
  std::map<Size, int64_t> sizeOfClass;
  for (auto [size, number] : known)
    sizeOfClass.try_emplace(classes.getLeaderValue(size), number);
  int64_t next = -1;
  for (auto [argument, input] : llvm::zip(function.getArguments(), signature.inputs))
    for (auto [i, size] : llvm::enumerate(input.shape)) {
      if (!ShapedType::isDynamic(size))
        continue;
      Size key(argument.getAsOpaquePointer(), i);
      auto leader = classes.findLeader(key);
      Size root = leader == classes.member_end() ? key : *leader;
      auto [place, isNew] = sizeOfClass.try_emplace(root, next);
      next -= isNew;
      size = place->second;
    }
}

void qlinalg::findShapeConstraints(func::FuncOp function, Signature &signature) {
  SizeClasses classes;
  for (Operation &op : function.front())
    classes.visit(&op);
  classes.fill(function, signature);
}
