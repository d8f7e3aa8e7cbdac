//===- BufferizableOpInterface.cpp - qlinalg on buffers -------------------===//
//
// Destination style: `outs` is updated in place where nothing else needs its old value, else
// one-shot-bufferize puts a copy in its place before. `record` only reads.
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
template <typename OpTy>
struct DpsInterface : DstBufferizableOpInterfaceExternalModel<DpsInterface<OpTy>, OpTy> {
  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const BufferizationOptions &options, BufferizationState &state) const {
    if (op->getNumResults() == 0)
      return success();
    SmallVector<Value> buffers;
    for (Value operand : op->getOperands()) {
      FailureOr<Value> buffer = getBuffer(rewriter, operand, options, state);
      if (failed(buffer))
        return failure();
      buffers.push_back(*buffer);
    }
    OpBuilder::InsertionGuard guard(rewriter);
    rewriter.setInsertionPoint(op);
    OperationState created(op->getLoc(), op->getName(), buffers, TypeRange(), op->getAttrs());
    created.propertiesAttr = op->getPropertiesAsAttribute();
    auto onBuffers = cast<OpTy>(rewriter.create(created));
    SmallVector<Value> inits =
        llvm::map_to_vector(onBuffers.getDpsInitsMutable(), [](OpOperand &o) { return o.get(); });
    replaceOpWithBufferizedValues(rewriter, op, inits);
    return success();
  }
};

struct MatmulInterface : DpsInterface<MatmulOp> {
  /// Codes are written over whatever outs held.
  bool bufferizesToMemoryRead(Operation *op, OpOperand &operand, const AnalysisState &) const {
    auto matmul = cast<MatmulOp>(op);
    return !matmul.isDpsInit(&operand) || !matmul.givesCodes();
  }
};

struct DynamicQuantizeInterface : DpsInterface<DynamicQuantizeOp> {
  /// The outs are written without having been read.
  bool bufferizesToMemoryRead(Operation *op, OpOperand &operand, const AnalysisState &) const {
    return !cast<DynamicQuantizeOp>(op).isDpsInit(&operand);
  }
};

struct RecordInterface : BufferizableOpInterface::ExternalModel<RecordInterface, RecordOp> {
  bool bufferizesToMemoryRead(Operation *, OpOperand &, const AnalysisState &) const {
    return true;
  }
  bool bufferizesToMemoryWrite(Operation *, OpOperand &, const AnalysisState &) const {
    return false;
  }
  AliasingValueList getAliasingValues(Operation *, OpOperand &, const AnalysisState &) const {
    return {};
  }
  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const BufferizationOptions &options, BufferizationState &state) const {
    auto record = cast<RecordOp>(op);
    if (isa<MemRefType>(record.getInput().getType()))
      return success();
    FailureOr<Value> buffer = getBuffer(rewriter, record.getInput(), options, state);
    if (failed(buffer))
      return failure();
    rewriter.replaceOpWithNewOp<RecordOp>(op, *buffer, record.getObserver(), record.getChannels());
    return success();
  }
};
} // namespace

void registerBufferizableOpInterfaceExternalModels(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, QLinalgDialect *) {
    MatmulOp::attachInterface<MatmulInterface>(*context);
    DynamicQuantizeOp::attachInterface<DynamicQuantizeInterface>(*context);
    RecordOp::attachInterface<RecordInterface>(*context);
  });
}

} // namespace qlinalg
