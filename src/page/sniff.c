#include "page/page_internal.h"

enum { JSON_STRING_MAX = 4096, COMMENT_MAX = 64 << 10 };

static const char why_html[] = "HTML: no reader for it in this version";
static const char why_xml[] = "XML: no reader for it in this version";
static const char why_json[] =
    "JSON records: no reader for them in this version";
static const char why_warc[] =
    "WARC records: no reader for them in this version";
static const char why_table[] =
    "table of records: no reader for it in this version";
static const char why_document[] =
    "document of another program: no reader for it in this version";
static const char why_source[] = "source code or a log, by its name";

/* By the name alone; the letters are lower case. */
static const struct {
	const char *extension;
	const char *reason;
} by_name[] = {
	{ "html", why_html }, { "htm", why_html }, { "xhtml", why_html },
	{ "xml", why_xml }, { "rss", why_xml }, { "atom", why_xml },
	{ "svg", why_xml },
	{ "json", why_json }, { "jsonl", why_json }, { "ndjson", why_json },
	{ "warc", why_warc }, { "wet", why_warc }, { "wat", why_warc },
	{ "arc", why_warc },
	{ "csv", why_table }, { "tsv", why_table },
	{ "pdf", why_document }, { "rtf", why_document },
	{ "css", why_source }, { "js", why_source }, { "py", why_source },
	{ "sql", why_source }, { "yml", why_source }, { "yaml", why_source },
	{ "log", why_source }
};

/* By how the text begins, in any case; "<x" must not go on with a letter. */
static const struct {
	const char *begins;
	const char *reason;
} by_text[] = {
	{ "<!doctype", why_html }, { "<html", why_html },
	{ "<head", why_html }, { "<body", why_html },
	{ "<?xml", why_xml }, { "<rss", why_xml }, { "<feed", why_xml },
	{ "<rdf:rdf", why_xml }, { "<urlset", why_xml },
	{ "<sitemapindex", why_xml }, { "<svg", why_xml },
	{ "<tei", why_xml }, { "<doc", why_xml },
	{ "warc/", why_warc },
	{ "%pdf-", why_document }, { "{\\rtf", why_document }
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

static const char *
sniff_name(struct pm_bytes path)
{
	size_t dot = path.n;

	while (dot > 0 && path.p[dot - 1] != '.' && path.p[dot - 1] != '/')
		dot--;
	if (dot == 0 || path.p[dot - 1] != '.')
		return NULL;
	path.p += dot;
	path.n -= dot;
	for (size_t i = 0; i < sizeof by_name / sizeof *by_name; i++)
		if (path.n == strlen(by_name[i].extension) &&
		    begins_with(path, by_name[i].extension))
			return by_name[i].reason;
	return NULL;
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

static const char *
sniff_text(struct pm_bytes s)
{
	if (s.n >= 4 && (memcmp(s.p, "\xff\xfe\0\0", 4) == 0 ||
	    memcmp(s.p, "\0\0\xfe\xff", 4) == 0))
		return "UTF-32 text";
	if (s.n >= 2 && (memcmp(s.p, "\xff\xfe", 2) == 0 ||
	    memcmp(s.p, "\xfe\xff", 2) == 0))
		return "UTF-16 text";
	if (s.n >= 3 && memcmp(s.p, "\xef\xbb\xbf", 3) == 0) {
		s.p += 3;
		s.n -= 3;
	}
	skip_space(&s);
	skip_comments(&s);
	if (s.n == 0 || strchr("<wW%{[", s.p[0]) == NULL)
		return NULL;
	for (size_t i = 0; i < sizeof by_text / sizeof *by_text; i++)
		if (begins_with(s, by_text[i].begins))
			return by_text[i].reason;
	return is_json(s) ? why_json : NULL;
}

const char *
pm_page_sniff(struct pm_bytes capture, struct pm_bytes path)
{
	const char *reason;

	if (capture.n == 0)
		return "empty";
	if (capture.n > PM_PAGE_BYTES_MAX)
		return "larger than 64 MiB";
	if ((reason = sniff_text(capture)) != NULL ||
	    (reason = sniff_name(path)) != NULL)
		return reason;
	switch (pm_page_plain(capture)) {
	case PM_PAGE_BINARY:
		return "binary";
	case PM_PAGE_NOT_UTF8:
		return "not valid UTF-8";
	case PM_PAGE_PLAIN:
		break;
	}
	if (pm_page_trim(capture, 0, capture.n).n == 0)
		return "empty";
	return NULL;
}
