/* wengert accuracy: how far an op's kernels are from its formula, in units of the last place. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accuracy_all.h"
#include "accuracy_report.h"
#include "json.h"
#include "op_names.h"
#include "options.h"
#include "program.h"

static const struct command_help help = {
    "accuracy",
    "OP [NAME=VALUE ...] [--gradient] [--exhaustive | --samples N] [--dtype f32|f64] [--json] | --all DIR",
    "Measures an elementwise op through the kernels that training uses, against the formula (with\n"
    "--gradient: the derivative) on its card, which is evaluated in double with a running error\n"
    "bound and, wherever that bound exceeds 1e-3 ULP, by MPFR. NAME is an attribute, or a further\n"
    "input such as prelu's alpha. ULP means |computed - exact| / (spacing of floats at the exact\n"
    "value, the smallest subnormal's at least). Samples run evenly over all bit patterns, with\n"
    "neighbourhoods of kinks, zeros and saturation. Exit status 1 when the bar (1 ULP in float, 2\n"
    "in double) is not kept.\n"
    "With --all, measures every elementwise op, value and gradient, float and double, and writes a\n"
    "file for each into DIR, going on where an earlier run stopped, and DIR/table.md.\n"};

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

static int measure(const struct accuracy_task *task, bool json) {
    struct accuracy result;
    char message[512], name[64];
    snprintf(name, sizeof name, "%s", task->op->name);
    const bool done = measure_accuracy(task, accuracy_bar, name, &result, message, sizeof message);
    accuracy_bar_end();
    if (!done) return run_error("accuracy", "%s", message);
    if (json) {
        const int status = json_print("accuracy", accuracy_json(task, &result), false);
        if (status != EXIT_GOOD) return status;
    } else {
        accuracy_text(task, &result);
    }
    return accuracy_good(task, &result) ? EXIT_GOOD : EXIT_FAILED;
}

int run_accuracy(int argc, char **argv) {
    static const char *const dtypes[] = {"f32", "f64", NULL};
    const char *dtype = "f32", *all = NULL;
    bool gradient = false, exhaustive = false, json = false;
    int64_t samples = 0, threads = 2;
    const struct option options[] = {
        {.name = "gradient",
         .kind = OPTION_FLAG,
         .value = &gradient,
         .meaning = "measures the gradient kernel, for dy = 1"},
        {.name = "exhaustive",
         .kind = OPTION_FLAG,
         .value = &exhaustive,
         .meaning = "all 2^32 floats: a minute or less"},
        {.name = "samples",
         .kind = OPTION_WHOLE,
         .value = &samples,
         .argument = "N",
         .meaning = "about so many inputs; 4194304 by default in float, 1000000 in double",
         .min = 1,
         .max = 4294967296},
        {.name = "dtype",
         .kind = OPTION_CHOICE,
         .value = &dtype,
         .argument = "D",
         .meaning = "f32 (the default) or f64",
         .choices = dtypes},
        {.name = "threads",
         .kind = OPTION_WHOLE,
         .value = &threads,
         .argument = "N",
         .meaning = "2 by default",
         .min = 1,
         .max = 64},
        {.name = "all",
         .kind = OPTION_TEXT,
         .value = &all,
         .argument = "DIR",
         .meaning = "measures every op; see above"},
        {.name = "json", .kind = OPTION_FLAG, .value = &json, .meaning = "prints one object"},
        {0},
    };
    int words;
    const int status = parse_options(&help, options, argc, argv, &words);
    if (status != GO_ON) return status;
    if (exhaustive && (samples || strcmp(dtype, "f64") == 0)) {
        return usage_error(
            "accuracy", "--exhaustive goes with f32 and without --samples: it takes every float");
    }
    if (all && words) return usage_error("accuracy", "--all takes no op");
    if (all) return measure_all(all, exhaustive, samples ? (uint64_t)samples : 0, (int)threads);
    if (words == 0)
        return usage_error("accuracy", "no op; expected wengert accuracy %s", help.usage);
    struct accuracy_task task = {
        .op = named_op("accuracy", argv[0]), .gradient = gradient, .threads = (int)threads};
    if (!task.op) return EXIT_USAGE;
    accuracy_defaults(&task, strcmp(dtype, "f64") == 0 ? WG_F64 : WG_F32);
    if (samples) task.samples = (uint64_t)samples;
    if (exhaustive) task.samples = 0;
    for (int i = 1; i < words; i++) {
        if (!take_word(&task, argv[i])) return EXIT_USAGE;
    }
    if (wg_op_check_attributes(task.op, task.slots) != WG_OK) return library_error("accuracy");
    return measure(&task, json);
}
