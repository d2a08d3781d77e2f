/* The arena: alignment, no overlap, addresses that never move, memory reused after a rewind. */
#include "support/suite.h"

#include "base/arena.h"

#include <stdint.h>

enum { BLOCK = 1024, REQUESTS = 200 };

/* Sizes that fit, fill, and exceed a block, in a fixed mixture. */
static size_t size_of(int i) {
    static const size_t sizes[] = {1, 3, 8, 64, 65, 100, 960, BLOCK, BLOCK + 1, 5000, 0};
    return sizes[i % (int)ELEMENTS(sizes)];
}

static size_t alignment_of(int i) { return (size_t)1 << i % 7; }

static void fill(struct wg_arena *arena, unsigned char **at) {
    for (int i = 0; i < REQUESTS; i++) {
        at[i] = wg_arena_allocate(arena, size_of(i), alignment_of(i));
        ck_assert_ptr_nonnull(at[i]);
        ck_assert_msg((uintptr_t)at[i] % alignment_of(i) == 0, "request %d: alignment", i);
        memset(at[i], i, size_of(i));
    }
}

START_TEST(requests_are_aligned_and_apart) {
    struct wg_arena arena;
    unsigned char *at[REQUESTS];
    wg_arena_init(&arena, BLOCK);
    fill(&arena, at);
    for (int i = 0; i < REQUESTS; i++) {
        for (size_t j = 0; j < size_of(i); j++) {
            ck_assert_msg(at[i][j] == (unsigned char)i, "request %d was overwritten at %zu", i, j);
        }
    }
    wg_arena_free(&arena);
}
END_TEST

START_TEST(a_rewound_arena_gives_the_same_memory) {
    struct wg_arena arena;
    unsigned char *first[REQUESTS], *again[REQUESTS];
    wg_arena_init(&arena, BLOCK);
    const struct wg_arena_mark empty = wg_arena_mark(&arena);
    fill(&arena, first);
    for (int round = 0; round < 3; round++) {
        wg_arena_rewind(&arena, empty);
        fill(&arena, again);
        ck_assert_mem_eq(first, again, sizeof first);
    }
    wg_arena_free(&arena);
}
END_TEST

START_TEST(a_mark_keeps_what_is_before_it) {
    struct wg_arena arena;
    wg_arena_init(&arena, BLOCK);
    char *before = wg_arena_allocate(&arena, 6, 1);
    memcpy(before, "before", 6);
    const struct wg_arena_mark mark = wg_arena_mark(&arena);
    for (int round = 0; round < 50; round++) {
        for (int i = 0; i < 20; i++) {
            const size_t bytes = (size_t)(round * 97 + i * 31);
            memset(wg_arena_allocate(&arena, bytes, 8), 0xff, bytes);
        }
        wg_arena_rewind(&arena, mark);
        ck_assert_mem_eq(before, "before", 6);
    }
    wg_arena_free(&arena);
    ck_assert_ptr_null(arena.first);
}
END_TEST

START_TEST(what_no_memory_holds_is_an_error) {
    static const size_t sizes[] = {SIZE_MAX, SIZE_MAX - 63, PTRDIFF_MAX, PTRDIFF_MAX / 2};
    struct wg_arena arena;
    wg_arena_init(&arena, BLOCK);
    char *before = wg_arena_allocate(&arena, 1, 1);
    *before = 'x';
    for (size_t i = 0; i < ELEMENTS(sizes); i++) {
        ck_assert_ptr_null(wg_arena_allocate(&arena, sizes[i], 64));
        expect_failure("arena", WG_ERROR_MEMORY, "arena", NULL);
        ck_assert_ptr_null(wg_aligned_zeros(sizes[i]));
        expect_failure("zeros", WG_ERROR_MEMORY, "out of memory", NULL);
    }
    ck_assert_ptr_nonnull(wg_arena_allocate(&arena, 16, 16));
    ck_assert_int_eq(*before, 'x');
    wg_arena_free(&arena);
}
END_TEST

START_TEST(memory_of_its_own_is_zeroed_and_aligned) {
    for (size_t bytes = 0; bytes < 300; bytes += 7) {
        unsigned char *memory = wg_aligned_zeros(bytes);
        ck_assert_ptr_nonnull(memory);
        ck_assert_uint_eq((uintptr_t)memory % WG_ALIGNMENT, 0);
        for (size_t i = 0; i < bytes; i++) ck_assert_uint_eq(memory[i], 0);
        free(memory);
    }
}
END_TEST

int main(void) {
    const TTest *const tests[] = {requests_are_aligned_and_apart,
                                  a_rewound_arena_gives_the_same_memory,
                                  a_mark_keeps_what_is_before_it, what_no_memory_holds_is_an_error,
                                  memory_of_its_own_is_zeroed_and_aligned};
    return run_suite("arena", tests, ELEMENTS(tests));
}
