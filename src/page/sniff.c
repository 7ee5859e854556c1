/*
 * How a capture is to be read: by how it begins, else by its name.
 */
#include "page/page_internal.h"

enum { JSON_STRING_MAX = 4096, COMMENT_MAX = 64 << 10 };

static const char why_document[] =
    "document of another program: no reader for it in this version";
static const char why_source[] = "source code or a log, by its name";
static const char why_image[] = "an image";
static const char why_container[] = "a container that was not opened";
static const char why_xml[] = "XML that is no feed";

/* By the name alone; the letters are lower case.  reason NULL: the reader
 * decides. */
static const struct {
	const char *extension;
	struct pm_page_looks looks;
} by_name[] = {
	{ "html", { PM_READER_HTML, NULL } },
	{ "htm", { PM_READER_HTML, NULL } },
	{ "xhtml", { PM_READER_HTML, NULL } },
	{ "shtml", { PM_READER_HTML, NULL } },
	{ "mhtml", { PM_READER_OPAQUE, why_document } },
	{ "xml", { PM_READER_FEED, NULL } }, { "rss", { PM_READER_FEED, NULL } },
	{ "atom", { PM_READER_FEED, NULL } }, { "rdf", { PM_READER_FEED, NULL } },
	{ "svg", { PM_READER_OPAQUE, why_image } },
	{ "json", { PM_READER_JSON, NULL } },
	{ "jsonl", { PM_READER_JSON, NULL } },
	{ "ndjson", { PM_READER_JSON, NULL } },
	{ "csv", { PM_READER_CSV, NULL } }, { "tsv", { PM_READER_TSV, NULL } },
	{ "pdf", { PM_READER_OPAQUE, why_document } },
	{ "rtf", { PM_READER_OPAQUE, why_document } },
	{ "css", { PM_READER_OPAQUE, why_source } },
	{ "js", { PM_READER_OPAQUE, why_source } },
	{ "py", { PM_READER_OPAQUE, why_source } },
	{ "sql", { PM_READER_OPAQUE, why_source } },
	{ "yml", { PM_READER_OPAQUE, why_source } },
	{ "yaml", { PM_READER_OPAQUE, why_source } },
	{ "log", { PM_READER_OPAQUE, why_source } }
};

/* What is no text, whatever else its bytes may look like. */
static const struct {
	const char *magic;
	size_t n;
	const char *reason;
} by_magic[] = {
	{ "\x89PNG\r\n", 6, why_image }, { "\xff\xd8\xff", 3, why_image },
	{ "GIF87a", 6, why_image }, { "GIF89a", 6, why_image },
	{ "II*\0", 4, why_image }, { "MM\0*", 4, why_image },
	{ "\0\0\1\0", 4, why_image },
	{ "RIFF", 4, "image or sound" }, { "OggS", 4, "sound or film" },
	{ "\x1a\x45\xdf\xa3", 4, "sound or film" },
	{ "wOFF", 4, "a font" }, { "wOF2", 4, "a font" },
	{ "PK\3\4", 4, why_container }, { "\x1f\x8b\x08", 3, why_container },
	{ "\x28\xb5\x2f\xfd", 4, why_container },
	{ "\xfd""7zXZ", 5, why_container }, { "7z\xbc\xaf", 4, why_container },
	{ "\xd0\xcf\x11\xe0\xa1\xb1", 6, why_document },
	{ "\x7f""ELF", 4, "a program" }, { "SQLite format 3", 16, "a database" }
};

/* By how the text begins, in any case; "<x" must not go on with a letter. */
static const struct {
	const char *begins;
	struct pm_page_looks looks;
} by_text[] = {
	{ "<!doctype html", { PM_READER_HTML, NULL } },
	{ "<!doctype rss", { PM_READER_FEED, NULL } },
	{ "<!doctype", { PM_READER_HTML, NULL } },
	{ "<html", { PM_READER_HTML, NULL } },
	{ "<head", { PM_READER_HTML, NULL } },
	{ "<body", { PM_READER_HTML, NULL } },
	{ "<meta", { PM_READER_HTML, NULL } },
	{ "<title", { PM_READER_HTML, NULL } },
	{ "<rss", { PM_READER_FEED, NULL } },
	{ "<feed", { PM_READER_FEED, NULL } },
	{ "<rdf:rdf", { PM_READER_FEED, NULL } },
	{ "<urlset", { PM_READER_OPAQUE, why_xml } },
	{ "<sitemapindex", { PM_READER_OPAQUE, why_xml } },
	{ "<svg", { PM_READER_OPAQUE, why_image } },
	{ "<tei", { PM_READER_OPAQUE, why_xml } },
	{ "<doc", { PM_READER_OPAQUE, why_xml } },
	{ "warc/", { PM_READER_WARC, NULL } },
	{ "%pdf-", { PM_READER_OPAQUE, why_document } },
	{ "{\\rtf", { PM_READER_OPAQUE, why_document } }
};

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

static bool
begins_with(struct pm_bytes s, const char *begins)
{
	size_t n = strlen(begins);

	if (s.n < n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (lower(s.p[i]) != (uint8_t)begins[i])
			return false;
	return begins[0] != '<' || s.n == n ||
	    !(lower(s.p[n]) >= 'a' && lower(s.p[n]) <= 'z');
}

static bool
looks_by_name(struct pm_page_looks *out, struct pm_bytes path)
{
	size_t dot = path.n;

	while (dot > 0 && path.p[dot - 1] != '.' && path.p[dot - 1] != '/')
		dot--;
	if (dot == 0 || path.p[dot - 1] != '.')
		return false;
	path.p += dot;
	path.n -= dot;
	for (size_t i = 0; i < sizeof by_name / sizeof *by_name; i++)
		if (path.n == strlen(by_name[i].extension) &&
		    begins_with(path, by_name[i].extension)) {
			*out = by_name[i].looks;
			return true;
		}
	return false;
}

static void
skip_space(struct pm_bytes *s)
{
	while (s->n > 0 && (*s->p == ' ' || (*s->p >= '\t' && *s->p <= '\r'))) {
		s->p++;
		s->n--;
	}
}

/* Past a JSON string; false when there is none. */
static bool
skip_json_string(struct pm_bytes *s)
{
	size_t i = 1;

	if (s->n < 2 || s->p[0] != '"')
		return false;
	while (i < s->n && i < JSON_STRING_MAX && s->p[i] != '"' &&
	    s->p[i] >= ' ')
		i += s->p[i] == '\\' ? 2 : 1;
	/* A very long string says enough: prose has no such quotation. */
	if (i >= s->n || (s->p[i] != '"' && i < JSON_STRING_MAX))
		return false;
	s->p += i + 1;
	s->n -= i + 1;
	return true;
}

/* {"key": ... or [{"key": ... or ["text", ...; "[Photo] ..." is prose. */
static bool
is_json(struct pm_bytes s)
{
	bool array = s.n > 0 && s.p[0] == '[';

	if (s.n == 0 || (s.p[0] != '{' && s.p[0] != '['))
		return false;
	s.p++;
	s.n--;
	skip_space(&s);
	if (array && s.n > 0 && s.p[0] == '{') {
		array = false;
		s.p++;
		s.n--;
		skip_space(&s);
	}
	if (!skip_json_string(&s))
		return false;
	skip_space(&s);
	if (s.n == 0)
		return false;
	if (!array)
		return s.p[0] == ':';
	if (s.p[0] == ',')
		return true;
	if (s.p[0] != ']')
		return false;
	s.p++;
	s.n--;
	skip_space(&s);
	return s.n == 0;
}

/* Comments may stand before the first tag. */
static void
skip_comments(struct pm_bytes *s)
{
	while (begins_with(*s, "<!--")) {
		size_t i = 4;

		while (i + 3 <= s->n && i < COMMENT_MAX &&
		    memcmp(s->p + i, "-->", 3) != 0)
			i++;
		if (i + 3 > s->n || i >= COMMENT_MAX)
			return;
		s->p += i + 3;
		s->n -= i + 3;
		skip_space(s);
	}
}

/* "<?xml ...?>", then a document type, then what the root is called. */
static void
skip_declarations(struct pm_bytes *s)
{
	const uint8_t *end;

	while (s->n > 2 && s->p[0] == '<' && s->p[1] == '?' &&
	    (end = memchr(s->p, '>', s->n)) != NULL) {
		s->n -= (size_t)(end + 1 - s->p);
		s->p = end + 1;
		skip_space(s);
		skip_comments(s);
	}
}

static bool
looks_by_text(struct pm_page_looks *out, struct pm_bytes s)
{
	bool xml;

	if (s.n >= 3 && memcmp(s.p, "\xef\xbb\xbf", 3) == 0) {
		s.p += 3;
		s.n -= 3;
	}
	skip_space(&s);
	skip_comments(&s);
	if (s.n == 0 || strchr("<wW%{[", s.p[0]) == NULL)
		return false;
	xml = begins_with(s, "<?xml");
	skip_declarations(&s);
	for (size_t i = 0; i < sizeof by_text / sizeof *by_text; i++)
		if (begins_with(s, by_text[i].begins)) {
			*out = by_text[i].looks;
			return true;
		}
	if (!xml && !is_json(s))
		return false;
	*out = xml ? (struct pm_page_looks){ PM_READER_OPAQUE, why_xml } :
	    (struct pm_page_looks){ PM_READER_JSON, NULL };
	return true;
}

struct pm_page_looks
pm_page_looks(struct pm_bytes capture, struct pm_bytes path)
{
	struct pm_page_looks looks = { PM_READER_TEXT, NULL };

	for (size_t i = 0; i < sizeof by_magic / sizeof *by_magic; i++)
		if (capture.n >= by_magic[i].n && memcmp(capture.p,
		    by_magic[i].magic, by_magic[i].n) == 0)
			return (struct pm_page_looks){ PM_READER_OPAQUE,
			    by_magic[i].reason };
	if (!looks_by_text(&looks, capture))
		(void)looks_by_name(&looks, path);
	return looks;
}
