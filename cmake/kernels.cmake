# The op files are not compiled one by one: ops.inc includes them all, ops.list names them all, and passes/kernels.c is compiled once for each
# instruction set and dtype. A new file in src/ops/<room>/ is picked up by itself.
file(GLOB op_files CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/src/ops ${PROJECT_SOURCE_DIR}/src/ops/*/*.c)
list(FILTER op_files EXCLUDE REGEX "^passes/")

# In the order of the ops' names, which the registry keeps.
set(ops "")
foreach(file ${op_files})
  get_filename_component(op ${file} NAME_WE)
  list(APPEND ops ${op})
  set(file_of_${op} ${file})
endforeach()
list(SORT ops)

set(includes "")
set(names "")
foreach(op ${ops})
  string(APPEND includes "#include \"ops/${file_of_${op}}\"\n")
  string(APPEND names "X(${op})\n")
endforeach()
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/generated/ops.inc CONTENT "${includes}" @ONLY)
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/generated/ops.list CONTENT "${names}" @ONLY)

# Kernels are made three times for two dtypes, so their size counts. What -O3 would add to -O2 is mostly copies: a loop's remainders as loops over
# shorter vectors, and unrolled, which kernels ask for where it pays. A loop is vectorised with one plain remainder, and where it says `omp simd` without
# weighing the cost; C is not unwound.
add_library(wengert_kernel_flags INTERFACE)
target_link_libraries(wengert_kernel_flags INTERFACE wengert_flags)
target_compile_options(wengert_kernel_flags INTERFACE -fopenmp-simd $<$<CONFIG:Release>:-fno-asynchronous-unwind-tables>
  $<$<C_COMPILER_ID:GNU>:-fvect-cost-model=dynamic> $<$<C_COMPILER_ID:GNU>:SHELL:--param vect-epilogues-nomask=0>)

set(kernel_objects "")
set(WENGERT_KERNEL_SETS "") # their names, and WENGERT_KERNEL_FLAGS_<name>: for others that compile loops the same way
function(wengert_kernel_set identifier flags)
  foreach(float 1 0)
    if(float)
      set(target kernels_${identifier}_f32)
    else()
      set(target kernels_${identifier}_f64)
    endif()
    add_library(${target} OBJECT ${PROJECT_SOURCE_DIR}/src/ops/passes/kernels.c)
    target_compile_definitions(${target} PRIVATE WG_ISA=${identifier} WG_REAL_IS_FLOAT=${float})
    target_compile_options(${target} PRIVATE ${flags})
    target_link_libraries(${target} PRIVATE wengert_kernel_flags)
    set_target_properties(${target} PROPERTIES C_VISIBILITY_PRESET hidden)
    list(APPEND kernel_objects $<TARGET_OBJECTS:${target}>)
  endforeach()
  set(kernel_objects ${kernel_objects} PARENT_SCOPE)
  set(WENGERT_KERNEL_SETS ${WENGERT_KERNEL_SETS} ${identifier} PARENT_SCOPE)
  set(WENGERT_KERNEL_FLAGS_${identifier} "${flags}" PARENT_SCOPE)
endfunction()

if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64|amd64")
  # Without an FMA of its own, this one waits for libm's, in loops that then stay scalar.
  wengert_kernel_set(x86_64 "$<$<CONFIG:Release>:-Os>;$<$<C_COMPILER_ID:Clang>:-Wno-pass-failed>")
  wengert_kernel_set(x86_64_v3 "-march=x86-64-v3")
  wengert_kernel_set(x86_64_v4 "-march=x86-64-v4;-mprefer-vector-width=512")
else()
  wengert_kernel_set(baseline "")
endif()
