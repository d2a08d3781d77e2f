/* The cost of a training step over the batch, and over the number of steps, of the 784-128-10
 * network: linear in both, past what a step costs by itself. */
#define _POSIX_C_SOURCE 200809L
#include "common.h"
#include "workload.h"

#include <string.h>

enum { LARGEST = 1024, MOST_STEPS = 10000, MOST_THREADS = 2 };

static void step(void *context) { bench_training_step(context); }

static struct bench_workload network(int64_t batch) {
    const struct bench_workload *w = bench_workloads;
    while (strcmp(w->name, "mlp-784-128-10") != 0) w++;
    struct bench_workload changed = *w;
    changed.batch = batch;
    return changed;
}

int main(void) {
    printf("\nscaling: MLP 784-128-10, relu, SGD; f32, %s\n", wg_isa());
    printf("%6s  %13s %13s   %13s %13s\n", "batch", "1 thread: us", "ns / example", "2 threads: us",
           "ns / example");
    for (int64_t batch = 1; batch <= LARGEST; batch *= 2) {
        const struct bench_workload w = network(batch);
        struct bench_training training = bench_training_of(&w);
        struct bench_job job[MOST_THREADS] = {BENCH_JOB(step, &training),
                                              BENCH_JOB(step, &training)};
        printf("%6d", (int)batch);
        for (int threads = 1; threads <= MOST_THREADS; threads++) {
            wg_set_threads(threads);
            job[threads - 1].threads = threads;
            bench_time(1, &job[threads - 1]);
            printf("  %13.2f %13.1f ", job[threads - 1].ns / 1e3,
                   job[threads - 1].ns / (double)batch);
        }
        printf("\n");
        fflush(stdout);
        bench_training_free(&training);
    }
    wg_set_threads(1);
    const struct bench_workload w = network(64);
    struct bench_training training = bench_training_of(&w);
    struct bench_job job = BENCH_JOB(step, &training);
    job.runs = 100;
    bench_repeat(&job);
    printf("steps of batch 64, one thread:");
    for (job.runs = 1; job.runs <= MOST_STEPS; job.runs *= 10)
        printf("  %lld: %.2f us each", (long long)job.runs, bench_repeat(&job) / 1e3);
    printf("\n");
    bench_training_free(&training);
    bench_check();
    return 0;
}
