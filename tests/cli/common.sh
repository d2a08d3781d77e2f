# What the program's tests share. Source it after setting `program`.
#
# Each check prints what it checked; the first that fails ends the test with what was expected and
# what was seen.

work=$(mktemp -d "${TMPDIR:-/tmp}/wengert-cli-XXXXXX") || exit 1
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
checks=0

fail() {
    echo "FAILED: $*"
    echo "--- standard output:"
    tail -5 "$work/out"
    echo "--- standard error:"
    tail -5 "$work/err"
    exit 1
}

passed() {
    checks=$((checks + 1))
    echo "ok: $*"
}

# run ARGUMENT...: runs the program; leaves $work/out, $work/err and $status.
run() {
    "$program" "$@" >"$work/out" 2>"$work/err" </dev/null
    status=$?
}

# run_on TEXT ARGUMENT...: the same with the text on standard input.
run_on() {
    printf '%s' "$1" >"$work/in"
    shift
    "$program" "$@" >"$work/out" 2>"$work/err" <"$work/in"
    status=$?
}

expect_status() { [ "$status" -eq "$1" ] || fail "$2: exit status $status; expected $1"; }

# One line on standard error that holds each word.
expect_error() {
    label=$1
    shift
    [ "$(wc -l <"$work/err")" -eq 1 ] || fail "$label: expected one line on standard error"
    for word; do
        grep -qF -- "$word" "$work/err" || fail "$label: the error does not name \"$word\""
    done
}

finish() {
    [ "$checks" -gt 0 ] || fail "nothing was checked"
    echo "$checks checks passed"
    exit 0
}
