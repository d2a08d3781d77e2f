#include "verify/subject.h"

#include <stdio.h>
#include <string.h>

void wg_subject_add(struct wg_subject *subject, const char *name, int number,
                    struct wg_tensor value) {
    subject->slot[subject->slots++] = (struct wg_slot){name, number, value, subject->variables};
    subject->variables += value.size;
}

const struct wg_slot *wg_subject_slot(const struct wg_subject *subject, int64_t variable) {
    int low = 0, high = subject->slots - 1; /* the last slot that starts at or before it */
    while (low < high) {
        const int middle = (low + high + 1) / 2;
        if (subject->slot[middle].first <= variable)
            low = middle;
        else
            high = middle - 1;
    }
    return &subject->slot[low];
}

double wg_subject_get(const struct wg_subject *subject, int64_t variable) {
    const struct wg_slot *slot = wg_subject_slot(subject, variable);
    const int64_t i = variable - slot->first;
    return slot->value.dtype == WG_F32 ? (double)((const float *)slot->value.data)[i]
                                       : ((const double *)slot->value.data)[i];
}

void wg_subject_set(struct wg_subject *subject, int64_t variable, double value) {
    const struct wg_slot *slot = wg_subject_slot(subject, variable);
    const int64_t i = variable - slot->first;
    if (slot->value.dtype == WG_F32)
        ((float *)slot->value.data)[i] = (float)value;
    else
        ((double *)slot->value.data)[i] = value;
}

void wg_slot_name(const struct wg_slot *slot, char *text, size_t size) {
    if (slot->name)
        snprintf(text, size, "%.*s", (int)size - 1, slot->name);
    else
        snprintf(text, size, "input %d", slot->number);
}

void wg_append_finding(char *list, size_t size, const char *text) {
    const size_t used = strlen(list);
    snprintf(list + used, size - used, "%s%s", used ? "; " : "", text);
}
