#include "base/error.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

static _Thread_local struct {
    enum wg_status status;
    char text[1024];
} failure;

enum wg_status wg_fail(enum wg_status code, const char *format, ...) {
    if (failure.status != WG_OK) return code;
    failure.status = code;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(failure.text, sizeof failure.text, format, arguments);
    va_end(arguments);
    return code;
}

enum wg_status wg_error_status(void) { return failure.status; }

const char *wg_error(void) { return failure.text; }

void wg_clear_error(void) {
    failure.status = WG_OK;
    failure.text[0] = '\0';
}

const char *wg_status_name(enum wg_status status) {
    static const char *const names[] = {
        [WG_OK] = "ok",
        [WG_ERROR_ARGUMENT] = "argument",
        [WG_ERROR_SHAPE] = "shape",
        [WG_ERROR_DTYPE] = "dtype",
        [WG_ERROR_MEMORY] = "memory",
        [WG_ERROR_FILE] = "file",
        [WG_ERROR_FORMAT] = "format",
        [WG_ERROR_STATE] = "state",
        [WG_ERROR_UNSUPPORTED] = "unsupported",
    };
    unsigned index = (unsigned)status;
    return index < sizeof names / sizeof *names ? names[index] : "unknown";
}

struct wg_shape_text wg_shape_text(struct wg_shape shape) {
    struct wg_shape_text out;
    size_t used = 0;
    out.text[used++] = '(';
    for (int i = 0; i < shape.rank && i < WG_MAX_RANK; i++) {
        int n = snprintf(out.text + used, sizeof out.text - used, i ? ", %" PRId64 : "%" PRId64,
                         shape.dim[i]);
        used += (size_t)n; /* at most 8 x 22 characters: the text has room */
    }
    out.text[used++] = ')';
    out.text[used] = '\0';
    return out;
}
