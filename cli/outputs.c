#define _POSIX_C_SOURCE 200809L
#include "outputs.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "picture.h"
#include "wengert/ops.h"

#define FEW_ALPHAS 16

#ifdef WENGERT_HAVE_PNG
static const bool draws_png = true;
#else
static const bool draws_png = false;
#endif

bool make_directory(const char *path, struct text_error *error) {
    struct stat info;
    if (mkdir(path, 0777) == 0) return true;
    const int reason = errno;
    if (reason != EEXIST || stat(path, &info) != 0)
        return text_fail(error, "--out: cannot make the directory \"%s\": %s", path,
                         strerror(reason));
    if (S_ISDIR(info.st_mode)) return true;
    return text_fail(error, "--out: \"%s\" is there and is no directory", path);
}

/* ---- The decision ------------------------------------------------------------------------- */

struct classifier {
    const struct problem *problem;
    struct pass pass;
    int64_t room; /* points that x and label have room for */
    float *x;
    int32_t *label;
};

static bool make_room(struct classifier *c, int64_t count, struct text_error *error) {
    if (count <= c->room) return true;
    free(c->x);
    free(c->label);
    c->x = malloc((size_t)count * 2 * sizeof *c->x);
    c->label = calloc((size_t)count, sizeof *c->label);
    c->room = c->x && c->label ? count : 0;
    return c->room == count || text_fail(error, "out of memory for %" PRId64 " points", count);
}

/* From the logits, in the tape's own softmax. */
static bool classify(void *context, const float *points, int64_t count, float *probability,
                     struct text_error *error) {
    struct classifier *c = context;
    const struct problem *problem = c->problem;
    if (!make_room(c, count, error)) return false;
    for (int64_t i = 0; i < 2 * count; i++) {
        c->x[i] = (points[i] - problem->mean[i % 2]) * problem->scale[i % 2];
    }
    c->pass.always_record = true; /* the softmax that follows is recorded behind it */
    if (!pass_run(&c->pass, count, c->x, c->label)) return text_fail(error, "%s", wg_error());
    const struct wg_tensor y = wg_value(wg_softmax(c->pass.logits, -1));
    if (!y.data) return text_fail(error, "%s", wg_error());
    memcpy(probability, y.data, (size_t)y.size * sizeof *probability);
    return true;
}

static bool draw_decision(const char *path, const struct network *network,
                          const struct problem *problem, struct text_error *error) {
    const int64_t points = problem->points.examples;
    struct classifier c = {.problem = problem};
    bool *held_out = calloc((size_t)points, sizeof *held_out);
    if (!held_out) return text_fail(error, "out of memory for %" PRId64 " points", points);
    for (int64_t i = problem->train.examples; i < points; i++) held_out[i] = true;
    const struct decision_picture picture = {.classes = (int)network->classes,
                                             .classify = classify,
                                             .context = &c,
                                             .points = points,
                                             .point = problem->points.x,
                                             .label = problem->points.labels,
                                             .held_out = held_out};
    bool good = pass_make(&c.pass, network, true) || text_fail(error, "%s", wg_error());
    good = good && write_decision_png(path, &picture, error);
    pass_free(&c.pass);
    free(c.x);
    free(c.label);
    free(held_out);
    return good;
}

bool write_pictures(const char *directory, const struct network *network,
                    const struct problem *problem, const struct history *history,
                    struct text_error *error) {
    const size_t size = strlen(directory) + sizeof "/decision.png";
    char *path = malloc(size);
    if (!path) return text_fail(error, "out of memory for a path");
    const struct loss_picture losses = {.title = "Loss of each epoch",
                                        .epochs = history->epochs,
                                        .training = history->train,
                                        .validation = history->validation};
    snprintf(path, size, "%s/loss.svg", directory);
    bool good = write_loss_svg(path, &losses, error);
    if (good) printf("wrote %s\n", path);
    if (good && problem->points.examples > 0 && !draws_png) {
        printf("built without libpng: no decision.png\n");
    } else if (good && problem->points.examples > 0) {
        snprintf(path, size, "%s/decision.png", directory);
        good = draw_decision(path, network, problem, error);
        if (good) printf("wrote %s\n", path);
    }
    free(path);
    return good;
}

/* ---- Alphas ------------------------------------------------------------------------------- */

void print_alphas(const struct network *network) {
    for (int i = 0; i < network->layers; i++) {
        if (network->layer[i].alpha < 0) continue;
        const struct wg_tensor alpha = wg_param_value(network->params, network->layer[i].alpha);
        const float *value = alpha.data;
        float least = value[0], largest = value[0];
        double sum = 0;
        for (int64_t j = 0; j < alpha.size; j++) {
            if (value[j] < least) least = value[j];
            if (value[j] > largest) largest = value[j];
            sum += (double)value[j];
        }
        printf("alpha of layer %d, %" PRId64 " units, at first %g:", i + 1, alpha.size,
               INITIAL_ALPHA);
        if (alpha.size <= FEW_ALPHAS) {
            for (int64_t j = 0; j < alpha.size; j++) printf(" %.4f", (double)value[j]);
        } else {
            printf(" now %.4f to %.4f, mean %.4f", (double)least, (double)largest,
                   sum / (double)alpha.size);
        }
        putchar('\n');
    }
}
