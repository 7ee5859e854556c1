/*
 * fuzz_split.c - a file cut into records, in steps of two kinds.
 *
 * The first byte chooses the reader and the name, the second the steps; the
 * rest is the file.  Joined, the records are the file; none is empty; ordinals
 * go up by one from 0 or 1; and the steps do not matter.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "intake/split.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static bool
is_listing(struct pm_bytes head)
{
	return head.n % 2 == 0;
}

static size_t
wrapped(struct pm_bytes head)
{
	return head.n % 3 == 0 ? head.n / 3 : 0;
}

static const struct pm_split_asks asks = { is_listing, wrapped };

static bool
begin(struct pm_split *split, uint8_t choice, struct pm_bytes file)
{
	static const char *const path[] = { "a", "a.csv", "a.tsv", "a.jsonl" };
	/* A small head: decisions are made on part of the file. */
	struct pm_bytes head = { file.p, file.n < 4096 ? file.n : 4096 };
	struct pm_err err;

	pm_split_init(split);
	must(pm_split_begin(split, (enum pm_reader)((choice >> 2) %
	    (PM_READER_OPAQUE + 1)), head, head.n == file.n, -1,
	    pm_bytes_of(path[choice & 3]), &asks, &err) == PM_OK);
	return split->kind != PM_SPLIT_NONE;
}

/* One step of at most n bytes; more if it asks for more. */
static size_t
step(bool *ended, struct pm_split *split, struct pm_bytes file, size_t n)
{
	struct pm_err err;
	size_t used = 0;

	for (;;) {
		if (n > file.n)
			n = file.n;
		must(pm_split_step(&used, ended, split, file.p, n,
		    n == file.n, &err) == PM_OK);
		must(used <= n);
		if (used > 0 || *ended)
			return used;
		must(n < file.n && n < PM_SPLIT_AHEAD_BYTES);
		n = n * 2 + 1;
	}
}

/* Behind the record that begins at `at`. */
static size_t
record_end(struct pm_split *split, struct pm_bytes file, size_t at,
    size_t step_bytes)
{
	bool ended = false;

	while (!ended) {
		struct pm_bytes rest = { file.p + at, file.n - at };

		at += step(&ended, split, rest, step_bytes);
		must(at < file.n || ended);
	}
	return at;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct pm_split a, b;
	struct pm_bytes file;
	uint64_t ordinal;
	size_t at = 0;

	if (n < 3)
		return 0;
	file = (struct pm_bytes){ p + 2, n - 2 };
	must(begin(&a, p[0], file) == begin(&b, p[0], file));
	ordinal = a.ordinal;
	must(ordinal <= 1);
	while (a.kind != PM_SPLIT_NONE && at < file.n) {
		size_t end = record_end(&a, file, at, file.n);

		must(record_end(&b, file, at, 1 + (p[1] % 100)) == end);
		must(a.ordinal == ordinal && b.ordinal == ordinal);
		must((a.complaint == NULL) == (b.complaint == NULL));
		must(end > at);
		a.complaint = b.complaint = NULL;
		ordinal++;
		at = end;
	}
	pm_split_clear(&a);
	pm_split_clear(&b);
	return 0;
}
