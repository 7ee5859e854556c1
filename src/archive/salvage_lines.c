/*
 * Lines of the log, without what speaks of the lost.
 */
#include "archive/salvage.h"

#include <stdio.h>

#include "archive/analysis.h"
#include "base/err.h"
#include "page/page.h"
#include "text/fold.h"

/* ---- what is there ---- */

static struct salvage_text *
text_of(const struct salvage *salvage, uint64_t article)
{
	uint32_t at = pm_map_first(&salvage->article, article);

	for (; at != PM_MAP_END; at = pm_map_next(&salvage->article, at)) {
		struct salvage_text *text =
		    &salvage->text.p[pm_map_value(&salvage->article, at)];

		if (text->kept)
			return text;
	}
	return NULL;
}

static bool
has_article(const struct salvage *salvage, uint64_t number)
{
	return number <= salvage->articles || text_of(salvage, number) != NULL;
}

static bool
has_teaser(const struct salvage *salvage, uint64_t number)
{
	return number <= salvage->teasers ||
	    pm_map_first(&salvage->teaser, number) != PM_MAP_END;
}

/* SALVAGE_WHOLE, SALVAGE_UNMADE or SALVAGE_GONE. */
static uint32_t
state_of(const struct salvage *salvage, uint64_t capture)
{
	uint32_t at = pm_map_first(&salvage->capture, capture);

	if (capture <= salvage->captures)
		return SALVAGE_WHOLE;
	return at == PM_MAP_END ? SALVAGE_GONE :
	    pm_map_value(&salvage->capture, at);
}

/* ---- articles ---- */

static int
add_item(struct salvage *salvage, const struct salvage_text *text)
{
	struct pm_item *item;
	int rc = LIST_ROOM(salvage->item, salvage->err);

	if (rc != PM_OK)
		return rc;
	item = &salvage->item.p[salvage->item.n++];
	*item = (struct pm_item){ .frame = (uint32_t)(salvage->frame.p[
	    text->frame].id - salvage->batch_first), .offset = text->offset,
	    .bytes = text->bytes };
	memcpy(item->sha256, text->sha256, PM_SHA256_BYTES);
	return PM_OK;
}

static int
put_norm(struct salvage *salvage, uint64_t norm)
{
	uint8_t bytes[8];

	pm_le64_put(bytes, norm);
	return pm_buf_append(&salvage->norms, bytes, sizeof bytes,
	    salvage->err);
}

/* The first of its group may be lost: then the next is. */
static int
settle_same(struct salvage *salvage, struct pm_log_article *article,
    bool *changed)
{
	uint32_t at;

	if (article->same == 0 || has_article(salvage, article->same))
		return PM_OK;
	*changed = true;
	at = pm_map_first(&salvage->group, article->same);
	if (at != PM_MAP_END) {
		article->same = pm_map_value(&salvage->group, at);
		return PM_OK;
	}
	at = (uint32_t)article->number;
	if (article->number != at)
		return PM_OK;
	if (pm_map_add(&salvage->group, article->same, at, salvage->err) !=
	    PM_OK)
		return PM_ENOMEM;
	article->same = 0;
	return PM_OK;
}

/* PM_END: the line goes. */
static int
settle_article(struct salvage *salvage, uint64_t frame,
    struct pm_log_article *article, bool *changed)
{
	const struct salvage_text *text = text_of(salvage, article->number);
	int rc = pm_salvage_meet(salvage, PM_LOST_ARTICLE, article->number);

	if (rc != PM_OK)
		return rc;
	if (text == NULL || text->line_frame != frame ||
	    salvage->frame.p[text->frame].id < salvage->batch_first) {
		rc = pm_salvage_lose_article(salvage, article);
		return rc == PM_OK ? PM_END : rc;
	}
	if ((rc = settle_same(salvage, article, changed)) == PM_OK &&
	    (rc = add_item(salvage, text)) == PM_OK)
		rc = put_norm(salvage, article->norm);
	return rc;
}

static int
norm_of(struct salvage *salvage, uint64_t *norm,
    const struct salvage_text *text)
{
	struct pm_analysis analysis = { 0 };
	struct pm_analysed_body body = { 0 };
	int rc;

	*norm = 0;
	if (text->bytes > PM_MEMBER_MAX)
		return PM_OK;
	rc = pm_salvage_load(salvage, &salvage->frame.p[text->frame]);
	if (rc == PM_OK)
		rc = pm_analyse_body(&body, &analysis, (struct pm_bytes){
		    salvage->plain.p + text->offset, (size_t)text->bytes },
		    salvage->err);
	*norm = body.norm;
	pm_analysis_clear(&analysis);
	return rc;
}

int
pm_salvage_article_line(struct salvage *salvage,
    const struct salvage_text *text)
{
	struct pm_log_record record = { .kind = PM_LOG_ARTICLE };
	struct pm_log_article *article = &record.u.article;
	int rc = PM_END;

	pm_arena_reset(&salvage->arena);
	if (salvage->catalog != NULL)
		rc = pm_catalog_article_line(article, &salvage->arena,
		    salvage->catalog, text->article, salvage->err);
	/* A catalog of another article with this number says nothing. */
	if (rc == PM_END || (rc == PM_OK && memcmp(article->sha256,
	    text->sha256, PM_SHA256_BYTES) != 0)) {
		*article = (struct pm_log_article){ .number = text->article };
		rc = norm_of(salvage, &article->norm, text);
	}
	article->bytes = text->bytes;
	if (article->same == article->number ||
	    !has_article(salvage, article->same))
		article->same = 0;
	if (rc == PM_OK)
		rc = pm_salvage_meet(salvage, PM_LOST_ARTICLE,
		    text->article);
	if (rc == PM_OK)
		rc = pm_log_encode(&salvage->lines, &record, salvage->err);
	if (rc == PM_OK)
		rc = put_norm(salvage, article->norm);
	return rc == PM_OK ? add_item(salvage, text) : rc;
}

int
pm_salvage_run_line(struct salvage *salvage, uint64_t run)
{
	struct pm_log_record record = { .kind = PM_LOG_RUN };
	int rc = PM_END;

	pm_arena_reset(&salvage->arena);
	if (salvage->catalog != NULL)
		rc = pm_catalog_run_line(&record.u.run, &salvage->arena,
		    salvage->catalog, run, salvage->err);
	if (rc == PM_END) {
		char policy[PM_POLICY_CHARS];

		pm_policy_print(policy, &pm_policy_default);
		if (salvage->policy[0] == '\0')
			(void)snprintf(salvage->policy,
			    sizeof salvage->policy, "%s", policy);
		record.u.run = (struct pm_log_run){ .number = run,
		    .version = pm_bytes_of(PM_VERSION),
		    .normalizer = PM_FOLD_VERSION,
		    .unicode = pm_bytes_of(pm_fold_unicode_version()),
		    .page_rules = PM_PAGE_RULES_VERSION,
		    .inputs = pm_bytes_of(""),
		    .policy = pm_bytes_of(salvage->policy) };
		rc = PM_OK;
	}
	if (rc == PM_OK)
		rc = pm_map_add(&salvage->run, run, 0, salvage->err);
	return rc == PM_OK ? pm_log_encode(&salvage->lines, &record,
	    salvage->err) : rc;
}

/* ---- links and relations ---- */

static int
settle_link(struct salvage *salvage, struct pm_log_link *link, bool *changed)
{
	uint64_t *serves;
	size_t n = 0;

	if (!has_teaser(salvage, link->teaser))
		return PM_END;
	if (link->article != 0 && !has_article(salvage, link->article)) {
		*changed = true;
		*link = (struct pm_log_link){ .teaser = link->teaser };
	}
	if ((serves = pm_arena_alloc(&salvage->arena, link->serves_n *
	    sizeof *serves, salvage->err)) == NULL)
		return PM_ENOMEM;
	for (size_t i = 0; i < link->serves_n; i++)
		if (has_article(salvage, link->serves[i]))
			serves[n++] = link->serves[i];
	*changed = *changed || n != link->serves_n;
	link->serves = serves;
	link->serves_n = n;
	return PM_OK;
}

/* A group whose first article is lost goes by another. */
static uint64_t
first_of(const struct salvage *salvage, uint64_t article)
{
	uint32_t at;

	if (has_article(salvage, article))
		return article;
	at = pm_map_first(&salvage->group, article);
	return at == PM_MAP_END ? 0 : pm_map_value(&salvage->group, at);
}

static int
settle_relation(struct salvage *salvage, struct pm_log_relation *relation,
    bool *changed)
{
	uint64_t a = first_of(salvage, relation->a);
	uint64_t b = first_of(salvage, relation->b);

	if (a == 0 || b == 0 || a == b)
		return PM_END;
	*changed = *changed || a != relation->a || b != relation->b;
	relation->a = a < b ? a : b;
	relation->b = a < b ? b : a;
	return PM_OK;
}

/* ---- captures ---- */

struct making {
	const struct salvage *salvage;
	bool whole;
};

static int
check_reference(void *context, const struct pm_recipe_reference *to)
{
	enum { MANY = 1 << 24 };
	struct making *making = context;
	const struct salvage_frame *frame;

	if (to->frame == 0) {
		if (to->n > MANY)
			making->whole = false;
		for (uint64_t i = 0; i < to->n && making->whole; i++)
			making->whole = state_of(making->salvage,
			    to->first + i) == SALVAGE_WHOLE;
		return PM_OK;
	}
	if (to->frame < salvage_first(making->salvage))
		return PM_OK;
	frame = salvage_kept(making->salvage, to->frame);
	if (frame == NULL || frame->kind == SALVAGE_OWN ||
	    to->offset > frame->at.plain_bytes ||
	    to->bytes > frame->at.plain_bytes - to->offset)
		making->whole = false;
	return PM_OK;
}

/* A recipe that copies from where another article lies now would make other
 * bytes: a text that was placed anywhere is where no recipe says it is. */
static int
can_be_made(const struct salvage *salvage, uint64_t frame,
    struct pm_bytes steps, bool *whole)
{
	struct making making = { salvage, true };
	struct pm_err ignored;
	int rc = pm_recipe_references(frame, steps, check_reference, &making,
	    &ignored);

	*whole = rc == PM_OK && making.whole;
	return rc == PM_ENOMEM ? rc : PM_OK;
}

static int
lose_capture(struct salvage *salvage, const struct pm_log_capture *capture)
{
	struct pm_log_lost lost = { .what = PM_LOST_CAPTURE,
	    .number = capture->number, .to = capture->number,
	    .path = capture->path, .title = capture->title,
	    .bytes = capture->bytes, .has_crawled = true,
	    .crawled = capture->crawled, .has_sha256 = capture->like == 0 };

	memcpy(lost.sha256, capture->sha256, PM_SHA256_BYTES);
	return pm_salvage_lose(salvage, &lost);
}

static int
keep_sightings(struct salvage *salvage, struct pm_log_capture *capture,
    bool *changed)
{
	struct pm_log_sighting *sighting = pm_arena_alloc(&salvage->arena,
	    capture->sighting_n * sizeof *sighting, salvage->err);
	size_t n = 0;

	if (sighting == NULL)
		return PM_ENOMEM;
	for (size_t i = 0; i < capture->sighting_n; i++)
		if (has_teaser(salvage, capture->sighting[i].teaser))
			sighting[n++] = capture->sighting[i];
	*changed = *changed || n != capture->sighting_n;
	capture->sighting = sighting;
	capture->sighting_n = n;
	return PM_OK;
}

static int
put_recipe(struct salvage *salvage, const struct pm_log_capture *capture,
    struct pm_bytes steps)
{
	int rc;

	if (capture->like != 0)
		return PM_OK;
	if ((rc = pm_buf_append(&salvage->digests, capture->sha256,
	    PM_SHA256_BYTES, salvage->err)) != PM_OK ||
	    (rc = pm_buf_append_varint(&salvage->recipes, steps.n,
	    salvage->err)) != PM_OK)
		return rc;
	return pm_buf_append(&salvage->recipes, steps.p, steps.n,
	    salvage->err);
}

/* What is to become of a capture: *state, and an empty recipe for one that
 * cannot be made. */
static int
judge_capture(struct salvage *salvage, uint64_t frame,
    struct pm_log_capture *capture, struct pm_bytes *steps, uint32_t *state)
{
	bool whole = true;
	int rc = PM_OK;

	if (capture->like != 0) {
		*state = state_of(salvage, capture->like);
		return PM_OK;
	}
	*state = SALVAGE_WHOLE;
	if (!capture->text_only)
		rc = can_be_made(salvage, frame, *steps, &whole);
	if (rc == PM_OK && !whole) {
		*state = SALVAGE_UNMADE;
		capture->text_only = true;
		*steps = (struct pm_bytes){ 0 };
	}
	return rc;
}

static int
settle_capture(struct salvage *salvage, uint64_t frame,
    struct pm_log_capture *capture, struct pm_bytes steps, bool *changed)
{
	uint32_t state = SALVAGE_GONE;
	int rc = pm_salvage_meet(salvage, PM_LOST_CAPTURE, capture->number);

	salvage->capture_frame = frame;
	if (rc == PM_OK)
		rc = judge_capture(salvage, frame, capture, &steps, &state);
	if (rc == PM_OK && state != SALVAGE_WHOLE) {
		*changed = true;
		rc = lose_capture(salvage, capture);
	}
	if (rc == PM_OK)
		rc = pm_map_add(&salvage->capture, capture->number, state,
		    salvage->err);
	if (rc == PM_OK && state == SALVAGE_GONE)
		return PM_END;
	if (rc == PM_OK && capture->article != 0 &&
	    !has_article(salvage, capture->article)) {
		*changed = true;
		capture->article = 0;
	}
	if (rc == PM_OK)
		rc = keep_sightings(salvage, capture, changed);
	return rc == PM_OK ? put_recipe(salvage, capture, steps) : rc;
}

/* ---- all kinds ---- */

static int
settle_lost(struct salvage *salvage, const struct pm_log_lost *lost)
{
	struct pm_map *listed = &salvage->listed[lost->what - 1];
	int rc = PM_OK;

	for (uint64_t i = lost->number; i <= lost->to && rc == PM_OK &&
	    listed->n < 1 << 24; i++)
		rc = pm_map_add(listed, i, 0, salvage->err);
	return rc;
}

static int
settle(struct salvage *salvage, uint64_t frame, size_t i, bool *changed)
{
	struct pm_log_record *record = &salvage->record.p[i];

	switch (record->kind) {
	case PM_LOG_ARTICLE:
		return settle_article(salvage, frame, &record->u.article,
		    changed);
	case PM_LOG_TEASER:
		return pm_map_add(&salvage->teaser, record->u.teaser.number,
		    0, salvage->err);
	case PM_LOG_CAPTURE:
		return settle_capture(salvage, frame, &record->u.capture,
		    salvage->steps.p[i], changed);
	case PM_LOG_LINK:
		return settle_link(salvage, &record->u.link, changed);
	case PM_LOG_RELATION:
		return settle_relation(salvage, &record->u.relation, changed);
	case PM_LOG_LOST:
		return settle_lost(salvage, &record->u.lost);
	case PM_LOG_RUN:
	case PM_LOG_RUN_END:
	case PM_LOG_FORGET:
		break;
	}
	return PM_OK;
}

int
pm_salvage_settle(struct salvage *salvage, uint64_t frame, bool *changed)
{
	int rc = PM_OK;

	*changed = false;
	pm_buf_reset(&salvage->lines);
	pm_buf_reset(&salvage->norms);
	pm_buf_reset(&salvage->digests);
	pm_buf_reset(&salvage->recipes);
	for (size_t i = 0; i < salvage->record.n && rc == PM_OK; i++) {
		rc = settle(salvage, frame, i, changed);
		if (rc == PM_END) {
			*changed = true;
			rc = PM_OK;
		} else if (rc == PM_OK &&
		    salvage->record.p[i].kind != PM_LOG_LOST) {
			rc = pm_log_encode(&salvage->lines,
			    &salvage->record.p[i], salvage->err);
		}
	}
	return rc;
}
