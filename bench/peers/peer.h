/* Libraries to compare with, behind one interface. */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include "common.h"

#include <stdbool.h>

/* An op with its defaults, or as its name says: "gelu(approximate=1)". Elementwise, or along rows;
 * inputs from least to most. */
struct bench_question {
    const char *name;
    bool gradient;
    int64_t rows, columns;
    double least, most;
};

struct bench_peer {
    const char *name;
    const char *version; /* a sentence for the heading: which one, or why not */
    bool present;

    /* A job that answers the question; false when the peer has no such op. */
    bool (*prepare)(struct bench_peer *peer, const struct bench_question *question,
                    struct bench_job *job);
    void (*close)(struct bench_peer *peer); /* of all jobs, too */
    void *state;
};

struct bench_peer bench_onednn(void);
/* `python` is NULL, or an interpreter that has PyTorch; `script` is torch_peer.py. */
struct bench_peer bench_torch(const char *python, const char *script);

#endif
