#define _POSIX_C_SOURCE 200809L
#include "accuracy_sweep.h"

#include <float.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formula.h"
#include "lanes.h"

#define CHUNK 4096        /* inputs a tape computes at once */
#define FEW_NEIGHBOURS 64 /* where every value is MPFR's, and not many are asked for */
#define MANY_SAMPLES 1000000
#define NEIGHBOURS 2048 /* inputs on either side of a special point */
#define MOST_SPECIALS 64

struct sweep {
    const struct accuracy_task *task;
    struct formula formula;
    const struct lanes *lanes;
    bool uses_x; /* else it is constant */
    double special[MOST_SPECIALS];
    int specials;
    int64_t neighbours; /* of each, on either side */
    uint64_t patterns, stride,
        total; /* bit patterns visited, their distance, and with the neighbourhoods */
    accuracy_progress *progress;
    void *context;
    pthread_mutex_t lock;
    uint64_t next; /* input not yet given to a worker */
    struct accuracy result;
    bool failed;
    char message[512];
};

/* ---- Inputs ------------------------------------------------------------------------------- */

static double float_of(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* The i-th double, or float, counted in order of value from -inf. */
static double neighbour(double x, enum wg_dtype dtype, int64_t steps) {
    if (dtype == WG_F32) {
        const float start = (float)x;
        int32_t bits;
        memcpy(&bits, &start, sizeof bits);
        int64_t order = (bits < 0 ? INT32_MIN - (int64_t)bits : bits) + steps;
        bits = (int32_t)(order < 0 ? INT32_MIN - order : order);
        float moved;
        memcpy(&moved, &bits, sizeof moved);
        return moved;
    }
    int64_t bits;
    memcpy(&bits, &x, sizeof bits);
    int64_t order = (bits < 0 ? INT64_MIN - bits : bits) + steps;
    bits = order < 0 ? INT64_MIN - order : order;
    double moved;
    memcpy(&moved, &bits, sizeof moved);
    return moved;
}

static double input_at(const struct sweep *s, uint64_t i) {
    if (i < s->patterns) {
        const uint64_t bits = i * s->stride;
        if (s->task->dtype == WG_F32) return float_of((uint32_t)bits);
        double x;
        memcpy(&x, &bits, sizeof x);
        return x;
    }
    i -= s->patterns;
    const uint64_t window = 2 * (uint64_t)s->neighbours + 1;
    return neighbour(s->special[i / window], s->task->dtype, (int64_t)(i % window) - s->neighbours);
}

static void add_special(struct sweep *s, double x) {
    if (s->specials < MOST_SPECIALS && isfinite(x)) s->special[s->specials++] = x;
}

/* Zeros of what is measured, between points where its sign changes: there every digit counts. */
static void find_zeros(struct sweep *s) {
    double before = 0, at_before = 0, error;
    for (int i = -64 * 32; i <= 64 * 32; i++) {
        const double x = (i + 0.37) / 64;
        double at;
        formula_evaluate(&s->formula, 1, &x, &at, &error);
        if (i > -64 * 32 && at * at_before < 0) {
            double low = before, high = x;
            for (int j = 0; j < 80; j++) {
                const double middle = low + (high - low) / 2;
                double value;
                formula_evaluate(&s->formula, 1, &middle, &value, &error);
                if (value * at_before > 0)
                    low = middle;
                else
                    high = middle;
            }
            add_special(s, low);
        }
        before = x;
        at_before = at;
    }
}

static void find_specials(struct sweep *s) {
    const struct accuracy_task *task = s->task;
    const double fixed[] = {0,        1,      -1,     0.5,     -0.5,   2,      -2,      3,
                            -3,       6,      -6,     8,       -8,     9.0109, -9.0109, 16.636,
                            -16.636,  20,     -20,    22.18,   -22.18, 88.72,  -88.72,  -87.3365,
                            -103.972, 709.78, -708.4, -745.13, 1e19,   -1e19,  7e12,    -7e12};
    for (int i = 0; i < task->op->kink_count; i++) {
        add_special(s, wg_quantity_value(task->op, task->op->kinks[i].at, task->slots, NULL));
    }
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) add_special(s, fixed[i]);
    find_zeros(s);
    const double largest = task->dtype == WG_F32 ? (double)FLT_MAX : DBL_MAX;
    add_special(s, neighbour(largest, task->dtype, -s->neighbours));
    add_special(s, neighbour(-largest, task->dtype, s->neighbours));
}

/* ---- Comparison --------------------------------------------------------------------------- */

/* The exponent of the spacing of the dtype's numbers at a value: the smallest subnormal's at least.
 */
static int unit_exponent(enum wg_dtype dtype, double value) {
    const int digits = dtype == WG_F32 ? FLT_MANT_DIG : DBL_MANT_DIG;
    const int least = dtype == WG_F32 ? FLT_MIN_EXP : DBL_MIN_EXP;
    int exponent;
    frexp(value, &exponent);
    return (exponent > least ? exponent : least) - digits;
}

static double spacing(enum wg_dtype dtype, double value) {
    return ldexp(1, unit_exponent(dtype, value));
}

/* Counts one result; `exact` + `remainder` is the true value. Where double underflowed, the sign of
 * an exact 0 is not known. Returns the error, NaN where not both are numbers. */
static double count(struct accuracy *a, enum wg_dtype dtype, double x, double computed,
                    double exact, double remainder, bool sign_known) {
    const double largest = dtype == WG_F32 ? (double)FLT_MAX : DBL_MAX;
    double ulp;
    a->inputs++;
    if (isnan(computed) || isnan(exact)) {
        if (isnan(computed) != isnan(exact)) a->wrong_nan++;
        a->bin[0]++;
        return NAN;
    }
    const double half = spacing(dtype, largest) / 2;
    const bool overflows = isinf(exact) || fabs(exact) - largest >= half;
    if (isinf(computed) || overflows) {
        const bool right = isinf(computed) && overflows && (computed > 0) == (exact > 0);
        if (isinf(computed) && !right) a->wrong_infinity++;
        ulp = right                             ? 0
              : isinf(computed) || isinf(exact) ? INFINITY
                                                : fabs(computed - exact) / (2 * half);
    } else {
        /* A result that underflows may take either sign. */
        const bool signed_zero = computed == 0 && exact == 0 && remainder == 0 && sign_known;
        if (signed_zero && signbit(computed) != signbit(exact)) a->wrong_zero_sign++;
        const int unit = unit_exponent(dtype, exact);
        ulp = fabs(ldexp(computed - exact, -unit) -
                   ldexp(remainder, formula_unit_exponent(exact) - unit));
    }
    const double limits[] = {0.5, 1, 2, 4};
    int bin = 0;
    while (bin < 4 && !(ulp <= limits[bin])) bin++;
    a->bin[bin]++;
    if (ulp > a->max_ulp || (ulp == a->max_ulp && x < a->worst)) {
        a->max_ulp = ulp;
        a->worst = x;
    }
    return ulp;
}

static void merge(struct accuracy *into, const struct accuracy *part) {
    into->inputs += part->inputs;
    for (int i = 0; i < ACCURACY_BINS; i++) into->bin[i] += part->bin[i];
    into->wrong_nan += part->wrong_nan;
    into->wrong_infinity += part->wrong_infinity;
    into->wrong_zero_sign += part->wrong_zero_sign;
    into->by_mpfr += part->by_mpfr;
    if (part->max_ulp > into->max_ulp ||
        (part->max_ulp == into->max_ulp && part->worst < into->worst)) {
        into->max_ulp = part->max_ulp;
        into->worst = part->worst;
    }
}

/* ---- Workers ------------------------------------------------------------------------------ */

/* A worker's tape: the op recorded once on CHUNK inputs, to be replayed. */
struct machine {
    wg_tape *tape;
    wg_var x, y;
    void *ones;
    double *input;
    struct formula_exact *exact;
};

static void stop(struct sweep *s, const char *message) {
    pthread_mutex_lock(&s->lock);
    if (!s->failed) snprintf(s->message, sizeof s->message, "%s", message);
    s->failed = true;
    pthread_mutex_unlock(&s->lock);
}

static bool machine_start(struct machine *m, struct sweep *s) {
    const struct accuracy_task *task = s->task;
    const struct wg_shape shape = {1, {CHUNK}};
    wg_var inputs[1 + MOST_FURTHER];
    int n;
    wg_op_input_count(task->op, &n);
    m->tape = wg_tape_new();
    m->x = inputs[0] = wg_variable(m->tape, task->dtype, shape, NULL);
    for (int i = 1; i < n; i++)
        inputs[i] = wg_constant_scalar(m->tape, task->dtype, task->further[i - 1]);
    m->y = wg_apply(task->op, inputs, n, task->slots);
    m->input = malloc(CHUNK * sizeof *m->input);
    m->ones = malloc(CHUNK * sizeof(double));
    m->exact = formula_exact_new(&s->formula);
    for (int i = 0; m->ones && i < CHUNK; i++) {
        if (task->dtype == WG_F32)
            ((float *)m->ones)[i] = 1;
        else
            ((double *)m->ones)[i] = 1;
    }
    if (wg_error_status() == WG_OK && m->input && m->ones && m->exact) return true;
    stop(s, wg_error_status() == WG_OK ? "out of memory" : wg_error());
    return false;
}

static void machine_stop(struct machine *m) {
    wg_tape_free(m->tape);
    free(m->input);
    free(m->ones);
    formula_exact_free(m->exact);
}

/* The op on the first n inputs, which are numbered from `first`, as doubles. */
static bool compute(struct machine *m, const struct accuracy_task *task, uint64_t first, int n,
                    double *computed) {
    if (task->source && task->source->outputs) {
        task->source->outputs(task->source->context, first, n, m->input, computed);
        return true;
    }
    const bool narrow = task->dtype == WG_F32;
    void *data = wg_value(m->x).data;
    for (int i = 0; i < n; i++) {
        if (narrow)
            ((float *)data)[i] = (float)m->input[i];
        else
            ((double *)data)[i] = m->input[i];
    }
    if (wg_forward(m->tape) != WG_OK) return false;
    if (task->gradient && wg_backward_from(m->y, m->ones) != WG_OK) return false;
    const void *out = task->gradient ? wg_gradient(m->x).data : wg_value(m->y).data;
    if (!out) return false;
    for (int i = 0; i < n; i++)
        computed[i] = narrow ? (double)((const float *)out)[i] : ((const double *)out)[i];
    return true;
}

/* What double cannot decide, or what is not a plain number. */
static void compare_one(struct machine *m, const struct sweep *s, double x, double computed,
                        double exact, double error, struct accuracy *part) {
    const enum wg_dtype dtype = s->task->dtype;
    double remainder = 0;
    const bool known =
        dtype == WG_F32 && isfinite(x) && error <= ACCURACY_ENOUGH * spacing(dtype, exact);
    bool sign_known = error == 0;
    if (isnan(x)) { /* a slope that is the same everywhere may be so at NaN, or pass it on */
        exact = s->uses_x ? NAN : computed;
    } else if (!known) {
        formula_exact_value(m->exact, x, &exact, &remainder);
        part->by_mpfr++;
        sign_known = true;
    }
    const double ulp = count(part, dtype, x, computed, exact, remainder, sign_known);
    const struct accuracy_source *source = s->task->source;
    if (source && source->observe) source->observe(source->context, x, computed, exact, ulp);
}

static void compare(struct machine *m, const struct sweep *s, int n, const double *computed,
                    struct accuracy *part) {
    double exact[FORMULA_BATCH] = {0}, error[FORMULA_BATCH] = {0};
    int left[FORMULA_BATCH];
    for (int start = 0; start < n; start += FORMULA_BATCH) {
        const int batch = n - start < FORMULA_BATCH ? n - start : FORMULA_BATCH;
        const double *x = m->input + start, *y = computed + start;
        int lefts = batch;
        const bool floats = s->task->dtype == WG_F32;
        const bool watched = s->task->source && s->task->source->observe;
        if (floats) s->lanes->evaluate(&s->formula, batch, x, exact, error);
        if (floats && !watched) {
            lefts = s->lanes->count(batch, x, y, exact, error, part, left);
        }
        for (int k = 0; k < lefts; k++) {
            const int i = floats && !watched ? left[k] : k;
            compare_one(m, s, x[i], y[i], exact[i], error[i], part);
        }
    }
}

/* The n inputs from the one numbered `from`. */
static void fill_inputs(const struct sweep *s, uint64_t from, int n, double *input) {
    if (s->task->dtype == WG_F32 && from + (uint64_t)n <= s->patterns) {
        const uint32_t first = (uint32_t)(from * s->stride), stride = (uint32_t)s->stride;
        for (int i = 0; i < n; i++) input[i] = float_of(first + stride * (uint32_t)i);
    } else {
        for (int i = 0; i < n; i++) input[i] = input_at(s, from + (uint64_t)i);
    }
}

static void *work(void *context) {
    struct sweep *s = context;
    struct machine m = {0};
    double *computed = malloc(CHUNK * sizeof *computed);
    bool going = machine_start(&m, s) && computed;
    if (!computed) stop(s, "out of memory");
    while (going) {
        pthread_mutex_lock(&s->lock);
        const uint64_t from = s->next, left = s->total - from;
        const int n = s->failed ? 0 : left < CHUNK ? (int)left : CHUNK;
        s->next += (uint64_t)n;
        if (s->progress && n > 0 && from / CHUNK % 256 == 0)
            s->progress((double)from / (double)s->total, s->context);
        pthread_mutex_unlock(&s->lock);
        if (n == 0) break;
        struct accuracy part = {.worst = INFINITY};
        fill_inputs(s, from, n, m.input);
        going = compute(&m, s->task, from, n, computed);
        if (!going)
            stop(s, wg_error());
        else
            compare(&m, s, n, computed, &part);
        pthread_mutex_lock(&s->lock);
        merge(&s->result, &part);
        pthread_mutex_unlock(&s->lock);
    }
    free(computed);
    machine_stop(&m);
    return NULL;
}

/* ---- The measurement ---------------------------------------------------------------------- */

bool accuracy_formula(const struct accuracy_task *task, char *text, size_t size) {
    const char *from = task->gradient ? task->op->derivative : task->op->formula;
    if (!from) return false;
    const size_t length = strcspn(from, ";"); /* derivatives by other inputs follow */
    snprintf(text, size, "%.*s", (int)length, from);
    return length < size;
}

int accuracy_names(const struct accuracy_task *task, struct formula_name *names) {
    int count = 0, inputs;
    wg_op_input_count(task->op, &inputs);
    for (int i = 0; i < wg_op_attribute_count(task->op); i++) {
        names[count++] = (struct formula_name){task->op->attributes[i].name,
                                               task->dtype == WG_F32 ? (double)(float)task->slots[i]
                                                                     : task->slots[i]};
    }
    for (int i = 1; i < inputs; i++) {
        const double value = task->further[i - 1];
        names[count++] = (struct formula_name){
            task->op->inputs[i], task->dtype == WG_F32 ? (double)(float)value : value};
    }
    return count;
}

static bool prepare(struct sweep *s, char *message, size_t size) {
    const struct accuracy_task *task = s->task;
    struct formula_name names[FORMULA_NAMES];
    char text[512];
    int inputs;
    if (task->op->structure != WG_ELEMENTWISE ||
        wg_op_input_count(task->op, &inputs) > 1 + MOST_FURTHER) {
        snprintf(message, size, "%s is not elementwise: it has no value for each input number",
                 task->op->name);
        return false;
    }
    if (!accuracy_formula(task, text, sizeof text)) {
        snprintf(message, size, "%s has no %s on its card", task->op->name,
                 task->gradient ? "derivative" : "formula");
        return false;
    }
    if (!formula_parse(&s->formula, text, names, accuracy_names(task, names), message, size))
        return false;
    for (int i = 0; i < s->formula.count; i++)
        s->uses_x = s->uses_x || s->formula.node[i].kind == FORMULA_X;
    return true;
}

uint64_t accuracy_stride_inputs(uint32_t stride) {
    return ((UINT64_C(1) << 32) + stride - 1) / stride;
}

static void plan(struct sweep *s) {
    const struct accuracy_task *task = s->task;
    const bool few = task->dtype == WG_F64 && task->samples < MANY_SAMPLES;
    s->neighbours = few ? FEW_NEIGHBOURS : NEIGHBOURS;
    if (task->source) {
        s->stride = task->source->stride;
        s->patterns = accuracy_stride_inputs(task->source->stride);
    } else if (task->dtype == WG_F32 && (task->samples == 0 || task->samples > UINT64_C(1) << 31)) {
        /* every one: more than half of them cannot be spread evenly */
        s->stride = 1;
        s->patterns = UINT64_C(1) << 32;
    } else {
        const uint64_t all = task->dtype == WG_F32 ? UINT64_C(1) << 32 : UINT64_MAX;
        s->patterns = task->samples ? task->samples : 1;
        s->stride = all / s->patterns | 1; /* odd: every digit of the significand varies */
        find_specials(s);
    }
    s->total = s->patterns + (uint64_t)s->specials * (2 * (uint64_t)s->neighbours + 1);
}

bool measure_accuracy(const struct accuracy_task *task, accuracy_progress *progress, void *context,
                      struct accuracy *result, char *message, size_t size) {
    struct sweep s = {
        .task = task, .progress = progress, .context = context, .result = {.worst = INFINITY}};
    if (!prepare(&s, message, size)) return false;
    s.lanes = lanes_for(wg_isa());
    plan(&s);
    pthread_mutex_init(&s.lock, NULL);
    pthread_t thread[64];
    const int threads = task->source ? 1 : task->threads; /* who observes keeps no locks */
    int started = 0;
    for (; started < threads && started < 64; started++) {
        if (pthread_create(&thread[started], NULL, work, &s) != 0) break;
    }
    if (started == 0) work(&s);
    for (int i = 0; i < started; i++) pthread_join(thread[i], NULL);
    pthread_mutex_destroy(&s.lock);
    if (s.failed) snprintf(message, size, "%s", s.message);
    *result = s.result;
    return !s.failed;
}
