//===- BufferizableOpInterface.h - qlinalg on buffers -----------*- C++ -*-===//

#ifndef QLINALG_BUFFERIZABLEOPINTERFACE_H
#define QLINALG_BUFFERIZABLEOPINTERFACE_H

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace qlinalg {

/// Lets one-shot-bufferize turn `qlinalg.matmul` on tensors into the same op on memrefs.
void registerBufferizableOpInterfaceExternalModels(mlir::DialectRegistry &registry);

} // namespace qlinalg

#endif // QLINALG_BUFFERIZABLEOPINTERFACE_H
