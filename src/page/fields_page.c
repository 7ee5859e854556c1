/*
 * What a record says, into a page or a teaser.
 */
#include "page/codec.h"
#include "page/fields.h"
#include "page/page_internal.h"

enum {
	LANG_BYTES_MAX = 35,
	SOURCE_BYTES_MAX = 200,
	HTML_LOOK_BYTES = 4096,
	HTML_TAGS_MIN = 3,
	TAGS_LOOKED_AT = 256
};

static const struct pm_field_value *
value_of(const struct pm_fields *fields, enum pm_field field)
{
	const struct pm_field_value *value = &fields->value[field];

	return value->name.n > 0 ? value : NULL;
}

/* The value, or the first of several, in one line. */
static int
line_of(struct pm_bytes *out, struct pm_arena *arena,
    const struct pm_field_value *value, struct pm_err *err)
{
	*out = (struct pm_bytes){ NULL, 0 };
	if (value == NULL)
		return PM_OK;
	return pm_field_line(out, arena, value->list_n > 0 ? value->list[0] :
	    value->text, err);
}

/* "&amp;" or "&#8217;" */
static bool
has_reference(struct pm_bytes text)
{
	const uint8_t *p = text.p, *stop = text.p + text.n, *end;

	while (p < stop && (p = memchr(p, '&', (size_t)(stop - p))) != NULL) {
		for (end = ++p; end < stop && (*end == '#' ||
		    (*end >= '0' && *end <= '9') ||
		    ((*end | 0x20) >= 'a' && (*end | 0x20) <= 'z')); end++)
			;
		if (end > p && end < stop && *end == ';')
			return true;
	}
	return false;
}

/* Written as markup by some: then as text, as titles of teasers are. */
static int
title_of(struct pm_bytes *out, struct pm_arena *arena,
    const struct pm_field_value *value, struct pm_err *err)
{
	int rc = line_of(out, arena, value, err);

	return rc == PM_OK && has_reference(*out) ?
	    pm_field_markup(out, arena, *out, err) : rc;
}

/* ---- tags ---- */

/* One that is left of *rest, without a "#" before it. */
static bool
next_tag(struct pm_bytes *tag, struct pm_bytes *rest, uint8_t separator)
{
	const uint8_t *end;

	if (rest->n == 0)
		return false;
	end = separator == 0 ? NULL : memchr(rest->p, separator, rest->n);
	*tag = *rest;
	if (end != NULL)
		tag->n = (size_t)(end - rest->p);
	rest->p += tag->n + (end != NULL);
	rest->n -= tag->n + (end != NULL);
	*tag = pm_field_trim(*tag);
	if (tag->n > 1 && tag->p[0] == '#') {
		tag->p++;
		tag->n--;
	}
	return true;
}

/* Tags one after the other, of a page that is only there for them. */
static int
add_tags(struct pm_page *page, struct pm_arena *arena, enum pm_field field,
    const struct pm_field_value *value, struct pm_err *err)
{
	size_t n = value == NULL ? 0 : value->list_n > 0 ? value->list_n : 1;
	int tries = TAGS_LOOKED_AT;

	for (size_t i = 0; i < n; i++) {
		struct pm_bytes rest = value->list_n > 0 ? value->list[i] :
		    value->text;
		struct pm_bytes tag;
		uint8_t separator = 0;

		if (field == PM_FIELD_TAGS && value->list_n == 0)
			separator = rest.n > 0 &&
			    memchr(rest.p, ';', rest.n) != NULL ? ';' : ',';
		while (tries-- > 0 && page->tag_n < PM_PAGE_OWN_TAGS_MAX &&
		    next_tag(&tag, &rest, separator)) {
			if (!pm_field_present(tag) ||
			    tag.n > PM_PAGE_TAG_BYTES_MAX)
				continue;
			if (pm_field_line(&tag, arena, tag, err) != PM_OK)
				return PM_ENOMEM;
			pm_page_add_tag(page, tag);
		}
	}
	return PM_OK;
}

static int
all_tags(struct pm_page *page, struct pm_arena *arena,
    const struct pm_fields *fields, struct pm_err *err)
{
	int rc = add_tags(page, arena, PM_FIELD_SECTION,
	    value_of(fields, PM_FIELD_SECTION), err);

	return rc != PM_OK ? rc : add_tags(page, arena, PM_FIELD_TAGS,
	    value_of(fields, PM_FIELD_TAGS), err);
}

/* ---- the head ---- */

/* "field date_publish" */
static const char *
field_words(struct pm_arena *arena, struct pm_bytes name, struct pm_err *err)
{
	static const char field[] = "field ";
	char *p = pm_arena_alloc(arena, sizeof field + name.n, err);

	if (p == NULL)
		return NULL;
	memcpy(p, field, sizeof field - 1);
	memcpy(p + sizeof field - 1, name.p, name.n);
	p[sizeof field - 1 + name.n] = '\0';
	return p;
}

/* What extract wrote: the time stands there in full whatever is known of it. */
static void
coarsen(struct pm_time_text *when, const struct pm_field_value *value)
{
	int precision = value == NULL ? 0 :
	    pm_precision_of_name(value->text);

	if (precision <= when->precision)
		return;
	when->precision = precision;
	if (precision >= PM_DAY) {
		when->hour = -1;
		when->has_offset = false;
	}
	if (precision >= PM_MONTH)
		when->day = 0;
	if (precision == PM_YEAR)
		when->month = 0;
}

/* A time that is only an upper bound. */
static bool
is_of_crawl(const struct pm_fields *fields)
{
	const struct pm_field_value *by = value_of(fields, PM_FIELD_DATED_BY);

	return by != NULL && pm_bytes_equal(by->text, pm_bytes_of("crawl"));
}

static int
head_dates(struct pm_page *page, struct pm_arena *arena,
    const struct pm_fields *fields, struct pm_err *err)
{
	const struct pm_field_value *value;
	const char *from;

	value = value_of(fields, PM_FIELD_PUBLISHED);
	if (value != NULL && !is_of_crawl(fields)) {
		struct pm_time_text when = value->when;

		coarsen(&when, value_of(fields, PM_FIELD_PRECISION));
		from = field_words(arena, value->name, err);
		if (from == NULL)
			return PM_ENOMEM;
		pm_page_add_date(page, &when, PM_PAGE_DATE_RECORD, from);
	}
	if ((value = value_of(fields, PM_FIELD_MODIFIED)) != NULL) {
		page->modified = value->when;
		page->has_modified = true;
	}
	if ((value = value_of(fields, PM_FIELD_CRAWLED)) != NULL) {
		page->crawled = value->when;
		page->has_crawled = true;
	}
	if (fields->unread.n > 0)
		pm_page_notef(page, arena, "date",
		    "field %.*s is no date that can be read",
		    (int)fields->unread.n, (const char *)fields->unread.p);
	return PM_OK;
}

/* Who published it: a name, or the host of an address. */
static int
head_source(struct pm_page *page, struct pm_arena *arena,
    const struct pm_fields *fields, struct pm_err *err)
{
	const struct pm_field_value *value = value_of(fields, PM_FIELD_SOURCE);
	struct pm_bytes source, host;

	if (value == NULL)
		value = value_of(fields, PM_FIELD_SOURCE_OR_URL);
	if (line_of(&source, arena, value, err) != PM_OK)
		return PM_ENOMEM;
	host = pm_field_host(source);
	if (host.n > 0)
		source = host;
	if (source.n == 0 || source.n > SOURCE_BYTES_MAX)
		source = pm_field_host(page->url);
	if (source.n > 0 && source.n <= SOURCE_BYTES_MAX)
		page->source = source;
	return PM_OK;
}

int
pm_fields_head(struct pm_page *page, struct pm_arena *arena,
    const struct pm_fields *fields, struct pm_err *err)
{
	const struct pm_field_value *title = value_of(fields, PM_FIELD_TITLE);
	const struct pm_field_value *url = value_of(fields, PM_FIELD_URL);
	struct pm_bytes lang;

	if (title_of(&page->title, arena, title, err) != PM_OK)
		return PM_ENOMEM;
	if (page->title.n > 0)
		pm_page_notef(page, arena, "title", "field %.*s",
		    (int)title->name.n, (const char *)title->name.p);
	if (url != NULL)
		page->url = url->text;
	if (line_of(&lang, arena, value_of(fields, PM_FIELD_LANG), err) !=
	    PM_OK || head_dates(page, arena, fields, err) != PM_OK ||
	    head_source(page, arena, fields, err) != PM_OK)
		return PM_ENOMEM;
	if (lang.n <= LANG_BYTES_MAX)
		page->lang = lang;
	return all_tags(page, arena, fields, err);
}

/* ---- a teaser ---- */

static int
teaser_tags(struct pm_page_teaser *teaser, struct pm_arena *arena,
    const struct pm_fields *fields, struct pm_err *err)
{
	struct pm_page page = { .tag_n = 0 };
	int rc = all_tags(&page, arena, fields, err);

	for (size_t i = 0; i < page.tag_n && i < PM_PAGE_TAGS_MAX; i++)
		teaser->tag[teaser->tag_n++] = page.tag[i];
	return rc;
}

int
pm_fields_teaser(struct pm_page_teaser *out, bool *found,
    struct pm_arena *arena, const struct pm_fields *fields,
    struct pm_err *err)
{
	static const enum pm_field of_snippet[] = { PM_FIELD_DESCRIPTION,
	    PM_FIELD_TEXT, PM_FIELD_HTML };
	const struct pm_field_value *value;
	struct pm_page_teaser teaser = { .tag_n = 0 };

	*found = false;
	if ((value = value_of(fields, PM_FIELD_TITLE)) == NULL)
		return PM_OK;
	if (pm_field_markup(&teaser.title, arena, value->list_n > 0 ?
	    value->list[0] : value->text, err) != PM_OK)
		return PM_ENOMEM;
	for (size_t i = 0; i < 3 && teaser.snippet.n == 0; i++) {
		value = value_of(fields, of_snippet[i]);
		if (value != NULL && value->list_n == 0 &&
		    pm_field_markup(&teaser.snippet, arena, value->text,
		    err) != PM_OK)
			return PM_ENOMEM;
	}
	/* Lists without descriptions repeat the title there. */
	if (pm_bytes_equal(teaser.snippet, teaser.title))
		teaser.snippet.n = 0;
	if ((value = value_of(fields, PM_FIELD_URL)) != NULL)
		teaser.url = value->text;
	if ((value = value_of(fields, PM_FIELD_PUBLISHED)) != NULL ||
	    (value = value_of(fields, PM_FIELD_MODIFIED)) != NULL) {
		teaser.time = value->text;
		teaser.when = value->when;
	}
	if (teaser_tags(&teaser, arena, fields, err) != PM_OK)
		return PM_ENOMEM;
	*found = teaser.title.n > 0;
	*out = teaser;
	return PM_OK;
}

/* ---- the body ---- */

/* "<p>..." with several tags. */
static bool
is_html(struct pm_bytes text)
{
	size_t n = text.n < HTML_LOOK_BYTES ? text.n : HTML_LOOK_BYTES;
	int tags = 0;

	if (n == 0 || text.p[0] != '<')
		return false;
	for (size_t i = 0; i + 1 < n && tags < HTML_TAGS_MIN; i++) {
		uint8_t next = text.p[i + 1];

		tags += text.p[i] == '<' && (next == '/' || next == '!' ||
		    (next >= 'a' && next <= 'z') ||
		    (next >= 'A' && next <= 'Z'));
	}
	return tags == HTML_TAGS_MIN;
}

/* What HTML says is behind what the fields say. */
static void
take_html(struct pm_page *page, const struct pm_page *html)
{
	page->body = html->body;
	page->teaser = html->teaser;
	page->teaser_n = html->teaser_n;
	page->heading = html->heading;
	if (page->title.n == 0) {
		page->title = html->title;
		page->title_in_text = html->title_in_text;
	}
	for (size_t i = 0; i < html->date_n; i++)
		pm_page_add_date(page, &html->date[i].when,
		    html->date[i].source, html->date[i].from);
	for (size_t i = 0; i < html->tag_n; i++)
		pm_page_add_tag(page, html->tag[i]);
	if (!page->has_modified && html->has_modified) {
		page->modified = html->modified;
		page->has_modified = true;
	}
	if (page->url.n == 0)
		page->url = html->url;
	if (page->source.n == 0)
		page->source = html->source;
	if (page->lang.n == 0)
		page->lang = html->lang;
	for (size_t i = 0; i < html->note_n; i++)
		pm_page_note(page, html->note[i].what, html->note[i].why);
}

static int
body_of_html(struct pm_page *page, struct pm_arena *arena,
    const struct pm_page_input *in, struct pm_bytes text, struct pm_err *err)
{
	struct pm_page html = { .kind = PM_PAGE_OPAQUE, .url = page->url };
	struct pm_page_input inside = { .capture = text, .path = in->path,
	    .reader = PM_READER_HTML, .url = page->url };
	int rc;

	rc = pm_page_read_html(&html, arena, &inside, text, err);
	if (rc == PM_OK)
		take_html(page, &html);
	return rc;
}

static int
body_of_text(struct pm_page *page, struct pm_arena *arena,
    struct pm_bytes text, struct pm_err *err)
{
	struct pm_text_page inside = { .kind = PM_PAGE_PAGE };
	int rc;

	/* To look for a title and for dates in the text is half of the work. */
	if (page->title.n > 0 && page->date_n > 0)
		rc = pm_page_split(&inside, arena, text, 0, err);
	else
		rc = pm_text_page_parse(&inside, arena, text, err);
	if (rc != PM_OK)
		return rc;
	if ((rc = pm_text_page_fill(page, arena, &inside, text, err)) != PM_OK)
		return rc;
	if (inside.teaser_n == 0)
		page->body = text;
	else
		pm_page_note(page, "teasers", "at the end of the text");
	return PM_OK;
}

/* Several strings are paragraphs. */
static int
joined(struct pm_bytes *out, struct pm_arena *arena,
    const struct pm_field_value *value, struct pm_err *err)
{
	size_t n = 0;
	uint8_t *p;

	*out = value->text;
	if (value->list_n == 0)
		return PM_OK;
	for (size_t i = 0; i < value->list_n; i++)
		n += value->list[i].n + 1;
	if ((p = pm_arena_alloc(arena, n, err)) == NULL)
		return PM_ENOMEM;
	*out = (struct pm_bytes){ p, n - 1 };
	for (size_t i = 0; i < value->list_n; i++) {
		if (value->list[i].n > 0)
			memcpy(p, value->list[i].p, value->list[i].n);
		p += value->list[i].n;
		*p = '\n';
		p += i + 1 < value->list_n;
	}
	return PM_OK;
}

static int
add_part(struct pm_page *page, struct pm_arena *arena,
    const struct pm_page_input *in, struct pm_bytes text,
    struct pm_bytes written, struct pm_err *err)
{
	struct pm_bytes before = { text.p, 0 }, after;
	struct pm_page_part *part;
	int codec;

	if (page->body.n == 0 || written.n == 0 ||
	    written.p < in->capture.p ||
	    written.p + written.n > in->capture.p + in->capture.n ||
	    page->body.p < text.p ||
	    page->body.p + page->body.n > text.p + text.n ||
	    (codec = pm_codec_find(written, text)) < 0)
		return PM_OK;
	if ((part = pm_arena_alloc(arena, sizeof *part, err)) == NULL)
		return PM_ENOMEM;
	before.n = (size_t)(page->body.p - text.p);
	after.p = page->body.p + page->body.n;
	after.n = text.n - before.n - page->body.n;
	before.n = pm_codec_length(codec, before);
	after.n = pm_codec_length(codec, after);
	*part = (struct pm_page_part){ .kind = PM_PART_BODY,
	    .at = (size_t)(written.p - in->capture.p) + before.n,
	    .n = written.n - before.n - after.n, .codec = codec,
	    .text_n = page->body.n };
	page->part = part;
	page->part_n = 1;
	return PM_OK;
}

/* A record that says of an article that it is there. */
static int
teaser_of_itself(struct pm_page *page, struct pm_arena *arena,
    const struct pm_fields *fields, struct pm_err *err)
{
	struct pm_page_teaser *teaser;
	bool found;

	if ((teaser = pm_arena_alloc(arena, sizeof *teaser, err)) == NULL ||
	    pm_fields_teaser(teaser, &found, arena, fields, err) != PM_OK)
		return PM_ENOMEM;
	if (!found)
		return PM_OK;
	page->teaser = teaser;
	page->teaser_n = 1;
	pm_page_note(page, "body", "none: a teaser of itself");
	return PM_OK;
}

static int
body_of_value(struct pm_page *page, struct pm_arena *arena,
    const struct pm_page_input *in, const struct pm_field_value *value,
    bool html, struct pm_bytes written, struct pm_err *err)
{
	struct pm_bytes whole, text;
	int rc;

	if ((rc = joined(&whole, arena, value, err)) != PM_OK)
		return rc;
	text = pm_field_trim(whole);
	if (pm_page_plain(text) == PM_PAGE_BINARY &&
	    (rc = pm_field_clean(&text, arena, text, err)) != PM_OK)
		return rc;
	if (text.n == 0)
		return PM_OK;
	pm_page_notef(page, arena, "body", "field %.*s",
	    (int)value->name.n, (const char *)value->name.p);
	if (html || is_html(text))
		return body_of_html(page, arena, in, text, err);
	rc = body_of_text(page, arena, text, err);
	return rc != PM_OK ? rc : add_part(page, arena, in, whole, written,
	    err);
}

static void
settle_kind(struct pm_page *page)
{
	if (page->body.n > 0)
		page->kind = PM_PAGE_PAGE;
	else if (page->teaser_n > 0)
		page->kind = PM_PAGE_LIST;
	else
		page->reason = "record without text or title";
}

int
pm_fields_body(struct pm_page *page, struct pm_arena *arena,
    const struct pm_page_input *in, const struct pm_fields *fields,
    struct pm_bytes written, struct pm_err *err)
{
	const struct pm_field_value *value = value_of(fields, PM_FIELD_TEXT);
	const struct pm_field_value *html = value_of(fields, PM_FIELD_HTML);
	bool titled = page->title.n > 0;
	int rc = PM_OK;

	if (value != NULL)
		rc = body_of_value(page, arena, in, value, false, written,
		    err);
	if (rc == PM_OK && page->body.n == 0 && page->teaser_n == 0 &&
	    html != NULL)
		rc = body_of_value(page, arena, in, html, true,
		    (struct pm_bytes){ NULL, 0 }, err);
	value = value_of(fields, PM_FIELD_DESCRIPTION);
	if (rc == PM_OK && page->body.n == 0 && page->teaser_n == 0 &&
	    !titled && value != NULL)
		rc = body_of_value(page, arena, in, value, false,
		    (struct pm_bytes){ NULL, 0 }, err);
	if (rc == PM_OK && page->body.n == 0 && page->teaser_n == 0)
		rc = teaser_of_itself(page, arena, fields, err);
	settle_kind(page);
	return rc;
}
