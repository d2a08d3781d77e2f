/* Activations by name: the text read, checked and recorded. */
#include "wengert/activation.h"

#include "base/error.h"
#include "base/words.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define LONGEST_TEXT 255

static enum wg_status unknown(const char *name) {
    char near[256], all[640];
    wg_similar_ops(name, true, near, sizeof near);
    wg_similar_ops("", true, all, sizeof all);
    const bool some = name[0] && near[0];
    return wg_fail(WG_ERROR_ARGUMENT, "unknown activation \"%s\"; %s%s%sexpected one of %s", name,
                   some ? "close to it: " : "", some ? near : "", some ? "; " : "", all);
}

/* The inputs after the first, as "alpha". */
static enum wg_status more_inputs(const struct wg_op *op) {
    char names[128] = "";
    for (int i = 1; i < WG_MAX_NAMED_INPUTS && op->inputs[i]; i++) {
        const size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%s", i > 1 ? ", " : "", op->inputs[i]);
    }
    return wg_fail(WG_ERROR_ARGUMENT,
                   "activation %s takes %s besides x; expected one of x alone: record wg_%s(x, %s) "
                   "in its place",
                   op->name, names, op->name, names);
}

static enum wg_status find(const char *name, const struct wg_op **op) {
    int most;
    *op = wg_find_op(name);
    if (!*op) return unknown(name);
    if (!(*op)->activation) {
        return wg_fail(WG_ERROR_ARGUMENT,
                       "\"%s\" is an op but no activation; expected an "
                       "activation, as elu",
                       name);
    }
    wg_op_input_count(*op, &most);
    return most == 1 ? WG_OK : more_inputs(*op);
}

/* One word of the text, "NAME=VALUE". */
static enum wg_status set_attribute(const struct wg_op *op, double *slots, char *word) {
    char *equals = strchr(word, '=');
    if (!equals) {
        return wg_fail(WG_ERROR_ARGUMENT,
                       "activation %s: \"%s\"; expected ATTRIBUTE=VALUE after the name", op->name,
                       word);
    }
    *equals = '\0';
    return wg_op_set(op, slots, word, equals + 1);
}

struct wg_configured_op wg_activation(const char *text) {
    struct wg_configured_op activation = {0};
    const struct wg_op *op;
    char words[LONGEST_TEXT + 1];
    if (!text) text = "linear";
    if (strlen(text) > LONGEST_TEXT) {
        wg_fail(WG_ERROR_ARGUMENT,
                "activation \"%.40s...\" has %zu characters; expected at most %d", text,
                strlen(text), LONGEST_TEXT);
        return activation;
    }
    strcpy(words, text);
    char *rest = words, *word = wg_next_word(&rest);
    if (find(word ? word : "", &op) != WG_OK) return activation;
    wg_op_defaults(op, activation.slots);
    while ((word = wg_next_word(&rest)) != NULL) {
        if (set_attribute(op, activation.slots, word) != WG_OK) return activation;
    }
    activation.op = op;
    return activation;
}

wg_var wg_activate(wg_var x, const char *text) {
    const wg_var null = {0};
    const struct wg_configured_op activation = wg_activation(text);
    if (!activation.op) return null;
    if (activation.op == wg_find_op("linear")) return x;
    return wg_apply(activation.op, &x, 1, activation.slots);
}
