/* So many training steps of a workload and nothing else, for counting instructions:
 *
 *     bench_steps WORKLOAD STEPS
 */
#define _POSIX_C_SOURCE 200809L
#include "common.h"
#include "workload.h"

#include <string.h>

int main(int count, char **argument) {
    const struct bench_workload *w = bench_workloads;
    while (count == 3 && w->name && strcmp(w->name, argument[1]) != 0) w++;
    if (count != 3 || !w->name) {
        fprintf(stderr, "usage: %s WORKLOAD STEPS; workloads:", argument[0]);
        for (w = bench_workloads; w->name; w++) fprintf(stderr, " %s", w->name);
        fprintf(stderr, "\n");
        return 2;
    }
    struct bench_training training = bench_training_of(w);
    const long steps = strtol(argument[2], NULL, 10);
    for (long i = 0; i < steps; i++) bench_training_step(&training);
    bench_check();
    bench_training_free(&training);
    return 0;
}
