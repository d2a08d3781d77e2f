#!/usr/bin/env bash
# Each public header compiles by itself, as C and as C++, without a warning, with every compiler that is here: headers.sh INCLUDE-DIRECTORY
set -euo pipefail
include=$1
warnings='-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror'
count=0
one() { # COMPILER STANDARD LANGUAGE
  command -v "$1" >/dev/null 2>&1 || return 0
  local header
  for header in "$include"/wengert/*.h "$include"/wengert/*/*.h; do
    printf '#include "%s"\n#include "%s"\nint unused_name;\n' "${header#"$include"/}" "${header#"$include"/}" |
      "$1" -std="$2" $warnings -I"$include" -fsyntax-only -x "$3" -
    count=$((count + 1))
  done
}
one gcc c11 c
one clang c11 c
one clang-14 c11 c
one g++ c++17 c++
one clang++ c++17 c++
one clang++-14 c++17 c++
if [ $count -lt 20 ]; then
  echo "only $count compilations: a C and a C++ compiler are needed"
  exit 1
fi
echo "checked: $count compilations of headers by themselves"
