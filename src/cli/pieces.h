/*
 * pieces.h - what changed, word by word, on one line: [-old-]{+new+}, or in
 * colour on a terminal.
 */
#ifndef PM_CLI_PIECES_H
#define PM_CLI_PIECES_H

#include "cli/output.h"

/* piece NULL: nothing. */
void pieces_print(const struct pm_piece *piece, size_t n);

#endif
