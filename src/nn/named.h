/* What is chosen by a line of text, "NAME ATTRIBUTE=VALUE ...": initializers, regularizers,
 * constraints.
 *
 * Each describes itself as ops do, so that names, attributes, defaults, ranges and refusals are
 * those of op.h.
 */
#ifndef WG_NN_NAMED_H
#define WG_NN_NAMED_H

#include "wengert/op.h"

/* Beyond what any weight or penalty is, and far from where float overflows. */
#define WG_LARGEST 1e30
#define WG_SMALLEST 1e-30

/* An attribute whose value is one of some words: declared as WG_INTEGER, the word's number. */
struct wg_words {
    const char *attribute, *word[4];
    const char *also; /* another word for the first */
};

/* What of an op there is to them, in an op's members. */
struct wg_named_op {
    const char *name;
    const char *aliases[2];
    struct wg_attribute attributes[WG_MAX_ATTRIBUTES];
};

struct wg_named {
    struct wg_named_op as_op;
    struct wg_words words[2];
};

/* The op itself, for op.h's functions. */
struct wg_op wg_op_of_named(const struct wg_named *named);

/* A table of them. */
struct wg_named_table {
    const char *what, *reader;           /* "initializer"; the function that reads the text */
    const struct wg_named *(*at)(int i); /* NULL past the last */
};

struct wg_configured {
    int index; /* in the table; -1 after an error */
    int given; /* how many attributes the text gave */
    double slots[WG_MAX_ATTRIBUTES * WG_LIST_SLOTS];
};

struct wg_configured wg_read_named(const struct wg_named_table *table, const char *text);

/* A list's slots from axes, none of which means an absent list; and a mask, bit d for axis d, of a
 * list's axes, negative ones counted from the end. Errors (WG_ERROR_SHAPE) name `who`, the
 * attribute, the axis and the shape. */
struct wg_list wg_list_of(struct wg_axes axes);
enum wg_status wg_list_mask(const char *who, const char *attribute, const struct wg_list *list,
                            struct wg_shape shape, unsigned *mask);

#endif
