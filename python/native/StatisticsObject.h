//===- StatisticsObject.h - What a calibration saw, for Python --*- C++ -*-===//

#ifndef QLINALG_PYTHON_NATIVE_STATISTICSOBJECT_H
#define QLINALG_PYTHON_NATIVE_STATISTICSOBJECT_H

#include "QLinalg/Statistics/Statistics.h"

namespace qlinalg::python {

struct StatisticsObject {
  Statistics statistics;
};

} // namespace qlinalg::python

#endif // QLINALG_PYTHON_NATIVE_STATISTICSOBJECT_H
