#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "data/dataset.h"
#include "math/trig.h"
#include "wengert/random.h"

#define RADIUS 5.0 /* all of Playground's sets fit in [-5, 5] squared, but for gauss's tails */
#define XOR_PADDING 0.3
#define MOST_EXAMPLES 100000000

struct point {
    double x, y;
    int32_t label;
};

/* What a maker knows of the point it makes: number i of the n in its half. `first` tells the half:
 * the class named first in the header's table. */
struct place {
    bool first;
    int64_t i, n;
    double noise;
};

static struct point make_xor(struct wg_random *r, struct place p) {
    double x = wg_random_uniform(r, -RADIUS, RADIUS), y = wg_random_uniform(r, -RADIUS, RADIUS);
    x += x > 0 ? XOR_PADDING : -XOR_PADDING;
    y += y > 0 ? XOR_PADDING : -XOR_PADDING;
    double moved_x = x + p.noise * wg_random_uniform(r, -RADIUS, RADIUS);
    double moved_y = y + p.noise * wg_random_uniform(r, -RADIUS, RADIUS);
    return (struct point){x, y, moved_x * moved_y >= 0};
}

static struct point make_circle(struct wg_random *r, struct place p) {
    double radius = p.first ? wg_random_uniform(r, 0, 0.5 * RADIUS)
                            : wg_random_uniform(r, 0.7 * RADIUS, RADIUS);
    double turn = wg_random_uniform(r, 0, 2);
    double x = radius * wg_sinpi_f64(turn), y = radius * wg_cospi_f64(turn);
    double moved_x = x + p.noise * wg_random_uniform(r, -RADIUS, RADIUS);
    double moved_y = y + p.noise * wg_random_uniform(r, -RADIUS, RADIUS);
    double limit = 0.5 * RADIUS;
    return (struct point){x, y, moved_x * moved_x + moved_y * moved_y < limit * limit};
}

static struct point make_gauss(struct wg_random *r, struct place p) {
    double centre = p.first ? 2 : -2, stddev = sqrt(0.5 + 7 * p.noise);
    double x = wg_random_normal(r, centre, stddev), y = wg_random_normal(r, centre, stddev);
    return (struct point){x, y, p.first};
}

static struct point make_moons(struct wg_random *r, struct place p) {
    double turn = p.n > 1 ? (double)p.i / (double)(p.n - 1) : 0;
    double x = wg_cospi_f64(turn), y = wg_sinpi_f64(turn);
    if (!p.first) {
        x = 1 - x;
        y = 0.5 - y;
    }
    double noise_x = wg_random_normal(r, 0, p.noise), noise_y = wg_random_normal(r, 0, p.noise);
    return (struct point){x + noise_x, y + noise_y, !p.first};
}

static struct point make_spiral(struct wg_random *r, struct place p) {
    double along = (double)p.i / (double)p.n;
    double radius = RADIUS * along, turn = 3.5 * along + (p.first ? 0 : 1);
    double noise_x = p.noise * wg_random_uniform(r, -1, 1);
    double noise_y = p.noise * wg_random_uniform(r, -1, 1);
    return (struct point){radius * wg_sinpi_f64(turn) + noise_x,
                          radius * wg_cospi_f64(turn) + noise_y, p.first};
}

typedef struct point maker(struct wg_random *r, struct place place);

/* The makers stand in the order of the names. */
static const char *const names[] = {"circle", "gauss", "moons", "spiral", "xor", NULL};
static maker *const makers[] = {make_circle, make_gauss, make_moons, make_spiral, make_xor};
#define SETS (sizeof makers / sizeof makers[0])
_Static_assert(sizeof names / sizeof names[0] == SETS + 1, "one maker for each name");

const char *const *wg_dataset_names(void) { return names; }

/* Null, with the error recorded, when there is no set of that name. */
static maker *find_maker(const char *name) {
    for (size_t i = 0; i < SETS && name != NULL; i++) {
        if (strcmp(name, names[i]) == 0) return makers[i];
    }
    char known[128] = "";
    for (size_t i = 0, at = 0; i < SETS; i++) {
        at += (size_t)snprintf(known + at, sizeof known - at, "%s%s", i > 0 ? ", " : "", names[i]);
    }
    wg_fail(WG_ERROR_ARGUMENT, "dataset_generate: name is \"%s\"; expected one of %s",
            name != NULL ? name : "(null)", known);
    return NULL;
}

static void fill(struct wg_dataset *dataset, maker *make, double noise, struct wg_random *r,
                 const int64_t *order) {
    int64_t first = (dataset->examples + 1) / 2;
    for (int64_t k = 0; k < dataset->examples; k++) {
        struct place place = {.first = k < first, .noise = noise};
        place.i = place.first ? k : k - first;
        place.n = place.first ? first : dataset->examples - first;
        struct point point = make(r, place);
        dataset->x[2 * order[k]] = (float)point.x;
        dataset->x[2 * order[k] + 1] = (float)point.y;
        dataset->labels[order[k]] = point.label;
    }
}

enum wg_status wg_dataset_generate(const char *name, int64_t examples, double noise, uint64_t seed,
                                   struct wg_dataset *dataset) {
    static const char function[] = "dataset_generate";
    if (dataset == NULL) return wg_fail(WG_ERROR_ARGUMENT, "%s: dataset is null", function);
    struct wg_dataset result = {
        .examples = examples, .features = 2, .classes = 2, .label_count = 1};
    *dataset = (struct wg_dataset){0};
    maker *make = find_maker(name);
    if (make == NULL) return WG_ERROR_ARGUMENT;
    if (examples < 2 || examples > MOST_EXAMPLES) {
        return wg_fail(WG_ERROR_ARGUMENT, "%s: examples is %lld; expected 2 to %d", function,
                       (long long)examples, MOST_EXAMPLES);
    }
    if (!(noise >= 0 && noise <= 1)) {
        return wg_fail(WG_ERROR_ARGUMENT, "%s: noise is %g; expected 0 to 1", function, noise);
    }
    result.x = wg_data_allocate(function, 2 * examples, sizeof *result.x);
    result.labels = wg_data_allocate(function, examples, sizeof *result.labels);
    int64_t *order = wg_data_allocate(function, examples, sizeof *order);
    enum wg_status status = WG_ERROR_MEMORY;
    if (result.x != NULL && result.labels != NULL && order != NULL) {
        struct wg_random random = wg_random_make(seed, WG_STREAM_DATA);
        for (int64_t i = 0; i < examples; i++) order[i] = i;
        status = wg_random_shuffle(&random, order, examples);
        fill(&result, make, noise, &random, order);
        *dataset = result;
    } else {
        wg_dataset_free(&result);
    }
    free(order);
    return status;
}
