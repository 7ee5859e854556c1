/*
 * Which article was a teaser cut from, when none begins as it does?
 *
 * K3  Only what the prefix (link.c) does not settle is asked: for the address,
 *     then the title, then the lead.
 * K4  title: an article whose own text states this title, equal after
 *     folding, and whose time is near the teaser's.  The nearest in time,
 *     then the longest, then the smallest SHA-256; `ambiguous` when one of
 *     another `same` group is hardly farther off.  A title that a teaser gave
 *     to an article is no evidence: that would prove a link by itself.
 * K5  lead: SHARE_MIN of the snippet's 3-grams stand in an article's lead
 *     (lead.h).  The largest share, then as above; `ambiguous` when one of
 *     another `same` group comes within MARGIN.
 *
 * K6  url: an article that is shown by a page with the address that the teaser
 *     leads to: the longest, then the smallest SHA-256.
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

#include "archive/link_internal.h"
#include "base/err.h"

enum { QUESTIONS_AT_ONCE = 1 << 15 };     /* so that memory is bounded */

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
	struct pm_cascade_numbers *numbers = context;

	numbers->number[numbers->n++] = number;
	return numbers->n > PM_CASCADE_BUCKET_MAX;
}

/* The articles of the archive under key, at most one more than find
 * something. */
static int
old_articles(struct pm_cascade_numbers *out, struct pm_cascade *cascade,
    uint64_t key)
{
	int rc;

	out->n = 0;
	rc = pm_runs_find(cascade->ingest->options.articles, key, add_number,
	    out, cascade->err);
	return rc < 0 ? rc : PM_OK;
}

/* And those of the batch; none at all when there are too many. */
int
pm_cascade_articles(struct pm_cascade_numbers *out, struct pm_cascade *cascade,
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
	for (; low < n && entry[low].key == key &&
	    out->n <= PM_CASCADE_BUCKET_MAX; low++)
		out->number[out->n++] = entry[low].number;
	if (out->n > PM_CASCADE_BUCKET_MAX)
		out->n = 0;
	return rc;
}

const struct new_article *
pm_cascade_new_article(const struct pm_ingest *ingest, uint64_t number)
{
	uint64_t first = ingest->articles.n == 0 ? 0 :
	    ingest->articles.p[0].number;

	return first == 0 || number < first ||
	    number - first >= ingest->articles.n ? NULL :
	    &ingest->articles.p[number - first];
}

/* Whose answer it may be; number 0 when a cache from before a crash names an
 * article that never was. */
int
pm_cascade_candidate(struct pm_article_row *out, struct pm_cascade *cascade,
    uint64_t number)
{
	const struct new_article *article = pm_cascade_new_article(cascade->ingest,
	    number);

	if (article == NULL)
		return pm_ingest_old_article(out, cascade->ingest, number,
		    cascade->err);
	*out = (struct pm_article_row){ .number = number,
	    .same = article->same, .frame = article->frame,
	    .offset = article->offset, .bytes = article->from->body.n };
	memcpy(out->sha256, article->from->body_sha256, PM_SHA256_BYTES);
	return PM_OK;
}

/* ---- choosing ---- */

static bool
goes_before(const struct pm_answer *a, const struct pm_answer *b)
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
note_second(struct pm_answer *best, const struct pm_answer *other)
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
void
pm_answer_offer(struct pm_answer *best, const struct pm_article_row *row,
    int32_t evidence, double score, int64_t gap)
{
	struct pm_answer candidate = { .article = row->number,
	    .group = row->same != 0 ? row->same : row->number,
	    .bytes = row->bytes, .evidence = evidence, .score = score,
	    .gap = gap, .second_score = -1, .second_gap = -1 };
	struct pm_answer before = *best;

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
is_ambiguous(const struct pm_answer *answer)
{
	if (answer->evidence == PM_EVIDENCE_URL)
		return false;
	return answer->evidence == PM_EVIDENCE_TITLE ?
	    pm_title_is_ambiguous(answer) : pm_lead_is_ambiguous(answer);
}

/* ---- texts of older teasers ---- */

static int
compare_places(const void *a, const void *b)
{
	const struct pm_question *x = a, *y = b;

	if (x->frame != y->frame)
		return x->frame < y->frame ? -1 : 1;
	if (x->ordinal != y->ordinal)
		return x->ordinal < y->ordinal ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

static int
read_teaser(struct pm_cascade *cascade, struct pm_question *question)
{
	struct pm_ingest *ingest = cascade->ingest;
	struct pm_analysed_teaser *teaser = pm_arena_alloc(&cascade->arena,
	    sizeof *teaser, cascade->err);
	struct pm_bytes title, snippet;
	int rc;

	if (teaser == NULL)
		return PM_ENOMEM;
	if ((rc = pm_frames_teaser(&title, &snippet, ingest->options.frames,
	    question->frame, question->ordinal, cascade->err)) != PM_OK)
		return rc;
	*teaser = (struct pm_analysed_teaser){
	    .title = { pm_arena_copy(&cascade->arena, title.p, title.n,
	    cascade->err), title.n },
	    .snippet = { pm_arena_copy(&cascade->arena, snippet.p, snippet.n,
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

/* The batch has the text of one that it shows again. */
static const struct new_teaser *
shown_again(const struct pm_ingest *ingest, const struct pm_question *question)
{
	struct new_teaser key = { .number = question->number };

	return ingest->seen_teasers.n == 0 ? NULL : bsearch(&key,
	    ingest->seen_teasers.p, ingest->seen_teasers.n, sizeof key,
	    compare_seen);
}

static int
want_texts(struct pm_cascade *cascade)
{
	struct pm_ingest *ingest = cascade->ingest;
	int rc = PM_OK;

	for (size_t i = 0; i < cascade->questions.n && rc == PM_OK; i++) {
		struct pm_question *question = &cascade->questions.p[i];
		const struct new_teaser *seen = question->from != NULL ?
		    NULL : shown_again(ingest, question);

		if (seen != NULL)
			question->from = seen->from;
		else if (question->from == NULL)
			rc = pm_frames_want_teaser(ingest->options.frames,
			    question->frame, question->ordinal, cascade->err);
	}
	return rc == PM_OK ? pm_ingest_fetch(ingest, cascade->err) : rc;
}

static int
read_texts(struct pm_cascade *cascade)
{
	int rc = want_texts(cascade);

	if (cascade->questions.n > 1)
		qsort(cascade->questions.p, cascade->questions.n,
		    sizeof *cascade->questions.p, compare_places);
	for (size_t i = 0; i < cascade->questions.n && rc == PM_OK; i++) {
		struct pm_question *question = &cascade->questions.p[i];

		if (question->from == NULL)
			rc = read_teaser(cascade, question);
	}
	return rc;
}

/* ---- answers ---- */

static int
ask(struct pm_cascade *cascade, uint32_t index)
{
	struct pm_question *question = &cascade->questions.p[index];
	bool common = false;
	int rc = pm_cascade_ask_urls(cascade, question);

	if (rc != PM_OK || question->answer.article != 0)
		return rc;
	if (question->from->key != 0)                    /* K2 */
		rc = pm_link_is_common(&common, cascade->ingest,
		    question->from->key, cascade->err);
	if (rc == PM_OK && !common)
		rc = pm_cascade_ask_titles(cascade, question);
	if (rc != PM_OK || common || question->answer.article != 0)
		return rc;
	question->as_before = !question->leads &&
	    question->before.evidence != PM_EVIDENCE_TITLE &&
	    question->before.evidence != PM_EVIDENCE_URL;
	return question->as_before ? PM_OK : pm_cascade_ask_leads(cascade, question,
	    index);
}

static bool
is_as_before(const struct pm_question *question, bool ambiguous)
{
	const struct pm_teaser_row *before = &question->before;
	const struct pm_answer *answer = &question->answer;

	if (question->as_before)
		return true;
	if (answer->article == 0)
		return before->article == 0;
	return before->article == answer->article &&
	    before->evidence == answer->evidence &&
	    before->score == answer->score && before->ambiguous == ambiguous;
}

static int
write_answer(struct pm_cascade *cascade, const struct pm_question *question)
{
	struct pm_log_record record = { .kind = PM_LOG_LINK };
	struct pm_counts *counts = &cascade->ingest->counts;
	const struct pm_answer *answer = &question->answer;
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

/* And room for the next questions. */
static int
answer_questions(struct pm_cascade *cascade)
{
	size_t n = cascade->questions.n;
	int rc = read_texts(cascade);

	for (size_t i = 0; i < n && rc == PM_OK; i++)
		rc = ask(cascade, (uint32_t)i);
	if (rc == PM_OK)
		rc = pm_cascade_compare_leads(cascade);
	for (size_t i = 0; i < n && rc == PM_OK; i++)
		rc = write_answer(cascade, &cascade->questions.p[i]);
	cascade->questions.n = cascade->pairs.n = 0;
	pm_arena_reset(&cascade->arena);
	return rc;
}

/* ---- which teasers are asked about ---- */

enum why { FOR_ARTICLES = 0, FOR_TIMES = 1 };

static int
add_asked(struct pm_cascade *cascade, uint64_t number, enum why why)
{
	int rc = LIST_ROOM(cascade->asked, cascade->err);

	if (rc == PM_OK)
		cascade->asked.p[cascade->asked.n++] = number * 2 + why;
	return rc;
}

struct gather {
	struct pm_cascade *cascade;
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
gather_key(struct pm_cascade *cascade, uint64_t key, enum why why)
{
	struct gather gather = { cascade, why, PM_OK };
	struct pm_cascade_numbers old;
	int rc = old_articles(&old, cascade, key);

	if (rc != PM_OK || old.n > PM_CASCADE_BUCKET_MAX)
		return rc;
	rc = pm_runs_find(cascade->ingest->options.teasers, key,
	    gather_teaser, &gather, cascade->err);
	return rc < 0 ? rc : gather.status;
}

static int
gather_keys(struct pm_cascade *cascade, const struct pm_run_entry *entry,
    size_t n)
{
	int rc = PM_OK;

	for (size_t i = 0; i < n && rc == PM_OK; i++)
		if (i == 0 || entry[i].key != entry[i - 1].key)
			rc = gather_key(cascade, entry[i].key, FOR_ARTICLES);
	return rc;
}

static int
gather_led(void *context, uint64_t number)
{
	return add_asked(context, number, FOR_ARTICLES);
}

static int
gather_title(void *context, struct pm_bytes title)
{
	struct pm_cascade *cascade = context;
	uint64_t key;
	int rc = pm_title_key_of(&key, title, &cascade->ingest->scratch,
	    cascade->err);

	return rc != PM_OK || key == 0 ? rc :
	    gather_key(cascade, key, FOR_TIMES);
}

/* A capture matters when it makes the time of its article another: for its own
 * title, and for all that others state of the article. */
static int
gather_shown(struct pm_cascade *cascade, const struct shown_article *shown,
    bool first)
{
	struct pm_known_time before = { 0 }, after;
	int rc;

	if ((rc = pm_catalog_article_time(&before,
	    cascade->ingest->options.catalog, shown->number, cascade->err)) !=
	    PM_OK || (rc = pm_cascade_article_time(&after, cascade, shown->number)) !=
	    PM_OK)
		return rc;
	if (before.how == after.how && before.from == after.from &&
	    before.until == after.until)
		return PM_OK;
	if (shown->from->title_key != 0 && (rc = gather_key(cascade,
	    shown->from->title_key, FOR_TIMES)) != PM_OK)
		return rc;
	return !first ? PM_OK : pm_catalog_stated_titles(cascade->ingest->options.catalog,
	    shown->number, gather_title, cascade, cascade->err);
}

static int
compare_shown(const void *a, const void *b)
{
	const struct shown_article *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

static int
gather_all_shown(struct pm_cascade *cascade)
{
	struct shown_article *shown = cascade->ingest->shown_articles.p;
	const size_t n = cascade->ingest->shown_articles.n;
	int rc = PM_OK;

	if (n > 1)
		qsort(shown, n, sizeof *shown, compare_shown);
	for (size_t i = 0; i < n && rc == PM_OK; i++)
		rc = gather_shown(cascade, &shown[i], i == 0 ||
		    shown[i].number != shown[i - 1].number);
	return rc;
}

static int
compare_numbers(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int
add_question(struct pm_cascade *cascade, const struct pm_question *question)
{
	int rc = PM_OK;

	if (cascade->questions.n == QUESTIONS_AT_ONCE)
		rc = answer_questions(cascade);
	if (rc == PM_OK)
		rc = LIST_ROOM(cascade->questions, cascade->err);
	if (rc == PM_OK)
		cascade->questions.p[cascade->questions.n++] = *question;
	return rc;
}

static bool
is_settled(const struct pm_cascade *cascade, uint64_t number)
{
	uint32_t i = pm_map_first(cascade->settled, number);

	return i != PM_MAP_END;
}

static int
ask_old(struct pm_cascade *cascade, uint64_t number, bool leads)
{
	struct pm_question question = { .number = number, .leads = leads };
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
gather_old(struct pm_cascade *cascade)
{
	struct pm_ingest *ingest = cascade->ingest;
	int rc = gather_keys(cascade, cascade->titles.p, cascade->titles.n);

	if (rc == PM_OK)
		rc = gather_keys(cascade, cascade->leads.p, cascade->leads.n);
	if (rc == PM_OK)
		rc = pm_cascade_urls_of_pages(cascade, gather_led, cascade);
	if (rc == PM_OK)
		rc = gather_all_shown(cascade);
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
gather_new(struct pm_cascade *cascade)
{
	const struct pm_ingest *ingest = cascade->ingest;
	int rc = PM_OK;

	for (size_t i = 0; i < ingest->teasers.n && rc == PM_OK; i++) {
		const struct new_teaser *teaser = &ingest->teasers.p[i];

		if (!teaser->settled)
			rc = add_question(cascade, &(struct pm_question){
			    .number = teaser->number, .from = teaser->from,
			    .leads = true });
	}
	return rc;
}

/* ---- the batch ---- */

static int
add_entry(struct pm_cascade *cascade, const struct new_article *article)
{
	const struct pm_analysed *from = article->from;
	uint32_t number = (uint32_t)article->number;
	int rc = PM_OK;

	if (from->title_key != 0 &&
	    (rc = LIST_ROOM(cascade->titles, cascade->err)) == PM_OK)
		cascade->titles.p[cascade->titles.n++] =
		    (struct pm_run_entry){ from->title_key, number };
	for (size_t i = 0; i < from->text.lead_key_n && rc == PM_OK; i++)
		if ((rc = LIST_ROOM(cascade->leads, cascade->err)) == PM_OK)
			cascade->leads.p[cascade->leads.n++] =
			    (struct pm_run_entry){ from->text.lead_key[i], number };
	return rc;
}

/* A text has its own title wherever it is shown; others come with the page. */
static int
add_stated(struct pm_cascade *cascade, const struct shown_article *shown)
{
	int rc = PM_OK;

	if (shown->from->page.title_in_text || shown->from->title_key == 0)
		return PM_OK;
	if ((rc = LIST_ROOM(cascade->titles, cascade->err)) == PM_OK)
		cascade->titles.p[cascade->titles.n++] =
		    (struct pm_run_entry){ shown->from->title_key,
		    (uint32_t)shown->number };
	return rc;
}

static int
read_entries(struct pm_cascade *cascade)
{
	const struct pm_ingest *ingest = cascade->ingest;
	int rc = PM_OK;

	for (size_t i = 0; i < ingest->articles.n && rc == PM_OK; i++)
		rc = add_entry(cascade, &ingest->articles.p[i]);
	for (size_t i = 0; i < ingest->shown_articles.n && rc == PM_OK; i++)
		rc = add_stated(cascade, &ingest->shown_articles.p[i]);
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
file_keys(struct pm_cascade *cascade)
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

int
pm_link_cascade(struct pm_ingest *ingest, const struct pm_map *settled,
    struct pm_err *err)
{
	struct pm_cascade *cascade = pm_alloc_zero(sizeof *cascade, err);
	int rc;

	if (cascade == NULL)
		return PM_ENOMEM;
	cascade->ingest = ingest;
	cascade->settled = settled;
	cascade->err = err;
	pm_arena_init(&cascade->arena);
	if (ingest->seen_teasers.n > 1)
		qsort(ingest->seen_teasers.p, ingest->seen_teasers.n,
		    sizeof *ingest->seen_teasers.p, compare_seen);
	if ((rc = read_entries(cascade)) == PM_OK &&
	    (rc = pm_cascade_read_urls(cascade)) == PM_OK &&
	    (rc = gather_new(cascade)) == PM_OK &&
	    (rc = gather_old(cascade)) == PM_OK &&
	    (rc = answer_questions(cascade)) == PM_OK)
		rc = file_keys(cascade);
	pm_free(cascade->questions.p);
	pm_free(cascade->pairs.p);
	pm_free(cascade->titles.p);
	pm_free(cascade->leads.p);
	pm_free(cascade->pages.p);
	pm_free(cascade->leads_to.p);
	pm_free(cascade->asked.p);
	pm_free(cascade->article_stamps.p);
	pm_free(cascade->teaser_stamps.p);
	pm_buf_clear(&cascade->text);
	pm_arena_clear(&cascade->arena);
	pm_free(cascade);
	return rc;
}
