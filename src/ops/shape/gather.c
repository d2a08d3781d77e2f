/* gather(table, index)
 *
 *   y[p] = table[index[p]]        dtable[v] = the sum of dy[p] over the p with index[p] = v
 *   table has shape (V, D...), index (int32) any shape P...; y has shape (P..., D...). Rows are
 * copied; a gradient's sums are chains in ascending order of p. An index outside 0 ... V - 1 is an
 * error, at each forward. Linear in table, exact.
 */
#include "base/parallel.h"
#include "ops/room.h"

SHAPE(gather) {
    const struct wg_shape *table = &args->x[0]->shape, *index = &args->x[1]->shape;
    if (table->rank == 0 || index->rank + table->rank - 1 > WG_MAX_RANK) {
        return wg_fail(WG_ERROR_SHAPE,
                       "%s: a table of shape %s and indices of shape %s; expected a table of rank "
                       "1 or more, and a result of rank %d at most",
                       self->name, wg_shape_text(*table).text, wg_shape_text(*index).text,
                       WG_MAX_RANK);
    }
    *y = *index;
    for (int d = 1; d < table->rank; d++) y->dim[y->rank++] = table->dim[d];
    return WG_OK;
}

CHECK(gather) {
    const int64_t rows = args->x[0]->shape.dim[0];
    const int32_t *index = args->x[1]->data;
    for (int64_t p = 0; p < args->x[1]->size; p++) {
        if (index[p] >= 0 && index[p] < rows) continue;
        if (rows == 0) {
            return wg_fail(WG_ERROR_ARGUMENT,
                           "%s: index %d at position %lld; the table has no rows", self->name,
                           (int)index[p], (long long)p);
        }
        return wg_fail(WG_ERROR_ARGUMENT, "%s: index %d at position %lld; expected 0 to %lld",
                       self->name, (int)index[p], (long long)p, (long long)rows - 1);
    }
    return WG_OK;
}

#ifdef WG_KERNEL_PASS
#define GATHER_WIDE 128 /* threads share out the columns of rows this long, else the rows */

struct gather {
    const int32_t *index;
    int64_t positions, rows, width;
    real *to;
    const real *from;
};

static struct gather gather_of(const struct wg_args *args, real *to, const real *from) {
    const struct wg_shape *table = &args->x[0]->shape;
    struct gather g = {.index = args->x[1]->data,
                       .positions = args->x[1]->size,
                       .rows = table->dim[0],
                       .width = 1,
                       .to = to,
                       .from = from};
    for (int d = 1; d < table->rank; d++) g.width *= table->dim[d];
    return g;
}

static void gather_positions(int64_t begin, int64_t end, const void *context) {
    const struct gather *g = context;
    for (int64_t p = begin; p < end; p++)
        memcpy(g->to + p * g->width, g->from + g->index[p] * g->width,
               (size_t)g->width * sizeof(real));
}

KERNEL gather_forward(const struct wg_args *args) {
    const struct gather g = gather_of(args, args->y->data, args->x[0]->data);
    wg_parallel(g.positions, args->y->size, gather_positions, &g);
}

/* Sums for rows `row` ... `last` - 1 and columns `column` ... `end` - 1, each a chain. */
static inline void scatter_add(const struct gather *g, int64_t row, int64_t last, int64_t column,
                               int64_t end) {
    const size_t bytes = (size_t)(end - column) * sizeof(real);
    for (int64_t v = row; v < last; v++) memset(g->to + v * g->width + column, 0, bytes);
    for (int64_t p = 0; p < g->positions; p++) {
        const int64_t v = g->index[p];
        if (v < row || v >= last) continue;
        real *to = g->to + v * g->width;
        const real *from = g->from + p * g->width;
        INDEPENDENT_LOOP
        for (int64_t j = column; j < end; j++) to[j] += from[j];
    }
}

static void scatter_rows(int64_t begin, int64_t end, const void *context) {
    const struct gather *g = context;
    scatter_add(g, begin, end, 0, g->width);
}

static void scatter_columns(int64_t begin, int64_t end, const void *context) {
    const struct gather *g = context;
    scatter_add(g, 0, g->rows, begin, end);
}

KERNEL gather_gradient(const struct wg_args *args, const void *dy, void *const *dx) {
    const struct gather g = gather_of(args, dx[0], dy);
    const int64_t work = args->y->size + args->x[0]->size;
    if (g.width >= GATHER_WIDE)
        wg_parallel(g.width, work, scatter_columns, &g);
    else
        wg_parallel(g.rows, work, scatter_rows, &g);
}
#endif

KERNELS(gather, .forward = gather_forward, .gradient = gather_gradient);

OPN(gather, .inputs = {"table", "index"}, .structure = WG_LINEAR, .integer_inputs = 2,
    .shape = gather_shape, .check = gather_check, .formula = "y[p] = table[index[p]]",
    .derivative = "dtable[v] = sum of dy[p] over the p with index[p] = v",
    .limits = "exact; an index outside the table is an error", .domain = {{-2, 2}, {0, 3}},
    .cases = {"4x3 5", "4x3 2x7", "4 6", "4x2x3 3", "5x3 scalar", "4x2 1x1x2"})
