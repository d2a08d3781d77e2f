#include "wengert/tensor.h"

#include <stdbool.h>

int64_t wg_shape_size(struct wg_shape shape) {
    if (shape.rank < 0 || shape.rank > WG_MAX_RANK) return -1;
    int64_t size = 1;
    bool empty = false;
    for (int i = 0; i < shape.rank; i++) {
        if (shape.dim[i] < 0) return -1;
        if (shape.dim[i] == 0) {
            empty = true; /* still look for an overflow in the other dimensions */
        } else if (__builtin_mul_overflow(size, shape.dim[i], &size)) {
            return -1;
        }
    }
    /* Sizes are multiplied by 8 bytes and a few copies: leave room. */
    if (size > INT64_MAX / 64) return -1;
    return empty ? 0 : size;
}

static bool rank_fits(const struct wg_shape *shape) {
    return shape->rank >= 0 && shape->rank <= WG_MAX_RANK;
}

int wg_shape_equal(struct wg_shape a, struct wg_shape b) {
    if (a.rank != b.rank || !rank_fits(&a)) return 0;
    for (int i = 0; i < a.rank; i++) {
        if (a.dim[i] != b.dim[i]) return 0;
    }
    return 1;
}

int wg_shape_broadcast(struct wg_shape a, struct wg_shape b, struct wg_shape *result) {
    if (!rank_fits(&a) || !rank_fits(&b) || !result) return 0;
    struct wg_shape y = {a.rank > b.rank ? a.rank : b.rank, {0}};
    for (int i = 0; i < y.rank; i++) {
        int ia = i - (y.rank - a.rank), ib = i - (y.rank - b.rank);
        int64_t da = ia < 0 ? 1 : a.dim[ia], db = ib < 0 ? 1 : b.dim[ib];
        if (da != db && da != 1 && db != 1) return 0;
        y.dim[i] = da == 1 ? db : da;
    }
    *result = y;
    return 1;
}

size_t wg_dtype_size(enum wg_dtype dtype) {
    switch (dtype) {
    case WG_F32:
        return sizeof(float);
    case WG_F64:
        return sizeof(double);
    case WG_I32:
        return sizeof(int32_t);
    }
    return 0;
}

const char *wg_dtype_name(enum wg_dtype dtype) {
    switch (dtype) {
    case WG_F32:
        return "f32";
    case WG_F64:
        return "f64";
    case WG_I32:
        return "i32";
    }
    return "unknown";
}
