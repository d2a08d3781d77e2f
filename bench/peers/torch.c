/* PyTorch's elementwise kernels and softmax: torch_peer.py, asked over pipes. */
#define _POSIX_C_SOURCE 200809L
#include "peers/peer.h"
#include "peers/process.h"

enum { MOST_WORKS = 512 };

struct work {
    int number;
};

static struct torch {
    struct bench_process process;
    int works;
    struct work work[MOST_WORKS];
    char version[BENCH_LINE];
} torch;

static const char *answer(void) {
    if (!bench_process_answer(&torch.process)) {
        fprintf(stderr, "bench: PyTorch's process ended\n");
        exit(1);
    }
    return torch.process.line;
}

static double measure(void *context, int64_t runs) {
    const struct work *w = context;
    fprintf(torch.process.to, "time %d %lld\n", w->number, (long long)runs);
    return strtod(answer(), NULL);
}

static bool prepare(struct bench_peer *peer, const struct bench_question *q,
                    struct bench_job *job) {
    (void)peer;
    if (torch.works == MOST_WORKS) return false;
    fprintf(torch.process.to, "prepare %s %s %lld %lld %g %g\n", q->name,
            q->gradient ? "gradient" : "value", (long long)q->rows, (long long)q->columns, q->least,
            q->most);
    struct work *w = &torch.work[torch.works];
    w->number = atoi(answer());
    if (w->number < 0) return false;
    torch.works++;
    *job = (struct bench_job){.measure = measure, .context = w};
    return true;
}

static void close_all(struct bench_peer *peer) {
    (void)peer;
    bench_process_end(&torch.process);
}

struct bench_peer bench_torch(const char *python, const char *script) {
    struct bench_peer peer = {
        .name = "PyTorch", .version = "PyTorch: left out: not installed (make bench-peers does)"};
    if (!python) return peer;
    const char *const command[] = {python, script, NULL};
    if (!bench_process_start(&torch.process, command, NULL)) {
        peer.version = "PyTorch: left out: its script did not start";
        return peer;
    }
    snprintf(torch.version, sizeof torch.version, "%s", torch.process.line);
    peer.version = torch.version;
    peer.present = true;
    peer.prepare = prepare;
    peer.close = close_all;
    return peer;
}
