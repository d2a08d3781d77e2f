/* A peer in a process of its own, asked over pipes: a line there, a line back. */
#ifndef BENCH_PROCESS_H
#define BENCH_PROCESS_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

enum { BENCH_LINE = 256 };

struct bench_process {
    pid_t process;
    FILE *to, *from;
    char line[BENCH_LINE]; /* the last answer, without its end */
};

/* Starts command[0], found by PATH; what it writes to its standard error goes to the file `log`,
 * where that is not NULL. Its first line is the first answer. False: no process, or one that ended
 * without a line. */
bool bench_process_start(struct bench_process *p, const char *const command[], const char *log);

/* Sends what was written to p->to and waits for the answer; false when the process has ended. */
bool bench_process_answer(struct bench_process *p);

/* Closes the pipes, at which the process ends, and waits for it. */
void bench_process_end(struct bench_process *p);

/* The path of the Python that has a framework, such as "torch": the one that TORCH_PYTHON names in
 * the environment, or DIRECTORY/torch/bin/python. False where it cannot be run. */
bool bench_python(char *path, size_t size, const char *directory, const char *framework);

#endif
