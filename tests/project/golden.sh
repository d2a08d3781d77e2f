#!/usr/bin/env bash
# Every case of Keras's list is carried, in tests/golden or by its number in a unit test, or docs/keras.md says why not. golden.sh ROOT LIST
set -euo pipefail
root=$1 list=$2
if [ ! -e "$list" ]; then
  echo "not compared with the list of figures, as it is not here; checked: 0 cases"
  exit 0
fi
carried=$(mktemp)
trap 'rm -f "$carried"' EXIT
{
  sed -nE 's/^(#  )?[ ]*(0[0-9]{3})[ |].*/\2/p' "$root"/tests/golden/*.txt
  grep -ohwE '0[0-9]{3}' "$root"/tests/unit/test_golden*.c || true
  grep -oE '\(0[0-9]{3}(, 0[0-9]{3})*\)' "$root/docs/keras.md" | grep -oE '0[0-9]{3}'
} | sort -u >"$carried"
missing=$(grep -oE '"id": "0[0-9]{3}"' "$list" | grep -oE '0[0-9]{3}' | sort -u | comm -23 - "$carried")
if [ -n "$missing" ]; then
  echo "in no test, and docs/keras.md does not say why:" $missing
  exit 1
fi
echo "checked: $(grep -cE '"id": "0[0-9]{3}"' "$list") cases"
