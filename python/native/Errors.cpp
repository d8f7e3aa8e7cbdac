//===- Errors.cpp - Errors of the libraries as Python exceptions ----------===//

#include "Errors.h"

#include "QLinalg/Driver/Diagnostics.h"
#include "QLinalg/Driver/Program.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/FileSystem.h"

namespace nb = nanobind;
using namespace qlinalg;
using namespace qlinalg::python;

void python::raise(llvm::Error error, Fault fault) {
  if (error.isA<CallFailure>())
    llvm::handleAllErrors(std::move(error), [&](const CallFailure &failure) {
      if (failure.status == Status::ElementType)
        fault = Fault::Dtype;
      error = makeError(failure.message());
    });
  std::string text = formatError(std::move(error));
  llvm::StringRef line = llvm::StringRef(text).rtrim();
  line.consume_front("error: ");
  throw Failed{fault, line.str()};
}

void python::checkExists(const std::string &path) {
  if (!llvm::sys::fs::exists(path))
    throw Failed{Fault::Missing, path};
}

static void translate(const std::exception_ptr &pointer, void *) {
  try {
    std::rethrow_exception(pointer);
  } catch (const Failed &failed) {
    if (failed.fault == Fault::Missing) {
      errno = ENOENT;
      PyErr_SetFromErrnoWithFilename(PyExc_FileNotFoundError, failed.text.c_str());
      return;
    }
    nb::object classes = nb::module_::import_("qlinalg.errors");
    nb::object type = classes.attr(failed.fault == Fault::Dtype ? "DtypeError" : "Error");
    nb::object value = type(nb::str(failed.text.data(), failed.text.size()));
    PyErr_SetObject(type.ptr(), value.ptr());
  }
}

void python::registerErrors() { nb::register_exception_translator(translate); }
