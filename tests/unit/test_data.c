/* Data sets: the generated ones against their definitions, batches, splits; and, where the
 * environment variable WENGERT_MNIST names a directory with MNIST's files, those. */
#include <check.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wengert/data.h"
#include "wengert/error.h"
#include "wengert/random.h"

/* Coordinates are rounded to float from values below 16. */
#define ROUNDING (16 * (double)FLT_EPSILON)
/* Bound on a count's deviation in standard deviations: seeds are fixed, so it is not flaky. */
#define DEVIATIONS 5.0

#define EXAMPLES 1000

/* FNV-1a over the bits of EXAMPLES points with noise 0.2 and seed 1, then their labels: the same on
 * every machine. It changes only when a definition, the generator or src/math does. */
static const struct {
    const char *name;
    uint64_t hash;
} bits_of_sets[] = {{"circle", UINT64_C(0x0624035723cc6c94)},
                    {"gauss", UINT64_C(0xe72578fe6fd7c671)},
                    {"moons", UINT64_C(0xcc034edf8cdf16e0)},
                    {"spiral", UINT64_C(0x9d8ec9d5a9d1e1a1)},
                    {"xor", UINT64_C(0x96b3677be4613c5c)}};

static const double PI = 3.14159265358979323846;

static struct wg_dataset generate(const char *name, int64_t examples, double noise, uint64_t seed) {
    struct wg_dataset dataset;
    ck_assert_msg(wg_dataset_generate(name, examples, noise, seed, &dataset) == WG_OK, "%s: %s",
                  name, wg_error());
    return dataset;
}

static int64_t count_label(const struct wg_dataset *dataset, int64_t from, int64_t to,
                           int32_t label) {
    int64_t count = 0;
    for (int64_t i = from; i < to; i++) count += dataset->labels[i] == label;
    return count;
}

static void expect_error(enum wg_status status, const char *part) {
    ck_assert_int_eq(wg_error_status(), status);
    ck_assert_msg(strstr(wg_error(), part) != NULL, "\"%s\" lacks \"%s\"", wg_error(), part);
    wg_clear_error();
}

/* ---- Generated sets ---------------------------------------------------------------------- */

START_TEST(every_set_is_deterministic_and_mixed) {
    int sets = 0;
    for (const char *const *name = wg_dataset_names(); *name != NULL; name++, sets++) {
        struct wg_dataset a = generate(*name, EXAMPLES, 0.1, 7),
                          b = generate(*name, EXAMPLES, 0.1, 7);
        struct wg_dataset c = generate(*name, EXAMPLES, 0.1, 8);
        size_t size = 2 * EXAMPLES * sizeof *a.x;
        ck_assert_int_eq(a.examples, EXAMPLES);
        ck_assert_int_eq(a.features, 2);
        ck_assert_int_eq(a.classes, 2);
        ck_assert_int_eq(a.image_rows, 0);
        ck_assert_ptr_null(a.pixels);
        ck_assert_mem_eq(a.x, b.x, size);
        ck_assert_mem_eq(a.labels, b.labels, EXAMPLES * sizeof *a.labels);
        ck_assert_mem_ne(a.x, c.x, size);
        for (int64_t i = 0; i < 2 * EXAMPLES; i++) ck_assert(isfinite(a.x[i]));
        /* in a random order: each fifth has about as much of both classes */
        for (int64_t from = 0; from < EXAMPLES; from += EXAMPLES / 5) {
            double ones = (double)count_label(&a, from, from + EXAMPLES / 5, 1);
            ck_assert(fabs(ones - EXAMPLES / 10.0) <= DEVIATIONS * sqrt(EXAMPLES / 20.0));
        }
        wg_dataset_free(&a);
        wg_dataset_free(&b);
        wg_dataset_free(&c);
    }
    ck_assert_int_eq(sets, 5);
}
END_TEST

START_TEST(every_set_has_the_same_bits_everywhere) {
    for (size_t s = 0; s < sizeof bits_of_sets / sizeof bits_of_sets[0]; s++) {
        struct wg_dataset d = generate(bits_of_sets[s].name, EXAMPLES, 0.2, 1);
        uint64_t hash = UINT64_C(0xcbf29ce484222325), prime = UINT64_C(0x100000001b3);
        for (int64_t i = 0; i < 2 * EXAMPLES; i++) {
            uint32_t bits;
            memcpy(&bits, &d.x[i], sizeof bits);
            hash = (hash ^ bits) * prime;
        }
        for (int64_t i = 0; i < EXAMPLES; i++) hash = (hash ^ (uint32_t)d.labels[i]) * prime;
        ck_assert_msg(hash == bits_of_sets[s].hash, "%s: hash 0x%llx", bits_of_sets[s].name,
                      (unsigned long long)hash);
        wg_dataset_free(&d);
    }
}
END_TEST

START_TEST(sets_made_by_class_are_balanced) {
    static const struct {
        const char *name;
        int32_t first; /* the class that an odd example goes to */
    } sets[] = {{"circle", 1}, {"gauss", 1}, {"moons", 0}, {"spiral", 1}};
    for (size_t s = 0; s < sizeof sets / sizeof sets[0]; s++) {
        static const int64_t sizes[] = {2, 3, 101, 1000};
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            struct wg_dataset d = generate(sets[s].name, sizes[i], 0, 1);
            ck_assert_int_eq(count_label(&d, 0, sizes[i], sets[s].first), (sizes[i] + 1) / 2);
            ck_assert_int_eq(count_label(&d, 0, sizes[i], 1 - sets[s].first), sizes[i] / 2);
            wg_dataset_free(&d);
        }
    }
}
END_TEST

START_TEST(xor_is_labelled_by_quadrant) {
    struct wg_dataset d = generate("xor", EXAMPLES, 0, 2);
    int quadrant[4] = {0};
    for (int64_t i = 0; i < EXAMPLES; i++) {
        float x = d.x[2 * i], y = d.x[2 * i + 1];
        ck_assert(fabs(x) >= 0.3 - ROUNDING && fabs(x) <= 5.3 + ROUNDING);
        ck_assert(fabs(y) >= 0.3 - ROUNDING && fabs(y) <= 5.3 + ROUNDING);
        ck_assert_int_eq(d.labels[i], (x > 0) == (y > 0));
        quadrant[2 * (x > 0) + (y > 0)]++;
    }
    for (int q = 0; q < 4; q++) {
        ck_assert(fabs(quadrant[q] - EXAMPLES / 4.0) <= DEVIATIONS * sqrt(EXAMPLES * 3.0 / 16));
    }
    wg_dataset_free(&d);
}
END_TEST

START_TEST(circle_is_labelled_by_radius) {
    struct wg_dataset d = generate("circle", EXAMPLES, 0, 3);
    for (int64_t i = 0; i < EXAMPLES; i++) {
        double radius = hypot(d.x[2 * i], d.x[2 * i + 1]);
        if (d.labels[i] == 1) {
            ck_assert(radius <= 2.5 + ROUNDING);
        } else {
            ck_assert(radius >= 3.5 - ROUNDING && radius <= 5 + ROUNDING);
        }
    }
    wg_dataset_free(&d);
}
END_TEST

/* Noise in circle and xor goes into labels, not into points. */
START_TEST(noise_moves_labels_where_the_definition_says_so) {
    struct wg_dataset clean = generate("circle", EXAMPLES, 0, 3);
    struct wg_dataset noisy = generate("circle", EXAMPLES, 0.3, 3);
    int64_t moved = 0;
    ck_assert_mem_eq(clean.x, noisy.x, 2 * EXAMPLES * sizeof *clean.x);
    for (int64_t i = 0; i < EXAMPLES; i++) moved += clean.labels[i] != noisy.labels[i];
    ck_assert_int_gt(moved, EXAMPLES / 50);
    ck_assert_int_lt(moved, EXAMPLES / 2);
    wg_dataset_free(&clean);
    wg_dataset_free(&noisy);
}
END_TEST

START_TEST(gauss_has_its_means_and_variances) {
    static const double noises[] = {0, 0.5}, variances[] = {0.5, 4};
    for (int k = 0; k < 2; k++) {
        int64_t examples = 20000;
        struct wg_dataset d = generate("gauss", examples, noises[k], 4);
        for (int32_t label = 0; label < 2; label++) {
            double centre = label == 1 ? 2 : -2, sum = 0, squares = 0, n = (double)examples;
            for (int64_t i = 0; i < 2 * examples; i++) {
                if (d.labels[i / 2] != label) continue;
                sum += d.x[i] - centre;
                squares += (d.x[i] - centre) * (d.x[i] - centre);
            }
            ck_assert(fabs(sum / n) <= DEVIATIONS * sqrt(variances[k] / n));
            ck_assert(fabs(squares / n - variances[k]) <= DEVIATIONS * variances[k] * sqrt(2 / n));
        }
        wg_dataset_free(&d);
    }
}
END_TEST

START_TEST(moons_lie_on_half_circles) {
    struct wg_dataset d = generate("moons", EXAMPLES, 0, 5);
    double ends = 0;
    for (int64_t i = 0; i < EXAMPLES; i++) {
        double x = d.x[2 * i], y = d.x[2 * i + 1], lower = d.labels[i] == 1;
        ck_assert(fabs(hypot(x - lower, y - 0.5 * lower) - 1) <= ROUNDING);
        ck_assert(lower > 0 ? y <= 0.5 + ROUNDING : y >= -ROUNDING);
        ends += fabs(y - 0.5 * lower) <= ROUNDING; /* both moons start and end on their diameter */
    }
    ck_assert(ends >= 4 && ends <= 4);
    wg_dataset_free(&d);

    struct wg_dataset noisy = generate("moons", EXAMPLES, 0.1, 5);
    double squares = 0;
    for (int64_t i = 0; i < EXAMPLES; i++) {
        double x = noisy.x[2 * i], y = noisy.x[2 * i + 1], lower = noisy.labels[i] == 1;
        double off = hypot(x - lower, y - 0.5 * lower) - 1;
        squares += off * off;
    }
    /* across the circle, noise of deviation s leaves s^2, and s^4 terms from its curvature */
    ck_assert(fabs(squares / EXAMPLES / 0.01 - 1) <= DEVIATIONS * sqrt(2.0 / EXAMPLES) + 0.02);
    wg_dataset_free(&noisy);
}
END_TEST

START_TEST(spiral_arms_follow_their_formula) {
    struct wg_dataset d = generate("spiral", EXAMPLES, 0, 6);
    double n = EXAMPLES / 2.0;
    int seen[EXAMPLES] = {0};
    for (int64_t i = 0; i < EXAMPLES; i++) {
        double x = d.x[2 * i], y = d.x[2 * i + 1], radius = hypot(x, y);
        double k = round(radius / 5 * n); /* which point of its arm */
        double t = 1.75 * k / n * 2 * PI + (d.labels[i] == 1 ? 0 : PI);
        ck_assert(fabs(x - k / n * 5 * sin(t)) <= ROUNDING);
        ck_assert(fabs(y - k / n * 5 * cos(t)) <= ROUNDING);
        seen[(int)k + (d.labels[i] == 1 ? 0 : EXAMPLES / 2)]++;
    }
    for (int i = 0; i < EXAMPLES; i++) ck_assert_int_eq(seen[i], 1);
    struct wg_dataset noisy = generate("spiral", EXAMPLES, 0.25, 6);
    double largest = 0;
    for (int64_t i = 0; i < 2 * EXAMPLES; i++) {
        largest = fmax(largest, fabs(noisy.x[i] - d.x[i]));
    }
    ck_assert(largest <= 0.25 + ROUNDING && largest > 0.24);
    wg_dataset_free(&d);
    wg_dataset_free(&noisy);
}
END_TEST

START_TEST(generate_refuses_bad_arguments) {
    struct wg_dataset d = {.examples = 99};
    wg_clear_error();
    ck_assert_int_eq(wg_dataset_generate("spirals", 10, 0, 1, &d), WG_ERROR_ARGUMENT);
    expect_error(WG_ERROR_ARGUMENT,
                 "\"spirals\"; expected one of circle, gauss, moons, spiral, xor");
    ck_assert_int_eq(d.examples, 0); /* left empty */
    wg_dataset_generate(NULL, 10, 0, 1, &d);
    expect_error(WG_ERROR_ARGUMENT, "expected one of circle");
    wg_dataset_generate("xor", 1, 0, 1, &d);
    expect_error(WG_ERROR_ARGUMENT, "examples is 1; expected 2");
    wg_dataset_generate("xor", INT64_MAX, 0, 1, &d);
    expect_error(WG_ERROR_ARGUMENT, "examples is 9223372036854775807");
    wg_dataset_generate("xor", 10, -0.1, 1, &d);
    expect_error(WG_ERROR_ARGUMENT, "noise is -0.1; expected 0 to 1");
    wg_dataset_generate("xor", 10, NAN, 1, &d);
    expect_error(WG_ERROR_ARGUMENT, "noise is nan");
    ck_assert_int_eq(wg_dataset_generate("xor", 10, 0, 1, NULL), WG_ERROR_ARGUMENT);
    expect_error(WG_ERROR_ARGUMENT, "null");
}
END_TEST

/* ---- Batches and splits ------------------------------------------------------------------ */

static float float_values[] = {1, 2, 3, 4, 5, 6};
static uint8_t byte_values[] = {0, 51, 102, 153, 204, 255};
static int32_t three_labels[] = {2, 0, 1};

static const struct wg_dataset floats = {
    .examples = 3, .features = 2, .classes = 3, .x = float_values, .labels = three_labels};
static const struct wg_dataset bytes = {.examples = 3,
                                        .features = 2,
                                        .classes = 3,
                                        .image_rows = 1,
                                        .image_columns = 2,
                                        .pixels = byte_values,
                                        .labels = three_labels};

START_TEST(batch_gathers_floats_and_scales_bytes) {
    static const int64_t index[] = {2, 0, 2};
    static const float expected_floats[] = {5, 6, 1, 2, 5, 6};
    static const float expected_bytes[] = {0.8f, 1, 0, 0.2f, 0.8f, 1};
    static const int32_t expected_labels[] = {1, 2, 1};
    float x[6];
    int32_t labels[3];
    ck_assert_int_eq(wg_dataset_batch(&floats, index, 3, x, labels), WG_OK);
    ck_assert_mem_eq(x, expected_floats, sizeof x);
    ck_assert_mem_eq(labels, expected_labels, sizeof labels);
    ck_assert_int_eq(wg_dataset_batch(&bytes, index, 3, x, NULL), WG_OK);
    ck_assert_mem_eq(x, expected_bytes, sizeof x);
    memset(labels, 0, sizeof labels);
    ck_assert_int_eq(wg_dataset_batch(&bytes, index, 3, NULL, labels), WG_OK);
    ck_assert_mem_eq(labels, expected_labels, sizeof labels);
    ck_assert_int_eq(wg_dataset_batch(&bytes, NULL, 0, x, labels), WG_OK);
}
END_TEST

START_TEST(batch_and_take_refuse_bad_indices) {
    static const int64_t high[] = {0, 3}, low[] = {-1};
    float x[4] = {9, 9, 9, 9};
    int32_t labels[2] = {9, 9};
    struct wg_dataset empty = {0}, taken;
    wg_clear_error();
    ck_assert_int_eq(wg_dataset_batch(&floats, high, 2, x, labels), WG_ERROR_ARGUMENT);
    expect_error(WG_ERROR_ARGUMENT, "index[1] is 3; expected 0 to 2");
    ck_assert(x[0] >= 9 && labels[0] == 9); /* nothing written */
    wg_dataset_batch(&floats, low, 1, x, labels);
    expect_error(WG_ERROR_ARGUMENT, "index[0] is -1");
    wg_dataset_batch(&floats, low, -1, x, labels);
    expect_error(WG_ERROR_ARGUMENT, "count -1");
    wg_dataset_batch(&floats, NULL, 1, x, labels);
    expect_error(WG_ERROR_ARGUMENT, "null index array");
    wg_dataset_batch(&empty, high, 1, x, labels);
    expect_error(WG_ERROR_ARGUMENT, "empty");
    wg_dataset_batch(NULL, high, 1, x, labels);
    expect_error(WG_ERROR_ARGUMENT, "empty");
    wg_dataset_take(&floats, high, 2, &taken);
    expect_error(WG_ERROR_ARGUMENT, "index[1] is 3");
    ck_assert_int_eq(taken.examples, 0);
    wg_dataset_take(&floats, high, 0, &taken);
    expect_error(WG_ERROR_ARGUMENT, "count 0; expected an array of 1 or more");
    wg_dataset_take(&floats, high, 1, NULL);
    expect_error(WG_ERROR_ARGUMENT, "null");
    wg_dataset_free(NULL);
    wg_dataset_free(&empty);
}
END_TEST

START_TEST(take_copies) {
    static const int64_t index[] = {1, 2};
    static const uint8_t expected[] = {102, 153, 204, 255};
    struct wg_dataset a, b;
    ck_assert_int_eq(wg_dataset_take(&bytes, index, 2, &a), WG_OK);
    ck_assert_mem_eq(a.pixels, expected, sizeof expected);
    ck_assert_int_eq(a.labels[0], 0);
    ck_assert_int_eq(a.labels[1], 1);
    ck_assert_int_eq(a.examples, 2);
    ck_assert_int_eq(a.classes, 3);
    ck_assert_int_eq(a.image_columns, 2);
    ck_assert_int_eq(wg_dataset_take(&floats, index, 2, &b), WG_OK);
    ck_assert_mem_eq(b.x, float_values + 2, 4 * sizeof(float));
    wg_dataset_free(&a);
    wg_dataset_free(&b);
    ck_assert_ptr_null(b.x);
}
END_TEST

START_TEST(splits_cover_everything_once) {
    static const struct {
        int64_t examples;
        double fraction;
        int64_t train;
    } cases[] = {{10, 0.2, 8}, {11, 0.2, 9}, {10000, 0.2, 8000},
                 {2, 0.2, 1},  {2, 0.9, 1},  {3, 0.99, 1}};
    static int64_t order[10000], again[10000];
    static int seen[10000];
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        int64_t n = cases[c].examples, train = 0;
        ck_assert_int_eq(wg_dataset_split_last(n, cases[c].fraction, order, &train), WG_OK);
        ck_assert_int_eq(train, cases[c].train);
        for (int64_t i = 0; i < n; i++) ck_assert_int_eq(order[i], i);
        ck_assert_int_eq(wg_dataset_split_shuffled(n, cases[c].fraction, 1, order, &train), WG_OK);
        ck_assert_int_eq(train, cases[c].train);
        wg_dataset_split_shuffled(n, cases[c].fraction, 1, again, &train);
        ck_assert_mem_eq(order, again, (size_t)n * sizeof *order);
        memset(seen, 0, sizeof seen);
        for (int64_t i = 0; i < n; i++) seen[order[i]]++;
        for (int64_t i = 0; i < n; i++) ck_assert_int_eq(seen[i], 1);
    }
    int64_t train = 0;
    wg_dataset_split_shuffled(10000, 0.5, 1, order, &train);
    wg_dataset_split_shuffled(10000, 0.5, 2, again, &train);
    ck_assert_mem_ne(order, again, sizeof order);
}
END_TEST

START_TEST(splits_refuse_bad_arguments) {
    int64_t order[4], train;
    wg_clear_error();
    wg_dataset_split_last(1, 0.5, order, &train);
    expect_error(WG_ERROR_ARGUMENT, "1 examples");
    wg_dataset_split_last(4, 0, order, &train);
    expect_error(WG_ERROR_ARGUMENT, "fraction 0");
    wg_dataset_split_shuffled(4, 1, 0, order, &train);
    expect_error(WG_ERROR_ARGUMENT, "fraction 1");
    wg_dataset_split_shuffled(4, NAN, 0, order, &train);
    expect_error(WG_ERROR_ARGUMENT, "nan");
    wg_dataset_split_last(4, 0.5, NULL, &train);
    expect_error(WG_ERROR_ARGUMENT, "null outputs");
}
END_TEST

/* ---- The real digits --------------------------------------------------------------------- */

START_TEST(mnist_loads) {
    const char *directory = getenv("WENGERT_MNIST");
    struct wg_dataset train, validation;
    ck_assert_msg(wg_dataset_load_directory(directory, &train, &validation) == WG_OK, "%s",
                  wg_error());
    int64_t all = train.examples + validation.examples;
    ck_assert_msg(all == 10000 || all == 60000 || all == 70000, "%lld digits", (long long)all);
    ck_assert_int_eq(train.features, 28 * 28);
    ck_assert_int_eq(train.image_rows, 28);
    ck_assert_int_eq(train.classes, 10);
    ck_assert_int_eq(validation.classes, 10);
    for (int32_t digit = 0; digit < 10; digit++) {
        double share =
            (double)count_label(&train, 0, train.examples, digit) / (double)train.examples;
        ck_assert(share > 0.08 && share < 0.13);
    }
    float x[28 * 28];
    int64_t last = validation.examples - 1;
    double ink = 0;
    ck_assert_int_eq(wg_dataset_batch(&validation, &last, 1, x, NULL), WG_OK);
    for (int i = 0; i < 28 * 28; i++) {
        ck_assert(x[i] >= 0 && x[i] <= 1);
        ink += x[i];
    }
    ck_assert(ink > 20 && ink < 400);
    wg_dataset_free(&train);
    wg_dataset_free(&validation);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("data");
    TCase *tests = tcase_create("data");
    tcase_set_timeout(tests, 120); /* on a busy machine too */
    tcase_add_test(tests, every_set_is_deterministic_and_mixed);
    tcase_add_test(tests, every_set_has_the_same_bits_everywhere);
    tcase_add_test(tests, sets_made_by_class_are_balanced);
    tcase_add_test(tests, xor_is_labelled_by_quadrant);
    tcase_add_test(tests, circle_is_labelled_by_radius);
    tcase_add_test(tests, noise_moves_labels_where_the_definition_says_so);
    tcase_add_test(tests, gauss_has_its_means_and_variances);
    tcase_add_test(tests, moons_lie_on_half_circles);
    tcase_add_test(tests, spiral_arms_follow_their_formula);
    tcase_add_test(tests, generate_refuses_bad_arguments);
    tcase_add_test(tests, batch_gathers_floats_and_scales_bytes);
    tcase_add_test(tests, batch_and_take_refuse_bad_indices);
    tcase_add_test(tests, take_copies);
    tcase_add_test(tests, splits_cover_everything_once);
    tcase_add_test(tests, splits_refuse_bad_arguments);
    if (getenv("WENGERT_MNIST") != NULL) {
        tcase_add_test(tests, mnist_loads);
    } else {
        printf(
            "mnist_loads: left out: WENGERT_MNIST does not name a directory with MNIST's files\n");
        fflush(stdout); /* before the tests fork */
    }
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
