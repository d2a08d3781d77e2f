#!/usr/bin/env python3
"""Accuracy of other implementations of the elementwise ops, measured by `wengert accuracy`.

    accuracy.py IMPLEMENTATION WENGERT RESULTS [--keep DIR] [--only OP]

IMPLEMENTATION is textbook, pytorch, tensorflow or jax. Value and derivative of each op, in float32 on
the CPU, for every STRIDE-th bit pattern, are written to a file that WENGERT (the program) measures.
Its reports replace those of this implementation in RESULTS, a JSON file. With --keep, the outputs that
the plots need stay in DIR.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile

STRIDE = 401
PLOTTED = {"elu value", "gelu value", "mish gradient", "sigmoid gradient", "softplus gradient", "softsign gradient", "tanh gradient"}

ALPHAS = (0.01, 0.1, 0.5, 1, 1.6733, 3)
SLOPES = (0, 0.01, 0.1, 0.2, 0.5, 3)
Z = 0.25  # what the second input of arithmetic is

# Ops without attributes that vary; the attributes of the others.
PLAIN = (
    "abs exp hard_shrink hard_sigmoid hard_sigmoid_keras2 hard_silu hard_tanh linear log log_sigmoid mish neg relu6 selu "
    "sigmoid silu soft_shrink softplus softsign sparse_plus sparse_sigmoid sqrt square squareplus tanh tanh_shrink threshold "
    "thresholded_relu"
).split()
VARIED = {
    "add": [{"z": Z}],
    "sub": [{"z": Z}],
    "mul": [{"z": Z}],
    "div": [{"z": Z}],
    "celu": [{"alpha": a} for a in ALPHAS],
    "elu": [{"alpha": a} for a in ALPHAS],
    "prelu": [{"alpha": a} for a in ALPHAS],
    "leaky_relu": [{"negative_slope": s} for s in SLOPES],
    "relu": [{"negative_slope": s} for s in SLOPES],
    "gelu": [{"approximate": 0}, {"approximate": 1}],
}


def rows():
    for op in sorted([*PLAIN, *VARIED]):
        for attributes in VARIED.get(op, [{}]):
            yield op, attributes


class PyTorch:
    name = "PyTorch"

    def __init__(self, x):
        import torch
        import torch.nn.functional as f

        torch.set_num_threads(1)
        self.torch, self.version, self.x = torch, torch.__version__.split("+")[0], torch.from_numpy(x)
        self.ops = {
            "abs": torch.abs,
            "add": lambda x, z: x + z,
            "sub": lambda x, z: x - z,
            "mul": lambda x, z: x * z,
            "div": lambda x, z: x / z,
            "celu": f.celu,
            "elu": f.elu,
            "exp": torch.exp,
            "gelu": lambda x, approximate: f.gelu(x, approximate="tanh" if approximate else "none"),
            "hard_shrink": f.hardshrink,
            "hard_sigmoid": f.hardsigmoid,
            "hard_silu": f.hardswish,
            "hard_tanh": f.hardtanh,
            "leaky_relu": f.leaky_relu,
            "log": torch.log,
            "log_sigmoid": f.logsigmoid,
            "mish": f.mish,
            "neg": torch.neg,
            "prelu": lambda x, alpha: f.prelu(x, torch.tensor([alpha], dtype=torch.float32)),
            "relu": lambda x, negative_slope: f.relu(x) if negative_slope == 0 else None,
            "relu6": f.relu6,
            "selu": f.selu,
            "sigmoid": torch.sigmoid,
            "silu": f.silu,
            "soft_shrink": f.softshrink,
            "softplus": f.softplus,
            "softsign": f.softsign,
            "sqrt": torch.sqrt,
            "square": torch.square,
            "tanh": torch.tanh,
            "tanh_shrink": f.tanhshrink,
            "threshold": lambda x: f.threshold(x, 0.0, 0.0),
            "thresholded_relu": lambda x: f.threshold(x, 1.0, 0.0),
        }

    def compute(self, op, attributes):
        x = self.x.clone().requires_grad_()
        y = self.ops[op](x, **attributes)
        if y is None:
            return None
        y.backward(self.torch.ones_like(y))
        return y.detach().numpy(), x.grad.numpy()


class TensorFlow:
    """tf.nn where it has the op, else Keras on TensorFlow."""

    name = "TensorFlow"

    def __init__(self, x):
        os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="", KERAS_BACKEND="tensorflow")
        import tensorflow as tf
        from keras import activations as k

        tf.config.threading.set_intra_op_parallelism_threads(1)
        self.tf, self.version, self.x = tf, tf.__version__, tf.constant(x)
        self.ops = {
            "abs": tf.abs,
            "add": lambda x, z: x + z,
            "sub": lambda x, z: x - z,
            "mul": lambda x, z: x * z,
            "div": lambda x, z: x / z,
            "celu": k.celu,
            "elu": lambda x, alpha: tf.nn.elu(x) if alpha == 1 else k.elu(x, alpha),
            "exp": tf.exp,
            "gelu": lambda x, approximate: tf.nn.gelu(x, approximate=bool(approximate)),
            "hard_shrink": k.hard_shrink,
            "hard_sigmoid": k.hard_sigmoid,
            "hard_silu": k.hard_silu,
            "hard_tanh": k.hard_tanh,
            "leaky_relu": lambda x, negative_slope: tf.nn.leaky_relu(x, alpha=negative_slope),
            "log": tf.math.log,
            "log_sigmoid": tf.math.log_sigmoid,
            "mish": k.mish,
            "neg": tf.negative,
            "prelu": lambda x, alpha: tf.nn.relu(x) - alpha * tf.nn.relu(-x),  # as Keras's layer
            "relu": lambda x, negative_slope: k.relu(x, negative_slope=negative_slope),
            "relu6": tf.nn.relu6,
            "selu": tf.nn.selu,
            "sigmoid": tf.sigmoid,
            "silu": tf.nn.silu,
            "soft_shrink": k.soft_shrink,
            "softplus": tf.nn.softplus,
            "softsign": tf.nn.softsign,
            "sparse_plus": k.sparse_plus,
            "sparse_sigmoid": k.sparse_sigmoid,
            "sqrt": tf.sqrt,
            "square": tf.square,
            "squareplus": lambda x: k.squareplus(x, b=4),
            "tanh": tf.tanh,
            "tanh_shrink": k.tanh_shrink,
            "threshold": lambda x: k.threshold(x, 0.0, 0.0),
            "thresholded_relu": lambda x: k.threshold(x, 1.0, 0.0),
        }

    def compute(self, op, attributes):
        with self.tf.GradientTape() as tape:
            tape.watch(self.x)
            y = self.ops[op](self.x, **attributes)
        return y.numpy(), tape.gradient(y, self.x).numpy()


class Jax:
    name = "JAX"

    def __init__(self, x):
        os.environ["JAX_PLATFORMS"] = "cpu"
        import jax
        from jax import nn, numpy as jnp

        self.jax, self.version, self.x = jax, jax.__version__, jnp.asarray(x)
        self.ops = {
            "abs": jnp.abs,
            "add": lambda x, z: x + z,
            "sub": lambda x, z: x - z,
            "mul": lambda x, z: x * z,
            "div": lambda x, z: x / z,
            "celu": lambda x, alpha: nn.celu(x, alpha),
            "elu": lambda x, alpha: nn.elu(x, alpha),
            "exp": jnp.exp,
            "gelu": lambda x, approximate: nn.gelu(x, approximate=bool(approximate)),
            "hard_sigmoid": nn.hard_sigmoid,
            "hard_silu": nn.hard_silu,
            "hard_tanh": nn.hard_tanh,
            "leaky_relu": lambda x, negative_slope: nn.leaky_relu(x, negative_slope),
            "log": jnp.log,
            "log_sigmoid": nn.log_sigmoid,
            "mish": nn.mish,
            "neg": jnp.negative,
            "relu": lambda x, negative_slope: nn.relu(x) if negative_slope == 0 else None,
            "relu6": nn.relu6,
            "selu": nn.selu,
            "sigmoid": nn.sigmoid,
            "silu": nn.silu,
            "softplus": nn.softplus,
            "softsign": nn.soft_sign,
            "sparse_plus": nn.sparse_plus,
            "sparse_sigmoid": nn.sparse_sigmoid,
            "sqrt": jnp.sqrt,
            "square": jnp.square,
            "squareplus": lambda x: nn.squareplus(x, 4.0),
            "tanh": jnp.tanh,
        }

    def compute(self, op, attributes):
        import numpy

        def function(x):
            return self.ops[op](x, **attributes)

        if function(self.x[:1]) is None:
            return None
        y = self.jax.jit(function)(self.x)
        dy = self.jax.jit(self.jax.vmap(self.jax.grad(function)))(self.x)
        return numpy.asarray(y), numpy.asarray(dy)


FRAMEWORKS = {"pytorch": PyTorch, "tensorflow": TensorFlow, "jax": Jax}
FIELDS = (
    "inputs stride max_ulp worst max_ulp_nonzero worst_nonzero share_off histogram zero_for_normal subnormals_lost nan_for_number "
    "wrong_nan wrong_infinity wrong_zero_sign"
).split()


def measure(program, name, op, attributes, gradient, arguments):
    """One report of the program, as it goes into the results."""
    words = [f"{key}={value}" for key, value in attributes.items()]
    command = [program, "accuracy", op, *words, *(["--gradient"] if gradient else []), "--stride", str(STRIDE), "--json", *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode not in (0, 1) or not done.stdout:
        sys.exit(f"{' '.join(command)}: {done.stderr.strip() or done.returncode}")
    report = json.loads(done.stdout)
    share = 100 * report["share_off"]
    print(f"{name} {op} {' '.join(words)} {'derivative' if gradient else 'value'}: {report['max_ulp_nonzero']} ULP, {share:.2f} %", flush=True)
    return {
        "implementation": name,
        "op": op,
        "attributes": report["attributes"],
        "gradient": gradient,
        **{field: report[field] for field in FIELDS},
    }


def inputs():
    import numpy

    return numpy.arange(0, 2**32, STRIDE, dtype=numpy.uint64).astype("<u4").view("<f4")


def measure_framework(framework, arguments, folder):
    for op, attributes in rows():
        if op not in framework.ops or arguments.only not in (None, op):
            continue
        outputs = framework.compute(op, attributes)
        if outputs is None:
            continue
        for gradient, output in enumerate(outputs):
            label = f"{op} {'gradient' if gradient else 'value'}"
            keep = arguments.keep and label in PLOTTED and attributes in ({}, {"alpha": 1}, {"approximate": 0})
            path = os.path.join(arguments.keep if keep else folder, f"{framework.name}-{label.replace(' ', '-') if keep else 'outputs'}.f32")
            output.astype("<f4").tofile(path)
            yield measure(arguments.program, framework.name, op, attributes, bool(gradient), ["--outputs", path])


def measure_textbook(arguments):
    for op, attributes in rows():
        for gradient in (False, True):
            if arguments.only in (None, op):
                yield measure(arguments.program, "textbook", op, attributes, gradient, ["--textbook"])


def write(path, name, version, results):
    """Puts the results into the file in place of what it had of this implementation, a line each."""
    old = {"implementations": [], "results": []}
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            old = json.load(file)
    order = ["textbook", *(framework.name for framework in FRAMEWORKS.values())]
    kept = [one for one in old["implementations"] if one["name"] != name]
    implementations = sorted([*kept, {"name": name, "version": version}], key=lambda one: order.index(one["name"]))
    new = {(one["op"], one["attributes"], one["gradient"]) for one in results}
    results = [r for r in old["results"] if r["implementation"] != name or (r["op"], r["attributes"], r["gradient"]) not in new] + results
    results.sort(key=lambda r: (order.index(r["implementation"]), r["op"], r["attributes"], r["gradient"]))
    temporary = path + ".tmp"
    with open(temporary, "w", encoding="utf-8") as file:
        file.write('{"implementations": ' + json.dumps(implementations) + ',\n "results": [\n')
        file.write(",\n".join(json.dumps(result, separators=(",", ":")) for result in results) + "\n]}\n")
    os.replace(temporary, path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("implementation", choices=["textbook", *FRAMEWORKS])
    parser.add_argument("program")
    parser.add_argument("results")
    parser.add_argument("--keep")
    parser.add_argument("--only")
    arguments = parser.parse_args()
    if arguments.implementation == "textbook":
        write(arguments.results, "textbook", "", list(measure_textbook(arguments)))
        return
    framework = FRAMEWORKS[arguments.implementation](inputs())
    with tempfile.TemporaryDirectory() as folder:
        results = list(measure_framework(framework, arguments, folder))
    write(arguments.results, framework.name, framework.version, results)


main()
