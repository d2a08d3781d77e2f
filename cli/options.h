/* Options of the command line, read from a table that also makes the help.
 *
 * `--name value` and `--name=value` are the same; words that are no options may stand anywhere. */
#ifndef WENGERT_CLI_OPTIONS_H
#define WENGERT_CLI_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#define MOST_SIZES 16
#define MOST_TEXTS 64

struct sizes {
    int count;
    int64_t at[MOST_SIZES];
};

struct texts {
    int count;
    const char *at[MOST_TEXTS];
};

enum option_kind {
    OPTION_FLAG,   /* bool */
    OPTION_WHOLE,  /* int64_t, from min to max */
    OPTION_NUMBER, /* double, from min (or, with above_min, above it) to max; always finite */
    OPTION_TEXT,   /* const char * */
    OPTION_CHOICE, /* const char *, one of choices */
    OPTION_SIZES,  /* struct sizes: whole numbers from min to max with commas between */
    OPTION_TEXTS,  /* struct texts: may be given several times */
    OPTION_HEADING /* no option: a line of the help, its meaning; the name is "" */
};

struct option {
    const char *name; /* without its dashes; NULL ends a table */
    enum option_kind kind;
    void *value;          /* where it goes: of the type above; kept as it is when not given */
    const char *argument; /* what the help calls its value, as "N" */
    const char *meaning;
    double min, max;
    bool above_min;
    const char *const *choices; /* ended by NULL */
};

struct command_help {
    const char *name;
    const char *usage; /* what may follow the name */
    const char *text;  /* what it does: whole lines */
};

#define GO_ON (-1) /* parse_options: the command is to run */

/* Reads the options in argv[1 .. argc), moves the other words to argv[0 .. *words) and returns
 * GO_ON; or prints the help, or an error, and returns the exit status. */
int parse_options(const struct command_help *help, const struct option *options, int argc,
                  char **argv, int *words);

/* Whole numbers with commas between, each from min to max; false if the text is not that. */
bool parse_sizes(const char *text, int64_t min, int64_t max, struct sizes *sizes);

#endif
