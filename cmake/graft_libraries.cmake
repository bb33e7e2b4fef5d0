# SPDX-License-Identifier: Apache-2.0
# The libraries that graft is linked with, as imported targets; also part of the installed package.

# graft_library(NAME FILE HEADER [REQUIRED]) makes the target graft_NAME of libFILE where it is found.
function(graft_library name file header)
  if(TARGET graft_${name})
    return()
  endif()
  find_library(GRAFT_${name}_LIBRARY ${file} ${ARGN})
  find_path(GRAFT_${name}_INCLUDE ${header} ${ARGN})
  mark_as_advanced(GRAFT_${name}_LIBRARY GRAFT_${name}_INCLUDE)
  if(GRAFT_${name}_LIBRARY AND GRAFT_${name}_INCLUDE)
    add_library(graft_${name} UNKNOWN IMPORTED)
    set_target_properties(graft_${name} PROPERTIES IMPORTED_LOCATION ${GRAFT_${name}_LIBRARY}
      INTERFACE_INCLUDE_DIRECTORIES ${GRAFT_${name}_INCLUDE})
  endif()
endfunction()

# oneDNN 2, as Debian 12 has it; version 3 has another interface. The distribution's takes its threads from OpenMP, which
# graft tells to use one.
function(graft_find_onednn)
  find_path(GRAFT_dnnl_INCLUDE dnnl.hpp)
  set(version_file ${GRAFT_dnnl_INCLUDE}/oneapi/dnnl/dnnl_version.h)
  set(config_file ${GRAFT_dnnl_INCLUDE}/oneapi/dnnl/dnnl_config.h)
  if(NOT EXISTS ${version_file} OR NOT EXISTS ${config_file})
    return()
  endif()
  file(STRINGS ${version_file} version_2 REGEX "define DNNL_VERSION_MAJOR 2")
  file(STRINGS ${config_file} openmp REGEX "define DNNL_CPU_THREADING_RUNTIME DNNL_RUNTIME_OMP")
  if(version_2)
    graft_library(dnnl dnnl dnnl.hpp)
    if(TARGET graft_dnnl AND openmp)
      set_property(TARGET graft_dnnl PROPERTY INTERFACE_LINK_LIBRARIES gomp)
    endif()
  endif()
endfunction()

graft_library(pcre2 pcre2-8 pcre2.h REQUIRED)
graft_library(utf8proc utf8proc utf8proc.h REQUIRED)
