/* The cost of a training step over the batch, and over the number of steps, of the 784-128-10
 * network: linear in both, past what a step costs by itself. */
#define _POSIX_C_SOURCE 200809L
#include "common.h"
#include "workload.h"

#include <string.h>

enum { MOST_STEPS = 10000, MOST_THREADS = 2 };

static void step(void *context) { bench_training_step(context); }

static struct bench_workload network(int64_t batch) {
    const struct bench_workload *w = bench_workloads;
    while (strcmp(w->name, "mlp-784-128-10") != 0) w++;
    struct bench_workload changed = *w;
    changed.batch = batch;
    return changed;
}

/* Microseconds of a step. */
static double measure(int64_t batch, int threads) {
    const struct bench_workload w = network(batch);
    struct bench_training training = bench_training_of(&w);
    struct bench_job job = BENCH_JOB(step, &training);
    job.threads = threads;
    bench_time(1, &job);
    bench_training_free(&training);
    return job.ns / 1e3;
}

int main(void) {
    enum { ROWS = 11, FIRST = 256 }; /* batch 1 to 1024 */
    double us[ROWS][MOST_THREADS];
    for (int t = 0; t < MOST_THREADS; t++) {
        wg_set_threads(t + 1);
        for (int i = 0; i < 9; i++) measure(FIRST, t + 1); /* until each thread has a core */
        for (int row = 0; row < ROWS; row++) us[row][t] = measure((int64_t)1 << row, t + 1);
    }
    printf("\nscaling: MLP 784-128-10, relu, SGD; f32, %s\n", wg_isa());
    printf("%6s  %13s %13s   %13s %13s\n", "batch", "1 thread: us", "ns / example", "2 threads: us",
           "ns / example");
    for (int row = 0; row < ROWS; row++) {
        printf("%6d", 1 << row);
        for (int t = 0; t < MOST_THREADS; t++)
            printf("  %13.2f %13.1f ", us[row][t], us[row][t] * 1e3 / (1 << row));
        printf("\n");
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
