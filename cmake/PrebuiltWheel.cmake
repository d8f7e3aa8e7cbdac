# What `make build` left in QLINALG_PREBUILT, for scikit-build-core.

file(GLOB module ${QLINALG_PREBUILT}/python/qlinalg/_native*)
if(NOT module)
  message(FATAL_ERROR "expected ${QLINALG_PREBUILT}/python/qlinalg/_native*, got none: `make build` makes it")
endif()
install(FILES ${module} ${QLINALG_PREBUILT}/python/qlinalg/py.typed DESTINATION qlinalg COMPONENT python)
# What pyproject.toml asks to be built.
add_custom_target(QLinalgPython)
add_custom_target(QLinalgPythonStubs)
