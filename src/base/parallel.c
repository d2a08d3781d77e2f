/* A pool of threads that share out the parts of one job at a time.
 *
 * The calling thread takes parts as well, so a job ends even if no other thread gets to run: on a
 * busy machine, or in a forked child. A second caller, or a job within a job, finds the pool taken
 * and works alone. Which thread takes which part has no part in the result.
 */
#include "base/parallel.h"

#include "base/error.h"
#include "wengert/system.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#define MAX_THREADS 256
/* Some tens of microseconds of waiting awake before a thread goes to sleep: steps of training
 * follow each other faster than that. */
#define SPINS 2000

static atomic_int threads = 1;

/* The job under way. A ticket is its number (32 bits), the next part to take and the number of
 * parts (16 bits each): taking a part is one exchange, which fails if the job has changed. What
 * else belongs to the job stays as it is until all its parts are done.
 *
 * Whoever ends the last part and whoever sleeps until then decide on one word, by exchanges alone.
 * With two words, each side storing one and then loading the other, the decision hangs on a store
 * being seen before a later load: emulators have been found that do not keep that order (QEMU 7.2,
 * a 64-bit Arm on an x86-64), and then both sides sleep. */
enum { SLEPT_FOR = 1 << 16 };
static struct {
    pthread_mutex_t busy; /* held while a job runs */
    pthread_mutex_t lock;
    pthread_cond_t wake, done;
    _Atomic uint64_t ticket;
    atomic_int left; /* parts not done; SLEPT_FOR is added once the caller sleeps until they are */
    atomic_int sleeping;
    int workers;
    int64_t count;
    wg_parallel_body *body;
    const void *context;
} pool = {.busy = PTHREAD_MUTEX_INITIALIZER,
          .lock = PTHREAD_MUTEX_INITIALIZER,
          .wake = PTHREAD_COND_INITIALIZER,
          .done = PTHREAD_COND_INITIALIZER};

static inline void pause_a_moment(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

static uint32_t job_of(uint64_t ticket) { return (uint32_t)(ticket >> 32); }

/* A part nobody has taken; -1 when there is none. */
static int64_t take_part(int64_t *parts) {
    uint64_t ticket = atomic_load(&pool.ticket);
    for (;;) {
        const int64_t part = (int64_t)(ticket >> 16 & 0xffff);
        *parts = (int64_t)(ticket & 0xffff);
        if (part >= *parts) return -1;
        if (atomic_compare_exchange_weak(&pool.ticket, &ticket, ticket + ((uint64_t)1 << 16)))
            return part;
    }
}

static void work(void) {
    int64_t parts, part;
    while ((part = take_part(&parts)) >= 0) {
        pool.body(pool.count * part / parts, pool.count * (part + 1) / parts, pool.context);
        if (atomic_fetch_sub(&pool.left, 1) == (SLEPT_FOR | 1)) {
            pthread_mutex_lock(&pool.lock);
            pthread_cond_broadcast(&pool.done);
            pthread_mutex_unlock(&pool.lock);
        }
    }
}

static void *worker(void *unused) {
    uint32_t seen = 0;
    for (;;) {
        for (int i = 0; i < SPINS && job_of(atomic_load(&pool.ticket)) == seen; i++)
            pause_a_moment();
        if (job_of(atomic_load(&pool.ticket)) == seen) {
            pthread_mutex_lock(&pool.lock);
            atomic_fetch_add(&pool.sleeping, 1);
            while (job_of(atomic_load(&pool.ticket)) == seen)
                pthread_cond_wait(&pool.wake, &pool.lock);
            atomic_fetch_sub(&pool.sleeping, 1);
            pthread_mutex_unlock(&pool.lock);
        }
        seen = job_of(atomic_load(&pool.ticket));
        work();
    }
    return unused;
}

static void publish(int64_t count, int64_t parts, wg_parallel_body *body, const void *context) {
    pool.count = count;
    pool.body = body;
    pool.context = context;
    atomic_store(&pool.left, (int)parts);
    const uint64_t job = job_of(atomic_load(&pool.ticket)) + UINT64_C(1);
    atomic_exchange(&pool.ticket, job << 32 | (uint64_t)parts);
    if (atomic_load(&pool.sleeping) > 0) {
        pthread_mutex_lock(&pool.lock);
        pthread_cond_broadcast(&pool.wake);
        pthread_mutex_unlock(&pool.lock);
    }
}

static void wait_until_done(void) {
    for (int i = 0; i < SPINS && atomic_load(&pool.left) > 0; i++) pause_a_moment();
    if (atomic_load(&pool.left) == 0) return;
    pthread_mutex_lock(&pool.lock);
    if (atomic_fetch_add(&pool.left, SLEPT_FOR) > 0)
        while (atomic_load(&pool.left) != SLEPT_FOR) pthread_cond_wait(&pool.done, &pool.lock);
    pthread_mutex_unlock(&pool.lock);
}

void wg_parallel_split(int64_t count, wg_parallel_body *body, const void *context) {
    int64_t parts = wg_threads();
    if (parts > count) parts = count;
    if (parts > 1 && pthread_mutex_trylock(&pool.busy) == 0) {
        publish(count, parts, body, context);
        work();
        wait_until_done();
        pthread_mutex_unlock(&pool.busy);
    } else if (count > 0) {
        body(0, count, context);
    }
}

/* Threads to share with, one fewer than are wanted: the caller is one. They end with the process.
 */
static bool start_workers(int workers) {
    bool started = true;
    pthread_attr_t detached;
    if (pthread_attr_init(&detached) != 0) return false;
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    pthread_mutex_lock(&pool.lock);
    while (started && pool.workers < workers) {
        pthread_t thread;
        started = pthread_create(&thread, &detached, worker, NULL) == 0;
        pool.workers += started;
    }
    pthread_mutex_unlock(&pool.lock);
    pthread_attr_destroy(&detached);
    return started;
}

enum wg_status wg_set_threads(int n) {
    if (n < 1 || n > MAX_THREADS) {
        return wg_fail(WG_ERROR_ARGUMENT, "wg_set_threads: %d threads; expected 1 to %d", n,
                       MAX_THREADS);
    }
    if (!start_workers(n - 1)) {
        return wg_fail(WG_ERROR_MEMORY, "wg_set_threads: the system gives no %d threads", n);
    }
    atomic_store(&threads, n);
    return WG_OK;
}

int wg_threads(void) { return atomic_load(&threads); }
