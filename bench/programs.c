/* Whole programs, from the process's start to its end: seconds and peak memory, beside Keras; and
 * how long the program `wengert` takes to start, and how large the library is.
 *
 *     bench_programs DIRECTORY DIGITS BENCH_DIGITS WENGERT LIBRARY
 *
 * DIRECTORY is that of peers' virtual environments, DIGITS that of MNIST's IDX files, BENCH_DIGITS
 * the program of bench/digits.c, LIBRARY the shared one, stripped; WENGERT "-" leaves it out.
 */
#define _GNU_SOURCE
#include "common.h"
#include "peers/process.h"

#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATH = 1024, STARTS = 21 };

/* What became of a program. */
struct outcome {
    int failed;
    double seconds, megabytes; /* the largest resident set */
    char said[BENCH_LINE];     /* its last line of output */
};

static struct outcome run(const char *const command[]) {
    struct outcome o = {.failed = 1};
    int ends[2];
    if (pipe(ends) != 0) return o;
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    const double start = bench_clock(2);
    const pid_t process = fork();
    if (process == 0) {
        const int null = open("/dev/null", O_WRONLY);
        dup2(ends[1], STDOUT_FILENO);
        if (null >= 0) dup2(null, STDERR_FILENO);
        close(ends[1]);
        execvp(command[0], (char *const *)command); /* which does not write to it */
        _exit(127);
    }
    close(ends[1]);
    FILE *output = fdopen(ends[0], "r");
    char line[BENCH_LINE];
    while (output && fgets(line, sizeof line, output))
        snprintf(o.said, sizeof o.said, "%.*s", (int)strcspn(line, "\n"), line);
    if (output) fclose(output);
    int status = 1;
    struct rusage usage = {0};
    if (process < 0 || wait4(process, &status, 0, &usage) != process) return o;
    o.failed = status != 0;
    o.seconds = (bench_clock(2) - start) / 1e9;
    o.megabytes = (double)usage.ru_maxrss / 1024;
    return o;
}

static void line_of(const char *name, const char *const command[], const char *missing) {
    const struct outcome o = run(command);
    if (o.failed)
        printf("%-22s left out: %s\n", name, missing);
    else
        printf("%-22s %8.2f %10.1f   %s\n", name, o.seconds, o.megabytes, o.said);
    fflush(stdout);
}

static void digits(const char *directory, const char *data, const char *ours) {
    static const struct {
        const char *name, *title;
    } programs[] = {
        {"elu", "ELU CNN, Adam, batch 64, 10 epochs"},
        {"prelu", "PReLU MLP 784-128-10, momentum, batch 32, 20 epochs"},
    };
    static const struct {
        const char *name, *folder;
    } backends[] = {{"Keras on TensorFlow", "tensorflow"},
                    {"Keras on JAX", "jax"},
                    {"Keras on PyTorch", "torch"}};
    for (int p = 0; p < 2; p++) {
        printf("\n%s; 2 threads, start to end\n%31s %10s\n", programs[p].title, "seconds",
               "peak MiB");
        line_of("Wengert", (const char *const[]){ours, programs[p].name, data, NULL},
                "it failed on these digits");
        for (int b = 0; b < 3; b++) {
            char python[PATH];
            if (!bench_python(python, sizeof python, directory, backends[b].folder)) {
                printf("%-22s left out: not installed\n", backends[b].name);
                continue;
            }
            line_of(backends[b].name,
                    (const char *const[]){python, BENCH_PEERS "/keras_digits.py",
                                          backends[b].folder, programs[p].name, data, NULL},
                    "it failed: is Keras installed there?");
        }
    }
}

static void footprint(const char *program, const char *library) {
    struct stat file;
    printf("\n");
    if (strcmp(program, "-") != 0) {
        double sample[STARTS];
        for (int i = 0; i < STARTS; i++)
            sample[i] = run((const char *const[]){program, "ops", NULL}).seconds;
        qsort(sample, STARTS, sizeof *sample, bench_order);
        printf("wengert ops, start to end: %.2f ms, the median of %d\n", 1e3 * sample[STARTS / 2],
               STARTS);
    }
    if (stat(library, &file) == 0)
        printf("shared library, stripped: %.2f MB\n", (double)file.st_size / 1e6);
}

int main(int count, char **argument) {
    if (count != 6) {
        fprintf(stderr, "usage: %s DIRECTORY DIGITS BENCH_DIGITS WENGERT LIBRARY\n", argument[0]);
        return 2;
    }
    setenv("PYTHONDONTWRITEBYTECODE", "1", 1);
    if (access(argument[2], R_OK) == 0)
        digits(argument[1], argument[2], argument[3]);
    else
        printf("\nwhole programs: left out: no digits at %s (the CMake option mnist_directory "
               "names a directory of MNIST's IDX files)\n",
               argument[2]);
    footprint(argument[4], argument[5]);
    return 0;
}
