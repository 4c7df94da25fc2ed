# SPDX-License-Identifier: MIT
# The library itself: interface targets over include/moesaic, and nothing else. Headers are found by name:
#
#   moesaic::moesaic          everything below that needs the standard library only
#   moesaic::file_transport   transport/file/ without io_uring: POSIX files and threads
#   moesaic::uring            transport/file/uring*.hpp, on top of it, where liburing is found
#   moesaic::compressed       trace/compressed*.hpp: reading .xz and .gz, where liblzma and zlib are found
#   moesaic::trace_hub        trace/hub/: every trace format by content, where nlohmann-json is found as well
#   moesaic::cuda             cuda/: slots on a device, copies on streams, where MOESAIC_CUDA asks for it
#
# A target exists only where what it needs was found, so a parent asks `if(TARGET moesaic::uring)`.

set(moesaic_include ${PROJECT_SOURCE_DIR}/include)
file(GLOB_RECURSE moesaic_all_headers CONFIGURE_DEPENDS ${moesaic_include}/moesaic/*.hpp)
foreach(header IN LISTS moesaic_all_headers)
  file(RELATIVE_PATH path ${moesaic_include}/moesaic ${header})
  if(path MATCHES "^cuda/")
    list(APPEND moesaic_cuda_headers ${header})
  elseif(path MATCHES "^transport/file/uring")
    list(APPEND moesaic_uring_headers ${header})
  elseif(path MATCHES "^transport/file/")
    list(APPEND moesaic_file_transport_headers ${header})
  elseif(path MATCHES "^trace/compressed")
    list(APPEND moesaic_compressed_headers ${header})
  elseif(path MATCHES "^trace/hub/")
    list(APPEND moesaic_trace_hub_headers ${header})
  else()
    list(APPEND moesaic_headers ${header})
  endif()
endforeach()

# One interface target over its headers. From CMake 3.24 on, the target all_verify_interface_header_sets compiles each alone.
function(moesaic_interface name)
  add_library(${name} INTERFACE)
  target_compile_features(${name} INTERFACE cxx_std_20)
  if(CMAKE_VERSION VERSION_GREATER_EQUAL 3.23)
    target_sources(${name} INTERFACE FILE_SET HEADERS BASE_DIRS ${moesaic_include} FILES ${ARGN})
    set_target_properties(${name} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ${moesaic_on_top})
  else()
    target_include_directories(${name} INTERFACE $<BUILD_INTERFACE:${moesaic_include}> $<INSTALL_INTERFACE:${MOESAIC_INSTALL_INCLUDEDIR}>)
  endif()
endfunction()

moesaic_interface(moesaic ${moesaic_headers})
add_library(moesaic::moesaic ALIAS moesaic)

find_package(Threads QUIET)
if(Threads_FOUND AND NOT WIN32)
  moesaic_interface(moesaic_file_transport ${moesaic_file_transport_headers})
  target_link_libraries(moesaic_file_transport INTERFACE moesaic Threads::Threads)
  add_library(moesaic::file_transport ALIAS moesaic_file_transport)
endif()

# liburing has no CMake package of its own: a header and a library anywhere on CMAKE_PREFIX_PATH will do.
find_path(MOESAIC_LIBURING_INCLUDE_DIR liburing.h)
find_library(MOESAIC_LIBURING_LIBRARY uring)
mark_as_advanced(MOESAIC_LIBURING_INCLUDE_DIR MOESAIC_LIBURING_LIBRARY)
if(TARGET moesaic_file_transport AND MOESAIC_LIBURING_INCLUDE_DIR AND MOESAIC_LIBURING_LIBRARY)
  moesaic_interface(moesaic_uring ${moesaic_uring_headers})
  target_link_libraries(moesaic_uring INTERFACE moesaic_file_transport ${MOESAIC_LIBURING_LIBRARY})
  target_include_directories(moesaic_uring SYSTEM INTERFACE ${MOESAIC_LIBURING_INCLUDE_DIR})
  add_library(moesaic::uring ALIAS moesaic_uring)
elseif(moesaic_on_top)
  message(STATUS "moesaic: liburing not found, so files are read by the pread threads only (Debian: liburing-dev)")
endif()

find_package(LibLZMA QUIET)
find_package(ZLIB QUIET)
if(LIBLZMA_FOUND AND ZLIB_FOUND)
  moesaic_interface(moesaic_compressed ${moesaic_compressed_headers})
  target_link_libraries(moesaic_compressed INTERFACE moesaic LibLZMA::LibLZMA ZLIB::ZLIB)
  add_library(moesaic::compressed ALIAS moesaic_compressed)
elseif(moesaic_on_top)
  message(STATUS "moesaic: liblzma and zlib not both found, so traces in .xz and .gz are not read (Debian: liblzma-dev zlib1g-dev)")
endif()

# A parent's own nlohmann_json is taken where it has found or made one. Looking for the package would leave nlohmann_json_DIR
# in the parent's cache, so below another project the header is looked for instead.
if(moesaic_on_top)
  find_package(nlohmann_json CONFIG QUIET)
endif()
if(NOT TARGET nlohmann_json::nlohmann_json)
  find_path(MOESAIC_NLOHMANN_JSON_INCLUDE_DIR nlohmann/json.hpp)
  mark_as_advanced(MOESAIC_NLOHMANN_JSON_INCLUDE_DIR)
endif()
if(TARGET moesaic_compressed AND (TARGET nlohmann_json::nlohmann_json OR MOESAIC_NLOHMANN_JSON_INCLUDE_DIR))
  moesaic_interface(moesaic_trace_hub ${moesaic_trace_hub_headers})
  target_link_libraries(moesaic_trace_hub INTERFACE moesaic_compressed)
  if(TARGET nlohmann_json::nlohmann_json)
    target_link_libraries(moesaic_trace_hub INTERFACE nlohmann_json::nlohmann_json)
  else()
    target_include_directories(moesaic_trace_hub SYSTEM INTERFACE ${MOESAIC_NLOHMANN_JSON_INCLUDE_DIR})
  endif()
  add_library(moesaic::trace_hub ALIAS moesaic_trace_hub)
elseif(moesaic_on_top)
  message(STATUS "moesaic: nlohmann-json, liblzma and zlib not all found, so traces are read as plain MOETRC1 only (Debian: nlohmann-json3-dev liblzma-dev zlib1g-dev)")
endif()

# A leaf: nothing above includes it, so who does not ask for it has no file of the toolkit in any build.
if(MOESAIC_CUDA)
  find_package(CUDAToolkit 13.0 QUIET)
  if(NOT CUDAToolkit_FOUND)
    message(FATAL_ERROR "moesaic: MOESAIC_CUDA is on, but no CUDA Toolkit 13.0 or later was found: please install one and put its nvcc on PATH, "
      "or name its folder in CUDAToolkit_ROOT, or leave MOESAIC_CUDA off")
  endif()
  moesaic_interface(moesaic_cuda ${moesaic_cuda_headers})
  target_link_libraries(moesaic_cuda INTERFACE moesaic CUDA::cudart)
  # What nvcc has to be told: device code calls the library's constexpr functions, and the language is C++20 where its owner chose
  # none (CMake asks nvcc for C++20 by name from 3.26 on only).
  target_compile_options(moesaic_cuda INTERFACE "$<$<COMPILE_LANG_AND_ID:CUDA,NVIDIA>:--expt-relaxed-constexpr>"
    "$<$<AND:$<COMPILE_LANG_AND_ID:CUDA,NVIDIA>,$<NOT:$<BOOL:$<TARGET_PROPERTY:CUDA_STANDARD>>>>:-std=c++20>")
  # It knows where Thrust and CUB lie; the host compiler alone does not.
  foreach(folder IN LISTS CUDAToolkit_INCLUDE_DIRS)
    target_include_directories(moesaic_cuda SYSTEM INTERFACE ${folder}/cccl)
  endforeach()
  add_library(moesaic::cuda ALIAS moesaic_cuda)
endif()
