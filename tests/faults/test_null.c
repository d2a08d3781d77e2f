/* NULL for every pointer that a public function takes: an error that names the function, or, where
 * the header says that NULL is fine, nothing; never a crash.
 */
#include "support/suite.h"

#include "wengert/wengert.h"

#include <math.h>

struct world {
    wg_tape *tape;
    wg_params *params;
    wg_optimizer *sgd;
    wg_var x, null;
    const struct wg_op *op;
    double slots[WG_MAX_ATTRIBUTES * WG_LIST_SLOTS];
};

static struct wg_dataset set, other_set;
static struct wg_standardization measured;
static const int64_t one_index[] = {0};
static int64_t order[8], train;
static double number;
static char text[32];

static struct wg_tensor without_data(void) { return (struct wg_tensor){NULL, 1, WG_F64, {0, {0}}}; }
static struct wg_tensor with_data(void) { return (struct wg_tensor){&number, 1, WG_F64, {0, {0}}}; }
static unsigned char flag;

/* The function's name in the text, and the call as a statement. */
#define TABLE                                                                                      \
    ROW("wg_tape_mark", wg_tape_mark(NULL))                                                        \
    ROW("wg_tape_rewind", wg_tape_rewind(NULL, wg_tape_mark(w->tape)))                             \
    ROW("wg_tape_node", wg_tape_node(NULL, 0))                                                     \
    ROW("wg_input", wg_input(NULL, WG_F32, WG_SCALAR, NULL))                                       \
    ROW("wg_variable", wg_variable(NULL, WG_F32, WG_SCALAR, NULL))                                 \
    ROW("wg_constant_scalar", wg_constant_scalar(NULL, WG_F32, 1))                                 \
    ROW("wg_variable_scalar", wg_variable_scalar(NULL, WG_F32, 1))                                 \
    ROW("wg_leaf_in_place", wg_leaf_in_place(NULL, with_data(), &number, &flag, "n"))              \
    ROW("wg_leaf_in_place", wg_leaf_in_place(w->tape, without_data(), &number, &flag, "n"))        \
    ROW("wg_leaf_in_place", wg_leaf_in_place(w->tape, with_data(), NULL, &flag, "n"))              \
    ROW("wg_leaf_in_place", wg_leaf_in_place(w->tape, with_data(), &number, NULL, "n"))            \
    ROW("wg_set", wg_set(w->x, NULL))                                                              \
    ROW("wg_set", wg_set(w->null, &number))                                                        \
    ROW("wg_name", wg_name(w->x, NULL))                                                            \
    ROW("wg_name", wg_name(w->null, "n"))                                                          \
    ROW("wg_apply", wg_apply(NULL, &w->x, 1, NULL))                                                \
    ROW("add", wg_apply(wg_find_op("add"), NULL, 2, NULL))                                         \
    ROW("concat", wg_concat(NULL, 1, 0))                                                           \
    ROW("wg_value", wg_value(w->null))                                                             \
    ROW("wg_gradient", wg_gradient(w->null))                                                       \
    ROW("wg_value", wg_item(w->null))                                                              \
    ROW("wg_gradient", wg_gradient_item(w->null))                                                  \
    ROW("wg_forward", wg_forward(NULL))                                                            \
    ROW("wg_backward", wg_backward(w->null))                                                       \
    ROW("wg_backward_from", wg_backward_from(w->x, NULL))                                          \
    ROW("wg_tangent", wg_tangent(w->x, NULL, 0, NULL, NULL))                                       \
    ROW("wg_tangent", wg_tangent(w->x, &number, 1, NULL, (const void *const[]){&number}))          \
    ROW("wg_tangent", wg_tangent(w->x, &number, 1, &w->x, NULL))                                   \
    ROW("wg_tangent", wg_tangent(w->null, &number, 0, NULL, NULL))                                 \
    ROW("wg_tape_print", wg_tape_print(NULL, stderr))                                              \
    ROW("wg_tape_print", wg_tape_print(w->tape, NULL))                                             \
    ROW("wg_shortest_f32", wg_shortest_f32(1, NULL, 32))                                           \
    ROW("wg_shortest_f64", wg_shortest_f64(1, NULL, 32))                                           \
    ROW("wg_shortest_f64", wg_shortest_f64(1, text, 0))                                            \
    ROW("wg_register", wg_register(NULL))                                                          \
    ROW("wg_similar_ops", wg_similar_ops(NULL, 0, text, sizeof text))                              \
    ROW("wg_similar_ops", wg_similar_ops("elu", 0, NULL, 32))                                      \
    ROW("wg_similar_ops", wg_similar_ops("elu", 0, text, 0))                                       \
    ROW("wg_op_attribute_count", wg_op_attribute_count(NULL))                                      \
    ROW("wg_op_attribute", wg_op_attribute_slots(NULL))                                            \
    ROW("wg_op_input_count", wg_op_input_count(NULL, NULL))                                        \
    ROW("wg_op_has_kernels", wg_op_has_kernels(NULL, WG_F32))                                      \
    ROW("wg_op_has_gradient", wg_op_has_gradient(NULL))                                            \
    ROW("wg_op_has_tangent", wg_op_has_tangent(NULL))                                              \
    ROW("wg_op_defaults", wg_op_defaults(NULL, w->slots))                                          \
    ROW("wg_op_defaults", wg_op_defaults(w->op, NULL))                                             \
    ROW("wg_op_set", wg_op_set(NULL, w->slots, "axes", "1"))                                       \
    ROW("wg_op_set", wg_op_set(w->op, NULL, "axes", "1"))                                          \
    ROW("wg_op_set", wg_op_set(w->op, w->slots, NULL, "1"))                                        \
    ROW("wg_op_set", wg_op_set(w->op, w->slots, "axes", NULL))                                     \
    ROW("wg_op_check_attributes", wg_op_check_attributes(NULL, w->slots))                          \
    ROW("wg_op_check_attributes", wg_op_check_attributes(w->op, NULL))                             \
    ROW("wg_quantity_value",                                                                       \
        wg_quantity_value(NULL, (struct wg_quantity){.factor = 1}, w->slots, &number))             \
    ROW("wg_quantity_value",                                                                       \
        wg_quantity_value(w->op, (struct wg_quantity){.factor = 1, .attribute = "axes"}, NULL,     \
                          &number))                                                                \
    ROW("op: failed", wg_op_fail(WG_ERROR_ARGUMENT, NULL, NULL))                                   \
    ROW("wg_params_add", wg_params_add(NULL, "w", WG_SCALAR))                                      \
    ROW("wg_params_add", wg_params_add(w->params, NULL, WG_SCALAR))                                \
    ROW("wg_param_name", wg_param_name(NULL, 0))                                                   \
    ROW("wg_param_value", wg_param_value(NULL, 0))                                                 \
    ROW("wg_param_gradient", wg_param_gradient(NULL, 0))                                           \
    ROW("wg_param_value", wg_param_fill(NULL, 0, 1))                                               \
    ROW("wg_param_value", wg_param_uniform(NULL, 0, 0, 1, 1))                                      \
    ROW("wg_param_glorot_uniform", wg_param_glorot_uniform(NULL, 0, 1))                            \
    ROW("wg_param_value", wg_param_initialize(NULL, 0, "zeros", 1))                                \
    ROW("wg_param_initialize", wg_param_initialize(w->params, 0, NULL, 1))                         \
    ROW("wg_param_value", wg_param_normal(NULL, 0, 0, 1, 1))                                       \
    ROW("wg_param_value", wg_param_truncated_normal(NULL, 0, 0, 1, 1))                             \
    ROW("wg_param_value", wg_param_variance_scaling(NULL, 0, (struct wg_variance_scaling){0}, 1))  \
    ROW("wg_param_value", wg_param_orthogonal(NULL, 0, 1, 1))                                      \
    ROW("wg_param_value", wg_param_identity(NULL, 0, 1))                                           \
    ROW("wg_param_value", wg_param_constrain(NULL, 0, "non_neg"))                                  \
    ROW("wg_param_constrain", wg_param_constrain(w->params, 0, NULL))                              \
    ROW("wg_param_value", wg_param_max_norm(NULL, 0, 1, WG_ALL_AXES))                              \
    ROW("wg_param_value", wg_param_non_neg(NULL, 0))                                               \
    ROW("wg_param_value", wg_param_unit_norm(NULL, 0, WG_ALL_AXES))                                \
    ROW("wg_param_value", wg_param_min_max_norm(NULL, 0, 0, 1, 1, WG_ALL_AXES))                    \
    ROW("null variable", wg_regularize(w->null, "l2"))                                             \
    ROW("wg_regularize", wg_regularize(w->x, NULL))                                                \
    ROW("null variable", wg_regularize_activity(w->null, "l2"))                                    \
    ROW("null variable", wg_l1_penalty(w->null, 1))                                                \
    ROW("null variable", wg_l2_penalty(w->null, 1))                                                \
    ROW("null variable", wg_l1l2_penalty(w->null, 1, 1))                                           \
    ROW("null variable", wg_orthogonal_penalty(w->null, 1, 0))                                     \
    ROW("wg_leaf_in_place", wg_parameter(NULL, w->params, 0))                                      \
    ROW("wg_parameter", wg_parameter(w->tape, NULL, 0))                                            \
    ROW("wg_zero_gradients", wg_zero_gradients(NULL))                                              \
    ROW("wg_params_fingerprint", wg_params_fingerprint(NULL))                                      \
    ROW("sgd", wg_sgd_new(NULL, (struct wg_sgd_options){0}))                                       \
    ROW("wg_optimizer_step", wg_optimizer_step(NULL))                                              \
    ROW("wg_optimizer_set_learning_rate", wg_optimizer_set_learning_rate(NULL, 1))                 \
    ROW("wg_optimizer_state", wg_optimizer_state(NULL, 0, 0))                                      \
    ROW("adam", wg_adam_new(NULL, (struct wg_adam_options){0}))                                    \
    ROW("wg_optimizer_from_text", wg_optimizer_from_text(w->params, NULL))                         \
    ROW("adam", wg_optimizer_from_text(NULL, "adam"))                                              \
    ROW("wg_optimizer_set_schedule", wg_optimizer_set_schedule(NULL, NULL))                        \
    ROW("wg_optimizer_set_schedule", wg_optimizer_set_schedule(w->sgd, NULL))                      \
    ROW("wg_optimizer_learning_rate", wg_optimizer_learning_rate(NULL))                            \
    ROW("wg_optimizer_set_parameter", wg_optimizer_set_parameter(NULL, 0, (struct wg_group){0}))   \
    ROW("wg_optimizer_set_group", wg_optimizer_set_group(w->sgd, NULL, (struct wg_group){0}))      \
    ROW("wg_optimizer_resume", wg_optimizer_resume(NULL, 0, 0))                                    \
    ROW("wg_schedule_at", wg_schedule_at(NULL, 0))                                                 \
    ROW("random", wg_random_u32(NULL))                                                             \
    ROW("random", wg_random_u64(NULL))                                                             \
    ROW("random", wg_random_uniform(NULL, 0, 1))                                                   \
    ROW("random", wg_random_below(NULL, 5))                                                        \
    ROW("random", wg_random_normal(NULL, 0, 1))                                                    \
    ROW("shuffle", wg_random_shuffle(NULL, order, 3))                                              \
    ROW("shuffle", wg_random_shuffle(&(struct wg_random){1, 1, 0}, NULL, 3))                       \
    ROW("dataset_batch", wg_dataset_batch(NULL, one_index, 1, NULL, NULL))                         \
    ROW("dataset_batch", wg_dataset_batch(&set, NULL, 1, NULL, NULL))                              \
    ROW("dataset", wg_dataset_take(NULL, one_index, 1, &other_set))                                \
    ROW("dataset", wg_dataset_take(&set, NULL, 1, &other_set))                                     \
    ROW("dataset", wg_dataset_take(&set, one_index, 1, NULL))                                      \
    ROW("dataset_gather_inputs", wg_dataset_gather_inputs(NULL, one_index, 1, WG_F32, &number))    \
    ROW("dataset_gather_inputs", wg_dataset_gather_inputs(&set, NULL, 1, WG_F32, &number))         \
    ROW("dataset_gather_inputs", wg_dataset_gather_inputs(&set, one_index, 1, WG_F32, NULL))       \
    ROW("dataset_gather_targets", wg_dataset_gather_targets(NULL, one_index, 1, WG_I32, &number))  \
    ROW("dataset_gather_targets", wg_dataset_gather_targets(&set, one_index, 1, WG_I32, NULL))     \
    ROW("dataset_check", wg_dataset_check(NULL))                                                   \
    ROW("dataset_of", wg_dataset_of(1, 1, NULL, 0, NULL))                                          \
    ROW("dataset_of_classes", wg_dataset_of_classes(1, 1, NULL, 1, NULL))                          \
    ROW("dataset_of_tokens", wg_dataset_of_tokens(1, 1, NULL, 1, 1, NULL, 1))                      \
    ROW("dataset_measure", wg_dataset_measure(&set, NULL))                                         \
    ROW("dataset_check", wg_dataset_measure(NULL, &measured))                                      \
    ROW("dataset_standardize", wg_dataset_standardize(&set, NULL))                                 \
    ROW("dataset_check", wg_dataset_standardize(NULL, &measured))                                  \
    ROW("dataset_load_csv", wg_dataset_load_csv(NULL, NULL, &other_set))                           \
    ROW("dataset_load_csv", wg_dataset_load_csv("a", NULL, NULL))                                  \
    ROW("dataset_split", wg_dataset_split_shuffled(8, 0.5, 1, NULL, &train))                       \
    ROW("dataset_split", wg_dataset_split_shuffled(8, 0.5, 1, order, NULL))                        \
    ROW("dataset_split", wg_dataset_split_last(8, 0.5, NULL, &train))                              \
    ROW("dataset_split", wg_dataset_split_last(8, 0.5, order, NULL))                               \
    ROW("dataset_generate", wg_dataset_generate(NULL, 8, 0, 1, &other_set))                        \
    ROW("dataset_generate", wg_dataset_generate("xor", 8, 0, 1, NULL))                             \
    ROW("dataset_load", wg_dataset_load_idx(NULL, "b", &other_set))                                \
    ROW("dataset_load", wg_dataset_load_idx("a", NULL, &other_set))                                \
    ROW("dataset_load", wg_dataset_load_idx("a", "b", NULL))                                       \
    ROW("dataset_load", wg_dataset_load_directory(NULL, &set, &other_set))                         \
    ROW("dataset_load", wg_dataset_load_directory("a", NULL, &other_set))                          \
    ROW("dataset_load", wg_dataset_load_directory("a", &set, NULL))                                \
    ROW("wg_gradcheck", wg_gradcheck(NULL, NULL, 0, NULL, NULL, NULL))                             \
    ROW("wg_gradcheck", wg_gradcheck_op(NULL, "3", NULL, NULL))                                    \
    ROW("wg_gradcheck", wg_gradcheck_op(w->op, NULL, NULL, NULL))

/* NULL is fine here. */
#define FINE                                                                                       \
    ROW("", wg_tape_free(NULL))                                                                    \
    ROW("", wg_params_free(NULL))                                                                  \
    ROW("", wg_optimizer_free(NULL))                                                               \
    ROW("", wg_standardization_free(NULL))                                                         \
    ROW("", wg_dataset_free(NULL))                                                                 \
    ROW("", wg_tape_size(NULL))                                                                    \
    ROW("", wg_activation(NULL))                                                                   \
    ROW("", wg_activate(w->x, NULL))                                                               \
    ROW("", wg_activate(w->null, NULL))                                                            \
    ROW("", wg_find_op(NULL))                                                                      \
    ROW("", wg_params_count(NULL))                                                                 \
    ROW("", wg_params_elements(NULL))                                                              \
    ROW("", wg_params_find(NULL, "w"))                                                             \
    ROW("", wg_params_find(w->params, NULL))                                                       \
    ROW("", wg_optimizer_steps(NULL))                                                              \
    ROW("", wg_optimizer_accumulated(NULL))                                                        \
    ROW("", wg_optimizer_state_name(NULL, 0, 0))                                                   \
    ROW("", wg_op_input_count(w->op, NULL))                                                        \
    ROW("", wg_shape_broadcast(WG_SCALAR, WG_SCALAR, NULL))                                        \
    ROW("", wg_set_isa(NULL))                                                                      \
    ROW("", wg_apply(w->op, &w->x, 1, NULL))                                                       \
    ROW("", wg_input(w->tape, WG_F32, WG_SHAPE(3), NULL))

static struct world make_world(void) {
    struct world w = {
        .tape = wg_tape_new(), .params = wg_params_new(WG_F64), .op = wg_find_op("sum")};
    w.x = wg_variable_scalar(w.tape, WG_F64, 1);
    wg_params_add(w.params, "p", WG_SCALAR);
    w.sgd = wg_sgd(w.params, .learning_rate = 1);
    wg_op_defaults(w.op, w.slots);
    wg_dataset_generate("xor", 8, 0, 1, &set);
    expect_no_failure("world");
    return w;
}

static void free_world(struct world *w) {
    wg_optimizer_free(w->sgd);
    wg_tape_free(w->tape);
    wg_params_free(w->params);
    wg_dataset_free(&set);
    wg_dataset_free(&other_set);
}

START_TEST(null_is_an_error_that_names_the_function) {
    struct world world = make_world(), *w = &world;
#define ROW(name, call)                                                                            \
    (void)(call);                                                                                  \
    expect_failure(#call, WG_ERROR_ARGUMENT, name, NULL);
    TABLE
#undef ROW
    free_world(w);
}
END_TEST

START_TEST(null_is_fine_where_the_headers_say_so) {
    struct world world = make_world(), *w = &world;
#define ROW(name, call)                                                                            \
    (void)(call);                                                                                  \
    expect_no_failure(#call);
    FINE
#undef ROW
        free_world(w);
}
END_TEST

/* Results on the way out of an error. */
START_TEST(failed_calls_return_nothing) {
    ck_assert_uint_eq(wg_tape_size(NULL), 0);
    ck_assert_int_eq(wg_params_add(NULL, "w", WG_SCALAR), -1);
    ck_assert_int_eq(wg_params_count(NULL), 0);
    ck_assert_int_eq(wg_params_find(NULL, "w"), -1);
    ck_assert(isnan(wg_item((wg_var){0})));
    ck_assert(isnan(wg_gradient_item((wg_var){0})));
    ck_assert_ptr_null(wg_value((wg_var){0}).data);
    ck_assert_ptr_null(wg_param_value(NULL, 0).data);
    ck_assert_str_eq(wg_params_fingerprint(NULL).hex, "");
    ck_assert(wg_is_null(wg_parameter(NULL, NULL, 0)));
    expect_failure("the first of them", WG_ERROR_ARGUMENT, "wg_params_add", NULL);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {null_is_an_error_that_names_the_function,
                                  null_is_fine_where_the_headers_say_so,
                                  failed_calls_return_nothing};
    return run_suite("null", tests, ELEMENTS(tests));
}
