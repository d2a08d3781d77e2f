/* Fit, evaluate, predict: what they compute, against loops written here; order, weights, splits. */
#include "support/suite.h"

#include "wengert/wengert.h"

#include <math.h>
#include <stdio.h>

/* A few products and sums in float. */
static const double near = 1e-5;

enum { EXAMPLES = 10, FEATURES = 2, CLASSES = 3 };

static float x[EXAMPLES * FEATURES], target[EXAMPLES];
static int32_t label[EXAMPLES];

static struct wg_dataset numbers(void) {
    for (int i = 0; i < EXAMPLES; i++) {
        x[2 * i] = (float)i / 4;
        x[2 * i + 1] = (float)(i % 3) - 1;
        target[i] = 2 * x[2 * i] - x[2 * i + 1];
    }
    return wg_dataset_of(EXAMPLES, FEATURES, x, 1, target);
}

static struct wg_dataset classes(void) {
    numbers();
    for (int i = 0; i < EXAMPLES; i++) label[i] = i * 7 % CLASSES;
    return wg_dataset_of_classes(EXAMPLES, FEATURES, x, CLASSES, label);
}

static wg_model *linear(const char *optimizer) {
    wg_model *model =
        wg_sequential(WG_SHAPE(FEATURES), wg_dense(.units = 1, .kernel_initializer = "ones"));
    wg_model_compile(model, .optimizer = optimizer, .loss = "mse", .metrics = {"mae"});
    expect_no_failure("linear");
    return model;
}

static wg_model *classifier(const char *optimizer) {
    wg_model *model = wg_sequential(WG_SHAPE(FEATURES), wg_dense(.units = CLASSES));
    wg_model_compile(model, .optimizer = optimizer,
                     .loss = "sparse_categorical_crossentropy from_logits=1",
                     .metrics = {"accuracy"});
    expect_no_failure("classifier");
    return model;
}

static double weight(const wg_model *model, int i, int j) {
    return (double)((const float *)wg_param_value(wg_model_params(model), i).data)[j];
}

static double logit(const wg_model *model, int i, int c) {
    return (double)x[2 * i] * weight(model, 0, c) +
           (double)x[2 * i + 1] * weight(model, 0, CLASSES + c) + weight(model, 1, c);
}

/* The cross-entropy of example i. */
static double entropy(const wg_model *model, int i) {
    double sum = 0;
    for (int c = 0; c < CLASSES; c++) sum += exp(logit(model, i, c));
    return log(sum) - logit(model, i, label[i]);
}

static void close_to(const char *what, double got, double wanted) {
    ck_assert_msg(fabs(got - wanted) <= near * (1 + fabs(wanted)), "%s: %.9g; expected %.9g", what,
                  got, wanted);
}

/* ---- One step by hand ----------------------------------------------------------------------- */

START_TEST(a_step_is_the_gradient_step) {
    const struct wg_dataset data = numbers();
    wg_model *model = linear("sgd learning_rate=0.1");
    double w[2] = {1, 1}, b = 0, gw[2] = {0}, gb = 0, loss = 0, mae = 0;
    for (int i = 0; i < EXAMPLES; i++) {
        const double xi[2] = {(double)x[2 * i], (double)x[2 * i + 1]};
        const double off = w[0] * xi[0] + w[1] * xi[1] + b - (double)target[i];
        loss += off * off / EXAMPLES;
        mae += fabs(off) / EXAMPLES;
        for (int k = 0; k < 2; k++) gw[k] += 2 * off * xi[k] / EXAMPLES;
        gb += 2 * off / EXAMPLES;
    }
    ck_assert_int_eq(wg_model_fit(model, &data), WG_OK);
    close_to("loss", wg_model_log(model, "loss", 0), loss);
    close_to("mae", wg_model_log(model, "mean_absolute_error", 0), mae);
    for (int k = 0; k < 2; k++) close_to("kernel", weight(model, 0, k), w[k] - 0.1 * gw[k]);
    close_to("bias", weight(model, 1, 0), b - 0.1 * gb);
    wg_model_free(model);
}
END_TEST

START_TEST(accumulated_batches_are_one_step) {
    const struct wg_dataset data = numbers();
    wg_model *whole = linear("sgd learning_rate=0.1"),
             *parts = linear("sgd learning_rate=0.1 gradient_accumulation_steps=5");
    ck_assert_int_eq(wg_model_fit(whole, &data, .epochs = 3, .batch_size = 10), WG_OK);
    ck_assert_int_eq(wg_model_fit(parts, &data, .epochs = 3, .batch_size = 2), WG_OK);
    ck_assert_int_eq(wg_optimizer_steps(wg_model_optimizer(parts)), 3);
    for (int k = 0; k < 2; k++) close_to("kernel", weight(parts, 0, k), weight(whole, 0, k));
    wg_model_free(whole);
    wg_model_free(parts);
}
END_TEST

START_TEST(weights_of_samples_and_classes) {
    static const double sample[EXAMPLES] = {1, 0, 2, 0.5, 1, 3, 0, 0, 1, 0.25},
                        class[CLASSES] = {0.5, 2, 1};
    const struct wg_dataset data = classes();
    for (int kind = 1; kind < 4; kind++) {
        wg_model *model = classifier("sgd learning_rate=0.1");
        double loss = 0;
        for (int i = 0; i < EXAMPLES; i++)
            loss += (kind & 1 ? sample[i] : 1) * (kind & 2 ? class[label[i]] : 1) *
                    entropy(model, i) / EXAMPLES;
        ck_assert_int_eq(wg_model_fit(model, &data, .sample_weight = kind & 1 ? sample : NULL,
                                      .class_weight = kind & 2 ? class : NULL),
                         WG_OK);
        close_to("weighted loss", wg_model_log(model, "loss", 0), loss);
        wg_model_free(model);
    }
    /* A weight of 0 is as good as no example, but for the number that the sum is divided by. */
    static const double some[EXAMPLES] = {1, 1, 1, 1, 1};
    wg_model *weighted = classifier("sgd learning_rate=0.1"),
             *fewer = classifier("sgd learning_rate=0.05");
    struct wg_dataset first = data;
    first.examples = 5;
    ck_assert_int_eq(wg_model_fit(weighted, &data, .sample_weight = some), WG_OK);
    ck_assert_int_eq(wg_model_fit(fewer, &first), WG_OK);
    for (int k = 0; k < FEATURES * CLASSES; k++)
        close_to("kernel", weight(weighted, 0, k), weight(fewer, 0, k));
    struct wg_evaluation all;
    ck_assert_int_eq(wg_model_evaluate(weighted, &data, &all, .sample_weight = some), WG_OK);
    double loss = 0;
    for (int i = 0; i < 5; i++) loss += entropy(weighted, i) / EXAMPLES;
    close_to("weighted evaluation", all.loss, loss);
    wg_model_free(weighted);
    wg_model_free(fewer);
}
END_TEST

/* ---- Evaluation ----------------------------------------------------------------------------- */

START_TEST(evaluation_and_prediction_in_any_batches) {
    const struct wg_dataset data = classes();
    wg_model *model = classifier("sgd");
    double loss = 0, right = 0;
    for (int i = 0; i < EXAMPLES; i++) {
        int best = 0;
        loss += entropy(model, i) / EXAMPLES;
        for (int c = 1; c < CLASSES; c++)
            best = logit(model, i, c) > logit(model, i, best) ? c : best;
        right += best == label[i];
    }
    float first[EXAMPLES * CLASSES];
    for (int batch = 0; batch <= EXAMPLES; batch++) {
        struct wg_evaluation result;
        float y[EXAMPLES * CLASSES];
        ck_assert_int_eq(wg_model_evaluate(model, &data, &result, .batch_size = batch), WG_OK);
        close_to("loss", result.loss, loss);
        close_to("accuracy", result.metric[0], right / EXAMPLES);
        ck_assert_int_eq(wg_model_predict(model, &data, batch, y), WG_OK);
        for (int i = 0; i < EXAMPLES * CLASSES; i++)
            close_to("prediction", (double)y[i], logit(model, i / CLASSES, i % CLASSES));
        if (batch == 0) memcpy(first, y, sizeof y);
        ck_assert_msg(memcmp(first, y, sizeof y) == 0, "batches of %d: other bits", batch);
    }
    ck_assert_int_eq(wg_model_evaluate(model, &data, NULL), WG_OK);
    wg_model_free(model);
    /* A model that is not compiled predicts as well. */
    model = wg_sequential(WG_SHAPE(FEATURES), wg_dense(.units = 1, .kernel_initializer = "ones"));
    float y[EXAMPLES];
    ck_assert_int_eq(wg_model_predict(model, &data, 4, y), WG_OK);
    for (int i = 0; i < EXAMPLES; i++) ck_assert_float_eq(y[i], x[2 * i] + x[2 * i + 1]);
    wg_model_free(model);
}
END_TEST

START_TEST(labels_are_binary_targets) {
    struct wg_dataset data = classes();
    for (int i = 0; i < EXAMPLES; i++) label[i] = i % 2;
    data.classes = 2;
    wg_model *model = wg_sequential(WG_SHAPE(FEATURES),
                                    wg_dense(.units = 1, .activation = "sigmoid", .name = "yes"));
    wg_model_compile(model, .loss = "binary_crossentropy", .metrics = {"accuracy"});
    double loss = 0;
    for (int i = 0; i < EXAMPLES; i++) {
        const double z =
            (double)x[2 * i] * weight(model, 0, 0) + (double)x[2 * i + 1] * weight(model, 0, 1);
        loss += log(1 + exp(label[i] ? -z : z)) / EXAMPLES;
    }
    struct wg_evaluation result;
    ck_assert_msg(wg_model_evaluate(model, &data, &result) == WG_OK, "%s", wg_error());
    close_to("binary cross-entropy", result.loss, loss);
    ck_assert_int_eq(wg_model_fit(model, &data, .epochs = 2), WG_OK);
    wg_model_free(model);
}
END_TEST

/* ---- Order and splits ----------------------------------------------------------------------- */

/* What a callback saw: the loss of each batch, which tells the example where nothing is learnt. */
struct seen {
    int n;
    int64_t step[100];
    double loss[100];
};

static enum wg_status see(void *context, const struct wg_moment *moment) {
    struct seen *seen = context;
    seen->step[seen->n] = moment->step;
    seen->loss[seen->n++] = wg_item(moment->loss);
    return WG_OK;
}

static struct seen watch(struct wg_fit_options options) {
    const struct wg_dataset data = numbers();
    struct seen seen = {0};
    wg_model *model = wg_sequential(
        WG_SHAPE(FEATURES), wg_dense(.units = 1, .kernel_initializer = "ones", .trainable = WG_NO));
    wg_model_compile(model, .optimizer = "sgd", .loss = "mae");
    for (int i = 0; i < EXAMPLES; i++) target[i] = x[2 * i] + x[2 * i + 1] - (float)i;
    options.batch_size = 1;
    options.callbacks[0] = wg_callback_new(
        (struct wg_callback_functions){.name = "see", .context = &seen, .before_update = see});
    ck_assert_msg(wg_model_fit_with(model, &data, options) == WG_OK, "%s", wg_error());
    wg_model_free(model);
    return seen;
}

START_TEST(the_order_is_drawn_from_seed_and_epoch) {
    const struct seen still = watch((struct wg_fit_options){.epochs = 2, .shuffle = WG_NO}),
                      a = watch((struct wg_fit_options){.epochs = 3, .seed = 4}),
                      b = watch((struct wg_fit_options){.epochs = 1, .seed = 4}),
                      c = watch((struct wg_fit_options){.epochs = 3, .seed = 5});
    ck_assert_int_eq(a.n, 30);
    int moved = 0, other_epoch = 0, other_seed = 0;
    for (int i = 0; i < 2 * EXAMPLES; i++) {
        ck_assert_double_eq(still.loss[i], i % EXAMPLES);
        ck_assert_int_eq(still.step[i], i);
    }
    for (int e = 0; e < 3; e++) {
        bool there[EXAMPLES] = {0};
        for (int i = 0; i < EXAMPLES; i++) there[(int)a.loss[EXAMPLES * e + i]] = true;
        for (int i = 0; i < EXAMPLES; i++) ck_assert_msg(there[i], "epoch %d without %d", e, i);
    }
    for (int i = 0; i < EXAMPLES; i++) {
        ck_assert_double_eq(a.loss[i], b.loss[i]);
        moved += a.loss[i] != i;
        other_epoch += a.loss[i] != a.loss[EXAMPLES + i];
        other_seed += a.loss[i] != c.loss[i];
    }
    ck_assert_int_gt(moved, 0);
    ck_assert_int_gt(other_epoch, 0);
    ck_assert_int_gt(other_seed, 0);
}
END_TEST

START_TEST(validation_takes_the_last_examples) {
    const struct seen split =
        watch((struct wg_fit_options){.validation_split = 0.25, .epochs = 2, .seed = 1});
    ck_assert_int_eq(split.n, 14); /* 10 * 0.75 rounded down, twice */
    for (int i = 0; i < split.n; i++) ck_assert_double_lt(split.loss[i], 7);
    const struct wg_dataset data = classes();
    static const double sample[EXAMPLES] = {1, 1, 1, 1, 1, 1, 1, 1, 0.5, 4},
                        class[CLASSES] = {0.5, 3, 2};
    for (int kind = 0; kind < 4; kind++) { /* class weights do not count in validation */
        wg_model *model = classifier("sgd");
        struct wg_dataset last = data;
        last.examples = 2;
        last.x = x + 8 * FEATURES;
        last.labels = label + 8;
        wg_model_fit(
            model, &data, .epochs = 2, .batch_size = 3, .validation_split = kind == 1 ? 0 : 0.2,
            .validation = kind == 1 ? &last : NULL, .sample_weight = kind == 2 ? sample : NULL,
            .class_weight = kind == 3 ? class : NULL);
        expect_no_failure("fit");
        const double *w = kind == 2 ? sample : NULL;
        const double loss =
            ((w ? w[8] : 1) * entropy(model, 8) + (w ? w[9] : 1) * entropy(model, 9)) / 2;
        close_to("val_loss", wg_model_log(model, "val_loss", 1), loss);
        ck_assert(!isnan(wg_model_log(model, "val_accuracy", 1)));
        wg_model_free(model);
    }
}
END_TEST

START_TEST(history_has_a_row_for_each_epoch) {
    static const char *const names[] = {"loss", "mean_absolute_error", "val_loss",
                                        "val_mean_absolute_error", "learning_rate"};
    const struct wg_dataset data = numbers();
    wg_model *model = linear("sgd learning_rate=0.01");
    ck_assert_int_eq(wg_model_epochs(model), 0);
    ck_assert_int_eq(
        wg_model_fit(model, &data, .epochs = 40, .validation = &data, .shuffle = WG_NO), WG_OK);
    ck_assert_int_eq(wg_model_epochs(model), 40); /* more than the first room */
    for (int i = 0; i < 5; i++) ck_assert_str_eq(wg_model_log_name(model, i), names[i]);
    ck_assert_ptr_null(wg_model_log_name(model, 5));
    ck_assert_ptr_null(wg_model_log_name(model, -1));
    for (int e = 1; e < 40; e++) {
        ck_assert_double_eq(wg_model_log(model, "loss", e), wg_model_log(model, "val_loss", e - 1));
        ck_assert_double_lt(wg_model_log(model, "loss", e), wg_model_log(model, "loss", e - 1));
        ck_assert_double_eq(wg_model_log(model, "learning_rate", e), 0.01);
    }
    ck_assert(isnan(wg_model_log(model, "loss", 40)));
    ck_assert(isnan(wg_model_log(model, "loss", -1)));
    ck_assert(isnan(wg_model_log(model, "loose", 0)));
    ck_assert(isnan(wg_model_log(model, NULL, 0)));
    ck_assert(isnan(wg_model_log(NULL, "loss", 0)));
    ck_assert_int_eq(wg_model_fit(model, &data, .epochs = 2), WG_OK);
    ck_assert_int_eq(wg_model_epochs(model), 2); /* the last fit's */
    ck_assert_ptr_null(wg_model_log_name(model, 3));
    wg_model_free(model);
}
END_TEST

/* ---- What an update comes with -------------------------------------------------------------- */

static enum wg_status all_positive(void *context, const struct wg_moment *moment) {
    const struct wg_tensor w = wg_param_value(wg_model_params(moment->model), 0);
    for (int64_t i = 0; i < w.size; i++) *(int *)context += !(((const float *)w.data)[i] >= 0);
    return WG_OK;
}

START_TEST(constraints_hold_after_each_update) {
    const struct wg_dataset data = numbers(); /* the second weight would go to -1 */
    for (int held = 0; held < 2; held++) {
        int negative = 0;
        wg_model *model = wg_sequential(
            WG_SHAPE(FEATURES), wg_dense(.units = 1, .kernel_constraint = held ? "non_neg" : NULL));
        wg_model_compile(model, .optimizer = "sgd learning_rate=0.1", .loss = "mse");
        wg_model_fit(model, &data, .epochs = 20, .batch_size = 5,
                     .callbacks = {wg_callback_new((struct wg_callback_functions){
                         .name = "look", .context = &negative, .batch_end = all_positive})});
        expect_no_failure("fit");
        ck_assert_msg(held ? negative == 0 : negative > 0, "%d negative weights", negative);
        wg_model_free(model);
    }
}
END_TEST

START_TEST(frozen_layers_stay) {
    const struct wg_dataset data = numbers();
    wg_model *model = wg_sequential(WG_SHAPE(FEATURES), wg_dense(.units = 2, .trainable = WG_NO),
                                    wg_dense(.units = 1));
    wg_model_compile(model, .optimizer = "adam weight_decay=0.1", .loss = "mse");
    double before[4];
    for (int i = 0; i < 4; i++) before[i] = weight(model, 0, i);
    const double moving = weight(model, 2, 0);
    ck_assert_int_eq(wg_model_fit(model, &data, .epochs = 3), WG_OK);
    for (int i = 0; i < 4; i++) ck_assert_double_eq(weight(model, 0, i), before[i]);
    ck_assert_double_ne(weight(model, 2, 0), moving);
    wg_model_free(model);
}
END_TEST

START_TEST(moving_statistics_move_once_a_step) {
    const struct wg_dataset data = numbers();
    wg_model *model =
        wg_sequential_from_text((struct wg_model_options){.input = {{.shape = WG_SHAPE(FEATURES)}}},
                                "batch_normalization momentum=0.5; dense 1");
    ck_assert_msg(model != NULL, "%s", wg_error());
    wg_model_compile(model, .optimizer = "sgd", .loss = "mse");
    double mean = 0, moving = 0;
    for (int i = 0; i < EXAMPLES; i++) mean += (double)x[2 * i] / EXAMPLES;
    const wg_params *statistics = wg_model_statistics(model);
    const int at = wg_params_find(statistics, "batch_normalization/moving_mean");
    ck_assert_int_ge(at, 0);
    ck_assert_int_eq(wg_model_fit(model, &data, .epochs = 3, .validation = &data), WG_OK);
    for (int e = 0; e < 3; e++) moving = 0.5 * moving + 0.5 * mean;
    close_to("moving mean", (double)((const float *)wg_param_value(statistics, at).data)[0],
             moving);
    wg_model_free(model);
}
END_TEST

/* Examples that are all alike, and nothing learnt: the loss is a matter of the mask alone. */
START_TEST(each_batch_draws_its_own_noise) {
    float alike[200], zeros[200] = {0};
    for (int i = 0; i < 200; i++) alike[i] = 1 + 0.01f * (float)(i % 25 * (i % 25));
    const struct wg_dataset data = wg_dataset_of(8, 25, alike, 25, zeros);
    static const char *const optimizers[] = {"sgd", "sgd gradient_accumulation_steps=4"};
    for (size_t k = 0; k < ELEMENTS(optimizers); k++) {
        struct seen seen[3] = {{0}};
        for (uint64_t run = 0; run < 3; run++) {
            wg_model *model = wg_sequential_from_text(
                (struct wg_model_options){.input = {{.shape = WG_SHAPE(25)}}},
                "dropout 0.5; dense 25 kernel_initializer=identity trainable=no");
            wg_model_compile(model, .optimizer = optimizers[k], .loss = "mse");
            wg_model_fit(model, &data, .epochs = 2, .batch_size = 2, .seed = run / 2,
                         .callbacks = {wg_callback_new((struct wg_callback_functions){
                             .name = "see", .context = &seen[run], .before_update = see})});
            expect_no_failure("fit");
            wg_model_free(model);
        }
        int other = 0, same = 0;
        for (int i = 0; i < 8; i++) {
            ck_assert_double_eq(seen[0].loss[i], seen[1].loss[i]);
            other += seen[0].loss[i] != seen[2].loss[i];
            for (int j = 0; j < i; j++) same += seen[0].loss[i] == seen[0].loss[j];
        }
        ck_assert_int_eq(other, 8);
        ck_assert_msg(same == 0, "%s: %d pairs of batches alike", optimizers[k], same);
    }
}
END_TEST

int main(void) {
    const TTest *const tests[] = {
        a_step_is_the_gradient_step,        accumulated_batches_are_one_step,
        weights_of_samples_and_classes,     evaluation_and_prediction_in_any_batches,
        labels_are_binary_targets,          the_order_is_drawn_from_seed_and_epoch,
        validation_takes_the_last_examples, history_has_a_row_for_each_epoch,
        constraints_hold_after_each_update, frozen_layers_stay,
        moving_statistics_move_once_a_step, each_batch_draws_its_own_noise};
    return run_suite("fit", tests, ELEMENTS(tests));
}
