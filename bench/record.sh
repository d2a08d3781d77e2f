#!/usr/bin/env bash
# Puts what the benchmarks printed into a document: bench/record.sh OUTPUT DOCUMENT
# OUTPUT is that of `make bench` or `make bench-peers`, whose parts begin with lines "==== NAME". Each part for which the document has lines
# "<!-- NAME.md: begin -->" and "<!-- NAME.md: end -->" takes the place of what stands between them.
set -euo pipefail
output=${1:?usage: record.sh OUTPUT DOCUMENT}
document=${2:?usage: record.sh OUTPUT DOCUMENT}
splice=$(dirname "$0")/../scripts/splice.sh
parts=$(mktemp -d)
trap 'rm -rf "$parts"' EXIT

sed -n 's/^==== //p' "$output" | while read -r name; do
  grep -qxF "<!-- $name.md: begin -->" "$document" || continue
  {
    echo '```'
    awk -v title="==== $name" '/^==== / { inside = $0 == title; next } inside && ($0 != "" || begun) && !/^g?make|^\[/ { begun = 1; print }' "$output"
    echo '```'
  } >"$parts/$name.md"
  "$splice" "$document" "$parts/$name.md"
done
