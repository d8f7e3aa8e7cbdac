# `docs`: a page on the dialect and one on the passes, from their tablegen files, in <build>/docs.

set(QLINALG_DOCS ${PROJECT_BINARY_DIR}/docs)
set(headers ${PROJECT_SOURCE_DIR}/include/QLinalg)
set(tablegen ${LLVM_TOOLS_BINARY_DIR}/mlir-tblgen -I ${PROJECT_SOURCE_DIR}/include -I ${MLIR_INCLUDE_DIRS})
set(with_examples ${QLINALG_PYTHON} ${PROJECT_SOURCE_DIR}/cmake/with_examples.py ${PROJECT_SOURCE_DIR})

# Every page each time: it takes a second, and the examples are other files.
add_custom_target(docs
  COMMAND ${CMAKE_COMMAND} -E make_directory ${QLINALG_DOCS}
  COMMAND ${tablegen} ${headers}/QLinalgOps.td -gen-dialect-doc -dialect=qlinalg -o ${QLINALG_DOCS}/Dialect.md
  COMMAND ${tablegen} ${headers}/TrellisOps.td -gen-op-doc -o ${QLINALG_DOCS}/Trellis.md
  COMMAND ${tablegen} ${headers}/Passes.td -gen-pass-doc -o ${QLINALG_DOCS}/Passes.md
  COMMAND ${tablegen} ${headers}/Gpu/Passes.td -gen-pass-doc -o ${QLINALG_DOCS}/GpuPasses.md
  COMMAND ${with_examples} ${QLINALG_DOCS}/Passes.md
  COMMAND ${with_examples} ${QLINALG_DOCS}/GpuPasses.md
  VERBATIM)
