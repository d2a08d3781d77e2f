/* An op in one of the cases that its entry declares, at random points of its domain. */
#ifndef WG_VERIFY_OP_CASE_H
#define WG_VERIFY_OP_CASE_H

#include "base/arena.h"
#include "wengert/op.h"
#include "wengert/random.h"

#define WG_CASE_INPUTS 8

struct wg_op_case {
    const struct wg_op *op;
    int inputs;
    struct wg_tensor x[WG_CASE_INPUTS]; /* f64, or i32 for integer inputs */
    double slots[WG_MAX_ATTRIBUTES * WG_LIST_SLOTS];
    double step; /* the largest relative step that no difference crosses a kink with */
    struct wg_arena arena;
    struct wg_random random;
};

/* Reads a case ("2x3 3 axis=1") and draws its inputs, away from kinks by `step`, from `seed`. To be
 * freed, also after a failure. */
enum wg_status wg_op_case_init(struct wg_op_case *c, const struct wg_op *op, const char *text,
                               double step, uint64_t seed);
void wg_op_case_free(struct wg_op_case *c);

/* Another value for an input. */
double wg_op_case_draw(struct wg_op_case *c, int input);

#endif
