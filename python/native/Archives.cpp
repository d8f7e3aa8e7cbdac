//===- Archives.cpp - safetensors files for Python ------------------------===//

#include "Arrays.h"
#include "Bindings.h"
#include "Errors.h"

#include "QLinalg/Parameters/Archive.h"
#include "QLinalg/Parameters/ArchiveWriter.h"
#include "QLinalg/Runtime/TypeNames.h"

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>

namespace nb = nanobind;
using namespace qlinalg;
using namespace qlinalg::python;

namespace {
/// Not to be copied.
struct OpenArchive {
  Archive archive;
  explicit OpenArchive(Archive archive) : archive(std::move(archive)) {}
  OpenArchive(OpenArchive &&) = default;
};
} // namespace

static OpenArchive openArchive(const std::vector<std::string> &paths) {
  for (const std::string &path : paths)
    checkExists(path);
  return OpenArchive(valueOf(Archive::open(paths)));
}

/// Memory without the file's alignment is copied, else it is the mapped file's.
static nb::tuple tensorOf(nb::handle self, const std::string &tensor) {
  const TensorEntry *entry = nb::cast<const OpenArchive &>(self).archive.find(tensor);
  if (!entry)
    throw nb::key_error(("expected the name of a tensor, got '" + tensor + "'").c_str());
  const std::byte *data = entry->bytes.data();
  std::string type(name(entry->type));
  if (reinterpret_cast<uintptr_t>(data) % byteWidth(entry->type) == 0)
    return nb::make_tuple(toNumpy(data, entry->type, entry->shape, self), type);
  NumpyArray copy = newArray(entry->type, entry->shape);
  std::ranges::copy(entry->bytes, static_cast<std::byte *>(copy.data()));
  return nb::make_tuple(copy, type);
}

static nb::list tensorsOf(const OpenArchive &self) {
  nb::list list;
  for (const TensorEntry &entry : self.archive) {
    nb::list shape;
    for (int64_t size : entry.shape)
      shape.append(size);
    list.append(nb::make_tuple(entry.name, std::string(name(entry.type)), nb::tuple(shape),
                               entry.bytes.size()));
  }
  return list;
}

static void add(ArchiveWriter &writer, const std::string &tensor, nb::handle array,
                const std::string &type) {
  Inputs inputs;
  addInput(inputs, array, "tensor '" + tensor + "'");
  ArrayView view = inputs.views.front();
  if (!type.empty()) {
    auto element = parseElementType(type);
    if (!element || byteWidth(*element) != byteWidth(view.element))
      throw Failed{Fault::Dtype, "tensor '" + tensor + "': expected an element type of " +
                                     std::to_string(byteWidth(view.element)) + " bytes, got '" +
                                     type + "'"};
    view.element = *element;
  }
  std::span bytes(static_cast<const std::byte *>(view.data),
                  static_cast<size_t>(*byteCount(view.element, view.shape)));
  nb::gil_scoped_release release;
  check(writer.addTensor(tensor, view.element, view.shape, bytes));
}

void python::bindArchives(nb::module_ &module) {
  nb::class_<OpenArchive>(module, "Archive",
                          "Tensors of safetensors files, mapped and read where they lie.")
      .def(nb::new_(&openArchive), nb::arg("paths"), "Files, or indices of shards; all is checked.")
      .def("tensors", &tensorsOf,
           "(name, element type, shape, bytes) of each, by its place in the file.")
      .def("tensor", &tensorOf, nb::arg("name"), "(array, element type); not to be written to.")
      .def("metadata", [](const OpenArchive &self) {
        nb::dict entries;
        for (const auto &[key, value] : self.archive.metadata())
          entries[key.c_str()] = value;
        return entries;
      });
  nb::class_<ArchiveWriter>(module, "ArchiveWriter",
                            "A safetensors file that appears, whole, with `commit`, or not at all.")
      .def(nb::new_([](const std::string &path) { return valueOf(ArchiveWriter::create(path)); }),
           nb::arg("path"))
      .def(
          "set_metadata",
          [](ArchiveWriter &writer, const std::string &key, const std::string &value) {
            check(writer.setMetadata(key, value));
          },
          nb::arg("key"), nb::arg("value"))
      .def("add", &add, nb::arg("name"), nb::arg("array"), nb::arg("type") = "",
           "A dense array; `type` says what raw bits are: bf16, f8E4M3FN.")
      .def("commit", [](ArchiveWriter &writer) {
        nb::gil_scoped_release release;
        check(writer.commit());
      });
}
