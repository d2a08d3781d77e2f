/* The machine's peak of fused multiply-adds: a loop of independent FMAs in registers. */
#ifndef BENCH_PEAK_H
#define BENCH_PEAK_H

struct bench_peak {
    const char *isa;
    int lanes;                     /* of f32; f64 has half */
    void (*run[2])(void *context); /* f32, f64; context: a double, which keeps the result alive */
};

/* The instruction sets whose peak is known, from plainest to best; isa NULL ends them. */
extern const struct bench_peak bench_peaks[];

/* The one of that name, or NULL. */
const struct bench_peak *bench_peak_of(const char *isa);

/* Operations of one run; over the nanoseconds it took, GFLOP/s. */
double bench_peak_work(const struct bench_peak *peak, int is_double);

/* GFLOP/s of so many threads at once, the best of several repeats. */
double bench_peak_measure(const struct bench_peak *peak, int is_double, int threads);

#endif
