#include "ops/spread.h"

void wg_broadcast_strides(const struct wg_shape *y, const struct wg_shape *x, int64_t *stride) {
    int64_t step = 1;
    for (int d = y->rank - 1; d >= 0; d--) {
        int dx = d - (y->rank - x->rank);
        int64_t dim = dx < 0 ? 1 : x->dim[dx];
        stride[d] = dim == 1 ? 0 : step;
        step *= dim;
    }
}

void wg_make_spread(struct wg_spread *s, const struct wg_shape *y, const struct wg_shape *x,
                    const struct wg_shape *z) {
    int64_t xs[WG_MAX_RANK], zs[WG_MAX_RANK];
    wg_broadcast_strides(y, x, xs);
    wg_broadcast_strides(y, z, zs);
    int rank = 0;
    for (int d = 0; d < y->rank; d++) {
        if (y->dim[d] == 1) continue;
        if (rank && s->x_stride[rank - 1] == xs[d] * y->dim[d] &&
            s->z_stride[rank - 1] == zs[d] * y->dim[d]) {
            rank--;
            s->dim[rank] *= y->dim[d];
        } else {
            s->dim[rank] = y->dim[d];
        }
        s->x_stride[rank] = xs[d];
        s->z_stride[rank] = zs[d];
        rank++;
    }
    s->grid = (struct wg_grid){.rows = 1, .columns = 1};
    if (rank > 0) {
        rank--;
        s->grid.columns = s->dim[rank];
        s->grid.x_column = s->x_stride[rank];
        s->grid.z_column = s->z_stride[rank];
    }
    if (rank > 0) {
        rank--;
        s->grid.rows = s->dim[rank];
        s->grid.x_row = s->x_stride[rank];
        s->grid.z_row = s->z_stride[rank];
    }
    s->outer = rank;
}
