/* wengert accuracy, in a build without MPFR. */
#include "program.h"

int run_accuracy(int argc, char **argv) {
    (void)argc;
    (void)argv;
    return run_error(
        "accuracy",
        "this program was built without MPFR, which exact values come from (Debian: libmpfr-dev)");
}
