# What the library needs, and what only makes it do more. Nothing is downloaded.
find_path(XXHASH_INCLUDE_DIR xxhash.h)
if(NOT XXHASH_INCLUDE_DIR)
  message(FATAL_ERROR "xxhash.h was not found (Debian: libxxhash-dev)")
endif()

find_package(Threads REQUIRED)

find_package(ZLIB)
if(NOT ZLIB_FOUND)
  message(STATUS "wengert: without zlib: .gz data files cannot be read (Debian: zlib1g-dev)")
endif()
