#!/bin/sh
# wengert train: that it learns, what it prints, that one run has one fingerprint. Arguments: the
# program, check_json, the golden fingerprints.
program=$1 check_json=$2 golden=$3
. "$(dirname "$0")/common.sh"

fingerprint() { sed -n 's/^fingerprint: \([0-9a-f]\{32\}\)$/\1/p' "$work/out"; }
accuracy() { sed -n 's/^validation loss .*, accuracy \([0-9.]*\) .*/\1/p' "$work/out"; }
at_least() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a >= b) }'; }

# ---- It learns ----------------------------------------------------------------------------
for seed in 1 2 3; do
    run train --seed $seed
    expect_status 0 "train --seed $seed"
    at_least "$(accuracy)" 0.98 || fail "train --seed $seed: accuracy $(accuracy); expected 0.98"
    passed "the spiral, seed $seed: accuracy $(accuracy) on points held out"
done
grep -q '^alpha of layer 1, 32 units, at first 0.25: now ' "$work/out" || fail 'train: no alphas'
grep '^alpha' "$work/out" | awk '{ if ($10 > 0.2 && $12 < 0.3) same++ } END { exit NR != 2 || same > 0 }' ||
    fail 'train: the alphas are still near 0.25'
passed 'the alphas are no longer 0.25'
[ "$(grep -c '^epoch ' "$work/out")" -eq 300 ] || fail 'train: not a line for each epoch'
passed 'a line for each epoch'

for data in moons circle xor gauss; do
    run train --data $data
    expect_status 0 "train --data $data"
    at_least "$(accuracy)" 0.97 || fail "train --data $data: accuracy $(accuracy); expected 0.97"
    passed "$data: accuracy $(accuracy)"
done
for activation in relu leaky_relu tanh sigmoid elu 'elu alpha=0.5' selu gelu 'gelu approximate=1' swish softplus mish; do
    run train --data moons --activation "$activation" --hidden 16 --epochs 300
    expect_status 0 "train --activation $activation"
    at_least "$(accuracy)" 0.95 || fail "train --activation $activation: accuracy $(accuracy); expected 0.95"
    passed "$activation: accuracy $(accuracy) on moons"
done
# Every one there is, but glu, which has not a value for each unit, tells two clouds apart, as a line does.
run train --activation nosuch
names=$(sed 's/.*expected one of //; s/,//g; s/ glu / /' "$work/err")
known=0
for activation in $names; do
    # Above 1, its default, no unit gets from these inputs.
    [ "$activation" = thresholded_relu ] && activation='thresholded_relu theta=0.1'
    run train --data gauss --activation "$activation" --hidden 16
    expect_status 0 "train --activation $activation"
    at_least "$(accuracy)" 0.97 || fail "train --activation $activation: accuracy $(accuracy); expected 0.97"
    known=$((known + 1))
done
[ "$known" -ge 32 ] || fail "train knows $known activations; expected 32 or more"
passed "$known activations: accuracy 0.97 or more on gauss"

run train --data gauss --hidden 8 --epochs 2 --json
expect_status 0 'train --json'
tail -1 "$work/out" | "$check_json" train || fail 'train --json'
case $(tail -1 "$work/out") in *"\"epochs\":2,\"fingerprint\":\"$(fingerprint)\""*) ;; *) fail 'train --json: other values than the text' ;; esac
grep -Eq '^alpha of layer 1, 8 units, at first 0.25:( -?[0-9.]+){8}$' "$work/out" || fail 'train: not all of 8 alphas'
passed 'train --json: the last line is one object with the same values'

run train --lr 1e30 --epochs 5
expect_status 1 'train --lr 1e30'
expect_error 'train --lr 1e30' 'the loss became' 'epoch' '--lr'
passed "a loss that is no number: $(cat "$work/err")"

# ---- One run, one fingerprint -------------------------------------------------------------
isas=$("$program" help | sed -n 's/.*This CPU has: //p')
[ -n "$isas" ] || fail 'help names no instruction set'
rows=0
while read -r expected arguments; do
    case $expected in '' | '#'*) continue ;; esac
    rows=$((rows + 1))
    for isa in $isas; do
        for more in '--threads 1' '--threads 2' '--threads 1 --record'; do
            # shellcheck disable=SC2086 # words are meant
            WENGERT_ISA=$isa run train $arguments $more
            expect_status 0 "train $arguments $more on $isa"
            [ "$(fingerprint)" = "$expected" ] ||
                fail "train $arguments $more on $isa: $(fingerprint); expected $expected"
        done
    done
    passed "$expected for train $arguments, on$(printf ' %s' $isas), 1 and 2 threads, recorded"
done <"$golden"
[ "$rows" -ge 3 ] || fail "$golden has $rows rows"

run train --epochs 2 --seed 1
one=$(fingerprint)
run train --epochs 2 --seed 2
[ -n "$one" ] && [ "$(fingerprint)" != "$one" ] || fail 'another seed gives the same fingerprint'
passed 'another seed gives another fingerprint'

# ---- A terminal ---------------------------------------------------------------------------
if command -v script >/dev/null 2>&1 && script -qec true /dev/null >/dev/null 2>&1 </dev/null; then
    script -qec "'$program' train --epochs 40" /dev/null >"$work/out" 2>"$work/err" </dev/null
    lines=$(grep -c 'epoch ' "$work/out")
    parts=$(tr '\r' '\n' <"$work/out" | grep -c '^epoch ')
    last=$(tr '\r' '\n' <"$work/out" | grep '^epoch ' | tail -1)
    [ "$lines" -eq 1 ] && [ "$parts" -ge 1 ] || fail "on a terminal: $lines lines, $parts parts"
    case $last in 'epoch 40/40 '*examples/s*left*) ;; *) fail "on a terminal, at the end: $last" ;; esac
    passed "on a terminal: one line, written $parts times"
else
    echo 'left out: the terminal, as there is no `script` command to make one'
fi
finish
