/* convolution2d against loops written out here, in double and float; its gradient checks; what it
 * refuses; and convolution and pooling against figures of Keras (tests/golden/convolution.txt). */
#include "golden_cases.h"
#include "image_ops.h"
#include "support/suite.h"

#include <math.h>

/* Each of `terms` products and sums may round once, by half a unit; twice that, of magnitudes added
 * up in long double. */
#define ROUNDINGS(terms) ((double)(terms) + 1)

enum { CASES = 240, LARGE = 60, MOST = 45000 };

struct convolution {
    struct axis axis[2];
    int images, groups, channels, filters; /* the last two of a group */
};

static int below(struct wg_random *r, int n) { return (int)wg_random_below(r, (uint64_t)n); }

static int one_of(struct wg_random *r, const int *from, int n) { return from[below(r, n)]; }

/* Sizes of 1 and batches of 1 are frequent; every fourth case is depthwise. */
static struct convolution draw(struct wg_random *r, int number, int large) {
    static const int sizes[] = {1, 2, 3, 4, 5};
    const int kind = below(r, 3); /* plain, strided, dilated */
    struct convolution c = {.images = 1 + below(r, 2), .groups = 1};
    for (int i = 0; i < 2; i++) {
        struct axis *a = &c.axis[i];
        a->size = one_of(r, sizes, large ? 4 : 3);
        a->stride = kind == 1 ? 1 + below(r, 4) : 1;
        a->dilation = kind == 2 ? 1 + below(r, 3) : 1;
        a->same = i ? c.axis[0].same : below(r, 2);
        a->in = 1 + below(r, large ? 14 : 5);
        if (!a->same && a->in < span_of(a)) a->in = span_of(a) + below(r, 3);
    }
    const int depthwise = number % 4 == 0;
    if (depthwise || below(r, 3) == 0) c.groups = 1 + below(r, large ? 5 : 3);
    if (depthwise && large) c.groups = 1 + below(r, 40);
    c.channels = depthwise ? 1 : 1 + below(r, large ? 20 : 3);
    c.filters = depthwise && below(r, 4) > 0 ? 1 : 1 + below(r, large ? 20 : 3);
    return c;
}

static void describe(const struct convolution *c, char *text, size_t size) {
    const struct axis *a = c->axis;
    snprintf(text, size,
             "%dx%dx%dx%d %dx%dx%dx%d strides=%d,%d padding=%d dilation=%d,%d groups=%d", c->images,
             a[0].in, a[1].in, c->groups * c->channels, a[0].size, a[1].size, c->channels,
             c->groups * c->filters, a[0].stride, a[1].stride, a[0].same, a[0].dilation,
             a[1].dilation, c->groups);
}

/* Inputs and upstream gradient; results and the magnitudes that they were added up of. */
static double x[MOST], kernel[MOST], dy[MOST];
static long double sum[3][MOST], size[3][MOST]; /* of y, dx, dkernel */

static void add(int which, int64_t at, double a, double b) {
    sum[which][at] += (long double)a * b;
    size[which][at] += fabsl((long double)a * b);
}

/* One window's part of all three sums. */
static void add_window(const struct convolution *c, int n, int i, int j) {
    const struct axis *rows = &c->axis[0], *columns = &c->axis[1];
    const int width = c->groups * c->channels, filters = c->groups * c->filters;
    const int64_t at_y = ((int64_t)(n * windows_of(rows) + i) * windows_of(columns) + j) * filters;
    for (int p = 0; p < rows->size; p++) {
        for (int q = 0; q < columns->size; q++) {
            const int h = element_of(rows, i, p), w = element_of(columns, j, q);
            if (!inside(rows, h) || !inside(columns, w)) continue;
            const int64_t at_x = ((int64_t)(n * rows->in + h) * columns->in + w) * width;
            const int64_t at_k = (int64_t)(p * columns->size + q) * c->channels * filters;
            for (int k = 0; k < c->channels * filters; k++) {
                const int f = k % filters, from = f / c->filters * c->channels + k / filters;
                add(0, at_y + f, x[at_x + from], kernel[at_k + k]);
                add(1, at_x + from, dy[at_y + f], kernel[at_k + k]);
                add(2, at_k + k, dy[at_y + f], x[at_x + from]);
            }
        }
    }
}

static void fill(struct wg_random *r, double *to, int64_t n) {
    ck_assert_int_le(n, MOST);
    for (int64_t i = 0; i < n; i++) to[i] = (float)wg_random_uniform(r, -1, 1);
}

static void compare(const struct convolution *c, const char *text, struct wg_random *r) {
    const struct axis *a = c->axis;
    const struct wg_shape shape[] = {
        WG_SHAPE(c->images, a[0].in, a[1].in, c->groups * c->channels),
        WG_SHAPE(a[0].size, a[1].size, c->channels, c->groups * c->filters)};
    const int windows = windows_of(&a[0]) * windows_of(&a[1]);
    const int64_t y_size = (int64_t)c->images * windows * c->groups * c->filters;
    fill(r, x, wg_shape_size(shape[0]));
    fill(r, kernel, wg_shape_size(shape[1]));
    fill(r, dy, y_size);
    memset(sum, 0, sizeof sum);
    memset(size, 0, sizeof size);
    for (int n = 0; n < c->images; n++) {
        for (int i = 0; i < windows; i++)
            add_window(c, n, i / windows_of(&a[1]), i % windows_of(&a[1]));
    }
    const int taps = a[0].size * a[1].size;
    for (int narrow = 0; narrow < 2; narrow++) {
        wg_tape *tape = wg_tape_new();
        const struct image_result ours =
            run_image_op(tape, "convolution2d", strstr(text, "strides"), narrow ? WG_F32 : WG_F64,
                         2, shape, (double *[]){x, kernel}, dy);
        ck_assert_msg(
            wg_shape_equal(ours.y.shape, WG_SHAPE(c->images, windows_of(&a[0]), windows_of(&a[1]),
                                                  c->groups * c->filters)),
            "%s: the shape of y", text);
        expect_sums(text, ours.y, sum[0], size[0], ROUNDINGS(taps * c->channels));
        expect_sums(text, ours.dx[0], sum[1], size[1], ROUNDINGS(taps * c->filters));
        expect_sums(text, ours.dx[1], sum[2], size[2], ROUNDINGS(c->images * windows));
        wg_tape_free(tape);
    }
}

START_TEST(small_cases_are_the_sums_and_pass_gradient_checks) {
    struct wg_random r = wg_random_make(1, 0);
    int depthwise = 0, checked = 0;
    for (int i = 0; i < CASES; i++) {
        char text[128];
        const struct convolution c = draw(&r, i, 0);
        describe(&c, text, sizeof text);
        compare(&c, text, &r);
        expect_gradcheck("convolution2d", text);
        depthwise += c.groups > 1 && c.channels == 1 && c.filters == 1;
        checked++;
    }
    printf("checked: %d convolutions, %d of them depthwise\n", checked, depthwise);
    ck_assert_int_ge(depthwise, 20);
}
END_TEST

/* Wider than vectors, longer than chunks. */
START_TEST(larger_cases_are_the_sums) {
    struct wg_random r = wg_random_make(2, 0);
    for (int i = 0; i < LARGE; i++) {
        char text[128];
        const struct convolution c = draw(&r, i, 1);
        describe(&c, text, sizeof text);
        compare(&c, text, &r);
    }
}
END_TEST

/* Deeper than a tile of patches. */
START_TEST(deep_cases_are_the_sums) {
    struct wg_random r = wg_random_make(3, 0);
    static const struct convolution deep[] = {
        {{{9, 3, 1, 1, 1}, {8, 3, 1, 1, 1}}, 2, 1, 70, 50},
        {{{9, 3, 2, 1, 1}, {8, 3, 3, 1, 1}}, 2, 1, 49, 70},
        {{{5, 1, 1, 1, 0}, {6, 1, 1, 1, 0}}, 3, 1, 450, 33},
        {{{5, 2, 1, 2, 0}, {6, 2, 1, 1, 0}}, 2, 2, 201, 17},
        {{{20, 3, 1, 1, 1}, {21, 3, 1, 1, 0}}, 3, 13, 1, 1},
    };
    for (size_t i = 0; i < ELEMENTS(deep); i++) {
        char text[128];
        struct convolution c = deep[i];
        c.axis[1].same = c.axis[0].same;
        describe(&c, text, sizeof text);
        compare(&c, text, &r);
    }
}
END_TEST

START_TEST(wrong_input_is_named) {
    static const struct {
        const char *text;
        enum wg_status status;
        const char *word, *other;
    } wrong[] = {
        {"5x4x3 2x2x3x1", WG_ERROR_SHAPE, "(5, 4, 3)", "height"},
        {"1x5x0x3 2x2x3x1", WG_ERROR_SHAPE, "(1, 5, 0, 3)", "at least 1"},
        {"1x5x4x3 2x3x1", WG_ERROR_SHAPE, "(2, 3, 1)", "filters"},
        {"1x5x4x3 2x2x3x0", WG_ERROR_SHAPE, "(2, 2, 3, 0)", "at least 1"},
        {"1x5x4x3 0x2x3x1", WG_ERROR_SHAPE, "(0, 2, 3, 1)", "at least 1"},
        {"1x5x4x3 2x2x2x1", WG_ERROR_SHAPE, "(1, 5, 4, 3)", "2 channels"},
        {"1x5x4x4 2x2x2x3 groups=2", WG_ERROR_SHAPE, "(2, 2, 2, 3)", "groups=2"},
        {"1x5x4x4 2x2x4x4 groups=2", WG_ERROR_SHAPE, "(2, 2, 4, 4)", "8 channels"},
        {"1x5x4x3 6x2x3x1", WG_ERROR_SHAPE, "6 rows", "at most 5"},
        {"1x5x4x3 2x3x3x1 dilation=1,2", WG_ERROR_SHAPE, "3 columns", "at most 4"},
        {"1x5x4x3 2x2x3x1 strides=2,1 dilation=1,2", WG_ERROR_ARGUMENT, "strides=2,1",
         "dilation=1,2"},
        {"1x5x4x3 2x2x3x1 strides=2", WG_ERROR_ARGUMENT, "strides", "expected 2"},
        {"1x5x4x3 2x2x3x1 dilation=1,1,1", WG_ERROR_ARGUMENT, "dilation", "expected 2"},
        {"1x5x4x3 2x2x3x1 strides=0,1", WG_ERROR_ARGUMENT, "strides=0", "from 1"},
        {"1x5x4x3 2x2x3x1 groups=0", WG_ERROR_ARGUMENT, "groups=0", "from 1"},
        {"1x5x4x3 2x2x3x1 padding=2", WG_ERROR_ARGUMENT, "padding=2", "0 or 1"},
    };
    for (size_t i = 0; i < ELEMENTS(wrong); i++) {
        expect_refusal("convolution2d", wrong[i].text, wrong[i].status, wrong[i].word,
                       wrong[i].other);
    }
}
END_TEST

START_TEST(the_function_passes_its_options_on) {
    wg_tape *tape = wg_tape_new();
    const wg_var image = wg_variable(tape, WG_F32, WG_SHAPE(2, 9, 7, 4), NULL);
    const wg_var k = wg_variable(tape, WG_F32, WG_SHAPE(3, 2, 2, 6), NULL);
    const wg_var y[] = {
        wg_convolution2d(image, k, (struct wg_convolution){.groups = 2}),
        wg_convolution2d(image, k, (struct wg_convolution){.groups = 2, .same = 1}),
        wg_convolution2d(image, k, (struct wg_convolution){.groups = 2, .strides = {2, 3}}),
        wg_convolution2d(image, k, (struct wg_convolution){.groups = 2, .dilation = {4, 3}})};
    const struct wg_shape expected[] = {WG_SHAPE(2, 7, 6, 6), WG_SHAPE(2, 9, 7, 6),
                                        WG_SHAPE(2, 4, 2, 6), WG_SHAPE(2, 1, 4, 6)};
    expect_no_failure("convolution2d");
    for (size_t i = 0; i < ELEMENTS(y); i++)
        ck_assert_msg(wg_shape_equal(wg_value(y[i]).shape, expected[i]), "call %zu", i);
    wg_convolution2d(image, k, (struct wg_convolution){.groups = 2, .strides = {2, 0}});
    expect_failure("strides", WG_ERROR_ARGUMENT, "strides=0", "expected");
    wg_convolution2d(image, k, (struct wg_convolution){.groups = -1});
    expect_failure("groups", WG_ERROR_ARGUMENT, "groups=-1", "expected");
    wg_tape_free(tape);
}
END_TEST

/* An empty batch gives an empty result, and a gradient of zeros. */
START_TEST(an_empty_batch) {
    static const struct wg_shape shape[] = {{.rank = 4, .dim = {0, 3, 3, 2}},
                                            {.rank = 4, .dim = {2, 2, 2, 3}}};
    wg_tape *tape = wg_tape_new();
    const struct image_result ours = run_image_op(tape, "convolution2d", "padding=1", WG_F64, 2,
                                                  shape, (double *[]){x, kernel}, dy);
    ck_assert(wg_shape_equal(ours.y.shape, WG_SHAPE(0, 3, 3, 3)));
    for (int64_t i = 0; i < ours.dx[1].size; i++) ck_assert(element(ours.dx[1], i) == 0);
    wg_tape_free(tape);
}
END_TEST

static wg_var golden_input(wg_tape *tape, const struct golden *c, const char *key) {
    const struct field *field = field_of(c, key);
    return field ? image_variable(tape, WG_F64, field->shape, field->value) : (wg_var){0};
}

static void run_golden(const struct golden *c, int *values) {
    const struct field *y = field_of(c, "y");
    double slots[WG_MAX_ATTRIBUTES * WG_LIST_SLOTS];
    wg_tape *tape = wg_tape_new();
    const struct wg_op *op = wg_find_op(c->kind);
    const wg_var in[] = {golden_input(tape, c, "x"), golden_input(tape, c, "kernel")};
    char words[sizeof c->text];
    strcpy(words, c->text);
    wg_op_defaults(op, slots);
    for (char *word = strtok(words, " "); word; word = strtok(NULL, " ")) {
        char *value = strchr(word, '=');
        *value = '\0';
        wg_op_set(op, slots, word, value + 1);
    }
    wg_var ours = wg_apply(op, in, field_of(c, "kernel") ? 2 : 1, slots);
    if (field_of(c, "bias")) ours = wg_add(ours, golden_input(tape, c, "bias"));
    expect_no_failure(c->id);
    const struct wg_tensor t = wg_value(ours);
    ck_assert_msg(wg_shape_equal(t.shape, y->shape), "%s: the shape", c->id);
    for (int64_t i = 0; y->count && i < t.size; i++, (*values)++) {
        const double theirs = y->value[i];
        ck_assert_msg(fabs(element(t, i) - theirs) <= c->within[1] + c->within[0] * fabs(theirs),
                      "%s: element %lld is %.17g; expected %.17g", c->id, (long long)i,
                      element(t, i), theirs);
    }
    wg_tape_free(tape);
}

START_TEST(figures_of_keras) {
    FILE *file = fopen(WENGERT_GOLDEN_CONVOLUTION, "r");
    ck_assert_msg(file != NULL, "%s cannot be read", WENGERT_GOLDEN_CONVOLUTION);
    static struct golden c;
    int cases = 0, values = 0;
    for (; next_golden(file, &c); cases++) run_golden(&c, &values);
    fclose(file);
    printf("Keras: %d cases, %d values\n", cases, values);
    ck_assert_int_eq(cases, 16);
    ck_assert_int_eq(values, 177);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {small_cases_are_the_sums_and_pass_gradient_checks,
                                  larger_cases_are_the_sums,
                                  deep_cases_are_the_sums,
                                  wrong_input_is_named,
                                  the_function_passes_its_options_on,
                                  an_empty_batch,
                                  figures_of_keras};
    return run_suite("convolution", tests, ELEMENTS(tests));
}
