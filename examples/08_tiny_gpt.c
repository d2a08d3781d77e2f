/* Lesson 8: a transformer that writes.
 *
 *     08_tiny_gpt [TEXT [LAYERS HEADS WIDTH CONTEXT BATCH STEPS]]
 *
 * It reads a text, learns which character comes next, and then writes a text of its own. A model of
 * a function rather than a sequence of layers, for what is added around each of its parts; the
 * training loop is written out. How long a step takes goes to the standard error.
 */
#include "wengert/wengert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifndef TEXT
#define TEXT "backpropagation.txt"
#endif

enum { SEED = 1, REPORTS = 6, WRITTEN = 300 };
#define TEMPERATURE 0.5 /* below 1, likely characters become likelier */

struct gpt {
    int layers, heads, width, context, batch, steps;
    int characters;           /* how many different ones the text has */
    unsigned char known[256]; /* what they are */
    int32_t *text;            /* by their numbers */
    int64_t length;
};

/* ---- The model --------------------------------------------------------------------------------
 */

/* x + attention(norm(x)), then that + two dense layers of its norm. */
static wg_var block(wg_pass *pass, const struct gpt *g, wg_var x) {
    wg_var h = wg_call(pass, wg_layer_normalization(.epsilon = 1e-5), x);
    h = wg_call(pass,
                wg_multi_head_attention(.num_heads = g->heads, .key_dim = g->width / g->heads,
                                        .use_causal_mask = WG_YES),
                h);
    x = wg_add(x, h);
    h = wg_call(pass, wg_layer_normalization(.epsilon = 1e-5), x);
    h = wg_call(pass, wg_dense(.units = 4 * g->width, .activation = "gelu"), h);
    return wg_add(x, wg_call(pass, wg_dense(.units = g->width), h));
}

/* (batch, context) numbers of characters -> (batch, context, characters) logits of the next ones */
static wg_var gpt(wg_pass *pass, const wg_var *x, void *context) {
    const struct gpt *g = context;
    wg_var h =
        wg_call(pass, wg_embedding(.input_dim = g->characters, .output_dim = g->width), x[0]);
    h = wg_call(pass, wg_position_embedding(.embeddings_initializer = "uniform"), h);
    for (int i = 0; i < g->layers; i++) h = block(pass, g, h);
    h = wg_call(pass, wg_layer_normalization(.epsilon = 1e-5), h);
    return wg_call(pass, wg_dense(.units = g->characters), h);
}

/* ---- The text ---------------------------------------------------------------------------------
 */

/* Numbers the characters in the order of their codes. */
static int load(struct gpt *g, const char *path) {
    int number[256] = {0}, c;
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0 || (g->length = ftell(file)) < 0) {
        fprintf(stderr, "%s: cannot be read\n", path);
        if (file) fclose(file);
        return 0;
    }
    rewind(file);
    g->text = calloc((size_t)g->length + 1, sizeof *g->text);
    for (int64_t i = 0; g->text && i < g->length && (c = getc(file)) != EOF; i++) {
        g->text[i] = c;
        number[c] = 1;
    }
    fclose(file);
    for (c = 0; c < 256; c++) {
        if (!number[c]) continue;
        g->known[g->characters] = (unsigned char)c;
        number[c] = g->characters++;
    }
    for (int64_t i = 0; g->text && i < g->length; i++) g->text[i] = number[g->text[i]];
    if (g->text && g->length > g->context) return 1;
    fprintf(stderr, "%s: %lld characters; expected more than the context, %d\n", path,
            (long long)g->length, g->context);
    return 0;
}

/* ---- Training ---------------------------------------------------------------------------------
 */

/* Windows of the text from random places, and the same one character on. */
static void draw(const struct gpt *g, struct wg_random *random, int32_t *window, int32_t *next) {
    for (int b = 0; b < g->batch; b++) {
        const int64_t at = (int64_t)wg_random_below(random, (uint64_t)(g->length - g->context));
        const size_t bytes = (size_t)g->context * sizeof *window;
        memcpy(window + b * g->context, g->text + at, bytes);
        memcpy(next + b * g->context, g->text + at + 1, bytes);
    }
}

/* Seconds. */
static double now(void) {
    struct timespec t;
    timespec_get(&t, TIME_UTC);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void train(const struct gpt *g, wg_model *model) {
    wg_tape *tape = wg_tape_new();
    wg_pass *pass = wg_pass_new(model, tape, WG_TRAINING);
    wg_optimizer *optimizer =
        wg_adam(wg_model_params(model), .learning_rate = 3e-3, .global_clipnorm = 1);
    struct wg_random random = wg_random_make(SEED, 0);
    int32_t *window = calloc((size_t)(g->batch * g->context), 2 * sizeof *window),
            *next = window + g->batch * g->context;

    wg_var x = wg_input(tape, WG_I32, WG_SHAPE(g->batch, g->context), NULL);
    wg_var label = wg_input(tape, WG_I32, WG_SHAPE(g->batch, g->context), NULL);
    wg_var loss = wg_softmax_cross_entropy(wg_pass_record(pass, &x), label);
    const double start = now();
    for (int step = 1; window && step <= g->steps && !wg_error_status(); step++) {
        draw(g, &random, window, next);
        wg_set(x, window);
        wg_set(label, next);
        wg_zero_gradients(wg_model_params(model));
        wg_forward(tape);
        wg_backward(loss);
        wg_optimizer_step(optimizer);
        if (step == 1 || step * REPORTS / g->steps > (step - 1) * REPORTS / g->steps)
            printf("step %4d  loss %.4f\n", step, wg_item(loss));
    }
    fprintf(stderr, "%.2f ms a step\n", 1e3 * (now() - start) / g->steps);
    free(window);
    wg_optimizer_free(optimizer);
    wg_pass_free(pass);
    wg_tape_free(tape);
}

/* ---- Writing ----------------------------------------------------------------------------------
 */

/* A number with these probabilities. */
static int pick(struct wg_random *random, const float *probability, int n) {
    double left = wg_random_uniform(random, 0, 1);
    for (int c = 0; c < n - 1; c++) {
        left -= (double)probability[c];
        if (left < 0) return c;
    }
    return n - 1;
}

/* Goes on from the text's first characters. What follows the last one cannot be seen by it, so the
 * window may hold anything there. */
static void write_text(const struct gpt *g, wg_model *model) {
    wg_tape *tape = wg_tape_new();
    wg_pass *pass = wg_pass_new(model, tape, WG_INFERENCE);
    struct wg_random random = wg_random_make(SEED, 1);
    int32_t *text = calloc(WRITTEN + (size_t)g->context, sizeof *text);
    int length = g->context / 2;

    wg_var x = wg_input(tape, WG_I32, WG_SHAPE(1, g->context), NULL);
    wg_var temperature = wg_constant_scalar(tape, WG_F32, TEMPERATURE);
    wg_var next = wg_softmax(wg_div(wg_pass_record(pass, &x), temperature), -1);
    if (text) memcpy(text, g->text, (size_t)length * sizeof *text);
    for (int i = 0; text && i < WRITTEN && !wg_error_status(); i++) {
        const int from = length > g->context ? length - g->context : 0;
        wg_set(x, text + from);
        wg_forward(tape);
        const float *y = wg_value(next).data;
        if (y) text[length] = pick(&random, y + (length - from - 1) * g->characters, g->characters);
        length++;
    }
    for (int i = 0, column = 0; text && i < length; i++, column++) {
        const int c = g->known[text[i]], wrap = c == '\n' || (c == ' ' && column > 80);
        putchar(wrap ? '\n' : c);
        if (wrap) column = -1;
    }
    printf("\n");
    free(text);
    wg_pass_free(pass);
    wg_tape_free(tape);
}

int main(int count, char **argument) {
    struct gpt g = {.layers = 2, .heads = 2, .width = 32, .context = 32, .batch = 8, .steps = 1000};
    int *const size[] = {&g.layers, &g.heads, &g.width, &g.context, &g.batch, &g.steps};
    for (int i = 2; i < count && i < 8; i++) {
        *size[i - 2] = atoi(argument[i]);
        if (*size[i - 2] < 1 || *size[i - 2] > 100000) {
            fprintf(stderr, "%s: expected a whole number from 1 to 100000\n", argument[i]);
            return 1;
        }
    }
    if (!load(&g, count > 1 ? argument[1] : TEXT)) return free(g.text), 1;

    wg_model *model = wg_model_new((struct wg_model_options){
        .input = {{WG_SHAPE(g.context), WG_I32}}, .forward = gpt, .context = &g, .seed = SEED});
    if (model) {
        printf("%lld characters, %d different; %lld weights\n", (long long)g.length, g.characters,
               (long long)wg_model_parameters(model));
        train(&g, model);
        write_text(&g, model);
        printf("fingerprint %s\n", wg_params_fingerprint(wg_model_params(model)).hex);
    }
    if (wg_error_status()) fprintf(stderr, "%s\n", wg_error());
    wg_model_free(model);
    free(g.text);
    return wg_error_status() != WG_OK;
}

/* Output:
 * 3150 characters, 41 different; 29161 weights
 * step    1  loss 4.1699
 * step  167  loss 1.8616
 * step  334  loss 1.1708
 * step  500  loss 0.7565
 * step  667  loss 0.7123
 * step  834  loss 0.6035
 * step 1000  loss 0.6317
 * A network computes a number from many numbers that the larger thas it is called the
 * gives the gradient is right? The is many bere computes some small, ane nethe loss
 * changes somall, one has the gradient is right. en is right? One chech weight the gradient
 * is right? One changes reached nethe weight gradient is belos
 * fingerprint 5ae63e8e9f187fe66443b475a2fe2366
 */
