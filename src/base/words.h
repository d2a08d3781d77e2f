/* Names in lines of text, "NAME ATTRIBUTE=VALUE ...", and names that somebody may have meant. */
#ifndef WG_BASE_WORDS_H
#define WG_BASE_WORDS_H

#include <stdbool.h>

/* The next word, ended by a null character; NULL after the last. *rest moves past it. */
char *wg_next_word(char **rest);

/* Whether `name` is a few changes of letters away from the candidate, or a part of it. */
bool wg_resembles(const char *name, const char *candidate);

#endif
