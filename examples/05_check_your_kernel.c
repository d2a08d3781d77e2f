/* Lesson 5: your own kernel, checked. No tape: two plain C functions, and a harness.
 *
 * Layer normalisation and softmax with cross-entropy, in the manner of small training programs in
 * C: float arrays, gradients that add up (+=), the mean and the probabilities saved by forward for
 * backward. Each is checked as it should be, and then with three mistakes that everybody makes once
 * (set `mistake` below); the checker says what is wrong.
 */
#include "wengert/wengert.h"

#include <math.h>
#include <stdio.h>

static enum mistake {
    NONE,
    ASSIGNED,         /* = where += belongs */
    NO_MEAN,          /* the term that comes from the mean is forgotten */
    MEAN_FOR_SUM,     /* divided by the number of rows */
    NO_TARGET,        /* the target's 1 is not subtracted */
    WRONG_SIGN,       /* target minus probability */
    UPSTREAM_IGNORED, /* as if dout were all ones */
} mistake;

/* ------------------------------------------------------------------------------------------------
 * Layer normalisation: each of B T rows of C numbers is shifted and scaled to mean 0 and variance
 * 1, then scaled by weight and shifted by bias. */

static void layernorm_forward(float *out, float *mean, float *rstd, const float *inp,
                              const float *weight, const float *bias, int B, int T, int C) {
    for (int row = 0; row < B * T; row++) {
        const float *x = inp + row * C;
        float sum = 0, squares = 0;
        for (int i = 0; i < C; i++) sum += x[i];
        const float m = sum / (float)C;
        for (int i = 0; i < C; i++) squares += (x[i] - m) * (x[i] - m);
        const float s = 1 / sqrtf(squares / (float)C + 1e-5f);
        for (int i = 0; i < C; i++) out[row * C + i] = (x[i] - m) * s * weight[i] + bias[i];
        mean[row] = m;
        rstd[row] = s;
    }
}

/* With n the normalised row and g = weight dout, dx = rstd (g - mean(g) - n mean(g n)). */
static void layernorm_backward(float *dinp, float *dweight, float *dbias, const float *dout,
                               const float *inp, const float *weight, const float *mean,
                               const float *rstd, int B, int T, int C) {
    const float share = mistake == MEAN_FOR_SUM ? 1 / (float)(B * T) : 1;
    for (int row = 0; row < B * T; row++) {
        const float *x = inp + row * C, *dy = dout + row * C;
        float g_mean = 0, gn_mean = 0;
        for (int i = 0; i < C; i++) {
            const float n = (x[i] - mean[row]) * rstd[row];
            g_mean += weight[i] * dy[i] / (float)C;
            gn_mean += weight[i] * dy[i] * n / (float)C;
        }
        if (mistake == NO_MEAN) g_mean = 0;
        for (int i = 0; i < C; i++) {
            const float n = (x[i] - mean[row]) * rstd[row];
            dinp[row * C + i] += rstd[row] * (weight[i] * dy[i] - g_mean - n * gn_mean);
            dbias[i] += share * dy[i];
            if (mistake == ASSIGNED)
                dweight[i] = dy[i] * n;
            else
                dweight[i] += share * dy[i] * n;
        }
    }
}

/* ------------------------------------------------------------------------------------------------
 * Softmax and cross-entropy: the loss of each of B T rows of V logits, given its target. */

static void crossentropy_forward(float *losses, float *probs, const float *logits,
                                 const int *targets, int B, int T, int V) {
    for (int row = 0; row < B * T; row++) {
        const float *x = logits + row * V;
        float *p = probs + row * V, most = x[0], sum = 0;
        for (int i = 1; i < V; i++) most = fmaxf(most, x[i]);
        for (int i = 0; i < V; i++) sum += p[i] = expf(x[i] - most);
        for (int i = 0; i < V; i++) p[i] /= sum;
        losses[row] = logf(sum) + most - x[targets[row]];
    }
}

/* dx = dloss (p - 1 at the target). */
static void crossentropy_backward(float *dlogits, const float *dlosses, const float *probs,
                                  const int *targets, int B, int T, int V) {
    for (int row = 0; row < B * T; row++) {
        const float *p = probs + row * V;
        const float dloss = mistake == UPSTREAM_IGNORED ? 1 : dlosses[row];
        for (int i = 0; i < V; i++) {
            float d = p[i];
            if (i == targets[row] && mistake != NO_TARGET) d -= 1;
            dlogits[row * V + i] += mistake == WRONG_SIGN ? -d * dloss : d * dloss;
        }
    }
}

/* ------------------------------------------------------------------------------------------------
 * The harness: what the arrays are, and how to call. */

enum { B = 2, T = 3, C = 8 };

static void call_layernorm(void *const *out, const void *const *in, void *user) {
    (void)user;
    layernorm_forward(out[0], out[1], out[2], in[0], in[1], in[2], B, T, C);
}

static void call_layernorm_backward(void *const *din, const void *const *dout,
                                    const void *const *in, const void *const *out, void *user) {
    (void)user;
    layernorm_backward(din[0], din[1], din[2], dout[0], in[0], in[1], out[1], out[2], B, T, C);
}

/* Inputs without data are random. The saved mean and rstd are outputs that nobody differentiates.
 */
static const struct wg_checked_kernel layernorm = {
    .forward = call_layernorm,
    .backward = call_layernorm_backward,
    .in = {{.name = "inp", .shape = {3, {B, T, C}}, .dtype = WG_F32},
           {.name = "weight", .shape = {1, {C}}, .dtype = WG_F32},
           {.name = "bias", .shape = {1, {C}}, .dtype = WG_F32}},
    .out = {{.name = "out", .shape = {3, {B, T, C}}, .dtype = WG_F32},
            {.name = "mean", .shape = {2, {B, T}}, .dtype = WG_F32, .constant = 1},
            {.name = "rstd", .shape = {2, {B, T}}, .dtype = WG_F32, .constant = 1}},
    .inputs = 3,
    .outputs = 3,
    .accumulates = 1,
};

static void call_crossentropy(void *const *out, const void *const *in, void *user) {
    (void)user;
    crossentropy_forward(out[0], out[1], in[0], in[1], B, T, C);
}

static void call_crossentropy_backward(void *const *din, const void *const *dout,
                                       const void *const *in, const void *const *out, void *user) {
    (void)user;
    crossentropy_backward(din[0], dout[0], out[1], in[1], B, T, C);
}

static const int targets[B * T] = {3, 0, 7, 5, 5, 2};

static const struct wg_checked_kernel crossentropy = {
    .forward = call_crossentropy,
    .backward = call_crossentropy_backward,
    .in = {{.name = "logits", .shape = {3, {B, T, C}}, .dtype = WG_F32},
           {.name = "targets", .shape = {2, {B, T}}, .dtype = WG_I32, .data = targets}},
    .out = {{.name = "losses", .shape = {2, {B, T}}, .dtype = WG_F32},
            {.name = "probs", .shape = {3, {B, T, C}}, .dtype = WG_F32, .constant = 1}},
    .inputs = 2,
    .outputs = 2,
    .accumulates = 1,
};

static void check(const char *what, const struct wg_checked_kernel *kernel, enum mistake made) {
    struct wg_gradcheck_result result;
    mistake = made;
    if (wg_gradcheck_kernel(kernel, NULL, &result) != WG_OK) return;
    printf("%s: %s\n", what, wg_verdict_name(result.verdict));
    if (result.broken[0]) printf("    broken: %s\n", result.broken);
    if (result.diagnosis[0]) printf("    diagnosis: %s\n", result.diagnosis);
}

int main(void) {
    check("layernorm", &layernorm, NONE);
    check("layernorm, dweight assigned", &layernorm, ASSIGNED);
    check("layernorm, without the mean's term", &layernorm, NO_MEAN);
    check("layernorm, mean for sum", &layernorm, MEAN_FOR_SUM);
    printf("\n");
    check("crossentropy", &crossentropy, NONE);
    check("crossentropy, target not subtracted", &crossentropy, NO_TARGET);
    check("crossentropy, target minus probability", &crossentropy, WRONG_SIGN);
    check("crossentropy, dlosses ignored", &crossentropy, UPSTREAM_IGNORED);

    if (wg_error_status()) fprintf(stderr, "%s\n", wg_error());
    return wg_error_status() != WG_OK;
}

/* clang-format off */
/* Output:
 * layernorm: PASS
 * layernorm, dweight assigned: FAIL
 *     broken: weight is overwritten where it should be added to (=, not +=)
 *     diagnosis: weight: only the last row's part is there: assigned where it should be added (=, not +=)
 * layernorm, without the mean's term: FAIL
 *     diagnosis: inp: off by the same number along each row: a sum or mean over the row is missing
 * layernorm, mean for sum: FAIL
 *     diagnosis: weight: 6 times too small: a mean where a sum belongs; bias: 6 times too small: a mean where a sum belongs
 *
 * crossentropy: PASS
 * crossentropy, target not subtracted: FAIL
 *     diagnosis: logits: one element of each row is wrong, by dy: the 1 is missing that the target's element has
 * crossentropy, target minus probability: FAIL
 *     diagnosis: logits: the wrong sign
 * crossentropy, dlosses ignored: FAIL
 *     broken: no upstream gradient, and yet a gradient; twice the upstream gradient does not give twice the gradient
 *     diagnosis: logits: the upstream gradient is ignored
 */
