#include "archive/analysis.h"

#include "archive/lead.h"
#include "base/err.h"
#include "base/utf8.h"
#include "text/fold.h"

_Static_assert((int)PM_BODY_LEADS == (int)PM_PREFIX_PARAGRAPHS,
    "a body is filed under as many paragraphs as are found");

enum {
	LEAD_TOKENS_MAX = 400,
	PROSE_DAYS = 60,
	LEAD_BYTES = 4096            /* enough for as many tokens of a snippet */
};

/* ---- leads ---- */

/* At most n bytes of text, cut between characters. */
static struct pm_bytes
head_of(struct pm_bytes text, size_t n)
{
	if (text.n <= n)
		return text;
	while (n > 0 && (text.p[n] & 0xc0) == 0x80)
		n--;
	return (struct pm_bytes){ text.p, n };
}

static bool
blank_byte(uint8_t byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* Where the paragraph at or after *at begins; false at the end.  *at moves
 * past its line. */
static bool
next_paragraph(struct pm_bytes body, size_t *at, struct pm_bytes *rest)
{
	size_t i = *at;

	while (i < body.n && blank_byte(body.p[i]))
		i++;
	if (i >= body.n)
		return false;
	*rest = (struct pm_bytes){ body.p + i, body.n - i };
	while (i < body.n && body.p[i] != '\n')
		i++;
	*at = i;
	return true;
}

/* Hashes of the first tokens of text; a text cut by head_of loses its last
 * token, which may be cut too. */
static int
lead_tokens(uint64_t *token, size_t *n, size_t max, struct pm_bytes text,
    size_t bytes, struct pm_buf *scratch, struct pm_err *err)
{
	struct pm_bytes head = head_of(text, bytes), one;
	struct pm_token_cursor cursor;
	int rc;

	pm_buf_reset(scratch);
	*n = 0;
	if ((rc = pm_fold(scratch, head, err)) != PM_OK)
		return rc;
	cursor = pm_tokens(pm_buf_bytes(scratch));
	while (*n < max && pm_token_next(&cursor, &one))
		token[(*n)++] = pm_digest64(one);
	if (head.n < text.n && *n < max && *n > 0)
		(*n)--;
	return PM_OK;
}

static void
add_key(uint64_t *key, size_t *n, uint64_t value)
{
	for (size_t i = 0; i < *n; i++)
		if (key[i] == value)
			return;
	key[(*n)++] = value;
}

static void
prefix_keys(struct pm_analysed_body *out, const struct pm_body *body)
{
	uint64_t found[PM_PREFIX_COUNTS];

	out->prefix_n = 0;
	for (size_t i = 0; i < body->lead_n; i++) {
		size_t n = body->token_n - body->lead[i];

		n = pm_prefix_keys(found, body->token + body->lead[i],
		    n < PM_PREFIX_MAX ? n : PM_PREFIX_MAX);
		for (size_t k = 0; k < n; k++)
			add_key(out->prefix, &out->prefix_n, found[k]);
	}
}

/* ---- teasers ---- */

static bool
ends_with(struct pm_bytes text, const char *tail)
{
	size_t n = strlen(tail);

	return text.n >= n && memcmp(text.p + text.n - n, tail, n) == 0;
}

bool
pm_snippet_is_cut(struct pm_bytes text)
{
	static const char *const after[] = { " ", "]", ")", "\"", "'",
	    "\u00bb", "\u201d", "\u201c", "\u2019", "\u00a0", "\r", "\n" };
	const size_t n = sizeof after / sizeof *after;
	size_t i = 0;

	while (i < n) {
		if (ends_with(text, after[i])) {
			text.n -= strlen(after[i]);
			i = 0;
		} else {
			i++;
		}
	}
	return ends_with(text, "...") || ends_with(text, "\u2026") ||
	    ends_with(text, ". . .");
}

static int
snippet_tokens(uint64_t *token, size_t *n, struct pm_bytes snippet,
    struct pm_buf *scratch, struct pm_err *err)
{
	int rc = lead_tokens(token, n, LEAD_TOKENS_MAX, snippet, LEAD_BYTES,
	    scratch, err);

	if (rc == PM_OK && *n > 0 && snippet.n <= LEAD_BYTES &&
	    pm_snippet_is_cut(snippet))
		(*n)--;
	return rc;
}

/* token has room for one more. */
static void
mark_teaser(struct pm_teaser_marks *out, uint64_t *token, size_t n,
    uint64_t title)
{
	size_t cut = n < PM_PREFIX_MAX ? n : PM_PREFIX_MAX;

	out->title = title;
	out->cut = pm_digest64((struct pm_bytes){ (uint8_t *)token,
	    cut * sizeof *token });
	token[n] = title;
	out->norm = pm_digest64((struct pm_bytes){ (uint8_t *)token,
	    (n + 1) * sizeof *token });
	out->start = n < PM_PREFIX_MIN ? out->norm :
	    pm_digest64((struct pm_bytes){ (uint8_t *)token,
	    PM_PREFIX_MIN * sizeof *token });
}

int
pm_analyse_teaser(struct pm_analysed_teaser *teaser, struct pm_buf *scratch,
    struct pm_err *err)
{
	uint64_t token[LEAD_TOKENS_MAX + 1];
	size_t n;
	int rc;

	pm_buf_reset(scratch);
	if ((rc = pm_buf_append(scratch, teaser->title.p, teaser->title.n,
	    err)) != PM_OK ||
	    (rc = pm_buf_append_byte(scratch, '\n', err)) != PM_OK ||
	    (rc = pm_buf_append(scratch, teaser->snippet.p,
	    teaser->snippet.n, err)) != PM_OK)
		return rc;
	pm_sha256(teaser->sha256, pm_buf_bytes(scratch));
	if ((rc = snippet_tokens(token, &n, teaser->snippet, scratch, err)) !=
	    PM_OK)
		return rc;
	teaser->key = pm_prefix_lookup_key(token, n);
	teaser->lead_key_n = pm_lead_keys(teaser->lead_key, token, n);
	pm_buf_reset(scratch);
	if ((rc = pm_fold(scratch, teaser->title, err)) != PM_OK)
		return rc;
	mark_teaser(&teaser->marks, token, n,
	    pm_digest64(pm_buf_bytes(scratch)));
	return pm_title_key_of(&teaser->title_key, teaser->title, scratch,
	    err);
}

int
pm_snippet_begins(bool *out, struct pm_bytes snippet, struct pm_bytes body,
    struct pm_buf *scratch, struct pm_err *err)
{
	uint64_t want[LEAD_TOKENS_MAX], have[LEAD_TOKENS_MAX];
	size_t want_n, have_n, at = 0;
	struct pm_bytes rest;
	int rc = snippet_tokens(want, &want_n, snippet, scratch, err);

	*out = false;
	body = head_of(body, PM_LEAD_BODY_MAX);
	if (rc != PM_OK || want_n < PM_PREFIX_MIN)
		return rc;
	for (int i = 0; i < PM_PREFIX_PARAGRAPHS && !*out; i++) {
		if (!next_paragraph(body, &at, &rest))
			break;
		/* Mostly as many bytes as the snippet has do. */
		if ((rc = lead_tokens(have, &have_n, LEAD_TOKENS_MAX, rest,
		    snippet.n + snippet.n / 4 + 64, scratch, err)) != PM_OK)
			return rc;
		if (have_n < want_n && (rc = lead_tokens(have, &have_n,
		    LEAD_TOKENS_MAX, rest, 2 * LEAD_BYTES, scratch, err)) !=
		    PM_OK)
			return rc;
		*out = have_n >= want_n &&
		    memcmp(have, want, want_n * sizeof *want) == 0;
	}
	return PM_OK;
}

/* ---- captures ---- */

int
pm_analyse_body(struct pm_analysed_body *out, struct pm_analysis *analysis,
    struct pm_bytes body, struct pm_err *err)
{
	struct pm_bytes folded;
	struct pm_body numbers;
	int rc;

	out->key_n = 0;
	if ((rc = pm_body_text(&numbers, &folded, &analysis->room, body,
	    err)) != PM_OK)
		return rc;
	out->has_words = folded.n > 0;
	out->norm = pm_body_norm(&numbers, folded);
	prefix_keys(out, &numbers);
	pm_body_tails(&out->tails, &numbers, &analysis->room);
	if ((rc = pm_lead_keys_of_body(out->lead_key, &out->lead_key_n, body,
	    &analysis->scratch, err)) != PM_OK)
		return rc;
	return analysis->policy == NULL ? PM_OK : pm_body_keys(&out->key,
	    &out->key_n, &analysis->room, &numbers, analysis->policy, err);
}

static int
analyse_body(struct pm_analysed *item, struct pm_arena *arena,
    struct pm_analysis *analysis, struct pm_err *err)
{
	struct pm_analysed_body *text = &item->text;
	int rc;

	/* Decoded text may have as many bytes and be others. */
	if (pm_bytes_equal(item->body, item->capture))
		memcpy(item->body_sha256, item->sha256, PM_SHA256_BYTES);
	else
		pm_sha256(item->body_sha256, item->body);
	if ((rc = pm_analyse_body(text, analysis, item->body, err)) != PM_OK ||
	    (rc = pm_title_key_of(&item->title_key, item->page.title, &analysis->scratch, err)) != PM_OK)
		return rc;
	if (text->key_n > 0 && (text->key = pm_arena_copy(arena,
	    text->key, text->key_n * sizeof *text->key, err)) == NULL)
		return PM_ENOMEM;
	return rc;
}

void
pm_analysis_clear(struct pm_analysis *analysis)
{
	pm_buf_clear(&analysis->scratch);
	pm_body_room_clear(&analysis->room);
}

static int
analyse_teasers(struct pm_analysed *item, struct pm_arena *arena,
    struct pm_buf *scratch, const struct pm_zone *zone, struct pm_err *err)
{
	const struct pm_page *page = &item->page;
	int rc = PM_OK;

	item->teaser = pm_arena_alloc(arena,
	    page->teaser_n * sizeof *item->teaser, err);
	if (item->teaser == NULL)
		return PM_ENOMEM;
	for (size_t i = 0; i < page->teaser_n && rc == PM_OK; i++) {
		const struct pm_page_teaser *from = &page->teaser[i];
		struct pm_analysed_teaser *to = &item->teaser[i];

		*to = (struct pm_analysed_teaser){
		    .title = from->title, .snippet = from->snippet };
		if (from->time.n > 0)
			pm_time_resolve(&to->when, &from->when, item->crawled,
			    zone);
		rc = pm_analyse_teaser(to, scratch, err);
	}
	return rc;
}

static int
date_source(enum pm_page_date_source source)
{
	switch (source) {
	case PM_PAGE_DATE_RECORD:
		return PM_DATE_RECORD;
	case PM_PAGE_DATE_PAGE:
		return PM_DATE_PAGE;
	case PM_PAGE_DATE_URL:
		return PM_DATE_URL;
	case PM_PAGE_DATE_TEXT:
		break;
	}
	return PM_DATE_TEXT;
}

/* The same day, or the instant itself. */
static bool
agree(const struct pm_when *a, const struct pm_when *b)
{
	const struct pm_when *coarse = a->precision > b->precision ? a : b;
	const struct pm_when *fine = coarse == a ? b : a;
	int64_t at = fine->utc_seconds;

	if (coarse->precision >= PM_DAY)
		at += fine->offset_minutes * 60;
	return at >= coarse->utc_seconds && at < pm_when_end(coarse);
}

static void
keep_other(struct pm_analysed *item, const struct pm_when *when, int source)
{
	if (agree(when, &item->date))
		return;
	for (size_t i = 0; i < item->other_date_n; i++)
		if (agree(when, &item->other_date[i].when))
			return;
	item->other_date[item->other_date_n++] =
	    (struct pm_log_date){ *when, source };
}

/* A page that says when it was crawled was new then: a date in its prose that
 * lies far back is of what it tells. */
static bool
tells_of_past(const struct pm_analysed *item, const struct pm_when *when)
{
	return item->page.has_crawled && pm_when_end(when) <
	    item->crawled - PROSE_DAYS * 86400;
}

/* A day that the file itself is called by, and not the folder that a crawl went
 * into, is the page's; with a time of day it is when the file was written. */
static void
add_date_of_name(struct pm_analysed *item)
{
	struct pm_bytes name = item->path;
	const uint8_t *slash = pm_bytes_last(name, '/');
	struct pm_time_text text;
	struct pm_when when;
	char printed[PM_WHEN_CHARS];

	if (slash != NULL) {
		name.n -= (size_t)(slash + 1 - name.p);
		name.p = slash + 1;
	}
	if (!pm_when_in_path(&when, name, NULL) || when.precision != PM_DAY)
		return;
	(void)pm_when_format(printed, &when);
	if (pm_time_parse(&text, (struct pm_bytes){ (uint8_t *)printed, 10 }))
		pm_page_add_date(&item->page, &text, PM_PAGE_DATE_URL,
		    "the file's name");
}

/* The strongest that can be: one after the crawl is of something that is to
 * come, not of the page.  Those that say otherwise are kept. */
static void
find_date(struct pm_analysed *item, const struct pm_zone *zone)
{
	const int64_t day = 86400;
	struct pm_when when;

	for (size_t i = 0; i < item->page.date_n; i++) {
		const struct pm_page_date *date = &item->page.date[i];
		int source = date_source(date->source);

		pm_time_resolve(&when, &date->when, item->crawled, zone);
		if (when.precision == 0 ||
		    when.utc_seconds > item->crawled + day ||
		    (source == PM_DATE_TEXT && tells_of_past(item, &when)))
			continue;
		if (item->date.precision != 0) {
			/* What prose tells of is mostly another day. */
			if (source != PM_DATE_TEXT)
				keep_other(item, &when, source);
			continue;
		}
		item->date = when;
		item->date_source = source;
	}
	if (item->page.has_modified) {
		pm_time_resolve(&when, &item->page.modified, item->crawled,
		    zone);
		if (when.utc_seconds <= item->crawled + day)
			item->modified = when;
	}
}

static size_t
teasers_bytes(const struct pm_page *page)
{
	size_t bytes = 0;

	for (size_t i = 0; i < page->teaser_n; i++) {
		const struct pm_page_teaser *teaser = &page->teaser[i];

		bytes += teaser->title.n + teaser->snippet.n + teaser->time.n;
		for (size_t k = 0; k < teaser->tag_n; k++)
			bytes += teaser->tag[k].n;
	}
	return bytes;
}

/* A record's own word, unless the user says when it was. */
static void
set_crawled(struct pm_analysed *item, const struct pm_analysis *analysis)
{
	struct pm_when when;

	if (!item->page.has_crawled || (analysis->crawled != NULL &&
	    analysis->crawled->precision != 0))
		return;
	pm_time_resolve(&when, &item->page.crawled, item->crawled,
	    analysis->zone);
	if (when.precision != 0)
		item->crawled = when.utc_seconds;
}

int
pm_analyse(struct pm_analysed *item, struct pm_arena *arena,
    struct pm_analysis *analysis, struct pm_err *err)
{
	int rc;

	if (item->spill_fd >= 0 || item->whole) {
		item->page.kind = PM_PAGE_OPAQUE;
		item->page.reason = "larger than 64 MiB";
		return PM_OK;
	}
	pm_sha256(item->sha256, item->capture);
	if ((rc = pm_page_parse(&item->page, arena, &(struct pm_page_input){
	    .capture = item->capture, .path = item->path,
	    .reader = item->reader, .context = item->context }, err)) !=
	    PM_OK)
		return rc;
	set_crawled(item, analysis);
	if (item->page.kind == PM_PAGE_OPAQUE)
		return rc;
	if (teasers_bytes(&item->page) > PM_TEASERS_BYTES_MAX) {
		item->page = (struct pm_page){ .kind = PM_PAGE_OPAQUE,
		    .reason = "its teasers are over 2 MiB" };
		return PM_OK;
	}
	item->body = item->page.body;
	if ((rc = analyse_teasers(item, arena, &analysis->scratch,
	    analysis->zone, err)) != PM_OK)
		return rc;
	add_date_of_name(item);
	find_date(item, analysis->zone);
	if (item->body.n == 0)
		return PM_OK;
	pm_languages_of(&item->detected, &item->stated, item->body,
	    item->page.lang);
	return analyse_body(item, arena, analysis, err);
}

int64_t
pm_crawl_time(const struct pm_when *given, struct pm_bytes path,
    int64_t mtime_ns, const struct pm_zone *zone)
{
	int64_t mtime = mtime_ns / 1000000000 - (mtime_ns % 1000000000 < 0);
	struct pm_when when;

	if (given != NULL && given->precision != 0)
		return given->utc_seconds;
	if (!pm_when_in_path(&when, path, zone))
		return mtime;
	if (mtime >= when.utc_seconds && mtime < pm_when_end(&when))
		return mtime;
	return when.utc_seconds;
}
