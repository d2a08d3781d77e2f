#define _POSIX_C_SOURCE 200809L
#include "peers/process.h"

#include <ctype.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* In the child: pipes as standard input and output, then the command. */
static void become(const char *const command[], const char *log, const int down[2],
                   const int up[2]) {
    dup2(down[0], STDIN_FILENO);
    dup2(up[1], STDOUT_FILENO);
    for (int i = 0; i < 2; i++) {
        close(down[i]);
        close(up[i]);
    }
    if (log) {
        const int file = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0666);
        if (file >= 0) dup2(file, STDERR_FILENO);
    }
    setenv("PYTHONDONTWRITEBYTECODE", "1", 1);
    execvp(command[0], (char *const *)command); /* which does not write to it */
    _exit(127);
}

bool bench_process_start(struct bench_process *p, const char *const command[], const char *log) {
    int down[2], up[2];
    *p = (struct bench_process){0};
    if (pipe(down) != 0) return false;
    if (pipe(up) != 0) {
        close(down[0]);
        close(down[1]);
        return false;
    }
    /* Ends that other processes must not inherit: theirs would keep these open. */
    fcntl(down[1], F_SETFD, FD_CLOEXEC);
    fcntl(up[0], F_SETFD, FD_CLOEXEC);
    signal(SIGPIPE, SIG_IGN); /* a peer that has ended is noticed by its silence */
    p->process = fork();
    if (p->process == 0) become(command, log, down, up);
    close(down[0]);
    close(up[1]);
    p->to = fdopen(down[1], "w");
    p->from = fdopen(up[0], "r");
    if (p->process > 0 && p->to && p->from && bench_process_answer(p)) return true;
    bench_process_end(p);
    return false;
}

bool bench_process_answer(struct bench_process *p) {
    fflush(p->to);
    if (!fgets(p->line, sizeof p->line, p->from)) return false;
    p->line[strcspn(p->line, "\n")] = '\0';
    return true;
}

void bench_process_end(struct bench_process *p) {
    if (p->to) fclose(p->to);
    if (p->from) fclose(p->from);
    if (p->process > 0) waitpid(p->process, NULL, 0);
    *p = (struct bench_process){0};
}

bool bench_python(char *path, size_t size, const char *directory, const char *framework) {
    char variable[64];
    snprintf(variable, sizeof variable, "%s_PYTHON", framework);
    for (char *c = variable; *c; c++) *c = (char)toupper((unsigned char)*c);
    const char *named = getenv(variable);
    if (named)
        snprintf(path, size, "%s", named);
    else
        snprintf(path, size, "%s/%s/bin/python", directory, framework);
    return access(path, X_OK) == 0;
}
