/* A layer's inside. A kind of layer is one file in src/nn/layers/: a table of its options, from
 * which defaults, ranges, refusals and the text form are made, and one function that records it and
 * says, as it goes, which weights it needs. */
#ifndef WG_NN_LAYER_H
#define WG_NN_LAYER_H

#include "wengert/model.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#define WG_UNLIMITED 1e300

/* The fallback of a number that has to be given, where 0 is a value like others. */
#define WG_REQUIRED NAN

/* What an option's member of the options struct is. */
enum wg_field_kind {
    WG_FIELD_WHOLE,  /* int */
    WG_FIELD_NUMBER, /* double */
    WG_FIELD_FLAG,   /* int: WG_NO, 0 for the default, WG_YES */
    WG_FIELD_TEXT,   /* const char * */
    WG_FIELD_PAIR,   /* int[2]; a second of 0 means the first */
    WG_FIELD_AXES,   /* struct wg_axes; a count of 0: none given */
    WG_FIELD_SHAPE,  /* struct wg_shape; a rank of 0: none given */
};

struct wg_field {
    const char *name;
    size_t offset;
    enum wg_field_kind kind;
    double fallback;     /* numbers, whole ones, flags (1 or -1); both of a pair */
    double min, max;     /* both 0: any. What is out of it is refused, also as a default, so that a
                            fallback below min makes an option that has to be given */
    bool below_max;      /* max itself is refused too */
    bool optional;       /* a pair or whole number that may be left out: 0 */
    const char *text;    /* the fallback of a text */
    const char *word[4]; /* a text's only possible values; the first is the fallback */
};

#define WG_FIELD(options, ...) WG_FIELD_OF(options, __VA_ARGS__, )
#define WG_FIELD_OF(options, member, kind_, ...)                                                   \
    { .name = #member, .offset = offsetof(struct options, member), .kind = kind_, __VA_ARGS__ }

/* A kind's fields, and no more. */
#define WG_FIELDS(...)                                                                             \
    (const struct wg_field[]) {                                                                    \
        __VA_ARGS__, { .name = NULL }                                                              \
    }
#define WG_NO_FIELDS                                                                               \
    (const struct wg_field[]) {                                                                    \
        { .name = NULL }                                                                           \
    }

/* Fields that many kinds have. */
#define WG_ACTIVATION_FIELD(options) WG_FIELD(options, activation, WG_FIELD_TEXT)
#define WG_WEIGHT_FIELDS(options, weight, initial)                                                 \
    WG_FIELD(options, weight##_initializer, WG_FIELD_TEXT, .text = initial),                       \
        WG_FIELD(options, weight##_regularizer, WG_FIELD_TEXT),                                    \
        WG_FIELD(options, weight##_constraint, WG_FIELD_TEXT)

struct wg_layer_kind {
    const char *name, *alias;     /* alias: how texts name it; NULL: by its name */
    const char *also;             /* one more name that texts may use; NULL for none */
    size_t bytes;                 /* of its options struct */
    size_t common;                /* where WG_LAYER_OPTIONS lie in it */
    const struct wg_field *field; /* WG_FIELDS(...), or WG_NO_FIELDS */
    int least, most;              /* how many inputs; both 0 means 1 */
    bool takes_indices;           /* its input is int32 */
    bool has_statistics;          /* and uses them, where it is not trainable, as in inference */
    /* What ranges cannot say; NULL for none. */
    enum wg_status (*check)(const void *options);
    /* Records the layer; errors are wg_fail's, without the layer's name, which is put in front. */
    wg_var (*record)(wg_pass *pass, const void *options, const wg_var *x, int n);
};

/* name: the kind's; options: its options struct. */
#define WG_LAYER(kind, options, ...)                                                               \
    const struct wg_layer_kind wg_layer_kind_##kind = {.name = #kind,                              \
                                                       .bytes = sizeof(struct options),            \
                                                       .common = offsetof(struct options, name),   \
                                                       __VA_ARGS__};                               \
    wg_layer *wg_##kind##_new(struct options given) {                                              \
        return wg_layer_new(&wg_layer_kind_##kind, &given);                                        \
    }

struct wg_common {
    const char *name;
    int trainable;
};

struct wg_layer {
    const struct wg_layer_kind *kind;
    void *options; /* a copy, defaults filled in, texts its own */
    char *name;    /* NULL: to be numbered */
    int trainable; /* WG_YES or WG_NO */
    bool numbered; /* its name comes of its number */
    wg_model *model;
    uint64_t recording; /* of the model, in which it was called last */
    wg_layer *same;     /* made anew in a later recording: the model's layer that it stands for */
    wg_layer *next;     /* the pass's next layer of that kind */
    int64_t parameters; /* elements of its weights */
    struct wg_shape output; /* of its first call, with the batch of 1; for the summary */
};

wg_layer *wg_layer_new(const struct wg_layer_kind *kind, const void *options);

/* Writes the layer to `text` as wg_layer_from_text reads it, the options that are not the defaults
 * by name; at most `size` bytes, with the ending 0. False where that is too few. */
bool wg_layer_to_text(const wg_layer *layer, char *text, size_t size);

/* The i-th kind; NULL past the last. */
const struct wg_layer_kind *wg_layer_kind_at(int i);

/* Lets `count` elements of the layer's weight, from `begin` on, begin as ones, whatever the others
 * do; the weight is declared by then. */
enum wg_status wg_pass_begin_as_ones(wg_pass *pass, const char *weight, int64_t begin,
                                     int64_t count);

/* ---- What several kinds of layers do ------------------------------------------------------- */

/* x's shape; rank 0 where x is null. */
struct wg_shape wg_shape_of(wg_var x);

/* The null variable and WG_ERROR_SHAPE unless x has between `least` and `most` dimensions, the
 * batch included. */
bool wg_check_rank(wg_var x, int least, int most, const char *expected);

/* WG_ERROR_SHAPE unless inputs of that rank have the axis, counted from the end where it is
 * negative, and it is not the batch. */
bool wg_check_feature_axis(int rank, int axis);

/* activation(y + bias), then the activity's penalty: what ends dense and convolutional layers.
 * Texts may be NULL. */
struct wg_ending {
    int use_bias;
    int64_t units;
    const char *bias_initializer, *bias_regularizer, *bias_constraint;
    const char *activation, *activity_regularizer;
};
wg_var wg_finish(wg_pass *pass, wg_var y, struct wg_ending ending);

#endif
