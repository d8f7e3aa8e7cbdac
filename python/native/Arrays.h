//===- Arrays.h - Arrays between Python and the libraries -------*- C++ -*-===//
//
// Nothing is copied: what comes in is read where it lies, what goes out is owned by its array.
// NumPy has no names for bf16 and the 8-bit floats: they leave as raw bits (uint16, uint8), which
// python/qlinalg/arrays.py gives their ml_dtypes.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_PYTHON_NATIVE_ARRAYS_H
#define QLINALG_PYTHON_NATIVE_ARRAYS_H

#include "QLinalg/Runtime/Invoke.h"

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <string>
#include <vector>

namespace qlinalg::python {

/// An array in the processor's memory, dense and row-major.
using AnyArray = nanobind::ndarray<nanobind::ro>;
/// What Python gets.
using NumpyArray = nanobind::ndarray<nanobind::numpy>;

/// Arrays from Python and views of them.
struct Inputs {
  std::vector<AnyArray> arrays;
  std::vector<std::vector<int64_t>> shapes;
  std::vector<ArrayView> views;
};

/// `what` stands before messages: "argument ". An object that is no array is a DtypeError, and so
/// is an element type that has no name here; another device or other strides an Error.
void addInput(Inputs &inputs, nanobind::handle object, const std::string &what);

/// Raw bits as what they are where the program says so: bf16 is uint16 in NumPy, f8 uint8.
void adoptRawBits(ArrayView &view, ElementType expected);

/// Takes the block over.
NumpyArray toNumpy(OwnedArray array);

/// Of memory that `owner` keeps.
NumpyArray toNumpy(const void *data, ElementType type, std::span<const int64_t> shape,
                   nanobind::handle owner);

/// Memory of its own, not initialized.
NumpyArray newArray(ElementType type, std::span<const int64_t> shape);

/// A dense f32 array of `rank` dimensions at least 1; an Error for others.
struct FloatMatrix {
  AnyArray array;
  const float *data;
  int64_t rows, columns;
  std::vector<int64_t> shape;
};
FloatMatrix toMatrix(nanobind::handle object, const std::string &what);

} // namespace qlinalg::python

#endif // QLINALG_PYTHON_NATIVE_ARRAYS_H
