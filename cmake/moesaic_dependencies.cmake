# SPDX-License-Identifier: MIT
# What tests, examples and benchmarks use beyond the library. Any installation that find_package sees is taken;
# `sh cmake/provide.sh` gets what is missing where it may. Nothing is downloaded from here.

find_package(Python3 3.8 COMPONENTS Interpreter QUIET)

# ggml: an installation named by ggml_DIR, ggml_ROOT or CMAKE_PREFIX_PATH first, then the virtual environment
# (its package lies in lib64/, where Debian's CMake does not look), then the system.
if(MOESAIC_BUILD_EXAMPLES OR MOESAIC_FUZZ)  # the reader of GGUF metadata is fuzzed, and is the decoder's
  file(GLOB moesaic_venv_ggml ${PROJECT_SOURCE_DIR}/build/venv/lib*/python3*/site-packages/libggml/lib*/cmake/ggml)
  find_package(ggml CONFIG QUIET HINTS ${moesaic_venv_ggml})
  if(ggml_FOUND)
    message(STATUS "moesaic: ggml from ${ggml_DIR}")
  else()
    message(STATUS "moesaic: ggml not found, so the decoder is left out (run `sh cmake/provide.sh`, or pass -Dggml_DIR=... of any installed ggml)")
  endif()
endif()
if(MOESAIC_BUILD_EXAMPLES)
  find_package(fmt CONFIG QUIET)
  find_package(CLI11 CONFIG QUIET)
  find_package(nlohmann_json CONFIG QUIET)
endif()

if(MOESAIC_BUILD_BENCHMARKS)
  find_package(benchmark CONFIG QUIET)
  if(NOT benchmark_FOUND)
    message(STATUS "moesaic: Google Benchmark not found, so the benchmarks are left out (Debian: libbenchmark-dev)")
  endif()
endif()

if(MOESAIC_BUILD_TESTS)
  find_package(doctest CONFIG QUIET)
  if(NOT doctest_FOUND)
    message(STATUS "moesaic: doctest not found, so the tests are left out (Debian: doctest-dev)")
  endif()
endif()
