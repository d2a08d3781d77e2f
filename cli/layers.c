/* wengert layers: the kinds of layers and their options. */
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "options.h"
#include "option_rows.h"
#include "program.h"
#include "wengert/layers.h"

static const struct command_help help = {
    "layers", "[KIND]",
    "Lists the kinds of layers that --model takes, or the options of one, in the order in which\n"
    "values without names are taken: \"dense 64 selu\" is \"dense units=64 activation=selu\". Each\n"
    "layer also takes name=NAME and trainable=no. A value with spaces stands in parentheses:\n"
    "\"dense 8 (leaky_relu negative_slope=0.1)\". What options mean: include/wengert/layers.h.\n"};

enum { FIRST_COLUMN = 26, LINE = 100 };

static void print_kind(int i) {
    const char *option;
    int column = printf("%-*s", FIRST_COLUMN, wg_layer_kind(i));
    for (int j = 0; (option = wg_layer_kind_option(i, j)) != NULL; j++) {
        const bool full = column + (int)strlen(option) >= LINE;
        if (full) column = printf("\n%*s", FIRST_COLUMN, "") - 1;
        column += printf("%s%s", j && !full ? " " : "", option);
    }
    putchar('\n');
}

static int print_one(const char *name) {
    const char *kind;
    for (int i = 0; (kind = wg_layer_kind(i)) != NULL; i++) {
        if (strcmp(kind, name) != 0) continue;
        const char *option;
        puts(kind);
        for (int j = 0; (option = wg_layer_kind_option(i, j)) != NULL; j++)
            printf("  %s\n", option);
        printf("  name\n  trainable\n");
        return EXIT_GOOD;
    }
    wg_layer_free(wg_layer_from_text(name)); /* for its error, which names those that resemble it */
    return wg_error_status() ? library_error("layers")
                             : usage_error("layers", "\"%s\": expected the name of a kind", name);
}

static int print_json(void) {
    const char *kind, *option;
    cJSON *json = json_new();
    for (int i = 0; (kind = wg_layer_kind(i)) != NULL; i++) {
        cJSON *array = json_array(json, kind);
        for (int j = 0; (option = wg_layer_kind_option(i, j)) != NULL; j++)
            json_text(array, NULL, option);
    }
    return json_print("layers", json, true);
}

int run_layers(int argc, char **argv) {
    struct {
        bool json;
    } given = {false}, *o = &given;
    const struct option options[] = {
        FLAG_OPTION(json, "json", "all kinds and their options as JSON"),
        {0},
    };
    int words;
    const int status = parse_options(&help, options, argc, argv, &words);
    if (status != GO_ON) return status;
    if (words > 1 || (words && o->json))
        return usage_error("layers", "unexpected \"%s\"; expected at most one kind",
                           argv[words - 1]);
    if (o->json) return print_json();
    if (words) return print_one(argv[0]);
    for (int i = 0; wg_layer_kind(i); i++) print_kind(i);
    return EXIT_GOOD;
}
