//===- Numerics.cpp - lib/Numerics on plain arrays ------------------------===//
//
// A binding is one line at the end; schemes and methods are named as in options, so that a new one
// needs nothing here. python/qlinalg/numerics.py has what users call.
//
//===----------------------------------------------------------------------===//

#include "Arrays.h"
#include "Bindings.h"
#include "Errors.h"

#include "QLinalg/Numerics/Codebook.h"
#include "QLinalg/Numerics/Error.h"
#include "QLinalg/Numerics/Float.h"
#include "QLinalg/Numerics/Packing.h"
#include "QLinalg/Numerics/Quantize.h"
#include "QLinalg/Numerics/RangeMethod.h"
#include "QLinalg/Numerics/SmoothQuant.h"
#include "QLinalg/Runtime/TypeNames.h"

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <cmath>

namespace nb = nanobind;
using namespace qlinalg;
using namespace qlinalg::python;

template <typename T>
static T named(std::optional<T> (*parse)(std::string_view), const std::string &text,
               const char *what) {
  if (std::optional<T> value = parse(text))
    return *value;
  throw Failed{Fault::Input,
               std::string("expected the name of a ") + what + ", got '" + text + "'"};
}

static Scheme makeScheme(const std::string &storage, const std::string &granularity, int64_t group,
                         bool symmetric, const std::string &scales, const std::string &rounding,
                         const std::string &division) {
  Scheme scheme;
  scheme.storage = named(parseStorage, storage, "storage");
  scheme.granularity = named(parseGranularity, granularity, "granularity");
  scheme.group = group;
  bool isGroup =
      scheme.granularity == Granularity::Group || scheme.granularity == Granularity::TokenGroup;
  if (isGroup != (group > 0))
    throw Failed{Fault::Input, isGroup
                                   ? "expected a group of at least 1, got " + std::to_string(group)
                                   : "expected no group with granularity '" + granularity +
                                         "', got " + std::to_string(group)};
  scheme.symmetric = symmetric;
  scheme.scales = named(parseFloatType, scales, "type of scales");
  scheme.rounding = named(parseRounding, rounding, "rounding");
  scheme.division = named(parseDivision, division, "division");
  return scheme;
}

static ElementType elementOf(FloatType type) {
  switch (type) {
  case FloatType::F64:
    return ElementType::F64;
  case FloatType::F32:
    return ElementType::F32;
  case FloatType::F16:
    return ElementType::F16;
  case FloatType::BF16:
    return ElementType::BF16;
  }
  return ElementType::F32;
}

static ElementType zeroPointOf(Storage storage) {
  bool wide = zeroPointWidth(storage) == 16;
  return isUnsigned(storage) ? (wide ? ElementType::U16 : ElementType::U8)
                             : (wide ? ElementType::I16 : ElementType::I8);
}

static std::byte *bytesOf(const NumpyArray &array) {
  return static_cast<std::byte *>(array.data());
}

static std::string describe(const QuantizeError &error) {
  return error.message() + " at row " + std::to_string(error.row) + ", column " +
         std::to_string(error.column);
}

/// By a method of Quantize.h, or of RangeMethod.h and then to the nearest code.
static std::optional<QuantizeError> quantizeBy(const std::string &method, const Scheme &scheme,
                                               MatrixView view, QuantizedView result) {
  if (std::optional<Method> plain = parseMethod(method))
    return quantize(scheme, *plain, view, result);
  RangeMethod ranges = named(parseRangeMethod, method, "method");
  if (auto error = chooseRanges(scheme, ranges, view, result.scales, result.zeroPoints))
    return error;
  encode(scheme, view, result.scales, result.zeroPoints, result.codes);
  return std::nullopt;
}

/// (packed codes [rows, bytes], scales or None, zero points or None)
static nb::tuple quantizeMatrix(const Scheme &scheme, const std::string &method, nb::handle array) {
  FloatMatrix matrix = toMatrix(array, "weights");
  int64_t bytes = bytesPerRow(bitWidth(scheme.storage), matrix.columns);
  NumpyArray codes = newArray(ElementType::U8, std::array{matrix.rows, bytes});
  int64_t groups = scaleCount(scheme, matrix.rows, matrix.columns);
  nb::object scales = nb::none(), zeroPoints = nb::none();
  QuantizedView result{bytesOf(codes), nullptr, nullptr};
  if (groups) {
    NumpyArray made = newArray(elementOf(scheme.scales), std::array{groups});
    result.scales = bytesOf(made);
    scales = nb::cast(made);
  }
  if (groups && storesZeroPoints(scheme)) {
    NumpyArray made = newArray(zeroPointOf(scheme.storage), std::array{groups});
    result.zeroPoints = bytesOf(made);
    zeroPoints = nb::cast(made);
  }
  std::optional<QuantizeError> error;
  {
    nb::gil_scoped_release release;
    error = quantizeBy(method, scheme, {matrix.data, matrix.rows, matrix.columns}, result);
  }
  if (error)
    throw Failed{Fault::Input, describe(*error)};
  return nb::make_tuple(codes, scales, zeroPoints);
}

/// Bytes of an array that must have as many.
static const std::byte *takeBytes(Inputs &inputs, nb::object object, int64_t bytes,
                                  const std::string &what) {
  if (object.is_none() && bytes == 0)
    return nullptr;
  addInput(inputs, object, what);
  const ArrayView &view = inputs.views.back();
  int64_t got = byteCount(view.element, view.shape).value_or(-1);
  if (got != bytes)
    throw Failed{Fault::Input, what + ": expected " + std::to_string(bytes) + " bytes, got " +
                                   std::to_string(got)};
  return static_cast<const std::byte *>(view.data);
}

static NumpyArray dequantizeMatrix(const Scheme &scheme, int64_t rows, int64_t columns,
                                   nb::object codes, nb::object scales, nb::object zeroPoints) {
  Inputs inputs;
  inputs.shapes.reserve(3);
  int64_t groups = scaleCount(scheme, rows, columns);
  int64_t zeroBytes = storesZeroPoints(scheme) ? groups * zeroPointWidth(scheme.storage) / 8 : 0;
  const std::byte *codeBytes =
      takeBytes(inputs, codes, rows * bytesPerRow(bitWidth(scheme.storage), columns), "codes");
  const std::byte *scaleBytes =
      takeBytes(inputs, scales, groups * byteWidth(scheme.scales), "scales");
  const std::byte *zeros = takeBytes(inputs, zeroPoints, zeroBytes, "zero points");
  NumpyArray result = newArray(ElementType::F32, std::array{rows, columns});
  auto *floats = static_cast<float *>(result.data());
  nb::gil_scoped_release release;
  dequantize(scheme, rows, columns, codeBytes, scaleBytes, zeros, floats);
  return result;
}

/// One element a code: signed, unsigned, or the index of a level. Codes of f8, bf16 and f16 stay
/// raw bits.
static NumpyArray unpackCodes(const Scheme &scheme, int64_t rows, int64_t columns,
                              nb::object codes) {
  Inputs inputs;
  int bits = bitWidth(scheme.storage);
  const std::byte *packed = takeBytes(inputs, codes, rows * bytesPerRow(bits, columns), "codes");
  bool isSigned = isInteger(scheme.storage) && !isUnsigned(scheme.storage);
  ElementType type = bits == 16 ? (isSigned ? ElementType::I16 : ElementType::U16)
                                : (isSigned ? ElementType::I8 : ElementType::U8);
  NumpyArray result = newArray(type, std::array{rows, columns});
  unpackRows(bits, isSigned, rows, columns, packed, bytesOf(result));
  return result;
}

static nb::tuple chooseRangeOf(const Scheme &scheme, const std::string &method, nb::list batches) {
  Distribution distribution;
  for (nb::handle batch : batches) {
    FloatMatrix values = toMatrix(batch, "values");
    distribution.update(values.data, values.rows * values.columns);
    distribution.finishBatch();
  }
  ChosenRange chosen;
  if (auto error =
          chooseRange(scheme, named(parseRangeMethod, method, "method"), distribution, chosen))
    throw Failed{Fault::Input, std::string(message(*error))};
  return nb::make_tuple(chosen.range.least, chosen.range.greatest, chosen.scale, chosen.zeroPoint,
                        name(chosen.method), chosen.error.total());
}

static std::vector<float> levelsOf(const std::string &storage) {
  Storage parsed = named(parseStorage, storage, "storage");
  if (!isCodebook(parsed))
    throw Failed{Fault::Input, "expected a storage with a codebook, got '" + storage + "'"};
  std::span<const float> levels = codebook(parsed);
  return {levels.begin(), levels.end()};
}

static NumpyArray roundFloats(const std::string &type, nb::handle array) {
  FloatMatrix matrix = toMatrix(array, "values");
  FloatType to = named(parseFloatType, type, "float type");
  NumpyArray result = newArray(ElementType::F32, matrix.shape);
  auto *floats = static_cast<float *>(result.data());
  for (int64_t i = 0; i < matrix.rows * matrix.columns; ++i)
    floats[i] = roundTo(to, matrix.data[i]);
  return result;
}

static nb::dict measure(nb::handle reference, nb::handle actual) {
  FloatMatrix left = toMatrix(reference, "reference"), right = toMatrix(actual, "actual");
  if (left.shape != right.shape)
    throw Failed{Fault::Input, "expected arrays of one shape, got " + formatShape(left.shape) +
                                   " and " + formatShape(right.shape)};
  size_t count = static_cast<size_t>(left.rows * left.columns);
  ErrorMeasures error = measureError(std::span(left.data, count), std::span(right.data, count));
  nb::dict measures;
  measures["max_abs"] = error.maxAbsolute;
  measures["mse"] = error.meanSquared;
  measures["relative_l2"] = error.relativeL2;
  measures["sqnr_db"] = error.sqnr;
  measures["cosine"] = error.cosine;
  return measures;
}

void python::bindNumerics(nb::module_ &module) {
  nb::class_<Scheme>(module, "Scheme", "How numbers become codes.")
      .def(nb::new_(&makeScheme), nb::arg("storage") = "int8", nb::arg("granularity") = "channel",
           nb::arg("group") = 0, nb::arg("symmetric") = true, nb::arg("scales") = "f32",
           nb::arg("rounding") = "even", nb::arg("division") = "divide")
      .def_prop_ro("storage", [](const Scheme &self) { return std::string(name(self.storage)); })
      .def_prop_ro("granularity",
                   [](const Scheme &self) { return std::string(name(self.granularity)); })
      .def_prop_ro("group", [](const Scheme &self) { return self.group; })
      .def_prop_ro("symmetric", [](const Scheme &self) { return self.symmetric; })
      .def_prop_ro("scales", [](const Scheme &self) { return std::string(name(self.scales)); })
      .def_prop_ro("rounding", [](const Scheme &self) { return std::string(name(self.rounding)); })
      .def_prop_ro("division", [](const Scheme &self) { return std::string(name(self.division)); })
      .def_prop_ro("bits", [](const Scheme &self) { return bitWidth(self.storage); })
      .def_prop_ro("is_integer", [](const Scheme &self) { return isInteger(self.storage); })
      .def_prop_ro("min_code", [](const Scheme &self) { return minCode(self.storage); })
      .def_prop_ro("max_code", [](const Scheme &self) { return maxCode(self.storage); });
  using nb::arg;
  module.def("quantize_matrix", &quantizeMatrix, arg("scheme"), arg("method"), arg("array"));
  module.def("dequantize_matrix", &dequantizeMatrix, arg("scheme"), arg("rows"), arg("columns"),
             arg("codes"), arg("scales").none(), arg("zero_points").none());
  module.def("unpack_codes", &unpackCodes, arg("scheme"), arg("rows"), arg("columns"),
             arg("codes"));
  module.def("choose_range", &chooseRangeOf, arg("scheme"), arg("method"), arg("batches"));
  module.def("codebook", &levelsOf, arg("storage"));
  module.def("round_floats", &roundFloats, arg("type"), arg("array"));
  module.def("measure_error", &measure, arg("reference"), arg("actual"));
}
