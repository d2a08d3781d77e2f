/* A check's result as text. */
#include "wengert/gradcheck.h"

#include "wengert/tape.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const verdicts[WG_VERDICTS] = {"PASS", "KINK",      "INCONCLUSIVE",
                                                  "FAIL", "NONFINITE", "NONDETERMINISTIC"};

const char *wg_verdict_name(enum wg_verdict verdict) {
    return (unsigned)verdict < WG_VERDICTS ? verdicts[verdict] : "unknown";
}

struct text {
    char *at;
    size_t size, length; /* room, and what there would be with enough of it */
};

__attribute__((format(printf, 2, 3))) static void add(struct text *text, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const size_t used = text->length < text->size ? text->length : text->size;
    const int length =
        vsnprintf(text->at ? text->at + used : NULL, text->size - used, format, arguments);
    va_end(arguments);
    if (length > 0) text->length += (size_t)length;
}

/* "kernel[3,0]" */
static void place(const struct wg_gradcheck_element *row, char *text, size_t size) {
    size_t used = (size_t)snprintf(text, size, "%s", row->name);
    for (int d = 0; d < row->rank && used < size; d++)
        used += (size_t)snprintf(text + used, size - used, "%c%" PRId64 "%s", d ? ',' : '[',
                                 row->index[d], d == row->rank - 1 ? "]" : "");
}

static void add_row(struct text *text, const struct wg_gradcheck_element *row) {
    char where[WG_GRADCHECK_NAME + 100], x[40];
    place(row, where, sizeof where);
    add(text, "%-12s  %-18s  %12s  %-20a  %17.10g  %17.10g  %8.1e  %8.1e  %8.1e\n",
        wg_verdict_name(row->verdict), where, wg_shortest_f64(row->x, x, sizeof x), row->x,
        row->analytic, row->numeric, row->estimate, row->error, row->step);
    if (row->verdict == WG_VERDICT_KINK || (isfinite(row->left) && row->left != row->right))
        add(text, "              slopes %.10g on the left, %.10g on the right\n", row->left,
            row->right);
}

static void add_counts(struct text *text, const struct wg_gradcheck_result *result) {
    if (result->directions > 0)
        add(text, "%" PRId64 " elements along %d random directions", result->variables,
            result->directions);
    else
        add(text, "%" PRId64 " elements", result->checked);
    for (int v = 0; v < WG_VERDICTS; v++) {
        if (result->count[v] > 0) add(text, ", %" PRId64 " %s", result->count[v], verdicts[v]);
    }
    add(text, "; %" PRId64 " evaluations\n", result->evaluations);
}

size_t wg_gradcheck_text(const struct wg_gradcheck_result *result, char *room, size_t size) {
    struct text text = {room, room ? size : 0, 0};
    if (!result) return 0;
    if (room && size > 0) room[0] = '\0';
    add(&text, "%s: ", wg_verdict_name(result->verdict));
    add_counts(&text, result);
    if (result->tangent_error >= 0)
        add(&text, "tangents agree with gradients to %.1e\n", result->tangent_error);
    if (result->pass && result->certified > 0)
        add(&text, "certified to a relative error of %.1e\n", result->certified);
    if (result->count[WG_VERDICT_PASS] < result->checked || result->verdict != WG_VERDICT_PASS) {
        add(&text, "%-12s  %-18s  %12s  %-20s  %17s  %17s  %8s  %8s  %8s\n", "verdict", "element",
            "x", "x in hex", "analytic", "numeric", "estimate", "error", "step");
        for (int i = 0; i < result->rows; i++) {
            if (result->row[i].verdict != WG_VERDICT_PASS) add_row(&text, &result->row[i]);
        }
    }
    if (result->nonzero == 0) add(&text, "every gradient is zero: nothing was seen\n");
    if (result->severed[0]) add(&text, "the result does not depend on %s\n", result->severed);
    if (result->broken[0]) add(&text, "broken: %s\n", result->broken);
    if (result->diagnosis[0]) add(&text, "diagnosis: %s\n", result->diagnosis);
    return text.length;
}
