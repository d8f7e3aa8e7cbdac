//===- QLinalgOps.td - The ops ------------------------------*- tablegen -*-===//
//
// Constraints are numbered (C1), (C2) … in each description; the verifier has one check
// and test/IR/invalid.mlir one failing test a number.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_OPS
#define QLINALG_OPS

include "QLinalg/QLinalgAttrs.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/DestinationStyleOpInterface.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/Interfaces/TilingInterface.td"

/// Result types are inferred; the verifiers say what is wrong with others, by number.
defvar QLinalg_InferTypes = InferTypeOpAdaptorWithIsCompatible;
defvar QLinalg_ReifyShapes =
    DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>;

def QLinalg_Float : AnyTypeOf<[F64, F32, F16, BF16], "float">;
def QLinalg_FloatTensor : RankedTensorOf<[QLinalg_Float]>;
def QLinalg_ScaleTensor : RankedTensorOf<[F32, F16, BF16]>;
/// Zero points are bytes whatever the width of the codes, but i16 beside codes of 16 bits; unsigned for `uint*`.
def QLinalg_ZeroPointTensor : RankedTensorOf<[I8, I16]>;
def QLinalg_Code : AnyTypeOf<[I8, I<7>, I<6>, I<5>, I<4>, I<3>, I<2>, I16, F8E4M3FN, BF16, F16], "code">;
def QLinalg_CodeTensor : RankedTensorOf<[QLinalg_Code]>;

def QLinalg_Shaped : AnyTypeOf<[AnyRankedTensor, AnyStridedMemRef], "ranked tensor or memref">;
def QLinalg_FloatShaped : AnyTypeOf<[RankedTensorOf<[QLinalg_Float]>, StridedMemRefOf<[QLinalg_Float]>],
    "ranked tensor or memref of floats">;

//===----------------------------------------------------------------------===//
// Observation
//===----------------------------------------------------------------------===//

def QLinalg_ObserveOp : QLinalg_Op<"observe", [Pure, SameOperandsAndResultType]> {
  let summary = "identity on a tensor whose statistics are wanted";
  let description = [{
    Gives its operand unchanged. `site` names the value from one compilation to the
    next, `statistics` says what is to be collected: `range` (count, minimum,
    maximum, NaN and infinity), `moments` (mean, variance), `channels` (absolute
    maximum and second moment along K), `histogram`, `second_moments` (the K x K
    matrix). All but the last are collected together, in one pass.

    `channels` are the dimensions that make K, in the order in which they stand in the weight that the value meets;
    without them all values are of one channel. `weight` stands for that weight, its shape in the upper 32 bits and its values in the
    lower ones, 0 where they are not known: statistics of another model are told by it. No folder removes the op; a pipeline that does not collect does,
    and so does `--qlinalg-lower-to-linalg`.

    (C1) the site's name is not empty.
    (C2) channels are dimensions of the input, each once at most.
    (C3) the dimensions in channels are static and not 0.

    Example:

    ```mlir
    %0 = qlinalg.observe %x site "mlp.up.input" channels [1] <range, moments> : tensor<4x64xf32>
    ```
  }];
  let arguments = (ins QLinalg_FloatTensor:$input, StrAttr:$site,
      DefaultValuedAttr<DenseI64ArrayAttr, "::llvm::ArrayRef<int64_t>()">:$channels, OptionalAttr<I64Attr>:$weight,
      QLinalg_StatisticsAttr:$statistics);
  let results = (outs QLinalg_FloatTensor:$result);
  let assemblyFormat = "$input `site` $site (`channels` $channels^)? (`weight` $weight^)? $statistics attr-dict `:` type($input)";
  let hasVerifier = 1;
}

def QLinalg_RecordOp : QLinalg_Op<"record", [DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  let summary = "count values for an observer";
  let description = [{
    What `--qlinalg-lower-observers` makes of `observe`: here the values are added to what the observer of that number in the
    module's table has seen. On memrefs `--qlinalg-lower-records` makes it a call of the run time.

    (C1) the observer's number is not negative.
    (C2) channels are dimensions of the input, each once at most.
    (C3) the dimensions in channels are static and not 0.

    Example:

    ```mlir
    qlinalg.record %x observer 3 channels [1] : tensor<4x64xf32>
    ```
  }];
  let arguments = (ins QLinalg_FloatShaped:$input, I64Attr:$observer,
      DefaultValuedAttr<DenseI64ArrayAttr, "::llvm::ArrayRef<int64_t>()">:$channels);
  let assemblyFormat = "$input `observer` $observer (`channels` $channels^)? attr-dict `:` type($input)";
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Floats to codes and back
//===----------------------------------------------------------------------===//

def QLinalg_ChooseParamsOp : QLinalg_Op<"choose_params", [
    Pure, QLinalg_InferTypes, QLinalg_ReifyShapes]> {
  let summary = "scales and zero points from the values of a tensor";
  let description = [{
    For each set of elements that `params_map` sends to one index, a scale (and,
    for an affine scheme, a zero point), in f32 and then cast to the scheme's
    scale type:

    * symmetric integers of b bits: `max|x| / (2^(b-1) - 1)`
    * affine: the range widened to contain 0, `(max - min) / (2^b - 1)`; zero point
      `clamp(round(-min / scale), 0, 2^b - 1)`, less 2^(b-1) for `int*`
    * positive: `max|x| / (2^b - 1)`
    * nf4: `max|x|`; fp4: `max|x| / 6`; f8E4M3FN: `max|x| / 448`

    All zeros give scale 1; a nonzero scale that would become 0 is the smallest
    positive one; a set with a NaN or an infinity gives scale NaN (and zero point 0).

    On a constant, `--qlinalg-freeze` chooses by a method instead.

    (C1) the scheme has scales.
    (C2) `params_map` has the input's rank; its results are dimensions or
         `dimension floordiv constant`, each dimension once at most.
    (C3) the granularity of the scheme agrees with `params_map`: `tensor` has no results,
         `channel` and `token` no `floordiv`, the groups one `floordiv` by their size.

    Example:

    ```mlir
    %s = qlinalg.choose_params %x <int8, token, symmetric> by affine_map<(d0, d1) -> (d0)>
       : tensor<4x64xf32> -> tensor<4xf32>
    ```
  }];
  let arguments = (ins QLinalg_FloatTensor:$input, QLinalg_SchemeAttr:$scheme, AffineMapAttr:$params_map);
  let results = (outs QLinalg_ScaleTensor:$scales, Optional<QLinalg_ZeroPointTensor>:$zero_points);
  let assemblyFormat = [{
    $input $scheme `by` $params_map attr-dict `:` type($input) `->` type($scales) (`,` type($zero_points)^)?
  }];
  let hasVerifier = 1;
}

class QLinalg_ConvertOp<string mnemonic, list<Trait> traits = []> : QLinalg_Op<mnemonic, [
    Pure, AttrSizedOperandSegments,
    QLinalg_ReifyShapes] # traits> {
  let assemblyFormat = [{
    $input (`scales` $scales^)? (`zero_points` $zero_points^)? $scheme `by` $params_map attr-dict
    `:` type($input) (`scales` type($scales)^)? (`zero_points` type($zero_points)^)? `->` type($result)
  }];
  let hasVerifier = 1;
}

def QLinalg_QuantizeOp : QLinalg_ConvertOp<"quantize", [QLinalg_InferTypes]> {
  let summary = "floats to codes";
  let description = [{
    Integers: `clamp(round(x / scale) + zero)`, the zero point of a symmetric `uint*` being
    2^(b-1) without an operand, that of a positive one 0. nf4, fp4: the index of the level nearest to `x / scale`, ties
    to the even index, never -0. f8E4M3FN: `x / scale` rounded to nearest even,
    saturating at 448. bf16, f16: rounded to nearest even. A NaN gives code 0 for
    integers and codebooks (its scale is NaN, so is its dequantized value) and NaN for floats.

    (C1) `params_map` as in `choose_params`.
    (C2) the granularity agrees with `params_map`.
    (C3) scales are there unless the storage is bf16 or f16; zero points are there
         exactly when the scheme is affine.
    (C4) scales have the scheme's scale type, zero points are i8 (i16 for `int16` and `uint16`).
    (C5) scales and zero points have the shape that `params_map` gives: each
         dimension divided by its group, rounded up.
    (C6) codes have the input's shape and the scheme's code type.

    Example:

    ```mlir
    %q = qlinalg.quantize %x scales %s <int8, token, symmetric> by affine_map<(d0, d1) -> (d0)>
       : tensor<4x64xf32> scales tensor<4xf32> -> tensor<4x64xi8>
    ```
  }];
  let arguments = (ins QLinalg_FloatTensor:$input, Optional<QLinalg_ScaleTensor>:$scales,
      Optional<QLinalg_ZeroPointTensor>:$zero_points, QLinalg_SchemeAttr:$scheme, AffineMapAttr:$params_map);
  let results = (outs QLinalg_CodeTensor:$result);
}

def QLinalg_DequantizeOp : QLinalg_ConvertOp<"dequantize"> {
  let summary = "codes to floats";
  let description = [{
    Integers: `(code - zero) * scale`; nf4, fp4: `level[code] * scale`; f8E4M3FN: `code * scale`;
    bf16, f16: the number. In f32; the result is that, cast to the result's type. Never folded on constants.
    A `qlinalg.matmul` of the result takes the codes instead (a canonicalization).

    (C1) to (C5) as in `quantize`.
    (C6) the codes have the result's shape and the scheme's code type.

    Example:

    ```mlir
    %w = qlinalg.dequantize %q scales %s <int4, group = 32, symmetric> by affine_map<(d0, d1) -> (d0, d1 floordiv 32)>
       : tensor<8x64xi4> scales tensor<8x2xf32> -> tensor<8x64xf32>
    ```
  }];
  let arguments = (ins QLinalg_CodeTensor:$input, Optional<QLinalg_ScaleTensor>:$scales,
      Optional<QLinalg_ZeroPointTensor>:$zero_points, QLinalg_SchemeAttr:$scheme, AffineMapAttr:$params_map);
  let results = (outs QLinalg_FloatTensor:$result);
}

def QLinalg_FakeQuantizeOp : QLinalg_ConvertOp<"fake_quantize", [QLinalg_InferTypes]> {
  let summary = "quantize and dequantize as one op that nothing removes";
  let description = [{
    `dequantize(quantize(x))` with the same scheme and parameters: what quantization does to a
    value, in floats, for training that is aware of it and for error simulation. No folder removes it.

    Its gradient is that of the straight-through estimator: for an upstream gradient g,
    `dx = g` where `x / scale + zero` lies within the range of the codes (before
    clamping) and 0 elsewhere; `dscale = sum over the set of g * (q - zero - x / scale)`
    within the range and `g * (limit - zero)` outside (LSQ, arXiv 1902.08153).

    (C1) to (C5) as in `quantize`.
    (C6) the result has the input's type.

    Example:

    ```mlir
    %y = qlinalg.fake_quantize %x scales %s <int8, tensor, symmetric> by affine_map<(d0, d1) -> ()>
       : tensor<4x64xf32> scales tensor<f32> -> tensor<4x64xf32>
    ```
  }];
  let arguments = (ins QLinalg_FloatTensor:$input, Optional<QLinalg_ScaleTensor>:$scales,
      Optional<QLinalg_ZeroPointTensor>:$zero_points, QLinalg_SchemeAttr:$scheme, AffineMapAttr:$params_map);
  let results = (outs QLinalg_FloatTensor:$result);
}

def QLinalg_DynamicQuantizeOp : QLinalg_Op<"dynamic_quantize", [
    DestinationStyleOpInterface, DeclareOpInterfaceMethods<MemoryEffectsOpInterface>,
    ConditionallySpeculatable, QLinalg_ReifyShapes]> {
  let summary = "choose_params and quantize of one value in one pass";
  let description = [{
    `scales, zero_points = choose_params(input)`, `codes = quantize(input, scales, zero_points)`, as those ops
    define them, written to the outs (whose old contents are not read): what activations need at run time.
    Zero points are there exactly when the scheme is affine. On memrefs it has no results.

    (C1) the scheme is one of integers, `params_map` as in `choose_params`.
    (C2) operands are all tensors, with results of the types of the outs, or all memrefs without results.
    (C3) codes have the input's shape and the scheme's code type; scales and zero points the shapes that
         `params_map` gives, the scheme's scale type and i8 (i16 for `int16` and `uint16`).

    Example:

    ```mlir
    %q, %s = qlinalg.dynamic_quantize %x <int8, token, symmetric> by affine_map<(d0, d1) -> (d0)>
       outs(%codes, %scales : tensor<4x64xi8>, tensor<4xf32>) : tensor<4x64xf32> -> tensor<4x64xi8>, tensor<4xf32>
    ```
  }];
  let arguments = (ins QLinalg_FloatShaped:$input, QLinalg_SchemeAttr:$scheme, AffineMapAttr:$params_map,
      Variadic<QLinalg_Shaped>:$inits);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    $input $scheme `by` $params_map `outs` `(` $inits `:` type($inits) `)` attr-dict
    `:` type($input) (`->` type($results)^)?
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() { return getInitsMutable(); }
    ::mlir::Speculation::Speculatability getSpeculatability();

    ::mlir::Value getCodes() { return getInits()[0]; }
    ::mlir::Value getScales() { return getInits()[1]; }
    /// Null for a symmetric scheme.
    ::mlir::Value getZeroPoints() { return getInits().size() > 2 ? getInits()[2] : ::mlir::Value(); }
  }];
}

//===----------------------------------------------------------------------===//
// Layouts
//===----------------------------------------------------------------------===//

def QLinalg_Packable : AnyTypeOf<[QLinalg_Code, F32, I32], "code, parameter or sum">;

def QLinalg_PackOp : QLinalg_Op<"pack", [Pure, QLinalg_InferTypes]> {
  let summary = "codes or parameters into a layout";
  let description = [{
    A tensor `[.., N, K]` of codes or parameters in the given layout, as tensor of storage elements
    (i8 for codes below 8 bits). On a constant it folds to a constant, at compile time.
    `pack(unpack(x))` with one layout is `x`.

    (C1) for a panel the source is static and of rank 2 or more, for rows its last dimension is static.
    (C2) the result has the type that the layout gives.

    Example:

    ```mlir
    %p = qlinalg.pack %w <panel = 16> : tensor<32x64xi4> -> tensor<2x32x16xi8>
    ```
  }];
  let arguments = (ins RankedTensorOf<[QLinalg_Packable]>:$source, QLinalg_LayoutAttr:$layout);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$source $layout attr-dict `:` type($source) `->` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def QLinalg_UnpackOp : QLinalg_Op<"unpack", [Pure, QLinalg_ReifyShapes]> {
  let summary = "the codes or parameters that lie in a layout";
  let description = [{
    The inverse of `pack`: the logical tensor `[.., N, K]`. Never folded on
    constants: packed codes are the only copy.

    (C1) for a panel the result is static and of rank 2 or more, for rows its last dimension is static.
    (C2) the source has the type that the layout gives the result.

    Example:

    ```mlir
    %w = qlinalg.unpack %p <rows> : tensor<32x32xi8> -> tensor<32x64xi4>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$source, QLinalg_LayoutAttr:$layout);
  let results = (outs RankedTensorOf<[QLinalg_Packable]>:$result);
  let assemblyFormat = "$source $layout attr-dict `:` type($source) `->` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def QLinalg_SumCodesOp : QLinalg_Op<"sum_codes", [Pure, QLinalg_InferTypes]> {
  let summary = "sums of a weight's integers along K";
  let description = [{
    Of codes `[.., N, K]` the sums of `code - zero` over each group of K (over all of K where the scheme has no groups),
    `[.., N, ceil(K / group)]`, modulo 2^32: what a zero point of the other side of a `qlinalg.matmul` is multiplied with. On
    constants it folds to a constant, at compile time.

    (C1) the scheme is one of integers, the codes are static, of rank 1 or more and of its code type.
    (C2) zero points are there exactly when the scheme is affine, with one for each row, each group of a row, or one in all.

    Example:

    ```mlir
    %s = qlinalg.sum_codes %w <int4, group = 32> : tensor<32x64xi4> -> tensor<32x2xi32>
    ```
  }];
  let arguments = (ins RankedTensorOf<[QLinalg_Code]>:$codes, Optional<QLinalg_ZeroPointTensor>:$zero_points,
      QLinalg_SchemeAttr:$scheme);
  let results = (outs RankedTensorOf<[I32]>:$result);
  let assemblyFormat = [{
    $codes (`zero_points` $zero_points^)? $scheme attr-dict
    `:` type($codes) (`zero_points` type($zero_points)^)? `->` type($result)
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
}

//===----------------------------------------------------------------------===//
// Contraction
//===----------------------------------------------------------------------===//

def QLinalg_BiasShaped : AnyTypeOf<[
    RankedTensorOf<[QLinalg_Float, I32]>, StridedMemRefOf<[QLinalg_Float, I32]>], "ranked tensor or memref of floats or i32">;
def QLinalg_ResultShaped : AnyTypeOf<[
    RankedTensorOf<[QLinalg_Float, I32, I8]>, StridedMemRefOf<[QLinalg_Float, I32, I8]>],
    "ranked tensor or memref of floats, i32 or i8">;

def QLinalg_MatmulOp : QLinalg_Op<"matmul", [
    AttrSizedOperandSegments, DestinationStyleOpInterface,
    DeclareOpInterfaceMethods<MemoryEffectsOpInterface>, ConditionallySpeculatable,
    QLinalg_ReifyShapes,
    DeclareOpInterfaceMethods<TilingInterface,
        ["getLoopIteratorTypes", "getIterationDomain", "getTiledImplementation",
         "getResultTilePosition", "generateResultTileValue"]>]> {
  let summary = "contraction of two operands, either of which may be codes";
  let description = [{
    `result = epilogue(init + bias + sum over k of lhs * rhs) * multiplier` over an iteration space that
    `indexing_maps` gives, one map for each operand that is there, in their order. A side with a scheme
    is codes with their parameters; one without is floats.

    Meaning: where one side or none is codes, each operand is dequantized to f32 and the sum is taken in f32
    (f64 where the init is f64), k ascending. Where both are integers, the sum over each run of k
    that shares its scales is taken in integers, `sum (lhs - zero) * (rhs - zero)`,
    converted to f32 and multiplied by `lhs_scale * rhs_scale`. The result is cast to the init's element type last.

    A side with a layout is packed; its map is that of the logical tensor. Beside codes in panels, scales and zero
    points may be packed in panels of as many rows (as by `#qlinalg.layout<panel = 16>`): their rank, one more
    than their map's results, says so.
    `accumulator` is the proof of the integer sums' width; `site` names the matmul in recipes and reports. `sums` are what
    `qlinalg.sum_codes` gives of the side in panels, packed as its codes are: known beforehand, they need not be taken in
    each call. They add nothing to the meaning.

    Results of i32 are the integer sums themselves: both sides are integers without scales, `init + bias + sum over k of
    (lhs - zero) * (rhs - zero)`, modulo 2^32.

    Scales of a side in panels may be codes themselves, `of` scales of their own: `scale = code * scale_scale`, as
    `qlinalg.dequantize` of `scales_scheme` gives it in f32. What is written `scales %d` with `%d = qlinalg.dequantize %c scales %s`
    becomes that where it is packed, so that no float of each scale is kept in memory.

    With a `scheme` in `outs` results are codes, and the old contents of `outs` are not read (there is no init in the sum):

    * with `scales` they are those that `qlinalg.quantize` gives of the f32 result, bit for bit;
    * with `requantize` no float occurs. Both sides are integers without scales, the bias is i32, of the scale of the sums,
      and `code = round((bias + sum) * multiplier * 2^(shift - 31)) + zero`, with the sum modulo 2^32 as above, the
      multiplier in [0, 2^31) and the shift in [-31, 30] (others give any code). `exact` rounds once, ties as the scheme's rounding
      says; `twice` rounds as gemmlowp and TFLite do (include/QLinalg/Numerics/Requantize.h). relu is a clamp at the zero point.

    Codes are clamped to `result_range`, or to all that the storage has; a NaN gives code 0.

    On memrefs it has no result and writes to `outs`.

    (C1) as many indexing maps as operands, each with the same number of dimensions and no symbols.
    (C2) the maps of lhs, rhs and outs are projected permutations without constants; those of bias, multiplier, result
         multipliers and shifts have dimensions of outs and constant 0.
    (C3) exactly one dimension is reduced: it occurs in lhs and rhs and not in outs; every other
         dimension occurs in outs.
    (C4) operand shapes agree with one another through their maps.
    (C5) a side has scales exactly when its scheme has them and sums do not stay integers, zero points exactly when
         the scheme is affine.
    (C6) codes, scales and zero points have the types that the scheme gives; a side without a scheme is float.
    (C7) parameters are mapped by dimensions of their side, or `dimension floordiv group` for k; and only k is divided.
    (C8) operands are all tensors with a result of the init's type, or all memrefs without result.
    (C9) a layout is for a side of codes whose map ends in (n, k), and its shape is the layout's.
    (C10) an accumulator is given only where both sides are integers.
    (C11) outs are floats without a scheme, i32 without a scheme, or codes of an 8 bit integer scheme of one scale of f32 for all.
    (C12) codes have zero points (i8, one) exactly when their scheme is affine, and either a scale (f32, one) or `requantize`
         with multipliers and shifts (i32); other results have none of these.
    (C13) where sums stay integers (i32 or `requantize`) both sides are integers without groups, the bias is i32, there is no
         multiplier of the result, and no epilogue but, for codes, relu; elsewhere the bias is float.
    (C14) `result_range` is for codes: two of them, ascending, that the storage has.
    (C15) sums are i32, and stand beside exactly one side in panels, an integer one: mapped as its codes are, but for k, which is
         divided by the group, or constant 0 without groups; packed in panels as its codes are.
    (C16) scales that are codes stand beside a side in panels whose scheme has groups and scales of f32. Their scheme has symmetric
         or positive integers of at most 8 bits, and groups; both the codes and their scales are packed in panels as the side is, mapped
         by (n, k) with k divided by the group, and by both groups.

    Example:

    ```mlir
    %y = qlinalg.matmul lhs(%x : tensor<4x64xf32>)
        rhs(%w : tensor<32x64xi4> scales %s : tensor<32x2xf32> scheme <int4, group = 32, symmetric>)
        outs(%init : tensor<4x32xf32>) {indexing_maps = [
          affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>,
          affine_map<(m, n, k) -> (n, k floordiv 32)>, affine_map<(m, n, k) -> (m, n)>]} -> tensor<4x32xf32>
    %q = qlinalg.matmul lhs(%a : tensor<4x64xi8> scheme <int8, tensor>) rhs(%b : tensor<32x64xi8> scheme <int8, channel>)
        bias(%c : tensor<32xi32>) epilogue <relu>
        outs(%out : tensor<4x32xi8> multipliers %m : tensor<32xi32> shifts %h : tensor<32xi32> scheme <int8, tensor>
          requantize <exact>) {indexing_maps = [
          affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (n)>,
          affine_map<(m, n, k) -> (m, n)>, affine_map<(m, n, k) -> (n)>, affine_map<(m, n, k) -> (n)>]} -> tensor<4x32xi8>
    ```
  }];
  let arguments = (ins
      QLinalg_Shaped:$lhs, Optional<QLinalg_Shaped>:$lhs_scales, Optional<QLinalg_Shaped>:$lhs_zero_points,
      QLinalg_Shaped:$rhs, Optional<QLinalg_Shaped>:$rhs_scales, Optional<QLinalg_Shaped>:$rhs_zero_points,
      Optional<QLinalg_BiasShaped>:$bias, Optional<QLinalg_FloatShaped>:$multiplier, QLinalg_ResultShaped:$init,
      Optional<QLinalg_Shaped>:$result_scales, Optional<QLinalg_Shaped>:$result_multipliers,
      Optional<QLinalg_Shaped>:$result_shifts, Optional<QLinalg_Shaped>:$result_zero_points, Optional<QLinalg_Shaped>:$sums,
      Optional<QLinalg_Shaped>:$lhs_scale_scales, Optional<QLinalg_Shaped>:$rhs_scale_scales,
      AffineMapArrayAttr:$indexing_maps,
      OptionalAttr<QLinalg_SchemeAttr>:$lhs_scheme, OptionalAttr<QLinalg_SchemeAttr>:$rhs_scheme,
      OptionalAttr<QLinalg_SchemeAttr>:$lhs_scales_scheme, OptionalAttr<QLinalg_SchemeAttr>:$rhs_scales_scheme,
      OptionalAttr<QLinalg_LayoutAttr>:$lhs_layout, OptionalAttr<QLinalg_LayoutAttr>:$rhs_layout,
      DefaultValuedAttr<QLinalg_EpilogueAttr, "::qlinalg::Epilogue::None">:$epilogue,
      OptionalAttr<QLinalg_SchemeAttr>:$result_scheme, OptionalAttr<QLinalg_RequantizeAttr>:$requantize,
      OptionalAttr<DenseI64ArrayAttr>:$result_range,
      OptionalAttr<QLinalg_AccumulatorAttr>:$accumulator, OptionalAttr<StrAttr>:$site);
  let results = (outs Optional<AnyRankedTensor>:$result);
  let assemblyFormat = [{
    `lhs` `(` $lhs `:` type($lhs) (`scales` $lhs_scales^ `:` type($lhs_scales))?
      (`of` $lhs_scale_scales^ `:` type($lhs_scale_scales))? (`scales_scheme` $lhs_scales_scheme^)?
      (`zero_points` $lhs_zero_points^ `:` type($lhs_zero_points))? (`scheme` $lhs_scheme^)? (`layout` $lhs_layout^)? `)`
    `rhs` `(` $rhs `:` type($rhs) (`scales` $rhs_scales^ `:` type($rhs_scales))?
      (`of` $rhs_scale_scales^ `:` type($rhs_scale_scales))? (`scales_scheme` $rhs_scales_scheme^)?
      (`zero_points` $rhs_zero_points^ `:` type($rhs_zero_points))? (`scheme` $rhs_scheme^)? (`layout` $rhs_layout^)? `)`
    (`bias` `(` $bias^ `:` type($bias) `)`)? (`epilogue` $epilogue^)?
    (`times` `(` $multiplier^ `:` type($multiplier) `)`)?
    `outs` `(` $init `:` type($init) (`scales` $result_scales^ `:` type($result_scales))?
      (`multipliers` $result_multipliers^ `:` type($result_multipliers))?
      (`shifts` $result_shifts^ `:` type($result_shifts))?
      (`zero_points` $result_zero_points^ `:` type($result_zero_points))?
      (`scheme` $result_scheme^)? (`requantize` $requantize^)? `)`
    (`sums` `(` $sums^ `:` type($sums) `)`)? attr-dict (`->` type($result)^)?
  }];
  let builders = [
    /// Of a float result.
    OpBuilder<(ins "::mlir::TypeRange":$types, "::mlir::Value":$lhs, "::mlir::Value":$lhsScales,
      "::mlir::Value":$lhsZeroPoints, "::mlir::Value":$rhs, "::mlir::Value":$rhsScales, "::mlir::Value":$rhsZeroPoints,
      "::mlir::Value":$bias, "::mlir::Value":$multiplier, "::mlir::Value":$init, "::mlir::ArrayAttr":$maps,
      "SchemeAttr":$lhsScheme, "SchemeAttr":$rhsScheme, "LayoutAttr":$lhsLayout, "LayoutAttr":$rhsLayout,
      "::qlinalg::Epilogue":$epilogue, "AccumulatorAttr":$accumulator, "::mlir::StringAttr":$site)>];
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() { return getInitMutable(); }
    ::mlir::Speculation::Speculatability getSpeculatability();

    unsigned getNumLoops() { return getMap(getInitMutable()).getNumDims(); }
    ::mlir::AffineMap getMap(unsigned operandIndex);
    ::mlir::AffineMap getMap(::mlir::MutableOperandRange operand);
    ::mlir::AffineMap getLhsMap();
    ::mlir::AffineMap getRhsMap();
    ::mlir::AffineMap getInitMap();
    /// Null maps where the operand is not there.
    ::mlir::AffineMap getLhsScalesMap();
    ::mlir::AffineMap getRhsScalesMap();
    ::mlir::AffineMap getBiasMap();
    ::mlir::AffineMap getMultiplierMap();
    ::mlir::AffineMap getResultMultipliersMap();
    ::mlir::AffineMap getResultShiftsMap();
    ::mlir::AffineMap getSumsMap();
    ::mlir::AffineMap getScaleScalesMap(bool lhs);
    /// The layout in which an operand lies, null where it is what its map says.
    LayoutAttr getOperandLayout(unsigned operandIndex);
    /// The dimension that is summed over.
    unsigned getReductionDim();
    /// Both sides are integer codes, so sums are taken in integers.
    bool isInteger();
    /// They are the result, or are requantized in integers: there are no scales of the sides.
    bool keepsIntegers();
    /// The result is codes, and what `outs` held is not read.
    bool givesCodes() { return getResultSchemeAttr() != nullptr; }
    /// The least and the greatest code of the result.
    std::pair<int64_t, int64_t> getResultCodes();
    /// The static sizes of the loops, `kDynamic` where unknown.
    ::llvm::SmallVector<int64_t> getStaticLoopSizes();
  }];
}

#endif // QLINALG_OPS
