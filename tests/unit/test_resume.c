/* Resuming: a run that is interrupted after each epoch and goes on from its checkpoint ends with
 * the bits of one that never stopped, whatever takes part in it; and runs that are not the same are
 * refused. */
#define _POSIX_C_SOURCE 200809L
#include "support/scratch.h"
#include "support/suite.h"

#include "wengert/wengert.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

enum { EXAMPLES = 30, CLASSES = 3, EPOCHS = 6 };

static const char *path, *log_path, *best_path;

static void make_folder(void) {
    scratch_make();
    path = scratch_path("model");
    log_path = scratch_path("log");
    best_path = scratch_path("best");
}

static float x[EXAMPLES * 4];
static int32_t label[EXAMPLES];

static struct wg_dataset examples(void) {
    for (int i = 0; i < EXAMPLES; i++) {
        label[i] = i * 5 % CLASSES;
        for (int k = 0; k < 4; k++)
            x[4 * i + k] = (float)((i * 13 + k * 7) % 17) / 17 + (k == label[i] ? 0.5f : 0);
    }
    return wg_dataset_of_classes(EXAMPLES, 4, x, CLASSES, label);
}

struct recipe {
    const char *optimizer;
    bool schedule, stopping, plateau, twice;
};

static wg_model *build(const struct recipe *r) {
    wg_model *model = wg_sequential_from_text(
        (struct wg_model_options){.input = {{.shape = WG_SHAPE(4)}}, .seed = 9},
        "dense 8 elu; batch_normalization; dropout 0.4; dense 3 softmax "
        "kernel_regularizer=l2 kernel_constraint=max_norm");
    wg_model_compile(model, .optimizer = r->optimizer, .loss = "sparse_categorical_crossentropy",
                     .metrics = {"accuracy"},
                     .schedule = r->schedule ? wg_cosine_decay(0.02, 20, 0, 0, 0)
                                             : (struct wg_schedule){0});
    expect_no_failure("build");
    return model;
}

/* One call of fit, up to an epoch. */
static enum wg_status go(wg_model *model, const struct recipe *r, int epochs) {
    const struct wg_dataset data = examples();
    struct wg_fit_options o = {
        .epochs = epochs, .batch_size = 7, .seed = 77, .validation_split = 0.2, .resume = path};
    int n = 0;
    if (r->stopping) {
        o.callbacks[n++] = wg_early_stopping(.monitor = "val_accuracy", .patience = 2,
                                             .restore_best_weights = WG_YES);
        o.callbacks[n++] = wg_early_stopping(.monitor = "loss", .patience = 20);
    }
    if (r->plateau)
        o.callbacks[n++] = wg_reduce_lr_on_plateau(.monitor = "loss", .patience = 1, .factor = 0.5,
                                                   .min_delta = 0.05, .cooldown = 1);
    o.callbacks[n++] = wg_csv_logger(log_path);
    if (r->twice) o.callbacks[n++] = wg_checkpoint(.path = best_path, .save_best_only = WG_YES);
    o.callbacks[n++] = wg_checkpoint(path);
    return wg_model_fit_with(model, &data, o);
}

struct outcome {
    struct wg_fingerprint params, statistics, best;
    int epochs;
    double loss[EPOCHS], rate[EPOCHS];
    char log[4000];
};

static struct outcome look(const wg_model *model, const struct recipe *r) {
    struct outcome o = {.params = wg_params_fingerprint(wg_model_params(model)),
                        .statistics = wg_params_fingerprint(wg_model_statistics(model)),
                        .epochs = wg_model_epochs(model)};
    for (int e = 0; e < o.epochs; e++) {
        o.loss[e] = wg_model_log(model, "val_loss", e);
        o.rate[e] = wg_model_log(model, "learning_rate", e);
    }
    FILE *file = fopen(log_path, "r");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_gt(fread(o.log, 1, sizeof o.log - 1, file), 0);
    fclose(file);
    if (r->twice) {
        wg_model *best = wg_model_load(best_path);
        ck_assert_msg(best != NULL, "%s", wg_error());
        o.best = wg_params_fingerprint(wg_model_params(best));
        wg_model_free(best);
    }
    return o;
}

static void same(const struct recipe *r, const struct outcome *a, const struct outcome *b) {
    ck_assert_int_eq(a->epochs, b->epochs);
    for (int e = 0; e < a->epochs; e++) {
        ck_assert_msg(a->loss[e] == b->loss[e], "%s: epoch %d: %.17g and %.17g", r->optimizer, e,
                      a->loss[e], b->loss[e]);
        ck_assert_double_eq(a->rate[e], b->rate[e]);
    }
    ck_assert_str_eq(a->params.hex, b->params.hex);
    ck_assert_str_eq(a->statistics.hex, b->statistics.hex);
    ck_assert_str_eq(a->best.hex, b->best.hex);
    ck_assert_str_eq(a->log, b->log);
}

START_TEST(interrupted_after_each_epoch) {
    static const struct recipe recipes[] = {
        {"adam", true, false, false, false},
        {"nadam", false, true, false, true},
        {"sgd learning_rate=0.1 momentum=0.9", false, false, true, true},
        {"adam amsgrad=1 gradient_accumulation_steps=3", false, true, true, true},
        {"rmsprop centered=1 momentum=0.5 use_ema=1 ema_overwrite_frequency=4", false, false, false,
         false},
        {"adafactor", false, false, false, false},
        {"lamb", true, true, false, false},
        {"ftrl learning_rate=0.1", false, false, true, false},
    };
    const struct recipe *r = &recipes[_i];
    scratch_clear();
    wg_model *straight = build(r);
    ck_assert_msg(go(straight, r, EPOCHS) == WG_OK, "%s", wg_error());
    const struct outcome wanted = look(straight, r);
    wg_model_free(straight);
    if (!r->stopping) ck_assert_int_eq(wanted.epochs, EPOCHS);
    scratch_clear();
    for (int e = 1; e <= EPOCHS; e++) {
        wg_model *part = build(r);
        ck_assert_msg(go(part, r, e) == WG_OK, "%s", wg_error());
        if (e == EPOCHS) {
            const struct outcome got = look(part, r);
            same(r, &wanted, &got);
        }
        wg_model_free(part);
    }
    /* Once more, with nothing left to do. */
    wg_model *over = build(r);
    ck_assert_msg(go(over, r, EPOCHS) == WG_OK, "%s", wg_error());
    const struct outcome got = look(over, r);
    same(r, &wanted, &got);
    wg_model_free(over);
}
END_TEST

START_TEST(the_recipes_do_what_they_are_for) {
    const struct recipe r = {"sgd learning_rate=0.1", false, false, true, false};
    wg_model *model = build(&r);
    ck_assert_int_eq(go(model, &r, EPOCHS), WG_OK);
    const struct outcome o = look(model, &r);
    ck_assert_double_lt(o.rate[EPOCHS - 1], 0.1); /* there was a plateau */
    int lines = 0;
    for (const char *at = o.log; *at; at++) lines += *at == '\n';
    ck_assert_int_eq(lines, 1 + EPOCHS);
    ck_assert_msg(
        strncmp(o.log, "epoch,loss,accuracy,val_loss,val_accuracy,learning_rate\n0,", 58) == 0,
        "%s", o.log);
    wg_model_free(model);
}
END_TEST

/* ---- Other runs ----------------------------------------------------------------------------- */

struct other {
    const char *what, *text, *optimizer, *loss;
    struct wg_schedule schedule;
    struct wg_fit_options fit;
    bool stopping;
    const char *word, *word2;
};

START_TEST(other_runs_are_refused) {
    static const struct other others[] = {
        {"units", "dense 4; dense 3", NULL, NULL, {0}, {0}, false, "dense/kernel has shape", NULL},
        {"activation",
         "dense 5 relu; dense 3",
         NULL,
         NULL,
         {0},
         {0},
         false,
         "its model is",
         "relu"},
        {"optimizer", NULL, "sgd", NULL, {0}, {0}, false, "its optimizer is \"adam\"", "\"sgd\""},
        {"loss",
         NULL,
         NULL,
         "sparse_categorical_crossentropy",
         {0},
         {0},
         false,
         "its loss is",
         "from_logits"},
        {"seed", NULL, NULL, NULL, {0}, {.seed = 2}, false, "its seed is 1", "2"},
        {"batch", NULL, NULL, NULL, {0}, {.batch_size = 8}, false, "its batch_size is 6", "8"},
        {"split",
         NULL,
         NULL,
         NULL,
         {0},
         {.validation_split = 0.5},
         false,
         "its examples is 30",
         "15"},
        {"shuffle", NULL, NULL, NULL, {0}, {.shuffle = WG_NO}, false, "its shuffle is 1", "0"},
        {"callbacks", NULL, NULL, NULL, {0}, {0}, true, "early_stopping", NULL},
        {"schedule",
         NULL,
         NULL,
         NULL,
         {.kind = WG_SCHEDULE_EXPONENTIAL, .initial = 0.1, .rate = 0.5, .steps = 3},
         {0},
         false,
         "schedule",
         NULL}};
    const struct wg_dataset data = examples();
    for (size_t i = 0; i <= ELEMENTS(others); i++) {
        const struct other *o = i ? &others[i - 1] : &(struct other){.what = "the run itself"};
        wg_model *model = wg_sequential_from_text(
            (struct wg_model_options){.input = {{.shape = WG_SHAPE(4)}}, .seed = i},
            o->text ? o->text : "dense 5; dense 3");
        wg_model_compile(model, .optimizer = o->optimizer ? o->optimizer : "adam",
                         .loss =
                             o->loss ? o->loss : "sparse_categorical_crossentropy from_logits=1",
                         .schedule = o->schedule);
        expect_no_failure(o->what);
        struct wg_fit_options fit = o->fit;
        if (!fit.seed) fit.seed = 1;
        if (!fit.batch_size) fit.batch_size = 6;
        fit.epochs = i ? 2 : 1;
        fit.resume = path;
        fit.callbacks[0] = wg_checkpoint(path);
        if (o->stopping) fit.callbacks[1] = wg_early_stopping(.monitor = "loss");
        const struct wg_fingerprint before = wg_params_fingerprint(wg_model_params(model));
        const enum wg_status status = wg_model_fit_with(model, &data, fit);
        if (i == 0) {
            ck_assert_msg(status == WG_OK, "%s", wg_error());
        } else {
            ck_assert_msg(status != WG_OK, "%s was taken", o->what);
            expect_failure(o->what, status, path, o->word);
            const struct wg_fingerprint now = wg_params_fingerprint(wg_model_params(model));
            ck_assert_str_eq(now.hex, before.hex);
            ck_assert_int_eq(wg_optimizer_steps(wg_model_optimizer(model)), 0);
        }
        wg_model_free(model);
    }
}
END_TEST

/* A log that is none is not written over when a run goes on. */
START_TEST(a_foreign_log_stays) {
    static const char poem[] = "roses are red\n", cut[] = "epoch,lo";
    const struct recipe r = {"adam", false, false, false, false};
    wg_model *model = build(&r);
    ck_assert_int_eq(go(model, &r, 1), WG_OK);
    wg_model_free(model);
    FILE *file = fopen(log_path, "w");
    fputs(poem, file);
    fclose(file);
    model = build(&r);
    ck_assert_int_eq(go(model, &r, 2), WG_ERROR_FORMAT);
    expect_failure("poem", WG_ERROR_FORMAT, log_path, "roses");
    char text[40] = "";
    file = fopen(log_path, "r");
    ck_assert_uint_gt(fread(text, 1, sizeof text - 1, file), 0);
    fclose(file);
    ck_assert_str_eq(text, poem);
    wg_model_free(model);
    file = fopen(log_path, "w"); /* a log that was cut short begins anew */
    fputs(cut, file);
    fclose(file);
    model = build(&r);
    ck_assert_int_eq(go(model, &r, 2), WG_OK);
    const struct outcome o = look(model, &r);
    ck_assert_msg(strncmp(o.log, "epoch,loss,", 11) == 0 && strstr(o.log, "\n1,") != NULL, "%s",
                  o.log);
    wg_model_free(model);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("resume");
    TCase *all = tcase_create("resume");
    tcase_add_checked_fixture(all, make_folder, scratch_remove);
    tcase_add_loop_test(all, interrupted_after_each_epoch, 0, 8);
    tcase_add_test(all, the_recipes_do_what_they_are_for);
    tcase_add_test(all, other_runs_are_refused);
    tcase_add_test(all, a_foreign_log_stays);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
