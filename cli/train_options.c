#include "train_options.h"

#include <math.h>
#include <stddef.h>

#include "option_rows.h"
#include "program.h"

static const struct command_help help = {
    "train", "[options]",
    "Trains a network on a generated data set, a directory of images (MNIST's IDX files, plain or\n"
    ".gz: train-* and t10k-*; with only one of the two pairs, its last fifth is held out), or,\n"
    "with --model, a CSV file.\n\n"
    "Without --model: dense layers by SGD, the last fifth of a generated set held out. Coordinates\n"
    "are brought to mean 0 and standard deviation 1, bytes to [0, 1]. Ends by printing the learned\n"
    "alphas, the validation loss and accuracy, and the fingerprint of the parameters: the same for\n"
    "every instruction set and number of threads. Options not given: as fits the data.\n\n"
    "With --model: layers as `wengert layers` lists them, the loss and optimizer of your choice.\n"
    "    wengert train --model \"dense 32 relu; dense 3\" --data iris.csv --checkpoint iris.wengert\n"
    "Features are brought to mean 0 and standard deviation 1 over the training part, bytes to\n"
    "[0, 1]; images have shape rows x columns x 1. The checkpoint remembers this, classes and\n"
    "columns, so that `wengert eval-model` and `wengert predict` need to be told nothing.\n"};

static const char *const yes_no[] = {"yes", "no", NULL};
static const char *const headers[] = {"auto", "yes", "no", NULL};
static const char *const label_kinds[] = {"auto", "classes", "numbers", NULL};
static const char *const dtypes[] = {"f32", "f64", NULL};

/* An option of one way that was given on the other. */
static int refuse_other_way(const struct train_options *o) {
    const struct {
        const char *name;
        bool given;
    } dense[] = {{"hidden", o->hidden.count > 0}, {"activation", o->activation != NULL},
                 {"lr", o->learning_rate >= 0},   {"momentum", o->momentum >= 0},
                 {"nesterov", o->nesterov},       {"weight-decay", o->weight_decay >= 0},
                 {"record", o->record},           {"out", o->out != NULL}},
      model[] = {{"loss", o->loss != NULL},
                 {"optimizer", o->optimizer != NULL},
                 {"schedule", o->schedule != NULL},
                 {"metrics", o->metrics != NULL},
                 {"class-weight", o->class_weight != NULL},
                 {"validation-split", o->validation_split >= 0},
                 {"validation", o->validation != NULL},
                 {"early-stopping", o->early_stopping >= 0},
                 {"dtype", o->dtype != NULL},
                 {"checkpoint", o->checkpoint != NULL},
                 {"resume", o->resume},
                 {"best", o->best != NULL},
                 {"log", o->log != NULL},
                 {"header", o->header != NULL},
                 {"label", o->label != NULL},
                 {"labels", o->labels != NULL},
                 {"standardize", o->standardize != NULL}};
    for (size_t i = 0; o->model && i < sizeof dense / sizeof *dense; i++) {
        if (!dense[i].given) continue;
        return usage_error("train",
                           "--%s goes without --model; expected layers in --model, and what to "
                           "train by in --optimizer, as \"sgd lr=0.1 momentum=0.9\"",
                           dense[i].name);
    }
    for (size_t i = 0; !o->model && i < sizeof model / sizeof *model; i++) {
        if (model[i].given)
            return usage_error(
                "train", "--%s goes with --model; expected one, as \"dense 32 relu; dense 2\"",
                model[i].name);
    }
    return GO_ON;
}

int parse_train_options(struct train_options *o, int argc, char **argv) {
    const struct option options[] = {
        TEXT_OPTION(data, "data", "NAME|DIR|FILE",
                    "spiral (the default), moons, circle, xor, gauss, images, CSV"),
        WHOLE_OPTION(epochs, "epochs", "how often all examples are seen", 1, 1000000),
        WHOLE_OPTION(batch, "batch", "examples in a step", 1, 1000000),
        WHOLE_OPTION(seed, "seed", "of the data, the initial values and the shuffling; 1", 0,
                     INFINITY),
        WHOLE_OPTION(threads, "threads", "threads for large layers; 1", 1, 256),
        NUMBER_OPTION(noise, "noise", "of a generated set, 0 to 1", 0, 1, false),
        WHOLE_OPTION(examples, "examples", "of a generated set", 10, 10000000),
        FLAG_OPTION(json, "json", "ends with one JSON object on a line"),
        HEADING("Without --model:"),
        {.name = "hidden",
         .kind = OPTION_SIZES,
         .value = &o->hidden,
         .argument = "32,32",
         .meaning = "units of each hidden layer; 32,32",
         .min = 1,
         .max = 65536},
        TEXT_OPTION(activation, "activation", "NAME",
                    "prelu (the default), elu, \"elu alpha=0.5\" ...; see `wengert ops`"),
        NUMBER_OPTION(learning_rate, "lr", "the learning rate", 0, INFINITY, true),
        NUMBER_OPTION(momentum, "momentum", "the momentum, 0 to 1", 0, 1, false),
        FLAG_OPTION(nesterov, "nesterov", "Nesterov's momentum"),
        NUMBER_OPTION(weight_decay, "weight-decay", "decoupled weight decay", 0, INFINITY, false),
        FLAG_OPTION(record, "record", "records every step anew instead of replaying"),
        TEXT_OPTION(out, "out", "DIR",
                    "writes loss.svg and, for points, decision.png; made if absent"),
        HEADING("A model:"),
        TEXT_OPTION(model, "model", "LAYERS", "\"flatten; dense 64 relu; dense 10\" ..."),
        TEXT_OPTION(loss, "loss", "NAME",
                    "as fits the labels; from_logits=1 where no softmax or sigmoid ends the model"),
        TEXT_OPTION(optimizer, "optimizer", "NAME", "adam (the default), \"sgd lr=0.1\" ..."),
        TEXT_OPTION(schedule, "schedule", "NAME",
                    "of the learning rate, as \"cosine initial=0.01 steps=1000\""),
        TEXT_OPTION(metrics, "metrics", "NAME,...", "accuracy, or mean_absolute_error of numbers"),
        TEXT_OPTION(class_weight, "class-weight", "X,...", "one for each class, or balanced"),
        NUMBER_OPTION(validation_split, "validation-split",
                      "the part held out, drawn by the seed; 0.2", 0, 0.9, false),
        TEXT_OPTION(validation, "validation", "FILE", "a CSV file in its place"),
        WHOLE_OPTION(early_stopping, "early-stopping",
                     "stops when so many epochs bring no smaller val_loss", 0, 1000000),
        CHOICE_OPTION(dtype, "dtype", dtypes, "f32|f64", "of weights and values; f32"),
        TEXT_OPTION(checkpoint, "checkpoint", "FILE", "written after each epoch, whole"),
        FLAG_OPTION(resume, "resume", "goes on from the checkpoint, if it is there"),
        TEXT_OPTION(best, "best", "FILE", "the checkpoint with the smallest val_loss"),
        TEXT_OPTION(log, "log", "FILE", "a CSV file with a line an epoch"),
        HEADING("CSV files:"),
        CHOICE_OPTION(header, "header", headers, "auto|yes|no", "whether the first row is one"),
        TEXT_OPTION(label, "label", "NAME|N", "the column to predict; the last"),
        CHOICE_OPTION(labels, "labels", label_kinds, "KIND",
                      "classes or numbers; auto: numbers where all are"),
        CHOICE_OPTION(standardize, "standardize", yes_no, "yes|no",
                      "mean 0 and deviation 1; yes, also for generated sets"),
        {0},
    };
    int words;
    const int status = parse_options(&help, options, argc, argv, &words);
    if (status != GO_ON) return status;
    if (words > 0) return usage_error("train", "unexpected \"%s\"; expected options only", argv[0]);
    return refuse_other_way(o);
}
