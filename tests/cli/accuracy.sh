#!/bin/sh
# wengert accuracy: every elementwise op in its sampled form keeps its bar, and wrong words are refused. Arguments: the program, the samples.
program=$1 samples=$2
. "$(dirname "$0")/common.sh"

run accuracy tanh --gradient --samples 65536
expect_status 0 'accuracy tanh --gradient'
grep -q '^largest error  *0\.[0-9]* ULP' "$work/out" || fail 'accuracy tanh: no largest error below 1'
grep -q 'the bar of 1 ULP  *kept' "$work/out" || fail 'accuracy tanh: the bar'
passed 'accuracy tanh --gradient: a report'

run accuracy elu alpha=0.5 --dtype f64 --samples 1000 --json
expect_status 0 'accuracy --json'
for word in '"op":"elu"' '"attributes":"alpha=0.5"' '"good":true' '"wrong_nan":0'; do
    grep -qF "$word" "$work/out" || fail "accuracy --json: no $word"
done
passed 'accuracy --json'

for isa in x86-64 x86-64-v3 x86-64-v4 neon; do
    WENGERT_ISA=$isa "$program" accuracy mish --gradient --samples 65536 --json >"$work/$isa" 2>/dev/null || continue
    cmp -s "$work/$isa" "$work/first" || [ ! -e "$work/first" ] || fail "accuracy: $isa counts otherwise than others"
    [ -e "$work/first" ] || cp "$work/$isa" "$work/first"
done
[ -e "$work/first" ] || fail 'accuracy: no instruction set worked'
passed 'accuracy: the same report under every instruction set'

while IFS='|' read -r label words named; do
    # shellcheck disable=SC2086
    run accuracy $words
    expect_status 2 "$label"
    expect_error "$label" "$named"
    passed "refused: $label"
done <<'ROWS'
no op||accuracy
unknown op|frob|frob
unknown attribute|elu beta=1|beta
attribute out of range|leaky_relu negative_slope=-1|negative_slope
no number|prelu alpha=x|alpha
exhaustive doubles|tanh --exhaustive --dtype f64|--exhaustive
op with --all|tanh --all /tmp|--all
outputs without a stride|tanh --outputs x|--stride
an even stride|tanh --stride 400|odd
samples with a stride|tanh --stride 401 --samples 5|--samples
doubles with a stride|tanh --stride 401 --dtype f64|f32
all with the textbook|--all /tmp --textbook|--all
two origins|tanh --textbook --outputs x --stride 401|--plot
a range without a plot|tanh --range 1,2|--plot
files without a plot|tanh --against a=b|--plot
an empty range|tanh --plot x.svg --range 2,1|LOW,HIGH
a file without a name|tanh --plot x.svg --against b|NAME=FILE
more files than fit|tanh --plot x.svg --against a=a --against b=b --against c=c --against d=d --against e=e|at most
peers without --all|tanh --peers x|--all
ROWS

run accuracy softmax
expect_status 1 'accuracy softmax'
expect_error 'accuracy softmax' 'elementwise'
passed 'accuracy softmax: not elementwise'

# Results of other implementations. The identity's are the bit patterns themselves: 257 floats.
stride=16777215
floats() {
    k=0
    while [ $k -lt "$1" ]; do
        v=$((k * stride))
        printf "\\$(printf %o $((v % 256)))\\$(printf %o $((v / 256 % 256)))\\$(printf %o $((v / 65536 % 256)))\\$(printf %o $((v / 16777216)))"
        k=$((k + 1))
    done
}
floats 257 >"$work/identity"
run accuracy linear --outputs "$work/identity" --stride $stride --json
expect_status 0 'accuracy --outputs'
for word in '"inputs":257' '"max_ulp":0,' '"zero_for_normal":0' '"nan_for_number":0' '"share_off":0' '"good":true'; do
    grep -qF "$word" "$work/out" || fail "accuracy --outputs: no $word"
done
passed 'accuracy --outputs: right results'
# The inputs numbered 64 and 65, which are 2 and 7.99..., become 0 and NaN; 66, which is 31.99..., loses its last bits.
{ floats 64; printf '\000\000\000\000\000\000\300\177\000\000\000\102'; floats 257 | tail -c +$((67 * 4 + 1)); } >"$work/wrong"
run accuracy linear --outputs "$work/wrong" --stride $stride --json
expect_status 1 'accuracy --outputs of wrong results'
for word in '"zero_for_normal":1' '"nan_for_number":1' '"wrong_nan":1' '"max_ulp_nonzero":66' '"worst_nonzero":"0x1.ffff7cp+4"' '"good":false'; do
    grep -qF "$word" "$work/out" || fail "accuracy --outputs of wrong results: no $word in $(cat "$work/out")"
done
run accuracy linear --outputs "$work/wrong" --stride $stride
grep -q '^0 for a normal  *1$' "$work/out" || fail 'accuracy --outputs: the text'
passed 'accuracy --outputs: wrong results are found and told apart'
floats 256 >"$work/short"
floats 258 >"$work/long"
while IFS='|' read -r file named; do
    run accuracy linear --outputs "$work/$file" --stride $stride
    expect_status 1 "outputs: $file"
    expect_error "outputs: $file" "$work/$file" "$named"
    passed "refused outputs: $file"
done <<'ROWS'
short|1024 bytes; expected 1028
long|1032 bytes; expected 1028
absent|No such file
.|not a file
ROWS

run accuracy tanh --gradient --textbook --stride 40001 --json
expect_status 1 'accuracy --textbook'
grep -q '"zero_for_normal":[1-9]' "$work/out" || fail "accuracy --textbook: 1 - y^2 loses no digit"
run accuracy tanh --gradient --stride 40001
expect_status 0 'accuracy --stride'
grep -q '107372 inputs' "$work/out" || fail 'accuracy --stride: the number of inputs'
passed 'accuracy --textbook and --stride'

run accuracy linear --plot "$work/plot.svg" --against "those=$work/wrong" --stride $stride --range=-2,2
expect_status 0 'accuracy --plot'
for word in linear Wengert textbook those '</svg>'; do
    grep -qF "$word" "$work/plot.svg" || fail "accuracy --plot: no $word"
done
run accuracy linear --plot "$work/none/plot.svg" --stride $stride
expect_status 1 'accuracy --plot into no folder'
expect_error 'accuracy --plot into no folder' 'No such file'
run accuracy linear --plot "$work/no.svg" --against "those=$work/short" --stride $stride
expect_status 1 'accuracy --plot of a short file'
[ ! -e "$work/no.svg" ] || fail 'accuracy --plot of a short file: a picture'
passed 'accuracy --plot'

# Float: so many inputs and the neighbourhoods of special points, for each op, attribute and direction; double: some, and the same
# neighbourhoods.
run accuracy --all "$work/all" --samples "$samples"
cat "$work/out"
expect_status 0 'accuracy --all'
rows=$(grep -c '^| [a-z]' "$work/all/table.md")
[ "$rows" -ge 40 ] || fail "accuracy --all: only $rows rows"
tail -1 "$work/out" | grep -q '^\([0-9]*\) of \1 results keep the bar' || fail 'accuracy --all: the closing line'
passed "accuracy --all: $rows rows"
files=$(ls "$work/all" | wc -l)
run accuracy --all "$work/all" --samples "$samples"
[ "$(wc -l <"$work/out")" -eq 1 ] && [ "$(ls "$work/all" | wc -l)" -eq "$files" ] || fail 'accuracy --all: a second run measures again'
passed 'accuracy --all: a second run goes on from the first'

cat >"$work/peers.json" <<'JSON'
{"implementations": [{"name": "Other", "version": "1.2"}], "results": [
{"implementation": "Other", "op": "tanh", "attributes": "", "gradient": false, "max_ulp_nonzero": 2.125, "share_off": 0.25},
{"implementation": "Other", "op": "tanh", "attributes": "", "gradient": true, "max_ulp_nonzero": null, "share_off": 0.5,
 "zero_for_normal": 3, "subnormals_lost": 2, "nan_for_number": 1},
{"implementation": "Other", "op": "elu", "attributes": "alpha=0.5", "gradient": true, "max_ulp_nonzero": null, "share_off": 0}]}
JSON
run accuracy --all "$work/all" --samples "$samples" --peers "$work/peers.json"
expect_status 0 'accuracy --all --peers'
head -1 "$work/all/table.md" | grep -q '| Other 1.2 |$' || fail 'accuracy --all --peers: the heading'
grep -q '^| tanh | .* | 2.12, 25% / \*\*0\*\* inf NaN†, 50% |$' "$work/all/table.md" || fail "accuracy --all --peers: $(grep '^| tanh |' "$work/all/table.md")"
grep -q '^| elu | alpha=0.5 .* | - / inf |$' "$work/all/table.md" || fail "accuracy --all --peers: $(grep '^| elu | alpha=0.5' "$work/all/table.md")"
widths=$(awk -F '|' '{ print NF }' "$work/all/table.md" | sort -u | wc -l)
[ "$widths" -eq 1 ] || fail 'accuracy --all --peers: rows of different widths'
passed 'accuracy --all --peers: columns of other implementations'
cp "$work/all/table.md" "$work/before"
for text in '' '{' '[]' '{"implementations": [], "results": [{"op": "tanh"}]}' '{"implementations": [{"name": 1}], "results": []}'; do
    printf '%s' "$text" >"$work/bad.json"
    run accuracy --all "$work/all" --samples "$samples" --peers "$work/bad.json"
    expect_status 1 "--peers with '$text'"
    expect_error "--peers with '$text'" "$work/bad.json" '"implementations"'
done
run accuracy --all "$work/all" --samples "$samples" --peers "$work/absent"
expect_status 1 '--peers of no file'
expect_error '--peers of no file' 'No such file'
cmp -s "$work/all/table.md" "$work/before" || fail '--peers: a refused file changed the table'
passed 'refused: files of peers that are none'
finish
