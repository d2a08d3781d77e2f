#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"

/* ---- Values ------------------------------------------------------------------------------- */

/* A whole number at the text's begin; moves on past it. */
static bool read_whole(const char **text, int64_t min, int64_t max, int64_t *value) {
    char *end;
    if (isspace((unsigned char)**text)) return false;
    errno = 0;
    const long long number = strtoll(*text, &end, 10);
    if (end == *text || errno == ERANGE || number < min || number > max) return false;
    *text = end;
    *value = number;
    return true;
}

bool parse_sizes(const char *text, int64_t min, int64_t max, struct sizes *sizes) {
    struct sizes found = {0};
    for (;; text++) {
        if (found.count == MOST_SIZES || !read_whole(&text, min, max, &found.at[found.count]))
            return false;
        found.count++;
        if (*text != ',') break;
    }
    if (*text == '\0') *sizes = found;
    return *text == '\0';
}

static bool read_number(const struct option *option, const char *text) {
    char *end;
    if (isspace((unsigned char)*text)) return false;
    const double number = strtod(text, &end);
    if (end == text || *end != '\0' || !isfinite(number)) return false;
    if (number < option->min || number > option->max) return false;
    if (option->above_min && number == option->min) return false;
    *(double *)option->value = number;
    return true;
}

static bool read_choice(const struct option *option, const char *text) {
    for (const char *const *choice = option->choices; *choice; choice++) {
        if (strcmp(text, *choice) != 0) continue;
        *(const char **)option->value = *choice;
        return true;
    }
    return false;
}

static bool add_text(struct texts *texts, const char *text) {
    if (texts->count == MOST_TEXTS) return false;
    texts->at[texts->count++] = text;
    return true;
}

static bool set_value(const struct option *option, const char *text) {
    const int64_t min = option->min > -9e18 ? (int64_t)option->min : INT64_MIN;
    const int64_t max = option->max < 9e18 ? (int64_t)option->max : INT64_MAX;
    switch (option->kind) {
    case OPTION_FLAG:
        *(bool *)option->value = true;
        return true;
    case OPTION_WHOLE:
        return read_whole(&text, min, max, option->value) && *text == '\0';
    case OPTION_NUMBER:
        return read_number(option, text);
    case OPTION_TEXT:
        *(const char **)option->value = text;
        return *text != '\0';
    case OPTION_CHOICE:
        return read_choice(option, text);
    case OPTION_SIZES:
        return parse_sizes(text, min, max, option->value);
    case OPTION_TEXTS:
        return add_text(option->value, text);
    case OPTION_HEADING:
        break;
    }
    return false;
}

/* ---- What is valid ------------------------------------------------------------------------ */

static void append(char *text, size_t size, const char *more) {
    const size_t used = strlen(text);
    snprintf(text + used, size - used, "%s", more);
}

/* "a whole number from 1 to 256" */
static void describe(const struct option *option, char *text, size_t size) {
    char range[96], most[40] = "";
    if (option->max < 9e18) {
        snprintf(most, sizeof most, "%s%.12g", option->above_min ? ", at most " : " to ",
                 option->max);
    } else if (option->kind == OPTION_WHOLE) {
        snprintf(most, sizeof most, " to %" PRId64, INT64_MAX);
    } else if (!option->above_min) {
        snprintf(most, sizeof most, " up");
    }
    snprintf(range, sizeof range, "%s %.12g%s", option->above_min ? "above" : "from", option->min,
             most);
    switch (option->kind) {
    case OPTION_WHOLE:
        snprintf(text, size, "a whole number %s", range);
        break;
    case OPTION_NUMBER:
        snprintf(text, size, "a finite number %s", range);
        break;
    case OPTION_SIZES:
        snprintf(text, size, "whole numbers %s with commas between, at most %d of them", range,
                 MOST_SIZES);
        break;
    case OPTION_CHOICE:
        snprintf(text, size, "one of");
        for (const char *const *choice = option->choices; *choice; choice++) {
            append(text, size, choice == option->choices ? " " : ", ");
            append(text, size, *choice);
        }
        break;
    case OPTION_TEXTS:
        snprintf(text, size, "at most %d of them", MOST_TEXTS);
        break;
    case OPTION_FLAG:
    case OPTION_HEADING:
        snprintf(text, size, "no value");
        break;
    case OPTION_TEXT:
        snprintf(text, size, "a text that is not empty");
        break;
    }
}

static int bad_value(const struct command_help *help, const struct option *option,
                     const char *text) {
    char expected[512];
    describe(option, expected, sizeof expected);
    return usage_error(help->name, "--%s \"%s\": expected %s", option->name, text, expected);
}

static int unknown_option(const struct command_help *help, const struct option *options,
                          const char *word) {
    char known[1024] = "";
    for (; options->name; options++) {
        if (options->kind == OPTION_HEADING) continue;
        append(known, sizeof known, "--");
        append(known, sizeof known, options->name);
        append(known, sizeof known, ", ");
    }
    return usage_error(help->name, "unknown option \"%s\"; valid are: %s--help", word, known);
}

static void print_help(const struct command_help *help, const struct option *options) {
    printf("Usage: wengert %s %s\n\n%s\nOptions:\n", help->name, help->usage, help->text);
    for (; options->name; options++) {
        char left[64];
        if (options->kind == OPTION_HEADING) {
            printf("\n%s\n", options->meaning);
            continue;
        }
        snprintf(left, sizeof left, "--%s%s%s", options->name, options->argument ? " " : "",
                 options->argument ? options->argument : "");
        printf("  %-24s%s\n", left, options->meaning);
    }
    printf("  %-24s%s\n", "--help", "prints this text");
}

/* ---- The command line --------------------------------------------------------------------- */

/* The option that the word names: with its length, as "--name=value" may follow. */
static const struct option *find_option(const struct option *options, const char *word) {
    if (strncmp(word, "--", 2) != 0) return NULL;
    const size_t length = strcspn(word + 2, "=");
    for (; options->name; options++) {
        if (length > 0 && strlen(options->name) == length &&
            strncmp(word + 2, options->name, length) == 0)
            return options;
    }
    return NULL;
}

int parse_options(const struct command_help *help, const struct option *options, int argc,
                  char **argv, int *words) {
    *words = 0;
    for (int i = 1; i < argc; i++) {
        char *word = argv[i];
        if (word[0] != '-') {
            argv[(*words)++] = word;
            continue;
        }
        if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
            print_help(help, options);
            return EXIT_GOOD;
        }
        const struct option *option = find_option(options, word);
        if (!option) return unknown_option(help, options, word);
        const char *value = strchr(word, '=');
        const bool flag = option->kind == OPTION_FLAG;
        if (flag && value) return usage_error(help->name, "--%s takes no value", option->name);
        if (value)
            value++;
        else if (!flag)
            value = i + 1 < argc ? argv[++i] : NULL;
        if (!flag && !value) {
            return usage_error(help->name, "--%s needs a value: --%s %s", option->name,
                               option->name, option->argument);
        }
        if (!set_value(option, value)) return bad_value(help, option, value);
    }
    return GO_ON;
}
