/*
 * The reader of one record of a WARC or ARC file.
 */
#include <stdio.h>

#include "base/utf8.h"
#include "page/http.h"
#include "page/page_internal.h"
#include "page/warc_digest.h"

enum { URL_BYTES_MAX = 8 << 10, REASON_BYTES_MAX = 80, DIGEST_CHARS_MAX = 200 };

struct record {
	struct pm_page *page;
	struct pm_arena *arena;
	const struct pm_page_input *in;
	struct pm_err *err;
	struct pm_bytes header;
	struct pm_bytes content;
	struct pm_bytes media;       /* Content-Type of the content */
};

static const struct {
	const char *type;
	const char *reason;
} unread[] = {
	{ "warcinfo", "WARC warcinfo record" },
	{ "request", "WARC request record" },
	{ "metadata", "WARC metadata record" },
	{ "continuation", "WARC continuation record" },
};

static const struct {
	const char *type;
	enum pm_reader reader;
} readers[] = {
	{ "text/html", PM_READER_HTML },
	{ "application/xhtml+xml", PM_READER_HTML },
	{ "application/vnd.wap.xhtml+xml", PM_READER_HTML },
	{ "text/plain", PM_READER_TEXT },
	{ "text/markdown", PM_READER_TEXT },
	{ "text/x-markdown", PM_READER_TEXT },
	{ "application/json", PM_READER_JSON },
	{ "text/json", PM_READER_JSON },
	{ "application/ld+json", PM_READER_JSON },
	{ "application/feed+json", PM_READER_JSON },
	{ "application/rss+xml", PM_READER_FEED },
	{ "application/atom+xml", PM_READER_FEED },
	{ "application/rdf+xml", PM_READER_FEED },
	/* What these are is seen by looking. */
	{ "application/xml", PM_READER_AUTO },
	{ "text/xml", PM_READER_AUTO },
	{ "application/octet-stream", PM_READER_AUTO },
	{ "unknown/unknown", PM_READER_AUTO },
	{ "no-type", PM_READER_AUTO },
	{ "unk", PM_READER_AUTO },
	{ "", PM_READER_AUTO },
};

/* ---- small things ---- */

static struct pm_bytes
without_brackets(struct pm_bytes s)
{
	if (s.n >= 2 && s.p[0] == '<' && s.p[s.n - 1] == '>')
		return (struct pm_bytes){ s.p + 1, s.n - 2 };
	return s;
}

/* What cannot stand in text is written as in an address. */
static int
set_url(struct record *r, struct pm_bytes url)
{
	static const char digit[] = "0123456789ABCDEF";
	size_t bad, n = 0;
	bool valid;
	uint8_t *p;

	url = without_brackets(url);
	if (url.n == 0)
		return PM_OK;
	if (url.n > URL_BYTES_MAX) {
		pm_page_note(r->page, "url", "longer than 8 KiB: left out");
		return PM_OK;
	}
	valid = pm_utf8_valid(url, &bad);
	if ((p = pm_arena_alloc(r->arena, 3 * url.n, r->err)) == NULL)
		return PM_ENOMEM;
	for (size_t i = 0; i < url.n; i++) {
		uint8_t c = url.p[i];

		if (c >= ' ' && c != 0x7f && (c < 0x80 || valid)) {
			p[n++] = c;
			continue;
		}
		p[n++] = '%';
		p[n++] = (uint8_t)digit[c >> 4];
		p[n++] = (uint8_t)digit[c & 15];
	}
	r->page->url = (struct pm_bytes){ p, n };
	return PM_OK;
}

static int32_t
number_at(const char *p, size_t n)
{
	int32_t value = 0;

	while (n-- > 0)
		value = value * 10 + (*p++ - '0');
	return value;
}

/* text: as pm_when_parse wants it, perhaps with parts of seconds. */
static void
set_crawled(struct record *r, struct pm_bytes text)
{
	char whole[64], printed[PM_WHEN_CHARS];
	const uint8_t *dot = text.n == 0 ? NULL : memchr(text.p, '.', text.n);
	struct pm_when when;
	size_t n = 0;

	for (size_t i = 0; i < text.n && n < sizeof whole; i++)
		if (dot == NULL || text.p + i < dot || ((text.p[i] < '0' ||
		    text.p[i] > '9') && text.p[i] != '.'))
			whole[n++] = (char)text.p[i];
	if (!pm_when_parse(&when, (struct pm_bytes){ (uint8_t *)whole, n },
	    NULL)) {
		pm_page_note(r->page, "crawled", "no date that can be read");
		return;
	}
	when.offset_minutes = 0;
	(void)pm_when_format(printed, &when);
	r->page->has_crawled = true;
	r->page->crawled = (struct pm_time_text){ .kind = PM_TIME_ABSOLUTE,
	    .precision = when.precision, .year = number_at(printed, 4),
	    .month = number_at(printed + 5, 2),
	    .day = number_at(printed + 8, 2),
	    .hour = when.precision > PM_HOUR ? -1 : number_at(printed + 11, 2),
	    .minute = number_at(printed + 14, 2),
	    .second = number_at(printed + 17, 2), .has_offset = true };
}

/* A reason for a kind of bytes: its media type, as far as it is one. */
static const char *
media_reason(struct record *r, struct pm_bytes media)
{
	char *p;

	if (media.n > REASON_BYTES_MAX)
		return "a media type that is not known";
	if ((p = pm_arena_alloc(r->arena, media.n + 1, r->err)) == NULL)
		return NULL;
	for (size_t i = 0; i < media.n; i++) {
		uint8_t c = media.p[i];

		if (c <= ' ' || c >= 0x7f)
			return "a media type that is not known";
		p[i] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
	}
	p[media.n] = '\0';
	return p;
}

/* ---- the payload ---- */

/* Where the page stands in the capture; SIZE_MAX: it was decoded. */
static size_t
offset_in_capture(const struct record *r, struct pm_bytes body)
{
	const struct pm_bytes all = r->in->capture;

	if ((uintptr_t)body.p < (uintptr_t)all.p ||
	    (uintptr_t)body.p + body.n > (uintptr_t)all.p + all.n)
		return SIZE_MAX;
	return (size_t)((uintptr_t)body.p - (uintptr_t)all.p);
}

/* What the reader found, and what the record says. */
static void
merge(struct record *r, struct pm_page *inner, size_t offset)
{
	struct pm_page *outer = r->page;
	size_t n = outer->note_n;

	for (size_t i = 0; i < inner->note_n && n < PM_PAGE_NOTES_MAX; i++)
		outer->note[n++] = inner->note[i];
	memcpy(inner->note, outer->note, n * sizeof inner->note[0]);
	inner->note_n = n;
	if (offset == SIZE_MAX)
		inner->part_n = 0;
	for (size_t i = 0; i < inner->part_n; i++)
		inner->part[i].at += offset;
	inner->crawled = outer->crawled;
	inner->has_crawled = outer->has_crawled;
	inner->payload_digest = outer->payload_digest;
	/* Where it was fetched, whatever it calls itself: captures of different
	 * addresses stay apart. */
	if (outer->url.n > 0)
		inner->url = outer->url;
	if (inner->reader == NULL)
		inner->reader = outer->reader;
	*outer = *inner;
}

static int
read_as(struct record *r, struct pm_bytes body, struct pm_bytes content_type,
    enum pm_reader reader)
{
	struct pm_page_input in = { .capture = body, .reader = reader,
	    .url = r->page->url, .charset = pm_media_charset(content_type) };
	struct pm_page inner;
	int rc = pm_page_parse(&inner, r->arena, &in, r->err);

	if (rc == PM_OK)
		merge(r, &inner, offset_in_capture(r, body));
	return rc;
}

static int
read_payload(struct record *r, struct pm_bytes body,
    struct pm_bytes content_type)
{
	struct pm_bytes media = pm_media_type(content_type);

	if (body.n == 0) {
		r->page->reason = "empty";
		return PM_OK;
	}
	for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
		if (pm_equals_ignoring_case(media, readers[i].type))
			return read_as(r, body, content_type,
			    readers[i].reader);
	r->page->reason = media_reason(r, media);
	return r->page->reason == NULL ? PM_ENOMEM : PM_OK;
}

/* ---- digests ---- */

static void
check_block(struct record *r)
{
	if (pm_warc_digest_check(pm_header_field(r->header,
	    "warc-block-digest"), r->content) == PM_DIGEST_OTHER)
		pm_page_note(r->page, "digest", "WARC-Block-Digest is of "
		    "other bytes");
}

/* Some tools digest the payload as sent, some without chunks, some as
 * decoded. */
static void
check_payload(struct record *r, const struct pm_http *http)
{
	struct pm_bytes printed = r->page->payload_digest;

	if (pm_warc_digest_check(printed, http->payload) == PM_DIGEST_OTHER &&
	    pm_warc_digest_check(printed, http->unchunked) ==
	    PM_DIGEST_OTHER &&
	    pm_warc_digest_check(printed, http->body) == PM_DIGEST_OTHER)
		pm_page_note(r->page, "digest", "WARC-Payload-Digest is of "
		    "other bytes");
}

/* Not of a request: nothing refers to what was sent with it. */
static void
take_payload_digest(struct record *r)
{
	struct pm_bytes printed = pm_header_field(r->header,
	    "warc-payload-digest");

	if (printed.n > DIGEST_CHARS_MAX)
		return;
	for (size_t i = 0; i < printed.n; i++)
		if (printed.p[i] <= ' ' || printed.p[i] >= 0x7f)
			return;
	r->page->payload_digest = printed;
}

/* ---- kinds of records ---- */

static int
read_response(struct record *r)
{
	struct pm_http http;
	struct pm_bytes media;
	int rc;

	take_payload_digest(r);
	pm_http_parse(&http, r->content);
	if (http.status == 0)
		pm_page_note(r->page, "HTTP", "no status line: all of it is "
		    "the page");
	if ((rc = pm_http_decode(&http, r->page, r->arena, r->err)) != PM_OK)
		return rc;
	check_payload(r, &http);
	media = http.status == 0 && r->in->reader == PM_READER_ARC ?
	    r->media : pm_header_field(http.header, "content-type");
	pm_page_notef(r->page, r->arena, "HTTP", "status %u, %.*s, %zu bytes "
	    "of payload, %zu decoded", http.status,
	    media.n > 80 ? 80 : (int)media.n,
	    media.n == 0 ? "" : (const char *)media.p, http.payload.n,
	    http.body.n);
	if (http.status != 0 && (http.status < 200 || http.status > 299)) {
		char reason[32];
		int n = snprintf(reason, sizeof reason, "HTTP status %u",
		    http.status);

		r->page->reason = pm_arena_copy(r->arena, reason,
		    (size_t)n + 1, r->err);
		return r->page->reason == NULL ? PM_ENOMEM : PM_OK;
	}
	if (http.refused != NULL) {
		r->page->reason = http.refused;
		return PM_OK;
	}
	return read_payload(r, http.body, media);
}

/* wget and wpull leave their log and arguments so. */
static bool
is_of_the_tool(struct pm_bytes url)
{
	static const char *const scheme[] = { "metadata:", "urn:" };

	for (size_t i = 0; i < sizeof scheme / sizeof *scheme; i++) {
		struct pm_bytes begin = { url.p, strlen(scheme[i]) };

		if (url.n > begin.n && pm_equals_ignoring_case(begin,
		    scheme[i]))
			return true;
	}
	return false;
}

static int
read_resource(struct record *r)
{
	struct pm_http http = { .payload = r->content,
	    .unchunked = r->content, .body = r->content };

	take_payload_digest(r);
	check_payload(r, &http);
	if (is_of_the_tool(r->page->url)) {
		r->page->reason = "WARC resource of the tool that wrote it";
		return PM_OK;
	}
	return read_payload(r, r->content, r->media);
}

static int
read_revisit(struct record *r)
{
	struct pm_bytes of = without_brackets(pm_header_field(r->header,
	    "warc-refers-to-target-uri"));
	struct pm_bytes date = pm_header_field(r->header,
	    "warc-refers-to-date");

	take_payload_digest(r);
	r->page->revisit = true;
	r->page->reason = "revisit";
	if (of.n > 0 && of.n < 200 && date.n < 40)
		pm_page_notef(r->page, r->arena, "revisit", "of %.*s %.*s",
		    (int)of.n, (const char *)of.p, (int)date.n,
		    date.n == 0 ? "" : (const char *)date.p);
	return PM_OK;
}

/* A text that pressmark wrote: it is the body, whatever it looks like. */
static int
read_article(struct record *r)
{
	struct pm_page *page = r->page;
	struct pm_bytes published = pm_header_field(r->header,
	    "pressmark-published");
	struct pm_page_part *part = pm_arena_alloc(r->arena, sizeof *part,
	    r->err);
	struct pm_time_text when;

	if (part == NULL)
		return PM_ENOMEM;
	if (r->content.n == 0 ||
	    pm_page_plain(r->content) != PM_PAGE_PLAIN) {
		page->reason = "no text";
		return PM_OK;
	}
	page->kind = PM_PAGE_PAGE;
	page->body = r->content;
	page->title = pm_header_field(r->header, "pressmark-title");
	page->lang = pm_header_field(r->header, "pressmark-language");
	if (published.n > 0 && pm_time_parse(&when, published))
		pm_page_add_date(page, &when, PM_PAGE_DATE_RECORD,
		    "Pressmark-Published");
	*part = (struct pm_page_part){ .kind = PM_PART_BODY,
	    .at = (size_t)(r->content.p - r->in->capture.p),
	    .n = r->content.n, .text_n = r->content.n };
	page->part = part;
	page->part_n = 1;
	return PM_OK;
}

static int
read_by_type(struct record *r)
{
	struct pm_bytes type = pm_header_field(r->header, "warc-type");
	bool http = pm_equals_ignoring_case(pm_media_type(r->media),
	    "application/http");

	if (pm_equals_ignoring_case(type, "revisit"))
		return read_revisit(r);
	if (pm_header_field(r->header, "pressmark-article").n > 0 &&
	    pm_equals_ignoring_case(type, "conversion"))
		return read_article(r);
	if (pm_equals_ignoring_case(type, "response"))
		return http || r->media.n == 0 ? read_response(r) :
		    read_resource(r);
	if (pm_equals_ignoring_case(type, "resource") ||
	    pm_equals_ignoring_case(type, "conversion"))
		return read_resource(r);
	for (size_t i = 0; i < sizeof unread / sizeof *unread; i++)
		if (pm_equals_ignoring_case(type, unread[i].type))
			r->page->reason = unread[i].reason;
	if (r->page->reason == NULL)
		r->page->reason = "WARC record of no type known here";
	return PM_OK;
}

/* ---- where the content is ---- */

static size_t
skip_line_ends(struct pm_bytes s, size_t at)
{
	while (at < s.n && (s.p[at] == '\r' || s.p[at] == '\n'))
		at++;
	return at;
}

/* Up to two line ends behind the content are not of it. */
static size_t
before_line_ends(struct pm_bytes s, size_t from)
{
	size_t n = s.n;

	for (int i = 0; i < 2 && n > from && s.p[n - 1] == '\n'; i++) {
		n--;
		if (n > from && s.p[n - 1] == '\r')
			n--;
	}
	return n;
}

static bool
parse_length(size_t *out, struct pm_bytes s)
{
	*out = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9' || i == 18)
			return false;
		*out = *out * 10 + (size_t)(s.p[i] - '0');
	}
	return s.n > 0;
}

/* By the length, if that is where the record ends. */
static void
find_content(struct record *r, size_t header_n, struct pm_bytes length)
{
	struct pm_bytes all = r->in->capture;
	size_t n, end;
	bool fits = parse_length(&n, length) && n <= all.n - header_n;

	if (fits && skip_line_ends(all, header_n + n) == all.n) {
		end = header_n + n;
	} else if (fits && all.n - header_n - n >= 4 &&
	    memcmp(all.p + header_n + n, "\r\n\r\n", 4) == 0) {
		end = header_n + n;
		pm_page_note(r->page, "length", "behind it are bytes that "
		    "are of no record");
	} else {
		end = before_line_ends(all, header_n);
		pm_page_notef(r->page, r->arena, "length", "%zu bytes, and "
		    "not what the header says", end - header_n);
	}
	r->header = (struct pm_bytes){ all.p, header_n };
	r->content = (struct pm_bytes){ all.p + header_n, end - header_n };
}

static int
read_warc(struct record *r)
{
	struct pm_bytes all = r->in->capture;
	size_t header_n = pm_header_end(all);
	struct pm_bytes header = { all.p, header_n }, date;
	int rc;

	find_content(r, header_n, pm_header_field(header, "content-length"));
	r->media = pm_header_field(header, "content-type");
	if ((rc = set_url(r, pm_header_field(header, "warc-target-uri"))) !=
	    PM_OK)
		return rc;
	if ((date = pm_header_field(header, "warc-date")).n > 0)
		set_crawled(r, date);
	if (pm_header_field(header, "warc-truncated").n > 0)
		pm_page_note(r->page, "length", "WARC-Truncated: whoever "
		    "saved it cut it short");
	check_block(r);
	return read_by_type(r);
}

/* ---- ARC ---- */

static struct pm_bytes
take_last_word(struct pm_bytes *s)
{
	size_t end = s->n, at;

	while (end > 0 && s->p[end - 1] <= ' ')
		end--;
	for (at = end; at > 0 && s->p[at - 1] > ' '; at--)
		continue;
	s->n = at;
	return (struct pm_bytes){ s->p + at, end - at };
}

static bool
is_date(struct pm_bytes s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n >= 14 && s.n <= 20;
}

struct arc_line {
	struct pm_bytes url, date, media, length;
};

/* URL IP date type length; version 2 has five more before the length. */
static bool
parse_arc_line(struct arc_line *out, struct pm_bytes line)
{
	struct pm_bytes word[8], left = line, url[8];
	size_t date = 0;

	for (size_t i = 0; i < 8; i++) {
		word[i] = take_last_word(&left);
		url[i] = left;
	}
	if (is_date(word[7]))
		date = 7;
	for (size_t i = 4; date == 0 && i >= 2; i--)
		if (is_date(word[i]))
			date = i;
	if (date == 0)
		return false;
	out->length = word[0];
	out->date = word[date];
	out->media = word[date - 1];
	if (date < 7)
		out->media.n = (size_t)(word[1].p + word[1].n -
		    out->media.p);
	(void)take_last_word(&url[date]);
	out->url = pm_trim_blanks(url[date]);
	return out->url.n > 0;
}

static void
set_arc_date(struct record *r, struct pm_bytes date)
{
	const char *d = (const char *)date.p;
	char text[32];
	int n = snprintf(text, sizeof text, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ",
	    d, d + 4, d + 6, d + 8, d + 10, d + 12);

	set_crawled(r, (struct pm_bytes){ (uint8_t *)text, (size_t)n });
}

static int
read_arc(struct record *r)
{
	static const char version[] = "filedesc:";
	struct pm_bytes all = r->in->capture;
	const uint8_t *end = memchr(all.p, '\n', all.n);
	size_t header_n = end == NULL ? all.n : (size_t)(end + 1 - all.p);
	struct arc_line line;
	int rc;

	if (!parse_arc_line(&line, (struct pm_bytes){ all.p, header_n })) {
		r->page->reason = "no record of an ARC file";
		return PM_OK;
	}
	find_content(r, header_n, line.length);
	r->media = line.media;
	set_arc_date(r, line.date);
	if (line.url.n >= sizeof version - 1 &&
	    memcmp(line.url.p, version, sizeof version - 1) == 0) {
		r->page->reason = "ARC version block";
		return PM_OK;
	}
	rc = set_url(r, line.url);
	return rc == PM_OK ? read_response(r) : rc;
}

int
pm_page_read_warc(struct pm_page *out, struct pm_arena *arena,
    const struct pm_page_input *in, struct pm_err *err)
{
	struct record r = { .page = out, .arena = arena, .in = in,
	    .err = err };

	out->kind = PM_PAGE_OPAQUE;
	out->reader = in->reader == PM_READER_ARC ? "arc" : "warc";
	if (in->capture.n == 0 || in->capture.n > PM_PAGE_BYTES_MAX) {
		out->reason = in->capture.n == 0 ? "empty" :
		    "larger than 64 MiB";
		return PM_OK;
	}
	if (in->reader == PM_READER_ARC)
		return read_arc(&r);
	if (in->capture.n < 5 || memcmp(in->capture.p, "WARC/", 5) != 0) {
		out->reason = "no WARC record";
		return PM_OK;
	}
	return read_warc(&r);
}
