/* wengert accuracy: how far an op's kernels are from its formula, in units of the last place. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accuracy_all.h"
#include "accuracy_origin.h"
#include "accuracy_plot.h"
#include "accuracy_report.h"
#include "json.h"
#include "op_names.h"
#include "options.h"
#include "program.h"

static const struct command_help help = {
    "accuracy",
    "OP [NAME=VALUE ...] [--gradient] [--exhaustive | --samples N] [--dtype f32|f64] [--json]\n"
    "         [--stride N] [--outputs FILE | --textbook | --plot FILE.svg] | --all DIR [--peers FILE]",
    "Measures an elementwise op through the kernels that training uses, against the formula (with\n"
    "--gradient: the derivative) on its card, which is evaluated in double with a running error\n"
    "bound and, wherever that bound exceeds 1e-3 ULP, by MPFR. NAME is an attribute, or a further\n"
    "input such as prelu's alpha. ULP means |computed - exact| / (spacing of floats at the exact\n"
    "value, the smallest subnormal's at least). Samples run evenly over all bit patterns, with\n"
    "neighbourhoods of kinks, zeros and saturation. Exit status 1 when the bar (1 ULP in float, 2\n"
    "in double) is not kept.\n"
    "With --outputs, measures any implementation: FILE holds its results, little-endian floats, one\n"
    "for each input whose bit pattern is 0, N, 2 N, ... below 2^32, where N is the --stride. With\n"
    "--textbook, measures the usual formula in float, each step rounded. --stride without either\n"
    "measures the kernels at the same inputs.\n"
    "With --plot, draws the errors of the kernels, the textbook's formula and --against files over\n"
    "the inputs.\n"
    "With --all, measures every elementwise op, value and gradient, float and double, and writes a\n"
    "file for each into DIR, going on where an earlier run stopped, and DIR/table.md, with columns\n"
    "for other implementations from --peers FILE, which bench/peers/accuracy.py writes.\n"};

#define USUAL_STRIDE 401 /* 10.7 million inputs */

/* What the command line asks for. */
struct request {
    bool gradient, exhaustive, json, textbook;
    int64_t samples, threads, stride;
    const char *dtype, *all, *peers, *outputs, *range;
    struct plot_request plot;
};

/* "alpha=0.5" */
static bool take_word(struct accuracy_task *task, char *word) {
    char *equals = strchr(word, '=');
    if (!equals) {
        usage_error("accuracy", "\"%s\": expected NAME=VALUE", word);
        return false;
    }
    *equals = '\0';
    int inputs;
    wg_op_input_count(task->op, &inputs);
    for (int i = 1; i < inputs && i <= MOST_FURTHER; i++) {
        char *end;
        if (strcmp(task->op->inputs[i], word) != 0) continue;
        task->further[i - 1] = strtod(equals + 1, &end);
        if (end != equals + 1 && *end == '\0' && isfinite(task->further[i - 1])) return true;
        usage_error("accuracy", "%s=%s: expected a finite number", word, equals + 1);
        return false;
    }
    if (wg_op_set(task->op, task->slots, word, equals + 1) == WG_OK) return true;
    library_error("accuracy");
    return false;
}

/* Prints a result, and what is said of where it comes from unless that is NULL. */
static int report(const struct accuracy_task *task, const struct accuracy *result,
                  const struct origin *origin, bool json) {
    if (json) {
        cJSON *object = accuracy_json(task, result);
        if (origin) origin_json(origin, object);
        const int status = json_print("accuracy", object, false);
        if (status != EXIT_GOOD) return status;
    } else {
        accuracy_text(task, result);
        if (origin) origin_text(origin);
    }
    return accuracy_good(task, result) ? EXIT_GOOD : EXIT_FAILED;
}

static int measure(const struct accuracy_task *task, bool json) {
    struct accuracy result;
    char message[512], name[64];
    snprintf(name, sizeof name, "%s", task->op->name);
    const bool done = measure_accuracy(task, accuracy_bar, name, &result, message, sizeof message);
    accuracy_bar_end();
    return done ? report(task, &result, NULL, json) : run_error("accuracy", "%s", message);
}

static int measure_origin(const struct accuracy_task *task, const struct request *request) {
    const uint32_t stride = (uint32_t)request->stride;
    struct accuracy result;
    struct text_error error = {0};
    struct origin origin;
    bool done = true;
    if (request->outputs)
        done = origin_file(&origin, request->outputs, stride, &error);
    else if (request->textbook)
        done = origin_textbook(&origin, task, stride, &error);
    else
        origin_kernels(&origin, stride);
    done = done && origin_measure(&origin, task, &result, &error);
    origin_end(&origin);
    return done ? report(task, &result, &origin, request->json)
                : run_error("accuracy", "%s", error.text);
}

/* Options that do not go together, or go only with others; EXIT_GOOD for none. */
static int check_request(struct request *r, int words) {
    const bool f64 = strcmp(r->dtype, "f64") == 0;
    const bool strided = r->stride || r->outputs || r->textbook || r->plot.path;
    if (r->exhaustive && (r->samples || f64)) {
        return usage_error(
            "accuracy", "--exhaustive goes with f32 and without --samples: it takes every float");
    }
    if (r->all && words) return usage_error("accuracy", "--all takes no op");
    if (r->peers && !r->all) return usage_error("accuracy", "--peers goes with --all");
    if (strided && (f64 || r->exhaustive || r->samples || r->all)) {
        return usage_error("accuracy", "--stride, --outputs, --textbook and --plot go with f32 and "
                                       "without --samples, --exhaustive and --all");
    }
    if ((r->outputs != NULL) + r->textbook + (r->plot.path != NULL) > 1)
        return usage_error("accuracy", "expected one of --outputs, --textbook and --plot");
    if (r->outputs && !r->stride)
        return usage_error("accuracy", "--outputs needs --stride N: the file's results are those "
                                       "for the bit patterns 0, N, 2 N, ...");
    if ((r->range || r->plot.against.count) && !r->plot.path)
        return usage_error("accuracy", "--range and --against go with --plot");
    if (strided && !r->stride) r->stride = USUAL_STRIDE;
    if (strided && r->stride % 2 == 0)
        return usage_error("accuracy", "--stride %lld: expected an odd number",
                           (long long)r->stride);
    if (r->range && !plot_range(r->range, &r->plot))
        return usage_error("accuracy", "--range \"%s\": expected LOW,HIGH", r->range);
    r->plot.stride = (uint32_t)r->stride;
    return EXIT_GOOD;
}

static int measure_request(struct request *r, int words, char **argv) {
    if (r->all) {
        return measure_all(r->all, r->exhaustive, (uint64_t)r->samples, (int)r->threads, r->peers);
    }
    if (words == 0)
        return usage_error("accuracy", "no op; expected wengert accuracy OP [NAME=VALUE ...]");
    struct accuracy_task task = {
        .op = named_op("accuracy", argv[0]), .gradient = r->gradient, .threads = (int)r->threads};
    if (!task.op) return EXIT_USAGE;
    accuracy_defaults(&task, strcmp(r->dtype, "f64") == 0 ? WG_F64 : WG_F32);
    if (r->samples) task.samples = (uint64_t)r->samples;
    if (r->exhaustive) task.samples = 0;
    for (int i = 1; i < words; i++) {
        if (!take_word(&task, argv[i])) return EXIT_USAGE;
    }
    if (wg_op_check_attributes(task.op, task.slots) != WG_OK) return library_error("accuracy");
    if (r->plot.path) return plot_accuracy(&task, &r->plot);
    return r->stride ? measure_origin(&task, r) : measure(&task, r->json);
}

int run_accuracy(int argc, char **argv) {
    static const char *const dtypes[] = {"f32", "f64", NULL};
    struct request r = {.dtype = "f32", .threads = 2, .plot = {.low = -20, .high = 20}};
    const struct option options[] = {
        {.name = "gradient",
         .kind = OPTION_FLAG,
         .value = &r.gradient,
         .meaning = "measures the gradient kernel, for dy = 1"},
        {.name = "exhaustive",
         .kind = OPTION_FLAG,
         .value = &r.exhaustive,
         .meaning = "all 2^32 floats: a minute or less"},
        {.name = "samples",
         .kind = OPTION_WHOLE,
         .value = &r.samples,
         .argument = "N",
         .meaning = "about so many inputs; 4194304 by default in float, 1000000 in double",
         .min = 1,
         .max = 4294967296},
        {.name = "dtype",
         .kind = OPTION_CHOICE,
         .value = &r.dtype,
         .argument = "D",
         .meaning = "f32 (the default) or f64",
         .choices = dtypes},
        {.name = "threads",
         .kind = OPTION_WHOLE,
         .value = &r.threads,
         .argument = "N",
         .meaning = "2 by default",
         .min = 1,
         .max = 64},
        {.name = "stride",
         .kind = OPTION_WHOLE,
         .value = &r.stride,
         .argument = "N",
         .meaning = "every N-th bit pattern, N odd; 401 by default with --textbook and --plot",
         .min = 1,
         .max = 1 << 24},
        {.name = "outputs",
         .kind = OPTION_TEXT,
         .value = &r.outputs,
         .argument = "FILE",
         .meaning = "measures the results in the file; see above"},
        {.name = "textbook",
         .kind = OPTION_FLAG,
         .value = &r.textbook,
         .meaning = "measures the usual formula in float, each step rounded"},
        {.name = "plot",
         .kind = OPTION_TEXT,
         .value = &r.plot.path,
         .argument = "FILE.svg",
         .meaning = "draws the errors; see above"},
        {.name = "range",
         .kind = OPTION_TEXT,
         .value = &r.range,
         .argument = "LOW,HIGH",
         .meaning = "of the inputs in the drawing; -20,20 by default"},
        {.name = "against",
         .kind = OPTION_TEXTS,
         .value = &r.plot.against,
         .argument = "NAME=FILE",
         .meaning = "draws also the results in the file, as of --outputs; may be repeated"},
        {.name = "all",
         .kind = OPTION_TEXT,
         .value = &r.all,
         .argument = "DIR",
         .meaning = "measures every op; see above"},
        {.name = "peers",
         .kind = OPTION_TEXT,
         .value = &r.peers,
         .argument = "FILE",
         .meaning = "with --all: adds the columns of other implementations"},
        {.name = "json", .kind = OPTION_FLAG, .value = &r.json, .meaning = "prints one object"},
        {0},
    };
    int words;
    const int status = parse_options(&help, options, argc, argv, &words);
    if (status != GO_ON) return status;
    const int wrong = check_request(&r, words);
    return wrong != EXIT_GOOD ? wrong : measure_request(&r, words, argv);
}
