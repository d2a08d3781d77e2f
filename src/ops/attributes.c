/* Attributes: defaults, parsing, ranges; and the quantities that depend on them. */
#include "base/error.h"
#include "wengert/op.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST_WHOLE 9007199254740992.0 /* 2^53: beyond it doubles skip whole numbers */

static int slots_of(const struct wg_attribute *attribute) {
    return attribute->kind == WG_LIST ? WG_LIST_SLOTS : 1;
}

int wg_op_attribute_count(const struct wg_op *op) {
    int count = 0;
    if (!op) wg_fail(WG_ERROR_ARGUMENT, "wg_op_attribute_count: the op is NULL");
    if (!op) return 0;
    while (count < WG_MAX_ATTRIBUTES && op->attributes[count].name) count++;
    return count;
}

int wg_op_attribute_slots(const struct wg_op *op) {
    int slots = 0;
    for (int i = 0; i < wg_op_attribute_count(op); i++) slots += slots_of(&op->attributes[i]);
    return slots;
}

void wg_op_defaults(const struct wg_op *op, double *slots) {
    if (!op || !slots) {
        wg_fail(WG_ERROR_ARGUMENT, "wg_op_defaults: the op or the slots are NULL");
        return;
    }
    for (int i = 0; i < wg_op_attribute_count(op); i++) {
        const struct wg_attribute *attribute = &op->attributes[i];
        if (attribute->kind == WG_LIST) {
            *(struct wg_list *)slots = (struct wg_list){.count = -1};
        } else {
            *slots = attribute->initial;
        }
        slots += slots_of(attribute);
    }
}

static bool limited(const struct wg_attribute *attribute) {
    return attribute->min != 0 || attribute->max != 0;
}

/* "a number from 0 to inf" */
static void describe(const struct wg_attribute *attribute, char *text, size_t size) {
    static const char *const kinds[] = {[WG_NUMBER] = "a number",
                                        [WG_INTEGER] = "a whole number",
                                        [WG_FLAG] = "0 or 1",
                                        [WG_LIST] = "whole numbers"};
    if (attribute->kind == WG_FLAG || !limited(attribute)) {
        snprintf(text, size, "%s", kinds[attribute->kind]);
    } else {
        snprintf(text, size, "%s from %g to %g", kinds[attribute->kind], attribute->min,
                 attribute->max);
    }
}

static bool valid(const struct wg_attribute *attribute, double value) {
    if (attribute->kind == WG_FLAG) return value == 0 || value == 1;
    if (attribute->kind != WG_NUMBER && !(fabs(value) <= LARGEST_WHOLE && value == floor(value)))
        return false;
    if (isnan(value)) return false;
    return !limited(attribute) || (value >= attribute->min && value <= attribute->max);
}

static enum wg_status refuse(const struct wg_op *op, const struct wg_attribute *attribute,
                             const char *text) {
    char expected[96];
    describe(attribute, expected, sizeof expected);
    return wg_fail(WG_ERROR_ARGUMENT, "%s: %s=%s; expected %s", op->name, attribute->name, text,
                   expected);
}

enum wg_status wg_op_check_attributes(const struct wg_op *op, const double *slots) {
    if (!op || !slots)
        return wg_fail(WG_ERROR_ARGUMENT, "wg_op_check_attributes: the op or the slots are NULL");
    for (int i = 0; i < wg_op_attribute_count(op); i++) {
        const struct wg_attribute *attribute = &op->attributes[i];
        if (attribute->kind == WG_LIST &&
            !(slots[0] >= -1 && slots[0] <= WG_MAX_RANK && slots[0] == floor(slots[0]))) {
            return wg_fail(WG_ERROR_ARGUMENT, "%s: %s lists %g numbers; expected at most %d",
                           op->name, attribute->name, slots[0], WG_MAX_RANK);
        }
        const int count = attribute->kind == WG_LIST ? (int)slots[0] : 1;
        const double *value = attribute->kind == WG_LIST ? slots + 1 : slots;
        for (int j = 0; j < count; j++) {
            if (valid(attribute, value[j])) continue;
            char text[32];
            snprintf(text, sizeof text, "%g", value[j]);
            return refuse(op, attribute, text);
        }
        slots += slots_of(attribute);
    }
    return WG_OK;
}

/* One number, and nothing else until a comma or the end; false if the text is not that. */
static bool parse_number(const char **text, double *value) {
    char *end;
    if (isspace((unsigned char)**text)) return false;
    *value = strtod(*text, &end);
    if (end == *text || (*end != '\0' && *end != ',')) return false;
    *text = end;
    return true;
}

enum wg_status wg_op_set(const struct wg_op *op, double *slots, const char *name,
                         const char *text) {
    if (!op || !slots || !name || !text)
        return wg_fail(WG_ERROR_ARGUMENT, "wg_op_set: an argument is NULL");
    for (int i = 0; i < wg_op_attribute_count(op); i++) {
        const struct wg_attribute *attribute = &op->attributes[i];
        if (strcmp(attribute->name, name) != 0) {
            slots += slots_of(attribute);
            continue;
        }
        double values[WG_MAX_RANK];
        int count = 0, most = attribute->kind == WG_LIST ? WG_MAX_RANK : 1;
        for (const char *rest = text;; rest++) {
            if (count == most || !parse_number(&rest, &values[count]) ||
                !valid(attribute, values[count])) {
                return refuse(op, attribute, text);
            }
            count++;
            if (*rest == '\0') break;
        }
        if (attribute->kind == WG_LIST) *slots++ = count;
        memcpy(slots, values, (size_t)count * sizeof *values);
        return WG_OK;
    }
    char known[256] = "";
    for (int i = 0; i < wg_op_attribute_count(op); i++) {
        size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "", op->attributes[i].name);
    }
    return wg_fail(WG_ERROR_ARGUMENT, "%s: no attribute \"%s\"; it has: %s", op->name, name,
                   known[0] ? known : "none");
}

double wg_quantity_value(const struct wg_op *op, struct wg_quantity quantity, const double *slots,
                         const double *inputs) {
    if (quantity.of) return quantity.of(slots);
    double value = quantity.factor;
    if (!op || (quantity.attribute && !slots)) {
        wg_fail(WG_ERROR_ARGUMENT, "wg_quantity_value: the op or the slots are NULL");
        return NAN;
    }
    if (quantity.attribute) {
        for (int i = 0; i < wg_op_attribute_count(op); i++) {
            if (strcmp(op->attributes[i].name, quantity.attribute) == 0) value *= *slots;
            slots += slots_of(&op->attributes[i]);
        }
    }
    if (quantity.input > 0 && inputs) value *= inputs[quantity.input - 1];
    return value;
}

enum wg_status wg_op_fail(enum wg_status status, const struct wg_op *op, const char *text) {
    return wg_fail(status, "%s: %s", op ? op->name : "op", text ? text : "failed");
}
