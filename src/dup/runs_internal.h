/*
 * runs_internal.h - what the files of runs share: one run, on disk or in
 * memory, cursors over it, the merge of several, and the manifest.
 *
 * Keys here are short keys: PM_RUN_KEY_BITS bits of the mixed key (runs.c).
 */
#ifndef PM_DUP_RUNS_INTERNAL_H
#define PM_DUP_RUNS_INTERNAL_H

#include <stdbool.h>

#include "base/buf.h"
#include "dup/runs.h"

enum {
	PM_RUN_KEY_BITS = 40,
	PM_RUN_VERSION = 3,          /* 1: no ranks; 2: other 3-grams */
	PM_RUN_HEADER = 64,
	PM_RUN_INDEX_ENTRY = 16,
	PM_RUN_BLOCK = 128,          /* entries of every block but the last */
	PM_RUN_BLOCK_HEADER = 14,
	PM_RUN_BLOCK_MAX = 1280,     /* bytes; the coding gives at most 1193 */
	PM_RUN_TAIL = 8,             /* zeros, so that 8 bytes can be loaded
	                              * from any place in a block */
	PM_RUN_HELD = 4 << 20,       /* bytes behind a cursor that stay mapped in */
	PM_RUN_FEW = 64 << 10,       /* entries that may stay in memory */
	PM_RUNS_MAX = 64             /* sizes double: 41 would be 2^40 entries */
};

/* The magic is followed by the version, a le32. */
#define PM_RUN_MAGIC "PM-RUN\r\n"
#define PM_MANIFEST_MAGIC "PM-RUNS\n"

/* A run: array when it is in memory, else map, of a file. */
struct pm_run {
	uint64_t entries;
	struct pm_run_entry *array;
	struct pm_bytes map;
	uint64_t blocks, blocks_at;
	uint64_t number;             /* in the file name */
	uint64_t checksum;           /* of the header: names the contents */
};

/* Fills all but number.  PM_ECORRUPT, PM_EVERSION, PM_ENOTFOUND, PM_EIO. */
int pm_run_open(struct pm_run *out, const char *path, struct pm_err *err);
/* The same of a mapping, which it takes; path is for messages. */
int pm_run_open_map(struct pm_run *out, struct pm_bytes map, const char *path,
    struct pm_err *err);
void pm_run_close(struct pm_run *run);

/* A place in a run; `more` is false past the end. */
struct pm_run_cursor {
	const struct pm_run *run;
	bool more;
	uint64_t key;
	uint32_t number;
	uint64_t block;              /* or the place in array */
	size_t released;             /* bytes before this, of what was passed */
	/* the block at hand */
	const uint8_t *bits;
	size_t gap_at, end;          /* in bits */
	uint32_t i, count, base;
	uint8_t gap_bits, number_bits;
};

/* Go to the first entry whose key is not below key. */
int pm_run_seek(struct pm_run_cursor *cursor, const struct pm_run *run,
    uint64_t key, struct pm_err *err);
/* From where it stands on to the first entry whose key is not below key. */
int pm_run_advance(struct pm_run_cursor *cursor, uint64_t key,
    struct pm_err *err);
int pm_run_next(struct pm_run_cursor *cursor, struct pm_err *err);

/* Which of two numbers under one key comes first: <0, 0, >0.  ranking NULL:
 * the smaller. */
int pm_run_order(const struct pm_ranking *ranking, uint32_t a, uint32_t b);

/* Several runs as one, in the order of keys and, under a key, of
 * pm_run_order; each pair once. */
struct pm_run_merge {
	const struct pm_ranking *ranking;
	size_t n;
	struct pm_run_cursor cursor[PM_RUNS_MAX + 1];
	bool begun;
	uint64_t key;                /* what next gave */
	uint32_t number;
};

void pm_run_merge_init(struct pm_run_merge *merge,
    const struct pm_ranking *ranking);
/* At most PM_RUNS_MAX + 1 times, before the first next. */
int pm_run_merge_add(struct pm_run_merge *merge, const struct pm_run *run,
    uint64_t from_key, struct pm_err *err);
/* PM_OK with key and number filled, or PM_END. */
int pm_run_merge_next(struct pm_run_merge *merge, struct pm_err *err);

/* Write all that merge still gives, at most entries_max, to a new file,
 * fsynced.  On failure there is no file. */
int pm_run_write(const char *path, struct pm_run_merge *merge,
    uint64_t entries_max, struct pm_err *err);
/* The same to a file without a name, which goes when the run is closed. */
int pm_run_write_unnamed(struct pm_run *out, struct pm_run_merge *merge,
    uint64_t entries_max, struct pm_err *err);
/* The same into memory: for few. */
int pm_run_gather(struct pm_run *out, struct pm_run_merge *merge,
    uint64_t entries_max, struct pm_err *err);

/* Sort by key and pm_run_order, drop what is there twice; returns what is
 * left. */
size_t pm_run_sort(struct pm_run_entry *entry, size_t n,
    const struct pm_ranking *ranking);

struct pm_runs {
	char *directory, *name;      /* directory NULL: runs have no names */
	char *manifest_path;
	enum pm_runs_mode mode;
	struct pm_ranking ranking;
	struct pm_runs_mend mend;
	bool mending;
	uint64_t sequence, next_number;
	unsigned finds;              /* since what they brought in was released */
	size_t n;
	struct pm_run run[PM_RUNS_MAX];   /* the oldest, largest first */
};

/* err says what is damaged.  PM_OK: not any more. */
int pm_runs_mend_now(struct pm_runs *runs, struct pm_err *err);
/* What look-ups brought in since the last time leaves memory. */
void pm_runs_release(struct pm_runs *runs);

struct pm_manifest {
	uint64_t sequence;
	uint64_t next_number;
	size_t n;
	struct pm_manifest_run {
		uint64_t number, bytes, checksum;
	} run[PM_RUNS_MAX];
};

int pm_manifest_read(struct pm_manifest *out, const char *path,
    struct pm_err *err);
int pm_manifest_replace(const struct pm_manifest *manifest, const char *path,
    struct pm_err *err);
uint64_t pm_manifest_bytes(const struct pm_manifest *manifest);

#endif
