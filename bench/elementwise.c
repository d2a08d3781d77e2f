/* Throughput of every elementwise op's kernels beside memcpy.
 *
 * The kernels are called as the tape calls them: the value from x (and z), and the gradient of the
 * first input from x (and z), y and dy.
 *
 *   In cache, 32,768 floats an array, one thread: a column an instruction set. memcpy of as many
 *   floats runs in turn with them; it moves two arrays, a gradient up to five.
 *   From memory, 16 Mi floats an array, the best instruction set, one thread and two: bytes a
 *   second, beside a memcpy, shared out to as many threads, that moves as many bytes. What a kernel
 *   moves is what it writes and those inputs that change its result.
 */
#define _POSIX_C_SOURCE 200809L
#include "common.h"

#include "base/parallel.h"
#include "ops/kernel_set.h"
#include "wengert/op.h"
#include "wengert/system.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { ISAS = 3, IN_CACHE = 32768, FROM_MEMORY = 1 << 24, PROBE = 1024, MOST_THREADS = 2 };
enum { X, Z, Y, DY, INPUTS, OUT = INPUTS, ARRAYS };

struct arrays {
    int64_t n;
    float *at[ARRAYS];
};

struct work {
    const struct wg_kernel_row *row;
    struct arrays *on;
    double slots[WG_MAX_ATTRIBUTES * WG_LIST_SLOTS];
    int64_t copied; /* floats that a copy of as many bytes copies */
};

static void value_of(int64_t begin, int64_t end, const void *context) {
    const struct work *w = context;
    float *const *at = w->on->at;
    const struct wg_grid grid = {.rows = 1, .columns = end - begin, .x_column = 1, .z_column = 1};
    if (w->row->map1)
        w->row->map1(end - begin, at[OUT] + begin, at[X] + begin, w->slots);
    else
        w->row->map2(&grid, at[OUT] + begin, at[X] + begin, at[Z] + begin, w->slots);
}

static void gradient_of(int64_t begin, int64_t end, const void *context) {
    const struct work *w = context;
    float *const *at = w->on->at;
    const struct wg_grid grid = {.rows = 1, .columns = end - begin, .x_column = 1, .z_column = 1};
    if (w->row->map1)
        w->row->map1_gradient(end - begin, at[OUT] + begin, at[X] + begin, at[Y] + begin,
                              at[DY] + begin, w->slots);
    else
        w->row->map2_gradient[0](&grid, at[OUT] + begin, at[X] + begin, at[Z] + begin,
                                 at[Y] + begin, at[DY] + begin, w->slots);
}

/* Of room behind the arrays, the first half of so many bytes to the second. */
static void copy_of(int64_t begin, int64_t end, const void *context) {
    const struct work *w = context;
    float *const from = w->on->at[0] + ARRAYS * w->on->n;
    memcpy(from + w->copied + begin, from + begin, (size_t)(end - begin) * sizeof(float));
}

static void shared_out(int64_t n, wg_parallel_body *body, const struct work *w) {
    if (wg_threads() > 1)
        wg_parallel_split(n, body, w);
    else
        body(0, n, w);
}

static void value(void *context) {
    const struct work *w = context;
    shared_out(w->on->n, value_of, w);
}

static void gradient(void *context) {
    const struct work *w = context;
    shared_out(w->on->n, gradient_of, w);
}

static void copy(void *context) {
    const struct work *w = context;
    shared_out(w->copied, copy_of, w);
}

static const struct pass {
    const char *name;
    void (*run)(void *context);
    wg_parallel_body *body;
} passes[] = {{"value", value, value_of}, {"gradient", gradient, gradient_of}};

/* Input i of the op, drawn from where its checks draw. */
static void fill_input(const struct wg_op *op, int i, struct arrays *a, float *to) {
    struct wg_interval d = op->domain[i];
    if (d.min == 0 && d.max == 0) d = op->domain[0];
    if (d.min == 0 && d.max == 0) d = (struct wg_interval){-2, 2};
    bench_fill(a->n, to, 0, d.min, d.max);
}

static bool is_elementwise(const struct wg_op *op) {
    const struct wg_kernel_row *row = wg_kernel_row(wg_kernel_set(WG_F32), op);
    return row && (row->map1 || row->map2);
}

/* The op under the instruction set in force, and inputs that suit it. */
static struct work work_of(const struct wg_op *op, struct arrays *a) {
    struct work work = {.row = wg_kernel_row(wg_kernel_set(WG_F32), op), .on = a};
    work.copied = a->n;
    wg_op_defaults(op, work.slots);
    return work;
}

static void fill_arrays(const struct wg_op *op, struct arrays *a) {
    fill_input(op, 0, a, a->at[X]);
    fill_input(op, 1, a, a->at[Z]);
    bench_fill(a->n, a->at[DY], 0, -1, 1);
    struct arrays y = *a;
    y.at[OUT] = a->at[Y];
    const struct work work = work_of(op, &y);
    value_of(0, a->n, &work);
}

static struct arrays arrays_of(int64_t n) {
    struct arrays a = {.n = n};
    a.at[0] = aligned_alloc(64, (size_t)n * 2 * ARRAYS * sizeof(float));
    if (!a.at[0]) {
        fprintf(stderr, "bench: out of memory for %lld elements\n", (long long)n);
        exit(1);
    }
    for (int i = 1; i < ARRAYS; i++) a.at[i] = a.at[i - 1] + n;
    bench_fill(n * 2 * ARRAYS, a.at[0], 0, -1, 1);
    return a;
}

/* ---- In cache -------------------------------------------------------------------------------- */

/* One line: a column an instruction set, then the best set's share of memcpy. */
static void cached_row(const struct wg_op *op, const struct pass *pass, int sets,
                       struct work *work) {
    struct bench_job job[ISAS + 1] = {BENCH_JOB(copy, &work[0])};
    for (int i = 0; i < sets; i++) job[1 + i] = (struct bench_job)BENCH_JOB(pass->run, &work[i]);
    bench_time(1 + sets, job);
    const double n = (double)work[0].on->n;
    printf("%-22s %-8s", op->name, pass->name);
    for (int i = 0; i < sets; i++) printf("  %9.2f", n / job[1 + i].ns);
    printf("  %9.2f  %6.2f\n", n / job[0].ns, job[0].ns / job[sets].ns);
    fflush(stdout);
}

static void in_cache(void) {
    struct arrays a = arrays_of(IN_CACHE);
    printf("\nelementwise: f32, in cache (32,768 elements), one thread; G elements/s\n%-31s", "op");
    int sets = 0;
    for (; sets < ISAS && wg_isa_supported(sets); sets++) printf("  %9s", wg_isa_supported(sets));
    printf("  %9s  %6s\n", "memcpy", "ratio");
    for (int i = 0; wg_op_at(i); i++) {
        const struct wg_op *op = wg_op_at(i);
        struct work work[ISAS];
        if (!is_elementwise(op)) continue;
        for (int set = 0; set < sets; set++) {
            wg_set_isa(wg_isa_supported(set));
            work[set] = work_of(op, &a);
        }
        for (int pass = 0; pass < 2; pass++) {
            fill_arrays(op, &a);
            cached_row(op, &passes[pass], sets, work);
        }
    }
    free(a.at[0]);
}

/* ---- From memory ----------------------------------------------------------------------------- */

/* How many arrays a pass moves: the result, and each input whose change shows in it. */
static int moved(const struct wg_op *op, const struct pass *pass) {
    struct arrays a = arrays_of(PROBE);
    const struct work work = work_of(op, &a);
    float before[PROBE];
    int count = 1;
    fill_arrays(op, &a);
    pass->body(0, PROBE, &work);
    memcpy(before, a.at[OUT], sizeof before);
    for (int i = 0; i < INPUTS; i++) {
        float *const kept = a.at[i];
        float other[PROBE];
        for (int j = 0; j < PROBE; j++) other[j] = kept[PROBE - 1 - j];
        a.at[i] = other;
        pass->body(0, PROBE, &work);
        a.at[i] = kept;
        count += memcmp(before, a.at[OUT], sizeof before) != 0;
    }
    free(a.at[0]);
    return count;
}

static struct summary {
    double logarithms, least;
    int count, enough;
} summaries[MOST_THREADS];

static void memory_row(const struct wg_op *op, const struct pass *pass, struct arrays *a) {
    struct work work = work_of(op, a);
    const int arrays = moved(op, pass);
    work.copied = arrays * a->n / 2;
    printf("%-22s %-8s  %6d", op->name, pass->name, arrays);
    for (int threads = 1; threads <= MOST_THREADS; threads++) {
        struct bench_job job[] = {BENCH_JOB(copy, &work), BENCH_JOB(pass->run, &work)};
        job[0].threads = job[1].threads = threads;
        wg_set_threads(threads);
        bench_time(2, job);
        const double bytes = (double)arrays * (double)a->n * sizeof(float),
                     share = job[0].ns / job[1].ns;
        struct summary *s = &summaries[threads - 1];
        printf("   %8.1f %8.1f %6.2f", bytes / job[1].ns, bytes / job[0].ns, share);
        s->logarithms += log(share);
        s->enough += share >= 0.9;
        if (!s->count++ || share < s->least) s->least = share;
    }
    printf("\n");
    fflush(stdout);
}

static void from_memory(void) {
    struct arrays a = arrays_of(FROM_MEMORY);
    printf("\nelementwise: f32, from memory (16 Mi elements), %s; GB/s\n", wg_isa());
    printf("%-31s  %6s   %24s   %24s\n%-31s  %6s", "", "arrays", "1 thread", "2 threads", "op", "");
    for (int t = 0; t < MOST_THREADS; t++) printf("   %8s %8s %6s", "ours", "memcpy", "ratio");
    printf("\n");
    for (int i = 0; wg_op_at(i); i++) {
        const struct wg_op *op = wg_op_at(i);
        if (!is_elementwise(op)) continue;
        for (int pass = 0; pass < 2; pass++) {
            fill_arrays(op, &a);
            memory_row(op, &passes[pass], &a);
        }
    }
    wg_set_threads(1);
    for (int t = 0; t < MOST_THREADS; t++) {
        const struct summary *s = &summaries[t];
        printf("%d thread%s: %d of %d at 0.9 of a copy of as many bytes or more; geometric mean "
               "%.2f, least %.2f\n",
               t + 1, t ? "s" : "", s->enough, s->count, exp(s->logarithms / s->count), s->least);
    }
    free(a.at[0]);
}

int main(void) {
    const char *best = wg_isa();
    in_cache();
    wg_set_isa(best);
    from_memory();
    bench_check();
    return 0;
}
