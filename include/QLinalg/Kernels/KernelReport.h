//===- KernelReport.h - What a matmul is lowered to, in words ---*- C++ -*-===//

#ifndef QLINALG_KERNELS_KERNELREPORT_H
#define QLINALG_KERNELS_KERNELREPORT_H

#include "QLinalg/Kernels/DotPlan.h"

#include <string>

namespace qlinalg::kernels {

/// "matmul 'mlp.up', m x n x k = ? x 1024 x 256: vpdpbusd on 512 bits, tile of 6 x 32, rhs in
/// <panel =
/// ..>, at most 89 % of its products' peak". `plan` is null where sums are multiplications and
/// additions, which for integers is a slow way and said so.
std::string describeKernel(const Contraction &contraction, const Target &target,
                           const DotPlan *plan, int64_t tileRows);

} // namespace qlinalg::kernels

#endif // QLINALG_KERNELS_KERNELREPORT_H
