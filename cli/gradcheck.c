/* wengert gradcheck: every op in every case that its entry declares. */
#include <inttypes.h>
#include <stdio.h>
#include <math.h>
#include <string.h>

#include "json.h"
#include "op_names.h"
#include "options.h"
#include "program.h"
#include "wengert/gradcheck.h"

static const struct command_help help = {
    "gradcheck", "[OP ...] [--tolerance X] [--seed N] [--json]",
    "Checks the gradient of every op, or of those named, in every case that its entry in the\n"
    "registry declares: in double, against Ridders' extrapolation of differences, element by\n"
    "element, and at kinks against the slopes declared. Columns: elements checked, how many of\n"
    "them at kinks, the largest relative error, the tangent's error (- where there is none),\n"
    "the verdict. As JSON: {\"checked\", \"pass\", \"fail\", \"cases\": [{\"op\", \"case\", \"checked\",\n"
    "\"at_kinks\", \"pass\", \"error\", \"tangent_error\", \"message\"}], \"unchecked\": [{\"op\",\n"
    "\"reason\"}]}. Exit status 1 when a case fails, or when nothing could be checked.\n"};

struct report {
    struct wg_gradcheck_options options;
    int op_width, case_width;
    int64_t passed, failed, unchecked;
    cJSON *json, *cases, *left_out; /* NULL where text is wanted */
};

/* Why an op cannot be checked; NULL when it can. */
static const char *obstacle(const struct wg_op *op) {
    if (!wg_op_has_gradient(op)) return "it has no gradient";
    if (!wg_op_has_kernels(op, WG_F64)) return "it has no kernels for f64";
    if (!op->cases[0]) return "its entry declares no cases";
    return NULL;
}

/* One line for what went wrong; "" for a case that passed. */
static void explain(const struct wg_op *op, const struct wg_gradcheck_result *result, char *text,
                    size_t size) {
    const struct wg_gradcheck_worst *worst = &result->worst;
    if (result->pass)
        snprintf(text, size, "%s", "");
    else if (result->failed == 0 && result->nonzero == 0)
        snprintf(text, size, "no gradient was other than zero: nothing was seen");
    else if (result->failed == 0)
        snprintf(text, size, "the tangent disagrees with the gradient: error %.3g",
                 result->tangent_error);
    else
        snprintf(text, size,
                 "%" PRId64 " of %" PRId64 " elements; worst: input %d (%s), element %" PRId64
                 ", x = %.17g: analytic %.17g, numeric %.17g",
                 result->failed, result->checked, worst->input,
                 worst->input < WG_MAX_NAMED_INPUTS && op->inputs[worst->input]
                     ? op->inputs[worst->input]
                     : "...",
                 worst->element, worst->x, worst->analytic, worst->numeric);
}

static void report_text(const struct report *report, const struct wg_op *op, const char *op_case,
                        const struct wg_gradcheck_result *result, const char *message) {
    char tangent[32] = "-";
    if (!(result->tangent_error < 0)) {
        snprintf(tangent, sizeof tangent, "%.1e", result->tangent_error);
    }
    printf("%-*s  %-*s  %7" PRId64 "  %8" PRId64 "  %9.1e  %9s  %s\n", report->op_width, op->name,
           report->case_width, op_case, result->checked, result->at_kinks, result->worst.error,
           tangent, result->pass ? "pass" : "FAIL");
    if (message[0]) printf("    %s\n", message);
}

static void report_json(const struct report *report, const struct wg_op *op, const char *op_case,
                        const struct wg_gradcheck_result *result, const char *message) {
    cJSON *row = json_object(report->cases, NULL);
    json_text(row, "op", op->name);
    json_text(row, "case", op_case);
    json_number(row, "checked", (double)result->checked);
    json_number(row, "at_kinks", (double)result->at_kinks);
    json_bool(row, "pass", result->pass);
    json_number(row, "error", result->worst.error);
    if (!(result->tangent_error < 0)) json_number(row, "tangent_error", result->tangent_error);
    if (message[0]) json_text(row, "message", message);
}

static void check_case(struct report *report, const struct wg_op *op, const char *op_case) {
    struct wg_gradcheck_result result = {0};
    char message[1100];
    wg_clear_error();
    if (wg_gradcheck_op(op, op_case, &report->options, &result) == WG_OK) {
        explain(op, &result, message, sizeof message);
    } else {
        result.pass = 0;
        result.tangent_error = -1;
        snprintf(message, sizeof message, "%s", wg_error());
    }
    if (result.pass)
        report->passed++;
    else
        report->failed++;
    (report->json ? report_json : report_text)(report, op, op_case, &result, message);
}

static void check_op(struct report *report, const struct wg_op *op) {
    const char *reason = obstacle(op);
    for (int i = 0; !reason && i < WG_MAX_CASES && op->cases[i]; i++) {
        check_case(report, op, op->cases[i]);
    }
    if (!reason) return;
    report->unchecked++;
    if (report->json) {
        cJSON *row = json_object(report->left_out, NULL);
        json_text(row, "op", op->name);
        json_text(row, "reason", reason);
    } else {
        printf("%-*s  not checked: %s\n", report->op_width, op->name, reason);
    }
}

static void measure_columns(struct report *report) {
    for (int i = 0; wg_op_at(i); i++) {
        const struct wg_op *op = wg_op_at(i);
        const int length = (int)strlen(op->name);
        if (length > report->op_width) report->op_width = length;
        for (int j = 0; j < WG_MAX_CASES && op->cases[j]; j++) {
            const int width = (int)strlen(op->cases[j]);
            if (width > report->case_width) report->case_width = width;
        }
    }
}

static int close_report(struct report *report) {
    const int64_t checked = report->passed + report->failed;
    if (report->json) {
        json_number(report->json, "checked", (double)checked);
        json_number(report->json, "pass", (double)report->passed);
        json_number(report->json, "fail", (double)report->failed);
        const int status = json_print("gradcheck", report->json, true);
        if (status != EXIT_GOOD) return status;
    } else {
        printf("%" PRId64 " passed, %" PRId64 " failed", report->passed, report->failed);
        if (report->unchecked)
            printf(", %" PRId64 " op%s not checked", report->unchecked,
                   report->unchecked == 1 ? "" : "s");
        putchar('\n');
    }
    return report->failed > 0 || checked == 0 ? EXIT_FAILED : EXIT_GOOD;
}

int run_gradcheck(int argc, char **argv) {
    bool json = false;
    int64_t seed = 0;
    struct report report = {0};
    const struct option options[] = {
        {.name = "tolerance",
         .kind = OPTION_NUMBER,
         .value = &report.options.tolerance,
         .argument = "X",
         .meaning = "the largest relative error that passes; 1e-9 by default",
         .min = 0,
         .max = 0.5,
         .above_min = true},
        {.name = "seed",
         .kind = OPTION_WHOLE,
         .value = &seed,
         .argument = "N",
         .meaning = "of the random points and gradients; 0 by default",
         .max = INFINITY},
        {.name = "json", .kind = OPTION_FLAG, .value = &json, .meaning = "prints JSON"},
        {0},
    };
    int words;
    const int status = parse_options(&help, options, argc, argv, &words);
    if (status != GO_ON) return status;
    for (int i = 0; i < words; i++) {
        if (!named_op("gradcheck", argv[i])) return EXIT_USAGE;
    }
    report.options.seed = (uint64_t)seed;
    measure_columns(&report);
    if (json) {
        report.json = json_new();
        report.cases = json_array(report.json, "cases");
        report.left_out = json_array(report.json, "unchecked");
    } else {
        printf("%-*s  %-*s  %7s  %8s  %9s  %9s  verdict\n", report.op_width, "op",
               report.case_width, "case", "checked", "at kinks", "error", "tangent");
    }
    for (int i = 0; i < words; i++) check_op(&report, wg_find_op(argv[i]));
    for (int i = 0; words == 0 && wg_op_at(i); i++) check_op(&report, wg_op_at(i));
    return close_report(&report);
}
