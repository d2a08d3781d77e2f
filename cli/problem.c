#include "problem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Chosen so that each set is learnt with room to spare, from any seed. */
static const struct recipe recipes[] = {
    {"circle", 1000, 0, 60, 16, 0.01, 0.9, 0.1},  {"gauss", 1000, 0, 30, 16, 0.01, 0.9, 0.1},
    {"moons", 1000, 0.1, 60, 16, 0.01, 0.9, 0.1}, {"spiral", 2000, 0, 300, 64, 0.02, 0.9, 0.4},
    {"xor", 1000, 0, 60, 16, 0.01, 0.9, 0.1},     {NULL, 0, 0, 20, 32, 0.05, 0.9, 0.1},
};

const struct recipe *find_recipe(const char *data) {
    const struct recipe *recipe = recipes;
    while (recipe->name && strcmp(recipe->name, data) != 0) recipe++;
    return recipe;
}

/* Column `column` of the first `count` points: its mean, and 1 / its standard deviation. */
static void measure(struct problem *problem, int column, int64_t count) {
    const float *x = problem->points.x + column;
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < count; i++) sum += (double)x[2 * i];
    const double mean = sum / (double)count;
    for (int64_t i = 0; i < count; i++) {
        const double distance = (double)x[2 * i] - mean;
        squares += distance * distance;
    }
    const double deviation = sqrt(squares / (double)count);
    problem->mean[column] = (float)mean;
    problem->scale[column] = deviation > 0 ? (float)(1 / deviation) : 1;
}

static void standardize(const struct problem *problem, struct wg_dataset *part) {
    for (int64_t i = 0; i < 2 * part->examples; i++) {
        part->x[i] = (part->x[i] - problem->mean[i % 2]) * problem->scale[i % 2];
    }
}

static bool split(struct problem *problem) {
    const int64_t examples = problem->points.examples;
    int64_t train = 0, *order = malloc((size_t)examples * sizeof *order);
    const bool good = wg_dataset_split_last(examples, HELD_OUT, order, &train) == WG_OK &&
                      wg_dataset_take(&problem->points, order, train, &problem->train) == WG_OK &&
                      wg_dataset_take(&problem->points, order + train, examples - train,
                                      &problem->validation) == WG_OK;
    free(order);
    return good;
}

bool problem_generate(struct problem *problem, const char *name, int64_t examples, double noise,
                      uint64_t seed) {
    *problem = (struct problem){0};
    if (wg_dataset_generate(name, examples, noise, seed, &problem->points) != WG_OK) return false;
    if (!split(problem)) {
        problem_free(problem);
        return false;
    }
    for (int column = 0; column < 2; column++) measure(problem, column, problem->train.examples);
    standardize(problem, &problem->train);
    standardize(problem, &problem->validation);
    return true;
}

bool problem_load(struct problem *problem, const char *directory) {
    *problem = (struct problem){0};
    return wg_dataset_load_directory(directory, &problem->train, &problem->validation) == WG_OK;
}

void problem_free(struct problem *problem) {
    wg_dataset_free(&problem->train);
    wg_dataset_free(&problem->validation);
    wg_dataset_free(&problem->points);
}
