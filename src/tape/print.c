/* Printing a tape: a line a node. */
#include "tape/tape.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SMALL 8 /* elements: larger tensors are printed by shape alone */

/* 10, not 1e+01: a whole number is written out where that is no longer. */
static char *write_out(double value, char *text) {
    char whole[40];
    if (!strchr(text, 'e') || !(fabs(value) < 1e15) || value != floor(value)) return text;
    snprintf(whole, sizeof whole, "%.0f", value);
    if (strlen(whole) <= strlen(text)) memcpy(text, whole, strlen(whole) + 1);
    return text;
}

char *wg_shortest_f32(float value, char *text, size_t size) {
    if (!text || size == 0) {
        wg_fail(WG_ERROR_ARGUMENT, "wg_shortest_f32: no room for the text");
        return NULL;
    }
    if (isnan(value)) {
        snprintf(text, size, "nan"); /* whatever its sign bit */
        return text;
    }
    for (int digits = 1; digits <= 9; digits++) {
        snprintf(text, size, "%.*g", digits, (double)value);
        if (strtof(text, NULL) == value) break;
    }
    return write_out((double)value, text);
}

char *wg_shortest_f64(double value, char *text, size_t size) {
    if (!text || size == 0) {
        wg_fail(WG_ERROR_ARGUMENT, "wg_shortest_f64: no room for the text");
        return NULL;
    }
    if (isnan(value)) {
        snprintf(text, size, "nan");
        return text;
    }
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, size, "%.*g", digits, value);
        if (strtod(text, NULL) == value) break;
    }
    return write_out(value, text);
}

static void print_numbers(FILE *out, const char *label, const struct wg_tensor *t,
                          const void *data) {
    fprintf(out, "  %s ", label);
    if (t->shape.rank > 0) fputc('[', out);
    for (int64_t i = 0; i < t->size; i++) {
        char text[40];
        if (t->dtype == WG_F32)
            wg_shortest_f32(((const float *)data)[i], text, sizeof text);
        else if (t->dtype == WG_F64)
            wg_shortest_f64(((const double *)data)[i], text, sizeof text);
        else
            snprintf(text, sizeof text, "%d", (int)((const int32_t *)data)[i]);
        fprintf(out, "%s%s", i ? " " : "", text);
    }
    if (t->shape.rank > 0) fputc(']', out);
}

/* " axis=1", for every attribute that is not at its default. */
static void print_attributes(FILE *out, const struct wg_op *op, const double *slots) {
    for (int i = 0; i < wg_op_attribute_count(op); i++) {
        const struct wg_attribute *attribute = &op->attributes[i];
        const bool list = attribute->kind == WG_LIST;
        const int count = list ? (int)slots[0] : 1;
        const double *value = list ? slots + 1 : slots;
        const bool usual = list ? count < 0 : *slots == attribute->initial;
        for (int j = 0; j < count && !usual; j++) {
            char text[40];
            fprintf(out, "%s%s%s", j ? "," : " ", j ? "" : attribute->name, j ? "" : "=");
            fputs(wg_shortest_f64(value[j], text, sizeof text), out);
        }
        slots += list ? WG_LIST_SLOTS : 1;
    }
}

static void print_name(FILE *out, const wg_tape *tape, size_t index) {
    if (tape->node[index]->name)
        fputs(tape->node[index]->name, out);
    else
        fprintf(out, "v%zu", index);
}

static void print_node(FILE *out, const wg_tape *tape, size_t index) {
    static const char *const leaves[] = {[WG_NODE_INPUT] = "input",
                                         [WG_NODE_VARIABLE] = "variable",
                                         [WG_NODE_IN_PLACE] = "parameter"};
    const struct wg_node *node = tape->node[index];
    print_name(out, tape, index);
    if (node->kind != WG_NODE_OP) {
        fprintf(out, " = %s", leaves[node->kind]);
    } else {
        fprintf(out, " = %s(", node->call.op->name);
        for (int i = 0; i < node->call.args.inputs; i++) {
            if (i) fputs(", ", out);
            print_name(out, tape, node->inputs[i]);
        }
        fputc(')', out);
        print_attributes(out, node->call.op, node->call.args.attributes);
    }
    fprintf(out, "  %s %s", wg_dtype_name(node->value.dtype),
            wg_shape_text(node->value.shape).text);
    if (node->value.size <= SMALL) {
        print_numbers(out, "value", &node->value, node->value.data);
        if (index < tape->backward_count && node->active && *node->has_gradient) {
            print_numbers(out, "gradient", &node->value, node->gradient);
        }
    }
    fputc('\n', out);
}

enum wg_status wg_tape_print(const wg_tape *tape, FILE *out) {
    if (!tape || !out)
        return wg_fail(WG_ERROR_ARGUMENT, "wg_tape_print: the tape or the file is NULL");
    for (size_t i = 0; i < tape->count; i++) print_node(out, tape, i);
    return ferror(out) ? wg_fail(WG_ERROR_FILE, "wg_tape_print: writing failed") : WG_OK;
}
