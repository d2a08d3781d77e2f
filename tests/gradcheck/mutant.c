#include "mutant.h"

#include "ops/kernel_set.h"
#include "verify/op_case.h"
#include "wengert/tape.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const mutation_names[MUTATIONS] = {"right",
                                               "sign",
                                               "x2",
                                               "x(1 + 1e-4)",
                                               "zero",
                                               "constant",
                                               "transposed",
                                               "missing broadcast sum",
                                               "assigned, not accumulated",
                                               "one row only",
                                               "tail wrong",
                                               "one element off by 1%",
                                               "NaN in one element",
                                               "at y for x",
                                               "first input severed",
                                               "last input severed"};

struct mutant mutant;

#define DRAWS 20

/* ------------------------------------------------------------------------------------------------
 * Right values and gradients
 *
 * The wrapper is no elementwise op, so that broadcast sums are its own affair: inputs are stretched
 * to y's shape here, and gradients summed back. */

static double *doubles(int64_t n) {
    double *memory = n >= 0 ? calloc((size_t)n + 1, sizeof *memory) : NULL;
    if (!memory) abort();
    return memory;
}

/* Where element i of y finds its element of an input that is broadcast to y's shape. */
static int64_t source(const struct wg_shape *x, const struct wg_shape *y, int64_t i) {
    int64_t at = 0, stride = 1;
    for (int d = y->rank - 1, e = x->rank - 1; e >= 0; d--, e--) {
        const int64_t index = i % y->dim[d];
        i /= y->dim[d];
        at += x->dim[e] == 1 ? 0 : index * stride;
        stride *= x->dim[e];
    }
    return at;
}

static double *stretched(const struct wg_args *args, int input) {
    const struct wg_tensor *x = args->x[input];
    double *out = doubles(args->y->size);
    for (int64_t i = 0; i < args->y->size; i++)
        out[i] = ((const double *)x->data)[source(&x->shape, &args->y->shape, i)];
    return out;
}

static const struct wg_kernel_row *row(void) {
    return wg_kernel_row(wg_kernel_set(WG_F64), mutant.op);
}

static struct wg_grid whole(int64_t n) {
    return (struct wg_grid){.rows = 1, .columns = n, .x_column = 1, .z_column = 1};
}

static bool is_map(void) { return row()->map1 || row()->map2; }

static void map(const struct wg_args *args, double *y, const double *const *x) {
    const struct wg_grid grid = whole(args->y->size);
    if (row()->map1)
        row()->map1(args->y->size, y, x[0], args->attributes);
    else
        row()->map2(&grid, y, x[0], x[1], args->attributes);
}

static void map_gradient(const struct wg_args *args, int input, double *d, const double *const *x,
                         const double *y, const double *dy) {
    const struct wg_grid grid = whole(args->y->size);
    if (row()->map1)
        row()->map1_gradient(args->y->size, d, x[0], y, dy, args->attributes);
    else
        row()->map2_gradient[input](&grid, d, x[0], x[1], y, dy, args->attributes);
}

static void forward(const struct wg_args *args) {
    if (mutant.op->view) {
        memcpy(args->y->data, args->x[0]->data, (size_t)args->y->size * sizeof(double));
    } else if (is_map()) {
        double *x[2] = {stretched(args, 0), args->inputs > 1 ? stretched(args, 1) : NULL};
        map(args, args->y->data, (const double *const *)x);
        free(x[0]);
        free(x[1]);
    } else {
        row()->general.forward(args);
    }
}

/* Adds up the contributions to each element; or keeps the first or last one alone. */
static void sum_back(const struct wg_args *args, int input, const double *d, double *dx,
                     enum mutation mutation) {
    const struct wg_tensor *x = args->x[input];
    double *seen = doubles(x->size);
    for (int64_t i = 0; i < x->size; i++) dx[i] = 0;
    for (int64_t i = 0; i < args->y->size; i++) {
        const int64_t at = source(&x->shape, &args->y->shape, i);
        if (mutation == LAST_ONLY || (mutation == FIRST_ONLY && seen[at] == 0))
            dx[at] = d[i];
        else if (mutation != FIRST_ONLY)
            dx[at] += d[i];
        seen[at] = 1;
    }
    free(seen);
}

static void elementwise(const struct wg_args *args, const double *dy, void *const *dx,
                        enum mutation mutation) {
    double *x[2] = {stretched(args, 0), args->inputs > 1 ? stretched(args, 1) : NULL};
    double *y = doubles(args->y->size), *d = doubles(args->y->size);
    map(args, y, (const double *const *)x);
    if (mutation == AT_OUTPUT) {
        memcpy(x[0], y, (size_t)args->y->size * sizeof *y);
        map(args, y, (const double *const *)x);
    }
    for (int i = 0; i < args->inputs; i++) {
        if (!dx[i]) continue;
        map_gradient(args, i, d, (const double *const *)x, y, dy);
        sum_back(args, i, d, dx[i], mutation);
    }
    free(x[0]);
    free(x[1]);
    free(y);
    free(d);
}

/* Of an op that is no map: the same mistakes leave out all rows of the outputs but one. */
static void general(const struct wg_args *args, const double *dy, void *const *dx,
                    enum mutation mutation) {
    const struct wg_tensor *y = args->y;
    const int64_t rows = y->shape.rank > 0 ? y->shape.dim[0] : 1;
    const int64_t width = rows > 0 ? y->size / rows : 0;
    const bool masked = rows > 1 && (mutation == FIRST_ONLY || mutation == LAST_ONLY);
    double *kept = doubles(y->size);
    for (int64_t i = 0; i < y->size; i++)
        kept[i] = !masked || i / width == (mutation == FIRST_ONLY ? 0 : rows - 1) ? dy[i] : 0;
    if (mutant.op->view)
        memcpy(dx[0], kept, (size_t)y->size * sizeof *kept);
    else
        row()->general.gradient(args, kept, dx);
    free(kept);
}

static void gradient_of(const struct wg_args *args, const double *dy, void *const *dx,
                        enum mutation mutation) {
    if (is_map())
        elementwise(args, dy, dx, mutation);
    else
        general(args, dy, dx, mutation);
}

/* ------------------------------------------------------------------------------------------------
 * Wrong ones */

static int64_t largest(const double *dx, int64_t n) {
    int64_t at = 0;
    for (int64_t i = 0; i < n; i++) {
        if (fabs(dx[i]) > fabs(dx[at])) at = i;
    }
    return at;
}

static void transpose(double *dx, const struct wg_tensor *x) {
    const int rank = x->shape.rank;
    if (rank < 2 || x->size == 0) return;
    const int64_t rows = x->shape.dim[rank - 2], columns = x->shape.dim[rank - 1];
    double *copy = doubles(x->size);
    memcpy(copy, dx, (size_t)x->size * sizeof *copy);
    for (int64_t i = 0; i < x->size; i++) {
        const int64_t matrix = i / (rows * columns), at = i % (rows * columns);
        dx[i] = copy[matrix * rows * columns + (at % rows) * columns + at / rows];
    }
    free(copy);
}

static double factor_of(enum mutation mutation) {
    return mutation == SIGN           ? -1
           : mutation == DOUBLED      ? 2
           : mutation == SLIGHTLY_OFF ? 1 + 1e-4
                                      : 1;
}

static void spoil(double *dx, const struct wg_tensor *x, int input, int last, bool first) {
    const enum mutation m = mutant.mutation;
    const int64_t n = x->size;
    const bool severed = (m == SEVERED_FIRST && first && input != last) ||
                         (m == SEVERED_LAST && !first && input == last);
    const int64_t rows = x->shape.rank > 0 ? x->shape.dim[0] : 1;
    for (int64_t i = 0; i < n; i++) {
        dx[i] *= factor_of(m);
        if (m == ZERO || severed || (m == TAIL && n > 8 && i >= n / 8 * 8)) dx[i] = 0;
        if (m == ONE_ROW && i >= n / rows) dx[i] = 0;
        if (m == CONSTANT) dx[i] = 1;
    }
    if (m == TRANSPOSED) transpose(dx, x);
    if (m == NOT_A_NUMBER && n > 0) dx[n / 2] = NAN;
    if (m != ONE_ELEMENT || n == 0 || (mutant.alone && !first)) return;
    mutant.spoilt[input] = largest(dx, n);
    dx[mutant.spoilt[input]] *= 1.01;
}

static bool differs(double wrong, double right) {
    return !(fabs(wrong - right) <= MUTANT_DIFFERS * fmax(fabs(wrong), fabs(right)));
}

static void gradient(const struct wg_args *args, const void *dy, void *const *dx) {
    double *right[8] = {NULL};
    int first = -1, last = -1;
    for (int i = 0; i < args->inputs; i++) {
        if (args->x[i]->dtype == WG_I32) continue;
        if (first < 0) first = i;
        last = i;
        right[i] = dx[i] ? doubles(args->x[i]->size) : NULL;
    }
    gradient_of(args, dy, (void *const *)right, RIGHT);
    gradient_of(args, dy, dx, mutant.mutation);
    for (int i = 0; i < args->inputs; i++) {
        if (!right[i]) continue;
        double *wrong = dx[i];
        spoil(wrong, args->x[i], i, last, i == first);
        for (int64_t j = 0; j < args->x[i]->size; j++) {
            mutant.nonzero = mutant.nonzero || right[i][j] != 0;
            if (differs(wrong[j], right[i][j])) mutant.changed = true;
        }
        free(right[i]);
    }
}

/* ------------------------------------------------------------------------------------------------
 * The op, and its check */

struct wg_op mutant_of(const struct wg_op *op, enum mutation mutation) {
    mutant = (struct mutant){.op = op, .mutation = mutation};
    struct wg_op wrapper = *op;
    wrapper.name = "mutant";
    wrapper.structure = WG_GENERAL; /* of others the tangents would be known */
    wrapper.view = 0;
    wrapper.passes_dy = 0;
    wrapper.f32 = (struct wg_kernels){NULL, NULL, NULL, NULL};
    wrapper.f64 = (struct wg_kernels){forward, gradient, NULL, row()->general.branches};
    return wrapper;
}

static wg_var apply(wg_tape *tape, const wg_var *inputs, void *user) {
    const struct wg_op_case *c = user;
    (void)tape;
    return wg_apply(c->op, inputs, c->inputs, c->slots);
}

enum wg_status mutant_check(const struct wg_op *wrapper, const char *text,
                            const struct wg_gradcheck_options *options,
                            struct wg_gradcheck_result *result) {
    enum wg_status status = WG_OK;
    mutant.nonzero = mutant.changed = false;
    for (uint64_t draw = 0; draw < DRAWS && status == WG_OK && !mutant.nonzero; draw++) {
        struct wg_op_case c;
        struct wg_gradcheck_options mine = *options;
        mine.seed += draw << 32;
        status = wg_op_case_init(&c, wrapper, text, 0.05, mine.seed);
        mine.step = c.step;
        if (status == WG_OK) status = wg_gradcheck(apply, &c, c.inputs, c.x, &mine, result);
        wg_op_case_free(&c);
    }
    return status;
}
