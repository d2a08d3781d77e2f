/* A model's inside. */
#ifndef WG_NN_MODEL_H
#define WG_NN_MODEL_H

#include "nn/layer.h"

#define WG_LONGEST_NAME 95

struct wg_training;

/* A weight: where it lies, and what is done to it. */
struct wg_weight_record {
    char *name; /* "layer/weight" */
    struct wg_shape shape;
    char *initializer, *regularizer, *constraint; /* NULL: none */
    bool trainable, statistic;
    int64_t ones_begin, ones; /* elements that begin as ones, whatever the initializer says */
    int number;               /* in the set of parameters or of statistics */
};

struct wg_model {
    struct wg_model_options options;
    wg_layer **layer; /* in the order of their first call */
    int layers;
    int sequence; /* how many layers a sequential model has; 0: a function */
    struct wg_weight_record *weight;
    int weights;
    wg_params *params, *statistics; /* NULL while the model is being made */
    struct wg_shape output;         /* without the batch */
    char *text;
    uint64_t recordings; /* begun by now */

    /* What training adds (src/train), and how it is freed with the model. */
    struct wg_training *training;
    void (*training_free)(struct wg_training *training);
};

struct wg_movement {
    int weight; /* in the model's list */
    wg_var batch;
    double momentum;
};

struct wg_pass {
    wg_model *model;
    wg_tape *tape;
    enum wg_mode mode;
    bool making;             /* the model's first recording, which declares weights */
    const wg_layer *current; /* the layer that is being recorded */
    wg_var *leaf;            /* of each weight, the null variable until it is used */
    int leaves;
    wg_layer *guest; /* layers made anew in this recording, freed at its end */
    wg_var *key;
    int keys;
    struct wg_movement *movement;
    int movements;
    wg_var penalty;
};

/* Adds a layer to the model's list, and to what it owns, but for a failure. */
enum wg_status wg_model_adopt(wg_model *model, wg_layer *layer);

void wg_weight_free(struct wg_weight_record *weight);

/* Names the layers that have no name; one layer. */
enum wg_status wg_number_layers(wg_model *model);
enum wg_status wg_number_layer(const wg_model *model, wg_layer *layer);

/* Makes the model's text. */
enum wg_status wg_write_text(wg_model *model);

/* Grows an array for one more element; NULL, with the error set, when memory is out. */
void *wg_grown(void *array, int count, size_t bytes);

#endif
