#define _POSIX_C_SOURCE 200809L
#include "accuracy_all.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "accuracy_peers.h"
#include "accuracy_report.h"
#include "json.h"
#include "program.h"
#include "whole_file.h"

#define USUAL_F32 (UINT64_C(1) << 22)
#define USUAL_F64 UINT64_C(1000000)
#define USUAL_FURTHER 0.25
#define SHARE_F64 256 /* a double costs that much more: every one is decided by MPFR */

/* Values that attributes and inputs of these names are measured at. */
static const struct {
    const char *name;
    double value[6];
    int count;
} variants[] = {
    {"alpha", {0.01, 0.1, 0.5, 1, 1.6733, 3}, 6},
    {"negative_slope", {0, 0.01, 0.1, 0.2, 0.5, 3}, 6},
    {"approximate", {0, 1}, 2},
};

void accuracy_defaults(struct accuracy_task *task, enum wg_dtype dtype) {
    task->dtype = dtype;
    task->samples = dtype == WG_F32 ? USUAL_F32 : USUAL_F64;
    wg_op_defaults(task->op, task->slots);
    for (int i = 0; i < MOST_FURTHER; i++) task->further[i] = USUAL_FURTHER;
}

/* The place of a name's value in the task: of its first attribute or further input that has
 * variants. NULL for none. */
static double *varied(struct accuracy_task *task, int *variant) {
    int inputs;
    wg_op_input_count(task->op, &inputs);
    for (*variant = 0; *variant < (int)(sizeof variants / sizeof *variants); (*variant)++) {
        for (int i = 0; i < wg_op_attribute_count(task->op); i++) {
            if (strcmp(task->op->attributes[i].name, variants[*variant].name) == 0)
                return &task->slots[i];
        }
        for (int i = 1; i < inputs; i++) {
            if (strcmp(task->op->inputs[i], variants[*variant].name) == 0)
                return &task->further[i - 1];
        }
    }
    return NULL;
}

struct all {
    const char *directory;
    bool exhaustive;
    uint64_t samples;
    int threads, number, total, bad;
    struct whole_file table;
    struct {
        int missing, measured; /* results to come; those of this run */
        double seconds;        /* that these took */
    } of[2];                   /* float, double */
    cJSON *peers;              /* or NULL */
};

/* "DIR/elu-alpha=0.5-gradient-f32.json" */
static void file_name(const struct all *all, const struct accuracy_task *task, char *path,
                      size_t size) {
    char attributes[200];
    accuracy_attributes(task, attributes, sizeof attributes);
    for (char *at = attributes; *at; at++) {
        if (*at == ' ') *at = ',';
    }
    snprintf(path, size, "%s/%s%s%s-%s-%s%s.json", all->directory, task->op->name,
             attributes[0] ? "-" : "", attributes, task->gradient ? "gradient" : "value",
             wg_dtype_name(task->dtype), task->dtype == WG_F32 && task->samples ? "-sampled" : "");
}

static cJSON *read_result(const char *path) {
    char text[4096];
    FILE *file = fopen(path, "r");
    if (!file) return NULL;
    const size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = '\0';
    return cJSON_Parse(text);
}

static bool write_result(const char *path, const cJSON *json, struct text_error *error) {
    struct whole_file file;
    char *text = cJSON_PrintUnformatted(json);
    if (!text) return text_fail(error, "out of memory");
    bool written = whole_file_open(&file, path, error);
    if (written) {
        fprintf(file.stream, "%s\n", text);
        written = whole_file_commit(&file, error);
    }
    cJSON_free(text);
    return written;
}

static double number_of(const cJSON *json, const char *name) {
    return cJSON_GetNumberValue(cJSON_GetObjectItem(json, name));
}

/* One cell: "0.88", with what was wrong besides. */
static void cell(FILE *out, const cJSON *json) {
    const double wrong = number_of(json, "wrong_nan") + number_of(json, "wrong_infinity") +
                         number_of(json, "wrong_zero_sign");
    fprintf(out, " %.3f%s |", number_of(json, "max_ulp"),
            wrong > 0 ? " (special values wrong)" : "");
}

/* "about 41 min left in all", from what the results so far took; "" before there are any. */
static void estimate(const struct all *all, char *text, size_t size) {
    double left = 0;
    text[0] = '\0';
    for (int i = 0; i < 2; i++) {
        if (all->of[i].measured == 0) return;
        left += all->of[i].missing * all->of[i].seconds / all->of[i].measured;
    }
    if (left < 90)
        snprintf(text, size, "about %.0f s left in all", left);
    else
        snprintf(text, size, "about %.0f min left in all", left / 60);
}

static bool measure_one(struct all *all, struct accuracy_task *task, cJSON **json,
                        struct text_error *error) {
    char path[1024], message[512], title[300], left[64];
    struct accuracy result;
    const int kind = task->dtype == WG_F32 ? 0 : 1;
    if (kind == 0) task->samples = all->exhaustive ? 0 : all->samples ? all->samples : USUAL_F32;
    file_name(all, task, path, sizeof path);
    all->number++;
    *json = read_result(path);
    if (*json) return true;
    estimate(all, left, sizeof left);
    snprintf(title, sizeof title, "%d/%d%s%s %s", all->number, all->total, left[0] ? ", " : "",
             left, path + strlen(all->directory) + 1);
    const double start = accuracy_seconds();
    const bool done = measure_accuracy(task, accuracy_bar, title, &result, message, sizeof message);
    accuracy_bar_end();
    if (!done) return text_fail(error, "%s", message);
    all->of[kind].missing--;
    all->of[kind].measured++;
    all->of[kind].seconds += accuracy_seconds() - start;
    *json = accuracy_json(task, &result);
    printf("%d/%d %-54s %.4f ULP\n", all->number, all->total, path + strlen(all->directory) + 1,
           result.max_ulp);
    fflush(stdout);
    return write_result(path, *json, error);
}

/* A row of the table: value and gradient, float and double, of one op with one set of attributes.
 */
static bool measure_row(struct all *all, struct accuracy_task *task, struct text_error *error) {
    char attributes[200];
    accuracy_attributes(task, attributes, sizeof attributes);
    fprintf(all->table.stream, "| %s | %s |", task->op->name, attributes);
    for (int i = 0; i < 4; i++) {
        cJSON *json = NULL;
        task->gradient = i % 2;
        task->dtype = i < 2 ? WG_F32 : WG_F64;
        task->samples = all->samples ? all->samples / SHARE_F64 + 1 : USUAL_F64;
        const bool done = measure_one(all, task, &json, error);
        if (done) cell(all->table.stream, json);
        if (done && !cJSON_IsTrue(cJSON_GetObjectItem(json, "good"))) all->bad++;
        cJSON_Delete(json);
        if (!done) return false;
    }
    peers_cells(all->table.stream, all->peers, task);
    fputc('\n', all->table.stream);
    return true;
}

/* How many of a row's results are there, and how many not yet. */
static bool count_row(struct all *all, struct accuracy_task *task, struct text_error *error) {
    (void)error;
    for (int i = 0; i < 4; i++) {
        char path[1024];
        task->gradient = i % 2;
        task->dtype = i < 2 ? WG_F32 : WG_F64;
        task->samples = all->exhaustive ? 0 : 1; /* only whether it is 0 is part of the name */
        file_name(all, task, path, sizeof path);
        cJSON *json = read_result(path);
        if (!json) all->of[i / 2].missing++;
        cJSON_Delete(json);
        all->total++;
    }
    return true;
}

/* pow's formula is read for x > 0 only; a selection between two inputs has its own rule for NaN.
 */
static bool is_measured(const struct wg_op *op) {
    return op->structure == WG_ELEMENTWISE && strcmp(op->name, "pow") != 0 && !op->distinct;
}

typedef bool row_function(struct all *all, struct accuracy_task *task, struct text_error *error);

/* Calls `row` for each op and set of attributes. */
static bool each_row(struct all *all, row_function *row, struct text_error *error) {
    for (int i = 0; wg_op_at(i); i++) {
        struct accuracy_task task = {.op = wg_op_at(i), .threads = all->threads};
        int variant;
        if (!is_measured(task.op)) continue;
        accuracy_defaults(&task, WG_F32);
        double *value = varied(&task, &variant);
        const int count = value ? variants[variant].count : 1;
        for (int k = 0; k < count; k++) {
            if (value) *value = variants[variant].value[k];
            if (!row(all, &task, error)) return false;
        }
    }
    return true;
}

static void put_heading(const struct all *all) {
    FILE *out = all->table.stream;
    fputs("| op | attributes | float value | float gradient | double value | double gradient |",
          out);
    peers_heading(out, all->peers);
    fputs("\n| --- | --- | --- | --- | --- | --- |", out);
    peers_rule(out, all->peers);
    fputc('\n', out);
}

static int run_all(struct all *all) {
    struct text_error error = {0};
    char path[1024];
    if (mkdir(all->directory, 0777) != 0 && errno != EEXIST)
        return run_error("accuracy", "%s: %s", all->directory, strerror(errno));
    snprintf(path, sizeof path, "%s/table.md", all->directory);
    if (!whole_file_open(&all->table, path, &error)) return run_error("accuracy", "%s", error.text);
    put_heading(all);
    const bool going = each_row(all, count_row, &error) && each_row(all, measure_row, &error);
    if (!going) whole_file_abandon(&all->table);
    if (!going || !whole_file_commit(&all->table, &error))
        return run_error("accuracy", "%s", error.text);
    printf("%d of %d results keep the bar; the table is in %s\n", all->total - all->bad, all->total,
           path);
    return all->bad ? EXIT_FAILED : EXIT_GOOD;
}

int measure_all(const char *directory, bool exhaustive, uint64_t samples, int threads,
                const char *peers) {
    struct all all = {
        .directory = directory, .exhaustive = exhaustive, .samples = samples, .threads = threads};
    struct text_error error = {0};
    if (peers) {
        all.peers = peers_read(peers, &error);
        if (!all.peers) return run_error("accuracy", "%s", error.text);
    }
    const int status = run_all(&all);
    cJSON_Delete(all.peers);
    return status;
}
