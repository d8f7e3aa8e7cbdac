//===- EpiloguePeel.cpp - What a reader of a matmul does first ------------===//

#include "EpiloguePeel.h"

#include "Activation.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;

namespace qlinalg {

std::optional<double> getSplat(MappedTensor operand) {
  while (std::optional<MappedTensor> source = readThrough(operand))
    operand = *source;
  FloatAttr number;
  if (auto fill = operand.tensor.getDefiningOp<linalg::FillOp>()) {
    if (matchPattern(fill.getInputs().front(), m_Constant(&number)))
      return number.getValueAsDouble();
    return std::nullopt;
  }
  SplatElementsAttr splat;
  if (matchPattern(operand.tensor, m_Constant(&splat)) &&
      isa<mlir::FloatType>(splat.getElementType()))
    return splat.getSplatValue<APFloat>().convertToDouble();
  return std::nullopt;
}

bool isZeroFilled(Value tensor) {
  int64_t rank = cast<RankedTensorType>(tensor.getType()).getRank();
  return getSplat({tensor, AffineMap::getMultiDimIdentityMap(rank, tensor.getContext())}) == 0.0;
}

namespace {
class Peeler {
public:
  Peeler(MatmulOp op, Value result, linalg::GenericOp reader)
      : op(op), result(result), reader(reader), zeros(isZeroFilled(op.getInit())),
        expressions(getElementTypeOrSelf(result).isF64() ? 0x1p-48 : 0x1p-21) {}

  EpiloguePeel run();

private:
  bool peelStep();
  bool peelOperand(Operation *user);
  bool peelNarrowing(Operation *user);
  void bindSplats();
  std::optional<MappedTensor> getOperand(Value element);
  bool add(const MappedTensor &operand);
  bool hasBias() { return op.getBias() || peel.bias; }
  bool isLinear() {
    return op.getEpilogue() == Epilogue::None && peel.epilogue == Epilogue::None &&
           !hasMultiplier();
  }
  bool hasMultiplier() { return op.getMultiplier() || peel.multiplier; }

  MatmulOp op;
  Value result;
  linalg::GenericOp reader;
  /// The matmul adds to zeros.
  bool zeros;
  Expressions expressions;
  EpiloguePeel peel;
};
} // namespace

/// The tensor whose elements `element` is, through a map from the result's dimensions that vectors
/// along the last of them can be read by.
std::optional<MappedTensor> Peeler::getOperand(Value element) {
  auto argument = dyn_cast<BlockArgument>(skipExtensions(element));
  if (!argument || argument.getOwner() != reader.getBody())
    return std::nullopt;
  OpOperand &read = reader->getOpOperand(argument.getArgNumber());
  MappedTensor operand{read.get(), reader.getMatchingIndexingMap(&read)};
  if (operand.tensor == result || !isa<RankedTensorType>(operand.tensor.getType()) ||
      !isa<mlir::FloatType>(argument.getType()))
    return std::nullopt;
  while (std::optional<MappedTensor> source = readThrough(operand))
    operand = *source;
  // An f64 would be rounded before it is used.
  if (getElementTypeOrSelf(operand.tensor).isF64() && !element.getType().isF64())
    return std::nullopt;
  unsigned rank = peel.readMap.getNumResults();
  SmallVector<AffineExpr> dims;
  for (AffineExpr expr : operand.map.getResults()) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    std::optional<unsigned> position =
        dim ? peel.readMap.getResultPosition(dim) : std::optional<unsigned>();
    if (dim && !position)
      return std::nullopt;
    dims.push_back(dim ? getAffineDimExpr(*position, dim.getContext()) : expr);
    if (!dim && expr != getAffineConstantExpr(0, expr.getContext()))
      return std::nullopt;
  }
  operand.map = AffineMap::get(rank, 0, dims, element.getContext());
  bool contiguous =
      rank == 0 || !operand.map.isFunctionOfDim(rank - 1) ||
      operand.map.getResults().back() == getAffineDimExpr(rank - 1, element.getContext());
  return contiguous ? std::optional(operand) : std::nullopt;
}

/// What has the result's shape takes the place of zeros, else it is the bias.
bool Peeler::add(const MappedTensor &operand) {
  Type type = RankedTensorType::get(cast<RankedTensorType>(result.getType()).getShape(),
                                    getElementTypeOrSelf(op.getInit()));
  if (zeros && operand.map.isIdentity() && operand.tensor.getType() == type) {
    zeros = false;
    peel.residual = operand.tensor;
    return true;
  }
  if (hasBias())
    return false;
  peel.bias = operand;
  return true;
}

/// value + operand, value * operand
bool Peeler::peelOperand(Operation *user) {
  bool sum = isa<arith::AddFOp>(user);
  if (!sum && !isa<arith::MulFOp>(user))
    return false;
  Value other = user->getOperand(user->getOperand(0) == peel.value ? 1 : 0);
  std::optional<MappedTensor> operand = getOperand(other);
  if (!operand)
    return false;
  // A number is cheaper in a body than in memory, unless it stands in a short vector.
  bool whole = operand->map.isIdentity() || operand->map.getNumResults() == 0;
  if (whole && expressions.isConstant(expressions.evaluate(other)))
    return false;
  if (sum)
    return isLinear() && add(*operand);
  if (hasMultiplier())
    return false;
  peel.multiplier = operand;
  return true;
}

/// The narrowing to a type in which the matmul then begins: with zeros, which are exact in it.
bool Peeler::peelNarrowing(Operation *user) {
  auto narrowing = dyn_cast<arith::TruncFOp>(user);
  if (!narrowing || narrowing.getRoundingmode() || !zeros || !peel.value.getType().isF32() ||
      !narrowing->hasOneUse() || *narrowing->user_begin() != reader.getBody()->getTerminator() ||
      reader.getNumResults() != 1 || reader.getIndexingMapsArray().back() != peel.readMap)
    return false;
  return peel.narrows = true;
}

bool Peeler::peelStep() {
  if (peel.narrows)
    return false;
  if (peel.value.hasOneUse()) {
    Operation *user = *peel.value.user_begin();
    if (user->getBlock() == reader.getBody() && (peelOperand(user) || peelNarrowing(user))) {
      peel.value = user->getResult(0);
      return true;
    }
  }
  if (!isLinear())
    return false;
  std::optional<Activation> activation =
      matchActivation(expressions, *reader.getBody(), peel.value);
  if (!activation)
    return false;
  peel.epilogue = activation->epilogue;
  peel.value = activation->value;
  return true;
}

void Peeler::bindSplats() {
  for (OpOperand *input : reader.getDpsInputOperands()) {
    Value element = reader.getMatchingBlockArgument(input);
    if (!isa<RankedTensorType>(input->get().getType()) || !isa<mlir::FloatType>(element.getType()))
      continue;
    if (std::optional<double> number =
            getSplat({input->get(), reader.getMatchingIndexingMap(input)}))
      expressions.bind(element, *number);
  }
}

EpiloguePeel Peeler::run() {
  for (OpOperand &operand : reader->getOpOperands()) {
    Value read = reader.getMatchingBlockArgument(&operand);
    if (operand.get() != result || read.use_empty())
      continue;
    // Read by two maps, it has two elements.
    if (peel.element)
      return {};
    peel.element = peel.value = read;
    peel.readMap = reader.getMatchingIndexingMap(&operand);
  }
  if (!peel.element || !peel.readMap.isProjectedPermutation())
    return {};
  // A narrow result has been rounded, which the value before an epilogue is not.
  if (!peel.element.getType().isF32() && !peel.element.getType().isF64())
    return peel;
  bindSplats();
  while (peelStep()) {
  }
  return peel;
}

EpiloguePeel peelEpilogue(MatmulOp op, Value result, linalg::GenericOp reader) {
  return Peeler(op, result, reader).run();
}

} // namespace qlinalg
