#!/usr/bin/env bash
# Runs bench_activations beside PyTorch: bench/peers/torch.sh DIRECTORY BENCH_ACTIVATIONS
# PyTorch is that of the Python in $TORCH_PYTHON, else of a virtual environment in DIRECTORY, made at the first call: several GB from PyPI. Where the
# machine has CUDA 13, its libraries are not fetched once more.
set -euo pipefail
directory=$1
bench=$2
python=${TORCH_PYTHON:-$directory/torch/bin/python}
if [ ! -x "$python" ] && [ -z "${TORCH_PYTHON:-}" ]; then
  rm -rf "$directory/torch"
  mkdir -p "$directory"
  python3 -m venv "$directory/torch"
  trap 'rm -rf "$directory/torch"' ERR
  if compgen -G '/usr/local/cuda-13*' > /dev/null; then
    "$python" -m pip install --no-deps torch
    "$python" -m pip install filelock typing_extensions sympy networkx jinja2 fsspec numpy setuptools nvidia-cufile nvidia-nccl-cu13 \
      nvidia-cusparselt-cu13 nvidia-nvshmem-cu13
  else
    "$python" -m pip install torch numpy
  fi
  trap - ERR
fi
exec "$bench" "$python" "$(dirname "$0")/torch_peer.py"
