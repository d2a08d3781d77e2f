/* What a training run leaves: its pictures, and a summary of the learned alphas. */
#ifndef WENGERT_CLI_OUTPUTS_H
#define WENGERT_CLI_OUTPUTS_H

#include <stdbool.h>

#include "network.h"
#include "problem.h"
#include "trainer.h"
#include "whole_file.h"

/* Makes the directory unless it is there. False with the error's text. */
bool make_directory(const char *path, struct text_error *error);

/* loss.svg and, for points in the plane where the program was built with libpng, decision.png, each
 * whole or not at all. False with the error's text. */
bool write_pictures(const char *directory, const struct network *network,
                    const struct problem *problem, const struct history *history,
                    struct text_error *error);

/* A line for each layer that has alphas: all of them if they are few, else least, mean, largest. */
void print_alphas(const struct network *network);

#endif
