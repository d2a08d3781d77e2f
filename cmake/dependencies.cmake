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

find_path(CJSON_INCLUDE_DIR cjson/cJSON.h)
find_library(CJSON_LIBRARY cjson)
if(CJSON_INCLUDE_DIR AND CJSON_LIBRARY)
  set(WENGERT_CJSON ON)
else()
  set(WENGERT_CJSON OFF)
  message(STATUS "wengert: without cJSON: safetensors files cannot be read (Debian: libcjson-dev)")
endif()
