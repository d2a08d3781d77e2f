/* sparse_cross_entropy(x, label; ignore_class), from logits and integer labels, sample by sample
 *
 *   y = ln sum exp(x) - x[label]        dx = dy (softmax(x) - onehot(label))
 *   A label in ignore_class: y = 0, dx = 0.
 *
 * x has shape (..., classes), label (int32) has shape (...) or (..., 1), y has shape (...).
 * softmax_cross_entropy is its mean. Through log-sum-exp with the largest subtracted; no
 * probability is formed and clipped, nor subtracted from 1, so a confidently wrong sample keeps its
 * gradient and a confidently right one its digits. Any other label outside 0 ... classes - 1 is an
 * error.
 */
#include "ops/loss/cross_entropy.h"

/* The exponentials of one sample for each thread. */
SCRATCH(sparse_cross_entropy) {
    return CROSS_ENTROPY_SLOTS * args->x[0]->shape.dim[args->x[0]->shape.rank - 1];
}

#ifdef WG_KERNEL_PASS
static inline struct sample_job sparse_job(const struct wg_args *args, const real *dy, real *to) {
    return (struct sample_job){.samples = args->x[1]->size,
                               .classes = args->x[0]->size / args->x[1]->size,
                               .label = args->x[1]->data,
                               .ignored = (const void *)args->attributes,
                               .x = args->x[0]->data,
                               .e = args->scratch,
                               .dy = dy,
                               .to = to};
}

KERNEL sparse_cross_entropy_forward(const struct wg_args *args) {
    const struct sample_job job = sparse_job(args, NULL, args->y->data);
    sample_losses(&job);
}

KERNEL sparse_cross_entropy_gradient(const struct wg_args *args, const void *dy, void *const *dx) {
    const struct sample_job job = sparse_job(args, dy, dx[0]);
    sample_gradients(&job);
}

KERNEL sparse_cross_entropy_tangent(const struct wg_args *args, void *ty_, const void *const *tx) {
    const struct wg_list *ignored = (const void *)args->attributes;
    const int64_t samples = args->x[1]->size, classes = args->x[0]->size / samples;
    const int32_t *label = args->x[1]->data;
    const real *x = args->x[0]->data, *t = tx[0];
    real *ty = ty_;
    for (int64_t i = 0; i < samples; i++, x += classes, t += classes)
        ty[i] = is_listed(ignored, label[i])
                    ? 0
                    : sample_tangent(classes, label[i], args->scratch, x, t);
}
#endif

KERNELS(sparse_cross_entropy, .forward = sparse_cross_entropy_forward,
        .gradient = sparse_cross_entropy_gradient, .tangent = sparse_cross_entropy_tangent);

OPN(sparse_cross_entropy, .inputs = {"x", "label"}, IGNORED_LABELS, .integer_inputs = 2,
    .shape = labelled_rows_shape, .check = labelled_rows_check,
    .scratch = sparse_cross_entropy_scratch, .formula = "y = ln sum exp(x) - x[label]",
    .derivative = "dx = dy (softmax(x) - onehot(label))",
    .limits =
        "a confidently wrong sample keeps its gradient, a confidently right one its digits; a label outside the classes is an error",
    .domain = {{-3, 3}, {0, 2}},
    .cases = {"4x3 4", "3 scalar", "2x3x5 2x3", "1x4 1", "5x3 5x1 ignore_class=1",
              "6x4 6 ignore_class=-1,2"})
