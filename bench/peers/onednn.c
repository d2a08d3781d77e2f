/* oneDNN's primitives: eltwise, softmax and logsoftmax, forward and backward, in its C interface of
 * version 2. Where it can take the gradient from the output in place of the input, which is its
 * faster way, it does. */
#define _POSIX_C_SOURCE 200809L
#include "peers/peer.h"

#include <oneapi/dnnl/dnnl.h>
#include <string.h>

enum { MOST_WORKS = 512, MOST_ARGUMENTS = 4 };

static const struct algorithm {
    const char *name;
    float alpha, beta;
    dnnl_alg_kind_t forward;
    dnnl_alg_kind_t backward; /* from the output; 0: `forward`, from the input */
} algorithms[] = {
    {"abs", 0, 0, dnnl_eltwise_abs, 0},
    {"elu", 1, 0, dnnl_eltwise_elu, dnnl_eltwise_elu_use_dst_for_bwd},
    {"exp", 0, 0, dnnl_eltwise_exp, dnnl_eltwise_exp_use_dst_for_bwd},
    {"gelu", 0, 0, dnnl_eltwise_gelu_erf, 0},
    {"gelu(approximate=1)", 0, 0, dnnl_eltwise_gelu_tanh, 0},
    {"hard_silu", 0, 0, dnnl_eltwise_hardswish, 0},
    {"hard_tanh", -1, 1, dnnl_eltwise_clip_v2, dnnl_eltwise_clip_v2_use_dst_for_bwd},
    {"leaky_relu", 0.2f, 0, dnnl_eltwise_relu, dnnl_eltwise_relu_use_dst_for_bwd},
    {"linear", 1, 0, dnnl_eltwise_linear, 0},
    {"log", 0, 0, dnnl_eltwise_log, 0},
    {"log_sigmoid", 0, 0, dnnl_eltwise_logsigmoid, 0},
    {"mish", 0, 0, dnnl_eltwise_mish, 0},
    {"neg", -1, 0, dnnl_eltwise_linear, 0},
    {"relu", 0, 0, dnnl_eltwise_relu, dnnl_eltwise_relu_use_dst_for_bwd},
    {"relu6", 6, 0, dnnl_eltwise_bounded_relu, 0},
    {"sigmoid", 0, 0, dnnl_eltwise_logistic, dnnl_eltwise_logistic_use_dst_for_bwd},
    {"silu", 1, 0, dnnl_eltwise_swish, 0},
    {"softplus", 0, 0, dnnl_eltwise_soft_relu, 0},
    {"sqrt", 0, 0, dnnl_eltwise_sqrt, dnnl_eltwise_sqrt_use_dst_for_bwd},
    {"square", 0, 0, dnnl_eltwise_square, 0},
    {"tanh", 0, 0, dnnl_eltwise_tanh, dnnl_eltwise_tanh_use_dst_for_bwd},
};

struct work {
    dnnl_stream_t stream;
    dnnl_primitive_t primitive;
    dnnl_exec_arg_t argument[MOST_ARGUMENTS];
    int arguments;
};

static struct onednn {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    int works;
    struct work work[MOST_WORKS];
    char version[64];
} onednn;

static void check(dnnl_status_t status, const char *what) {
    if (status == dnnl_success) return;
    fprintf(stderr, "bench: oneDNN: %s failed with status %d\n", what, (int)status);
    exit(1);
}

static void run(void *context) {
    struct work *w = context;
    check(dnnl_primitive_execute(w->primitive, w->stream, w->arguments, w->argument), "executing");
}

/* Another argument: memory of its own, filled. */
static void add_argument(struct work *w, int role, const dnnl_memory_desc_t *layout, double least,
                         double most) {
    dnnl_memory_t memory;
    void *data;
    check(dnnl_memory_create(&memory, layout, onednn.engine, DNNL_MEMORY_ALLOCATE), "allocating");
    check(dnnl_memory_get_data_handle(memory, &data), "finding memory");
    bench_fill((int64_t)(dnnl_memory_desc_get_size(layout) / sizeof(float)), data, 0, least, most);
    w->argument[w->arguments++] = (dnnl_exec_arg_t){role, memory};
}

/* The descriptors that the question wants: `op` of the pass asked for, after that of its forward
 * pass. */
union description {
    dnnl_eltwise_desc_t eltwise;
    dnnl_softmax_v2_desc_t softmax;
};

static const struct algorithm *find_algorithm(const char *name) {
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++) {
        if (strcmp(algorithms[i].name, name) == 0) return &algorithms[i];
    }
    return NULL;
}

static bool describe_eltwise(const struct algorithm *a, bool gradient,
                             const dnnl_memory_desc_t *layout, union description *to) {
    const dnnl_alg_kind_t kind = gradient && a->backward ? a->backward : a->forward;
    return gradient ? dnnl_eltwise_backward_desc_init(&to->eltwise, kind, layout, layout, a->alpha,
                                                      a->beta) == dnnl_success
                    : dnnl_eltwise_forward_desc_init(&to->eltwise, dnnl_forward_training, kind,
                                                     layout, a->alpha, a->beta) == dnnl_success;
}

static bool describe_softmax(dnnl_alg_kind_t kind, bool gradient, const dnnl_memory_desc_t *layout,
                             union description *to) {
    return gradient ? dnnl_softmax_v2_backward_desc_init(&to->softmax, kind, layout, layout, layout,
                                                         1) == dnnl_success
                    : dnnl_softmax_v2_forward_desc_init(&to->softmax, dnnl_forward_training, kind,
                                                        layout, layout, 1) == dnnl_success;
}

/* Makes w->primitive; which of input and output the gradient is taken from, in `source`. */
static bool make_primitive(const struct bench_question *q, const dnnl_memory_desc_t *layout,
                           struct work *w, int *source) {
    const struct algorithm *a = find_algorithm(q->name);
    const dnnl_alg_kind_t rows = strcmp(q->name, "softmax") == 0       ? dnnl_softmax_accurate
                                 : strcmp(q->name, "log_softmax") == 0 ? dnnl_softmax_log
                                                                       : dnnl_alg_kind_undef;
    dnnl_primitive_desc_t made[2] = {NULL, NULL};
    if (!a && rows == dnnl_alg_kind_undef) return false;
    bool done = true;
    for (int pass = 0; pass <= (q->gradient ? 1 : 0) && done; pass++) {
        union description description;
        done = a ? describe_eltwise(a, pass, layout, &description)
                 : describe_softmax(rows, pass, layout, &description);
        done = done && dnnl_primitive_desc_create(&made[pass], &description, NULL, onednn.engine,
                                                  made[0]) == dnnl_success;
    }
    *source = a && !a->backward ? DNNL_ARG_SRC : DNNL_ARG_DST;
    done = done && dnnl_primitive_create(&w->primitive, made[q->gradient]) == dnnl_success;
    for (int pass = 0; pass < 2; pass++) {
        if (made[pass]) dnnl_primitive_desc_destroy(made[pass]);
    }
    return done;
}

static bool prepare(struct bench_peer *peer, const struct bench_question *q,
                    struct bench_job *job) {
    (void)peer;
    if (onednn.works == MOST_WORKS) return false;
    struct work *w = &onednn.work[onednn.works];
    *w = (struct work){.stream = onednn.stream};
    dnnl_memory_desc_t layout;
    const dnnl_dims_t dim = {q->rows, q->columns};
    int source;
    check(dnnl_memory_desc_init_by_tag(&layout, 2, dim, dnnl_f32, dnnl_ab), "describing memory");
    if (!make_primitive(q, &layout, w, &source)) return false;
    onednn.works++;
    if (q->gradient) {
        add_argument(w, source, &layout, q->least, q->most);
        add_argument(w, DNNL_ARG_DIFF_DST, &layout, -1, 1);
        add_argument(w, DNNL_ARG_DIFF_SRC, &layout, 0, 0);
    } else {
        add_argument(w, DNNL_ARG_SRC, &layout, q->least, q->most);
        add_argument(w, DNNL_ARG_DST, &layout, 0, 0);
    }
    *job = (struct bench_job)BENCH_JOB(run, w);
    return true;
}

static void close_all(struct bench_peer *peer) {
    (void)peer;
    for (int i = 0; i < onednn.works; i++) {
        struct work *w = &onednn.work[i];
        dnnl_primitive_destroy(w->primitive);
        for (int j = 0; j < w->arguments; j++) dnnl_memory_destroy(w->argument[j].memory);
    }
    dnnl_stream_destroy(onednn.stream);
    dnnl_engine_destroy(onednn.engine);
}

struct bench_peer bench_onednn(void) {
    const dnnl_version_t *v = dnnl_version();
    check(dnnl_engine_create(&onednn.engine, dnnl_cpu, 0), "making an engine");
    check(dnnl_stream_create(&onednn.stream, onednn.engine, dnnl_stream_default_flags),
          "making a stream");
    snprintf(onednn.version, sizeof onednn.version, "oneDNN %d.%d.%d", v->major, v->minor,
             v->patch);
    return (struct bench_peer){.name = "oneDNN",
                               .version = onednn.version,
                               .present = true,
                               .prepare = prepare,
                               .close = close_all};
}
