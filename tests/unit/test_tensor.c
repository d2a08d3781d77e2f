/* Shapes: sizes and their limits, equality, broadcasting by NumPy's rule; dtypes. */
#include "support/suite.h"

#include "wengert/tensor.h"

#define BIG ((int64_t)1 << 31)

static const struct {
    struct wg_shape shape;
    int64_t size;
} sizes[] = {
    {{0, {0}}, 1},
    {{1, {7}}, 7},
    {{2, {3, 4}}, 12},
    {{3, {3, 0, 4}}, 0},
    {{1, {0}}, 0},
    {{8, {1, 2, 1, 2, 1, 2, 1, 2}}, 16},
    {{9, {1, 1, 1, 1, 1, 1, 1, 1}}, -1},
    {{-1, {0}}, -1},
    {{1, {-1}}, -1},
    {{2, {0, -1}}, -1},
    {{2, {BIG, BIG / 64}}, BIG *(BIG / 64)}, /* 2^56: the last power of two with room for copies */
    {{2, {BIG, BIG / 16}}, -1},
    {{3, {BIG, BIG, BIG}}, -1},
    {{4, {0, BIG, BIG, BIG}}, -1}, /* empty, but its rows are not to be addressed */
    {{4, {BIG, BIG, BIG, 0}}, -1},
    {{8, {INT64_MAX, 1, 1, 1, 1, 1, 1, 1}}, -1},
};

START_TEST(sizes_and_their_limits) {
    for (size_t i = 0; i < ELEMENTS(sizes); i++) {
        const int64_t size = wg_shape_size(sizes[i].shape);
        ck_assert_msg(size == sizes[i].size, "row %zu: %lld; expected %lld", i, (long long)size,
                      (long long)sizes[i].size);
    }
}
END_TEST

/* Rank -1 as the result: they do not fit. */
static const struct {
    struct wg_shape a, b, result;
} broadcasts[] = {
    {{0, {0}}, {0, {0}}, {0, {0}}},
    {{0, {0}}, {2, {2, 3}}, {2, {2, 3}}},
    {{1, {3}}, {2, {2, 3}}, {2, {2, 3}}},
    {{1, {1}}, {2, {2, 3}}, {2, {2, 3}}},
    {{2, {2, 1}}, {2, {1, 3}}, {2, {2, 3}}},
    {{3, {2, 1, 3}}, {2, {4, 1}}, {3, {2, 4, 3}}},
    {{1, {0}}, {1, {1}}, {1, {0}}},
    {{2, {3, 0}}, {0, {0}}, {2, {3, 0}}},
    {{2, {3, 1}}, {1, {0}}, {2, {3, 0}}},
    {{8, {1, 2, 1, 2, 1, 2, 1, 2}}, {8, {2, 1, 2, 1, 2, 1, 2, 1}}, {8, {2, 2, 2, 2, 2, 2, 2, 2}}},
    {{1, {2}}, {1, {3}}, {-1, {0}}},
    {{2, {2, 3}}, {1, {2}}, {-1, {0}}},
    {{2, {2, 3}}, {2, {3, 2}}, {-1, {0}}},
    {{1, {0}}, {1, {2}}, {-1, {0}}},
    {{9, {1}}, {1, {1}}, {-1, {0}}},
    {{-1, {1}}, {1, {1}}, {-1, {0}}},
};

START_TEST(broadcasting_is_numpys) {
    for (size_t i = 0; i < ELEMENTS(broadcasts); i++) {
        for (int swap = 0; swap < 2; swap++) {
            struct wg_shape y = {3, {77, 77, 77}};
            const struct wg_shape before = y;
            const int fits = swap ? wg_shape_broadcast(broadcasts[i].b, broadcasts[i].a, &y)
                                  : wg_shape_broadcast(broadcasts[i].a, broadcasts[i].b, &y);
            ck_assert_msg(fits == (broadcasts[i].result.rank >= 0), "row %zu: fits %d", i, fits);
            ck_assert_msg(wg_shape_equal(y, fits ? broadcasts[i].result : before),
                          "row %zu: another result", i);
        }
    }
    ck_assert_int_eq(wg_shape_broadcast(WG_SCALAR, WG_SCALAR, NULL), 0);
}
END_TEST

START_TEST(shapes_are_equal_in_rank_and_dimensions) {
    ck_assert_int_eq(wg_shape_equal(WG_SHAPE(2, 3), WG_SHAPE(2, 3)), 1);
    ck_assert_int_eq(wg_shape_equal(WG_SHAPE(2, 3), WG_SHAPE(3, 2)), 0);
    ck_assert_int_eq(wg_shape_equal(WG_SHAPE(2, 3), WG_SHAPE(2, 3, 1)), 0);
    ck_assert_int_eq(wg_shape_equal(WG_SCALAR, WG_SHAPE(1)), 0);
    const struct wg_shape stray = {1, {2, 99}};
    ck_assert_int_eq(wg_shape_equal(stray, WG_SHAPE(2)),
                     1); /* what lies past the rank is nothing */
    const struct wg_shape wild = {1000, {0}};
    ck_assert_int_eq(wg_shape_equal(wild, wild), 0);
}
END_TEST

START_TEST(dtypes_have_sizes_and_names) {
    static const struct {
        enum wg_dtype dtype;
        size_t size;
        const char *name;
    } rows[] = {{WG_F32, 4, "f32"},
                {WG_F64, 8, "f64"},
                {WG_I32, 4, "i32"},
                {(enum wg_dtype)9, 0, "unknown"}};
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        ck_assert_uint_eq(wg_dtype_size(rows[i].dtype), rows[i].size);
        ck_assert_str_eq(wg_dtype_name(rows[i].dtype), rows[i].name);
    }
}
END_TEST

int main(void) {
    const TTest *const tests[] = {sizes_and_their_limits, broadcasting_is_numpys,
                                  shapes_are_equal_in_rank_and_dimensions,
                                  dtypes_have_sizes_and_names};
    return run_suite("tensor", tests, ELEMENTS(tests));
}
