/* wengert gradcheck: every op in every case that its entry declares. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gradcheck_curve.h"
#include "json.h"
#include "op_names.h"
#include "options.h"
#include "program.h"
#include "wengert/gradcheck.h"

static const struct command_help help = {
    "gradcheck", "[OP ...] [--case TEXT] [--tolerance X] [--seed N] [--curve] [--json]",
    "Checks the gradient of every op, or of those named, in every case that its entry in the\n"
    "registry declares: in double, against Ridders' extrapolation of differences, element by\n"
    "element; against tangents; at kinks against the slopes declared; and that it is linear in\n"
    "the upstream gradient, adds up, and is the same to the bit when asked again.\n"
    "Columns: elements checked, how many of them at kinks, evaluations of the op, the relative\n"
    "error of the worst element, what its case is certified to, the tangents' error (- where\n"
    "there are none), the verdict. A case that does not pass is followed by its report.\n"
    "As JSON: {\"cases\": [{\"op\", \"case\", \"verdict\", \"pass\", \"counts\", \"rows\", ...}],\n"
    "\"unchecked\": [{\"op\", \"reason\"}], \"elements\": {\"PASS\": N, ...}, \"verdicts\": {...}, ...}.\n"
    "Exit status 1 when a case fails, or when nothing could be checked.\n"};

struct worst {
    double value;
    const char *op, *op_case;
};

struct report {
    struct wg_gradcheck_options options;
    int op_width, case_width;
    int64_t ops, cases, passed, unchecked, errors, evaluations;
    int64_t elements[WG_VERDICTS], verdicts[WG_VERDICTS]; /* cases by verdict */
    struct worst certified, tangent;
    cJSON *json, *rows, *left_out; /* NULL where text is wanted */
};

/* Why an op cannot be checked; NULL when it can. */
static const char *obstacle(const struct wg_op *op, const char *op_case) {
    if (!wg_op_has_gradient(op)) return "it has no gradient";
    if (!wg_op_has_kernels(op, WG_F64)) return "it has no kernels for f64";
    if (!op_case && !op->cases[0]) return "its entry declares no cases";
    return NULL;
}

/* ---- Text --------------------------------------------------------------------------------- */

static void print_indented(const char *text) {
    while (*text) {
        const size_t length = strcspn(text, "\n");
        printf("    %.*s\n", (int)length, text);
        text += length + (text[length] == '\n');
    }
}

/* The library's report of a case that does not pass. */
static void print_report(const struct wg_gradcheck_result *result) {
    const size_t size = wg_gradcheck_text(result, NULL, 0) + 1;
    char *text = malloc(size);
    if (text) wg_gradcheck_text(result, text, size);
    print_indented(text ? text : "no memory for the report");
    free(text);
}

static void report_text(const struct report *report, const struct wg_op *op, const char *op_case,
                        const struct wg_gradcheck_result *result, const char *error) {
    char tangent[32] = "-";
    if (!(result->tangent_error < 0))
        snprintf(tangent, sizeof tangent, "%.1e", result->tangent_error);
    printf("%-*s  %-*s  %7" PRId64 "  %5" PRId64 "  %6" PRId64 "  %7.1e  %9.1e  %7s  %s\n",
           report->op_width, op->name, report->case_width, op_case, result->checked,
           result->count[WG_VERDICT_KINK], result->evaluations,
           result->rows > 0 ? result->row[0].error : 0, result->certified, tangent,
           error ? "ERROR" : wg_verdict_name(result->verdict));
    if (error)
        print_indented(error);
    else if (!result->pass)
        print_report(result);
}

/* ---- JSON --------------------------------------------------------------------------------- */

static void json_counts(cJSON *parent, const char *name, const int64_t *count) {
    cJSON *object = json_object(parent, name);
    for (int v = 0; v < WG_VERDICTS; v++)
        json_number(object, wg_verdict_name((enum wg_verdict)v), (double)count[v]);
}

static void json_element(cJSON *rows, const struct wg_gradcheck_element *row) {
    cJSON *object = json_object(rows, NULL);
    json_text(object, "verdict", wg_verdict_name(row->verdict));
    json_text(object, "name", row->name);
    json_number(object, "input", row->input);
    cJSON *index = json_array(object, "index");
    for (int d = 0; d < row->rank; d++) json_number(index, NULL, (double)row->index[d]);
    json_number(object, "x", row->x);
    json_number(object, "analytic", row->analytic);
    json_number(object, "numeric", row->numeric);
    json_number(object, "left", row->left);
    json_number(object, "right", row->right);
    json_number(object, "estimate", row->estimate);
    json_number(object, "error", row->error);
    json_number(object, "step", row->step);
}

static void report_json(const struct report *report, const struct wg_op *op, const char *op_case,
                        const struct wg_gradcheck_result *result, const char *error) {
    cJSON *row = json_object(report->rows, NULL);
    json_text(row, "op", op->name);
    json_text(row, "case", op_case);
    json_text(row, "verdict", error ? NULL : wg_verdict_name(result->verdict));
    json_bool(row, "pass", result->pass);
    json_number(row, "checked", (double)result->checked);
    json_counts(row, "counts", result->count);
    json_number(row, "evaluations", (double)result->evaluations);
    json_number(row, "certified", result->certified);
    json_number(row, "tangent_error", result->tangent_error < 0 ? NAN : result->tangent_error);
    json_text(row, "broken", result->broken);
    json_text(row, "severed", result->severed);
    json_text(row, "diagnosis", result->diagnosis);
    if (error) json_text(row, "message", error);
    cJSON *rows = json_array(row, "rows");
    for (int i = 0; i < result->rows; i++) json_element(rows, &result->row[i]);
}

/* ---- The checks --------------------------------------------------------------------------- */

static void keep_worst(struct worst *worst, double value, const struct wg_op *op,
                       const char *op_case) {
    if (value > worst->value) *worst = (struct worst){value, op->name, op_case};
}

static void add_up(struct report *report, const struct wg_op *op, const char *op_case,
                   const struct wg_gradcheck_result *result) {
    for (int v = 0; v < WG_VERDICTS; v++) report->elements[v] += result->count[v];
    report->verdicts[result->verdict]++;
    report->passed += result->pass;
    keep_worst(&report->tangent, result->tangent_error, op, op_case);
    if (result->pass) keep_worst(&report->certified, result->certified, op, op_case);
}

static void check_case(struct report *report, const struct wg_op *op, const char *op_case) {
    struct wg_gradcheck_result result = {0};
    const char *error = NULL;
    wg_clear_error();
    if (wg_gradcheck_op(op, op_case, &report->options, &result) == WG_OK) {
        add_up(report, op, op_case, &result);
    } else {
        error = wg_error();
        result.pass = 0;
        report->errors++;
    }
    report->cases++;
    report->evaluations += result.evaluations;
    (report->json ? report_json : report_text)(report, op, op_case, &result, error);
}

/* In the case given, or else in all that its entry declares. */
static void check_op(struct report *report, const struct wg_op *op, const char *op_case) {
    const char *reason = obstacle(op, op_case);
    report->ops += reason == NULL;
    if (!reason && op_case) check_case(report, op, op_case);
    for (int i = 0; !reason && !op_case && i < WG_MAX_CASES && op->cases[i]; i++) {
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

static void measure_columns(struct report *report, const char *op_case) {
    report->case_width = op_case ? (int)strlen(op_case) : 0;
    for (int i = 0; wg_op_at(i); i++) {
        const struct wg_op *op = wg_op_at(i);
        const int length = (int)strlen(op->name);
        if (length > report->op_width) report->op_width = length;
        for (int j = 0; !op_case && j < WG_MAX_CASES && op->cases[j]; j++) {
            const int width = (int)strlen(op->cases[j]);
            if (width > report->case_width) report->case_width = width;
        }
    }
}

/* ---- The summary -------------------------------------------------------------------------- */

static void summarise_worst(const char *what, const struct worst *worst) {
    if (worst->op)
        printf("%-25s%.1e (%s, case %s)\n", what, worst->value, worst->op, worst->op_case);
}

static void summarise_text(const struct report *report) {
    printf("\n%-16s  %8s  %5s\n", "verdict", "elements", "cases");
    for (int v = 0; v < WG_VERDICTS; v++)
        printf("%-16s  %8" PRId64 "  %5" PRId64 "\n", wg_verdict_name((enum wg_verdict)v),
               report->elements[v], report->verdicts[v]);
    if (report->errors) printf("%-16s  %8s  %5" PRId64 "\n", "ERROR", "-", report->errors);
    printf("\n%-25s%" PRId64 "\n", "ops checked", report->ops);
    printf("%-25s%" PRId64 "\n", "ops not checked", report->unchecked);
    printf("%-25s%" PRId64 "\n", "evaluations", report->evaluations);
    summarise_worst("worst certified error", &report->certified);
    summarise_worst("worst tangents' error", &report->tangent);
    printf("%" PRId64 " passed, %" PRId64 " failed", report->passed,
           report->cases - report->passed);
    if (report->unchecked)
        printf(", %" PRId64 " op%s not checked", report->unchecked,
               report->unchecked == 1 ? "" : "s");
    putchar('\n');
}

static void json_worst(cJSON *parent, const char *name, const struct worst *worst) {
    cJSON *object = json_object(parent, name);
    json_number(object, "value", worst->value);
    json_text(object, "op", worst->op);
    json_text(object, "case", worst->op_case);
}

static int summarise_json(const struct report *report) {
    json_number(report->json, "checked", (double)report->cases);
    json_number(report->json, "pass", (double)report->passed);
    json_number(report->json, "fail", (double)(report->cases - report->passed));
    json_number(report->json, "errors", (double)report->errors);
    json_counts(report->json, "elements", report->elements);
    json_counts(report->json, "verdicts", report->verdicts);
    json_number(report->json, "ops_checked", (double)report->ops);
    json_number(report->json, "ops_not_checked", (double)report->unchecked);
    json_number(report->json, "evaluations", (double)report->evaluations);
    json_worst(report->json, "certified", &report->certified);
    json_worst(report->json, "tangent_error", &report->tangent);
    return json_print("gradcheck", report->json, true);
}

static int close_report(const struct report *report) {
    if (report->json) {
        const int status = summarise_json(report);
        if (status != EXIT_GOOD) return status;
    } else {
        summarise_text(report);
    }
    return report->passed < report->cases || report->cases == 0 ? EXIT_FAILED : EXIT_GOOD;
}

static void open_report(struct report *report, bool json, const char *op_case) {
    measure_columns(report, op_case);
    if (json) {
        report->json = json_new();
        report->rows = json_array(report->json, "cases");
        report->left_out = json_array(report->json, "unchecked");
    } else {
        printf("%-*s  %-*s  %7s  %5s  %6s  %7s  %9s  %7s  verdict\n", report->op_width, "op",
               report->case_width, "case", "checked", "kinks", "evals", "error", "certified",
               "tangent");
    }
}

/* ---- The command -------------------------------------------------------------------------- */

static int curve_of(const char *name, const char *op_case, uint64_t seed, bool json) {
    const struct wg_op *op = wg_find_op(name);
    const char *reason = obstacle(op, op_case);
    if (reason) return run_error("gradcheck", "%s: %s", op->name, reason);
    return print_curve(op, op_case ? op_case : op->cases[0], seed, json);
}

int run_gradcheck(int argc, char **argv) {
    bool json = false, curve = false;
    int64_t seed = 0;
    const char *op_case = NULL;
    struct report report = {0};
    const struct option options[] = {
        {.name = "case",
         .kind = OPTION_TEXT,
         .value = &op_case,
         .argument = "TEXT",
         .meaning = "this case instead: shapes, then attributes, as \"2x3 3 axis=1\""},
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
        {.name = "curve",
         .kind = OPTION_FLAG,
         .value = &curve,
         .meaning = "draws, for one OP, the error of a difference over its step"},
        {.name = "json", .kind = OPTION_FLAG, .value = &json, .meaning = "prints JSON"},
        {0},
    };
    int words;
    const int status = parse_options(&help, options, argc, argv, &words);
    if (status != GO_ON) return status;
    for (int i = 0; i < words; i++) {
        if (!named_op("gradcheck", argv[i])) return EXIT_USAGE;
    }
    if (curve && words != 1)
        return usage_error("gradcheck", "--curve with %d ops; expected one", words);
    if (op_case && words == 0)
        return usage_error("gradcheck", "--case \"%s\" without an op; expected one", op_case);
    if (curve) return curve_of(argv[0], op_case, (uint64_t)seed, json);
    report.options.seed = (uint64_t)seed;
    open_report(&report, json, op_case);
    for (int i = 0; i < words; i++) check_op(&report, wg_find_op(argv[i]), op_case);
    for (int i = 0; words == 0 && wg_op_at(i); i++) check_op(&report, wg_op_at(i), NULL);
    return close_report(&report);
}
