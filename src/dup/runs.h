/*
 * runs.h - a growing index from 64-bit keys to 32-bit numbers, kept as sorted
 * runs on disk.
 *
 * Many numbers may stand under one key.  Of a key 40 bits are kept, after
 * mixing: a lookup may, about once in 2^40 / entries times, also give a
 * number of another key, so callers verify what they find.  Entries are appended in batches;
 * each batch becomes a sorted, delta-coded run; runs of like size are merged,
 * so that there are at most about log2(batches) of them, and every entry is
 * rewritten about that often.  Nothing of the corpus is held in memory: runs
 * are read by mmap, with a small sparse index of block starts.
 *
 * A file `NAME.manifest` names the live runs and the sequence they hold; it is
 * replaced atomically (fs.h), so a crash leaves the old state or the new one.
 * A manifest or run that is missing, torn or of another version makes open
 * start empty at sequence 0: it is a cache, and its owner fills it again.
 *
 * directory NULL: runs are files without names, or in memory while they are
 * small, and go with the handle (for `scan`).
 *
 * Numbers under one key come in the order of their rank, largest first, when
 * ranks are given; else, and where ranks are equal, ascending.
 *
 * Format: src/FORMAT.md, "Cache".
 */
#ifndef PM_DUP_RUNS_H
#define PM_DUP_RUNS_H

#include <stddef.h>
#include <stdint.h>

#include "pressmark.h"

struct pm_runs;

struct pm_run_entry {
	uint64_t key;
	uint32_t number;
};

/* The rank of a number, the same whenever it is asked; rank NULL: none. */
struct pm_ranking {
	uint64_t (*rank)(void *context, uint32_t number);
	void *context;
};

enum pm_runs_mode { PM_RUNS_READ, PM_RUNS_WRITE };

/* Reading: a snapshot, which a later append elsewhere does not change.
 * Writing: by one at a time, which the owner of directory sees to; directory
 * is made if it is not there, what an interrupted writer left is removed. */
int pm_runs_open(struct pm_runs **out, const char *directory,
    const char *name, enum pm_runs_mode mode, struct pm_err *err);
void pm_runs_close(struct pm_runs *runs);    /* accepts NULL */

/*
 * What to do when append or find meets damage: the index is emptied, refill
 * fills it by append, and the call goes on as if nothing had been.  why is
 * what was found.  refill NULL, and damage while it runs: PM_ECORRUPT.
 */
struct pm_runs_mend {
	int (*refill)(void *context, const char *why, struct pm_err *err);
	void *context;
};
void pm_runs_mend(struct pm_runs *runs, struct pm_runs_mend mend);

/* Before the first append and find, and the same for the life of the index. */
void pm_runs_rank(struct pm_runs *runs, struct pm_ranking ranking);

/* The sequence given with the last append that is on disk; 0 when empty. */
uint64_t pm_runs_sequence(const struct pm_runs *runs);

/*
 * Add entry[0..n); durable and visible to find when it returns.  entry is
 * used as room to work in: it holds nothing of use afterwards, on failure
 * too.  sequence must not be below the last one (PM_EUSAGE); n may be 0, to
 * move the sequence alone.  PM_ECORRUPT when a run to merge is damaged and is
 * not mended up to this sequence.  On failure the index is as before.
 */
int pm_runs_append(struct pm_runs *runs, struct pm_run_entry *entry, size_t n,
    uint64_t sequence, struct pm_err *err);

/*
 * The numbers under key, each once: calls found for each until it returns
 * non-zero.  PM_ECORRUPT when a run is damaged and not mended.
 */
int pm_runs_find(struct pm_runs *runs, uint64_t key,
    int (*found)(void *context, uint32_t number), void *context,
    struct pm_err *err);

/* Sort by key and number and drop what is there twice; returns what is left.
 * In place, for keys that are places (below). */
size_t pm_runs_sort(struct pm_run_entry *entry, size_t n);

/* The place of a key among the keys: keys of one place are one key here. */
uint64_t pm_runs_place(uint64_t key);

/*
 * The same for many keys, each of a place above the last one's, several times
 * faster than one by one: found is told of each number the index of the key;
 * non-zero goes on to the next key.
 */
int pm_runs_find_many(struct pm_runs *runs, const uint64_t *key, size_t n,
    int (*found)(void *context, size_t index, uint32_t number),
    void *context, struct pm_err *err);

/* Bytes in the directory; 0 without one. */
uint64_t pm_runs_bytes(const struct pm_runs *runs);

/* Forget all entries and start at sequence 0. */
int pm_runs_reset(struct pm_runs *runs, struct pm_err *err);

#endif
