/* Trainings of models (trainings.c) give the same bits: with every instruction set that this CPU
 * has, with every number of threads, recorded at each step or replayed, and with every compiler and
 * machine, as the golden file holds one fingerprint for each training and dtype.
 *
 *     models GOLDEN      compares; exit status 1 on any difference
 *     models --print     prints the golden file
 *
 * A fingerprint covers all weights and statistics, the loss of each step, and loss and metric in
 * inference afterwards.
 */
#include "golden_file.h"
#include "trainings.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_KINDS = 128, SEED = 11, LONGEST_STEPS = 8 };

struct run {
    const char *isa;
    int threads;
    bool replay;
};

static bool used_kind[MOST_KINDS];

/* ---- Models and batches ---------------------------------------------------------------------- */

static wg_model *make_model(const struct training *t, enum wg_dtype dtype) {
    const struct wg_model_options options = {
        .inputs = 1,
        .input = {{.shape = t->input, .dtype = t->vocabulary ? WG_I32 : dtype}},
        .forward = t->function,
        .dtype = dtype,
        .seed = SEED};
    wg_model *model =
        t->layers ? wg_sequential_from_text(options, t->layers) : wg_model_new(options);
    const struct wg_schedule cosine = wg_cosine_decay(0.02, t->steps, 0.1, 0, 0);
    struct wg_compile_options compile = {
        .optimizer = t->optimizer, .loss = t->loss, .metrics = {t->metric}};
    if (t->schedule) compile.schedule = cosine;
    if (model) wg_model_compile_with(model, compile);
    return model;
}

/* One batch's inputs and targets, new ones for each step, in arrays that it owns. */
struct batch {
    struct wg_tensor x, target;
};

static struct wg_tensor tensor_new(enum wg_dtype dtype, struct wg_shape shape) {
    const int64_t size = wg_shape_size(shape);
    return (struct wg_tensor){calloc((size_t)size, wg_dtype_size(dtype)), size, dtype, shape};
}

static struct wg_shape with_batch(int batch, struct wg_shape example, int last) {
    struct wg_shape shape = {.rank = 1, .dim = {batch}};
    for (int d = 0; d < example.rank - last; d++) shape.dim[shape.rank++] = example.dim[d];
    return shape;
}

static struct batch batch_new(const struct training *t, const wg_model *model) {
    const enum wg_dtype dtype = wg_model_dtype(model);
    const struct wg_shape output = wg_model_output_shape(model);
    return (struct batch){
        tensor_new(t->vocabulary ? WG_I32 : dtype, with_batch(t->batch, t->input, 0)),
        tensor_new(t->classes ? WG_I32 : dtype, with_batch(t->batch, output, t->classes > 0))};
}

static void draw(struct wg_random *random, struct wg_tensor to, int below, double lowest) {
    for (int64_t i = 0; i < to.size; i++) {
        if (to.dtype == WG_I32)
            ((int32_t *)to.data)[i] = (int32_t)wg_random_below(random, (uint64_t)below);
        else if (to.dtype == WG_F64)
            ((double *)to.data)[i] = wg_random_uniform(random, lowest, 1);
        else
            ((float *)to.data)[i] = (float)wg_random_uniform(random, lowest, 1);
    }
}

static void fill(const struct training *t, struct batch *batch, int step) {
    struct wg_random random = wg_random_make(SEED, (uint64_t)step);
    draw(&random, batch->x, t->vocabulary, -1);
    draw(&random, batch->target, t->classes, 0);
}

/* ---- Training, two ways ---------------------------------------------------------------------- */

/* Everything is recorded anew, in a training step made of the parts that users have. */
static double step_recorded(const struct training *t, wg_model *model, wg_tape *tape,
                            const struct batch *batch) {
    const uint64_t updates = (uint64_t)wg_optimizer_steps(wg_model_optimizer(model));
    double loss = NAN;
    wg_pass *pass = wg_pass_new(model, tape, WG_TRAINING);
    const wg_var x = wg_input(tape, batch->x.dtype, batch->x.shape, batch->x.data);
    const wg_var y = wg_pass_record(pass, &x);
    const wg_var target =
        wg_input(tape, batch->target.dtype, batch->target.shape, batch->target.data);
    const wg_var sum = wg_add(wg_loss(y, target, (wg_var){0}, t->loss), wg_pass_penalty(pass));
    if (t->noise) {
        wg_pass_set_noise(pass, SEED, updates);
        wg_forward(tape);
    }
    wg_zero_gradients(wg_model_params(model));
    if (wg_backward(sum) == WG_OK) loss = wg_item(sum);
    wg_optimizer_step(wg_model_optimizer(model));
    wg_model_constrain(model);
    wg_pass_update_statistics(pass);
    wg_pass_free(pass);
    return loss;
}

static double step_replayed(wg_model *model, const struct batch *batch) {
    struct wg_evaluation result = {.loss = NAN};
    wg_model_train_on_batch(model, &(struct wg_batch){.x = &batch->x, .target = batch->target},
                            SEED, &result);
    return result.loss;
}

/* The losses of all steps, then loss and metric of one more batch in inference. */
static int train(const struct training *t, bool replay, wg_model *model, double *figures) {
    wg_tape *tape = wg_tape_new();
    const struct wg_mark empty = wg_tape_mark(tape);
    struct batch batch = batch_new(t, model);
    struct wg_evaluation after = {.loss = NAN, .metric = {NAN}};
    for (int step = 0; step < t->steps && !wg_error_status(); step++) {
        fill(t, &batch, step);
        wg_tape_rewind(tape, empty);
        figures[step] =
            replay ? step_replayed(model, &batch) : step_recorded(t, model, tape, &batch);
    }
    fill(t, &batch, t->steps);
    wg_model_test_on_batch(model, &(struct wg_batch){.x = &batch.x, .target = batch.target},
                           &after);
    figures[t->steps] = after.loss;
    figures[t->steps + 1] = after.metric[0];
    free(batch.x.data);
    free(batch.target.data);
    wg_tape_free(tape);
    return t->steps + 2;
}

/* ---- Fingerprints ---------------------------------------------------------------------------- */

/* Adds copies of parameters, in double, to a set made to be fingerprinted. NaN has many bit
 * patterns, and its fingerprint shows nothing, so whether all are finite is said. */
static bool add_all(wg_params *all, const char *name, const void *values, enum wg_dtype dtype,
                    int64_t count) {
    const struct wg_tensor copy = wg_param_value(all, wg_params_add(all, name, WG_SHAPE(count)));
    bool finite = copy.data != NULL;
    for (int64_t i = 0; i < count && copy.data; i++) {
        const double value =
            dtype == WG_F64 ? ((const double *)values)[i] : (double)((const float *)values)[i];
        ((double *)copy.data)[i] = value;
        finite = finite && isfinite(value);
    }
    return finite;
}

static bool add_set(wg_params *all, const wg_params *set) {
    bool finite = true;
    for (int i = 0; i < wg_params_count(set); i++) {
        const struct wg_tensor value = wg_param_value(set, i);
        if (!add_all(all, wg_param_name(set, i), value.data, value.dtype, value.size))
            finite = false;
    }
    return finite;
}

static void note_kinds(const wg_model *model) {
    for (const char *at = wg_model_text(model); at && *at; at += strcspn(at, ";") + 1) {
        at += strspn(at, " ;\n");
        const size_t length = strcspn(at, " ;\n");
        for (int i = 0; wg_layer_kind(i) && i < MOST_KINDS; i++) {
            const char *kind = wg_layer_kind(i);
            if (strlen(kind) == length && strncmp(kind, at, length) == 0) used_kind[i] = true;
        }
        if (!strchr(at, ';')) break;
    }
}

/* Whether the run could be made; its fingerprint. */
static bool fingerprint(const struct training *t, enum wg_dtype dtype, const struct run *run,
                        struct wg_fingerprint *result) {
    double figures[LONGEST_STEPS + 2] = {0};
    bool finite = true;
    wg_set_isa(run->isa);
    wg_set_threads(run->threads);
    wg_model *model = make_model(t, dtype);
    wg_params *all = wg_params_new(WG_F64);
    if (!wg_error_status()) {
        const int count = train(t, run->replay, model, figures);
        finite = add_set(all, wg_model_params(model)) && add_set(all, wg_model_statistics(model)) &&
                 add_all(all, "figures", figures, WG_F64, count);
        note_kinds(model);
    }
    if (!wg_error_status()) *result = wg_params_fingerprint(all);
    wg_params_free(all);
    wg_model_free(model);
    if (!wg_error_status() && finite) return true;
    printf("%s on %s: %s\n", t->name, run->isa,
           wg_error_status() ? wg_error() : "a weight or a loss is not finite");
    wg_clear_error();
    return false;
}

/* ---- Comparing ------------------------------------------------------------------------------- */

static const struct {
    int threads;
    bool replay;
} ways[] = {{1, false}, {1, true}, {2, false}, {2, true}, {3, true}};
enum { WAYS = (int)(sizeof ways / sizeof *ways) };

struct tally {
    int goldens, checked, failed;
};

static void compare_runs(const struct training *t, enum wg_dtype dtype, const char *expected,
                         struct tally *tally) {
    for (int i = 0; wg_isa_supported(i); i++) {
        for (int k = 0; k < WAYS; k++) {
            const struct run run = {wg_isa_supported(i), ways[k].threads, ways[k].replay};
            struct wg_fingerprint got = {""};
            const bool same = fingerprint(t, dtype, &run, &got) && strcmp(got.hex, expected) == 0;
            tally->checked++;
            if (same) continue;
            tally->failed++;
            printf("%s %s, %s, %d threads, %s: %s; expected %s\n", t->name, wg_dtype_name(dtype),
                   run.isa, run.threads, run.replay ? "replayed" : "recorded", got.hex, expected);
        }
    }
}

static int kinds_left_out(void) {
    int count = 0;
    for (int i = 0; wg_layer_kind(i); i++) {
        if (i < MOST_KINDS && used_kind[i]) continue;
        printf("no training has a layer of kind %s\n", wg_layer_kind(i));
        count++;
    }
    return count;
}

static int compare(FILE *golden) {
    struct tally tally = {0};
    const struct training *t;
    for (int i = 0; (t = training_at(i)); i++) {
        for (enum wg_dtype dtype = WG_F32; dtype <= WG_F64; dtype++) {
            char label[96], expected[64];
            snprintf(label, sizeof label, "%s %s", t->name, wg_dtype_name(dtype));
            read_golden(golden, label, expected, sizeof expected);
            tally.goldens++;
            compare_runs(t, dtype, expected, &tally);
        }
    }
    const int left_out = kinds_left_out();
    printf("checked: %d training runs against %d golden fingerprints, %d differ\n", tally.checked,
           tally.goldens, tally.failed);
    return tally.failed > 0 || left_out > 0 || tally.checked < WAYS * tally.goldens;
}

static int print(void) {
    const struct run run = {wg_isa_supported(0), 1, false};
    const struct training *t;
    for (int i = 0; (t = training_at(i)); i++) {
        for (enum wg_dtype dtype = WG_F32; dtype <= WG_F64; dtype++) {
            struct wg_fingerprint got;
            if (!fingerprint(t, dtype, &run, &got)) return 1;
            printf("%s %s %s\n", t->name, wg_dtype_name(dtype), got.hex);
        }
    }
    return 0;
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: %s GOLDEN | --print\n", argv[0]);
        return 2;
    }
    if (strcmp(argv[1], "--print") == 0) return print();
    FILE *golden = fopen(argv[1], "r");
    if (!golden) {
        perror(argv[1]);
        return 2;
    }
    const int status = compare(golden);
    fclose(golden);
    return status;
}
