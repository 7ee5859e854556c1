/*
 * K5 of link_cascade.c: an article in whose lead most of the snippet stands.
 */
#include <stdlib.h>

#include "archive/link_internal.h"
#include "base/err.h"

static const double SHARE_MIN = 0.8, MARGIN = 0.1;

int
pm_cascade_ask_leads(struct pm_cascade *cascade,
    struct pm_question *question, uint32_t index)
{
	struct pm_cascade_numbers found;
	int rc = PM_OK;

	for (size_t k = 0; k < question->from->lead_key_n && rc == PM_OK; k++) {
		rc = pm_cascade_articles(&found, cascade, cascade->leads.p,
		    cascade->leads.n, question->from->lead_key[k]);
		for (size_t i = 0; i < found.n && rc == PM_OK; i++)
			if ((rc = LIST_ROOM(cascade->pairs, cascade->err)) ==
			    PM_OK)
				cascade->pairs.p[cascade->pairs.n++] =
				    (struct pair){ found.number[i], index };
	}
	return rc;
}

/* Articles lie in the order of their numbers. */
static int
compare_pairs(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	if (x->article != y->article)
		return x->article < y->article ? -1 : 1;
	return (x->question > y->question) - (x->question < y->question);
}

static int
read_lead(struct pm_lead *out, struct pm_cascade *cascade,
    const struct pm_article_row *row)
{
	struct pm_ingest *ingest = cascade->ingest;
	const struct new_article *article = pm_cascade_new_article(ingest,
	    row->number);
	int rc;

	if (article != NULL)
		return pm_lead_of_body(out, article->from->body,
		    &ingest->scratch, cascade->err);
	pm_buf_reset(&cascade->text);
	rc = pm_frames_article(&cascade->text, ingest->options.frames,
	    row->frame, row->offset, row->bytes < PM_LEAD_BODY_MAX ?
	    row->bytes : PM_LEAD_BODY_MAX, cascade->err);
	return rc == PM_OK ? pm_lead_of_body(out,
	    pm_buf_bytes(&cascade->text), &ingest->scratch, cascade->err) : rc;
}

static int
compare_with(struct pm_cascade *cascade, struct pm_question *question,
    const struct pm_article_row *row)
{
	double share;
	int rc = pm_lead_of_snippet(&cascade->snippet,
	    question->from->snippet, &cascade->ingest->scratch, cascade->err);

	if (rc != PM_OK)
		return rc;
	share = pm_lead_contained(&cascade->snippet, &cascade->lead);
	if (share >= SHARE_MIN)
		pm_answer_offer(&question->answer, row, PM_EVIDENCE_LEAD, share, 0);
	return PM_OK;
}

static int
want_leads(struct pm_cascade *cascade)
{
	const struct pair *pair = cascade->pairs.p;
	int rc = PM_OK;

	for (size_t i = 0; i < cascade->pairs.n && rc == PM_OK; i++)
		if ((i == 0 || pair[i - 1].article != pair[i].article) &&
		    pm_cascade_new_article(cascade->ingest,
		    pair[i].article) == NULL)
			rc = pm_ingest_want(cascade->ingest, pair[i].article,
			    PM_LEAD_BODY_MAX, cascade->err);
	return rc == PM_OK ? pm_ingest_fetch(cascade->ingest, cascade->err) :
	    rc;
}

/* In the order of the articles, so that each is read once. */
int
pm_cascade_compare_leads(struct pm_cascade *cascade)
{
	const struct pair *pair = cascade->pairs.p;
	size_t n = cascade->pairs.n;
	struct pm_article_row row = { 0 };
	int rc = PM_OK;

	if (n > 1)
		qsort(cascade->pairs.p, n, sizeof *pair, compare_pairs);
	rc = want_leads(cascade);
	for (size_t i = 0; i < n && rc == PM_OK; i++) {
		if (i > 0 && compare_pairs(&pair[i - 1], &pair[i]) == 0)
			continue;
		if (i == 0 || pair[i - 1].article != pair[i].article) {
			rc = pm_cascade_candidate(&row, cascade, pair[i].article);
			if (rc == PM_OK && row.number != 0)
				rc = read_lead(&cascade->lead, cascade, &row);
		}
		if (rc == PM_OK && row.number != 0)
			rc = compare_with(cascade,
			    &cascade->questions.p[pair[i].question], &row);
	}
	return rc;
}

bool
pm_lead_is_ambiguous(const struct pm_answer *answer)
{
	return answer->second_score > answer->score - MARGIN;
}
