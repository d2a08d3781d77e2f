/* Options by table: defaults, ranges, and the line of text that makes an optimizer. */
#define _POSIX_C_SOURCE 200809L
#include "optim/optimizer.h"

#include "base/error.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COMMON(member, range, fallback) WG_OPTION(struct wg_common_options, member, range, fallback)

/* weight_decay's default is the rule's. */
static const struct wg_option commons[] = {
    COMMON(weight_decay, WG_RANGE_NOT_NEGATIVE, 0),
    COMMON(clipnorm, WG_RANGE_NOT_NEGATIVE, 0),
    COMMON(clipvalue, WG_RANGE_NOT_NEGATIVE, 0),
    COMMON(global_clipnorm, WG_RANGE_NOT_NEGATIVE, 0),
    COMMON(ema_momentum, WG_RANGE_UNIT, 0.99),
    COMMON(use_ema, WG_RANGE_FLAG, 0),
    COMMON(ema_overwrite_frequency, WG_RANGE_COUNT, 0),
    COMMON(gradient_accumulation_steps, WG_RANGE_COUNT, 0),
};
enum { COMMONS = sizeof commons / sizeof *commons };

static const struct {
    const char *text;
    double min, max;
    bool min_out, max_out;
} ranges[] = {
    [WG_RANGE_POSITIVE] = {"a positive, finite number", 0, INFINITY, true, true},
    [WG_RANGE_NOT_NEGATIVE] = {"a finite number, not negative", 0, INFINITY, false, true},
    [WG_RANGE_NOT_POSITIVE] = {"a finite number, not positive", -INFINITY, 0, true, false},
    [WG_RANGE_UNIT] = {"0 to 1", 0, 1, false, false},
    [WG_RANGE_BELOW_ONE] = {"0 to 1, 1 left out", 0, 1, false, true},
    [WG_RANGE_ABOVE_ZERO] = {"0 to 1, 0 left out", 0, 1, true, false},
    [WG_RANGE_FLAG] = {"0 or 1", 0, 1, false, false},
    [WG_RANGE_COUNT] = {"a whole number, not negative", 0, 2147483647, false, false},
};

static bool within(enum wg_range range, double value) {
    const double min = ranges[range].min, max = ranges[range].max;
    return (ranges[range].min_out ? value > min : value >= min) &&
           (ranges[range].max_out ? value < max : value <= max);
}

static enum wg_status resolve(const char *rule, const struct wg_option *option, char *options,
                              double fallback) {
    char *at = options + option->offset;
    double value = 0;
    if (option->range >= WG_RANGE_FLAG) {
        value = *(int *)at;
    } else {
        memcpy(&value, at, sizeof value);
        if (value == 0) value = signbit(value) ? 0 : fallback;
        memcpy(at, &value, sizeof value);
    }
    if (within(option->range, value)) return WG_OK;
    return wg_fail(WG_ERROR_ARGUMENT, "%s: %s=%g; expected %s", rule, option->name, value,
                   ranges[option->range].text);
}

/* At most one way of clipping, and no settings of averages that are not kept. */
static enum wg_status check_together(const char *rule, const struct wg_common_options *c) {
    const double clip[] = {c->clipnorm, c->clipvalue, c->global_clipnorm};
    for (int i = 0; i < 3; i++) {
        for (int j = i + 1; j < 3; j++) {
            if (clip[i] == 0 || clip[j] == 0) continue;
            return wg_fail(
                WG_ERROR_ARGUMENT,
                "%s: %s=%g and %s=%g; expected at most one of clipnorm, clipvalue and global_clipnorm",
                rule, commons[1 + i].name, clip[i], commons[1 + j].name, clip[j]);
        }
    }
    if (c->use_ema == 0 && (c->ema_overwrite_frequency != 0 || c->ema_momentum != 0)) {
        return wg_fail(WG_ERROR_ARGUMENT,
                       "%s: ema_momentum=%g, ema_overwrite_frequency=%d; expected use_ema=1 with "
                       "either",
                       rule, c->ema_momentum, c->ema_overwrite_frequency);
    }
    return WG_OK;
}

enum wg_status wg_resolve_options(const struct wg_rule *rule, double *options,
                                  struct wg_common_options *common) {
    memcpy(common, (char *)options + rule->common, sizeof *common);
    for (const struct wg_option *o = rule->option; o < rule->option + WG_MAX_OPTIONS && o->name;
         o++) {
        if (resolve(rule->name, o, (char *)options, o->fallback) != WG_OK) return WG_ERROR_ARGUMENT;
    }
    if (check_together(rule->name, common) != WG_OK) return WG_ERROR_ARGUMENT;
    for (int i = 0; i < COMMONS; i++) {
        const double fallback = i == 0 ? rule->weight_decay : commons[i].fallback;
        if (resolve(rule->name, &commons[i], (char *)common, fallback) != WG_OK)
            return WG_ERROR_ARGUMENT;
    }
    return WG_OK;
}

/* ---- By name ------------------------------------------------------------------------------- */

#define X(rule) extern const struct wg_rule wg_rule_##rule;
#include "optim/rules.list"
#undef X

static const struct wg_rule *const rules[WG_RULES] = {
#define X(rule) &wg_rule_##rule,
#include "optim/rules.list"
#undef X
};

const char *wg_optimizer_rule(int i) { return i >= 0 && i < WG_RULES ? rules[i]->name : NULL; }

/* Appends to a list "a, b, c" as far as there is room. */
static void append(char *list, size_t size, const char *name) {
    const size_t used = strlen(list);
    snprintf(list + used, size - used, "%s%s", used ? ", " : "", name);
}

static const struct wg_rule *find_rule(const char *name) {
    char valid[256] = "";
    for (int i = 0; i < WG_RULES; i++) {
        if (strcmp(rules[i]->name, name) == 0) return rules[i];
        append(valid, sizeof valid, rules[i]->name);
    }
    wg_fail(WG_ERROR_ARGUMENT,
            "wg_optimizer_from_text: there is no rule \"%s\"; expected one of %s", name, valid);
    return NULL;
}

static const struct wg_option *find_option(const struct wg_option *option, int count,
                                           const char *name, char *valid, size_t size) {
    for (int i = 0; i < count && option[i].name; i++) {
        if (strcmp(option[i].name, name) == 0) return &option[i];
        append(valid, size, option[i].name);
    }
    return NULL;
}

/* "name=value" into the rule's options struct. */
static enum wg_status set_option(const struct wg_rule *rule, char *options, char *text) {
    const char *word = text;
    char *value_text = strchr(text, '='), *end = NULL, valid[400] = "";
    if (value_text) *value_text++ = '\0';
    const double value = value_text ? strtod(value_text, &end) : 0;
    if (!value_text || end == value_text || *end) {
        return wg_fail(WG_ERROR_ARGUMENT,
                       "wg_optimizer_from_text: %s %s=%s; expected name=value with a number",
                       rule->name, word, value_text ? value_text : "");
    }
    if (strcmp(word, "lr") == 0) word = "learning_rate";
    const struct wg_option *option =
        find_option(rule->option, WG_MAX_OPTIONS, word, valid, sizeof valid);
    if (!option) {
        option = find_option(commons, COMMONS, word, valid, sizeof valid);
        options += rule->common;
    }
    if (!option) {
        return wg_fail(WG_ERROR_ARGUMENT,
                       "wg_optimizer_from_text: %s has no option \"%s\"; expected one of %s",
                       rule->name, word, valid);
    }
    if (option->range < WG_RANGE_FLAG) {
        const double stored = value == 0 ? WG_ZERO : value;
        memcpy(options + option->offset, &stored, sizeof stored);
    } else if (within(option->range, value) && value == floor(value)) {
        *(int *)(options + option->offset) = (int)value;
    } else {
        return wg_fail(WG_ERROR_ARGUMENT, "%s: %s=%g; expected %s", rule->name, word, value,
                       ranges[option->range].text);
    }
    return WG_OK;
}

wg_optimizer *wg_optimizer_from_text(wg_params *params, const char *text) {
    char *copy = text ? strdup(text) : NULL;
    if (!copy) {
        wg_fail(text ? WG_ERROR_MEMORY : WG_ERROR_ARGUMENT, "wg_optimizer_from_text: %s",
                text ? "out of memory" : "the text is NULL");
        return NULL;
    }
    double options[WG_OPTIONS_ROOM] = {0};
    char *rest = NULL, *word = strtok_r(copy, " ", &rest);
    const struct wg_rule *rule = find_rule(word ? word : "");
    bool good = rule != NULL;
    while (good && (word = strtok_r(NULL, " ", &rest)))
        good = set_option(rule, (char *)options, word) == WG_OK;
    free(copy);
    return good ? wg_optimizer_new(params, rule, options) : NULL;
}
