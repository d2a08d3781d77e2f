/* wengert train --model: any model on any data. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "figures.h"
#include "json.h"
#include "model_data.h"
#include "objective.h"
#include "preparation.h"
#include "problem.h"
#include "program.h"
#include "schedule.h"
#include "train_options.h"
#include "wengert/callbacks.h"
#include "wengert/file.h"
#include "wengert/system.h"

/* ---- Before anything is done --------------------------------------------------------------- */

static int check_together(const struct train_options *o) {
    if (o->resume && !o->checkpoint)
        return usage_error("train", "--resume: expected --checkpoint FILE, to go on from");
    if (o->best && o->checkpoint && strcmp(o->best, o->checkpoint) == 0)
        return usage_error("train", "--best and --checkpoint are both \"%s\"; expected two files",
                           o->best);
    return GO_ON;
}

/* Whether a file can be written there, found out before training. */
static int try_file(const char *path) {
    struct wg_whole_file file;
    if (!path) return GO_ON;
    if (wg_whole_file_open(&file, path) != WG_OK) return library_error("train");
    wg_whole_file_abandon(&file);
    return GO_ON;
}

static int try_files(const struct train_options *o, const struct model_data *data) {
    const bool watches = o->best || o->early_stopping >= 0;
    if (watches && data->validation.examples == 0)
        return usage_error("train", "--%s watches the validation loss; expected a validation part",
                           o->best ? "best" : "early-stopping");
    const int status = try_file(o->checkpoint);
    return status == GO_ON ? try_file(o->best) : status;
}

/* ---- The model ----------------------------------------------------------------------------- */

static wg_model *make_model(const struct train_options *o, const struct model_data *data) {
    const bool f64 = o->dtype && strcmp(o->dtype, "f64") == 0;
    const struct wg_model_options options = {.input = {{.shape = input_shape(&data->train)}},
                                             .dtype = f64 ? WG_F64 : WG_F32,
                                             .seed = (uint64_t)o->seed};
    return wg_sequential_from_text(options, o->model);
}

static int compile(wg_model *model, const struct train_options *o, const struct model_data *data,
                   struct objective *objective) {
    struct wg_compile_options options = {.optimizer = o->optimizer ? o->optimizer : "adam"};
    int status = choose_objective(objective, model, &data->train, o->loss, o->metrics);
    if (status == GO_ON && o->schedule)
        status = read_schedule("train", o->schedule, &options.schedule);
    if (status != GO_ON) return status;
    options.loss = objective->loss;
    memcpy(options.metrics, objective->metric, sizeof options.metrics);
    if (wg_model_compile_with(model, options) != WG_OK) return library_error("train");
    if (!keep_preparation(model, &data->train, &data->by, o->label)) return library_error("train");
    return GO_ON;
}

/* ---- Weights of classes -------------------------------------------------------------------- */

static void balance(const struct wg_dataset *data, double *weight) {
    for (int64_t i = 0; i < data->examples; i++) weight[data->labels[i]]++;
    for (int64_t c = 0; c < data->classes; c++) {
        if (weight[c] > 0) weight[c] = (double)data->examples / ((double)data->classes * weight[c]);
    }
}

/* *weight is the caller's to free, also after an error. */
static int read_class_weight(const struct train_options *o, const struct wg_dataset *data,
                             double **weight) {
    *weight = NULL;
    if (!o->class_weight) return GO_ON;
    if (!data->labels)
        return usage_error("train", "--class-weight: the labels are numbers; expected classes");
    *weight = calloc((size_t)data->classes, sizeof **weight);
    if (!*weight) return run_error("train", "out of memory for %" PRId64 " classes", data->classes);
    if (strcmp(o->class_weight, "balanced") == 0) {
        balance(data, *weight);
        return GO_ON;
    }
    const char *at = o->class_weight;
    for (int64_t c = 0; c < data->classes; c++) {
        char *end;
        (*weight)[c] = strtod(at, &end);
        const bool last = c + 1 == data->classes;
        if (end == at || *end != (last ? '\0' : ',') || !((*weight)[c] >= 0) || isinf((*weight)[c]))
            return usage_error("train",
                               "--class-weight \"%s\": expected balanced, or %" PRId64
                               " numbers with commas between, not negative",
                               o->class_weight, data->classes);
        at = end + 1;
    }
    return GO_ON;
}

/* ---- Training ------------------------------------------------------------------------------ */

/* A loss that is no number ends the run before the weights are lost to it. */
struct watch {
    char text[160];
};

static enum wg_status before_update(void *context, const struct wg_moment *moment) {
    struct watch *watch = context;
    const double loss = wg_item(moment->loss);
    if (isfinite(loss)) return WG_OK;
    snprintf(watch->text, sizeof watch->text,
             "the loss became %s in epoch %" PRId64 ", batch %" PRId64
             "; training stopped (a smaller learning rate may help)",
             isnan(loss) ? "NaN" : "infinite", moment->epoch + 1, moment->batch + 1);
    return WG_ERROR_STATE;
}

static int fit(wg_model *model, const struct train_options *o, const struct model_data *data,
               const double *class_weight) {
    struct watch watch = {""};
    struct wg_fit_options options = {
        .epochs = (int)o->epochs,
        .batch_size = (int)(o->batch < data->train.examples ? o->batch : data->train.examples),
        .validation = data->validation.examples ? &data->validation : NULL,
        .class_weight = class_weight,
        .seed = (uint64_t)o->seed,
        .resume = o->resume ? o->checkpoint : NULL,
    };
    wg_callback **next = options.callbacks;
    *next++ = wg_callback_new((struct wg_callback_functions){
        .name = "finite_loss", .context = &watch, .before_update = before_update});
    *next++ = wg_progress(stdout);
    if (o->log) *next++ = wg_csv_logger(.path = o->log);
    if (o->early_stopping >= 0) *next++ = wg_early_stopping(.patience = (int)o->early_stopping);
    /* The best one first: what it remembers belongs into the other's file. */
    if (o->best) *next++ = wg_checkpoint(.path = o->best, .save_best_only = WG_YES);
    if (o->checkpoint) *next++ = wg_checkpoint(.path = o->checkpoint);
    if (wg_model_fit_with(model, &data->train, options) == WG_OK) return GO_ON;
    return watch.text[0] ? run_error("train", "%s", watch.text) : library_error("train");
}

/* ---- What is printed ----------------------------------------------------------------------- */

static int print_start(const wg_model *model, const struct train_options *o,
                       const struct model_data *data, const struct objective *objective) {
    const struct wg_dataset *train = &data->train;
    printf("%s: %" PRId64 " training, %" PRId64 " validation examples, %" PRId64 " features, ",
           o->data, train->examples, data->validation.examples, train->features);
    if (train->labels)
        printf("%" PRId64 " classes\n", train->classes);
    else
        printf("a number to predict\n");
    if (wg_model_summary(model, stdout) != WG_OK) return library_error("train");
    printf("%s; %s; batches of %" PRId64 "; %s, %d thread%s\n", objective->loss,
           o->optimizer ? o->optimizer : "adam",
           o->batch < train->examples ? o->batch : train->examples, wg_isa(), wg_threads(),
           wg_threads() == 1 ? "" : "s");
    if (o->resume && access(o->checkpoint, F_OK) == 0) printf("going on from %s\n", o->checkpoint);
    return GO_ON;
}

static int print_end(wg_model *model, const struct train_options *o,
                     const struct model_data *data) {
    const bool held_out = data->validation.examples > 0;
    const struct wg_dataset *seen = held_out ? &data->validation : &data->train;
    const char *part = held_out ? "validation" : "training";
    struct wg_evaluation result;
    if (wg_model_evaluate(model, seen, &result, .batch_size = evaluation_batch(seen)) != WG_OK)
        return library_error("train");
    const struct wg_fingerprint fingerprint = wg_params_fingerprint(wg_model_params(model));
    if (wg_model_epochs(model) < o->epochs)
        printf("stopped early, after %d epochs\n", wg_model_epochs(model));
    print_figures(model, part, &result, seen->examples);
    printf("fingerprint: %s\n", fingerprint.hex);
    if (!o->json) return EXIT_GOOD;
    cJSON *json = json_new();
    json_figures(json, model, part, &result);
    json_number(json, "epochs", wg_model_epochs(model));
    json_text(json, "fingerprint", fingerprint.hex);
    return json_print("train", json, false);
}

/* ---- All of it ----------------------------------------------------------------------------- */

static int train_on(wg_model *model, const struct train_options *o, const struct model_data *data) {
    struct objective objective;
    double *class_weight = NULL;
    int status = compile(model, o, data, &objective);
    if (status == GO_ON) status = read_class_weight(o, &data->train, &class_weight);
    if (status == GO_ON) status = try_files(o, data);
    if (status == GO_ON) status = print_start(model, o, data, &objective);
    if (status == GO_ON) status = fit(model, o, data, class_weight);
    if (status == GO_ON) status = print_end(model, o, data);
    free(class_weight);
    return status;
}

int train_model(const struct train_options *given) {
    struct train_options o = *given;
    const struct recipe *recipe = find_recipe(o.data);
    struct model_data data;
    int status = check_together(&o);
    if (status != GO_ON) return status;
    if (o.epochs < 0) o.epochs = recipe->epochs;
    if (o.batch < 0) o.batch = recipe->batch;
    if (wg_set_threads((int)o.threads) != WG_OK) return library_error("train");
    status = load_model_data(&data, &o);
    if (status != GO_ON) return status;
    if (given->batch > data.train.examples) {
        status = usage_error("train",
                             "--batch %" PRId64 ": larger than the data; expected at most %" PRId64
                             ", the training examples",
                             given->batch, data.train.examples);
        free_model_data(&data);
        return status;
    }
    wg_model *model = make_model(&o, &data);
    status = model ? train_on(model, &o, &data) : library_error("train");
    wg_model_free(model);
    free_model_data(&data);
    return status;
}
