/* Every kind of layer, with every option: to text and back, and its gradients in double. */
#include "layer_cases.h"
#include "support/suite.h"

#include <stdio.h>

#define MOST_ELEMENTS 1024
#define SEED 20240229

/* ------------------------------------------------------------------------------------------------
 * The cases leave nothing out */

/* Whether the text names the layer of that kind. */
static bool is_of_kind(const char *text, const char *kind) {
    const size_t length = strlen(kind);
    for (const char *at = text; at; at = strchr(at, ';')) {
        at += strspn(at, "; ");
        if (strncmp(at, kind, length) == 0 && strchr(" ;", at[length])) return true;
    }
    return false;
}

static bool is_in_cases(const char *kind, const char *option) {
    char given[64];
    snprintf(given, sizeof given, " %s=", option);
    const struct layer_case *c;
    for (int i = 0; (c = layer_case_at(i)) != NULL; i++) {
        if (is_of_kind(c->text, kind) && (!option[0] || strstr(c->text, given))) return true;
    }
    return false;
}

START_TEST(every_kind_and_option_is_in_the_cases) {
    const char *kind, *option;
    int kinds = 0;
    for (int i = 0; (kind = wg_layer_kind(i)) != NULL; i++) {
        kinds++;
        ck_assert_msg(is_in_cases(kind, ""), "%s is in no case of layer_cases.c", kind);
        for (int j = 0; (option = wg_layer_kind_option(i, j)) != NULL; j++)
            ck_assert_msg(is_in_cases(kind, option), "%s: no case of layer_cases.c gives %s=", kind,
                          option);
    }
    ck_assert_int_ge(kinds, 40);
    printf("%d kinds of layers\n", kinds);
}
END_TEST

/* ------------------------------------------------------------------------------------------------
 * Text */

START_TEST(texts_make_the_same_model_again) {
    const struct layer_case *c;
    int count = 0;
    for (int i = 0; (c = layer_case_at(i)) != NULL; i++) {
        wg_model *model = case_model(c, WG_F32, SEED);
        expect_no_failure(c->text);
        struct layer_case again = *c;
        again.text = wg_model_text(model);
        wg_model *second = case_model(&again, WG_F32, SEED);
        expect_no_failure(again.text);
        ck_assert_str_eq(wg_model_text(second), wg_model_text(model));
        ck_assert_str_eq(wg_params_fingerprint(wg_model_params(second)).hex,
                         wg_params_fingerprint(wg_model_params(model)).hex);
        ck_assert_str_eq(wg_params_fingerprint(wg_model_statistics(second)).hex,
                         wg_params_fingerprint(wg_model_statistics(model)).hex);
        ck_assert(wg_shape_equal(wg_model_output_shape(second), wg_model_output_shape(model)));
        wg_model_free(second);
        wg_model_free(model);
        count++;
    }
    ck_assert_int_ge(count, 65);
}
END_TEST

/* An option that the first text gives stands in the text of the layer, by its name. */
START_TEST(texts_hold_all_that_was_given) {
    const struct layer_case *c;
    for (int i = 0; (c = layer_case_at(i)) != NULL; i++) {
        if (strchr(c->text, ';')) continue;
        wg_model *model = case_model(c, WG_F32, SEED);
        expect_no_failure(c->text);
        for (const char *at = strchr(c->text, '='); at; at = strchr(at + 1, '=')) {
            const char *name = at;
            while (name > c->text && !strchr(" (", name[-1])) name--;
            const size_t length = (size_t)(at - name) + 2; /* and the value's beginning */
            char word[96];
            memcpy(word, name, length);
            word[length] = '\0';
            const bool initial = strstr(c->text, "softmax axis=-1") != NULL;
            ck_assert_msg(initial || strstr(wg_model_text(model), word),
                          "\"%s\" lacks %s of \"%s\"", wg_model_text(model), word, c->text);
        }
        wg_model_free(model);
    }
}
END_TEST

/* ------------------------------------------------------------------------------------------------
 * Gradients */

struct subject {
    wg_model *model;
    enum wg_mode mode;
};

/* The output and the penalties, so that one check sees both. */
static wg_var whole(wg_tape *tape, const wg_var *x, void *user) {
    const struct subject *s = user;
    wg_pass *pass = wg_pass_new(s->model, tape, s->mode);
    wg_var y = wg_pass_record(pass, x);
    if (!wg_is_null(y)) {
        wg_pass_set_noise(pass, SEED, 7);
        wg_forward(tape);
        y = wg_add(y, wg_pass_penalty(pass));
    }
    wg_pass_free(pass);
    return y;
}

/* Away from the points where initial values lie, which may be kinks. */
static void shake(wg_model *model) {
    wg_params *params = wg_model_params(model), *statistics = wg_model_statistics(model);
    struct wg_random random = wg_random_make(SEED, 9);
    for (int i = 0; i < wg_params_count(params); i++) {
        double *value = wg_param_value(params, i).data;
        for (int64_t k = 0; k < wg_param_value(params, i).size; k++)
            value[k] += wg_random_uniform(&random, -0.5, 0.5);
    }
    for (int i = 0; i < wg_params_count(statistics); i++)
        wg_param_uniform(statistics, i, 0.25, 2, SEED);
    wg_model_constrain(model);
}

static void check_gradient(const struct layer_case *c, enum wg_mode mode) {
    static double room[2][MOST_ELEMENTS];
    struct subject s = {case_model(c, WG_F64, SEED), mode};
    expect_no_failure(c->text);
    shake(s.model);
    const int n = c->second ? 2 : 1;
    const struct wg_tensor x[2] = {case_input(c, 0, room[0]),
                                   n == 2 ? case_input(c, 1, room[1]) : (struct wg_tensor){0}};
    const struct wg_gradcheck_options options = {.params = wg_model_params(s.model)};
    struct wg_gradcheck_result result;
    char report[4096];
    wg_gradcheck(whole, &s, n, x, &options, &result);
    expect_no_failure(c->text);
    wg_gradcheck_text(&result, report, sizeof report);
    ck_assert_msg(result.pass, "%s, %s:\n%s", c->text, mode ? "training" : "inference", report);
    ck_assert_msg(result.severed[0] == '\0', "%s: no part of the result: %s", c->text,
                  result.severed);
    ck_assert_int_gt(result.nonzero, 0);
    ck_assert_int_ge(result.variables, wg_params_elements(wg_model_params(s.model)));
    wg_model_free(s.model);
}

START_TEST(gradients_in_training) {
    const struct layer_case *c;
    for (int i = 0; (c = layer_case_at(i)) != NULL; i++) check_gradient(c, WG_TRAINING);
}
END_TEST

START_TEST(gradients_in_inference) {
    const struct layer_case *c;
    for (int i = 0; (c = layer_case_at(i)) != NULL; i++) check_gradient(c, WG_INFERENCE);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {every_kind_and_option_is_in_the_cases,
                                  texts_make_the_same_model_again, texts_hold_all_that_was_given,
                                  gradients_in_training, gradients_in_inference};
    return run_suite("layer_models", tests, ELEMENTS(tests));
}
