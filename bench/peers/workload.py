"""What the frameworks' scripts share: the workloads as bench_workloads wrote them, and its questions.

A script is called with the folder of the workloads and a number of threads. It reads lines from standard input and answers each with one:
    prepare WORKLOAD VARIANT     the work's number and the loss of the step that the workload names; or why not, in words
    time WORK STEPS              nanoseconds of so many steps: the process's own for one thread, else the wall clock's
The first line it writes is the framework's version. Whatever else is printed goes to standard error.
"""
import json
import os
import sys
import time
import traceback

DIRECTORY = sys.argv[1]
THREADS = int(sys.argv[2])


def limit_threads():
    """For libraries that read the number of threads at import: call it before. On one thread the process is kept to one CPU as well, since some pools are
    as large as the number of CPUs whatever they are told."""
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
        os.environ[name] = str(THREADS)
    cpus = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cpus[-THREADS:])


class Workload:
    """x, target, weights (a list of arrays in the order of the layers), layers (a list of lists of words; None for the transformer), heads, loss,
    optimizer (its rule, options), loss_step."""

    def __init__(self, name):
        import numpy as np

        with open(os.path.join(DIRECTORY, name + ".json")) as file:
            self.__dict__.update(json.load(file))
        arrays, at = [], 0
        data = np.fromfile(os.path.join(DIRECTORY, name + ".bin"), dtype=np.uint8)
        for array in self.arrays:
            size = 4 * int(np.prod(array["shape"], dtype=np.int64))
            arrays.append(data[at : at + size].view(array["dtype"]).reshape(array["shape"]).copy())
            at += size
        if at != data.size:
            raise ValueError(f"{name}.bin: {data.size} bytes; expected {at}")
        self.x, self.target, *self.weights = arrays
        self.layers = None if self.layers == "gpt" else [layer.split() for layer in self.layers.split(";")]
        self.rule, *options = self.optimizer.split()
        self.options = {key: float(value) for key, value in (option.split("=") for option in options)}


def merged_attention(weights):
    """The transformer's weights with those of query, key and value side by side, so that one product serves all three; heads and their keys as one axis."""
    import numpy as np

    weights = list(weights)
    merged = weights[:2]
    at = 2
    while at + 4 < len(weights):
        gamma, beta, qk, qb, kk, kb, vk, vb, ok, ob = weights[at : at + 10]
        width = qk.shape[0]
        merged += [gamma, beta, np.concatenate([w.reshape(width, -1) for w in (qk, kk, vk)], axis=1)]
        merged += [np.concatenate([b.reshape(-1) for b in (qb, kb, vb)]), ok.reshape(-1, width), ob]
        merged += weights[at + 10 : at + 16]
        at += 16
    return merged + weights[at:]


def serve(version, prepare):
    """prepare(workload, variant) gives a function: of a number of steps, which it takes, returning the loss of the last once all is done."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    works = []

    def answer(text):
        print(" ".join(str(text).split())[:200], file=answers, flush=True)

    answer(version)
    for line in sys.stdin:
        word, *words = line.split()
        if word == "time":
            steps = int(words[1])
            clock = time.perf_counter_ns if THREADS > 1 else time.process_time_ns
            start = clock()
            works[int(words[0])](steps)
            answer(clock() - start)
            continue
        try:
            workload = Workload(words[0])
            step = prepare(workload, words[1])
            loss = step(workload.loss_step)
            works.append(step)
            answer(f"{len(works) - 1} {loss:.9g}")
        except Exception as error:
            traceback.print_exc()
            answer(f"{type(error).__name__}: {error}" or "failed")
