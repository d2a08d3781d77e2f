/* The pool of threads ends every job, with each item done once: jobs of all lengths, one after
 * another, so that the caller and the other threads meet in all ways: still awake, falling asleep,
 * asleep. A job whose end nobody is told hangs; how far it came is then in the output. */
#include "base/parallel.h"
#include "wengert/system.h"

#include <stdint.h>
#include <stdio.h>

enum { MOST_THREADS = 4, JOBS = 50000, LONGEST = 24000, ITEMS = 7 };

struct job {
    int length; /* turns of an idle loop in an item */
    int *done;
};

static void idle(int64_t begin, int64_t end, const void *context) {
    const struct job *job = context;
    for (int64_t item = begin; item < end; item++) {
        for (volatile int turn = 0; turn < job->length; turn++) {
        }
        job->done[item]++;
    }
}

/* Items that were not done once. */
static int run(int64_t items, int length) {
    int done[ITEMS] = {0};
    const struct job job = {length, done};
    int wrong = 0;
    wg_parallel_split(items, idle, &job);
    for (int64_t item = 0; item < ITEMS; item++)
        if (done[item] != (item < items)) wrong++;
    return wrong;
}

int main(void) {
    int wrong = 0, jobs = 0;
    uint32_t state = 1;
    for (int threads = 2; threads <= MOST_THREADS; threads++) {
        if (wg_set_threads(threads) != WG_OK) return 2;
        for (int i = 0; i < JOBS; i++, jobs++) {
            state = state * 1664525 + 1013904223;
            wrong += run(i % 8 == 0 ? 1 + i / 8 % ITEMS : threads, (int)((state >> 16) % LONGEST));
        }
        printf("%d threads: %d jobs ended\n", threads, JOBS);
        fflush(stdout);
    }
    printf("checked: %d jobs, %d items not done once\n", jobs, wrong);
    return wrong > 0;
}
