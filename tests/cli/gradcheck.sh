#!/bin/sh
# wengert gradcheck: rows, summary, JSON, exit status. Arguments: the program, check_json, and the
# command with wrong ops added.
program=$1 check_json=$2 wrong=$3
. "$(dirname "$0")/common.sh"

# The table of verdicts in a report: NAME ELEMENTS CASES
verdicts() {
    sed -n '/^verdict  *elements  *cases$/,/^$/p' "$1" | grep '[0-9]' | tr -s ' '
}

run gradcheck
expect_status 0 gradcheck
summary=$(tail -1 "$work/out")
rows=$(grep -c -E ' (PASS|KINK)$' "$work/out")
[ "$rows" -ge 60 ] && [ "$summary" = "$rows passed, 0 failed" ] || fail "gradcheck: $rows rows; $summary"
"$program" ops | cut -d' ' -f1 >"$work/names"
while read -r op; do
    grep -q "^$op .* \(PASS\|KINK\)\$" "$work/out" || fail "gradcheck: no row for $op"
done <"$work/names"
passed "gradcheck: every op has a row; $summary"

verdicts "$work/out" >"$work/verdicts"
ops=$(wc -l <"$work/names")
[ "$(wc -l <"$work/verdicts")" -eq 6 ] || fail 'gradcheck: not six verdicts in the summary'
[ "$(grep -c ' 0 0$' "$work/verdicts")" -eq 4 ] || fail 'gradcheck: other verdicts than PASS and KINK'
grep -q "^ops checked  *$ops\$" "$work/out" || fail "gradcheck: not $ops ops checked"
grep -q '^ops not checked  *0$' "$work/out" || fail 'gradcheck: an op was not checked'
grep -q '^worst certified error  *[0-9.]*e-[01][0-9] (.*, case .*)$' "$work/out" || fail 'gradcheck: no certified error of 1e-00 to 1e-19'
evaluations=$(sed -n 's/^evaluations  *//p' "$work/out")
[ "$evaluations" -gt 10000 ] || fail "gradcheck: $evaluations evaluations"
[ "$(sed -n '/^verdict  *elements/,$p' "$work/out" | wc -l)" -le 24 ] || fail 'gradcheck: the summary fills more than a screen'
passed "gradcheck: the summary counts by verdict, ops, errors, $evaluations evaluations"

"$program" gradcheck --json >"$work/out"
status=$?
expect_status 0 'gradcheck --json'
"$check_json" gradcheck <"$work/out" >"$work/counts" || fail "gradcheck --json: $(tail -1 "$work/counts")"
[ "$(head -6 "$work/counts")" = "$(cat "$work/verdicts")" ] || fail 'gradcheck --json: other counts than the text has'
grep -q "^.\"evaluations\":.$evaluations,\$" "$work/out" || fail 'gradcheck --json: other evaluations than the text has'
passed 'gradcheck --json: rows and totals agree, with the text too'

run gradcheck prelu tanh
expect_status 0 'gradcheck prelu tanh'
ops=$(grep -E ' (PASS|KINK)$' "$work/out" | cut -d' ' -f1 | sort -u | tr '\n' ' ')
[ "$ops" = 'prelu tanh ' ] || fail "gradcheck prelu tanh: rows of $ops"
passed 'gradcheck prelu tanh: rows of these two alone'

run gradcheck matmul --case '2x3 5x3 transpose_z=1'
expect_status 0 'gradcheck --case'
[ "$(tail -1 "$work/out")" = '1 passed, 0 failed' ] || fail 'gradcheck --case: not one case'
[ "$(grep -c '^matmul  *2x3 5x3 transpose_z=1  *21 .* PASS$' "$work/out")" -eq 1 ] || fail 'gradcheck --case: no row of 21 elements'
run gradcheck matmul --case '2x3 3xx'
expect_status 1 'gradcheck --case of a wrong shape'
grep -q '"3xx" is not a shape' "$work/out" || fail 'gradcheck --case: the wrong shape is not named'
run gradcheck --case 2x3
expect_status 2 'gradcheck --case without an op'
expect_error 'gradcheck --case without an op' --case 2x3
passed 'gradcheck --case: that case alone; a wrong one is named'

for text in "$("$program" gradcheck --seed 1 exp)" "$("$program" gradcheck --seed 2 exp)"; do
    case $text in *' 0 failed'*) ;; *) fail 'gradcheck --seed' ;; esac
done
[ "$("$program" gradcheck --seed 1 exp)" != "$("$program" gradcheck --seed 2 exp)" ] || fail 'gradcheck: --seed changes nothing'
[ "$("$program" gradcheck --seed 1 exp)" = "$("$program" gradcheck --seed 1 exp)" ] || fail 'gradcheck: one seed, two reports'
passed 'gradcheck --seed: other points, the same for the same seed'

# ---- The curve ----------------------------------------------------------------------------
# elu's V by its points: over 1e-5 at both ends, below 1e-8 somewhere between, and lowest there.
run gradcheck elu --curve --json
expect_status 0 'gradcheck elu --curve --json'
tr -d ' \t,"' <"$work/out" | sed -n 's/^error://p' | head -25 >"$work/errors"
[ "$(wc -l <"$work/errors")" -eq 25 ] || fail 'gradcheck elu --curve: not 25 points'
awk '{ e[NR] = $1 + 0; if (NR == 1 || e[NR] < least) { least = e[NR]; at = NR } }
     END { exit !(at > 5 && at < 20 && least < 1e-8 && e[1] > 1e-2 && e[25] > 1e-6) }' "$work/errors" ||
    fail "gradcheck elu --curve: no V: $(tr '\n' ' ' <"$work/errors")"
# From steps of 0.1 down to 0.001 the error falls with the step's square: 100 for each 10.
awk 'NR == 3 { high = $1 } NR == 7 { low = $1 } END { exit !(high / low > 3000 && high / low < 30000) }' "$work/errors" ||
    fail 'gradcheck elu --curve: the error does not fall with the square of the step'
awk '$1 > 1e-16 { next } { exit 1 }' "$work/errors" || fail 'gradcheck elu --curve: a difference without error'
passed 'gradcheck elu --curve: the V has its lowest point in the middle and falls with the square of the step'

run gradcheck elu --curve
expect_status 0 'gradcheck elu --curve'
[ "$(grep -o '\*' "$work/out" | wc -l)" -eq 25 ] || fail 'gradcheck elu --curve: not 25 points drawn'
[ "$(grep -c '^  *\(1\|1e-[01][0-9]\) |' "$work/out")" -eq 17 ] || fail 'gradcheck elu --curve: not 17 decades'
grep -q '^ *1e-12 .* 1e-02 *1$' "$work/out" || fail 'gradcheck elu --curve: no axis of steps'
lowest=$(grep -n '|.*\*' "$work/out" | tail -1 | cut -d: -f1)
ridders=$(grep -n '|-*\** *-* Ridders$' "$work/out" | cut -d: -f1)
[ "$ridders" -gt "$lowest" ] || fail "gradcheck elu --curve: Ridders' line $ridders is not below the lowest point's, $lowest"
grep -q '^PASS: certified to a relative error of 1.0e-09$' "$work/out" || fail 'gradcheck elu --curve: nothing certified'
passed "gradcheck elu --curve: drawn with labelled axes, and Ridders' line below"

run gradcheck --curve elu gelu
expect_status 2 'gradcheck --curve of two ops'
expect_error 'gradcheck --curve of two ops' '--curve with 2 ops'
for op in $(cat "$work/names"); do
    run gradcheck --curve "$op"
    expect_status 0 "gradcheck --curve $op"
    grep -q '^PASS: certified' "$work/out" || fail "gradcheck --curve $op"
done
passed 'gradcheck --curve: of every op, one at a time'

# ---- Wrong ops ----------------------------------------------------------------------------
program=$wrong
run gradcheck
expect_status 1 'gradcheck with a wrong op'
[ "$(grep -c ' FAIL$' "$work/out")" -eq 2 ] || fail 'gradcheck: not both cases of the wrong op fail'
[ "$(grep -c '^wrong_square .* FAIL$' "$work/out")" -eq 2 ] || fail 'gradcheck: another op fails'
grep -q '^    FAIL: 6 elements, 6 FAIL; [0-9]* evaluations$' "$work/out" || fail 'gradcheck: a failure without its report'
grep -q '^    FAIL  *x\[[01],[0-2]\]  *[-0-9.]*  *-*0x[0-9a-fp.+-]*  *[-0-9.]*  *[-0-9.]*  .* 3.3e-01' "$work/out" || fail 'gradcheck: a failure without its place'
grep -q '^    diagnosis: x: a constant factor 1.5$' "$work/out" || fail 'gradcheck: the factor is not named'
grep -q '^    diagnosis: x: a factor 1.5 in 1 of 1 elements$' "$work/out" || fail 'gradcheck: the factor of a scalar is not named'
passed 'a wrong gradient: both cases fail, with their place and diagnosis; status 1'
grep -q '^no_gradient  *not checked: it has no gradient$' "$work/out" || fail 'gradcheck: no word about no_gradient'
grep -q '^no_cases  *not checked: its entry declares no cases$' "$work/out" || fail 'gradcheck: no word about no_cases'
[ "$(tail -1 "$work/out")" = "$rows passed, 2 failed, 2 ops not checked" ] || fail "gradcheck: $(tail -1 "$work/out")"
[ "$(verdicts "$work/out" | grep '^FAIL ')" = 'FAIL 7 2' ] || fail 'gradcheck: not 7 elements in 2 cases by FAIL'
grep -q '^ops not checked  *2$' "$work/out" || fail 'gradcheck: not 2 ops not checked'
passed "ops that cannot be checked are named; $(tail -1 "$work/out")"

run gradcheck wrong_square --json
expect_status 1 'gradcheck --json of a wrong op'
grep -q '"fail":	2' "$work/out" && ! grep -q '"pass":	true' "$work/out" || fail 'gradcheck --json of a wrong op'
[ "$(grep -c '"diagnosis":	"x: a .*factor 1.5' "$work/out")" -eq 2 ] || fail 'gradcheck --json: the factor is not named'
[ "$(grep -c '"verdict":	"FAIL"' "$work/out")" -eq 9 ] || fail 'gradcheck --json: not 2 cases and 7 rows by FAIL'
passed 'gradcheck --json of a wrong op: fail 2, with rows and diagnosis; status 1'
run gradcheck wrong_square --curve
expect_status 1 'gradcheck --curve of a wrong op'
grep -q '^FAIL: differences say ' "$work/out" || fail 'gradcheck --curve of a wrong op'
passed 'gradcheck --curve of a wrong op: FAIL, status 1'
for op in no_gradient no_cases; do
    run gradcheck $op
    expect_status 1 "gradcheck $op"
    grep -q '^0 passed, 0 failed, 1 op not checked$' "$work/out" || fail "gradcheck $op: $(tail -1 "$work/out")"
    run gradcheck $op --curve
    expect_status 1 "gradcheck $op --curve"
    passed "gradcheck $op: nothing was checked, so status 1"
done
finish
