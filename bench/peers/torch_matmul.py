"""PyTorch's matrix product, which is MKL's on x86, timed on request: the other end of bench_matmul.

Reads lines from standard input and answers each with one:
    prepare M K N TRANSPOSE_X TRANSPOSE_Z f32|f64     the work's number
    time WORK RUNS THREADS                            nanoseconds of so many products: the process's own for one thread, else the wall clock's
The first line it writes is PyTorch's version. The output is there before; the call's cost, about a microsecond, is part of what is measured.
"""
import sys
import time

import torch

works = []


def operand(rows, columns, transposed, dtype):
    if transposed:
        return (torch.rand(columns, rows, dtype=dtype) * 2 - 1).t()
    return torch.rand(rows, columns, dtype=dtype) * 2 - 1


mkl = "MKL" if torch.backends.mkl.is_available() else "without MKL"
print(f"PyTorch {torch.__version__}, {mkl}", flush=True)
for line in sys.stdin:
    word, *words = line.split()
    if word == "prepare":
        m, k, n, transpose_x, transpose_z = map(int, words[:5])
        dtype = torch.float64 if words[5] == "f64" else torch.float32
        x, z = operand(m, k, transpose_x, dtype), operand(k, n, transpose_z, dtype)
        works[:] = [(x, z, torch.empty(m, n, dtype=dtype))]  # one at a time, to hold little memory
        print(0, flush=True)
    else:
        work, runs, threads = map(int, words)
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)
        x, z, y = works[work]
        mm = torch.mm
        clock = time.perf_counter_ns if threads > 1 else time.process_time_ns
        start = clock()
        for _ in range(runs):
            mm(x, z, out=y)
        print(clock() - start, flush=True)
