"""PyTorch's elementwise kernels and softmax, timed on request: the other end of torch.c.

Reads lines from standard input and answers each with one line:
    prepare OP value|gradient ROWS COLUMNS MIN MAX     the work's number, or -1: PyTorch has no such op
    time WORK RUNS                                     nanoseconds of so many runs, of this thread
The first line it writes is PyTorch's version and instruction set. Outputs are preallocated wherever
PyTorch has an overload for that; where it has only a composition of ops, that is what is timed, as
its own autograd composes it.
"""
import sys
import time

import torch
import torch.nn.functional as F

aten = torch.ops.aten

# name: (value(x, out), gradient(dy, x, y, out)); None where PyTorch has neither op nor composition.
OPS = {
    "abs": (lambda x, out: torch.abs(x, out=out), lambda dy, x, y, out: torch.mul(dy, torch.sgn(x), out=out)),
    "celu": (
        lambda x, out: aten.celu.out(x, 1.0, out=out),
        lambda dy, x, y, out: aten.elu_backward.grad_input(dy, 1, 1, 1, False, x, grad_input=out),
    ),
    "elu": (
        lambda x, out: aten.elu.out(x, out=out),
        lambda dy, x, y, out: aten.elu_backward.grad_input(dy, 1, 1, 1, False, x, grad_input=out),
    ),
    "exp": (lambda x, out: torch.exp(x, out=out), lambda dy, x, y, out: torch.mul(dy, y, out=out)),
    "gelu": (
        lambda x, out: aten.gelu.out(x, out=out),
        lambda dy, x, y, out: aten.gelu_backward.grad_input(dy, x, grad_input=out),
    ),
    "gelu(approximate=1)": (
        lambda x, out: aten.gelu.out(x, approximate="tanh", out=out),
        lambda dy, x, y, out: aten.gelu_backward.grad_input(dy, x, approximate="tanh", grad_input=out),
    ),
    "hard_shrink": (
        lambda x, out: aten.hardshrink.out(x, out=out),
        lambda dy, x, y, out: aten.hardshrink_backward.grad_input(dy, x, 0.5, grad_input=out),
    ),
    "hard_sigmoid": (
        lambda x, out: aten.hardsigmoid.out(x, out=out),
        lambda dy, x, y, out: aten.hardsigmoid_backward.grad_input(dy, x, grad_input=out),
    ),
    "hard_silu": (
        lambda x, out: aten.hardswish.out(x, out=out),
        lambda dy, x, y, out: aten.hardswish_backward(dy, x),  # its overload with out copies, and is slower
    ),
    "hard_tanh": (
        lambda x, out: aten.hardtanh.out(x, out=out),
        lambda dy, x, y, out: aten.hardtanh_backward.grad_input(dy, x, -1, 1, grad_input=out),
    ),
    "leaky_relu": (
        lambda x, out: aten.leaky_relu.out(x, 0.2, out=out),
        lambda dy, x, y, out: aten.leaky_relu_backward.grad_input(dy, x, 0.2, False, grad_input=out),
    ),
    "linear": (lambda x, out: out.copy_(x), lambda dy, x, y, out: out.copy_(dy)),
    "log": (lambda x, out: torch.log(x, out=out), lambda dy, x, y, out: torch.div(dy, x, out=out)),
    "log_sigmoid": (
        lambda x, out: aten.log_sigmoid.out(x, out=out),
        lambda dy, x, y, out: aten.log_sigmoid_backward.grad_input(dy, x, y, grad_input=out),
    ),
    "mish": (lambda x, out: aten.mish.out(x, out=out), lambda dy, x, y, out: aten.mish_backward(dy, x)),
    "neg": (lambda x, out: torch.neg(x, out=out), lambda dy, x, y, out: torch.neg(dy, out=out)),
    "relu": (
        lambda x, out: aten.relu.out(x, out=out),
        lambda dy, x, y, out: aten.threshold_backward.grad_input(dy, y, 0, grad_input=out),
    ),
    "relu6": (
        lambda x, out: aten.hardtanh.out(x, 0, 6, out=out),
        lambda dy, x, y, out: aten.hardtanh_backward.grad_input(dy, x, 0, 6, grad_input=out),
    ),
    "selu": (
        lambda x, out: aten.elu.out(x, 1.6732632423543772, 1.0507009873554805, out=out),
        lambda dy, x, y, out: aten.elu_backward.grad_input(
            dy, 1.6732632423543772, 1.0507009873554805, 1, False, x, grad_input=out
        ),
    ),
    "sigmoid": (
        lambda x, out: torch.sigmoid(x, out=out),
        lambda dy, x, y, out: aten.sigmoid_backward.grad_input(dy, y, grad_input=out),
    ),
    "silu": (
        lambda x, out: aten.silu.out(x, out=out),
        lambda dy, x, y, out: aten.silu_backward.grad_input(dy, x, grad_input=out),
    ),
    "soft_shrink": (
        lambda x, out: aten.softshrink.out(x, out=out),
        lambda dy, x, y, out: aten.softshrink_backward.grad_input(dy, x, 0.5, grad_input=out),
    ),
    "softplus": (
        lambda x, out: aten.softplus.out(x, out=out),
        lambda dy, x, y, out: aten.softplus_backward.grad_input(dy, x, 1, 20, grad_input=out),
    ),
    "softsign": (lambda x, out: F.softsign(x), None),
    "sqrt": (lambda x, out: torch.sqrt(x, out=out), lambda dy, x, y, out: torch.div(dy, 2 * y, out=out)),
    "square": (lambda x, out: torch.square(x, out=out), lambda dy, x, y, out: torch.mul(dy, 2 * x, out=out)),
    "tanh": (
        lambda x, out: torch.tanh(x, out=out),
        lambda dy, x, y, out: aten.tanh_backward.grad_input(dy, y, grad_input=out),
    ),
    "tanh_shrink": (lambda x, out: F.tanhshrink(x), None),
    "threshold": (
        lambda x, out: aten.threshold.out(x, 1.0, 0.0, out=out),
        lambda dy, x, y, out: aten.threshold_backward.grad_input(dy, x, 1.0, grad_input=out),
    ),
    "thresholded_relu": (
        lambda x, out: aten.threshold.out(x, 1.0, 0.0, out=out),
        lambda dy, x, y, out: aten.threshold_backward.grad_input(dy, x, 1.0, grad_input=out),
    ),
    "softmax": (
        lambda x, out: aten._softmax.out(x, -1, False, out=out),
        lambda dy, x, y, out: aten._softmax_backward_data.out(dy, y, -1, torch.float32, grad_input=out),
    ),
    "log_softmax": (
        lambda x, out: aten._log_softmax.out(x, -1, False, out=out),
        lambda dy, x, y, out: aten._log_softmax_backward_data.out(dy, y, -1, torch.float32, out=out),
    ),
}


def prepare(name, which, rows, columns, least, most):
    """A function of no arguments that runs the op once; None where there is none."""
    value, gradient = OPS.get(name, (None, None))
    if value is None or (which == "gradient" and gradient is None):
        return None
    x = torch.rand(rows, columns) * (most - least) + least
    dy = torch.rand(rows, columns) * 2 - 1
    y = value(x, torch.empty_like(x)).clone()
    out = torch.empty_like(x)
    if which == "value":
        return lambda: value(x, out)
    return lambda: gradient(dy, x, y, out)


def time_of(run, runs):
    start = time.thread_time_ns()
    for _ in range(runs):
        run()
    return time.thread_time_ns() - start


def main():
    torch.set_num_threads(1)
    works = []
    print(f"PyTorch {torch.__version__}, {torch.backends.cpu.get_cpu_capability()}", flush=True)
    with torch.inference_mode():
        for line in sys.stdin:
            word = line.split()
            if word[0] == "prepare":
                work = prepare(word[1], word[2], int(word[3]), int(word[4]), float(word[5]), float(word[6]))
                works.append(work)
                print(len(works) - 1 if work else -1, flush=True)
            else:
                print(time_of(works[int(word[1])], int(word[2])), flush=True)


if __name__ == "__main__":
    main()
