# SPDX-License-Identifier: MIT
# One stranger who has only what was installed: cmake -DWAY=... -P from_prefix.cmake
#
# A copy of the library is installed into a new folder outside the source tree, and that folder is moved before it is used, so
# that nothing can lean on where it was built or first installed. The stranger's project and its build lie there too. Ways:
#
#   find_package     headers alone, installed by a build that may find no other package; the project takes a residency apart
#   fetch_content    nothing installed: the library as an archive
#   pkg_config       headers by `pkg-config moesaic`, and a compiler
#   c_library        the C example by find_package
#   c_pkg_config     the C example by `pkg-config moesaic_c`, and a C compiler
#   python           the Python example over the installed shared library
#
# Needs SOURCE, BINARY, GENERATOR, CXX, CC, PYTHON, PKG_CONFIG, HERE.

set(temporary "$ENV{TMPDIR}")
if(NOT temporary)
  set(temporary /tmp)
endif()
string(RANDOM LENGTH 12 name)
set(place ${temporary}/moesaic_${WAY}_${name})
file(MAKE_DIRECTORY ${place})
set(prefix ${place}/moved)

function(end_with message)
  file(REMOVE_RECURSE ${place})
  message(FATAL_ERROR "consumer ${WAY}: ${message}")
endfunction()
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT status EQUAL 0)
    list(JOIN ARGN " " command)
    end_with("'${command}' ended with ${status}:\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

# --- installed ---
if(WAY MATCHES "^(find_package|pkg_config)$")
  set(nothing_found)
  foreach(package IN ITEMS ggml fmt CLI11 nlohmann_json benchmark doctest LibLZMA ZLIB Python3)
    list(APPEND nothing_found -DCMAKE_DISABLE_FIND_PACKAGE_${package}=ON)
  endforeach()
  run(${CMAKE_COMMAND} -S ${SOURCE} -B ${place}/library -G ${GENERATOR} -DCMAKE_CXX_COMPILER=${CXX} ${nothing_found}
    -DMOESAIC_BUILD_TESTS=OFF -DMOESAIC_BUILD_EXAMPLES=OFF -DMOESAIC_BUILD_BENCHMARKS=OFF -DMOESAIC_BUILD_C_LIBRARY=OFF)
  run(${CMAKE_COMMAND} --install ${place}/library --prefix ${place}/first)
elseif(NOT WAY STREQUAL "fetch_content")
  run(${CMAKE_COMMAND} --install ${BINARY} --prefix ${place}/first)
endif()
if(EXISTS ${place}/first)
  file(RENAME ${place}/first ${prefix})
  file(GLOB_RECURSE texts ${prefix}/*.cmake ${prefix}/*.pc)
  foreach(text IN LISTS texts)
    file(READ ${text} content)
    foreach(trace IN ITEMS ${SOURCE} ${BINARY} ${place})
      string(FIND "${content}" "${trace}" at)
      if(NOT at EQUAL -1)
        end_with("${text} names ${trace}")
      endif()
    endforeach()
  endforeach()
endif()

# --- used ---
function(build_stranger main)
  file(COPY ${HERE}/${WAY} ${main} DESTINATION ${place})
  cmake_path(GET main FILENAME file)
  run(${CMAKE_COMMAND} -S ${place}/${WAY} -B ${place}/build -G ${GENERATOR} -DCMAKE_PREFIX_PATH=${prefix} -DEXPECTED_PREFIX=${prefix}
    -DMOESAIC_STRANGER=${place}/${file} ${ARGN})
  run(${CMAKE_COMMAND} --build ${place}/build)
  run(${place}/build/stranger)
endfunction()
function(ask_pkg_config package)
  set(ENV{PKG_CONFIG_LIBDIR} "")
  file(GLOB_RECURSE pc ${prefix}/${package}.pc)
  cmake_path(GET pc PARENT_PATH folder)
  set(ENV{PKG_CONFIG_PATH} ${folder})
  run(${PKG_CONFIG} --cflags --libs ${package})
  string(STRIP "${output}" output)
  separate_arguments(output)
  set(flags ${output} PARENT_SCOPE)
  run(${PKG_CONFIG} --variable=libdir ${package})
  string(STRIP "${output}" output)
  set(libraries ${output} PARENT_SCOPE)
endfunction()

set(engine_in_cpp ${HERE}/residency_only/main.cpp)
set(engine_in_c ${SOURCE}/examples/c_interface/engine.c)
if(WAY STREQUAL "find_package")
  build_stranger(${engine_in_cpp} -DCMAKE_CXX_COMPILER=${CXX})
elseif(WAY STREQUAL "fetch_content")
  execute_process(COMMAND ${CMAKE_COMMAND} -E tar czf ${place}/moesaic.tar.gz CMakeLists.txt cmake include c WORKING_DIRECTORY ${SOURCE})
  build_stranger(${engine_in_cpp} -DCMAKE_CXX_COMPILER=${CXX} -DMOESAIC_ARCHIVE=${place}/moesaic.tar.gz)
  run(${CMAKE_COMMAND} --install ${place}/build --prefix ${prefix})
  if(NOT EXISTS ${prefix}/include/moesaic/moesaic.hpp)
    end_with("MOESAIC_INSTALL=ON in a parent installed no headers")
  endif()
elseif(WAY STREQUAL "pkg_config")
  ask_pkg_config(moesaic)
  run(${CXX} -std=c++20 ${flags} ${engine_in_cpp} -o ${place}/stranger)
  run(${place}/stranger)
elseif(WAY STREQUAL "c_library")
  build_stranger(${engine_in_c} -DCMAKE_C_COMPILER=${CC})
elseif(WAY STREQUAL "c_pkg_config")
  ask_pkg_config(moesaic_c)
  file(COPY ${engine_in_c} DESTINATION ${place})
  run(${CC} -std=c99 ${place}/engine.c ${flags} -Wl,-rpath,${libraries} -o ${place}/stranger)
  run(${place}/stranger)
elseif(WAY STREQUAL "python")
  file(COPY ${SOURCE}/examples/c_interface/engine.py DESTINATION ${place})
  file(GLOB_RECURSE library ${prefix}/libmoesaic_c.*)
  list(GET library 0 library)
  run(${PYTHON} ${place}/engine.py ${library})
else()
  end_with("there is no such way")
endif()
message("${output}")
file(REMOVE_RECURSE ${place})
