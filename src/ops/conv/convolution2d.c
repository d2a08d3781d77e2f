/* convolution2d(x, kernel; strides, padding, dilation, groups)
 *
 *   y[n][i][j][f] = sum over p, q, c of x[n][i s + p d - before][j s + q d - before][c]
 * kernel[p][q][c][f]
 *   dx[n][h][w][c] = sum over i, j, p, q, f where i s + p d - before = h, ... of dy[n][i][j][f]
 * kernel[p][q][c][f]        dkernel[p][q][c][f] = sum over n, i, j of x[..][c] dy[n][i][j][f]
 *   A cross-correlation: the kernel is not turned. x is (batch, height, width, channels), the
 * kernel (height, width, channels / groups, filters); group g of the filters sees group g of the
 * channels. padding 0: only windows within the image, out = floor((in - span) / stride) + 1 where
 * span = (size - 1) dilation + 1; padding 1: around it too, where nothing is added, out = ceil(in /
 * stride), the odd row or column at the end. Bilinear. Elements of y and dx are one chain of fused
 * multiply-adds each; those of dkernel are chains over 128 output pixels, added in order.
 */
#include "ops/conv/window.h"
#include "ops/room.h"

struct convolution2d_attributes {
    struct wg_list strides;
    double padding;
    struct wg_list dilation;
    double groups;
};

/* The windows along rows and along columns; inputs and attributes were checked. */
static inline void convolution_windows(const struct wg_args *args, struct window_axis *axis) {
    const struct convolution2d_attributes *a = (const void *)args->attributes;
    for (int i = 0; i < 2; i++) {
        axis[i] = window_axis(&args->x[0]->shape, i, args->x[1]->shape.dim[i],
                              window_number(&a->strides, i, 1), window_number(&a->dilation, i, 1),
                              a->padding != 0);
    }
}

static inline enum wg_status check_kernel(const struct wg_op *op, const struct wg_shape *x,
                                          const struct wg_shape *kernel, double groups) {
    for (int d = 0; d < 4; d++) {
        if (kernel->rank == 4 && kernel->dim[d] > 0 && kernel->dim[d] <= WINDOW_MOST) continue;
        return wg_fail(WG_ERROR_SHAPE,
                       "%s: kernel has shape %s; expected (height, width, channels / groups, "
                       "filters), each at least 1",
                       op->name, wg_shape_text(*kernel).text);
    }
    const int64_t each = kernel->dim[2], filters = kernel->dim[3];
    if ((double)x->dim[3] != groups * (double)each) {
        return wg_fail(WG_ERROR_SHAPE,
                       "%s: x of shape %s has %lld channels, kernel of shape %s takes %lld in each "
                       "of groups=%g; expected %g channels",
                       op->name, wg_shape_text(*x).text, (long long)x->dim[3],
                       wg_shape_text(*kernel).text, (long long)each, groups, groups * (double)each);
    }
    if (filters % (int64_t)groups != 0) {
        return wg_fail(WG_ERROR_SHAPE,
                       "%s: kernel of shape %s has %lld filters; expected a multiple of groups=%g",
                       op->name, wg_shape_text(*kernel).text, (long long)filters, groups);
    }
    return WG_OK;
}

static inline enum wg_status check_steps(const struct wg_op *op, const struct wg_args *args) {
    const struct convolution2d_attributes *a = (const void *)args->attributes;
    enum wg_status status = window_check_pair(op, "strides", &a->strides);
    if (status == WG_OK) status = window_check_pair(op, "dilation", &a->dilation);
    if (status != WG_OK) return status;
    bool strided = false, dilated = false;
    for (int i = 0; i < 2; i++) {
        strided = strided || window_number(&a->strides, i, 1) > 1;
        dilated = dilated || window_number(&a->dilation, i, 1) > 1;
    }
    if (!strided || !dilated) return WG_OK;
    return wg_fail(WG_ERROR_ARGUMENT,
                   "%s: strides=%g,%g together with dilation=%g,%g; expected one of them to be 1,1",
                   op->name, a->strides.at[0], a->strides.at[1], a->dilation.at[0],
                   a->dilation.at[1]);
}
SHAPE(convolution2d) {
    const struct convolution2d_attributes *a = (const void *)args->attributes;
    const struct wg_shape *x = &args->x[0]->shape, *kernel = &args->x[1]->shape;
    struct window_axis axis[2];
    enum wg_status status = check_steps(self, args);
    if (status == WG_OK) status = window_check_image(self, x);
    if (status == WG_OK) status = check_kernel(self, x, kernel, a->groups);
    if (status != WG_OK) return status;
    convolution_windows(args, axis);
    *y = (struct wg_shape){.rank = 4, .dim = {x->dim[0], axis[0].out, axis[1].out, kernel->dim[3]}};
    return window_check_room(self, x, axis);
}

/* Room for n columns in vectors, whatever their width. */
static inline int64_t padded(int64_t n) { return (n + 15) / 16 * 16; }

/* The kernel packed, for forward or the image's gradient; or a chunk's part of the kernel's. */
SCRATCH(convolution2d) {
    const struct convolution2d_attributes *a = (const void *)args->attributes;
    const struct wg_shape *kernel = &args->x[1]->shape;
    const int64_t groups = (int64_t)a->groups, taps = kernel->dim[0] * kernel->dim[1];
    const int64_t channels = kernel->dim[2], filters = kernel->dim[3] / groups;
    const int64_t forward = groups * taps * channels * padded(filters),
                  back = groups * taps * filters * padded(channels);
    return forward > back ? forward : back;
}

#ifdef WG_KERNEL_PASS
#include "ops/conv/depthwise.h"
#include "ops/conv/patches.h"
#include "ops/conv/sums.h"

/* What forward and both gradients start from. */
struct convolution {
    struct window_axis axis[2];
    struct lattice lattice[2];                 /* of the forward windows */
    int64_t images, groups, channels, filters; /* the last two of a group */
    const real *x, *kernel;
    real *scratch;
};

static struct convolution read_convolution(const struct wg_args *args) {
    const struct convolution2d_attributes *a = (const void *)args->attributes;
    const struct wg_shape *kernel = &args->x[1]->shape;
    struct convolution v = {.images = args->x[0]->shape.dim[0],
                            .groups = (int64_t)a->groups,
                            .channels = kernel->dim[2],
                            .filters = kernel->dim[3] / (int64_t)a->groups,
                            .x = args->x[0]->data,
                            .kernel = args->x[1]->data,
                            .scratch = args->scratch};
    convolution_windows(args, v.axis);
    for (int i = 0; i < 2; i++) {
        const struct window_axis *w = &v.axis[i];
        v.lattice[i] = (struct lattice){w->in, w->out, w->size, w->stride, w->dilation, -w->before};
    }
    return v;
}

/* Every channel has one filter of its own. */
static inline bool is_depthwise(const struct convolution *v) {
    return v->groups > 1 && v->channels == 1 && v->filters == 1;
}

static struct depthwise read_depthwise(const struct convolution *v) {
    return (struct depthwise){.row = v->lattice[0],
                              .column = v->lattice[1],
                              .images = v->images,
                              .channels = v->groups,
                              .from = v->x,
                              .kernel = v->kernel};
}

static inline struct patches forward_patches(const struct convolution *v) {
    return (struct patches){v->x, v->lattice[0], v->lattice[1], v->groups * v->channels,
                            v->channels};
}

static void pack_groups(const struct convolution *v, struct taps taps, int64_t step, int64_t depth,
                        int64_t n, real *to) {
    for (int64_t g = 0; g < v->groups; g++, taps.kernel += step, to += depth * packed_row(n))
        pack_taps(&taps, depth, n, to);
}

KERNEL convolution2d_forward(const struct wg_args *args) {
    const struct convolution v = read_convolution(args);
    if (v.images == 0) return;
    if (is_depthwise(&v)) {
        struct depthwise d = read_depthwise(&v);
        d.out = args->y->data;
        depthwise_forward(&d);
        return;
    }
    const struct patches patches = forward_patches(&v);
    const int64_t pixel = v.groups * v.filters;
    const struct taps taps = {.kernel = v.kernel,
                              .step = {1, 1},
                              .across = v.axis[1].size,
                              .width = v.axis[1].size,
                              .size = v.channels * pixel,
                              .channels = v.channels,
                              .row = pixel,
                              .column = 1};
    pack_groups(&v, taps, v.filters, patches_depth(&patches), v.filters, v.scratch);
    multiply_patches(&(struct patch_product){.patches = patches,
                                             .packed = v.scratch,
                                             .images = v.images,
                                             .groups = v.groups,
                                             .columns = v.filters,
                                             .out = args->y->data,
                                             .stride = {1, 1},
                                             .size = {v.axis[0].out, v.axis[1].out}});
}

/* The pixels of dx at `first` and every `stride` from there on: windows of dy, through which every
 * stride-th tap of the kernel is seen, the last one first. Stores that tap; none: -1. */
static struct lattice phase_of(const struct window_axis *w, int64_t first, int64_t *last_tap) {
    const int64_t tap = (first + w->before) % w->stride, from = (first + w->before) / w->stride;
    const int64_t taps = tap < w->size ? (w->size - 1 - tap) / w->stride + 1 : 0;
    *last_tap = tap + (taps - 1) * w->stride;
    return (struct lattice){.in = w->out,
                            .out = (w->in - 1 - first) / w->stride + 1,
                            .taps = taps,
                            .stride = 1,
                            .step = w->dilation,
                            .offset = from - (taps - 1) * w->dilation};
}

static void phase_gradient(const struct convolution *v, const int64_t *first, const real *dy,
                           real *dx) {
    const int64_t pixel = v->groups * v->filters;
    int64_t last[2];
    const struct patches patches = {dy, phase_of(&v->axis[0], first[0], &last[0]),
                                    phase_of(&v->axis[1], first[1], &last[1]), pixel, v->filters};
    const int64_t depth = patches_depth(&patches);
    const struct taps taps = {.kernel = v->kernel,
                              .first = {last[0], last[1]},
                              .step = {-v->axis[0].stride, -v->axis[1].stride},
                              .across = patches.column.taps,
                              .width = v->axis[1].size,
                              .size = v->channels * pixel,
                              .channels = v->filters,
                              .row = 1,
                              .column = pixel};
    pack_groups(v, taps, v->filters, depth, v->channels, v->scratch);
    multiply_patches(&(struct patch_product){.patches = patches,
                                             .packed = v->scratch,
                                             .images = v->images,
                                             .groups = v->groups,
                                             .columns = v->channels,
                                             .out = dx,
                                             .first = {first[0], first[1]},
                                             .stride = {v->axis[0].stride, v->axis[1].stride},
                                             .size = {v->axis[0].in, v->axis[1].in}});
}

static void image_gradient(const struct convolution *v, const real *dy, real *dx) {
    if (is_depthwise(v)) {
        struct depthwise d = read_depthwise(v);
        d.from = dy;
        d.out = dx;
        depthwise_back(&d);
        return;
    }
    int64_t first[2];
    for (first[0] = 0; first[0] < gemm_least(v->axis[0].stride, v->axis[0].in); first[0]++) {
        for (first[1] = 0; first[1] < gemm_least(v->axis[1].stride, v->axis[1].in); first[1]++)
            phase_gradient(v, first, dy, dx);
    }
}

static void kernel_gradient(const struct convolution *v, const real *dy, real *dkernel) {
    if (is_depthwise(v)) {
        struct depthwise d = read_depthwise(v);
        d.dy = dy;
        d.out = dkernel;
        depthwise_sums(&d);
        return;
    }
    sum_patches(&(struct patch_sums){.patches = forward_patches(v),
                                     .dy = dy,
                                     .images = v->images,
                                     .groups = v->groups,
                                     .columns = v->filters,
                                     .out = dkernel,
                                     .part = v->scratch});
}

KERNEL convolution2d_gradient(const struct wg_args *args, const void *dy, void *const *dx) {
    const struct convolution v = read_convolution(args);
    if (v.images == 0) {
        if (dx[1]) memset(dx[1], 0, (size_t)args->x[1]->size * sizeof(real));
        return;
    }
    if (dx[0]) image_gradient(&v, dy, dx[0]);
    if (dx[1]) kernel_gradient(&v, dy, dx[1]);
}
#endif

KERNELS(convolution2d, .forward = convolution2d_forward, .gradient = convolution2d_gradient);

OPN(convolution2d, .inputs = {"x", "kernel"},
    .attributes = {{.name = "strides",
                    .min = 1,
                    .max = WINDOW_MOST,
                    .kind = WG_LIST,
                    .meaning = "rows and columns from window to window; absent: 1,1"},
                   {.name = "padding",
                    .kind = WG_FLAG,
                    .meaning = "0: windows within the image; 1: as many as pixels over strides"},
                   {.name = "dilation",
                    .min = 1,
                    .max = WINDOW_MOST,
                    .kind = WG_LIST,
                    .meaning = "rows and columns from tap to tap; absent: 1,1"},
                   {.name = "groups",
                    .initial = 1,
                    .min = 1,
                    .max = WINDOW_MOST,
                    .kind = WG_INTEGER,
                    .meaning = "blocks of channels, each with filters of its own"}},
    .structure = WG_BILINEAR, .shape = convolution2d_shape, .scratch = convolution2d_scratch,
    .by_example = 1,
    .formula = "y[n][i][j][f] = sum over p, q, c of x[n][i s + p d - before][j s + q d - "
               "before][c] kernel[p][q][c][f]",
    .derivative = "dx[n][h][w][c] = sum over the windows on (h, w) of dy kernel; "
                  "dkernel[p][q][c][f] = sum over n, i, j of x dy",
    .limits = "padding has no part in a sum, whatever the kernel holds",
    .reference = "Keras 3, layers.Conv2D: channels last, a cross-correlation",
    .cases = {"1x1x1x1 1x1x1x1", "2x5x4x3 3x2x3x2", "2x5x4x2 3x3x2x3 padding=1",
              "1x7x6x2 3x2x2x3 strides=2,3", "2x6x7x1 3x4x1x2 strides=3,2 padding=1",
              "1x7x8x2 2x3x2x2 dilation=3,2", "2x4x5x2 3x2x2x2 dilation=2,3 padding=1",
              "1x4x5x6 2x2x3x4 groups=2", "2x5x4x3 3x3x1x3 groups=3 padding=1",
              "1x5x6x4 2x3x1x4 groups=4 strides=2,2", "1x6x5x2 1x1x2x3 strides=4,3",
              "2x3x2x11 2x2x11x17"})
