#!/usr/bin/env bash
# A table takes the place of the one in a document, nothing else changes, and what cannot be is refused: splice.sh SCRIPT
set -euo pipefail
script=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf '%s\n' before '<!-- t.md: begin -->' '' '| old |' '' '<!-- t.md: end -->' 'after & \1' >"$work/document.md"
printf '%s\n' '| new |' '| & \n |' >"$work/t.md"
printf '%s\n' before '<!-- t.md: begin -->' '' '| new |' '| & \n |' '' '<!-- t.md: end -->' 'after & \1' >"$work/expected.md"
for _ in once again; do
  "$script" "$work/document.md" "$work/t.md"
  cmp "$work/document.md" "$work/expected.md"
done
checked=2
: >"$work/empty.md"
cp "$work/t.md" "$work/other.md"
printf '%s\n' '<!-- empty.md: begin -->' '<!-- empty.md: end -->' '<!-- absent.md: begin -->' '<!-- absent.md: end -->' >>"$work/document.md"
cp "$work/document.md" "$work/expected.md"
for table in empty absent other; do
  if "$script" "$work/document.md" "$work/$table.md" 2>"$work/error"; then
    echo "$table.md was taken"
    exit 1
  fi
  grep -q "$table.md" "$work/error"
  cmp "$work/document.md" "$work/expected.md"
  checked=$((checked + 1))
done
[ "$(find "$work" -name 'document.md*' | wc -l)" -eq 1 ]
echo "checked: $checked splices"
