/* What all optimizers share: their making, and a step. */
#include "optim/optimizer.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/parallel.h"
#include "math/pow.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK 2048 /* elements that go through all stages of a step while they are near */
#define SQUARES_BLOCK 4096

double wg_power(double b, double t) { return wg_pow_f64(b, t); }

/* ---- Making -------------------------------------------------------------------------------- */

struct wg_shape wg_slot_shape(const wg_optimizer *o, int slot, int i) {
    const struct wg_shape shape = o->params->param[i].shape;
    return slot < WG_RULE_STATES && o->rule->state_shape ? o->rule->state_shape(slot, shape)
                                                         : shape;
}

/* The slot's array, and for shapes of its own, where the parts begin. */
static bool make_slot(wg_optimizer *o, int index) {
    const wg_params *params = o->params;
    struct wg_slot *slot = &o->slot[index];
    int64_t elements = params->elements;
    if (index < WG_RULE_STATES && o->rule->state_shape) {
        const int64_t line = WG_ALIGNMENT / (int64_t)wg_dtype_size(params->dtype);
        slot->start = malloc((size_t)(params->count + 1) * sizeof *slot->start);
        if (!slot->start) return false;
        elements = 0;
        for (int i = 0; i < params->count; i++) {
            const int64_t size = wg_shape_size(wg_slot_shape(o, index, i));
            slot->start[i] = size > 0 ? elements : -1;
            elements += (size + line - 1) / line * line;
        }
    }
    slot->data = wg_aligned_zeros((size_t)elements * wg_dtype_size(params->dtype));
    if (!slot->data) return false;
    const double initial =
        index < WG_RULE_STATES && o->rule->initial ? o->rule->initial(o->options, index) : 0;
    if (initial != 0) o->set->fill(elements, slot->data, initial);
    return true;
}

static bool clips(const wg_optimizer *o) {
    return o->common.clipnorm > 0 || o->common.clipvalue > 0 || o->common.global_clipnorm > 0;
}

static bool make_arrays(wg_optimizer *o) {
    const wg_params *params = o->params;
    const struct wg_rule *rule = o->rule;
    const size_t count = (size_t)params->count + 1;
    unsigned kept = rule->kept ? rule->kept(o->options) : (1u << WG_RULE_STATES) - 1;
    for (int i = 0; i < WG_RULE_STATES; i++) {
        if (!rule->state[i]) kept &= ~(1u << i);
    }
    if (o->common.use_ema) kept |= 1u << WG_SLOT_AVERAGE;
    if (o->common.gradient_accumulation_steps > 1) kept |= 1u << WG_SLOT_ACCUMULATED;
    for (int i = 0; i < WG_OPTIMIZER_SLOTS; i++) {
        if (kept >> i & 1 && !make_slot(o, i)) return false;
    }
    if (clips(o) && rule->whole && !o->slot[WG_SLOT_ACCUMULATED].data) {
        o->clipped = wg_aligned_zeros((size_t)params->elements * wg_dtype_size(params->dtype));
        if (!o->clipped) return false;
    }
    o->partial = malloc((size_t)(params->elements / SQUARES_BLOCK + 1) * sizeof *o->partial);
    o->group = calloc(count, sizeof *o->group);
    o->run = calloc(count, sizeof *o->run);
    return o->partial && o->group && o->run;
}

wg_optimizer *wg_optimizer_new(wg_params *params, const struct wg_rule *rule, const void *options) {
    if (!params) {
        wg_fail(WG_ERROR_ARGUMENT, "%s: the parameter set is NULL", rule->name);
        return NULL;
    }
    wg_optimizer made = {.params = params, .rule = rule, .carried = 1};
    memcpy(made.options, options, rule->size);
    if (wg_resolve_options(rule, made.options, &made.common) != WG_OK) return NULL;
    made.set = wg_update_set(params->dtype);
    if (!made.set) return NULL;
    wg_optimizer *optimizer = malloc(sizeof *optimizer);
    if (optimizer) *optimizer = made;
    if (!optimizer || !make_arrays(optimizer)) {
        wg_optimizer_free(optimizer);
        wg_fail(WG_ERROR_MEMORY, "%s: out of memory", rule->name);
        return NULL;
    }
    for (int i = 0; i < params->count; i++) {
        optimizer->group[i] =
            (struct wg_group){.rate_factor = 1, .weight_decay = made.common.weight_decay};
    }
    wg_build_runs(optimizer);
    params->sealed = true;
    return optimizer;
}

void wg_optimizer_free(wg_optimizer *optimizer) {
    if (!optimizer) return;
    for (int i = 0; i < WG_OPTIMIZER_SLOTS; i++) {
        free(optimizer->slot[i].data);
        free(optimizer->slot[i].start);
    }
    free(optimizer->clipped);
    free(optimizer->partial);
    free(optimizer->group);
    free(optimizer->run);
    free(optimizer);
}

/* ---- A step -------------------------------------------------------------------------------- */

/* Element `at` of a flat array; NULL stays NULL. */
static void *element(const wg_optimizer *o, const void *array, int64_t at) {
    return array ? (char *)array + (size_t)at * wg_dtype_size(o->params->dtype) : NULL;
}

/* The gradients to use: the accumulated ones, or the set's. */
static const void *source(const wg_optimizer *o) {
    const void *accumulated = o->slot[WG_SLOT_ACCUMULATED].data;
    return accumulated ? accumulated : o->params->gradient;
}

struct addition {
    const wg_optimizer *optimizer;
    int count;
};

static void add_gradients(int64_t begin, int64_t end, const void *context) {
    const struct addition *a = context;
    const wg_optimizer *o = a->optimizer;
    o->set->accumulate(end - begin, element(o, o->slot[WG_SLOT_ACCUMULATED].data, begin),
                       element(o, o->params->gradient, begin), a->count);
}

struct squares {
    const wg_optimizer *optimizer;
    int64_t begin, end;
};

static void partial_squares(int64_t begin, int64_t end, const void *context) {
    const struct squares *s = context;
    const wg_optimizer *o = s->optimizer;
    for (int64_t i = begin; i < end; i++) {
        const int64_t at = s->begin + i * SQUARES_BLOCK, left = s->end - at;
        o->partial[i] =
            o->set->squares(left < SQUARES_BLOCK ? left : SQUARES_BLOCK, element(o, source(o), at));
    }
}

/* The sum of the gradients' squares over a run, its blocks in order. */
static double gradient_squares(const wg_optimizer *o, const struct wg_run *run) {
    const struct squares s = {o, run->begin, run->end};
    const int64_t n = run->end - run->begin, blocks = (n + SQUARES_BLOCK - 1) / SQUARES_BLOCK;
    wg_parallel(blocks, n, partial_squares, &s);
    double total = 0;
    for (int64_t i = 0; i < blocks; i++) total += o->partial[i];
    return total;
}

/* min(1, most / norm); NaN for a norm that is not a number or infinite, as then no factor helps. */
static double clip_factor(double squares, double most) {
    const double norm = __builtin_sqrt(squares);
    if (!isfinite(norm)) return NAN;
    return norm > most ? most / norm : 1;
}

static void find_clip_factors(wg_optimizer *o) {
    const struct wg_common_options *c = &o->common;
    double total = 0;
    for (int i = 0; c->clipnorm > 0 && i < o->runs; i++)
        o->run[i].clip = clip_factor(gradient_squares(o, &o->run[i]), c->clipnorm);
    if (!(c->global_clipnorm > 0)) return;
    for (int i = 0; i < o->runs; i++) total += gradient_squares(o, &o->run[i]);
    const double factor = clip_factor(total, c->global_clipnorm);
    for (int i = 0; i < o->runs; i++) o->run[i].clip = factor;
}

/* The gradients of a block, clipped: in place where they are accumulated ones, else into an array
 * of their own, or where that is NULL, into `room` for BLOCK elements. */
static const void *clip(const wg_optimizer *o, const struct wg_run *run, int64_t begin, int64_t n,
                        void *room) {
    const void *from = element(o, source(o), begin);
    if (!clips(o)) return from;
    void *accumulated = o->slot[WG_SLOT_ACCUMULATED].data;
    void *to = accumulated || o->clipped ? element(o, accumulated ? accumulated : o->clipped, begin)
                                         : room;
    if (o->common.clipvalue > 0)
        o->set->clamp(n, to, from, o->common.clipvalue);
    else
        o->set->scale(n, to, from, run->clip);
    return to;
}

static void update_average(const wg_optimizer *o, int64_t begin, int64_t n, void *w) {
    const int every = o->common.ema_overwrite_frequency;
    void *average = element(o, o->slot[WG_SLOT_AVERAGE].data, begin);
    if (!average || o->steps == 0) return;
    o->set->average(n, average, w, o->common.ema_momentum);
    if (every > 0 && (o->steps + 1) % every == 0)
        memcpy(w, average, (size_t)n * wg_dtype_size(o->params->dtype));
}

static void update_block(const wg_optimizer *o, const struct wg_run *run, double rate,
                         int64_t begin, int64_t n) {
    _Alignas(WG_ALIGNMENT) double room[BLOCK];
    struct wg_part part = {.n = n,
                           .shape = &o->params->param[run->parameter].shape,
                           .w = element(o, o->params->value, begin),
                           .g = clip(o, run, begin, n, room),
                           .scalars = run->scalars};
    for (int i = 0; i < WG_RULE_STATES; i++) {
        const struct wg_slot *slot = &o->slot[i];
        const int64_t at = slot->start ? slot->start[run->parameter] : begin;
        part.state[i] = at >= 0 ? element(o, slot->data, at) : NULL;
    }
    if (run->decay != 0) o->set->decay(n, part.w, rate * run->rate_factor * run->decay);
    o->set->update[o->rule->number](&part);
    update_average(o, begin, n, part.w);
}

struct step {
    const wg_optimizer *optimizer;
    double rate;
};

/* Elements begin to end of the flat arrays, in blocks. */
static void update_elements(int64_t begin, int64_t end, const void *context) {
    const struct step *step = context;
    const wg_optimizer *o = step->optimizer;
    for (int i = 0; i < o->runs; i++) {
        const struct wg_run *run = &o->run[i];
        const int64_t first = run->begin > begin ? run->begin : begin,
                      last = run->end < end ? run->end : end;
        for (int64_t at = first; at < last; at += BLOCK)
            update_block(o, run, step->rate, at, last - at < BLOCK ? last - at : BLOCK);
    }
}

/* Runs begin to end, each a whole parameter. */
static void update_runs(int64_t begin, int64_t end, const void *context) {
    const struct step *step = context;
    for (int64_t i = begin; i < end; i++) {
        const struct wg_run *run = &step->optimizer->run[i];
        update_block(step->optimizer, run, step->rate, run->begin, run->end - run->begin);
    }
}

static double rate_of(const wg_optimizer *o) {
    return o->schedule.kind == WG_SCHEDULE_NONE ? o->options[0]
                                                : wg_schedule_at(&o->schedule, o->steps);
}

static void update(wg_optimizer *o) {
    const struct wg_rule *rule = o->rule;
    const struct step step = {o, rate_of(o)};
    const int64_t n = o->params->elements;
    for (int i = 0; i < o->runs; i++) {
        struct wg_run *run = &o->run[i];
        rule->scalars(o->options, o->steps + 1, o->carried, step.rate * run->rate_factor,
                      run->scalars);
    }
    find_clip_factors(o);
    if (rule->whole)
        wg_parallel(o->runs, 8 * n, update_runs, &step);
    else
        wg_parallel(n, 4 * n, update_elements, &step);
}

enum wg_status wg_optimizer_step(wg_optimizer *optimizer) {
    wg_optimizer *o = optimizer;
    if (!o) return wg_fail(WG_ERROR_ARGUMENT, "wg_optimizer_step: the optimizer is NULL");
    const size_t bytes = (size_t)o->params->elements * wg_dtype_size(o->params->dtype);
    const int every = o->common.gradient_accumulation_steps;
    if (every > 1) {
        const bool last = o->accumulated + 1 == every;
        const struct addition addition = {o, last ? every : 1};
        wg_parallel(o->params->elements, o->params->elements, add_gradients, &addition);
        o->accumulated = last ? 0 : o->accumulated + 1;
        if (!last) return WG_OK;
    }
    update(o);
    if (bytes > 0 && o->steps == 0 && o->common.use_ema)
        memcpy(o->slot[WG_SLOT_AVERAGE].data, o->params->value, bytes);
    if (bytes > 0 && every > 1) memset(o->slot[WG_SLOT_ACCUMULATED].data, 0, bytes);
    o->steps++;
    if (o->rule->carry) o->carried = o->rule->carry(o->options, o->steps, o->carried);
    return WG_OK;
}

/* ---- What can be asked and set ------------------------------------------------------------- */

int64_t wg_optimizer_steps(const wg_optimizer *optimizer) {
    return optimizer ? optimizer->steps : 0;
}

int wg_optimizer_accumulated(const wg_optimizer *optimizer) {
    return optimizer ? optimizer->accumulated : 0;
}

enum wg_status wg_optimizer_set_learning_rate(wg_optimizer *optimizer, double learning_rate) {
    if (!optimizer || !(learning_rate > 0) || !isfinite(learning_rate)) {
        return wg_fail(
            WG_ERROR_ARGUMENT,
            "wg_optimizer_set_learning_rate: learning rate %g; expected an optimizer and a positive, finite number",
            learning_rate);
    }
    optimizer->options[0] = learning_rate;
    optimizer->schedule.kind = WG_SCHEDULE_NONE;
    return WG_OK;
}

enum wg_status wg_optimizer_set_schedule(wg_optimizer *optimizer,
                                         const struct wg_schedule *schedule) {
    if (!optimizer || !schedule || schedule->kind <= WG_SCHEDULE_NONE ||
        schedule->kind > WG_SCHEDULE_COSINE_RESTARTS) {
        return wg_fail(
            WG_ERROR_ARGUMENT,
            "wg_optimizer_set_schedule: expected an optimizer and a schedule that was made");
    }
    optimizer->schedule = *schedule;
    return WG_OK;
}

double wg_optimizer_learning_rate(const wg_optimizer *optimizer) {
    if (optimizer) return rate_of(optimizer);
    wg_fail(WG_ERROR_ARGUMENT, "wg_optimizer_learning_rate: the optimizer is NULL");
    return NAN;
}

int wg_optimizer_has_schedule(const wg_optimizer *optimizer) {
    return optimizer && optimizer->schedule.kind != WG_SCHEDULE_NONE;
}

static bool has_state(const wg_optimizer *o, int slot, int i) {
    return slot >= 0 && slot < WG_OPTIMIZER_SLOTS && o->slot[slot].data &&
           (!o->slot[slot].start || o->slot[slot].start[i] >= 0);
}

struct wg_tensor wg_optimizer_state(const wg_optimizer *optimizer, int slot, int i) {
    if (!optimizer) {
        wg_fail(WG_ERROR_ARGUMENT, "wg_optimizer_state: the optimizer is NULL");
        return (struct wg_tensor){0};
    }
    struct wg_tensor t = wg_param_value(optimizer->params, i);
    if (!t.data) return t;
    if (!has_state(optimizer, slot, i)) {
        wg_fail(
            WG_ERROR_ARGUMENT,
            "wg_optimizer_state: slot %d of parameter %d; %s keeps none there; expected one that has a name",
            slot, i, optimizer->rule->name);
        return (struct wg_tensor){0};
    }
    const int64_t *start = optimizer->slot[slot].start;
    t.shape = wg_slot_shape(optimizer, slot, i);
    t.size = wg_shape_size(t.shape);
    t.data = element(optimizer, optimizer->slot[slot].data,
                     start ? start[i] : optimizer->params->param[i].start);
    return t;
}

const char *wg_optimizer_state_name(const wg_optimizer *optimizer, int slot, int i) {
    static const char *const shared[] = {"average", "accumulated"};
    if (!optimizer || i < 0 || i >= optimizer->params->count || !has_state(optimizer, slot, i))
        return NULL;
    return slot < WG_RULE_STATES ? optimizer->rule->state[slot] : shared[slot - WG_RULE_STATES];
}

enum wg_status wg_optimizer_resume(wg_optimizer *optimizer, int64_t steps, int accumulated) {
    const int every = optimizer ? optimizer->common.gradient_accumulation_steps : 0;
    if (!optimizer || steps < 0 || accumulated < 0 || (accumulated > 0 && accumulated >= every)) {
        return wg_fail(
            WG_ERROR_ARGUMENT,
            "wg_optimizer_resume: %lld steps, %d accumulated; expected an optimizer, steps from 0, and from 0 to below %d",
            (long long)steps, accumulated, every > 1 ? every : 1);
    }
    optimizer->steps = steps;
    optimizer->accumulated = accumulated;
    optimizer->carried = 1;
    for (int64_t t = 1; optimizer->rule->carry && t <= steps && optimizer->carried != 0; t++)
        optimizer->carried = optimizer->rule->carry(optimizer->options, t, optimizer->carried);
    return WG_OK;
}
