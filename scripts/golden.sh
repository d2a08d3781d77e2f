#!/usr/bin/env bash
# Prints the golden fingerprints of trainings anew, after a change that is meant to change bits:
#     scripts/golden.sh PROJECT-TRAINING PROJECT-MODELS [WENGERT]
# The programs are those of a build folder; `cmake --build build --target golden` builds and names them. Without the program `wengert` its file,
# fingerprints.txt, stays as it is.
set -euo pipefail
directory=$(cd "$(dirname "$0")/../tests/golden" && pwd)
new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT

"$1" --print >"$new/training.txt"
"$2" --print >"$new/models.txt"
if [ -n "${3-}" ]; then
  while read -r old arguments; do
    case $old in
    \#*) echo "$old $arguments" ;;
    *)
      # The arguments are words.
      # shellcheck disable=SC2086
      "$3" train $arguments --out "$new/out" </dev/null >"$new/report"
      echo "$(sed -n 's/^fingerprint: //p' "$new/report") $arguments"
      ;;
    esac
  done <"$directory/fingerprints.txt" >"$new/fingerprints.txt"
fi

for file in "$new"/*.txt; do
  changed=$(diff "$directory/${file##*/}" "$file" | grep -c '^>' || true)
  cp "$file" "$directory/"
  echo "${file##*/}: $(grep -c '^[^#]' "$file") fingerprints, $changed of them new"
done
