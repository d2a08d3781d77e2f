/* JSON by cJSON, with one check at the end. Numbers that JSON does not have (NaN, infinities)
 * become null. */
#ifndef WENGERT_CLI_JSON_H
#define WENGERT_CLI_JSON_H

#include <stdbool.h>

#include <cjson/cJSON.h>

/* Each adds to an object under `name`, or to an array when name is NULL. A NULL text is null. Out
 * of memory is remembered until json_print. */
void json_number(cJSON *parent, const char *name, double value);
void json_text(cJSON *parent, const char *name, const char *text);
void json_raw(cJSON *parent, const char *name, const char *json); /* as it stands */
void json_bool(cJSON *parent, const char *name, bool value);
cJSON *json_array(cJSON *parent, const char *name);
cJSON *json_object(cJSON *parent, const char *name);

/* The outermost object. */
cJSON *json_new(void);

/* The object as one line, to be freed with cJSON_free; deletes the object. NULL without memory. */
char *json_to_text(cJSON *json);

/* Prints the object as one line, or indented, and deletes it; returns the exit status. */
int json_print(const char *command, cJSON *json, bool indented);

#endif
