#!/bin/sh
# wengert train --out: what it writes, and that nothing is left half-written when it cannot. Second
# argument: 1 where the program draws PNG.
program=$1 draws_png=$2
. "$(dirname "$0")/common.sh"
short='train --epochs 3 --examples 200'

# shellcheck disable=SC2086 # words are meant
run_short() { run $short "$@"; }

whole_svg() { head -c 5 "$1" | grep -q '<' && [ "$(tail -c 7 "$1")" = '</svg>' ]; }
# The first 8 bytes, and the closing chunk.
whole_png() {
    [ "$(head -c 8 "$1" | od -An -tx1 | tr -d ' \n')" = 89504e470d0a1a0a ] &&
        [ "$(tail -c 12 "$1" | od -An -tx1 | tr -d ' \n')" = 0000000049454e44ae426082 ]
}

run_short --out "$work/new"
expect_status 0 '--out a new directory'
whole_svg "$work/new/loss.svg" || fail 'loss.svg is not whole'
if [ "$draws_png" = 1 ]; then
    whole_png "$work/new/decision.png" || fail 'decision.png is not whole'
    files=2
else
    grep -q 'without libpng' "$work/out" || fail 'no word about decision.png'
    files=1
fi
[ "$(find "$work/new" -type f | wc -l)" -eq $files ] || fail 'more files than pictures'
passed "--out makes the directory and writes $files whole pictures"

cp "$work/new/loss.svg" "$work/first.svg"
run_short --out "$work/new" --seed 2
expect_status 0 '--out a directory that is there'
whole_svg "$work/new/loss.svg" && ! cmp -s "$work/new/loss.svg" "$work/first.svg" || fail 'loss.svg was not replaced'
passed '--out replaces what is there'

# refused DIRECTORY WORD: status 1, one line, before any training.
refused() {
    run_short --out "$1"
    expect_status 1 "--out $1"
    expect_error "--out $1" "$1" "$2"
    grep -q '^epoch' "$work/out" && fail "--out $1: trained first"
    passed "--out $1: $(cat "$work/err")"
}
touch "$work/file"
refused "$work/file" 'no directory'
refused "$work/absent/new" 'No such file'
[ -c /dev/full ] && refused /dev/full 'no directory'
if [ "$(id -u)" -ne 0 ]; then
    mkdir "$work/locked"
    chmod a-w "$work/locked"
    refused "$work/locked/new" 'Permission denied'
    run_short --out "$work/locked"
    expect_status 1 '--out a directory without write permission'
    expect_error '--out a directory without write permission' 'loss.svg' 'Permission denied'
    passed "no write permission: $(cat "$work/err")"
else
    echo 'left out: directories without write permission, as root writes everywhere'
fi

if [ -c /dev/full ]; then
    mkdir "$work/full"
    ln -s /dev/full "$work/full/loss.svg"
    run_short --out "$work/full"
    expect_status 1 'a full disk'
    expect_error 'a full disk' 'loss.svg' 'No space left'
    [ "$(ls -A "$work/full")" = loss.svg ] || fail 'a full disk: something was left in the directory'
    passed "a full disk: $(cat "$work/err")"
fi

# The disk fills up amid the second picture: the first stays, of the second nothing.
if [ "$draws_png" = 1 ]; then
    mkdir "$work/small"
    # shellcheck disable=SC2086
    (trap '' XFSZ && ulimit -f 80 && exec "$program" $short --out "$work/small") >"$work/out" 2>"$work/err" </dev/null
    status=$?
    expect_status 1 'room for one picture only'
    expect_error 'room for one picture only' 'decision.png' 'File too large'
    whole_svg "$work/small/loss.svg" || fail 'room for one picture only: loss.svg is not whole'
    [ "$(ls -A "$work/small")" = loss.svg ] || fail "half-written: $(ls -A "$work/small")"
    passed "room for one picture only: $(cat "$work/err")"
fi
finish
