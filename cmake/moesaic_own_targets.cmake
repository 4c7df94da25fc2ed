# SPDX-License-Identifier: MIT
# Flags and folders of moesaic's own programs. Directory-scoped on purpose: a parent project sees none of it.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)

if(moesaic_on_top)
  set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
  get_property(moesaic_multi_config GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
  if(NOT CMAKE_BUILD_TYPE AND NOT moesaic_multi_config)
    set(CMAKE_BUILD_TYPE RelWithDebInfo)
  endif()
  if(NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
    find_program(MOESAIC_CCACHE ccache)
    mark_as_advanced(MOESAIC_CCACHE)
    if(MOESAIC_CCACHE)
      set(CMAKE_CXX_COMPILER_LAUNCHER ${MOESAIC_CCACHE})
    endif()
  endif()
endif()

# Programs for people go to <build>/bin (the presets say build/bin); tests stay beside their objects.
if(NOT CMAKE_RUNTIME_OUTPUT_DIRECTORY)
  set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
endif()

if(CMAKE_CXX_COMPILER_ID MATCHES "GNU|Clang")
  # Not -Wpedantic under nvcc: the line markers of its own output are what that warns about.
  add_compile_options($<$<COMPILE_LANGUAGE:C,CXX>:-Wall$<SEMICOLON>-Wextra$<SEMICOLON>-Wpedantic$<SEMICOLON>-Wconversion$<SEMICOLON>-Wshadow>
    $<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=-Wall,-Wextra,-Wconversion,-Wshadow>)
  if(MOESAIC_WERROR)
    add_compile_options($<$<COMPILE_LANGUAGE:C,CXX>:-Werror> $<$<COMPILE_LANGUAGE:CUDA>:-Werror=all-warnings$<SEMICOLON>-Xcompiler=-Werror>)
  endif()
  if(MOESAIC_SANITIZE)
    list(JOIN MOESAIC_SANITIZE "," sanitizers)
    add_compile_options($<$<COMPILE_LANGUAGE:C,CXX>:-fsanitize=${sanitizers}$<SEMICOLON>-fno-sanitize-recover=all$<SEMICOLON>-fno-omit-frame-pointer>)
    add_link_options(-fsanitize=${sanitizers})
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      add_compile_options(-Wno-maybe-uninitialized)  # g++ says itself that instrumented code makes it guess wrong
    endif()
  endif()
  if(MOESAIC_NO_EXCEPTIONS)
    add_compile_options(-fno-exceptions -fno-rtti)
  endif()
endif()

# Device code of the leaf, for the three architectures that its makers still sell; nvcc refuses a host compiler that it does not know.
if(TARGET moesaic::cuda)
  if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
    set(CMAKE_CUDA_ARCHITECTURES 80 90 100)
  endif()
  if(NOT DEFINED CMAKE_CUDA_COMPILER AND CUDAToolkit_NVCC_EXECUTABLE)
    set(CMAKE_CUDA_COMPILER ${CUDAToolkit_NVCC_EXECUTABLE})
  endif()
  if(NOT DEFINED CMAKE_CUDA_HOST_COMPILER)
    set(CMAKE_CUDA_HOST_COMPILER ${CMAKE_CXX_COMPILER})
  endif()
  enable_language(CUDA)
  if(CMAKE_CUDA_COMPILER_ID STREQUAL "NVIDIA" AND CMAKE_VERSION VERSION_LESS 3.26)  # which of them have the flag is not known before
    set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)
    set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION -std=c++20)
  endif()
  set(CMAKE_CUDA_STANDARD 20)
  if(CMAKE_CXX_COMPILER_LAUNCHER AND NOT DEFINED CMAKE_CUDA_COMPILER_LAUNCHER)
    set(CMAKE_CUDA_COMPILER_LAUNCHER ${CMAKE_CXX_COMPILER_LAUNCHER})
  endif()
  add_custom_target(moesaic_cuda_all)  # everything of the leaf that is built: tests, headers alone, benchmarks, the example
endif()

# Where tests and benchmarks find things. The folder beside the repository is optional: use it or say that it is missing.
set(moesaic_path_definitions
  MOESAIC_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data"
  MOESAIC_MODELS="${PROJECT_SOURCE_DIR}/examples/models"
  MOESAIC_SHARED="${PROJECT_SOURCE_DIR}/../shared"
  MOESAIC_PROGRAMS="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")

# The targets of one of the given types in a folder and below it.
function(moesaic_targets_below directory types result)
  get_property(targets DIRECTORY ${directory} PROPERTY BUILDSYSTEM_TARGETS)
  set(found)
  foreach(target IN LISTS targets)
    get_target_property(type ${target} TYPE)
    if(type MATCHES "^(${types})$")
      list(APPEND found ${target})
    endif()
  endforeach()
  get_property(children DIRECTORY ${directory} PROPERTY SUBDIRECTORIES)
  foreach(child IN LISTS children)
    moesaic_targets_below(${child} "${types}" inner)
    list(APPEND found ${inner})
  endforeach()
  set(${result} ${found} PARENT_SCOPE)
endfunction()

# What examples/<folder> builds, so that tests and benchmarks of that name link and run it without naming it here.
function(moesaic_example_targets folder types result)
  set(found)
  if(MOESAIC_BUILD_EXAMPLES)
    get_property(folders DIRECTORY ${PROJECT_SOURCE_DIR}/examples PROPERTY SUBDIRECTORIES)
    if(${PROJECT_SOURCE_DIR}/examples/${folder} IN_LIST folders)
      moesaic_targets_below(${PROJECT_SOURCE_DIR}/examples/${folder} "${types}" found)
    endif()
  endif()
  set(${result} ${found} PARENT_SCOPE)
endfunction()
function(moesaic_example_libraries folder result)
  moesaic_example_targets(${folder} "STATIC_LIBRARY|SHARED_LIBRARY|INTERFACE_LIBRARY" found)
  set(${result} ${found} PARENT_SCOPE)
endfunction()
