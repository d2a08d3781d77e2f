/* wengert predict: what a checkpoint makes of examples, a line each. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "figures.h"
#include "model_file.h"
#include "objective.h"
#include "option_rows.h"
#include "program.h"
#include "whole_file.h"
#include "wengert/ops.h"

static const struct command_help help = {
    "predict", "FILE --data DATA [options]",
    "What a trained model, from a checkpoint that `wengert train --model` wrote, makes of examples:\n"
    "CSV with a line for each, its class and that one's probability, or the numbers predicted. A\n"
    "label's column in the data is not looked at, and may be missing. Of a directory of images the\n"
    "validation part is taken.\n"};

/* How the model's outputs are to be read. */
struct reading {
    int64_t outputs, classes; /* classes 0: the outputs are the numbers predicted */
    bool logits;
    char *const *class_names; /* or NULL */
};

static struct reading reading_of(const struct model_file *file) {
    const char *loss = wg_model_loss(file->model);
    return (struct reading){.outputs = wg_shape_size(wg_model_output_shape(file->model)),
                            .classes = file->preparation.like.classes,
                            .logits = loss && is_of_logits(loss),
                            .class_names = file->preparation.like.class_names};
}

/* ---- Cells -------------------------------------------------------------------------------- */

/* Quoted where it has to be. */
static void put_text(FILE *out, const char *text) {
    if (!text[strcspn(text, ",\"\r\n")]) {
        fputs(text, out);
        return;
    }
    putc('"', out);
    for (; *text; text++) {
        if (*text == '"') putc('"', out);
        putc(*text, out);
    }
    putc('"', out);
}

static void put_class(FILE *out, const struct reading *r, int64_t class) {
    if (r->class_names)
        put_text(out, r->class_names[class]);
    else
        fprintf(out, "%" PRId64, class);
}

static double element(const struct wg_tensor *t, int64_t i) {
    return t->dtype == WG_F64 ? ((const double *)t->data)[i] : (double)((const float *)t->data)[i];
}

static void put_number(FILE *out, const struct wg_tensor *t, int64_t i) {
    char digits[40];
    fputs(t->dtype == WG_F64 ? wg_shortest_f64(((const double *)t->data)[i], digits, sizeof digits)
                             : wg_shortest_f32(((const float *)t->data)[i], digits, sizeof digits),
          out);
}

/* ---- Lines -------------------------------------------------------------------------------- */

static void put_header(FILE *out, const struct reading *r, const struct model_file *file,
                       bool all) {
    if (r->classes == 0) {
        const char *name = file->preparation.label ? file->preparation.label : "prediction";
        for (int64_t i = 0; i < r->outputs; i++) {
            if (r->outputs > 1)
                fprintf(out, "%soutput_%" PRId64, i ? "," : "", i);
            else
                put_text(out, name);
        }
    } else {
        fputs("class,probability", out);
        for (int64_t c = 0; all && c < r->classes; c++) {
            putc(',', out);
            put_class(out, r, c);
        }
    }
    putc('\n', out);
}

/* One output is the probability of the second of two classes. */
static void put_one_of_two(FILE *out, const struct reading *r, const struct wg_tensor *y, int64_t i,
                           bool all) {
    const double p = element(y, i);
    put_class(out, r, p > 0.5);
    fprintf(out, ",%.6g", p > 0.5 ? p : 1 - p);
    if (all) fprintf(out, ",%.6g,%.6g", 1 - p, p);
}

static void put_class_of_many(FILE *out, const struct reading *r, const struct wg_tensor *y,
                              int64_t i, bool all) {
    const int64_t first = i * r->outputs;
    int64_t largest = 0;
    for (int64_t c = 1; c < r->classes; c++) {
        if (element(y, first + c) > element(y, first + largest)) largest = c;
    }
    put_class(out, r, largest);
    fprintf(out, ",%.6g", element(y, first + largest));
    for (int64_t c = 0; all && c < r->classes; c++) fprintf(out, ",%.6g", element(y, first + c));
}

static void put_lines(FILE *out, const struct reading *r, const struct wg_tensor *y,
                      const struct model_file *file, bool all) {
    put_header(out, r, file, all);
    for (int64_t i = 0; i < file->data.examples; i++) {
        if (r->classes == 2 && r->outputs == 1) {
            put_one_of_two(out, r, y, i, all);
        } else if (r->classes > 0) {
            put_class_of_many(out, r, y, i, all);
        } else {
            for (int64_t j = 0; j < r->outputs; j++) {
                if (j) putc(',', out);
                put_number(out, y, i * r->outputs + j);
            }
        }
        putc('\n', out);
    }
}

static int write_lines(const struct reading *r, const struct wg_tensor *y,
                       const struct model_file *file, const struct use_options *o) {
    struct wg_whole_file whole;
    if (!o->out) {
        put_lines(stdout, r, y, file, o->all);
        return EXIT_GOOD;
    }
    if (wg_whole_file_open(&whole, o->out) != WG_OK) return library_error("predict");
    put_lines(whole.stream, r, y, file, o->all);
    if (wg_whole_file_commit(&whole) != WG_OK) return library_error("predict");
    printf("wrote %s: %" PRId64 " lines\n", o->out, file->data.examples + 1);
    return EXIT_GOOD;
}

/* ---- Predictions -------------------------------------------------------------------------- */

/* Probabilities from logits, by the library's own ops. */
static wg_var squash(const struct reading *r, wg_var y) {
    if (r->classes == 0 || !r->logits) return y;
    return r->outputs == 1 ? wg_sigmoid(y) : wg_softmax(y, -1);
}

static int predict_and_write(const struct reading *r, const struct model_file *file,
                             const struct use_options *o) {
    const struct wg_dataset *data = &file->data;
    const enum wg_dtype dtype = wg_model_dtype(file->model);
    wg_tape *tape = wg_tape_new();
    const wg_var y = wg_input(tape, dtype, WG_SHAPE(data->examples, r->outputs), NULL);
    int status = EXIT_FAILED;
    if (wg_is_null(y) ||
        wg_model_predict(file->model, data, evaluation_batch(data), wg_value(y).data) != WG_OK) {
        status = library_error("predict");
    } else {
        const wg_var probabilities = squash(r, y);
        const struct wg_tensor value = wg_value(probabilities);
        status = value.data ? write_lines(r, &value, file, o) : library_error("predict");
    }
    wg_tape_free(tape);
    return status;
}

static int predict(const struct model_file *file, const struct use_options *o) {
    const struct reading r = reading_of(file);
    if (r.classes > 0 && r.outputs < r.classes && !(r.outputs == 1 && r.classes == 2))
        return run_error("predict",
                         "the model has %" PRId64 " outputs for %" PRId64
                         " classes; expected as many as classes",
                         r.outputs, r.classes);
    return predict_and_write(&r, file, o);
}

int run_predict(int argc, char **argv) {
    struct use_options given = NO_USE_OPTIONS, *o = &given;
    const struct option options[] = {
        USE_OPTIONS,
        FLAG_OPTION(all, "all", "the probabilities of all classes too"),
        TEXT_OPTION(out, "out", "FILE", "writes there, whole or not at all"),
        {0},
    };
    int words;
    int status = parse_options(&help, options, argc, argv, &words);
    if (status == GO_ON && words > 1)
        return usage_error("predict", "unexpected \"%s\"; expected one file", argv[1]);
    struct model_file file;
    if (status == GO_ON)
        status = open_model_file(&file, "predict", words ? argv[0] : NULL, o, false);
    if (status != GO_ON) return status;
    status = predict(&file, o);
    close_model_file(&file);
    return status;
}
