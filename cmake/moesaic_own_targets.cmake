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
  add_compile_options(-Wall -Wextra -Wpedantic -Wconversion -Wshadow)
  if(MOESAIC_WERROR)
    add_compile_options(-Werror)
  endif()
  if(MOESAIC_SANITIZE)
    list(JOIN MOESAIC_SANITIZE "," sanitizers)
    add_compile_options(-fsanitize=${sanitizers} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${sanitizers})
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      add_compile_options(-Wno-maybe-uninitialized)  # g++ says itself that instrumented code makes it guess wrong
    endif()
  endif()
  if(MOESAIC_NO_EXCEPTIONS)
    add_compile_options(-fno-exceptions -fno-rtti)
  endif()
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
