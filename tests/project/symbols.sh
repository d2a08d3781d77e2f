#!/usr/bin/env bash
# The shared library exports names that begin with wg_ and no other: symbols.sh NM LIBRARY
set -euo pipefail
names=$("$1" -D --defined-only "$2" | awk '{ print $NF }' | sort -u)
count=$(grep -c '^wg_' <<<"$names" || true)
if others=$(grep -v '^wg_' <<<"$names"); then
  printf '%s exports, besides wg_*:\n%s\n' "$2" "$others"
  exit 1
fi
if [ "$count" -lt 50 ]; then
  echo "$2 exports only $count names"
  exit 1
fi
echo "checked: $count exported names"
