/* Checkpoints: models on disk, in the safetensors format.
 *
 *     wg_model_save(model, "digits.wengert");
 *     wg_model *same = wg_model_load("digits.wengert");
 *
 * Any reader of safetensors gets the weights, by name: "dense/kernel". The state of the optimizer
 * lies beside them ("optimizer:velocity:dense/kernel"), and in the metadata the model's text, its
 * input, what it was compiled with, epoch, step and seed. A digest over the whole file tells one
 * flipped bit. Files are written whole or not at all: to a temporary file, synced, renamed. Reading
 * checks everything before it changes anything.
 *
 * Training writes checkpoints by the callback wg_checkpoint and goes on from them by fit's .resume,
 * with the same bits as never having stopped.
 *
 * Errors name the file: it cannot be read or written (WG_ERROR_FILE); it is cut short, changed or
 * no checkpoint (WG_ERROR_FORMAT); it does not fit the model (WG_ERROR_SHAPE: the text lists what
 * is missing, what is too much, and which shapes differ); a library built without cJSON
 * (WG_ERROR_UNSUPPORTED).
 */
#ifndef WENGERT_CHECKPOINT_H
#define WENGERT_CHECKPOINT_H

#include "wengert/model.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* Saves the model: weights, texts, notes; and, where it is compiled, the optimizer. */
enum wg_status wg_model_save(wg_model *model, const char *path);

/* Takes the weights of a file that has the model's names and shapes, no more and no fewer; written
 * by wg_model_save or by any other program. Their dtype may be f32 or f64. */
enum wg_status wg_model_load_weights(wg_model *model, const char *path);

/* The model that was saved, compiled if that one was, with its optimizer's state. For sequential
 * models: others are functions, which a file does not hold; make them and load their weights. NULL
 * with the error set. */
wg_model *wg_model_load(const char *path);

/* Notes go with the model into its file: class names, how data were prepared. A text under a key,
 * both copied; NULL takes the note away. Errors: an empty key, memory. */
enum wg_status wg_model_set_note(wg_model *model, const char *key, const char *text);
const char *wg_model_note(const wg_model *model, const char *key); /* NULL where there is none */

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
