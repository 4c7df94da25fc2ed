# SPDX-License-Identifier: MIT
# `cmake --install`: headers, a CMake package and pkg-config files, all relocatable. Nothing of this needs more than a compiler:
#
#   find_package(moesaic)                   moesaic::moesaic, and moesaic::c where the C library was built
#   ... COMPONENTS file_transport uring compressed trace_hub cuda c
#                                           what the machine of the user has the libraries for; a missing one is an error
#   pkg-config moesaic, moesaic_c

include(CMakePackageConfigHelpers)

set(moesaic_package ${CMAKE_INSTALL_LIBDIR}/cmake/moesaic)
set(moesaic_generated ${PROJECT_BINARY_DIR}/moesaic_package)

if(CMAKE_VERSION VERSION_GREATER_EQUAL 3.23)
  install(TARGETS moesaic EXPORT moesaic_targets FILE_SET HEADERS DESTINATION ${MOESAIC_INSTALL_INCLUDEDIR})
else()
  install(TARGETS moesaic EXPORT moesaic_targets)
endif()
install(EXPORT moesaic_targets NAMESPACE moesaic:: DESTINATION ${moesaic_package})
install(DIRECTORY ${moesaic_include}/moesaic DESTINATION ${MOESAIC_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp" PATTERN "*.cuh")

if(TARGET moesaic_c)
  install(TARGETS moesaic_c EXPORT moesaic_c_targets)
  install(EXPORT moesaic_c_targets NAMESPACE moesaic:: DESTINATION ${moesaic_package})
  install(FILES ${moesaic_include}/moesaic_c.h DESTINATION ${MOESAIC_INSTALL_INCLUDEDIR})
endif()

configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/moesaic-config.cmake.in ${moesaic_generated}/moesaic-config.cmake
  INSTALL_DESTINATION ${moesaic_package} NO_SET_AND_CHECK_MACRO)
# Before 1.0 a minor version may change signatures.
write_basic_package_version_file(${moesaic_generated}/moesaic-config-version.cmake COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES ${moesaic_generated}/moesaic-config.cmake ${moesaic_generated}/moesaic-config-version.cmake DESTINATION ${moesaic_package})

# A .pc file finds its prefix from where it lies, so the whole tree may be moved.
file(RELATIVE_PATH moesaic_up /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
set(moesaic_pc_includedir "\${prefix}/${MOESAIC_INSTALL_INCLUDEDIR}")
set(moesaic_pc_libdir "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
foreach(name IN ITEMS moesaic moesaic_c)
  if(TARGET ${name})
    configure_file(${PROJECT_SOURCE_DIR}/cmake/${name}.pc.in ${moesaic_generated}/${name}.pc @ONLY)
    install(FILES ${moesaic_generated}/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
  endif()
endforeach()
