#!/bin/sh
# Wrong commands, options and values: one line that names the problem and what is valid, status 2.
program=$1
. "$(dirname "$0")/common.sh"

# refused WORDS... -- ARGUMENT...: the error holds each of the words (separated by |).
refused() {
    words=$1
    shift
    run "$@"
    expect_status 2 "wengert $*"
    [ -s "$work/out" ] && fail "wengert $*: something on standard output"
    rest=$words
    while [ -n "$rest" ]; do
        word=${rest%%|*}
        expect_error "wengert $*" "$word"
        [ "$word" = "$rest" ] && break
        rest=${rest#*|}
    done
    passed "wengert $*: $(cat "$work/err")"
}

refused 'no command|ops|train'
refused 'trane|ops, eval, gradcheck, accuracy, train, eval-model, predict, layers' trane
refused '--frobnicate' --frobnicate
refused 'nosuch' help nosuch

refused '"sigmod"|sigmoid' ops sigmod
refused 'zzzz|wengert ops' ops zzzz
refused '--jsn|--json' ops --jsn
refused 'unexpected "exp"' ops tanh exp
refused 'takes no value' ops --json=1

refused 'no op' eval
refused 'tahn|tanh' eval tahn
refused 'no attribute "slope"|negative_slope' eval leaky_relu slope=1
refused 'negative_slope=-1|from 0 to inf' eval leaky_relu negative_slope=-1
refused 'negative_slope=0.1x' eval leaky_relu negative_slope=0.1x
refused 'unexpected "1"|NAME=VALUE' eval exp 1
refused '--dtype "f16"|f32, f64' eval exp --dtype f16
refused '--shape needs a value' eval exp --shape
refused '--upstream|--gradient' eval exp --upstream 1
refused 'no numbers' eval exp
refused 'prelu takes 2 inputs|x, alpha' eval prelu

refused 'tanhh|tanh' gradcheck tanh tanhh
refused '--tolerance "0"|above 0, at most 0.5' gradcheck --tolerance 0
refused '--tolerance "nan"' gradcheck --tolerance nan

refused '--hidden "0"|from 1 to 65536' train --hidden 0
refused '--hidden "32,"' train --hidden 32,
refused '--hidden "32,,32"' train --hidden 32,,32
refused '--hidden "-3"' train --hidden -3
refused '--hidden "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1"|at most 16 of them' train --hidden 1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1
refused '--lr "nan"|above 0' train --lr nan
refused '--lr "inf"' train --lr inf
refused '--lr "0"' train --lr 0
refused '--lr "-1"' train --lr -1
refused '--lr "0.1x"' train --lr 0.1x
refused '--lr ""' train --lr ''
refused '--lr " 1"' train --lr ' 1'
refused '--momentum "1.5"|from 0 to 1' train --momentum 1.5
refused '--weight-decay "-1"' train --weight-decay -1
refused '--epochs "-1"|whole number' train --epochs -1
refused '--epochs "0"' train --epochs 0
refused '--epochs "10 "' train --epochs '10 '
refused '--epochs "1e3"' train --epochs 1e3
refused '--epochs "99999999999999999999"' train --epochs 99999999999999999999
refused '--batch "0"' train --batch 0
refused '--threads "0"|from 1 to 256' train --threads 0
refused '--threads "257"' train --threads 257
refused '--seed "-1"' train --seed -1
refused '--seed "9223372036854775808"|from 0 to 9223372036854775807' train --seed 9223372036854775808
refused '--noise "2"|from 0 to 1' train --noise 2
refused '--examples "1"' train --examples 1
refused '--activation: unknown activation "seluu"|close to it: |selu|expected one of celu, elu,|, prelu' train --activation seluu
refused '--activation: "square" is an op but no activation' train --activation square
refused '--activation: leaky_relu: negative_slope=-1|from 0 to inf' train --activation 'leaky_relu negative_slope=-1'
refused '--activation: elu: no attribute "beta"|alpha' train --activation 'elu beta=1'
refused '--activation "prelu alpha=1"|expected prelu alone' train --activation 'prelu alpha=1'
refused '--activation "glu"|half as many values as there are units' train --activation glu
refused 'softmax: axis 7' train --activation 'softmax axis=7'
refused '--activation ""' train --activation ''
refused '--data "nosuch"|spiral|moons|directory|No such file' train --data nosuch
refused '--data ""' train --data ''
refused '--out ""' train --out ''
refused 'unknown option "--learning-rate"|--lr' train --learning-rate 1
refused 'unknown option "-x"' train -x
refused 'unexpected "spiral"' train spiral
refused '--epochs needs a value' train --epochs
refused '--examples is for generated sets' train --data "$work" --examples 100

touch "$work/file"
refused '--data|this is a file' train --data "$work/file"

WENGERT_ISA=x86-64-v9
export WENGERT_ISA
first=$(WENGERT_ISA='' "$program" help | sed -n 's/.*This CPU has: \([^ ]*\).*/\1/p')
[ -n "$first" ] || fail 'help does not name the instruction sets'
refused "WENGERT_ISA=x86-64-v9|$first" train
refused "WENGERT_ISA=x86-64-v9|$first" ops
unset WENGERT_ISA

# helps WORDS ARGUMENT...: status 0, the words on standard output, nothing on standard error.
helps() {
    word=$1
    shift
    run "$@"
    expect_status 0 "wengert $*"
    grep -qF -- "$word" "$work/out" || fail "wengert $*: \"$word\" is not in it"
    [ -s "$work/err" ] && fail "wengert $*: something on standard error"
    passed "wengert $*: tells of $word"
}

helps gradcheck help
helps gradcheck --help
helps 'wengert 0.' --version
helps --dtype eval --help
helps --nesterov train --help
helps --nesterov help train
helps --early-stopping train --help
helps 'dense 32 relu; dense 3' train --help
helps --json eval-model --help
helps --out help predict
helps trainable help layers
helps --tolerance gradcheck -h
helps --json ops --help

if [ -c /dev/full ]; then
    for command in ops help 'train --epochs 1 --json' 'gradcheck tanh'; do
        # shellcheck disable=SC2086 # words are meant
        "$program" $command >/dev/full 2>"$work/err" </dev/null
        status=$?
        : >"$work/out"
        expect_status 1 "wengert $command > /dev/full"
        expect_error "wengert $command > /dev/full" 'cannot write to standard output'
        passed "wengert $command > /dev/full: $(cat "$work/err")"
    done
else
    echo 'left out: there is no /dev/full here'
fi
finish
