#include "base/error.h"
#include "wengert/data.h"
#include "wengert/random.h"

enum wg_status wg_dataset_split_last(int64_t examples, double fraction, int64_t *order,
                                     int64_t *train) {
    if (examples < 2 || !(fraction > 0 && fraction < 1) || order == NULL || train == NULL) {
        return wg_fail(WG_ERROR_ARGUMENT,
                       "dataset_split: %lld examples, fraction %g, %s outputs; expected 2 examples "
                       "or more, a fraction between 0 and 1, and no null output",
                       (long long)examples, fraction,
                       order == NULL || train == NULL ? "null" : "valid");
    }
    int64_t held_out = (int64_t)((double)examples * fraction);
    if (held_out < 1) held_out = 1;
    if (held_out > examples - 1) held_out = examples - 1;
    for (int64_t i = 0; i < examples; i++) order[i] = i;
    *train = examples - held_out;
    return WG_OK;
}

enum wg_status wg_dataset_split_shuffled(int64_t examples, double fraction, uint64_t seed,
                                         int64_t *order, int64_t *train) {
    enum wg_status status = wg_dataset_split_last(examples, fraction, order, train);
    if (status != WG_OK) return status;
    struct wg_random random = wg_random_make(seed, WG_STREAM_SPLIT);
    return wg_random_shuffle(&random, order, examples);
}
