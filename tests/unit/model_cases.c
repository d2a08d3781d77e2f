#include "model_cases.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "support/suite.h"

int draw(struct wg_random *random, int least, int most) {
    return least + (int)wg_random_below(random, (uint64_t)(most - least + 1));
}

static struct wg_tensor *next_input(struct model_case *c, struct wg_shape shape) {
    const int64_t size = wg_shape_size(shape);
    ck_assert(c->inputs < MOST_INPUTS && size >= 0 && size <= MOST_ELEMENTS);
    struct wg_tensor *x = &c->x[c->inputs++];
    *x = (struct wg_tensor){NULL, size, WG_F64, shape};
    return x;
}

double *add_input(struct model_case *c, struct wg_random *random, struct wg_shape shape) {
    double *value = c->room[c->inputs];
    struct wg_tensor *x = next_input(c, shape);
    for (int64_t i = 0; i < x->size; i++) value[i] = wg_random_uniform(random, -1, 1);
    x->data = value;
    return value;
}

int32_t *add_mask(struct model_case *c, struct wg_random *random, struct wg_shape shape) {
    struct wg_tensor *x = next_input(c, shape);
    for (int64_t i = 0; i < x->size; i++) c->indices[i] = draw(random, 0, 3) > 0;
    x->dtype = WG_I32;
    x->data = c->indices;
    return c->indices;
}

static wg_var one_layer(wg_pass *pass, const wg_var *x, void *context) {
    const struct model_case *c = context;
    /* Made anew in each recording, under the same number. */
    return wg_call_n(pass, wg_layer_from_text(c->what), x, c->inputs);
}

void make_model(struct model_case *c, const char *layer, uint64_t seed) {
    struct wg_model_options options = {
        .inputs = c->inputs, .dtype = WG_F64, .forward = one_layer, .context = c};
    snprintf(c->what, sizeof c->what, "%s", layer);
    for (int i = 0; i < c->inputs; i++) {
        struct wg_shape *shape = &options.input[i].shape;
        shape->rank = c->x[i].shape.rank - 1;
        for (int d = 0; d < shape->rank; d++) shape->dim[d] = c->x[i].shape.dim[d + 1];
        options.input[i].dtype = c->x[i].dtype;
    }
    c->model = wg_model_new(options);
    expect_no_failure(layer);
    wg_params *params = wg_model_params(c->model);
    for (int i = 0; i < wg_params_count(params); i++) wg_param_uniform(params, i, -1, 1, seed);
    expect_no_failure(layer);
}

const double *weight_of(const struct model_case *c, const char *name, int64_t elements) {
    const wg_params *params = wg_model_params(c->model);
    const int i = wg_params_find(params, name);
    ck_assert_msg(i >= 0, "%s: no weight %s", c->what, name);
    const struct wg_tensor value = wg_param_value(params, i);
    ck_assert_msg(value.size == elements, "%s: %s has %lld elements; expected %lld", c->what, name,
                  (long long)value.size, (long long)elements);
    return value.data;
}

/* The model recorded on a tape, with the case's inputs. */
static wg_var record(const struct model_case *c, wg_tape *tape, wg_pass **pass, enum wg_mode mode) {
    wg_var x[MOST_INPUTS];
    for (int i = 0; i < c->inputs; i++)
        x[i] = wg_input(tape, c->x[i].dtype, c->x[i].shape, c->x[i].data);
    *pass = wg_pass_new(c->model, tape, mode);
    return wg_pass_record(*pass, x);
}

int64_t run_model(const struct model_case *c, enum wg_mode mode, uint64_t noise, double *y) {
    wg_tape *tape = wg_tape_new();
    wg_pass *pass;
    const wg_var result = record(c, tape, &pass, mode);
    wg_pass_set_noise(pass, noise, 1);
    wg_forward(tape);
    expect_no_failure(c->what);
    const struct wg_tensor value = wg_value(result);
    ck_assert(value.size <= MOST_ELEMENTS);
    memcpy(y, value.data, (size_t)value.size * sizeof *y);
    wg_pass_free(pass);
    wg_tape_free(tape);
    return value.size;
}

void expect_output(const struct model_case *c, struct wg_shape shape, const double *expected,
                   double tolerance) {
    wg_tape *tape = wg_tape_new();
    wg_pass *pass;
    const wg_var result = record(c, tape, &pass, WG_INFERENCE);
    expect_no_failure(c->what);
    const struct wg_tensor y = wg_value(result);
    ck_assert_msg(wg_shape_equal(y.shape, shape), "%s: rank %d, %lld elements; expected %d, %lld",
                  c->what, y.shape.rank, (long long)y.size, shape.rank,
                  (long long)wg_shape_size(shape));
    const double *value = y.data;
    for (int64_t i = 0; i < y.size; i++) {
        const double error = fabs(value[i] - expected[i]);
        ck_assert_msg(error <= tolerance * fmax(1, fabs(expected[i])),
                      "%s: element %lld is %.17g; expected %.17g", c->what, (long long)i, value[i],
                      expected[i]);
    }
    wg_pass_free(pass);
    wg_tape_free(tape);
}

static wg_var program(wg_tape *tape, const wg_var *x, void *user) {
    wg_pass *pass = wg_pass_new(user, tape, WG_INFERENCE);
    const wg_var y = wg_pass_record(pass, x);
    wg_pass_free(pass);
    return y;
}

void expect_gradients(const struct model_case *c) {
    struct wg_gradcheck_result result;
    char text[4096];
    const struct wg_gradcheck_options options = {.params = wg_model_params(c->model)};
    wg_gradcheck(program, c->model, c->inputs, c->x, &options, &result);
    expect_no_failure(c->what);
    wg_gradcheck_text(&result, text, sizeof text);
    ck_assert_msg(result.verdict == WG_VERDICT_PASS && result.checked > 0, "%s:\n%s", c->what,
                  text);
}

static wg_model *model_of(const char *text, struct wg_shape input) {
    return wg_sequential_from_text((struct wg_model_options){.input = {{.shape = input}}}, text);
}

void expect_texts_kept(const char *const *texts, size_t count, struct wg_shape input) {
    for (size_t i = 0; i < count; i++) {
        wg_model *model = model_of(texts[i], input);
        expect_no_failure(texts[i]);
        ck_assert_str_eq(wg_model_text(model), texts[i]);
        wg_model_free(model);
    }
}

void expect_layers_refused(const struct refused_layers *wrong, size_t count) {
    for (size_t i = 0; i < count; i++) {
        ck_assert_msg(model_of(wrong[i].text, wrong[i].input) == NULL, "%s was taken",
                      wrong[i].text);
        expect_failure(wrong[i].text, wrong[i].status, wrong[i].word, wrong[i].other);
    }
}
