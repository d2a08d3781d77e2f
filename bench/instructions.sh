#!/usr/bin/env bash
# Instructions of one replayed training step, which no other work on the machine disturbs: bench/instructions.sh BENCH_STEPS WORKLOAD ...
# Callgrind's counts of two runs, one of which is longer by so many steps. It knows AVX2, but not AVX-512.
set -euo pipefail
program=${1:?usage: instructions.sh BENCH_STEPS WORKLOAD ...}
shift
more=100
command -v valgrind >/dev/null || { echo 'instructions: left out: valgrind is not installed'; exit 0; }

count() { # WORKLOAD STEPS
  WENGERT_ISA=x86-64-v3 valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" "$1" "$2" 2>&1 | sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}

echo "instructions of a replayed training step, x86-64-v3"
for workload; do
  short=$(count "$workload" 10)
  long=$(count "$workload" $((10 + more)))
  printf '%-15s %10d\n' "$workload" $(((long - short) / more))
done
