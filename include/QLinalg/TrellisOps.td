//===- TrellisOps.td - Codes of a trellis -------------------*- tablegen -*-===//
//
// Apart from QLinalgOps.td, as little of the project has to know of them.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_TRELLIS_OPS
#define QLINALG_TRELLIS_OPS

include "QLinalg/QLinalgBase.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def QLinalg_TrellisCode : AnyTypeOf<[I<2>, I<3>, I<4>, I<5>, I<6>, I<7>, I8], "code of a trellis">;

def QLinalg_DecodeTrellisOp : QLinalg_Op<"decode_trellis", [
    Pure, InferTypeOpAdaptorWithIsCompatible,
    DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>]> {
  let summary = "the numbers of 16 bits that codes of a trellis stand for";
  let description = [{
    Codes `[.., N, K]` of b bits to i16, codes of a scheme of `int16`. Each of them is one of 4096 levels, chosen by its
    own code and by those of the rows before in the same column: rows are cut into blocks of 64; the row before the first
    of a block is its last, and rows that the last block lacks have code 0. With c(r) the code of row r, in integers,

    * `window(r) = (c(r) * 2^12 + c(r - 1) * 2^(12 - b) + c(r - 2) * 2^(12 - 2b) + …) / 2^b`, rounded down
    * `x = window * f` modulo 2^16, and `y = x^16` by four squarings
    * `level = x * (p + q * y)`

    where products of numbers are `(a * b + 2^14) >> 15` modulo 2^16, and f, p, q are those of lib/Numerics/Trellis.cpp for b.
    `--qlinalg-freeze` makes the codes, by a search over whole columns; levels are so spread that weights
    of a normal distribution have a scale of a 4096th of their deviation.

    The CPU reads codes in `#qlinalg.layout<panel = 64, step = 1, block = 1>`: those of 64 rows of a column follow one another
    as a stream of bits, the first in the lowest; `[.., N, K]` becomes `[.., ceil(N / 64), K, 8 b]` bytes. A side of
    `qlinalg.matmul` whose scheme is of `int16` and whose layout is this one is what `decode_trellis` makes of the codes.

    (C1) the codes are of rank 2 or more.
    (C2) the result is of the codes' shape.

    Example:

    ```mlir
    %w = qlinalg.decode_trellis %c : tensor<128x64xi4> -> tensor<128x64xi16>
    ```
  }];
  let arguments = (ins RankedTensorOf<[QLinalg_TrellisCode]>:$codes);
  let results = (outs RankedTensorOf<[I16]>:$result);
  let assemblyFormat = "$codes attr-dict `:` type($codes) `->` type($result)";
  let hasVerifier = 1;
}

#endif // QLINALG_TRELLIS_OPS
