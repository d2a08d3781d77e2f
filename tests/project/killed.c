/* Training that is killed at random points, and goes on from its checkpoint when started again,
 * ends with the bits of training that never stopped: with dropout, Adam, a schedule, shuffling,
 * early stopping's best weights.
 *
 *     killed [SEED]    one run straight through; then 20 that are killed again and again, until one
 *                      of their processes ends by itself
 *
 * Each process is a child, which writes its fingerprint to a pipe at its end, and is killed by
 * SIGKILL after a random part of the time that the whole takes. The seed is printed.
 */
#define _POSIX_C_SOURCE 200809L
#include "wengert/wengert.h"

#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 20, MOST_STARTS = 200, EPOCHS = 6, EXAMPLES = 6000, STRAIGHT = 3 };

static char folder[256], checkpoint[300], log_file[300];

/* ---- The child ------------------------------------------------------------------------------ */

static enum wg_status train(char *hex) {
    struct wg_dataset data = {0};
    wg_model *model = wg_sequential(
        WG_SHAPE(2), wg_dense(.units = 48, .activation = "elu"), wg_dropout(.rate = 0.3),
        wg_batch_normalization(.momentum = 0.9), wg_dense(.units = 48, .activation = "relu"),
        wg_dropout(.rate = 0.2), wg_dense(.units = 2, .activation = "softmax"));
    wg_dataset_generate("moons", EXAMPLES, 0.2, 1, &data);
    wg_model_compile(model, .optimizer = "adam", .loss = "sparse_categorical_crossentropy",
                     .metrics = {"accuracy"},
                     .schedule = wg_cosine_decay(0.01, 300, 0.1, 0.02, 30));
    wg_model_fit(model, &data, .epochs = EPOCHS, .batch_size = 32, .seed = 5,
                 .validation_split = 0.2, .resume = checkpoint,
                 .callbacks = {wg_early_stopping(.patience = 5, .restore_best_weights = WG_YES),
                               wg_csv_logger(log_file), wg_checkpoint(checkpoint)});
    if (wg_error_status() == WG_OK) {
        const struct wg_fingerprint params = wg_params_fingerprint(wg_model_params(model)),
                                    rest = wg_params_fingerprint(wg_model_statistics(model));
        snprintf(hex, 80, "%s %s", params.hex, rest.hex);
    }
    wg_model_free(model);
    wg_dataset_free(&data);
    return wg_error_status();
}

static void be_child(int pipe_end) {
    char hex[80] = "";
    const enum wg_status status = train(hex);
    if (status != WG_OK) fprintf(stderr, "child: %s\n", wg_error());
    const ssize_t written = status == WG_OK ? write(pipe_end, hex, strlen(hex)) : 0;
    _exit(status == WG_OK && written == (ssize_t)strlen(hex) ? 0 : 1);
}

/* ---- The parent ----------------------------------------------------------------------------- */

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void nap(double for_seconds) {
    const struct timespec time = {.tv_sec = (time_t)for_seconds,
                                  .tv_nsec = (long)(1e9 * fmod(for_seconds, 1))};
    nanosleep(&time, NULL);
}

enum end { FINISHED, KILLED, BROKEN };

/* Starts a child and, unless `life` is negative, kills it that much later. */
static enum end start(double life, char *hex) {
    int ends[2], status;
    if (pipe(ends) != 0) return BROKEN;
    const pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        be_child(ends[1]);
    }
    close(ends[1]);
    if (child > 0 && life >= 0) {
        nap(life);
        kill(child, SIGKILL);
    }
    const ssize_t length = read(ends[0], hex, 79);
    hex[length > 0 ? length : 0] = '\0';
    close(ends[0]);
    if (child < 0 || waitpid(child, &status, 0) != child) return BROKEN;
    if (WIFEXITED(status)) return WEXITSTATUS(status) == 0 ? FINISHED : BROKEN;
    return WTERMSIG(status) == SIGKILL ? KILLED : BROKEN;
}

static void clean(void) {
    char command[400];
    snprintf(command, sizeof command, "rm -rf '%s'/*", folder);
    if (system(command) != 0) fprintf(stderr, "cannot empty %s\n", folder);
}

/* Lines of the log; -1 where one is not of its epoch. */
static int log_lines(void) {
    char line[400];
    int lines = 0;
    FILE *file = fopen(log_file, "r");
    while (file && fgets(line, sizeof line, file)) {
        if (lines > 0 && atoi(line) != lines - 1) lines = -100;
        lines++;
    }
    if (file) fclose(file);
    return lines;
}

/* One run, killed until it ends. Returns how often it was killed while something was done; -1 for a
 * failure. */
static int killed_run(struct wg_random *random, double whole, const char *wanted) {
    int kills = 0;
    for (int i = 0; i < MOST_STARTS; i++) {
        char hex[80];
        const enum end end = start(wg_random_uniform(random, 0, whole), hex);
        if (end == BROKEN) return -1;
        if (end == KILLED) {
            kills += access(checkpoint, F_OK) == 0;
            continue;
        }
        if (strcmp(hex, wanted) == 0 && log_lines() == EPOCHS + 1) return kills;
        fprintf(stderr, "after %d kills: %s, %d lines; expected %s, %d\n", kills, hex, log_lines(),
                wanted, EPOCHS + 1);
        return -1;
    }
    fprintf(stderr, "%d starts, and no end\n", MOST_STARTS);
    return -1;
}

int main(int count, char **arguments) {
    const uint64_t seed = count > 1 ? strtoull(arguments[1], NULL, 10) : (uint64_t)time(NULL);
    const char *base = getenv("TMPDIR");
    char wanted[80];
    snprintf(folder, sizeof folder, "%s/wengert-killed-XXXXXX", base ? base : "/tmp");
    if (!mkdtemp(folder)) return EXIT_FAILURE;
    snprintf(checkpoint, sizeof checkpoint, "%s/model", folder);
    snprintf(log_file, sizeof log_file, "%s/log", folder);
    struct wg_random random = wg_random_make(seed, 0);
    double whole = 1e9;
    bool good = true;
    for (int i = 0; i < STRAIGHT && good; i++) { /* the fastest says how long it takes */
        clean();
        const double began = seconds();
        good = start(-1, wanted) == FINISHED && log_lines() == EPOCHS + 1;
        if (seconds() - began < whole) whole = seconds() - began;
    }
    int kills = 0, runs = 0;
    for (int round = 0; round < ROUNDS && good; round++) {
        clean();
        const int times = killed_run(&random, whole, wanted);
        good = times >= 0;
        kills += good ? times : 0;
        runs += times > 0;
    }
    clean();
    rmdir(folder);
    printf("seed %" PRIu64 ", %.3f s straight through, fingerprint %s\n", seed, whole, wanted);
    printf("checked: %d runs, %d of them killed while they had a checkpoint, %d times in all\n",
           ROUNDS, runs, kills);
    if (good && kills >= ROUNDS / 2) return EXIT_SUCCESS;
    fprintf(stderr, good ? "too few kills\n" : "failed\n");
    return EXIT_FAILURE;
}
