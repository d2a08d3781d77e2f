/* Gradients of plain C functions. */
#include "wengert/gradcheck.h"

#include "base/error.h"
#include "verify/subject.h"
#include "wengert/random.h"

#include <math.h>
#include <string.h>

/* Whether backward adds or writes shows on numbers as large as the gradient itself: anything finer
 * is the other levels' business. */
#define SAME 1e-3

#define MOST_ELEMENTS (INT64_C(1) << 40)

struct arrays {
    void *in[WG_KERNEL_ARRAYS], *out[WG_KERNEL_ARRAYS], *din[WG_KERNEL_ARRAYS],
        *dout[WG_KERNEL_ARRAYS];
};

struct kernel {
    const struct wg_checked_kernel *given;
    struct arrays arrays;
    struct wg_random random;
};

static bool differentiated(const struct wg_checked_array *array) {
    return !array->constant && array->dtype != WG_I32;
}

static double element(const void *data, enum wg_dtype dtype, int64_t i) {
    return dtype == WG_F32 ? (double)((const float *)data)[i] : ((const double *)data)[i];
}

static void set_element(void *data, enum wg_dtype dtype, int64_t i, double value) {
    if (dtype == WG_F32)
        ((float *)data)[i] = (float)value;
    else
        ((double *)data)[i] = value;
}

/* What forward does not write is seen: it stays NaN, or a number that no label is. */
static void spoil(const struct wg_checked_array *array, void *data) {
    const int64_t size = wg_shape_size(array->shape);
    if (array->dtype == WG_I32) memset(data, 0xa5, (size_t)size * sizeof(int32_t));
    for (int64_t j = 0; array->dtype != WG_I32 && j < size; j++)
        set_element(data, array->dtype, j, NAN);
}

static void run_forward(struct kernel *k) {
    const void *in[WG_KERNEL_ARRAYS];
    for (int i = 0; i < k->given->outputs; i++) spoil(&k->given->out[i], k->arrays.out[i]);
    memcpy(in, k->arrays.in, sizeof in);
    k->given->forward(k->arrays.out, in, k->given->user);
}

static void run_backward(struct kernel *k) {
    const void *in[WG_KERNEL_ARRAYS], *out[WG_KERNEL_ARRAYS], *dout[WG_KERNEL_ARRAYS];
    memcpy(in, k->arrays.in, sizeof in);
    memcpy(out, k->arrays.out, sizeof out);
    memcpy(dout, k->arrays.dout, sizeof dout);
    k->given->backward(k->arrays.din, dout, in, out, k->given->user);
}

static enum wg_status evaluate(struct wg_subject *subject, double *y, uint64_t *branches) {
    struct kernel *k = subject->self;
    (void)branches; /* a plain function shows none */
    run_forward(k);
    int64_t at = 0;
    for (int i = 0; i < k->given->outputs; i++) {
        const struct wg_checked_array *out = &k->given->out[i];
        if (!differentiated(out)) continue;
        const int64_t size = wg_shape_size(out->shape);
        for (int64_t j = 0; j < size; j++) y[at++] = element(k->arrays.out[i], out->dtype, j);
    }
    return WG_OK;
}

static void set_upstream(struct kernel *k, const double *dy) {
    int64_t at = 0;
    for (int i = 0; i < k->given->outputs; i++) {
        const struct wg_checked_array *out = &k->given->out[i];
        if (!differentiated(out)) continue;
        const int64_t size = wg_shape_size(out->shape);
        for (int64_t j = 0; j < size; j++) set_element(k->arrays.dout[i], out->dtype, j, dy[at++]);
    }
}

/* Calls backward on gradients that hold `before` (NULL: zeros), and takes what it left. */
static void gradients_from(struct kernel *k, const double *before, double *after) {
    run_forward(k);
    for (int64_t i = 0, at = 0; i < k->given->inputs; i++) {
        const struct wg_checked_array *in = &k->given->in[i];
        const int64_t size = wg_shape_size(in->shape);
        for (int64_t j = 0; differentiated(in) && j < size; j++, at++)
            set_element(k->arrays.din[i], in->dtype, j, before ? before[at] : 0);
    }
    run_backward(k);
    for (int64_t i = 0, at = 0; i < k->given->inputs; i++) {
        const struct wg_checked_array *in = &k->given->in[i];
        const int64_t size = wg_shape_size(in->shape);
        for (int64_t j = 0; differentiated(in) && j < size; j++)
            after[at++] = element(k->arrays.din[i], in->dtype, j);
    }
}

static enum wg_status gradient(struct wg_subject *subject, const double *dy, double *dx) {
    struct kernel *k = subject->self;
    set_upstream(k, dy);
    gradients_from(k, NULL, dx);
    return WG_OK;
}

/* ------------------------------------------------------------------------------------------------
 * Accumulated or written, as declared */

/* How what was left there relates to what was there before. */
enum behaviour { WRITES, ADDS, NEITHER };

static enum behaviour behaviour_of(double before, double after, double dx) {
    if (fabs(after - dx) <= SAME * fabs(dx)) return WRITES;
    if (fabs(after - before - dx) <= SAME * (fabs(before) + fabs(dx))) return ADDS;
    return NEITHER;
}

static void say(const struct wg_subject *subject, int64_t variable, const char *what,
                struct wg_gradcheck_result *result) {
    char text[200], name[WG_GRADCHECK_NAME];
    wg_slot_name(wg_subject_slot(subject, variable), name, sizeof name);
    const size_t length = strlen(name);
    memcpy(text, name, length);
    strncpy(text + length, what, sizeof text - length - 1);
    text[sizeof text - 1] = '\0';
    wg_append_finding(result->broken, sizeof result->broken, text);
}

static const char not_written[] = " depends on what was in it before, or is not written everywhere";

static enum wg_status accumulation(struct wg_subject *subject, const double *dy, const double *dx,
                                   struct wg_gradcheck_result *result) {
    struct kernel *k = subject->self;
    struct wg_arena arena;
    wg_arena_init(&arena, 1 << 14);
    const size_t bytes = (size_t)(subject->variables + 1) * sizeof(double);
    double *before = wg_arena_allocate(&arena, bytes, _Alignof(double));
    double *after = wg_arena_allocate(&arena, bytes, _Alignof(double));
    double *over_nan = wg_arena_allocate(&arena, bytes, _Alignof(double));
    if (!before || !after || !over_nan) {
        wg_arena_free(&arena);
        return WG_ERROR_MEMORY;
    }
    set_upstream(k, dy);
    for (int64_t i = 0; i < subject->variables; i++) before[i] = NAN;
    gradients_from(k, before, over_nan);
    for (int64_t i = 0; i < subject->variables; i++) {
        const double size = dx[i] == 0 || !isfinite(dx[i]) ? 1 : fabs(dx[i]);
        before[i] = size * (wg_random_below(&k->random, 2) ? -0.75 : 1.25);
    }
    gradients_from(k, before, after);
    for (int s = 0; s < subject->slots; s++) {
        const struct wg_slot *slot = &subject->slot[s];
        const char *found = NULL;
        for (int64_t i = slot->first; i < slot->first + slot->value.size; i++) {
            const enum behaviour is = behaviour_of(before[i], after[i], dx[i]);
            const char *wrong = NULL;
            if (!isfinite(dx[i])) continue;
            if (k->given->accumulates && is != ADDS)
                wrong = is == WRITES ? " is overwritten where it should be added to (=, not +=)"
                                     : " is neither added to nor overwritten";
            else if (!k->given->accumulates && is == ADDS)
                wrong = " is added to where it should be overwritten (+=, not =)";
            else if (!k->given->accumulates && (is != WRITES || isnan(over_nan[i])))
                wrong = not_written;
            /* Nothing added looks like nothing done: other elements may tell. */
            const bool unsure = !k->given->accumulates && is == ADDS && dx[i] == 0;
            if (unsure) wrong = not_written;
            if (wrong && (!found || !unsure)) found = wrong;
            if (found && !unsure) break;
        }
        if (found) say(subject, slot->first, found, result);
    }
    wg_arena_free(&arena);
    return WG_OK;
}

/* ------------------------------------------------------------------------------------------------
 * The check */

static enum wg_status check_array(const char *what, int i, const struct wg_checked_array *array,
                                  enum wg_dtype *dtype, bool *some) {
    const int64_t size = wg_shape_size(array->shape);
    if (size < 1 || size > INT64_C(1) << 40) {
        return wg_fail(
            WG_ERROR_SHAPE,
            "wg_gradcheck_kernel: %s %d has no valid shape; expected up to %d dimensions "
            "of 1 or more",
            what, i, WG_MAX_RANK);
    }
    if (wg_dtype_size(array->dtype) == 0)
        return wg_fail(WG_ERROR_DTYPE, "wg_gradcheck_kernel: %s %d has no valid dtype", what, i);
    if (!differentiated(array)) return WG_OK;
    if (*some && array->dtype != *dtype) {
        return wg_fail(WG_ERROR_DTYPE,
                       "wg_gradcheck_kernel: %s %d is %s, others are %s; expected one dtype", what,
                       i, wg_dtype_name(array->dtype), wg_dtype_name(*dtype));
    }
    *dtype = array->dtype;
    *some = true;
    return WG_OK;
}

static enum wg_status check_arguments(const struct wg_checked_kernel *k, enum wg_dtype *dtype) {
    if (!k->forward || !k->backward)
        return wg_fail(WG_ERROR_ARGUMENT, "wg_gradcheck_kernel: forward or backward is NULL");
    if (k->inputs < 1 || k->inputs > WG_KERNEL_ARRAYS || k->outputs < 1 ||
        k->outputs > WG_KERNEL_ARRAYS) {
        return wg_fail(WG_ERROR_ARGUMENT,
                       "wg_gradcheck_kernel: %d inputs and %d outputs; expected 1 to %d of each",
                       k->inputs, k->outputs, WG_KERNEL_ARRAYS);
    }
    bool in = false, out = false;
    enum wg_status status = WG_OK;
    for (int i = 0; i < k->inputs && status == WG_OK; i++)
        status = check_array("input", i, &k->in[i], dtype, &in);
    bool some = in;
    for (int i = 0; i < k->outputs && status == WG_OK; i++) {
        status = check_array("output", i, &k->out[i], dtype, &some);
        out = out || differentiated(&k->out[i]);
    }
    if (status == WG_OK && !(in && out))
        return wg_fail(WG_ERROR_ARGUMENT, "wg_gradcheck_kernel: no input, or no output, is "
                                          "differentiated");
    return status;
}

static void *array_of(struct wg_arena *arena, const struct wg_checked_array *array) {
    const size_t bytes = (size_t)wg_shape_size(array->shape) * wg_dtype_size(array->dtype);
    void *data = wg_arena_allocate(arena, bytes, WG_ALIGNMENT);
    if (data) memset(data, 0, bytes);
    return data;
}

static enum wg_status allocate(struct kernel *k, struct wg_arena *arena) {
    for (int i = 0; i < k->given->inputs; i++) {
        const struct wg_checked_array *in = &k->given->in[i];
        const int64_t size = wg_shape_size(in->shape);
        k->arrays.in[i] = array_of(arena, in);
        k->arrays.din[i] = differentiated(in) ? array_of(arena, in) : NULL;
        if (!k->arrays.in[i] || (differentiated(in) && !k->arrays.din[i])) return WG_ERROR_MEMORY;
        if (in->data) memcpy(k->arrays.in[i], in->data, (size_t)size * wg_dtype_size(in->dtype));
        for (int64_t j = 0; !in->data && in->dtype != WG_I32 && j < size; j++)
            set_element(k->arrays.in[i], in->dtype, j, wg_random_uniform(&k->random, -1, 1));
    }
    for (int i = 0; i < k->given->outputs; i++) {
        const struct wg_checked_array *out = &k->given->out[i];
        k->arrays.out[i] = array_of(arena, out);
        k->arrays.dout[i] = differentiated(out) ? array_of(arena, out) : NULL;
        if (!k->arrays.out[i] || (differentiated(out) && !k->arrays.dout[i]))
            return WG_ERROR_MEMORY;
    }
    return WG_OK;
}

static void make_subject(struct kernel *k, struct wg_subject *subject) {
    int differentiated_outputs = 0;
    for (int i = 0; i < k->given->inputs; i++) {
        const struct wg_checked_array *in = &k->given->in[i];
        if (!differentiated(in)) continue;
        const struct wg_tensor value = {k->arrays.in[i], wg_shape_size(in->shape), in->dtype,
                                        in->shape};
        wg_subject_add(subject, in->name, i, value);
    }
    for (int i = 0; i < k->given->outputs; i++) {
        const struct wg_checked_array *out = &k->given->out[i];
        if (!differentiated(out)) continue;
        differentiated_outputs++;
        subject->outputs += wg_shape_size(out->shape);
        subject->rows = out->shape.rank > 0 ? out->shape.dim[0] : 1;
    }
    if (differentiated_outputs > 1) subject->rows = 0;
    subject->evaluate = evaluate;
    subject->gradient = gradient;
    subject->contracts = accumulation;
    subject->self = k;
}

enum wg_status wg_gradcheck_kernel(const struct wg_checked_kernel *kernel,
                                   const struct wg_gradcheck_options *options,
                                   struct wg_gradcheck_result *result) {
    struct wg_subject subject = {0};
    struct wg_arena arena;
    if (!kernel || !result)
        return wg_fail(WG_ERROR_ARGUMENT, "wg_gradcheck_kernel: kernel or result is NULL");
    *result = wg_no_result();
    enum wg_status status = wg_error_status();
    if (status == WG_OK) status = check_arguments(kernel, &subject.dtype);
    if (status != WG_OK) return status;
    struct kernel k = {.given = kernel, .random = wg_random_make(options ? options->seed : 0, 1)};
    wg_arena_init(&arena, 1 << 14);
    subject.slot = wg_arena_allocate(&arena, WG_KERNEL_ARRAYS * sizeof *subject.slot,
                                     _Alignof(struct wg_slot));
    status = subject.slot ? allocate(&k, &arena) : WG_ERROR_MEMORY;
    if (status == WG_OK) {
        make_subject(&k, &subject);
        status = wg_check_subject(&subject, options, result);
    }
    wg_arena_free(&arena);
    return status;
}
