#include "model_file.h"

#include "program.h"
#include "sources.h"
#include "wengert/system.h"

const char *const header_choices[] = {"auto", "yes", "no", NULL};

static bool read_data(struct model_file *file, struct source *source, bool labels) {
    const struct preparation *p = &file->preparation;
    struct wg_dataset other = {0};
    if (source->kind == SOURCE_IMAGES) {
        const bool good = wg_dataset_load_directory(source->data, &other, &file->data) == WG_OK;
        wg_dataset_free(&other);
        return good;
    }
    const enum wg_csv_labels kind = !labels               ? WG_CSV_LABELS_IGNORED
                                    : p->like.classes > 0 ? WG_CSV_LABELS_CLASSES
                                                          : WG_CSV_LABELS_NUMBERS;
    if (!source->label) source->label = p->label;
    if (!read_source(source, kind, &p->like, &file->data)) return false;
    return p->by.features == 0 || wg_dataset_standardize(&file->data, &p->by) == WG_OK;
}

int open_model_file(struct model_file *file, const char *command, const char *path,
                    const struct use_options *o, bool labels) {
    struct source source = {.command = command,
                            .data = o->data,
                            .header = o->header,
                            .label = o->label,
                            .examples = o->examples,
                            .noise = o->noise,
                            .seed = (uint64_t)o->seed};
    *file = (struct model_file){0};
    if (!path) return usage_error(command, "no file; expected a checkpoint: %s FILE", command);
    if (!o->data) return usage_error(command, "no --data; expected examples for the model");
    int status = find_source(&source);
    if (status != GO_ON) return status;
    if (wg_set_threads((int)o->threads) != WG_OK) return library_error(command);
    file->model = wg_model_load(path);
    if (!file->model) return library_error(command);
    if (!read_preparation(file->model, &file->preparation))
        status =
            run_error(command, "\"%s\": what it says of its data does not fit its model", path);
    else if (!read_data(file, &source, labels))
        status = library_error(command);
    if (status != GO_ON) close_model_file(file);
    return status;
}

void close_model_file(struct model_file *file) {
    wg_dataset_free(&file->data);
    free_preparation(&file->preparation);
    wg_model_free(file->model);
    *file = (struct model_file){0};
}
