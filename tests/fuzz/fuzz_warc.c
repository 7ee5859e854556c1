/*
 * fuzz_warc.c - a WARC or ARC file cut into records, each read as a page; or
 * a compressed one unpacked.
 *
 * The first byte chooses the kind of file, the second the steps; the rest is
 * the file.  Joined, the records are the file, and the steps do not matter;
 * what a page says lies in its record.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "intake/split.h"
#include "intake/unpack.h"
#include "page/page.h"

enum { RECORDS_MAX = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static struct pm_arena arena;

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static unsigned
sum(struct pm_bytes bytes)
{
	unsigned all = 0;

	for (size_t i = 0; i < bytes.n; i++)
		all += bytes.p[i];
	return all;
}

static void
read_page(struct pm_bytes record, enum pm_reader reader)
{
	struct pm_page_input in = { .capture = record, .reader = reader };
	struct pm_page page;
	struct pm_err err;
	size_t at = 0, bad;

	pm_arena_reset(&arena);
	must(pm_page_parse(&page, &arena, &in, &err) == PM_OK);
	must(page.kind != PM_PAGE_OPAQUE || page.reason != NULL);
	must(page.url.n == 0 || pm_utf8_valid(page.url, &bad));
	must(page.body.n == 0 || pm_utf8_valid(page.body, &bad));
	(void)sum(page.payload_digest);
	for (size_t i = 0; i < page.note_n; i++)
		must(strlen(page.note[i].why) < 1000);
	for (size_t i = 0; i < page.part_n; i++) {
		const struct pm_page_part *part = &page.part[i];

		must(part->at >= at && part->at <= record.n &&
		    part->n <= record.n - part->at);
		at = part->at + part->n;
		if (part->kind == PM_PART_BODY && part->codec == 0)
			must(part->from + part->n <= page.body.n &&
			    memcmp(page.body.p + part->from, record.p +
			    part->at, part->n) == 0);
	}
}

/* Sizes of the records. */
static size_t
cut(size_t *size, struct pm_bytes file, enum pm_reader reader, bool known,
    size_t step)
{
	struct pm_split split;
	struct pm_err err;
	size_t at = 0, begin = 0, count = 0, ask = step;

	pm_split_init(&split);
	must(pm_split_begin(&split, reader, file, false,
	    known ? (int64_t)file.n : -1, (struct pm_bytes){ 0 }, NULL,
	    &err) == PM_OK);
	while (at < file.n) {
		size_t n = file.n - at < ask ? file.n - at : ask, used;
		bool ended;

		must(pm_split_step(&used, &ended, &split, file.p + at, n,
		    at + n == file.n, &err) == PM_OK);
		must(used <= n);
		must(used > 0 || ended || (at + n < file.n &&
		    n < PM_SPLIT_AHEAD_BYTES));
		ask = used == 0 && !ended ? ask + 1 : step;
		at += used;
		if (!ended)
			continue;
		must(at > begin && count < RECORDS_MAX);
		size[count++] = at - begin;
		begin = at;
	}
	must(begin == file.n);
	pm_split_clear(&split);
	return count;
}

static void
cut_and_read(struct pm_bytes file, enum pm_reader reader, bool known,
    size_t step)
{
	static size_t whole[RECORDS_MAX], dealt[RECORDS_MAX];
	size_t n, at = 0;

	if (file.n > 4 * RECORDS_MAX)
		file.n = 4 * RECORDS_MAX;
	n = cut(whole, file, reader, known, file.n);
	must(cut(dealt, file, reader, known, step) == n);
	must(memcmp(whole, dealt, n * sizeof *whole) == 0);
	for (size_t i = 0; i < n; i++) {
		read_page((struct pm_bytes){ file.p + at, whole[i] }, reader);
		at += whole[i];
	}
}

struct feed {
	struct pm_bytes left;
	size_t step;
};

static int
pull(void *context, const uint8_t **p, size_t *n, struct pm_err *err)
{
	struct feed *feed = context;

	(void)err;
	*p = feed->left.p;
	*n = feed->left.n < feed->step ? feed->left.n : feed->step;
	feed->left.p += *n;
	feed->left.n -= *n;
	return PM_OK;
}

static void
unpack(struct pm_bytes file, enum pm_format format, size_t step)
{
	struct feed feed = { file, step };
	struct pm_unpack *unpack;
	struct pm_err err;
	const uint8_t *p;
	size_t n = 1, all = 0;

	must(pm_unpack_open(&unpack, format, pull, &feed, &err) == PM_OK);
	while (n > 0 && all < 8 << 20) {
		int rc = pm_unpack_read(unpack, &p, &n, &err);

		if (rc == PM_EINPUT) {
			n = 1;
			continue;
		}
		/* A window that is too large is no memory here. */
		if (rc != PM_OK)
			break;
		(void)sum((struct pm_bytes){ p, n });
		all += n;
	}
	pm_unpack_close(unpack);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct pm_bytes file;
	size_t step;

	if (n < 3)
		return 0;
	file = (struct pm_bytes){ p + 2, n - 2 };
	step = 1 + p[1] % 40;
	switch (p[0] % 6) {
	case 0:
	case 1:
		cut_and_read(file, PM_READER_WARC, p[0] % 6 == 1, step);
		break;
	case 2:
	case 3:
		cut_and_read(file, PM_READER_ARC, p[0] % 6 == 3, step);
		break;
	case 4:
		unpack(file, PM_FORMAT_GZIP, 8 + step * step);
		break;
	default:
		unpack(file, PM_FORMAT_ZSTD, 8 + step * step);
	}
	return 0;
}
