# SPDX-License-Identifier: Apache-2.0
# What the library is built with. Headers of dependencies stay private; only PCRE2 and utf8proc are linked. CLI11 is for
# the program alone.
find_package(Threads REQUIRED)
find_package(Eigen3 3.4 REQUIRED NO_MODULE)
find_package(nlohmann_json 3.10 REQUIRED)
find_path(GRAFT_PCRE2_INCLUDE pcre2.h REQUIRED)
find_library(GRAFT_PCRE2_LIBRARY pcre2-8 REQUIRED)
find_path(GRAFT_UTF8PROC_INCLUDE utf8proc.h REQUIRED)
find_library(GRAFT_UTF8PROC_LIBRARY utf8proc REQUIRED)
mark_as_advanced(GRAFT_PCRE2_INCLUDE GRAFT_PCRE2_LIBRARY GRAFT_UTF8PROC_INCLUDE GRAFT_UTF8PROC_LIBRARY)

if(GRAFT_CLI)
  find_package(CLI11 2.1 REQUIRED)
endif()

# Include paths and definitions for the library, its program and its tests.
add_library(graft_private INTERFACE)
target_include_directories(graft_private SYSTEM INTERFACE ${GRAFT_PCRE2_INCLUDE} ${GRAFT_UTF8PROC_INCLUDE})
target_link_libraries(graft_private INTERFACE nlohmann_json::nlohmann_json)
target_compile_definitions(graft_private INTERFACE PCRE2_CODE_UNIT_WIDTH=8)

function(graft_link_dependencies target)
  target_link_libraries(${target} PRIVATE ${GRAFT_PCRE2_LIBRARY} ${GRAFT_UTF8PROC_LIBRARY})
endfunction()

# Warnings, hidden symbols and the standard, for targets of our own only.
function(graft_compile_options target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON POSITION_INDEPENDENT_CODE ON)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic)
endfunction()
