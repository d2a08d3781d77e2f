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
#include "outputs.h"
#include "program.h"
#include "train_options.h"
#include "trainer.h"
#include "wengert/system.h"

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
                       data, valid,
                       errno ? strerror(errno) : "this is a file, which --model would read as CSV");
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
    struct text_error error = {0};
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

static int train_dense(struct train_options o) {
    if (!o.activation) o.activation = "prelu";
    if (o.hidden.count == 0) o.hidden = (struct sizes){2, {32, 32}};
    if (o.weight_decay < 0) o.weight_decay = 0;
    const struct recipe *recipe = find_recipe(o.data);
    if (!recipe->name && (o.examples >= 0 || o.noise >= 0)) {
        return usage_error("train", "--%s is for generated sets; \"%s\" is not one",
                           o.examples >= 0 ? "examples" : "noise", o.data);
    }
    struct hidden_activation activation;
    int status = read_hidden_activation(&activation, o.activation);
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

int run_train(int argc, char **argv) {
    struct train_options o = {.data = "spiral",
                              .epochs = -1,
                              .batch = -1,
                              .seed = 1,
                              .threads = 1,
                              .examples = -1,
                              .noise = -1,
                              .learning_rate = -1,
                              .momentum = -1,
                              .weight_decay = -1,
                              .validation_split = -1,
                              .early_stopping = -1};
    const int status = parse_train_options(&o, argc, argv);
    if (status != GO_ON) return status;
    return o.model ? train_model(&o) : train_dense(o);
}
