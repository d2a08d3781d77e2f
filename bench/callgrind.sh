#!/usr/bin/env bash
# Instructions of one replayed training step of the smallest networks, counted by Callgrind: the same in every run, whatever else the machine does.
#     bench/callgrind.sh BENCH_TAPE
# BENCH_TAPE is that program of a build folder. What a step takes is the difference between runs of 2,000 and of 1,000 steps, over 1,000: so neither
# start-up nor recording is in it. Valgrind knows no AVX-512, so the kernels are those of x86-64-v3.
set -euo pipefail
program=${1:?usage: callgrind.sh BENCH_TAPE}
steps=1000
export WENGERT_ISA=${WENGERT_ISA:-x86-64-v3}

if ! command -v valgrind >/dev/null 2>&1; then
  echo "callgrind.sh: valgrind is missing (Debian: valgrind); nothing was counted" >&2
  exit 1
fi

collected() { # IN HIDDEN OUT BATCH STEPS
  local log
  log=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" "$@" 2>&1) || {
    echo "$log" >&2
    exit 1
  }
  sed -n 's/^==[0-9]*== Collected : //p' <<<"$log"
}

echo "instructions of a replayed step: f32, $WENGERT_ISA, $(valgrind --version)"
echo "network  batch  instructions"
while read -r in hidden out batch; do
  once=$(collected "$in" "$hidden" "$out" "$batch" "$steps")
  twice=$(collected "$in" "$hidden" "$out" "$batch" $((2 * steps)))
  printf '%-7s  %5d  %12d\n' "$in-$hidden-$out" "$batch" $(((twice - once) / steps))
done <<'NETWORKS'
2 8 1 4
2 8 1 16
4 16 3 4
4 16 3 16
NETWORKS
