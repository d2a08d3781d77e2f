/* Plain C functions: a dense layer by hand, in float and in double, and the classical mistakes. */
#include "tally.h"

#include "wengert/gradcheck.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define BATCH 5
#define IN 7
#define OUT 3
#define SEEDS 20

enum mistake {
    MISTAKE_NONE,
    MISTAKE_SIGN,
    MISTAKE_DOUBLED,
    MISTAKE_AT_OUTPUT,
    MISTAKE_NO_SUM,
    MISTAKE_ASSIGNED_BIAS,
    MISTAKE_ASSIGNED_WEIGHTS,
    MISTAKE_MEAN,
    MISTAKE_TRANSPOSED,
    MISTAKE_TAIL,
    MISTAKE_SEVERED,
    MISTAKE_NAN,
    MISTAKE_OVERWRITES, /* where adding is declared */
    MISTAKE_ADDS,       /* where overwriting is declared */
    MISTAKES
};

struct dense {
    enum mistake mistake;
    bool adds;
};

#define REAL double
#define TANH tanh
#define NAME(f) f##_f64
#include "dense_kernel.h"
#undef REAL
#undef TANH
#undef NAME
#define REAL float
#define TANH tanhf
#define NAME(f) f##_f32
#include "dense_kernel.h"

/* The mistake, and a word of the report that names it; "" where the report has none. */
static const struct {
    const char *name, *word;
} mistakes[MISTAKES] = {
    [MISTAKE_NONE] = {"none", ""},
    [MISTAKE_SIGN] = {"sign", "wrong sign"},
    [MISTAKE_DOUBLED] = {"x2", "factor 2 too much"},
    [MISTAKE_AT_OUTPUT] = {"tanh's slope at y", ""},
    [MISTAKE_NO_SUM] = {"forgotten bias sum", "b: only the first row"},
    [MISTAKE_ASSIGNED_BIAS] = {"bias assigned in the batch's loop", "b: only the last row"},
    [MISTAKE_ASSIGNED_WEIGHTS] = {"weights assigned in the loop", "w: only the last row"},
    [MISTAKE_MEAN] = {"mean for sum in the bias", "5 times too small: a mean where a sum belongs"},
    [MISTAKE_TRANSPOSED] = {"weights transposed", "w: the transpose"},
    [MISTAKE_TAIL] = {"weights' tail", "tail after whole vectors"},
    [MISTAKE_SEVERED] = {"input severed", "x: no gradient arrives"},
    [MISTAKE_NAN] = {"NaN in one weight", "w: NaN"},
    [MISTAKE_OVERWRITES] = {"= for +=", "(=, not +=)"},
    [MISTAKE_ADDS] = {"+= for =", "(+=, not =)"},
};

static enum wg_status check(enum wg_dtype dtype, enum mistake mistake, bool accumulates,
                            const struct wg_gradcheck_options *options,
                            struct wg_gradcheck_result *result) {
    struct dense dense = {mistake, accumulates};
    if (mistake == MISTAKE_OVERWRITES || mistake == MISTAKE_ADDS) dense.adds = !accumulates;
    const struct wg_checked_kernel kernel = {
        .forward = dtype == WG_F32 ? forward_f32 : forward_f64,
        .backward = dtype == WG_F32 ? backward_f32 : backward_f64,
        .in = {{.name = "x", .shape = WG_SHAPE(BATCH, IN), .dtype = dtype},
               {.name = "w", .shape = WG_SHAPE(OUT, IN), .dtype = dtype},
               {.name = "b", .shape = WG_SHAPE(OUT), .dtype = dtype}},
        .out = {{.name = "y", .shape = WG_SHAPE(BATCH, OUT), .dtype = dtype}},
        .inputs = 3,
        .outputs = 1,
        .accumulates = accumulates,
        .user = &dense};
    return wg_gradcheck_kernel(&kernel, options, result);
}

struct setting {
    enum wg_dtype dtype;
    enum mistake mistake;
    int accumulates;
};

ParameterizedTestParameters(kernel, is_judged_by_its_mistake) {
    size_t count = 0;
    struct setting *list = cr_malloc(4 * MISTAKES * sizeof *list);
    for (int m = 0; m < MISTAKES; m++) {
        for (int k = 0; k < 4; k++) {
            if (m == MISTAKE_OVERWRITES && !(k & 1)) continue;
            if (m == MISTAKE_ADDS && (k & 1)) continue;
            list[count++] = (struct setting){k & 2 ? WG_F32 : WG_F64, (enum mistake)m, k & 1};
        }
    }
    return cr_make_param_array(struct setting, list, count);
}

ParameterizedTest(struct setting *s, kernel, is_judged_by_its_mistake) {
    struct tally tally = {.count = {{0}}};
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        const struct wg_gradcheck_options options = {.seed = seed};
        struct wg_gradcheck_result result;
        cr_assert_eq(check(s->dtype, s->mistake, s->accumulates, &options, &result), WG_OK, "%s",
                     wg_error());
        const bool right = s->mistake == MISTAKE_NONE;
        const bool judged = result.pass == right && result.verdict != WG_VERDICT_INCONCLUSIVE;
        cr_expect(judged, "%s, %s, seed %d: %s, diagnosis \"%s\", broken \"%s\"",
                  wg_dtype_name(s->dtype), mistakes[s->mistake].name, (int)seed,
                  wg_verdict_name(result.verdict), result.diagnosis, result.broken);
        tally.count[s->mistake][judged ? 0 : 1]++;
        if (right) {
            const double most = s->dtype == WG_F32 ? 1e-2 : 1e-8;
            cr_expect(result.certified > 0 && result.certified < most, "certified to %g",
                      result.certified);
        }
        if (!mistakes[s->mistake].word[0]) continue;
        const char *word = mistakes[s->mistake].word;
        const bool named = strstr(result.diagnosis, word) || strstr(result.broken, word);
        tally.count[s->mistake][2]++;
        tally.count[s->mistake][3] += named;
    }
    tally_add(&tally);
}

/* Without the contracts, differences alone catch what is wrong in the numbers. */
Test(kernel, mistakes_are_caught_by_differences_alone) {
    const struct wg_gradcheck_options options = {.levels = WG_LEVEL_DIFFERENCES};
    for (enum mistake m = MISTAKE_SIGN; m < MISTAKE_OVERWRITES; m++) {
        for (int k = 0; k < 2; k++) {
            struct wg_gradcheck_result result;
            cr_assert_eq(check(k ? WG_F32 : WG_F64, m, false, &options, &result), WG_OK);
            cr_assert(result.verdict == WG_VERDICT_FAIL || result.verdict == WG_VERDICT_NONFINITE,
                      "%s: %s", mistakes[m].name, wg_verdict_name(result.verdict));
        }
    }
}

int main(int argc, char **argv) {
    struct tally sum;
    int filtered;
    long long mutants = 0, survivors = 0, word = 0, named = 0;
    const int passed = tally_run(argc, argv, &sum, &filtered);
    printf("%-36s %8s %9s %15s\n", "mistake in a kernel", "caught", "survived", "named by cause");
    for (int m = MISTAKE_SIGN; m < MISTAKES; m++) {
        const long long *c = sum.count[m];
        printf("%-36s %8lld %9lld %9lld/%lld\n", mistakes[m].name, c[0], c[1], c[3], c[2]);
        mutants += c[0] + c[1];
        survivors += c[1];
        word += c[2];
        named += c[3];
    }
    printf("%lld mutants, %lld survivors; %lld of %lld diagnoses name the cause\n", mutants,
           survivors, named, word);
    const int enough = filtered || (mutants >= SEEDS * 4 * (MISTAKES - 2) && word > 0);
    return !(passed && survivors == 0 && enough && 5 * named >= 4 * word);
}
