/* max_pool2d and average_pool2d against loops written out here, in double and float: ties, NaN and
 * infinities, gradients, gradient checks, and what they refuse. */
#include "image_ops.h"
#include "support/suite.h"

#include <math.h>

enum { CASES = 200, MOST = 50000 };

struct pool {
    struct axis axis[2];
    int images, channels;
};

static int below(struct wg_random *r, int n) { return (int)wg_random_below(r, (uint64_t)n); }

/* Sizes and channels of 1 are frequent. */
static struct pool draw(struct wg_random *r, int large) {
    static const int channels[] = {1, 1, 2, 3, 16, 37, 150};
    struct pool p = {.images = 1 + below(r, 2), .channels = channels[below(r, large ? 7 : 4)]};
    const int same = below(r, 2);
    for (int i = 0; i < 2; i++) {
        struct axis *a = &p.axis[i];
        *a = (struct axis){.size = 1 + below(r, 4),
                           .stride = 1 + below(r, 4),
                           .dilation = 1,
                           .same = same,
                           .in = 1 + below(r, large ? 12 : 6)};
        if (!same && a->in < a->size) a->in = a->size + below(r, 3);
    }
    return p;
}

static void describe(const struct pool *p, char *text, size_t size) {
    const struct axis *a = p->axis;
    snprintf(text, size, "%dx%dx%dx%d size=%d,%d strides=%d,%d padding=%d", p->images, a[0].in,
             a[1].in, p->channels, a[0].size, a[1].size, a[0].stride, a[1].stride, a[0].same);
}

static double x[MOST], dy[MOST];
static double largest[MOST];                    /* of max_pool2d */
static long double sum[3][MOST], size[3][MOST]; /* the mean, its gradient, the maximum's gradient */

static void add(int which, int64_t at, long double term) {
    sum[which][at] += term;
    size[which][at] += fabsl(term);
}

/* One window and channel: the mean, the first of the largest, what both gradients get. */
static void add_window(const struct pool *p, int n, int i, int j, int c) {
    const struct axis *rows = &p->axis[0], *columns = &p->axis[1];
    const int64_t at =
        ((int64_t)(n * windows_of(rows) + i) * windows_of(columns) + j) * p->channels + c;
    int64_t from[64], winner = -1;
    int count = 0;
    for (int tap = 0; tap < rows->size * columns->size; tap++) {
        const int h = element_of(rows, i, tap / columns->size),
                  w = element_of(columns, j, tap % columns->size);
        if (!inside(rows, h) || !inside(columns, w)) continue;
        from[count++] = ((int64_t)(n * rows->in + h) * columns->in + w) * p->channels + c;
    }
    for (int k = 0; k < count; k++) {
        add(0, at, (long double)x[from[k]] / count);
        add(1, from[k], (long double)dy[at] / count);
        if (winner < 0 || x[from[k]] > x[winner] || (isnan(x[from[k]]) && !isnan(x[winner])))
            winner = from[k];
    }
    largest[at] = x[winner];
    add(2, winner, dy[at]);
}

static void reference(const struct pool *p) {
    memset(sum, 0, sizeof sum);
    memset(size, 0, sizeof size);
    for (int n = 0; n < p->images; n++) {
        for (int i = 0; i < windows_of(&p->axis[0]); i++) {
            for (int j = 0; j < windows_of(&p->axis[1]); j++) {
                for (int c = 0; c < p->channels; c++) add_window(p, n, i, j, c);
            }
        }
    }
}

static void expect_equal(const char *what, struct wg_tensor ours, const double *theirs) {
    for (int64_t i = 0; i < ours.size; i++) {
        const double y = element(ours, i);
        ck_assert_msg(y == theirs[i] || (isnan(y) && isnan(theirs[i])),
                      "%s, %s: element %lld is %.17g; expected %.17g", what,
                      wg_dtype_name(ours.dtype), (long long)i, y, theirs[i]);
    }
}

static void compare_max(const struct pool *p, const char *text) {
    const struct wg_shape shape = WG_SHAPE(p->images, p->axis[0].in, p->axis[1].in, p->channels);
    reference(p);
    for (int narrow = 0; narrow < 2; narrow++) {
        wg_tape *tape = wg_tape_new();
        const struct image_result ours =
            run_image_op(tape, "max_pool2d", strstr(text, "size"), narrow ? WG_F32 : WG_F64, 1,
                         &shape, (double *[]){x}, dy);
        expect_equal(text, ours.y, largest);
        expect_sums(text, ours.dx[0], sum[2], size[2], 17); /* at most 16 windows on an element */
        wg_tape_free(tape);
    }
}

static void compare_mean(const struct pool *p, const char *text) {
    const struct wg_shape shape = WG_SHAPE(p->images, p->axis[0].in, p->axis[1].in, p->channels);
    reference(p);
    for (int narrow = 0; narrow < 2; narrow++) {
        wg_tape *tape = wg_tape_new();
        const struct image_result ours =
            run_image_op(tape, "average_pool2d", strstr(text, "size"), narrow ? WG_F32 : WG_F64, 1,
                         &shape, (double *[]){x}, dy);
        ck_assert(wg_shape_equal(ours.y.shape, WG_SHAPE(p->images, windows_of(&p->axis[0]),
                                                        windows_of(&p->axis[1]), p->channels)));
        expect_sums(text, ours.y, sum[0], size[0], 17); /* at most 16 elements in a window */
        expect_sums(text, ours.dx[0], sum[1], size[1], 17);
        wg_tape_free(tape);
    }
}

/* Values that tie often, and now and then a NaN or an infinity. */
static void fill_with_ties(struct wg_random *r, int64_t n, int special) {
    static const double odd[] = {NAN, -INFINITY, -INFINITY, -INFINITY, INFINITY, -0.0};
    for (int64_t i = 0; i < n; i++) {
        x[i] = below(r, 4) - 2;
        if (special && below(r, 4) == 0) x[i] = odd[below(r, ELEMENTS(odd))];
    }
}

START_TEST(random_cases_are_right_and_pass_gradient_checks) {
    struct wg_random r = wg_random_make(1, 0);
    for (int i = 0; i < CASES; i++) {
        char text[96];
        const int large = i % 2;
        const struct pool p = draw(&r, large);
        const int64_t n = (int64_t)p.images * p.axis[0].in * p.axis[1].in * p.channels;
        describe(&p, text, sizeof text);
        ck_assert_int_le(n, MOST);
        for (int64_t k = 0; k < MOST; k++) dy[k] = (float)wg_random_uniform(&r, -1, 1);
        fill_with_ties(&r, n, 0);
        compare_max(&p, text);
        fill_with_ties(&r, n, 1);
        compare_max(&p, text);
        for (int64_t k = 0; k < n; k++) x[k] = (float)wg_random_uniform(&r, -1, 1);
        compare_max(&p, text);
        compare_mean(&p, text);
        if (large) continue;
        expect_gradcheck("max_pool2d", text);
        expect_gradcheck("average_pool2d", text);
    }
}
END_TEST

/* The windows 0 1 and 1 2 of each row: a NaN, a tie, nothing but -inf. */
START_TEST(winners_take_the_gradient) {
    static const double rows[5][3] = {
        {NAN, 1, 2}, {3, NAN, NAN}, {2, 2, 2}, {-INFINITY, -INFINITY, -INFINITY}, {-0.0, 0.0, -1}};
    static const double y[5][2] = {
        {NAN, 2}, {NAN, NAN}, {2, 2}, {-INFINITY, -INFINITY}, {-0.0, 0.0}};
    static const double dx[5][3] = {{1, 0, 10}, {0, 11, 0}, {1, 10, 0}, {1, 10, 0}, {1, 10, 0}};
    const struct wg_shape shape = WG_SHAPE(1, 5, 3, 1);
    for (int i = 0; i < 10; i++) dy[i] = i % 2 ? 10 : 1;
    memcpy(x, rows, sizeof rows);
    for (int narrow = 0; narrow < 2; narrow++) {
        wg_tape *tape = wg_tape_new();
        const struct image_result ours =
            run_image_op(tape, "max_pool2d", "size=1,2 strides=1,1", narrow ? WG_F32 : WG_F64, 1,
                         &shape, (double *[]){x}, dy);
        expect_equal("winners", ours.y, y[0]);
        expect_equal("winners' gradients", ours.dx[0], dx[0]);
        wg_tape_free(tape);
    }
}
END_TEST

START_TEST(wrong_input_is_named) {
    static const struct {
        const char *text;
        enum wg_status status;
        const char *word, *other;
    } wrong[] = {
        {"5x4x3", WG_ERROR_SHAPE, "(5, 4, 3)", "height"},
        {"1x0x4x3", WG_ERROR_SHAPE, "(1, 0, 4, 3)", "at least 1"},
        {"1x5x4x3 size=6,2", WG_ERROR_SHAPE, "6 rows", "at most 5"},
        {"1x5x1x3", WG_ERROR_SHAPE, "2 columns", "(1, 5, 1, 3)"},
        {"1x5x4x3 size=2", WG_ERROR_ARGUMENT, "size", "expected 2"},
        {"1x5x4x3 strides=2,2,2", WG_ERROR_ARGUMENT, "strides", "expected 2"},
        {"1x5x4x3 size=0,2", WG_ERROR_ARGUMENT, "size=0", "from 1"},
        {"1x5x4x3 strides=1,-1", WG_ERROR_ARGUMENT, "strides=1,-1", "from 1"},
        {"1x5x4x3 padding=3", WG_ERROR_ARGUMENT, "padding=3", "0 or 1"},
    };
    static const char *const pools[] = {"max_pool2d", "average_pool2d"};
    for (size_t i = 0; i < ELEMENTS(wrong); i++) {
        for (int k = 0; k < 2; k++) {
            expect_refusal(pools[k], wrong[i].text, wrong[i].status, wrong[i].word, wrong[i].other);
        }
    }
}
END_TEST

START_TEST(the_functions_pass_their_options_on) {
    static wg_var (*const pools[])(wg_var, struct wg_pooling) = {wg_max_pool2d, wg_average_pool2d};
    wg_tape *tape = wg_tape_new();
    const wg_var image = wg_variable(tape, WG_F32, WG_SHAPE(2, 9, 7, 4), NULL);
    for (int i = 0; i < 2; i++) {
        const wg_var y[] = {
            pools[i](image, (struct wg_pooling){0}),
            pools[i](image, (struct wg_pooling){.same = 1}),
            pools[i](image, (struct wg_pooling){.size = {3, 1}}),
            pools[i](image, (struct wg_pooling){.size = {3, 4}, .strides = {1, 2}})};
        const struct wg_shape expected[] = {WG_SHAPE(2, 4, 3, 4), WG_SHAPE(2, 5, 4, 4),
                                            WG_SHAPE(2, 3, 7, 4), WG_SHAPE(2, 7, 2, 4)};
        expect_no_failure("pools");
        for (size_t k = 0; k < ELEMENTS(y); k++)
            ck_assert_msg(wg_shape_equal(wg_value(y[k]).shape, expected[k]), "call %zu", k);
        pools[i](image, (struct wg_pooling){.size = {2, -1}});
        expect_failure("size", WG_ERROR_ARGUMENT, "size=-1", "expected");
    }
    wg_tape_free(tape);
}
END_TEST

/* A window larger than any image costs no more than the image. */
START_TEST(huge_windows) {
    const struct wg_shape shape = WG_SHAPE(1, 2, 3, 1);
    for (int i = 0; i < 6; i++) x[i] = i;
    wg_tape *tape = wg_tape_new();
    const char *const huge = "size=2000000000,2000000000 strides=2000000000,1 padding=1";
    const struct image_result most =
        run_image_op(tape, "max_pool2d", huge, WG_F64, 1, &shape, (double *[]){x}, NULL);
    const struct image_result mean =
        run_image_op(tape, "average_pool2d", huge, WG_F64, 1, &shape, (double *[]){x}, NULL);
    expect_equal("the largest", most.y, (const double[]){5, 5, 5});
    expect_equal("the mean", mean.y, (const double[]){2.5, 2.5, 2.5});
    wg_tape_free(tape);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {random_cases_are_right_and_pass_gradient_checks,
                                  winners_take_the_gradient, wrong_input_is_named,
                                  the_functions_pass_their_options_on, huge_windows};
    return run_suite("pooling", tests, ELEMENTS(tests));
}
