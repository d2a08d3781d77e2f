/* Learning-rate schedules from a line of text, as "cosine initial=0.01 steps=1000". */
#ifndef WENGERT_CLI_SCHEDULE_H
#define WENGERT_CLI_SCHEDULE_H

#include "wengert/schedule.h"

/* GO_ON (options.h), or the exit status after an error. */
int read_schedule(const char *command, const char *text, struct wg_schedule *schedule);

#endif
