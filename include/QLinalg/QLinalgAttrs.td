//===- QLinalgAttrs.td - Schemes, layouts, accumulators ------*- tablegen -*-===//

#ifndef QLINALG_ATTRS
#define QLINALG_ATTRS

include "QLinalg/QLinalgBase.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"

class QLinalg_Attr<string attrName, string attrMnemonic> : AttrDef<QLinalg_Dialect, attrName> {
  let mnemonic = attrMnemonic;
}

def QLinalg_SchemeAttr : QLinalg_Attr<"Scheme", "scheme"> {
  let summary = "how numbers become codes";
  let description = [{
    Storage, granularity and arithmetic of a quantized value; the numbers that
    vary (scales, zero points) are operands, never part of the attribute.

    ```
    scheme ::= `<` storage (`,` granularity (`,` (`symmetric` | `affine` | `positive`))?
               (`,` `scales` `=` type)? (`,` `rounding` `=` (`even` | `away`))?
               (`,` `division` `=` (`divide` | `reciprocal`))?)? `>`
    storage ::= `int8` | `int7` | `int6` | `int5` | `int4` | `int3` | `int2` | `int16`
              | `uint8` | `uint7` | `uint6` | `uint5` | `uint4` | `uint3` | `uint2` | `uint16`
              | `nf4` | `fp4` | `f8E4M3FN` | `bf16` | `f16`
    granularity ::= `tensor` | `channel` | `group` `=` n | `token`
                  | `token_group` `=` n
    ```

    `#qlinalg.scheme<int4, group = 32, symmetric>`,
    `#qlinalg.scheme<uint8, channel, affine, scales = f16>`,
    `#qlinalg.scheme<bf16>`. What is not written has its default: f32 scales,
    ties to even, division. bf16 and f16 have neither granularity nor scales.
    `affine` is for integers only, `positive` for `uint*` only: `code * scale` without zero point, `scale = max / (2^b - 1)`, for
    numbers that are never negative (those below 0 become 0).
  }];
  let parameters = (ins AttrParameter<"::qlinalg::Scheme", "the scheme of lib/Numerics">:$value);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// The element type of tensors of codes: i2 to i8, i16, f8E4M3FN, bf16, f16.
    ::mlir::Type getCodeType() const;
    /// The element type of scales: f32, f16, bf16.
    ::mlir::Type getScaleType() const;
    /// The element type of zero points: i8, or i16 for codes of 16 bits.
    ::mlir::Type getZeroPointType() const;
    ::qlinalg::Storage getStorage() const { return getValue().storage; }
    bool isInteger() const { return ::qlinalg::isInteger(getStorage()); }
    bool isDowncast() const { return ::qlinalg::isDowncast(getStorage()); }
    bool hasZeroPoints() const { return ::qlinalg::storesZeroPoints(getValue()); }
  }];
}

def QLinalg_LayoutAttr : QLinalg_Attr<"Layout", "layout"> {
  let summary = "how codes and parameters lie in memory";
  let description = [{
    `#qlinalg.layout<rows>`: as files hold them: row after row of K, codes below 8 bits
    a stream of bits, the first code in the lowest ones, each row padded to bytes.

    `#qlinalg.layout<panel = 16>`: 16 rows (1024 at most) side by side, so that one load of a vector
    gives one column of K (one byte column for codes below 8 bits) of 16 rows;
    the last panel is padded with zeros. `[.., N, K]` becomes
    `[.., ceil(N / 16), bytes of K, 16]`.

    `#qlinalg.layout<panel = 16, step = 4, block = 32>`, for codes of at most 8 bits: `step` bytes
    of one row lie side by side, so that one lane of a vector holds what an instruction that
    multiplies and adds four bytes takes. K is cut into blocks (the last padded with zeros), and a block of B
    codes of b bits is B * b / 8 bytes: byte t holds the codes t, t + B * b / 8, … of the block, the first in the lowest
    bits. Codes of 3, 5, 6 and 7 bits are planes of 4, 2 and 1 bits one after another (3 = 2 + 1, 7 = 4 + 2 + 1: the
    widest first, of the lowest bits), each as a block of codes of that width. Byte t of row r of a panel stands at
    `[t / step, r * step + t % step]` within the block.
    `[.., N, K]` becomes `[.., ceil(N / 16), bytes of K / step, 16 * step]`.

    `excess` (after `block`): integers are stored with their highest bit inverted, so that a signed code c of b bits
    is the unsigned number c + 2^(b-1): for instructions that multiply unsigned by signed.
  }];
  let parameters = (ins
      DefaultValuedParameter<"int64_t", "0", "rows per panel; 0: the layout of files">:$panel,
      DefaultValuedParameter<"int64_t", "1", "bytes of one row side by side">:$step,
      DefaultValuedParameter<"int64_t", "0", "codes per block; 0: those of one byte">:$block,
      DefaultValuedParameter<"bool", "false", "highest bits are inverted">:$excess);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    bool isRows() const { return getPanel() == 0; }
    /// Codes of `bits` (1, 2, 4, 8 or 16) that one block holds.
    int64_t getBlockCodes(int64_t bits) const {
      return getBlock() ? getBlock() : bits < 8 ? 8 / bits : 1;
    }
    /// The layout of the scales and zero points beside codes in this one.
    LayoutAttr getParamsLayout() const { return getPanels(getContext(), getPanel()); }
    static LayoutAttr getRows(::mlir::MLIRContext *context) { return get(context, 0, 1, 0, false); }
    static LayoutAttr getPanels(::mlir::MLIRContext *context, int64_t panel) {
      return get(context, panel, 1, 0, false);
    }
    /// The type of a value of `logical` type (tensor [.., N, K] of codes or
    /// parameters) in this layout; null if it cannot be laid out so.
    ::mlir::RankedTensorType getPackedType(::mlir::RankedTensorType logical) const;
  }];
}

def QLinalg_AccumulatorAttr : QLinalg_Attr<"Accumulator", "accumulator"> {
  let summary = "a proof of how wide an integer accumulator must be";
  let description = [{
    `bound` is the greatest absolute value that a sum of products can take in
    any row, computed from the constant codes: `max over rows of sum |w - z| *
    max |a|`. Written `<32, bound = 1000>`; `width` is the narrowest of 16, 32, 64 bits that holds it.
  }];
  let parameters = (ins "unsigned":$width, "int64_t":$bound);
  let assemblyFormat = "`<` $width `,` `bound` `=` $bound `>`";
  let genVerifyDecl = 1;
}

def QLinalg_Epilogue : I32EnumAttr<"Epilogue", "what is applied to each result", [
    I32EnumAttrCase<"None", 0, "none">,
    I32EnumAttrCase<"Relu", 1, "relu">,
    I32EnumAttrCase<"Gelu", 2, "gelu">,
    I32EnumAttrCase<"GeluTanh", 3, "gelu_tanh">,
    I32EnumAttrCase<"Silu", 4, "silu">]> {
  let cppNamespace = "::qlinalg";
  let genSpecializedAttr = 0;
}
def QLinalg_EpilogueAttr : EnumAttr<QLinalg_Dialect, QLinalg_Epilogue, "epilogue"> {
  let assemblyFormat = "`<` $value `>`";
}

def QLinalg_Requantize : I32EnumAttr<"Requantize", "how integer sums become codes", [
    I32EnumAttrCase<"Exact", 0, "exact">,
    I32EnumAttrCase<"Twice", 1, "twice">]> {
  let cppNamespace = "::qlinalg";
  let genSpecializedAttr = 0;
}
def QLinalg_RequantizeAttr : EnumAttr<QLinalg_Dialect, QLinalg_Requantize, "requantize"> {
  let assemblyFormat = "`<` $value `>`";
}

def QLinalg_Statistics : I32BitEnumAttr<"ObservedStatistics", "what is collected at a site", [
    I32BitEnumAttrCaseBit<"Range", 0, "range">,
    I32BitEnumAttrCaseBit<"Moments", 1, "moments">,
    I32BitEnumAttrCaseBit<"Channels", 2, "channels">,
    I32BitEnumAttrCaseBit<"Histogram", 3, "histogram">,
    I32BitEnumAttrCaseBit<"SecondMoments", 4, "second_moments">]> {
  let cppNamespace = "::qlinalg";
  let separator = ", ";
  let genSpecializedAttr = 0;
}
def QLinalg_StatisticsAttr : EnumAttr<QLinalg_Dialect, QLinalg_Statistics, "statistics"> {
  let assemblyFormat = "`<` $value `>`";
}

#endif // QLINALG_ATTRS
