/* The matrix product beside OpenBLAS, MKL through PyTorch, and the machine's peak of fused
 * multiply-adds.
 *
 *     bench_matmul [DIRECTORY]     of peers' virtual environments
 *
 * Ours is a node of a tape, replayed. The peak is a loop of independent FMAs on registers, with the
 * widest vectors of the instruction set, one thread; two threads' share is of twice that. All take
 * turns. Time is the processes' own for one thread, else the wall clock's. A product of (m, k) and
 * (k, n) counts 2 m n k operations; n and t say whether its factors are stored as they are or
 * transposed.
 */
#define _POSIX_C_SOURCE 200809L
#include "common.h"
#include "peak.h"
#include "peers/blas.h"
#include "peers/process.h"

#include "wengert/wengert.h"

#include <math.h>
#include <string.h>

#define LONGEST_NS 1e9 /* plainer instruction sets leave out larger products than take so long */

enum { OURS, BLAS, MKL, SIDES, MOST_THREADS = 2, PATH = 1024 };

struct shape {
    int64_t m, k, n;
    bool transpose_x, transpose_z;
    const char *what;
};

static const int64_t sizes[] = {32, 64, 128, 256, 512, 1024, 2048};
enum { SIZES = sizeof sizes / sizeof *sizes };

/* What a dense layer of (batch, in) to out computes in a step. */
#define LAYER(name, batch, in, out)                                                                \
    {batch, in, out, false, false, name " x W"}, {in, batch, out, true, false, name " x' dy"}, {   \
        batch, out, in, false, true, name " dy W'"                                                 \
    }

static const struct shape layers[] = {LAYER("MLP", 64, 784, 128),   LAYER("MLP", 64, 128, 10),
                                      LAYER("MLP", 128, 784, 512),  LAYER("MLP", 128, 512, 10),
                                      LAYER("MLP", 500, 784, 500),  LAYER("MLP", 500, 500, 10),
                                      LAYER("GPT", 1024, 128, 128), LAYER("GPT", 1024, 128, 512),
                                      LAYER("GPT", 1024, 512, 128), LAYER("GPT", 1024, 128, 65)};
enum { LAYERS = sizeof layers / sizeof *layers };

/* One product on every side. */
struct contest {
    wg_tape *tape;
    struct bench_product product;
    int threads;
};

static bool present[SIDES] = {true, false, false};
static struct bench_process torch;

/* The ratios of ours to the best peer, by threads and dtype. */
static struct summary {
    double logarithms, least;
    int count;
} summaries[MOST_THREADS][2];

static double ours(void *context, int64_t runs) {
    const struct contest *c = context;
    wg_set_threads(c->threads);
    const double start = bench_clock(c->threads);
    for (int64_t i = 0; i < runs; i++) wg_forward(c->tape);
    return bench_clock(c->threads) - start;
}

static double openblas(void *context, int64_t runs) {
    const struct contest *c = context;
    bench_blas_threads(c->threads);
    const double start = bench_clock(c->threads);
    for (int64_t i = 0; i < runs; i++) bench_blas_product(&c->product);
    return bench_clock(c->threads) - start;
}

static double mkl(void *context, int64_t runs) {
    const struct contest *c = context;
    fprintf(torch.to, "time 0 %lld %d\n", (long long)runs, c->threads);
    if (bench_process_answer(&torch)) return strtod(torch.line, NULL);
    fprintf(stderr, "bench: PyTorch's process ended\n");
    exit(1);
}

static wg_var operand(wg_tape *tape, enum wg_dtype dtype, int64_t rows, int64_t columns,
                      int transposed) {
    const struct wg_shape shape = transposed ? WG_SHAPE(columns, rows) : WG_SHAPE(rows, columns);
    const wg_var x = wg_input(tape, dtype, shape, NULL);
    bench_check();
    bench_fill(rows * columns, wg_value(x).data, dtype == WG_F64, -1, 1);
    return x;
}

/* The tape's product; y is where OpenBLAS's goes. */
static struct contest make(const struct shape *s, enum wg_dtype dtype, void *y) {
    struct contest c = {.tape = wg_tape_new()};
    const wg_var x = operand(c.tape, dtype, s->m, s->k, s->transpose_x);
    const wg_var z = operand(c.tape, dtype, s->k, s->n, s->transpose_z);
    wg_matmul_transposed(x, s->transpose_x, z, s->transpose_z);
    bench_check();
    c.product = (struct bench_product){.m = s->m,
                                       .k = s->k,
                                       .n = s->n,
                                       .transpose_x = s->transpose_x,
                                       .transpose_z = s->transpose_z,
                                       .is_double = dtype == WG_F64,
                                       .x = wg_value(x).data,
                                       .z = wg_value(z).data,
                                       .y = y};
    if (!present[MKL]) return c;
    fprintf(torch.to, "prepare %lld %lld %lld %d %d %s\n", (long long)s->m, (long long)s->k,
            (long long)s->n, s->transpose_x, s->transpose_z, wg_dtype_name(dtype));
    present[MKL] = bench_process_answer(&torch);
    return c;
}

/* What one number of threads made of it: GFLOP/s of each side, and ours over the best peer's. */
static void print_side(const struct bench_job *job, const int *place, double work, double most,
                       struct summary *summary) {
    double best = 0;
    const double own = work / job[0].ns;
    printf(" %8.1f %4.0f%%", own, 100 * own / most);
    for (int side = BLAS; side < SIDES; side++) {
        const double rate = present[side] ? work / job[place[side]].ns : 0;
        if (rate > best) best = rate;
        if (present[side])
            printf(" %8.1f", rate);
        else
            printf(" %8s", "-");
    }
    if (best <= 0) {
        printf(" %6s ", "-");
        return;
    }
    printf(" %6.2f ", own / best);
    summary->logarithms += log(own / best);
    if (!summary->count++ || own / best < summary->least) summary->least = own / best;
}

/* One line; returns nanoseconds of our product on one thread. */
static double row_of(const struct shape *s, enum wg_dtype dtype, const struct bench_peak *peak) {
    static double (*const measures[SIDES])(void *, int64_t) = {ours, openblas, mkl};
    enum { LINE = 64 }; /* aligned as ours is */
    const size_t size = (size_t)(s->m * s->n) * wg_dtype_size(dtype);
    void *y = aligned_alloc(LINE, (size + LINE - 1) / LINE * LINE);
    if (!y) exit(1);
    struct contest c = make(s, dtype, y);
    const double work = 2.0 * (double)s->m * (double)s->n * (double)s->k;
    double alive = 0, most = 0, taken = 0;
    char name[48];
    snprintf(name, sizeof name, "(%lld, %lld) (%lld, %lld)", (long long)s->m, (long long)s->k,
             (long long)s->k, (long long)s->n);
    printf("%-26s %c%c %-10s %-4s", name, s->transpose_x ? 't' : 'n', s->transpose_z ? 't' : 'n',
           s->what, wg_dtype_name(dtype));
    for (c.threads = 1; c.threads <= MOST_THREADS; c.threads++) {
        struct bench_job job[SIDES + 1];
        int place[SIDES], jobs = 0;
        for (int side = 0; side < SIDES; side++) {
            place[side] = jobs;
            if (!present[side]) continue;
            job[jobs++] =
                (struct bench_job){.measure = measures[side], .context = &c, .threads = c.threads};
        }
        job[jobs] = (struct bench_job)BENCH_JOB(peak->run[dtype == WG_F64], &alive);
        bench_time(c.threads == 1 ? jobs + 1 : jobs, job);
        if (c.threads == 1) most = bench_peak_work(peak, dtype == WG_F64) / job[jobs].ns;
        if (c.threads == 1) taken = job[0].ns;
        print_side(job, place, work, c.threads * most, &summaries[c.threads - 1][dtype == WG_F64]);
    }
    printf(" %7.1f\n", most);
    fflush(stdout);
    wg_set_threads(1);
    wg_tape_free(c.tape);
    free(y);
    return taken;
}

static void heading(const char *isa) {
    printf(
        "\nmatrix product: %s; GFLOP/s, the share of the FMA peak, and ours over the best peer\n",
        isa);
    printf("%-45s %-38s  %-38s\n", "", "1 thread", "2 threads");
    printf("%-45s", "shapes");
    for (int i = 0; i < MOST_THREADS; i++)
        printf(" %8s  peak %8s %8s %6s ", "ours", "OpenBLAS", "MKL", "ratio");
    printf(" %7s\n", "peak");
}

/* Everything, beside the peers. */
static void all_of(const struct bench_peak *peak) {
    heading(peak->isa);
    for (int dtype = WG_F32; dtype <= WG_F64; dtype++)
        for (int i = 0; i < SIZES; i++)
            for (int form = 0; form < 4; form++)
                row_of(&(struct shape){sizes[i], sizes[i], sizes[i], form & 1, form >> 1, ""},
                       (enum wg_dtype)dtype, peak);
    for (int i = 0; i < LAYERS; i++) row_of(&layers[i], WG_F32, peak);
    for (int t = 0; t < MOST_THREADS; t++)
        for (int d = 0; d < 2; d++)
            if (summaries[t][d].count)
                printf("%s, %d thread%s: %d products, ours over the best peer: geometric mean "
                       "%.2f, least %.2f\n",
                       d ? "f64" : "f32", t + 1, t ? "s" : "", summaries[t][d].count,
                       exp(summaries[t][d].logarithms / summaries[t][d].count),
                       summaries[t][d].least);
}

static void find_peers(const char *directory) {
    const char *version;
    char python[PATH];
    present[BLAS] = bench_blas_load(&version);
    printf("%s\n", version);
    const char *const command[] = {python, BENCH_PEERS "/torch_matmul.py", NULL};
    if (directory && bench_python(python, sizeof python, directory, "torch"))
        present[MKL] = bench_process_start(&torch, command, NULL);
    printf("%s\n", present[MKL] ? torch.line : "PyTorch with MKL: left out: not installed");
}

int main(int count, char **argument) {
    find_peers(count > 1 ? argument[1] : NULL);
    const char *best = wg_isa();
    const struct bench_peak *peak = bench_peak_of(best);
    if (peak) all_of(peak);
    for (int side = BLAS; side < SIDES; side++) present[side] = false;
    for (peak = bench_peaks; peak->isa; peak++) { /* the plainer ones, alone */
        if (strcmp(peak->isa, best) == 0) continue;
        if (wg_set_isa(peak->isa) != WG_OK) { /* this CPU lacks it */
            wg_clear_error();
            continue;
        }
        heading(peak->isa);
        double taken = 0; /* the next size takes eight times as long, if not more */
        for (int i = 0; i < SIZES && taken < LONGEST_NS / 8; i++)
            taken = row_of(&(struct shape){sizes[i], sizes[i], sizes[i], false, false, ""}, WG_F32,
                           peak);
    }
    if (torch.process) bench_process_end(&torch);
    return 0;
}
