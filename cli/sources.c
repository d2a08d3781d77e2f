#define _POSIX_C_SOURCE 200809L
#include "sources.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "options.h"
#include "problem.h"
#include "program.h"

static int unknown_data(const struct source *source) {
    char valid[256] = "";
    for (const char *const *name = wg_dataset_names(); *name; name++) {
        const size_t used = strlen(valid);
        snprintf(valid + used, sizeof valid - used, "%s, ", *name);
    }
    return usage_error(
        source->command,
        "--data \"%s\": expected one of %sa directory of IDX files or a CSV file (%s)",
        source->data, valid, strerror(errno));
}

static int refuse(const struct source *source, const char *option, const char *kind) {
    return usage_error(source->command, "--%s is for %s; \"%s\" is none", option, kind,
                       source->data);
}

int find_source(struct source *source) {
    struct stat info;
    if (find_recipe(source->data)->name)
        source->kind = SOURCE_GENERATED;
    else if (stat(source->data, &info) != 0)
        return unknown_data(source);
    else
        source->kind = S_ISDIR(info.st_mode) ? SOURCE_IMAGES : SOURCE_CSV;
    if (source->kind != SOURCE_GENERATED) {
        if (source->examples >= 0) return refuse(source, "examples", "generated sets");
        if (source->noise >= 0) return refuse(source, "noise", "generated sets");
    }
    if (source->kind != SOURCE_CSV) {
        if (source->header) return refuse(source, "header", "CSV files");
        if (source->label) return refuse(source, "label", "CSV files");
    }
    return GO_ON;
}

static enum wg_csv_header header_of(const struct source *source) {
    if (!source->header || strcmp(source->header, "auto") == 0) return WG_CSV_HEADER_AUTO;
    return strcmp(source->header, "yes") == 0 ? WG_CSV_HEADER_YES : WG_CSV_HEADER_NO;
}

bool read_source(const struct source *source, enum wg_csv_labels labels,
                 const struct wg_dataset *like, struct wg_dataset *all) {
    if (source->kind == SOURCE_GENERATED) {
        const struct recipe *recipe = find_recipe(source->data);
        return wg_dataset_generate(
                   source->data, source->examples < 0 ? recipe->examples : source->examples,
                   source->noise < 0 ? recipe->noise : source->noise, source->seed, all) == WG_OK;
    }
    const struct wg_csv_options options = {
        .header = header_of(source), .labels = labels, .label = source->label, .like = like};
    return wg_dataset_load_csv(source->data, &options, all) == WG_OK;
}

struct wg_shape input_shape(const struct wg_dataset *data) {
    if (data->image_rows > 0) return WG_SHAPE(data->image_rows, data->image_columns, 1);
    return WG_SHAPE(data->features);
}
