/* What the program's commands share: exit statuses, messages, and the commands themselves. */
#ifndef WENGERT_CLI_PROGRAM_H
#define WENGERT_CLI_PROGRAM_H

#include <stddef.h>

enum exit_status {
    EXIT_GOOD = 0,
    EXIT_FAILED = 1, /* a check failed, or the work could not be done */
    EXIT_USAGE = 2,  /* the command line, or a number given as input, is wrong */
};

#if defined(__GNUC__)
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))
#else
#define PRINTF_LIKE(text, first)
#endif

/* Each prints one line on standard error, "wengert COMMAND: ...", and returns its exit status. */
int usage_error(const char *command, const char *format, ...) PRINTF_LIKE(2, 3);
int run_error(const char *command, const char *format, ...) PRINTF_LIKE(2, 3);

/* The same with the library's error text. Wrong arguments, shapes and dtypes are the caller's
 * (EXIT_USAGE), all else is EXIT_FAILED. */
int library_error(const char *command);

/* The commands. argv[0] is the command's name. */
int run_ops(int argc, char **argv);
int run_eval(int argc, char **argv);
int run_gradcheck(int argc, char **argv);
int run_accuracy(int argc, char **argv);
int run_train(int argc, char **argv);
int run_eval_model(int argc, char **argv);
int run_predict(int argc, char **argv);
int run_layers(int argc, char **argv);

#endif
