/* Models in double with random weights: run on given inputs, and their gradients checked. */
#ifndef MODEL_CASES_H
#define MODEL_CASES_H

#include "wengert/wengert.h"

enum { MOST_INPUTS = 4, MOST_ELEMENTS = 4096 };

struct model_case {
    char what[160]; /* for failures */
    wg_model *model;
    int inputs;
    struct wg_tensor x[MOST_INPUTS]; /* with their batch */
    double room[MOST_INPUTS][MOST_ELEMENTS];
    int32_t indices[MOST_ELEMENTS]; /* of an int32 input; at most one */
};

/* A whole number from least to most. */
int draw(struct wg_random *random, int least, int most);

/* Adds an input of that shape, uniform in [-1, 1]; or of 0 and 1. */
double *add_input(struct model_case *c, struct wg_random *random, struct wg_shape shape);
int32_t *add_mask(struct model_case *c, struct wg_random *random, struct wg_shape shape);

/* The model of one layer, from its text, on the case's inputs; all weights uniform in [-1, 1]. */
void make_model(struct model_case *c, const char *layer, uint64_t seed);

/* The weight's values; the weight must be there and have that many elements. */
const double *weight_of(const struct model_case *c, const char *name, int64_t elements);

/* Runs the model and compares its output. */
void expect_output(const struct model_case *c, struct wg_shape shape, const double *expected,
                   double tolerance);

/* The output of a run in that mode, copied to y (at most MOST_ELEMENTS); its number of elements. */
int64_t run_model(const struct model_case *c, enum wg_mode mode, uint64_t noise, double *y);

/* Checks the gradients of inputs and weights. */
void expect_gradients(const struct model_case *c);

/* Layers' texts, each complete: a model made of one on that input writes the same. */
void expect_texts_kept(const char *const *texts, size_t count, struct wg_shape input);

/* Layers that no model may be made of, and the failure, whose text has both words (NULL: any). */
struct refused_layers {
    const char *text;
    struct wg_shape input;
    enum wg_status status;
    const char *word, *other;
};

void expect_layers_refused(const struct refused_layers *wrong, size_t count);

#endif
