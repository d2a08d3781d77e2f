#define _POSIX_C_SOURCE 200809L
#include "accuracy_origin.h"

#include <errno.h>
#include <fcntl.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "accuracy_report.h"
#include "json.h"
#include "textbook.h"

#define NEAR 20.0 /* the interval about 0 whose share of wrong results is reported */

/* ---- Results ------------------------------------------------------------------------------ */

static void file_outputs(void *context, uint64_t first, int n, const double *x, double *computed) {
    const struct origin *origin = context;
    const unsigned char *at = (const unsigned char *)origin->bytes + 4 * first;
    (void)x;
    for (int i = 0; i < n; i++, at += 4) {
        const uint32_t bits =
            at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
        float y;
        memcpy(&y, &bits, sizeof y);
        computed[i] = (double)y;
    }
}

static void textbook_outputs(void *context, uint64_t first, int n, const double *x,
                             double *computed) {
    const struct origin *origin = context;
    (void)first;
    for (int i = 0; i < n; i += FORMULA_BATCH) {
        formula_evaluate_float(&origin->textbook, n - i < FORMULA_BATCH ? n - i : FORMULA_BATCH,
                               x + i, computed + i);
    }
}

/* The distance to the next float. */
static double spacing(double x) {
    const float size = (float)fabs(x);
    return (double)nextafterf(size, INFINITY) - (double)size;
}

static bool is_kink(const struct origin *origin, double x) {
    for (int i = 0; i < origin->kinks; i++) {
        if (x == origin->kink[i]) return true;
    }
    return false;
}

static void observe(void *context, double x, double computed, double exact, double ulp) {
    struct origin *origin = context;
    struct error_curve *curve = origin->curve;
    if (isnan(exact) || is_kink(origin, x)) return;
    const bool tiny = x != 0 && fabs(x) < (double)FLT_MIN, right = ulp <= 1;
    if (!right && (tiny || (computed == 0 && fabs(exact) < (double)FLT_MIN))) {
        origin->subnormals_lost++;
    } else if (isnan(ulp)) {
        origin->nan_for_number++;
    } else if (computed == 0 && !right) {
        origin->zero_for_normal++;
    } else if (ulp > origin->max_ulp_nonzero) {
        origin->max_ulp_nonzero = ulp;
        origin->worst_nonzero = x;
    }
    if (isnan(ulp)) ulp = INFINITY;
    if (fabs(x) <= NEAR) {
        origin->within += spacing(x);
        if (!right) origin->off_within += spacing(x);
    }
    if (!curve || !(x >= curve->low && x < curve->high)) return;
    const double share = (x - curve->low) / (curve->high - curve->low);
    const int column = (int)(share * curve->columns);
    double *error = &curve->error[column < curve->columns ? column : curve->columns - 1];
    if (ulp > *error) *error = ulp;
}

static void start(struct origin *origin, uint32_t stride) {
    *origin = (struct origin){.worst_nonzero = NAN};
    origin->source = (struct accuracy_source){.stride = stride, .observe = observe};
}

/* ---- Origins ------------------------------------------------------------------------------ */

void origin_kernels(struct origin *origin, uint32_t stride) {
    start(origin, stride);
    snprintf(origin->name, sizeof origin->name, "the kernels");
}

bool origin_file(struct origin *origin, const char *path, uint32_t stride,
                 struct text_error *error) {
    const uint64_t inputs = accuracy_stride_inputs(stride);
    struct stat status;
    start(origin, stride);
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return text_fail(error, "%s: %s", path, strerror(errno));
    const bool regular = fstat(file, &status) == 0 && S_ISREG(status.st_mode);
    bool read = false;
    if (!regular) {
        text_fail(error, "%s: not a file", path);
    } else if ((uint64_t)status.st_size != 4 * inputs) {
        text_fail(error,
                  "%s: %lld bytes; expected %" PRIu64 ", a float for each of the %" PRIu64
                  " bit patterns 0, %" PRIu32 ", %" PRIu64 ", ... below 2^32",
                  path, (long long)status.st_size, 4 * inputs, inputs, stride,
                  2 * (uint64_t)stride);
    } else {
        origin->size = (size_t)status.st_size;
        origin->bytes = mmap(NULL, origin->size, PROT_READ, MAP_PRIVATE, file, 0);
        read = origin->bytes != MAP_FAILED;
        if (!read) text_fail(error, "%s: %s", path, strerror(errno));
    }
    close(file);
    if (!read) origin->bytes = NULL;
    origin->source.outputs = file_outputs;
    snprintf(origin->name, sizeof origin->name, "outputs of %s", path);
    return read;
}

bool origin_textbook(struct origin *origin, const struct accuracy_task *task, uint32_t stride,
                     struct text_error *error) {
    struct formula_name names[FORMULA_NAMES];
    char card[512];
    start(origin, stride);
    const int count = accuracy_names(task, names);
    const char *text = textbook_formula(task->op->name, task->gradient);
    if (!text && !accuracy_formula(task, card, sizeof card)) {
        return text_fail(error, "%s has no %s on its card", task->op->name,
                         task->gradient ? "derivative" : "formula");
    }
    if (!text) text = card;
    origin->source.outputs = textbook_outputs;
    snprintf(origin->name, sizeof origin->name, "in float, step by step: %s", text);
    return formula_parse(&origin->textbook, text, names, count, error->text, sizeof error->text);
}

void origin_end(struct origin *origin) {
    if (origin->bytes) munmap(origin->bytes, origin->size);
    origin->bytes = NULL;
}

bool origin_measure(struct origin *origin, const struct accuracy_task *task,
                    struct accuracy *result, struct text_error *error) {
    struct accuracy_task with = *task;
    char name[64];
    for (int i = 0; task->gradient && i < task->op->kink_count && i < WG_MAX_KINKS; i++) {
        origin->kink[origin->kinks++] =
            wg_quantity_value(task->op, task->op->kinks[i].at, task->slots, NULL);
    }
    origin->source.context = origin;
    with.source = &origin->source;
    snprintf(name, sizeof name, "%s", task->op->name);
    const bool done =
        measure_accuracy(&with, accuracy_bar, name, result, error->text, sizeof error->text);
    accuracy_bar_end();
    return done;
}

/* ---- Reports ------------------------------------------------------------------------------ */

/* Of [-20, 20], as a share: each input stands for the floats up to the next. */
static double share_off(const struct origin *origin) {
    return origin->within > 0 ? origin->off_within / origin->within : 0;
}

void origin_text(const struct origin *origin) {
    char number[40];
    printf("measured             %s, at every bit pattern that %" PRIu32 " divides\n", origin->name,
           origin->source.stride);
    if (origin->kinks > 0)
        puts("                     what follows leaves out the kinks themselves");
    printf("NaN for a number     %" PRIu64 "\n0 for a normal       %" PRIu64
           "\nsubnormal lost       %" PRIu64
           " (0 for a subnormal number, or wrong for a subnormal x)\n",
           origin->nan_for_number, origin->zero_for_normal, origin->subnormals_lost);
    printf("largest of others    %.4f ULP at x = %s (%a)\n", origin->max_ulp_nonzero,
           wg_shortest_f64(origin->worst_nonzero, number, sizeof number), origin->worst_nonzero);
    printf("in [-20, 20]         %.4f %% are off by more than 1 ULP\n", 100 * share_off(origin));
}

void origin_json(const struct origin *origin, cJSON *json) {
    char worst[40];
    snprintf(worst, sizeof worst, "%a", origin->worst_nonzero);
    json_text(json, "measured", origin->name);
    json_number(json, "stride", origin->source.stride);
    json_number(json, "nan_for_number", (double)origin->nan_for_number);
    json_number(json, "zero_for_normal", (double)origin->zero_for_normal);
    json_number(json, "subnormals_lost", (double)origin->subnormals_lost);
    json_number(json, "max_ulp_nonzero", origin->max_ulp_nonzero);
    json_text(json, "worst_nonzero", worst);
    json_number(json, "share_off", share_off(origin));
}
