/* Throughput of every elementwise op of one input, and of softmax and log_softmax, beside memcpy
 * and the peers: oneDNN where it was found, and PyTorch where it is installed.
 *
 *     bench_activations [DIRECTORY]     of peers' virtual environments
 *
 * 32,768 floats, one thread, the best instruction set; value and gradient as the tape calls them,
 * into memory that is there. A peer's call costs time of its own, whatever the kernel: "net" is
 * without it, measured on one element (one row). All jobs of a line take turns.
 */
#define _POSIX_C_SOURCE 200809L
#include "peers/peer.h"
#include "peers/process.h"

#include "base/arena.h"
#include "ops/call.h"
#include "wengert/op.h"
#include "wengert/system.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

enum { ELEMENTS = 32768, PEERS = 2, JOBS = 2 + 2 * PEERS, NAME = 64 };

/* An op bound to its arrays. */
struct subject {
    struct wg_call call;
    struct wg_tensor x, y;
    const struct wg_tensor *inputs[1];
    double slots[WG_MAX_ATTRIBUTES * WG_LIST_SLOTS];
    float *dy, *dx, *scratch;
    struct wg_arena arena;
};

static void value(void *context) {
    struct subject *s = context;
    wg_call_forward(&s->call, s->scratch);
}

static void gradient(void *context) {
    struct subject *s = context;
    wg_call_gradient(&s->call, s->dy, (void *[]){s->dx}, s->scratch);
}

static void copy(void *context) {
    const struct subject *s = context;
    memcpy(s->dx, s->x.data, ELEMENTS * sizeof(float));
}

static float *floats(int64_t n, double least, double most) {
    float *made = wg_aligned_zeros((size_t)(n + 1) * sizeof(float));
    bench_check();
    bench_fill(n, made, 0, least, most);
    return made;
}

static void bind(struct subject *s, const struct wg_op *op, const struct bench_question *q) {
    const struct wg_shape shape = WG_SHAPE(q->rows, q->columns);
    s->x = s->y = (struct wg_tensor){.size = ELEMENTS, .dtype = WG_F32, .shape = shape};
    s->x.size = s->y.size = q->rows * q->columns;
    s->x.data = floats(s->x.size, q->least, q->most);
    s->y.data = floats(s->x.size, 0, 0);
    s->dy = floats(s->x.size, -1, 1);
    s->dx = floats(s->x.size, 0, 0);
    s->inputs[0] = &s->x;
    wg_arena_init(&s->arena, 1 << 16);
    s->call.op = op;
    s->call.set = wg_kernel_set(WG_F32);
    s->call.args = (struct wg_args){.x = s->inputs, .inputs = 1, .attributes = s->slots};
    enum wg_dtype dtype = WG_F32;
    struct wg_shape result;
    wg_call_check(&s->call, &result, &dtype);
    bench_check();
    s->call.args.y = &s->y;
    wg_call_prepare(&s->call, dtype, &s->arena);
    bench_check();
    s->scratch = floats(wg_call_scratch(&s->call), 0, 0);
    value(s); /* gradients are taken at y too */
}

static void unbind(struct subject *s) {
    free(s->x.data);
    free(s->y.data);
    free(s->dy);
    free(s->dx);
    free(s->scratch);
    wg_arena_free(&s->arena);
}

/* A peer's figures, G elements/s: as called, and without the cost of a call. 0: no such op. */
struct figure {
    double called, net;
};

static void print_figure(double figure) {
    if (figure > 0)
        printf("  %6.2f", figure);
    else
        printf("  %6s", "-");
}

/* Ours over the best peer, over all lines. */
static struct summary {
    double logarithms, least;
    int count, as_fast;
    char of[NAME + 16]; /* the least */
} called, net;

static void add_to(struct summary *s, double ratio, const char *name, const char *pass) {
    if (!(ratio > 0)) return;
    if (!s->count || ratio < s->least) {
        s->least = ratio;
        snprintf(s->of, sizeof s->of, "%s, %s", name, pass);
    }
    s->logarithms += log(ratio);
    s->as_fast += ratio >= 1;
    s->count++;
}

static void print_summary(const char *what, const struct summary *s) {
    if (s->count)
        printf("ours over the best peer, %s: geometric mean %.2f, least %.2f (%s); %d of %d at "
               "least as fast\n",
               what, exp(s->logarithms / s->count), s->least, s->of, s->as_fast, s->count);
}

static void line_of(const struct wg_op *op, const double *slots, struct bench_question q,
                    struct bench_peer *peers) {
    struct subject subject = {0};
    struct bench_job job[JOBS];
    int full[PEERS] = {0}, jobs = 2;
    memcpy(subject.slots, slots, sizeof subject.slots);
    bind(&subject, op, &q);
    job[0] = (struct bench_job)BENCH_JOB(copy, &subject);
    job[1] = (struct bench_job)BENCH_JOB(q.gradient ? gradient : value, &subject);
    for (int i = 0; i < PEERS; i++) {
        struct bench_question one = q;
        one.rows = 1;
        if (q.rows == 1) one.columns = 1;
        if (!peers[i].present || !peers[i].prepare(&peers[i], &q, &job[jobs])) continue;
        if (!peers[i].prepare(&peers[i], &one, &job[jobs + 1])) continue;
        full[i] = jobs;
        jobs += 2;
    }
    bench_time(jobs, job);
    const double n = (double)(q.rows * q.columns);
    const double ours = n / job[1].ns;
    struct figure best = {0, 0};
    char name[NAME];
    snprintf(name, sizeof name, q.rows == 1 ? "%s" : "%s %lldx%lld", q.name, (long long)q.rows,
             (long long)q.columns);
    printf("%-21s %-8s  %6.2f  %6.2f", name, q.gradient ? "gradient" : "value", ours,
           job[0].ns / job[1].ns);
    for (int i = 0; i < PEERS; i++) {
        const double whole = full[i] ? job[full[i]].ns : 0,
                     call = full[i] ? job[full[i] + 1].ns : 0;
        const struct figure f = {full[i] ? n / whole : 0,
                                 full[i] && whole > call ? n / (whole - call) : 0};
        print_figure(f.called);
        print_figure(f.net);
        if (f.called > best.called) best.called = f.called;
        if (f.net > best.net) best.net = f.net;
    }
    const double ratio = best.called > 0 ? ours / best.called : 0,
                 net_ratio = best.net > 0 ? ours / best.net : 0;
    print_figure(ratio);
    print_figure(net_ratio);
    printf("\n");
    add_to(&called, ratio, name, q.gradient ? "gradient" : "value");
    add_to(&net, net_ratio, name, q.gradient ? "gradient" : "value");
    fflush(stdout);
    unbind(&subject);
}

/* Value and gradient of an op, with its defaults and with each of its flags set. */
static void lines_of(const struct wg_op *op, int64_t rows, struct bench_peer *peers) {
    double slots[WG_MAX_ATTRIBUTES * WG_LIST_SLOTS];
    struct wg_interval d = op->domain[0];
    if (d.min == 0 && d.max == 0) d = (struct wg_interval){-2, 2};
    for (int flag = -1; flag < wg_op_attribute_count(op); flag++) {
        char name[NAME];
        if (flag >= 0 && op->attributes[flag].kind != WG_FLAG) continue;
        wg_op_defaults(op, slots);
        snprintf(name, sizeof name, flag < 0 ? "%s" : "%s(%s=1)", op->name,
                 flag < 0 ? "" : op->attributes[flag].name);
        if (flag >= 0 && wg_op_set(op, slots, op->attributes[flag].name, "1") != WG_OK) continue;
        struct bench_question q = {name, false, rows, ELEMENTS / rows, d.min, d.max};
        line_of(op, slots, q, peers);
        q.gradient = true;
        line_of(op, slots, q, peers);
    }
}

int main(int count, char **words) {
    /* OpenMP, under oneDNN, reads this before main does. */
    const char *threads = getenv("OMP_NUM_THREADS");
    if (!threads || strcmp(threads, "1") != 0) {
        setenv("OMP_NUM_THREADS", "1", 1);
        execv("/proc/self/exe", words);
    }
    wg_set_threads(1);
    char python[1024];
    const bool has_torch = count > 1 && bench_python(python, sizeof python, words[1], "torch");
    struct bench_peer peers[PEERS] = {
        bench_onednn(), bench_torch(has_torch ? python : NULL, BENCH_PEERS "/torch_peer.py")};
    printf("\nactivations: f32, 32,768 elements, one thread, %s; G elements/s\n", wg_isa());
    for (int i = 0; i < PEERS; i++) printf("%s\n", peers[i].version);
    printf("%48s%16s%16s%16s\n", "", "oneDNN", "PyTorch", "ours / best");
    printf("%-21s %-8s  %6s  %6s", "op", "", "ours", "memcpy");
    for (int i = 0; i <= PEERS; i++) printf("  %6s  %6s", "called", "net");
    printf("\n");
    for (int i = 0; wg_op_at(i); i++) {
        const struct wg_op *op = wg_op_at(i);
        int inputs;
        wg_op_input_count(op, &inputs);
        if (op->structure != WG_GENERAL && inputs == 1) {
            const struct wg_kernel_row *row = wg_kernel_row(wg_kernel_set(WG_F32), op);
            if (row && row->map1) lines_of(op, 1, peers);
        }
    }
    static const int64_t rows[] = {32, 256, 2048};
    for (int i = 0; i < 3; i++) {
        lines_of(wg_find_op("softmax"), rows[i], peers);
        lines_of(wg_find_op("log_softmax"), rows[i], peers);
    }
    print_summary("as called", &called);
    print_summary("net", &net);
    for (int i = 0; i < PEERS; i++) {
        if (peers[i].close) peers[i].close(&peers[i]);
    }
    return 0;
}
