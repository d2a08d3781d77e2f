/* The same bits under every instruction set that this CPU has, and with one thread and two: every
 * op of the registry in each of its cases, and elementwise ops at every length around the vectors'
 * and with special values in every position.
 *
 * A NaN equals any NaN: IEEE 754 does not say which one an operation gives.
 */
#include "support/suite.h"

#include "ops/registry.h"
#include "verify/op_case.h"
#include "wengert/wengert.h"

#include <float.h>
#include <math.h>

enum { LENGTHS = 68, MOST_OUTPUTS = 1 + WG_CASE_INPUTS };

/* What a program computed: the result and the inputs' gradients, of one dtype. */
struct outcome {
    int arrays;
    struct wg_tensor array[MOST_OUTPUTS];
};

/* Records the op with inputs rounded to dtype, goes back from dy, and keeps all that comes out. The
 * arrays lie on the tape. */
static struct outcome run(wg_tape *tape, const struct wg_op *op, const double *slots,
                          enum wg_dtype dtype, int inputs, const struct wg_tensor *x) {
    wg_var v[WG_CASE_INPUTS] = {{0}};
    void *data = NULL;
    for (int i = 0; i < inputs; i++) {
        if (x[i].dtype == WG_I32) {
            v[i] = wg_input(tape, WG_I32, x[i].shape, x[i].data);
            continue;
        }
        v[i] = wg_variable(tape, dtype, x[i].shape, NULL);
        data = wg_value(v[i]).data;
        for (int64_t k = 0; k < x[i].size; k++) {
            const double value = ((const double *)x[i].data)[k];
            if (dtype == WG_F32)
                ((float *)data)[k] = (float)value;
            else
                ((double *)data)[k] = value;
        }
    }
    const wg_var y = wg_apply(op, v, inputs, slots);
    struct outcome out = {.arrays = 1, .array = {wg_value(y)}};
    const wg_var dy = wg_input(tape, dtype, out.array[0].shape, NULL);
    data = wg_value(dy).data;
    for (int64_t k = 0; k < out.array[0].size; k++) {
        const double value = 0.25 + (double)(k * 7 % 16) / 8; /* exact in both dtypes */
        if (dtype == WG_F32)
            ((float *)data)[k] = (float)value;
        else
            ((double *)data)[k] = value;
    }
    wg_backward_from(y, data);
    for (int i = 0; i < inputs; i++) {
        if (x[i].dtype != WG_I32) out.array[out.arrays++] = wg_gradient(v[i]);
    }
    expect_no_failure(op->name);
    return out;
}

/* The first element that differs; -1 for none. */
static int64_t difference(const struct wg_tensor *a, const struct wg_tensor *b) {
    const size_t bytes = wg_dtype_size(a->dtype);
    if (memcmp(a->data, b->data, (size_t)a->size * bytes) == 0) return -1;
    for (int64_t i = 0; i < a->size; i++) {
        const void *p = (const char *)a->data + (size_t)i * bytes;
        const void *q = (const char *)b->data + (size_t)i * bytes;
        if (memcmp(p, q, bytes) == 0) continue;
        const int both_nan = a->dtype == WG_F32
                                 ? isnan(*(const float *)p) && isnan(*(const float *)q)
                                 : isnan(*(const double *)p) && isnan(*(const double *)q);
        if (!both_nan) return i;
    }
    return -1;
}

static void compare(const char *what, const char *name, const struct outcome *a,
                    const struct outcome *b) {
    ck_assert_int_eq(a->arrays, b->arrays);
    for (int k = 0; k < a->arrays; k++) {
        const int64_t at = difference(&a->array[k], &b->array[k]);
        ck_assert_msg(at < 0, "%s, %s %s: array %d (0: y, then gradients) differs at element %lld",
                      what, name, wg_dtype_name(a->array[k].dtype), k, (long long)at);
    }
}

/* A tape for each instruction set. */
struct tapes {
    int count;
    wg_tape *tape[3];
    struct wg_mark start[3];
};

static struct tapes make_tapes(void) {
    struct tapes t = {0};
    for (; wg_isa_supported(t.count); t.count++) {
        ck_assert_int_eq(wg_set_isa(wg_isa_supported(t.count)), WG_OK);
        t.tape[t.count] = wg_tape_new();
        t.start[t.count] = wg_tape_mark(t.tape[t.count]);
    }
    ck_assert_int_ge(t.count, 1);
    return t;
}

static void free_tapes(struct tapes *t) {
    for (int i = 0; i < t->count; i++) wg_tape_free(t->tape[i]);
}

/* Under every instruction set, against the plainest. */
static void compare_sets(struct tapes *t, const char *what, const struct wg_op *op,
                         const double *slots, int inputs, const struct wg_tensor *x) {
    for (int narrow = 0; narrow < 2; narrow++) {
        struct outcome first = {0};
        for (int i = 0; i < t->count; i++) {
            wg_tape_rewind(t->tape[i], t->start[i]);
            const struct outcome out =
                run(t->tape[i], op, slots, narrow ? WG_F32 : WG_F64, inputs, x);
            if (i == 0)
                first = out;
            else
                compare(what, op->name, &first, &out);
        }
    }
}

static const struct wg_op *built_in(int i) {
    const struct wg_op *op = wg_op_at(i);
    return op && wg_built_in_index(op) >= 0 ? op : NULL;
}

START_TEST(every_case_has_the_same_bits) {
    struct tapes t = make_tapes();
    for (int i = 0; built_in(i); i++) {
        const struct wg_op *op = built_in(i);
        ck_assert_msg(op->cases[0], "%s declares no case", op->name);
        for (int k = 0; k < WG_MAX_CASES && op->cases[k]; k++) {
            struct wg_op_case c;
            ck_assert_int_eq(wg_op_case_init(&c, op, op->cases[k], 0, 11), WG_OK);
            compare_sets(&t, op->cases[k], op, c.slots, c.inputs, c.x);
            wg_op_case_free(&c);
        }
    }
    free_tapes(&t);
}
END_TEST

static const double special[] = {0.0,       -0.0,     1,          -1,         0.5,      -3,
                                 2,         INFINITY, -INFINITY,  NAN,        0x1p-149, -0x1p-1074,
                                 0x1p-1022, FLT_MAX,  -DBL_MAX,   88.8,       -104,     709.8,
                                 -745.2,    1e-9,     0x1.8p-130, -0x1p-1060, 17,       -9.1};

enum { SPECIALS = sizeof special / sizeof *special };

/* Special values fill the inputs, turned by r and q, so that over all turns every pair of them is
 * at every position. */
static void turn(struct wg_tensor *x, double *to, int64_t n, int turned, int by) {
    for (int64_t i = 0; i < n; i++) to[i] = special[(i * by + turned) % SPECIALS];
    *x = (struct wg_tensor){.data = to, .size = n, .dtype = WG_F64, .shape = WG_SHAPE(n)};
}

START_TEST(special_values_at_every_position_have_the_same_bits) {
    struct tapes t = make_tapes();
    double a[LENGTHS], b[LENGTHS], slots[WG_MAX_ATTRIBUTES * WG_LIST_SLOTS];
    struct wg_tensor x[2];
    char what[64];
    for (int i = 0; built_in(i); i++) {
        const struct wg_op *op = built_in(i);
        if (op->structure != WG_ELEMENTWISE) continue;
        const int inputs = wg_op_input_count(op, NULL);
        wg_op_defaults(op, slots);
        for (int n = 0; n < LENGTHS; n++) {
            const int pairs = inputs == 2 && n == LENGTHS - 1 ? SPECIALS : 1;
            for (int r = 0; r < SPECIALS * pairs; r++) {
                turn(&x[0], a, n, r % SPECIALS, 1);
                turn(&x[1], b, n, pairs > 1 ? r / SPECIALS : 5 * r, 1);
                snprintf(what, sizeof what, "length %d, turn %d", n, r);
                compare_sets(&t, what, op, slots, inputs, x);
            }
        }
    }
    free_tapes(&t);
}
END_TEST

/* Rows of every length, of ordinary values, alone and broadcast: %d is the length. */
static const char *const forms[] = {"%d",     "%d %d", "3x%d 3x1", "3x1 3x%d", "%dx3 3",
                                    "3 %dx3", "%d 1",  "1 %d",     "3x%d %d",  "%d 3x%d"};

static void fill_in(char *text, size_t size, const char *form, int n) {
    size_t used = 0;
    for (; *form && used + 12 < size; form++) {
        if (*form == '%')
            used += (size_t)snprintf(text + used, size - used, "%d", n);
        else if (*form != 'd')
            text[used++] = *form;
    }
    text[used] = '\0';
}

START_TEST(every_length_has_the_same_bits) {
    struct tapes t = make_tapes();
    char text[64];
    for (int i = 0; built_in(i); i++) {
        const struct wg_op *op = built_in(i);
        if (op->structure != WG_ELEMENTWISE) continue;
        const int inputs = wg_op_input_count(op, NULL);
        for (int n = 0; n < LENGTHS; n++) {
            for (size_t f = 0; f < ELEMENTS(forms); f++) {
                if ((strchr(forms[f], ' ') != NULL) != (inputs == 2)) continue;
                struct wg_op_case c;
                fill_in(text, sizeof text, forms[f], n);
                ck_assert_int_eq(wg_op_case_init(&c, op, text, 0, (uint64_t)n), WG_OK);
                compare_sets(&t, text, op, c.slots, c.inputs, c.x);
                wg_op_case_free(&c);
            }
        }
    }
    free_tapes(&t);
}
END_TEST

/* Large enough for the work to be split over threads, in each way that it is split. */
static const struct {
    const char *op, *text;
} large[] = {
    {"exp", "40000"},
    {"tanh", "200x201"},
    {"sigmoid", "3x5x4001"},
    {"add", "70001 70001"},
    {"mul", "300x301 301"},
    {"div", "300x301 300x1"},
    {"pow", "300x1 1x301"},
    {"prelu", "20x10x301 10x1"},
    {"maximum", "2x300x301 2x1x301"},
    {"sub", "scalar 80001"},
    {"matmul", "130x131 131x132"},
    {"matmul", "7x400 400x301"},
    {"matmul", "401x300 300x5"},
    {"matmul", "3x80x90 3x90x70"},
    {"matmul", "3x80x90 90x70"},
    {"matmul", "90x80 70x90 transpose_x=1 transpose_z=1"},
    {"attention_weights", "2x40x3x33 2x50x3x33 40x50 scale=0.3"},
    {"attention_values", "2x3x40x50 2x50x3x33"},
    {"transpose", "20x31x301 axes=1,0,2"},
    {"sum", "300x301 axes=0"},
    {"sum", "300x301 axes=1"},
    {"softmax", "300x301"},
    {"softmax_cross_entropy", "4000x10 4000"},
    {"sparse_cross_entropy", "400x100 400 ignore_class=1"},
    {"sigmoid_cross_entropy", "4001 4001"},
    {"log_cosh", "4001 4001"},
    {"logsumexp", "300x301 axes=0"},
    {"variance", "300x301 axes=0"},
    {"standardize", "300x301 axes=1"},
    {"standardize", "9x20x20x17 axes=0,1,2"},
    {"gather", "4x500 300"},
    {"gather", "400x5 9000"},
    {"keyed_dropout", "300x301 4"},
    {"keyed_dropout", "30x31x101 4 shared=1"},
    {"keyed_alpha_dropout", "300x301 4"},
    {"keyed_gaussian_dropout", "300x301 4"},
    {"keyed_gaussian_noise", "300x301 4"},
    {"convolution2d", "5x13x12x19 3x3x19x23"},
    {"convolution2d", "3x14x13x37 3x2x37x41 strides=2,3 padding=1"},
    {"convolution2d", "2x13x14x24 3x3x8x33 groups=3 dilation=2,1 padding=1"},
    {"convolution2d", "5x9x8x70 1x1x70x50"},
    {"convolution2d", "3x17x18x77 3x3x1x77 groups=77 padding=1"},
    {"max_pool2d", "5x20x21x150 size=3,3 strides=2,2"},
    {"average_pool2d", "5x20x21x50 size=3,2 strides=2,2 padding=1"},
};

START_TEST(threads_and_sets_give_the_same_bits) {
    for (size_t i = 0; i < ELEMENTS(large); i++) {
        const struct wg_op *op = wg_find_op(large[i].op);
        struct wg_op_case c;
        ck_assert_int_eq(wg_op_case_init(&c, op, large[i].text, 0, 2), WG_OK);
        struct tapes t = make_tapes();
        wg_tape *alone = wg_tape_new();
        for (int narrow = 0; narrow < 2; narrow++) {
            const enum wg_dtype dtype = narrow ? WG_F32 : WG_F64;
            ck_assert_int_eq(wg_set_threads(1), WG_OK);
            const struct outcome one = run(alone, op, c.slots, dtype, c.inputs, c.x);
            for (int threads = 2; threads <= 5; threads += 3) {
                ck_assert_int_eq(wg_set_threads(threads), WG_OK);
                for (int k = 0; k < t.count; k++) {
                    wg_tape_rewind(t.tape[k], t.start[k]);
                    const struct outcome out = run(t.tape[k], op, c.slots, dtype, c.inputs, c.x);
                    compare(large[i].text, op->name, &one, &out);
                }
            }
        }
        wg_tape_free(alone);
        free_tapes(&t);
        wg_op_case_free(&c);
    }
}
END_TEST

int main(void) {
    const TTest *const tests[] = {
        every_case_has_the_same_bits, special_values_at_every_position_have_the_same_bits,
        every_length_has_the_same_bits, threads_and_sets_give_the_same_bits};
    return run_suite("isa_bits", tests, ELEMENTS(tests));
}
