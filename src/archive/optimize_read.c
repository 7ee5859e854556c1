/*
 * The old log, record by record: where each line stands, and what it names.
 */
#include <stdlib.h>

#include "archive/optimize_internal.h"
#include "archive/alike.h"
#include "base/err.h"
#include "dup/digest.h"

enum { SAMPLES_LEAST = 4, GAPS_MAX = 1 << 24 };

static struct old_line
line_of(const struct pm_fold_place *place)
{
	return (struct old_line){ place->frame, place->line_at,
	    place->line_n };
}

static int
out_of_order(struct pm_err *err, const char *what, uint64_t number)
{
	return pm_fail(err, PM_ECORRUPT, "%s %llu does not follow the one "
	    "before", what, (unsigned long long)number);
}

/* Numbers that were lost to damage have no line.  *gap: how many of them are
 * before this one. */
static int
check_number(uint64_t *gap, struct optimizer *optimizer, const char *what,
    uint64_t number, size_t n, struct pm_err *err)
{
	if (number <= n)
		return out_of_order(err, what, number);
	*gap = number - n - 1;
	if (*gap > GAPS_MAX - optimizer->gaps)
		return pm_fail(err, PM_ELIMIT, "%s %llu: too many numbers are "
		    "left out", what, (unsigned long long)number);
	optimizer->gaps += *gap;
	return PM_OK;
}

static int
take_run(struct optimizer *optimizer, const struct pm_log_run *run,
    const struct pm_fold_place *place, struct pm_err *err)
{
	int rc = LIST_ROOM(optimizer->runs, err);

	if (rc == PM_OK && run->number != optimizer->runs.n + 1)
		rc = out_of_order(err, "run", run->number);
	if (rc == PM_OK)
		optimizer->runs.p[optimizer->runs.n++] = (struct old_run){
		    .line = line_of(place),
		    .first = (uint32_t)optimizer->captures.n };
	return rc;
}

static int
take_article(struct optimizer *optimizer,
    const struct pm_log_article *article, const struct pm_fold_place *place,
    struct pm_err *err)
{
	struct old_article *to;
	uint64_t gap = 0;
	int rc = check_number(&gap, optimizer, "article", article->number,
	    optimizer->articles.n, err);

	/* Found by nothing that looks for a text by its place. */
	for (; gap > 0 && rc == PM_OK; gap--)
		if ((rc = LIST_ROOM(optimizer->articles, err)) == PM_OK)
			optimizer->articles.p[optimizer->articles.n++] =
			    (struct old_article){ .frame = article->frame,
			    .offset = article->offset, .gone = true,
			    .path = UINT32_MAX };
	if (rc == PM_OK)
		rc = LIST_ROOM(optimizer->articles, err);
	if (rc == PM_OK && article->same > article->number)
		rc = pm_fail(err, PM_ECORRUPT, "article %llu is the same as "
		    "a later one", (unsigned long long)article->number);
	if (rc != PM_OK)
		return rc;
	to = &optimizer->articles.p[optimizer->articles.n++];
	*to = (struct old_article){ .line = line_of(place),
	    .frame = article->frame, .bytes = article->bytes,
	    .norm = article->norm, .offset = article->offset,
	    .same = (uint32_t)article->same, .path = UINT32_MAX };
	memcpy(to->sha256, article->sha256, sizeof to->sha256);
	optimizer->total += article->bytes;
	optimizer->text_lines++;
	return PM_OK;
}

static int
take_teaser(struct optimizer *optimizer, const struct pm_log_teaser *teaser,
    const struct pm_fold_place *place, struct pm_err *err)
{
	uint64_t frame = optimizer->teasers.n == 0 ? 0 : NUMBERED(
	    optimizer->teasers, optimizer->teasers.n)->line.frame, gap = 0;
	int rc = check_number(&gap, optimizer, "teaser", teaser->number,
	    optimizer->teasers.n, err);

	for (; gap > 0 && rc == PM_OK; gap--)
		if ((rc = LIST_ROOM(optimizer->teasers, err)) == PM_OK)
			optimizer->teasers.p[optimizer->teasers.n++] =
			    (struct old_teaser){ .line.frame = frame,
			    .gone = true };
	if (rc == PM_OK)
		rc = LIST_ROOM(optimizer->teasers, err);
	if (rc == PM_OK)
		optimizer->teasers.p[optimizer->teasers.n++] =
		    (struct old_teaser){ .line = line_of(place) };
	return rc;
}

static int
check_capture(const struct optimizer *optimizer,
    const struct pm_log_capture *capture, struct pm_err *err)
{
	if (capture->like >= capture->number ||
	    (capture->like != 0 && NUMBERED(optimizer->captures,
	    capture->like)->line.frame == 0) ||
	    capture->article > optimizer->articles.n ||
	    capture->file > capture->number)
		return pm_fail(err, PM_ECORRUPT, "capture %llu names what is "
		    "not there", (unsigned long long)capture->number);
	for (size_t i = 0; i < capture->sighting_n; i++)
		if (capture->sighting[i].teaser == 0 ||
		    capture->sighting[i].teaser > optimizer->teasers.n)
			return pm_fail(err, PM_ECORRUPT, "capture %llu shows "
			    "a teaser that is not there",
			    (unsigned long long)capture->number);
	return PM_OK;
}

/* Pages of one host have much in common besides their text. */
static void
note_host(struct old_article *article, struct pm_bytes url)
{
	size_t from = 0, n;

	for (size_t i = 0; i + 3 <= url.n && from == 0; i++)
		if (memcmp(url.p + i, "://", 3) == 0)
			from = i + 3;
	for (n = from; n < url.n && url.p[n] != '/';)
		n++;
	if (article->host == 0 && from > 0)
		article->host = (uint32_t)pm_digest64((struct pm_bytes){
		    url.p + from, n - from });
}

static int
add_lost_captures(struct optimizer *optimizer, uint64_t number,
    struct pm_err *err)
{
	uint64_t gap = 0;
	int rc = check_number(&gap, optimizer, "capture", number,
	    optimizer->captures.n, err);

	if (rc == PM_OK && optimizer->runs.n == 0)
		rc = pm_fail(err, PM_ECORRUPT, "a capture before all runs");
	for (; gap > 0 && rc == PM_OK; gap--) {
		if ((rc = LIST_ROOM(optimizer->captures, err)) != PM_OK ||
		    (rc = LIST_ROOM(optimizer->paths, err)) != PM_OK)
			return rc;
		optimizer->paths.p[optimizer->paths.n++] = pm_bytes_of("");
		optimizer->captures.p[optimizer->captures.n++] =
		    (struct old_capture){ .run = (uint32_t)optimizer->runs.n,
		    .root = (uint32_t)optimizer->captures.n + 1,
		    .gone = true };
		NUMBERED(optimizer->runs, optimizer->runs.n)->n++;
	}
	return rc;
}

static int
take_capture(struct optimizer *optimizer,
    const struct pm_log_capture *capture, const struct pm_fold_place *place,
    struct pm_err *err)
{
	struct old_capture *to;
	int rc = add_lost_captures(optimizer, capture->number, err);

	if (rc == PM_OK)
		rc = LIST_ROOM(optimizer->captures, err);
	if (rc == PM_OK)
		rc = check_capture(optimizer, capture, err);
	if (rc == PM_OK)
		rc = LIST_ROOM(optimizer->paths, err);
	if (rc != PM_OK)
		return rc;
	to = &optimizer->captures.p[optimizer->captures.n];
	*to = (struct old_capture){ .line = line_of(place),
	    .bytes = capture->bytes, .article = (uint32_t)capture->article,
	    .run = (uint32_t)optimizer->runs.n,
	    .file = (uint32_t)capture->file, .kind = (uint8_t)capture->kind,
	    .root = (uint32_t)capture->number,
	    .text_only = capture->text_only };
	if (capture->like != 0) {
		to->root = NUMBERED(optimizer->captures, capture->like)->root;
	} else {
		to->recipe_frame = capture->recipe_frame;
		to->recipe_at = capture->recipe_offset;
		to->recipe_n = place->recipe_n;
		memcpy(to->sha256, capture->sha256, sizeof to->sha256);
	}
	if (capture->article != 0)
		note_host(NUMBERED(optimizer->articles, capture->article),
		    capture->url);
	optimizer->captures.n++;
	optimizer->runs.p[optimizer->runs.n - 1].n++;
	optimizer->paths.p[optimizer->paths.n].n = capture->path.n;
	optimizer->paths.p[optimizer->paths.n].p = pm_arena_copy(
	    &optimizer->names, capture->path.p, capture->path.n, err);
	return optimizer->paths.p[optimizer->paths.n++].p == NULL ?
	    PM_ENOMEM : PM_OK;
}

static int
take_link(struct optimizer *optimizer, const struct pm_log_link *link,
    const struct pm_fold_place *place, struct pm_err *err)
{
	bool there = link->teaser > 0 &&
	    link->teaser <= optimizer->teasers.n &&
	    link->article <= optimizer->articles.n;

	for (size_t i = 0; i < link->serves_n && there; i++)
		there = link->serves[i] > 0 &&
		    link->serves[i] <= optimizer->articles.n;
	if (!there)
		return pm_fail(err, PM_ECORRUPT, "the link of teaser %llu "
		    "names what is not there",
		    (unsigned long long)link->teaser);
	NUMBERED(optimizer->teasers, link->teaser)->link =
	    link->article == 0 ? (struct old_line){ 0 } : line_of(place);
	return PM_OK;
}

static int
take_relation(struct optimizer *optimizer,
    const struct pm_log_relation *relation, struct pm_err *err)
{
	int rc = LIST_ROOM(optimizer->relations, err);

	if (rc == PM_OK && (relation->a == 0 || relation->b == 0 ||
	    relation->a > optimizer->articles.n ||
	    relation->b > optimizer->articles.n))
		rc = pm_fail(err, PM_ECORRUPT, "a relation names an article "
		    "that is not there");
	if (rc != PM_OK)
		return rc;
	optimizer->relations.p[optimizer->relations.n] =
	    (struct old_relation){ *relation,
	    (uint32_t)optimizer->relations.n };
	optimizer->relations.n++;
	return PM_OK;
}

static int
take_forget(struct optimizer *optimizer, const struct pm_fold_place *place,
    struct pm_err *err)
{
	int rc = LIST_ROOM(optimizer->forgets, err);

	if (rc == PM_OK)
		optimizer->forgets.p[optimizer->forgets.n++] = line_of(place);
	return rc;
}

static int
take_lost(struct optimizer *optimizer, const struct pm_fold_place *place,
    struct pm_err *err)
{
	int rc = LIST_ROOM(optimizer->lost, err);

	if (rc == PM_OK)
		optimizer->lost.p[optimizer->lost.n++] = line_of(place);
	return rc;
}

static int
take_record(void *context, const struct pm_log_record *record,
    const struct pm_fold_place *place, struct pm_err *err)
{
	struct optimizer *optimizer = context;

	switch (record->kind) {
	case PM_LOG_RUN:
		return take_run(optimizer, &record->u.run, place, err);
	case PM_LOG_ARTICLE:
		return take_article(optimizer, &record->u.article, place, err);
	case PM_LOG_TEASER:
		return take_teaser(optimizer, &record->u.teaser, place, err);
	case PM_LOG_CAPTURE:
		return take_capture(optimizer, &record->u.capture, place, err);
	case PM_LOG_LINK:
		return take_link(optimizer, &record->u.link, place, err);
	case PM_LOG_RUN_END:
		if (record->u.run_end.number == 0 ||
		    record->u.run_end.number > optimizer->runs.n)
			return pm_fail(err, PM_ECORRUPT,
			    "a run ends that did not begin");
		NUMBERED(optimizer->runs, record->u.run_end.number)->end =
		    line_of(place);
		return PM_OK;
	case PM_LOG_FORGET:
		return take_forget(optimizer, place, err);
	case PM_LOG_LOST:
		return take_lost(optimizer, place, err);
	case PM_LOG_RELATION:
		return take_relation(optimizer, &record->u.relation, err);
	}
	return pm_fail(err, PM_ECORRUPT, "a record of a kind that this "
	    "pressmark cannot write anew");
}

static int
take_sample(void *context, const struct pm_sample *sample,
    struct pm_err *err)
{
	struct optimizer *optimizer = context;
	size_t n = sample->n < optimizer->sample_most ? sample->n :
	    optimizer->sample_most;

	if (optimizer->sampled == optimizer->expected)
		return pm_fail(err, PM_ECORRUPT, "there are more texts than "
		    "the catalog says");
	memcpy(optimizer->sample + optimizer->sampled *
	    optimizer->sample_most, sample->value,
	    n * sizeof *sample->value);
	optimizer->sample_n[optimizer->sampled++] = (uint8_t)n;
	return PM_OK;
}

/* As many of each text as there is memory for, in half of it. */
static int
prepare_samples(struct optimizer *optimizer)
{
	struct pm_catalog_state state;
	int rc = pm_catalog_state(&state, optimizer->writer.catalog,
	    optimizer->err);
	uint64_t most;

	if (rc != PM_OK)
		return rc;
	most = optimizer->options->memory_bytes / 2 / (PM_ALIKE_VALUE_BYTES *
	    (state.articles + 1));
	if (most > PM_SAMPLES)
		most = PM_SAMPLES;
	optimizer->sample_most = most < SAMPLES_LEAST ? SAMPLES_LEAST :
	    (size_t)most;
	optimizer->expected = state.articles;
	optimizer->sample = pm_alloc(state.articles * optimizer->sample_most *
	    sizeof *optimizer->sample, optimizer->err);
	optimizer->sample_n = pm_alloc(state.articles, optimizer->err);
	return optimizer->sample == NULL || optimizer->sample_n == NULL ?
	    PM_ENOMEM : PM_OK;
}

/* Samples came in the order of the texts that there are. */
static int
place_samples(struct optimizer *optimizer)
{
	size_t most = optimizer->sample_most, from = optimizer->sampled;

	if (optimizer->sampled != optimizer->text_lines ||
	    optimizer->articles.n > optimizer->expected)
		return pm_fail(optimizer->err, PM_ECORRUPT,
		    "texts and articles are not of the same number");
	for (size_t i = optimizer->articles.n; i-- > 0;) {
		if (optimizer->articles.p[i].gone) {
			optimizer->sample_n[i] = 0;
			continue;
		}
		from--;
		optimizer->sample_n[i] = optimizer->sample_n[from];
		memmove(optimizer->sample + i * most, optimizer->sample +
		    from * most, most * sizeof *optimizer->sample);
	}
	return PM_OK;
}

static int
tell_read(void *context, uint64_t frames, uint64_t bytes)
{
	const struct optimizer *optimizer = context;
	const struct pm_hooks *hooks = &optimizer->options->hooks;
	struct pm_progress progress = { .phase = PM_PHASE_CHECK,
	    .bytes = bytes };

	(void)frames;
	return hooks->progress == NULL ? 0 :
	    hooks->progress(hooks->context, &progress);
}

/* Numbers by their pair, the last word on each last. */
static int
compare_relations(const void *a, const void *b)
{
	const struct old_relation *x = a, *y = b;

	if (x->last.a != y->last.a)
		return x->last.a < y->last.a ? -1 : 1;
	if (x->last.b != y->last.b)
		return x->last.b < y->last.b ? -1 : 1;
	return (x->serial > y->serial) - (x->serial < y->serial);
}

/* The first of each group, also of one whose first went on the way and that
 * is known by another since. */
static void
settle_groups(struct optimizer *optimizer)
{
	for (size_t i = 0; i < optimizer->articles.n; i++) {
		struct old_article *article = &optimizer->articles.p[i];
		uint32_t first = article->same;

		if (first == i + 1)
			article->same = 0;
		else if (first != 0 && NUMBERED(optimizer->articles,
		    first)->same != 0)
			article->same = NUMBERED(optimizer->articles,
			    first)->same;
	}
}

static uint64_t
first_of(const struct optimizer *optimizer, uint64_t number)
{
	uint32_t first = NUMBERED(optimizer->articles, number)->same;

	return first == 0 ? number : first;
}

/* The last word on each, where it is not that there is none. */
static void
settle_relations(struct optimizer *optimizer)
{
	struct old_relation *p = optimizer->relations.p;
	size_t n = optimizer->relations.n, kept = 0;

	for (size_t i = 0; i < n; i++) {
		uint64_t a = first_of(optimizer, p[i].last.a);
		uint64_t b = first_of(optimizer, p[i].last.b);

		p[i].last.a = a < b ? a : b;
		p[i].last.b = a < b ? b : a;
	}
	if (n > 1)
		qsort(p, n, sizeof *p, compare_relations);
	for (size_t i = 0; i < n; i++) {
		bool last = i + 1 == n || p[i].last.a != p[i + 1].last.a ||
		    p[i].last.b != p[i + 1].last.b;

		if (last && p[i].last.kind != PM_RELATION_NONE)
			p[kept++] = p[i];
	}
	optimizer->relations.n = kept;
}

int
pm_optimize_read(struct optimizer *optimizer)
{
	struct pm_fold_options options = {
	    .archive = optimizer->path, .start.next_frame = 1,
	    .pool = optimizer->writer.pool, .check = PM_FOLD_CHECK,
	    .record = take_record, .sample = take_sample,
	    .record_context = optimizer, .progress = tell_read,
	    .progress_context = optimizer };
	struct pm_folded folded;
	int rc = prepare_samples(optimizer);

	if (rc == PM_OK)
		rc = pm_fold_log(&folded, &options, optimizer->err);
	if (rc == PM_OK)
		rc = place_samples(optimizer);
	if (rc != PM_OK)
		return rc;
	settle_groups(optimizer);
	settle_relations(optimizer);
	return PM_OK;
}

int
pm_optimize_line(struct pm_log_record *out, struct optimizer *optimizer,
    const struct old_line *line)
{
	size_t at = 0;
	int rc;

	pm_buf_reset(&optimizer->line);
	pm_arena_reset(&optimizer->arena);
	rc = pm_frames_copy(&optimizer->line, optimizer->writer.frames,
	    line->frame, line->at, line->n, optimizer->err);
	if (rc == PM_OK)
		rc = pm_log_decode(out, &optimizer->arena,
		    pm_buf_bytes(&optimizer->line), &at, optimizer->err);
	return rc == PM_END ? pm_fail(optimizer->err, PM_ECORRUPT,
	    "a line is cut short") : rc;
}
