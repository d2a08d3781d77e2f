/* Rows of tables of options: ROW(kind, field of *o, name, ...). */
#ifndef WENGERT_CLI_OPTION_ROWS_H
#define WENGERT_CLI_OPTION_ROWS_H

#include "options.h"

#define NUMBER_OPTION(field, name_, meaning_, min_, max_, above)                                   \
    {                                                                                              \
        .name = name_, .kind = OPTION_NUMBER, .value = &o->field, .argument = "X",                 \
        .meaning = meaning_, .min = min_, .max = max_, .above_min = above                          \
    }
#define WHOLE_OPTION(field, name_, meaning_, min_, max_)                                           \
    {                                                                                              \
        .name = name_, .kind = OPTION_WHOLE, .value = &o->field, .argument = "N",                  \
        .meaning = meaning_, .min = min_, .max = max_                                              \
    }
#define FLAG_OPTION(field, name_, meaning_)                                                        \
    { .name = name_, .kind = OPTION_FLAG, .value = &o->field, .meaning = meaning_ }
#define TEXT_OPTION(field, name_, argument_, meaning_)                                             \
    {                                                                                              \
        .name = name_, .kind = OPTION_TEXT, .value = &o->field, .argument = argument_,             \
        .meaning = meaning_                                                                        \
    }
#define CHOICE_OPTION(field, name_, choices_, argument_, meaning_)                                 \
    {                                                                                              \
        .name = name_, .kind = OPTION_CHOICE, .value = &o->field, .argument = argument_,           \
        .meaning = meaning_, .choices = choices_                                                   \
    }
#define HEADING(text)                                                                              \
    { .name = "", .kind = OPTION_HEADING, .meaning = text }

#endif
