#include "kink_search.h"

#include <check.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "wengert/random.h"

/* Between adjacent numbers, rounding changes a value or slope by a few units of the last place:
 * 1e-15 and 5e-7, relative. A jump is far above that. */
#define JUMP_F64 1e-10
#define JUMP_F32 2e-5
/* A smooth function changes over the next SPAN numbers about SPAN times as much. */
#define SPAN 15
#define STANDS_OUT 4
/* An interval over which nothing rises any more is given up, but not before it is so short that a
 * jump could not be hidden by a slope the other way. */
#define LEAST_HALVINGS 20
#define TOGETHER 4 /* ordinals: what lies so close is one kink */

enum { BATCH = 256, MOST_CUTS = 40000 };

/* ------------------------------------------------------------------------------------------------
 * Numbers */

int64_t ordinal_of(enum wg_dtype dtype, double x) {
    int64_t magnitude = 0;
    if (dtype == WG_F32) {
        const float narrow = fabsf((float)x);
        int32_t bits;
        memcpy(&bits, &narrow, sizeof bits);
        magnitude = bits;
    } else {
        const double size = fabs(x);
        memcpy(&magnitude, &size, sizeof magnitude);
    }
    return x < 0 ? -magnitude : magnitude;
}

double number_of(enum wg_dtype dtype, int64_t ordinal) {
    const int64_t magnitude = ordinal < 0 ? -ordinal : ordinal;
    double size;
    if (dtype == WG_F32) {
        const int32_t bits = (int32_t)magnitude;
        float narrow;
        memcpy(&narrow, &bits, sizeof narrow);
        size = (double)narrow;
    } else {
        memcpy(&size, &magnitude, sizeof size);
    }
    return ordinal < 0 ? -size : size;
}

/* ------------------------------------------------------------------------------------------------
 * Kernels */

static void put(enum wg_dtype dtype, void *to, int i, double x) {
    if (dtype == WG_F32)
        ((float *)to)[i] = (float)x;
    else
        ((double *)to)[i] = x;
}

static double get(enum wg_dtype dtype, const void *from, int i) {
    return dtype == WG_F32 ? (double)((const float *)from)[i] : ((const double *)from)[i];
}

static void evaluate_batch(const struct line *line, int n, const int64_t *at, double *y,
                           double *slope) {
    double x[BATCH], other, value[BATCH], ones[BATCH], result[BATCH]; /* of either dtype */
    const struct wg_kernel_row *row = line->row;
    const struct wg_grid grid = {
        .rows = 1, .columns = n, .x_column = line->input == 0, .z_column = line->input == 1};
    put(line->dtype, &other, 0, line->other);
    const void *first = line->input == 0 ? (const void *)x : &other;
    const void *second = line->input == 0 ? (const void *)&other : x;
    for (int i = 0; i < n; i++) {
        put(line->dtype, x, i, number_of(line->dtype, at[i]));
        put(line->dtype, ones, i, 1);
    }
    if (row->map1)
        row->map1(n, value, x, line->slots);
    else
        row->map2(&grid, value, first, second, line->slots);
    for (int i = 0; i < n; i++) y[i] = get(line->dtype, value, i);
    if (!slope) return;
    if (row->map1)
        row->map1_gradient(n, result, x, value, ones, line->slots);
    else
        row->map2_gradient[line->input](&grid, result, first, second, value, ones, line->slots);
    for (int i = 0; i < n; i++) slope[i] = get(line->dtype, result, i);
}

void evaluate_line(const struct line *line, int n, const int64_t *at, double *y, double *slope) {
    for (int i = 0; i < n; i += BATCH) {
        const int count = n - i < BATCH ? n - i : BATCH;
        evaluate_batch(line, count, at + i, y + i, slope ? slope + i : NULL);
    }
}

/* ------------------------------------------------------------------------------------------------
 * The grid */

struct cuts {
    enum wg_dtype dtype;
    int count;
    int64_t at[MOST_CUTS];
};

static void cut(struct cuts *cuts, int64_t at) {
    if (cuts->count == MOST_CUTS) ck_abort_msg("more cuts than there is room for");
    cuts->at[cuts->count++] = at;
}

static void cut_around(struct cuts *cuts, double x) {
    const int64_t at = ordinal_of(cuts->dtype, x);
    if (!isfinite(x)) return;
    for (int64_t k = -1; k <= 1; k++) {
        cut(cuts, at + k);
        cut(cuts, -at + k);
    }
}

/* At random within even parts of every binade. */
static void cut_binades(struct cuts *cuts) {
    struct wg_random random = wg_random_make(3, 0);
    const int least = cuts->dtype == WG_F32 ? -149 : -1074;
    const int beyond = cuts->dtype == WG_F32 ? FLT_MAX_EXP : DBL_MAX_EXP;
    for (int e = least; e < beyond; e++) {
        const int parts = abs(e) <= 6 ? 256 : abs(e) <= 40 ? 16 : 2;
        for (int i = 0; i < 2 * parts; i++) {
            const double share = (i / 2 + wg_random_uniform(&random, 0, 1)) / parts;
            const double x = ldexp(1 + share, e);
            cut(cuts, ordinal_of(cuts->dtype, i % 2 ? -x : x));
        }
    }
}

static int compare_ordinals(const void *a, const void *b) {
    const int64_t x = *(const int64_t *)a, z = *(const int64_t *)b;
    return (x > z) - (x < z);
}

static void make_cuts(struct cuts *cuts, const double *special, int count) {
    const double largest = cuts->dtype == WG_F32 ? (double)FLT_MAX : DBL_MAX;
    cut_binades(cuts);
    for (int i = 0; i <= 20; i++) cut_around(cuts, i / 2.0);
    for (int i = 0; i < count; i++) cut_around(cuts, special[i]);
    qsort(cuts->at, (size_t)cuts->count, sizeof *cuts->at, compare_ordinals);
    int kept = 0;
    for (int i = 0; i < cuts->count; i++) {
        const double x = number_of(cuts->dtype, cuts->at[i]);
        if (fabs(x) <= largest && (kept == 0 || cuts->at[i] > cuts->at[kept - 1]))
            cuts->at[kept++] = cuts->at[i];
    }
    cuts->count = kept;
}

/* ------------------------------------------------------------------------------------------------
 * Halving */

/* What is followed down: the slope or the value, and whether it rises (1) or falls (-1). */
struct quest {
    const struct line *line;
    bool of_value;
    double direction, least;
};

struct interval {
    int64_t low, high;
    double at_low, at_high; /* what is followed; NaN where value or slope are not finite */
};

static void evaluate_quest(const struct quest *q, int n, const int64_t *at, double *result) {
    double y[BATCH], slope[BATCH];
    for (int i = 0; i < n; i += BATCH) {
        const int count = n - i < BATCH ? n - i : BATCH;
        evaluate_line(q->line, count, at + i, y, slope);
        for (int k = 0; k < count; k++) {
            const bool finite = isfinite(y[k]) && isfinite(slope[k]);
            result[i + k] = !finite ? NAN : q->of_value ? y[k] : slope[k];
        }
    }
}

static double rise(const struct quest *q, double from, double to) {
    return q->direction * (to - from);
}

static bool hopeful(const struct quest *q, const struct interval *v, int halvings) {
    if (isnan(v->at_low) != isnan(v->at_high)) return true;
    if (isnan(v->at_low) || v->at_low == v->at_high) return false;
    const double size = fmax(fabs(v->at_low), fabs(v->at_high));
    return halvings < LEAST_HALVINGS || rise(q, v->at_low, v->at_high) > q->least * size;
}

static void halve(const struct quest *q, struct interval *v, int64_t middle, double at_middle) {
    bool upper;
    if (isnan(v->at_low) != isnan(v->at_high)) /* towards the edge */
        upper = isnan(at_middle) == isnan(v->at_low);
    else
        upper = !isnan(at_middle) && rise(q, at_middle, v->at_high) > rise(q, v->at_low, at_middle);
    if (upper) {
        v->low = middle;
        v->at_low = at_middle;
    } else {
        v->high = middle;
        v->at_high = at_middle;
    }
}

/* Drops the hopeless and lets the found ones stand. */
static int prune(const struct quest *q, struct interval *v, int count, int halvings) {
    int kept = 0;
    for (int i = 0; i < count; i++) {
        if (hopeful(q, &v[i], halvings)) v[kept++] = v[i];
    }
    return kept;
}

static int follow(const struct quest *q, struct interval *v, int count) {
    static int64_t middle[MOST_CUTS];
    static double at_middle[MOST_CUTS];
    bool more = true;
    for (int halvings = 0; more; halvings++) {
        more = false;
        count = prune(q, v, count, halvings);
        for (int i = 0; i < count; i++) middle[i] = v[i].low + (v[i].high - v[i].low) / 2;
        evaluate_quest(q, count, middle, at_middle);
        for (int i = 0; i < count; i++) {
            if (v[i].high - v[i].low < 2) continue;
            halve(q, &v[i], middle[i], at_middle[i]);
            more = true;
        }
    }
    return prune(q, v, count, LEAST_HALVINGS);
}

/* ------------------------------------------------------------------------------------------------
 * Judging */

/* Whether between adjacent numbers more happens than rounding and than on either side. */
static bool stands_out(const struct quest *q, const struct interval *v) {
    const int64_t around[4] = {v->low - SPAN - 1, v->low - 1, v->high + 1, v->high + SPAN + 1};
    const double least = q->line->dtype == WG_F32 ? (double)FLT_MIN : DBL_MIN;
    double at[4];
    evaluate_quest(q, 4, around, at);
    const double change = fabs(v->at_high - v->at_low);
    const double size = fmax(fabs(v->at_low), fabs(v->at_high));
    return change > q->least * size && change > least &&
           change > STANDS_OUT * fabs(at[1] - at[0]) && change > STANDS_OUT * fabs(at[3] - at[2]);
}

static void add_jump(struct search *found, const struct interval *v) {
    for (int i = 0; i < found->jumps; i++) {
        struct jump *jump = &found->jump[i];
        if (v->low > jump->last + TOGETHER || v->high < jump->first - TOGETHER) continue;
        if (v->low < jump->first) jump->first = v->low;
        if (v->high > jump->last) jump->last = v->high;
        return;
    }
    ck_assert_int_lt(found->jumps, MOST_JUMPS);
    found->jump[found->jumps++] = (struct jump){.first = v->low, .last = v->high};
}

static void add_edge(struct search *found, const struct line *line, const struct interval *v) {
    const int64_t at = isnan(v->at_low) ? v->high : v->low;
    struct edge edge = {.at = number_of(line->dtype, at)};
    for (int i = 0; i < found->edges; i++) {
        if (found->edge[i].at == edge.at) return;
    }
    evaluate_line(line, 1, &at, &edge.value, &edge.slope);
    ck_assert_int_lt(found->edges, MOST_EDGES);
    found->edge[found->edges++] = edge;
}

/* The slopes and values next to each jump, now that it is known how far it reaches. */
static void finish(struct search *found, const struct line *line) {
    for (int i = 0; i < found->jumps; i++) {
        struct jump *jump = &found->jump[i];
        const int64_t sides[2] = {jump->first - 1, jump->last + 1};
        evaluate_line(line, 2, sides, jump->value, jump->slope);
    }
}

void search_line(const struct line *line, const double *special, int count, struct search *found) {
    static struct cuts cuts;
    static double at_cut[MOST_CUTS];
    static struct interval intervals[MOST_CUTS];
    cuts.dtype = line->dtype;
    cuts.count = 0;
    make_cuts(&cuts, special, count);
    *found = (struct search){.intervals = cuts.count - 1};
    for (int k = 0; k < 4; k++) {
        const struct quest quest = {.line = line,
                                    .of_value = k >= 2,
                                    .direction = k % 2 ? 1 : -1,
                                    .least = line->dtype == WG_F32 ? JUMP_F32 : JUMP_F64};
        evaluate_quest(&quest, cuts.count, cuts.at, at_cut);
        for (int i = 0; i + 1 < cuts.count; i++)
            intervals[i] = (struct interval){cuts.at[i], cuts.at[i + 1], at_cut[i], at_cut[i + 1]};
        const int left = follow(&quest, intervals, cuts.count - 1);
        for (int i = 0; i < left; i++) {
            if (isnan(intervals[i].at_low) != isnan(intervals[i].at_high))
                add_edge(found, line, &intervals[i]);
            else if (stands_out(&quest, &intervals[i]))
                add_jump(found, &intervals[i]);
        }
    }
    finish(found, line);
}
