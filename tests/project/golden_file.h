/* Golden files of fingerprints: a line for each training, its name, a space and 32 hexadecimal
 * digits. */
#ifndef GOLDEN_FILE_H
#define GOLDEN_FILE_H

#include <stdio.h>
#include <string.h>

/* The fingerprint that the file holds for a name, "" when it holds none. */
static inline void read_golden(FILE *file, const char *name, char *hex, size_t size) {
    char line[128];
    const size_t length = strlen(name);
    hex[0] = 0;
    rewind(file);
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, name, length) != 0 || line[length] != ' ') continue;
        snprintf(hex, size, "%.*s", (int)strcspn(line + length + 1, "\n"), line + length + 1);
    }
}

#endif
