#!/bin/sh
# wengert accuracy: every elementwise op in its sampled form keeps its bar, and wrong words are refused. Arguments: the program, the samples.
program=$1 samples=$2
. "$(dirname "$0")/common.sh"

run accuracy tanh --gradient --samples 65536
expect_status 0 'accuracy tanh --gradient'
grep -q '^largest error  *0\.[0-9]* ULP' "$work/out" || fail 'accuracy tanh: no largest error below 1'
grep -q 'the bar of 1 ULP  *kept' "$work/out" || fail 'accuracy tanh: the bar'
passed 'accuracy tanh --gradient: a report'

run accuracy elu alpha=0.5 --dtype f64 --samples 1000 --json
expect_status 0 'accuracy --json'
for word in '"op":"elu"' '"attributes":"alpha=0.5"' '"good":true' '"wrong_nan":0'; do
    grep -qF "$word" "$work/out" || fail "accuracy --json: no $word"
done
passed 'accuracy --json'

for isa in x86-64 x86-64-v3 x86-64-v4 neon; do
    WENGERT_ISA=$isa "$program" accuracy mish --gradient --samples 65536 --json >"$work/$isa" 2>/dev/null || continue
    cmp -s "$work/$isa" "$work/first" || [ ! -e "$work/first" ] || fail "accuracy: $isa counts otherwise than others"
    [ -e "$work/first" ] || cp "$work/$isa" "$work/first"
done
[ -e "$work/first" ] || fail 'accuracy: no instruction set worked'
passed 'accuracy: the same report under every instruction set'

while IFS='|' read -r label words named; do
    # shellcheck disable=SC2086
    run accuracy $words
    expect_status 2 "$label"
    expect_error "$label" "$named"
    passed "refused: $label"
done <<'ROWS'
no op||accuracy
unknown op|frob|frob
unknown attribute|elu beta=1|beta
attribute out of range|leaky_relu negative_slope=-1|negative_slope
no number|prelu alpha=x|alpha
exhaustive doubles|tanh --exhaustive --dtype f64|--exhaustive
op with --all|tanh --all /tmp|--all
ROWS

run accuracy softmax
expect_status 1 'accuracy softmax'
expect_error 'accuracy softmax' 'elementwise'
passed 'accuracy softmax: not elementwise'

# Float: so many inputs and the neighbourhoods of special points, for each op, attribute and direction; double: some, and the same
# neighbourhoods.
run accuracy --all "$work/all" --samples "$samples"
cat "$work/out"
expect_status 0 'accuracy --all'
rows=$(grep -c '^| [a-z]' "$work/all/table.md")
[ "$rows" -ge 40 ] || fail "accuracy --all: only $rows rows"
tail -1 "$work/out" | grep -q '^\([0-9]*\) of \1 results keep the bar' || fail 'accuracy --all: the closing line'
passed "accuracy --all: $rows rows"
files=$(ls "$work/all" | wc -l)
run accuracy --all "$work/all" --samples "$samples"
[ "$(wc -l <"$work/out")" -eq 1 ] && [ "$(ls "$work/all" | wc -l)" -eq "$files" ] || fail 'accuracy --all: a second run measures again'
passed 'accuracy --all: a second run goes on from the first'
finish
