/*
 * Which reader takes a capture, and what readers share.
 */
#include <stdarg.h>
#include <stdio.h>

#include "page/page_internal.h"

void
pm_page_note(struct pm_page *page, const char *what, const char *why)
{
	if (page->note_n < PM_PAGE_NOTES_MAX)
		page->note[page->note_n++] = (struct pm_page_note){ what,
		    why };
}

void
pm_page_notef(struct pm_page *page, struct pm_arena *arena, const char *what,
    const char *fmt, ...)
{
	struct pm_err ignored;
	char text[256];
	const char *kept;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	kept = pm_arena_copy(arena, text, strlen(text) + 1, &ignored);
	if (kept != NULL)
		pm_page_note(page, what, kept);
}

void
pm_page_add_date(struct pm_page *page, const struct pm_time_text *when,
    enum pm_page_date_source source, const char *from)
{
	size_t i = page->date_n;

	if (i == PM_PAGE_DATES_MAX &&
	    page->date[i - 1].source <= source)
		return;
	if (i < PM_PAGE_DATES_MAX)
		page->date_n++;
	else
		i--;
	for (; i > 0 && page->date[i - 1].source > source; i--)
		page->date[i] = page->date[i - 1];
	page->date[i] = (struct pm_page_date){ *when, source, from };
}

static struct pm_bytes
trimmed(struct pm_bytes s)
{
	while (s.n > 0 && s.p[0] <= ' ') {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && s.p[s.n - 1] <= ' ')
		s.n--;
	return s;
}

static bool
equal_but_for_case(struct pm_bytes a, struct pm_bytes b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++) {
		uint8_t x = a.p[i], y = b.p[i];

		if (x >= 'A' && x <= 'Z')
			x = (uint8_t)(x + 32);
		if (y >= 'A' && y <= 'Z')
			y = (uint8_t)(y + 32);
		if (x != y)
			return false;
	}
	return true;
}

void
pm_page_add_tag(struct pm_page *page, struct pm_bytes tag)
{
	tag = trimmed(tag);
	if (tag.n == 0 || tag.n > PM_PAGE_TAG_BYTES_MAX ||
	    page->tag_n == PM_PAGE_OWN_TAGS_MAX)
		return;
	for (size_t i = 0; i < page->tag_n; i++)
		if (equal_but_for_case(page->tag[i], tag))
			return;
	page->tag[page->tag_n++] = tag;
}

/* NULL: there is a reader for what was asked for, or it is to be found. */
static const char *
no_reader(enum pm_reader reader)
{
	switch (reader) {
	case PM_READER_HTML:
		return "HTML: no reader for it in this version";
	case PM_READER_JSON:
		return "JSON records: no reader for them in this version";
	case PM_READER_CSV:
	case PM_READER_TSV:
		return "table of records: no reader for it in this version";
	case PM_READER_FEED:
		return "XML: no reader for it in this version";
	case PM_READER_OPAQUE:
		return "not looked at, as was asked for";
	default:
		return NULL;
	}
}

int
pm_page_parse(struct pm_page *out, struct pm_arena *arena,
    const struct pm_page_input *in, struct pm_err *err)
{
	*out = (struct pm_page){ .kind = PM_PAGE_OPAQUE, .url = in->url };
	if (in->reader == PM_READER_WARC || in->reader == PM_READER_ARC)
		return pm_page_read_warc(out, arena, in, err);
	if ((out->reason = no_reader(in->reader)) != NULL ||
	    (out->reason = pm_page_sniff(in->capture, in->path)) != NULL)
		return PM_OK;
	return pm_page_read_text(out, arena, in, err);
}
