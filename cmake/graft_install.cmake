# SPDX-License-Identifier: Apache-2.0
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(TARGETS graft EXPORT graft_targets)
install(DIRECTORY include/graft DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
if(TARGET graft_program)
  install(TARGETS graft_program)
endif()

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/graft)
install(EXPORT graft_targets NAMESPACE graft:: DESTINATION ${package})
file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/graft-config.cmake
  "include(CMakeFindDependencyMacro)\n"
  "find_dependency(Threads)\n"
  "include(\${CMAKE_CURRENT_LIST_DIR}/graft_libraries.cmake)\n"
  "include(\${CMAKE_CURRENT_LIST_DIR}/graft_targets.cmake)\n")
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/graft-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/graft-config.cmake ${CMAKE_CURRENT_BINARY_DIR}/graft-config-version.cmake
  cmake/graft_libraries.cmake DESTINATION ${package})
