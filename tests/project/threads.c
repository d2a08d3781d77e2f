/* Tapes, parameter sets and errors of different threads do not meet: each of THREADS threads builds
 * its own and must get what a single thread gets, while all of them look ops up and one registers
 * more. Meant for the thread sanitizer too. */
#define _POSIX_C_SOURCE 200809L
#include "wengert/wengert.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define THREADS 4
#define STEPS 50
#define REGISTERED 16

static wg_var loss_of(wg_tape *tape, wg_params *params) {
    static const float x[] = {0.5f, -1, 2, 0.25f, -0.75f, 1.5f, -2, 1};
    static const int32_t labels[] = {0, 1, 1, 0};
    wg_var h = wg_prelu(
        wg_matmul(wg_input(tape, WG_F32, WG_SHAPE(4, 2), x), wg_parameter(tape, params, 0)),
        wg_parameter(tape, params, 1));
    wg_var logits = wg_matmul(h, wg_parameter(tape, params, 2));
    return wg_softmax_cross_entropy(logits, wg_input(tape, WG_I32, WG_SHAPE(4), labels));
}

/* Trains, and meets an error of its own on the way. */
static struct wg_fingerprint work(int number) {
    struct wg_fingerprint result = {""};
    wg_params *params = wg_params_new(WG_F32);
    wg_param_glorot_uniform(params, wg_params_add(params, "w0", WG_SHAPE(2, 5)), 1);
    wg_param_fill(params, wg_params_add(params, "alpha", WG_SHAPE(5)), 0.25);
    wg_param_glorot_uniform(params, wg_params_add(params, "w1", WG_SHAPE(5, 2)), 2);
    wg_tape *tape = wg_tape_new();
    wg_optimizer *optimizer = wg_sgd(params, .learning_rate = 0.1, .momentum = 0.9);
    struct wg_mark start = wg_tape_mark(tape);
    int right_errors = 0;
    for (int step = 0; step < STEPS; step++) {
        wg_tape_rewind(tape, start);
        wg_var loss = loss_of(tape, params);
        wg_zero_gradients(params);
        wg_backward(loss);
        wg_optimizer_step(optimizer);
        if (wg_error_status() != WG_OK || !wg_find_op("prelu")) break;
        char text[64];
        snprintf(text, sizeof text, "thread %d step %d", number, step);
        wg_op_fail(WG_ERROR_ARGUMENT, wg_find_op("tanh"), text);
        if (strstr(wg_error(), text)) right_errors++;
        wg_clear_error();
    }
    if (right_errors == STEPS) result = wg_params_fingerprint(params);
    wg_tape_free(tape);
    wg_optimizer_free(optimizer);
    wg_params_free(params);
    return result;
}

struct job {
    int number;
    struct wg_fingerprint result;
};

static void *run_job(void *job_) {
    struct job *job = job_;
    job->result = work(job->number);
    return NULL;
}

static void identity(const struct wg_args *args) {
    memcpy(args->y->data, args->x[0]->data, (size_t)args->y->size * sizeof(float));
}

static void *register_ops(void *failures) {
    static char names[REGISTERED][32];
    static struct wg_op ops[REGISTERED];
    for (int i = 0; i < REGISTERED; i++) {
        snprintf(names[i], sizeof names[i], "identity_%d", i);
        ops[i] = (struct wg_op){.name = names[i], .inputs = {"x"}, .f32 = {.forward = identity}};
        if (wg_register(&ops[i]) != WG_OK || wg_find_op(names[i]) != &ops[i]) ++*(int *)failures;
    }
    return NULL;
}

int main(void) {
    const struct wg_fingerprint alone = work(-1);
    struct job jobs[THREADS];
    pthread_t threads[THREADS], registrar;
    int failures = alone.hex[0] ? 0 : 1;
    int unregistered = 0;
    if (pthread_create(&registrar, NULL, register_ops, &unregistered) != 0) return 2;
    for (int i = 0; i < THREADS; i++) {
        jobs[i].number = i;
        if (pthread_create(&threads[i], NULL, run_job, &jobs[i]) != 0) return 2;
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        if (strcmp(jobs[i].result.hex, alone.hex) != 0) {
            printf("thread %d: %s; expected %s\n", i, jobs[i].result.hex, alone.hex);
            failures++;
        }
    }
    pthread_join(registrar, NULL);
    printf("checked: %d threads against one, %d differ, %d of %d registrations failed\n", THREADS,
           failures, unregistered, REGISTERED);
    return failures + unregistered > 0;
}
