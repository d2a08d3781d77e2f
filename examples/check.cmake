# Runs PROGRAM and compares what it prints with the comment that closes SOURCE, to the byte:
#     /* Output:
#      * a line of output
#      */
# With -DREWRITE=ON, writes that comment instead.
execute_process(COMMAND ${PROGRAM} OUTPUT_VARIABLE printed ERROR_VARIABLE complaint RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${PROGRAM} ended with ${status}: ${complaint}")
endif()

file(READ ${SOURCE} source)
string(FIND "${source}" "\n/* Output:\n" start REVERSE)
if(start EQUAL -1)
  message(FATAL_ERROR "${SOURCE} has no comment \"/* Output:\"")
endif()
if(REWRITE)
  string(REGEX REPLACE "\n$" "" block "\n${printed}")
  string(REGEX REPLACE "\n" "\n * " block "${block}")
  string(REGEX REPLACE " +\n" "\n" block "${block}\n")
  string(SUBSTRING "${source}" 0 ${start} source)
  file(WRITE ${SOURCE} "${source}\n/* Output:${block} */\n")
  return()
endif()
string(SUBSTRING "${source}" ${start} -1 expected)
string(REGEX REPLACE "^\n/\\* Output:" "" expected "${expected}")
string(REGEX REPLACE "\n \\*/\n$" "\n" expected "${expected}")
string(REGEX REPLACE "\n \\* ?" "\n" expected "${expected}")
string(REGEX REPLACE "^\n" "" expected "${expected}")
if(NOT printed STREQUAL expected)
  message(FATAL_ERROR "the output differs from what ${SOURCE} says.\nIt says:\n${expected}\nThe program printed:\n${printed}")
endif()
