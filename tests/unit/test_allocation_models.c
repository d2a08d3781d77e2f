/* Fit allocates nothing in a step after its first, whatever the model is made of and with progress
 * shown: as counted between batches, and as an epoch of 100 batches allocates as often as one
 * of 10.
 */
#define _XOPEN_SOURCE 600
#include "support/own_malloc.h"
#include "support/suite.h"

#include "wengert/wengert.h"

#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#if !OWN_MALLOC
int main(void) {
    puts("allocation_models: " MALLOC_LEFT_OUT);
    return EXIT_SUCCESS;
}
#else

enum { BATCH = 8, FEW = 10, MANY = 100, CLASSES = 6, LONGEST = 12 * 12 };

/* A transformer's block, between an embedding and a dense layer. */
static wg_var gpt(wg_pass *pass, const wg_var *x, void *context) {
    (void)context;
    wg_var h = wg_call(pass, wg_embedding(.input_dim = CLASSES, .output_dim = 16), x[0]);
    h = wg_call(pass, wg_position_embedding(), h);
    wg_var a = wg_call(pass, wg_layer_normalization(), h);
    a = wg_call(pass,
                wg_multi_head_attention(.num_heads = 2, .key_dim = 8, .dropout = 0.1,
                                        .use_causal_mask = WG_YES),
                a);
    h = wg_add(h, a);
    a = wg_call(pass, wg_dense(.units = 64, .activation = "gelu"), h);
    h = wg_add(h, wg_call(pass, wg_dense(.units = 16), a));
    return wg_call(pass, wg_dense(.units = CLASSES), h);
}

struct subject {
    const char *name, *layers;
    wg_model_function *function;
    struct wg_shape input;
    bool tokens, label_each; /* one label for each step */
};

static const struct subject subjects[] = {
    {.name = "MLP",
     .layers = "dense 32 kernel_regularizer=l2 kernel_constraint=max_norm; prelu; dropout 0.2; "
               "batch_normalization; dense 6",
     .input = {1, {LONGEST}}},
    {.name = "CNN",
     .layers = "conv2d 8 3x3 elu; max_pooling2d; depthwise_conv2d 3 relu; batch_normalization; "
               "spatial_dropout2d 0.1; flatten; dense 6",
     .input = {3, {12, 12, 1}}},
    {.name = "GPT", .function = gpt, .input = {1, {16}}, .tokens = true, .label_each = true},
    {.name = "LSTM",
     .layers = "embedding 6 8; lstm 16 return_sequences=yes dropout=0.1 recurrent_dropout=0.1; "
               "lstm 8; dense 6",
     .input = {1, {10}},
     .tokens = true},
};

static float numbers[MANY * BATCH * LONGEST];
static int32_t tokens[MANY * BATCH * 16], labels[MANY * BATCH * 16];

static struct wg_dataset data_of(const struct subject *s, int batches) {
    const int64_t examples = BATCH * batches, size = wg_shape_size(s->input);
    for (int64_t i = 0; i < (int64_t)ELEMENTS(labels); i++) labels[i] = (int32_t)(i * 7 % CLASSES);
    for (int64_t i = 0; i < (int64_t)ELEMENTS(tokens); i++) tokens[i] = (int32_t)(i * i % CLASSES);
    for (int64_t i = 0; i < (int64_t)ELEMENTS(numbers); i++)
        numbers[i] = (float)(i * 37 % 19) / 10 - 1;
    if (!s->tokens) return wg_dataset_of_classes(examples, size, numbers, CLASSES, labels);
    return wg_dataset_of_tokens(examples, size, tokens, CLASSES, s->label_each ? size : 1, labels,
                                CLASSES);
}

/* How many calls there had been at the end of the first batch and of the latest. */
struct count {
    long first, latest;
    bool pause; /* long enough, after the second batch, that a bar is renewed */
};

static enum wg_status note(void *context, const struct wg_moment *moment) {
    struct count *count = context;
    count->latest = calls;
    if (moment->batch == 0) count->first = calls;
    if (moment->batch == 1 && count->pause)
        nanosleep(&(struct timespec){.tv_nsec = 120 * 1000 * 1000}, NULL);
    return WG_OK;
}

/* All calls of one epoch of fit. */
static long calls_of_fit(const struct subject *s, int batches, FILE *out) {
    struct wg_model_options options = {
        .input = {{.shape = s->input, .dtype = s->tokens ? WG_I32 : WG_F32}},
        .forward = s->function,
        .seed = 1};
    wg_model *model =
        s->layers ? wg_sequential_from_text(options, s->layers) : wg_model_new(options);
    wg_model_compile(model, .optimizer = "adam global_clipnorm=1",
                     .loss = "sparse_categorical_crossentropy from_logits=1",
                     .metrics = {"accuracy"});
    const struct wg_dataset data = data_of(s, batches);
    struct count count = {-1, -1, isatty(fileno(out)) == 1};
    wg_callback *counting = wg_callback_new(
        (struct wg_callback_functions){.name = "count", .context = &count, .batch_end = note});
    wg_callback *progress = wg_progress(out);
    const long before = calls;
    wg_model_fit(model, &data, .epochs = 1, .batch_size = BATCH, .callbacks = {progress, counting});
    const long after = calls;
    expect_no_failure(s->name);
    ck_assert_int_eq(wg_optimizer_steps(wg_model_optimizer(model)), batches);
    ck_assert_int_gt(count.first, before); /* the tape, at least */
    ck_assert_msg(count.latest == count.first, "%s: %ld calls of the allocator in %d steps",
                  s->name, count.latest - count.first, batches - 1);
    wg_model_free(model);
    return after - before;
}

static void no_step_allocates(FILE *out) {
    for (int threads = 1; threads <= 2; threads++) {
        wg_set_threads(threads);
        for (size_t i = 0; i < ELEMENTS(subjects); i++) {
            const long few = calls_of_fit(&subjects[i], FEW, out),
                       many = calls_of_fit(&subjects[i], MANY, out);
            ck_assert_msg(few == many, "%s: %ld calls for %d batches, %ld for %d", subjects[i].name,
                          few, FEW, many, MANY);
        }
    }
}

START_TEST(no_step_of_fit_allocates) {
    FILE *out = fopen("/dev/null", "w");
    ck_assert_ptr_nonnull(out);
    fputc('\n', out); /* the file's buffer is not fit's */
    no_step_allocates(out);
    fclose(out);
}
END_TEST

/* The bar, which a terminal gets while an epoch goes. Its other end is read by nobody, so it must
 * take what little is written. */
START_TEST(nor_with_a_bar_on_a_terminal) {
    const int other = posix_openpt(O_RDWR | O_NOCTTY);
    if (other < 0 || grantpt(other) != 0 || unlockpt(other) != 0) {
        puts("no terminal can be made here: left out");
        return;
    }
    FILE *out = fopen(ptsname(other), "w");
    ck_assert_ptr_nonnull(out);
    ck_assert_int_eq(isatty(fileno(out)), 1);
    fputc('\n', out);
    no_step_allocates(out);
    fclose(out);
    close(other);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {no_step_of_fit_allocates, nor_with_a_bar_on_a_terminal};
    return run_suite("allocation_models", tests, ELEMENTS(tests));
}
#endif
