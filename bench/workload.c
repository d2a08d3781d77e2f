#define _POSIX_C_SOURCE 200809L
#include "workload.h"

#include "common.h"

#include <stdio.h>
#include <string.h>

/* The transformer of examples/08_tiny_gpt.c. */
enum { LAYERS = 4, HEADS = 4, WIDTH = 128, CONTEXT = 128, CHARACTERS = 65 };

/* Multiply-adds of an example: of a dense layer; of a convolution with kernels of 3 x 3 and an
 * output of size x size. */
#define DENSE(in, out) ((double)(in) * (out))
#define CONVOLUTION(size, in, out) (9.0 * (size) * (size) * (in) * (out))

const struct bench_workload bench_workloads[] = {
    {"mlp-2-8-1",
     "MLP 2-8-1, tanh, mse, SGD, batch 4",
     "dense 8 tanh; dense 1",
     {1, {2}},
     4,
     0,
     "sgd learning_rate=0.01",
     DENSE(2, 8),
     DENSE(8, 1)},
    {"mlp-4-16-3",
     "MLP 4-16-3, tanh, mse, SGD, batch 16",
     "dense 16 tanh; dense 3",
     {1, {4}},
     16,
     0,
     "sgd learning_rate=0.01",
     DENSE(4, 16),
     DENSE(16, 3)},
    {"mlp-784-128-10",
     "MLP 784-128-10, relu, SGD, batch 64",
     "dense 128 relu; dense 10",
     {1, {784}},
     64,
     10,
     "sgd learning_rate=0.01",
     DENSE(784, 128),
     DENSE(128, 10)},
    {"mlp-784-512-10",
     "MLP 784-512-10, relu, SGD, batch 128",
     "dense 512 relu; dense 10",
     {1, {784}},
     128,
     10,
     "sgd learning_rate=0.01",
     DENSE(784, 512),
     DENSE(512, 10)},
    {"mlp-784-500-10",
     "MLP 784-500-10, relu, AdamW, batch 500",
     "dense 500 relu; dense 10",
     {1, {784}},
     500,
     10,
     "adamw learning_rate=0.0001 weight_decay=0.01",
     DENSE(784, 500),
     DENSE(500, 10)},
    {"cnn-8-16",
     "CNN 3x3x8, pool, 3x3x16, pool, dense 10; relu, SGD, batch 500",
     "conv2d 8 3x3 relu padding=same; max_pooling2d 2; conv2d 16 3x3 relu padding=same; "
     "max_pooling2d 2; flatten; dense 10",
     {3, {28, 28, 1}},
     500,
     10,
     "sgd learning_rate=0.01",
     CONVOLUTION(28, 1, 8),
     CONVOLUTION(14, 8, 16) + DENSE(7 * 7 * 16, 10)},
    {"cnn-elu",
     "CNN 3x3x32, pool, 3x3x64, pool, 3x3x64, dense 10; elu, Adam, batch 64",
     "conv2d 32 3x3 elu; max_pooling2d 2; conv2d 64 3x3 elu; max_pooling2d 2; conv2d 64 3x3 elu; "
     "flatten; dense 10",
     {3, {28, 28, 1}},
     64,
     10,
     "adam learning_rate=0.001",
     CONVOLUTION(26, 1, 32),
     CONVOLUTION(11, 32, 64) + CONVOLUTION(3, 64, 64) + DENSE(3 * 3 * 64, 10)},
    {"gpt",
     "GPT, 4 layers, 4 heads, width 128, context 128, Adam, batch 8",
     NULL,
     {1, {CONTEXT}},
     8,
     CHARACTERS,
     "adam learning_rate=0.001",
     0,
     CONTEXT *(LAYERS *(DENSE(WIDTH, 4 * WIDTH) + 2 * DENSE(WIDTH, 4 * WIDTH)) +
               DENSE(WIDTH, CHARACTERS)) +
         LAYERS * 2.0 * CONTEXT *CONTEXT *WIDTH},
    {0}};

double bench_workload_flops(const struct bench_workload *w) {
    return 2 * (double)w->batch * (2 * w->first + 3 * w->others);
}

/* ---- The transformer ------------------------------------------------------------------------ */

static wg_var block(wg_pass *pass, wg_var x) {
    wg_var h = wg_call(pass, wg_layer_normalization(.epsilon = 1e-5), x);
    h = wg_call(pass,
                wg_multi_head_attention(.num_heads = HEADS, .key_dim = WIDTH / HEADS,
                                        .use_causal_mask = WG_YES),
                h);
    x = wg_add(x, h);
    h = wg_call(pass, wg_layer_normalization(.epsilon = 1e-5), x);
    h = wg_call(pass, wg_dense(.units = 4 * WIDTH, .activation = "gelu"), h);
    return wg_add(x, wg_call(pass, wg_dense(.units = WIDTH), h));
}

static wg_var gpt(wg_pass *pass, const wg_var *x, void *context) {
    (void)context;
    wg_var h = wg_call(pass, wg_embedding(.input_dim = CHARACTERS, .output_dim = WIDTH), x[0]);
    h = wg_call(pass, wg_position_embedding(.embeddings_initializer = "uniform"), h);
    for (int i = 0; i < LAYERS; i++) h = block(pass, h);
    h = wg_call(pass, wg_layer_normalization(.epsilon = 1e-5), h);
    return wg_call(pass, wg_dense(.units = CHARACTERS), h);
}

/* ---- Training ------------------------------------------------------------------------------- */

/* Whole numbers in [0, below), without a pattern. */
static void fill_indices(int64_t n, int32_t *to, int64_t below, uint32_t state) {
    for (int64_t i = 0; i < n; i++) {
        state = state * 1664525u + 1013904223u;
        to[i] = (int32_t)((uint64_t)(state >> 8) * (uint64_t)below >> 24);
    }
}

static struct wg_shape batched(int64_t batch, struct wg_shape shape) {
    struct wg_shape all = {.rank = shape.rank + 1, .dim = {batch}};
    for (int i = 0; i < shape.rank; i++) all.dim[i + 1] = shape.dim[i];
    return all;
}

struct bench_training bench_training_of(const struct bench_workload *w) {
    struct bench_training t = {0};
    const enum wg_dtype dtype = w->layers ? WG_F32 : WG_I32;
    const struct wg_model_options options = {
        .input = {{w->input, dtype}}, .forward = w->layers ? NULL : gpt, .seed = 1};
    t.model = w->layers ? wg_sequential_from_text(options, w->layers) : wg_model_new(options);
    t.tape = wg_tape_new();
    t.pass = wg_pass_new(t.model, t.tape, WG_TRAINING);
    bench_check();

    t.x = wg_input(t.tape, dtype, batched(w->batch, w->input), NULL);
    const struct wg_tensor x = wg_value(t.x);
    if (dtype == WG_I32)
        fill_indices(wg_shape_size(x.shape), x.data, CHARACTERS, 1);
    else
        bench_fill(wg_shape_size(x.shape), x.data, 0, 0, 1);
    const wg_var y = wg_pass_record(t.pass, &t.x);
    bench_check();
    struct wg_shape shape = wg_value(y).shape;
    if (w->classes) shape.rank--;
    t.target = wg_input(t.tape, w->classes ? WG_I32 : WG_F32, shape, NULL);
    bench_check();
    const struct wg_tensor target = wg_value(t.target);
    if (w->classes)
        fill_indices(wg_shape_size(shape), target.data, w->classes, 2);
    else
        bench_fill(wg_shape_size(shape), target.data, 0, -1, 1);
    t.loss =
        w->classes ? wg_softmax_cross_entropy(y, t.target) : wg_mean_squared_error(y, t.target);
    t.optimizer = wg_optimizer_from_text(wg_model_params(t.model), w->optimizer);
    bench_check();
    return t;
}

void bench_training_free(struct bench_training *t) {
    wg_optimizer_free(t->optimizer);
    wg_pass_free(t->pass);
    wg_tape_free(t->tape);
    wg_model_free(t->model);
    *t = (struct bench_training){0};
}

void bench_training_step(struct bench_training *t) {
    wg_zero_gradients(wg_model_params(t->model));
    wg_forward(t->tape);
    wg_backward(t->loss);
    wg_optimizer_step(t->optimizer);
}

/* ---- For peers ------------------------------------------------------------------------------ */

struct files {
    FILE *json, *binary;
    int arrays;
};

static void write_array(struct files *f, const char *name, struct wg_tensor array) {
    fprintf(f->json, "%s\n    {\"name\": \"%s\", \"dtype\": \"%s\", \"shape\": [",
            f->arrays++ ? "," : "", name, array.dtype == WG_I32 ? "int32" : "float32");
    for (int i = 0; i < array.shape.rank; i++)
        fprintf(f->json, "%s%lld", i ? ", " : "", (long long)array.shape.dim[i]);
    fprintf(f->json, "]}");
    fwrite(array.data, 4, (size_t)wg_shape_size(array.shape), f->binary);
}

static FILE *open_to_write(const char *directory, const char *name, const char *suffix) {
    char path[1024];
    snprintf(path, sizeof path, "%s/%s.%s", directory, name, suffix);
    FILE *file = fopen(path, "wb");
    if (file) return file;
    perror(path);
    exit(1);
}

void bench_workload_write(const struct bench_workload *w, const struct bench_training *t,
                          const char *directory) {
    struct files f = {.json = open_to_write(directory, w->name, "json"),
                      .binary = open_to_write(directory, w->name, "bin")};
    const wg_params *params = wg_model_params(t->model);
    fprintf(f.json, "{\n  \"layers\": \"%s\",\n  \"heads\": %d,\n", w->layers ? w->layers : "gpt",
            HEADS);
    fprintf(f.json, "  \"loss\": \"%s\",\n", w->classes ? "cross-entropy" : "mse");
    fprintf(f.json, "  \"optimizer\": \"%s\",\n  \"loss_step\": %d,\n  \"arrays\": [", w->optimizer,
            BENCH_LOSS_STEP);
    write_array(&f, "x", wg_value(t->x));
    write_array(&f, "target", wg_value(t->target));
    for (int i = 0; i < wg_params_count(params); i++)
        write_array(&f, wg_param_name(params, i), wg_param_value(params, i));
    fprintf(f.json, "\n  ]\n}\n");
    const int failed = ferror(f.json) || ferror(f.binary);
    if (fclose(f.json) + fclose(f.binary) == 0 && !failed) return;
    fprintf(stderr, "bench: %s could not be written to %s\n", w->name, directory);
    exit(1);
}
