#!/usr/bin/env bash
# Runs the tests of a build folder and prints the closing lines of their runners: scripts/test.sh DIRECTORY [CTEST-OPTION ...]
set -uo pipefail
directory=$1
shift
export CK_DEFAULT_TIMEOUT=${CK_DEFAULT_TIMEOUT:-120} # seconds: Check's own 4 are few on a loaded machine
# Ten minutes are many times what the longest test takes: one that hangs is stopped, and named.
(cd "$directory" && ctest --timeout 600 --output-on-failure --no-tests=error --parallel "$(nproc)" "$@")
status=$?
# Check's and Criterion's own summaries, and the project's, from the log that ctest has just written.
echo
echo "What the test programs counted:"
sed -n -E '/^(Test|[0-9]+\/[0-9]+ Testing): /{s/^[^:]*: //;h}
/^[0-9]+%: Checks: |^\[====\] Synthesis|^.*\[====\].*Synthesis|^checked: /{s/\x1b\[[0-9;]*m//g;G;s/(.*)\n(.*)/  \2\t\1/p}' \
  "$directory/Testing/Temporary/LastTest.log" | expand -t 30
exit $status
