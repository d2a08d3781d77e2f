#!/bin/sh
# wengert gradcheck: rows, summary, JSON, exit status. Arguments: the program, check_json, and the
# command with wrong ops added.
program=$1 check_json=$2 wrong=$3
. "$(dirname "$0")/common.sh"

run gradcheck
expect_status 0 gradcheck
summary=$(tail -1 "$work/out")
rows=$(grep -c ' pass$' "$work/out")
[ "$rows" -ge 60 ] && [ "$summary" = "$rows passed, 0 failed" ] || fail "gradcheck: $rows rows; $summary"
"$program" ops | cut -d' ' -f1 >"$work/names"
while read -r op; do
    grep -q "^$op " "$work/out" || fail "gradcheck: no row for $op"
done <"$work/names"
passed "gradcheck: every op has a row; $summary"

run gradcheck prelu tanh
expect_status 0 'gradcheck prelu tanh'
ops=$(grep ' pass$' "$work/out" | cut -d' ' -f1 | sort -u | tr '\n' ' ')
[ "$ops" = 'prelu tanh ' ] || fail "gradcheck prelu tanh: rows of $ops"
passed 'gradcheck prelu tanh: rows of these two alone'

for text in "$("$program" gradcheck --seed 1 exp)" "$("$program" gradcheck --seed 2 exp)"; do
    case $text in *' 0 failed'*) ;; *) fail 'gradcheck --seed' ;; esac
done
[ "$("$program" gradcheck --seed 1 exp)" != "$("$program" gradcheck --seed 2 exp)" ] || fail 'gradcheck: --seed changes nothing'
[ "$("$program" gradcheck --seed 1 exp)" = "$("$program" gradcheck --seed 1 exp)" ] || fail 'gradcheck: one seed, two reports'
passed 'gradcheck --seed: other points, the same for the same seed'

"$program" gradcheck --json >"$work/out"
status=$?
expect_status 0 'gradcheck --json'
"$check_json" gradcheck <"$work/out" || fail 'gradcheck --json'
passed 'gradcheck --json: rows and totals agree'

# ---- Wrong ops ----------------------------------------------------------------------------
program=$wrong
run gradcheck
expect_status 1 'gradcheck with a wrong op'
[ "$(grep -c ' FAIL$' "$work/out")" -eq 2 ] || fail 'gradcheck: not both cases of the wrong op fail'
[ "$(grep -c '^wrong_square .* FAIL$' "$work/out")" -eq 2 ] || fail 'gradcheck: another op fails'
grep -q 'worst: input 0 (x), .* analytic .* numeric ' "$work/out" || fail 'gradcheck: a failure without its place'
passed 'a wrong gradient: both cases fail, with their place; status 1'
grep -q '^no_gradient  *not checked: it has no gradient$' "$work/out" || fail 'gradcheck: no word about no_gradient'
grep -q '^no_cases  *not checked: its entry declares no cases$' "$work/out" || fail 'gradcheck: no word about no_cases'
[ "$(tail -1 "$work/out")" = "$rows passed, 2 failed, 2 ops not checked" ] || fail "gradcheck: $(tail -1 "$work/out")"
passed "ops that cannot be checked are named; $(tail -1 "$work/out")"

run gradcheck wrong_square --json
expect_status 1 'gradcheck --json of a wrong op'
grep -q '"fail":	2' "$work/out" && ! grep -q '"pass":	true' "$work/out" || fail 'gradcheck --json of a wrong op'
passed 'gradcheck --json of a wrong op: fail 2, status 1'
for op in no_gradient no_cases; do
    run gradcheck $op
    expect_status 1 "gradcheck $op"
    grep -q '^0 passed, 0 failed, 1 op not checked$' "$work/out" || fail "gradcheck $op: $(tail -1 "$work/out")"
    passed "gradcheck $op: nothing was checked, so status 1"
done
finish
