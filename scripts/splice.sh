#!/bin/sh
# Puts a table into a document: scripts/splice.sh DOCUMENT TABLE
# It takes the place of what stands between the lines "<!-- NAME: begin -->" and "<!-- NAME: end -->", where NAME is the table's file name.
set -eu
document=${1:?usage: splice.sh DOCUMENT TABLE} table=${2:?usage: splice.sh DOCUMENT TABLE}
name=$(basename "$table")
for mark in begin end; do
  grep -qxF "<!-- $name: $mark -->" "$document" || { echo "$document: no line \"<!-- $name: $mark -->\"" >&2; exit 1; }
done
[ -s "$table" ] || { echo "$table: no such table, or an empty one" >&2; exit 1; }
new=$(mktemp "$document.XXXXXX")
trap 'rm -f "$new"' EXIT
trap 'exit 1' HUP INT TERM
awk -v begin="<!-- $name: begin -->" -v end="<!-- $name: end -->" -v table="$table" '
  $0 == end { inside = 0 }
  !inside { print }
  $0 == begin { inside = 1; print ""; while ((getline line < table) > 0) print line; print "" }
' "$document" >"$new"
cat "$new" >"$document"
