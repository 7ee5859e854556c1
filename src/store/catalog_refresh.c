/*
 * What follows from the rows (C3): for each article that a batch touched, its
 * counts, its canonical, and the title, date and tags that its own pages or
 * the teasers linked to its group give.
 *
 * Everything is chosen by rules that do not look at numbers or order of
 * arrival, so that the same corpus gives the same answers however it came:
 *
 * R1  canonical: the longest of the `same` group, then the smallest SHA-256.
 * R2  title: the one that most captures state, then the smallest; else the
 *     text's own; else that of the linked teaser with most sightings, then the
 *     smallest id.
 * R3  date: strongest source, then finest precision, then earliest instant.
 *     Among teasers "6 hours ago" and "9 hours ago" both round down, so the
 *     earliest is nearest to the truth.
 * R4  tags: all that its captures state and its teasers' sightings print.
 * R5  source: that of the earliest capture, the publisher it states or else the
 *     input's name; then the smallest name.
 * R7  address: of the earliest capture that has one, then the smallest.
 * R8  language: the one that most captures state, then the smallest; else what
 *     was detected.
 */
#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "store/catalog_internal.h"

struct best_date {
	int64_t seconds;
	int64_t offset;
	int64_t precision;       /* 0: none */
	int64_t source;
};

/* What the teasers linked to a group say. */
struct from_teasers {
	uint64_t sightings;
	uint64_t title_teaser;   /* 0: none */
	uint64_t title_sightings;
	int64_t title_key;
	uint64_t frame;
	uint32_t ordinal;
	struct best_date date;
	struct number_list tag_sets, tags;
};

struct from_captures {
	uint64_t copies;
	int64_t first, last, input;
	struct pm_buf input_name;
	struct best_date date;
	uint64_t url_capture;    /* 0: none */
	int64_t url_crawled;
	struct pm_buf url;
	struct pm_buf title, lang;       /* as most captures state them */
};

struct pending_title {
	uint64_t article, teaser, frame;
	uint32_t ordinal;
};

struct refresh {
	struct pm_catalog *catalog;
	struct pm_err *err;
	struct from_teasers teasers;
	struct from_captures captures;
	struct number_list members;
	struct pending_title *pending;
	size_t pending_n, pending_capacity;
};

static int
compare_numbers(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

void
pm_number_list_sort(struct number_list *list)
{
	size_t n = 0;

	if (list->n == 0)
		return;
	qsort(list->p, list->n, sizeof *list->p, compare_numbers);
	for (size_t i = 0; i < list->n; i++)
		if (n == 0 || list->p[n - 1] != list->p[i])
			list->p[n++] = list->p[i];
	list->n = n;
}

/* R3 */
static void
offer_date(struct best_date *best, int64_t seconds, int64_t offset,
    int64_t precision, int64_t source)
{
	if (precision == 0)
		return;
	if (best->precision != 0) {
		if (source != best->source) {
			if (source > best->source)
				return;
		} else if (precision != best->precision) {
			if (precision > best->precision)
				return;
		} else if (seconds != best->seconds) {
			if (seconds > best->seconds)
				return;
		} else if (offset >= best->offset) {
			return;
		}
	}
	*best = (struct best_date){ seconds, offset, precision, source };
}

/* ---- what the group's teasers say ---- */

static void
offer_title(struct from_teasers *out, uint64_t teaser, int64_t key,
    uint64_t frame, uint32_t ordinal, uint64_t sightings)
{
	if (teaser == 0 || sightings < out->title_sightings ||
	    (sightings == out->title_sightings && key >= out->title_key &&
	    out->title_teaser != 0))
		return;
	out->title_teaser = teaser;
	out->title_key = key;
	out->title_sightings = sightings;
	out->frame = frame;
	out->ordinal = ordinal;
}

static int
read_member_teasers(struct refresh *refresh, uint64_t member)
{
	struct from_teasers *out = &refresh->teasers;
	uint64_t teaser = 0, frame = 0, sightings = 0, last_set = 0;
	uint32_t ordinal = 0;
	int64_t key = 0;
	int rc;
	sqlite3_stmt *st = pm_catalog_statement(refresh->catalog,
	    ST_MEMBER_TEASERS, refresh->err);

	if (st == NULL)
		return refresh->err->status;
	sqlite3_bind_int64(st, 1, (int64_t)member);
	while ((rc = pm_catalog_step(refresh->catalog, st, refresh->err)) ==
	    PM_OK) {
		uint64_t number = (uint64_t)sqlite3_column_int64(st, 0);
		uint64_t set = (uint64_t)sqlite3_column_int64(st, 4);

		if (number != teaser) {
			offer_title(out, teaser, key, frame, ordinal,
			    sightings);
			teaser = number;
			key = sqlite3_column_int64(st, 1);
			frame = (uint64_t)sqlite3_column_int64(st, 2);
			ordinal = (uint32_t)sqlite3_column_int64(st, 3);
			sightings = 0;
		}
		sightings++;
		out->sightings++;
		if (sqlite3_column_type(st, 5) == SQLITE_INTEGER)
			offer_date(&out->date, sqlite3_column_int64(st, 5),
			    sqlite3_column_int64(st, 7),
			    sqlite3_column_int64(st, 6), PM_DATE_TEASER);
		if (set != 0 && set != last_set) {
			if (pm_number_list_add(&out->tag_sets, set,
			    refresh->err) != PM_OK)
				return PM_ENOMEM;
			last_set = set;
		}
	}
	offer_title(out, teaser, key, frame, ordinal, sightings);
	return rc == PM_END ? PM_OK : rc;
}

static int
expand_tags(struct refresh *refresh)
{
	struct from_teasers *out = &refresh->teasers;
	int rc = PM_OK;

	pm_number_list_sort(&out->tag_sets);
	for (size_t i = 0; i < out->tag_sets.n; i++) {
		sqlite3_stmt *st = pm_catalog_statement(refresh->catalog,
		    ST_TAG_SET, refresh->err);

		if (st == NULL)
			return refresh->err->status;
		sqlite3_bind_int64(st, 1, (int64_t)out->tag_sets.p[i]);
		while ((rc = pm_catalog_step(refresh->catalog, st,
		    refresh->err)) == PM_OK) {
			rc = pm_number_list_add(&out->tags,
			    (uint64_t)sqlite3_column_int64(st, 0),
			    refresh->err);
			if (rc != PM_OK)
				return rc;
		}
		if (rc != PM_END)
			return rc;
	}
	pm_number_list_sort(&out->tags);
	return PM_OK;
}

/* ---- what an article's captures say ---- */

static int
keep(struct pm_buf *out, struct pm_bytes value, struct pm_err *err)
{
	pm_buf_reset(out);
	return pm_buf_append(out, value.p, value.n, err);
}

/* R7; and of one capture alone title and language, which of several are
 * elected. */
static int
read_stated(struct from_captures *out, sqlite3_stmt *st, int64_t crawled,
    struct pm_err *err)
{
	struct pm_bytes url = pm_catalog_column(st, 7);
	int rc = PM_OK;

	if (url.n > 0 && (out->url_capture == 0 ||
	    crawled < out->url_crawled || (crawled == out->url_crawled &&
	    pm_bytes_compare(url, pm_buf_bytes(&out->url)) < 0))) {
		out->url_capture = (uint64_t)sqlite3_column_int64(st, 8);
		out->url_crawled = crawled;
		rc = keep(&out->url, url, err);
	}
	if (rc == PM_OK)
		rc = keep(&out->title, pm_catalog_column(st, 9), err);
	if (rc == PM_OK)
		rc = keep(&out->lang, pm_catalog_column(st, 10), err);
	return rc;
}

static int
read_capture(struct from_captures *out, sqlite3_stmt *st, struct pm_err *err)
{
	int64_t crawled = sqlite3_column_int64(st, 0);
	struct pm_bytes name = pm_catalog_column(st, 1);
	int rc = PM_OK;

	if (out->copies == 0 || crawled < out->first ||
	    (crawled == out->first && pm_bytes_compare(name,
	    pm_buf_bytes(&out->input_name)) < 0)) {
		rc = keep(&out->input_name, name, err);       /* R5 */
		out->input = sqlite3_column_int64(st, 2);
	}
	if (out->copies == 0 || crawled < out->first)
		out->first = crawled;
	if (out->copies == 0 || crawled > out->last)
		out->last = crawled;
	out->copies++;
	offer_date(&out->date, sqlite3_column_int64(st, 3),
	    sqlite3_column_int64(st, 4), sqlite3_column_int64(st, 5),
	    sqlite3_column_int64(st, 6));
	if (rc == PM_OK)
		rc = read_stated(out, st, crawled, err);
	return rc;
}

/* R2, R8 */
static int
elect(struct refresh *refresh, struct pm_buf *out, enum statement which,
    uint64_t member)
{
	sqlite3_stmt *st = pm_catalog_statement(refresh->catalog, which,
	    refresh->err);
	int rc;

	pm_buf_reset(out);
	if (st == NULL)
		return refresh->err->status;
	sqlite3_bind_int64(st, 1, (int64_t)member);
	if ((rc = pm_catalog_step(refresh->catalog, st, refresh->err)) ==
	    PM_OK)
		rc = keep(out, pm_catalog_column(st, 0), refresh->err);
	else if (rc == PM_END)
		rc = PM_OK;
	sqlite3_reset(st);
	return rc;
}

static int
read_member_captures(struct refresh *refresh, uint64_t member)
{
	struct from_captures *out = &refresh->captures;
	int rc;
	sqlite3_stmt *st = pm_catalog_statement(refresh->catalog,
	    ST_MEMBER_CAPTURES, refresh->err);

	if (st == NULL)
		return refresh->err->status;
	*out = (struct from_captures){ .input_name = out->input_name,
	    .url = out->url, .title = out->title, .lang = out->lang };
	pm_buf_reset(&out->input_name);
	pm_buf_reset(&out->url);
	pm_buf_reset(&out->title);
	pm_buf_reset(&out->lang);
	sqlite3_bind_int64(st, 1, (int64_t)member);
	while ((rc = pm_catalog_step(refresh->catalog, st, refresh->err)) ==
	    PM_OK)
		if ((rc = read_capture(out, st, refresh->err)) != PM_OK ||
		    (sqlite3_column_type(st, 11) != SQLITE_NULL &&
		    (rc = pm_number_list_add(&refresh->teasers.tag_sets,
		    (uint64_t)sqlite3_column_int64(st, 11),
		    refresh->err)) != PM_OK))
			return rc;
	offer_date(&out->date, out->first, 0,
	    out->copies > 0 ? PM_MINUTE : 0, PM_DATE_CRAWL);
	if (rc == PM_END && out->copies > 1 &&
	    (rc = elect(refresh, &out->title, ST_ELECTED_TITLE, member)) ==
	    PM_OK)
		rc = elect(refresh, &out->lang, ST_ELECTED_LANG, member);
	return rc == PM_END ? PM_OK : rc;
}

/* ---- writing what was found ---- */

struct member {
	uint64_t same, title_teaser;
	bool own_title;          /* and it is no teaser's */
	int64_t bytes, key;
	uint8_t rest[24];
	uint8_t detected[16];    /* language */
	size_t detected_n;
};

static int
want_title(struct refresh *refresh, uint64_t member)
{
	const struct from_teasers *from = &refresh->teasers;

	if (refresh->pending_n == refresh->pending_capacity) {
		size_t capacity = refresh->pending_capacity == 0 ? 256 :
		    refresh->pending_capacity * 2;
		struct pending_title *p = pm_realloc_array(refresh->pending,
		    capacity, sizeof *p, refresh->err);

		if (p == NULL)
			return PM_ENOMEM;
		refresh->pending = p;
		refresh->pending_capacity = capacity;
	}
	refresh->pending[refresh->pending_n++] = (struct pending_title){
		member, from->title_teaser, from->frame, from->ordinal
	};
	return PM_OK;
}

#define NO_TEASER UINT64_MAX     /* 0: pages state the title */

static int
write_title(struct refresh *refresh, uint64_t member, struct pm_bytes title,
    uint64_t teaser)
{
	sqlite3_stmt *st = pm_catalog_statement(refresh->catalog,
	    ST_UPDATE_TITLE, refresh->err);

	if (st == NULL)
		return refresh->err->status;
	sqlite3_bind_int64(st, 1, (int64_t)member);
	if (title.n > 0)
		pm_catalog_bind(st, 2, title);
	if (teaser != NO_TEASER)
		sqlite3_bind_int64(st, 3, (int64_t)teaser);
	return pm_catalog_run(refresh->catalog, st, refresh->err);
}

static int
decide_title(struct refresh *refresh, uint64_t member,
    const struct member *stored)
{
	struct pm_bytes stated = pm_buf_bytes(&refresh->captures.title);
	uint64_t stored_teaser = stored->title_teaser;

	if (stated.n > 0)
		return write_title(refresh, member, stated, 0);
	if (stored->own_title)
		return PM_OK;
	if (refresh->teasers.title_teaser == 0)
		return stored_teaser == 0 ? PM_OK :
		    write_title(refresh, member, (struct pm_bytes){ 0 },
		    NO_TEASER);
	if (refresh->teasers.title_teaser == stored_teaser)
		return PM_OK;
	return want_title(refresh, member);
}

static int
write_member(struct refresh *refresh, uint64_t member, uint64_t canonical,
    struct pm_bytes detected)
{
	const struct from_captures *from = &refresh->captures;
	struct pm_bytes stated = pm_buf_bytes(&from->lang);
	struct best_date date = from->date;
	sqlite3_stmt *st = pm_catalog_statement(refresh->catalog,
	    ST_UPDATE_ARTICLE, refresh->err);

	if (st == NULL)
		return refresh->err->status;
	offer_date(&date, refresh->teasers.date.seconds,
	    refresh->teasers.date.offset, refresh->teasers.date.precision,
	    refresh->teasers.date.source);
	sqlite3_bind_int64(st, 1, (int64_t)member);
	sqlite3_bind_int64(st, 2, (int64_t)canonical);
	sqlite3_bind_int64(st, 3, (int64_t)from->copies);
	sqlite3_bind_int64(st, 4, (int64_t)refresh->teasers.sightings);
	if (from->copies > 0) {
		sqlite3_bind_int64(st, 5, from->input);
		sqlite3_bind_int64(st, 6, from->first);
		sqlite3_bind_int64(st, 7, from->last);
	}
	if (date.precision != 0) {
		sqlite3_bind_int64(st, 8, date.seconds);
		sqlite3_bind_int64(st, 9, date.offset);
		sqlite3_bind_int64(st, 10, date.precision);
		sqlite3_bind_int64(st, 11, date.source);
	}
	if (from->url_capture != 0)
		sqlite3_bind_int64(st, 12, (int64_t)from->url_capture);
	if (stated.n > 0)
		pm_catalog_bind(st, 13, stated);
	else if (detected.n > 0)
		pm_catalog_bind(st, 13, detected);
	if (stated.n + detected.n > 0)
		sqlite3_bind_int64(st, 14, stated.n > 0 ? 1 : 2);
	return pm_catalog_run(refresh->catalog, st, refresh->err);
}

static int
tags_differ(bool *out, struct refresh *refresh, uint64_t member)
{
	const struct number_list *tags = &refresh->teasers.tags;
	size_t i = 0;
	int rc;
	sqlite3_stmt *st = pm_catalog_statement(refresh->catalog, ST_TAGS_OF,
	    refresh->err);

	if (st == NULL)
		return refresh->err->status;
	sqlite3_bind_int64(st, 1, (int64_t)member);
	*out = false;
	while ((rc = pm_catalog_step(refresh->catalog, st, refresh->err)) ==
	    PM_OK) {
		if (i >= tags->n || tags->p[i] !=
		    (uint64_t)sqlite3_column_int64(st, 0))
			*out = true;
		i++;
	}
	if (i != tags->n)
		*out = true;
	return rc == PM_END ? PM_OK : rc;
}

static int
write_tags(struct refresh *refresh, uint64_t member)
{
	const struct number_list *tags = &refresh->teasers.tags;
	sqlite3_stmt *st;
	bool differ = false;
	int rc = tags_differ(&differ, refresh, member);

	if (rc != PM_OK || !differ)
		return rc;
	if ((st = pm_catalog_statement(refresh->catalog, ST_TAGS_CLEAR,
	    refresh->err)) == NULL)
		return refresh->err->status;
	sqlite3_bind_int64(st, 1, (int64_t)member);
	rc = pm_catalog_run(refresh->catalog, st, refresh->err);
	for (size_t i = 0; i < tags->n && rc == PM_OK; i++) {
		if ((st = pm_catalog_statement(refresh->catalog, ST_TAG_ADD,
		    refresh->err)) == NULL)
			return refresh->err->status;
		sqlite3_bind_int64(st, 1, (int64_t)member);
		sqlite3_bind_int64(st, 2, (int64_t)tags->p[i]);
		rc = pm_catalog_run(refresh->catalog, st, refresh->err);
	}
	return rc;
}

/* ---- groups ---- */

static int
read_member(struct member *out, struct refresh *refresh, uint64_t number)
{
	struct pm_bytes rest, detected;
	int rc;
	sqlite3_stmt *st = pm_catalog_statement(refresh->catalog, ST_MEMBER,
	    refresh->err);

	if (st == NULL)
		return refresh->err->status;
	sqlite3_bind_int64(st, 1, (int64_t)number);
	rc = pm_catalog_step(refresh->catalog, st, refresh->err);
	if (rc != PM_OK)
		return rc == PM_END ? pm_fail(refresh->err, PM_ECORRUPT,
		    "article %llu is spoken of and not there",
		    (unsigned long long)number) : rc;
	out->same = (uint64_t)sqlite3_column_int64(st, 0);
	out->bytes = sqlite3_column_int64(st, 1);
	out->key = sqlite3_column_int64(st, 2);
	out->title_teaser = (uint64_t)sqlite3_column_int64(st, 3);
	rest = pm_catalog_column(st, 4);
	out->own_title = sqlite3_column_int64(st, 5) != 0;
	detected = pm_catalog_column(st, 6);
	out->detected_n = detected.n < sizeof out->detected ? detected.n : 0;
	if (out->detected_n > 0)
		memcpy(out->detected, detected.p, out->detected_n);
	memset(out->rest, 0, sizeof out->rest);
	if (rest.n == sizeof out->rest)
		memcpy(out->rest, rest.p, rest.n);
	sqlite3_reset(st);
	return PM_OK;
}

static int
list_members(struct refresh *refresh, uint64_t article, uint64_t same)
{
	sqlite3_stmt *st;
	int rc;

	refresh->members.n = 0;
	if (same == 0)
		return pm_number_list_add(&refresh->members, article,
		    refresh->err);
	if ((st = pm_catalog_statement(refresh->catalog, ST_GROUP,
	    refresh->err)) == NULL)
		return refresh->err->status;
	sqlite3_bind_int64(st, 1, (int64_t)same);
	while ((rc = pm_catalog_step(refresh->catalog, st, refresh->err)) ==
	    PM_OK)
		if ((rc = pm_number_list_add(&refresh->members,
		    (uint64_t)sqlite3_column_int64(st, 0), refresh->err)) !=
		    PM_OK)
			return rc;
	return rc == PM_END ? PM_OK : rc;
}

/* R1 */
static bool
better_canonical(const struct member *a, const struct member *b)
{
	if (a->bytes != b->bytes)
		return a->bytes > b->bytes;
	if (a->key != b->key)
		return a->key < b->key;
	return memcmp(a->rest, b->rest, sizeof a->rest) < 0;
}

static int
choose_canonical(uint64_t *out, struct refresh *refresh)
{
	struct member best = { 0 }, member;
	int rc = PM_OK;

	*out = 0;
	for (size_t i = 0; i < refresh->members.n && rc == PM_OK; i++) {
		rc = read_member(&member, refresh, refresh->members.p[i]);
		if (rc == PM_OK && (*out == 0 ||
		    better_canonical(&member, &best))) {
			best = member;
			*out = refresh->members.p[i];
		}
	}
	return rc;
}

static void
reset_teasers(struct from_teasers *out)
{
	struct number_list tag_sets = out->tag_sets, tags = out->tags;

	tag_sets.n = tags.n = 0;
	*out = (struct from_teasers){ .tag_sets = tag_sets, .tags = tags };
}

static int
refresh_group(struct refresh *refresh, uint64_t article)
{
	struct member member;
	uint64_t canonical;
	int rc;

	if ((rc = read_member(&member, refresh, article)) != PM_OK ||
	    (rc = list_members(refresh, article, member.same)) != PM_OK ||
	    (rc = choose_canonical(&canonical, refresh)) != PM_OK)
		return rc;
	reset_teasers(&refresh->teasers);
	for (size_t i = 0; i < refresh->members.n && rc == PM_OK; i++) {
		rc = read_member_teasers(refresh, refresh->members.p[i]);
		if (rc == PM_OK)
			rc = read_member_captures(refresh,
			    refresh->members.p[i]);
	}
	if (rc == PM_OK)
		rc = expand_tags(refresh);
	for (size_t i = 0; i < refresh->members.n && rc == PM_OK; i++) {
		uint64_t number = refresh->members.p[i];

		/* Of one alone they are at hand. */
		if ((refresh->members.n == 1 ||
		    (rc = read_member_captures(refresh, number)) == PM_OK) &&
		    (rc = read_member(&member, refresh, number)) == PM_OK &&
		    (rc = write_member(refresh, number, canonical,
		    (struct pm_bytes){ member.detected,
		    member.detected_n })) == PM_OK)
			rc = decide_title(refresh, number, &member);
		if (rc == PM_OK)
			rc = write_tags(refresh, number);
	}
	return rc;
}

/* ---- all that was touched ---- */

static int
touch_served(void *context, uint64_t number)
{
	struct refresh *refresh = context;

	return pm_number_list_add(&refresh->catalog->touched_articles,
	    number, refresh->err);
}

/* Teasers that were sighted or linked touch the articles they lead to. */
static int
touch_linked(struct refresh *refresh)
{
	struct pm_catalog *catalog = refresh->catalog;
	struct pm_teaser_row row;
	int rc = PM_OK;

	pm_number_list_sort(&catalog->touched_teasers);
	for (size_t i = 0; i < catalog->touched_teasers.n && rc == PM_OK;
	    i++) {
		rc = pm_catalog_teaser(&row, catalog,
		    catalog->touched_teasers.p[i], refresh->err);
		if (rc == PM_OK && row.article != 0)
			rc = pm_number_list_add(&catalog->touched_articles,
			    row.article, refresh->err);
		if (rc == PM_OK)
			rc = pm_catalog_served_by(catalog,
			    catalog->touched_teasers.p[i], touch_served,
			    refresh, refresh->err);
	}
	return rc;
}

/* One article stands for its group: the others need no second look. */
static int
one_of_each_group(struct refresh *refresh)
{
	struct number_list *list = &refresh->catalog->touched_articles;
	struct member member;
	int rc;

	pm_number_list_sort(list);
	for (size_t i = 0; i < list->n; i++) {
		if ((rc = read_member(&member, refresh, list->p[i])) != PM_OK)
			return rc;
		if (member.same != 0)
			list->p[i] = member.same;
	}
	pm_number_list_sort(list);
	return PM_OK;
}

static int
compare_places(const void *a, const void *b)
{
	const struct pending_title *x = a, *y = b;

	if (x->frame != y->frame)
		return x->frame < y->frame ? -1 : 1;
	return (x->ordinal > y->ordinal) - (x->ordinal < y->ordinal);
}

/* A title that the linked article has from this teaser need not be read again
 * from a frame. */
static int
title_of(struct pm_buf *out, struct refresh *refresh,
    const struct pending_title *want, const struct pm_teaser_source *source)
{
	sqlite3_stmt *st = pm_catalog_statement(refresh->catalog,
	    ST_KNOWN_TITLE, refresh->err);
	struct pm_bytes title;
	int rc;

	if (st == NULL)
		return refresh->err->status;
	sqlite3_bind_int64(st, 1, (int64_t)want->teaser);
	rc = pm_catalog_step(refresh->catalog, st, refresh->err);
	if (rc == PM_OK) {
		title = pm_catalog_column(st, 0);
		rc = pm_buf_append(out, title.p, title.n, refresh->err);
	} else if (rc == PM_END) {
		rc = source->title(source->context, out, want->teaser,
		    want->frame, want->ordinal, refresh->err);
	}
	sqlite3_reset(st);
	return rc;
}

static int
fetch_titles(struct refresh *refresh, const struct pm_teaser_source *source)
{
	struct pm_buf title;
	int rc = PM_OK;

	pm_buf_init(&title);
	if (refresh->pending_n > 1)
		qsort(refresh->pending, refresh->pending_n,
		    sizeof *refresh->pending, compare_places);
	for (size_t i = 0; i < refresh->pending_n && rc == PM_OK; i++) {
		const struct pending_title *want = &refresh->pending[i];

		pm_buf_reset(&title);
		if ((rc = title_of(&title, refresh, want, source)) == PM_OK)
			rc = write_title(refresh, want->article,
			    pm_buf_bytes(&title), want->teaser);
	}
	pm_buf_clear(&title);
	return rc;
}

/* A group that was refreshed stands for itself again until R6 says
 * otherwise. */
static int
cluster_touched(struct refresh *refresh)
{
	struct number_list *groups = &refresh->catalog->touched_groups;
	const struct number_list *touched =
	    &refresh->catalog->touched_articles;
	int rc = PM_OK;

	for (size_t i = 0; i < touched->n && rc == PM_OK; i++) {
		sqlite3_stmt *st = pm_catalog_statement(refresh->catalog,
		    ST_RELATED, refresh->err);

		if (st == NULL)
			return refresh->err->status;
		sqlite3_bind_int64(st, 1, (int64_t)touched->p[i]);
		rc = pm_catalog_step(refresh->catalog, st, refresh->err);
		if (rc == PM_OK)
			rc = pm_number_list_add(groups, touched->p[i],
			    refresh->err);
		sqlite3_reset(st);
		if (rc == PM_END)
			rc = PM_OK;
	}
	if (rc == PM_OK)
		rc = pm_catalog_cluster(refresh->catalog, groups->p,
		    groups->n, refresh->err);
	groups->n = 0;
	return rc;
}

int
pm_catalog_refresh(struct pm_catalog *catalog,
    const struct pm_teaser_source *source, struct pm_err *err)
{
	struct refresh refresh = { .catalog = catalog, .err = err };
	int rc = pm_catalog_resolve_revisits(catalog, err);

	if (rc == PM_OK)
		rc = touch_linked(&refresh);
	if (rc == PM_OK && catalog->forgot)
		rc = pm_catalog_drop_gone(catalog, err);
	if (rc == PM_OK)
		rc = one_of_each_group(&refresh);
	for (size_t i = 0; i < catalog->touched_articles.n && rc == PM_OK;
	    i++)
		rc = refresh_group(&refresh, catalog->touched_articles.p[i]);
	if (rc == PM_OK)
		rc = fetch_titles(&refresh, source);
	if (rc == PM_OK)
		rc = cluster_touched(&refresh);
	if (rc == PM_OK)
		rc = pm_catalog_group(catalog, err);
	catalog->touched_articles.n = catalog->touched_teasers.n = 0;
	pm_free(refresh.pending);
	pm_free(refresh.members.p);
	pm_free(refresh.teasers.tag_sets.p);
	pm_free(refresh.teasers.tags.p);
	pm_buf_clear(&refresh.captures.input_name);
	pm_buf_clear(&refresh.captures.url);
	pm_buf_clear(&refresh.captures.title);
	pm_buf_clear(&refresh.captures.lang);
	return rc;
}
