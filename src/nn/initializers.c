/* Initializers: a table of names, and what each does. */
#include "wengert/initializers.h"

#include "base/error.h"
#include "nn/named.h"
#include "nn/orthogonal.h"
#include "nn/params.h"
#include "wengert/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The standard deviation of the normal distribution cut at 2: sqrt(1 - 4 phi(2) / erf(sqrt 2)). */
#define TRUNCATED_STDDEV 0.87962566103423978
#define TRUNCATED_AT 2

/* A parameter to be set, and what by. */
struct job {
    wg_params *params;
    int i;
    uint64_t seed;
    struct wg_tensor value;
    const struct initializer *initializer;
};

struct initializer {
    struct wg_named named;
    enum wg_status (*set)(const struct job *job, const double *slots);
    struct wg_variance_scaling scaling; /* of those that are variance_scaling under a name */
};

static struct wg_random random_of(const struct job *job) {
    return wg_random_make(job->seed, WG_STREAM_INITIAL + (uint64_t)job->i);
}

static const char *name_of(const struct job *job) { return job->initializer->named.as_op.name; }

/* ------------------------------------------------------------------------------------------------
 * Constants and plain draws */

static enum wg_status set_zeros(const struct job *job, const double *slots) {
    (void)slots;
    return wg_param_fill(job->params, job->i, 0);
}

static enum wg_status set_ones(const struct job *job, const double *slots) {
    (void)slots;
    return wg_param_fill(job->params, job->i, 1);
}

static enum wg_status set_constant(const struct job *job, const double *slots) {
    return wg_param_fill(job->params, job->i, slots[0]);
}

static enum wg_status set_uniform(const struct job *job, const double *slots) {
    if (slots[0] > slots[1]) {
        return wg_fail(WG_ERROR_ARGUMENT, "%s: minval=%g, maxval=%g; expected minval <= maxval",
                       name_of(job), slots[0], slots[1]);
    }
    return wg_param_uniform(job->params, job->i, slots[0], slots[1], job->seed);
}

static enum wg_status draw_normal(const struct job *job, double mean, double stddev, double bound) {
    struct wg_random random = random_of(job);
    for (int64_t k = 0; k < job->value.size; k++) {
        double deviation;
        do deviation = wg_random_normal(&random, 0, 1);
        while (fabs(deviation) > bound);
        wg_set_element(&job->value, k, mean + stddev * deviation);
    }
    return WG_OK;
}

static enum wg_status set_normal(const struct job *job, const double *slots) {
    return draw_normal(job, slots[0], slots[1], INFINITY);
}

static enum wg_status set_truncated_normal(const struct job *job, const double *slots) {
    return draw_normal(job, slots[0], slots[1], TRUNCATED_AT);
}

/* ------------------------------------------------------------------------------------------------
 * Scaled by fans */

static double product(struct wg_shape shape, unsigned mask) {
    double dimensions = 1;
    for (int d = 0; d < shape.rank; d++) {
        if (mask >> d & 1) dimensions *= (double)shape.dim[d];
    }
    return dimensions;
}

/* The axes that are meant where none are given, as masks. */
static void default_axes(int rank, unsigned *in, unsigned *out) {
    if (rank >= 2) {
        *in = 1u << (rank - 2);
        *out = 1u << (rank - 1);
    } else {
        *in = *out = (1u << rank) - 1;
    }
}

static enum wg_status find_fans(const char *who, struct wg_shape shape, const struct wg_list *input,
                                const struct wg_list *output, struct wg_fans *fans) {
    unsigned in, out;
    if (input->count < 0 && output->count < 0) {
        default_axes(shape.rank, &in, &out);
    } else {
        if (input->count < 0 || output->count < 0) {
            return wg_fail(WG_ERROR_SHAPE, "%s: %s_axes without %s_axes; expected both or neither",
                           who, input->count < 0 ? "output" : "input",
                           input->count < 0 ? "input" : "output");
        }
        enum wg_status status = wg_list_mask(who, "input_axes", input, shape, &in);
        if (status == WG_OK) status = wg_list_mask(who, "output_axes", output, shape, &out);
        if (status != WG_OK) return status;
        if (in & out) {
            return wg_fail(WG_ERROR_SHAPE,
                           "%s: an axis of shape %s is in input_axes and in "
                           "output_axes; expected it in one of them",
                           who, wg_shape_text(shape).text);
        }
    }
    const double others = product(shape, ~(in | out));
    fans->in = product(shape, in) * others;
    fans->out = product(shape, out) * others;
    return WG_OK;
}

struct wg_fans wg_fans_of(struct wg_shape shape, struct wg_axes input, struct wg_axes output) {
    const struct wg_list in = wg_list_of(input), out = wg_list_of(output);
    struct wg_fans fans = {0, 0};
    if (wg_shape_size(shape) < 0 || in.count > WG_MAX_RANK || out.count > WG_MAX_RANK) {
        wg_fail(WG_ERROR_SHAPE,
                "wg_fans_of: shape %s with %d input axes and %d output axes; expected a rank and "
                "numbers of axes of at most %d, and dimensions of 0 or more",
                wg_shape_text(shape).text, input.count, output.count, WG_MAX_RANK);
        return fans;
    }
    find_fans("wg_fans_of", shape, &in, &out, &fans);
    return fans;
}

/* The slots of variance_scaling. */
struct scaling_slots {
    double scale, mode, distribution;
    struct wg_list input_axes, output_axes;
};

static enum wg_status draw_scaled(const struct job *job, const struct scaling_slots *s) {
    struct wg_fans fans = {0, 0};
    const enum wg_status status =
        find_fans(name_of(job), job->value.shape, &s->input_axes, &s->output_axes, &fans);
    if (status != WG_OK) return status;
    const double by_mode[] = {[WG_FAN_IN] = fans.in,
                              [WG_FAN_OUT] = fans.out,
                              [WG_FAN_AVERAGE] = (fans.in + fans.out) / 2};
    const double fan = fmax(1, by_mode[(int)s->mode]);
    if (s->distribution == WG_DRAW_UNIFORM) {
        const double limit = sqrt(3 * s->scale / fan);
        return wg_param_uniform(job->params, job->i, -limit, limit, job->seed);
    }
    const double stddev = sqrt(s->scale / fan);
    if (s->distribution == WG_DRAW_UNTRUNCATED_NORMAL) return draw_normal(job, 0, stddev, INFINITY);
    return draw_normal(job, 0, stddev / TRUNCATED_STDDEV, TRUNCATED_AT);
}

static enum wg_status set_scaled(const struct job *job, const double *slots) {
    struct scaling_slots s;
    memcpy(&s, slots, sizeof s);
    return draw_scaled(job, &s);
}

/* Those under a name take the axes alone. */
static enum wg_status set_family(const struct job *job, const double *slots) {
    const struct wg_variance_scaling *scaling = &job->initializer->scaling;
    struct scaling_slots s = {
        .scale = scaling->scale, .mode = scaling->mode, .distribution = scaling->distribution};
    memcpy(&s.input_axes, slots, sizeof s.input_axes);
    memcpy(&s.output_axes, slots + WG_LIST_SLOTS, sizeof s.output_axes);
    return draw_scaled(job, &s);
}

/* ------------------------------------------------------------------------------------------------
 * Matrices */

static enum wg_status fail_shape(const struct job *job, const char *expected) {
    return wg_fail(WG_ERROR_SHAPE, "%s: \"%s\" has shape %s; expected %s", name_of(job),
                   wg_param_name(job->params, job->i), wg_shape_text(job->value.shape).text,
                   expected);
}

static enum wg_status set_identity(const struct job *job, const double *slots) {
    const struct wg_shape shape = job->value.shape;
    if (shape.rank != 2) return fail_shape(job, "a matrix");
    for (int64_t k = 0; k < job->value.size; k++)
        wg_set_element(&job->value, k, k / shape.dim[1] == k % shape.dim[1] ? slots[0] : 0);
    return WG_OK;
}

static enum wg_status set_orthogonal(const struct job *job, const double *slots) {
    const struct wg_shape shape = job->value.shape;
    if (shape.rank < 2) return fail_shape(job, "a matrix, or more dimensions");
    const int64_t columns = shape.dim[shape.rank - 1], rows = job->value.size / columns;
    const int64_t longer = rows > columns ? rows : columns;
    struct wg_random random = random_of(job);
    double *q = wg_orthonormal_columns(longer, job->value.size / longer, &random);
    if (!q) {
        return wg_fail(WG_ERROR_MEMORY, "%s: out of memory for \"%s\", %s", name_of(job),
                       wg_param_name(job->params, job->i), wg_shape_text(shape).text);
    }
    for (int64_t row = 0; row < rows; row++) {
        for (int64_t column = 0; column < columns; column++) {
            const int64_t at = rows < columns ? row * columns + column : column * rows + row;
            wg_set_element(&job->value, row * columns + column, slots[0] * q[at]);
        }
    }
    free(q);
    return WG_OK;
}

/* ------------------------------------------------------------------------------------------------
 * The table */

#define VALUE(attribute, initial, meaning)                                                         \
    { attribute, initial, -WG_LARGEST, WG_LARGEST, WG_NUMBER, meaning }
#define STDDEV                                                                                     \
    { "stddev", 0.05, 0, WG_LARGEST, WG_NUMBER, "standard deviation" }
#define AXES                                                                                       \
    {"input_axes", 0, 0, 0, WG_LIST, "axes of a unit's inputs"}, {                                 \
        "output_axes", 0, 0, 0, WG_LIST, "axes of the units"                                       \
    }
#define NAMED(text, alias, ...)                                                                    \
    .named.as_op = {.name = text, .aliases = {alias}, .attributes = {__VA_ARGS__}}
#define NO_ATTRIBUTE                                                                               \
    { 0 }
#define FAMILY(text, the_scale, the_mode, the_distribution)                                        \
    {                                                                                              \
        NAMED(text, NULL, AXES), .set = set_family, .scaling = {                                   \
            .scale = the_scale,                                                                    \
            .mode = the_mode,                                                                      \
            .distribution = the_distribution                                                       \
        }                                                                                          \
    }

enum {
    ZEROS,
    ONES,
    CONSTANT,
    IDENTITY,
    NORMAL,
    UNIFORM,
    TRUNCATED_NORMAL,
    ORTHOGONAL,
    VARIANCE_SCALING,
    FAMILIES
};

static const struct initializer initializers[] = {
    [ZEROS] = {NAMED("zeros", "zero", NO_ATTRIBUTE), .set = set_zeros},
    [ONES] = {NAMED("ones", "one", NO_ATTRIBUTE), .set = set_ones},
    [CONSTANT] = {NAMED("constant", NULL, VALUE("value", 0, "of each element")),
                  .set = set_constant},
    [IDENTITY] = {NAMED("identity", NULL, VALUE("gain", 1, "value on the diagonal")),
                  .set = set_identity},
    [NORMAL] = {NAMED("random_normal", "normal", VALUE("mean", 0, "mean"), STDDEV),
                .set = set_normal},
    [UNIFORM] = {NAMED("random_uniform", "uniform", VALUE("minval", -0.05, "lower end"),
                       VALUE("maxval", 0.05, "upper end")),
                 .set = set_uniform},
    [TRUNCATED_NORMAL] = {NAMED("truncated_normal", NULL, VALUE("mean", 0, "mean"), STDDEV),
                          .set = set_truncated_normal},
    [ORTHOGONAL] = {NAMED("orthogonal", NULL, VALUE("gain", 1, "length of columns or rows")),
                    .set = set_orthogonal},
    [VARIANCE_SCALING] =
        {NAMED("variance_scaling", NULL,
               {"scale", 1, WG_SMALLEST, WG_LARGEST, WG_NUMBER, "variance times fan"},
               {"mode", WG_FAN_IN, 0, 2, WG_INTEGER, "which fan"},
               {"distribution", WG_DRAW_TRUNCATED_NORMAL, 0, 2, WG_INTEGER, "to draw from"}, AXES),
         .named.words = {{.attribute = "mode", .word = {"fan_in", "fan_out", "fan_avg"}},
                         {.attribute = "distribution",
                          .word = {"truncated_normal", "untruncated_normal", "uniform"},
                          .also = "normal"}},
         .set = set_scaled},
    [FAMILIES] = FAMILY("glorot_normal", 1, WG_FAN_AVERAGE, WG_DRAW_TRUNCATED_NORMAL),
    FAMILY("glorot_uniform", 1, WG_FAN_AVERAGE, WG_DRAW_UNIFORM),
    FAMILY("he_normal", 2, WG_FAN_IN, WG_DRAW_TRUNCATED_NORMAL),
    FAMILY("he_uniform", 2, WG_FAN_IN, WG_DRAW_UNIFORM),
    FAMILY("lecun_normal", 1, WG_FAN_IN, WG_DRAW_TRUNCATED_NORMAL),
    FAMILY("lecun_uniform", 1, WG_FAN_IN, WG_DRAW_UNIFORM),
};

static const struct wg_named *at(int i) {
    const int count = sizeof initializers / sizeof *initializers;
    return i >= 0 && i < count ? &initializers[i].named : NULL;
}

const char *wg_initializer_name(int i) { return at(i) ? at(i)->as_op.name : NULL; }

/* ------------------------------------------------------------------------------------------------
 * Calls */

static enum wg_status initialize(wg_params *params, int i, int which, const double *slots,
                                 uint64_t seed) {
    struct job job = {.params = params,
                      .i = i,
                      .seed = seed,
                      .value = wg_param_value(params, i),
                      .initializer = &initializers[which]};
    if (!job.value.data) return WG_ERROR_ARGUMENT;
    const struct wg_op as_op = wg_op_of_named(&job.initializer->named);
    const enum wg_status status = wg_op_check_attributes(&as_op, slots);
    return status == WG_OK ? job.initializer->set(&job, slots) : status;
}

enum wg_status wg_param_initialize(wg_params *params, int i, const char *text, uint64_t seed) {
    static const struct wg_named_table table = {"initializer", "wg_param_initialize", at};
    const struct wg_configured configured = wg_read_named(&table, text);
    if (configured.index < 0) return WG_ERROR_ARGUMENT;
    return initialize(params, i, configured.index, configured.slots, seed);
}

enum wg_status wg_param_normal(wg_params *params, int i, double mean, double stddev,
                               uint64_t seed) {
    return initialize(params, i, NORMAL, (double[]){mean, stddev}, seed);
}

enum wg_status wg_param_truncated_normal(wg_params *params, int i, double mean, double stddev,
                                         uint64_t seed) {
    return initialize(params, i, TRUNCATED_NORMAL, (double[]){mean, stddev}, seed);
}

enum wg_status wg_param_variance_scaling(wg_params *params, int i,
                                         struct wg_variance_scaling scaling, uint64_t seed) {
    const struct scaling_slots s = {.scale = scaling.scale == 0 ? 1 : scaling.scale,
                                    .mode = scaling.mode,
                                    .distribution = scaling.distribution,
                                    .input_axes = wg_list_of(scaling.input_axes),
                                    .output_axes = wg_list_of(scaling.output_axes)};
    double slots[sizeof s / sizeof(double)];
    memcpy(slots, &s, sizeof s);
    return initialize(params, i, VARIANCE_SCALING, slots, seed);
}

enum wg_status wg_param_orthogonal(wg_params *params, int i, double gain, uint64_t seed) {
    return initialize(params, i, ORTHOGONAL, &gain, seed);
}

enum wg_status wg_param_identity(wg_params *params, int i, double gain) {
    return initialize(params, i, IDENTITY, &gain, 0);
}
