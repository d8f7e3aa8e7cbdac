# Two kinds of library: those that know nothing of MLIR, and those that do.

# Headers of MLIR, and those that its tablegen writes, are not ours to warn about (SYSTEM below).
set(QLINALG_WARNINGS -Wall -Wextra -Werror)

# qlinalg_add_library(NAME source… DEPENDS target… LINK target…): free of MLIR.
function(qlinalg_add_library name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_compile_options(${name} PRIVATE ${QLINALG_WARNINGS})
  target_include_directories(${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
    $<INSTALL_INTERFACE:include>)
  target_link_libraries(${name} PUBLIC ${ARG_LINK})
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
  set_property(GLOBAL APPEND PROPERTY QLINALG_LIBRARIES ${name})
endfunction()

# qlinalg_add_mlir_library(NAME source… DEPENDS target… LINK target…)
function(qlinalg_add_mlir_library name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LINK" ${ARGN})
  qlinalg_add_library(${name} ${ARG_UNPARSED_ARGUMENTS} LINK ${ARG_LINK} MLIR LLVM
    DEPENDS ${ARG_DEPENDS} QLinalgIncGen)
  target_include_directories(${name} SYSTEM PUBLIC 
    ${MLIR_INCLUDE_DIRS} ${LLVM_INCLUDE_DIRS}
    $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include>)
endfunction()

# qlinalg_add_tool(NAME source… LINK target…)
function(qlinalg_add_tool name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  target_compile_options(${name} PRIVATE ${QLINALG_WARNINGS})
  target_link_libraries(${name} PRIVATE ${ARG_LINK})
  install(TARGETS ${name} DESTINATION bin)
endfunction()
