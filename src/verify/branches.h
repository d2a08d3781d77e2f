/* The branches that a tape took. */
#ifndef WG_VERIFY_BRANCHES_H
#define WG_VERIFY_BRANCHES_H

#include "wengert/tape.h"

/* XXH3 of every branch: for each op with kinks, on which side of them each element lies; for ops
 * that select, what was selected. `room` (as many bytes as wg_tape_branch_room says) is
 * overwritten.
 */
uint64_t wg_tape_branches(wg_tape *tape, unsigned char *room);
size_t wg_tape_branch_room(const wg_tape *tape);

/* Whether any op on the tape has branches. */
int wg_tape_has_branches(const wg_tape *tape);

#endif
