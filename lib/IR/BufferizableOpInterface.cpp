//===- BufferizableOpInterface.cpp - qlinalg on buffers -------------------===//
//
// A matmul is destination style: `outs` is updated in place where nothing else needs its old value,
// else one-shot-bufferize puts a copy in its place before.
//
//===----------------------------------------------------------------------===//

#include "QLinalg/BufferizableOpInterface.h"

#include "QLinalg/QLinalgDialect.h"

#include "mlir/Dialect/Bufferization/IR/DstBufferizableOpInterfaceImpl.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace mlir::bufferization;

namespace qlinalg {

namespace {
struct MatmulInterface : DstBufferizableOpInterfaceExternalModel<MatmulInterface, MatmulOp> {
  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const BufferizationOptions &options, BufferizationState &state) const {
    auto matmul = cast<MatmulOp>(op);
    if (!matmul.getResult())
      return success();
    SmallVector<Value> buffers;
    for (Value operand : matmul->getOperands()) {
      FailureOr<Value> buffer = getBuffer(rewriter, operand, options, state);
      if (failed(buffer))
        return failure();
      buffers.push_back(*buffer);
    }
    OpBuilder::InsertionGuard guard(rewriter);
    rewriter.setInsertionPoint(op);
    OperationState created(op->getLoc(), op->getName(), buffers, TypeRange(), op->getAttrs());
    created.propertiesAttr = op->getPropertiesAsAttribute();
    auto onBuffers = cast<MatmulOp>(rewriter.create(created));
    replaceOpWithBufferizedValues(rewriter, op, onBuffers.getInit());
    return success();
  }
};
} // namespace

void registerBufferizableOpInterfaceExternalModels(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, QLinalgDialect *) {
    MatmulOp::attachInterface<MatmulInterface>(*context);
  });
}

} // namespace qlinalg
