/* The machine: instruction sets and threads. Neither changes a bit of any result. */
#ifndef WENGERT_SYSTEM_H
#define WENGERT_SYSTEM_H

#include "wengert/error.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* The library's version, as "0.1.0". */
const char *wg_version(void);

/* The instruction set whose kernels new tapes use: "x86-64", "x86-64-v3", "x86-64-v4"; "neon" on
 * Arm. It is the best that the CPU has, unless the environment variable WENGERT_ISA or wg_set_isa()
 * names another. NULL, with the error set, when WENGERT_ISA names one that is unknown or that this
 * CPU lacks. */
const char *wg_isa(void);

/* Chooses by name; NULL goes back to WENGERT_ISA or the best. Tapes that exist keep theirs. */
enum wg_status wg_set_isa(const char *name);

/* The i-th instruction set that was built in and that this CPU has, from plainest to best; NULL
 * past the last. */
const char *wg_isa_supported(int i);

/* How many threads a large kernel may use, the calling one among them: 1 <= n <= 256. The default
 * is 1. The others are started here, once, and sleep while there is nothing to share. Errors: n out
 * of range; a system that gives no such number. */
enum wg_status wg_set_threads(int n);
int wg_threads(void);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
