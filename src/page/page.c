/*
 * Which reader takes a capture, and what readers share.
 */
#include <stdarg.h>
#include <stdio.h>

#include "base/utf8.h"
#include "page/page_internal.h"
#include "text/encoding.h"

enum { CONTROL_SHARE = 1000 };

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

/* ---- which reader ---- */

struct parse {
	struct pm_page *page;
	struct pm_arena *arena;
	struct pm_page_input in;
	struct pm_err *err;
	struct pm_encoding encoding;
	struct pm_bytes text;        /* of the capture, as UTF-8 */
};

static void
opaque(struct parse *parse, const char *reason)
{
	parse->page->kind = PM_PAGE_OPAQUE;
	parse->page->reason = reason;
}

static bool
is_markup(enum pm_reader reader)
{
	return reader == PM_READER_HTML || reader == PM_READER_FEED;
}

/* A copy in the arena, which the readers' values may point into. */
static int
decode(struct parse *parse)
{
	struct pm_buf text;
	uint64_t bad = 0;
	int rc;

	pm_buf_init(&text);
	rc = pm_encoding_decode(&text, &bad, &parse->encoding,
	    parse->in.capture, parse->err);
	if (rc == PM_OK) {
		parse->text.n = text.n;
		parse->text.p = pm_arena_copy(parse->arena, text.p, text.n,
		    parse->err);
		rc = parse->text.p == NULL ? PM_ENOMEM : PM_OK;
	}
	pm_buf_clear(&text);
	if (rc == PM_OK && bad > 0)
		pm_page_notef(parse->page, parse->arena, "encoding",
		    "%llu places have no meaning in %s",
		    (unsigned long long)bad, parse->encoding.name);
	return rc;
}

static const char *
source_of(const struct pm_encoding *encoding)
{
	switch (encoding->source) {
	case PM_ENCODING_BOM:
		return "it begins with the mark of";
	case PM_ENCODING_VALID:
		return "its bytes are valid";
	case PM_ENCODING_DECLARED:
		return "it is declared as";
	case PM_ENCODING_DETECTED:
		break;
	}
	return "its bytes look like";
}

/* A stray form of control in many kilobytes, as text from a PDF has it. */
static bool
is_mostly_text(struct pm_bytes capture)
{
	size_t controls = 0, bad;

	if (memchr(capture.p, 0, capture.n) != NULL)
		return false;
	for (size_t i = 0; i < capture.n; i++)
		controls += capture.p[i] == 0x7f || (capture.p[i] < ' ' &&
		    (capture.p[i] < '\t' || capture.p[i] > '\r'));
	return controls <= capture.n / CONTROL_SHARE &&
	    pm_utf8_valid(capture, &bad);
}

/* The text in UTF-8.  PM_END: it is none. */
static int
find_text(struct parse *parse, enum pm_reader reader)
{
	struct pm_bytes capture = parse->in.capture;
	struct pm_bytes declared = parse->in.charset;
	char *name;
	enum pm_page_plain plain = pm_page_plain(capture);
	int rc = PM_OK;

	parse->text = capture;
	parse->page->encoding = "UTF-8";
	if (plain == PM_PAGE_PLAIN ||
	    (plain == PM_PAGE_BINARY && is_mostly_text(capture)))
		return PM_OK;
	if (declared.n == 0 && is_markup(reader))
		declared = pm_encoding_declared(capture);
	if (!pm_encoding_find(&parse->encoding, capture, declared))
		return PM_END;
	/* Markup is forgiving; in plain text control characters are no text's,
	 * but where they are a part of the encoding. */
	if (plain == PM_PAGE_BINARY && !is_markup(reader) &&
	    strncmp(parse->encoding.name, "UTF-16", 6) != 0 &&
	    strncmp(parse->encoding.name, "UTF-32", 6) != 0 &&
	    strncmp(parse->encoding.name, "ISO-2022", 8) != 0)
		return PM_END;
	if (!parse->encoding.utf8)
		rc = decode(parse);
	if (rc != PM_OK)
		return rc;
	name = pm_arena_copy(parse->arena, parse->encoding.name,
	    strlen(parse->encoding.name) + 1, parse->err);
	if (name == NULL)
		return PM_ENOMEM;
	parse->page->encoding = name;
	pm_page_notef(parse->page, parse->arena, "encoding", "%s %s",
	    source_of(&parse->encoding), name);
	return !is_markup(reader) && pm_page_plain(parse->text) ==
	    PM_PAGE_BINARY ? PM_END : PM_OK;
}

/* Values are of the text; where that is not the capture, there is no part. */
static int
read_text(struct parse *parse)
{
	struct pm_page_input in = parse->in;
	int rc;

	in.capture = parse->text;
	rc = pm_page_read_text(parse->page, parse->arena, &in, parse->err);
	if (parse->text.p != parse->in.capture.p)
		parse->page->part_n = 0;
	return rc;
}

static int
read_with(struct parse *parse, enum pm_reader reader)
{
	struct pm_page *page = parse->page;
	struct pm_arena *arena = parse->arena;
	const struct pm_page_input *in = &parse->in;

	switch (reader) {
	case PM_READER_HTML:
		return pm_page_read_html(page, arena, in, parse->text,
		    parse->err);
	case PM_READER_JSON:
		return pm_page_read_json(page, arena, in, parse->text,
		    parse->err);
	case PM_READER_CSV:
	case PM_READER_TSV:
		return pm_page_read_csv(page, arena, in, parse->text,
		    parse->err);
	case PM_READER_FEED:
		return pm_page_read_feed(page, arena, in, parse->text,
		    parse->err);
	case PM_READER_WARC:
	case PM_READER_ARC:
	case PM_READER_OPAQUE:
	case PM_READER_AUTO:
	case PM_READER_TEXT:
		break;
	}
	return read_text(parse);
}

static bool
is_blank(struct pm_bytes text)
{
	return pm_page_trim(text, 0, text.n).n == 0;
}

int
pm_page_parse(struct pm_page *out, struct pm_arena *arena,
    const struct pm_page_input *in, struct pm_err *err)
{
	struct parse parse = { .page = out, .arena = arena, .in = *in,
	    .err = err };
	struct pm_page_looks looks = { in->reader, NULL };
	int rc;

	*out = (struct pm_page){ .kind = PM_PAGE_OPAQUE, .url = in->url };
	if (in->capture.n == 0 || in->capture.n > PM_PAGE_BYTES_MAX) {
		opaque(&parse, in->capture.n == 0 ? "empty" :
		    "larger than 64 MiB");
		return PM_OK;
	}
	if (looks.reader == PM_READER_AUTO)
		looks = pm_page_looks(in->capture, in->path);
	if (looks.reader == PM_READER_OPAQUE) {
		opaque(&parse, looks.reason != NULL ? looks.reason :
		    "not to be looked at");
		return PM_OK;
	}
	parse.in.reader = looks.reader;
	out->markup = looks.reader == PM_READER_HTML;
	if (looks.reader == PM_READER_WARC || looks.reader == PM_READER_ARC)
		return pm_page_read_warc(out, arena, &parse.in, err);
	if ((rc = find_text(&parse, looks.reader)) == PM_END) {
		out->encoding = NULL;
		opaque(&parse, "binary");
		return PM_OK;
	}
	if (rc == PM_OK && is_blank(parse.text)) {
		opaque(&parse, "empty");
		return PM_OK;
	}
	return rc == PM_OK ? read_with(&parse, looks.reader) : rc;
}
