#include "trainings.h"

#include <stdio.h>
#include <string.h>

/* Batches and widths are such that each training has matrix products, convolutions or maps large
 * enough to be split over threads (base/parallel.h); steps are few, as wrong bits spread at once.
 */
enum { STEPS = 3, BATCH = 64, FEATURES = 64, CLASSES = 10 };

#define FROM_LOGITS "sparse_categorical_crossentropy from_logits=1"
#define SGD "sgd learning_rate=0.05 momentum=0.9 nesterov=1"
#define ADAM "adam learning_rate=0.01"

/* x + attention(norm(x)), then that and two dense layers of its norm. */
static wg_var attention(wg_pass *pass, const wg_var *x, void *context) {
    (void)context;
    wg_var h = wg_call(pass, wg_embedding(.input_dim = 30, .output_dim = 32), x[0]);
    h = wg_call(pass, wg_position_embedding(.embeddings_initializer = "uniform"), h);
    wg_var a = wg_call(pass, wg_layer_normalization(.epsilon = 1e-5), h);
    a = wg_call(pass,
                wg_multi_head_attention(.num_heads = 4, .key_dim = 8, .dropout = 0.1,
                                        .use_causal_mask = WG_YES),
                a);
    h = wg_add(h, a);
    a = wg_call(pass, wg_layer_normalization(.epsilon = 1e-5), h);
    a = wg_call(pass, wg_dense(.units = 128, .activation = "gelu"), a);
    h = wg_add(h, wg_call(pass, wg_dense(.units = 32), a));
    return wg_call(pass, wg_dense(.units = 30), h);
}

/* Convolutions of a sequence, put together in every way there is. */
static wg_var merges(wg_pass *pass, const wg_var *x, void *context) {
    (void)context;
    const wg_var a =
        wg_call(pass, wg_conv1d(.filters = 24, .kernel_size = 3, .padding = "same"), x[0]);
    const wg_var b = wg_call(pass,
                             wg_conv1d(.filters = 24, .kernel_size = 5, .padding = "same",
                                       .activation = "tanh", .groups = 2),
                             x[0]);
    const wg_var both[] = {a, b};
    wg_var merged[6];
    merged[0] = wg_call_n(pass, wg_add_layer(), both, 2);
    merged[1] = wg_call_n(pass, wg_subtract(), both, 2);
    merged[2] = wg_call_n(pass, wg_multiply(), both, 2);
    merged[3] = wg_call_n(pass, wg_average(), both, 2);
    merged[4] = wg_call_n(pass, wg_maximum_layer(), both, 2);
    merged[5] = wg_call_n(pass, wg_minimum_layer(), both, 2);
    wg_var h = wg_call_n(pass, wg_concatenate(), merged, 6);
    h = wg_call(pass, wg_spatial_dropout1d(.rate = 0.1), h);
    const wg_var largest = wg_call(pass, wg_max_pooling1d(), h),
                 means = wg_call(pass, wg_average_pooling1d(.pool_size = 3, .strides = 2), h);
    wg_var parts[2];
    parts[0] = wg_call(pass, wg_global_max_pooling1d(), largest);
    parts[1] = wg_call(pass, wg_global_average_pooling1d(), means);
    return wg_call(pass, wg_dense(.units = CLASSES), wg_call_n(pass, wg_concatenate(), parts, 2));
}

static const struct training trainings[] = {
    {.name = "mlp",
     .layers = "dense 96 tanh; dense 96 elu; dense 10",
     .input = {1, {FEATURES}},
     .classes = CLASSES,
     .loss = FROM_LOGITS,
     .metric = "accuracy",
     .optimizer = SGD},
    {.name = "noise",
     .layers = "gaussian_noise 0.1; dense 96 selu kernel_initializer=lecun_normal; "
               "alpha_dropout 0.1; dense 96 relu kernel_initializer=he_normal; dropout 0.3; "
               "dense 96; gaussian_dropout 0.2; dense 10; softmax",
     .input = {1, {FEATURES}},
     .classes = CLASSES,
     .loss = "sparse_categorical_crossentropy",
     .metric = "sparse_top_k_categorical_accuracy k=3",
     .optimizer = ADAM,
     .noise = true},
    {.name = "penalties",
     .layers = "dense 96 kernel_regularizer=(l1l2 l1=0.001 l2=0.002) bias_regularizer=l2 "
               "kernel_constraint=(max_norm max_value=1) bias_initializer=normal; "
               "prelu alpha_initializer=(constant value=0.25) alpha_constraint=non_neg; "
               "activity_regularization l1=0.01 l2=0.01; unit_normalization; dense 96 softsign "
               "kernel_regularizer=orthogonal kernel_constraint=unit_norm "
               "kernel_initializer=orthogonal; dense 8 kernel_constraint=(min_max_norm "
               "min_value=0.5 max_value=0.9 rate=0.5) activity_regularizer=l1",
     .input = {1, {FEATURES}},
     .loss = "huber delta=0.5",
     .metric = "mae",
     .optimizer = "adamw learning_rate=0.01 gradient_accumulation_steps=2",
     .schedule = true,
     .steps = 4},
    {.name = "activations",
     .layers = "dense 96; leaky_relu; dense 96; elu 0.7; dense 96; thresholded_relu 0.1; dense 96; "
               "relu max_value=1 negative_slope=0.1; dense 48 mish; dense 48 silu; dense 48 "
               "softplus; dense 48 hard_sigmoid; activation log_sigmoid; dense 4 sigmoid",
     .input = {1, {FEATURES}},
     .loss = "binary_focal_crossentropy",
     .metric = "auc",
     .optimizer = ADAM},
    {.name = "cnn",
     .layers = "conv2d 16 3x3 relu padding=same; max_pooling2d; depthwise_conv2d 3 elu "
               "depth_multiplier=2; batch_normalization momentum=0.8; average_pooling2d; flatten; "
               "dense 10",
     .input = {3, {14, 14, 4}},
     .classes = CLASSES,
     .loss = FROM_LOGITS,
     .metric = "accuracy",
     .optimizer = ADAM,
     .batch = 8},
    {.name = "prelu cnn",
     .layers = "permute 3,1,2; reshape 14x14x4; conv2d 24 3x3 padding=same strides=2 groups=2; "
               "prelu alpha_initializer=he_normal alpha_regularizer=(l2 l2=0.05) "
               "alpha_constraint=(max_norm axis=0) shared_axes=1,2; spatial_dropout2d 0.2; "
               "conv2d 24 3x3 dilation_rate=2 use_bias=no padding=same; layer_normalization "
               "axis=1,2,3; prelu; global_average_pooling2d keepdims=yes; conv2d 10 1; "
               "global_max_pooling2d",
     .input = {3, {14, 4, 14}},
     .classes = CLASSES,
     .loss = FROM_LOGITS,
     .metric = "accuracy",
     .optimizer = SGD,
     .noise = true,
     .batch = 8},
    {.name = "attention",
     .function = attention,
     .input = {1, {32}},
     .vocabulary = 30,
     .classes = 30,
     .loss = FROM_LOGITS,
     .metric = "accuracy",
     .optimizer = ADAM " global_clipnorm=1",
     .noise = true,
     .batch = 4},
    {.name = "merges",
     .function = merges,
     .input = {2, {48, 8}},
     .classes = CLASSES,
     .loss = FROM_LOGITS,
     .metric = "accuracy",
     .optimizer = ADAM,
     .noise = true,
     .batch = 8},
    {.name = "lstm",
     .layers = "embedding 30 16; lstm 48 return_sequences=yes dropout=0.1 recurrent_dropout=0.1; "
               "lstm 16 go_backwards=yes; dense 10",
     .input = {1, {3}},
     .vocabulary = 30,
     .classes = CLASSES,
     .loss = FROM_LOGITS,
     .metric = "accuracy",
     .optimizer = ADAM,
     .noise = true},
    {.name = "gru",
     .layers = "gru 48 return_sequences=yes; gru 16 reset_after=no recurrent_dropout=0.2; dense 4",
     .input = {2, {3, 16}},
     .loss = "log_cosh",
     .metric = "rmse",
     .optimizer = ADAM,
     .noise = true},
    {.name = "simple rnn",
     .layers = "simple_rnn 96 return_sequences=yes activity_regularizer=l2; simple_rnn 16 "
               "softsign; dense 4 softmax",
     .input = {2, {3, 16}},
     .loss = "kl_divergence",
     .metric = "cosine_similarity",
     .optimizer = SGD " clipvalue=0.1"},
};
#define ELEMENTS(array) (sizeof(array) / sizeof *(array))
enum { LISTED = (int)ELEMENTS(trainings) };

/* The options that stand beside a name in a table, "" for none. */
static const char *find(const char *const table[][2], size_t count, const char *name) {
    for (size_t k = 0; k < count; k++) {
        if (strcmp(table[k][0], name) == 0) return table[k][1];
    }
    return "";
}

/* Options of single rules that lead through other code than their defaults. */
static const char *const rule_options[][2] = {
    {"adam", "amsgrad=1"},
    {"ftrl", "l1_regularization_strength=0.001 l2_regularization_strength=0.001 "
             "l2_shrinkage_regularization_strength=0.001 beta=0.1"},
    {"rmsprop", "centered=1 momentum=0.9"},
    {"sgd", "momentum=0.9"},
};

/* What every rule may do besides. */
static const char *const besides[] = {"clipnorm=0.1", "clipvalue=0.01", "global_clipnorm=0.1",
                                      "gradient_accumulation_steps=2"};

/* The i-th rule, on a network with enough parameters to be shared by threads; NULL past the last.
 */
static const struct training *rule_at(int i) {
    static char name[64], optimizer[256];
    static struct training training;
    const char *rule = wg_optimizer_rule(i);
    if (!rule) return NULL;
    snprintf(name, sizeof name, "rule %s", rule);
    snprintf(optimizer, sizeof optimizer,
             "%s %s %s learning_rate=0.01 weight_decay=0.01 use_ema=1 ema_momentum=0.9 "
             "ema_overwrite_frequency=2",
             rule, find(rule_options, ELEMENTS(rule_options), rule), besides[i % 4]);
    training = (struct training){.name = name,
                                 .layers = "dense 256 relu; dense 96 relu; dense 10",
                                 .input = {1, {FEATURES}},
                                 .classes = CLASSES,
                                 .loss = FROM_LOGITS,
                                 .metric = "accuracy",
                                 .optimizer = optimizer,
                                 .batch = 8,
                                 .steps = 4};
    return &training;
}

static const char *const loss_options[][2] = {
    {"binary_crossentropy", "label_smoothing=0.1"},
    {"binary_focal_crossentropy", "apply_class_balancing=1 label_smoothing=0.1"},
    {"categorical_crossentropy", "label_smoothing=0.1"},
    {"categorical_focal_crossentropy", "label_smoothing=0.1"},
    {"sparse_categorical_crossentropy", "ignore_class=1"},
};

/* The i-th loss, on a small network, of probabilities; NULL past the last. */
static const struct training *loss_at(int i) {
    static char name[64], loss[128];
    static struct training training;
    const char *kind = wg_loss_name(i);
    if (!kind) return NULL;
    snprintf(name, sizeof name, "loss %s", kind);
    snprintf(loss, sizeof loss, "%s %s", kind, find(loss_options, ELEMENTS(loss_options), kind));
    const bool labels = wg_loss_takes_labels(kind) == 1;
    training = (struct training){.name = name,
                                 .layers = "dense 16 tanh; dense 5 sigmoid; activation linear",
                                 .input = {1, {8}},
                                 .classes = labels ? 5 : 0,
                                 .loss = loss,
                                 .metric = labels ? "accuracy" : "mae",
                                 .optimizer = SGD,
                                 .batch = 16};
    return &training;
}

const struct training *training_at(int i) {
    static struct training training;
    static int rules;
    const struct training *found = i < LISTED ? &trainings[i] : rule_at(i - LISTED);
    while (!found && wg_optimizer_rule(rules)) rules++;
    if (!found) found = loss_at(i - LISTED - rules);
    if (!found) return NULL;
    training = *found;
    if (!training.batch) training.batch = BATCH;
    if (!training.steps) training.steps = STEPS;
    return &training;
}
