#!/usr/bin/env bash
# Makes a virtual environment for each framework that the benchmarks are run beside: bench/peers/install.sh DIRECTORY
# They go to DIRECTORY/torch, DIRECTORY/jax and DIRECTORY/tensorflow, from PyPI: several GB. What is there stays; what TORCH_PYTHON, JAX_PYTHON or
# TENSORFLOW_PYTHON names is taken as it is. One that cannot be installed is left out, which is said.
set -uo pipefail
directory=$1

# Where the machine has CUDA 13, its libraries are not fetched once more with PyTorch, whose PyPI build wants them even on a CPU.
fetch() { # FRAMEWORK PYTHON
  case $1 in
  torch)
    if compgen -G '/usr/local/cuda-13*' >/dev/null; then
      "$2" -m pip install --no-deps torch &&
        "$2" -m pip install filelock typing_extensions sympy networkx jinja2 fsspec numpy setuptools nvidia-cufile nvidia-nccl-cu13 \
          nvidia-cusparselt-cu13 nvidia-nvshmem-cu13
    else
      "$2" -m pip install torch numpy setuptools
    fi
    ;;
  jax) "$2" -m pip install jax ;;
  tensorflow) "$2" -m pip install tensorflow-cpu ;;
  esac && "$2" -m pip install keras
}

for framework in torch jax tensorflow; do
  variable=${framework^^}_PYTHON
  python=$directory/$framework/bin/python
  if [ -n "${!variable:-}" ]; then
    echo "$framework: ${!variable}, as $variable says"
  elif [ ! -x "$python" ]; then
    echo "$framework: installing into $directory/$framework"
    mkdir -p "$directory"
    if ! { python3 -m venv "$directory/$framework.new" && fetch "$framework" "$directory/$framework.new/bin/python"; }; then
      echo "$framework: left out: it could not be installed"
      rm -rf "$directory/$framework.new"
      continue
    fi
    mv "$directory/$framework.new" "$directory/$framework"
  fi
done
