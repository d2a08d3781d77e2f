/* wengert train: a network trained on a generated data set or on images. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "hidden.h"
#include "json.h"
#include "options.h"
#include "outputs.h"
#include "program.h"
#include "trainer.h"
#include "wengert/system.h"

static const struct command_help help = {
    "train", "[options]",
    "Trains a network of dense layers by SGD on a generated data set, its last fifth held out for\n"
    "validation, or on a directory of images (MNIST's IDX files, plain or .gz: train-* and t10k-*;\n"
    "with only one of the two pairs, its last fifth is held out). Coordinates are brought to mean\n"
    "0 and standard deviation 1, bytes to [0, 1]. Ends by printing the learned alphas, the\n"
    "validation loss and accuracy, and the fingerprint of the parameters: the same for every\n"
    "instruction set and number of threads. Options not given: as fits the data.\n"};

struct train_options {
    const char *data, *activation, *out;
    struct sizes hidden;
    int64_t epochs, batch, seed, threads, examples; /* -1: as the recipe says */
    double learning_rate, momentum, weight_decay, noise;
    bool nesterov, record, json;
};

/* ---- The command line --------------------------------------------------------------------- */

#define NUMBER_OPTION(field, name_, meaning_, min_, max_, above)                                   \
    {                                                                                              \
        .name = name_, .kind = OPTION_NUMBER, .value = &o->field, .argument = "X",                 \
        .meaning = meaning_, .min = min_, .max = max_, .above_min = above                          \
    }
#define WHOLE_OPTION(field, name_, meaning_, min_, max_)                                           \
    {                                                                                              \
        .name = name_, .kind = OPTION_WHOLE, .value = &o->field, .argument = "N",                  \
        .meaning = meaning_, .min = min_, .max = max_                                              \
    }
#define FLAG_OPTION(field, name_, meaning_)                                                        \
    { .name = name_, .kind = OPTION_FLAG, .value = &o->field, .meaning = meaning_ }

static int parse_command(struct train_options *o, int argc, char **argv) {
    const struct option options[] = {
        {.name = "data",
         .kind = OPTION_TEXT,
         .value = &o->data,
         .argument = "NAME|DIR",
         .meaning = "spiral (the default), moons, circle, xor, gauss, or a directory"},
        {.name = "hidden",
         .kind = OPTION_SIZES,
         .value = &o->hidden,
         .argument = "32,32",
         .meaning = "units of each hidden layer; 32,32",
         .min = 1,
         .max = 65536},
        {.name = "activation",
         .kind = OPTION_TEXT,
         .value = &o->activation,
         .argument = "NAME",
         .meaning = "prelu (the default), elu, \"elu alpha=0.5\" ...; see `wengert ops`"},
        WHOLE_OPTION(epochs, "epochs", "how often all examples are seen", 1, 1000000),
        WHOLE_OPTION(batch, "batch", "examples in a step", 1, 1000000),
        NUMBER_OPTION(learning_rate, "lr", "the learning rate", 0, INFINITY, true),
        NUMBER_OPTION(momentum, "momentum", "the momentum, 0 to 1", 0, 1, false),
        FLAG_OPTION(nesterov, "nesterov", "Nesterov's momentum"),
        NUMBER_OPTION(weight_decay, "weight-decay", "decoupled weight decay", 0, INFINITY, false),
        WHOLE_OPTION(seed, "seed", "of the data, the initial values and the shuffling; 1", 0,
                     INFINITY),
        WHOLE_OPTION(threads, "threads", "threads for large layers; 1", 1, 256),
        NUMBER_OPTION(noise, "noise", "of a generated set, 0 to 1", 0, 1, false),
        WHOLE_OPTION(examples, "examples", "of a generated set", 10, 10000000),
        FLAG_OPTION(record, "record", "records every step anew instead of replaying"),
        {.name = "out",
         .kind = OPTION_TEXT,
         .value = &o->out,
         .argument = "DIR",
         .meaning = "writes loss.svg and, for points, decision.png; made if absent"},
        FLAG_OPTION(json, "json", "ends with one JSON object on a line"),
        {0},
    };
    int words;
    const int status = parse_options(&help, options, argc, argv, &words);
    if (status == GO_ON && words > 0) {
        return usage_error("train", "unexpected \"%s\"; expected options only", argv[0]);
    }
    return status;
}

static void fill_from_recipe(struct train_options *o, const struct recipe *recipe,
                             const struct hidden_activation *activation) {
    if (o->examples < 0) o->examples = recipe->examples;
    if (o->noise < 0) o->noise = recipe->noise;
    if (o->epochs < 0) o->epochs = recipe->epochs;
    if (o->batch < 0) o->batch = recipe->batch;
    if (o->learning_rate < 0) {
        const bool flat = activation->steepest <= SIGMOID_SLOPE;
        o->learning_rate = flat ? recipe->sigmoid_rate : recipe->learning_rate;
    }
    if (o->momentum < 0) o->momentum = recipe->momentum;
}

/* ---- Data --------------------------------------------------------------------------------- */

static int unknown_data(const char *data) {
    char valid[256] = "";
    for (const char *const *name = wg_dataset_names(); *name; name++) {
        const size_t used = strlen(valid);
        snprintf(valid + used, sizeof valid - used, "%s, ", *name);
    }
    return usage_error("train", "--data \"%s\": expected one of %sor a directory of IDX files (%s)",
                       data, valid, errno ? strerror(errno) : "this is a file");
}

static int make_problem(struct problem *problem, const struct train_options *o,
                        const struct recipe *recipe) {
    bool good;
    if (recipe->name) {
        good = problem_generate(problem, recipe->name, o->examples, o->noise, (uint64_t)o->seed);
    } else {
        struct stat info;
        errno = 0;
        if (stat(o->data, &info) != 0 || !S_ISDIR(info.st_mode)) return unknown_data(o->data);
        good = problem_load(problem, o->data);
    }
    if (good) return GO_ON;
    return library_error("train");
}

/* ---- The end ------------------------------------------------------------------------------ */

static int print_result(const struct train_options *o, const struct network *network,
                        const struct history *history) {
    const double loss = score_loss(&history->final), accuracy = score_accuracy(&history->final);
    const struct wg_fingerprint fingerprint = wg_params_fingerprint(network->params);
    print_alphas(network);
    printf("validation loss %.6g, accuracy %.4f (%" PRId64 " of %" PRId64 " examples)\n", loss,
           accuracy, history->final.right, history->final.examples);
    printf("fingerprint: %s\n", fingerprint.hex);
    if (!o->json) return EXIT_GOOD;
    cJSON *json = json_new();
    json_number(json, "validation_loss", loss);
    json_number(json, "validation_accuracy", accuracy);
    json_number(json, "epochs", (double)history->epochs);
    json_text(json, "fingerprint", fingerprint.hex);
    return json_print("train", json, false);
}

static int train_and_report(const struct train_options *o, struct network *network,
                            const struct problem *problem) {
    struct text_error error;
    struct history history;
    const struct training training = {
        .epochs = o->epochs,
        .batch = o->batch < problem->train.examples ? o->batch : problem->train.examples,
        .seed = (uint64_t)o->seed,
        .record = o->record,
        .sgd = {.learning_rate = o->learning_rate,
                .momentum = o->momentum,
                .nesterov = o->nesterov,
                .weight_decay = o->weight_decay},
    };
    int status = EXIT_GOOD;
    if (o->out && !make_directory(o->out, &error)) return run_error("train", "%s", error.text);
    if (!train(network, problem, &training, &history, &error) ||
        (o->out && !write_pictures(o->out, network, problem, &history, &error))) {
        status = run_error("train", "%s", error.text);
    }
    if (status == EXIT_GOOD) status = print_result(o, network, &history);
    history_free(&history);
    return status;
}

static void print_start(const struct train_options *o, const struct problem *problem) {
    printf("%s: %" PRId64 " training, %" PRId64 " validation examples, %" PRId64
           " features, %" PRId64 " classes\n",
           o->data, problem->train.examples, problem->validation.examples, problem->train.features,
           problem->train.classes);
    printf("hidden layers");
    for (int i = 0; i < o->hidden.count; i++) printf(" %" PRId64, o->hidden.at[i]);
    printf(", %s; batches of %" PRId64 ", learning rate %g, momentum %g; %s, %d thread%s\n",
           o->activation, o->batch, o->learning_rate, o->momentum, wg_isa(), wg_threads(),
           wg_threads() == 1 ? "" : "s");
}

int run_train(int argc, char **argv) {
    struct train_options o = {.data = "spiral",
                              .activation = "prelu",
                              .hidden = {2, {32, 32}},
                              .epochs = -1,
                              .batch = -1,
                              .seed = 1,
                              .threads = 1,
                              .examples = -1,
                              .learning_rate = -1,
                              .momentum = -1,
                              .noise = -1};
    int status = parse_command(&o, argc, argv);
    if (status != GO_ON) return status;
    const struct recipe *recipe = find_recipe(o.data);
    if (!recipe->name && (o.examples >= 0 || o.noise >= 0)) {
        return usage_error("train", "--%s is for generated sets; \"%s\" is not one",
                           o.examples >= 0 ? "examples" : "noise", o.data);
    }
    struct hidden_activation activation;
    status = read_hidden_activation(&activation, o.activation);
    if (status != GO_ON) return status;
    fill_from_recipe(&o, recipe, &activation);
    if (wg_set_threads((int)o.threads) != WG_OK) return library_error("train");
    struct problem problem = {0};
    struct network network = {0};
    status = make_problem(&problem, &o, recipe);
    if (status != GO_ON) return status;
    print_start(&o, &problem);
    if (network_make(&network, problem.train.features, problem.train.classes, &o.hidden,
                     &activation, (uint64_t)o.seed))
        status = train_and_report(&o, &network, &problem);
    else
        status = library_error("train");
    network_free(&network);
    problem_free(&problem);
    return status;
}
