# SPDX-License-Identifier: Apache-2.0
# The CPU kernels: the same sources compiled once for each instruction set, into namespace graft::cpu::<isa>.
file(GLOB graft_kernel_sources CONFIGURE_DEPENDS kernels/cpu/*.cpp)
set(graft_kernel_choice ${CMAKE_CURRENT_SOURCE_DIR}/kernels/cpu/choose.cpp)
list(REMOVE_ITEM graft_kernel_sources ${graft_kernel_choice})

# What is compiled once, for the baseline processor: the choice of the table, and the provider oneDNN.
add_library(graft_kernels OBJECT ${graft_kernel_choice})
graft_compile_options(graft_kernels)
target_include_directories(graft_kernels PRIVATE kernels)
if(GRAFT_dnnl_INCLUDE)
  file(GLOB graft_onednn_sources CONFIGURE_DEPENDS kernels/onednn/*.cpp)
  target_sources(graft_kernels PRIVATE ${graft_onednn_sources})
  target_include_directories(graft_kernels SYSTEM PRIVATE ${GRAFT_dnnl_INCLUDE})
  # Its copies of what cpu/parallel.hpp holds have a namespace of their own, as each instruction set's have.
  target_compile_definitions(graft_kernels PRIVATE GRAFT_HAS_onednn GRAFT_ISA=onednn)
endif()

set(graft_isas baseline)
set(graft_flags_baseline "")
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  foreach(isa avx2 avx512 avx512_bf16 amx)
    list(APPEND graft_isas ${isa})
    if(isa STREQUAL GRAFT_FINEST_KERNELS)
      break()
    endif()
  endforeach()
  if(NOT GRAFT_FINEST_KERNELS IN_LIST graft_isas)
    message(FATAL_ERROR "GRAFT_FINEST_KERNELS is ${GRAFT_FINEST_KERNELS}, expected avx2, avx512, avx512_bf16 or amx")
  endif()
  set(graft_flags_baseline -march=x86-64-v2)
  set(graft_flags_avx2 -march=x86-64-v3)
  set(graft_flags_avx512 -march=x86-64-v4 -mprefer-vector-width=512)
  set(graft_flags_avx512_bf16 -march=x86-64-v4 -mprefer-vector-width=512 -mavx512vnni -mavx512bf16)
  set(graft_flags_amx ${graft_flags_avx512_bf16} -mamx-tile -mamx-bf16)
  # Where a dot product of bytes takes several instructions, GCC would do the first of them for a whole tile before the
  # others, which is more than the registers hold.
  foreach(isa baseline avx2 avx512)
    list(APPEND graft_flags_${isa} $<$<CXX_COMPILER_ID:GNU>:-fno-tree-ter>)
  endforeach()
endif()

# Eigen's matmul for the baseline, our own for the others.
function(graft_kernel_sources_of isa sources)
  set(unused matmul_eigen.cpp)
  if(isa STREQUAL baseline)
    set(unused matmul.cpp sparse_product.cpp)
  endif()
  list(TRANSFORM unused PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/kernels/cpu/)
  list(REMOVE_ITEM graft_kernel_sources ${unused})
  set(${sources} ${graft_kernel_sources} PARENT_SCOPE)
endfunction()

function(graft_cpu_tables target)
  foreach(isa IN LISTS graft_isas)
    set(object graft_kernels_${isa})
    graft_kernel_sources_of(${isa} sources)
    add_library(${object} OBJECT ${sources})
    graft_compile_options(${object})
    target_include_directories(${object} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/kernels)
    target_compile_definitions(${object} PRIVATE GRAFT_ISA=${isa})
    target_compile_options(${object} PRIVATE ${graft_flags_${isa}} -fno-math-errno -fno-trapping-math -fno-exceptions
      -fno-rtti)
    target_sources(${target} PRIVATE $<TARGET_OBJECTS:${object}>)
    target_compile_definitions(graft_kernels PRIVATE GRAFT_HAS_${isa})
  endforeach()
  # A name of its own, so that the linker does not mix it with a host's Eigen.
  target_include_directories(graft_kernels_baseline SYSTEM PRIVATE ${EIGEN3_INCLUDE_DIRS})
  target_compile_definitions(graft_kernels_baseline PRIVATE Eigen=Eigen_baseline EIGEN_DONT_PARALLELIZE EIGEN_NO_DEBUG
    EIGEN_NO_IO)
endfunction()
