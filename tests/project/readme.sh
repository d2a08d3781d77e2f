#!/usr/bin/env bash
# README's whole programs compile without a warning and print what README says they print.
#     readme.sh README COMPILER LIBRARY INCLUDE [DIGITS] -- LINK FLAGS
# A program is a C block with a main; what it prints is the indented block after it. Those that read digits run where there are some.
set -euo pipefail
readme=$1 compiler=$2 library=$3 include=$4 digits=$5
shift 6
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
awk -v work="$work" '
  /^```c$/ { inside = 1; n++; next }
  /^```$/ && inside { inside = 0; after = 1; next }
  inside { print > (work "/" n ".c"); next }
  after && /^    / { sub(/^    /, ""); print > (work "/" n ".expected"); begun = 1; next }
  after && begun && /^$/ { after = begun = 0; next }
  after && !/^$/ { after = begun = 0 }' "$readme"
compiled=0 ran=0
for source in "$work"/*.c; do
  grep -q 'int main' "$source" || continue
  expected=${source%.c}.expected
  "$compiler" -std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -I"$include" "$source" "$library" "$@" -o "$work/program"
  compiled=$((compiled + 1))
  if grep -q 'wg_dataset_load_directory' "$source" && [ ! -e "$digits" ]; then
    echo "not run, as there are no digits: the program of README's line $(grep -nF -m1 "$(sed -n 4p "$source")" "$readme" | cut -d: -f1)"
    continue
  fi
  (cd "$work" && ./program "$digits") >"$work/printed"
  diff "$expected" "$work/printed"
  ran=$((ran + 1))
done
[ "$compiled" -ge 2 ] && [ "$ran" -ge 1 ]
echo "checked: $compiled programs compiled, $ran run"
