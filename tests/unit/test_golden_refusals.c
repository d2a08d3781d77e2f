/* What Keras refuses is refused, with a text that names it: tests/golden/refusals.txt. */
#define _POSIX_C_SOURCE 200809L
#include "support/suite.h"

#include "wengert/wengert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CASES 10 /* in the file */

static void try_optimizer(const char *text) {
    wg_params *params = wg_params_new(WG_F32);
    wg_params_add(params, "w", WG_SHAPE(2));
    ck_assert_ptr_null(wg_optimizer_from_text(params, text));
    wg_params_free(params);
}

static void try_initializer(const char *text) {
    wg_params *params = wg_params_new(WG_F32);
    const int w = wg_params_add(params, "w", WG_SHAPE(2, 3));
    ck_assert_int_eq(wg_param_initialize(params, w, text, 1), WG_ERROR_ARGUMENT);
    wg_params_free(params);
}

/* Some options are judged alone, others only beside an input. */
static void try_layer(const char *text) {
    const struct wg_model_options options = {.input = {{.shape = WG_SHAPE(8, 8, 4)}}};
    ck_assert_ptr_null(wg_sequential_from_text(options, text));
}

static void try_callback(const char *text) {
    ck_assert_str_eq(text, "factor=1");
    ck_assert_ptr_null(wg_reduce_lr_on_plateau(.factor = 1));
}

static const struct {
    const char *what;
    void (*try)(const char *text);
} tries[] = {{"optimizer", try_optimizer},
             {"initializer", try_initializer},
             {"layer", try_layer},
             {"callback", try_callback}};

static void check(const char *id, const char *what, const char *text, char *names) {
    size_t i = 0;
    while (i < sizeof tries / sizeof *tries && strcmp(tries[i].what, what) != 0) i++;
    ck_assert_msg(i < sizeof tries / sizeof *tries, "%s: unknown \"%s\"", id, what);
    wg_clear_error();
    tries[i].try(text);
    for (char *rest = names, *name; (name = strtok_r(rest, ",\n", &rest)) != NULL;)
        ck_assert_msg(strstr(wg_error(), name), "%s: \"%s\" does not name \"%s\"", id, wg_error(),
                      name);
    wg_clear_error();
}

START_TEST(what_keras_refuses) {
    char line[256];
    int seen = 0;
    FILE *file = fopen(WENGERT_GOLDEN, "r");
    ck_assert_ptr_nonnull(file);
    while (fgets(line, sizeof line, file)) {
        char *rest = line;
        if (line[0] == '#') continue;
        const char *id = strtok_r(rest, "|", &rest), *what = strtok_r(rest, "|", &rest);
        const char *text = strtok_r(rest, "|", &rest);
        ck_assert_ptr_nonnull(text);
        check(id, what, text, rest);
        seen++;
    }
    fclose(file);
    ck_assert_int_eq(seen, CASES);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {what_keras_refuses};
    return run_suite("golden_refusals", tests, ELEMENTS(tests));
}
