/*
 * K4 of link_cascade.c: an article whose own text states the teaser's title,
 * near in time.
 */
#include <stdlib.h>

#include "archive/link_internal.h"

enum {
	NEAR_STATED = 86400,         /* seconds, both times stated */
	NEAR_CRAWLED = 7 * 86400
};

/* ---- times ---- */

static struct pm_known_time
known_time(const struct pm_when *when, int64_t crawled)
{
	if (when->precision != 0)
		return (struct pm_known_time){ PM_TIME_STATED,
		    when->utc_seconds, pm_when_end(when), when->precision };
	return (struct pm_known_time){ PM_TIME_CRAWLED, crawled, crawled + 1,
	    0 };
}

static int
stamp_capture(struct pm_cascade *cascade, const struct pm_log_capture *capture)
{
	struct pm_when none = { 0 };
	bool own = capture->date_source != PM_DATE_TEXT;
	int rc = PM_OK;

	if (capture->article != 0 &&
	    (rc = LIST_ROOM(cascade->article_stamps, cascade->err)) == PM_OK)
		cascade->article_stamps.p[cascade->article_stamps.n++] =
		    (struct stamp){ capture->article, known_time(own ?
		    &capture->date : &none, capture->crawled) };
	for (size_t i = 0; i < capture->sighting_n && rc == PM_OK; i++)
		if ((rc = LIST_ROOM(cascade->teaser_stamps, cascade->err)) ==
		    PM_OK)
			cascade->teaser_stamps.p[cascade->teaser_stamps.n++] =
			    (struct stamp){ capture->sighting[i].teaser,
			    known_time(&capture->sighting[i].when,
			    capture->crawled) };
	return rc;
}

static int
compare_stamps(const void *a, const void *b)
{
	const struct stamp *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

/* The batch's times, gathered when the first is asked for. */
static int
stamp_batch(struct pm_cascade *cascade)
{
	struct pm_ingest *ingest = cascade->ingest;
	int rc = PM_OK;

	if (cascade->stamped)
		return PM_OK;
	cascade->stamped = true;
	for (size_t i = 0; i < ingest->records.n && rc == PM_OK; i++)
		if (ingest->records.p[i].kind == PM_LOG_CAPTURE)
			rc = stamp_capture(cascade,
			    &ingest->records.p[i].u.capture);
	if (cascade->article_stamps.n > 1)
		qsort(cascade->article_stamps.p, cascade->article_stamps.n,
		    sizeof *cascade->article_stamps.p, compare_stamps);
	if (cascade->teaser_stamps.n > 1)
		qsort(cascade->teaser_stamps.p, cascade->teaser_stamps.n,
		    sizeof *cascade->teaser_stamps.p, compare_stamps);
	return rc;
}

static void
offer_stamps(struct pm_known_time *best, const struct stamp *stamp, size_t n,
    uint64_t number)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (stamp[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < n && stamp[low].number == number; low++)
		pm_known_time_offer(best, &stamp[low].time);
}

int
pm_cascade_article_time(struct pm_known_time *out, struct pm_cascade *cascade,
    uint64_t number)
{
	int rc = stamp_batch(cascade);

	*out = (struct pm_known_time){ 0 };
	if (rc == PM_OK)
		rc = pm_catalog_article_time(out,
		    cascade->ingest->options.catalog, number, cascade->err);
	offer_stamps(out, cascade->article_stamps.p,
	    cascade->article_stamps.n, number);
	return rc;
}

static int
teaser_time(struct pm_known_time *out, struct pm_cascade *cascade,
    uint64_t number)
{
	int rc = stamp_batch(cascade);

	*out = (struct pm_known_time){ 0 };
	if (rc == PM_OK)
		rc = pm_catalog_teaser_time(out,
		    cascade->ingest->options.catalog, number, cascade->err);
	offer_stamps(out, cascade->teaser_stamps.p, cascade->teaser_stamps.n,
	    number);
	return rc;
}

/* Seconds between two times; -1 when they are not near. */
static int64_t
gap_between(const struct pm_known_time *a, const struct pm_known_time *b)
{
	bool stated = a->how == PM_TIME_STATED && b->how == PM_TIME_STATED;
	int64_t gap = 0;

	if (a->how == PM_TIME_UNKNOWN || b->how == PM_TIME_UNKNOWN)
		return -1;
	if (a->until <= b->from)
		gap = b->from - a->until;
	else if (b->until <= a->from)
		gap = a->from - b->until;
	return gap <= (stated ? NEAR_STATED : NEAR_CRAWLED) ? gap : -1;
}

/* ---- titles ---- */

struct title_wanted {
	struct pm_cascade *cascade;
	uint64_t key;
	bool found;
};

static int
compare_title(void *context, struct pm_bytes title)
{
	struct title_wanted *wanted = context;
	uint64_t key;
	int rc = pm_title_key_of(&key, title,
	    &wanted->cascade->ingest->scratch, wanted->cascade->err);

	if (rc == PM_OK && key == wanted->key)
		wanted->found = true;
	return rc;
}

/* A capture of this batch states it of an article that it did not bring. */
static bool
shown_with(const struct pm_cascade *cascade, uint64_t number, uint64_t key)
{
	size_t low = 0, high = cascade->titles.n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct pm_run_entry *at = &cascade->titles.p[middle];

		if (at->key < key || (at->key == key && at->number < number))
			low = middle + 1;
		else
			high = middle;
	}
	return low < cascade->titles.n && cascade->titles.p[low].key == key &&
	    cascade->titles.p[low].number == number;
}

/* The index gives a part of the key; the title itself decides. */
static int
states_title(bool *out, struct pm_cascade *cascade, uint64_t number,
    uint64_t title_key)
{
	const struct new_article *article = pm_cascade_new_article(cascade->ingest,
	    number);
	struct title_wanted wanted = { cascade, title_key, false };
	int rc;

	*out = shown_with(cascade, number, title_key);
	if (*out || article != NULL)
		return PM_OK;
	rc = pm_catalog_stated_titles(cascade->ingest->options.catalog,
	    number, compare_title, &wanted, cascade->err);
	*out = rc == PM_OK && wanted.found;
	return rc;
}

static int
offer_title(struct pm_cascade *cascade, struct pm_question *question,
    const struct pm_known_time *seen, uint64_t number)
{
	struct pm_article_row row;
	struct pm_known_time time;
	bool stated;
	int64_t gap;
	int rc = states_title(&stated, cascade, number,
	    question->from->title_key);

	if (rc != PM_OK || !stated ||
	    (rc = pm_cascade_article_time(&time, cascade, number)) != PM_OK ||
	    (gap = gap_between(seen, &time)) < 0 ||
	    (rc = pm_cascade_candidate(&row, cascade, number)) != PM_OK)
		return rc;
	if (row.number != 0)
		pm_answer_offer(&question->answer, &row, PM_EVIDENCE_TITLE, 1.0, gap);
	return PM_OK;
}

int
pm_cascade_ask_titles(struct pm_cascade *cascade, struct pm_question *question)
{
	struct pm_known_time seen;
	struct pm_cascade_numbers found;
	int rc;

	if (question->from->title_key == 0)
		return PM_OK;
	rc = pm_cascade_articles(&found, cascade, cascade->titles.p,
	    cascade->titles.n, question->from->title_key);
	if (rc != PM_OK || found.n == 0 ||
	    (rc = teaser_time(&seen, cascade, question->number)) != PM_OK)
		return rc;
	for (size_t i = 0; i < found.n && rc == PM_OK; i++)
		rc = offer_title(cascade, question, &seen, found.number[i]);
	return rc;
}

bool
pm_title_is_ambiguous(const struct pm_answer *answer)
{
	return answer->second_gap >= 0 &&
	    answer->second_gap - answer->gap < NEAR_STATED;
}
