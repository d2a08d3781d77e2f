/* PyTorch, in a process of its own: torch_peer.py, asked over pipes. */
#define _POSIX_C_SOURCE 200809L
#include "peers/peer.h"

#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_WORKS = 512, LINE = 256 };

struct work {
    int number;
};

static struct torch {
    pid_t process;
    FILE *to, *from;
    int works;
    struct work work[MOST_WORKS];
    char version[LINE];
} torch;

/* The next line of the other end, without its end. */
static void answer(char *line) {
    fflush(torch.to);
    if (!fgets(line, LINE, torch.from)) {
        fprintf(stderr, "bench: PyTorch's process ended\n");
        exit(1);
    }
    line[strcspn(line, "\n")] = '\0';
}

static double measure(void *context, int64_t runs) {
    const struct work *w = context;
    char line[LINE];
    fprintf(torch.to, "time %d %lld\n", w->number, (long long)runs);
    answer(line);
    return strtod(line, NULL);
}

static bool prepare(struct bench_peer *peer, const struct bench_question *q,
                    struct bench_job *job) {
    (void)peer;
    char line[LINE];
    if (torch.works == MOST_WORKS) return false;
    fprintf(torch.to, "prepare %s %s %lld %lld %g %g\n", q->name,
            q->gradient ? "gradient" : "value", (long long)q->rows, (long long)q->columns, q->least,
            q->most);
    answer(line);
    struct work *w = &torch.work[torch.works];
    w->number = atoi(line);
    if (w->number < 0) return false;
    torch.works++;
    *job = (struct bench_job){.measure = measure, .context = w};
    return true;
}

static void close_all(struct bench_peer *peer) {
    (void)peer;
    fclose(torch.to);
    fclose(torch.from);
    waitpid(torch.process, NULL, 0);
}

static bool start(const char *python, const char *script) {
    int down[2], up[2];
    if (pipe(down) != 0) return false;
    if (pipe(up) != 0) {
        close(down[0]);
        close(down[1]);
        return false;
    }
    torch.process = fork();
    if (torch.process == 0) {
        dup2(down[0], STDIN_FILENO);
        dup2(up[1], STDOUT_FILENO);
        for (int i = 0; i < 2; i++) {
            close(down[i]);
            close(up[i]);
        }
        execlp(python, python, script, (char *)NULL);
        _exit(127);
    }
    close(down[0]);
    close(up[1]);
    torch.to = fdopen(down[1], "w");
    torch.from = fdopen(up[0], "r");
    return torch.process > 0 && torch.to && torch.from &&
           fgets(torch.version, sizeof torch.version, torch.from);
}

struct bench_peer bench_torch(const char *python, const char *script) {
    struct bench_peer peer = {.name = "PyTorch",
                              .version = "PyTorch: not asked for (make bench-peers does)"};
    if (!python) return peer;
    if (!start(python, script)) {
        fprintf(stderr, "bench: %s %s did not start; expected a Python that has torch\n", python,
                script);
        exit(1);
    }
    torch.version[strcspn(torch.version, "\n")] = '\0';
    peer.version = torch.version;
    peer.present = true;
    peer.prepare = prepare;
    peer.close = close_all;
    return peer;
}
