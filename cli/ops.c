/* wengert ops: what the registry knows. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "op_names.h"
#include "options.h"
#include "program.h"
#include "wengert/tape.h"

static const struct command_help help = {
    "ops", "[OP] [--json]",
    "Lists every op with its inputs, attributes (with their defaults) and formula, or tells\n"
    "everything about one. As JSON: {\"ops\": [{\"name\", \"aliases\", \"inputs\", \"attributes\":\n"
    "[{\"name\", \"default\", \"min\", \"max\"}], \"formula\", \"derivative\", \"kinks\"}]}, with null\n"
    "where there is no default, no limit, no kink.\n"};

static int count_inputs(const struct wg_op *op) {
    int count = 0;
    while (count < WG_MAX_NAMED_INPUTS && op->inputs[count]) count++;
    return count;
}

static bool has_limits(const struct wg_attribute *attribute) {
    return attribute->min != 0 || attribute->max != 0;
}

/* "x, alpha; axis=-1" */
static void signature(const struct wg_op *op, char *text, size_t size) {
    size_t used = 0;
    text[0] = '\0';
    for (int i = 0; i < count_inputs(op); i++) {
        used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "", op->inputs[i]);
        if (used >= size) return;
    }
    for (int i = 0; i < wg_op_attribute_count(op); i++) {
        const struct wg_attribute *attribute = &op->attributes[i];
        char value[40] = "";
        if (attribute->kind != WG_LIST) wg_shortest_f64(attribute->initial, value, sizeof value);
        used += (size_t)snprintf(text + used, size - used, "%s%s%s%s", i ? ", " : "; ",
                                 attribute->name, value[0] ? "=" : "", value);
        if (used >= size) return;
    }
}

/* ---- The list ----------------------------------------------------------------------------- */

#define LONGEST_SIGNATURE 128

static void print_list(void) {
    int name_width = 0, signature_width = 0;
    char text[LONGEST_SIGNATURE];
    for (int i = 0; wg_op_at(i); i++) {
        const struct wg_op *op = wg_op_at(i);
        signature(op, text, sizeof text);
        if ((int)strlen(op->name) > name_width) name_width = (int)strlen(op->name);
        if ((int)strlen(text) > signature_width) signature_width = (int)strlen(text);
    }
    for (int i = 0; wg_op_at(i); i++) {
        const struct wg_op *op = wg_op_at(i);
        signature(op, text, sizeof text);
        printf("%-*s  %-*s  %s\n", name_width, op->name, signature_width, text,
               op->formula ? op->formula : "");
    }
}

/* ---- The card of one ---------------------------------------------------------------------- */

static void print_row(const char *label, const char *text) {
    if (text) printf("  %-12s%s\n", label, text);
}

static void print_aliases(const struct wg_op *op) {
    for (size_t i = 0; i < sizeof op->aliases / sizeof *op->aliases; i++) {
        if (op->aliases[i]) print_row(i ? "" : "also", op->aliases[i]);
    }
}

static void print_inputs(const struct wg_op *op) {
    for (int i = 0; i < count_inputs(op); i++) {
        const bool more = strcmp(op->inputs[i], "...") == 0;
        const bool integer = op->integer_inputs >> i & 1;
        struct wg_interval domain = op->domain[i];
        if (domain.min == 0 && domain.max == 0) domain = (struct wg_interval){-2, 2};
        printf("  %-12s%s", i ? "" : "inputs", op->inputs[i]);
        if (more)
            printf("  any number more\n");
        else
            printf("  %schecked from %g to %g\n",
                   integer ? "whole numbers (i32), no gradient; " : "", domain.min, domain.max);
    }
}

static void print_attributes(const struct wg_op *op) {
    static const char *const kinds[] = {[WG_NUMBER] = "a number",
                                        [WG_INTEGER] = "a whole number",
                                        [WG_FLAG] = "0 or 1",
                                        [WG_LIST] = "whole numbers with commas between"};
    for (int i = 0; i < wg_op_attribute_count(op); i++) {
        const struct wg_attribute *attribute = &op->attributes[i];
        char value[40] = "absent", range[96] = "";
        if (attribute->kind != WG_LIST) wg_shortest_f64(attribute->initial, value, sizeof value);
        if (has_limits(attribute) && attribute->kind != WG_FLAG) {
            snprintf(range, sizeof range, " from %g to %g", attribute->min, attribute->max);
        }
        printf("  %-12s%s: %s%s; default %s; %s\n", i ? "" : "attributes", attribute->name,
               kinds[attribute->kind], range, value, attribute->meaning ? attribute->meaning : "");
    }
}

/* "2 alpha" */
static void quantity_text(const struct wg_op *op, struct wg_quantity quantity, char *text,
                          size_t size) {
    if (quantity.of) {
        snprintf(text, size, "f(attributes)");
        return;
    }
    const char *input = quantity.input > 0 && quantity.input <= WG_MAX_NAMED_INPUTS
                            ? op->inputs[quantity.input - 1]
                            : NULL;
    const bool symbol = quantity.attribute || input;
    char factor[40] = "";
    if (!symbol || (quantity.factor != 1 && quantity.factor != -1)) {
        wg_shortest_f64(quantity.factor, factor, sizeof factor);
    } else if (quantity.factor == -1) {
        snprintf(factor, sizeof factor, "-");
    }
    const bool spaced = symbol && factor[0] && strcmp(factor, "-") != 0;
    snprintf(text, size, "%s%s%s%s%s", factor, spaced ? " " : "",
             quantity.attribute ? quantity.attribute : "", quantity.attribute && input ? " " : "",
             input ? input : "");
}

static void print_kinks(const struct wg_op *op) {
    print_row("kinks", op->kink);
    for (int i = 0; i < op->kink_count; i++) {
        const struct wg_kink *kink = &op->kinks[i];
        const struct wg_quantity parts[] = {kink->at, kink->left, kink->right, kink->slope,
                                            kink->jump};
        const bool jumps = kink->jump.of || kink->jump.factor != 0;
        char text[5][96];
        for (int j = 0; j < 5; j++) quantity_text(op, parts[j], text[j], sizeof text[j]);
        printf("  %-12schecked at %s = %s: slope %s on its left, %s on its right, %s there%s%s\n",
               i || op->kink ? "" : "kinks", op->inputs[kink->input], text[0], text[1], text[2],
               text[3], jumps ? "; the value jumps by " : "", jumps ? text[4] : "");
    }
    if (!op->kink && op->kink_count == 0) print_row("kinks", "none");
}

static void print_card(const struct wg_op *op) {
    static const char *const structures[] = {
        [WG_GENERAL] = "general",
        [WG_ELEMENTWISE] = "elementwise; inputs broadcast",
        [WG_LINEAR] = "linear in all inputs together",
        [WG_BILINEAR] = "linear in each of two inputs",
    };
    char text[LONGEST_SIGNATURE];
    signature(op, text, sizeof text);
    printf("%s(%s)\n", op->name, text);
    print_aliases(op);
    print_row("formula", op->formula);
    print_row("derivative", op->derivative);
    print_row("second", op->second);
    print_kinks(op);
    print_row("limits", op->limits);
    print_row("special", op->special);
    print_row("accuracy", op->accuracy);
    print_inputs(op);
    print_attributes(op);
    print_row("structure", structures[op->structure]);
    printf("  %-12s%s%s%s%s%s\n", "computes", wg_op_has_kernels(op, WG_F32) ? "f32 " : "",
           wg_op_has_kernels(op, WG_F64) ? "f64 " : "",
           op->view ? "(a view: nothing is copied) " : "",
           wg_op_has_gradient(op) ? "with gradient" : "without gradient",
           wg_op_has_tangent(op) ? ", tangent" : "");
    for (int i = 0; i < WG_MAX_CASES && op->cases[i]; i++) {
        print_row(i ? "" : "cases", op->cases[i]);
    }
    print_row("source", op->reference);
}

/* ---- JSON --------------------------------------------------------------------------------- */

static void add_op(cJSON *list, const struct wg_op *op) {
    cJSON *row = json_object(list, NULL);
    json_text(row, "name", op->name);
    cJSON *aliases = json_array(row, "aliases");
    for (size_t i = 0; i < sizeof op->aliases / sizeof *op->aliases; i++) {
        if (op->aliases[i]) json_text(aliases, NULL, op->aliases[i]);
    }
    cJSON *inputs = json_array(row, "inputs");
    for (int i = 0; i < count_inputs(op); i++) json_text(inputs, NULL, op->inputs[i]);
    cJSON *attributes = json_array(row, "attributes");
    for (int i = 0; i < wg_op_attribute_count(op); i++) {
        const struct wg_attribute *attribute = &op->attributes[i];
        const bool limits = has_limits(attribute), flag = attribute->kind == WG_FLAG;
        cJSON *entry = json_object(attributes, NULL);
        json_text(entry, "name", attribute->name);
        json_number(entry, "default", attribute->kind == WG_LIST ? NAN : attribute->initial);
        json_number(entry, "min", flag ? 0 : limits ? attribute->min : NAN);
        json_number(entry, "max", flag ? 1 : limits ? attribute->max : NAN);
    }
    json_text(row, "formula", op->formula);
    json_text(row, "derivative", op->derivative);
    json_text(row, "kinks", op->kink);
}

static int print_json(const struct wg_op *only) {
    cJSON *json = json_new(), *list = json_array(json, "ops");
    if (only) add_op(list, only);
    for (int i = 0; !only && wg_op_at(i); i++) add_op(list, wg_op_at(i));
    return json_print("ops", json, true);
}

int run_ops(int argc, char **argv) {
    bool json = false;
    const struct option options[] = {
        {.name = "json", .kind = OPTION_FLAG, .value = &json, .meaning = "prints JSON"},
        {0},
    };
    int words;
    const int status = parse_options(&help, options, argc, argv, &words);
    if (status != GO_ON) return status;
    if (words > 1) return usage_error("ops", "unexpected \"%s\"; expected at most one op", argv[1]);
    const struct wg_op *op = words ? named_op("ops", argv[0]) : NULL;
    if (words && !op) return EXIT_USAGE;
    if (json) return print_json(op);
    if (op)
        print_card(op);
    else
        print_list();
    return EXIT_GOOD;
}
