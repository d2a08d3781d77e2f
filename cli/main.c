/* The program `wengert`: its commands, and what holds for all of them. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "program.h"
#include "wengert/error.h"
#include "wengert/system.h"

static int run_help(int argc, char **argv);
static int run_version(int argc, char **argv);

static const struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    bool computes; /* so WENGERT_ISA must be right */
    const char *summary;
} commands[] = {
    {"ops", run_ops, true, "lists the ops, or tells everything about one"},
    {"eval", run_eval, true, "evaluates an op, or its gradient, on numbers from standard input"},
    {"gradcheck", run_gradcheck, true, "checks the gradients of every op against numerical ones"},
    {"accuracy", run_accuracy, true, "measures how far an op's kernels are from its formula"},
    {"train", run_train, true, "trains a model on a generated data set, images or a CSV file"},
    {"eval-model", run_eval_model, true, "the loss and metrics of a trained model"},
    {"predict", run_predict, true, "what a trained model makes of examples"},
    {"layers", run_layers, false, "lists the kinds of layers, or the options of one"},
    {"help", run_help, false, "prints this text; wengert COMMAND --help tells more"},
    {"version", run_version, false, "prints the version"},
};
#define COMMANDS (sizeof commands / sizeof *commands)

static const struct command *find_command(const char *name) {
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) name = "help";
    if (strcmp(name, "--version") == 0) name = "version";
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(name, commands[i].name) == 0) return &commands[i];
    }
    return NULL;
}

static int unknown_command(const char *name) {
    char valid[256] = "";
    for (size_t i = 0; i < COMMANDS; i++) {
        const size_t used = strlen(valid);
        snprintf(valid + used, sizeof valid - used, "%s%s", i ? ", " : "", commands[i].name);
    }
    return usage_error("", "unknown command \"%s\"; valid are: %s", name, valid);
}

static int run_help(int argc, char **argv) {
    if (argc > 1) {
        const struct command *command = find_command(argv[1]);
        if (!command) return unknown_command(argv[1]);
        if (command->run != run_help && command->run != run_version) {
            char help[] = "--help";
            char *words[] = {argv[1], help, NULL};
            return command->run(2, words);
        }
    }
    printf("Usage: wengert COMMAND [...]\n\n"
           "Reverse-mode automatic differentiation and training, the same to the bit on every\n"
           "instruction set and any number of threads.\n\nCommands:\n");
    for (size_t i = 0; i < COMMANDS; i++) {
        printf("  %-12s%s\n", commands[i].name, commands[i].summary);
    }
    printf("\nWENGERT_ISA=NAME in the environment chooses the instruction set. This CPU has:");
    for (int i = 0; wg_isa_supported(i); i++) printf(" %s", wg_isa_supported(i));
    printf("\n\nExit status: 0 when all went well; 1 when a check failed or the work could not be\n"
           "done; 2 when the command line or a number given to it is wrong.\n");
    return EXIT_GOOD;
}

static int run_version(int argc, char **argv) {
    if (argc > 1) {
        return usage_error("version", "unexpected \"%s\"; expected nothing more", argv[1]);
    }
    printf("wengert %s\n", wg_version());
    return EXIT_GOOD;
}

/* What was printed counts only when it arrived. */
static int finish_output(int status) {
    errno = 0;
    const int flushed = fflush(stdout);
    if (flushed == 0 && !ferror(stdout)) return status;
    const int failed = run_error("", "cannot write to standard output: %s",
                                 errno ? strerror(errno) : "an earlier write failed");
    return status == EXIT_GOOD ? failed : status;
}

int main(int argc, char **argv) {
    if (argc < 2) {
        char list[256] = "";
        for (size_t i = 0; i < COMMANDS; i++) {
            const size_t used = strlen(list);
            snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", commands[i].name);
        }
        return usage_error("", "no command; expected one of: %s", list);
    }
    const struct command *command = find_command(argv[1]);
    if (!command) return unknown_command(argv[1]);
    if (command->computes && !wg_isa()) return usage_error("", "%s", wg_error());
    return finish_output(command->run(argc - 1, argv + 1));
}
