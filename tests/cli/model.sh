#!/bin/sh
# wengert train --model, eval-model, predict, layers: what they learn and print, that a run that was
# killed goes on with the same bits, and what wrong input is told. Arguments: the program, check_json.
program=$1 check_json=$2
. "$(dirname "$0")/common.sh"

fingerprint() { sed -n 's/^fingerprint: \([0-9a-f]\{32\}\)$/\1/p' "$work/out"; }
# Loss and metrics of the last line that has some, without the words in front.
figures() { sed -n 's/^\(validation \)\{0,1\}\(loss .* examples)\)$/\2/p' "$work/out"; }
accuracy() { figures | sed -n 's/.*accuracy \([0-9.]*\).*/\1/p'; }
at_least() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a >= b) }'; }

# Three clouds with names, one of them with a comma; numbers on a curve, far from mean 0.
awk 'BEGIN {
    srand(7)
    name[0] = "setosa"; name[1] = "\"versi, color\""; name[2] = "virginica"
    print "width,height,kind"
    for (i = 0; i < 240; i++) {
        k = i % 3
        printf "%.3f,%.3f,%s\n", 100 + 30 * k + 8 * rand(), 5 - k * k + rand(), name[k]
    }
}' >"$work/kinds.csv"
awk 'BEGIN {
    srand(8)
    for (i = 0; i < 400; i++) { a = 4 * rand() - 2; b = 1000 * rand(); printf "%.4f,%.3f,%.5f\n", a, b, a * a + b / 500 }
}' >"$work/curve.csv"
head -201 "$work/kinds.csv" >"$work/train.csv"
(head -1 "$work/kinds.csv" && tail -40 "$work/kinds.csv") >"$work/test.csv"
cut -d, -f1,2 "$work/test.csv" >"$work/unlabelled.csv"

# ---- Classes ------------------------------------------------------------------------------
classes="--model dense_16_relu;dense_3 --data $work/train.csv --validation $work/test.csv --optimizer adam_lr=0.02"
# train_classes ARGUMENT...: words of $classes with _ for a space.
train_classes() {
    set -- "$@" --end
    for word in $classes; do
        case $word in "$work"*) ;; --*) ;; *) word=$(printf '%s' "$word" | tr _ ' ') ;; esac
        set -- "$@" "$word"
    done
    while [ "$1" != --end ]; do
        set -- "$@" "$1"
        shift
    done
    shift
    run train "$@"
}

train_classes --checkpoint "$work/kinds.wengert" --json
expect_status 0 'train on classes'
at_least "$(accuracy)" 0.95 || fail "classes: accuracy $(accuracy); expected 0.95"
grep -q ': 200 training, 40 validation examples, 2 features, 3 classes$' "$work/out" || fail 'classes: the parts'
grep -q '^sparse_categorical_crossentropy from_logits=1; adam lr=0.02; batches of 32; ' "$work/out" || fail 'classes: the loss'
[ "$(grep -c '^epoch ' "$work/out")" -eq 20 ] || fail 'classes: not a line for each epoch'
tail -1 "$work/out" | "$check_json" train || fail 'train --model --json'
trained=$(figures) bits=$(fingerprint)
passed "classes by name: $trained"

run eval-model "$work/kinds.wengert" --data "$work/test.csv" --json
expect_status 0 'eval-model'
[ "$(figures)" = "$trained" ] || fail "eval-model: $(figures); expected $trained, as training said"
case $(tail -1 "$work/out") in '{"loss":'*',"accuracy":'*',"examples":40}') ;; *) fail 'eval-model --json' ;; esac
passed 'eval-model: the figures that training ended with'

run predict "$work/kinds.wengert" --data "$work/test.csv" --all
expect_status 0 'predict'
[ "$(head -1 "$work/out")" = 'class,probability,setosa,"versi, color",virginica' ] || fail 'predict --all: the header'
sed '1d; s/"versi, color"/versi/' "$work/out" | awk -F, '
    { sum = $3 + $4 + $5; if ($2 < 0.33 || sum < 0.999 || sum > 1.001 || NF != 5) wrong++ } END { exit NR != 40 || wrong }' ||
    fail 'predict --all: not 40 lines of probabilities'
cut -d, -f3- "$work/test.csv" | sed '1d' >"$work/right"
sed '1d; s/,[0-9.,e-]*$//' "$work/out" >"$work/said"
paste -d'|' "$work/right" "$work/said" | awk -F'|' '$1 == $2 { same++ } END { exit same < 38 }' || fail 'predict: other classes than the right ones'
passed 'predict: classes and probabilities'

run predict "$work/kinds.wengert" --data "$work/test.csv"
cp "$work/out" "$work/said"
run predict "$work/kinds.wengert" --data "$work/unlabelled.csv" --out "$work/predictions.csv"
expect_status 0 'predict without labels'
cmp -s "$work/said" "$work/predictions.csv" || fail 'predict: other lines without the label column, or in a file'
sed '1d; s/$/,?/' "$work/unlabelled.csv" >"$work/unknown.csv"
run predict "$work/kinds.wengert" --data "$work/unknown.csv" --label 3
expect_status 0 'predict with unknown labels'
cmp -s "$work/said" "$work/out" || fail 'predict: other lines with labels that are not known'
passed 'predict: the same without a label column, with labels that are not known, and in a file'

# ---- Numbers ------------------------------------------------------------------------------
run train --model 'dense 32 relu; dense 1' --data "$work/curve.csv" --epochs 60 --optimizer 'adam lr=0.02' --checkpoint "$work/curve.wengert"
expect_status 0 'train on numbers'
error=$(figures | sed 's/.*mean_absolute_error \([0-9.]*\).*/\1/')
at_least 0.2 "$error" && [ -n "$error" ] || fail "numbers: mean absolute error $error; expected 0.2"
grep -q '^mean_squared_error; ' "$work/out" || fail 'numbers: the loss'
run predict "$work/curve.wengert" --data "$work/curve.csv"
expect_status 0 'predict numbers'
sed 1d "$work/out" | paste -d, "$work/curve.csv" - | awk -F, -v most="$error" '
    { sum += $4 > $3 ? $4 - $3 : $3 - $4 } END { exit !(NR == 400 && sum / NR < 2 * most) }' || fail 'predict numbers: far from them'
passed "numbers to predict: mean absolute error $error"

# ---- Two classes from one output, doubles, images' and generated sets' defaults --------------
for model in 'dense 16 relu; dense 1' 'dense 16 relu; dense 1 sigmoid' 'dense 16 relu; dense 2' 'dense 16 relu; dense 2 softmax'; do
    run train --model "$model" --data moons --optimizer 'adam lr=0.01' --dtype f64 --checkpoint "$work/moons.wengert"
    expect_status 0 "train $model"
    held_out=$(accuracy)
    at_least "$held_out" 0.95 || fail "$model: accuracy $held_out; expected 0.95"
    run eval-model "$work/moons.wengert" --data moons --seed 2
    other=$(accuracy)
    at_least "$other" 0.95 || fail "$model, other points: accuracy $other; expected 0.95"
    run predict "$work/moons.wengert" --data moons --examples 50
    sed 1d "$work/out" | awk -F, '{ if ($2 < 0.5 || $2 > 1 || ($1 != 0 && $1 != 1)) wrong++ } END { exit NR != 50 || wrong }' || fail "$model: predictions"
    passed "$model: accuracy $held_out, $other on other points"
done

run train --model 'dense 64 relu; dense 1' --data moons --noise 0.3 --examples 100 --epochs 300 --optimizer 'adam lr=0.1' \
    --early-stopping 3 --best "$work/best.wengert" --log "$work/log.csv" --class-weight balanced --metrics 'binary_accuracy threshold=0,auc'
expect_status 2 'auc of logits'
expect_error 'auc of logits' 'auc' 'expected 0 to 1'
run train --model 'dense 64 relu; dense 1' --data moons --noise 0.3 --examples 100 --epochs 300 --optimizer 'adam lr=0.1' \
    --early-stopping 3 --best "$work/best.wengert" --log "$work/log.csv" --class-weight 1,2
expect_status 0 'early stopping'
epochs=$(sed -n 's/^stopped early, after \([0-9]*\) epochs$/\1/p' "$work/out")
[ -n "$epochs" ] && [ "$(wc -l <"$work/log.csv")" -eq $((epochs + 1)) ] || fail 'early stopping: the log'
least=$(sed 1d "$work/log.csv" | cut -d, -f4 | sort -g | head -1)
run train --model 'dense 64 relu; dense 1' --data moons --noise 0.3 --examples 100 --epochs "$((epochs - 3))" --optimizer 'adam lr=0.1' \
    --class-weight 1,2 --checkpoint "$work/sooner.wengert" --json
# Batches differ, and so does the last bit of their means.
figures | sed 's/loss \([^,]*\),.*/\1/' | awk -v least="$least" '{ exit !($1 < least * (1 + 1e-5) && $1 > least * (1 - 1e-5)) }' ||
    fail "early stopping: $least was not 3 epochs ago"
run eval-model "$work/best.wengert" --data moons
best=$(figures)
run eval-model "$work/sooner.wengert" --data moons
[ "$(figures)" = "$best" ] || fail '--best: not the epoch with the smallest validation loss'
passed "early stopping after $epochs epochs, --best, --log, --class-weight"

run train --model 'dense 8 relu; dense 2' --data gauss --epochs 2 --schedule 'cosine initial=0.1 steps=100' --log "$work/log.csv"
expect_status 0 'a schedule'
sed 1d "$work/log.csv" | awk -F, '{ if (!($NF < last || NR == 1)) wrong++; last = $NF } END { exit NR != 2 || wrong || last > 0.05 }' || fail 'a schedule: the rates'
passed 'a schedule of the learning rate'

# ---- The same bits ------------------------------------------------------------------------
isas=$("$program" help | sed -n 's/.*This CPU has: //p')
[ -n "$isas" ] || fail 'help names no instruction set'
for isa in $isas; do
    for threads in 1 2; do
        WENGERT_ISA=$isa train_classes --threads $threads
        [ "$(fingerprint)" = "$bits" ] || fail "$isa, $threads threads: $(fingerprint); expected $bits"
    done
done
passed "$bits on$(printf ' %s' $isas), 1 and 2 threads"

train_classes --epochs 7 --checkpoint "$work/part.wengert" --resume
expect_status 0 '--resume without a checkpoint'
train_classes --checkpoint "$work/part.wengert" --resume
expect_status 0 '--resume'
grep -q '^going on from ' "$work/out" && [ "$(grep -c '^epoch ' "$work/out")" -eq 13 ] || fail '--resume: not 13 epochs'
[ "$(fingerprint)" = "$bits" ] && [ "$(figures)" = "$trained" ] || fail "--resume: $(fingerprint); expected $bits"
cmp -s "$work/part.wengert" "$work/kinds.wengert" || fail '--resume: another checkpoint'
passed 'resumed after 7 of 20 epochs: the same fingerprint, the same file'

# Killed amid training, whenever that is: the checkpoint is whole, and going on gives the same bits.
long="--data spiral --epochs 120 --log $work/killed.csv"
# shellcheck disable=SC2086 # words are meant
run train --model 'dense 48 relu; dense 48 relu; dense 2' $long --checkpoint "$work/whole.wengert"
expect_status 0 'a long run'
whole=$(fingerprint)
rm "$work/killed.csv"
# shellcheck disable=SC2086
"$program" train --model 'dense 48 relu; dense 48 relu; dense 2' $long --checkpoint "$work/killed.wengert" >"$work/out" 2>"$work/err" &
process=$!
tries=0
while [ "$( (cat "$work/killed.csv" 2>/dev/null || true) | wc -l)" -lt 10 ] && [ $tries -lt 600 ]; do
    sleep 0.02
    tries=$((tries + 1))
done
kill -9 $process || fail 'a long run was over before it was killed'
wait $process 2>/dev/null
# shellcheck disable=SC2086
run train --model 'dense 48 relu; dense 48 relu; dense 2' $long --checkpoint "$work/killed.wengert" --resume
expect_status 0 'resumed after kill -9'
rest=$(grep -c '^epoch ' "$work/out")
[ "$rest" -lt 120 ] && [ "$rest" -gt 0 ] || fail "after kill -9: $rest epochs left"
[ "$(fingerprint)" = "$whole" ] || fail "after kill -9: $(fingerprint); expected $whole"
[ "$(wc -l <"$work/killed.csv")" -eq 121 ] || fail 'after kill -9: the log has not a line for each epoch'
cmp -s "$work/whole.wengert" "$work/killed.wengert" || fail 'after kill -9: another checkpoint'
passed "killed with $rest epochs to go, resumed: $whole"

# ---- What is wrong ------------------------------------------------------------------------
# refused STATUS 'WORDS|...' ARGUMENT...
refused() {
    expected=$1 rest=$2
    shift 2
    run "$@"
    expect_status "$expected" "wengert $*"
    [ -s "$work/out" ] && fail "wengert $*: something on standard output"
    while [ -n "$rest" ]; do
        word=${rest%%|*}
        expect_error "wengert $*" "$word"
        [ "$word" = "$rest" ] && break
        rest=${rest#*|}
    done
    [ -e "$work/new.wengert" ] && fail "wengert $*: wrote a checkpoint"
    passed "$(cat "$work/err")"
}
# wrong STATUS 'WORDS|...' ARGUMENT...: the same of train on the classes with a model of 3.
wrong() {
    expected=$1 words=$2
    shift 2
    refused "$expected" "$words" train --model 'dense 3' --data "$work/train.csv" --checkpoint "$work/new.wengert" "$@"
}
of_model() { refused 2 "$1" train --model "$2" --data "$work/train.csv" --checkpoint "$work/new.wengert"; }

wrong 2 '--batch 100000|larger than the data' --batch 100000
of_model 'unknown layer "dens"|close to it: dense' 'dens 3'
of_model 'dense has no option "unit"|units' 'dense unit=3'
of_model 'units=x|a whole number' 'dense x'
of_model 'unknown activation "rel"|relu' 'dense 8 rel; dense 3'
of_model 'parentheses' 'dense 8 (elu; dense 3'
of_model '2 outputs for 3 classes|dense 3' 'dense 2'
wrong 2 'unexpected "more"' more
wrong 2 '"nosuch"|mean_squared_error' --loss nosuch
wrong 2 'is of numbers|sparse_categorical_crossentropy' --loss mse
wrong 2 '"nosuch"' --metrics accuracy,nosuch
wrong 2 'no rule "nosuch"|adam' --optimizer nosuch
wrong 2 'learning_rate=-1' --optimizer 'adam lr=-1'
wrong 2 'no option "rate"|learning_rate' --optimizer 'adam rate=1'
wrong 2 'unknown kind|cosine' --schedule 'cosin initial=1 steps=2'
wrong 2 'initial=X steps=X' --schedule 'cosine initial=1'
wrong 2 'decay_steps' --schedule 'cosine initial=1 steps=0'
wrong 2 '3 numbers' --class-weight 1,2
wrong 2 'not negative' --class-weight 1,2,-1
wrong 2 '--validation-split "1"' --validation-split 1
wrong 2 'at most one' --validation-split 0.5 --validation "$work/test.csv"
wrong 2 'validation part' --validation-split 0 --best "$work/best.wengert"
wrong 2 'validation part' --validation-split 0 --early-stopping 3
wrong 2 'f32, f64' --dtype f16
wrong 2 '--hidden|--model' --hidden 8
wrong 2 '--lr|--optimizer' --lr 1
wrong 1 'no column "colour"|"width", "height", "kind"' --label colour
wrong 1 'line 2, column 3|"setosa"|not a number' --labels numbers
wrong 1 'line 1|not a number' --header no
wrong 1 'curve.csv' --validation "$work/curve.csv"
wrong 2 '--examples|generated' --examples 100
wrong 2 'No such file' --data "$work/absent.csv"
wrong 1 'No such file' --best "$work/absent/best.wengert"
refused 2 '--resume|--checkpoint' train --model 'dense 3' --data "$work/train.csv" --resume
refused 2 '--label|CSV' train --model 'dense 2' --data moons --label 3
refused 2 '--loss|--model' train --loss mse
refused 2 '3 outputs for 1 number|--labels classes' train --model 'dense 3' --data "$work/curve.csv"
refused 2 'which --model would read as CSV' train --data "$work/train.csv"
(cat "$work/train.csv" && echo 1,2) >"$work/ragged.csv"
wrong 1 'ragged.csv|line 202: 2 cells; expected 3' --data "$work/ragged.csv"
(cat "$work/train.csv" && echo 1,,setosa) >"$work/missing.csv"
wrong 1 'line 202, column 2|missing' --data "$work/missing.csv"
: >"$work/empty.csv"
wrong 1 'is empty' --data "$work/empty.csv"

refused 2 'no file' eval-model --data moons
refused 2 'no --data' predict "$work/kinds.wengert"
refused 2 'unexpected "more"' predict "$work/kinds.wengert" more --data moons
refused 1 'No such file' eval-model "$work/absent.wengert" --data "$work/test.csv"
(cat "$work/test.csv" && echo 1,2,other) >"$work/other.csv"
refused 1 'test.csv' eval-model "$work/test.csv" --data "$work/test.csv"
head -c 2000 "$work/kinds.wengert" >"$work/cut.wengert"
refused 1 'cut.wengert|cut short' predict "$work/cut.wengert" --data "$work/test.csv"
refused 1 'no column "kind"' eval-model "$work/kinds.wengert" --data "$work/unlabelled.csv"
sed 's/^/1,/' "$work/curve.csv" >"$work/wide.csv"
refused 1 '3 features; expected 2' predict "$work/kinds.wengert" --data "$work/wide.csv" --label 4
refused 1 'not a class|setosa, versi, color|other' eval-model "$work/kinds.wengert" --data "$work/other.csv"
refused 1 'predictions.csv' predict "$work/kinds.wengert" --data "$work/test.csv" --out "$work/absent/predictions.csv"

# A checkpoint of another run is refused, and stays as it is.
cp "$work/kinds.wengert" "$work/kept.wengert"
for other in '--model=dense 17 relu; dense 3' '--seed=5' '--optimizer=sgd' '--batch=16' '--loss=sparse_categorical_crossentropy from_logits=0'; do
    train_classes --checkpoint "$work/kept.wengert" --resume "$other"
    [ "$status" -eq 1 ] || [ "$status" -eq 2 ] || fail "--resume with $other: exit status $status"
    expect_error "--resume with $other" kept.wengert
    grep -q '^epoch ' "$work/out" && fail "--resume with $other: trained all the same"
    cmp -s "$work/kept.wengert" "$work/kinds.wengert" || fail "--resume with $other: the file changed"
    passed "--resume with $other: $(cat "$work/err")"
done
train_classes --checkpoint "$work/cut.wengert" --resume
expect_status 1 '--resume from a file cut short'
expect_error '--resume from a file cut short' cut.wengert 'cut short'
passed "$(cat "$work/err")"

run train --model 'dense 8 relu; dense 2' --data moons --optimizer 'sgd lr=1e30' --epochs 3 --checkpoint "$work/new.wengert"
expect_status 1 'a loss that is no number'
expect_error 'a loss that is no number' 'the loss became' 'epoch 1' 'learning rate'
[ -e "$work/new.wengert" ] && fail 'a loss that is no number: wrote a checkpoint'
passed "$(cat "$work/err")"

if [ -c /dev/full ]; then
    run predict "$work/kinds.wengert" --data "$work/test.csv" --out /dev/full
    expect_status 1 'predict --out /dev/full'
    expect_error 'predict --out /dev/full' 'No space left'
    passed "$(cat "$work/err")"
fi

# ---- Layers -------------------------------------------------------------------------------
run layers
expect_status 0 layers
grep -q '^dense  *units activation use_bias ' "$work/out" || fail 'layers: no dense'
while read -r kind options; do
    [ -n "$options" ] && set -- "${options%% *}" || set -- name
    run layers "$kind"
    expect_status 0 "layers $kind"
    grep -q "^  $1\$" "$work/out" || fail "layers $kind: no $1"
done <<END
$(grep '^[^ ]' "$work/out")
END
refused 2 'close to it: dense' layers dens
refused 2 'unexpected' layers dense flatten
passed 'layers: each kind by itself'
finish
