# `cmake --install`: tools, plugin, libraries, headers, and the package that find_package(QLinalg) reads.
# Tools and the plugin install themselves where they are made.

include(CMakePackageConfigHelpers)

set(QLINALG_PACKAGE_DIR lib/cmake/QLinalg)
get_property(QLINALG_LIBRARIES GLOBAL PROPERTY QLINALG_LIBRARIES)

install(TARGETS ${QLINALG_LIBRARIES} QLinalgC EXPORT QLinalgTargets
  ARCHIVE DESTINATION lib
  LIBRARY DESTINATION lib
  INCLUDES DESTINATION include)
install(EXPORT QLinalgTargets NAMESPACE QLinalg:: DESTINATION ${QLINALG_PACKAGE_DIR})

install(DIRECTORY include/QLinalg include/qlinalg-c DESTINATION include
  FILES_MATCHING PATTERN "*.h" PATTERN "*.td")
# What tablegen wrote beside them.
install(DIRECTORY ${PROJECT_BINARY_DIR}/include/QLinalg DESTINATION include
  FILES_MATCHING PATTERN "*.inc" PATTERN CMakeFiles EXCLUDE)

configure_package_config_file(cmake/QLinalgConfig.cmake.in
  ${PROJECT_BINARY_DIR}/QLinalgConfig.cmake INSTALL_DESTINATION ${QLINALG_PACKAGE_DIR})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/QLinalgConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES
  ${PROJECT_BINARY_DIR}/QLinalgConfig.cmake
  ${PROJECT_BINARY_DIR}/QLinalgConfigVersion.cmake
  DESTINATION ${QLINALG_PACKAGE_DIR})
