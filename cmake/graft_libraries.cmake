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

graft_library(pcre2 pcre2-8 pcre2.h REQUIRED)
graft_library(utf8proc utf8proc utf8proc.h REQUIRED)
