/* Reading formulas: recursive descent, each node after those it uses. */
#include "formula.h"

#include <ctype.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_DEFINITIONS 4
enum { NOT_READ = -1, BEING_READ = -2 }; /* in the place of a definition's node */

struct definition {
    char name[32];
    const char *text; /* where its right-hand side begins */
    int node;         /* or NOT_READ, BEING_READ */
};

struct parser {
    struct formula *formula;
    const char *begin, *at;
    const struct formula_name *names;
    int count, definitions;
    struct definition definition[MOST_DEFINITIONS];
    char *message;
    size_t size;
    jmp_buf failed;
};

static _Noreturn void fail(struct parser *p, const char *what) {
    snprintf(p->message, p->size, "%s at character %d of \"%s\"", what, (int)(p->at - p->begin) + 1,
             p->begin);
    longjmp(p->failed, 1);
}

static void skip_space(struct parser *p) {
    while (isspace((unsigned char)*p->at)) p->at++;
}

static bool take(struct parser *p, const char *token) {
    skip_space(p);
    const size_t length = strlen(token);
    if (strncmp(p->at, token, length) != 0) return false;
    p->at += length;
    return true;
}

static void expect(struct parser *p, const char *token) {
    char what[48];
    snprintf(what, sizeof what, "expected \"%s\"", token);
    if (!take(p, token)) fail(p, what);
}

static int append(struct parser *p, struct formula_node node) {
    if (p->formula->count == FORMULA_NODES) fail(p, "too long a formula");
    p->formula->node[p->formula->count] = node;
    return p->formula->count++;
}

static bool same_node(const struct formula_node *a, const struct formula_node *b) {
    return a->kind == b->kind && a->comparison == b->comparison && a->a == b->a && a->b == b->b &&
           a->c == b->c && a->d == b->d && a->constant == b->constant &&
           signbit(a->constant) == signbit(b->constant);
}

/* What is written twice is evaluated once. */
static int add(struct parser *p, struct formula_node node) {
    for (int i = 0; i < p->formula->count; i++) {
        if (same_node(&p->formula->node[i], &node)) return i;
    }
    return append(p, node);
}

static int binary(struct parser *p, enum formula_kind kind, int a, int b) {
    return add(p, (struct formula_node){.kind = kind, .a = a, .b = b});
}

static int constant(struct parser *p, double value) {
    return add(p, (struct formula_node){.kind = FORMULA_CONSTANT, .constant = value});
}

static int choice(struct parser *p);

static bool take_name(struct parser *p, char *name, size_t size) {
    skip_space(p);
    size_t length = 0;
    while (isalnum((unsigned char)p->at[length]) || p->at[length] == '_') length++;
    if (length == 0 || isdigit((unsigned char)*p->at) || length >= size) return false;
    memcpy(name, p->at, length);
    name[length] = '\0';
    p->at += length;
    return true;
}

static int select_node(struct parser *p, enum formula_comparison comparison, int a, int b, int c,
                       int d) {
    return add(
        p, (struct formula_node){
               .kind = FORMULA_SELECT, .comparison = comparison, .a = a, .b = b, .c = c, .d = d});
}

/* 1 / (1 + e^-x), from the exponential that cannot overflow. */
static int sigmoid(struct parser *p, int x) {
    const int size = binary(p, FORMULA_ABS, x, 0),
              e = binary(p, FORMULA_EXP, binary(p, FORMULA_NEGATE, size, 0), 0);
    const int one = constant(p, 1), sum = binary(p, FORMULA_ADD, one, e);
    return select_node(p, FORMULA_GREATER, x, constant(p, 0), binary(p, FORMULA_DIVIDE, one, sum),
                       binary(p, FORMULA_DIVIDE, e, sum));
}

/* ln(1 + e^x) */
static int softplus(struct parser *p, int x) {
    const int size = binary(p, FORMULA_ABS, x, 0),
              e = binary(p, FORMULA_EXP, binary(p, FORMULA_NEGATE, size, 0), 0);
    const int zero = constant(p, 0), positive = select_node(p, FORMULA_GREATER, x, zero, x, zero);
    return binary(p, FORMULA_ADD, positive, binary(p, FORMULA_LOG1P, e, 0));
}

/* The normal distribution's integral and its density. */
static int normal_cdf(struct parser *p, int x) {
    const int scaled = binary(p, FORMULA_DIVIDE, binary(p, FORMULA_NEGATE, x, 0),
                              binary(p, FORMULA_SQRT, constant(p, 2), 0));
    return binary(p, FORMULA_DIVIDE, binary(p, FORMULA_ERFC, scaled, 0), constant(p, 2));
}

static int normal_pdf(struct parser *p, int x) {
    const int half = binary(p, FORMULA_DIVIDE, binary(p, FORMULA_MULTIPLY, x, x), constant(p, -2));
    const int pi = add(p, (struct formula_node){.kind = FORMULA_PI});
    const int root = binary(p, FORMULA_SQRT, binary(p, FORMULA_MULTIPLY, constant(p, 2), pi), 0);
    return binary(p, FORMULA_DIVIDE, binary(p, FORMULA_EXP, half, 0), root);
}

static int minimum(struct parser *p, int a, int b) {
    return select_node(p, FORMULA_LESS, a, b, a, b);
}
static int maximum(struct parser *p, int a, int b) {
    return select_node(p, FORMULA_GREATER, a, b, a, b);
}

static const struct {
    const char *name;
    enum formula_kind kind;
    int (*one)(struct parser *p, int x);
    int (*two)(struct parser *p, int a, int b);
} functions[] = {
    {"exp", FORMULA_EXP, NULL, NULL},    {"expm1", FORMULA_EXPM1, NULL, NULL},
    {"log", FORMULA_LOG, NULL, NULL},    {"log1p", FORMULA_LOG1P, NULL, NULL},
    {"tanh", FORMULA_TANH, NULL, NULL},  {"sqrt", FORMULA_SQRT, NULL, NULL},
    {"abs", FORMULA_ABS, NULL, NULL},    {"erfc", FORMULA_ERFC, NULL, NULL},
    {"sigmoid", 0, sigmoid, NULL},       {"softplus", 0, softplus, NULL},
    {"normal_cdf", 0, normal_cdf, NULL}, {"normal_pdf", 0, normal_pdf, NULL},
    {"min", 0, NULL, minimum},           {"max", 0, NULL, maximum},
};

static int call(struct parser *p, const char *name) {
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        if (strcmp(functions[i].name, name) != 0) continue;
        const int a = choice(p);
        int b = 0;
        if (functions[i].two) {
            expect(p, ",");
            b = choice(p);
        }
        expect(p, ")");
        if (functions[i].two) return functions[i].two(p, a, b);
        return functions[i].one ? functions[i].one(p, a) : binary(p, functions[i].kind, a, 0);
    }
    fail(p, "unknown function");
}

/* A definition is read where it is first used. */
static int defined(struct parser *p, struct definition *definition) {
    if (definition->node >= 0) return definition->node;
    if (definition->node == BEING_READ) fail(p, "a definition by itself");
    definition->node = BEING_READ;
    const char *resume = p->at;
    p->at = definition->text;
    const int node = choice(p);
    p->at = resume;
    return definition->node = node;
}

static int named(struct parser *p, const char *name) {
    if (strcmp(name, "x") == 0) return add(p, (struct formula_node){.kind = FORMULA_X});
    if (strcmp(name, "pi") == 0) return add(p, (struct formula_node){.kind = FORMULA_PI});
    for (int i = 0; i < p->count; i++) {
        if (strcmp(p->names[i].name, name) == 0) return constant(p, p->names[i].value);
    }
    for (int i = 0; i < p->definitions; i++) {
        if (strcmp(p->definition[i].name, name) == 0) return defined(p, &p->definition[i]);
    }
    fail(p, "unknown name");
}

static int atom(struct parser *p) {
    char name[32];
    if (take(p, "(")) {
        const int inside = choice(p);
        expect(p, ")");
        return inside;
    }
    if (take_name(p, name, sizeof name)) return take(p, "(") ? call(p, name) : named(p, name);
    char *end;
    const double number = strtod(p->at, &end);
    if (end == p->at) fail(p, "expected a number, a name or a parenthesis");
    p->at = end;
    return constant(p, number);
}

/* base^exponent where the exponent is not written as a whole number: base > 0. */
static int general_power(struct parser *p, int base, int exponent) {
    const int log_of_base = binary(p, FORMULA_LOG, base, 0);
    return binary(p, FORMULA_EXP, binary(p, FORMULA_MULTIPLY, exponent, log_of_base), 0);
}

/* Powers written as whole numbers are products. */
static int power(struct parser *p) {
    if (take(p, "-")) return binary(p, FORMULA_NEGATE, power(p), 0);
    const int base = atom(p);
    if (!take(p, "^")) return base;
    skip_space(p);
    if (*p->at == '(' || isalpha((unsigned char)*p->at)) return general_power(p, base, atom(p));
    char *end;
    const long exponent = strtol(p->at, &end, 10);
    if (end == p->at || exponent < 1 || exponent > 8) fail(p, "expected a whole power from 1 to 8");
    p->at = end;
    int product = base;
    for (long i = 1; i < exponent; i++) product = binary(p, FORMULA_MULTIPLY, product, base);
    return product;
}

static int product(struct parser *p) {
    int left = power(p);
    for (;;) {
        if (take(p, "*"))
            left = binary(p, FORMULA_MULTIPLY, left, power(p));
        else if (take(p, "/"))
            left = binary(p, FORMULA_DIVIDE, left, power(p));
        else
            return left;
    }
}

static int sum(struct parser *p) {
    int left = product(p);
    for (;;) {
        if (take(p, "+"))
            left = binary(p, FORMULA_ADD, left, product(p));
        else if (take(p, "-"))
            left = binary(p, FORMULA_SUBTRACT, left, product(p));
        else
            return left;
    }
}

static int choice(struct parser *p) {
    static const struct {
        const char *token;
        enum formula_comparison comparison;
    } comparisons[] = {{"<=", FORMULA_LESS_EQUAL},
                       {">=", FORMULA_GREATER_EQUAL},
                       {"==", FORMULA_EQUAL},
                       {"<", FORMULA_LESS},
                       {">", FORMULA_GREATER}};
    const int left = sum(p);
    for (size_t i = 0; i < sizeof comparisons / sizeof *comparisons; i++) {
        if (!take(p, comparisons[i].token)) continue;
        const int right = sum(p);
        expect(p, "?");
        const int yes = choice(p);
        expect(p, ":");
        const int no = choice(p);
        return select_node(p, comparisons[i].comparison, left, right, yes, no);
    }
    return left;
}

/* Notes where the definitions after top-level commas begin, before anything is read. */
static void find_definitions(struct parser *p, const char *text) {
    int depth = 0;
    for (const char *at = text; *at; at++) {
        if (*at == '(') depth++;
        if (*at == ')') depth--;
        if (*at != ',' || depth > 0) continue;
        p->at = at + 1;
        if (p->definitions == MOST_DEFINITIONS) fail(p, "too many definitions");
        struct definition *definition = &p->definition[p->definitions++];
        if (!take_name(p, definition->name, sizeof definition->name))
            fail(p, "expected a name to define");
        expect(p, "=");
        definition->text = p->at;
        definition->node = NOT_READ;
    }
}

/* "y =" or "dy/dx =" before the formula itself. */
static const char *after_equals(const char *text) {
    for (const char *at = text; *at && *at != ',' && *at != '('; at++) {
        const bool part_of_other = at > text && strchr("<>=", at[-1]);
        if (*at == '=' && at[1] != '=' && !part_of_other) return at + 1;
    }
    return text;
}

bool formula_parse(struct formula *formula, const char *text, const struct formula_name *names,
                   int count, char *message, size_t size) {
    struct parser p = {.formula = formula,
                       .begin = text,
                       .at = text,
                       .names = names,
                       .count = count,
                       .message = message,
                       .size = size};
    formula->count = 0;
    if (setjmp(p.failed)) return false;
    const char *start = after_equals(text);
    find_definitions(&p, start);
    p.at = start;
    const int result = choice(&p);
    skip_space(&p);
    if (*p.at != '\0' && *p.at != ',') fail(&p, "expected the end");
    if (result != formula->count - 1) { /* the last node is the result */
        append(&p, formula->node[result]);
    }
    return true;
}
