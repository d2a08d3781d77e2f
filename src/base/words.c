#include "base/words.h"

#include <string.h>

#define LONGEST 64 /* longer names are compared by their beginning */

char *wg_next_word(char **rest) {
    char *word = *rest + strspn(*rest, " ");
    char *end = word + strcspn(word, " ");
    if (word == end) return NULL;
    *rest = *end ? end + 1 : end;
    *end = '\0';
    return word;
}

static int compared(const char *name) {
    const size_t length = strlen(name);
    return length < LONGEST ? (int)length : LONGEST;
}

/* Levenshtein's distance: how many letters to insert, remove or replace. */
static int distance(const char *a, const char *b) {
    int row[LONGEST + 1];
    const int n = compared(a), m = compared(b);
    for (int j = 0; j <= m; j++) row[j] = j;
    for (int i = 1; i <= n; i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= m; j++) {
            const int replaced = diagonal + (a[i - 1] != b[j - 1]);
            const int shorter = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            diagonal = row[j];
            row[j] = replaced < shorter ? replaced : shorter;
        }
    }
    return row[m];
}

bool wg_resembles(const char *name, const char *candidate) {
    const int tolerated = compared(name) / 4 + 1;
    return distance(name, candidate) <= tolerated ||
           (strlen(name) >= 3 && strstr(candidate, name) != NULL);
}
