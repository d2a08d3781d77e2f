/* Random numbers: the published vectors, the distributions, and that position is the whole state.
 */
#include <check.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "wengert/error.h"
#include "wengert/random.h"

/* The seeds are fixed, so these are not flaky: a bound of 5 standard errors of the statistic is
 * missed by a sound generator once in 10^6 choices of seed, and by a biased one almost surely. */
#define STANDARD_ERRORS 5.0
#define DRAWS 200000
/* Chi-square with k degrees of freedom has mean k and variance 2k. */
static double chi_square_bound(double k) { return k + STANDARD_ERRORS * sqrt(2 * k); }

/* Box and Muller's formula in the C library's functions, against ours: both are within a few ULP,
 * and deviations are below 8.6. */
#define NORMAL_TOLERANCE (64 * DBL_EPSILON)

/* FNV-1a over the bits of the first NORMALS draws: the same on every machine and at every
 * optimisation. It changes only when src/math's log or cospi, or the generator, change. */
#define NORMALS 100000
#define NORMALS_HASH UINT64_C(0x4e444905fd0f4b80)

static const uint64_t SEED = 20240229;

/* Random123's known-answer file, philox4x32-10: counter, key, result. */
static const struct {
    uint32_t counter[4], key[2], result[4];
} known[] = {
    {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
    {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
     {0xffffffff, 0xffffffff},
     {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
    {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
     {0xa4093822, 0x299f31d0},
     {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
};

static uint64_t join(const uint32_t half[2]) { return half[0] | (uint64_t)half[1] << 32; }

START_TEST(philox_gives_the_published_vectors) {
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        struct wg_random_words block =
            wg_random_block(join(known[i].key), join(known[i].counter + 2), join(known[i].counter));
        ck_assert_mem_eq(block.word, known[i].result, sizeof block.word);
    }
}
END_TEST

START_TEST(a_sequence_reads_the_blocks_in_order) {
    struct wg_random r = wg_random_make(SEED, 9);
    for (uint64_t k = 0; k < 41; k++) {
        ck_assert_uint_eq(r.position, k);
        ck_assert_uint_eq(wg_random_u32(&r), wg_random_block(SEED, 9, k / 4).word[k % 4]);
    }
    for (uint64_t start = 0; start < 4; start++) { /* 3 straddles two blocks */
        struct wg_random words = {SEED, 9, start}, pair = {SEED, 9, start};
        uint64_t low = wg_random_u32(&words), high = wg_random_u32(&words);
        ck_assert_uint_eq(wg_random_u64(&pair), low | high << 32);
        ck_assert_uint_eq(pair.position, start + 2);
    }
}
END_TEST

START_TEST(restoring_the_state_continues_exactly) {
    struct wg_random r = wg_random_make(SEED, 3);
    for (int i = 0; i < 7; i++) {
        wg_random_normal(&r, 0, 1);
        wg_random_u32(&r); /* leaves an odd position */
        struct wg_random saved = {r.seed, r.stream, r.position};
        double next[3] = {wg_random_normal(&r, 1, 2), wg_random_uniform(&r, 0, 1),
                          (double)wg_random_below(&r, 1000)};
        double again[3] = {wg_random_normal(&saved, 1, 2), wg_random_uniform(&saved, 0, 1),
                           (double)wg_random_below(&saved, 1000)};
        ck_assert_mem_eq(next, again, sizeof next);
        ck_assert_uint_eq(saved.position, r.position);
    }
}
END_TEST

/* Mean and variance of draws with the given true ones and fourth central moment. */
static void check_moments(const double *x, double mean, double variance, double fourth) {
    double sum = 0, squares = 0;
    for (int i = 0; i < DRAWS; i++) sum += x[i];
    double found_mean = sum / DRAWS;
    for (int i = 0; i < DRAWS; i++) squares += (x[i] - mean) * (x[i] - mean);
    double found_variance = squares / DRAWS;
    double mean_error = sqrt(variance / DRAWS);
    double variance_error = sqrt((fourth - variance * variance) / DRAWS);
    ck_assert_msg(fabs(found_mean - mean) <= STANDARD_ERRORS * mean_error, "mean %g, expected %g",
                  found_mean, mean);
    ck_assert_msg(fabs(found_variance - variance) <= STANDARD_ERRORS * variance_error,
                  "variance %g, expected %g", found_variance, variance);
}

START_TEST(uniform_has_its_moments_and_range) {
    double *x = malloc(DRAWS * sizeof *x);
    ck_assert_ptr_nonnull(x);
    struct wg_random r = wg_random_make(SEED, 0);
    for (int i = 0; i < DRAWS; i++) {
        x[i] = wg_random_uniform(&r, -3, 5);
        ck_assert(x[i] >= -3 && x[i] < 5);
    }
    check_moments(x, 1, 64.0 / 12, 4096.0 / 80);
    free(x);
}
END_TEST

START_TEST(uniform_never_returns_its_upper_bound) {
    double lo = 1, hi = nextafter(1, 2); /* half of all sums round up to hi */
    struct wg_random r = wg_random_make(SEED, 0);
    for (int i = 0; i < 100; i++) {
        double x = wg_random_uniform(&r, lo, hi);
        ck_assert(x >= lo && x < hi);
    }
    ck_assert_double_eq(wg_random_uniform(&r, 2.5, 2.5), 2.5);
    ck_assert_uint_eq(r.position, 202); /* two words a draw, whatever came out */
    ck_assert_int_eq(wg_error_status(), WG_OK);
}
END_TEST

START_TEST(normal_has_its_moments) {
    double *x = malloc(DRAWS * sizeof *x);
    ck_assert_ptr_nonnull(x);
    struct wg_random r = wg_random_make(SEED, 1);
    int beyond_two = 0;
    for (int i = 0; i < DRAWS; i++) {
        x[i] = wg_random_normal(&r, -2, 3);
        beyond_two += fabs(x[i] + 2) > 6;
    }
    ck_assert_uint_eq(r.position, 4 * (uint64_t)DRAWS);
    check_moments(x, -2, 9, 3 * 81);
    double tail = erfc(2 / sqrt(2)), found = (double)beyond_two / DRAWS;
    ck_assert(fabs(found - tail) <= STANDARD_ERRORS * sqrt(tail * (1 - tail) / DRAWS));
    free(x);
}
END_TEST

START_TEST(normal_is_box_and_muller_to_the_bit) {
    const double pi = 3.14159265358979323846;
    struct wg_random r = wg_random_make(SEED, 8), draws = r;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (int i = 0; i < NORMALS; i++) {
        double x = wg_random_normal(&r, 0, 1);
        double u = (double)(wg_random_u64(&draws) >> 11) * 0x1p-53 + 0x1p-53;
        double v = (double)(wg_random_u64(&draws) >> 11) * 0x1p-53;
        double expected = sqrt(-2 * log(u)) * cos(2 * pi * v);
        ck_assert(fabs(x - expected) <= NORMAL_TOLERANCE);
        uint64_t bits;
        memcpy(&bits, &x, sizeof bits);
        hash = (hash ^ bits) * UINT64_C(0x100000001b3);
    }
    ck_assert_msg(hash == NORMALS_HASH, "hash 0x%llx", (unsigned long long)hash);
}
END_TEST

START_TEST(streams_seeds_and_positions_are_uncorrelated) {
    static const struct wg_random other[] = {
        {20240229, 1, 0}, {20240230, 0, 0}, {20240229, 0, 4}, {20240229, UINT64_C(1) << 32, 0}};
    for (size_t k = 0; k < sizeof other / sizeof other[0]; k++) {
        struct wg_random a = wg_random_make(SEED, 0), b = other[k];
        double products = 0;
        int equal = 0;
        for (int i = 0; i < DRAWS; i++) {
            double u = wg_random_uniform(&a, -1, 1), v = wg_random_uniform(&b, -1, 1);
            products += u * v;
            equal += u == v;
        }
        /* u v has mean 0 and variance 1/9 */
        ck_assert(fabs(products / DRAWS) <= STANDARD_ERRORS * sqrt(1.0 / 9 / DRAWS));
        ck_assert_int_eq(equal, 0);
    }
}
END_TEST

START_TEST(below_is_uniform) {
    static const uint64_t sizes[] = {1, 2, 3, 7, 10, 64, 1000};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        uint64_t n = sizes[s];
        int seen[1000] = {0};
        struct wg_random r = wg_random_make(SEED, n);
        for (int i = 0; i < DRAWS; i++) {
            uint64_t x = wg_random_below(&r, n);
            ck_assert_uint_lt(x, n);
            seen[x]++;
        }
        double expected = (double)DRAWS / (double)n, chi_square = 0;
        for (uint64_t x = 0; x < n; x++) {
            chi_square += (seen[x] - expected) * (seen[x] - expected) / expected;
        }
        ck_assert_msg(chi_square <= chi_square_bound((double)n - 1), "n = %d: chi-square %g",
                      (int)n, chi_square);
    }
}
END_TEST

START_TEST(below_is_unbiased_where_a_plain_remainder_is_not) {
    /* For n = 3/4 of 2^64, x % n would fall into the lowest third of [0, n) half of the time. */
    uint64_t n = UINT64_C(3) << 62;
    struct wg_random r = wg_random_make(SEED, 5);
    int low = 0;
    for (int i = 0; i < DRAWS; i++) {
        uint64_t x = wg_random_below(&r, n);
        ck_assert_uint_lt(x, n);
        low += x < n / 3;
    }
    double error = sqrt(1.0 / 3 * 2 / 3 / DRAWS);
    ck_assert(fabs((double)low / DRAWS - 1.0 / 3) <= STANDARD_ERRORS * error);
}
END_TEST

START_TEST(shuffle_is_a_permutation_and_repeats) {
    enum { COUNT = 1000 };
    int64_t a[COUNT], b[COUNT];
    int moved = 0, seen[COUNT] = {0};
    for (int i = 0; i < COUNT; i++) a[i] = b[i] = i;
    struct wg_random r = wg_random_make(SEED, 6), again = r;
    ck_assert_int_eq(wg_random_shuffle(&r, a, COUNT), WG_OK);
    ck_assert_int_eq(wg_random_shuffle(&again, b, COUNT), WG_OK);
    ck_assert_mem_eq(a, b, sizeof a);
    for (int i = 0; i < COUNT; i++) {
        ck_assert(a[i] >= 0 && a[i] < COUNT);
        moved += a[i] != i;
        seen[a[i]]++;
    }
    for (int i = 0; i < COUNT; i++) ck_assert_int_eq(seen[i], 1);
    ck_assert_int_gt(moved, COUNT * 9 / 10);
    ck_assert_int_eq(wg_random_shuffle(&r, NULL, 0), WG_OK);
}
END_TEST

START_TEST(shuffle_makes_every_order_equally_likely) {
    enum { ORDERS = 27, LEGAL = 6 }; /* three digits base 3, of which 6 are permutations */
    int seen[ORDERS] = {0}, legal = 0;
    struct wg_random r = wg_random_make(SEED, 7);
    for (int i = 0; i < DRAWS; i++) {
        int64_t a[3] = {0, 1, 2};
        wg_random_shuffle(&r, a, 3);
        seen[a[0] * 9 + a[1] * 3 + a[2]]++;
    }
    double expected = (double)DRAWS / LEGAL, chi_square = 0;
    for (int i = 0; i < ORDERS; i++) {
        if (seen[i] == 0) continue;
        legal++;
        chi_square += (seen[i] - expected) * (seen[i] - expected) / expected;
    }
    ck_assert_int_eq(legal, LEGAL);
    ck_assert(chi_square <= chi_square_bound(LEGAL - 1));
}
END_TEST

/* Asserts that the thread's error is of `status` and mentions `part`; then clears it. */
static void expect_error(enum wg_status status, const char *part) {
    ck_assert_int_eq(wg_error_status(), status);
    ck_assert_msg(strstr(wg_error(), part) != NULL, "\"%s\" lacks \"%s\"", wg_error(), part);
    wg_clear_error();
}

START_TEST(bad_arguments_are_errors) {
    struct wg_random r = wg_random_make(SEED, 0);
    int64_t one = 1;
    wg_clear_error();
    ck_assert(isnan(wg_random_uniform(&r, 2, 1)));
    expect_error(WG_ERROR_ARGUMENT, "[2, 1)");
    ck_assert(isnan(wg_random_uniform(&r, NAN, 1)));
    expect_error(WG_ERROR_ARGUMENT, "nan");
    ck_assert(isnan(wg_random_uniform(&r, -DBL_MAX, DBL_MAX)));
    expect_error(WG_ERROR_ARGUMENT, "finite");
    ck_assert(isnan(wg_random_normal(&r, 0, -1)));
    expect_error(WG_ERROR_ARGUMENT, "stddev -1");
    ck_assert(isnan(wg_random_normal(&r, INFINITY, 1)));
    expect_error(WG_ERROR_ARGUMENT, "mean inf");
    ck_assert_uint_eq(wg_random_below(&r, 0), 0);
    expect_error(WG_ERROR_ARGUMENT, "n is 0");
    ck_assert_int_eq(wg_random_shuffle(&r, &one, -1), WG_ERROR_ARGUMENT);
    expect_error(WG_ERROR_ARGUMENT, "-1");
    ck_assert_int_eq(wg_random_shuffle(&r, NULL, 2), WG_ERROR_ARGUMENT);
    expect_error(WG_ERROR_ARGUMENT, "null array of 2");
    ck_assert_int_eq(wg_random_shuffle(NULL, &one, 1), WG_ERROR_ARGUMENT);
    expect_error(WG_ERROR_ARGUMENT, "null");
    ck_assert_uint_eq(wg_random_u64(NULL), 0);
    expect_error(WG_ERROR_ARGUMENT, "null");
    ck_assert_uint_eq(wg_random_below(NULL, 3), 0);
    expect_error(WG_ERROR_ARGUMENT, "null");
    ck_assert_uint_eq(r.position, 0); /* refused calls draw nothing */
}
END_TEST

int main(void) {
    Suite *suite = suite_create("random");
    TCase *tests = tcase_create("random");
    tcase_set_timeout(tests, 120); /* on a busy machine too */
    tcase_add_test(tests, philox_gives_the_published_vectors);
    tcase_add_test(tests, a_sequence_reads_the_blocks_in_order);
    tcase_add_test(tests, restoring_the_state_continues_exactly);
    tcase_add_test(tests, uniform_has_its_moments_and_range);
    tcase_add_test(tests, uniform_never_returns_its_upper_bound);
    tcase_add_test(tests, normal_has_its_moments);
    tcase_add_test(tests, normal_is_box_and_muller_to_the_bit);
    tcase_add_test(tests, streams_seeds_and_positions_are_uncorrelated);
    tcase_add_test(tests, below_is_uniform);
    tcase_add_test(tests, below_is_unbiased_where_a_plain_remainder_is_not);
    tcase_add_test(tests, shuffle_is_a_permutation_and_repeats);
    tcase_add_test(tests, shuffle_makes_every_order_equally_likely);
    tcase_add_test(tests, bad_arguments_are_errors);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
