/*
 * ranks.h - a 64-bit rank for each number, dense from 1, in a file of the
 * cache.  It orders the numbers under one key of an index (runs.h).
 *
 * Nothing of the corpus is held in memory: the file is read by mmap.  A
 * header holds how many ranks there are, a digest of them and the sequence
 * they belong to; it is written after the ranks it counts, so a crash leaves
 * the old state or the new one.  A file that is missing, torn, damaged or of
 * another version opens empty at sequence 0: it is a cache.
 *
 * path NULL: a file without a name, which goes with the handle (for `scan`).
 * What was looked up leaves memory again with each append.
 *
 * Format: src/FORMAT.md, "Cache".
 */
#ifndef PM_DUP_RANKS_H
#define PM_DUP_RANKS_H

#include "dup/runs.h"

struct pm_ranks;

/* path is borrowed for the life of the handle.  Reading: as it is now. */
int pm_ranks_open(struct pm_ranks **out, const char *path,
    enum pm_runs_mode mode, struct pm_err *err);
void pm_ranks_close(struct pm_ranks *ranks);         /* accepts NULL */

/* The sequence given with the last append; 0 when empty. */
uint64_t pm_ranks_sequence(const struct pm_ranks *ranks);
/* Numbers 1 to this have a rank. */
uint64_t pm_ranks_count(const struct pm_ranks *ranks);

/* The rank of a number; 0 for one that has none. */
uint64_t pm_ranks_get(const struct pm_ranks *ranks, uint32_t number);

/* The same as runs.h wants it; borrows ranks. */
struct pm_ranking pm_ranks_ranking(const struct pm_ranks *ranks);

/* Ranks of the next n numbers.  sequence must not be below the last one. */
int pm_ranks_append(struct pm_ranks *ranks, const uint64_t *rank, size_t n,
    uint64_t sequence, struct pm_err *err);

/* Forget all. */
int pm_ranks_reset(struct pm_ranks *ranks, struct pm_err *err);

#endif
