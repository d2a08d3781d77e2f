/* The activation of hidden layers: which ones there are, and how steep they are. */
#ifndef WENGERT_CLI_HIDDEN_H
#define WENGERT_CLI_HIDDEN_H

#include <stdbool.h>

#include "wengert/activation.h"

#define SIGMOID_SLOPE 0.25 /* the steepest that sigmoid gets */

struct hidden_activation {
    struct wg_configured_op with; /* not used when it is prelu */
    bool prelu;                   /* its alphas are parameters, one for each unit */
    double steepest;              /* the largest |dy/dx| for x from -3 to 3 */
};

/* "prelu", or what wg_activation() reads, if it gives each unit a value. GO_ON (options.h), or the
 * exit status after an error. */
int read_hidden_activation(struct hidden_activation *activation, const char *text);

#endif
