/* Results of accuracy sweeps: as text, as JSON, and read back from it. */
#ifndef WENGERT_CLI_ACCURACY_REPORT_H
#define WENGERT_CLI_ACCURACY_REPORT_H

#include <cjson/cJSON.h>

#include "accuracy_sweep.h"

/* What may be off: in float every value and derivative, in double. */
#define ACCURACY_BAR_F32 1.0
#define ACCURACY_BAR_F64 2.0

/* Whether a result keeps the bar, with no wrong NaN, infinity or sign of zero. */
bool accuracy_good(const struct accuracy_task *task, const struct accuracy *result);

/* "alpha=0.5", attributes and further inputs that are not at their defaults or have none; "" for
 * none. */
void accuracy_attributes(const struct accuracy_task *task, char *text, size_t size);

void accuracy_text(const struct accuracy_task *task, const struct accuracy *result);
cJSON *accuracy_json(const struct accuracy_task *task, const struct accuracy *result);

/* A bar on standard error while it is a terminal, with the time that is left. `context` is the text
 * in front of it. */
accuracy_progress accuracy_bar;
void accuracy_bar_end(void);
double accuracy_seconds(void); /* of a steady clock */

#endif
