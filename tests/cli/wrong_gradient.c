/* The command `gradcheck` with three more ops: one whose gradient is wrong, one without a gradient,
 * one without cases. Arguments and exit status are those of the program. */
#include "program.h"

#include <stdio.h>

#include "wengert/op.h"

static void square_forward(const struct wg_args *args) {
    const double *x = args->x[0]->data;
    double *y = args->y->data;
    for (int64_t i = 0; i < args->y->size; i++) y[i] = x[i] * x[i];
}

/* 3 x where it should be 2 x. */
static void wrong_gradient(const struct wg_args *args, const void *dy_, void *const *dx_) {
    const double *x = args->x[0]->data, *dy = dy_;
    double *dx = dx_[0];
    for (int64_t i = 0; dx && i < args->y->size; i++) dx[i] = 3 * x[i] * dy[i];
}

static const struct wg_op ops[] = {
    {.name = "wrong_square",
     .inputs = {"x"},
     .cases = {"2x3", "scalar"},
     .f64 = {.forward = square_forward, .gradient = wrong_gradient}},
    {.name = "no_gradient", .inputs = {"x"}, .cases = {"3"}, .f64 = {.forward = square_forward}},
    {.name = "no_cases",
     .inputs = {"x"},
     .f64 = {.forward = square_forward, .gradient = wrong_gradient}},
};

int main(int argc, char **argv) {
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        if (wg_register(&ops[i]) != WG_OK) return library_error("gradcheck");
    }
    return run_gradcheck(argc - 1, argv + 1);
}
