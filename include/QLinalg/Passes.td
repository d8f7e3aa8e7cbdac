//===- Passes.td - The passes -------------------------------*- tablegen -*-===//

#ifndef QLINALG_PASSES
#define QLINALG_PASSES

include "mlir/Pass/PassBase.td"

//===----------------------------------------------------------------------===//
// From floats to codes
//===----------------------------------------------------------------------===//

def BindParameters : Pass<"qlinalg-bind-parameters", "::mlir::ModuleOp"> {
  let summary = "turn arguments that are weights into parameters outside the IR";
  let description = [{
    Line i of the file `names` names argument i of `entry`; an empty line (or a line that
    is missing) leaves it an argument. A named argument becomes
    `ml_program.global private @"NAME"(#ml_program.extern : T) : T`, read with `ml_program.global_load_const`
    where the argument was used. Two arguments of one name and type are one parameter.

    Declines with an error when the entry is not there or has callers, the file has more lines than
    arguments, a named argument is not a static tensor, or one name has two types.

    Example: test/Transforms/bind-parameters.mlir.
  }];
  let options = [
    Option<"entry", "entry", "std::string", "\"main\"", "the function whose arguments are bound">,
    Option<"names", "names", "std::string", "\"\"", "file with one name a line">,
  ];
  let statistics = [Statistic<"bound", "bound", "arguments that became parameters">];
  let dependentDialects = ["::mlir::ml_program::MLProgramDialect"];
}

def InsertObservers : Pass<"qlinalg-insert-observers", "::mlir::ModuleOp"> {
  let summary = "pass operands of matmuls through qlinalg.observe";
  let description = [{
    For each linalg contraction of floats, `qlinalg.observe` of

    * each operand that is no constant and no parameter: site `NAME.input` beside a weight, `NAME.lhs` and `NAME.rhs` where there
      is none, with K as channels where its sizes are known (a weight knows them), and a fingerprint of the weight,
    * the result, with its bias where that alone reads it, site `NAME.output`, where it is combined with other computed values on
      the elementwise way to another contraction: integers are rescaled there, which needs the range of each,
    * the values whose locations' names (`loc("…")`) match a pattern of the recipe's key `observe`, under that name.

    NAME is what `--qlinalg-quantize` calls the matmul: its weight's name, or FUNCTION.i, or FUNCTION.bmm.i without a weight. The program is
    canonicalized first, as `--qlinalg-ptq` does, so that both count the same matmuls. What is observed already at its
    site is not observed again; `moments=full` then adds to what is collected.

    A pattern of `observe` that matches nothing is an error. An activation whose K has another order than the weight's is not observed, with a
    warning: its channels would not be those of the weight.

    Example: test/Transforms/insert-observers.mlir.
  }];
  let options = [
    Option<"moments", "moments", "std::string", "\"diagonal\"", "second moments along K: diagonal, or full (the K x K matrix too)">,
    Option<"recipe", "recipe", "std::string", "\"\"", "YAML file; its key `observe` names values">,
  ];
  let statistics = [Statistic<"observed", "observed", "observers inserted">];
  let dependentDialects = ["::qlinalg::QLinalgDialect", "::mlir::tensor::TensorDialect"];
}

def RemoveObservers : Pass<"qlinalg-remove-observers", "::mlir::ModuleOp"> {
  let summary = "drop every qlinalg.observe";
  let description = [{
    What reads an observer reads the observed value instead: the program is as fast as it was before
    `--qlinalg-insert-observers`.

    Example: test/Transforms/remove-observers.mlir.
  }];
}

def LowerObservers : Pass<"qlinalg-lower-observers", "::mlir::ModuleOp"> {
  let summary = "qlinalg.observe into updates and a table of sites";
  let description = [{
    Each `qlinalg.observe` becomes a `qlinalg.record` of its operand, and `@qlinalg_site_table` lists all sites of the module, in their
    order, for the run time: name, number of channels, whether the K x K matrix is wanted, number of the observer.
    Sites that always see the same values (one activation read by three matmuls) share one observer, and the value is looked at once.

    A site whose observers disagree on channels or on the matrix is an error.

    Example: test/Transforms/lower-observers.mlir.
  }];
  let dependentDialects = ["::qlinalg::QLinalgDialect", "::mlir::LLVM::LLVMDialect"];
}

def LowerRecords : Pass<"qlinalg-lower-records", "::mlir::ModuleOp"> {
  let summary = "qlinalg.record on memrefs into calls of the run time";
  let description = [{
    `qlinalg.record` becomes `qlinalg_rt_record_TYPE` (include/QLinalg/Runtime/Abi.h) of a view whose last dimensions are the
    channels. The run time reads any strides, and divides the rows among the threads.

    Example: test/Transforms/lower-records.mlir.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::func::FuncDialect", "::mlir::LLVM::LLVMDialect",
    "::mlir::memref::MemRefDialect"];
}

def Quantize : Pass<"qlinalg-quantize", "::mlir::ModuleOp"> {
  let summary = "rewrite contractions with weights into qlinalg.matmul";
  let description = [{
    Each linalg contraction of floats one side of which is a constant or a parameter becomes

    * `qlinalg.choose_params` and `qlinalg.quantize` of the weight, as rows of K,
    * with `activations=dynamic…` the same of the activation, per token (and group),
    * with `activations=static` a `qlinalg.quantize` of the activation with constants that `activation-range` makes of the
      statistics of site `SITE.input`, a remark saying which; with `activation-granularity=channel` one for each index of K,
      with which the weight's rows are multiplied before they are quantized,
    * one `qlinalg.matmul` of the two.

    With `smooth=…` x W^T is computed as (x / s)(W s)^T (SmoothQuant): the weight's rows are multiplied with s before they are
    quantized; static activations have s in their scales, dynamic ones are multiplied with 1 / s. Matmuls of one activation
    share s. A matmul whose expected error is above `max-error`, as a share of the mean square of its
    results, becomes what `fallback` says.

    The float weight is still there: `--qlinalg-freeze` decides how it becomes codes. The weight is found through
    transposes, reshapes, broadcasts, casts and yield-only generics; matmuls of one weight share one `quantize`.
    With `embeddings=…` a gather of rows of a weight reads codes too and dequantizes what it looked up.
    Observers of what is quantized are dropped; the names that they gave stay.

    With `method=awq` and float activations x W^T is computed as (x / s)(W s)^T with the s of AWQ (arXiv 2306.00978), one for all
    matmuls of x; x is multiplied with 1 / s at run time. `--qlinalg-smooth=method=awq` before it moves 1 / s into what makes x instead.

    With `bits` or `target-size` each weight is coded in several widths, the error that each makes in the output is measured by the
    statistics (in the weight, without), and widths are chosen by least sum of errors within the target; remarks say which. The
    method is then `rounding` (`mse` without statistics) unless one is set.

    A contraction that stays as it is gets a remark that says why. A site that `statistics` does not have, of which no finite value was
    seen or whose channels are not as many as K is an error; few rows and values that are not finite are a warning. A recipe's key
    `method` is left as `qlinalg.method` on the weight's `quantize`, for `--qlinalg-freeze`.

    Example: test/Transforms/quantize.mlir.
  }];
  let options = [
    Option<"weights", "weights", "std::string", "\"int8\"", "storage of weights: int2 to int8, uint2 to uint8, int16, uint16, nf4, fp4, f8E4M3FN, bf16, f16 or none">,
    Option<"granularity", "granularity", "std::string", "\"\"", "what shares a scale: channel, group or tensor (default: channel for 8 bits and more, group below)">,
    Option<"group", "group", "std::string", "\"\"", "elements along K per scale (default 32, 64 for nf4)">,
    Option<"symmetric", "symmetric", "std::string", "\"\"", "true or false (default: true for int*, false for uint*)">,
    Option<"scales", "scales", "std::string", "\"f32\"", "type of scales: f32, f16, bf16, or of groups an integer of at most 8 bits: codes themselves">,
    Option<"scaleGroup", "scale-group", "std::string", "\"\"", "scales that are codes per scale of theirs (default 8 below 8 bits, else 256)">,
    Option<"scaleScales", "scale-scales", "std::string", "\"\"", "type of the scales of scales that are codes (default f16 below 8 bits, else f32)">,
    Option<"rounding", "rounding", "std::string", "\"even\"", "ties to even or away">,
    Option<"division", "division", "std::string", "\"divide\"", "divide by the scale or multiply by its reciprocal">,
    Option<"activations", "activations", "std::string", "\"none\"", "none, dynamic, dynamic-group or static">,
    Option<"activationStorage", "activation-storage", "std::string", "\"int8\"", "int8 or uint8">,
    Option<"activationSymmetric", "activation-symmetric", "std::string", "\"\"", "true or false (default: static what has the least expected error, dynamic true for int8)">,
    Option<"activationGranularity", "activation-granularity", "std::string", "\"\"", "what shares a static scale: tensor or channel, each of K">,
    Option<"activationRange", "activation-range", "std::string", "\"\"", "auto, minmax, average, percentile:P, deviations:K, entropy or mse">,
    Option<"smooth", "smooth", "std::string", "\"none\"", "scales moved from activations into weights: none, auto or alpha, from 0 to 1">,
    Option<"maxError", "max-error", "std::string", "\"\"", "greatest expected error of a matmul, as a share of the mean square of its results">,
    Option<"fallback", "fallback", "std::string", "\"\"", "what is done beyond max-error: dynamic activations, weights alone, or float (default: dynamic, float where they are dynamic)">,
    Option<"embeddings", "embeddings", "std::string", "\"none\"", "storage of weights that are gathered from, or none">,
    Option<"method", "method", "std::string", "\"\"", "how codes are chosen, for --qlinalg-freeze; awq moves scales into weights here (default: what that says)">,
    Option<"bits", "bits", "std::string", "\"\"", "bits a weight, everything stored counted: storage, group and scales of each layer are chosen">,
    Option<"targetSize", "target-size", "std::string", "\"\"", "the same in bytes of all weights that are quantized">,
    Option<"requantize", "requantize", "std::string", "\"\"", "what --qlinalg-requantize will be asked for: a matmul for which the recipe says something else has it in qlinalg.requantize">,
    Option<"recipe", "recipe", "std::string", "\"\"", "YAML file with settings per layer">,
    Option<"statistics", "statistics", "std::string", "\"\"", "file of a calibration, for static activations, smooth, max-error, awq, bits and target-size">,
    Option<"heldOut", "held-out", "std::string", "\"\"", "file of another calibration, by which bits and target-size judge">,
    Option<"parameters", "parameters", "std::string", "\"\"", "safetensors file or index with the tensors of extern globals, for static activations">,
  ];
  let statistics = [
    Statistic<"quantized", "quantized", "contractions rewritten">,
    Statistic<"gathers", "gathers", "gathers rewritten">,
    Statistic<"declined", "declined", "contractions left as they are">,
  ];
  let dependentDialects = ["::qlinalg::QLinalgDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::tensor::TensorDialect", "::mlir::arith::ArithDialect", "::mlir::ml_program::MLProgramDialect"];
}

def Smooth : Pass<"qlinalg-smooth", "::mlir::ModuleOp"> {
  let summary = "move scales from activations into weights of a float model";
  let description = [{
    x W^T becomes (x / s)(W s)^T (SmoothQuant, arXiv 2211.10438): floats before and after, the same function. s is chosen from
    the statistics of site `SITE.input` for the schemes that the other options describe, one for all matmuls that read x.
    1 / s goes through elementwise ops, reshapes and transposes before x into what makes it: scale and shift of a norm, the weight and the
    bias of a linear layer; each changed constant is replaced, each changed parameter written to
    `output-parameters` under its name. Where something else reads x, or x comes from no constant along K, one elementwise product is
    left in the program.

    With `method=awq activations=none` s is that of AWQ (arXiv 2306.00978), for weights alone.

    A second calibration of the result has the histograms of x / s, for ranges that saturate.

    A matmul whose weight has other readers stays as it is; a remark at each says what was done.

    Example: test/Transforms/smooth.test.
  }];
  let options = [
    Option<"smooth", "smooth", "std::string", "\"auto\"", "auto or alpha, from 0 to 1">,
    Option<"method", "method", "std::string", "\"\"", "awq, with activations=none: s of AWQ in place of SmoothQuant's">,
    Option<"weights", "weights", "std::string", "\"int8\"", "storage that weights will have">,
    Option<"granularity", "granularity", "std::string", "\"\"", "what will share a scale: channel, group or tensor">,
    Option<"group", "group", "std::string", "\"\"", "elements along K per scale">,
    Option<"symmetric", "symmetric", "std::string", "\"\"", "true or false">,
    Option<"scales", "scales", "std::string", "\"f32\"", "type of scales">,
    Option<"activations", "activations", "std::string", "\"static\"", "static, dynamic or dynamic-group">,
    Option<"activationStorage", "activation-storage", "std::string", "\"int8\"", "int8 or uint8">,
    Option<"activationSymmetric", "activation-symmetric", "std::string", "\"\"", "true or false">,
    Option<"recipe", "recipe", "std::string", "\"\"", "YAML file with settings per layer">,
    Option<"statistics", "statistics", "std::string", "\"\"", "file of a calibration">,
    Option<"parameters", "parameters", "std::string", "\"\"", "safetensors file or index with the tensors of extern globals">,
    Option<"outputParameters", "output-parameters", "std::string", "\"\"", "safetensors file to write">,
  ];
  let statistics = [
    Statistic<"smoothed", "smoothed", "matmuls whose weight was scaled">,
    Statistic<"migrated", "migrated", "activations whose scales went into constants before them">,
  ];
  let dependentDialects = ["::qlinalg::QLinalgDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::tensor::TensorDialect", "::mlir::arith::ArithDialect", "::mlir::ml_program::MLProgramDialect"];
}

def Freeze : Pass<"qlinalg-freeze", "::mlir::ModuleOp"> {
  let summary = "replace quantize of a constant by codes and parameters";
  let description = [{
    A `qlinalg.quantize` whose operand leads to a constant or a parameter becomes the codes and parameters that `method` chooses,
    as `dense_resource` constants in the layout of files, or, for parameters, as tensors in `output-parameters`
    (`NAME.codes`, `NAME.scales`, `NAME.zero_points`, `NAME.scale_scales`), which is written tensor by tensor and put in place when all is done.
    `qlinalg.method` on a `quantize` says the method of that weight. A range method chooses a range for each set of elements that shares a scale, by the
    values themselves; a remark says how often `auto` took which. With `statistics` of a calibration (`weighted` needs the squares
    of the inputs, `gptq` and `rounding` all products of channels), `auto` takes for each weight the method of least output error
    by the statistics `held-out`, or by the same ones; a remark says the errors. Of a weight that several matmuls read, their inputs
    are added up; that no matmul reads, an embedding, the method is `mse`.
    A weight that a linalg.generic multiplies with constant vectors along its dimensions is scaled in f32 before it is quantized.
    Proves how wide the integer accumulators of each `qlinalg.matmul` must be and says so on it. What the codes cost
    (`qlinalg.weight`: bytes of the floats, SQNR) stands on the constants and globals that hold them, for `--qlinalg-report`.

    A NaN or infinity in a weight, a scale that overflows its type, and a parameter file that
    does not fit the module are errors that name the layer; so are statistics that lack a site, have another number of channels or not
    what the method needs, or second moments that are empty or not finite.

    Example: test/Transforms/freeze.mlir.
  }];
  let options = [
    Option<"method", "method", "std::string", "\"nearest\"", "how codes are chosen: nearest, mse, weighted, hqq, awq, gptq, rounding, minmax, average, percentile:P, deviations:K, entropy or auto">,
    Option<"statistics", "statistics", "std::string", "\"\"", "file of a calibration, for methods that need data">,
    Option<"heldOut", "held-out", "std::string", "\"\"", "file of another calibration, by which auto judges">,
    Option<"parameters", "parameters", "std::string", "\"\"", "safetensors file or index with the tensors of extern globals">,
    Option<"outputParameters", "output-parameters", "std::string", "\"\"", "safetensors file to write">,
  ];
  let statistics = [
    Statistic<"frozen", "frozen", "weights turned into codes">,
    Statistic<"bytesBefore", "bytes-before", "bytes of the float weights">,
    Statistic<"bytesAfter", "bytes-after", "bytes of codes and parameters">,
  ];
  let dependentDialects = ["::qlinalg::QLinalgDialect", "::mlir::arith::ArithDialect", "::mlir::tensor::TensorDialect",
    "::mlir::ml_program::MLProgramDialect"];
}

def Report : Pass<"qlinalg-report", "::mlir::ModuleOp"> {
  let summary = "what quantization costs each weight, as a table and as JSON";
  let description = [{
    On standard error a table with one line for each weight of a contraction or a gather: scheme (`float` for what stayed as it
    is), uses, bytes before and after, bits per weight with scales and zero points, SQNR of the weight in dB; then
    their sums, the parameters that are no such weights, all together, and which weight takes most bytes and which has the least SQNR.
    The module stays as it is. `output` is the same as JSON, described in include/QLinalg/Transforms/ModelReport.h.

    Bytes before and SQNR are what `--qlinalg-freeze` wrote down. With `reference`, the module before quantization, both
    are computed from the weights of that name there and the codes here, whoever made them.

    A weight that the reference does not have, or has in another size, and files that do not fit are errors.

    Example: test/Transforms/report.mlir.
  }];
  let options = [
    Option<"output", "output", "std::string", "\"\"", "JSON file to write">,
    Option<"reference", "reference", "std::string", "\"\"", "the module before quantization">,
    Option<"parameters", "parameters", "std::string", "\"\"", "safetensors file or index with the tensors of extern globals">,
    Option<"referenceParameters", "reference-parameters", "std::string", "\"\"", "the same for the reference">,
  ];
}

def Requantize : Pass<"qlinalg-requantize", "::mlir::ModuleOp"> {
  let summary = "matmuls whose result is quantized give codes themselves";
  let description = [{
    A `qlinalg.quantize` to int8 or uint8 by one known scale, of the f32 result of a `qlinalg.matmul`, becomes part of the
    matmul: between the two, and to the next matmul, codes of 8 bits flow. Reshapes, slices and transposes on the way are done to codes,
    clamps become `result_range`; biases and relu are the matmul's own, as `--qlinalg-fuse-epilogues` makes them.

    * `float`: by a float scale, with the same codes as before.
    * `exact`, `twice`: in integers, as `requantize` of `qlinalg.matmul` says. Multipliers, shifts and biases (of the scale of the
      sums) are computed here, and stand in the IR as constants; scales that are parameters are read from `parameters`. A
      value that is added (`outs` of the matmul) is added as the codes that it has, or as the integer sums of the matmul
      that it comes from: rescaled to the scale of the sums by the same rounding, so that the code is rounded once more. This
      differs from the float program by what its rounding does.

    A matmul with the attribute `qlinalg.requantize`, which `--qlinalg-quantize` writes for a recipe, is done as that says, `none` among it.

    It declines, with a remark that says why, where something else reads the floats, where those who read them make different codes, and, in
    integers, where there are groups, scales or biases made at run time, another epilogue than relu, sums that may
    overflow 32 bits, or an added value without codes; what cannot be integers is done by a float scale.

    Example: test/Transforms/requantize.mlir.
  }];
  let options = [
    Option<"rounding", "rounding", "std::string", "\"float\"", "how results become codes: float, exact, twice, or none where the matmul itself does not say">,
    Option<"parameters", "parameters", "std::string", "\"\"", "safetensors file or index with the scales of frozen weights">,
    Option<"report", "report", "bool", "true", "a remark at each matmul that is not done as asked">,
  ];
  let statistics = [
    Statistic<"byScale", "by-scale", "matmuls that give codes by a float scale">,
    Statistic<"inIntegers", "in-integers", "matmuls that give codes, or sums to be added, in integers">,
  ];
  let dependentDialects = ["::qlinalg::QLinalgDialect", "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::tensor::TensorDialect", "::mlir::ml_program::MLProgramDialect"];
}

//===----------------------------------------------------------------------===//
// From codes to loops
//===----------------------------------------------------------------------===//

def LowerToLinalg : Pass<"qlinalg-lower-to-linalg", "::mlir::ModuleOp"> {
  let summary = "the definition: qlinalg into linalg and arith";
  let description = [{
    Replaces every op of the dialect by linalg on tensors whose bodies are the arithmetic of the op's description. Slow and
    obvious; every faster lowering is judged against it.

    Example: test/Transforms/lower-to-linalg.mlir.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect",
    "::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
}

def RaiseContractions : Pass<"qlinalg-raise-contractions", "::mlir::func::FuncOp"> {
  let summary = "linalg contractions of floats into qlinalg.matmul";
  let description = [{
    A linalg contraction of floats with one reduced dimension becomes a `qlinalg.matmul` without schemes, so
    that one lowering generates the code of all contractions. Others are left to linalg's own lowering.

    Example: test/Transforms/raise-contractions.mlir.
  }];
  let statistics = [Statistic<"raised", "raised", "contractions raised">];
  let dependentDialects = ["::qlinalg::QLinalgDialect"];
}

def FuseEpilogues : Pass<"qlinalg-fuse-epilogues", "::mlir::func::FuncOp"> {
  let summary = "what elementwise linalg does with a matmul into its epilogue";
  let description = [{
    Elementwise linalg that alone reads a `qlinalg.matmul` goes into it, from the matmul's value outward:

    * `+ b` along some dimensions becomes the bias, `+ r` of the result's shape takes the place of zeros in `outs`,
    * relu, gelu (by erf or tanh) and silu become the epilogue, in whatever form the body has them,
    * `* y` becomes the multiplier, a narrowing of f32 at the end the type of `outs`, a permutation of rows its map.

    What is left of a body stays. Bodies are compared as sums of products up to the rounding of floats;
    a relu that turns NaN into 0 is no epilogue, and what follows a result of f16 or bf16 stays, since that has been rounded.

    Example: test/Transforms/fuse-epilogues.mlir.
  }];
  let options = [
    Option<"onlyRequantized", "only-requantized", "bool", "false", "only matmuls with qlinalg.requantize, by a recipe">,
  ];
  let statistics = [
    Statistic<"biases", "biases", "additions that became a bias">,
    Statistic<"residuals", "residuals", "additions that became outs">,
    Statistic<"activations", "activations", "activations fused">,
    Statistic<"multipliers", "multipliers", "multiplications fused">,
    Statistic<"narrowings", "narrowings", "conversions of results fused">,
  ];
  let dependentDialects = ["::qlinalg::QLinalgDialect", "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::tensor::TensorDialect"];
}

def Pack : Pass<"qlinalg-pack", "::mlir::ModuleOp"> {
  let summary = "codes that are constant or parameters into the target's layout";
  let description = [{
    The side of a `qlinalg.matmul` that is constant codes (or a parameter) is put into panels, in the layout that the
    processor's kernels read: `#qlinalg.layout<panel = 16, step = 4, block = 32>` where the groups are whole blocks,
    else in panels alone. Scales and zero points of groups are put into panels beside them, and so are sums of the codes
    where the other side has zero points. Constants are packed at compile time, parameters once when they are loaded.

    Example: test/Kernels/pack.mlir.
  }];
  let options = [
    Option<"cpu", "cpu", "std::string", "\"native\"", "LLVM's name of the processor, or native">,
    Option<"panel", "panel", "int64_t", "0", "rows per panel, without blocks; 0: what the processor's kernels read">];
  let statistics = [Statistic<"packed", "packed", "operands packed">];
  let dependentDialects = ["::qlinalg::QLinalgDialect"];
}

def LowerParameters : Pass<"qlinalg-lower-parameters", "::mlir::ModuleOp"> {
  let summary = "extern globals into slots that the run time fills";
  let description = [{
    Each `ml_program.global` that is extern becomes a pointer in the module that the run time sets when parameters
    are loaded, with a table of names, types and shapes for it; packs of parameters go into
    `@qlinalg_initialize`, which runs once after. Inline globals become constants.

    Example: test/Transforms/lower-parameters.mlir.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::bufferization::BufferizationDialect",
    "::mlir::memref::MemRefDialect", "::mlir::func::FuncDialect", "::mlir::arith::ArithDialect",
    "::mlir::tensor::TensorDialect"];
}

def FuseDynamicQuantize : Pass<"qlinalg-fuse-dynamic-quantize", "::mlir::func::FuncOp"> {
  let summary = "choose_params and quantize of one value into dynamic_quantize";
  let description = [{
    `qlinalg.quantize` with what `qlinalg.choose_params` chose for the same value, scheme and `params_map` becomes one
    `qlinalg.dynamic_quantize`, whose code reads the value once from memory. Values are quantized once however many
    read them. Constants, and schemes other than int8 and uint8, stay.

    Example: test/Transforms/fuse-dynamic-quantize.mlir.
  }];
  let dependentDialects = ["::qlinalg::QLinalgDialect", "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::tensor::TensorDialect"];
}

def LowerConversions : Pass<"qlinalg-lower-conversions", "::mlir::ModuleOp"> {
  let summary = "every op of qlinalg but matmul and dynamic_quantize into linalg";
  let description = [{
    Replaces `choose_params`, `quantize`, `dequantize`, `fake_quantize`, `observe`, `pack` and `unpack` by their definition: they are
    elementwise or plain reductions, which loops do well. `qlinalg.matmul` and `qlinalg.dynamic_quantize` stay.

    Example: test/Kernels/lower-conversions.mlir.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect",
    "::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
}

def FuseElementwise : Pass<"qlinalg-fuse-elementwise", "::mlir::func::FuncOp"> {
  let summary = "elementwise linalg into its one reader";
  let description = [{
    Chains of elementwise ops become one op instead of one pass over memory each. Not where a reader would compute an
    element more than once, and not where a body may end the call (cf.assert), which keeps loops from being parallel.

    Example: test/Kernels/fuse-elementwise.mlir.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::linalg::LinalgDialect"];
}

def InsertFills : Pass<"qlinalg-insert-fills", "::mlir::func::FuncOp"> {
  let summary = "a fill for each of its readers";
  let description = [{
    A `linalg.fill` of a `tensor.empty` that several ops read is repeated before each of them. Bufferization would keep one and copy it
    for each reader that writes into it, which is more work than to fill.

    Example: test/Kernels/insert-fills.mlir.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"];
}

def LowerToCpu : Pass<"qlinalg-lower-to-cpu", "::mlir::func::FuncOp"> {
  let summary = "qlinalg and linalg on memrefs into parallel loops";
  let description = [{
    Each `qlinalg.matmul` becomes a parallel loop over panels of n; each panel is unpacked once into a scratch of compute type
    and a register tile runs over the rows of m. Matmuls of one input are one loop. The micro-kernel comes from lib/Kernels. Each `qlinalg.dynamic_quantize` becomes a parallel loop over
    what has scales of its own: one sweep for the range, one for the codes. Other linalg (and each copy) becomes loops: ops that share
    rows in one, the innermost in vectors, the outer ones parallel where there is enough to do and nothing that may end the call.

    Example: test/Kernels/lower-to-cpu.mlir.
  }];
  let options = [
    Option<"cpu", "cpu", "std::string", "\"native\"", "LLVM's name of the processor, or native">,
    Option<"report", "report", "bool", "false", "a remark at each matmul: instruction, tile, layout, share of peak">];
  let dependentDialects = ["::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect", "::mlir::memref::MemRefDialect",
    "::mlir::LLVM::LLVMDialect", "::mlir::arith::ArithDialect", "::mlir::math::MathDialect", "::mlir::affine::AffineDialect",
    "::mlir::amx::AMXDialect"];
}

def LowerMath : Pass<"qlinalg-lower-math", "::mlir::func::FuncOp"> {
  let summary = "elementary functions of f32 into arithmetic";
  let description = [{
    `exp`, `exp2`, `expm1`, `log`, `log2`, `log10`, `log1p`, `tanh`, `erf`, `sin`, `cos` and `powf` of f32 scalars and vectors become
    polynomials in arith, with their errors stated in include/QLinalg/Kernels/MathFunctions.h; f16 and bf16 are computed in f32.
    Powers with small whole exponents become products. f64 is left to the library.

    Example: test/Kernels/lower-math.mlir.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect", "::mlir::scf::SCFDialect",
    "::mlir::vector::VectorDialect", "::mlir::LLVM::LLVMDialect"];
}

def OutlineKernels : Pass<"qlinalg-outline-kernels", "::mlir::ModuleOp"> {
  let summary = "loop nests into functions, equal ones once";
  let description = [{
    Each outermost loop nest (or `scf.if` between loops, or region that holds several) becomes a private function of what it
    captures; nests that are equal become one function. The time to compile a model is then that of its different layers.

    Example: test/Transforms/outline-kernels.mlir.
  }];
  let statistics = [
    Statistic<"outlined", "outlined", "loop nests outlined">,
    Statistic<"shared", "shared", "nests that share a function with an earlier one">,
  ];
  let dependentDialects = ["::mlir::func::FuncDialect", "::mlir::LLVM::LLVMDialect"];
}

def LowerAsserts : Pass<"qlinalg-lower-asserts", "::mlir::ModuleOp"> {
  let summary = "cf.assert into an error of the run time";
  let description = [{
    `cf.assert` becomes a call of `qlinalg_rt_assert_fail` where the condition is false: the caller of the compiled function gets an
    error instead of an abort. Parallel loops around one become sequential, since a call cannot be left from the middle of a team of threads.

    Example: test/Transforms/lower-asserts.mlir.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::scf::SCFDialect", "::mlir::cf::ControlFlowDialect"];
}

#endif // QLINALG_PASSES
