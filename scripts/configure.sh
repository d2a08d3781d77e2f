#!/usr/bin/env bash
# Configures a build folder as the preset `release` says, unless it is configured: scripts/configure.sh DIRECTORY [tests]
# Without `tests` a new folder gets none, so that the packages that only tests need may be absent.
set -euo pipefail
directory=$1
tests=OFF
if [ "${2-}" = tests ]; then
  tests=ON
fi
if [ -f "$directory/Makefile" ] || [ -f "$directory/build.ninja" ]; then
  [ $tests = OFF ] && exit 0
  grep -q '^WENGERT_TESTS:BOOL=ON$' "$directory/CMakeCache.txt" && exit 0
fi
# Where CI is set, a warning is an error.
exec cmake --preset release -B "$directory" -DWENGERT_TESTS=$tests -DWENGERT_WERROR=${CI:+ON}
