/* Recording a failure: for the library's own use and for ops that users write. */
#ifndef WG_BASE_ERROR_H
#define WG_BASE_ERROR_H

#include "wengert/error.h"
#include "wengert/tensor.h"

#if defined(__GNUC__)
#define WG_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define WG_PRINTF(text, first)
#endif

/* Keeps code and text if this thread has no failure waiting; returns code. */
enum wg_status wg_fail(enum wg_status code, const char *format, ...) WG_PRINTF(2, 3);

/* The status of the failure that waits; never WG_OK, for where it is known that something failed.
 */
static inline enum wg_status wg_failure(void) {
    const enum wg_status status = wg_error_status();
    return status != WG_OK ? status : WG_ERROR_STATE;
}

/* A shape as text, "(2, 3)"; the text lies in the struct. */
struct wg_shape_text {
    char text[192];
};
struct wg_shape_text wg_shape_text(struct wg_shape shape);

#endif
