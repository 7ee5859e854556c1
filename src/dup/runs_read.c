/*
 * runs_read.c - a run in its mapping.
 *
 * R1: nothing is taken from a block whose checksum does not hold.
 * R2: checksums hold in a forged file too: every offset and width is checked
 *     before it is used, and no load leaves the mapping.
 */
#include <string.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "dup/digest.h"
#include "dup/runs_internal.h"

static int
check_header(struct pm_run *run, const char *path, struct pm_err *err)
{
	const uint8_t *p = run->map.p;
	uint64_t n = run->map.n;

	if (n < PM_RUN_HEADER + PM_RUN_INDEX_ENTRY + PM_RUN_TAIL ||
	    memcmp(p, PM_RUN_MAGIC, 8) != 0)
		return pm_fail(err, PM_ECORRUPT, "%s: not a run", path);
	if (pm_le32_get(p + 8) != PM_RUN_VERSION)
		return pm_fail(err, PM_EVERSION, "%s: version %lu", path,
		    (unsigned long)pm_le32_get(p + 8));
	run->entries = pm_le64_get(p + 16);
	run->blocks = pm_le64_get(p + 24);
	run->blocks_at = pm_le64_get(p + 32);
	run->checksum = pm_le64_get(p + 56);
	if (pm_digest64((struct pm_bytes){ p, 56 }) != run->checksum)
		return pm_fail(err, PM_ECORRUPT, "%s: header checksum", path);
	if (pm_le32_get(p + 12) != PM_RUN_BLOCK ||
	    pm_le64_get(p + 40) != n || run->blocks == 0 ||
	    run->blocks > (n - PM_RUN_HEADER) / PM_RUN_INDEX_ENTRY ||
	    run->entries > run->blocks * PM_RUN_BLOCK ||
	    run->entries <= (run->blocks - 1) * PM_RUN_BLOCK ||
	    run->blocks_at < PM_RUN_HEADER + run->blocks * PM_RUN_INDEX_ENTRY ||
	    run->blocks_at > n - PM_RUN_TAIL)
		return pm_fail(err, PM_ECORRUPT, "%s: header", path);
	return PM_OK;
}

int
pm_run_open_map(struct pm_run *out, struct pm_bytes map, const char *path,
    struct pm_err *err)
{
	struct pm_run run = { .map = map };
	struct pm_bytes index;
	int rc = check_header(&run, path, err);

	if (rc == PM_OK) {
		index.p = run.map.p + PM_RUN_HEADER;
		index.n = (size_t)run.blocks * PM_RUN_INDEX_ENTRY;
		if (pm_digest64(index) != pm_le64_get(run.map.p + 48))
			rc = pm_fail(err, PM_ECORRUPT, "%s: index checksum",
			    path);
	}
	if (rc != PM_OK)
		pm_run_close(&run);
	else
		*out = run;
	return rc;
}

int
pm_run_open(struct pm_run *out, const char *path, struct pm_err *err)
{
	struct pm_bytes map;
	int rc = pm_fs_map(&map, path, err);

	return rc == PM_OK ? pm_run_open_map(out, map, path, err) : rc;
}

void
pm_run_close(struct pm_run *run)
{
	pm_fs_unmap(run->map);
	pm_free(run->array);
	*run = (struct pm_run){ 0 };
}

static const uint8_t *
index_entry(const struct pm_run *run, uint64_t block)
{
	return run->map.p + PM_RUN_HEADER + block * PM_RUN_INDEX_ENTRY;
}

static int
damaged(const struct pm_run *run, uint64_t block, const char *what,
    struct pm_err *err)
{
	return pm_fail(err, PM_ECORRUPT, "run %llu, block %llu: %s",
	    (unsigned long long)run->number, (unsigned long long)block, what);
}

/* At least 57 bits, those from `at` on. */
static uint64_t
bits_at(const uint8_t *bits, size_t at)
{
	return pm_le64_get(bits + at / 8) >> (at % 8);
}

static uint32_t
number_at(const struct pm_run_cursor *cursor, uint32_t i)
{
	uint64_t mask = ((uint64_t)1 << cursor->number_bits) - 1;

	return cursor->base + (uint32_t)(bits_at(cursor->bits,
	    (size_t)i * cursor->number_bits) & mask);
}

/* Stand on the first entry of a block. */
static int
load_block(struct pm_run_cursor *cursor, uint64_t block, struct pm_err *err)
{
	const struct pm_run *run = cursor->run;
	const uint8_t *entry = index_entry(run, block), *p;
	uint64_t at = pm_le64_get(entry + 8), end = run->map.n - PM_RUN_TAIL;
	size_t n;

	if (block + 1 < run->blocks)
		end = pm_le64_get(entry + PM_RUN_INDEX_ENTRY + 8);
	if (at < run->blocks_at || end > run->map.n - PM_RUN_TAIL ||
	    at > end || end - at < PM_RUN_BLOCK_HEADER ||
	    end - at > PM_RUN_BLOCK_MAX)
		return damaged(run, block, "index", err);
	p = run->map.p + at;
	n = (size_t)(end - at);
	/* A cursor that goes through a run does not keep it in memory. */
	if (cursor->released == 0 || at < cursor->released) {
		cursor->released = (size_t)at;
	} else if (at - cursor->released > PM_RUN_HELD) {
		pm_fs_release(run->map, cursor->released, (size_t)at);
		cursor->released = (size_t)at;
	}
	if (pm_digest64((struct pm_bytes){ p + 8, n - 8 }) != pm_le64_get(p))
		return damaged(run, block, "checksum", err);
	cursor->base = pm_le32_get(p + 8);
	cursor->gap_bits = p[12];
	cursor->number_bits = p[13];
	cursor->bits = p + PM_RUN_BLOCK_HEADER;
	cursor->end = (n - PM_RUN_BLOCK_HEADER) * 8;
	cursor->count = block + 1 < run->blocks ? PM_RUN_BLOCK :
	    (uint32_t)(run->entries - block * PM_RUN_BLOCK);
	cursor->gap_at = (size_t)cursor->count * cursor->number_bits;
	cursor->key = pm_le64_get(entry);
	if (cursor->gap_bits > PM_RUN_KEY_BITS || cursor->number_bits > 32 ||
	    cursor->gap_at > cursor->end || cursor->key >> PM_RUN_KEY_BITS != 0)
		return damaged(run, block, "contents", err);
	cursor->block = block;
	cursor->i = 0;
	return PM_OK;
}

/* Rice code: the gap's upper part as that many zeros and a one, then its
 * low gap_bits.  False when it does not end before `end`. */
static inline bool
get_gap(uint64_t *gap, const uint8_t *p, size_t *bit, size_t end,
    unsigned gap_bits)
{
	uint64_t upper = 0, bits = 0;
	size_t at = *bit;
	unsigned zeros;

	while (at < end && (bits = bits_at(p, at)) == 0) {
		upper += 64 - at % 8;
		at += 64 - at % 8;
	}
	if (at >= end)
		return false;
	zeros = (unsigned)__builtin_ctzll(bits);
	at += zeros + 1;
	*bit = at + gap_bits;
	/* Mostly all is in the bits at hand. */
	if (zeros + 1 + gap_bits <= 57)
		bits >>= zeros + 1;
	else if (at <= end)
		bits = bits_at(p, at);
	/* upper + zeros < 8 * PM_RUN_BLOCK_MAX: nothing is shifted out. */
	*gap = (upper + zeros) << gap_bits |
	    (bits & (((uint64_t)1 << gap_bits) - 1));
	return *bit <= end;
}

/* Go on in the block, by one entry at least, until key or its last entry. */
static bool
go_on(struct pm_run_cursor *cursor, uint64_t key)
{
	/* Copies: through the cursor a lookup took 1.3 times as long. */
	const uint8_t *bits = cursor->bits;
	const size_t end = cursor->end;
	const unsigned gap_bits = cursor->gap_bits;
	const uint32_t last = cursor->count - 1;
	uint64_t gap, here = cursor->key;
	uint32_t i = cursor->i;
	size_t at = cursor->gap_at;

	do {
		if (!get_gap(&gap, bits, &at, end, gap_bits))
			return false;
		here += gap;
		i++;
	} while (here < key && i < last);
	cursor->key = here;
	cursor->i = i;
	cursor->gap_at = at;
	return here >> PM_RUN_KEY_BITS == 0;
}

/* To the next entry, or on to key if that is further in the block; without
 * the number.  more is false at the end. */
static int
step(struct pm_run_cursor *cursor, uint64_t key, struct pm_err *err)
{
	uint64_t before = cursor->key;
	int rc;

	if (cursor->i + 1 < cursor->count)
		return go_on(cursor, key) ? PM_OK :
		    damaged(cursor->run, cursor->block, "contents", err);
	if (cursor->block + 1 == cursor->run->blocks) {
		cursor->more = false;
		return PM_OK;
	}
	rc = load_block(cursor, cursor->block + 1, err);
	/* R2: a merge relies on the order. */
	if (rc == PM_OK && cursor->key < before)
		rc = damaged(cursor->run, cursor->block, "order", err);
	return rc;
}

static void
stand_in_array(struct pm_run_cursor *cursor, uint64_t at)
{
	const struct pm_run *run = cursor->run;

	cursor->block = at;
	if ((cursor->more = at < run->entries)) {
		cursor->key = run->array[at].key;
		cursor->number = run->array[at].number;
	}
}

static uint64_t
key_at(const struct pm_run *run, uint64_t i)
{
	return run->array != NULL ? run->array[i].key :
	    pm_le64_get(index_entry(run, i));
}

/*
 * The first place in the array, or in the index, that is not below key.
 * Keys are spread evenly, so it is near its share of the whole: step away
 * from there ever further, then halve.  Right for any keys, only slower.
 */
static uint64_t
lower_bound(const struct pm_run *run, uint64_t key)
{
	uint64_t n = run->array != NULL ? run->entries : run->blocks;
	uint64_t low = 0, high = n, reach = 8;
	uint64_t at = (key >> (PM_RUN_KEY_BITS - 32)) * n >> 32;

	if (at < n && key_at(run, at) < key) {
		for (low = at + 1; n - low > reach &&
		    key_at(run, low + reach) < key; reach *= 2)
			low += reach + 1;
		high = n - low > reach ? low + reach : n;
	} else if (at < n) {
		for (high = at; high > reach &&
		    key_at(run, high - reach) >= key; reach *= 2)
			high -= reach;
		low = high > reach ? high - reach + 1 : 0;
	}
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (key_at(run, middle) < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int
pm_run_seek(struct pm_run_cursor *cursor, const struct pm_run *run,
    uint64_t key, struct pm_err *err)
{
	uint64_t at = lower_bound(run, key);
	int rc;

	*cursor = (struct pm_run_cursor){ .run = run, .more = true };
	if (run->array != NULL) {
		stand_in_array(cursor, at);
		return PM_OK;
	}
	/* The block before begins below key and may end above it. */
	rc = load_block(cursor, at == 0 ? 0 : at - 1, err);
	while (rc == PM_OK && cursor->more && cursor->key < key)
		rc = step(cursor, key, err);
	if (rc == PM_OK && cursor->more)
		cursor->number = number_at(cursor, cursor->i);
	return rc;
}

/* Blocks between here and key: walk when there are few, else seek. */
int
pm_run_advance(struct pm_run_cursor *cursor, uint64_t key, struct pm_err *err)
{
	const struct pm_run *run = cursor->run;
	uint64_t next = cursor->block + 1;
	int rc = PM_OK;

	if (cursor->key >= key)
		return PM_OK;
	if (run->array != NULL ? next + 8 < run->entries &&
	    key_at(run, next + 8) < key :
	    next + 1 < run->blocks && key_at(run, next + 1) < key) {
		size_t released = cursor->released;

		rc = pm_run_seek(cursor, run, key, err);
		if (released > 0)
			cursor->released = released;
		return rc;
	}
	if (run->array != NULL) {
		while (next < run->entries && key_at(run, next) < key)
			next++;
		stand_in_array(cursor, next);
		return PM_OK;
	}
	/* Skip what is left of a block without reading it. */
	if (next < run->blocks && key_at(run, next) < key)
		rc = load_block(cursor, next, err);
	while (rc == PM_OK && cursor->more && cursor->key < key)
		rc = step(cursor, key, err);
	if (rc == PM_OK && cursor->more)
		cursor->number = number_at(cursor, cursor->i);
	return rc;
}

int
pm_run_next(struct pm_run_cursor *cursor, struct pm_err *err)
{
	int rc;

	if (cursor->run->array != NULL) {
		stand_in_array(cursor, cursor->block + 1);
		return PM_OK;
	}
	if ((rc = step(cursor, 0, err)) == PM_OK && cursor->more)
		cursor->number = number_at(cursor, cursor->i);
	return rc;
}
