/* Arena: memory handed out by advancing a mark and taken back by returning to one.
 *
 * Blocks are kept when the arena is rewound, so a program that repeats itself allocates nothing
 * after its first round. Addresses never move.
 */
#ifndef WG_BASE_ARENA_H
#define WG_BASE_ARENA_H

#include <stddef.h>

#define WG_ALIGNMENT 64 /* bytes: a cache line, and the widest vector */

struct wg_arena_block;

struct wg_arena {
    struct wg_arena_block *first, *current;
    size_t used;       /* bytes used in the current block */
    size_t block_size; /* bytes of a usual block */
};

struct wg_arena_mark {
    struct wg_arena_block *block;
    size_t used;
};

void wg_arena_init(struct wg_arena *arena, size_t block_size);
void wg_arena_free(struct wg_arena *arena);

/* bytes of uninitialised memory aligned to `alignment` (a power of two, at most 64); NULL, with the
 * error set, when there is none. */
void *wg_arena_allocate(struct wg_arena *arena, size_t bytes, size_t alignment);

struct wg_arena_mark wg_arena_mark(const struct wg_arena *arena);
void wg_arena_rewind(struct wg_arena *arena, struct wg_arena_mark mark);

/* Memory of its own, aligned to 64 bytes and zeroed; free() releases it. NULL, with the error set,
 * when there is none. */
void *wg_aligned_zeros(size_t bytes);

#endif
