//===- Pipelines.h - From linalg to code, as pipelines ----------*- C++ -*-===//

#ifndef QLINALG_PIPELINES_H
#define QLINALG_PIPELINES_H

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"

namespace qlinalg {

/// Options of `--qlinalg-ptq`; the keys of `Quantize` and `Freeze`, see Passes.td.
struct PtqPipelineOptions : public mlir::PassPipelineOptions<PtqPipelineOptions> {
  Option<std::string> weights{*this, "weights", llvm::cl::init("int8"),
                              llvm::cl::desc("storage of weights")};
  Option<std::string> granularity{*this, "granularity", llvm::cl::init(""),
                                  llvm::cl::desc("channel, group or tensor")};
  Option<std::string> group{*this, "group", llvm::cl::init(""),
                            llvm::cl::desc("elements along K per scale")};
  Option<std::string> symmetric{*this, "symmetric", llvm::cl::init(""),
                                llvm::cl::desc("true or false")};
  Option<std::string> scales{*this, "scales", llvm::cl::init("f32"),
                             llvm::cl::desc("f32, f16, bf16 or an integer: codes themselves")};
  Option<std::string> scaleGroup{*this, "scale-group", llvm::cl::init(""),
                                 llvm::cl::desc("scales that are codes per scale of theirs")};
  Option<std::string> scaleScales{*this, "scale-scales", llvm::cl::init(""),
                                  llvm::cl::desc("f32, f16 or bf16: scales of such scales")};
  Option<std::string> rounding{*this, "rounding", llvm::cl::init("even"),
                               llvm::cl::desc("even or away")};
  Option<std::string> division{*this, "division", llvm::cl::init("divide"),
                               llvm::cl::desc("divide or reciprocal")};
  Option<std::string> activations{*this, "activations", llvm::cl::init("none"),
                                  llvm::cl::desc("none, dynamic, dynamic-group or static")};
  Option<std::string> activationStorage{*this, "activation-storage", llvm::cl::init("int8"),
                                        llvm::cl::desc("int8 or uint8")};
  Option<std::string> activationSymmetric{*this, "activation-symmetric", llvm::cl::init(""),
                                          llvm::cl::desc("true or false")};
  Option<std::string> activationGranularity{*this, "activation-granularity", llvm::cl::init(""),
                                            llvm::cl::desc("tensor or channel")};
  Option<std::string> activationRange{
      *this, "activation-range", llvm::cl::init(""),
      llvm::cl::desc("auto, minmax, average, percentile:P, deviations:K, entropy or mse")};
  Option<std::string> smooth{*this, "smooth", llvm::cl::init("none"),
                             llvm::cl::desc("none, auto or alpha, from 0 to 1")};
  Option<std::string> maxError{*this, "max-error", llvm::cl::init(""),
                               llvm::cl::desc("greatest expected error, a share of the output")};
  Option<std::string> fallback{*this, "fallback", llvm::cl::init(""),
                               llvm::cl::desc("beyond max-error: dynamic, weights or float")};
  Option<std::string> embeddings{*this, "embeddings", llvm::cl::init("none"),
                                 llvm::cl::desc("storage of gathered weights, or none")};
  Option<std::string> method{
      *this, "method", llvm::cl::init("nearest"),
      llvm::cl::desc("nearest, mse, weighted, hqq, awq, gptq, rounding, minmax, "
                     "average, percentile:P, deviations:K, entropy or auto")};
  Option<std::string> bits{*this, "bits", llvm::cl::init(""),
                           llvm::cl::desc("bits a weight, everything counted; widths are chosen")};
  Option<std::string> targetSize{*this, "target-size", llvm::cl::init(""),
                                 llvm::cl::desc("bytes of all weights; widths are chosen")};
  Option<std::string> statistics{*this, "statistics", llvm::cl::init(""),
                                 llvm::cl::desc("file of a calibration")};
  Option<std::string> heldOut{*this, "held-out", llvm::cl::init(""),
                              llvm::cl::desc("file of another calibration, by which auto judges")};
  Option<std::string> requantize{
      *this, "requantize", llvm::cl::init("none"),
      llvm::cl::desc("how matmuls hand codes to one another: none, float, exact or twice")};
  Option<std::string> recipe{*this, "recipe", llvm::cl::init(""),
                             llvm::cl::desc("YAML file with settings per layer")};
  Option<std::string> parameters{*this, "parameters", llvm::cl::init(""),
                                 llvm::cl::desc("safetensors file or index to read")};
  Option<std::string> outputParameters{*this, "output-parameters", llvm::cl::init(""),
                                       llvm::cl::desc("safetensors file to write")};
};

/// Options of `--qlinalg-cpu`.
struct CpuPipelineOptions : public mlir::PassPipelineOptions<CpuPipelineOptions> {
  Option<std::string> cpu{*this, "cpu", llvm::cl::init("native"),
                          llvm::cl::desc("LLVM's name of the processor, or native")};
  Option<bool> report{*this, "report", llvm::cl::init(false),
                      llvm::cl::desc("a remark at each matmul: what it is lowered to")};
  Option<bool> observers{
      *this, "observers", llvm::cl::init(false),
      llvm::cl::desc("collect what qlinalg.observe asks for; else it is dropped")};
};

/// Options of `--qlinalg-gpu`.
struct GpuPipelineOptions : public mlir::PassPipelineOptions<GpuPipelineOptions> {
  Option<std::string> chip{*this, "chip", llvm::cl::init("sm_80"),
                           llvm::cl::desc("the GPU: sm_75 to sm_120, sm_90a, sm_100a")};
  Option<bool> report{*this, "report", llvm::cl::init(false),
                      llvm::cl::desc("a remark at each matmul: what it is lowered to")};
};

/// Linalg with float weights to frozen qlinalg ops.
void buildPtqPipeline(mlir::OpPassManager &manager, const PtqPipelineOptions &options);
/// Linalg and qlinalg to the LLVM dialect: packed, tiled, vectorized, parallel.
void buildCpuPipeline(mlir::OpPassManager &manager, const CpuPipelineOptions &options);
/// Linalg and qlinalg to a host program in the LLVM dialect and one `gpu.module` of NVVM kernels.
void buildGpuPipeline(mlir::OpPassManager &manager, const GpuPipelineOptions &options);
/// What follows: the module of kernels becomes PTX, in a `gpu.binary`.
void buildGpuBinaryPipeline(mlir::OpPassManager &manager);
/// Linalg and qlinalg to the LLVM dialect through the definition and plain loops.
void buildReferencePipeline(mlir::OpPassManager &manager);

/// `--qlinalg-ptq`, `--qlinalg-cpu`, `--qlinalg-gpu`.
void registerPipelines();
/// Every pass of ours, by itself.
void registerAllPasses();
/// Our dialect with its external models, and every upstream dialect and extension.
void registerAllDialects(mlir::DialectRegistry &registry);

} // namespace qlinalg

#endif // QLINALG_PIPELINES_H
