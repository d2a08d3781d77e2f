/* No false alarm: right gradients at thousands of random points, of ops and of networks. */
#include "tally.h"

#include "wengert/wengert.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define CHECKS 10000      /* half of them of ops, half of networks */
#define BATCHES 20        /* Criterion cases that share them */
#define INCONCLUSIVE 1e-3 /* less than this share */
#define DEEPEST 4
#define WIDEST 8
#define ROWS 5

enum kind { OPS, NETWORKS };

static void count(struct tally *tally, enum kind kind, const struct wg_gradcheck_result *result,
                  const char *what, uint64_t seed) {
    char text[3000];
    tally->count[kind][result->verdict]++;
    if (result->verdict <= WG_VERDICT_KINK) return;
    wg_gradcheck_text(result, text, sizeof text);
    fprintf(stderr, "%s, seed %d: %s", what, (int)seed, text);
}

/* ------------------------------------------------------------------------------------------------
 * Ops */

static const struct wg_op *random_op(struct wg_random *random) {
    int ops = 0;
    while (wg_op_at(ops)) ops++;
    return wg_op_at((int)wg_random_below(random, (uint64_t)ops));
}

static void check_op(uint64_t seed, struct tally *tally) {
    struct wg_random random = wg_random_make(seed, 11);
    const struct wg_op *op = random_op(&random);
    int cases = 0;
    while (cases < WG_MAX_CASES && op->cases[cases]) cases++;
    const char *text = op->cases[wg_random_below(&random, (uint64_t)cases)];
    const struct wg_gradcheck_options options = {.seed = seed};
    struct wg_gradcheck_result result;
    char what[160];
    snprintf(what, sizeof what, "%s [%s]", op->name, text);
    cr_assert_eq(wg_gradcheck_op(op, text, &options, &result), WG_OK, "%s: %s", what, wg_error());
    count(tally, OPS, &result, what, seed);
}

/* ------------------------------------------------------------------------------------------------
 * Networks */

struct network {
    int depth, widths[DEEPEST + 1], weights[DEEPEST], biases[DEEPEST];
    const struct wg_op *activations[DEEPEST];
    bool shared, classifies;
    wg_params *params;
};

/* Ops of one input that are defined everywhere and keep numbers at the size of their inputs. */
static bool is_activation(const struct wg_op *op) {
    static const char *const others[] = {"exp", "log", "sqrt", "square"};
    int most;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (strcmp(op->name, others[i]) == 0) return false;
    }
    return strcmp(op->name, "softmax") == 0 || strcmp(op->name, "log_softmax") == 0 ||
           (op->structure == WG_ELEMENTWISE && wg_op_input_count(op, &most) == 1);
}

static const struct wg_op *random_activation(struct wg_random *random) {
    const struct wg_op *op = random_op(random);
    while (!is_activation(op)) op = random_op(random);
    return op;
}

/* Depth, widths and activations at random; all layers may share their weights. */
static void build(struct network *n, struct wg_random *random, uint64_t seed) {
    *n = (struct network){.depth = 1 + (int)wg_random_below(random, DEEPEST),
                          .shared = wg_random_below(random, 3) == 0,
                          .classifies = wg_random_below(random, 2) == 0,
                          .params = wg_params_new(WG_F64)};
    for (int i = 0; i <= n->depth; i++) n->widths[i] = 1 + (int)wg_random_below(random, WIDEST);
    for (int i = 1; n->shared && i <= n->depth; i++) n->widths[i] = n->widths[0];
    for (int i = 0; i < n->depth; i++) {
        char name[16];
        const bool again = n->shared && i > 0;
        snprintf(name, sizeof name, "w%d", i);
        n->weights[i] =
            again ? n->weights[0]
                  : wg_params_add(n->params, name, WG_SHAPE(n->widths[i], n->widths[i + 1]));
        snprintf(name, sizeof name, "b%d", i);
        n->biases[i] = wg_params_add(n->params, name, WG_SHAPE(n->widths[i + 1]));
        n->activations[i] = random_activation(random);
    }
    for (int i = 0; i < wg_params_count(n->params); i++)
        cr_assert_eq(wg_param_uniform(n->params, i, -1, 1, seed), WG_OK);
}

static wg_var record(wg_tape *tape, const wg_var *in, void *user) {
    const struct network *n = user;
    wg_var x = in[0];
    for (int i = 0; i < n->depth; i++) {
        double slots[WG_MAX_ATTRIBUTES * WG_LIST_SLOTS];
        x = wg_add(wg_matmul(x, wg_parameter(tape, n->params, n->weights[i])),
                   wg_parameter(tape, n->params, n->biases[i]));
        wg_op_defaults(n->activations[i], slots);
        x = wg_apply(n->activations[i], &x, 1, slots);
    }
    return n->classifies ? wg_softmax_cross_entropy(x, in[1]) : wg_mean_squared_error(x, in[2]);
}

static void check_network(uint64_t seed, struct tally *tally) {
    struct wg_random random = wg_random_make(seed, 12);
    struct network n;
    double x[ROWS * WIDEST], target[ROWS * WIDEST];
    int32_t labels[ROWS];
    char what[400] = "network";
    build(&n, &random, seed);
    const int rows = 1 + (int)wg_random_below(&random, ROWS), in = n.widths[0],
              out = n.widths[n.depth];
    for (int i = 0; i < ROWS * WIDEST; i++) {
        x[i] = wg_random_uniform(&random, -2, 2);
        target[i] = wg_random_uniform(&random, -2, 2);
    }
    for (int i = 0; i < ROWS; i++) labels[i] = (int32_t)wg_random_below(&random, (uint64_t)out);
    const struct wg_tensor inputs[] = {{x, (int64_t)rows * in, WG_F64, WG_SHAPE(rows, in)},
                                       {labels, rows, WG_I32, WG_SHAPE(rows)},
                                       {target, (int64_t)rows * out, WG_F64, WG_SHAPE(rows, out)}};
    for (int i = 0; i < n.depth; i++)
        snprintf(what + strlen(what), sizeof what - strlen(what), " %d %s", n.widths[i],
                 n.activations[i]->name);
    const struct wg_gradcheck_options options = {.seed = seed, .params = n.params, .zero = 1};
    struct wg_gradcheck_result result;
    cr_assert_eq(wg_gradcheck(record, &n, 3, inputs, &options, &result), WG_OK, "%s: %s", what,
                 wg_error());
    count(tally, NETWORKS, &result, what, seed);
    wg_params_free(n.params);
}

/* ------------------------------------------------------------------------------------------------
 * All of them */

ParameterizedTestParameters(right_gradients, raise_no_alarm) {
    int *batches = cr_malloc(BATCHES * sizeof *batches);
    for (int i = 0; i < BATCHES; i++) batches[i] = i;
    return cr_make_param_array(int, batches, BATCHES);
}

ParameterizedTest(int *batch, right_gradients, raise_no_alarm) {
    struct tally tally = {.count = {{0}}};
    const uint64_t each = CHECKS / 2 / BATCHES;
    for (uint64_t i = 0; i < each; i++) {
        check_op((uint64_t)*batch * each + i, &tally);
        check_network((uint64_t)*batch * each + i, &tally);
    }
    for (int kind = OPS; kind <= NETWORKS; kind++) {
        cr_expect_eq(tally.count[kind][WG_VERDICT_FAIL], 0);
        cr_expect_eq(tally.count[kind][WG_VERDICT_NONFINITE], 0);
        cr_expect_eq(tally.count[kind][WG_VERDICT_NONDETERMINISTIC], 0);
    }
    tally_add(&tally);
}

int main(int argc, char **argv) {
    static const char *const kinds[] = {"ops", "networks"};
    struct tally sum;
    int filtered;
    long long checks = 0, doubtful = 0;
    const int passed = tally_run(argc, argv, &sum, &filtered);
    for (int kind = OPS; kind <= NETWORKS; kind++) {
        printf("right gradients of %-8s", kinds[kind]);
        for (int v = 0; v < WG_VERDICTS; v++) {
            printf(" %s %lld", wg_verdict_name((enum wg_verdict)v), sum.count[kind][v]);
            checks += sum.count[kind][v];
        }
        printf("\n");
        doubtful += sum.count[kind][WG_VERDICT_INCONCLUSIVE];
    }
    printf("%lld checks, %lld inconclusive\n", checks, doubtful);
    return !(passed && (filtered || checks == CHECKS) &&
             (double)doubtful <= INCONCLUSIVE * (double)checks);
}
