/* Reads JSON that the program printed from standard input and checks it, against the registry where
 * it speaks of ops. Arguments: ops | ops NAME | gradcheck | train. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "wengert/gradcheck.h"
#include "wengert/op.h"

#define MOST_TEXT (1 << 22)

static int checks;

static void expect(bool right, const char *what, const char *where) {
    checks++;
    if (right) return;
    printf("FAILED: %s of %s\n", what, where);
    exit(EXIT_FAILURE);
}

static const cJSON *member(const cJSON *object, const char *name) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    expect(item != NULL, name, "an object: it is missing");
    return item;
}

static bool text_is(const cJSON *item, const char *text) {
    return text ? cJSON_IsString(item) && strcmp(item->valuestring, text) == 0 : cJSON_IsNull(item);
}

static double number(const cJSON *object, const char *name) {
    const cJSON *item = member(object, name);
    expect(cJSON_IsNumber(item), name, "an object: it is no number");
    return item->valuedouble;
}

/* ---- ops ---------------------------------------------------------------------------------- */

static void check_attribute(const cJSON *entry, const struct wg_attribute *attribute) {
    expect(cJSON_GetArraySize(entry) == 4, "the number of members", attribute->name);
    expect(text_is(member(entry, "name"), attribute->name), "the name", attribute->name);
    const cJSON *initial = member(entry, "default"), *min = member(entry, "min"),
                *max = member(entry, "max");
    if (attribute->kind == WG_LIST || !isfinite(attribute->initial)) /* JSON has no infinity */
        expect(cJSON_IsNull(initial), "a default that is null", attribute->name);
    else
        expect(cJSON_IsNumber(initial) && !(initial->valuedouble < attribute->initial) &&
                   !(initial->valuedouble > attribute->initial),
               "the default", attribute->name);
    const bool limits = attribute->min < 0 || attribute->max > 0 || attribute->kind == WG_FLAG;
    expect(cJSON_IsNumber(min) == (limits && isfinite(attribute->min)), "min", attribute->name);
    expect(cJSON_IsNumber(max) == (limits && isfinite(attribute->max)), "max", attribute->name);
}

static void check_op(const cJSON *row, const struct wg_op *op) {
    static const char *const names[] = {"name",    "aliases",    "inputs", "attributes",
                                        "formula", "derivative", "kinks"};
    const int members = (int)(sizeof names / sizeof *names);
    expect(cJSON_GetArraySize(row) == members, "the number of members", op->name);
    for (int i = 0; i < members; i++) member(row, names[i]);
    expect(text_is(member(row, "name"), op->name), "the name", op->name);
    expect(text_is(member(row, "formula"), op->formula), "the formula", op->name);
    expect(text_is(member(row, "derivative"), op->derivative), "the derivative", op->name);
    expect(text_is(member(row, "kinks"), op->kink), "the kinks", op->name);
    int inputs = 0;
    while (inputs < WG_MAX_NAMED_INPUTS && op->inputs[inputs]) {
        const cJSON *input = cJSON_GetArrayItem(member(row, "inputs"), inputs);
        expect(text_is(input, op->inputs[inputs]), "an input", op->name);
        inputs++;
    }
    expect(inputs > 0 && cJSON_GetArraySize(member(row, "inputs")) == inputs, "the inputs",
           op->name);
    const cJSON *alias;
    cJSON_ArrayForEach(alias, member(row, "aliases")) {
        expect(cJSON_IsString(alias) && wg_find_op(alias->valuestring) == op, "an alias", op->name);
    }
    const cJSON *attributes = member(row, "attributes");
    expect(cJSON_GetArraySize(attributes) == wg_op_attribute_count(op), "the attributes", op->name);
    for (int i = 0; i < wg_op_attribute_count(op); i++) {
        check_attribute(cJSON_GetArrayItem(attributes, i), &op->attributes[i]);
    }
}

static void check_ops(const cJSON *json, const char *only) {
    const cJSON *list = member(json, "ops");
    int count = 0;
    for (int i = 0; wg_op_at(i); i++) {
        if (only && wg_op_at(i) != wg_find_op(only)) continue;
        check_op(cJSON_GetArrayItem(list, count++), wg_op_at(i));
    }
    expect(count > 0 && cJSON_GetArraySize(list) == count, "the number of ops", "the list");
    printf("%d ops: ", count);
}

/* ---- gradcheck, train --------------------------------------------------------------------- */

/* Adds an object of counts by verdict to `sum`; returns their sum. */
static int add_counts(const cJSON *counts, int *sum) {
    int all = 0;
    expect(cJSON_GetArraySize(counts) == WG_VERDICTS, "the number of verdicts", "the counts");
    for (int v = 0; v < WG_VERDICTS; v++) {
        const int count = (int)number(counts, wg_verdict_name((enum wg_verdict)v));
        sum[v] += count;
        all += count;
    }
    return all;
}

static int verdict_of(const cJSON *object) {
    const cJSON *verdict = member(object, "verdict");
    int v = 0;
    while (v < WG_VERDICTS && !text_is(verdict, wg_verdict_name((enum wg_verdict)v))) v++;
    expect(v < WG_VERDICTS, "the verdict", "a case or a row");
    return v;
}

static void check_element(const cJSON *row, const char *op) {
    static const char *const numbers[] = {"x",     "analytic", "numeric", "left",
                                          "right", "estimate", "error",   "step"};
    verdict_of(row);
    expect(cJSON_IsString(member(row, "name")), "the name of a row", op);
    expect(cJSON_IsArray(member(row, "index")), "the index of a row", op);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        const cJSON *item = member(row, numbers[i]);
        expect(cJSON_IsNumber(item) || cJSON_IsNull(item), numbers[i], op);
    }
}

/* Cases, and their sums as the report gives them. */
static void check_gradcheck(const cJSON *json) {
    int checked = 0, pass = 0, evaluations = 0;
    int elements[WG_VERDICTS] = {0}, cases[WG_VERDICTS] = {0}, all[2][WG_VERDICTS] = {{0}};
    const cJSON *row, *element;
    cJSON_ArrayForEach(row, member(json, "cases")) {
        const cJSON *op = member(row, "op");
        expect(cJSON_IsString(op) && wg_find_op(op->valuestring), "the op", "a case");
        expect(cJSON_IsString(member(row, "case")), "the case", op->valuestring);
        const int verdict = verdict_of(row);
        const bool passes = cJSON_IsTrue(member(row, "pass"));
        expect(passes == (verdict == WG_VERDICT_PASS || verdict == WG_VERDICT_KINK), "pass",
               op->valuestring);
        const int counted = add_counts(member(row, "counts"), elements);
        expect(counted > 0 && counted == (int)number(row, "checked"), "checked", op->valuestring);
        expect(cJSON_GetArraySize(member(row, "rows")) > 0, "rows", op->valuestring);
        cJSON_ArrayForEach(element, member(row, "rows")) check_element(element, op->valuestring);
        evaluations += (int)number(row, "evaluations");
        cases[verdict]++;
        checked++;
        pass += passes;
    }
    add_counts(member(json, "elements"), all[0]);
    add_counts(member(json, "verdicts"), all[1]);
    expect(memcmp(all[0], elements, sizeof elements) == 0, "elements", "the totals");
    expect(memcmp(all[1], cases, sizeof cases) == 0, "verdicts", "the totals");
    expect((int)number(json, "checked") == checked && checked > 0, "checked", "the totals");
    expect((int)number(json, "pass") == pass, "pass", "the totals");
    expect((int)number(json, "fail") == checked - pass, "fail", "the totals");
    expect((int)number(json, "evaluations") == evaluations, "evaluations", "the totals");
    /* As the text has them, for the test to compare. */
    for (int v = 0; v < WG_VERDICTS; v++)
        printf("%s %d %d\n", wg_verdict_name((enum wg_verdict)v), elements[v], cases[v]);
    printf("%d cases, %d pass: ", checked, pass);
}

static void check_train(const cJSON *json) {
    expect(cJSON_GetArraySize(json) == 4, "the number of members", "the result");
    expect(number(json, "validation_loss") >= 0, "validation_loss", "the result");
    const double accuracy = number(json, "validation_accuracy");
    expect(accuracy >= 0 && accuracy <= 1, "validation_accuracy", "the result");
    expect(number(json, "epochs") >= 1, "epochs", "the result");
    const cJSON *fingerprint = member(json, "fingerprint");
    expect(cJSON_IsString(fingerprint) && strlen(fingerprint->valuestring) == 32 &&
               strspn(fingerprint->valuestring, "0123456789abcdef") == 32,
           "fingerprint", "the result");
}

int main(int argc, char **argv) {
    char *text = malloc(MOST_TEXT);
    if (!text || argc < 2) return EXIT_FAILURE;
    const size_t size = fread(text, 1, MOST_TEXT - 1, stdin);
    text[size] = '\0';
    cJSON *json = cJSON_ParseWithOpts(text, NULL, true);
    expect(cJSON_IsObject(json), "JSON", "standard input: it is no object");
    if (strcmp(argv[1], "ops") == 0)
        check_ops(json, argc > 2 ? argv[2] : NULL);
    else if (strcmp(argv[1], "gradcheck") == 0)
        check_gradcheck(json);
    else
        check_train(json);
    printf("%d checks passed\n", checks);
    cJSON_Delete(json);
    free(text);
    return EXIT_SUCCESS;
}
