/* What the tape costs: a training step of networks so small that the arithmetic hardly counts.
 *
 * A step is zeroed gradients, forward, backward and SGD of
 *     loss = mse(tanh(x W1 + b1) W2 + b2, target)
 * which is 6 op nodes (matmul, add, tanh, matmul, add, mse). Replayed: wg_forward over the tape as
 * it was recorded once. Recorded: rewound and recorded anew each step, leaves included. The parts
 * of the replayed step are timed alone as well, each in a loop of its own; "ns a node" is the whole
 * step over the 6 op nodes.
 */
#define _POSIX_C_SOURCE 200809L
#include "common.h"

#include "wengert/wengert.h"

enum { OPS = 6 };

struct network {
    int64_t in, hidden, out, batch;
    wg_tape *tape;
    wg_params *params;
    wg_optimizer *optimizer;
    struct wg_mark start;
    wg_var loss;
    float x[64], target[64];
};

static void record(struct network *n) {
    wg_tape *tape = n->tape;
    wg_var p[4];
    for (int i = 0; i < 4; i++) p[i] = wg_parameter(tape, n->params, i);
    const wg_var x = wg_input(tape, WG_F32, WG_SHAPE(n->batch, n->in), n->x);
    const wg_var target = wg_input(tape, WG_F32, WG_SHAPE(n->batch, n->out), n->target);
    const wg_var hidden = wg_tanh(wg_add(wg_matmul(x, p[0]), p[1]));
    n->loss = wg_mean_squared_error(wg_add(wg_matmul(hidden, p[2]), p[3]), target);
}

static void make(struct network *n) {
    n->params = wg_params_new(WG_F32);
    wg_params_add(n->params, "W1", WG_SHAPE(n->in, n->hidden));
    wg_params_add(n->params, "b1", WG_SHAPE(n->hidden));
    wg_params_add(n->params, "W2", WG_SHAPE(n->hidden, n->out));
    wg_params_add(n->params, "b2", WG_SHAPE(n->out));
    wg_param_glorot_uniform(n->params, 0, 1);
    wg_param_glorot_uniform(n->params, 2, 1);
    n->optimizer = wg_sgd(n->params, .learning_rate = 1e-3);
    bench_fill(64, n->x, 0, -1, 1);
    bench_fill(64, n->target, 0, -1, 1);
    n->tape = wg_tape_new();
    bench_check();
    n->start = wg_tape_mark(n->tape);
    record(n);
}

static void forward(void *context) {
    const struct network *n = context;
    wg_forward(n->tape);
}

static void backward(void *context) {
    const struct network *n = context;
    wg_zero_gradients(n->params);
    wg_backward(n->loss);
}

static void update(void *context) {
    const struct network *n = context;
    wg_optimizer_step(n->optimizer);
}

static void replayed_step(void *context) {
    forward(context);
    backward(context);
    update(context);
}

static void recorded_step(void *context) {
    struct network *n = context;
    wg_tape_rewind(n->tape, n->start);
    record(n);
    backward(context);
    update(context);
}

int main(void) {
    static const int64_t sizes[][4] = {
        {2, 8, 1, 4}, {2, 8, 1, 16}, {4, 16, 3, 4}, {4, 16, 3, 16}}; /* in, hidden, out, batch */
    printf("tape: f32, %s; a training step, ns\n", wg_isa());
    printf("                  replayed                               recorded\n");
    printf("network  batch     step  a node  forward backward    SGD      step  a node   ratio\n");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const int64_t *size = sizes[i];
        struct network network = {
            .in = size[0], .hidden = size[1], .out = size[2], .batch = size[3]};
        struct network *n = &network;
        make(n);
        struct bench_job job[] = {BENCH_JOB(replayed_step, n), BENCH_JOB(forward, n),
                                  BENCH_JOB(backward, n), BENCH_JOB(update, n),
                                  BENCH_JOB(recorded_step, n)};
        bench_time(5, job);
        char name[32];
        snprintf(name, sizeof name, "%d-%d-%d", (int)n->in, (int)n->hidden, (int)n->out);
        printf("%-7s  %5d  %7.0f %7.1f  %7.0f  %7.0f %6.0f  %8.0f %7.1f  %6.2f\n", name,
               (int)n->batch, job[0].ns, job[0].ns / OPS, job[1].ns, job[2].ns, job[3].ns,
               job[4].ns, job[4].ns / OPS, job[4].ns / job[0].ns);
        fflush(stdout);
        wg_tape_free(n->tape);
        wg_optimizer_free(n->optimizer);
        wg_params_free(n->params);
    }
    return 0;
}
