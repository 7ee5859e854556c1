/*
 * K6 of link_cascade.c: an article that is shown by a page with the address
 * that the teaser leads to.
 *
 * Addresses meet under keys that leave out what does not matter
 * (pm_catalog_url_key), in the catalog and in what the batch brings.
 */
#include <stdlib.h>

#include "archive/link_internal.h"

static int
compare_keys(const void *a, const void *b)
{
	const struct pm_url_entry *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

static int
compare_teasers(const void *a, const void *b)
{
	const struct pm_url_entry *x = a, *y = b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return (x->key > y->key) - (x->key < y->key);
}

static int
add_page(struct pm_cascade *cascade, const struct pm_log_capture *capture)
{
	int rc;

	if (capture->article == 0 || capture->url.n == 0)
		return PM_OK;
	if ((rc = LIST_ROOM(cascade->pages, cascade->err)) == PM_OK)
		cascade->pages.p[cascade->pages.n++] = (struct pm_url_entry){
		    pm_catalog_url_key(capture->url), capture->article };
	return rc;
}

static int
add_teasers(struct pm_cascade *cascade, const struct pm_log_capture *capture)
{
	int rc = PM_OK;

	for (size_t i = 0; i < capture->sighting_n && rc == PM_OK; i++) {
		const struct pm_log_sighting *sighting =
		    &capture->sighting[i];

		if (sighting->url.n == 0)
			continue;
		if ((rc = LIST_ROOM(cascade->leads_to, cascade->err)) ==
		    PM_OK)
			cascade->leads_to.p[cascade->leads_to.n++] =
			    (struct pm_url_entry){
			    pm_catalog_url_key(sighting->url),
			    sighting->teaser };
	}
	return rc;
}

int
pm_cascade_read_urls(struct pm_cascade *cascade)
{
	const struct pm_ingest *ingest = cascade->ingest;
	int rc = PM_OK;

	for (size_t i = 0; i < ingest->records.n && rc == PM_OK; i++) {
		const struct pm_log_record *record = &ingest->records.p[i];

		if (record->kind != PM_LOG_CAPTURE)
			continue;
		if ((rc = add_page(cascade, &record->u.capture)) == PM_OK)
			rc = add_teasers(cascade, &record->u.capture);
	}
	if (cascade->pages.n > 1)
		qsort(cascade->pages.p, cascade->pages.n,
		    sizeof *cascade->pages.p, compare_keys);
	if (cascade->leads_to.n > 1)
		qsort(cascade->leads_to.p, cascade->leads_to.n,
		    sizeof *cascade->leads_to.p, compare_teasers);
	return rc;
}

/* Older teasers that lead to pages of the batch. */
int
pm_cascade_urls_of_pages(struct pm_cascade *cascade,
    int (*teaser)(void *context, uint64_t number), void *context)
{
	const struct pm_url_entry *page = cascade->pages.p;
	int rc = PM_OK;

	for (size_t i = 0; i < cascade->pages.n && rc == PM_OK; i++)
		if (i == 0 || page[i].key != page[i - 1].key)
			rc = pm_catalog_teasers_to(
			    cascade->ingest->options.catalog, page[i].key,
			    teaser, context, cascade->err);
	return rc;
}

/* ---- one question ---- */

struct asking {
	struct pm_cascade *cascade;
	struct pm_question *question;
};

static int
offer(struct asking *asking, uint64_t number)
{
	struct pm_article_row row;
	int rc = pm_cascade_candidate(&row, asking->cascade, number);

	if (rc == PM_OK && row.number != 0)
		pm_answer_offer(&asking->question->answer, &row,
		    PM_EVIDENCE_URL, 1.0, 0);
	return rc;
}

static int
ask_key(void *context, int64_t key)
{
	struct asking *asking = context;
	struct pm_cascade *cascade = asking->cascade;
	const struct pm_url_entry *page = cascade->pages.p;
	size_t low = 0, high = cascade->pages.n;
	uint64_t old;
	int rc = pm_catalog_article_at(&old,
	    cascade->ingest->options.catalog, key, cascade->err);

	if (rc == PM_OK && old != 0)
		rc = offer(asking, old);
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (page[middle].key < key)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < cascade->pages.n && page[low].key == key &&
	    rc == PM_OK; low++)
		if (low == 0 || compare_keys(&page[low - 1], &page[low]) != 0)
			rc = offer(asking, page[low].number);
	return rc;
}

int
pm_cascade_ask_urls(struct pm_cascade *cascade, struct pm_question *question)
{
	struct asking asking = { cascade, question };
	const struct pm_url_entry *entry = cascade->leads_to.p;
	size_t low = 0, high = cascade->leads_to.n;
	int rc = PM_OK;

	if (question->before.number != 0)
		rc = pm_catalog_teaser_urls(cascade->ingest->options.catalog,
		    question->number, ask_key, &asking, cascade->err);
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (entry[middle].number < question->number)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < cascade->leads_to.n &&
	    entry[low].number == question->number && rc == PM_OK; low++)
		if (low == 0 || compare_keys(&entry[low - 1], &entry[low]) !=
		    0)
			rc = ask_key(&asking, entry[low].key);
	return rc;
}
