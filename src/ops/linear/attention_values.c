/* attention_values(w, v)
 *
 *   y[b,i,h] = sum over j of w[b,h,i,j] v[b,j,h]
 *   w has shape (batch, heads, steps, places), v (batch, places, heads, size), y (batch, steps,
 * heads, size). Bilinear. The same bits as transpose, matmul and transpose one after the other:
 * heads are read and written where they lie.
 */
#include "ops/linear/heads.h"

SHAPE(attention_values) {
    const struct wg_shape *w = &args->x[0]->shape, *v = &args->x[1]->shape;
    if (w->rank != 4 || v->rank != 4 || w->dim[0] != v->dim[0] || w->dim[1] != v->dim[2] ||
        w->dim[3] != v->dim[1]) {
        return wg_fail(
            WG_ERROR_SHAPE,
            "%s: w of shape %s and v of shape %s; expected (batch, heads, steps, places) "
            "and (batch, places, heads, size)",
            self->name, wg_shape_text(*w).text, wg_shape_text(*v).text);
    }
    *y = (struct wg_shape){.rank = 4, .dim = {w->dim[0], w->dim[2], w->dim[1], v->dim[3]}};
    return WG_OK;
}

/* In a slot: a head of v, or of dy. */
static inline int64_t attention_values_slot(const struct wg_args *args) {
    const struct wg_shape *w = &args->x[0]->shape, *v = &args->x[1]->shape;
    const int64_t rows = w->dim[2] > w->dim[3] ? w->dim[2] : w->dim[3];
    return (rows * v->dim[3] + 15) / 16 * 16;
}

static inline int64_t attention_values_slots(const struct wg_args *args, int64_t slot) {
    const struct wg_shape *w = &args->x[0]->shape;
    return head_slots(w->dim[0] * w->dim[1], slot, args->x[0]->size);
}

SCRATCH(attention_values) {
    const int64_t slot = attention_values_slot(args);
    return attention_values_slots(args, slot) * slot;
}

#ifdef WG_KERNEL_PASS
static void sum_values(const struct head_job *job, int64_t t, real *near) {
    const struct wg_args *args = job->args;
    const struct heads v = heads_of(&args->x[1]->shape), y = heads_of(&args->y->shape);
    const real *w = (const real *)args->x[0]->data + t * y.steps * v.steps;
    take_head(&v, 1, near, (const real *)args->x[1]->data + start_of_head(&v, t));
    head_product(y.steps, y.size, v.steps, (struct factor){w, v.steps, 1},
                 (struct factor){near, v.size, 1}, (real *)args->y->data + start_of_head(&y, t),
                 y.row);
}

static void sum_values_gradient(const struct head_job *job, int64_t t, real *near) {
    const struct wg_args *args = job->args;
    const struct heads v = heads_of(&args->x[1]->shape), y = heads_of(&args->y->shape);
    const int64_t at = t * y.steps * v.steps;
    const real *dy = job->dy + start_of_head(&y, t);
    if (job->dx)
        head_product(
            y.steps, v.steps, y.size, (struct factor){dy, y.row, 1},
            (struct factor){(const real *)args->x[1]->data + start_of_head(&v, t), 1, v.row},
            job->dx + at, v.steps);
    if (job->dz) {
        take_head(&y, 1, near, dy);
        head_product(v.steps, v.size, y.steps,
                     (struct factor){(const real *)args->x[0]->data + at, 1, v.steps},
                     (struct factor){near, y.size, 1}, job->dz + start_of_head(&v, t), v.row);
    }
}

static void run_values(struct head_job *job) {
    const struct wg_shape *w = &job->args->x[0]->shape, *v = &job->args->x[1]->shape;
    job->count = w->dim[0] * w->dim[1];
    job->slot = attention_values_slot(job->args);
    job->slots = attention_values_slots(job->args, job->slot);
    run_heads(job, job->args->x[0]->size * v->dim[3] / 4);
}

KERNEL attention_values_forward(const struct wg_args *args) {
    if (args->y->size > 0) run_values(&(struct head_job){.args = args, .body = sum_values});
}

KERNEL attention_values_gradient(const struct wg_args *args, const void *dy, void *const *dx) {
    run_values(&(struct head_job){
        .args = args, .body = sum_values_gradient, .dy = dy, .dx = dx[0], .dz = dx[1]});
}
#endif

KERNELS(attention_values, .forward = attention_values_forward,
        .gradient = attention_values_gradient);

OPN(attention_values, .inputs = {"w", "v"}, .structure = WG_BILINEAR,
    .shape = attention_values_shape, .scratch = attention_values_scratch,
    .formula = "y[b,i,h] = sum over j of w[b,h,i,j] v[b,j,h]",
    .derivative =
        "dw[b,h,i,j] = dy[b,i,h] . v[b,j,h], dv[b,j,h] = sum over i of w[b,h,i,j] dy[b,i,h]",
    .limits = "the sum over nothing is 0",
    .cases = {"2x2x3x5 2x5x2x4", "1x1x1x1 1x1x1x1", "1x3x17x9 1x9x3x2"})
