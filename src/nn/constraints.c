/* Constraints: parameters' values brought back to where they may be. */
#include "wengert/constraints.h"

#include "base/error.h"
#include "nn/named.h"
#include "nn/params.h"

#include <math.h>
#include <string.h>

#define KERAS_EPSILON 1e-7
#define LEAST_EXPONENT (-1000) /* so that a scale of 2^1000 stays finite */

/* Dimensions to walk, and how far apart the elements along them lie. */
struct walk {
    int rank;
    int64_t size, dim[WG_MAX_RANK], stride[WG_MAX_RANK];
};

/* The dimensions in the mask; those next to each other are one. */
static struct walk walk_along(struct wg_shape shape, unsigned mask) {
    struct walk walk = {.size = 1};
    int64_t stride = 1;
    for (int d = shape.rank - 1; d >= 0; d--) {
        if (mask >> d & 1) {
            if (walk.rank > 0 && walk.stride[walk.rank - 1] * walk.dim[walk.rank - 1] == stride) {
                walk.dim[walk.rank - 1] *= shape.dim[d];
            } else {
                walk.dim[walk.rank] = shape.dim[d];
                walk.stride[walk.rank++] = stride;
            }
            walk.size *= shape.dim[d];
        }
        stride *= shape.dim[d];
    }
    return walk;
}

/* Where the walk's k-th element lies, the last dimension turning fastest. */
static int64_t offset_of(const struct walk *walk, int64_t k) {
    int64_t offset = 0;
    for (int d = 0; d + 1 < walk->rank; d++) {
        offset += k % walk->dim[d] * walk->stride[d];
        k /= walk->dim[d];
    }
    return walk->rank > 0 ? offset + k * walk->stride[walk->rank - 1] : 0;
}

/* ------------------------------------------------------------------------------------------------
 * Norms */

/* The elements of one norm: they begin at `start`. */
struct group {
    const struct wg_tensor *value;
    const struct walk *walk;
    int64_t start;
};

static double get(const struct group *group, int64_t k) {
    return wg_element(group->value, group->start + offset_of(group->walk, k));
}

/* Scaled by a power of two, which rounds nothing, so that no square overflows or vanishes. */
static double norm_of(const struct group *group) {
    double largest = 0, sum = 0;
    int exponent;
    for (int64_t k = 0; k < group->walk->size; k++) {
        const double magnitude = fabs(get(group, k));
        if (magnitude > largest) largest = magnitude;
    }
    if (isinf(largest)) return INFINITY; /* which has no exponent */
    frexp(largest, &exponent);
    if (exponent < LEAST_EXPONENT) exponent = LEAST_EXPONENT;
    const double scale = ldexp(1, -exponent);
    for (int64_t k = 0; k < group->walk->size; k++) {
        const double x = get(group, k) * scale;
        sum += x * x;
    }
    return ldexp(sqrt(sum), exponent);
}

struct norm_range {
    double min, max, rate;
};

static double wanted(const struct norm_range *range, double norm) {
    const double clipped = norm < range->min ? range->min : norm > range->max ? range->max : norm;
    return range->rate == 1 ? clipped : range->rate * clipped + (1 - range->rate) * norm;
}

static void constrain_group(const struct group *group, const struct norm_range *range) {
    const double norm = norm_of(group), factor = wanted(range, norm) / (KERAS_EPSILON + norm);
    for (int64_t k = 0; k < group->walk->size; k++) {
        const int64_t at = group->start + offset_of(group->walk, k);
        wg_set_element(group->value, at, wg_element(group->value, at) * factor);
    }
}

static enum wg_status constrain_norms(const char *who, const struct wg_tensor *value,
                                      const struct norm_range *range, const double *list_slots) {
    struct wg_list list;
    unsigned mask;
    memcpy(&list, list_slots, sizeof list);
    if (list.count < 0) list = (struct wg_list){.count = 1}; /* axis 0 */
    const enum wg_status status = wg_list_mask(who, "axis", &list, value->shape, &mask);
    if (status != WG_OK) return status;
    const struct walk along = walk_along(value->shape, mask),
                      across = walk_along(value->shape, ~mask);
    for (int64_t g = 0; g < across.size; g++)
        constrain_group(&(struct group){value, &along, offset_of(&across, g)}, range);
    return WG_OK;
}

/* ------------------------------------------------------------------------------------------------
 * What each does */

static enum wg_status set_max_norm(const char *who, const struct wg_tensor *value,
                                   const double *slots) {
    return constrain_norms(who, value, &(struct norm_range){0, slots[0], 1}, slots + 1);
}

static enum wg_status set_unit_norm(const char *who, const struct wg_tensor *value,
                                    const double *slots) {
    return constrain_norms(who, value, &(struct norm_range){1, 1, 1}, slots);
}

static enum wg_status set_min_max_norm(const char *who, const struct wg_tensor *value,
                                       const double *slots) {
    if (slots[0] > slots[1]) {
        return wg_fail(WG_ERROR_ARGUMENT,
                       "%s: min_value=%g, max_value=%g; expected min_value <= max_value", who,
                       slots[0], slots[1]);
    }
    return constrain_norms(who, value, &(struct norm_range){slots[0], slots[1], slots[2]},
                           slots + 3);
}

static enum wg_status set_non_neg(const char *who, const struct wg_tensor *value,
                                  const double *slots) {
    (void)who;
    (void)slots;
    for (int64_t k = 0; k < value->size; k++) {
        if (wg_element(value, k) < 0) wg_set_element(value, k, 0);
    }
    return WG_OK;
}

/* ------------------------------------------------------------------------------------------------
 * The table */

struct constraint {
    struct wg_named named;
    enum wg_status (*set)(const char *who, const struct wg_tensor *value, const double *slots);
};

#define NORM(name, initial, meaning)                                                               \
    { name, initial, 0, WG_LARGEST, WG_NUMBER, meaning }
#define AXIS                                                                                       \
    { "axis", 0, 0, 0, WG_LIST, "axes along which norms are; without it 0" }

enum { MAX_NORM, UNIT_NORM, NON_NEG, MIN_MAX_NORM };

static const struct constraint constraints[] = {
    [MAX_NORM] = {.named.as_op = {.name = "max_norm",
                                  .attributes = {NORM("max_value", 2, "largest norm"), AXIS}},
                  .set = set_max_norm},
    [UNIT_NORM] = {.named.as_op = {.name = "unit_norm", .attributes = {AXIS}},
                   .set = set_unit_norm},
    [NON_NEG] = {.named.as_op = {.name = "non_neg"}, .set = set_non_neg},
    [MIN_MAX_NORM] = {.named.as_op = {.name = "min_max_norm",
                                      .attributes = {NORM("min_value", 0, "smallest norm"),
                                                     NORM("max_value", 1, "largest norm"),
                                                     {"rate", 1, 0, 1, WG_NUMBER, "how far to go"},
                                                     AXIS}},
                      .set = set_min_max_norm},
};

static const struct wg_named *at(int i) {
    const int count = sizeof constraints / sizeof *constraints;
    return i >= 0 && i < count ? &constraints[i].named : NULL;
}

const char *wg_constraint_name(int i) { return at(i) ? at(i)->as_op.name : NULL; }

/* ------------------------------------------------------------------------------------------------
 * Calls */

static enum wg_status constrain(wg_params *params, int i, int which, const double *slots) {
    const struct wg_op as_op = wg_op_of_named(&constraints[which].named);
    const struct wg_tensor value = wg_param_value(params, i);
    if (!value.data) return WG_ERROR_ARGUMENT;
    const enum wg_status status = wg_op_check_attributes(&as_op, slots);
    return status == WG_OK ? constraints[which].set(as_op.name, &value, slots) : status;
}

enum wg_status wg_param_constrain(wg_params *params, int i, const char *text) {
    static const struct wg_named_table table = {"constraint", "wg_param_constrain", at};
    const struct wg_configured configured = wg_read_named(&table, text);
    if (configured.index < 0) return WG_ERROR_ARGUMENT;
    return constrain(params, i, configured.index, configured.slots);
}

/* `numbers` as they are declared, then the axes; none of them means all that parameter i has. */
static enum wg_status constrain_along(wg_params *params, int i, int which, const double *numbers,
                                      int count, struct wg_axes axes) {
    double slots[WG_MAX_ATTRIBUTES + WG_LIST_SLOTS];
    const struct wg_tensor value = wg_param_value(params, i);
    if (!value.data) return WG_ERROR_ARGUMENT;
    struct wg_list list = wg_list_of(axes);
    if (axes.count == 0) {
        list.count = value.shape.rank;
        for (int d = 0; d < value.shape.rank; d++) list.at[d] = d;
    }
    for (int k = 0; k < count; k++) slots[k] = numbers[k];
    memcpy(slots + count, &list, sizeof list);
    return constrain(params, i, which, slots);
}

enum wg_status wg_param_max_norm(wg_params *params, int i, double max_value, struct wg_axes axes) {
    return constrain_along(params, i, MAX_NORM, &max_value, 1, axes);
}

enum wg_status wg_param_non_neg(wg_params *params, int i) {
    return constrain(params, i, NON_NEG, (double[]){0});
}

enum wg_status wg_param_unit_norm(wg_params *params, int i, struct wg_axes axes) {
    return constrain_along(params, i, UNIT_NORM, NULL, 0, axes);
}

enum wg_status wg_param_min_max_norm(wg_params *params, int i, double min_value, double max_value,
                                     double rate, struct wg_axes axes) {
    const double numbers[] = {min_value, max_value, rate};
    return constrain_along(params, i, MIN_MAX_NORM, numbers, 3, axes);
}
