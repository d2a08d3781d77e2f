/* The same bits wherever arrays lie and under every instruction set that this CPU has, in place and
 * not, and nothing written outside the result. A NaN equals any NaN.
 *
 * Elementwise kernels, called directly, float and double; binary ones with both inputs running and
 * with each standing still:
 *   - every length from 0 to 67 with every pair of offsets from a 64-byte line (16 in float, 8 in
 *     double) for every two of the arrays: inputs, output, upstream gradient, gradient;
 *   - the result over any one of the arrays it is made from, at every length and offset.
 * The inputs are special and ordinary values, all pairs of them for two inputs, and begin at
 * another one in each call: so each comes to every lane and into the tail. What is expected was
 * computed one element at a time by the plainest kernels.
 *
 * Every op of the registry in each of its cases, as the tape calls it: all arrays at every offset.
 */
#include "support/suite.h"

#include "base/arena.h"
#include "ops/call.h"
#include "ops/registry.h"
#include "verify/op_case.h"
#include "wengert/wengert.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

static const double values[] = {
    0.0,          -0.0,     1,         -1,      0.5,      -3,   2,     INFINITY, -INFINITY,
    NAN,          0x1p-149, -0x1p-149, FLT_MAX, -FLT_MAX, 88.8, -104,  709.8,    0x1p-1074,
    -0x1.8p-1060, DBL_MAX,  0x1p-1022, -745.2,  1e-9,     17,   -9.25, 0.3125,   -0.875,
    0x1.8p-130,   6};

enum {
    VALUES = sizeof values / sizeof *values,
    LENGTHS = 68,
    MOST_OFFSETS = 16,
    GUARD = 128, /* bytes of what must stay as it is, on either side */
    ROOM = 1024, /* whole lines; at least 2 GUARD + 64 + 8 LENGTHS */
    MOST_PERIOD = VALUES * VALUES,
};

/* ------------------------------------------------------------------------------------------------
 * Values in line, with their results: as the arrays go on at another place in each call, the first
 * ones follow again after the last. */

enum { X, Z, DY, Y, DX, DZ, LINES };

struct sequence {
    const struct wg_kernel_row *row;
    enum wg_dtype dtype;
    size_t element;
    int x_column, z_column; /* 0: that input stands still */
    double slots[WG_MAX_ATTRIBUTES * WG_LIST_SLOTS];
    int period;
    _Alignas(64) unsigned char line[LINES][(MOST_PERIOD + LENGTHS) * 8];
};

static void put(const struct sequence *s, void *to, int i, double value) {
    if (s->dtype == WG_F32)
        ((float *)to)[i] = (float)value;
    else
        ((double *)to)[i] = value;
}

static void call_forward(const struct sequence *s, const struct wg_kernel_row *row, int n, void *y,
                         const void *x, const void *z) {
    const struct wg_grid grid = {
        .rows = 1, .columns = n, .x_column = s->x_column, .z_column = s->z_column};
    if (row->map1)
        row->map1(n, y, x, s->slots);
    else
        row->map2(&grid, y, x, z, s->slots);
}

static void call_gradient(const struct sequence *s, const struct wg_kernel_row *row, int input,
                          int n, void *d, const unsigned char *const *from) {
    const struct wg_grid grid = {
        .rows = 1, .columns = n, .x_column = s->x_column, .z_column = s->z_column};
    if (row->map1_gradient)
        row->map1_gradient(n, d, from[X], from[Y], from[DY], s->slots);
    else
        row->map2_gradient[input](&grid, d, from[X], from[Z], from[Y], from[DY], s->slots);
}

/* What stands still has the value number `still` everywhere. */
static void fill(struct sequence *s, int still) {
    const bool pairs = s->row->map2 && s->x_column && s->z_column;
    s->period = pairs ? VALUES * VALUES : VALUES;
    for (int i = 0; i < s->period + LENGTHS; i++) {
        const int v = i % s->period;
        put(s, s->line[X], i, values[s->x_column ? v % VALUES : still]);
        put(s, s->line[Z], i, values[!s->z_column ? still : pairs ? v / VALUES : v]);
        put(s, s->line[DY], i, values[(7 * v + 2) % VALUES]);
    }
    for (int i = 0; i < s->period + LENGTHS; i++) {
        const unsigned char *from[LINES];
        unsigned char *to[LINES];
        for (int k = 0; k < LINES; k++) from[k] = to[k] = s->line[k] + (size_t)i * s->element;
        call_forward(s, s->row, 1, to[Y], from[X], from[Z]);
        call_gradient(s, s->row, 0, 1, to[DX], from);
        if (s->row->map2) call_gradient(s, s->row, 1, 1, to[DZ], from);
    }
}

/* ------------------------------------------------------------------------------------------------
 * Arrays at offsets */

static _Alignas(64) unsigned char room[LINES][ROOM], untouched[ROOM];

/* Array k at `offset` elements from a line, with the numbers from `turn` on in it. */
static unsigned char *lay(const struct sequence *s, int k, int offset, int turn, int n) {
    unsigned char *at = room[k] + GUARD + (size_t)offset * s->element;
    memcpy(at, s->line[k] + (size_t)turn * s->element, (size_t)n * s->element);
    return at;
}

/* Array k at `offset`, holding nothing. */
static unsigned char *clear(const struct sequence *s, int k, int offset) {
    memcpy(room[k], untouched, sizeof room[k]);
    return room[k] + GUARD + (size_t)offset * s->element;
}

static bool both_nan(enum wg_dtype dtype, const void *a, const void *b) {
    float x, z;
    double wide_x, wide_z;
    memcpy(&x, a, sizeof x);
    memcpy(&z, b, sizeof z);
    if (dtype == WG_F32) return isnan(x) && isnan(z);
    memcpy(&wide_x, a, sizeof wide_x);
    memcpy(&wide_z, b, sizeof wide_z);
    return isnan(wide_x) && isnan(wide_z);
}

/* The first of n elements that differs; -1 for none. */
static int64_t difference(enum wg_dtype dtype, const unsigned char *a, const unsigned char *b,
                          int64_t n) {
    const size_t element = wg_dtype_size(dtype);
    if (memcmp(a, b, (size_t)n * element) == 0) return -1;
    for (int64_t i = 0; i < n; i++, a += element, b += element) {
        if (memcmp(a, b, element) != 0 && !both_nan(dtype, a, b)) return i;
    }
    return -1;
}

/* A call: which op, how many elements from where on, and the arrays' offsets. */
struct trial {
    const struct sequence *s;
    int n, turn, offset[LINES];
};

/* What went wrong first; empty while nothing has. */
static char failure[320];

/* What lies at `at` in room[k] is line `want`, and nothing else of that room was touched. */
static void check(const struct trial *t, int k, int want, const unsigned char *at,
                  const char *what) {
    const struct sequence *s = t->s;
    const size_t bytes = (size_t)t->n * s->element, before = (size_t)(at - room[k]);
    const unsigned char *expected = s->line[want] + (size_t)t->turn * s->element;
    const int64_t wrong = difference(s->dtype, at, expected, t->n);
    const bool outside = memcmp(room[k], untouched, before) != 0 ||
                         memcmp(at + bytes, untouched, ROOM - before - bytes) != 0;
    if ((wrong < 0 && !outside) || failure[0]) return;
    snprintf(failure, sizeof failure,
             "%s %s, %s, %s: %d elements, offsets %d %d %d %d %d %d: %s %lld", s->row->name,
             wg_dtype_name(s->dtype), wg_isa(), what, t->n, t->offset[X], t->offset[Z],
             t->offset[DY], t->offset[Y], t->offset[DX], t->offset[DZ],
             outside ? "something was written outside" : "differs at element", (long long)wrong);
}

static void run_apart(const struct trial *t, const struct wg_kernel_row *row) {
    const struct sequence *s = t->s;
    const unsigned char *from[LINES];
    for (int k = X; k <= DY; k++) from[k] = lay(s, k, t->offset[k], t->turn, t->n);
    unsigned char *y = clear(s, Y, t->offset[Y]);
    call_forward(s, row, t->n, y, from[X], from[Z]);
    check(t, Y, Y, y, "forward");
    from[Y] = y;
    for (int input = 0; input < (row->map2 ? 2 : 1); input++) {
        unsigned char *d = clear(s, DX + input, t->offset[DX + input]);
        call_gradient(s, row, input, t->n, d, from);
        check(t, DX + input, DX + input, d, "gradient");
    }
}

/* The result over array k, one of those that it is made from: all of them at one offset. */
static void run_over(const struct trial *t, const struct wg_kernel_row *row, int k) {
    const struct sequence *s = t->s;
    const int offset = t->offset[X];
    const unsigned char *from[LINES];
    for (int i = X; i <= Y; i++) from[i] = lay(s, i, offset, t->turn, t->n);
    clear(s, k, offset);
    unsigned char *over = lay(s, k, offset, t->turn, t->n);
    if (k == X || k == Z) {
        call_forward(s, row, t->n, over, from[X], from[Z]);
        check(t, k, Y, over, "forward in place");
    }
    for (int input = 0; input < (row->map2 ? 2 : 1); input++) {
        clear(s, k, offset);
        lay(s, k, offset, t->turn, t->n);
        call_gradient(s, row, input, t->n, over, from);
        check(t, k, DX + input, over, "gradient in place");
    }
}

/* ------------------------------------------------------------------------------------------------
 * Elementwise kernels */

/* a b in the field of 8 or 16 elements: p + a q, with p and q over all offsets, takes every pair of
 * values at any two a. */
static int field_product(int a, int b, int size) {
    const int polynomial = size == 16 ? 19 : 11;
    int product = 0;
    for (int bit = 1; bit < size; bit *= 2) {
        if (b & bit) product ^= a;
        a *= 2;
        if (a & size) a ^= polynomial;
    }
    return product;
}

/* How many calls' results were compared. */
static long run_all(struct sequence *s, const struct wg_kernel_row *row) {
    const int offsets = 64 / (int)s->element;
    const int still = s->row->map2 && !(s->x_column && s->z_column);
    long calls = 0;
    int turn = 0;
    for (int pq = 0; pq < offsets * offsets; pq++) {
        struct trial t = {.s = s};
        if (still) fill(s, pq % VALUES);
        for (int k = 0; k < LINES; k++)
            t.offset[k] = pq / offsets ^ field_product(k, pq % offsets, offsets);
        for (t.n = 0; t.n < LENGTHS; t.n++, calls++) {
            t.turn = (turn += s->period > VALUES ? 11 : 1) % s->period;
            run_apart(&t, row);
            const bool one = t.offset[X] == 0;
            for (int k = X; k <= Y && one; k++) {
                struct trial u = t;
                const bool runs = k == X ? s->x_column : k != Z || s->z_column;
                if (!runs) continue;
                for (int i = 0; i < LINES; i++) u.offset[i] = t.offset[Z];
                run_over(&u, row, k);
            }
        }
    }
    return calls;
}

static const struct wg_op *built_in(int i) {
    const struct wg_op *op = wg_op_at(i);
    return op && wg_built_in_index(op) >= 0 ? op : NULL;
}

static long run_op(const struct wg_op *op, enum wg_dtype dtype) {
    static const int columns[][2] = {{1, 1}, {1, 0}, {0, 1}};
    static struct sequence s;
    long calls = 0;
    s.dtype = dtype;
    s.element = wg_dtype_size(dtype);
    wg_op_defaults(op, s.slots);
    for (int k = 0; k < 3; k++) {
        s.x_column = columns[k][0];
        s.z_column = columns[k][1];
        ck_assert_int_eq(wg_set_isa(wg_isa_supported(0)), WG_OK);
        s.row = wg_kernel_row(wg_kernel_set(dtype), op);
        fill(&s, 0);
        for (int isa = 0; wg_isa_supported(isa); isa++) {
            ck_assert_int_eq(wg_set_isa(wg_isa_supported(isa)), WG_OK);
            calls += run_all(&s, wg_kernel_row(wg_kernel_set(dtype), op));
        }
        if (s.row->map1) break;
    }
    return calls;
}

static void elementwise(enum wg_dtype dtype) {
    long calls = 0;
    int ops = 0;
    memset(untouched, 0xA5, sizeof untouched);
    for (int i = 0; built_in(i); i++) {
        if (built_in(i)->structure != WG_ELEMENTWISE) continue;
        calls += run_op(built_in(i), dtype);
        ck_assert_msg(!failure[0], "%s", failure);
        ops++;
    }
    ck_assert_int_ge(ops, 40);
    printf("alignment, %s: %d elementwise ops, %ld arrangements, lengths 0 to %d\n",
           wg_dtype_name(dtype), ops, calls, LENGTHS - 1);
}

START_TEST(float_kernels_have_the_same_bits_everywhere) { elementwise(WG_F32); }
END_TEST

START_TEST(double_kernels_have_the_same_bits_everywhere) { elementwise(WG_F64); }
END_TEST

/* Kernels that are wrong in one way each. */
static void copies(int64_t n, void *y, const void *x, const double *slots) {
    (void)slots;
    for (int64_t i = 0; i < n; i++) ((double *)y)[i] = ((const double *)x)[i];
}

static void writes_one_more(int64_t n, void *y, const void *x, const double *slots) {
    copies(n, y, x, slots);
    if (n == 66) ((double *)y)[n] = 1;
}

static void needs_lines(int64_t n, void *y, const void *x, const double *slots) {
    copies(n, y, x, slots);
    if (n > 4 && (uintptr_t)x % 64 == 8 && (uintptr_t)y % 64 == 40) ((double *)y)[n - 1] = 7.25;
}

static void writes_first(int64_t n, void *y, const void *x, const double *slots) {
    for (int64_t i = 0; i + 1 < n; i++) ((double *)y)[i + 1] = 0;
    copies(n, y, x, slots);
}

static void copies_gradient(int64_t n, void *dx, const void *x, const void *y, const void *dy,
                            const double *slots) {
    (void)x;
    (void)y;
    copies(n, dx, dy, slots);
}

static void clears_gradient(int64_t n, void *dx, const void *x, const void *y, const void *dy,
                            const double *slots) {
    (void)y;
    if (n > 1) memset(dx, 0, (size_t)n * sizeof(double));
    copies_gradient(n, dx, x, y, dy, slots);
}

START_TEST(wrong_kernels_are_noticed) {
    static const struct wg_kernel_row rows[] = {
        {.name = "right", .map1 = copies, .map1_gradient = copies_gradient},
        {.name = "writes one more", .map1 = writes_one_more, .map1_gradient = copies_gradient},
        {.name = "needs lines", .map1 = needs_lines, .map1_gradient = copies_gradient},
        {.name = "writes first", .map1 = writes_first, .map1_gradient = copies_gradient},
        {.name = "clears", .map1 = copies, .map1_gradient = clears_gradient}};
    static struct sequence s = {.dtype = WG_F64, .element = 8, .x_column = 1, .z_column = 1};
    memset(untouched, 0xA5, sizeof untouched);
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        failure[0] = '\0';
        s.row = &rows[0];
        fill(&s, 0);
        run_all(&s, &rows[i]);
        ck_assert_msg((failure[0] != '\0') == (i > 0), "a kernel that %s: \"%s\"", rows[i].name,
                      failure);
    }
}
END_TEST

/* ------------------------------------------------------------------------------------------------
 * Every op */

/* One array of a call, with a guard on either side. */
struct array {
    unsigned char *memory, *at;
    size_t bytes, all;
};

static struct array make_array(struct wg_arena *arena, const struct wg_tensor *t, int offset) {
    const size_t element = wg_dtype_size(t->dtype);
    struct array a = {.bytes = (size_t)t->size * element};
    a.all = a.bytes + 2 * GUARD + 64;
    a.memory = wg_arena_allocate(arena, a.all, WG_ALIGNMENT);
    ck_assert_ptr_nonnull(a.memory);
    memset(a.memory, 0xA5, a.all);
    a.at = a.memory + GUARD + (size_t)offset * element;
    return a;
}

static bool is_guarded(const struct array *a) {
    const unsigned char *end = a->memory + a->all;
    for (const unsigned char *p = a->memory; p < a->at; p++) {
        if (*p != 0xA5) return false;
    }
    for (const unsigned char *p = a->at + a->bytes; p < end; p++) {
        if (*p != 0xA5) return false;
    }
    return true;
}

static void put_elements(enum wg_dtype dtype, void *to, const struct wg_tensor *from) {
    for (int64_t i = 0; i < from->size; i++) {
        if (from->dtype == WG_I32)
            ((int32_t *)to)[i] = ((const int32_t *)from->data)[i];
        else if (dtype == WG_F32)
            ((float *)to)[i] = (float)((const double *)from->data)[i];
        else
            ((double *)to)[i] = ((const double *)from->data)[i];
    }
}

/* A case as the tape would call it, with the arrays where we want them. */
struct arranged {
    struct wg_tensor x[WG_CASE_INPUTS], y;
    const struct wg_tensor *list[WG_CASE_INPUTS];
    struct array in[WG_CASE_INPUTS], dx[WG_CASE_INPUTS], out, dy;
};

static void run_case(struct arranged *r, struct wg_arena *arena, const struct wg_op_case *c,
                     enum wg_dtype dtype, int shift) {
    const int offsets = 64 / (int)wg_dtype_size(dtype);
    int turn = shift; /* 0: all begin at a line; else each at another place */
#define NEXT (shift == 0 ? 0 : (turn += 3) % offsets)
    for (int i = 0; i < c->inputs; i++) {
        r->x[i] = c->x[i];
        if (r->x[i].dtype != WG_I32) r->x[i].dtype = dtype;
        r->list[i] = &r->x[i];
        r->in[i] = make_array(arena, &r->x[i], NEXT);
        r->dx[i] = make_array(arena, &r->x[i], NEXT);
        put_elements(dtype, r->in[i].at, &c->x[i]);
        r->x[i].data = r->in[i].at;
    }
    struct wg_call call = {.args = {.x = r->list, .inputs = c->inputs, .attributes = c->slots},
                           .op = c->op,
                           .set = wg_kernel_set(dtype)};
    enum wg_dtype result;
    ck_assert_int_eq(wg_call_check(&call, &r->y.shape, &result), WG_OK);
    r->y.dtype = result;
    r->y.size = wg_shape_size(r->y.shape);
    r->out = make_array(arena, &r->y, NEXT);
    r->dy = make_array(arena, &r->y, NEXT);
#undef NEXT
    r->y.data = c->op->view ? r->x[0].data : r->out.at;
    call.args.y = &r->y;
    ck_assert_int_eq(wg_call_prepare(&call, result, arena), WG_OK);
    for (int64_t i = 0; i < r->y.size; i++) {
        const double value = 0.25 + (double)(i * 7 % 16) / 8; /* exact in both dtypes */
        if (dtype == WG_F32)
            ((float *)(void *)r->dy.at)[i] = (float)value;
        else
            ((double *)(void *)r->dy.at)[i] = value;
    }
    const size_t scratch = (size_t)wg_call_scratch(&call) * wg_dtype_size(dtype);
    void *room_for_it = wg_arena_allocate(arena, scratch + 1, WG_ALIGNMENT), *dx[WG_CASE_INPUTS];
    for (int i = 0; i < c->inputs; i++) dx[i] = r->x[i].dtype == WG_I32 ? NULL : r->dx[i].at;
    ck_assert_int_eq(wg_call_forward(&call, room_for_it), WG_OK);
    wg_call_gradient(&call, r->dy.at, dx, room_for_it);
}

static void compare_case(const struct arranged *a, const struct arranged *b,
                         const struct wg_op_case *c, const char *text, int shift) {
    const bool view = c->op->view;
    bool same = view || difference(a->y.dtype, a->out.at, b->out.at, a->y.size) < 0;
    bool guarded = is_guarded(&b->out) && is_guarded(&b->dy);
    for (int i = 0; i < c->inputs; i++) {
        guarded = guarded && is_guarded(&b->in[i]) && is_guarded(&b->dx[i]);
        if (a->x[i].dtype == WG_I32) continue;
        same = same && difference(a->x[i].dtype, a->dx[i].at, b->dx[i].at, a->x[i].size) < 0;
    }
    ck_assert_msg(same, "%s [%s], %s: other bits at shift %d", c->op->name, text, wg_isa(), shift);
    ck_assert_msg(guarded, "%s [%s], %s: something was written outside at shift %d", c->op->name,
                  text, wg_isa(), shift);
}

static int run_cases(const struct wg_op *op, const char *text, enum wg_dtype dtype) {
    static struct arranged first, other;
    struct wg_op_case c;
    struct wg_arena arena;
    int runs = 0;
    wg_arena_init(&arena, 1 << 16);
    ck_assert_int_eq(wg_op_case_init(&c, op, text, 0, 11), WG_OK);
    for (int isa = 0; wg_isa_supported(isa); isa++) {
        ck_assert_int_eq(wg_set_isa(wg_isa_supported(isa)), WG_OK);
        for (int shift = 0; shift < 64 / (int)wg_dtype_size(dtype); shift++) {
            struct arranged *r = runs++ ? &other : &first;
            run_case(r, &arena, &c, dtype, shift);
            compare_case(&first, r, &c, text, shift);
        }
    }
    wg_op_case_free(&c);
    wg_arena_free(&arena);
    return runs;
}

START_TEST(every_case_of_every_op_has_the_same_bits_everywhere) {
    int ops = 0, cases = 0, runs = 0;
    for (int i = 0; built_in(i); i++, ops++) {
        const struct wg_op *op = built_in(i);
        for (int k = 0; k < WG_MAX_CASES && op->cases[k]; k++, cases++)
            runs += run_cases(op, op->cases[k], WG_F32) + run_cases(op, op->cases[k], WG_F64);
    }
    printf("alignment: %d ops, %d cases, %d arrangements\n", ops, cases, runs);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {
        float_kernels_have_the_same_bits_everywhere, double_kernels_have_the_same_bits_everywhere,
        wrong_kernels_are_noticed, every_case_of_every_op_has_the_same_bits_everywhere};
    return run_suite("alignment", tests, ELEMENTS(tests));
}
