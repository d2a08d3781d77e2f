#!/bin/sh
# wengert train --data DIR: images of IDX files, and files that are wrong.
program=$1
. "$(dirname "$0")/common.sh"

# images COUNT: a header and COUNT images of 2 x 2, dark or bright in turn; labels COUNT: 0 and 1.
# shellcheck disable=SC2059 # the format is the byte
byte() { printf "$(printf '\\%03o' "$1")"; }
images() {
    printf '\000\000\010\003\000\000\000'
    byte "$1"
    printf '\000\000\000\002\000\000\000\002'
    i=0
    while [ $i -lt "$1" ]; do
        if [ $((i % 2)) -eq 0 ]; then printf '\001\002\003\004'; else printf '\370\371\372\373'; fi
        i=$((i + 1))
    done
}
labels() {
    printf '\000\000\010\001\000\000\000'
    byte "$1"
    i=0
    while [ $i -lt "$1" ]; do
        byte $((i % 2))
        i=$((i + 1))
    done
}
# fresh: a good directory of 40 images.
fresh() {
    rm -rf "$work/data"
    mkdir "$work/data"
    images 40 >"$work/data/train-images-idx3-ubyte"
    labels 40 >"$work/data/train-labels-idx1-ubyte"
}

fresh
run train --data "$work/data" --hidden 4 --epochs 20 --out "$work/pictures"
expect_status 0 'a good directory'
grep -q ': 32 training, 8 validation examples, 4 features, 2 classes' "$work/out" || fail 'the split of a good directory'
grep -q 'accuracy 1.0000 (8 of 8' "$work/out" || fail 'a good directory was not learnt'
[ "$(ls -A "$work/pictures")" = loss.svg ] || fail 'pictures of images: expected loss.svg alone'
passed 'a good directory: the last fifth held out, learnt, loss.svg alone'

run train --model 'dense 4 relu; dense 2' --data "$work/data"
expect_status 2 'a model of images without flatten'
expect_error 'a model of images without flatten' 'outputs of 2 x 2 x 2 for inputs of 2 x 2 x 1' '"flatten"'
passed "$(cat "$work/err")"
run train --model 'flatten; dense 8 tanh; dense 2' --data "$work/data" --optimizer 'adam lr=0.05' --checkpoint "$work/images.wengert"
expect_status 0 'a model of images'
grep -q '^validation loss .*, accuracy 1.0000 (8 examples)$' "$work/out" || fail 'a model of images: not learnt'
run eval-model "$work/images.wengert" --data "$work/data"
expect_status 0 'eval-model on images'
grep -q '^loss .*, accuracy 1.0000 (8 examples)$' "$work/out" || fail 'eval-model on images'
run predict "$work/images.wengert" --data "$work/data"
expect_status 0 'predict on images'
[ "$(sed '1d; s/,.*//' "$work/out" | tr -d '\n')" = 01010101 ] || fail 'predict on images'
run predict "$work/images.wengert" --data moons
expect_status 2 'predict on points by a model of images'
expect_error 'predict on points by a model of images' '2 features' 'expected 4'
passed 'a model of images: trained, evaluated, predicts'

# refused LABEL WORD...: status 1, one line with the words, no training.
refused() {
    label=$1
    shift
    run train --data "$work/data" --hidden 4 --epochs 1
    expect_status 1 "$label"
    expect_error "$label" "$@"
    grep -q '^epoch' "$work/out" && fail "$label: trained all the same"
    passed "$label: $(cat "$work/err")"
}

fresh
rm "$work/data"/*
refused 'an empty directory' "$work/data" train-images-idx3-ubyte t10k-labels-idx1-ubyte
fresh
rm "$work/data/train-labels-idx1-ubyte"
refused 'images without labels' train-labels-idx1-ubyte
fresh
: >"$work/data/train-images-idx3-ubyte"
refused 'an empty file' train-images-idx3-ubyte
fresh
images 40 | head -c 100 >"$work/data/train-images-idx3-ubyte"
refused 'a truncated file' train-images-idx3-ubyte
fresh
echo more >>"$work/data/train-images-idx3-ubyte"
refused 'a file with bytes left over' train-images-idx3-ubyte
fresh
labels 40 >"$work/data/train-images-idx3-ubyte"
refused 'wrong magic' train-images-idx3-ubyte '00 00 08 01' 'expected 00 00 08 03'
fresh
labels 39 >"$work/data/train-labels-idx1-ubyte"
refused 'other numbers of images and labels' 39 40
fresh
printf '\037\213 no gzip' >"$work/data/train-images-idx3-ubyte.gz"
rm "$work/data/train-images-idx3-ubyte"
refused 'broken gzip' train-images-idx3-ubyte.gz
finish
