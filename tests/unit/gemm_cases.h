#ifndef WG_TESTS_GEMM_CASES_H
#define WG_TESTS_GEMM_CASES_H

/* Every product that gemm() forms against the triple loop that defines it, bit by bit. The
 * including file defines `real` and WG_REAL_IS_FLOAT. */

#include <check.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ops/linear/gemm.h"
#include "test_gemm.h"

/* Elements before and after c, and what stands there and between its rows. */
#define GUARD 70
#define GUARD_VALUE ((real)-12345.678)

/* How a matrix lies in memory: its strides, given its rows and columns. */
enum layout { ROWS, COLUMNS, ROWS_APART, COLUMNS_APART, SCATTERED, BACKWARDS, LAYOUTS };

struct matrix {
    real *memory, *origin;
    int64_t row, column;
};

static uint64_t gemm_test_state;

static uint64_t random_bits(void) {
    gemm_test_state = gemm_test_state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return gemm_test_state >> 33;
}

static int64_t random_between(int64_t least, int64_t most) {
    return least + (int64_t)(random_bits() % (uint64_t)(most - least + 1));
}

/* In [-1, 1) with all bits of the significand in use; or, one time in eight, a special one. */
static real random_real(bool special) {
    static const real specials[] = {
        (real)INFINITY, (real)-INFINITY, (real)NAN,   0, (real)-0.0, (real)1e-45,
        (real)-1e-38,   (real)3e38,      (real)-3e38, 1, (real)-0.0, 0};
    if (special && random_bits() % 8 == 0) {
        return specials[random_bits() % (sizeof specials / sizeof *specials)];
    }
    const double high = (double)random_bits(), low = (double)random_bits();
    return (real)((high + low / 2147483648.0) / 1073741824.0 - 1);
}

/* Allocates no element that the matrix does not span, so that a sanitizer sees any read outside. */
static struct matrix random_matrix(int64_t rows, int64_t columns, enum layout layout,
                                   bool special) {
    const int64_t strides[LAYOUTS][2] = {{columns, 1},  {1, rows},         {columns + 5, 1},
                                         {1, rows + 3}, {3, 3 * rows + 1}, {-columns, -1}};
    struct matrix x = {.row = strides[layout][0], .column = strides[layout][1]};
    const int64_t last = (rows - 1) * x.row + (columns - 1) * x.column;
    const int64_t size = (last < 0 ? -last : last) + 1;
    x.memory = malloc((size_t)size * sizeof *x.memory);
    ck_assert_ptr_nonnull(x.memory);
    for (int64_t i = 0; i < size; i++) x.memory[i] = random_real(special);
    x.origin = x.memory + (last < 0 ? -last : 0);
    return x;
}

/* The definition: one chain from +0 in ascending order of p. */
static real chain(int64_t k, const real *a, int64_t a_step, const real *b, int64_t b_step) {
    real sum = 0;
    for (int64_t p = 0; p < k; p++) {
#if WG_REAL_IS_FLOAT
        sum = __builtin_fmaf(a[p * a_step], b[p * b_step], sum);
#else
        sum = __builtin_fma(a[p * a_step], b[p * b_step], sum);
#endif
    }
    return sum;
}

/* Equal bits; of NaNs, which differ in payload, only that both are. */
static bool same_bits(real x, real y) {
    return memcmp(&x, &y, sizeof x) == 0 || (isnan(x) && isnan(y));
}

/* Forms one product, with room for so many elements, and compares every element of c, and all
 * around it. */
static void check_product_in(int64_t m, int64_t n, int64_t k, enum layout a_layout,
                             enum layout b_layout, int64_t c_gap, bool special, int64_t room_size) {
    const struct matrix a = random_matrix(m, k, a_layout, special);
    const struct matrix b = random_matrix(k, n, b_layout, special);
    const int64_t ldc = n + c_gap, size = 2 * GUARD + m * ldc;
    real *c = malloc((size_t)size * sizeof *c);
    ck_assert_ptr_nonnull(c);
    for (int64_t i = 0; i < size; i++) c[i] = GUARD_VALUE;

    real *room = room_size ? malloc((size_t)room_size * sizeof *room) : NULL;
    ck_assert(room_size == 0 || room);
    gemm(m, n, k, a.origin, a.row, a.column, b.origin, b.row, b.column, c + GUARD, ldc, room,
         room_size);

    for (int64_t i = 0; i < size; i++) {
        const int64_t row = (i - GUARD) / ldc, column = (i - GUARD) % ldc;
        const bool inside = i >= GUARD && row < m && column < n;
        const real expected =
            inside ? chain(k, a.origin + row * a.row, a.column, b.origin + column * b.column, b.row)
                   : GUARD_VALUE;
        if (!same_bits(c[i], expected)) {
            ck_abort_msg("%d x %d x %d, layouts %d and %d: c[%d][%d] is %a, expected %a%s", (int)m,
                         (int)n, (int)k, (int)a_layout, (int)b_layout, (int)row, (int)column,
                         (double)c[i], (double)expected, inside ? "" : " (outside of c)");
        }
    }
    free(a.memory);
    free(b.memory);
    free(c);
    free(room);
}

static void check_product(int64_t m, int64_t n, int64_t k, enum layout a_layout,
                          enum layout b_layout, int64_t c_gap, bool special) {
    check_product_in(m, n, k, a_layout, b_layout, c_gap, special, 0);
}

static void check_all_layouts(int64_t m, int64_t n, int64_t k, bool special) {
    for (int a = 0; a < LAYOUTS; a++) {
        for (int b = 0; b < LAYOUTS; b++) {
            check_product(m, n, k, (enum layout)a, (enum layout)b, random_between(0, 1) * 3,
                          special);
        }
    }
}

static void check_random_shapes(void) {
    gemm_test_state = 1;
    for (int i = 0; i < 12; i++) {
        check_all_layouts(random_between(1, 70), random_between(1, 70), random_between(1, 70),
                          false);
    }
    for (int i = 0; i < 60; i++) {
        check_all_layouts(random_between(1, 9), random_between(1, 9), random_between(1, 9), false);
    }
}

/* Every number of rows and of columns through all widths of a tile, and one past. */
static void check_tile_edges(void) {
    gemm_test_state = 2;
    for (int64_t m = 1; m <= 18; m++) {
        for (int64_t n = 1; n <= 66; n++) {
            check_product(m, n, 5, ROWS, ROWS_APART, 0, false);
            check_product(m, n, 18, ROWS, COLUMNS, 2, false);
        }
    }
    for (int64_t n = 1; n <= 260; n++) {
        check_product(1, n, 3, ROWS, ROWS, 0, false);
        check_product(n, 1, 3, ROWS, ROWS, 0, false);
        check_product(1, n, 3, ROWS, COLUMNS, 0, false);
        check_product(1, n, 129, COLUMNS, SCATTERED, 0, false);
    }
}

/* Sizes around those of the blocks: depth 128, or 512 with room, strips of 16 rows, panels of three
 * vectors, blocks that fill the room; 128 rows for packing. */
static void check_block_edges(void) {
    static const int64_t shapes[][3] = {
        {17, 49, 127},  {17, 49, 128},   {17, 49, 129},   {33, 20, 257}, {3, 145, 300},
        {130, 50, 400}, {129, 145, 131}, {128, 17, 1030}, {4, 289, 130}, {130, 73, 260},
        {2, 2, 1000},   {1, 300, 260},   {300, 1, 260},   {145, 3, 129},
    };
    gemm_test_state = 3;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const int64_t *s = shapes[i];
        for (int a = ROWS; a <= COLUMNS; a++) {
            for (int b = ROWS; b <= SCATTERED; b++) {
                check_product(s[0], s[1], s[2], (enum layout)a, (enum layout)b, 1, false);
            }
        }
    }
    static const int64_t deep[][3] = {{65, 49, 511},  {64, 49, 512},   {66, 50, 513},
                                      {17, 530, 514}, {529, 17, 1025}, {140, 40, 1300},
                                      {33, 129, 700}, {40, 520, 515}};
    for (size_t i = 0; i < sizeof deep / sizeof *deep; i++) {
        const int64_t *s = deep[i];
        for (int a = ROWS; a <= COLUMNS; a++) {
            for (int b = ROWS; b <= COLUMNS; b++)
                for (int64_t room = 32767; room <= 40000; room += 7233)
                    check_product_in(s[0], s[1], s[2], (enum layout)a, (enum layout)b, 1, false,
                                     room);
        }
    }
    /* b too large to be read in place. */
    check_product(131, 150, 400, SCATTERED, ROWS_APART, 1, false);
    check_product(131, 150, 400, BACKWARDS, BACKWARDS, 1, false);
}

/* Few columns, and few rows and columns, of a product whose first factor is transposed: formed as
 * rows of c's transpose. */
static void check_turned(void) {
    gemm_test_state = 6;
    for (int64_t n = 2; n <= 130; n += n < 34 ? 1 : 8) {
        const int64_t m = random_between(1, 131);
        check_product(m, n, 33, COLUMNS, ROWS, 1, false);
        check_product(m, n, 7, COLUMNS_APART, COLUMNS, 0, false);
        check_product(n, m, 35, COLUMNS, COLUMNS_APART, 2, n % 2 == 0);
    }
}

static void check_special_values(void) {
    gemm_test_state = 4;
    for (int i = 0; i < 40; i++) {
        check_all_layouts(random_between(1, 24), random_between(1, 50), random_between(1, 6), true);
    }
    check_product(140, 150, 130, ROWS, ROWS_APART, 0, true);
    /* A product of zeros of unlike sign added to +0 is +0, and so is an empty sum. */
    const real minus = (real)-0.0, one = 1;
    real c[1] = {GUARD_VALUE};
    gemm(1, 1, 1, &minus, 1, 1, &one, 1, 1, c, 1, NULL, 0);
    ck_assert(same_bits(c[0], 0));
}

static void check_empty(void) {
    real c[70];
    for (int64_t n = 1; n <= 35; n++) {
        for (int i = 0; i < 70; i++) c[i] = GUARD_VALUE;
        gemm(2, n, 0, c, 0, 1, c, n, 1, c, 35, NULL, 0);
        for (int i = 0; i < 70; i++) {
            ck_assert(same_bits(c[i], i % 35 < n ? 0 : GUARD_VALUE));
        }
        gemm(2, n, 0, c, 0, 1, c, 1, 0, c, 35, NULL, 0);
        ck_assert(same_bits(c[34 + n], 0));
    }
    for (int i = 0; i < 70; i++) c[i] = GUARD_VALUE;
    gemm(0, 5, 3, c, 3, 1, c, 5, 1, c, 5, NULL, 0);
    gemm(5, 0, 3, c, 3, 1, c, 0, 1, c, 5, NULL, 0);
    gemm(200, 0, 3, c, 3, 1, c, 1, 3, c, 5, NULL, 0);
    for (int i = 0; i < 70; i++) ck_assert(same_bits(c[i], GUARD_VALUE));
}

/* The values are such that another order of summation shows: else the tests above prove little. */
static void check_order_shows(void) {
    enum { K = 40, TRIES = 100 };
    gemm_test_state = 5;
    int shown = 0;
    for (int i = 0; i < TRIES; i++) {
        real a[K], b[K];
        for (int p = 0; p < K; p++) {
            a[p] = random_real(false);
            b[p] = random_real(false);
        }
        shown += !same_bits(chain(K, a, 1, b, 1), chain(K, a + K - 1, -1, b + K - 1, -1));
    }
    ck_assert_int_gt(shown, TRIES / 2);
}

/* Case `index` of GEMM_CASES. */
static void check_case(int index) {
    static void (*const cases[])(void) = {
        check_random_shapes,  check_tile_edges, check_block_edges, check_turned,
        check_special_values, check_empty,      check_order_shows};
    _Static_assert(sizeof cases / sizeof *cases == GEMM_CASES, "each case runs");
    cases[index]();
}

#endif
