#define _DEFAULT_SOURCE /* madvise; and POSIX */
#include "base/arena.h"

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif

/* What fills such pages is laid in them where the system gives them to who asks: of the usual ones,
 * a step's tensors have more than a core can look up at once. */
#define LARGE_PAGE ((size_t)2 << 20)

struct wg_arena_block {
    struct wg_arena_block *next;
    size_t size; /* bytes after the header */
};

/* The header takes a whole line, so that what follows is aligned. */
#define HEADER WG_ALIGNMENT

static char *block_data(struct wg_arena_block *block) { return (char *)block + HEADER; }

static size_t round_up(size_t n, size_t alignment) {
    return (n + alignment - 1) & ~(alignment - 1);
}

static void *aligned(size_t bytes, const char *what) {
    void *memory = NULL;
    const bool large = bytes >= LARGE_PAGE;
    if (bytes > PTRDIFF_MAX / 2 ||
        posix_memalign(&memory, large ? LARGE_PAGE : WG_ALIGNMENT, bytes ? bytes : 1) != 0) {
        wg_fail(WG_ERROR_MEMORY, "%s: out of memory: %zu bytes are not to be had", what, bytes);
        return NULL;
    }
#if defined(__linux__)
    if (large) madvise(memory, bytes - bytes % LARGE_PAGE, MADV_HUGEPAGE);
#endif
    return memory;
}

void wg_arena_init(struct wg_arena *arena, size_t block_size) {
    *arena = (struct wg_arena){.block_size = block_size};
}

void wg_arena_free(struct wg_arena *arena) {
    for (struct wg_arena_block *block = arena->first, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    arena->first = arena->current = NULL;
    arena->used = 0;
}

/* A block of at least `bytes` after the current one: a kept one that is large enough, or a new one.
 */
static struct wg_arena_block *next_block(struct wg_arena *arena, size_t bytes) {
    struct wg_arena_block **link = arena->current ? &arena->current->next : &arena->first;
    if (*link && (*link)->size >= bytes) return *link;
    size_t size = bytes > arena->block_size ? bytes : arena->block_size;
    struct wg_arena_block *block = aligned(HEADER + size, "arena");
    if (!block) return NULL;
    *block = (struct wg_arena_block){.next = *link, .size = size};
    *link = block;
    return block;
}

void *wg_arena_allocate(struct wg_arena *arena, size_t bytes, size_t alignment) {
    if (bytes > PTRDIFF_MAX / 4) {
        wg_fail(WG_ERROR_MEMORY, "arena: %zu bytes are more than memory can hold", bytes);
        return NULL;
    }
    size_t start = round_up(arena->used, alignment);
    if (!arena->current || start + bytes > arena->current->size) {
        struct wg_arena_block *block = next_block(arena, bytes);
        if (!block) return NULL;
        arena->current = block;
        start = 0;
    }
    arena->used = start + bytes;
    return block_data(arena->current) + start;
}

struct wg_arena_mark wg_arena_mark(const struct wg_arena *arena) {
    return (struct wg_arena_mark){arena->current, arena->used};
}

void wg_arena_rewind(struct wg_arena *arena, struct wg_arena_mark mark) {
    arena->current = mark.block;
    arena->used = mark.used;
}

void *wg_aligned_zeros(size_t bytes) {
    void *memory = aligned(bytes, "allocation");
    if (memory) memset(memory, 0, bytes);
    return memory;
}
