/* Training steps beside those of PyTorch, JAX and TensorFlow.
 *
 *     bench_workloads DIRECTORY [WORKLOAD ...]
 *
 * A step is zeroed gradients, forward, backward and update, of the same network, from the same
 * initial weights, on the same batch, in each library: the loss of step 20 shows it. A framework is
 * run where there is a Python for it: the one that TORCH_PYTHON, JAX_PYTHON or TENSORFLOW_PYTHON
 * names, or DIRECTORY/torch/bin/python and so on. Each is a process of its own, made anew for each
 * number of threads; all take turns with us, repeat by repeat, while the others sleep. Time is the
 * process's own for one thread, the wall clock's for two; each figure is the median of the repeats.
 * What the frameworks read is written to DIRECTORY/workloads, and what they complain of to
 * DIRECTORY/NAME.log.
 */
#define _POSIX_C_SOURCE 200809L
#define BENCH_REPEAT_NS 1e7
#define BENCH_ENOUGH_NS 1e9
#include "common.h"
#include "peak.h"
#include "peers/process.h"
#include "workload.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

enum { VARIANTS = 2, MOST_WORKLOADS = 16, MOST_THREADS = 2, PATH = 1024 };

static struct framework {
    const char *name, *folder, *variable;
    struct {
        const char *name, *asked; /* asked: as its script knows it */
    } variant[VARIANTS];
    bool present;
    struct bench_process process;
} frameworks[] = {
    {"PyTorch",
     "torch",
     "TORCH_PYTHON",
     {{"PyTorch eager", "eager"}, {"PyTorch compiled", "compiled"}},
     false,
     {0}},
    {"JAX", "jax", "JAX_PYTHON", {{"JAX jit", "jit"}}, false, {0}},
    {"TensorFlow",
     "tensorflow",
     "TENSORFLOW_PYTHON",
     {{"TensorFlow", "function"}, {"TensorFlow XLA", "xla"}},
     false,
     {0}},
};

enum { FRAMEWORKS = sizeof frameworks / sizeof *frameworks, SIDES = 1 + FRAMEWORKS * VARIANTS };

/* One of those who compute a workload: ourselves, or a framework in one of its variants. */
struct side {
    const char *name;
    struct bench_training *training; /* ours, or NULL */
    struct bench_process *process;
    int number; /* of the work in the process */
    double loss;
};

struct result {
    double ns[MOST_THREADS], share[MOST_THREADS], best_ns[MOST_THREADS];
    const char *best[MOST_THREADS];
};

/* ---- Frameworks ------------------------------------------------------------------------------ */

static void start(struct framework *f, const char *directory, int threads) {
    char python[PATH], script[PATH], data[PATH], log[PATH], count[16];
    f->present = false;
    if (!bench_python(python, sizeof python, directory, f->folder)) {
        printf("%s: left out: not installed (make bench-peers does, or takes the Python that "
               "%s names)\n",
               f->name, f->variable);
        return;
    }
    snprintf(script, sizeof script, "%s/%s_workloads.py", BENCH_PEERS, f->folder);
    snprintf(data, sizeof data, "%s/workloads", directory);
    snprintf(log, sizeof log, "%s/%s.log", directory, f->folder);
    snprintf(count, sizeof count, "%d", threads);
    const char *const command[] = {python, script, data, count, NULL};
    f->present = bench_process_start(&f->process, command, log);
    if (f->present)
        printf("%s\n", f->process.line);
    else
        printf("%s: left out: %s did not start (%s says why)\n", f->name, script, log);
    fflush(stdout);
}

/* False where the framework cannot do it, which is said. */
static bool prepare(struct framework *f, const char *asked, const char *workload,
                    struct side *side) {
    if (!f->present) return false;
    fprintf(f->process.to, "prepare %s %s\n", workload, asked);
    f->present = bench_process_answer(&f->process);
    side->process = &f->process;
    if (f->present && sscanf(f->process.line, "%d %lf", &side->number, &side->loss) == 2)
        return true;
    printf("%-17s  left out: %s\n", side->name, f->present ? f->process.line : "its process ended");
    return false;
}

/* ---- Measuring ------------------------------------------------------------------------------- */

static double measure(void *context, int64_t runs) {
    struct side *side = context;
    if (side->process) {
        fprintf(side->process->to, "time %d %lld\n", side->number, (long long)runs);
        if (bench_process_answer(side->process)) return strtod(side->process->line, NULL);
        fprintf(stderr, "bench: %s: its process ended\n", side->name);
        exit(1);
    }
    const double start = bench_clock(wg_threads());
    for (int64_t i = 0; i < runs; i++) bench_training_step(side->training);
    return bench_clock(wg_threads()) - start;
}

/* The workload on both sides; the table's part of it goes to standard output. */
static void run(const struct bench_workload *w, int threads, double peak, const char *directory,
                struct result *result) {
    struct bench_training training = bench_training_of(w);
    struct side side[SIDES] = {{.name = "Wengert", .training = &training}};
    struct bench_job job[SIDES] = {{.measure = measure, .context = side, .threads = threads}};
    int sides = 1;
    bench_workload_write(w, &training, directory);
    for (int i = 0; i < BENCH_LOSS_STEP; i++) bench_training_step(&training);
    bench_check();
    side[0].loss = wg_item(training.loss);

    const double flops = bench_workload_flops(w);
    printf("\n%s: %.4g MFLOP a step, %d thread%s\n", w->title, flops / 1e6, threads,
           threads > 1 ? "s" : "");
    for (int f = 0; f < FRAMEWORKS; f++) {
        for (int v = 0; v < VARIANTS && frameworks[f].variant[v].name; v++) {
            side[sides] = (struct side){.name = frameworks[f].variant[v].name};
            job[sides] =
                (struct bench_job){.measure = measure, .context = &side[sides], .threads = threads};
            sides += prepare(&frameworks[f], frameworks[f].variant[v].asked, w->name, &side[sides]);
        }
    }
    bench_time(sides, job);
    printf("                     us a step   of peak   ours faster by   loss of step %d\n",
           BENCH_LOSS_STEP);
    int best = 0;
    for (int i = 0; i < sides; i++) {
        char faster[16] = "";
        if (i) snprintf(faster, sizeof faster, "%.2f", job[i].ns / job[0].ns);
        if (i && (!best || job[i].ns < job[best].ns)) best = i;
        printf("%-17s %12.2f  %7.1f%%  %15s   %14.6f\n", side[i].name, job[i].ns / 1e3,
               100 * flops / job[i].ns / peak, faster, side[i].loss);
    }
    fflush(stdout);
    result->ns[threads - 1] = job[0].ns;
    result->share[threads - 1] = flops / job[0].ns / peak;
    result->best_ns[threads - 1] = best ? job[best].ns : 0;
    result->best[threads - 1] = best ? side[best].name : "";
    bench_training_free(&training);
}

static void print_summary(const struct result *result, const bool *wanted) {
    printf("\nsummary: us a step, the share of the measured FMA peak, the best peer and how much "
           "faster ours is\n");
    printf("%-15s %38s   %38s  %7s\n", "workload", "1 thread", "2 threads", "2 / 1");
    for (int i = 0; bench_workloads[i].name; i++) {
        const struct result *r = &result[i];
        if (!wanted[i]) continue;
        printf("%-15s", bench_workloads[i].name);
        for (int t = 0; t < MOST_THREADS; t++) {
            printf(" %10.2f %4.0f%% ", r->ns[t] / 1e3, 100 * r->share[t]);
            if (r->best_ns[t] > 0)
                printf(" %-16s %5.2f ", r->best[t], r->best_ns[t] / r->ns[t]);
            else
                printf(" %-16s %5s ", "-", "-");
        }
        printf(" %6.2f\n", r->ns[0] / r->ns[1]);
    }
}

static bool is_wanted(const char *name, int count, char **names) {
    bool wanted = count == 0;
    for (int i = 0; i < count; i++) wanted = wanted || strcmp(name, names[i]) == 0;
    return wanted;
}

static void make_directory(const char *path) {
    if (mkdir(path, 0777) == 0 || errno == EEXIST) return;
    perror(path);
    exit(1);
}

int main(int count, char **argument) {
    if (count < 2) {
        fprintf(stderr, "usage: %s DIRECTORY [WORKLOAD ...]\n", argument[0]);
        return 2;
    }
    struct result result[MOST_WORKLOADS] = {0};
    bool wanted[MOST_WORKLOADS] = {false};
    char data[PATH];
    make_directory(argument[1]);
    snprintf(data, sizeof data, "%s/workloads", argument[1]);
    make_directory(data);

    const struct bench_peak *peak = bench_peak_of(wg_isa());
    for (int threads = 1; threads <= MOST_THREADS; threads++) {
        wg_set_threads(threads);
        bench_check();
        const double most = peak ? bench_peak_measure(peak, 0, threads) : NAN;
        printf("%sworkloads: f32, %s, %d thread%s; measured FMA peak %.1f GFLOP/s\n",
               threads > 1 ? "\n" : "", wg_isa(), threads, threads > 1 ? "s" : "", most);
        for (int f = 0; f < FRAMEWORKS; f++) start(&frameworks[f], argument[1], threads);
        for (int i = 0; bench_workloads[i].name; i++) {
            wanted[i] = is_wanted(bench_workloads[i].name, count - 2, argument + 2);
            if (wanted[i]) run(&bench_workloads[i], threads, most, data, &result[i]);
        }
        for (int f = 0; f < FRAMEWORKS; f++)
            if (frameworks[f].present) bench_process_end(&frameworks[f].process);
    }
    print_summary(result, wanted);
    return 0;
}
