/* Layers against figures of Keras (tests/golden/layers.txt), in float and double. */
#include "golden_cases.h"
#include "layer_run.h"

#include <float.h>
#include <math.h>

#define ROUNDINGS 16 /* of a figure, beside the case's own tolerance */

static void expect_within(const struct golden *c, const char *what, enum wg_dtype dtype,
                          double ours, double theirs) {
    const double epsilon = dtype == WG_F32 ? (double)FLT_EPSILON : DBL_EPSILON;
    const double tolerance = c->within[1] + (c->within[0] + ROUNDINGS * epsilon) * fabs(theirs);
    ck_assert_msg(fabs(ours - theirs) <= tolerance, "%s %s: %s is %.17g; expected %.17g", c->id,
                  c->text, what, ours, theirs);
}

static void expect_field(const struct golden *c, const char *key, struct wg_tensor ours) {
    const struct field *theirs = field_of(c, key);
    ck_assert_msg(theirs != NULL, "%s: no %s", c->id, key);
    ck_assert_msg(wg_shape_equal(ours.shape, theirs->shape), "%s: %s has another shape", c->id,
                  key);
    for (int64_t i = 0; i < ours.size; i++)
        expect_within(c, key, ours.dtype, element(ours, i), theirs->value[i]);
}

/* ------------------------------------------------------------------------------------------------
 * Running a case */

/* The layer on x and, where the case has one, a mask, which is no input of the model: so a wrong
 * one reaches the layer. */
static wg_var with_mask(wg_pass *pass, const wg_var *x, void *context) {
    const struct golden *c = context;
    const struct field *mask = field_of(c, "mask");
    int32_t kept[MOST_VALUES];
    for (int64_t i = 0; i < wg_shape_size(mask->shape); i++) kept[i] = (int32_t)mask->value[i];
    struct wg_shape shape = mask->shape;
    const bool as_x = shape.dim[0] == field_of(c, "x")->shape.dim[0];
    if (as_x) shape.dim[0] = wg_value(x[0]).shape.dim[0]; /* 1, while the model is made */
    const wg_var both[2] = {x[0], wg_input(wg_pass_tape(pass), WG_I32, shape, kept)};
    return wg_call_n(pass, wg_layer_from_text(c->text), both, 2);
}

static wg_model *model_for(const struct golden *c, enum wg_dtype dtype, struct wg_shape batch) {
    struct wg_model_options options = {.dtype = dtype, .input = {{.dtype = dtype}}};
    struct wg_shape *example = &options.input[0].shape;
    if (!field_of(c, "mask")) return model_of(c->text, dtype, batch);
    example->rank = batch.rank - 1;
    for (int d = 0; d < example->rank; d++) example->dim[d] = batch.dim[d + 1];
    options.forward = with_mask;
    options.context = (void *)c;
    return wg_model_new(options);
}

static void set_weights(const struct golden *c, wg_model *model) {
    static const struct {
        const char *key, *name;
        bool statistic;
    } weights[] = {{"kernel", "kernel", false},
                   {"bias", "bias", false},
                   {"alpha", "alpha", false},
                   {"beta", "beta", false},
                   {"gamma", "gamma", false},
                   {"mean", "moving_mean", true},
                   {"variance", "moving_variance", true}};
    for (size_t i = 0; i < ELEMENTS(weights); i++) {
        const struct field *f = field_of(c, weights[i].key);
        if (!f) continue;
        wg_params *set = weights[i].statistic ? wg_model_statistics(model) : wg_model_params(model);
        const struct wg_tensor value = weight_of(set, weights[i].name);
        ck_assert_msg(wg_shape_equal(value.shape, f->shape), "%s: %s has another shape", c->id,
                      weights[i].name);
        fill(value, f->value);
    }
}

static struct run run_case(const struct golden *c, enum wg_dtype dtype, enum wg_mode mode) {
    const struct field *x = field_of(c, "x");
    wg_model *model = model_for(c, dtype, x->shape);
    expect_no_failure(c->id);
    set_weights(c, model);
    struct run r = run_model(model, mode, x->shape, x->value);
    expect_no_failure(c->id);
    return r;
}

/* ------------------------------------------------------------------------------------------------
 * Kinds of cases */

static void run_layer(const struct golden *c, enum wg_dtype dtype) {
    struct run r = run_case(c, dtype, WG_INFERENCE);
    expect_field(c, "y", wg_value(r.y));
    run_end(&r);
}

static void run_training(const struct golden *c, enum wg_dtype dtype) {
    struct run r = run_case(c, dtype, WG_TRAINING);
    expect_field(c, "y", wg_value(r.y));
    ck_assert_int_eq(wg_pass_update_statistics(r.pass), WG_OK);
    wg_params *statistics = wg_model_statistics(r.model);
    expect_field(c, "mean_after", weight_of(statistics, "moving_mean"));
    expect_field(c, "var_after", weight_of(statistics, "moving_variance"));
    run_end(&r);
}

/* PReLU's slope at 0 is alpha here, 0 in Keras: docs/numerics.md. */
static void expect_slopes(const struct golden *c, const struct run *r) {
    const struct field *theirs = field_of(c, "dx"), *alpha = field_of(c, "alpha");
    const struct wg_tensor ours = wg_gradient(r->x), x = wg_value(r->x);
    for (int64_t i = 0; i < ours.size; i++) {
        const bool kink = alpha && element(x, i) == 0;
        const double slope =
            kink ? alpha->value[i % wg_shape_size(alpha->shape)] : theirs->value[i];
        ck_assert_msg(!kink || theirs->value[i] == 0, "%s: Keras's slope at 0 is not 0", c->id);
        expect_within(c, "dx", ours.dtype, element(ours, i), slope);
    }
}

static void run_gradient(const struct golden *c, enum wg_dtype dtype) {
    struct run r = run_case(c, dtype, WG_INFERENCE);
    wg_backward(wg_sum(r.y, WG_ALL_AXES, 0));
    expect_no_failure(c->id);
    expect_slopes(c, &r);
    const wg_params *params = wg_model_params(r.model);
    if (field_of(c, "dalpha")) expect_field(c, "dalpha", wg_param_gradient(params, 0));
    run_end(&r);
}

static void run_shape(const struct golden *c, enum wg_dtype dtype) {
    wg_model *model = model_for(c, dtype, field_of(c, "x")->shape);
    expect_no_failure(c->id);
    ck_assert_msg(wg_shape_equal(weight_of(wg_model_params(model), "alpha").shape,
                                 field_of(c, "alpha_of")->shape),
                  "%s %s: alpha has another shape", c->id, c->text);
    wg_model_free(model);
}

static void run_noise(const struct golden *c, enum wg_dtype dtype) {
    const struct wg_shape shape = field_of(c, "x")->shape;
    struct run r = run_model(model_for(c, dtype, shape), WG_TRAINING, shape, NULL);
    expect_no_failure(c->id);
    const struct wg_tensor x = wg_value(r.x), y = wg_value(r.y);
    for (int64_t i = 0; i < x.size; i++) set_element(x, i, 1);
    wg_forward(r.tape);
    const struct field *kept = field_of(c, "kept"), *dropped = field_of(c, "dropped"),
                       *stddev = field_of(c, "stddev"), *largest = field_of(c, "max");
    double mean = 0, squares = 0, most = -INFINITY;
    for (int64_t i = 0; i < y.size; i++) {
        const double value = element(y, i);
        mean += value / (double)y.size;
        squares += value * value / (double)y.size;
        most = fmax(most, value);
        if (kept) expect_within(c, "a value", dtype, value, (value > 0 ? kept : dropped)->value[0]);
    }
    if (stddev) expect_within(c, "stddev", dtype, sqrt(squares - mean * mean), stddev->value[0]);
    if (largest) {
        expect_within(c, "the mean", dtype, mean, field_of(c, "mean")->value[0]);
        expect_within(c, "the largest", dtype, most, largest->value[0]);
    }
    ck_assert(kept || stddev || largest);
    run_end(&r);
}

static void run_error(const struct golden *c, enum wg_dtype dtype) {
    char names[sizeof c->names];
    strcpy(names, c->names);
    const struct field *x = field_of(c, "x");
    if (x) {
        wg_model *model = model_for(c, dtype, x->shape);
        ck_assert_msg(!model, "%s %s: no error", c->id, c->text);
    } else {
        ck_assert_msg(!wg_layer_from_text(c->text), "%s %s: no error", c->id, c->text);
    }
    ck_assert(wg_error_status() == WG_ERROR_ARGUMENT || wg_error_status() == WG_ERROR_SHAPE);
    for (char *name = strtok(names, "|"); name; name = strtok(NULL, "|"))
        ck_assert_msg(strstr(wg_error(), name), "%s %s: \"%s\" does not name %s", c->id, c->text,
                      wg_error(), name);
    wg_clear_error();
}

static struct {
    const char *kind;
    int expected, count;
    void (*run)(const struct golden *c, enum wg_dtype dtype);
} kinds[] = {{"layer", 19, 0, run_layer},      {"training", 1, 0, run_training},
             {"gradient", 2, 0, run_gradient}, {"shape", 3, 0, run_shape},
             {"noise", 6, 0, run_noise},       {"error", 12, 0, run_error}};

START_TEST(every_case) {
    FILE *file = fopen(WENGERT_GOLDEN, "r");
    ck_assert_msg(file != NULL, "%s cannot be read", WENGERT_GOLDEN);
    static struct golden c;
    while (next_golden(file, &c)) {
        size_t kind = 0;
        while (kind < ELEMENTS(kinds) && strcmp(kinds[kind].kind, c.kind) != 0) kind++;
        ck_assert_msg(kind < ELEMENTS(kinds), "%s: unknown kind %s", c.id, c.kind);
        kinds[kind].count++;
        kinds[kind].run(&c, WG_F32);
        kinds[kind].run(&c, WG_F64);
    }
    fclose(file);
    for (size_t i = 0; i < ELEMENTS(kinds); i++) {
        printf("%s: %d cases\n", kinds[i].kind, kinds[i].count);
        ck_assert_int_eq(kinds[i].count, kinds[i].expected);
    }
}
END_TEST

int main(void) {
    const TTest *const tests[] = {every_case};
    return run_suite("golden_layers", tests, ELEMENTS(tests));
}
