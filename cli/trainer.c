#include "trainer.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "progress.h"
#include "wengert/random.h"

#define CHUNK 256                    /* examples evaluated at a time */
#define SHUFFLES (UINT64_C(1) << 20) /* an epoch's stream is this plus its number */

/* Everything that a run needs, made before its first step: the steps allocate nothing. The last
 * batch of an epoch may be smaller: it has a tape of its own, as does validation. */
struct run {
    const struct problem *problem;
    const struct training *training;
    struct network *network;
    wg_optimizer *optimizer;
    struct pass full, rest, check, check_rest;
    int64_t *order, *validation_order;
    float *x;
    int32_t *label;
    struct progress progress;
};

static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

static int64_t *ascending(int64_t count) {
    int64_t *order = malloc((size_t)count * sizeof *order);
    for (int64_t i = 0; order && i < count; i++) order[i] = i;
    return order;
}

static bool library_text(struct text_error *error) { return text_fail(error, "%s", wg_error()); }

static bool run_make(struct run *run, struct network *network, const struct problem *problem,
                     const struct training *training, struct text_error *error) {
    *run = (struct run){.problem = problem, .training = training, .network = network};
    const size_t most = (size_t)larger(training->batch, CHUNK);
    run->order = ascending(problem->train.examples);
    run->validation_order = ascending(problem->validation.examples);
    run->x = malloc(most * (size_t)network->features * sizeof *run->x);
    run->label = malloc(most * sizeof *run->label);
    if (!run->order || !run->validation_order || !run->x || !run->label)
        return text_fail(error, "out of memory for batches of %zu examples", most);
    run->optimizer = wg_sgd_new(network->params, training->sgd);
    struct pass *passes[] = {&run->full, &run->rest, &run->check, &run->check_rest};
    bool good = run->optimizer != NULL;
    for (int i = 0; good && i < 4; i++) good = pass_make(passes[i], network, training->record);
    return good || library_text(error);
}

static void run_free(struct run *run) {
    struct pass *passes[] = {&run->full, &run->rest, &run->check, &run->check_rest};
    for (int i = 0; i < 4; i++) pass_free(passes[i]);
    wg_optimizer_free(run->optimizer);
    free(run->order);
    free(run->validation_order);
    free(run->x);
    free(run->label);
}

/* Loads a batch and computes its loss. */
static bool load(struct run *run, struct pass *pass, const struct wg_dataset *data,
                 const int64_t *index, int64_t count) {
    return wg_dataset_batch(data, index, count, run->x, run->label) == WG_OK &&
           pass_run(pass, count, run->x, run->label);
}

static bool run_step(struct run *run, int64_t start, int64_t count) {
    struct pass *pass = count == run->training->batch ? &run->full : &run->rest;
    return load(run, pass, &run->problem->train, run->order + start, count) &&
           wg_zero_gradients(run->network->params) == WG_OK && wg_backward(pass->loss) == WG_OK &&
           wg_optimizer_step(run->optimizer) == WG_OK;
}

static bool run_epoch(struct run *run, int64_t epoch, struct score *score,
                      struct text_error *error) {
    const int64_t examples = run->problem->train.examples, batch = run->training->batch;
    struct wg_random random = wg_random_make(run->training->seed, SHUFFLES + (uint64_t)epoch);
    if (wg_random_shuffle(&random, run->order, examples) != WG_OK) return library_text(error);
    for (int64_t start = 0; start < examples; start += batch) {
        const int64_t count = start + batch <= examples ? batch : examples - start;
        if (!run_step(run, start, count)) return library_text(error);
        const struct pass *pass = count == batch ? &run->full : &run->rest;
        const double loss = wg_item(pass->loss);
        if (!isfinite(loss)) {
            return text_fail(error,
                             "the loss became %s in epoch %" PRId64 ", batch %" PRId64
                             "; training stopped (a smaller --lr may help)",
                             isnan(loss) ? "NaN" : "infinite", epoch, start / batch + 1);
        }
        score_add(score, pass);
        progress_step(&run->progress, epoch, score);
    }
    return true;
}

static bool run_check(struct run *run, struct score *score, struct text_error *error) {
    const int64_t examples = run->problem->validation.examples;
    for (int64_t start = 0; start < examples; start += CHUNK) {
        const int64_t count = start + CHUNK <= examples ? CHUNK : examples - start;
        struct pass *pass = count == CHUNK ? &run->check : &run->check_rest;
        if (!load(run, pass, &run->problem->validation, run->validation_order + start, count))
            return library_text(error);
        score_add(score, pass);
    }
    return true;
}

static bool run_epochs(struct run *run, struct history *history, struct text_error *error) {
    run->progress = progress_start(run->training->epochs, run->problem->train.examples);
    bool good = true;
    while (good && history->epochs < run->training->epochs) {
        struct score score = {0};
        const int64_t epoch = history->epochs + 1;
        history->final = (struct score){0};
        good = run_epoch(run, epoch, &score, error) && run_check(run, &history->final, error);
        if (!good) break;
        history->train[history->epochs] = score_loss(&score);
        history->validation[history->epochs] = score_loss(&history->final);
        history->epochs = epoch;
        progress_epoch(&run->progress, epoch, &score, &history->final);
    }
    progress_end(&run->progress);
    return good;
}

bool train(struct network *network, const struct problem *problem, const struct training *training,
           struct history *history, struct text_error *error) {
    const size_t bytes = (size_t)training->epochs * sizeof *history->train;
    *history = (struct history){.train = malloc(bytes), .validation = malloc(bytes)};
    if (!history->train || !history->validation)
        return text_fail(error, "out of memory for %" PRId64 " epochs", training->epochs);
    struct run run;
    const bool good =
        run_make(&run, network, problem, training, error) && run_epochs(&run, history, error);
    run_free(&run);
    return good;
}

void history_free(struct history *history) {
    free(history->train);
    free(history->validation);
    *history = (struct history){0};
}
