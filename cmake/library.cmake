# The library, static and shared, and what installs with it.
file(GLOB library_sources CONFIGURE_DEPENDS
  ${PROJECT_SOURCE_DIR}/src/base/*.c ${PROJECT_SOURCE_DIR}/src/math/*.c ${PROJECT_SOURCE_DIR}/src/ops/*.c
  ${PROJECT_SOURCE_DIR}/src/tape/*.c ${PROJECT_SOURCE_DIR}/src/nn/*.c ${PROJECT_SOURCE_DIR}/src/optim/*.c
  ${PROJECT_SOURCE_DIR}/src/optim/rules/*.c ${PROJECT_SOURCE_DIR}/src/nn/layers/*.c
  ${PROJECT_SOURCE_DIR}/src/train/*.c ${PROJECT_SOURCE_DIR}/src/train/callbacks/*.c
  ${PROJECT_SOURCE_DIR}/src/verify/*.c ${PROJECT_SOURCE_DIR}/src/data/*.c ${PROJECT_SOURCE_DIR}/src/io/*.c)

# nn/layers.list names the kinds of layers: a new file in src/nn/layers/ is picked up by itself.
file(GLOB layer_files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/nn/layers/*.c)
list(SORT layer_files)
set(names "")
foreach(file ${layer_files})
  get_filename_component(kind ${file} NAME_WE)
  string(APPEND names "X(${kind})\n")
endforeach()
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/generated/nn/layers.list CONTENT "${names}" @ONLY)

add_library(wengert_objects OBJECT ${library_sources})
set_target_properties(wengert_objects PROPERTIES C_VISIBILITY_PRESET hidden) # but what include/ declares
target_link_libraries(wengert_objects PRIVATE wengert_flags)
target_include_directories(wengert_objects PRIVATE ${XXHASH_INCLUDE_DIR})
target_compile_definitions(wengert_objects PRIVATE WENGERT_VERSION="${PROJECT_VERSION}")
if(ZLIB_FOUND)
  target_compile_definitions(wengert_objects PRIVATE WENGERT_HAVE_ZLIB)
  target_include_directories(wengert_objects PRIVATE ${ZLIB_INCLUDE_DIRS})
endif()

if(WENGERT_CJSON)
  target_compile_definitions(wengert_objects PRIVATE WENGERT_HAVE_CJSON)
  target_include_directories(wengert_objects PRIVATE ${CJSON_INCLUDE_DIR})
endif()

set(private_libraries m Threads::Threads)
if(ZLIB_FOUND)
  list(APPEND private_libraries ZLIB::ZLIB)
endif()
if(WENGERT_CJSON)
  # By path here; by name where it is installed, which is another machine.
  list(APPEND private_libraries $<BUILD_INTERFACE:${CJSON_LIBRARY}> $<INSTALL_INTERFACE:cjson>)
endif()

# What runs once a model, a file or a check is made small; what runs at each step is made fast.
file(GLOB cold_sources ${PROJECT_SOURCE_DIR}/src/verify/*.c ${PROJECT_SOURCE_DIR}/src/io/*.c ${PROJECT_SOURCE_DIR}/src/nn/*.c
  ${PROJECT_SOURCE_DIR}/src/nn/layers/*.c ${PROJECT_SOURCE_DIR}/src/train/callbacks/*.c)
list(FILTER cold_sources EXCLUDE REGEX "/nn/(pass|params|metrics|metrics_tables|constraints|initializers|fingerprint)\\.c$")
foreach(file checkpoint compile load restore)
  list(APPEND cold_sources ${PROJECT_SOURCE_DIR}/src/train/${file}.c)
endforeach()
set_source_files_properties(${cold_sources} PROPERTIES COMPILE_OPTIONS "$<$<CONFIG:Release>:-Os>")
target_compile_options(wengert_objects PRIVATE -ffunction-sections -fdata-sections)

foreach(kind static shared)
  string(TOUPPER ${kind} KIND)
  add_library(wengert_${kind} ${KIND} $<TARGET_OBJECTS:wengert_objects> ${kernel_objects})
  add_library(wengert::${kind} ALIAS wengert_${kind})
  set_target_properties(wengert_${kind} PROPERTIES OUTPUT_NAME wengert EXPORT_NAME ${kind} VERSION ${PROJECT_VERSION} SOVERSION 0)
  target_include_directories(wengert_${kind} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(wengert_${kind} PRIVATE ${private_libraries})
endforeach()
# The tables of ops, layers and kernels are full of addresses: packed, what relocates them is a thirtieth.
include(CheckLinkerFlag)
check_linker_flag(C "-Wl,-z,pack-relative-relocs" WENGERT_LINKER_PACKS)
target_link_options(wengert_shared PRIVATE -Wl,--gc-sections -Wl,--as-needed
  $<$<BOOL:${WENGERT_LINKER_PACKS}>:-Wl,-z,pack-relative-relocs>)
add_library(wengert::wengert ALIAS wengert_shared)
