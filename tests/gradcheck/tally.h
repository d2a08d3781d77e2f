/* Counts over all cases of a test program: Criterion runs each case in a process of its own, so
 * each writes what it counted to a file, which the program's main reads in the end. */
#ifndef TALLY_H
#define TALLY_H

#define TALLY_KINDS 32
#define TALLY_COUNTS 8

/* Sums, by kind and by what was counted. */
struct tally {
    long long count[TALLY_KINDS][TALLY_COUNTS];
};

/* In a case: adds its counts. */
void tally_add(const struct tally *tally);

/* In main: runs all cases, with Criterion's options, and gives their counts. Returns whether all
 * passed; *filtered, whether options left cases out. */
int tally_run(int argc, char **argv, struct tally *sum, int *filtered);

#endif
