# What `make install` installs besides the program: libraries, headers, and how other projects find them, with CMake and with pkg-config.
include(CMakePackageConfigHelpers)

set(package_directory ${CMAKE_INSTALL_LIBDIR}/cmake/wengert)
install(TARGETS wengert_static wengert_shared EXPORT wengert_targets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/wengert DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(EXPORT wengert_targets NAMESPACE wengert:: FILE wengertTargets.cmake DESTINATION ${package_directory})

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/wengertConfig.cmake.in
  ${PROJECT_BINARY_DIR}/generated/wengertConfig.cmake INSTALL_DESTINATION ${package_directory})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/generated/wengertConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/generated/wengertConfig.cmake ${PROJECT_BINARY_DIR}/generated/wengertConfigVersion.cmake
  DESTINATION ${package_directory})

# What a program that links the static library must link too.
set(static_needs "-lm")
if(CMAKE_THREAD_LIBS_INIT)
  string(APPEND static_needs " ${CMAKE_THREAD_LIBS_INIT}")
endif()
if(ZLIB_FOUND)
  string(APPEND static_needs " -lz")
endif()
if(WENGERT_CJSON)
  string(APPEND static_needs " -lcjson")
endif()
# Relative, so that the installed tree can be moved.
file(RELATIVE_PATH pc_to_prefix ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
configure_file(${CMAKE_CURRENT_LIST_DIR}/wengert.pc.in ${PROJECT_BINARY_DIR}/generated/wengert.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/generated/wengert.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
