#!/bin/sh
# Real digits: arguments are the program and the directory of MNIST's files.
program=$1 directory=$2
. "$(dirname "$0")/common.sh"
if [ ! -d "$directory" ]; then
    echo "left out: there are no digits at $directory (CMake's mnist_directory)"
    exit 77
fi
run train --data "$directory" --hidden 128 --epochs 20
expect_status 0 'train on digits'
accuracy=$(sed -n 's/^validation loss .*, accuracy \([0-9.]*\) .*/\1/p' "$work/out")
awk -v a="$accuracy" 'BEGIN { exit !(a >= 0.95) }' || fail "accuracy $accuracy; expected 0.95"
passed "$(head -2 "$work/out" | tr '\n' ' ')"
passed "accuracy $accuracy after 20 epochs; expected 0.95"
finish
