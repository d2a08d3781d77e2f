/* Errors: a status code and a text, kept per thread.
 *
 * A call that fails returns an error status, a NULL pointer or the null variable. The first
 * failure's code and text wait for the thread that met it until wg_clear_error(); later failures do
 * not overwrite them. So a chain of calls needs one check at its end. The library never prints,
 * aborts or exits.
 */
#ifndef WENGERT_ERROR_H
#define WENGERT_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

enum wg_status {
    WG_OK = 0,
    WG_ERROR_ARGUMENT,    /* a value outside its range, NULL, an unknown name */
    WG_ERROR_SHAPE,       /* shapes that do not fit together, axes that do not exist */
    WG_ERROR_DTYPE,       /* dtypes that do not fit together */
    WG_ERROR_MEMORY,      /* out of memory, or a size that no memory holds */
    WG_ERROR_FILE,        /* a file that cannot be opened, read or written */
    WG_ERROR_FORMAT,      /* a file whose content is not what it should be */
    WG_ERROR_STATE,       /* a call at the wrong time: a stale variable, a sealed parameter set */
    WG_ERROR_UNSUPPORTED, /* an op without a gradient, an instruction set the CPU lacks */
};

/* The code of this thread's first failure since wg_clear_error(); WG_OK when there was none. */
enum wg_status wg_error_status(void);

/* The text of that failure, naming what was wrong and what was expected; "" when there was none. */
const char *wg_error(void);

/* Forgets the failure. */
void wg_clear_error(void);

/* The code's name, as "argument" or "shape". */
const char *wg_status_name(enum wg_status status);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
