/* wengert eval: an op, or its gradient, on numbers from standard input. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "numbers.h"
#include "op_names.h"
#include "options.h"
#include "program.h"
#include "wengert/tape.h"

static const struct command_help help = {
    "eval", "OP [ATTRIBUTE=VALUE ...] [options] < NUMBERS",
    "Reads numbers (decimal, hexadecimal floats, inf, nan; white space between) and prints a line\n"
    "for each element of the result: the shortest decimal that reads back as the same bits, a\n"
    "space, and the same number as a hexadecimal float.\n"
    "\n"
    "The numbers form one vector, unless --shape says otherwise. An op with several inputs takes\n"
    "them one after the other: separated by `;`, or, with a --shape for each, by their sizes.\n"
    "    echo '1 -2'       | wengert eval tanh\n"
    "    echo '1 -2 ; 0.1' | wengert eval prelu --gradient\n"
    "    echo '1 2 3  2'   | wengert eval softmax_cross_entropy --shape 3 --shape scalar\n"
    "\n"
    "With --gradient, the lines are the gradient of the input. For several inputs each one's lines\n"
    "follow a line `# NAME`; inputs of whole numbers have no gradient.\n"};

struct input {
    const char *name;
    enum wg_dtype dtype;
    struct wg_shape shape;
    int64_t first, count; /* its words */
    void *values;
};

struct evaluation {
    const struct wg_op *op;
    double slots[WG_MAX_ATTRIBUTES * WG_LIST_SLOTS];
    enum wg_dtype dtype;
    bool gradient;
    const char *upstream; /* NULL: 1 everywhere */
    struct texts shapes;
    struct words words;
    int inputs;
    struct input input[MOST_GROUPS];
    wg_tape *tape;
    wg_var x[MOST_GROUPS];
};

/* ---- Inputs ------------------------------------------------------------------------------- */

#define LARGEST_DIMENSION 4294967296.0

static bool parse_shape(const char *text, struct wg_shape *shape) {
    struct sizes sizes;
    *shape = (struct wg_shape){0};
    if (strcmp(text, "scalar") == 0) return true;
    if (!parse_sizes(text, 1, (int64_t)LARGEST_DIMENSION, &sizes) || sizes.count > WG_MAX_RANK) {
        usage_error("eval",
                    "--shape \"%s\": expected sizes with commas between, as 2,3, at most %d of "
                    "them, or scalar",
                    text, WG_MAX_RANK);
        return false;
    }
    shape->rank = sizes.count;
    for (int d = 0; d < sizes.count; d++) shape->dim[d] = sizes.at[d];
    if (wg_shape_size(*shape) < 0) {
        usage_error("eval", "--shape \"%s\": too large", text);
        return false;
    }
    return true;
}

/* How many inputs the words and shapes make; 0 after an error. */
static int decide_count(struct evaluation *e) {
    int most;
    const int least = wg_op_input_count(e->op, &most);
    const int groups = e->words.groups, shapes = e->shapes.count;
    const int count = groups > 1 ? groups : shapes > 1 ? shapes : 1;
    char names[128] = "";
    for (int i = 0; i < WG_MAX_NAMED_INPUTS && e->op->inputs[i]; i++) {
        const size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "", e->op->inputs[i]);
    }
    if (count < least || (most >= 0 && count > most)) {
        usage_error("eval",
                    "%s takes %d input%s%s (%s), got %d; separate inputs with ; or give a "
                    "--shape for each",
                    e->op->name, least, least == 1 ? "" : "s", most < 0 ? " or more" : "", names,
                    count);
        return 0;
    }
    if (shapes > 0 && shapes != count) {
        usage_error("eval",
                    "--shape is given %d times for %d inputs; expected one for each, or none",
                    shapes, count);
        return 0;
    }
    return count;
}

/* Input i's shape, and how many words make it; *next is the first word that is left. */
static bool arrange_input(struct evaluation *e, int i, int64_t *next) {
    struct input *input = &e->input[i];
    const bool separated = e->words.groups > 1 || e->inputs == 1;
    const int64_t end = separated ? e->words.start[i + 1] : e->words.words;
    input->first = *next;
    input->count = end - *next;
    input->shape = (struct wg_shape){1, {input->count}};
    if (e->shapes.count > 0) {
        if (!parse_shape(e->shapes.at[i], &input->shape)) return false;
        const int64_t size = wg_shape_size(input->shape);
        if (separated ? input->count != size : input->count < size) {
            usage_error("eval", "--shape %s needs %" PRId64 " numbers; input %d (%s) has %" PRId64,
                        e->shapes.at[i], size, i + 1, input->name, input->count);
            return false;
        }
        input->count = size;
    }
    if (input->count == 0) {
        usage_error("eval", "no numbers for input %d (%s); expected them on standard input", i + 1,
                    input->name);
        return false;
    }
    *next += input->count;
    return true;
}

/* Names, dtypes, shapes, and which words belong to which input. */
static bool arrange_inputs(struct evaluation *e) {
    int64_t next = 0;
    e->inputs = decide_count(e);
    for (int i = 0; i < e->inputs; i++) {
        const bool named = i < WG_MAX_NAMED_INPUTS && e->op->inputs[i];
        e->input[i].name = named ? e->op->inputs[i] : "...";
        e->input[i].dtype = i < 32 && e->op->integer_inputs >> i & 1 ? WG_I32 : e->dtype;
        if (!arrange_input(e, i, &next)) return false;
    }
    if (e->inputs && next != e->words.words) {
        usage_error("eval", "%" PRId64 " numbers given, %" PRId64 " used by the shapes",
                    e->words.words, next);
        return false;
    }
    return e->inputs > 0;
}

static int read_inputs(struct evaluation *e) {
    struct text_error error = {0};
    if (!read_words(&e->words, stdin, &error)) return run_error("eval", "%s", error.text);
    if (!arrange_inputs(e)) return EXIT_USAGE;
    for (int i = 0; i < e->inputs; i++) {
        struct input *input = &e->input[i];
        input->values = malloc((size_t)input->count * wg_dtype_size(input->dtype));
        if (!input->values) {
            return run_error("eval", "out of memory for %" PRId64 " numbers", input->count);
        }
        if (!parse_words(&e->words, input->first, input->count, input->dtype, input->values,
                         &error)) {
            return usage_error("eval", "%s", error.text);
        }
    }
    return GO_ON;
}

/* ---- Results ------------------------------------------------------------------------------ */

static void print_values(const struct wg_tensor *t) {
    char text[40];
    for (int64_t i = 0; i < t->size; i++) {
        const bool single = t->dtype == WG_F32;
        const double value =
            single ? (double)((const float *)t->data)[i] : ((const double *)t->data)[i];
        if (single)
            wg_shortest_f32((float)value, text, sizeof text);
        else
            wg_shortest_f64(value, text, sizeof text);
        if (isnan(value))
            printf("%s nan\n", text); /* whatever its sign bit */
        else
            printf("%s %a\n", text, value);
    }
}

/* The upstream gradient's numbers, into dy: one for each element of y, or one for all. */
static int parse_upstream(const struct evaluation *e, const struct wg_tensor *y, void *dy) {
    struct text_error error = {0};
    struct words words;
    int status = GO_ON;
    const size_t size = wg_dtype_size(y->dtype);
    if (!split_words(&words, e->upstream ? e->upstream : "1", &error)) {
        return run_error("eval", "--upstream: %s", error.text);
    }
    if (words.groups != 1 || (words.words != 1 && words.words != y->size)) {
        status = usage_error("eval",
                             "--upstream has %" PRId64
                             " numbers; expected 1, or as many as the result has: %" PRId64,
                             words.words, y->size);
    } else if (!parse_words(&words, 0, words.words, y->dtype, dy, &error)) {
        status = usage_error("eval", "--upstream: %s", error.text);
    } else if (words.words == 1) {
        for (int64_t i = 1; i < y->size; i++) memcpy((char *)dy + (size_t)i * size, dy, size);
    }
    free_words(&words);
    return status;
}

static int differentiate(const struct evaluation *e, wg_var y) {
    const struct wg_tensor value = wg_value(y);
    void *dy = malloc((size_t)value.size * wg_dtype_size(value.dtype));
    if (!dy) return run_error("eval", "out of memory for %" PRId64 " numbers", value.size);
    int status = parse_upstream(e, &value, dy);
    if (status == GO_ON && wg_backward_from(y, dy) != WG_OK) status = library_error("eval");
    free(dy);
    return status;
}

static int print_gradients(const struct evaluation *e, wg_var y) {
    const int status = differentiate(e, y);
    if (status != GO_ON) return status;
    for (int i = 0; i < e->inputs; i++) {
        if (e->input[i].dtype == WG_I32) continue;
        const struct wg_tensor gradient = wg_gradient(e->x[i]);
        if (!gradient.data) return library_error("eval");
        if (e->inputs > 1) printf("# %s\n", e->input[i].name);
        print_values(&gradient);
    }
    return EXIT_GOOD;
}

static int evaluate(struct evaluation *e) {
    e->tape = wg_tape_new();
    if (!e->tape) return library_error("eval");
    for (int i = 0; i < e->inputs; i++) {
        const struct input *input = &e->input[i];
        const bool variable = e->gradient && input->dtype != WG_I32;
        e->x[i] =
            (variable ? wg_variable : wg_input)(e->tape, input->dtype, input->shape, input->values);
    }
    const wg_var y = wg_apply(e->op, e->x, e->inputs, e->slots);
    if (wg_is_null(y)) return library_error("eval");
    if (e->gradient) return print_gradients(e, y);
    const struct wg_tensor value = wg_value(y);
    print_values(&value);
    return EXIT_GOOD;
}

/* ---- The command -------------------------------------------------------------------------- */

static int set_attributes(struct evaluation *e, int count, char **words) {
    wg_op_defaults(e->op, e->slots);
    for (int i = 0; i < count; i++) {
        char *equals = strchr(words[i], '=');
        if (!equals) {
            return usage_error("eval",
                               "unexpected \"%s\"; expected attributes as NAME=VALUE, and "
                               "numbers on standard input",
                               words[i]);
        }
        *equals = '\0';
        if (wg_op_set(e->op, e->slots, words[i], equals + 1) != WG_OK) return library_error("eval");
    }
    return GO_ON;
}

static int parse_command(struct evaluation *e, int argc, char **argv) {
    static const char *const dtypes[] = {"f32", "f64", NULL};
    const char *dtype = dtypes[0];
    const struct option options[] = {
        {.name = "dtype",
         .kind = OPTION_CHOICE,
         .value = &dtype,
         .argument = "f32|f64",
         .meaning = "computes in float (the default) or double",
         .choices = dtypes},
        {.name = "shape",
         .kind = OPTION_TEXTS,
         .value = &e->shapes,
         .argument = "2,3",
         .meaning = "the shape of an input, or scalar; once for each input"},
        {.name = "gradient",
         .kind = OPTION_FLAG,
         .value = &e->gradient,
         .meaning = "prints the gradients of the inputs instead of the result"},
        {.name = "upstream",
         .kind = OPTION_TEXT,
         .value = &e->upstream,
         .argument = "NUMBERS",
         .meaning = "the result's gradient: one number for each element, or one for all; "
                    "1 by default"},
        {0},
    };
    int words;
    const int status = parse_options(&help, options, argc, argv, &words);
    if (status != GO_ON) return status;
    if (words == 0) return usage_error("eval", "no op; `wengert ops` lists all");
    if (e->upstream && !e->gradient) {
        return usage_error("eval", "--upstream is of use only with --gradient");
    }
    e->dtype = strcmp(dtype, "f64") == 0 ? WG_F64 : WG_F32;
    e->op = named_op("eval", argv[0]);
    return e->op ? set_attributes(e, words - 1, argv + 1) : EXIT_USAGE;
}

int run_eval(int argc, char **argv) {
    static struct evaluation e; /* large for a stack */
    int status = parse_command(&e, argc, argv);
    if (status == GO_ON) status = read_inputs(&e);
    if (status == GO_ON) status = evaluate(&e);
    for (int i = 0; i < e.inputs; i++) free(e.input[i].values);
    free_words(&e.words);
    wg_tape_free(e.tape);
    return status;
}
