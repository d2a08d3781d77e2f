/* Activations against figures of Keras, tests/golden/activations.txt. Where Wengert departs on
 * purpose, the table says how, and that is tested in its place; docs/numerics.md says why. */
#include "golden_cases.h"

#include "support/suite.h"

#include "wengert/wengert.h"

#include <float.h>
#include <math.h>

/* Beside each case's own tolerance. In float, inputs and attributes are rounded first (half a unit
 * in the last place each), the result is within one, and the figure is rounded to compare. The
 * smallest subnormal is what such units become at last. */
#define FLOAT_WITHIN 0x1p-22
#define FLOAT_SMALLEST 0x1p-149

/* ------------------------------------------------------------------------------------------------
 * Departures */

static const struct departure {
    const char *id;

    /* A whole case: an error that says this, and what is compared in its place (NULL: nothing). */
    const char *text, *instead;

    /* Without those: element `at` is `ours`. */
    int at;
    double ours;
} departures[] = {
    {"0009", "no attribute \"alpha\"", "selu", 0, 0},
    {"0068", "threshold=-5|a number from 0", NULL, 0, 0},
    {"0111", "threshold=-2.5|a number from 0", NULL, 0, 0},
    {"0112", "threshold=-2.5|a number from 0", NULL, 0, 0},
    {"0147", NULL, NULL, 2, -2.9424328724945029e-259},
    {"0218", NULL, NULL, 0, 0.25},
    {"0222", NULL, NULL, 0, 1},
    {"0243", NULL, NULL, 1, 1},
    {"0243", NULL, NULL, 2, -1},
    {"0244", NULL, NULL, 2, 0},
    {"0248", NULL, NULL, 2, 0},
    {"0251", NULL, NULL, 2, 0},
    {"0254", NULL, NULL, 0, NAN},
    {"0255", NULL, NULL, 0, NAN},
    {"0256", NULL, NULL, 0, NAN},
    {"0257", NULL, NULL, 2, 0},
    {"0261", NULL, NULL, 2, 0},
    {"0264", "no attribute \"keras_version\"", "relu threshold=5", 0, 0},
    {"0264", NULL, NULL, 2, 0},
    {"0265", NULL, NULL, 2, 0},
    {"0266", NULL, NULL, 2, 0},
    {"0279", NULL, NULL, 6, 0.1},
};
static bool departed[ELEMENTS(departures)];

/* The departure of a whole case, or of one of its elements. */
static const struct departure *departure_of(const struct golden *c, bool whole, int at) {
    for (size_t i = 0; i < ELEMENTS(departures); i++) {
        const struct departure *d = &departures[i];
        if (strcmp(d->id, c->id) != 0 || (d->text != NULL) != whole || d->at != at) continue;
        departed[i] = true;
        return d;
    }
    return NULL;
}

/* ------------------------------------------------------------------------------------------------
 * Comparing */

static int wrong; /* so that one run shows all that is */

static bool close_to(double value, double expected, double relative, double absolute) {
    if (isnan(expected)) return isnan(value);
    if (isinf(expected)) return value == expected;
    return fabs(value - expected) <= absolute + relative * fabs(expected);
}

static double element(const struct wg_tensor *t, int64_t i) {
    return t->dtype == WG_F32 ? (double)((const float *)t->data)[i] : ((const double *)t->data)[i];
}

static double rounded(double value, enum wg_dtype dtype) {
    if (dtype != WG_F32 || !isfinite(value)) return value;
    return fabs(value) > (double)FLT_MAX ? copysign(INFINITY, value) : (double)(float)value;
}

/* The element is the case's figure or, where there is a departure, ours and not theirs. */
static void compare(const struct golden *c, const char *what, const struct wg_tensor *t, int64_t i,
                    double theirs, int at) {
    const struct departure *d = departure_of(c, false, at);
    const double value = element(t, i), expected = d ? d->ours : theirs;
    const bool single = t->dtype == WG_F32;
    const double relative = single ? fmax(c->within[0], FLOAT_WITHIN) : c->within[0];
    const double absolute = single ? fmax(c->within[1], FLOAT_SMALLEST) : c->within[1];
    if (!close_to(value, rounded(expected, t->dtype), relative, absolute)) {
        printf("%s %s (%s): %s[%d] is %.17g; expected %.17g\n", c->id, c->text,
               wg_dtype_name(t->dtype), what, at, value, expected);
        wrong++;
    }
    if (d && !single && close_to(value, theirs, c->within[0], c->within[1])) {
        printf("%s %s: %s[%d] is no departure\n", c->id, c->text, what, at);
        wrong++;
    }
}

static void compare_all(const struct golden *c, const char *key, struct wg_tensor t) {
    const struct field *field = field_of(c, key);
    ck_assert_msg(t.data != NULL, "%s %s: %s: %s", c->id, c->text, key, wg_error());
    ck_assert_msg(wg_shape_equal(t.shape, field->shape), "%s %s: %s has another shape", c->id,
                  c->text, key);
    for (int i = 0; i < t.size; i++) compare(c, key, &t, i, field->value[i], i);
}

/* ------------------------------------------------------------------------------------------------
 * Recording */

struct recorded {
    wg_tape *tape;
    wg_var x, alpha, y;
};

static wg_var leaf(wg_tape *tape, enum wg_dtype dtype, const struct field *field) {
    float single[MOST_VALUES];
    int32_t whole[MOST_VALUES];
    for (int i = 0; i < wg_shape_size(field->shape); i++) {
        single[i] = (float)field->value[i];
        if (dtype == WG_I32) whole[i] = (int32_t)field->value[i];
    }
    if (dtype == WG_I32) return wg_input(tape, WG_I32, field->shape, whole);
    return wg_variable(tape, dtype, field->shape,
                       dtype == WG_F32 ? (const void *)single : (const void *)field->value);
}

/* "OP [axis=AXES]" with a mask. */
static wg_var masked(const char *text, wg_var x, wg_var mask) {
    const struct wg_op *op = wg_find_op("masked_softmax");
    const char *axes = strchr(text, '=');
    double slots[WG_MAX_ATTRIBUTES * WG_LIST_SLOTS];
    wg_op_defaults(op, slots);
    if (axes) wg_op_set(op, slots, "axis", axes + 1);
    return wg_apply(op, (const wg_var[]){x, mask}, 2, slots);
}

/* By its name, in both ways, which agree. */
static wg_var named(const char *text, wg_var x) {
    const struct wg_configured_op activation = wg_activation(text);
    const wg_var null = {0};
    if (!activation.op) return null;
    const wg_var y = wg_apply(activation.op, &x, 1, activation.slots);
    const wg_var other = wg_activate(x, text);
    if (wg_is_null(y)) return null;
    const struct wg_tensor one = wg_value(y), two = wg_value(other);
    ck_assert_int_eq(one.size, two.size);
    ck_assert_mem_eq(one.data, two.data, (size_t)one.size * wg_dtype_size(one.dtype));
    return y;
}

static struct recorded record(const struct golden *c, enum wg_dtype dtype, const char *text) {
    struct recorded r = {.tape = wg_tape_new()};
    const struct field *alpha = field_of(c, "alpha"), *mask = field_of(c, "mask");
    r.x = leaf(r.tape, dtype, field_of(c, "x"));
    if (alpha) r.alpha = leaf(r.tape, dtype, alpha);
    r.y = alpha  ? wg_prelu(r.x, r.alpha)
          : mask ? masked(text, r.x, leaf(r.tape, WG_I32, mask))
                 : named(text, r.x);
    return r;
}

static void backward(const struct golden *c, wg_var y, int64_t only) {
    float single[MOST_VALUES];
    double twice[MOST_VALUES];
    const struct wg_tensor t = wg_value(y);
    for (int64_t i = 0; i < t.size; i++) {
        twice[i] = only < 0 || i == only;
        single[i] = (float)twice[i];
    }
    wg_backward_from(y, t.dtype == WG_F32 ? (const void *)single : (const void *)twice);
    expect_no_failure(c->id);
}

/* dy_i/dx_j, a row for each i. */
static void compare_jacobian(const struct golden *c, const struct recorded *r) {
    const struct field *field = field_of(c, "jacobian");
    const int64_t rows = field->shape.dim[0], columns = field->shape.dim[1];
    ck_assert_int_eq(rows, wg_value(r->y).size);
    for (int64_t i = 0; i < rows; i++) {
        backward(c, r->y, i);
        const struct wg_tensor dx = wg_gradient(r->x);
        ck_assert_int_eq(columns, dx.size);
        for (int64_t j = 0; j < columns; j++) {
            const int64_t at = i * columns + j;
            compare(c, "jacobian", &dx, j, field->value[at], (int)at);
        }
    }
}

/* ------------------------------------------------------------------------------------------------
 * Cases */

/* What the case says of a dtype: as many comparisons as it has lines of figures. */
static void compare_case(const struct golden *c, enum wg_dtype dtype, const char *text) {
    struct recorded r = record(c, dtype, text);
    int compared = 0;
    expect_no_failure(c->text);
    if (field_of(c, "y")) compare_all(c, "y", wg_value(r.y)), compared++;
    if (field_of(c, "jacobian")) compare_jacobian(c, &r), compared++;
    backward(c, r.y, -1);
    if (field_of(c, "dx")) compare_all(c, "dx", wg_gradient(r.x)), compared++;
    if (field_of(c, "tf")) compare_all(c, "tf", wg_gradient(r.x)), compared++;
    if (field_of(c, "dalpha")) compare_all(c, "dalpha", wg_gradient(r.alpha)), compared++;
    ck_assert_msg(compared > 0, "%s %s: nothing to compare", c->id, c->text);
    wg_tape_free(r.tape);
}

/* An error that names each of the words, which "|" separates. */
static void expect_named(const struct golden *c, const char *words) {
    char copy[sizeof c->names];
    ck_assert_msg(wg_error_status() != WG_OK, "%s %s: no error", c->id, c->text);
    ck_assert_msg(words[0] != '\0', "%s: nothing to be named", c->id);
    strcpy(copy, words);
    for (char *word = strtok(copy, "|"); word; word = strtok(NULL, "|")) {
        ck_assert_msg(strstr(wg_error(), word) != NULL, "%s %s: \"%s\" does not name %s", c->id,
                      c->text, wg_error(), word);
    }
    wg_clear_error();
}

static void run_error(const struct golden *c, enum wg_dtype dtype, const char *words) {
    struct recorded r = record(c, dtype, c->text);
    ck_assert_msg(wg_is_null(r.y), "%s %s: was recorded", c->id, c->text);
    expect_named(c, words);
    wg_tape_free(r.tape);
}

static void run_alpha_shape(const struct golden *c) {
    const struct wg_shape shared = field_of(c, "shared")->shape;
    struct wg_axes axes = {.count = shared.rank};
    for (int i = 0; i < shared.rank; i++) axes.axis[i] = (int)shared.dim[i];
    const struct wg_shape shape = wg_prelu_alpha_shape(field_of(c, "input")->shape, axes);
    expect_no_failure(c->id);
    ck_assert_msg(wg_shape_equal(shape, field_of(c, "alpha_of")->shape), "%s: another shape",
                  c->id);
}

static void run_case(const struct golden *c) {
    const struct departure *d = departure_of(c, true, 0);
    if (field_of(c, "alpha_of")) {
        run_alpha_shape(c);
        return;
    }
    for (int i = 0; i < 2; i++) {
        const enum wg_dtype dtype = i ? WG_F64 : WG_F32;
        if (c->names[0] || d) run_error(c, dtype, d ? d->text : c->names);
        if (!c->names[0] && (!d || d->instead)) compare_case(c, dtype, d ? d->instead : c->text);
    }
}

/* ------------------------------------------------------------------------------------------------
 * All of them */

static struct {
    const char *kind;
    int expected, count;
} kinds[] = {
    {"activation", 114, 0},        {"activation_grad", 42, 0}, {"activation_kink", 28, 0},
    {"activation_special", 28, 0}, {"error", 12, 0},           {"layer", 16, 0},
};

static void count(const struct golden *c) {
    size_t kind = 0;
    while (kind < ELEMENTS(kinds) && strcmp(kinds[kind].kind, c->kind) != 0) kind++;
    ck_assert_msg(kind < ELEMENTS(kinds), "%s: unknown kind %s", c->id, c->kind);
    kinds[kind].count++;
}

START_TEST(every_case) {
    FILE *file = fopen(WENGERT_GOLDEN, "r");
    ck_assert_msg(file != NULL, "%s cannot be read", WENGERT_GOLDEN);
    static struct golden c;
    while (next_golden(file, &c)) {
        count(&c);
        run_case(&c);
    }
    fclose(file);
    for (size_t i = 0; i < ELEMENTS(kinds); i++) {
        printf("%s: %d cases\n", kinds[i].kind, kinds[i].count);
        ck_assert_int_eq(kinds[i].count, kinds[i].expected);
    }
    for (size_t i = 0; i < ELEMENTS(departures); i++) {
        ck_assert_msg(departed[i], "no case %s[%d] to depart from", departures[i].id,
                      departures[i].at);
    }
    fflush(stdout);
    ck_assert_msg(wrong == 0, "%d figures are wrong", wrong);
}
END_TEST

/* The table of departures in docs/numerics.md names each by its number. */
START_TEST(every_departure_is_documented) {
    static char text[1 << 17];
    FILE *file = fopen(WENGERT_NUMERICS, "r");
    ck_assert_msg(file != NULL, "%s cannot be read", WENGERT_NUMERICS);
    const size_t size = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    ck_assert(size < sizeof text - 1);
    const char *section = strstr(text, "## Conventions where libraries differ");
    ck_assert(section != NULL);
    for (size_t i = 0; i < ELEMENTS(departures); i++) {
        ck_assert_msg(strstr(section, departures[i].id) != NULL, "%s is not documented",
                      departures[i].id);
    }
}
END_TEST

int main(void) {
    const TTest *const tests[] = {every_case, every_departure_is_documented};
    return run_suite("golden", tests, ELEMENTS(tests));
}
