#!/bin/sh
# wengert ops: the list, the card of one op, and the JSON of both. Second argument: check_json.
program=$1 check_json=$2
. "$(dirname "$0")/common.sh"

run ops
expect_status 0 'ops'
count=$(wc -l <"$work/out")
[ "$count" -ge 30 ] || fail "ops lists $count ops"
for line in '^prelu  *x, alpha  *y = x > 0 ? x : alpha \* x$' '^leaky_relu  *x; negative_slope=0.2 '; do
    grep -q "$line" "$work/out" || fail "ops: no line like $line"
done
names=$(cut -d' ' -f1 "$work/out")
[ "$names" = "$(echo "$names" | LC_ALL=C sort -u)" ] || fail 'ops: not in the order of names'
passed "ops lists $count ops, a line each, in the order of their names"

for op in $names; do
    run ops "$op"
    expect_status 0 "ops $op"
    for word in "$op(" formula derivative kinks inputs cases; do
        grep -qF "$word" "$work/out" || fail "ops $op: no $word"
    done
done
passed "the card of each tells formula, derivative, kinks, inputs, cases"

run ops mse
grep -q '^mean_squared_error(' "$work/out" || fail 'ops mse: an alias does not find its op'
passed 'an alias finds its op'

"$program" ops --json | "$check_json" ops || fail 'ops --json'
passed 'ops --json holds what the registry holds'
for op in leaky_relu slice matmul mean_squared_error prelu; do
    "$program" ops "$op" --json | "$check_json" ops "$op" || fail "ops $op --json"
    passed "ops $op --json"
done
finish
