/* Timing for the benchmarks: medians of repeats, taken in turn.
 *
 * The machine may be shared, so that absolute figures move from run to run. Jobs that are to be
 * compared are therefore timed together: one repeat of each, then the next of each, and the median
 * of every job's repeats. Time is the thread's own, which stands still while others have its core;
 * for jobs of several threads it is the wall clock's.
 */
#ifndef BENCH_COMMON_H
#define BENCH_COMMON_H

#include "wengert/error.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { BENCH_REPEATS = 9 };

/* Others may be defined before this file is included. */
#ifndef BENCH_REPEAT_NS
#define BENCH_REPEAT_NS 4e6 /* a repeat runs its job for about so long, once at least */
#endif
#ifndef BENCH_ENOUGH_NS
#define BENCH_ENOUGH_NS 3e8 /* a job that took so long in all is not repeated further */
#endif

#define BENCH_SETTLE_NS 2e7

struct bench_job {
    void (*run)(void *context);
    double (*measure)(void *context, int64_t runs); /* or this: nanoseconds of so many runs */
    void *context;
    int threads; /* 0 or 1: one */
    double ns;   /* the result: nanoseconds a run, the median */
    int64_t runs;
    int repeats;
    double total, repeat_ns, sample[BENCH_REPEATS];
};

#define BENCH_JOB(function, argument)                                                              \
    { .run = (function), .context = (argument) }

static inline double bench_now(const struct bench_job *job) {
    struct timespec t;
    clock_gettime(job->threads > 1 ? CLOCK_MONOTONIC : CLOCK_THREAD_CPUTIME_ID, &t);
    return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

/* Nanoseconds of work by so many threads: of one, the processor time of the process, since peers
 * use helper threads of their own; of several, by the wall clock. */
static inline double bench_clock(int threads) {
    struct timespec t;
    clock_gettime(threads > 1 ? CLOCK_MONOTONIC : CLOCK_PROCESS_CPUTIME_ID, &t);
    return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

/* Says what failed and ends the program, if the library reports an error. */
static inline void bench_check(void) {
    if (wg_error_status() == WG_OK) return;
    fprintf(stderr, "bench: %s\n", wg_error());
    exit(1);
}

static inline double bench_repeat(const struct bench_job *job) {
    if (job->measure) return job->measure(job->context, job->runs) / (double)job->runs;
    const double start = bench_now(job);
    for (int64_t i = 0; i < job->runs; i++) job->run(job->context);
    return (bench_now(job) - start) / (double)job->runs;
}

/* Before a repeat that the one before must not disturb, whose threads may still wait awake, and
 * which has the caches: the job runs untimed, several threads for as long as it takes until each
 * has a core to itself, once at least. A job without rivals of another library needs that for
 * several alone. */
static inline void bench_settle(const struct bench_job *job, double repeat_ns) {
    const double enough = job->threads > 1 ? BENCH_SETTLE_NS : BENCH_REPEAT_NS;
    if (job->threads < 2 && (!job->measure || repeat_ns >= BENCH_SETTLE_NS)) return;
    const double start = bench_clock(2);
    do bench_repeat(job);
    while (bench_clock(2) - start < enough);
}

static inline int bench_order(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Fills ns of n jobs. A job's first run warms it up and, doubled until it takes long enough to be
 * read from the clock, decides how many runs a repeat has. */
static inline void bench_time(int n, struct bench_job *job) {
    for (int i = 0; i < n; i++) {
        job[i].repeats = 0;
        job[i].total = 0;
        for (job[i].runs = 1;; job[i].runs *= 2) {
            const double ns = bench_repeat(&job[i]) * (double)job[i].runs;
            job[i].total = job[i].repeat_ns = ns;
            if (ns >= BENCH_REPEAT_NS) break;
        }
    }
    for (int repeat = 0; repeat < BENCH_REPEATS; repeat++) {
        for (int i = 0; i < n; i++) {
            if (repeat > 0 && job[i].total >= BENCH_ENOUGH_NS) continue;
            bench_settle(&job[i], job[i].repeat_ns);
            const double ns = bench_repeat(&job[i]);
            job[i].sample[job[i].repeats++] = ns;
            job[i].total += ns * (double)job[i].runs;
        }
    }
    for (int i = 0; i < n; i++) {
        qsort(job[i].sample, (size_t)job[i].repeats, sizeof *job[i].sample, bench_order);
        job[i].ns = job[i].sample[job[i].repeats / 2];
    }
    bench_check();
}

/* n floats (or doubles), between min and max, without a pattern that a branch or a cache could
 * learn. */
static inline void bench_fill(int64_t n, void *to, int is_double, double min, double max) {
    uint32_t state = 12345;
    for (int64_t i = 0; i < n; i++) {
        state = state * 1664525u + 1013904223u;
        const double value = min + (max - min) * ((double)(state >> 8) / 16777216.0);
        if (is_double)
            ((double *)to)[i] = value;
        else
            ((float *)to)[i] = (float)value;
    }
}

#endif
