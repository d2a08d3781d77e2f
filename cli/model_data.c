#include "model_data.h"

#include <stdlib.h>
#include <string.h>

#include "problem.h"
#include "program.h"
#include "wengert/losses.h"

static bool is(const char *text, const char *word) { return text && strcmp(text, word) == 0; }

static int check_options(const struct train_options *o, const struct source *source) {
    const bool csv = source->kind == SOURCE_CSV, images = source->kind == SOURCE_IMAGES;
    const char *wrong = !csv && o->labels ? "labels" : !csv && o->validation ? "validation" : NULL;
    if (wrong) return usage_error("train", "--%s is for CSV files; \"%s\" is none", wrong, o->data);
    wrong = o->validation_split >= 0 ? "validation-split" : o->standardize ? "standardize" : NULL;
    if (images && wrong)
        return usage_error("train", "--%s: images have their own %s", wrong,
                           o->standardize ? "scale, bytes to [0, 1]" : "validation part");
    if (o->validation && o->validation_split >= 0)
        return usage_error("train",
                           "--validation and --validation-split: expected at most one of them");
    return GO_ON;
}

/* Labels are classes where the loss is of labels, whatever they look like. */
static enum wg_csv_labels labels_of(const struct train_options *o) {
    if (is(o->labels, "classes")) return WG_CSV_LABELS_CLASSES;
    if (is(o->labels, "numbers")) return WG_CSV_LABELS_NUMBERS;
    const bool of_labels = !o->labels && o->loss && wg_loss_takes_labels(o->loss) == 1;
    return of_labels ? WG_CSV_LABELS_CLASSES : WG_CSV_LABELS_AUTO;
}

static bool split(struct model_data *data, const struct wg_dataset *all, double part,
                  uint64_t seed) {
    int64_t train = 0, *order = malloc((size_t)all->examples * sizeof *order);
    const bool good =
        order && wg_dataset_split_shuffled(all->examples, part, seed, order, &train) == WG_OK &&
        wg_dataset_take(all, order, train, &data->train) == WG_OK &&
        wg_dataset_take(all, order + train, all->examples - train, &data->validation) == WG_OK;
    free(order);
    return good;
}

static bool read_parts(struct model_data *data, const struct train_options *o,
                       struct source *source) {
    const double part = o->validation_split < 0 ? HELD_OUT : o->validation_split;
    struct wg_dataset all = {0};
    if (source->kind == SOURCE_IMAGES)
        return wg_dataset_load_directory(o->data, &data->train, &data->validation) == WG_OK;
    if (!read_source(source, labels_of(o), NULL, &all)) return false;
    if (part > 0 && !o->validation) {
        const bool good = split(data, &all, part, source->seed);
        wg_dataset_free(&all);
        return good;
    }
    data->train = all;
    if (!o->validation) return true;
    source->data = o->validation;
    return read_source(source, WG_CSV_LABELS_AUTO, &data->train, &data->validation);
}

static bool standardize(struct model_data *data) {
    return wg_dataset_measure(&data->train, &data->by) == WG_OK &&
           wg_dataset_standardize(&data->train, &data->by) == WG_OK &&
           (data->validation.examples == 0 ||
            wg_dataset_standardize(&data->validation, &data->by) == WG_OK);
}

int load_model_data(struct model_data *data, const struct train_options *o) {
    struct source source = {.command = "train",
                            .data = o->data,
                            .header = o->header,
                            .label = o->label,
                            .examples = o->examples,
                            .noise = o->noise,
                            .seed = (uint64_t)o->seed};
    *data = (struct model_data){0};
    int status = find_source(&source);
    if (status == GO_ON) status = check_options(o, &source);
    if (status == GO_ON && o->loss && wg_loss_check(o->loss) != WG_OK)
        status = library_error("train");
    if (status != GO_ON) return status;
    if (read_parts(data, o, &source) &&
        (!data->train.x || is(o->standardize, "no") || standardize(data)))
        return GO_ON;
    free_model_data(data);
    return library_error("train");
}

void free_model_data(struct model_data *data) {
    wg_dataset_free(&data->train);
    wg_dataset_free(&data->validation);
    wg_standardization_free(&data->by);
}
