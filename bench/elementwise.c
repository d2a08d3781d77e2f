/* Throughput of every elementwise op's kernels beside memcpy, for each instruction set.
 *
 * The kernels are called as the tape calls them, on one thread: the value from x (and z), and the
 * gradient of the first input from x (and z), y and dy. In cache: 32,768 floats an array. From
 * memory: 16 Mi floats. memcpy of as many floats runs in turn with them; it moves two arrays, a
 * gradient up to five.
 */
#define _POSIX_C_SOURCE 200809L
#include "common.h"

#include "ops/kernel_set.h"
#include "wengert/op.h"
#include "wengert/system.h"

#include <string.h>

enum { ISAS = 3, ARRAYS = 5 };

struct arrays {
    int64_t n;
    float *x, *z, *y, *dy, *out;
};

struct work {
    const struct wg_kernel_row *row;
    struct arrays *on;
    double slots[WG_MAX_ATTRIBUTES * WG_LIST_SLOTS];
};

static struct wg_grid grid_of(const struct work *w) {
    return (struct wg_grid){.rows = 1, .columns = w->on->n, .x_column = 1, .z_column = 1};
}

static void value(void *context) {
    const struct work *w = context;
    const struct arrays *a = w->on;
    const struct wg_grid grid = grid_of(w);
    if (w->row->map1)
        w->row->map1(a->n, a->y, a->x, w->slots);
    else
        w->row->map2(&grid, a->y, a->x, a->z, w->slots);
}

static void gradient(void *context) {
    const struct work *w = context;
    const struct arrays *a = w->on;
    const struct wg_grid grid = grid_of(w);
    if (w->row->map1)
        w->row->map1_gradient(a->n, a->out, a->x, a->y, a->dy, w->slots);
    else
        w->row->map2_gradient[0](&grid, a->out, a->x, a->z, a->y, a->dy, w->slots);
}

static void copy(void *context) {
    const struct work *w = context;
    memcpy(w->on->out, w->on->x, (size_t)w->on->n * sizeof(float));
}

/* Input i of the op, drawn from where its checks draw. */
static void fill_input(const struct wg_op *op, int i, const struct arrays *a, float *to) {
    struct wg_interval d = op->domain[i];
    if (d.min == 0 && d.max == 0) d = op->domain[0];
    if (d.min == 0 && d.max == 0) d = (struct wg_interval){-2, 2};
    bench_fill(a->n, to, 0, d.min, d.max);
}

/* One line: a column an instruction set, then the best set's share of memcpy. */
static void row_of(const struct wg_op *op, const char *pass, void (*run)(void *), int sets,
                   struct work *work) {
    struct bench_job job[ISAS + 1] = {BENCH_JOB(copy, &work[0])};
    for (int i = 0; i < sets; i++) job[1 + i] = (struct bench_job)BENCH_JOB(run, &work[i]);
    bench_time(1 + sets, job);
    const double n = (double)work[0].on->n;
    printf("%-22s %-8s", op->name, pass);
    for (int i = 0; i < sets; i++) printf("  %9.2f", n / job[1 + i].ns);
    printf("  %9.2f  %6.2f\n", n / job[0].ns, job[0].ns / job[sets].ns);
    fflush(stdout);
}

static void table(const char *title, struct arrays *a) {
    printf("\nelementwise: f32, %s, one thread; G elements/s\n%-31s", title, "op");
    int sets = 0;
    for (; sets < ISAS && wg_isa_supported(sets); sets++) printf("  %9s", wg_isa_supported(sets));
    printf("  %9s  %6s\n", "memcpy", "ratio");
    for (int i = 0; wg_op_at(i); i++) {
        const struct wg_op *op = wg_op_at(i);
        struct work work[ISAS];
        memset(work, 0, sizeof work);
        for (int set = 0; set < sets; set++) {
            wg_set_isa(wg_isa_supported(set));
            work[set].row = wg_kernel_row(wg_kernel_set(WG_F32), op);
            work[set].on = a;
            wg_op_defaults(op, work[set].slots);
        }
        if (!work[0].row || (!work[0].row->map1 && !work[0].row->map2)) continue;
        fill_input(op, 0, a, a->x);
        fill_input(op, 1, a, a->z);
        row_of(op, "value", value, sets, work);
        row_of(op, "gradient", gradient, sets, work);
    }
}

int main(void) {
    static const struct {
        const char *title;
        int64_t n;
    } sizes[] = {{"in cache (32,768 elements)", 32768},
                 {"from memory (16 Mi elements)", INT64_C(1) << 24}};
    for (int i = 0; i < 2; i++) {
        struct arrays a = {.n = sizes[i].n};
        float **const all[ARRAYS] = {&a.x, &a.z, &a.y, &a.dy, &a.out};
        for (int j = 0; j < ARRAYS; j++) {
            *all[j] = aligned_alloc(64, (size_t)a.n * sizeof(float));
            if (!*all[j]) {
                fprintf(stderr, "bench: out of memory for %lld elements\n", (long long)a.n);
                return 1;
            }
            bench_fill(a.n, *all[j], 0, -1, 1);
        }
        table(sizes[i].title, &a);
        for (int j = 0; j < ARRAYS; j++) free(*all[j]);
    }
    return 0;
}
