#include "gradcheck_curve.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "program.h"
#include "wengert/gradcheck.h"

#define POINTS 25 /* steps from 1 down to 1e-12 */
#define CELL 2    /* columns for each */
#define WIDTH (POINTS * CELL)
#define DECADES 17 /* rows, for errors from 1 down to 1e-16 */

struct curve {
    double step[POINTS], error[POINTS];
    int best; /* the point of the smallest error */
    struct wg_gradcheck_result result;
};

static int row_of(double error) {
    if (!(error > 0)) return DECADES - 1;
    const double row = floor(-log10(error) + 0.5);
    return row < 0 ? 0 : row >= DECADES ? DECADES - 1 : (int)row;
}

/* "x[1,2]" */
static void place(const struct wg_gradcheck_element *row, char *text, size_t size) {
    size_t used = (size_t)snprintf(text, size, "%s", row->name);
    for (int d = 0; d < row->rank && used < size; d++)
        used += (size_t)snprintf(text + used, size - used, "%c%lld%s", d ? ',' : '[',
                                 (long long)row->index[d], d == row->rank - 1 ? "]" : "");
}

static void draw(const struct curve *curve) {
    const int check = row_of(curve->result.row[0].error);
    char rows[DECADES][WIDTH];
    memset(rows, ' ', sizeof rows);
    memset(rows[check], '-', WIDTH);
    for (int i = 0; i < POINTS; i++) { /* small steps on the left */
        if (isfinite(curve->error[i])) rows[row_of(curve->error[i])][(POINTS - 1 - i) * CELL] = '*';
    }
    printf("  error\n");
    for (int i = 0; i < DECADES; i++) {
        char label[8] = "1";
        int length = WIDTH;
        while (length > 0 && rows[i][length - 1] == ' ') length--;
        if (i > 0) snprintf(label, sizeof label, "1e-%02d", i);
        printf("%7s |%.*s%s\n", label, length, rows[i], i == check ? " Ridders" : "");
    }
    printf("        +");
    for (int i = POINTS - 1; i >= 0; i--) printf("%s", i % 4 == 0 ? "|-" : "--");
    printf(" step\n       ");
    for (int decade = (POINTS - 1) / 2; decade > 0; decade -= 2) printf("1e-%02d   ", decade);
    printf("  1\n");
}

static void print_text(const struct curve *curve, const struct wg_op *op, const char *op_case) {
    const struct wg_gradcheck_element *row = &curve->result.row[0];
    char where[WG_GRADCHECK_NAME + 100];
    place(row, where, sizeof where);
    printf("%s, case %s: the derivative with respect to %s = %.6g is %.17g.\n"
           "The relative error of a central difference, over its step relative to max(1, |x|):\n\n",
           op->name, op_case, where, row->x, row->analytic);
    draw(curve);
    printf(
        "\n  on the right, where the op is curved: truncation, that falls with the square of the step\n"
        "  on the left: rounding, that grows as the step shrinks\n\n");
    if (curve->best >= 0)
        printf("The best of these differences: error %.1e, step %.1e\n", curve->error[curve->best],
               curve->step[curve->best]);
    printf("Ridders' extrapolation of several: error %.1e, its own estimate %.1e, last step %.1e\n",
           row->error, row->estimate, row->step);
    if (curve->result.pass)
        printf("%s: certified to a relative error of %.1e\n",
               wg_verdict_name(curve->result.verdict), curve->result.certified);
    else
        printf("%s: differences say %.17g\n", wg_verdict_name(curve->result.verdict), row->numeric);
}

static int print_as_json(const struct curve *curve, const struct wg_op *op, const char *op_case) {
    const struct wg_gradcheck_element *row = &curve->result.row[0];
    cJSON *json = json_new(), *points = json_array(json, "curve");
    char where[WG_GRADCHECK_NAME + 100];
    place(row, where, sizeof where);
    for (int i = 0; i < POINTS; i++) {
        cJSON *point = json_object(points, NULL);
        json_number(point, "step", curve->step[i]);
        json_number(point, "error", curve->error[i]);
    }
    json_text(json, "op", op->name);
    json_text(json, "case", op_case);
    json_text(json, "element", where);
    json_text(json, "verdict", wg_verdict_name(curve->result.verdict));
    json_number(json, "x", row->x);
    json_number(json, "analytic", row->analytic);
    json_number(json, "numeric", row->numeric);
    json_number(json, "estimate", row->estimate);
    json_number(json, "error", row->error);
    json_number(json, "step", row->step);
    return json_print("gradcheck", json, true);
}

int print_curve(const struct wg_op *op, const char *op_case, uint64_t seed, bool json) {
    struct curve curve = {.best = -1};
    if (wg_gradcheck_curve(op, op_case, seed, POINTS, curve.step, curve.error, &curve.result) !=
        WG_OK)
        return library_error("gradcheck");
    if (curve.result.rows == 0)
        return run_error("gradcheck", "%s, case %s: %s", op->name, op_case, curve.result.diagnosis);
    for (int i = 0; i < POINTS; i++) {
        if (isfinite(curve.error[i]) &&
            (curve.best < 0 || curve.error[i] < curve.error[curve.best]))
            curve.best = i;
    }
    if (json) {
        const int status = print_as_json(&curve, op, op_case);
        if (status != EXIT_GOOD) return status;
    } else {
        print_text(&curve, op, op_case);
    }
    return curve.result.pass ? EXIT_GOOD : EXIT_FAILED;
}
