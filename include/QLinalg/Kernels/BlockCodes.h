//===- BlockCodes.h - From blocks of codes to one code a byte ---*- C++ -*-===//
//
// A block of a row is words of four bytes, plane after plane (Numerics/Packing.h). A step takes one
// word of each plane and gives parts: four codes that follow one another along k, one a byte.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_KERNELS_BLOCKCODES_H
#define QLINALG_KERNELS_BLOCKCODES_H

#include "QLinalg/Numerics/Packing.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace qlinalg::kernels {

class BlockCodes {
public:
  /// Blocks of `block` codes of `bits` (1 to 8); each plane is whole words.
  BlockCodes(int64_t bits, int64_t block) : planes(bitPlanes(bits)), bits(bits), block(block) {}

  /// Words of one row in a block.
  int64_t getWords() const { return block * bits / 32; }
  int64_t getSteps() const { return getPlaneBytes(0) / 4; }
  int64_t getParts() const { return 8 / planes.front().width; }
  /// Codes lie in more planes than one.
  bool hasPlanes() const { return planes.size() > 1; }
  /// The words of a block that `step` takes, one of each plane.
  llvm::SmallVector<int64_t> getStepWords(int64_t step) const;
  /// No step before takes the word of this plane.
  bool isFirst(int64_t step, size_t plane) const { return 4 * step < getPlaneBytes(plane); }
  /// Where in the block the four codes of a part begin.
  int64_t getOffset(int64_t step, int64_t part) const { return part * getPlaneBytes(0) + 4 * step; }
  /// The codes of a part, as bytes, from what a step takes: a vector of bytes of each plane.
  mlir::Value getBytes(mlir::ImplicitLocOpBuilder &b, llvm::ArrayRef<mlir::Value> words,
                       int64_t step, int64_t part) const;

private:
  int64_t getPlaneBytes(size_t plane) const { return block * planes[plane].width / 8; }

  std::vector<BitPlane> planes;
  int64_t bits, block;
};

} // namespace qlinalg::kernels

#endif // QLINALG_KERNELS_BLOCKCODES_H
