#include "image_ops.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

#include "support/suite.h"

wg_var image_variable(wg_tape *tape, enum wg_dtype dtype, struct wg_shape shape, const double *x) {
    const wg_var v = wg_variable(tape, dtype, shape, NULL);
    const struct wg_tensor t = wg_value(v);
    for (int64_t i = 0; i < t.size; i++) {
        if (dtype == WG_F32)
            ((float *)t.data)[i] = (float)x[i];
        else
            ((double *)t.data)[i] = x[i];
    }
    return v;
}

/* Sets "name=value" words. */
static void set_attributes(const struct wg_op *op, double *slots, const char *text) {
    char words[128];
    wg_op_defaults(op, slots);
    ck_assert(strlen(text) < sizeof words);
    strcpy(words, text);
    for (char *word = strtok(words, " "); word; word = strtok(NULL, " ")) {
        char *value = strchr(word, '=');
        *value = '\0';
        wg_op_set(op, slots, word, value + 1);
    }
}

struct image_result run_image_op(wg_tape *tape, const char *name, const char *attributes,
                                 enum wg_dtype dtype, int inputs, const struct wg_shape *shape,
                                 double *const *x, const double *dy) {
    const struct wg_op *op = wg_find_op(name);
    double slots[WG_MAX_ATTRIBUTES * WG_LIST_SLOTS];
    wg_var v[2];
    ck_assert(op != NULL && inputs <= 2);
    set_attributes(op, slots, attributes);
    for (int i = 0; i < inputs; i++) v[i] = image_variable(tape, dtype, shape[i], x[i]);
    const wg_var y = wg_apply(op, v, inputs, slots);
    expect_no_failure(name);
    struct image_result result = {.y = wg_value(y)};
    if (!dy) return result;
    wg_backward_from(y, wg_value(image_variable(tape, dtype, result.y.shape, dy)).data);
    for (int i = 0; i < inputs; i++) result.dx[i] = wg_gradient(v[i]);
    expect_no_failure(name);
    return result;
}

void expect_sums(const char *what, struct wg_tensor ours, const long double *sum,
                 const long double *size, double terms) {
    const double epsilon = ours.dtype == WG_F32 ? FLT_EPSILON : DBL_EPSILON;
    for (int64_t i = 0; i < ours.size; i++) {
        const long double error = fabsl((long double)element(ours, i) - sum[i]);
        ck_assert_msg(error <= terms * epsilon * size[i],
                      "%s, %s: element %lld is %.17g; expected %.17Lg", what,
                      wg_dtype_name(ours.dtype), (long long)i, element(ours, i), sum[i]);
    }
}

void expect_refusal(const char *name, const char *op_case, enum wg_status status, const char *word,
                    const char *other) {
    const struct wg_op *op = wg_find_op(name);
    double slots[WG_MAX_ATTRIBUTES * WG_LIST_SLOTS];
    wg_tape *tape = wg_tape_new();
    wg_var v[2];
    int inputs = 0;
    char words[128];
    strcpy(words, op_case);
    wg_op_defaults(op, slots);
    for (char *at = strtok(words, " "); at; at = strtok(NULL, " ")) {
        char *value = strchr(at, '=');
        if (value) {
            *value = '\0';
            wg_op_set(op, slots, at, value + 1);
            continue;
        }
        struct wg_shape shape = {0};
        for (char *end = at; *end; at = end + 1) shape.dim[shape.rank++] = strtoll(at, &end, 10);
        v[inputs++] = wg_input(tape, WG_F64, shape, NULL);
    }
    ck_assert_msg(wg_error_status() != WG_OK || wg_is_null(wg_apply(op, v, inputs, slots)),
                  "%s %s was taken", name, op_case);
    ck_assert_msg(strstr(wg_error(), name), "\"%s\" does not name %s", wg_error(), name);
    ck_assert_msg(strstr(wg_error(), "expected"), "\"%s\" does not say what was expected",
                  wg_error());
    expect_failure(op_case, status, word, other);
    wg_tape_free(tape);
}

void expect_gradcheck(const char *op, const char *op_case) {
    struct wg_gradcheck_result result;
    wg_gradcheck_op(wg_find_op(op), op_case, NULL, &result);
    expect_no_failure(op_case);
    ck_assert_msg(result.pass && result.checked == result.variables,
                  "%s %s: %lld of %lld elements checked, the worst error %g", op, op_case,
                  (long long)result.checked, (long long)result.variables, result.row[0].error);
}
