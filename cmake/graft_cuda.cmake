# SPDX-License-Identifier: Apache-2.0
# The CUDA kernels, by nvcc. The runtime is linked statically and opens the driver itself, so that the library starts on
# a machine without one; cuBLAS is a shared library of the toolkit.
if(NOT CMAKE_CUDA_COMPILER)
  find_program(graft_nvcc nvcc HINTS ENV CUDA_PATH PATHS /usr/local/cuda PATH_SUFFIXES bin)
  if(NOT graft_nvcc)
    message(FATAL_ERROR "GRAFT_CUDA is ON, but nvcc was not found: install CUDA 13, set CMAKE_CUDA_COMPILER, or set OFF")
  endif()
  set(CMAKE_CUDA_COMPILER ${graft_nvcc})
endif()
if(NOT CMAKE_CUDA_ARCHITECTURES)
  set(CMAKE_CUDA_ARCHITECTURES 80 90 120)
endif()
set(CMAKE_CUDA_RUNTIME_LIBRARY Static)
enable_language(CUDA)
get_filename_component(graft_cuda_root ${CMAKE_CUDA_COMPILER} DIRECTORY)
find_library(GRAFT_CUBLAS_LIBRARY cublas HINTS ${graft_cuda_root}/../lib64 REQUIRED)
mark_as_advanced(graft_nvcc GRAFT_CUBLAS_LIBRARY)

function(graft_cuda_table target)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/kernels/cuda/*.cu)
  add_library(graft_kernels_cuda OBJECT ${sources})
  set_target_properties(graft_kernels_cuda PROPERTIES POSITION_INDEPENDENT_CODE ON CUDA_VISIBILITY_PRESET hidden)
  target_include_directories(graft_kernels_cuda PRIVATE ${PROJECT_SOURCE_DIR}/kernels ${PROJECT_SOURCE_DIR}/include)
  target_compile_definitions(graft_kernels_cuda PRIVATE GRAFT_ISA=cuda)
  # Any warning is an error, a spilled register too. The standard is named here, since not every CMake knows that of nvcc 13.
  target_compile_options(graft_kernels_cuda PRIVATE -std=c++20 --extended-lambda --expt-relaxed-constexpr -Werror=all-warnings
    "SHELL:-Xptxas --warn-on-spills,--warning-as-error" "SHELL:-Xcompiler -Wall,-Wextra,-Wno-unused-parameter")
  target_sources(${target} PRIVATE $<TARGET_OBJECTS:graft_kernels_cuda>)
  target_link_libraries(${target} PRIVATE CUDA::cudart_static ${GRAFT_CUBLAS_LIBRARY})
  target_compile_definitions(graft_kernels PRIVATE GRAFT_HAS_cuda)
endfunction()
find_package(CUDAToolkit REQUIRED)
