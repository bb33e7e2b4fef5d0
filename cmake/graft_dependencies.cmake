# SPDX-License-Identifier: Apache-2.0
# What the library is built with. Headers of dependencies stay private; only PCRE2 and utf8proc are linked. CLI11 is for
# the program alone.
find_package(Threads REQUIRED)
find_package(Eigen3 3.4 REQUIRED NO_MODULE)
find_package(nlohmann_json 3.10 REQUIRED)
include(graft_libraries)

# The headers of oneDNN 2, as Debian 12 has it; version 3 has another interface. The library is opened at run time.
if(GRAFT_ONEDNN STREQUAL OFF)
  unset(GRAFT_dnnl_INCLUDE CACHE)
else()
  find_path(GRAFT_dnnl_INCLUDE oneapi/dnnl/dnnl_version.h)
  mark_as_advanced(GRAFT_dnnl_INCLUDE)
  if(GRAFT_dnnl_INCLUDE)
    file(STRINGS ${GRAFT_dnnl_INCLUDE}/oneapi/dnnl/dnnl_version.h version_2 REGEX "define DNNL_VERSION_MAJOR 2")
  endif()
  if(NOT version_2)
    set(GRAFT_dnnl_INCLUDE "")
    if(GRAFT_ONEDNN STREQUAL ON)
      message(FATAL_ERROR "GRAFT_ONEDNN is ON, but oneDNN 2 was not found: install libdnnl-dev, or set AUTO or OFF")
    endif()
  endif()
endif()

if(GRAFT_CLI)
  find_package(CLI11 2.1 REQUIRED)
endif()

# Include paths and definitions for the library, its program and its tests.
add_library(graft_private INTERFACE)
target_link_libraries(graft_private INTERFACE nlohmann_json::nlohmann_json graft_pcre2 graft_utf8proc)
target_compile_definitions(graft_private INTERFACE PCRE2_CODE_UNIT_WIDTH=8)

# Warnings, hidden symbols and the standard, for targets of our own only.
function(graft_compile_options target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON POSITION_INDEPENDENT_CODE ON)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic)
endfunction()
