#!/bin/sh
# Measures the textbook's formulas, PyTorch, TensorFlow and JAX: bench/peers/accuracy.sh [--create] ENVIRONMENTS [PROGRAM]
# ENVIRONMENTS is a folder with the virtual environments torch, tf and jax; --create makes those that are missing, with pip, from PyPI
# (several GB). Without it a missing one is named and left out, and what results.json has of it stays. PROGRAM is build/wengert by default.
# Writes bench/peers/results.json and, with all three, the plots docs/error-*.svg. Some ten minutes on two cores.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
create=false
if [ "${1-}" = --create ]; then
  create=true
  shift
fi
environments=${1:?usage: accuracy.sh [--create] ENVIRONMENTS [PROGRAM]}
program=${2:-$root/build/wengert}
[ -x "$program" ] || { echo "$program: no such program; expected build/wengert, which make builds" >&2; exit 1; }
results=$root/bench/peers/results.json
keep=$(mktemp -d)
trap 'rm -rf "$keep"' EXIT
trap 'exit 1' HUP INT TERM

python3 "$root/bench/peers/accuracy.py" textbook "$program" "$results"
while read -r environment package implementation; do
  python=$environments/$environment/bin/python
  if [ ! -x "$python" ] && $create; then
    python3 -m venv "$environments/$environment"
    "$python" -m pip install --quiet "$package"
  fi
  if [ -x "$python" ]; then
    "$python" "$root/bench/peers/accuracy.py" "$implementation" "$program" "$results" --keep "$keep" </dev/null
  else
    echo "$environments/$environment: no such environment: $implementation is left out (--create makes it)" >&2
  fi
done <<'ROWS'
torch torch pytorch
tf tensorflow-cpu tensorflow
jax jax jax
ROWS

if [ "$(find "$keep" -name '*-tanh-gradient.f32' | wc -l)" -lt 3 ]; then
  echo "the plots stay as they are: they need all three" >&2
  exit 0
fi
# OP DIRECTION RANGE
while read -r op direction range; do
  set --
  for name in PyTorch TensorFlow JAX; do
    file=$keep/$name-$op-$direction.f32
    [ -f "$file" ] && set -- "$@" --against "$name=$file"
  done
  [ "$direction" = gradient ] && set -- "$@" --gradient
  "$program" accuracy "$op" --plot "$root/docs/error-$op-$direction.svg" "--range=$range" "$@"
done <<'ROWS'
elu value -0.01,0.002
gelu value -14,6
mish gradient -20,20
sigmoid gradient -40,40
softplus gradient -40,40
softsign gradient -100000,100000
tanh gradient -20,20
ROWS
