#include "ops/maps.h"

#include "base/parallel.h"
#include "wengert/tensor.h"

/* A mapped element costs about this many elementary operations. */
#define MAP_WORK 4

/* One pass of an elementwise kernel: forward where dy is NULL, else the gradient of input `input`.
 */
struct pass {
    const struct wg_call *call;
    const struct wg_grid *grid;
    int input;
    size_t element;
    char *out;
    const char *x, *z, *y, *dy;
};

static void map1_range(int64_t begin, int64_t end, const void *context) {
    const struct pass *p = context;
    const size_t at = (size_t)begin * p->element;
    const double *slots = p->call->args.attributes;
    if (p->dy) {
        p->call->row->map1_gradient(end - begin, p->out + at, p->x + at, p->y + at, p->dy + at,
                                    slots);
    } else {
        p->call->row->map1(end - begin, p->out + at, p->x + at, slots);
    }
}

static void map2_grid(const struct pass *p, const struct wg_grid *grid, size_t x_at, size_t z_at,
                      size_t at) {
    const double *slots = p->call->args.attributes;
    const char *x = p->x + x_at * p->element, *z = p->z + z_at * p->element;
    at *= p->element;
    if (p->dy) {
        p->call->row->map2_gradient[p->input](grid, p->out + at, x, z, p->y + at, p->dy + at,
                                              slots);
    } else {
        p->call->row->map2(grid, p->out + at, x, z, slots);
    }
}

static void map2_rows(int64_t begin, int64_t end, const void *context) {
    const struct pass *p = context;
    struct wg_grid grid = *p->grid;
    grid.rows = end - begin;
    map2_grid(p, &grid, (size_t)(begin * grid.x_row), (size_t)(begin * grid.z_row),
              (size_t)(begin * grid.columns));
}

static void map2_columns(int64_t begin, int64_t end, const void *context) {
    const struct pass *p = context;
    struct wg_grid grid = *p->grid;
    grid.columns = end - begin;
    map2_grid(p, &grid, (size_t)(begin * grid.x_column), (size_t)(begin * grid.z_column),
              (size_t)begin);
}

static void run_map1(struct pass *p) {
    const int64_t n = p->call->args.y->size;
    p->x = p->call->args.x[0]->data;
    wg_parallel(n, n * MAP_WORK, map1_range, p);
}

static void run_grid(const struct pass *p) {
    const struct wg_grid *grid = p->grid;
    const int64_t work = grid->rows * grid->columns * MAP_WORK;
    if (work < WG_PARALLEL_WORK)
        map2_grid(p, grid, 0, 0, 0);
    else if (grid->rows > 1)
        wg_parallel_split(grid->rows, map2_rows, p);
    else
        wg_parallel_split(grid->columns, map2_columns, p);
}

static void run_map2(struct pass *p) {
    const struct wg_spread *s = p->call->spread;
    p->grid = &s->grid;
    const char *x = p->call->args.x[0]->data, *z = p->call->args.x[1]->data;
    const int64_t cells = s->grid.rows * s->grid.columns;
    if (p->call->args.y->size == 0) return;
    if (s->outer == 0) {
        p->x = x;
        p->z = z;
        run_grid(p);
        return;
    }
    int64_t index[WG_MAX_RANK] = {0}, x_at = 0, z_at = 0;
    for (int64_t at = 0;; at += cells) {
        struct pass part = *p;
        part.x = x + (size_t)x_at * p->element;
        part.z = z + (size_t)z_at * p->element;
        part.out += (size_t)at * p->element;
        if (p->dy) {
            part.y += (size_t)at * p->element;
            part.dy += (size_t)at * p->element;
        }
        run_grid(&part);
        int d = s->outer - 1;
        for (; d >= 0; d--) {
            x_at += s->x_stride[d];
            z_at += s->z_stride[d];
            if (++index[d] < s->dim[d]) break;
            x_at -= s->x_stride[d] * s->dim[d];
            z_at -= s->z_stride[d] * s->dim[d];
            index[d] = 0;
        }
        if (d < 0) return;
    }
}

void wg_run_map(const struct wg_call *call, int input, void *out, const void *dy) {
    struct pass p = {.call = call,
                     .input = input,
                     .element = wg_float_size(call->args.y->dtype),
                     .out = out,
                     .y = call->args.y->data,
                     .dy = dy};
    if (call->kind == WG_CALL_MAP1)
        run_map1(&p);
    else
        run_map2(&p);
}
