#include "hidden.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "options.h"
#include "program.h"
#include "wengert/error.h"

#define POINTS 97 /* from -3 to 3, every 1/16 */
#define UNITS 2   /* the activations along an axis need more than one */

/* The activation at each point, in the first of two units; NULL with wg_error() set. */
static wg_tape *try_out(const struct wg_configured_op *with, wg_var *x, wg_var *y) {
    double points[POINTS][UNITS] = {{0}};
    wg_tape *tape = wg_tape_new();
    for (int i = 0; i < POINTS; i++) points[i][0] = i / 16.0 - 3;
    if (!tape) return NULL;
    *x = wg_variable(tape, WG_F64, WG_SHAPE(POINTS, UNITS), points);
    *y = wg_apply(with->op, x, 1, with->slots);
    if (!wg_is_null(*y)) return tape;
    wg_tape_free(tape);
    return NULL;
}

/* The largest derivative of the first unit's value by its input; negative with wg_error() set. */
static double steepest_slope(wg_var x, wg_var y) {
    double first[POINTS][UNITS], steepest = 0;
    for (int i = 0; i < POINTS; i++) {
        first[i][0] = 1;
        first[i][1] = 0;
    }
    if (wg_backward_from(y, first) != WG_OK) return -1;
    const double *dx = wg_gradient(x).data;
    if (!dx) return -1;
    for (int i = 0; i < POINTS; i++) steepest = fmax(steepest, fabs(dx[i * UNITS]));
    return steepest;
}

static bool names_an_op(const char *text) {
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(text, " "), text);
    return wg_find_op(name) != NULL;
}

int read_hidden_activation(struct hidden_activation *activation, const char *text) {
    *activation = (struct hidden_activation){.prelu = strcmp(text, "prelu") == 0, .steepest = 1};
    if (activation->prelu) return GO_ON;
    if (strncmp(text, "prelu ", 6) == 0) {
        return usage_error(
            "train", "--activation \"%s\": its alphas are trained; expected prelu alone", text);
    }
    activation->with = wg_activation(text);
    if (!activation->with.op) {
        return usage_error("train", "--activation: %s%s", wg_error(),
                           names_an_op(text) ? "" : ", prelu");
    }
    wg_var x, y;
    wg_tape *tape = try_out(&activation->with, &x, &y);
    if (!tape) return library_error("train");
    const bool fits = wg_shape_equal(wg_value(x).shape, wg_value(y).shape);
    if (fits) activation->steepest = steepest_slope(x, y);
    wg_tape_free(tape);
    if (!fits) {
        return usage_error(
            "train",
            "--activation \"%s\": it does not give each unit a value (glu gives half "
            "as many values as there are units); expected one that does, as silu",
            text);
    }
    return activation->steepest < 0 ? library_error("train") : GO_ON;
}
