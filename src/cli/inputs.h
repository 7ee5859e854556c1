/*
 * inputs.h - ARCHIVE|INPUT...: what a command is given to read.
 */
#ifndef PM_CLI_INPUTS_H
#define PM_CLI_INPUTS_H

#include "cli/output.h"

/* Inputs from operand[first] on, without the last `rest` operands. */
struct pm_input input_of(const struct options *options, size_t first,
    size_t rest);

/* The archive that is named, or the inputs read as one; without the last
 * `rest` operands.  Fills output->err. */
int inputs_open(struct pm_archive **out, uint64_t *unreadable,
    struct output *output, size_t rest);

/* Open the archive that is named, do `work`, report; the exit status. */
int inputs_with_archive(const struct options *options, const char *label,
    int (*work)(struct output *output, struct pm_archive *archive));

#endif
