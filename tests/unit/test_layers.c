/* Layers' values against their definitions, written out. */
#include "layer_reference.h"
#include "layer_run.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

/* Sums of up to 50 terms of about 1, added in another order. */
#define TOLERANCE_F64 (64 * DBL_EPSILON)
#define TOLERANCE_F32 (64 * (double)FLT_EPSILON)
/* Statistics of 100,000 draws: five standard errors of a mean of values of variance 1. */
#define DRAWS 100000
#define OF_DRAWS (5 / sqrt(DRAWS))

#define MOST 2048

static double x[MOST], y[MOST], kernel[MOST];

static void draw(double *to, int n, uint64_t stream) {
    struct wg_random random = wg_random_make(20240229, stream);
    for (int i = 0; i < n; i++) to[i] = wg_random_uniform(&random, -2, 2);
}

static void expect_values(const char *what, struct wg_tensor got, const double *expected,
                          int64_t n) {
    ck_assert_msg(got.size == n, "%s: %lld values; expected %lld", what, (long long)got.size,
                  (long long)n);
    const double tolerance = got.dtype == WG_F32 ? TOLERANCE_F32 : TOLERANCE_F64;
    for (int64_t i = 0; i < n; i++)
        ck_assert_msg(fabs(element(got, i) - expected[i]) <= tolerance * fmax(1, fabs(expected[i])),
                      "%s: element %lld is %.17g; expected %.17g", what, (long long)i,
                      element(got, i), expected[i]);
}

static void expect_shape(const char *what, wg_var v, struct wg_shape shape) {
    ck_assert_msg(wg_shape_equal(wg_value(v).shape, shape), "%s: another shape", what);
}

/* ------------------------------------------------------------------------------------------------
 * Shapes and merges */

START_TEST(shapes_are_arranged) {
    for (int i = 0; i < 24; i++) x[i] = i;
    struct run r = run_model(model_of("reshape 4x-1", WG_F64, WG_SHAPE(2, 3, 4)), WG_INFERENCE,
                             WG_SHAPE(2, 3, 4), x);
    expect_shape("reshape", r.y, WG_SHAPE(2, 4, 3));
    expect_values("reshape", wg_value(r.y), x, 24);
    run_end(&r);
    r = run_model(model_of("permute 2,1", WG_F64, WG_SHAPE(2, 3, 4)), WG_INFERENCE,
                  WG_SHAPE(2, 3, 4), x);
    expect_shape("permute", r.y, WG_SHAPE(2, 4, 3));
    for (int i = 0; i < 24; i++) y[i] = i / 12 * 12 + i % 3 * 4 + i % 12 / 3;
    expect_values("permute", wg_value(r.y), y, 24);
    run_end(&r);
    r = run_model(model_of("flatten", WG_F64, WG_SHAPE(2, 3, 4)), WG_INFERENCE, WG_SHAPE(2, 3, 4),
                  x);
    expect_shape("flatten", r.y, WG_SHAPE(2, 12));
    run_end(&r);
}
END_TEST

static wg_var merged(wg_pass *pass, const wg_var *v, void *text) {
    return wg_call_n(pass, wg_layer_from_text(text), v, strcmp(text, "subtract") == 0 ? 2 : 3);
}

START_TEST(merges_fold_their_inputs) {
    static const char *const kinds[] = {"add",     "subtract", "multiply",   "average",
                                        "maximum", "minimum",  "concatenate"};
    for (size_t k = 0; k < ELEMENTS(kinds); k++) {
        wg_model *model = wg_model_new((struct wg_model_options){
            .inputs = 3,
            .input = {{.shape = WG_SHAPE(2)}, {.shape = WG_SHAPE(2)}, {.shape = WG_SHAPE(2)}},
            .forward = merged,
            .context = (void *)kinds[k],
            .dtype = WG_F64});
        wg_tape *tape = wg_tape_new();
        wg_pass *pass = wg_pass_new(model, tape, WG_TRAINING);
        const double in[3][2] = {{3, -1}, {2, 5}, {-4, 0.5}};
        wg_var v[3];
        for (int i = 0; i < 3; i++) v[i] = wg_input(tape, WG_F64, WG_SHAPE(1, 2), in[i]);
        const wg_var got = wg_pass_record(pass, v);
        expect_no_failure(kinds[k]);
        const double expected[7][6] = {{1, 4.5}, {1, -6},  {-24, -2.5},           {1. / 3, 1.5},
                                       {3, 5},   {-4, -1}, {3, -1, 2, 5, -4, 0.5}};
        expect_values(kinds[k], wg_value(got), expected[k], k == 6 ? 6 : 2);
        wg_pass_free(pass);
        wg_tape_free(tape);
        wg_model_free(model);
    }
}
END_TEST

/* ------------------------------------------------------------------------------------------------
 * Activations with weights or more inputs */

static double relu_with(double v, double top, double slope, double threshold) {
    return v > threshold ? fmin(v, top) : slope * (v - threshold);
}

START_TEST(activation_layers_are_their_formulas) {
    draw(x, 40, 1);
    struct run r = run_model(model_of("relu 1.5 0.25 0.5", WG_F64, WG_SHAPE(4, 10)), WG_INFERENCE,
                             WG_SHAPE(4, 10), x);
    for (int i = 0; i < 40; i++) y[i] = relu_with(x[i], 1.5, 0.25, 0.5);
    expect_values("relu", wg_value(r.y), y, 40);
    run_end(&r);
    r = run_model(model_of("elu 0.7; thresholded_relu 0.4", WG_F64, WG_SHAPE(4, 10)), WG_INFERENCE,
                  WG_SHAPE(4, 10), x);
    for (int i = 0; i < 40; i++) y[i] = x[i] > 0.4 ? x[i] : 0;
    expect_values("thresholded_relu", wg_value(r.y), y, 40);
    run_end(&r);
    r = run_model(model_of("elu 0.7", WG_F64, WG_SHAPE(4, 10)), WG_INFERENCE, WG_SHAPE(4, 10), x);
    for (int i = 0; i < 40; i++) y[i] = x[i] > 0 ? x[i] : 0.7 * expm1(x[i]);
    expect_values("elu", wg_value(r.y), y, 40);
    run_end(&r);
    r = run_model(model_of("leaky_relu", WG_F32, WG_SHAPE(4, 10)), WG_INFERENCE, WG_SHAPE(4, 10),
                  x);
    for (int i = 0; i < 40; i++) y[i] = x[i] > 0 ? x[i] : 0.3 * x[i];
    expect_values("leaky_relu", wg_value(r.y), y, 40);
    run_end(&r);
    r = run_model(
        model_of("prelu alpha_initializer=normal shared_axes=1", WG_F64, WG_SHAPE(2, 4, 5)),
        WG_INFERENCE, WG_SHAPE(2, 4, 5), x);
    const struct wg_tensor alpha = weight_of(wg_model_params(r.model), "alpha");
    ck_assert(wg_shape_equal(alpha.shape, WG_SHAPE(1, 5)));
    for (int i = 0; i < 40; i++) y[i] = x[i] > 0 ? x[i] : element(alpha, i % 5) * x[i];
    expect_values("prelu", wg_value(r.y), y, 40);
    run_end(&r);
}
END_TEST

/* max_value 0 is a maximum, no maximum is none. */
START_TEST(a_relu_of_maximum_zero_is_zero) {
    const double in[4] = {-1, 0, 2, 1e30};
    struct run r = run_model(wg_sequential_with(((struct wg_model_options){.dtype = WG_F64}),
                                                wg_relu_layer(.max_value = WG_ZERO)),
                             WG_INFERENCE, WG_SHAPE(4), in);
    expect_values("zero", wg_value(r.y), (const double[4]){0}, 4);
    run_end(&r);
    r = run_model(model_of("relu max_value=0", WG_F32, WG_SHAPE(4)), WG_INFERENCE, WG_SHAPE(4), in);
    expect_values("zero", wg_value(r.y), (const double[4]){0}, 4);
    ck_assert_str_eq(wg_model_text(r.model), "relu max_value=0 name=relu");
    run_end(&r);
    r = run_model(model_of("relu", WG_F32, WG_SHAPE(4)), WG_INFERENCE, WG_SHAPE(4), in);
    expect_values("none", wg_value(r.y), (const double[4]){0, 0, 2, 1e30}, 4);
    run_end(&r);
}
END_TEST

/* ------------------------------------------------------------------------------------------------
 * Normalization and embeddings */

/* The mean and the biased variance of n values, `step` apart. */
static void moments(const double *from, int n, int step, double *mean, double *variance) {
    *mean = *variance = 0;
    for (int i = 0; i < n; i++) *mean += from[i * step] / n;
    for (int i = 0; i < n; i++)
        *variance += (from[i * step] - *mean) * (from[i * step] - *mean) / n;
}

START_TEST(batch_normalization_uses_the_batch_then_what_it_remembers) {
    enum { EXAMPLES = 8, CHANNELS = 3 };
    for (int narrow = 0; narrow < 2; narrow++) {
        const enum wg_dtype dtype = narrow ? WG_F32 : WG_F64;
        draw(x, EXAMPLES * CHANNELS, 2);
        struct run r =
            run_model(model_of("batchnorm momentum=0.75 gamma_initializer=(constant value=2) "
                               "beta_initializer=(constant value=0.5)",
                               dtype, WG_SHAPE(EXAMPLES, CHANNELS)),
                      WG_TRAINING, WG_SHAPE(EXAMPLES, CHANNELS), x);
        double mean[CHANNELS], variance[CHANNELS], moving[2][CHANNELS];
        for (int c = 0; c < CHANNELS; c++) {
            moments(x + c, EXAMPLES, CHANNELS, &mean[c], &variance[c]);
            moving[0][c] = 0.25 * mean[c];
            moving[1][c] = 0.75 + 0.25 * variance[c];
            for (int i = c; i < EXAMPLES * CHANNELS; i += CHANNELS)
                y[i] = 2 * (x[i] - mean[c]) / sqrt(variance[c] + 1e-3) + 0.5;
        }
        expect_values("training", wg_value(r.y), y, EXAMPLES * CHANNELS);
        wg_pass_update_statistics(r.pass);
        wg_params *statistics = wg_model_statistics(r.model);
        expect_values("moving mean", weight_of(statistics, "moving_mean"), moving[0], CHANNELS);
        expect_values("moving variance", weight_of(statistics, "moving_variance"), moving[1],
                      CHANNELS);
        wg_pass *pass = wg_pass_new(r.model, r.tape, WG_INFERENCE);
        const wg_var later = wg_pass_record(pass, &r.x);
        for (int i = 0; i < EXAMPLES * CHANNELS; i++)
            y[i] =
                2 * (x[i] - moving[0][i % CHANNELS]) / sqrt(moving[1][i % CHANNELS] + 1e-3) + 0.5;
        expect_values("inference", wg_value(later), y, EXAMPLES * CHANNELS);
        wg_pass_free(pass);
        run_end(&r);
    }
}
END_TEST

/* Not trainable: inference, also in training, and nothing is moved. Without gamma and beta there
 * are no such weights. */
START_TEST(batch_normalization_can_be_frozen) {
    draw(x, 12, 3);
    struct run r =
        run_model(model_of("batchnorm trainable=no center=no scale=no", WG_F64, WG_SHAPE(4, 3)),
                  WG_TRAINING, WG_SHAPE(4, 3), x);
    ck_assert_int_eq(wg_params_count(wg_model_params(r.model)), 0);
    for (int i = 0; i < 12; i++) y[i] = x[i] / sqrt(1 + 1e-3);
    expect_values("frozen", wg_value(r.y), y, 12);
    wg_pass_update_statistics(r.pass);
    expect_values("mean", weight_of(wg_model_statistics(r.model), "moving_mean"),
                  (const double[3]){0}, 3);
    run_end(&r);
}
END_TEST

/* Over axes 1 and 3 of (2, 3, 2, 4), gamma and beta of shape (3, 4). */
START_TEST(layer_normalization_takes_axes) {
    enum { SIZE = 48 };
    draw(x, SIZE, 4);
    struct run r = run_model(model_of("layernorm axis=-1,1 gamma_initializer=normal "
                                      "beta_initializer=normal",
                                      WG_F64, WG_SHAPE(2, 3, 2, 4)),
                             WG_TRAINING, WG_SHAPE(2, 3, 2, 4), x);
    const struct wg_tensor gamma = weight_of(wg_model_params(r.model), "gamma"),
                           beta = weight_of(wg_model_params(r.model), "beta");
    ck_assert(wg_shape_equal(gamma.shape, WG_SHAPE(3, 4)));
    for (int b = 0; b < 4; b++) {
        double line[12], mean, variance;
        const int start = b / 2 * 24 + b % 2 * 4;
        for (int i = 0; i < 12; i++) line[i] = x[start + i / 4 * 8 + i % 4];
        moments(line, 12, 1, &mean, &variance);
        for (int i = 0; i < 12; i++)
            y[start + i / 4 * 8 + i % 4] =
                (line[i] - mean) / sqrt(variance + 1e-3) * element(gamma, i) + element(beta, i);
    }
    expect_values("layernorm", wg_value(r.y), y, SIZE);
    run_end(&r);
}
END_TEST

START_TEST(embeddings_are_rows) {
    const double index[4] = {2, 0, 2, 4};
    struct run r = run_model(model_of("embedding 5 3", WG_F32, WG_SHAPE(2, 2)), WG_INFERENCE,
                             WG_SHAPE(2, 2), index);
    const struct wg_tensor table = weight_of(wg_model_params(r.model), "embeddings");
    expect_shape("embedding", r.y, WG_SHAPE(2, 2, 3));
    for (int i = 0; i < 12; i++) y[i] = element(table, (int)index[i / 3] * 3 + i % 3);
    expect_values("embedding", wg_value(r.y), y, 12);
    for (int i = 0; i < 15; i++)
        ck_assert(element(table, i) != 0 && fabs(element(table, i)) <= 0.05);
    run_end(&r);
}
END_TEST

/* ------------------------------------------------------------------------------------------------
 * Noise and penalties */

static struct run noisy(const char *text, enum wg_mode mode, struct wg_shape shape) {
    static double ones[DRAWS];
    for (int i = 0; i < DRAWS; i++) ones[i] = 1;
    return run_model(model_of(text, WG_F64, shape), mode, shape, ones);
}

static void mean_and_variance(wg_var v, double *mean, double *variance) {
    moments(wg_value(v).data, (int)wg_value(v).size, 1, mean, variance);
}

START_TEST(noise_has_its_mean_and_variance) {
    static const struct {
        const char *text;
        double mean, variance;
    } kinds[] = {{"dropout 0.25", 1, 1. / 3},
                 {"gaussian_dropout 0.5", 1, 1},
                 {"gaussian_noise 0.5", 1, 0.25},
                 {"spatial_dropout1d 0.5", 1, 1}};
    for (size_t k = 0; k < ELEMENTS(kinds); k++) {
        const struct wg_shape shape =
            k == 3 ? WG_SHAPE(DRAWS / 1000, 1, 1000) : WG_SHAPE(DRAWS / 1000, 1000);
        struct run r = noisy(kinds[k].text, WG_TRAINING, shape);
        double mean, variance;
        mean_and_variance(r.y, &mean, &variance);
        ck_assert_msg(fabs(mean - kinds[k].mean) <= OF_DRAWS, "%s: mean %g", kinds[k].text, mean);
        ck_assert_msg(fabs(variance - kinds[k].variance) <= 2 * OF_DRAWS, "%s: variance %g",
                      kinds[k].text, variance);
        run_end(&r);
        r = noisy(kinds[k].text, WG_INFERENCE, shape);
        ck_assert_msg(memcmp(wg_value(r.y).data, wg_value(r.x).data, DRAWS * sizeof(double)) == 0,
                      "%s: noise in inference", kinds[k].text);
        run_end(&r);
    }
}
END_TEST

/* A normal input keeps its mean of 0 and its variance of 1. */
START_TEST(alpha_dropout_keeps_mean_and_variance) {
    struct run r = noisy("alpha_dropout 0.3", WG_TRAINING, WG_SHAPE(DRAWS));
    double *in = wg_value(r.x).data, mean, variance;
    struct wg_random random = wg_random_make(5, 0);
    for (int i = 0; i < DRAWS; i++) in[i] = wg_random_normal(&random, 0, 1);
    wg_forward(r.tape);
    mean_and_variance(r.y, &mean, &variance);
    ck_assert_msg(fabs(mean) <= 2 * OF_DRAWS, "mean %g", mean);
    ck_assert_msg(fabs(variance - 1) <= 3 * OF_DRAWS, "variance %g", variance);
    run_end(&r);
}
END_TEST

START_TEST(noise_is_a_function_of_seed_and_position) {
    struct run r = run_model(model_of("dropout 0.5; dropout 0.5", WG_F64, WG_SHAPE(64)),
                             WG_TRAINING, WG_SHAPE(64), NULL);
    double *in = wg_value(r.x).data, first[64], second[64];
    const double *out = wg_value(r.y).data;
    for (int i = 0; i < 64; i++) in[i] = 1;
    wg_pass_set_noise(r.pass, 3, 1);
    wg_forward(r.tape);
    memcpy(first, out, sizeof first);
    wg_pass_set_noise(r.pass, 3, 2);
    wg_forward(r.tape);
    memcpy(second, out, sizeof second);
    ck_assert(memcmp(first, second, sizeof first) != 0);
    wg_pass_set_noise(r.pass, 3, 1);
    wg_forward(r.tape);
    ck_assert(memcmp(first, out, sizeof first) == 0);
    /* Two layers draw differently: a quarter is kept, not a half. */
    int kept = 0;
    for (int i = 0; i < 64; i++) kept += first[i] != 0;
    ck_assert_msg(kept > 4 && kept < 28, "%d of 64 kept", kept);
    run_end(&r);
}
END_TEST

START_TEST(spatial_dropout_drops_channels) {
    const struct wg_shape shape = WG_SHAPE(4, 3, 2, 8);
    struct run r = noisy("spatial_dropout2d 0.5", WG_TRAINING, shape);
    const double *out = wg_value(r.y).data;
    int dropped = 0;
    for (int b = 0; b < 4; b++) {
        for (int c = 0; c < 8; c++) {
            for (int p = 0; p < 6; p++) ck_assert(out[(b * 6 + p) * 8 + c] == out[b * 48 + c]);
            dropped += out[b * 48 + c] == 0;
        }
    }
    ck_assert_msg(dropped > 4 && dropped < 28, "%d of 32 dropped", dropped);
    run_end(&r);
}
END_TEST

/* Per example: 0.2 |2| + 0.3 2^2 = 1.6. */
START_TEST(activities_are_penalised) {
    struct run r = run_model(model_of("activity_regularization 0.2 0.3", WG_F64, WG_SHAPE(3, 1)),
                             WG_INFERENCE, WG_SHAPE(3, 1), (const double[3]){2, 2, 2});
    ck_assert_double_eq_tol(wg_item(wg_pass_penalty(r.pass)), 1.6, TOLERANCE_F64);
    run_end(&r);
    r = run_model(model_of("activity_regularization", WG_F64, WG_SHAPE(3, 1)), WG_INFERENCE,
                  WG_SHAPE(3, 1), (const double[3]){2, 2, 2});
    ck_assert(wg_item(wg_pass_penalty(r.pass)) == 0);
    run_end(&r);
}
END_TEST

/* ------------------------------------------------------------------------------------------------
 * Windows */

static const struct {
    const char *text, *weight; /* NULL: pooling, the mean where the text begins with "a" */
    struct wg_shape shape;
    struct windows windows;
    int filters;
} layers[] = {
    {"conv2d 3 3x2", "kernel", {4, {2, 5, 6, 2}}, {{3, 2}, {1, 1}, {1, 1}, 0, 1}, 3},
    {"conv2d 4 2 strides=2x1 padding=same groups=2",
     "kernel",
     {4, {2, 5, 4, 4}},
     {{2, 2}, {2, 1}, {1, 1}, 1, 2},
     4},
    {"conv2d 2 3 dilation_rate=2 padding=same",
     "kernel",
     {4, {1, 6, 5, 1}},
     {{3, 3}, {1, 1}, {2, 2}, 1, 1},
     2},
    {"conv1d 3 4 strides=2", "kernel", {3, {2, 9, 2}}, {{1, 4}, {1, 2}, {1, 1}, 0, 1}, 3},
    {"conv1d 4 3 dilation_rate=2 groups=2",
     "kernel",
     {3, {2, 9, 2}},
     {{1, 3}, {1, 1}, {1, 2}, 0, 2},
     4},
    {"depthwise_conv2d 3x2 depth_multiplier=2",
     "kernel",
     {4, {2, 5, 4, 3}},
     {{3, 2}, {1, 1}, {1, 1}, 0, 3},
     6},
    {"depthwise_conv2d 2x3 strides=2x1 padding=same",
     "kernel",
     {4, {2, 5, 4, 3}},
     {{2, 3}, {2, 1}, {1, 1}, 1, 3},
     3},
    {"depthwise_conv2d 2 dilation_rate=1x2",
     "kernel",
     {4, {1, 5, 4, 2}},
     {{2, 2}, {1, 1}, {1, 2}, 0, 2},
     2},
    {"conv1d 2 4 padding=same", "kernel", {3, {2, 5, 2}}, {{1, 4}, {1, 1}, {1, 1}, 1, 1}, 2},
    {"maxpool", NULL, {4, {2, 5, 4, 3}}, {{2, 2}, {2, 2}, {1, 1}, 0, 1}, 3},
    {"maxpool 3x2 1 same", NULL, {4, {2, 5, 4, 3}}, {{3, 2}, {1, 1}, {1, 1}, 1, 1}, 3},
    {"avgpool 3x2 2x1 same", NULL, {4, {2, 5, 4, 3}}, {{3, 2}, {2, 1}, {1, 1}, 1, 1}, 3},
    {"max_pooling1d 3 2", NULL, {3, {2, 8, 3}}, {{1, 3}, {1, 2}, {1, 1}, 0, 1}, 3},
    {"average_pooling1d padding=same", NULL, {3, {2, 7, 3}}, {{1, 2}, {1, 2}, {1, 1}, 1, 1}, 3},
    {"global_max_pooling2d", NULL, {4, {2, 3, 4, 3}}, {{3, 4}, {1, 1}, {1, 1}, 0, 1}, 3},
    {"average_pooling2d 3x4", NULL, {4, {2, 3, 4, 3}}, {{3, 4}, {1, 1}, {1, 1}, 0, 1}, 3},
};

/* The bias is 0.5; returns how many values the reference has. */
static int by_definition(size_t k, const struct wg_tensor *weight) {
    const struct wg_shape s = layers[k].shape;
    const struct image in = {s.rank == 4 ? (int)s.dim[1] : 1, (int)s.dim[s.rank - 2],
                             (int)s.dim[s.rank - 1]};
    const int size = in.rows * in.columns * in.channels;
    int begin, each = windows_along(&layers[k].windows, 0, in.rows, &begin) *
                      windows_along(&layers[k].windows, 1, in.columns, &begin) * layers[k].filters;
    for (int64_t i = 0; weight && i < weight->size; i++) kernel[i] = element(*weight, i);
    for (int b = 0; b < s.dim[0]; b++) {
        if (weight)
            convolve(&layers[k].windows, in, x + b * size, kernel, layers[k].filters, y + b * each);
        else
            pool(&layers[k].windows, in, x + b * size, layers[k].text[0] == 'a', y + b * each);
        for (int i = 0; weight && i < each; i++) y[b * each + i] += 0.5;
    }
    return (int)s.dim[0] * each;
}

START_TEST(windows_are_as_defined) {
    for (size_t k = 0; k < ELEMENTS(layers); k++) {
        for (int narrow = 0; narrow < 2; narrow++) {
            char text[160];
            snprintf(text, sizeof text, "%s%s", layers[k].text,
                     layers[k].weight ? " bias_initializer=(constant value=0.5)" : "");
            draw(x, (int)wg_shape_size(layers[k].shape), k);
            struct run r = run_model(model_of(text, narrow ? WG_F32 : WG_F64, layers[k].shape),
                                     WG_TRAINING, layers[k].shape, x);
            expect_no_failure(text);
            struct wg_tensor weight = {0};
            if (layers[k].weight) weight = weight_of(wg_model_params(r.model), layers[k].weight);
            const int n = by_definition(k, layers[k].weight ? &weight : NULL);
            expect_values(text, wg_value(r.y), y, n);
            run_end(&r);
        }
    }
}
END_TEST

START_TEST(global_pooling_keeps_dimensions_on_request) {
    static const struct {
        const char *text;
        struct wg_shape in, out;
    } kinds[] = {{"global_max_pooling2d", {4, {2, 3, 4, 5}}, {2, {2, 5}}},
                 {"global_average_pooling2d keepdims=yes", {4, {2, 3, 4, 5}}, {4, {2, 1, 1, 5}}},
                 {"global_max_pooling1d keepdims=yes", {3, {2, 3, 5}}, {3, {2, 1, 5}}},
                 {"global_average_pooling1d", {3, {2, 3, 5}}, {2, {2, 5}}}};
    for (size_t k = 0; k < ELEMENTS(kinds); k++) {
        const int n = (int)wg_shape_size(kinds[k].in), inner = n / 10;
        draw(x, n, k);
        struct run r =
            run_model(model_of(kinds[k].text, WG_F64, kinds[k].in), WG_INFERENCE, kinds[k].in, x);
        expect_shape(kinds[k].text, r.y, kinds[k].out);
        for (int i = 0; i < 10; i++) {
            double sum = 0, largest = -INFINITY;
            for (int p = 0; p < inner; p++) {
                const double value = x[(i / 5 * inner + p) * 5 + i % 5];
                sum += value;
                largest = fmax(largest, value);
            }
            y[i] = strstr(kinds[k].text, "max") ? largest : sum / inner;
        }
        expect_values(kinds[k].text, wg_value(r.y), y, 10);
        run_end(&r);
    }
}
END_TEST

/* The convolutional network of Keras's documentation. */
START_TEST(the_documents_network_has_its_parameters) {
    wg_model *model = wg_sequential(
        WG_SHAPE(28, 28, 1), wg_conv2d(.filters = 32, .kernel_size = {3}, .activation = "elu"),
        wg_max_pooling2d(.pool_size = {2}),
        wg_conv2d(.filters = 64, .kernel_size = {3, 3}, .activation = "elu"), wg_max_pooling2d(),
        wg_conv2d(.filters = 64, .kernel_size = {3, 3}, .activation = "elu"));
    expect_no_failure("network");
    ck_assert(wg_shape_equal(wg_model_output_shape(model), WG_SHAPE(3, 3, 64)));
    ck_assert_int_eq(wg_model_parameters(model), 55744);
    wg_model_free(model);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {shapes_are_arranged,
                                  merges_fold_their_inputs,
                                  activation_layers_are_their_formulas,
                                  a_relu_of_maximum_zero_is_zero,
                                  batch_normalization_uses_the_batch_then_what_it_remembers,
                                  batch_normalization_can_be_frozen,
                                  layer_normalization_takes_axes,
                                  embeddings_are_rows,
                                  noise_has_its_mean_and_variance,
                                  alpha_dropout_keeps_mean_and_variance,
                                  noise_is_a_function_of_seed_and_position,
                                  spatial_dropout_drops_channels,
                                  activities_are_penalised,
                                  windows_are_as_defined,
                                  global_pooling_keeps_dimensions_on_request,
                                  the_documents_network_has_its_parameters};
    return run_suite("layers", tests, ELEMENTS(tests));
}
