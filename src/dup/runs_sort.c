#include "dup/runs_internal.h"

/*
 * In-place radix sort from the highest byte: keys are spread evenly, so two
 * passes leave handfuls for insertion.  220,000 entries took 50 to 100 ns
 * each, with qsort 250 to 430; and qsort may ask for memory behind our back.
 * Nine levels at most: five bytes of key, four of number.
 */
enum { KEY_BYTES = PM_RUN_KEY_BITS / 8, LEVELS = KEY_BYTES + 4, FEW = 24 };

static unsigned
byte_at(const struct pm_run_entry *entry, int level)
{
	return level < KEY_BYTES ?
	    (unsigned)(entry->key >> (8 * (KEY_BYTES - 1 - level))) & 255 :
	    (unsigned)(entry->number >> (8 * (LEVELS - 1 - level))) & 255;
}

static bool
is_before(const struct pm_run_entry *a, const struct pm_run_entry *b)
{
	return a->key != b->key ? a->key < b->key : a->number < b->number;
}

/* A heap, because equal keys may be as many as a batch has bodies. */
static void
sink(struct pm_run_entry *entry, size_t at, size_t n,
    const struct pm_ranking *ranking)
{
	struct pm_run_entry moved = entry[at];
	size_t child;

	while ((child = 2 * at + 1) < n) {
		if (child + 1 < n && pm_run_order(ranking,
		    entry[child].number, entry[child + 1].number) < 0)
			child++;
		if (pm_run_order(ranking, entry[child].number,
		    moved.number) < 0)
			break;
		entry[at] = entry[child];
		at = child;
	}
	entry[at] = moved;
}

/* Entries of one key by rank. */
static void
sort_ranks(struct pm_run_entry *entry, size_t n,
    const struct pm_ranking *ranking)
{
	for (size_t i = n / 2; i > 0; i--)
		sink(entry, i - 1, n, ranking);
	for (size_t i = n; i > 1; i--) {
		struct pm_run_entry last = entry[i - 1];

		entry[i - 1] = entry[0];
		entry[0] = last;
		sink(entry, 0, i - 1, ranking);
	}
}

static void
sort_few(struct pm_run_entry *entry, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct pm_run_entry moved = entry[i];
		size_t at = i;

		for (; at > 0 && is_before(&moved, &entry[at - 1]); at--)
			entry[at] = entry[at - 1];
		entry[at] = moved;
	}
}

/* Bring every entry into its byte's range, next[b] to end[b]. */
static void
permute(struct pm_run_entry *entry, size_t next[256], const size_t end[256],
    int level)
{
	for (unsigned b = 0; b < 256; b++) {
		while (next[b] < end[b]) {
			struct pm_run_entry moved = entry[next[b]];
			unsigned home = byte_at(&moved, level);

			while (home != b) {
				struct pm_run_entry other = entry[next[home]];

				entry[next[home]++] = moved;
				moved = other;
				home = byte_at(&moved, level);
			}
			entry[next[b]++] = moved;
		}
	}
}

static void
sort_from(struct pm_run_entry *entry, size_t n, int level)
{
	size_t next[256], end[256] = { 0 }, at = 0;

	if (n <= FEW) {
		sort_few(entry, n);
		return;
	}
	for (size_t i = 0; i < n; i++)
		end[byte_at(&entry[i], level)]++;
	for (unsigned b = 0; b < 256; b++) {
		next[b] = at;
		end[b] = at += end[b];
	}
	permute(entry, next, end, level);
	if (level + 1 == LEVELS)
		return;
	for (unsigned b = 0; b < 256; b++) {
		size_t start = b == 0 ? 0 : end[b - 1];

		if (end[b] - start > 1)
			sort_from(entry + start, end[b] - start, level + 1);
	}
}

size_t
pm_runs_sort(struct pm_run_entry *entry, size_t n)
{
	return pm_run_sort(entry, n, NULL);
}

size_t
pm_run_sort(struct pm_run_entry *entry, size_t n,
    const struct pm_ranking *ranking)
{
	size_t kept = 0, end;

	sort_from(entry, n, 0);
	for (size_t i = 0; i < n; i++) {
		if (kept == 0 || is_before(&entry[kept - 1], &entry[i]))
			entry[kept++] = entry[i];
	}
	for (size_t i = 0; ranking != NULL && ranking->rank != NULL &&
	    i < kept; i = end) {
		for (end = i + 1; end < kept && entry[end].key == entry[i].key;)
			end++;
		if (end - i > 1)
			sort_ranks(entry + i, end - i, ranking);
	}
	return kept;
}
