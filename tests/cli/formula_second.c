/* The second derivatives on the cards of all elementwise ops, under the attributes of all their
 * cases, two ways that owe nothing to each other:
 *   - exactly: against the card's first derivatives, differentiated by dual numbers in MPFR;
 *   - numerically: against differences of the double gradient kernel, away from kinks.
 * Of two inputs there are three parts: by the first twice, by both, by the second twice.
 */
#include "formula_second.h"

#include <check.h>
#include <ctype.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "formula.h"
#include "ops/kernel_set.h"
#include "verify/op_case.h"
#include "verify/ridders.h"
#include "wengert/wengert.h"

/* Both sides are exact to hundreds of bits; what differs is how they round to double. */
#define EXACT_TOLERANCE 1e-15
/* What Ridders' extrapolation holds on smooth functions with room to spare. */
#define NUMERIC_TOLERANCE 1e-8
#define STEP 0.02
#define CLEAR 0.05     /* of kinks, relative: no difference reaches so far */
#define VALUE_ULP 8    /* a slope that kernels computed is trusted to this */
#define OTHER "other_" /* the name of the input that stands still */

enum {
    EXACT_POINTS = 400,
    NUMERIC_POINTS = 40,
    TEXT = 1024,
    SLOTS = WG_MAX_ATTRIBUTES * WG_LIST_SLOTS
};

/* What the input that stands still is, in turn. */
static const double others[] = {0.75, -1.25, 2};

/* A second derivative: of the slope by input `of`, by input `by`, as the card says it. */
struct second {
    const struct wg_op *op;
    const double *slots;
    int of, by;
    const char *slope, *text; /* the parts of the card */
};

/* ------------------------------------------------------------------------------------------------
 * Cards */

/* Part number i of a card's text with parts after semicolons; false where there is none. */
static bool part_of(const char *text, int i, char *part, size_t size) {
    for (; text && i > 0; i--) {
        text = strchr(text, ';');
        if (text) text++;
    }
    if (!text) return false;
    const int length = (int)strcspn(text, ";");
    ck_assert_int_lt(length, (int)size);
    snprintf(part, size, "%.*s", length, text);
    return true;
}

/* The text in which input `by` is called x, and the other one OTHER. */
static void rename_inputs(const struct wg_op *op, int by, const char *text, char *renamed,
                          size_t size) {
    size_t used = 0;
    while (*text) {
        size_t length = 0;
        while (isalnum((unsigned char)text[length]) || text[length] == '_') length++;
        const char *name = text;
        size_t count = length ? length : 1;
        text += count;
        for (int i = 0; i < 2 && op->inputs[i]; i++) {
            if (strlen(op->inputs[i]) != length || strncmp(name, op->inputs[i], length) != 0)
                continue;
            name = i == by ? "x" : OTHER;
            count = strlen(name);
            break;
        }
        ck_assert_uint_lt(used + count, size);
        memcpy(renamed + used, name, count);
        used += count;
    }
    renamed[used] = '\0';
}

static struct formula_exact *read_card(const struct second *s, const char *text, double other,
                                       struct formula *formula) {
    struct formula_name names[FORMULA_NAMES];
    char renamed[TEXT], message[300 + TEXT];
    int count = 0;
    for (int i = 0; i < wg_op_attribute_count(s->op); i++)
        names[count++] = (struct formula_name){s->op->attributes[i].name, s->slots[i]};
    if (s->op->inputs[1]) names[count++] = (struct formula_name){OTHER, other};
    rename_inputs(s->op, s->by, text, renamed, sizeof renamed);
    ck_assert_msg(formula_parse(formula, renamed, names, count, message, sizeof message), "%s: %s",
                  s->op->name, message);
    return formula_exact_new(formula);
}

/* ------------------------------------------------------------------------------------------------
 * Exactly */

static double some_input(struct wg_random *random) {
    if (wg_random_below(random, 2)) return wg_random_uniform(random, -8, 8);
    if (wg_random_below(random, 2)) return wg_random_uniform(random, -120, 120);
    const uint32_t bits = wg_random_u32(random);
    float x;
    memcpy(&x, &bits, sizeof x);
    return (double)x;
}

/* How many points agreed before one did not; adds to *useful how many of them had a derivative. */
static int agree_exactly(const struct second *s, double other, struct wg_random *random,
                         int *useful) {
    static struct formula slope, text;
    struct formula_exact *of = read_card(s, s->slope, other, &slope),
                         *card = read_card(s, s->text, other, &text);
    int agreed = 0;
    for (int i = 0; i < EXACT_POINTS; i++, agreed++) {
        const double x = some_input(random);
        double expected, stated, remainder;
        if (!isfinite(x)) continue;
        formula_exact_derivative(of, x, &expected, &remainder);
        formula_exact_value(card, x, &stated, &remainder);
        *useful += !isnan(expected);
        if (isnan(expected) || stated == expected) continue;
        const double scale = fmax(fabs(expected), fabs(stated));
        if (!(fabs(stated - expected) <= EXACT_TOLERANCE * scale)) break;
    }
    formula_exact_free(of);
    formula_exact_free(card);
    return agreed;
}

/* ------------------------------------------------------------------------------------------------
 * Numerically */

struct point {
    const struct second *s;
    double x[2];
};

static double slope_at(const struct second *s, const double *x) {
    const struct wg_kernel_row *row = wg_kernel_row(wg_kernel_set(WG_F64), s->op);
    const struct wg_grid one = {.rows = 1, .columns = 1, .x_column = 1, .z_column = 1};
    const double dy = 1;
    double y, slope;
    if (row->map1) {
        row->map1(1, &y, x, s->slots);
        row->map1_gradient(1, &slope, x, &y, &dy, s->slots);
    } else {
        row->map2(&one, &y, x, x + 1, s->slots);
        row->map2_gradient[s->of](&one, &slope, x, x + 1, &y, &dy, s->slots);
    }
    return slope;
}

static bool central_quotient(double h, void *context, struct wg_quotient *quotient) {
    const struct point *point = context;
    const int by = point->s->by;
    const volatile double above = point->x[by] + h, below = point->x[by] - h;
    double x[2] = {point->x[0], point->x[1]};
    x[by] = above;
    const double high = slope_at(point->s, x);
    x[by] = below;
    const double low = slope_at(point->s, x), width = above - below;
    *quotient = (struct wg_quotient){(high - low) / width, (fabs(high) + fabs(low)) / width,
                                     VALUE_ULP * DBL_EPSILON * (fabs(high) + fabs(low)) / width};
    return true;
}

/* Whether both inputs keep clear of all kinks, also of those at the other one's value. */
static bool is_clear(const struct second *s, const double *x) {
    for (int i = 0; i < s->op->kink_count; i++) {
        const struct wg_kink *kink = &s->op->kinks[i];
        const double at = wg_quantity_value(s->op, kink->at, s->slots, x), from = x[kink->input];
        if (fabs(from - at) <= CLEAR * fmax(1, fabs(from))) return false;
    }
    return true;
}

static int agree_numerically(const struct second *s, struct wg_op_case *c) {
    static struct formula text;
    int agreed = 0;
    for (int i = 0; i < NUMERIC_POINTS; i++, agreed++) {
        struct point point = {.s = s};
        for (int tries = 0; tries == 0 || (tries < 100 && !is_clear(s, point.x)); tries++) {
            for (int k = 0; k < 2 && s->op->inputs[k]; k++) point.x[k] = wg_op_case_draw(c, k);
        }
        struct wg_derivative numeric;
        const double x = point.x[s->by];
        ck_assert(is_clear(s, point.x));
        ck_assert(wg_ridders(central_quotient, &point, STEP * fmax(1, fabs(x)), 2, WG_RIDDERS_ROWS,
                             &numeric));
        double stated, remainder;
        struct formula_exact *card = read_card(s, s->text, point.x[1 - s->by], &text);
        formula_exact_value(card, x, &stated, &remainder);
        formula_exact_free(card);
        const double scale = fmax(fabs(stated), fabs(numeric.value));
        if (!(fabs(stated - numeric.value) <= NUMERIC_TOLERANCE * scale + numeric.rounding)) break;
    }
    return agreed;
}

/* ------------------------------------------------------------------------------------------------
 * The test */

struct tally {
    int ops, variants, parts, wrong;
};

/* The card's text with `before` in front of the formula, which is put in parentheses: definitions
 * stay behind it. */
static void alter(const char *text, const char *before, char *altered, size_t size) {
    const char *begin =
        strncmp(text + strspn(text, " "), "d2y", 3) == 0 ? strchr(text, '=') + 1 : text;
    int depth = 0;
    const char *end = begin;
    for (; *end && (*end != ',' || depth > 0); end++) depth += (*end == '(') - (*end == ')');
    snprintf(altered, size, "%s(%.*s)%s", before, (int)(end - begin), begin, end);
}

static bool is_zero(const char *text) {
    const char *equals = strchr(text, '=');
    return strcmp(equals ? equals + 2 : text, "0") == 0;
}

/* Each way must refuse a wrong sign (of what is not 0), and something added. */
static void expect_wrong_refused(const struct second *s, struct wg_op_case *c,
                                 struct wg_random *random, struct tally *tally) {
    static const char *const before[] = {"-", "1e-6 + "};
    char altered[TEXT];
    for (int k = is_zero(s->text); k < 2; k++, tally->wrong++) {
        struct second wrong = *s;
        alter(s->text, before[k], altered, sizeof altered);
        wrong.text = altered;
        int exactly = EXACT_POINTS, useful = 0;
        for (size_t i = 0; i < sizeof others / sizeof *others && exactly == EXACT_POINTS; i++)
            exactly = agree_exactly(&wrong, others[i], random, &useful);
        ck_assert_msg(exactly < EXACT_POINTS, "%s: \"%s\" passed", s->op->name, altered);
        ck_assert_msg(agree_numerically(&wrong, c) < NUMERIC_POINTS,
                      "%s: \"%s\" passed against differences", s->op->name, altered);
    }
}

static void check_part(const struct second *s, struct wg_op_case *c, struct wg_random *random) {
    const size_t turns = s->op->inputs[1] ? sizeof others / sizeof *others : 1;
    int useful = 0;
    for (size_t i = 0; i < turns; i++) {
        const int agreed = agree_exactly(s, others[i], random, &useful);
        ck_assert_msg(agreed == EXACT_POINTS, "%s: \"%s\" is not the derivative of \"%s\" by %s",
                      s->op->name, s->text, s->slope, s->op->inputs[s->by]);
    }
    ck_assert_int_gt(useful, EXACT_POINTS * (int)turns / 4);
    const int agreed = agree_numerically(s, c);
    ck_assert_msg(agreed == NUMERIC_POINTS, "%s: \"%s\" is not what differences give", s->op->name,
                  s->text);
}

static void check_variant(const struct wg_op *op, struct wg_op_case *c, struct tally *tally) {
    static const int parts[][3] = {{0, 0, 0}, {1, 0, 1}, {1, 1, 0}, {2, 1, 1}}; /* part, of, by */
    struct wg_random random = wg_random_make(21, 0);
    char slope[TEXT], text[TEXT];
    const int count = op->inputs[1] ? 4 : 1;
    for (int i = 0; i < count; i++, tally->parts++) {
        const struct second s = {op, c->slots, parts[i][1], parts[i][2], slope, text};
        ck_assert_msg(part_of(op->derivative, s.of, slope, sizeof slope) &&
                          part_of(op->second, parts[i][0], text, sizeof text),
                      "%s: the card has too few derivatives or second derivatives", op->name);
        check_part(&s, c, &random);
        if (tally->variants == 0) expect_wrong_refused(&s, c, &random, tally);
    }
    ck_assert_msg(!part_of(op->second, op->inputs[1] ? 3 : 1, text, sizeof text),
                  "%s: the card has too many second derivatives", op->name);
    tally->variants++;
}

START_TEST(second_derivatives_are_right) {
    struct tally all = {0};
    for (int i = 0; wg_op_at(i); i++) {
        const struct wg_op *op = wg_op_at(i);
        if (op->structure != WG_ELEMENTWISE) continue;
        struct tally tally = {0};
        double seen[WG_MAX_CASES][SLOTS];
        for (int k = 0; k < WG_MAX_CASES && op->cases[k]; k++) {
            struct wg_op_case c;
            ck_assert_int_eq(wg_op_case_init(&c, op, op->cases[k], CLEAR, 3), WG_OK);
            memcpy(seen[tally.variants], c.slots, sizeof c.slots);
            int first = 0;
            while (memcmp(seen[first], c.slots, sizeof c.slots) != 0) first++;
            if (first == tally.variants) check_variant(op, &c, &tally);
            wg_op_case_free(&c);
        }
        all.ops++;
        all.variants += tally.variants;
        all.parts += tally.parts;
        all.wrong += tally.wrong;
    }
    ck_assert_int_ge(all.ops, 40);
    printf(
        "second derivatives: %d ops, %d sets of attributes, %d formulas, %d wrong ones refused\n",
        all.ops, all.variants, all.parts, all.wrong);
}
END_TEST

void add_second_tests(TCase *tests) { tcase_add_test(tests, second_derivatives_are_right); }
