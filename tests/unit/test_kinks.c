/* The kinks and jumps of every elementwise op are those that its entry declares, no more and no
 * fewer, with the slopes on both sides, the jump of the value, and the gradient there: under every
 * set of attributes in its cases and some more, in float and double, in each input. They are
 * searched for in the kernels (kink_search.h). A point where only the second derivative jumps may
 * be declared; if so, it does.
 *
 * That the comparison can fail: for every declaration of every op, it is made again with that one
 * left out, moved, with another slope on either side or at the kink or another jump, and with one
 * too many.
 */
#include "kink_search.h"
#include "support/suite.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

#include "ops/registry.h"
#include "verify/op_case.h"
#include "wengert/wengert.h"

/* Slopes and jumps a few units of the last place from a kink, against the declared ones: the
 * kernels' rounding. */
#define TOLERANCE_F64 1e-13
#define TOLERANCE_F32 2e-6
/* A second derivative jumps when one-sided differences over so much differ by so much. */
#define SECOND_STEP 1e-5
#define SECOND_JUMP 1e-3
/* Beyond this share of the largest number, what comes next has overflowed. */
#define OVERFLOWS 0x1p-60

enum { PLANTED = 8, MOST_VARIANTS = 24, SLOTS = WG_MAX_ATTRIBUTES * WG_LIST_SLOTS };

/* Attributes under which kinks vanish, meet, move far, or functions bend sharply without one. */
static const struct {
    const char *op, *text;
} more_cases[] = {
    {"leaky_relu", "1 negative_slope=1"},
    {"relu", "1 negative_slope=1"},
    {"relu", "1 negative_slope=1 threshold=3"},
    {"relu", "1 max_value=0"},
    {"relu", "1 max_value=0 negative_slope=0.5"},
    {"relu", "1 max_value=6 threshold=2"},
    {"relu", "1 max_value=3 threshold=3 negative_slope=0.3"},
    {"elu", "1 alpha=0"},
    {"celu", "1 alpha=0.001"},
    {"celu", "1 alpha=1000"},
    {"squareplus", "1 b=1e-20"},
    {"squareplus", "1 b=1e20"},
    {"threshold", "1 threshold=-7.3 default_value=-7.3"},
    {"threshold", "1 threshold=1e-30 default_value=1"},
    {"soft_shrink", "1 threshold=1e10"},
    {"hard_shrink", "1 threshold=77.7"},
    {"thresholded_relu", "1 theta=1e30"},
};

/* What the other input of two is, in turn. */
static const double others[] = {0.75, -1.25, 2, 0.3};

/* Where a function ends, without its value or slope growing beyond all numbers. */
static const struct {
    const char *op;
    int input;
    double at;
} ends[] = {{"sqrt", 0, 0}, {"pow", 0, 0}};

struct variant {
    const struct wg_op *op;
    char text[96];
    double slots[SLOTS];
};

/* One search and where it was made. */
struct place {
    const struct variant *variant;
    struct line line;
    struct search found;
};

static const struct wg_op *built_in(int i) {
    const struct wg_op *op = wg_op_at(i);
    return op && wg_built_in_index(op) >= 0 ? op : NULL;
}

static void add_variant(struct variant *list, int *count, const struct wg_op *op,
                        const char *text) {
    struct wg_op_case c;
    struct variant v = {.op = op};
    ck_assert_int_eq(wg_op_case_init(&c, op, text, 0, 1), WG_OK);
    memcpy(v.slots, c.slots, sizeof v.slots);
    wg_op_case_free(&c);
    snprintf(v.text, sizeof v.text, "%s", text);
    for (int i = 0; i < *count; i++) {
        if (memcmp(list[i].slots, v.slots, sizeof v.slots) == 0) return;
    }
    ck_assert_int_lt(*count, MOST_VARIANTS);
    list[(*count)++] = v;
}

static int variants_of(const struct wg_op *op, struct variant *list) {
    int count = 0;
    for (int i = 0; i < WG_MAX_CASES && op->cases[i]; i++)
        add_variant(list, &count, op, op->cases[i]);
    for (size_t i = 0; i < ELEMENTS(more_cases); i++) {
        if (strcmp(more_cases[i].op, op->name) == 0)
            add_variant(list, &count, op, more_cases[i].text);
    }
    return count;
}

/* ------------------------------------------------------------------------------------------------
 * What is declared */

struct declared {
    int index; /* among the op's kinks */
    double at, side[2], slope, jump;
    bool of_slope; /* else at most the second derivative jumps */
};

static int declared_on(const struct wg_op *op, const struct line *line, struct declared *list) {
    const double inputs[2] = {line->other, line->other};
    int count = 0;
    for (int i = 0; i < op->kink_count; i++) {
        const struct wg_kink *kink = &op->kinks[i];
        const struct wg_quantity of[] = {kink->at, kink->left, kink->right, kink->slope,
                                         kink->jump};
        double value[5];
        for (int k = 0; k < 5; k++) value[k] = wg_quantity_value(op, of[k], line->slots, inputs);
        if (kink->input != line->input || isinf(value[0])) continue;
        const bool of_slope = value[1] != value[2] || value[1] != value[3] || value[4] != 0;
        list[count++] =
            (struct declared){i, value[0], {value[1], value[2]}, value[3], value[4], of_slope};
    }
    return count;
}

/* ------------------------------------------------------------------------------------------------
 * Comparison: a text that says what differs, empty where nothing does */

struct report {
    char text[256];
    int matched;
    bool was_kink[WG_MAX_KINKS]; /* by declaration: of the slope, the value, or the second */
};

static void differ(struct report *report, const char *what, double at, double found,
                   double declared) {
    if (report->text[0]) return;
    snprintf(report->text, sizeof report->text, "at %.17g: %s: found %.17g, declared %.17g", at,
             what, found, declared);
}

static bool close_to(enum wg_dtype dtype, double found, double declared) {
    const double tolerance = dtype == WG_F32 ? TOLERANCE_F32 : TOLERANCE_F64;
    return fabs(found - declared) <= tolerance * fmax(1, fabs(declared));
}

static const struct jump *jump_at(const struct place *place, double at) {
    const int64_t ordinal = ordinal_of(place->line.dtype, at);
    for (int i = 0; i < place->found.jumps; i++) {
        const struct jump *jump = &place->found.jump[i];
        if (ordinal >= jump->first - 1 && ordinal <= jump->last + 1) return jump;
    }
    return NULL;
}

static void compare_jump(struct report *report, const struct place *place,
                         const struct declared *d) {
    static const char *const sides[] = {"slope on the left", "slope on the right"};
    const enum wg_dtype dtype = place->line.dtype;
    const struct jump *jump = jump_at(place, d->at);
    if (!jump) {
        differ(report, "a kink", d->at, 0, 1);
        return;
    }
    for (int k = 0; k < 2; k++) {
        if (!close_to(dtype, jump->slope[k], d->side[k]))
            differ(report, sides[k], d->at, jump->slope[k], d->side[k]);
    }
    /* Less what the slopes make of the few numbers between. */
    const double width = number_of(dtype, jump->last + 1) - number_of(dtype, jump->first - 1);
    const double jumped = jump->value[1] - jump->value[0];
    const double sloped = width * fmax(fabs(jump->slope[0]), fabs(jump->slope[1]));
    if (!(fabs(jumped - d->jump) <= sloped) && !close_to(dtype, jumped, d->jump))
        differ(report, "jump", d->at, jumped, d->jump);
    report->matched++;
    report->was_kink[d->index] = true;
}

/* One-sided differences of the slope. */
static bool second_jumps(const struct line *line, double at) {
    const double x[] = {at - SECOND_STEP, at, at + SECOND_STEP};
    int64_t ordinals[3];
    double y[3], slope[3];
    for (int i = 0; i < 3; i++) ordinals[i] = ordinal_of(line->dtype, x[i]);
    evaluate_line(line, 3, ordinals, y, slope);
    return fabs(slope[2] - 2 * slope[1] + slope[0]) > SECOND_JUMP * SECOND_STEP;
}

static void compare(struct report *report, const struct wg_op *op, const struct place *place) {
    struct declared list[WG_MAX_KINKS];
    const int count = declared_on(op, &place->line, list);
    const enum wg_dtype dtype = place->line.dtype;
    for (int i = 0; i < count; i++) {
        const struct declared *d = &list[i];
        const int64_t at = ordinal_of(dtype, d->at);
        double y, slope;
        evaluate_line(&place->line, 1, &at, &y, &slope);
        const double wanted = dtype == WG_F32 ? (double)(float)d->slope : d->slope;
        if (!(slope == wanted)) differ(report, "slope at the kink", d->at, slope, wanted);
        if (d->of_slope)
            compare_jump(report, place, d);
        else if (dtype == WG_F64 && second_jumps(&place->line, d->at))
            report->was_kink[d->index] = true;
    }
    for (int i = 0; i < place->found.jumps; i++) {
        const struct jump *jump = &place->found.jump[i];
        bool known = false;
        for (int k = 0; k < count; k++)
            known = known || (list[k].of_slope && jump_at(place, list[k].at) == jump);
        if (!known) differ(report, "a kink", number_of(dtype, jump->first), 1, 0);
    }
}

/* Over all places of an op, as `op` declares it: each declaration must have been a kink somewhere.
 */
static struct report compare_all(const struct wg_op *op, const struct place *places, int count) {
    struct report report = {.text = ""};
    for (int i = 0; i < count; i++) {
        const bool silent = report.text[0] == '\0';
        compare(&report, op, &places[i]);
        if (!silent || report.text[0] == '\0') continue;
        const size_t used = strlen(report.text);
        snprintf(report.text + used, sizeof report.text - used, " [%s, %s, input %d, other %g]",
                 places[i].variant->text, wg_dtype_name(places[i].line.dtype), places[i].line.input,
                 places[i].line.other);
    }
    for (int i = 0; i < op->kink_count; i++) {
        if (!report.was_kink[i]) differ(&report, "any kink by declaration number", i, 0, 1);
    }
    return report;
}

/* ------------------------------------------------------------------------------------------------
 * Ends of functions */

static void check_edges(const struct place *place, bool *seen) {
    const double largest = place->line.dtype == WG_F32 ? (double)FLT_MAX : DBL_MAX;
    const double least = place->line.dtype == WG_F32 ? (double)FLT_MIN : DBL_MIN;
    for (int i = 0; i < place->found.edges; i++) {
        const struct edge *edge = &place->found.edge[i];
        bool known = fmax(fabs(edge->value), fabs(edge->slope)) > OVERFLOWS * largest;
        for (size_t k = 0; k < ELEMENTS(ends); k++) {
            if (strcmp(ends[k].op, place->variant->op->name) != 0 ||
                ends[k].input != place->line.input || fabs(edge->at - ends[k].at) > least * 16)
                continue;
            known = seen[k] = true;
        }
        ck_assert_msg(known, "%s [%s] ends at %.17g with value %g and slope %g",
                      place->variant->op->name, place->variant->text, edge->at, edge->value,
                      edge->slope);
    }
}

/* ------------------------------------------------------------------------------------------------
 * The tests */

enum { MOST_PLACES = MOST_VARIANTS * 2 * 2 * 4 };

/* Searches every line of the op. */
static int search_op(const struct wg_op *op, struct variant *variants, struct place *places) {
    const int inputs = wg_op_input_count(op, NULL), kinds = variants_of(op, variants);
    int count = 0;
    for (int v = 0; v < kinds; v++) {
        for (int k = 0; k < 2 * inputs * (inputs == 2 ? (int)ELEMENTS(others) : 1); k++) {
            const enum wg_dtype dtype = k % 2 ? WG_F32 : WG_F64;
            struct place *place = &places[count++];
            *place = (struct place){.variant = &variants[v],
                                    .line = {.row = wg_kernel_row(wg_kernel_set(dtype), op),
                                             .dtype = dtype,
                                             .slots = variants[v].slots,
                                             .input = inputs == 2 ? k / 2 % 2 : 0,
                                             .other = others[inputs == 2 ? k / 4 : 0]}};
            double special[SLOTS + 1];
            memcpy(special, variants[v].slots, sizeof variants[v].slots);
            special[SLOTS] = place->line.other;
            search_line(&place->line, special, SLOTS + 1, &place->found);
        }
    }
    return count;
}

/* The k-th way to declare a kink wrongly; false past the last. */
static bool spoil(struct wg_op *op, int which, int k) {
    struct wg_kink *kink = &op->kinks[which];
    const struct wg_quantity off = {.factor = 0.37};
    switch (k) {
    case 0: /* left out */
        *kink = op->kinks[--op->kink_count];
        return true;
    case 1:
        kink->at = off;
        return true;
    case 2:
        kink->left = off;
        return true;
    case 3:
        kink->right = off;
        return true;
    case 4:
        kink->slope = off;
        return true;
    case 5:
        kink->jump = off;
        return true;
    }
    return false;
}

/* Whether a place shows it: what only ever bends in its second derivative may stay undeclared. */
static bool is_of_slope(const struct wg_op *op, int which, const struct place *places, int count) {
    struct declared list[WG_MAX_KINKS];
    for (int i = 0; i < count; i++) {
        const int n = declared_on(op, &places[i].line, list);
        for (int k = 0; k < n; k++) {
            if (list[k].index == which && list[k].of_slope) return true;
        }
    }
    return false;
}

static int expect_wrong_ones_found(const struct wg_op *op, const struct place *places, int count) {
    int wrong = 0;
    for (int which = 0; which < op->kink_count; which++) {
        const bool of_slope = is_of_slope(op, which, places, count);
        for (int k = 0;; k++) {
            struct wg_op copy = *op;
            if (!spoil(&copy, which, k)) break;
            if (k == 0 && !of_slope) continue;
            const struct report report = compare_all(&copy, places, count);
            ck_assert_msg(report.text[0], "%s: kink %d declared wrongly (%d) was not noticed",
                          op->name, which, k);
            wrong++;
        }
    }
    struct wg_op copy = *op; /* one too many */
    if (op->kink_count < WG_MAX_KINKS) {
        copy.kinks[copy.kink_count++] =
            (struct wg_kink){.at = {.factor = 0.37}, .right = {.factor = 1}};
        ck_assert_msg(compare_all(&copy, places, count).text[0], "%s: a kink that is none passed",
                      op->name);
        wrong++;
    }
    return wrong;
}

START_TEST(kinks_are_those_declared) {
    static struct variant variants[MOST_VARIANTS];
    static struct place places[MOST_PLACES];
    bool seen[ELEMENTS(ends)] = {false};
    int ops = 0, passed_over = 0, searches = 0, kinks = 0, wrong = 0;
    for (int i = 0; built_in(i); i++) {
        const struct wg_op *op = built_in(i);
        if (op->structure != WG_ELEMENTWISE) {
            passed_over++;
            continue;
        }
        const int count = search_op(op, variants, places);
        const struct report report = compare_all(op, places, count);
        ck_assert_msg(!report.text[0], "%s: %s", op->name, report.text);
        for (int k = 0; k < count; k++) check_edges(&places[k], seen);
        wrong += expect_wrong_ones_found(op, places, count);
        ops++;
        searches += count;
        kinks += report.matched;
    }
    for (size_t k = 0; k < ELEMENTS(ends); k++)
        ck_assert_msg(seen[k], "%s: no end at %g was found", ends[k].op, ends[k].at);
    ck_assert_int_ge(ops, 40);
    printf("kinks: %d elementwise ops (%d others), %d lines searched, %d kinks found and declared, "
           "%d wrong declarations noticed\n",
           ops, passed_over, searches, kinks, wrong);
}
END_TEST

/* A smooth function with a kink planted at slots[0]: its slope grows by slots[1] there, its value
 * by slots[2]. */
static void planted(int64_t n, void *y, const void *x, const double *slots) {
    for (int64_t i = 0; i < n; i++) {
        const double at = ((const double *)x)[i], over = at > slots[0] ? at - slots[0] : 0;
        ((double *)y)[i] = 2 * at - atan(at) + slots[1] * over + (over > 0 ? slots[2] : 0);
    }
}

static void planted_gradient(int64_t n, void *dx, const void *x, const void *y, const void *dy,
                             const double *slots) {
    (void)y;
    for (int64_t i = 0; i < n; i++) {
        const double at = ((const double *)x)[i];
        const double slope = 2 - 1 / (1 + at * at) + (at > slots[0] ? slots[1] : 0);
        ((double *)dx)[i] = slope * ((const double *)dy)[i];
    }
}

/* However small, of either sign, wherever, and also of the value alone; and nothing is found in the
 * smooth function itself. */
START_TEST(planted_kinks_are_found) {
    static const double sizes[][2] = {{1, 0},     {-1e-2, 0}, {1e-4, 0},  {-1e-5, 0}, {0, 1},
                                      {0, -1e-2}, {0, 1e-4},  {0, -1e-5}, {0, 0}};
    static struct search found;
    struct wg_random random = wg_random_make(9, 0);
    const struct wg_kernel_row row = {
        .name = "planted", .map1 = planted, .map1_gradient = planted_gradient};
    for (size_t i = 0; i < ELEMENTS(sizes) * PLANTED; i++) {
        const double *size = sizes[i / PLANTED];
        const double slots[] = {wg_random_uniform(&random, -20, 20), size[0], size[1]};
        const struct line line = {.row = &row, .dtype = WG_F64, .slots = slots};
        search_line(&line, NULL, 0, &found);
        const int expected = size[0] != 0 || size[1] != 0;
        ck_assert_msg(found.jumps == expected, "slope %g, value %g at %.17g: %d kinks found",
                      size[0], size[1], slots[0], found.jumps);
        if (!expected) continue;
        const int64_t at = ordinal_of(WG_F64, slots[0]);
        ck_assert(found.jump[0].first <= at && at <= found.jump[0].last);
    }
}
END_TEST

int main(void) {
    const TTest *const tests[] = {kinks_are_those_declared, planted_kinks_are_found};
    return run_suite("kinks", tests, ELEMENTS(tests));
}
