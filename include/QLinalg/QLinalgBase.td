//===- QLinalgBase.td - The dialect -------------------------*- tablegen -*-===//

#ifndef QLINALG_BASE
#define QLINALG_BASE

include "mlir/IR/OpBase.td"

def QLinalg_Dialect : Dialect {
  let name = "qlinalg";
  let cppNamespace = "::qlinalg";
  let summary = "quantized linear algebra on tensors";
  let description = [{
    A few ops that say how floats become codes and how codes are multiplied,
    and leave the rest to linalg.

    *Codes* are the stored integers, 8-bit floats or codebook indices. *Scales*
    and *zero points* are the quantization parameters: operands with their own
    indexing maps, so that they are sliced, transposed and distributed with the
    data. A `#qlinalg.scheme` says how numbers become codes, a
    `#qlinalg.layout` how codes lie in memory.

    What each op means is defined once, by `--qlinalg-lower-to-linalg`, in
    `arith` on f32 (f64 where a result is f64).
  }];
  let useDefaultAttributePrinterParser = 1;
  let hasConstantMaterializer = 1;
  let hasOperationAttrVerify = 1;
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

class QLinalg_Op<string mnemonic, list<Trait> traits = []> :
    Op<QLinalg_Dialect, mnemonic, traits>;

#endif // QLINALG_BASE
