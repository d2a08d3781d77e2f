/* matmul(x, z; transpose_x, transpose_z)
 *
 *   y[i][j] = sum over p of X[i][p] Z[p][j]        dX = dy Z^T        dZ = X^T dy        X = x or
 * x^T, Z = z or z^T The last two dimensions are the matrices; those before them are batches and
 * broadcast. Bilinear. Each element of y is one chain of fused multiply-adds in ascending p,
 * whatever the blocking and the thread count. The gradient of an operand that was broadcast over
 * batches is summed over them in ascending order.
 */
#include "ops/room.h"

struct matmul_attributes {
    double transpose_x, transpose_z;
};

/* Rows and columns of an operand as the product sees it, and the strides between them. */
struct matrix {
    int64_t rows, columns, row, column;
};

static inline struct matrix matrix_of(const struct wg_shape *shape, bool transposed) {
    const int64_t rows = shape->dim[shape->rank - 2], columns = shape->dim[shape->rank - 1];
    return transposed ? (struct matrix){columns, rows, 1, columns}
                      : (struct matrix){rows, columns, columns, 1};
}

static inline struct matrix transpose_of(const struct matrix *m) {
    return (struct matrix){m->columns, m->rows, m->column, m->row};
}

static inline struct wg_shape batch_of(const struct wg_shape *shape) {
    struct wg_shape batch = *shape;
    batch.rank -= 2;
    return batch;
}

SHAPE(matmul) {
    const struct matmul_attributes *a = (const void *)args->attributes;
    const struct wg_shape *xs = &args->x[0]->shape, *zs = &args->x[1]->shape;
    if (xs->rank < 2 || zs->rank < 2) {
        return wg_fail(WG_ERROR_SHAPE, "%s: shapes %s and %s; expected matrices, rank 2 or more",
                       self->name, wg_shape_text(*xs).text, wg_shape_text(*zs).text);
    }
    const struct matrix x = matrix_of(xs, a->transpose_x != 0),
                        z = matrix_of(zs, a->transpose_z != 0);
    if (x.columns != z.rows) {
        return wg_fail(
            WG_ERROR_SHAPE,
            "%s: shapes %s%s and %s%s; expected the first's %lld columns to equal the second's %lld rows",
            self->name, wg_shape_text(*xs).text, a->transpose_x != 0 ? " transposed" : "",
            wg_shape_text(*zs).text, a->transpose_z != 0 ? " transposed" : "", (long long)x.columns,
            (long long)z.rows);
    }
    if (!wg_shape_broadcast(batch_of(xs), batch_of(zs), y)) {
        return wg_fail(WG_ERROR_SHAPE, "%s: the batches of shapes %s and %s do not broadcast",
                       self->name, wg_shape_text(*xs).text, wg_shape_text(*zs).text);
    }
    y->dim[y->rank++] = x.rows;
    y->dim[y->rank++] = z.columns;
    return WG_OK;
}

/* A batch of x against one matrix z is one tall product: batches and rows of x are rows alike. */
static inline bool one_product(const struct wg_args *args, struct matrix *x, struct matrix *z) {
    const struct matmul_attributes *a = (const void *)args->attributes;
    *x = matrix_of(&args->x[0]->shape, a->transpose_x != 0);
    *z = matrix_of(&args->x[1]->shape, a->transpose_z != 0);
    const struct wg_shape *shape = &args->x[0]->shape;
    if (shape->rank == 2 && args->x[1]->shape.rank == 2) return true;
    const bool single = args->x[1]->size == z->rows * z->columns;
    if (shape->rank > 2 && (!single || a->transpose_x != 0)) return false;
    if (!single || args->y->shape.rank > (shape->rank > 2 ? shape->rank : 2)) return false;
    if (x->columns > 0 && a->transpose_x == 0) x->rows = args->x[0]->size / x->columns;
    return true;
}

/* Elements of one operand's gradient, to add up over batches. */
static inline int64_t sum_scratch(const struct wg_args *args) {
    struct matrix x, z;
    if (one_product(args, &x, &z)) return 0;
    return args->x[0]->size > args->x[1]->size ? args->x[0]->size : args->x[1]->size;
}

/* Elements of the largest of a product's three matrices, sides in strips and at most `most` each.
 */
static inline int64_t largest_matrix(const int64_t *side, int64_t most) {
    int64_t largest = 0, length[3];
    for (int i = 0; i < 3; i++) {
        length[i] = (side[i] + 15) / 16 * 16;
        if (length[i] > most) length[i] = most;
    }
    for (int i = 0; i < 3; i++) {
        const int64_t size = length[i] * length[(i + 1) % 3];
        if (size > largest) largest = size;
    }
    return largest;
}

/* Elements for a block of a factor in any of the three products, which threads share: a
 * second-level cache full for each of two. A larger one saves packing the other factor again and
 * costs more waiting for memory. Small products do without. */
static inline int64_t room_scratch(const struct wg_args *args) {
    enum { SIDE = 512, BLOCKS = 2, LEAST = 1 << 15 };
    if (args->x[0]->size < LEAST && args->x[1]->size < LEAST && args->y->size < LEAST) return 0;
    struct matrix x, z;
    one_product(args, &x, &z);
    const int64_t side[3] = {x.rows, x.columns, z.columns};
    const int64_t whole = largest_matrix(side, INT32_MAX);
    const int64_t blocks = BLOCKS * largest_matrix(side, SIDE);
    return whole < blocks ? whole : blocks;
}

SCRATCH(matmul) { return sum_scratch(args) + room_scratch(args); }

#ifdef WG_KERNEL_PASS
#include "base/parallel.h"
#include "ops/linear/gemm.h"
#include "ops/plumbing.h"

/* Scratch for blocks of a factor. */
struct room {
    real *memory;
    int64_t size;
};

static inline struct room room_of(const struct wg_args *args) {
    const int64_t size = room_scratch(args);
    if (size == 0) return (struct room){NULL, 0};
    return (struct room){(real *)args->scratch + sum_scratch(args), size};
}

/* The share of parts begin to end of `count`. */
static inline struct room room_part(const struct room *room, int64_t begin, int64_t end,
                                    int64_t count) {
    if (room->size == 0) return *room;
    const int64_t from = room->size * begin / count, to = room->size * end / count;
    return (struct room){room->memory + from, to - from};
}

/* out (m x n, contiguous) = left right, its rows or columns split over threads. Matrices go by
 * pointer: a copy made of fields just written would wait for them. */
struct product {
    const struct matrix *left, *right;
    const real *a, *b;
    real *out;
    const struct room *room;
    bool by_columns;
};

#define PRODUCT_STRIP 16 /* rows or columns that one thread takes at least */

static inline int64_t product_count(int64_t length) {
    return (length + PRODUCT_STRIP - 1) / PRODUCT_STRIP;
}

static void product_strips(int64_t begin, int64_t end, const void *context) {
    const struct product *p = context;
    const struct matrix *left = p->left, *right = p->right;
    const int64_t m = left->rows, n = right->columns;
    const int64_t length = p->by_columns ? n : m;
    const int64_t from = begin * PRODUCT_STRIP,
                  to = end * PRODUCT_STRIP < length ? end * PRODUCT_STRIP : length;
    const struct room room = room_part(p->room, begin, end, product_count(length));
    const int64_t row = p->by_columns ? 0 : from, column = p->by_columns ? from : 0;
    gemm(p->by_columns ? m : to - from, p->by_columns ? to - from : n, left->columns,
         p->a + row * left->row, left->row, left->column, p->b + column * right->column, right->row,
         right->column, p->out + row * n + column, n, room.memory, room.size);
}

static void product(const struct matrix *left, const real *a, const struct matrix *right,
                    const real *b, real *out, const struct room *room) {
    const int64_t m = left->rows, n = right->columns, k = left->columns;
    if (m * n * k / 4 < WG_PARALLEL_WORK) { /* at once: the way there is much of a small product */
        gemm(m, n, k, a, left->row, left->column, b, right->row, right->column, out, n,
             room->memory, room->size);
        return;
    }
    wg_parallel_split(product_count(n > m ? n : m), product_strips,
                      &(struct product){left, right, a, b, out, room, n > m});
}

/* The batches of y, with the strides of the operands' matrices over them. */
struct batches {
    struct wg_shape y;
    int64_t x_stride[WG_MAX_RANK], z_stride[WG_MAX_RANK];
    int64_t count;
};

static void batch_strides(const struct wg_shape *y, const struct wg_shape *x, int64_t matrix,
                          int64_t *stride) {
    for (int d = y->rank - 1; d >= 0; d--) {
        const int from = d - (y->rank - x->rank);
        const int64_t dim = from < 0 ? 1 : x->dim[from];
        stride[d] = dim == 1 ? 0 : matrix;
        matrix *= dim;
    }
}

static struct batches batches_of(const struct wg_args *args) {
    const struct wg_shape *xs = &args->x[0]->shape, *zs = &args->x[1]->shape;
    const struct wg_shape x = batch_of(xs), z = batch_of(zs);
    struct batches batches = {.y = batch_of(&args->y->shape)};
    batch_strides(&batches.y, &x, xs->dim[xs->rank - 2] * xs->dim[xs->rank - 1], batches.x_stride);
    batch_strides(&batches.y, &z, zs->dim[zs->rank - 2] * zs->dim[zs->rank - 1], batches.z_stride);
    batches.count = wg_shape_size(batches.y);
    return batches;
}

/* Where the operands' matrices of batch i begin. */
static inline void find_batch(const struct batches *b, int64_t i, int64_t *x, int64_t *z) {
    *x = *z = 0;
    for (int d = b->y.rank - 1; d >= 0; d--) {
        *x += i % b->y.dim[d] * b->x_stride[d];
        *z += i % b->y.dim[d] * b->z_stride[d];
        i /= b->y.dim[d];
    }
}

/* What is done for each batch: forward, or, given dy, the gradient of one operand. */
struct batch_job {
    struct batches batches;
    struct matrix left, right;
    const real *x, *z, *dy;
    int operand;
    bool transposed;
    real *out;
    struct room room;
};

static int64_t batch_work(const struct batch_job *job) {
    return job->batches.count * job->left.rows * job->left.columns * job->right.columns / 4;
}

static void forward_batches(int64_t begin, int64_t end, const void *context) {
    const struct batch_job *job = context;
    const struct room room = room_part(&job->room, begin, end, job->batches.count);
    for (int64_t i = begin; i < end; i++) {
        int64_t x, z;
        find_batch(&job->batches, i, &x, &z);
        product(&job->left, job->x + x, &job->right, job->z + z,
                job->out + i * job->left.rows * job->right.columns, &room);
    }
}

KERNEL matmul_forward(const struct wg_args *args) {
    const real *x = args->x[0]->data, *z = args->x[1]->data;
    real *y = args->y->data;
    struct matrix left, right;
    if (args->y->size == 0 || args->x[0]->size == 0) { /* sums of nothing */
        memset(y, 0, (size_t)args->y->size * sizeof(real));
        return;
    }
    const bool one = one_product(args, &left, &right);
    const struct room room = room_of(args);
    if (one) {
        product(&left, x, &right, z, y, &room);
        return;
    }
    const struct batch_job job = {.batches = batches_of(args),
                                  .left = left,
                                  .right = right,
                                  .x = x,
                                  .z = z,
                                  .out = y,
                                  .room = room};
    wg_parallel(job.batches.count, batch_work(&job), forward_batches, &job);
}

/* The gradient of one operand from one matrix of dy: dX = dy Z^T or its transpose, dZ = X^T dy or
 * its transpose. */
static void operand_gradient(const struct matrix *left, const struct matrix *right, const real *x,
                             const real *z, const real *dy, int operand, bool transposed, real *out,
                             const struct room *room) {
    const struct matrix g = {left->rows, right->columns, right->columns, 1};
    const struct matrix turned = transpose_of(transposed ? &g : operand == 0 ? right : left);
    if (operand == 0 && !transposed)
        product(&g, dy, &turned, z, out, room);
    else if (operand == 0)
        product(right, z, &turned, dy, out, room);
    else if (!transposed)
        product(&turned, x, &g, dy, out, room);
    else
        product(&turned, dy, left, x, out, room);
}

/* Of an operand with a matrix for every batch. */
static void gradient_batches(int64_t begin, int64_t end, const void *context) {
    const struct batch_job *job = context;
    const struct room room = room_part(&job->room, begin, end, job->batches.count);
    for (int64_t i = begin; i < end; i++) {
        int64_t x, z;
        find_batch(&job->batches, i, &x, &z);
        operand_gradient(&job->left, &job->right, job->x + x, job->z + z,
                         job->dy + i * job->left.rows * job->right.columns, job->operand,
                         job->transposed, job->out + (job->operand == 0 ? x : z), &room);
    }
}

/* Of an operand whose matrices serve several batches: they add up in order. */
static void add_gradients(const struct wg_args *args, const struct batch_job *job) {
    const struct matrix *of = job->operand == 0 ? &job->left : &job->right;
    memset(job->out, 0, (size_t)args->x[job->operand]->size * sizeof(real));
    for (int64_t i = 0; i < job->batches.count; i++) {
        int64_t x, z;
        find_batch(&job->batches, i, &x, &z);
        operand_gradient(&job->left, &job->right, job->x + x, job->z + z,
                         job->dy + i * job->left.rows * job->right.columns, job->operand,
                         job->transposed, args->scratch, &job->room);
        add_into(of->rows * of->columns, job->out + (job->operand == 0 ? x : z), args->scratch);
    }
}

static void batch_gradients(const struct wg_args *args, struct batch_job *job) {
    const struct matrix *of = job->operand == 0 ? &job->left : &job->right;
    if (args->x[job->operand]->size == job->batches.count * of->rows * of->columns)
        wg_parallel(job->batches.count, batch_work(job), gradient_batches, job);
    else
        add_gradients(args, job);
}

KERNEL matmul_gradient(const struct wg_args *args, const void *dy, void *const *dx) {
    const struct matmul_attributes *a = (const void *)args->attributes;
    const bool transposed[2] = {a->transpose_x != 0, a->transpose_z != 0};
    struct matrix left, right;
    const bool one = one_product(args, &left, &right);
    const struct room room = room_of(args);
    for (int i = 0; i < 2; i++) {
        if (!dx[i]) continue;
        if (args->y->size == 0 || args->x[i]->size == 0)
            memset(dx[i], 0, (size_t)args->x[i]->size * sizeof(real));
        else if (one)
            operand_gradient(&left, &right, args->x[0]->data, args->x[1]->data, dy, i,
                             transposed[i], dx[i], &room);
        else
            batch_gradients(args, &(struct batch_job){.batches = batches_of(args),
                                                      .left = left,
                                                      .right = right,
                                                      .x = args->x[0]->data,
                                                      .z = args->x[1]->data,
                                                      .dy = dy,
                                                      .operand = i,
                                                      .transposed = transposed[i],
                                                      .out = dx[i],
                                                      .room = room});
    }
}
#endif

KERNELS(matmul, .forward = matmul_forward, .gradient = matmul_gradient);

OPN(matmul, .inputs = {"x", "z"},
    .attributes =
        {{.name = "transpose_x", .kind = WG_FLAG, .meaning = "1: x's matrices are transposed"},
         {.name = "transpose_z", .kind = WG_FLAG, .meaning = "1: z's matrices are transposed"}},
    .structure = WG_BILINEAR, .shape = matmul_shape, .scratch = matmul_scratch,
    .formula = "y[i][j] = sum over p of x[i][p] z[p][j]", .derivative = "dx = dy z^T, dz = x^T dy",
    .limits = "the product over nothing is 0",
    .cases = {"2x3 3x4", "3x2 3x4 transpose_x=1", "2x3 4x3 transpose_z=1",
              "3x2 4x3 transpose_x=1 transpose_z=1", "2x4x3 3x5", "2x4x3 2x3x5", "2x1x3x2 4x2x3",
              "2x3x4 2x3x5 transpose_x=1", "3x4 2x4x5", "2x5x3 4x3 transpose_z=1", "1x1 1x1",
              "17x9 9x33"})
