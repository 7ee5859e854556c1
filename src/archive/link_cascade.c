/*
 * Which article was a teaser cut from, when none begins as it does?
 *
 * K3  Only what the prefix (link.c) does not settle is asked, and the title
 *     goes before the lead.
 * K4  title: an article whose own text states this title, equal after
 *     folding, and whose time is near the teaser's.  The nearest in time,
 *     then the longest, then the smallest SHA-256; `ambiguous` when one of
 *     another `same` group is hardly farther off.  A title that a teaser gave
 *     to an article is no evidence: that would prove a link by itself.
 * K5  lead: SHARE_MIN of the snippet's 3-grams stand in an article's lead
 *     (lead.h).  The largest share, then as above; `ambiguous` when one of
 *     another `same` group comes within MARGIN.
 *
 * Candidates meet under keys (dup/lead.h) that lie beside the prefix keys in
 * the indexes `articles` and `teasers`; a key that more than BUCKET_MAX
 * articles have finds none.  Of teasers only those are filed that the prefix
 * did not settle in their batch: settled ones stay so.
 *
 * Each answer is made anew from all that the corpus has, whenever some of it
 * comes: a teaser, another sighting of it, an article under one of its keys,
 * another capture of an article with its title.  So order of arrival does not
 * matter.  It costs little, because a key is asked for only as long as it has
 * few articles.
 */
#include <stdlib.h>

#include "archive/ingest_internal.h"
#include "archive/lead.h"
#include "base/err.h"

enum {
	BUCKET_MAX = 32,
	NEAR_STATED = 86400,         /* seconds, both times stated */
	NEAR_CRAWLED = 7 * 86400
};

static const double SHARE_MIN = 0.8, MARGIN = 0.1;

struct answer {
	uint64_t article, group, bytes;  /* article 0: none */
	uint8_t sha256[PM_SHA256_BYTES];
	int32_t evidence;
	double score;
	int64_t gap;                     /* K4: seconds */
	double second_score;             /* of another group; < 0: none */
	int64_t second_gap;              /* of another group; < 0: none */
};

/* A teaser that is asked about. */
struct question {
	uint64_t number, frame;
	uint32_t ordinal;
	const struct pm_analysed_teaser *from;   /* NULL: not read yet */
	struct pm_teaser_row before;     /* number 0: new */
	bool leads;                      /* not its times alone are other ones */
	bool as_before;
	struct pm_lead *snippet;         /* when its lead is compared */
	struct answer answer;
};

struct pair {
	uint32_t article, question;
};

/* A time that the batch brought. */
struct stamp {
	uint64_t number;
	struct pm_known_time time;
};

struct numbers {
	uint32_t number[BUCKET_MAX + 1];
	size_t n;
};

struct cascade {
	struct pm_ingest *ingest;
	const struct pm_map *settled;
	struct pm_err *err;
	LIST(struct question) questions;
	LIST(struct pair) pairs;
	LIST(struct pm_run_entry) titles, leads;     /* of the batch */
	LIST(uint64_t) asked;            /* older teasers: twice the number,
	                                  * and 1 if for their times alone */
	LIST(struct stamp) article_stamps, teaser_stamps;
	bool stamped;
	struct pm_buf text;
	struct pm_lead lead;
};

/* ---- candidates ---- */

static int
compare_entries(const void *a, const void *b)
{
	const struct pm_run_entry *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

static int
add_number(void *context, uint32_t number)
{
	struct numbers *numbers = context;

	numbers->number[numbers->n++] = number;
	return numbers->n > BUCKET_MAX;
}

/* The articles of the archive under key, at most one more than BUCKET_MAX. */
static int
old_articles(struct numbers *out, struct cascade *cascade, uint64_t key)
{
	int rc;

	out->n = 0;
	rc = pm_runs_find(cascade->ingest->options.articles, key, add_number,
	    out, cascade->err);
	return rc < 0 ? rc : PM_OK;
}

/* And those of the batch; none at all when there are too many. */
static int
all_articles(struct numbers *out, struct cascade *cascade,
    const struct pm_run_entry *entry, size_t n, uint64_t key)
{
	size_t low = 0, high = n;
	int rc = old_articles(out, cascade, key);

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (entry[middle].key < key)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < n && entry[low].key == key && out->n <= BUCKET_MAX; low++)
		out->number[out->n++] = entry[low].number;
	if (out->n > BUCKET_MAX)
		out->n = 0;
	return rc;
}

static const struct new_article *
new_article_of(const struct pm_ingest *ingest, uint64_t number)
{
	uint64_t first = ingest->articles.n == 0 ? 0 :
	    ingest->articles.p[0].number;

	return first == 0 || number < first ||
	    number - first >= ingest->articles.n ? NULL :
	    &ingest->articles.p[number - first];
}

/* Whose answer it may be; number 0 when a cache from before a crash names an
 * article that never was. */
static int
read_candidate(struct pm_article_row *out, struct cascade *cascade,
    uint64_t number)
{
	const struct new_article *article = new_article_of(cascade->ingest,
	    number);

	if (article == NULL)
		return pm_catalog_article(out, cascade->ingest->options.catalog,
		    number, cascade->err);
	*out = (struct pm_article_row){ .number = number,
	    .same = article->same, .frame = article->frame,
	    .offset = article->offset, .bytes = article->from->body.n };
	memcpy(out->sha256, article->from->body_sha256, PM_SHA256_BYTES);
	return PM_OK;
}

/* ---- choosing ---- */

static bool
goes_before(const struct answer *a, const struct answer *b)
{
	if (a->gap != b->gap)
		return a->gap < b->gap;
	if (a->score != b->score)
		return a->score > b->score;
	if (a->bytes != b->bytes)
		return a->bytes > b->bytes;
	return memcmp(a->sha256, b->sha256, PM_SHA256_BYTES) < 0;
}

/* How near the best of another group comes. */
static void
note_second(struct answer *best, const struct answer *other)
{
	if (other->group == best->group)
		return;
	if (other->score > best->second_score)
		best->second_score = other->score;
	if (best->second_gap < 0 || other->gap < best->second_gap)
		best->second_gap = other->gap;
}

/* In any order: what the best displaces goes before all others, so that it is
 * the second unless it is of the same group. */
static void
offer(struct answer *best, const struct pm_article_row *row,
    int32_t evidence, double score, int64_t gap)
{
	struct answer candidate = { .article = row->number,
	    .group = row->same != 0 ? row->same : row->number,
	    .bytes = row->bytes, .evidence = evidence, .score = score,
	    .gap = gap, .second_score = -1, .second_gap = -1 };
	struct answer before = *best;

	memcpy(candidate.sha256, row->sha256, PM_SHA256_BYTES);
	if (before.article != 0 && !goes_before(&candidate, &before)) {
		note_second(best, &candidate);
		return;
	}
	*best = candidate;
	if (before.article != 0 && before.group != best->group) {
		note_second(best, &before);
	} else if (before.article != 0) {
		best->second_score = before.second_score;
		best->second_gap = before.second_gap;
	}
}

static bool
is_ambiguous(const struct answer *answer)
{
	if (answer->evidence == PM_EVIDENCE_TITLE)
		return answer->second_gap >= 0 &&
		    answer->second_gap - answer->gap < NEAR_STATED;
	return answer->second_score > answer->score - MARGIN;
}

/* ---- K4: titles ---- */

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
stamp_capture(struct cascade *cascade, const struct pm_log_capture *capture)
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
stamp_batch(struct cascade *cascade)
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

static int
article_time(struct pm_known_time *out, struct cascade *cascade,
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
teaser_time(struct pm_known_time *out, struct cascade *cascade,
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

/* The index gives a part of the key; the title itself decides. */
static int
states_title(bool *out, struct cascade *cascade, uint64_t number,
    uint64_t title_key)
{
	const struct new_article *article = new_article_of(cascade->ingest,
	    number);
	uint64_t key;
	int rc;

	if (article != NULL) {
		*out = article->from->title_key == title_key;
		return PM_OK;
	}
	pm_buf_reset(&cascade->text);
	rc = pm_catalog_own_title(&cascade->text,
	    cascade->ingest->options.catalog, number, cascade->err);
	if (rc == PM_OK)
		rc = pm_title_key_of(&key, pm_buf_bytes(&cascade->text),
		    &cascade->ingest->scratch, cascade->err);
	*out = rc == PM_OK && key == title_key;
	return rc;
}

static int
offer_title(struct cascade *cascade, struct question *question,
    const struct pm_known_time *seen, uint64_t number)
{
	struct pm_article_row row;
	struct pm_known_time time;
	bool stated;
	int64_t gap;
	int rc = states_title(&stated, cascade, number,
	    question->from->title_key);

	if (rc != PM_OK || !stated ||
	    (rc = article_time(&time, cascade, number)) != PM_OK ||
	    (gap = gap_between(seen, &time)) < 0 ||
	    (rc = read_candidate(&row, cascade, number)) != PM_OK)
		return rc;
	if (row.number != 0)
		offer(&question->answer, &row, PM_EVIDENCE_TITLE, 1.0, gap);
	return PM_OK;
}

static int
ask_titles(struct cascade *cascade, struct question *question)
{
	struct pm_known_time seen;
	struct numbers found;
	int rc;

	if (question->from->title_key == 0)
		return PM_OK;
	rc = all_articles(&found, cascade, cascade->titles.p,
	    cascade->titles.n, question->from->title_key);
	if (rc != PM_OK || found.n == 0 ||
	    (rc = teaser_time(&seen, cascade, question->number)) != PM_OK)
		return rc;
	for (size_t i = 0; i < found.n && rc == PM_OK; i++)
		rc = offer_title(cascade, question, &seen, found.number[i]);
	return rc;
}

/* ---- K5: leads ---- */

static int
ask_leads(struct cascade *cascade, struct question *question, uint32_t index)
{
	struct numbers found;
	int rc = PM_OK;

	for (size_t k = 0; k < question->from->lead_key_n && rc == PM_OK; k++) {
		rc = all_articles(&found, cascade, cascade->leads.p,
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
read_lead(struct pm_lead *out, struct cascade *cascade,
    const struct pm_article_row *row)
{
	struct pm_ingest *ingest = cascade->ingest;
	const struct new_article *article = new_article_of(ingest,
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
compare_with(struct cascade *cascade, struct question *question,
    const struct pm_article_row *row)
{
	double share;
	int rc;

	if (question->snippet == NULL) {
		question->snippet = pm_arena_alloc(&cascade->ingest->arena,
		    sizeof *question->snippet, cascade->err);
		if (question->snippet == NULL)
			return PM_ENOMEM;
		if ((rc = pm_lead_of_snippet(question->snippet,
		    question->from->snippet, &cascade->ingest->scratch,
		    cascade->err)) != PM_OK)
			return rc;
	}
	share = pm_lead_contained(question->snippet, &cascade->lead);
	if (share >= SHARE_MIN)
		offer(&question->answer, row, PM_EVIDENCE_LEAD, share, 0);
	return PM_OK;
}

/* In the order of the articles, so that each is read once. */
static int
compare_leads(struct cascade *cascade)
{
	const struct pair *pair = cascade->pairs.p;
	size_t n = cascade->pairs.n;
	struct pm_article_row row = { 0 };
	int rc = PM_OK;

	if (n > 1)
		qsort(cascade->pairs.p, n, sizeof *pair, compare_pairs);
	for (size_t i = 0; i < n && rc == PM_OK; i++) {
		if (i > 0 && compare_pairs(&pair[i - 1], &pair[i]) == 0)
			continue;
		if (i == 0 || pair[i - 1].article != pair[i].article) {
			rc = read_candidate(&row, cascade, pair[i].article);
			if (rc == PM_OK && row.number != 0)
				rc = read_lead(&cascade->lead, cascade, &row);
		}
		if (rc == PM_OK && row.number != 0)
			rc = compare_with(cascade,
			    &cascade->questions.p[pair[i].question], &row);
	}
	return rc;
}

/* ---- which teasers are asked about ---- */

enum why { FOR_ARTICLES = 0, FOR_TIMES = 1 };

static int
add_asked(struct cascade *cascade, uint64_t number, enum why why)
{
	int rc = LIST_ROOM(cascade->asked, cascade->err);

	if (rc == PM_OK)
		cascade->asked.p[cascade->asked.n++] = number * 2 + why;
	return rc;
}

struct gather {
	struct cascade *cascade;
	enum why why;
	int status;
};

static int
gather_teaser(void *context, uint32_t number)
{
	struct gather *gather = context;

	gather->status = add_asked(gather->cascade, number, gather->why);
	return gather->status != PM_OK;
}

/* Older teasers under a key, unless it was too common before this batch. */
static int
gather_key(struct cascade *cascade, uint64_t key, enum why why)
{
	struct gather gather = { cascade, why, PM_OK };
	struct numbers old;
	int rc = old_articles(&old, cascade, key);

	if (rc != PM_OK || old.n > BUCKET_MAX)
		return rc;
	rc = pm_runs_find(cascade->ingest->options.teasers, key,
	    gather_teaser, &gather, cascade->err);
	return rc < 0 ? rc : gather.status;
}

static int
gather_keys(struct cascade *cascade, const struct pm_run_entry *entry,
    size_t n)
{
	int rc = PM_OK;

	for (size_t i = 0; i < n && rc == PM_OK; i++)
		if (i == 0 || entry[i].key != entry[i - 1].key)
			rc = gather_key(cascade, entry[i].key, FOR_ARTICLES);
	return rc;
}

/* A capture matters when it makes the time of its article another. */
static int
gather_shown(struct cascade *cascade, const struct shown_article *shown)
{
	struct pm_known_time before = { 0 }, after;
	int rc;

	if ((rc = pm_catalog_article_time(&before,
	    cascade->ingest->options.catalog, shown->number, cascade->err)) !=
	    PM_OK || (rc = article_time(&after, cascade, shown->number)) !=
	    PM_OK)
		return rc;
	if (before.how == after.how && before.from == after.from &&
	    before.until == after.until)
		return PM_OK;
	return gather_key(cascade, shown->from->title_key, FOR_TIMES);
}

static int
compare_numbers(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int
add_question(struct cascade *cascade, const struct question *question)
{
	int rc = LIST_ROOM(cascade->questions, cascade->err);

	if (rc == PM_OK)
		cascade->questions.p[cascade->questions.n++] = *question;
	return rc;
}

static bool
is_settled(const struct cascade *cascade, uint64_t number)
{
	uint32_t i = pm_map_first(cascade->settled, number);

	return i != PM_MAP_END;
}

static int
ask_old(struct cascade *cascade, uint64_t number, bool leads)
{
	struct question question = { .number = number, .leads = leads };
	struct pm_ingest *ingest = cascade->ingest;
	int rc;

	if (is_settled(cascade, number))
		return PM_OK;
	rc = pm_catalog_teaser(&question.before, ingest->options.catalog,
	    number, cascade->err);
	if (rc != PM_OK || question.before.number == 0 ||
	    question.before.evidence == PM_EVIDENCE_PREFIX)
		return rc;
	question.frame = question.before.frame;
	question.ordinal = question.before.ordinal;
	return add_question(cascade, &question);
}

static int
gather_old(struct cascade *cascade)
{
	struct pm_ingest *ingest = cascade->ingest;
	int rc = gather_keys(cascade, cascade->titles.p, cascade->titles.n);

	if (rc == PM_OK)
		rc = gather_keys(cascade, cascade->leads.p, cascade->leads.n);
	for (size_t i = 0; i < ingest->shown_articles.n && rc == PM_OK; i++)
		rc = gather_shown(cascade, &ingest->shown_articles.p[i]);
	for (size_t i = 0; i < ingest->seen_teasers.n && rc == PM_OK; i++)
		rc = add_asked(cascade, ingest->seen_teasers.p[i].number,
		    FOR_TIMES);
	if (cascade->asked.n > 1)
		qsort(cascade->asked.p, cascade->asked.n,
		    sizeof *cascade->asked.p, compare_numbers);
	for (size_t i = 0; i < cascade->asked.n && rc == PM_OK; i++)
		if (i == 0 || cascade->asked.p[i] / 2 !=
		    cascade->asked.p[i - 1] / 2)
			rc = ask_old(cascade, cascade->asked.p[i] / 2,
			    cascade->asked.p[i] % 2 == FOR_ARTICLES);
	return rc;
}

static int
gather_new(struct cascade *cascade)
{
	const struct pm_ingest *ingest = cascade->ingest;
	int rc = PM_OK;

	for (size_t i = 0; i < ingest->teasers.n && rc == PM_OK; i++) {
		const struct new_teaser *teaser = &ingest->teasers.p[i];

		if (!teaser->settled)
			rc = add_question(cascade, &(struct question){
			    .number = teaser->number, .from = teaser->from,
			    .leads = true });
	}
	return rc;
}

/* ---- texts of older teasers ---- */

static int
compare_places(const void *a, const void *b)
{
	const struct question *x = a, *y = b;

	if (x->frame != y->frame)
		return x->frame < y->frame ? -1 : 1;
	if (x->ordinal != y->ordinal)
		return x->ordinal < y->ordinal ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

static int
read_teaser(struct cascade *cascade, struct question *question)
{
	struct pm_ingest *ingest = cascade->ingest;
	struct pm_analysed_teaser *teaser = pm_arena_alloc(&ingest->arena,
	    sizeof *teaser, cascade->err);
	struct pm_bytes title, snippet;
	int rc;

	if (teaser == NULL)
		return PM_ENOMEM;
	if ((rc = pm_frames_teaser(&title, &snippet, ingest->options.frames,
	    question->frame, question->ordinal, cascade->err)) != PM_OK)
		return rc;
	*teaser = (struct pm_analysed_teaser){
	    .title = { pm_arena_copy(&ingest->arena, title.p, title.n,
	    cascade->err), title.n },
	    .snippet = { pm_arena_copy(&ingest->arena, snippet.p, snippet.n,
	    cascade->err), snippet.n } };
	if (teaser->title.p == NULL || teaser->snippet.p == NULL)
		return PM_ENOMEM;
	question->from = teaser;
	return pm_analyse_teaser(teaser, &ingest->scratch, cascade->err);
}

static int
compare_seen(const void *a, const void *b)
{
	const struct new_teaser *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

/* The batch has the texts of those that it shows again. */
static int
read_texts(struct cascade *cascade)
{
	struct pm_ingest *ingest = cascade->ingest;
	int rc = PM_OK;

	if (ingest->seen_teasers.n > 1)
		qsort(ingest->seen_teasers.p, ingest->seen_teasers.n,
		    sizeof *ingest->seen_teasers.p, compare_seen);
	if (cascade->questions.n > 1)
		qsort(cascade->questions.p, cascade->questions.n,
		    sizeof *cascade->questions.p, compare_places);
	for (size_t i = 0; i < cascade->questions.n && rc == PM_OK; i++) {
		struct question *question = &cascade->questions.p[i];
		struct new_teaser key = { .number = question->number }, *seen;

		if (question->from != NULL)
			continue;
		seen = ingest->seen_teasers.n == 0 ? NULL : bsearch(&key,
		    ingest->seen_teasers.p, ingest->seen_teasers.n,
		    sizeof key, compare_seen);
		if (seen != NULL)
			question->from = seen->from;
		else
			rc = read_teaser(cascade, question);
	}
	return rc;
}

/* ---- answers ---- */

static int
ask(struct cascade *cascade, uint32_t index)
{
	struct question *question = &cascade->questions.p[index];
	bool common = false;
	int rc = PM_OK;

	if (question->from->key != 0)                    /* K2 */
		rc = pm_link_is_common(&common, cascade->ingest,
		    question->from->key, cascade->err);
	if (rc == PM_OK && !common)
		rc = ask_titles(cascade, question);
	if (rc != PM_OK || common || question->answer.article != 0)
		return rc;
	question->as_before = !question->leads &&
	    question->before.evidence != PM_EVIDENCE_TITLE;
	return question->as_before ? PM_OK : ask_leads(cascade, question,
	    index);
}

static bool
is_as_before(const struct question *question, bool ambiguous)
{
	const struct pm_teaser_row *before = &question->before;
	const struct answer *answer = &question->answer;

	if (question->as_before)
		return true;
	if (answer->article == 0)
		return before->article == 0;
	return before->article == answer->article &&
	    before->evidence == answer->evidence &&
	    before->score == answer->score && before->ambiguous == ambiguous;
}

static int
write_answer(struct cascade *cascade, const struct question *question)
{
	struct pm_log_record record = { .kind = PM_LOG_LINK };
	struct pm_counts *counts = &cascade->ingest->counts;
	const struct answer *answer = &question->answer;
	bool ambiguous = answer->article != 0 && is_ambiguous(answer);

	if (is_as_before(question, ambiguous))
		return PM_OK;
	if (question->before.article == 0)
		counts->links++;
	else if (answer->article == 0 && counts->links > 0)
		counts->links--;         /* of this run, perhaps */
	record.u.link = (struct pm_log_link){ .teaser = question->number,
	    .article = answer->article, .evidence = answer->evidence,
	    .score = answer->score, .ambiguous = ambiguous };
	return pm_layout_record(cascade->ingest, &record, cascade->err);
}

/* ---- the batch ---- */

static int
add_entry(struct cascade *cascade, const struct new_article *article)
{
	const struct pm_analysed *from = article->from;
	uint32_t number = (uint32_t)article->number;
	int rc = PM_OK;

	if (from->title_key != 0 &&
	    (rc = LIST_ROOM(cascade->titles, cascade->err)) == PM_OK)
		cascade->titles.p[cascade->titles.n++] =
		    (struct pm_run_entry){ from->title_key, number };
	for (size_t i = 0; i < from->lead_key_n && rc == PM_OK; i++)
		if ((rc = LIST_ROOM(cascade->leads, cascade->err)) == PM_OK)
			cascade->leads.p[cascade->leads.n++] =
			    (struct pm_run_entry){ from->lead_key[i], number };
	return rc;
}

static int
read_entries(struct cascade *cascade)
{
	const struct pm_ingest *ingest = cascade->ingest;
	int rc = PM_OK;

	for (size_t i = 0; i < ingest->articles.n && rc == PM_OK; i++)
		rc = add_entry(cascade, &ingest->articles.p[i]);
	if (cascade->titles.n > 1)
		qsort(cascade->titles.p, cascade->titles.n,
		    sizeof *cascade->titles.p, compare_entries);
	if (cascade->leads.n > 1)
		qsort(cascade->leads.p, cascade->leads.n,
		    sizeof *cascade->leads.p, compare_entries);
	return rc;
}

static int
file_articles(struct pm_ingest *ingest, const struct pm_run_entry *entry,
    size_t n, struct pm_err *err)
{
	int rc = PM_OK;

	for (size_t i = 0; i < n && rc == PM_OK; i++)
		if ((rc = LIST_ROOM(ingest->article_keys, err)) == PM_OK)
			ingest->article_keys.p[ingest->article_keys.n++] =
			    entry[i];
	return rc;
}

static int
file_teaser(struct pm_ingest *ingest, const struct new_teaser *teaser,
    uint64_t key, struct pm_err *err)
{
	int rc = LIST_ROOM(ingest->teaser_keys, err);

	if (rc == PM_OK)
		ingest->teaser_keys.p[ingest->teaser_keys.n++] =
		    (struct pm_run_entry){ key, (uint32_t)teaser->number };
	return rc;
}

/* For the batches that come. */
static int
file_keys(struct cascade *cascade)
{
	struct pm_ingest *ingest = cascade->ingest;
	struct pm_err *err = cascade->err;
	int rc = file_articles(ingest, cascade->titles.p, cascade->titles.n,
	    err);

	if (rc == PM_OK)
		rc = file_articles(ingest, cascade->leads.p, cascade->leads.n,
		    err);
	for (size_t i = 0; i < ingest->teasers.n && rc == PM_OK; i++) {
		const struct new_teaser *teaser = &ingest->teasers.p[i];

		if (teaser->settled)
			continue;
		if (teaser->from->title_key != 0)
			rc = file_teaser(ingest, teaser,
			    teaser->from->title_key, err);
		for (size_t k = 0; k < teaser->from->lead_key_n &&
		    rc == PM_OK; k++)
			rc = file_teaser(ingest, teaser,
			    teaser->from->lead_key[k], err);
	}
	return rc;
}

static int
answer_all(struct cascade *cascade)
{
	int rc = PM_OK;

	for (size_t i = 0; i < cascade->questions.n && rc == PM_OK; i++)
		rc = ask(cascade, (uint32_t)i);
	if (rc == PM_OK)
		rc = compare_leads(cascade);
	for (size_t i = 0; i < cascade->questions.n && rc == PM_OK; i++)
		rc = write_answer(cascade, &cascade->questions.p[i]);
	return rc;
}

int
pm_link_cascade(struct pm_ingest *ingest, const struct pm_map *settled,
    struct pm_err *err)
{
	struct cascade *cascade = pm_alloc_zero(sizeof *cascade, err);
	int rc;

	if (cascade == NULL)
		return PM_ENOMEM;
	cascade->ingest = ingest;
	cascade->settled = settled;
	cascade->err = err;
	if ((rc = read_entries(cascade)) == PM_OK &&
	    (rc = gather_new(cascade)) == PM_OK &&
	    (rc = gather_old(cascade)) == PM_OK &&
	    (rc = read_texts(cascade)) == PM_OK &&
	    (rc = answer_all(cascade)) == PM_OK)
		rc = file_keys(cascade);
	pm_free(cascade->questions.p);
	pm_free(cascade->pairs.p);
	pm_free(cascade->titles.p);
	pm_free(cascade->leads.p);
	pm_free(cascade->asked.p);
	pm_free(cascade->article_stamps.p);
	pm_free(cascade->teaser_stamps.p);
	pm_buf_clear(&cascade->text);
	pm_free(cascade);
	return rc;
}
