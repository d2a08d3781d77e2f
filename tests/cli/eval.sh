#!/bin/sh
# wengert eval against known values: the lines themselves, decimal and hexadecimal.
program=$1
. "$(dirname "$0")/common.sh"

# gives NUMBERS EXPECTED ARGUMENT...: lines separated by |.
gives() {
    numbers=$1
    printf '%s\n' "$2" | tr '|' '\n' >"$work/expected"
    shift 2
    run_on "$numbers" eval "$@"
    expect_status 0 "eval $* of $numbers"
    cmp -s "$work/expected" "$work/out" || {
        echo '--- expected:'
        cat "$work/expected"
        fail "eval $* of $numbers"
    }
    passed "eval $* of $numbers"
}

# Rounded to nearest, by values of MPFR.
gives '0 1' '1 0x1p+0|2.7182817 0x1.5bf0a8p+1' exp
gives '0 1' '1 0x1p+0|2.718281828459045 0x1.5bf0a8b145769p+1' exp --dtype f64
gives '0.5' '0.46211717 0x1.d9353ep-2' tanh
gives '0.5' '0.46211715726000974 0x1.d9353d7568af3p-2' tanh --dtype f64
gives '0 0' '0.5 0x1p-1|0.5 0x1p-1' sigmoid
gives '0' '0.25 0x1p-2' sigmoid --gradient
gives '0' '0.5 0x1p-1' sigmoid --gradient --upstream 2

# How numbers may be written, and the special ones.
gives '-inf inf nan -nan' '-1 -0x1p+0|1 0x1p+0|nan nan|nan nan' tanh
gives '0x1.8p1 -0x1p-1 +2e0	1E1' '3 0x1.8p+1|0 0x0p+0|2 0x1p+1|10 0x1.4p+3' relu
gives '-0 0' '0 0x0p+0|-0 -0x0p+0' neg
gives 'infinity -Infinity NaN' '-inf -inf|inf inf|nan nan' neg
gives '0.1' '0.1 0x1.99999ap-4' relu
gives '0.1' '0.1 0x1.999999999999ap-4' relu --dtype f64
gives '1e-45 3.4028235e38' '1e-45 0x1p-149|3.4028235e+38 0x1.fffffep+127' abs

# Ops of one vector, or of a shape.
gives '0 0' '0.5 0x1p-1|0.5 0x1p-1' softmax
gives '0 0 0 0' '0.5 0x1p-1|0.5 0x1p-1|0.5 0x1p-1|0.5 0x1p-1' softmax --shape 2,2
gives '1 2 3 4' '10 0x1.4p+3' sum
gives '1 2 3 4' '4 0x1p+2|6 0x1.8p+2' sum axes=0 --shape 2,2
gives '1 2 3 4 5 6' '1 0x1p+0|4 0x1p+2|2 0x1p+1|5 0x1.4p+2|3 0x1.8p+1|6 0x1.8p+2' transpose --shape 2,3
gives '1 2 3 4' '1 0x1p+0|1 0x1p+0|2 0x1p+1|2 0x1p+1' sum axes=1 --shape 2,2 --gradient --upstream 1,2
gives '-2 2' '-1 -0x1p+0|2 0x1p+1' leaky_relu negative_slope=0.5

# Several inputs.
gives '1 -2 ; 0.5' '1 0x1p+0|-1 -0x1p+0' prelu
gives '1 -2;0.5' '# x|1 0x1p+0|0.5 0x1p-1|# alpha|-2 -0x1p+1' prelu --gradient
gives '1 2 3 4 10' '11 0x1.6p+3|12 0x1.8p+3|13 0x1.ap+3|14 0x1.cp+3' add --shape 2,2 --shape scalar
gives '1 2 ; 3 ; 4' '1 0x1p+0|2 0x1p+1|3 0x1.8p+1|4 0x1p+2' concat
gives '1 2 3 4 5 6' '17 0x1.1p+4|39 0x1.38p+5' matmul --shape 2,2 --shape 2,1
gives '0 0  1' '# x|0.5 0x1p-1|-0.5 -0x1p-1' softmax_cross_entropy --shape 2 --shape scalar --gradient

# refused NUMBERS WORD WORD ARGUMENT...
refused() {
    numbers=$1 word=$2 other=$3
    shift 3
    run_on "$numbers" eval "$@"
    expect_status 2 "eval $* of $numbers"
    [ -s "$work/out" ] && fail "eval $* of $numbers: something on standard output"
    expect_error "eval $* of $numbers" "$word" "$other"
    passed "eval $* of $numbers: $(cat "$work/err")"
}

refused '1 2 three' 'number 3 (line 1)' '"three"' exp
refused '1
2 2.5.1' 'number 3 (line 2)' '"2.5.1"' exp
refused '1,2' 'number 1' '"1,2"' exp
refused '1e39' '"1e39"' 'too large for f32' exp
refused '1e309' '"1e309"' 'too large for f64' exp --dtype f64
refused '' 'no numbers' 'x' exp
refused '1 ; 2' 'exp takes 1 input' 'got 2' exp
refused '1 2' 'add takes 2 inputs' 'x, z' add
refused '1 2 3' '--shape 2,2' '4 numbers' exp --shape 2,2
refused '1 2 3 4 5' '--shape 2,2' '4 numbers' exp --shape 2,2
refused '1 2' '--shape "2,0"' 'scalar' exp --shape 2,0
refused '1 2' '--shape "2x1"' 'commas' exp --shape 2x1
refused '1 2 3 4' '--shape 3 needs 3' 'input 2 (z) has 2' add --shape 2 --shape 3
refused '1 2 3 4 5 6' '6 numbers given' '5 used' add --shape 2 --shape 3
refused '1 2 ; 3 4 5' '(2)' '(3)' add
refused '1 2 3 4 5' '(2, 2)' '(1)' matmul --shape 2,2 --shape 1
refused '1 2 3' 'axis 5' '(3)' sum axes=5
refused '1 2 0.5' '"0.5"' 'whole number' softmax_cross_entropy --shape 2 --shape scalar
refused '1 2 7' 'label 7' '0 to 1' softmax_cross_entropy --shape 2 --shape scalar
refused '1 2' '--upstream has 3' 'as the result has: 2' exp --gradient --upstream 1,2,3
refused '1 2' '--upstream: number 2' '"x"' exp --gradient --upstream 1,x

printf '1 \0 2' | "$program" eval exp >"$work/out" 2>"$work/err"
status=$?
[ "$status" -ne 0 ] || fail 'a zero byte in the input passed'
expect_error 'a zero byte in the input' 'zero byte'
passed "a zero byte in the input: $(cat "$work/err")"

# Many numbers: more than a buffer holds.
count=100000
i=0
while [ $i -lt 1000 ]; do
    echo '1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63 64 65 66 67 68 69 70 71 72 73 74 75 76 77 78 79 80 81 82 83 84 85 86 87 88 89 90 91 92 93 94 95 96 97 98 99 100'
    i=$((i + 1))
done >"$work/many"
"$program" eval neg <"$work/many" >"$work/out" 2>"$work/err"
[ "$(wc -l <"$work/out")" -eq $count ] || fail "$count numbers: not as many lines"
[ "$(tail -1 "$work/out")" = '-100 -0x1.9p+6' ] || fail "$count numbers: the last line"
passed "$count numbers give as many lines"
finish
