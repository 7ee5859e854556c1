/*
 * Texts that are to be cut out of literal bytes, wherever these stand.
 *
 * A text is found as it is, or as a codec of page/codec.h writes it.  A few
 * bytes say nothing: such a text is never found so.  Where it would be looked
 * for too long, nothing is.
 */
#include "archive/forget.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/list.h"
#include "base/mem.h"
#include "page/codec.h"

enum { NEEDLE_MIN = 12 };            /* bytes */
/* Bytes of literals times needles. */
#define WORK_MAX ((uint64_t)4 << 30)

/* What is still to be found of a teaser. */
struct wanted {
	bool title, snippet;
};

struct needle {
	struct pm_bytes bytes;
	size_t teaser;
	bool is_title;
};

struct pm_cutter {
	LIST(struct wanted) wanted;
	LIST(struct needle) needles;
	struct pm_arena arena;
	struct pm_buf cut, other;
	uint64_t work;
	bool sorted, too_much;
	bool begun, blanks;
};

int
pm_cutter_new(struct pm_cutter **out, struct pm_err *err)
{
	struct pm_cutter *cutter = pm_alloc_zero(sizeof *cutter, err);

	if (cutter == NULL)
		return PM_ENOMEM;
	pm_arena_init(&cutter->arena);
	*out = cutter;
	return PM_OK;
}

void
pm_cutter_free(struct pm_cutter *cutter)
{
	if (cutter == NULL)
		return;
	pm_free(cutter->wanted.p);
	pm_free(cutter->needles.p);
	pm_arena_clear(&cutter->arena);
	pm_buf_clear(&cutter->cut);
	pm_buf_clear(&cutter->other);
	pm_free(cutter);
}

void
pm_cutter_reset(struct pm_cutter *cutter)
{
	cutter->wanted.n = cutter->needles.n = 0;
	cutter->work = 0;
	cutter->sorted = cutter->too_much = false;
	cutter->begun = cutter->blanks = false;
	pm_arena_reset(&cutter->arena);
}

/* ---- what is looked for ---- */

static int
add_needle(struct pm_cutter *cutter, struct pm_bytes bytes, size_t teaser,
    bool is_title, struct pm_err *err)
{
	struct needle needle = { { 0 }, teaser, is_title };
	int rc;

	for (size_t i = cutter->needles.n; i > 0 &&
	    cutter->needles.p[i - 1].teaser == teaser &&
	    cutter->needles.p[i - 1].is_title == is_title; i--)
		if (pm_bytes_equal(cutter->needles.p[i - 1].bytes, bytes))
			return PM_OK;
	needle.bytes.p = pm_arena_copy(&cutter->arena, bytes.p, bytes.n, err);
	needle.bytes.n = bytes.n;
	if (needle.bytes.p == NULL)
		return PM_ENOMEM;
	if ((rc = LIST_ROOM(cutter->needles, err)) == PM_OK)
		cutter->needles.p[cutter->needles.n++] = needle;
	return rc;
}

/* A text as it is, and as each codec writes it. */
static int
add_needles(struct pm_cutter *cutter, struct pm_bytes text, size_t teaser,
    bool is_title, struct pm_err *err)
{
	int rc = PM_OK;

	if (text.n < NEEDLE_MIN)
		return PM_OK;
	for (int codec = 0; codec <= PM_CODEC_XML_QUOT && rc == PM_OK;
	    codec++) {
		if (!pm_codec_known(codec))
			continue;
		pm_buf_reset(&cutter->other);
		rc = pm_codec_write(&cutter->other, codec, text, err);
		if (rc == PM_OK)
			rc = add_needle(cutter, pm_buf_bytes(&cutter->other),
			    teaser, is_title, err);
	}
	return rc;
}

int
pm_cutter_add(struct pm_cutter *cutter, struct pm_bytes title,
    struct pm_bytes snippet, struct pm_err *err)
{
	size_t teaser = cutter->wanted.n;
	int rc = LIST_ROOM(cutter->wanted, err);

	if (rc != PM_OK)
		return rc;
	cutter->wanted.p[cutter->wanted.n++] = (struct wanted){ title.n > 0,
	    snippet.n > 0 };
	if (cutter->wanted.n > PM_CUTTER_MAX) {
		cutter->too_much = true;
		return PM_OK;
	}
	cutter->sorted = false;
	rc = add_needles(cutter, title, teaser, true, err);
	return rc == PM_OK ? add_needles(cutter, snippet, teaser, false,
	    err) : rc;
}

/* Longest first: a text may be the beginning of another. */
static int
compare_needles(const void *a, const void *b)
{
	const struct needle *x = a, *y = b;

	return (x->bytes.n < y->bytes.n) - (x->bytes.n > y->bytes.n);
}

/* ---- cutting ---- */

/*
 * A record that says how long it is: of a WARC; or of an ARC, whose first line
 * ends in that number, as the fifth word or a later one.  Where a text happens
 * to begin so, spaces do no harm.
 */
static bool
says_its_length(struct pm_bytes text)
{
	const uint8_t *end = text.n == 0 ? NULL : memchr(text.p, '\n',
	    text.n < 4096 ? text.n : 4096);
	size_t n = end == NULL ? 0 : (size_t)(end - text.p);
	size_t spaces = 0, digits = 0;

	if (text.n >= 5 && memcmp(text.p, "WARC/", 5) == 0)
		return true;
	for (size_t i = 0; i < n; i++)
		spaces += text.p[i] == ' ';
	while (digits < n && text.p[n - 1 - digits] >= '0' &&
	    text.p[n - 1 - digits] <= '9')
		digits++;
	return spaces >= 4 && digits > 0 && digits < n &&
	    text.p[n - 1 - digits] == ' ';
}

bool
pm_cutter_blanks(const struct pm_cutter *cutter)
{
	return cutter->blanks;
}

void
pm_cutter_found(struct pm_cutter *cutter, size_t teaser)
{
	cutter->wanted.p[teaser] = (struct wanted){ false, false };
}

bool
pm_cutter_is_done(const struct pm_cutter *cutter)
{
	for (size_t i = 0; i < cutter->wanted.n; i++)
		if (cutter->wanted.p[i].title || cutter->wanted.p[i].snippet)
			return false;
	return !cutter->too_much;
}

static int
append_spaces(struct pm_buf *out, size_t n, struct pm_err *err)
{
	int rc = pm_buf_reserve(out, n, err);

	if (rc == PM_OK) {
		memset(out->p + out->n, ' ', n);
		out->n += n;
	}
	return rc;
}

/* Without each copy of the needle: *text is in cutter->cut then. */
static int
cut_needle(struct pm_cutter *cutter, struct pm_bytes *text,
    const struct needle *needle, struct pm_err *err)
{
	const uint8_t *at = pm_bytes_find(*text, needle->bytes);
	struct pm_buf swap;
	int rc = PM_OK;

	if (at == NULL)
		return PM_OK;
	pm_buf_reset(&cutter->other);
	while (at != NULL && rc == PM_OK) {
		rc = pm_buf_append(&cutter->other, text->p,
		    (size_t)(at - text->p), err);
		if (rc == PM_OK && cutter->blanks)
			rc = append_spaces(&cutter->other, needle->bytes.n,
			    err);
		text->n -= (size_t)(at - text->p) + needle->bytes.n;
		text->p = at + needle->bytes.n;
		at = pm_bytes_find(*text, needle->bytes);
	}
	if (rc == PM_OK)
		rc = pm_buf_append(&cutter->other, text->p, text->n, err);
	swap = cutter->cut;
	cutter->cut = cutter->other;
	cutter->other = swap;
	*text = pm_buf_bytes(&cutter->cut);
	if (needle->is_title)
		cutter->wanted.p[needle->teaser].title = false;
	else
		cutter->wanted.p[needle->teaser].snippet = false;
	return rc;
}

int
pm_cutter_cut(struct pm_cutter *cutter, struct pm_bytes *literal,
    struct pm_err *err)
{
	int rc = PM_OK;

	if (!cutter->sorted && cutter->needles.n > 1)
		qsort(cutter->needles.p, cutter->needles.n,
		    sizeof *cutter->needles.p, compare_needles);
	cutter->sorted = true;
	if (!cutter->begun)
		cutter->blanks = says_its_length(*literal);
	cutter->begun = true;
	cutter->work += (uint64_t)literal->n * cutter->needles.n;
	if (cutter->work > WORK_MAX)
		cutter->too_much = true;
	for (size_t i = 0; i < cutter->needles.n && rc == PM_OK &&
	    !cutter->too_much; i++)
		rc = cut_needle(cutter, literal, &cutter->needles.p[i], err);
	return rc;
}
