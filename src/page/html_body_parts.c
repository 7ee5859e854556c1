/*
 * Where the body's lines stand in the bytes of the page, so that they are
 * stored once.
 *
 * One pass forward: a line is looked for behind the one before, from its
 * first bytes; where it goes on differently (a tag, a reference, an other
 * white space) the rest of it is looked for a little further on.  How far is
 * looked, and how often in vain, is bounded.
 */
#include "page/html_internal.h"

#include "base/list.h"

enum {
	STRETCH_MIN = 48,            /* of a line; a part costs bytes too */
	LINE_MIN = 24,               /* of a whole one */
	KEY = 24,                    /* bytes that are looked for */
	FAR = 1 << 20, NEAR = 1 << 12, CLOSE = 1 << 14,
	TRIES = 16, FAR_TRIES = 2,   /* within one line */
	PLACES = 4,
	PASSES = 8                   /* bytes looked at, in pages */
};

struct parts {
	struct pm_bytes text, body;
	size_t at;                   /* in text; all before is done */
	size_t looked;
	LIST(struct pm_page_part) part;
	struct pm_err *err;
};

/* From `at` on; text.n: it is not there. */
static size_t
find_near(struct parts *p, size_t at, size_t from, size_t n, size_t far)
{
	size_t end = p->text.n - at < far ? p->text.n : at + far;
	struct pm_bytes in = { p->text.p, end };
	size_t found;

	if (p->looked > p->text.n * PASSES)
		return p->text.n;
	found = pm_html_find(in, at, p->body.p + from, n < KEY ? n : KEY);
	p->looked += found - at;
	return found == end ? p->text.n : found;
}

/* A line may stand in scripts and in lists too: where the line behind it is
 * near, it is the body. */
static size_t
find_far(struct parts *p, size_t from, size_t n, size_t next)
{
	size_t at = p->at;

	for (int i = 0; i < PLACES; i++) {
		at = find_near(p, at, from, n, FAR);
		if (at == p->text.n || next + KEY > p->body.n || find_near(p,
		    at + 1, next, KEY, CLOSE) != p->text.n)
			return at;
		at++;
	}
	return p->text.n;
}

static int
add_part(struct parts *p, size_t at, size_t from, size_t n)
{
	if (LIST_ROOM(p->part, p->err) != PM_OK)
		return PM_ENOMEM;
	p->part.p[p->part.n++] = (struct pm_page_part){ .kind = PM_PART_BODY,
	    .at = at, .n = n, .from = from, .text_n = n };
	p->at = at + n;
	return PM_OK;
}

static size_t
common(const struct parts *p, size_t at, size_t from, size_t end)
{
	size_t n = 0;

	while (from + n < end && at + n < p->text.n &&
	    p->body.p[from + n] == p->text.p[at + n])
		n++;
	/* Parts are characters. */
	while (n > 0 && from + n < end && (p->body.p[from + n] & 0xc0) == 0x80)
		n--;
	return n;
}

static size_t
next_word(const struct parts *p, size_t from, size_t end)
{
	while (from < end && p->body.p[from] != ' ')
		from++;
	return from < end ? from + 1 : end;
}

static int
find_line(struct parts *p, size_t from, size_t end)
{
	const size_t start = from;

	for (int i = 0; i < TRIES && end - from >= LINE_MIN; i++) {
		size_t at = find_near(p, p->at, from, end - from, NEAR);
		size_t n;

		if (at == p->text.n && i < FAR_TRIES)
			at = find_far(p, from, end - from, end + 1);
		n = at == p->text.n ? 0 : common(p, at, from, end);
		if (n >= STRETCH_MIN || (n == end - start && n >= LINE_MIN)) {
			if (add_part(p, at, from, n) != PM_OK)
				return PM_ENOMEM;
			from += n;
		} else {
			from = next_word(p, from + (n > 0 ? n : 1), end);
		}
	}
	return PM_OK;
}

int
pm_html_body_parts(struct pm_page *page, struct pm_arena *arena,
    struct pm_bytes text, struct pm_err *err)
{
	struct parts p = { .text = text, .body = page->body, .err = err };
	int rc = PM_OK;

	/* The head says some of it too, and less of it. */
	if ((p.at = pm_html_find(text, 0, "<body", 5)) == text.n)
		p.at = 0;
	for (size_t from = 0; from < page->body.n && rc == PM_OK; ) {
		const uint8_t *end = memchr(page->body.p + from, '\n',
		    page->body.n - from);
		size_t to = end == NULL ? page->body.n :
		    (size_t)(end - page->body.p);

		rc = find_line(&p, from, to);
		from = to + 1;
	}
	if (rc == PM_OK && p.part.n > 0) {
		page->part = pm_arena_copy(arena, p.part.p,
		    p.part.n * sizeof *page->part, err);
		page->part_n = p.part.n;
		rc = page->part == NULL ? PM_ENOMEM : PM_OK;
	}
	pm_free(p.part.p);
	return rc;
}
