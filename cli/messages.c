#include "program.h"

#include <stdarg.h>
#include <stdio.h>

#include "wengert/error.h"

/* What is on standard output so far comes first, also where both go to one file. */
static void print_line(const char *command, const char *format, va_list arguments) {
    fflush(stdout);
    fprintf(stderr, "wengert%s%s: ", command[0] ? " " : "", command);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
}

int usage_error(const char *command, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    print_line(command, format, arguments);
    va_end(arguments);
    return EXIT_USAGE;
}

int run_error(const char *command, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    print_line(command, format, arguments);
    va_end(arguments);
    return EXIT_FAILED;
}

int library_error(const char *command) {
    switch (wg_error_status()) {
    case WG_OK: /* what failed was an allocation of the program's own */
        return run_error(command, "out of memory");
    case WG_ERROR_ARGUMENT:
    case WG_ERROR_SHAPE:
    case WG_ERROR_DTYPE:
        return usage_error(command, "%s", wg_error());
    default:
        return run_error(command, "%s", wg_error());
    }
}
