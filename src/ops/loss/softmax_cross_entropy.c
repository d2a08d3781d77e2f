/* softmax_cross_entropy(x, label), from logits and integer labels
 *
 *   y = sum over the samples of (ln sum exp(x) - x[label]) / n
 *   dy/dx = (softmax(x) - onehot(label)) / n
 *
 * x has shape (..., classes), label (int32) has shape (...); n: the number of samples. Through
 * log-sum-exp with the largest subtracted; no probability is formed and clipped. Nor is one
 * subtracted from 1: where the label's logit is the largest, y is log1p of the others'
 * exponentials, and the label's gradient is less the others' share, so that a sample that is all
 * but certain keeps its digits. A label outside 0 ... classes - 1 is an error.
 */
#include "ops/loss/cross_entropy.h"

SHAPE(softmax_cross_entropy) {
    struct wg_shape samples = args->x[0]->shape;
    if (samples.rank > 0) samples.rank--;
    if (args->x[0]->shape.rank == 0 || !wg_shape_equal(samples, args->x[1]->shape) ||
        args->x[0]->size == 0) {
        return wg_fail(
            WG_ERROR_SHAPE,
            "%s: logits of shape %s and labels of shape %s; expected (..., classes) and (...), not empty",
            self->name, wg_shape_text(args->x[0]->shape).text,
            wg_shape_text(args->x[1]->shape).text);
    }
    *y = (struct wg_shape){0};
    return WG_OK;
}

CHECK(softmax_cross_entropy) {
    const struct wg_tensor *x = args->x[0];
    const int64_t classes = x->shape.dim[x->shape.rank - 1];
    const int32_t *label = args->x[1]->data;
    for (int64_t i = 0; i < args->x[1]->size; i++) {
        if (label[i] >= 0 && label[i] < classes) continue;
        return wg_fail(WG_ERROR_ARGUMENT, "%s: label %d of sample %lld; expected 0 to %lld",
                       self->name, (int)label[i], (long long)i, (long long)classes - 1);
    }
    return WG_OK;
}

/* The loss of each sample, and the exponentials of one for each thread. */
SCRATCH(softmax_cross_entropy) {
    return args->x[1]->size + CROSS_ENTROPY_SLOTS * (args->x[0]->size / args->x[1]->size);
}

#ifdef WG_KERNEL_PASS
KERNEL softmax_cross_entropy_forward(const struct wg_args *args) {
    const int64_t samples = args->x[1]->size;
    real *loss = args->scratch;
    sample_losses(&(struct sample_job){.samples = samples,
                                       .classes = args->x[0]->size / samples,
                                       .label = args->x[1]->data,
                                       .x = args->x[0]->data,
                                       .e = loss + samples,
                                       .to = loss});
    *(real *)args->y->data = row_sum(samples, loss) / (real)samples;
}

KERNEL softmax_cross_entropy_gradient(const struct wg_args *args, const void *dy, void *const *dx) {
    const int64_t samples = args->x[1]->size;
    sample_gradients(&(struct sample_job){.samples = samples,
                                          .classes = args->x[0]->size / samples,
                                          .label = args->x[1]->data,
                                          .x = args->x[0]->data,
                                          .factor = *(const real *)dy / (real)samples,
                                          .to = dx[0]});
}

KERNEL softmax_cross_entropy_tangent(const struct wg_args *args, void *ty, const void *const *tx) {
    const int64_t samples = args->x[1]->size, classes = args->x[0]->size / samples;
    const int32_t *label = args->x[1]->data;
    const real *x = args->x[0]->data, *t = tx[0];
    real *loss = args->scratch, *e = loss + samples;
    for (int64_t i = 0; i < samples; i++, x += classes, t += classes) {
        loss[i] = sample_tangent(classes, label[i], e, x, t);
    }
    *(real *)ty = row_sum(samples, loss) / (real)samples;
}
#endif

KERNELS(softmax_cross_entropy, .forward = softmax_cross_entropy_forward,
        .gradient = softmax_cross_entropy_gradient, .tangent = softmax_cross_entropy_tangent);

OPN(softmax_cross_entropy, .aliases = {"sparse_categorical_crossentropy"}, .inputs = {"x", "label"},
    .integer_inputs = 2, .shape = softmax_cross_entropy_shape, .check = softmax_cross_entropy_check,
    .scratch = softmax_cross_entropy_scratch,
    .formula = "y = sum over the samples of (ln sum exp(x) - x[label]) / n",
    .derivative = "dy/dx = (softmax(x) - onehot(label)) / n",
    .limits =
        "a confidently wrong sample keeps its gradient, a confidently right one its digits; a label outside the classes is an error",
    .domain = {{-3, 3}, {0, 2}}, .cases = {"4x3 4", "3 scalar", "2x3x5 2x3", "1x4 1"})
