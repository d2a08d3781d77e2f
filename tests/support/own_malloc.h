/* This program's own malloc and its kin, which count calls. They stand before the C library's for
 * everything in the process, libc included. OWN_MALLOC is 0 where that cannot be done; then there
 * is no `calls`, and MALLOC_LEFT_OUT is what to say. For one file of a program.
 */
#ifndef OWN_MALLOC_H
#define OWN_MALLOC_H

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OWN_MALLOC 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define OWN_MALLOC 0
#endif
#endif
#if !defined(OWN_MALLOC) && !defined(__GLIBC__)
#define OWN_MALLOC 0 /* the functions below that do the work are glibc's */
#endif

#ifdef OWN_MALLOC
#define MALLOC_LEFT_OUT                                                                            \
    "left out: malloc cannot be counted under a sanitizer or without glibc\n"                      \
    "100%: Checks: 0, Failures: 0, Errors: 0"
#else
#define OWN_MALLOC 1

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *memory);

static atomic_long calls;

void *malloc(size_t size) {
    calls++;
    return __libc_malloc(size);
}
void *calloc(size_t count, size_t size) {
    calls++;
    return __libc_calloc(count, size);
}
void *realloc(void *memory, size_t size) {
    calls++;
    return __libc_realloc(memory, size);
}
void *aligned_alloc(size_t alignment, size_t size) {
    calls++;
    return __libc_memalign(alignment, size);
}
void *memalign(size_t alignment, size_t size);
void *memalign(size_t alignment, size_t size) { return aligned_alloc(alignment, size); }
int posix_memalign(void **memory, size_t alignment, size_t size) {
    *memory = aligned_alloc(alignment, size);
    return *memory ? 0 : ENOMEM;
}
void free(void *memory) {
    calls++;
    __libc_free(memory);
}

#endif
#endif
