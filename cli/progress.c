#define _DEFAULT_SOURCE /* isatty, clock_gettime, the terminal's width */
#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define BETWEEN_LINES 0.1 /* seconds: faster is not read, and costs time */
#define LONGEST_LINE 256

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

struct progress progress_start(int64_t epochs, int64_t examples) {
    return (struct progress){.terminal = isatty(STDOUT_FILENO) != 0,
                             .epochs = epochs,
                             .examples = examples,
                             .start = now()};
}

/* "2 min 5 s" */
static void duration(double seconds, char *text, size_t size) {
    const int64_t whole = (int64_t)(seconds + 0.5);
    if (seconds < 10)
        snprintf(text, size, "%.1f s", seconds);
    else if (whole < 60)
        snprintf(text, size, "%" PRId64 " s", whole);
    else if (whole < 3600)
        snprintf(text, size, "%" PRId64 " min %" PRId64 " s", whole / 60, whole % 60);
    else
        snprintf(text, size, "%" PRId64 " h %" PRId64 " min", whole / 3600, whole / 60 % 60);
}

static void compose(const struct progress *progress, int64_t epoch, const struct score *train,
                    const struct score *validation, char *line) {
    char left[48], held_out[80] = "";
    const double seconds = now() - progress->start;
    const double done = (double)((epoch - 1) * progress->examples + train->examples);
    const double rate = seconds > 0 ? done / seconds : 0;
    const double rest = (double)(progress->epochs * progress->examples) - done;
    duration(rate > 0 ? rest / rate : 0, left, sizeof left);
    if (validation) {
        snprintf(held_out, sizeof held_out, "  validation loss %-9.4g accuracy %.4f",
                 score_loss(validation), score_accuracy(validation));
    }
    const int digits = snprintf(NULL, 0, "%" PRId64, progress->epochs);
    snprintf(line, LONGEST_LINE,
             "epoch %*" PRId64 "/%" PRId64
             "  loss %-9.4g accuracy %.4f%s  %.0f examples/s  %s left",
             digits, epoch, progress->epochs, score_loss(train), score_accuracy(train), held_out,
             rate, left);
}

/* A line longer than the terminal is wide could not be rewritten. */
static void rewrite(struct progress *progress, const char *line) {
    struct winsize window;
    const bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 1;
    const int width = known ? window.ws_col - 1 : 79;
    printf("\r%.*s\033[K", width, line);
    fflush(stdout);
    progress->shown = now();
}

void progress_step(struct progress *progress, int64_t epoch, const struct score *so_far) {
    if (!progress->terminal || now() - progress->shown < BETWEEN_LINES) return;
    char line[LONGEST_LINE];
    compose(progress, epoch, so_far, NULL, line);
    rewrite(progress, line);
}

void progress_epoch(struct progress *progress, int64_t epoch, const struct score *train,
                    const struct score *validation) {
    const bool last = epoch == progress->epochs;
    if (progress->terminal && !last && now() - progress->shown < BETWEEN_LINES) return;
    char line[LONGEST_LINE];
    compose(progress, epoch, train, progress->terminal ? NULL : validation, line);
    if (progress->terminal)
        rewrite(progress, line);
    else
        puts(line);
}

void progress_end(const struct progress *progress) {
    if (progress->terminal) putchar('\n');
}
