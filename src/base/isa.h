/* The instruction sets that this build has kernels for, from plainest to best. */
#ifndef WG_BASE_ISA_H
#define WG_BASE_ISA_H

#include "wengert/system.h"

enum { WG_MAX_ISAS = 3 };

/* How many were built in (whether or not this CPU has them), and their names. */
int wg_isa_built(void);
const char *wg_isa_name(int index);

/* The index of the one in force; -1, with the error set, when WENGERT_ISA is wrong. */
int wg_isa_index(void);

#endif
